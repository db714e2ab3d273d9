cib: shop.xml
$ crm_attribute -n stonith-enabled -G
  out: scope=crm_config  name=stonith-enabled value=true
  rc=0
$ crm_attribute --type crm_config --name stonith-enabled --query
  out: scope=crm_config  name=stonith-enabled value=true
  rc=0
$ crm_attribute --type=crm_config --name=cluster-name --query --quiet --default=true
  out: shop
  rc=0
$ crm_attribute -n nope -G
  err: crm_attribute: Error performing operation: No such device or address
  rc=105
$ crm_attribute -n nope -G -d 7
  out: scope=crm_config  name=nope value=7
  rc=0
$ crm_attribute -n nope -G -q -d 7
  out: 7
  rc=0
$ crm_attribute
  out: scope=crm_config  name=cluster-name value=shop
  out: scope=crm_config  name=dc-version value=2.1.5-a3f44794f94
  out: scope=crm_config  name=cluster-infrastructure value=corosync
  out: scope=crm_config  name=stonith-enabled value=true
  rc=0
$ crm_attribute -N alpha -t rsc_defaults -n resource-stickiness -G
  out: scope=rsc_defaults  name=resource-stickiness value=10
  rc=0
$ crm_attribute -N alpha -t rsc_defaults -n migration-threshold -v 3
  rc=0
$ crm_attribute -N alpha -t op_defaults -n timeout -q
  out: 30s
  rc=0
$ crm_attribute -n maintenance-mode -v true
  rc=0
$ crm_attribute -n maintenance-mode -G
  out: scope=crm_config  name=maintenance-mode value=true
  rc=0
$ crm_attribute -n maintenance-mode -D
  out: Deleted crm_config option: id=cib-bootstrap-options-maintenance-mode name=maintenance-mode
  rc=0
$ crm_attribute -n maintenance-mode -D
  rc=0
$ crm_attribute -N alpha -n rack -G
  out: scope=nodes  name=rack value=r1
  rc=0
$ crm_attribute -N alpha -l forever -n rack -v r2
  rc=0
$ crm_attribute -t nodes -N alpha -n rack -G
  out: scope=nodes  name=rack value=r2
  rc=0
$ crm_attribute -t nodes -N alpha -n rack -D
  out: Deleted nodes attribute: id=nodes-1-rack name=rack
  rc=0
$ crm_attribute -t status -N alpha -n pingd -G
  out: scope=status  name=pingd value=100
  rc=0
$ crm_attribute -l reboot -N alpha -n pingd -v 50
  rc=0
$ crm_attribute --lifetime=reboot --name=pingd --node alpha --query --quiet
  out: 50
  rc=0
$ crm_attribute -l reboot -N alpha -n neg -v -1
  rc=0
$ crm_attribute -l reboot -N alpha -n neg -q
  out: -1
  rc=0
$ crm_attribute -l reboot -N alpha -n neg -D
  out: Deleted status attribute: id=status-1-neg name=neg
  rc=0
$ crm_attribute -l reboot -N nobody -n pingd -G
  err: crm_attribute: Could not map name=nobody to a UUID
  rc=105
$ crm_attribute -l reboot -N nobody -n pingd -v 1
  err: crm_attribute: Could not map name=nobody to a UUID
  rc=105
$ crm_attribute -t nodes -z -N alpha -n cpu -G
  out: scope=nodes  name=cpu value=8
  rc=0
$ crm_attribute -t nodes -z -N beta -n cpu -v 4
  rc=0
$ crm_attribute --quiet -t nodes --node beta -z -n cpu
  out: 4
  rc=0
$ crm_attribute -n a -v
  err: crm_attribute: Missing argument for -v
  rc=64
$ crm_attribute --bogus
  err: crm_attribute: Unknown option --bogus
  rc=64
$ crm_attribute -p db -N alpha -G
  out: scope=status  name=master-db value=5
  rc=0
$ crm_attribute -p -N alpha -G
  err: crm_attribute: -p/--promotion must be called from an OCF resource agent or with a resource ID specified
  rc=64
$ OCF_RESOURCE_INSTANCE=db crm_attribute -p -N alpha -v 3
  rc=0
$ OCF_RESOURCE_INSTANCE=db crm_attribute -p -N alpha -G -q
  out: 3
  rc=0
$ OCF_RESOURCE_INSTANCE=db crm_master -l reboot -N alpha -v 9
  rc=0
$ OCF_RESOURCE_INSTANCE=db crm_master --lifetime reboot --quiet --get-value --node alpha
  out: 9
  rc=0
$ OCF_RESOURCE_INSTANCE=db crm_master -D -l reboot -N alpha
  out: Deleted status attribute: id=status-1-master-db name=master-db
  rc=0
$ OCF_RESOURCE_INSTANCE=db crm_master -G -N alpha
  err: crm_attribute: Error performing operation: No such device or address
  rc=105
$ crm_attribute -l bogus -n x -N alpha -G
  err: crm_attribute: Error performing operation: No message of desired type
  rc=76
$ crm_attribute --type crm_config --name st_REPL_INFO -s mysql_replication -v 'a|b|c' -q
  rc=0
$ crm_attribute --type crm_config --name st_REPL_INFO -s mysql_replication --query -q
  out: a|b|c
  rc=0
$ crm_attribute -i cib-bootstrap-options-cluster-name -G
  out: scope=crm_config id=cib-bootstrap-options-cluster-name name=cluster-name value=shop
  rc=0
$ crm_attribute -N alpha -n rack -v ''
  rc=0
$ crm_attribute -l reboot -N alpha -n '#health-x' -v red
  rc=0
$ cibadmin -Q -o crm_config
  out: <crm_config>
  out:   <cluster_property_set id="cib-bootstrap-options">
  out:     <nvpair id="cib-bootstrap-options-cluster-name" name="cluster-name" value="shop"/>
  out:     <nvpair id="cib-bootstrap-options-dc-version" name="dc-version" value="2.1.5-a3f44794f94"/>
  out:     <nvpair id="cib-bootstrap-options-cluster-infrastructure" name="cluster-infrastructure" value="corosync"/>
  out:     <nvpair id="cib-bootstrap-options-stonith-enabled" name="stonith-enabled" value="true"/>
  out:   </cluster_property_set>
  out:   <cluster_property_set id="mysql_replication">
  out:     <nvpair id="mysql_replication-st_REPL_INFO" name="st_REPL_INFO" value="a|b|c"/>
  out:   </cluster_property_set>
  out: </crm_config>
  rc=0
$ cibadmin -Q -o nodes
  out: <nodes>
  out:   <node id="1" uname="alpha">
  out:     <instance_attributes id="nodes-1">
  out:       <nvpair id="nodes-1-rack" name="rack" value=""/>
  out:     </instance_attributes>
  out:     <utilization id="nodes-1-utilization">
  out:       <nvpair id="nodes-1-utilization-cpu" name="cpu" value="8"/>
  out:     </utilization>
  out:   </node>
  out:   <node id="2" uname="beta">
  out:     <utilization id="nodes-2-utilization">
  out:       <nvpair id="nodes-2-utilization-cpu" name="cpu" value="4"/>
  out:     </utilization>
  out:   </node>
  out:   <node id="3" uname="gamma">
  out:     <instance_attributes id="nodes-3">
  out:       <nvpair id="nodes-3-standby" name="standby" value="on"/>
  out:     </instance_attributes>
  out:   </node>
  out:   <node id="4" uname="delta"/>
  out: </nodes>
  rc=0
$ cibadmin -Q -o rsc_defaults
  out: <rsc_defaults>
  out:   <meta_attributes id="rsc-defaults">
  out:     <nvpair id="rsc-defaults-stickiness" name="resource-stickiness" value="10"/>
  out:   </meta_attributes>
  out:   <meta_attributes id="rsc_defaults-options">
  out:     <nvpair id="rsc_defaults-options-migration-threshold" name="migration-threshold" value="3"/>
  out:   </meta_attributes>
  out: </rsc_defaults>
  rc=0
$ cibadmin -Q --xpath "//node_state[@id='1']//transient_attributes"
  out: <transient_attributes id="1">
  out:   <instance_attributes id="status-1">
  out:     <nvpair id="status-1-.feature-set" name="#feature-set" value="3.16.1"/>
  out:     <nvpair id="status-1-pingd" name="pingd" value="50"/>
  out:     <nvpair id="status-1-.health-x" name="#health-x" value="red"/>
  out:   </instance_attributes>
  out: </transient_attributes>
  rc=0
$ crm_standby -G -N gamma
  out: scope=nodes  name=standby value=on
  rc=0
$ crm_standby -G -N alpha
  out: scope=status  name=standby value=off
  rc=0
$ crm_standby -v on -N alpha
  rc=0
$ crm_standby -G -N alpha
  out: scope=nodes  name=standby value=on
  rc=0
$ crm_standby -D -N alpha
  out: Deleted nodes attribute: id=nodes-1-standby name=standby
  rc=0
$ crm_standby -v on -N alpha -l reboot
  rc=0
$ crm_standby -G -N alpha -l reboot
  out: scope=status  name=standby value=on
  rc=0
$ crm_failcount -G -r ping -N beta
  out: scope=status  name=fail-count-ping value=2
  rc=0
$ crm_failcount -G -r ping -N alpha
  out: scope=status  name=fail-count-ping value=0
  rc=0
$ crm_failcount -G -r ping -N beta -q
  out: 2
  rc=0
$ crm_failcount -G -r ping -N beta -n monitor -I 10s
  out: scope=status  name=fail-count-ping#monitor_10000 value=2
  rc=0
$ crm_attribute -N delta -n where -v east
  rc=0
$ cibadmin -Q --xpath "//nodes/node[@id='4']"
  out: <node id="4" uname="delta">
  out:   <instance_attributes id="nodes-4">
  out:     <nvpair id="nodes-4-where" name="where" value="east"/>
  out:   </instance_attributes>
  out: </node>
  rc=0
