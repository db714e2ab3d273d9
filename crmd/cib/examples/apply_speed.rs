//! Says what applying changes costs: `cargo run --release --example apply_speed RESOURCES NODES`.

use std::time::Instant;

use rota_cib::change::{Change, Configure, Recorded, apply, diff};
use rota_cib::resource::{AgentClass, Operations, Primitive, Resource};
use rota_cib::status::{OperationRecord, ResourceHistory};
use rota_cib::{Cib, xml};
use rota_ids::WallTime;

fn primitive(n: usize) -> Resource {
    Resource::Primitive(Primitive {
        id: format!("r{n}").into(),
        class: Some(AgentClass::Ocf),
        provider: Some("rota".into()),
        agent: Some("Dummy".into()),
        template: None,
        description: None,
        parameters: Vec::new(),
        meta: Vec::new(),
        utilization: Vec::new(),
        operations: Operations::default(),
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1).filter_map(|arg| arg.parse::<usize>().ok());
    let (resources, nodes) = (args.next().unwrap_or(10_000), args.next().unwrap_or(32));
    let mut cib = Cib::default();
    cib.config.resources = (0..resources).map(primitive).collect();
    let start = Instant::now();
    let mut records = 0_u32;
    for n in 0..resources {
        for node in 0..nodes {
            let record = OperationRecord { operation: "monitor".into(), ..Default::default() };
            let resource = ResourceHistory { id: format!("r{n}").into(), ..Default::default() };
            let node = node.to_string().into();
            let change = Change::RecordOperation(Box::new(Recorded { node, resource, record }));
            apply(&mut cib, &change, WallTime(0))?;
            records += 1;
        }
    }
    let each = start.elapsed() / records;
    println!("{records} operation records: {each:?} each");
    let start = Instant::now();
    let mut wanted = cib.config.clone();
    wanted.resources.swap(0, resources / 2);
    let edits = diff(&cib.config, &wanted);
    println!("diff of {resources} resources: {:?}, {} edits", start.elapsed(), edits.len());
    let start = Instant::now();
    let change = Change::Configure(Configure { edits, ..Configure::default() });
    apply(&mut cib, &change, WallTime(0))?;
    println!("configure: {:?}", start.elapsed());
    let start = Instant::now();
    let text = xml::write(&cib);
    println!("write {} MB: {:?}", text.len() / 1_000_000, start.elapsed());
    Ok(())
}
