cib: odd.xml
$ crm_mon -1 -r
  out: Cluster Summary:
  out:   * Stack: unknown
  out:   * Current DC: a (version unknown) - partition WITHOUT quorum
  out:   * Last updated: 
  out:   * Last change:  Sun Nov 22 06:01:00 2026 by hacluster via crmd on a
  out:   * 3 nodes configured
  out:   * 6 resource instances configured
  out:
  out: Node List:
  out:   * Node a: UNCLEAN (online)
  out:   * Node b: maintenance
  out:   * Node c: UNCLEAN (offline)
  out:
  out: Full List of Resources:
  out:   * fence	(stonith:fence_ipmilan):	 Stopped
  out:   * Clone Set: pairs [pair]:
  out:     * Started: [ a ]
  out:     * Stopped: [ b c ]
  out:   * stuck	(ocf:pacemaker:Dummy):	 FAILED a
  out:
  out: Failed Resource Actions:
  out:   * stuck stop on a returned 'error' (will not) at Sun Nov 22 06:00:05 2026 after 20ms
  rc=0
$ crm_mon -X
  out: <crm_mon version="2.1.5">
  out:   <summary>
  out:     <stack type="unknown"/>
  out:     <current_dc present="true" version="" name="a" id="1" with_quorum="false" mixed_version="false"/>
  out:     <last_update time="
  out:     <last_change time="Sun Nov 22 06:01:00 2026" user="hacluster" client="crmd" origin="a"/>
  out:     <nodes_configured number="3"/>
  out:     <resources_configured number="6" disabled="0" blocked="0"/>
  out:     <cluster_options stonith-enabled="true" symmetric-cluster="true" no-quorum-policy="freeze" maintenance-mode="false" stop-all-resources="false" stonith-timeout-ms="60000" priority-fencing-delay-ms="0"/>
  out:   </summary>
  out:   <nodes>
  out:     <node name="a" id="1" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="true" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" is_dc="true" resources_running="3" type="member"/>
  out:     <node name="b" id="2" online="true" standby="false" standby_onfail="false" maintenance="true" pending="false" unclean="false" health="green" feature_set="3.16.1" shutdown="false" expected_up="true" is_dc="false" resources_running="0" type="member"/>
  out:     <node name="c" id="3" online="false" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="true" health="green" shutdown="false" expected_up="true" is_dc="false" resources_running="0" type="member"/>
  out:   </nodes>
  out:   <resources>
  out:     <resource id="fence" resource_agent="stonith:fence_ipmilan" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:     <clone id="pairs" multi_state="false" unique="false" managed="true" disabled="false" failed="false" failure_ignored="false">
  out:       <group id="pair:0" number_resources="2" managed="true" disabled="false">
  out:         <resource id="one" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:           <node name="a" id="1" cached="true"/>
  out:         </resource>
  out:         <resource id="two" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1">
  out:           <node name="a" id="1" cached="true"/>
  out:         </resource>
  out:       </group>
  out:       <group id="pair:1" number_resources="2" managed="true" disabled="false">
  out:         <resource id="one" resource_agent="ocf:pacemaker:Dummy" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:         <resource id="two" resource_agent="ocf:pacemaker:Dummy" role="Stopped" active="false" orphaned="false" blocked="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0"/>
  out:       </group>
  out:     </clone>
  out:     <resource id="stuck" resource_agent="ocf:pacemaker:Dummy" role="Started" active="true" orphaned="false" blocked="false" managed="true" failed="true" failure_ignored="false" nodes_running_on="1">
  out:       <node name="a" id="1" cached="true"/>
  out:     </resource>
  out:   </resources>
  out:   <node_attributes>
  out:     <node name="b">
  out:       <attribute name="maintenance" value="true"/>
  out:     </node>
  out:   </node_attributes>
  out:   <node_history>
  out:     <node name="a">
  out:       <resource_history id="one" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="5" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="two" orphan="false" migration-threshold="1000000">
  out:         <operation_history call="6" task="start" rc="0" rc_text="ok" last-rc-change="Sun Nov 22 06:00:00 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:       <resource_history id="stuck" orphan="false" migration-threshold="1000000" fail-count="1000000" last-failure="Sun Nov 22 06:00:05 2026">
  out:         <operation_history call="9" task="stop" rc="1" rc_text="error" last-rc-change="Sun Nov 22 06:00:05 2026" exec-time="20ms" queue-time="0ms"/>
  out:         <operation_history call="9" task="stop" rc="1" rc_text="error" last-rc-change="Sun Nov 22 06:00:05 2026" exec-time="20ms" queue-time="0ms"/>
  out:       </resource_history>
  out:     </node>
  out:   </node_history>
  out:   <failures>
  out:     <failure op_key="stuck_stop_0" node="a" exitstatus="error" exitreason="will not" exitcode="1" call="9" status="complete" last-rc-change="2026-11-22 06:00:05Z" queued="0" exec="20" interval="0" task="stop"/>
  out:   </failures>
  out: </crm_mon>
  rc=0
$ crm_mon -1 -n -r
  out: Cluster Summary:
  out:   * Stack: unknown
  out:   * Current DC: a (version unknown) - partition WITHOUT quorum
  out:   * Last updated: 
  out:   * Last change:  Sun Nov 22 06:01:00 2026 by hacluster via crmd on a
  out:   * 3 nodes configured
  out:   * 6 resource instances configured
  out:
  out: Node List:
  out:   * Node a: UNCLEAN (online):
  out:     * Resources:
  out:       * one	(ocf:pacemaker:Dummy):	 Started
  out:       * two	(ocf:pacemaker:Dummy):	 Started
  out:       * stuck	(ocf:pacemaker:Dummy):	 FAILED
  out:   * Node b: maintenance:
  out:     * Resources:
  out:   * Node c: UNCLEAN (offline):
  out:     * Resources:
  out:
  out: Inactive Resources:
  out:   * fence	(stonith:fence_ipmilan):	 Stopped
  out:   * Clone Set: pairs [pair]:
  out:     * Started: [ a ]
  out:     * Stopped: [ b c ]
  out:
  out: Failed Resource Actions:
  out:   * stuck stop on a returned 'error' (will not) at Sun Nov 22 06:00:05 2026 after 20ms
  rc=0
$ crm_resource -L
  out: Full List of Resources:
  out:   * fence	(stonith:fence_ipmilan):	 Stopped
  out:   * Clone Set: pairs [pair]:
  out:     * Started: [ a ]
  out:     * Stopped: [ b c ]
  out:   * stuck	(ocf:pacemaker:Dummy):	 FAILED
  rc=0
$ crm_resource -l
  out: fence
  out: one:0
  out: two:0
  out: one:1
  out: two:1
  out: stuck
  rc=0
$ crm_resource -W -r pair
  out: resource pair is running on: a
  rc=0
