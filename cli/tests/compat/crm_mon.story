cib: shop.xml
$ crm_mon -1
  out: Cluster Summary:
  out:   * Stack: corosync
  out:   * Current DC: beta (version 2.1.5-a3f44794f94) - partition with quorum
  out:   * Last updated: 
  out:   * Last change:  Sun Nov 22 06:01:00 2026 by root via cibadmin on alpha
  out:   * 4 nodes configured
  out:   * 14 resource instances configured (1 DISABLED)
  out:
  out: Node List:
  out:   * Node gamma: standby
  out:   * Online: [ alpha beta ]
  out:   * OFFLINE: [ delta ]
  out:
  out: Active Resources:
  out:   * fence	(stonith:fence_ipmilan):	 Started alpha
  out:   * vip	(ocf:heartbeat:IPaddr2):	 Started alpha
  out:   * hands	(ocf:pacemaker:Dummy):	 Started beta (unmanaged)
  out:   * Resource Group: web:
  out:     * disk	(ocf:pacemaker:Dummy):	 Started beta
  out:     * site	(ocf:pacemaker:Dummy):	 Started beta
  out:   * Clone Set: ping-clone [ping]:
  out:     * ping	(ocf:pacemaker:Dummy):	 FAILED beta
  out:     * Started: [ alpha ]
  out:   * Clone Set: db-clone [db] (promotable):
  out:     * Promoted: [ beta ]
  out:     * Unpromoted: [ alpha ]
  out:
  out: Failed Resource Actions:
  out:   * ping 10s-interval monitor on beta returned 'not running' (went away) at Sun Nov 22 06:00:09 2026 after 20ms
  rc=0
$ crm_mon -1 -r
  out: Cluster Summary:
  out:   * Stack: corosync
  out:   * Current DC: beta (version 2.1.5-a3f44794f94) - partition with quorum
  out:   * Last updated: 
  out:   * Last change:  Sun Nov 22 06:01:00 2026 by root via cibadmin on alpha
  out:   * 4 nodes configured
  out:   * 14 resource instances configured (1 DISABLED)
  out:
  out: Node List:
  out:   * Node gamma: standby
  out:   * Online: [ alpha beta ]
  out:   * OFFLINE: [ delta ]
  out:
  out: Full List of Resources:
  out:   * fence	(stonith:fence_ipmilan):	 Started alpha
  out:   * vip	(ocf:heartbeat:IPaddr2):	 Started alpha
  out:   * off	(ocf:pacemaker:Dummy):	 Stopped (disabled)
  out:   * hands	(ocf:pacemaker:Dummy):	 Started beta (unmanaged)
  out:   * Resource Group: web:
  out:     * disk	(ocf:pacemaker:Dummy):	 Started beta
  out:     * site	(ocf:pacemaker:Dummy):	 Started beta
  out:   * Clone Set: ping-clone [ping]:
  out:     * ping	(ocf:pacemaker:Dummy):	 FAILED beta
  out:     * Started: [ alpha ]
  out:     * Stopped: [ delta gamma ]
  out:   * Clone Set: db-clone [db] (promotable):
  out:     * Promoted: [ beta ]
  out:     * Unpromoted: [ alpha ]
  out:     * Stopped: [ delta gamma ]
  out:
  out: Failed Resource Actions:
  out:   * ping 10s-interval monitor on beta returned 'not running' (went away) at Sun Nov 22 06:00:09 2026 after 20ms
  rc=0
$ crm_mon -1 -r -f -A
  out: Cluster Summary:
  out:   * Stack: corosync
  out:   * Current DC: beta (version 2.1.5-a3f44794f94) - partition with quorum
  out:   * Last updated: 
  out:   * Last change:  Sun Nov 22 06:01:00 2026 by root via cibadmin on alpha
  out:   * 4 nodes configured
  out:   * 14 resource instances configured (1 DISABLED)
  out:
  out: Node List:
  out:   * Node gamma: standby
  out:   * Online: [ alpha beta ]
  out:   * OFFLINE: [ delta ]
  out:
  out: Full List of Resources:
  out:   * fence	(stonith:fence_ipmilan):	 Started alpha
  out:   * vip	(ocf:heartbeat:IPaddr2):	 Started alpha
  out:   * off	(ocf:pacemaker:Dummy):	 Stopped (disabled)
  out:   * hands	(ocf:pacemaker:Dummy):	 Started beta (unmanaged)
  out:   * Resource Group: web:
  out:     * disk	(ocf:pacemaker:Dummy):	 Started beta
  out:     * site	(ocf:pacemaker:Dummy):	 Started beta
  out:   * Clone Set: ping-clone [ping]:
  out:     * ping	(ocf:pacemaker:Dummy):	 FAILED beta
  out:     * Started: [ alpha ]
  out:     * Stopped: [ delta gamma ]
  out:   * Clone Set: db-clone [db] (promotable):
  out:     * Promoted: [ beta ]
  out:     * Unpromoted: [ alpha ]
  out:     * Stopped: [ delta gamma ]
  out:
  out: Node Attributes:
  out:   * Node: alpha:
  out:     * master-db                       	: 5
  out:     * pingd                           	: 100
  out:     * rack                            	: r1
  out:   * Node: beta:
  out:     * master-db                       	: 10
  out:
  out: Migration Summary:
  out:   * Node: beta:
  out:     * ping: migration-threshold=1000000 fail-count=2 last-failure='Sun Nov 22 06:00:09 2026'
  out:
  out: Failed Resource Actions:
  out:   * ping 10s-interval monitor on beta returned 'not running' (went away) at Sun Nov 22 06:00:09 2026 after 20ms
  rc=0
$ crm_mon -1 -n -r -f -A
  out: Cluster Summary:
  out:   * Stack: corosync
  out:   * Current DC: beta (version 2.1.5-a3f44794f94) - partition with quorum
  out:   * Last updated: 
  out:   * Last change:  Sun Nov 22 06:01:00 2026 by root via cibadmin on alpha
  out:   * 4 nodes configured
  out:   * 14 resource instances configured (1 DISABLED)
  out:
  out: Node List:
  out:   * Node alpha: online:
  out:     * Resources:
  out:       * fence	(stonith:fence_ipmilan):	 Started
  out:       * vip	(ocf:heartbeat:IPaddr2):	 Started
  out:       * ping	(ocf:pacemaker:Dummy):	 Started
  out:       * db	(ocf:pacemaker:Stateful):	 Unpromoted
  out:   * Node beta: online:
  out:     * Resources:
  out:       * hands	(ocf:pacemaker:Dummy):	 Started (unmanaged)
  out:       * disk	(ocf:pacemaker:Dummy):	 Started
  out:       * site	(ocf:pacemaker:Dummy):	 Started
  out:       * ping	(ocf:pacemaker:Dummy):	 FAILED
  out:       * db	(ocf:pacemaker:Stateful):	 Promoted
  out:   * Node delta: OFFLINE:
  out:     * Resources:
  out:   * Node gamma: standby:
  out:     * Resources:
  out:
  out: Inactive Resources:
  out:   * off	(ocf:pacemaker:Dummy):	 Stopped (disabled)
  out:   * Clone Set: ping-clone [ping]:
  out:     * ping	(ocf:pacemaker:Dummy):	 FAILED beta
  out:     * Started: [ alpha ]
  out:     * Stopped: [ delta gamma ]
  out:   * Clone Set: db-clone [db] (promotable):
  out:     * Promoted: [ beta ]
  out:     * Unpromoted: [ alpha ]
  out:     * Stopped: [ delta gamma ]
  out:
  out: Node Attributes:
  out:   * Node: alpha:
  out:     * master-db                       	: 5
  out:     * pingd                           	: 100
  out:     * rack                            	: r1
  out:   * Node: beta:
  out:     * master-db                       	: 10
  out:
  out: Migration Summary:
  out:   * Node: beta:
  out:     * ping: migration-threshold=1000000 fail-count=2 last-failure='Sun Nov 22 06:00:09 2026'
  out:
  out: Failed Resource Actions:
  out:   * ping 10s-interval monitor on beta returned 'not running' (went away) at Sun Nov 22 06:00:09 2026 after 20ms
  rc=0
$ crm_mon -1n
  out: Cluster Summary:
  out:   * Stack: corosync
  out:   * Current DC: beta (version 2.1.5-a3f44794f94) - partition with quorum
  out:   * Last updated: 
  out:   * Last change:  Sun Nov 22 06:01:00 2026 by root via cibadmin on alpha
  out:   * 4 nodes configured
  out:   * 14 resource instances configured (1 DISABLED)
  out:
  out: Node List:
  out:   * Node alpha: online:
  out:     * Resources:
  out:       * fence	(stonith:fence_ipmilan):	 Started
  out:       * vip	(ocf:heartbeat:IPaddr2):	 Started
  out:       * ping	(ocf:pacemaker:Dummy):	 Started
  out:       * db	(ocf:pacemaker:Stateful):	 Unpromoted
  out:   * Node beta: online:
  out:     * Resources:
  out:       * hands	(ocf:pacemaker:Dummy):	 Started (unmanaged)
  out:       * disk	(ocf:pacemaker:Dummy):	 Started
  out:       * site	(ocf:pacemaker:Dummy):	 Started
  out:       * ping	(ocf:pacemaker:Dummy):	 FAILED
  out:       * db	(ocf:pacemaker:Stateful):	 Promoted
  out:   * Node delta: OFFLINE:
  out:     * Resources:
  out:   * Node gamma: standby:
  out:     * Resources:
  out:
  out: Failed Resource Actions:
  out:   * ping 10s-interval monitor on beta returned 'not running' (went away) at Sun Nov 22 06:00:09 2026 after 20ms
  rc=0
$ crm_mon -1 -r -o
  out: Cluster Summary:
  out:   * Stack: corosync
  out:   * Current DC: beta (version 2.1.5-a3f44794f94) - partition with quorum
  out:   * Last updated: 
  out:   * Last change:  Sun Nov 22 06:01:00 2026 by root via cibadmin on alpha
  out:   * 4 nodes configured
  out:   * 14 resource instances configured (1 DISABLED)
  out:
  out: Node List:
  out:   * Node gamma: standby
  out:   * Online: [ alpha beta ]
  out:   * OFFLINE: [ delta ]
  out:
  out: Full List of Resources:
  out:   * fence	(stonith:fence_ipmilan):	 Started alpha
  out:   * vip	(ocf:heartbeat:IPaddr2):	 Started alpha
  out:   * off	(ocf:pacemaker:Dummy):	 Stopped (disabled)
  out:   * hands	(ocf:pacemaker:Dummy):	 Started beta (unmanaged)
  out:   * Resource Group: web:
  out:     * disk	(ocf:pacemaker:Dummy):	 Started beta
  out:     * site	(ocf:pacemaker:Dummy):	 Started beta
  out:   * Clone Set: ping-clone [ping]:
  out:     * ping	(ocf:pacemaker:Dummy):	 FAILED beta
  out:     * Started: [ alpha ]
  out:     * Stopped: [ delta gamma ]
  out:   * Clone Set: db-clone [db] (promotable):
  out:     * Promoted: [ beta ]
  out:     * Unpromoted: [ alpha ]
  out:     * Stopped: [ delta gamma ]
  out:
  out: Operations:
  out:   * Node: alpha:
  out:     * fence: migration-threshold=1000000:
  out:       * (20) start
  out:     * vip: migration-threshold=1000000:
  out:       * (21) start
  out:       * (22) monitor: interval="5000ms"
  out:     * ping: migration-threshold=1000000:
  out:       * (23) start
  out:       * (24) monitor: interval="10000ms"
  out:     * db: migration-threshold=1000000:
  out:       * (25) start
  out:       * (26) monitor: interval="10000ms"
  out:   * Node: beta:
  out:     * hands: migration-threshold=1000000:
  out:       * (10) start
  out:     * disk: migration-threshold=1000000:
  out:       * (11) start
  out:     * site: migration-threshold=1000000:
  out:       * (12) start
  out:     * ping: migration-threshold=1000000 fail-count=2 last-failure='Sun Nov 22 06:00:09 2026':
  out:       * (13) start
  out:       * (14) monitor: interval="10000ms"
  out:       * (15) monitor: interval="10000ms"
  out:     * db: migration-threshold=1000000:
  out:       * (16) promote
  out:       * (17) monitor: interval="11000ms"
  out:
  out: Failed Resource Actions:
  out:   * ping 10s-interval monitor on beta returned 'not running' (went away) at Sun Nov 22 06:00:09 2026 after 20ms
  rc=0
$ crm_mon -1 -r -t --exclude=summary,nodes,resources
  out: Operations:
  out:   * Node: alpha:
  out:     * fence: migration-threshold=1000000:
  out:       * (20) start: last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="31ms" queue-time="0ms" rc=0 (ok)
  out:     * vip: migration-threshold=1000000:
  out:       * (21) start: last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="45ms" queue-time="0ms" rc=0 (ok)
  out:       * (22) monitor: interval="5000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms" rc=0 (ok)
  out:     * ping: migration-threshold=1000000:
  out:       * (23) start: last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms" rc=0 (ok)
  out:       * (24) monitor: interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms" rc=0 (ok)
  out:     * db: migration-threshold=1000000:
  out:       * (25) start: last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms" rc=0 (ok)
  out:       * (26) monitor: interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms" rc=0 (ok)
  out:   * Node: beta:
  out:     * hands: migration-threshold=1000000:
  out:       * (10) start: last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms" rc=0 (ok)
  out:     * disk: migration-threshold=1000000:
  out:       * (11) start: last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms" rc=0 (ok)
  out:     * site: migration-threshold=1000000:
  out:       * (12) start: last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms" rc=0 (ok)
  out:     * ping: migration-threshold=1000000 fail-count=2 last-failure='Sun Nov 22 06:00:09 2026':
  out:       * (13) start: last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms" rc=0 (ok)
  out:       * (14) monitor: interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms" rc=0 (ok)
  out:       * (15) monitor: interval="10000ms" last-rc-change="Sun Nov 22 06:00:09 2026" exec-time="20ms" queue-time="0ms" rc=7 (not running)
  out:     * db: migration-threshold=1000000:
  out:       * (16) promote: last-rc-change="Sun Nov 22 06:00:03 2026" exec-time="20ms" queue-time="0ms" rc=0 (ok)
  out:       * (17) monitor: interval="11000ms" last-rc-change="Sun Nov 22 06:00:04 2026" exec-time="20ms" queue-time="0ms" rc=8 (promoted)
  out:
  out: Failed Resource Actions:
  out:   * ping 10s-interval monitor on beta returned 'not running' (went away) at Sun Nov 22 06:00:09 2026 after 20ms
  rc=0
$ crm_mon -1X
  out: <crm_mon version="2.1.5">
  out:   <summary>
  out:     <stack type="corosync"/>
  out:     <current_dc present="true" version="2.1.5-a3f44794f94" name="beta" id="2" with_quorum="true" mixed_version="false"/>
  out:     <last_update time="
  out:     <last_change time="Sun Nov 22 06:01:00 2026" user="root" client="cibadmin" origin="alpha"/>
  out:     <nodes_configured number="4"/>
  out:     <resources_configured number="14" disabled="1" blocked="0"/>
  out:     <cluster_options stonith-enabled="true" symmetric-cluster="true" no-quorum-policy="stop" maintenance-mode="false" stop-all-resources="false" stonith-timeout-ms="60000" priority-fencing-delay-ms="0"/>
  out:   </summary>
  out:   <nodes>
  out:     <node name="alpha" id="1" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" is_dc="false" resources_running="4" type="member"/>
  out:     <node name="beta" id="2" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" is_dc="true" resources_running="5" type="member"/>
  out:     <node name="delta" id="4" online="false" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" shutdown="false" expected_up="false" is_dc="false" resources_running="0" type="member"/>
  out:     <node name="gamma" id="3" online="true" standby="true" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" is_dc="false" resources_running="0" type="member"/>
  out:   </nodes>
  out:   <resources>
  out:     <resource id="fence" resource_agent="stonith:fence_ipmilan" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:       <node name="alpha" id="1" cached="true"/>
  out:     </resource>
  out:     <resource id="vip" resource_agent="ocf:heartbeat:IPaddr2" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:       <node name="alpha" id="1" cached="true"/>
  out:     </resource>
  out:     <resource id="off" resource_agent="ocf:pacemaker:Dummy" role="Stopped" target_role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:     <resource id="hands" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="false" failed="false" failure_ignored="false" nodes_running_on="1">
  out:       <node name="beta" id="2" cached="true"/>
  out:     </resource>
  out:     <group id="web" number_resources="2" managed="true" disabled="false">
  out:       <resource id="disk" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:       <resource id="site" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:     </group>
  out:     <clone id="ping-clone" multi_state="false" unique="false" managed="true" disabled="false" failed="false" failure_ignored="false">
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="alpha" id="1" cached="true"/>
  out:       </resource>
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="true" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:     </clone>
  out:     <clone id="db-clone" multi_state="true" unique="false" managed="true" disabled="false" failed="false" failure_ignored="false">
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Unpromoted" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="alpha" id="1" cached="true"/>
  out:       </resource>
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Promoted" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:     </clone>
  out:   </resources>
  out:   <node_attributes>
  out:     <node name="alpha">
  out:       <attribute name="master-db" value="5"/>
  out:       <attribute name="pingd" value="100"/>
  out:       <attribute name="rack" value="r1"/>
  out:     </node>
  out:     <node name="beta">
  out:       <attribute name="master-db" value="10"/>
  out:     </node>
  out:   </node_attributes>
  out:   <node_history>
  out:     <node name="alpha">
  out:       <resource_history id="fence" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="20" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="31ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="vip" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="21" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="45ms" queue-time="0ms"/>
  out:         <operation_history call="22" task="monitor" rc="0" rc_text="ok" interval="5000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="ping" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="23" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="24" task="monitor" rc="0" rc_text="ok" interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="db" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="25" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="26" task="monitor" rc="0" rc_text="ok" interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:     </node>
  out:     <node name="beta">
  out:       <resource_history id="hands" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="10" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="disk" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="11" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="site" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="12" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="ping" orphan="false" migration-threshold="1000000" fail-count="2" last-failure="Sun Nov 22 06:00:09 2026">
  out:         <operation_history call="13" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="14" task="monitor" rc="0" rc_text="ok" interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="15" task="monitor" rc="7" rc_text="not running" interval="10000ms" last-rc-change="Sun Nov 22 06:00:09 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="db" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="16" task="promote" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:03 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="17" task="monitor" rc="8" rc_text="promoted" interval="11000ms" last-rc-change="Sun Nov 22 06:00:04 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:     </node>
  out:   </node_history>
  out:   <failures>
  out:     <failure op_key="ping_monitor_10000" node="beta" exitstatus="not running" exitreason="went away" exitcode="7" call="15" status="complete" last-rc-change="2026-11-22 06:00:09Z" queued="0" exec="20" interval="10000" task="monitor"/>
  out:   </failures>
  out: </crm_mon>
  rc=0
$ crm_mon -r --as-xml
  out: <crm_mon version="2.1.5">
  out:   <summary>
  out:     <stack type="corosync"/>
  out:     <current_dc present="true" version="2.1.5-a3f44794f94" name="beta" id="2" with_quorum="true" mixed_version="false"/>
  out:     <last_update time="
  out:     <last_change time="Sun Nov 22 06:01:00 2026" user="root" client="cibadmin" origin="alpha"/>
  out:     <nodes_configured number="4"/>
  out:     <resources_configured number="14" disabled="1" blocked="0"/>
  out:     <cluster_options stonith-enabled="true" symmetric-cluster="true" no-quorum-policy="stop" maintenance-mode="false" stop-all-resources="false" stonith-timeout-ms="60000" priority-fencing-delay-ms="0"/>
  out:   </summary>
  out:   <nodes>
  out:     <node name="alpha" id="1" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" is_dc="false" resources_running="4" type="member"/>
  out:     <node name="beta" id="2" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" is_dc="true" resources_running="5" type="member"/>
  out:     <node name="delta" id="4" online="false" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" shutdown="false" expected_up="false" is_dc="false" resources_running="0" type="member"/>
  out:     <node name="gamma" id="3" online="true" standby="true" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" is_dc="false" resources_running="0" type="member"/>
  out:   </nodes>
  out:   <resources>
  out:     <resource id="fence" resource_agent="stonith:fence_ipmilan" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:       <node name="alpha" id="1" cached="true"/>
  out:     </resource>
  out:     <resource id="vip" resource_agent="ocf:heartbeat:IPaddr2" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:       <node name="alpha" id="1" cached="true"/>
  out:     </resource>
  out:     <resource id="off" resource_agent="ocf:pacemaker:Dummy" role="Stopped" target_role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:     <resource id="hands" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="false" failed="false" failure_ignored="false" nodes_running_on="1">
  out:       <node name="beta" id="2" cached="true"/>
  out:     </resource>
  out:     <group id="web" number_resources="2" managed="true" disabled="false">
  out:       <resource id="disk" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:       <resource id="site" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:     </group>
  out:     <clone id="ping-clone" multi_state="false" unique="false" managed="true" disabled="false" failed="false" failure_ignored="false">
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="alpha" id="1" cached="true"/>
  out:       </resource>
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="true" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:     </clone>
  out:     <clone id="db-clone" multi_state="true" unique="false" managed="true" disabled="false" failed="false" failure_ignored="false">
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Unpromoted" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="alpha" id="1" cached="true"/>
  out:       </resource>
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Promoted" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:     </clone>
  out:   </resources>
  out:   <node_attributes>
  out:     <node name="alpha">
  out:       <attribute name="master-db" value="5"/>
  out:       <attribute name="pingd" value="100"/>
  out:       <attribute name="rack" value="r1"/>
  out:     </node>
  out:     <node name="beta">
  out:       <attribute name="master-db" value="10"/>
  out:     </node>
  out:   </node_attributes>
  out:   <node_history>
  out:     <node name="alpha">
  out:       <resource_history id="fence" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="20" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="31ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="vip" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="21" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="45ms" queue-time="0ms"/>
  out:         <operation_history call="22" task="monitor" rc="0" rc_text="ok" interval="5000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="ping" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="23" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="24" task="monitor" rc="0" rc_text="ok" interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="db" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="25" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="26" task="monitor" rc="0" rc_text="ok" interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:     </node>
  out:     <node name="beta">
  out:       <resource_history id="hands" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="10" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="disk" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="11" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="site" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="12" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="ping" orphan="false" migration-threshold="1000000" fail-count="2" last-failure="Sun Nov 22 06:00:09 2026">
  out:         <operation_history call="13" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="14" task="monitor" rc="0" rc_text="ok" interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="15" task="monitor" rc="7" rc_text="not running" interval="10000ms" last-rc-change="Sun Nov 22 06:00:09 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="db" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="16" task="promote" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:03 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="17" task="monitor" rc="8" rc_text="promoted" interval="11000ms" last-rc-change="Sun Nov 22 06:00:04 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:     </node>
  out:   </node_history>
  out:   <failures>
  out:     <failure op_key="ping_monitor_10000" node="beta" exitstatus="not running" exitreason="went away" exitcode="7" call="15" status="complete" last-rc-change="2026-11-22 06:00:09Z" queued="0" exec="20" interval="10000" task="monitor"/>
  out:   </failures>
  out: </crm_mon>
  rc=0
$ crm_mon -1 --output-as=xml
  out: <pacemaker-result api-version="2.25" request="crm_mon -1 --output-as=xml">
  out:   <summary>
  out:     <stack type="corosync"/>
  out:     <current_dc present="true" version="2.1.5-a3f44794f94" name="beta" id="2" with_quorum="true" mixed_version="false"/>
  out:     <last_update time="
  out:     <last_change time="Sun Nov 22 06:01:00 2026" user="root" client="cibadmin" origin="alpha"/>
  out:     <nodes_configured number="4"/>
  out:     <resources_configured number="14" disabled="1" blocked="0"/>
  out:     <cluster_options stonith-enabled="true" symmetric-cluster="true" no-quorum-policy="stop" maintenance-mode="false" stop-all-resources="false" stonith-timeout-ms="60000" priority-fencing-delay-ms="0"/>
  out:   </summary>
  out:   <nodes>
  out:     <node name="alpha" id="1" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" is_dc="false" resources_running="4" type="member"/>
  out:     <node name="beta" id="2" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" is_dc="true" resources_running="5" type="member"/>
  out:     <node name="delta" id="4" online="false" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" shutdown="false" expected_up="false" is_dc="false" resources_running="0" type="member"/>
  out:     <node name="gamma" id="3" online="true" standby="true" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" is_dc="false" resources_running="0" type="member"/>
  out:   </nodes>
  out:   <resources>
  out:     <resource id="fence" resource_agent="stonith:fence_ipmilan" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:       <node name="alpha" id="1" cached="true"/>
  out:     </resource>
  out:     <resource id="vip" resource_agent="ocf:heartbeat:IPaddr2" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:       <node name="alpha" id="1" cached="true"/>
  out:     </resource>
  out:     <resource id="off" resource_agent="ocf:pacemaker:Dummy" role="Stopped" target_role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:     <resource id="hands" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="false" failed="false" failure_ignored="false" nodes_running_on="1">
  out:       <node name="beta" id="2" cached="true"/>
  out:     </resource>
  out:     <group id="web" number_resources="2" managed="true" disabled="false">
  out:       <resource id="disk" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:       <resource id="site" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:     </group>
  out:     <clone id="ping-clone" multi_state="false" unique="false" managed="true" disabled="false" failed="false" failure_ignored="false">
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="alpha" id="1" cached="true"/>
  out:       </resource>
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="true" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:     </clone>
  out:     <clone id="db-clone" multi_state="true" unique="false" managed="true" disabled="false" failed="false" failure_ignored="false">
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Unpromoted" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="alpha" id="1" cached="true"/>
  out:       </resource>
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Promoted" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:     </clone>
  out:   </resources>
  out:   <node_attributes>
  out:     <node name="alpha">
  out:       <attribute name="master-db" value="5"/>
  out:       <attribute name="pingd" value="100"/>
  out:       <attribute name="rack" value="r1"/>
  out:     </node>
  out:     <node name="beta">
  out:       <attribute name="master-db" value="10"/>
  out:     </node>
  out:   </node_attributes>
  out:   <node_history>
  out:     <node name="alpha">
  out:       <resource_history id="fence" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="20" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="31ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="vip" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="21" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="45ms" queue-time="0ms"/>
  out:         <operation_history call="22" task="monitor" rc="0" rc_text="ok" interval="5000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="ping" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="23" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="24" task="monitor" rc="0" rc_text="ok" interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="db" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="25" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="26" task="monitor" rc="0" rc_text="ok" interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:     </node>
  out:     <node name="beta">
  out:       <resource_history id="hands" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="10" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="disk" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="11" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="site" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="12" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="ping" orphan="false" migration-threshold="1000000" fail-count="2" last-failure="Sun Nov 22 06:00:09 2026">
  out:         <operation_history call="13" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="14" task="monitor" rc="0" rc_text="ok" interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="15" task="monitor" rc="7" rc_text="not running" interval="10000ms" last-rc-change="Sun Nov 22 06:00:09 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="db" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="16" task="promote" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:03 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="17" task="monitor" rc="8" rc_text="promoted" interval="11000ms" last-rc-change="Sun Nov 22 06:00:04 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:     </node>
  out:   </node_history>
  out:   <failures>
  out:     <failure op_key="ping_monitor_10000" node="beta" exitstatus="not running" exitreason="went away" exitcode="7" call="15" status="complete" last-rc-change="2026-11-22 06:00:09Z" queued="0" exec="20" interval="10000" task="monitor"/>
  out:   </failures>
  out:   <status code="0" message="OK"/>
  out: </pacemaker-result>
  rc=0
$ crm_mon --output-as xml -r
  out: <pacemaker-result api-version="2.25" request="crm_mon --output-as xml -r">
  out:   <summary>
  out:     <stack type="corosync"/>
  out:     <current_dc present="true" version="2.1.5-a3f44794f94" name="beta" id="2" with_quorum="true" mixed_version="false"/>
  out:     <last_update time="
  out:     <last_change time="Sun Nov 22 06:01:00 2026" user="root" client="cibadmin" origin="alpha"/>
  out:     <nodes_configured number="4"/>
  out:     <resources_configured number="14" disabled="1" blocked="0"/>
  out:     <cluster_options stonith-enabled="true" symmetric-cluster="true" no-quorum-policy="stop" maintenance-mode="false" stop-all-resources="false" stonith-timeout-ms="60000" priority-fencing-delay-ms="0"/>
  out:   </summary>
  out:   <nodes>
  out:     <node name="alpha" id="1" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" is_dc="false" resources_running="4" type="member"/>
  out:     <node name="beta" id="2" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" is_dc="true" resources_running="5" type="member"/>
  out:     <node name="delta" id="4" online="false" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" shutdown="false" expected_up="false" is_dc="false" resources_running="0" type="member"/>
  out:     <node name="gamma" id="3" online="true" standby="true" standby_onfail="false" maintenance="false" pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" is_dc="false" resources_running="0" type="member"/>
  out:   </nodes>
  out:   <resources>
  out:     <resource id="fence" resource_agent="stonith:fence_ipmilan" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:       <node name="alpha" id="1" cached="true"/>
  out:     </resource>
  out:     <resource id="vip" resource_agent="ocf:heartbeat:IPaddr2" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:       <node name="alpha" id="1" cached="true"/>
  out:     </resource>
  out:     <resource id="off" resource_agent="ocf:pacemaker:Dummy" role="Stopped" target_role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:     <resource id="hands" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="false" failed="false" failure_ignored="false" nodes_running_on="1">
  out:       <node name="beta" id="2" cached="true"/>
  out:     </resource>
  out:     <group id="web" number_resources="2" managed="true" disabled="false">
  out:       <resource id="disk" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:       <resource id="site" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:     </group>
  out:     <clone id="ping-clone" multi_state="false" unique="false" managed="true" disabled="false" failed="false" failure_ignored="false">
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="alpha" id="1" cached="true"/>
  out:       </resource>
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="true" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:       <resource id="ping" resource_agent="ocf:pacemaker:Dummy" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:     </clone>
  out:     <clone id="db-clone" multi_state="true" unique="false" managed="true" disabled="false" failed="false" failure_ignored="false">
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Unpromoted" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="alpha" id="1" cached="true"/>
  out:       </resource>
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Promoted" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:         <node name="beta" id="2" cached="true"/>
  out:       </resource>
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:       <resource id="db" resource_agent="ocf:pacemaker:Stateful" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:     </clone>
  out:   </resources>
  out:   <node_attributes>
  out:     <node name="alpha">
  out:       <attribute name="master-db" value="5"/>
  out:       <attribute name="pingd" value="100"/>
  out:       <attribute name="rack" value="r1"/>
  out:     </node>
  out:     <node name="beta">
  out:       <attribute name="master-db" value="10"/>
  out:     </node>
  out:   </node_attributes>
  out:   <node_history>
  out:     <node name="alpha">
  out:       <resource_history id="fence" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="20" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="31ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="vip" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="21" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="45ms" queue-time="0ms"/>
  out:         <operation_history call="22" task="monitor" rc="0" rc_text="ok" interval="5000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="ping" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="23" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="24" task="monitor" rc="0" rc_text="ok" interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="db" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="25" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="26" task="monitor" rc="0" rc_text="ok" interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:     </node>
  out:     <node name="beta">
  out:       <resource_history id="hands" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="10" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="disk" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="11" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="site" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="12" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="ping" orphan="false" migration-threshold="1000000" fail-count="2" last-failure="Sun Nov 22 06:00:09 2026">
  out:         <operation_history call="13" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="14" task="monitor" rc="0" rc_text="ok" interval="10000ms" last-rc-change="Sun Nov 22 06:00:01 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="15" task="monitor" rc="7" rc_text="not running" interval="10000ms" last-rc-change="Sun Nov 22 06:00:09 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="db" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="16" task="promote" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:03 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="17" task="monitor" rc="8" rc_text="promoted" interval="11000ms" last-rc-change="Sun Nov 22 06:00:04 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:     </node>
  out:   </node_history>
  out:   <failures>
  out:     <failure op_key="ping_monitor_10000" node="beta" exitstatus="not running" exitreason="went away" exitcode="7" call="15" status="complete" last-rc-change="2026-11-22 06:00:09Z" queued="0" exec="20" interval="10000" task="monitor"/>
  out:   </failures>
  out:   <status code="0" message="OK"/>
  out: </pacemaker-result>
  rc=0
$ crm_mon -1 --exclude=summary,nodes
  out: Active Resources:
  out:   * fence	(stonith:fence_ipmilan):	 Started alpha
  out:   * vip	(ocf:heartbeat:IPaddr2):	 Started alpha
  out:   * hands	(ocf:pacemaker:Dummy):	 Started beta (unmanaged)
  out:   * Resource Group: web:
  out:     * disk	(ocf:pacemaker:Dummy):	 Started beta
  out:     * site	(ocf:pacemaker:Dummy):	 Started beta
  out:   * Clone Set: ping-clone [ping]:
  out:     * ping	(ocf:pacemaker:Dummy):	 FAILED beta
  out:     * Started: [ alpha ]
  out:   * Clone Set: db-clone [db] (promotable):
  out:     * Promoted: [ beta ]
  out:     * Unpromoted: [ alpha ]
  out:
  out: Failed Resource Actions:
  out:   * ping 10s-interval monitor on beta returned 'not running' (went away) at Sun Nov 22 06:00:09 2026 after 20ms
  rc=0
$ crm_resource -r vip -B -N alpha
  out: WARNING: Creating rsc_location constraint 'cli-ban-vip-on-alpha' with a score of -INFINITY for resource vip on alpha.
  out: 	This will prevent vip from running on alpha until the constraint is removed using the clear option or by editing the CIB with an appropriate tool
  out: 	This will be the case even if alpha is the last node in the cluster
  rc=0
$ crm_mon -1 -L --exclude=all --include=bans,failures
  out: Failed Resource Actions:
  out:   * ping 10s-interval monitor on beta returned 'not running' (went away) at Sun Nov 22 06:00:09 2026 after 20ms
  out:
  out: Negative Location Constraints:
  out:   * cli-ban-vip-on-alpha	prevents vip from running on alpha
  rc=0
$ crm_attribute -n maintenance-mode -v true
  rc=0
$ crm_mon -1 --exclude=nodes,resources,failures
  out: Cluster Summary:
  out:   * Stack: corosync
  out:   * Current DC: beta (version 2.1.5-a3f44794f94) - partition with quorum
  out:   * Last updated: 
  out:   * Last change:  Sun Nov 22 06:01:00 2026 by root via cibadmin on alpha
  out:   * 4 nodes configured
  out:   * 14 resource instances configured (1 DISABLED)
  out:
  out:               *** Resource management is DISABLED ***
  out:   The cluster will not attempt to start, stop or recover services
  rc=0
$ crm_mon -1 -x
  err: crm_mon: Missing argument for -x
  rc=64
