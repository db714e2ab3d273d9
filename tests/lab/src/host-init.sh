# pid 1 of a host. Waits for its cables, mounts its private file systems, starts the name service
# and what its disk says, then reaps zombies for ever. Variables: HOST, DIR, TOOL, PORT.
read -r _
# What is mounted below may hide the place where the program is.
exec 9<"$TOOL" || exit 1
for d in etc var; do
    mkdir -p "$DIR/disk/$d" "$DIR/disk/.work-$d"
    mount -t overlay overlay -o "lowerdir=/$d,upperdir=$DIR/disk/$d,workdir=$DIR/disk/.work-$d" "/$d" || exit 1
done
mount --bind "$DIR/../hosts" /etc/hosts
hostname "$HOST"; echo "$HOST" > /etc/hostname
mount -t tmpfs -o mode=755 run /run
mkdir -p /run/lock /var/log
mount -t tmpfs -o mode=1777 shm /dev/shm
mount -t proc proc /proc
mount -t sysfs sysfs /sys 2>/dev/null
mount -t tmpfs -o mode=1777 tmp /tmp
# Agents use `su -`: what a login leaves in the home directory (locks!) must die with the host.
mount -t tmpfs -o mode=700 home /root
setsid /proc/self/fd/9 names "$PORT" </dev/null >/dev/null 2>&1 &
exec 9<&-
[ -x /etc/rota-lab/boot ] && setsid /etc/rota-lab/boot </dev/null >>/var/log/boot.log 2>&1 &
echo up
exec >>/var/log/console.log 2>&1 </dev/null
while :; do sleep 3600 & wait $!; done
