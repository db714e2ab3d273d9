cib: shop.xml
$ crm_resource -W -r vip
  out: resource vip is running on: alpha
  rc=0
$ crm_resource -W -r db
  out: resource db is running on: beta Promoted
  out: resource db is running on: alpha
  rc=0
$ crm_resource -W -r off
  err: resource off is NOT running
  rc=0
$ crm_resource -W -r nope
  err: crm_resource: Resource 'nope' not found
  err: Error performing operation: No such object
  rc=105
$ crm_resource -W -r web
  out: resource web is running on: beta
  rc=0
$ crm_resource -W -r db-clone
  out: resource db-clone is running on: beta Promoted
  out: resource db-clone is running on: alpha
  rc=0
$ crm_resource -Q -W -r vip
  out: alpha
  rc=0
$ crm_resource -L
  out: Full List of Resources:
  out:   * fence	(stonith:fence_ipmilan):	 Started
  out:   * vip	(ocf:heartbeat:IPaddr2):	 Started
  out:   * off	(ocf:pacemaker:Dummy):	 Stopped (disabled)
  out:   * hands	(ocf:pacemaker:Dummy):	 Started (unmanaged)
  out:   * Resource Group: web:
  out:     * disk	(ocf:pacemaker:Dummy):	 Started
  out:     * site	(ocf:pacemaker:Dummy):	 Started
  out:   * Clone Set: ping-clone [ping]:
  out:     * ping	(ocf:pacemaker:Dummy):	 FAILED
  out:     * Started: [ alpha ]
  out:     * Stopped: [ delta gamma ]
  out:   * Clone Set: db-clone [db] (promotable):
  out:     * Promoted: [ beta ]
  out:     * Unpromoted: [ alpha ]
  out:     * Stopped: [ delta gamma ]
  rc=0
$ crm_resource -l
  out: fence
  out: vip
  out: off
  out: hands
  out: disk
  out: site
  out: ping:0
  out: ping:1
  out: ping:2
  out: ping:3
  out: db:0
  out: db:1
  out: db:2
  out: db:3
  rc=0
$ crm_resource
  out: Full List of Resources:
  out:   * fence	(stonith:fence_ipmilan):	 Started
  out:   * vip	(ocf:heartbeat:IPaddr2):	 Started
  out:   * off	(ocf:pacemaker:Dummy):	 Stopped (disabled)
  out:   * hands	(ocf:pacemaker:Dummy):	 Started (unmanaged)
  out:   * Resource Group: web:
  out:     * disk	(ocf:pacemaker:Dummy):	 Started
  out:     * site	(ocf:pacemaker:Dummy):	 Started
  out:   * Clone Set: ping-clone [ping]:
  out:     * ping	(ocf:pacemaker:Dummy):	 FAILED
  out:     * Started: [ alpha ]
  out:     * Stopped: [ delta gamma ]
  out:   * Clone Set: db-clone [db] (promotable):
  out:     * Promoted: [ beta ]
  out:     * Unpromoted: [ alpha ]
  out:     * Stopped: [ delta gamma ]
  rc=0
$ crm_resource -q -r vip
  out: vip	(ocf:heartbeat:IPaddr2):	 Started alpha
  out: Resource XML:
  out: <primitive id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
  out:   <instance_attributes id="vip-parameters">
  out:     <nvpair id="vip-parameters-ip" name="ip" value="192.0.2.100"/>
  out:   </instance_attributes>
  out:   <meta_attributes id="vip-meta">
  out:     <nvpair id="vip-meta-stickiness" name="resource-stickiness" value="100"/>
  out:   </meta_attributes>
  out:   <operations>
  out:     <op id="vip-monitor" name="monitor" interval="5s" timeout="20s"/>
  out:   </operations>
  out: </primitive>
  rc=0
$ crm_resource -r vip -g ip
  out: 192.0.2.100
  rc=0
$ crm_resource -r vip -g nope
  err: Attribute 'nope' not found for 'vip'
  rc=0
$ crm_resource -r vip -m -g resource-stickiness
  out: 100
  rc=0
$ crm_resource -r vip -m -p priority -v 5
  out: Set 'vip' option: id=vip-meta_attributes-priority set=vip-meta_attributes name=priority value=5
  rc=0
$ crm_resource -r vip -m -g priority
  out: 5
  rc=0
$ crm_resource -r vip -m -d priority
  out: Deleted 'vip' option: id=vip-meta_attributes-priority name=priority
  rc=0
$ crm_resource -r vip -m -d priority
  rc=0
$ crm_resource -r vip -p nic -v eth0
  out: Set 'vip' option: id=vip-instance_attributes-nic set=vip-instance_attributes name=nic value=eth0
  rc=0
$ crm_resource -r web -m -p target-role -v Stopped
  out: Set 'web' option: id=web-meta_attributes-target-role set=web-meta_attributes name=target-role value=Stopped
  rc=0
$ crm_resource -r db -m -p target-role -v Started
  out: Performing update of 'target-role' on 'db-clone', the parent of 'db'
  out: Set 'db-clone' option: id=db-clone-meta_attributes-target-role set=db-clone-meta_attributes name=target-role value=Started
  rc=0
$ crm_resource -r db-clone -m -p target-role -v Started
  out: Set 'db-clone' option: id=db-clone-meta_attributes-target-role name=target-role value=Started
  rc=0
$ crm_resource -r nope -m -p x -v y
  err: crm_resource: Resource 'nope' not found
  err: Error performing operation: No such object
  rc=105
$ crm_resource -r vip -z -p cpu -v 2
  out: Set 'vip' option: id=vip-utilization-cpu set=vip-utilization name=cpu value=2
  rc=0
$ crm_resource -r vip -z -g cpu
  out: 2
  rc=0
$ crm_resource -a -r vip
  out: Locations:
  out:   * Node alpha (score=50, id=vip-likes-alpha, rsc=vip)
  rc=0
$ crm_resource -a -r web
  out: Resources web is colocated with:
  out:   * db-clone (score=INFINITY, with role=Promoted, id=web-with-db)
  rc=0
$ crm_resource -o -N beta
  out: fence	(stonith:fence_ipmilan):	 Started: fence_monitor_0 (node=beta, call=1, rc=7, last-rc-change='Sun Nov 22 06:00:00 2026', exec=20ms): complete
  out: vip	(ocf:heartbeat:IPaddr2):	 Started: vip_monitor_0 (node=beta, call=2, rc=7, last-rc-change='Sun Nov 22 06:00:00 2026', exec=20ms): complete
  out: off	(ocf:pacemaker:Dummy):	 Stopped (disabled): off_monitor_0 (node=beta, call=3, rc=7, last-rc-change='Sun Nov 22 06:00:00 2026', exec=20ms): complete
  out: hands	(ocf:pacemaker:Dummy):	 Started (unmanaged): hands_start_0 (node=beta, call=10, rc=0, last-rc-change='Sun Nov 22 06:00:00 2026', exec=20ms): complete
  out: disk	(ocf:pacemaker:Dummy):	 Started (disabled): disk_start_0 (node=beta, call=11, rc=0, last-rc-change='Sun Nov 22 06:00:00 2026', exec=20ms): complete
  out: site	(ocf:pacemaker:Dummy):	 Started (disabled): site_start_0 (node=beta, call=12, rc=0, last-rc-change='Sun Nov 22 06:00:00 2026', exec=20ms): complete
  out: ping	(ocf:pacemaker:Dummy):	 Started: ping_start_0 (node=beta, call=13, rc=0, last-rc-change='Sun Nov 22 06:00:00 2026', exec=20ms): complete
  out: ping	(ocf:pacemaker:Dummy):	 Started: ping_monitor_10000 (node=beta, call=14, rc=0, last-rc-change='Sun Nov 22 06:00:01 2026', exec=20ms): complete
  out: ping	(ocf:pacemaker:Dummy):	 Started: ping_monitor_10000 (node=beta, call=15, rc=7, last-rc-change='Sun Nov 22 06:00:09 2026', exec=20ms): complete
  out: db	(ocf:pacemaker:Stateful):	 Unpromoted: db_promote_0 (node=beta, call=16, rc=0, last-rc-change='Sun Nov 22 06:00:03 2026', exec=20ms): complete
  out: db	(ocf:pacemaker:Stateful):	 Unpromoted: db_monitor_11000 (node=beta, call=17, rc=8, last-rc-change='Sun Nov 22 06:00:04 2026', exec=20ms): complete
  rc=0
$ crm_resource -r vip -M -N beta
  rc=0
$ crm_resource -r vip -U
  out: Removing constraint: cli-prefer-vip
  rc=0
$ crm_resource -r vip -B -N alpha
  out: WARNING: Creating rsc_location constraint 'cli-ban-vip-on-alpha' with a score of -INFINITY for resource vip on alpha.
  out: 	This will prevent vip from running on alpha until the constraint is removed using the clear option or by editing the CIB with an appropriate tool
  out: 	This will be the case even if alpha is the last node in the cluster
  rc=0
$ crm_resource -r vip --ban
  out: WARNING: Creating rsc_location constraint 'cli-ban-vip-on-alpha' with a score of -INFINITY for resource vip on alpha.
  out: 	This will prevent vip from running on alpha until the constraint is removed using the clear option or by editing the CIB with an appropriate tool
  out: 	This will be the case even if alpha is the last node in the cluster
  rc=0
$ crm_resource -r vip --move
  out: WARNING: Creating rsc_location constraint 'cli-ban-vip-on-alpha' with a score of -INFINITY for resource vip on alpha.
  out: 	This will prevent vip from running on alpha until the constraint is removed using the clear option or by editing the CIB with an appropriate tool
  out: 	This will be the case even if alpha is the last node in the cluster
  rc=0
$ crm_resource -r vip --clear
  out: Removing constraint: cli-ban-vip-on-alpha
  rc=0
$ crm_resource -r vip --clear
  rc=0
$ crm_resource -B -r off
  err: crm_resource: Resource 'off' not moved: active in 0 locations.
  err: To prevent 'off' from running on a specific location, specify a node.
  rc=64
$ crm_resource -M -r vip -N nobody
  err: crm_resource: Node 'nobody' not found
  err: Error performing operation: No such object
  rc=105
$ crm_resource -r db-clone --ban --promoted -N beta
  out: WARNING: Creating rsc_location constraint 'cli-ban-db-clone-on-beta' with a score of -INFINITY for resource db-clone on beta.
  out: 	This will prevent db-clone from being promoted on beta until the constraint is removed using the clear option or by editing the CIB with an appropriate tool
  out: 	This will be the case even if beta is the last node in the cluster
  rc=0
$ crm_resource -M -r db-clone --promoted -N alpha
  rc=0
$ cibadmin -Q -o constraints
  out: <constraints>
  out:   <rsc_location id="vip-likes-alpha" rsc="vip" node="alpha" score="50"/>
  out:   <rsc_colocation id="web-with-db" rsc="web" with-rsc="db-clone" with-rsc-role="Promoted" score="INFINITY"/>
  out:   <rsc_order id="db-before-web" first="db-clone" first-action="promote" then="web" then-action="start"/>
  out:   <rsc_location id="cli-ban-db-clone-on-beta" rsc="db-clone" role="Promoted" node="beta" score="-INFINITY"/>
  out:   <rsc_location id="cli-prefer-db-clone" rsc="db-clone" role="Promoted" node="alpha" score="INFINITY"/>
  out: </constraints>
  rc=0
$ crm_resource -r db-clone --clear
  out: Removing constraint: cli-ban-db-clone-on-beta
  out: Removing constraint: cli-prefer-db-clone
  rc=0
