#!/bin/sh
# An OCF agent of the sandbox. Installed as:
#   web      answers clients with the name of its host
#   address  holds the address that clients know, and hands what comes there to this host
# Real clusters use ocf:heartbeat:IPaddr2 and the agent of the service itself.

OK=0 GENERIC=1 ARGS=2 UNIMPLEMENTED=3 NOT_RUNNING=7
kind=${0##*/}
pidfile=$ROTA_SANDBOX_HOST/run/services/${OCF_RESOURCE_INSTANCE%%:*}.pid

metadata() {
    cat <<END
<?xml version="1.0"?>
<resource-agent name="$kind" version="1.0">
<version>1.1</version>
<longdesc lang="en">A small service of Rota's sandbox.</longdesc>
<shortdesc lang="en">Sandbox service</shortdesc>
<parameters>
<parameter name="ip" unique="0" required="0">
<longdesc lang="en">Where to listen. By default an address of the host that it runs on.</longdesc>
<shortdesc lang="en">Address</shortdesc>
<content type="string"/>
</parameter>
<parameter name="port" unique="0" required="1">
<longdesc lang="en">The TCP port.</longdesc>
<shortdesc lang="en">Port</shortdesc>
<content type="integer"/>
</parameter>
</parameters>
<actions>
<action name="start" timeout="20s"/>
<action name="stop" timeout="20s"/>
<action name="monitor" timeout="20s" interval="1s" depth="0"/>
<action name="validate-all" timeout="5s"/>
<action name="meta-data" timeout="5s"/>
</actions>
</resource-agent>
END
}

fail() {
    echo "ocf-exit-reason:$2" >&2
    exit "$1"
}

# A process that has ended, but whose parent has not noticed yet, has no environment any more.
running() {
    read -r pid 2>/dev/null <"$pidfile" || [ -n "$pid" ] || return 1
    grep -q "ROTA_SANDBOX_HOST=$ROTA_SANDBOX_HOST" "/proc/$pid/environ" 2>/dev/null
}

start() {
    running && exit $OK
    if [ "$kind" = address ]; then
        set -- address "$OCF_RESKEY_ip:$OCF_RESKEY_port" "$ROTA_SANDBOX_IP:$OCF_RESKEY_port"
    else
        set -- web "$ROTA_SANDBOX_IP:$OCF_RESKEY_port" "${ROTA_SANDBOX_HOST##*/}"
    fi
    why=$("$ROTA_SANDBOX_PROGRAM" sandbox serve --detach "$pidfile" "$@" 2>&1) ||
        fail $GENERIC "$why"
}

stop() {
    running || exit $OK
    kill "$pid" 2>/dev/null
    while running; do sleep 0.02; done
    rm -f "$pidfile"
}

case $1 in
meta-data) metadata; exit $OK ;;
esac
pid=
[ -n "$ROTA_SANDBOX_HOST" ] || fail $ARGS "this agent runs in the sandbox only"
[ -n "$OCF_RESKEY_port" ] || fail $ARGS "the parameter 'port' is missing"
case $1 in
start) start ;;
stop) stop ;;
monitor) running || exit $NOT_RUNNING ;;
validate-all) ;;
*) exit $UNIMPLEMENTED ;;
esac
