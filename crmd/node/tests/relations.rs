//! Who waits for what an older plan has begun: read off the configuration alone.

use rota_ids::NodeName;
use rota_node::controller::{Doing, Relations};

const RESOURCES: &str = "
    <primitive id='db' class='ocf' provider='t' type='D'/>
    <primitive id='vip' class='ocf' provider='t' type='D'/>
    <primitive id='lone' class='ocf' provider='t' type='D'/>
    <group id='lb'><primitive id='ip' class='ocf' provider='t' type='D'/>
      <primitive id='proxy' class='ocf' provider='t' type='D'/></group>
    <clone id='web-clone'><primitive id='web' class='ocf' provider='t' type='D'/></clone>
    <clone id='galera-clone'><meta_attributes id='gm'>
      <nvpair id='gp' name='promotable' value='true'/></meta_attributes>
      <primitive id='galera' class='ocf' provider='t' type='S'/></clone>
    <clone id='redis-clone'><meta_attributes id='rm'>
      <nvpair id='rp' name='promotable' value='true'/>
      <nvpair id='rn' name='notify' value='true'/></meta_attributes>
      <primitive id='redis' class='ocf' provider='t' type='S'/></clone>";

const ORDERS: &str = "
    <rsc_order id='o1' first='db' then='vip'/>
    <rsc_order id='o2' first='galera-clone' first-action='promote' then='lb' then-action='start'/>";

fn relations() -> Relations {
    let text = format!(
        "<cib validate-with='pacemaker-3.9'><configuration><crm_config/><nodes/>\
         <resources>{RESOURCES}</resources><constraints>{ORDERS}</constraints>\
         </configuration><status/></cib>"
    );
    Relations::of(&rota_cib::xml::read(text.as_bytes()).expect("a readable document"))
}

fn doing(text: &str) -> Doing {
    let [operation, resource, node] = text.split(' ').collect::<Vec<_>>()[..] else {
        panic!("operation, resource, node: {text}")
    };
    Doing { resource: resource.into(), node: NodeName::from(node), operation: operation.into() }
}

#[test]
fn who_waits_for_whom() {
    let relations = relations();
    for (wanted, under_way, waits) in [
        // The same instance never does two things at once.
        ("stop db n1", "start db n1", true),
        ("monitor db n1", "start db n1", true),
        // A single resource starts nowhere while it is on its way elsewhere.
        ("start db n2", "stop db n1", true),
        // What the configuration orders.
        ("start vip n1", "start db n1", true),
        ("stop db n1", "stop vip n1", true),
        ("stop vip n1", "start db n1", false),
        ("start db n1", "start vip n1", false),
        ("start ip n1", "promote galera n2", true),
        ("start ip n1", "start galera n2", false),
        // What has nothing to do with it goes on.
        ("start lone n1", "start db n1", false),
        // A group is one.
        ("start proxy n1", "start ip n1", true),
        // Instances of a plain clone wait for those that make room only.
        ("start web n2", "start web n1", false),
        ("start web n2", "stop web n1", true),
        ("stop web n2", "start web n1", false),
        // Nobody is promoted while another is between roles; but whoever has to, leaves.
        ("promote galera n2", "promote galera n1", true),
        ("start galera n2", "promote galera n1", true),
        ("stop galera n2", "promote galera n1", false),
        // With notifications there is one step at a time.
        ("demote redis n2", "start redis n1", true),
        ("promote redis n2", "notify redis n3", true),
        // A look is waited for by nobody.
        ("stop db n1", "monitor db n1", false),
        ("monitor db n2", "start db n1", false),
    ] {
        let does = relations.must_wait(&doing(wanted), &doing(under_way));
        assert_eq!(does, waits, "'{wanted}' while '{under_way}' is under way");
    }
}
