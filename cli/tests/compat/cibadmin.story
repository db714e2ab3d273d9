cib: shop.xml
$ cibadmin -Q
  out: <cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="41" num_updates="17" admin_epoch="0" cib-last-written="Sun Nov 22 06:01:00 2026" update-origin="alpha" update-client="cibadmin" update-user="root" have-quorum="1" dc-uuid="2">
  out:   <configuration>
  out:     <crm_config>
  out:       <cluster_property_set id="cib-bootstrap-options">
  out:         <nvpair id="cib-bootstrap-options-cluster-name" name="cluster-name" value="shop"/>
  out:         <nvpair id="cib-bootstrap-options-dc-version" name="dc-version" value="2.1.5-a3f44794f94"/>
  out:         <nvpair id="cib-bootstrap-options-cluster-infrastructure" name="cluster-infrastructure" value="corosync"/>
  out:         <nvpair id="cib-bootstrap-options-stonith-enabled" name="stonith-enabled" value="true"/>
  out:       </cluster_property_set>
  out:     </crm_config>
  out:     <nodes>
  out:       <node id="1" uname="alpha">
  out:         <instance_attributes id="nodes-1">
  out:           <nvpair id="nodes-1-rack" name="rack" value="r1"/>
  out:         </instance_attributes>
  out:         <utilization id="nodes-1-utilization">
  out:           <nvpair id="nodes-1-utilization-cpu" name="cpu" value="8"/>
  out:         </utilization>
  out:       </node>
  out:       <node id="2" uname="beta"/>
  out:       <node id="3" uname="gamma">
  out:         <instance_attributes id="nodes-3">
  out:           <nvpair id="nodes-3-standby" name="standby" value="on"/>
  out:         </instance_attributes>
  out:       </node>
  out:       <node id="4" uname="delta"/>
  out:     </nodes>
  out:     <resources>
  out:       <primitive id="fence" class="stonith" type="fence_ipmilan">
  out:         <instance_attributes id="fence-parameters">
  out:           <nvpair id="fence-parameters-ip" name="ip" value="192.0.2.9"/>
  out:         </instance_attributes>
  out:       </primitive>
  out:       <primitive id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
  out:         <instance_attributes id="vip-parameters">
  out:           <nvpair id="vip-parameters-ip" name="ip" value="192.0.2.100"/>
  out:         </instance_attributes>
  out:         <meta_attributes id="vip-meta">
  out:           <nvpair id="vip-meta-stickiness" name="resource-stickiness" value="100"/>
  out:         </meta_attributes>
  out:         <operations>
  out:           <op id="vip-monitor" name="monitor" interval="5s" timeout="20s"/>
  out:         </operations>
  out:       </primitive>
  out:       <primitive id="off" class="ocf" provider="pacemaker" type="Dummy">
  out:         <meta_attributes id="off-meta">
  out:           <nvpair id="off-meta-role" name="target-role" value="Stopped"/>
  out:         </meta_attributes>
  out:       </primitive>
  out:       <primitive id="hands" class="ocf" provider="pacemaker" type="Dummy">
  out:         <meta_attributes id="hands-meta">
  out:           <nvpair id="hands-meta-managed" name="is-managed" value="false"/>
  out:         </meta_attributes>
  out:       </primitive>
  out:       <group id="web">
  out:         <primitive id="disk" class="ocf" provider="pacemaker" type="Dummy"/>
  out:         <primitive id="site" class="ocf" provider="pacemaker" type="Dummy"/>
  out:       </group>
  out:       <clone id="ping-clone">
  out:         <primitive id="ping" class="ocf" provider="pacemaker" type="Dummy">
  out:           <operations>
  out:             <op id="ping-monitor" name="monitor" interval="10s"/>
  out:           </operations>
  out:         </primitive>
  out:       </clone>
  out:       <clone id="db-clone">
  out:         <meta_attributes id="db-clone-meta">
  out:           <nvpair id="db-clone-meta-promotable" name="promotable" value="true"/>
  out:         </meta_attributes>
  out:         <primitive id="db" class="ocf" provider="pacemaker" type="Stateful">
  out:           <operations>
  out:             <op id="db-monitor" name="monitor" interval="10s" role="Unpromoted"/>
  out:             <op id="db-monitor-p" name="monitor" interval="11s" role="Promoted"/>
  out:           </operations>
  out:         </primitive>
  out:       </clone>
  out:     </resources>
  out:     <constraints>
  out:       <rsc_location id="vip-likes-alpha" rsc="vip" node="alpha" score="50"/>
  out:       <rsc_colocation id="web-with-db" rsc="web" with-rsc="db-clone" with-rsc-role="Promoted" score="INFINITY"/>
  out:       <rsc_order id="db-before-web" first="db-clone" first-action="promote" then="web" then-action="start"/>
  out:     </constraints>
  out:     <rsc_defaults>
  out:       <meta_attributes id="rsc-defaults">
  out:         <nvpair id="rsc-defaults-stickiness" name="resource-stickiness" value="10"/>
  out:       </meta_attributes>
  out:     </rsc_defaults>
  out:     <op_defaults>
  out:       <meta_attributes id="op-defaults">
  out:         <nvpair id="op-defaults-timeout" name="timeout" value="30s"/>
  out:       </meta_attributes>
  out:     </op_defaults>
  out:   </configuration>
  out:   <status>
  out:     <node_state id="1" uname="alpha" in_ccm="true" crmd="online" crm-debug-origin="do_update_resource" join="member" expected="member">
  out:       <transient_attributes id="1">
  out:         <instance_attributes id="status-1">
  out:           <nvpair id="status-1-.feature-set" name="#feature-set" value="3.16.1"/>
  out:           <nvpair id="status-1-master-db" name="master-db" value="5"/>
  out:           <nvpair id="status-1-pingd" name="pingd" value="100"/>
  out:         </instance_attributes>
  out:       </transient_attributes>
  out:       <lrm id="1">
  out:         <lrm_resources>
  out:           <lrm_resource id="fence" class="stonith" type="fence_ipmilan">
  out:             <lrm_rsc_op id="fence_last_0" operation_key="fence_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="20:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;20:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="20" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="31" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
  out:             <lrm_rsc_op id="vip_last_0" operation_key="vip_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="21:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;21:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="21" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="45" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:             <lrm_rsc_op id="vip_monitor_5000" operation_key="vip_monitor_5000" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="22:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;22:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="22" rc-code="0" op-status="0" interval="5000" last-rc-change="1795327201" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="off" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="off_last_0" operation_key="off_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="5:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;5:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="5" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="hands" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="hands_last_0" operation_key="hands_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="6:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;6:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="6" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="disk" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="disk_last_0" operation_key="disk_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="7:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;7:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="7" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="site" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="site_last_0" operation_key="site_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="8:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;8:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="8" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="ping" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="ping_last_0" operation_key="ping_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="23:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;23:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="23" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:             <lrm_rsc_op id="ping_monitor_10000" operation_key="ping_monitor_10000" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="24:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;24:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="24" rc-code="0" op-status="0" interval="10000" last-rc-change="1795327201" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="db" class="ocf" provider="pacemaker" type="Stateful">
  out:             <lrm_rsc_op id="db_last_0" operation_key="db_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="25:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;25:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="25" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:             <lrm_rsc_op id="db_monitor_10000" operation_key="db_monitor_10000" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="26:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;26:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="26" rc-code="0" op-status="0" interval="10000" last-rc-change="1795327201" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:         </lrm_resources>
  out:       </lrm>
  out:     </node_state>
  out:     <node_state id="2" uname="beta" in_ccm="true" crmd="online" crm-debug-origin="do_update_resource" join="member" expected="member">
  out:       <transient_attributes id="2">
  out:         <instance_attributes id="status-2">
  out:           <nvpair id="status-2-.feature-set" name="#feature-set" value="3.16.1"/>
  out:           <nvpair id="status-2-master-db" name="master-db" value="10"/>
  out:           <nvpair id="status-2-fail-count-ping.monitor_10000" name="fail-count-ping#monitor_10000" value="2"/>
  out:           <nvpair id="status-2-last-failure-ping.monitor_10000" name="last-failure-ping#monitor_10000" value="1795327209"/>
  out:         </instance_attributes>
  out:       </transient_attributes>
  out:       <lrm id="2">
  out:         <lrm_resources>
  out:           <lrm_resource id="fence" class="stonith" type="fence_ipmilan">
  out:             <lrm_rsc_op id="fence_last_0" operation_key="fence_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="1:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;1:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="1" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
  out:             <lrm_rsc_op id="vip_last_0" operation_key="vip_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="2:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;2:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="2" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="off" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="off_last_0" operation_key="off_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="3:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;3:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="3" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="hands" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="hands_last_0" operation_key="hands_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="10:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;10:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="10" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="disk" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="disk_last_0" operation_key="disk_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="11:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;11:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="11" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="site" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="site_last_0" operation_key="site_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="12:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;12:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="12" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="ping" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="ping_last_0" operation_key="ping_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="13:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;13:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="13" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:             <lrm_rsc_op id="ping_monitor_10000" operation_key="ping_monitor_10000" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="14:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;14:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="14" rc-code="0" op-status="0" interval="10000" last-rc-change="1795327201" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:             <lrm_rsc_op id="ping_last_failure_0" operation_key="ping_monitor_10000" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="15:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:7;15:3:0:11111111-2222-3333-4444-555555555555" exit-reason="went away" on_node="beta" call-id="15" rc-code="7" op-status="0" interval="10000" last-rc-change="1795327209" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="db" class="ocf" provider="pacemaker" type="Stateful">
  out:             <lrm_rsc_op id="db_last_0" operation_key="db_promote_0" operation="promote" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="16:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;16:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="16" rc-code="0" op-status="0" interval="0" last-rc-change="1795327203" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:             <lrm_rsc_op id="db_monitor_11000" operation_key="db_monitor_11000" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="17:3:8:11111111-2222-3333-4444-555555555555" transition-magic="0:8;17:3:8:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="17" rc-code="8" op-status="0" interval="11000" last-rc-change="1795327204" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:         </lrm_resources>
  out:       </lrm>
  out:     </node_state>
  out:     <node_state id="3" uname="gamma" in_ccm="true" crmd="online" crm-debug-origin="do_update_resource" join="member" expected="member">
  out:       <transient_attributes id="3">
  out:         <instance_attributes id="status-3">
  out:           <nvpair id="status-3-.feature-set" name="#feature-set" value="3.16.1"/>
  out:         </instance_attributes>
  out:       </transient_attributes>
  out:       <lrm id="3">
  out:         <lrm_resources>
  out:           <lrm_resource id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
  out:             <lrm_rsc_op id="vip_last_0" operation_key="vip_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="2:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;2:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="gamma" call-id="2" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="ping" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="ping_last_0" operation_key="ping_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="3:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;3:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="gamma" call-id="3" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="db" class="ocf" provider="pacemaker" type="Stateful">
  out:             <lrm_rsc_op id="db_last_0" operation_key="db_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="4:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;4:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="gamma" call-id="4" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:         </lrm_resources>
  out:       </lrm>
  out:     </node_state>
  out:     <node_state id="4" uname="delta" in_ccm="false" crmd="offline" crm-debug-origin="post_cache_update" join="down" expected="down"/>
  out:   </status>
  out: </cib>
  rc=0
$ cibadmin --query --local
  out: <cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="41" num_updates="17" admin_epoch="0" cib-last-written="Sun Nov 22 06:01:00 2026" update-origin="alpha" update-client="cibadmin" update-user="root" have-quorum="1" dc-uuid="2">
  out:   <configuration>
  out:     <crm_config>
  out:       <cluster_property_set id="cib-bootstrap-options">
  out:         <nvpair id="cib-bootstrap-options-cluster-name" name="cluster-name" value="shop"/>
  out:         <nvpair id="cib-bootstrap-options-dc-version" name="dc-version" value="2.1.5-a3f44794f94"/>
  out:         <nvpair id="cib-bootstrap-options-cluster-infrastructure" name="cluster-infrastructure" value="corosync"/>
  out:         <nvpair id="cib-bootstrap-options-stonith-enabled" name="stonith-enabled" value="true"/>
  out:       </cluster_property_set>
  out:     </crm_config>
  out:     <nodes>
  out:       <node id="1" uname="alpha">
  out:         <instance_attributes id="nodes-1">
  out:           <nvpair id="nodes-1-rack" name="rack" value="r1"/>
  out:         </instance_attributes>
  out:         <utilization id="nodes-1-utilization">
  out:           <nvpair id="nodes-1-utilization-cpu" name="cpu" value="8"/>
  out:         </utilization>
  out:       </node>
  out:       <node id="2" uname="beta"/>
  out:       <node id="3" uname="gamma">
  out:         <instance_attributes id="nodes-3">
  out:           <nvpair id="nodes-3-standby" name="standby" value="on"/>
  out:         </instance_attributes>
  out:       </node>
  out:       <node id="4" uname="delta"/>
  out:     </nodes>
  out:     <resources>
  out:       <primitive id="fence" class="stonith" type="fence_ipmilan">
  out:         <instance_attributes id="fence-parameters">
  out:           <nvpair id="fence-parameters-ip" name="ip" value="192.0.2.9"/>
  out:         </instance_attributes>
  out:       </primitive>
  out:       <primitive id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
  out:         <instance_attributes id="vip-parameters">
  out:           <nvpair id="vip-parameters-ip" name="ip" value="192.0.2.100"/>
  out:         </instance_attributes>
  out:         <meta_attributes id="vip-meta">
  out:           <nvpair id="vip-meta-stickiness" name="resource-stickiness" value="100"/>
  out:         </meta_attributes>
  out:         <operations>
  out:           <op id="vip-monitor" name="monitor" interval="5s" timeout="20s"/>
  out:         </operations>
  out:       </primitive>
  out:       <primitive id="off" class="ocf" provider="pacemaker" type="Dummy">
  out:         <meta_attributes id="off-meta">
  out:           <nvpair id="off-meta-role" name="target-role" value="Stopped"/>
  out:         </meta_attributes>
  out:       </primitive>
  out:       <primitive id="hands" class="ocf" provider="pacemaker" type="Dummy">
  out:         <meta_attributes id="hands-meta">
  out:           <nvpair id="hands-meta-managed" name="is-managed" value="false"/>
  out:         </meta_attributes>
  out:       </primitive>
  out:       <group id="web">
  out:         <primitive id="disk" class="ocf" provider="pacemaker" type="Dummy"/>
  out:         <primitive id="site" class="ocf" provider="pacemaker" type="Dummy"/>
  out:       </group>
  out:       <clone id="ping-clone">
  out:         <primitive id="ping" class="ocf" provider="pacemaker" type="Dummy">
  out:           <operations>
  out:             <op id="ping-monitor" name="monitor" interval="10s"/>
  out:           </operations>
  out:         </primitive>
  out:       </clone>
  out:       <clone id="db-clone">
  out:         <meta_attributes id="db-clone-meta">
  out:           <nvpair id="db-clone-meta-promotable" name="promotable" value="true"/>
  out:         </meta_attributes>
  out:         <primitive id="db" class="ocf" provider="pacemaker" type="Stateful">
  out:           <operations>
  out:             <op id="db-monitor" name="monitor" interval="10s" role="Unpromoted"/>
  out:             <op id="db-monitor-p" name="monitor" interval="11s" role="Promoted"/>
  out:           </operations>
  out:         </primitive>
  out:       </clone>
  out:     </resources>
  out:     <constraints>
  out:       <rsc_location id="vip-likes-alpha" rsc="vip" node="alpha" score="50"/>
  out:       <rsc_colocation id="web-with-db" rsc="web" with-rsc="db-clone" with-rsc-role="Promoted" score="INFINITY"/>
  out:       <rsc_order id="db-before-web" first="db-clone" first-action="promote" then="web" then-action="start"/>
  out:     </constraints>
  out:     <rsc_defaults>
  out:       <meta_attributes id="rsc-defaults">
  out:         <nvpair id="rsc-defaults-stickiness" name="resource-stickiness" value="10"/>
  out:       </meta_attributes>
  out:     </rsc_defaults>
  out:     <op_defaults>
  out:       <meta_attributes id="op-defaults">
  out:         <nvpair id="op-defaults-timeout" name="timeout" value="30s"/>
  out:       </meta_attributes>
  out:     </op_defaults>
  out:   </configuration>
  out:   <status>
  out:     <node_state id="1" uname="alpha" in_ccm="true" crmd="online" crm-debug-origin="do_update_resource" join="member" expected="member">
  out:       <transient_attributes id="1">
  out:         <instance_attributes id="status-1">
  out:           <nvpair id="status-1-.feature-set" name="#feature-set" value="3.16.1"/>
  out:           <nvpair id="status-1-master-db" name="master-db" value="5"/>
  out:           <nvpair id="status-1-pingd" name="pingd" value="100"/>
  out:         </instance_attributes>
  out:       </transient_attributes>
  out:       <lrm id="1">
  out:         <lrm_resources>
  out:           <lrm_resource id="fence" class="stonith" type="fence_ipmilan">
  out:             <lrm_rsc_op id="fence_last_0" operation_key="fence_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="20:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;20:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="20" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="31" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
  out:             <lrm_rsc_op id="vip_last_0" operation_key="vip_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="21:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;21:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="21" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="45" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:             <lrm_rsc_op id="vip_monitor_5000" operation_key="vip_monitor_5000" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="22:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;22:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="22" rc-code="0" op-status="0" interval="5000" last-rc-change="1795327201" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="off" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="off_last_0" operation_key="off_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="5:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;5:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="5" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="hands" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="hands_last_0" operation_key="hands_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="6:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;6:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="6" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="disk" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="disk_last_0" operation_key="disk_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="7:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;7:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="7" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="site" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="site_last_0" operation_key="site_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="8:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;8:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="8" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="ping" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="ping_last_0" operation_key="ping_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="23:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;23:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="23" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:             <lrm_rsc_op id="ping_monitor_10000" operation_key="ping_monitor_10000" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="24:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;24:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="24" rc-code="0" op-status="0" interval="10000" last-rc-change="1795327201" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="db" class="ocf" provider="pacemaker" type="Stateful">
  out:             <lrm_rsc_op id="db_last_0" operation_key="db_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="25:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;25:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="25" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:             <lrm_rsc_op id="db_monitor_10000" operation_key="db_monitor_10000" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="26:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;26:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="alpha" call-id="26" rc-code="0" op-status="0" interval="10000" last-rc-change="1795327201" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:         </lrm_resources>
  out:       </lrm>
  out:     </node_state>
  out:     <node_state id="2" uname="beta" in_ccm="true" crmd="online" crm-debug-origin="do_update_resource" join="member" expected="member">
  out:       <transient_attributes id="2">
  out:         <instance_attributes id="status-2">
  out:           <nvpair id="status-2-.feature-set" name="#feature-set" value="3.16.1"/>
  out:           <nvpair id="status-2-master-db" name="master-db" value="10"/>
  out:           <nvpair id="status-2-fail-count-ping.monitor_10000" name="fail-count-ping#monitor_10000" value="2"/>
  out:           <nvpair id="status-2-last-failure-ping.monitor_10000" name="last-failure-ping#monitor_10000" value="1795327209"/>
  out:         </instance_attributes>
  out:       </transient_attributes>
  out:       <lrm id="2">
  out:         <lrm_resources>
  out:           <lrm_resource id="fence" class="stonith" type="fence_ipmilan">
  out:             <lrm_rsc_op id="fence_last_0" operation_key="fence_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="1:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;1:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="1" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
  out:             <lrm_rsc_op id="vip_last_0" operation_key="vip_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="2:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;2:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="2" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="off" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="off_last_0" operation_key="off_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="3:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;3:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="3" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="hands" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="hands_last_0" operation_key="hands_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="10:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;10:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="10" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="disk" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="disk_last_0" operation_key="disk_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="11:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;11:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="11" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="site" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="site_last_0" operation_key="site_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="12:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;12:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="12" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="ping" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="ping_last_0" operation_key="ping_start_0" operation="start" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="13:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;13:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="13" rc-code="0" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:             <lrm_rsc_op id="ping_monitor_10000" operation_key="ping_monitor_10000" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="14:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;14:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="14" rc-code="0" op-status="0" interval="10000" last-rc-change="1795327201" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:             <lrm_rsc_op id="ping_last_failure_0" operation_key="ping_monitor_10000" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="15:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:7;15:3:0:11111111-2222-3333-4444-555555555555" exit-reason="went away" on_node="beta" call-id="15" rc-code="7" op-status="0" interval="10000" last-rc-change="1795327209" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="db" class="ocf" provider="pacemaker" type="Stateful">
  out:             <lrm_rsc_op id="db_last_0" operation_key="db_promote_0" operation="promote" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="16:3:0:11111111-2222-3333-4444-555555555555" transition-magic="0:0;16:3:0:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="16" rc-code="0" op-status="0" interval="0" last-rc-change="1795327203" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:             <lrm_rsc_op id="db_monitor_11000" operation_key="db_monitor_11000" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="17:3:8:11111111-2222-3333-4444-555555555555" transition-magic="0:8;17:3:8:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="beta" call-id="17" rc-code="8" op-status="0" interval="11000" last-rc-change="1795327204" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:         </lrm_resources>
  out:       </lrm>
  out:     </node_state>
  out:     <node_state id="3" uname="gamma" in_ccm="true" crmd="online" crm-debug-origin="do_update_resource" join="member" expected="member">
  out:       <transient_attributes id="3">
  out:         <instance_attributes id="status-3">
  out:           <nvpair id="status-3-.feature-set" name="#feature-set" value="3.16.1"/>
  out:         </instance_attributes>
  out:       </transient_attributes>
  out:       <lrm id="3">
  out:         <lrm_resources>
  out:           <lrm_resource id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
  out:             <lrm_rsc_op id="vip_last_0" operation_key="vip_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="2:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;2:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="gamma" call-id="2" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="ping" class="ocf" provider="pacemaker" type="Dummy">
  out:             <lrm_rsc_op id="ping_last_0" operation_key="ping_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="3:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;3:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="gamma" call-id="3" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:           <lrm_resource id="db" class="ocf" provider="pacemaker" type="Stateful">
  out:             <lrm_rsc_op id="db_last_0" operation_key="db_monitor_0" operation="monitor" crm-debug-origin="do_update_resource" crm_feature_set="3.16.1" transition-key="4:3:7:11111111-2222-3333-4444-555555555555" transition-magic="0:7;4:3:7:11111111-2222-3333-4444-555555555555" exit-reason="" on_node="gamma" call-id="4" rc-code="7" op-status="0" interval="0" last-rc-change="1795327200" exec-time="20" queue-time="0" op-digest="f2317cad3d54cec5d7d7aa7d0bf35cf8"/>
  out:           </lrm_resource>
  out:         </lrm_resources>
  out:       </lrm>
  out:     </node_state>
  out:     <node_state id="4" uname="delta" in_ccm="false" crmd="offline" crm-debug-origin="post_cache_update" join="down" expected="down"/>
  out:   </status>
  out: </cib>
  rc=0
$ cibadmin -Q -o tags
  err: Call failed: No such device or address
  rc=105
$ cibadmin -Q -o constraints
  out: <constraints>
  out:   <rsc_location id="vip-likes-alpha" rsc="vip" node="alpha" score="50"/>
  out:   <rsc_colocation id="web-with-db" rsc="web" with-rsc="db-clone" with-rsc-role="Promoted" score="INFINITY"/>
  out:   <rsc_order id="db-before-web" first="db-clone" first-action="promote" then="web" then-action="start"/>
  out: </constraints>
  rc=0
$ cibadmin -Q --scope nodes -n
  out: <nodes/>
  rc=0
$ cibadmin -Q --xpath "//primitive[@id='off']"
  out: <primitive id="off" class="ocf" provider="pacemaker" type="Dummy">
  out:   <meta_attributes id="off-meta">
  out:     <nvpair id="off-meta-role" name="target-role" value="Stopped"/>
  out:   </meta_attributes>
  out: </primitive>
  rc=0
$ cibadmin -Q --xpath "//primitive[@id='off']" -n
  out: <primitive id="off" class="ocf" provider="pacemaker" type="Dummy"/>
  rc=0
$ cibadmin -Q --xpath '//primitive/@id'
  out: <xpath-query>
  out:   <primitive id="fence" class="stonith" type="fence_ipmilan">
  out:     <instance_attributes id="fence-parameters">
  out:       <nvpair id="fence-parameters-ip" name="ip" value="192.0.2.9"/>
  out:     </instance_attributes>
  out:   </primitive>
  out:   <primitive id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
  out:     <instance_attributes id="vip-parameters">
  out:       <nvpair id="vip-parameters-ip" name="ip" value="192.0.2.100"/>
  out:     </instance_attributes>
  out:     <meta_attributes id="vip-meta">
  out:       <nvpair id="vip-meta-stickiness" name="resource-stickiness" value="100"/>
  out:     </meta_attributes>
  out:     <operations>
  out:       <op id="vip-monitor" name="monitor" interval="5s" timeout="20s"/>
  out:     </operations>
  out:   </primitive>
  out:   <primitive id="off" class="ocf" provider="pacemaker" type="Dummy">
  out:     <meta_attributes id="off-meta">
  out:       <nvpair id="off-meta-role" name="target-role" value="Stopped"/>
  out:     </meta_attributes>
  out:   </primitive>
  out:   <primitive id="hands" class="ocf" provider="pacemaker" type="Dummy">
  out:     <meta_attributes id="hands-meta">
  out:       <nvpair id="hands-meta-managed" name="is-managed" value="false"/>
  out:     </meta_attributes>
  out:   </primitive>
  out:   <primitive id="disk" class="ocf" provider="pacemaker" type="Dummy"/>
  out:   <primitive id="site" class="ocf" provider="pacemaker" type="Dummy"/>
  out:   <primitive id="ping" class="ocf" provider="pacemaker" type="Dummy">
  out:     <operations>
  out:       <op id="ping-monitor" name="monitor" interval="10s"/>
  out:     </operations>
  out:   </primitive>
  out:   <primitive id="db" class="ocf" provider="pacemaker" type="Stateful">
  out:     <operations>
  out:       <op id="db-monitor" name="monitor" interval="10s" role="Unpromoted"/>
  out:       <op id="db-monitor-p" name="monitor" interval="11s" role="Promoted"/>
  out:     </operations>
  out:   </primitive>
  out: </xpath-query>
  rc=0
$ cibadmin -Q -e --xpath '//primitive'
  out: /cib/configuration/resources/primitive[@id='fence']
  out: /cib/configuration/resources/primitive[@id='vip']
  out: /cib/configuration/resources/primitive[@id='off']
  out: /cib/configuration/resources/primitive[@id='hands']
  out: /cib/configuration/resources/group[@id='web']/primitive[@id='disk']
  out: /cib/configuration/resources/group[@id='web']/primitive[@id='site']
  out: /cib/configuration/resources/clone[@id='ping-clone']/primitive[@id='ping']
  out: /cib/configuration/resources/clone[@id='db-clone']/primitive[@id='db']
  rc=0
$ cibadmin -Q --xpath "//primitive[@id='none']"
  err: Call failed: No such device or address
  rc=105
$ cibadmin -Q --xpath "//node_state[@crmd='online']//nvpair[@name='master-db']"
  out: <xpath-query>
  out:   <nvpair id="status-1-master-db" name="master-db" value="5"/>
  out:   <nvpair id="status-2-master-db" name="master-db" value="10"/>
  out: </xpath-query>
  rc=0
$ cibadmin -Q --xpath "//node_state//nvpair"
  out: <xpath-query>
  out:   <nvpair id="status-1-.feature-set" name="#feature-set" value="3.16.1"/>
  out:   <nvpair id="status-1-master-db" name="master-db" value="5"/>
  out:   <nvpair id="status-1-pingd" name="pingd" value="100"/>
  out:   <nvpair id="status-2-.feature-set" name="#feature-set" value="3.16.1"/>
  out:   <nvpair id="status-2-master-db" name="master-db" value="10"/>
  out:   <nvpair id="status-2-fail-count-ping.monitor_10000" name="fail-count-ping#monitor_10000" value="2"/>
  out:   <nvpair id="status-2-last-failure-ping.monitor_10000" name="last-failure-ping#monitor_10000" value="1795327209"/>
  out:   <nvpair id="status-3-.feature-set" name="#feature-set" value="3.16.1"/>
  out: </xpath-query>
  rc=0
$ cibadmin -Q --xpath "//primitive[@id='off' or @id='vip']/meta_attributes"
  out: <xpath-query>
  out:   <meta_attributes id="vip-meta">
  out:     <nvpair id="vip-meta-stickiness" name="resource-stickiness" value="100"/>
  out:   </meta_attributes>
  out:   <meta_attributes id="off-meta">
  out:     <nvpair id="off-meta-role" name="target-role" value="Stopped"/>
  out:   </meta_attributes>
  out: </xpath-query>
  rc=0
$ cibadmin -Q --xpath "//group[@id='web']/primitive[1]"
  out: <primitive id="disk" class="ocf" provider="pacemaker" type="Dummy"/>
  rc=0
$ cibadmin -Q --xpath "//nvpair[starts-with(@name,'resource')]"
  out: <xpath-query>
  out:   <nvpair id="vip-meta-stickiness" name="resource-stickiness" value="100"/>
  out:   <nvpair id="rsc-defaults-stickiness" name="resource-stickiness" value="10"/>
  out: </xpath-query>
  rc=0
$ cibadmin -C -o resources -X '<primitive id="new" class="ocf" provider="pacemaker" type="Dummy"/>'
  rc=0
$ cibadmin -C -o resources -X '<primitive id="new" class="ocf" provider="pacemaker" type="Dummy"/>'
  out: <failed>
  out:   <failed_update id="new" object_type="primitive" operation="cib_create" reason="File exists">
  out:     <primitive id="new" class="ocf" provider="pacemaker" type="Dummy"/>
  out:   </failed_update>
  out: </failed>
  err: Call failed: File exists
  rc=108
$ cibadmin -M -o resources -X '<primitive id="new"><meta_attributes id="new-m"><nvpair id="new-m-p" name="priority" value="3"/></meta_attributes></primitive>'
  rc=0
$ cibadmin -Q --xpath "//primitive[@id='new']"
  out: <primitive id="new" class="ocf" provider="pacemaker" type="Dummy">
  out:   <meta_attributes id="new-m">
  out:     <nvpair id="new-m-p" name="priority" value="3"/>
  out:   </meta_attributes>
  out: </primitive>
  rc=0
$ cibadmin -M -o resources -X '<primitive id="absent" class="ocf" provider="pacemaker" type="Dummy"/>'
  err: Call failed: No such device or address
  rc=105
$ cibadmin -M -c -o resources -X '<primitive id="absent" class="ocf" provider="pacemaker" type="Dummy"/>'
  rc=0
$ cibadmin --modify --scope resources -X '<resources><primitive id="r1" class="ocf" provider="pacemaker" type="remote"/></resources>'
  rc=0
$ cibadmin -D -o resources -X '<primitive id="absent"/>'
  rc=0
$ cibadmin -D -o resources -X '<primitive id="absent"/>'
  rc=0
$ cibadmin -D --xpath "//primitive[@id='new']"
  rc=0
$ cibadmin -D --xpath "//primitive[@id='new']"
  rc=0
$ cibadmin --delete-all --force --xpath '//rsc_location'
  rc=0
$ cibadmin -D -X '<rsc_order id="db-before-web"/>'
  rc=0
$ cibadmin -R -o constraints -X '<constraints><rsc_location id="l2" rsc="vip" node="beta" score="1"/></constraints>'
  rc=0
$ cibadmin -R --xpath "//rsc_location[@id='l2']" -X '<rsc_location id="l2" rsc="vip" node="alpha" score="9"/>'
  rc=0
$ cibadmin -Q -o constraints
  out: <constraints>
  out:   <rsc_location id="l2" rsc="vip" node="alpha" score="9"/>
  out: </constraints>
  rc=0
$ cibadmin -M -X '<nvpair id="vip-parameters-ip" value="192.0.2.101"/>'
  rc=0
$ cibadmin -M -X '<nvpair id="zzz" value="1"/>'
  err: Call failed: No such device or address
  rc=105
$ cibadmin -C -X '<configuration><constraints><rsc_location id="l3" rsc="vip" node="beta" score="1"/></constraints></configuration>'
  rc=0
$ cibadmin -R -X '<bla/>'
  err: Call failed: No such device or address
  rc=105
$ cibadmin -E
  err: The supplied command is considered dangerous.  To prevent accidental destruction of the cluster, the --force flag is required in order to proceed.
  rc=107
$ cibadmin --upgrade --force
  rc=0
$ cibadmin --empty
  out: <cib crm_feature_set="3.16.1" validate-with="pacemaker-3.9" epoch="1" num_updates="0" admin_epoch="0">
  out:   <configuration>
  out:     <crm_config/>
  out:     <nodes/>
  out:     <resources/>
  out:     <constraints/>
  out:   </configuration>
  out:   <status/>
  out: </cib>
  rc=0
$ cibadmin -Q -o configuration
  out: <configuration>
  out:   <crm_config>
  out:     <cluster_property_set id="cib-bootstrap-options">
  out:       <nvpair id="cib-bootstrap-options-cluster-name" name="cluster-name" value="shop"/>
  out:       <nvpair id="cib-bootstrap-options-dc-version" name="dc-version" value="2.1.5-a3f44794f94"/>
  out:       <nvpair id="cib-bootstrap-options-cluster-infrastructure" name="cluster-infrastructure" value="corosync"/>
  out:       <nvpair id="cib-bootstrap-options-stonith-enabled" name="stonith-enabled" value="true"/>
  out:     </cluster_property_set>
  out:   </crm_config>
  out:   <nodes>
  out:     <node id="1" uname="alpha">
  out:       <instance_attributes id="nodes-1">
  out:         <nvpair id="nodes-1-rack" name="rack" value="r1"/>
  out:       </instance_attributes>
  out:       <utilization id="nodes-1-utilization">
  out:         <nvpair id="nodes-1-utilization-cpu" name="cpu" value="8"/>
  out:       </utilization>
  out:     </node>
  out:     <node id="2" uname="beta"/>
  out:     <node id="3" uname="gamma">
  out:       <instance_attributes id="nodes-3">
  out:         <nvpair id="nodes-3-standby" name="standby" value="on"/>
  out:       </instance_attributes>
  out:     </node>
  out:     <node id="4" uname="delta"/>
  out:   </nodes>
  out:   <resources>
  out:     <primitive id="fence" class="stonith" type="fence_ipmilan">
  out:       <instance_attributes id="fence-parameters">
  out:         <nvpair id="fence-parameters-ip" name="ip" value="192.0.2.9"/>
  out:       </instance_attributes>
  out:     </primitive>
  out:     <primitive id="vip" class="ocf" provider="heartbeat" type="IPaddr2">
  out:       <instance_attributes id="vip-parameters">
  out:         <nvpair id="vip-parameters-ip" name="ip" value="192.0.2.101"/>
  out:       </instance_attributes>
  out:       <meta_attributes id="vip-meta">
  out:         <nvpair id="vip-meta-stickiness" name="resource-stickiness" value="100"/>
  out:       </meta_attributes>
  out:       <operations>
  out:         <op id="vip-monitor" name="monitor" interval="5s" timeout="20s"/>
  out:       </operations>
  out:     </primitive>
  out:     <primitive id="off" class="ocf" provider="pacemaker" type="Dummy">
  out:       <meta_attributes id="off-meta">
  out:         <nvpair id="off-meta-role" name="target-role" value="Stopped"/>
  out:       </meta_attributes>
  out:     </primitive>
  out:     <primitive id="hands" class="ocf" provider="pacemaker" type="Dummy">
  out:       <meta_attributes id="hands-meta">
  out:         <nvpair id="hands-meta-managed" name="is-managed" value="false"/>
  out:       </meta_attributes>
  out:     </primitive>
  out:     <group id="web">
  out:       <primitive id="disk" class="ocf" provider="pacemaker" type="Dummy"/>
  out:       <primitive id="site" class="ocf" provider="pacemaker" type="Dummy"/>
  out:     </group>
  out:     <clone id="ping-clone">
  out:       <primitive id="ping" class="ocf" provider="pacemaker" type="Dummy">
  out:         <operations>
  out:           <op id="ping-monitor" name="monitor" interval="10s"/>
  out:         </operations>
  out:       </primitive>
  out:     </clone>
  out:     <clone id="db-clone">
  out:       <meta_attributes id="db-clone-meta">
  out:         <nvpair id="db-clone-meta-promotable" name="promotable" value="true"/>
  out:       </meta_attributes>
  out:       <primitive id="db" class="ocf" provider="pacemaker" type="Stateful">
  out:         <operations>
  out:           <op id="db-monitor" name="monitor" interval="10s" role="Unpromoted"/>
  out:           <op id="db-monitor-p" name="monitor" interval="11s" role="Promoted"/>
  out:         </operations>
  out:       </primitive>
  out:     </clone>
  out:     <primitive id="r1" class="ocf" provider="pacemaker" type="remote"/>
  out:   </resources>
  out:   <constraints>
  out:     <rsc_location id="l2" rsc="vip" node="alpha" score="9"/>
  out:     <rsc_location id="l3" rsc="vip" node="beta" score="1"/>
  out:   </constraints>
  out:   <rsc_defaults>
  out:     <meta_attributes id="rsc-defaults">
  out:       <nvpair id="rsc-defaults-stickiness" name="resource-stickiness" value="10"/>
  out:     </meta_attributes>
  out:   </rsc_defaults>
  out:   <op_defaults>
  out:     <meta_attributes id="op-defaults">
  out:       <nvpair id="op-defaults-timeout" name="timeout" value="30s"/>
  out:     </meta_attributes>
  out:   </op_defaults>
  out: </configuration>
  rc=0
