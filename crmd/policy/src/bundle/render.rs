//! A bundle in the status text.

use crate::model::{Rid, World};

/// A bundle in the status text.
pub(crate) fn render(world: &World<'_>, rid: Rid, indent: usize, out: &mut String) {
    use std::fmt::Write as _;
    let rsc = &world.rscs[rid];
    let Some(conf) = rsc.bundle_conf() else { return };
    let set = if conf.max > 1 { " set" } else { "" };
    let mut first = Vec::new();
    if conf.per_host > 1 {
        first.push("unique");
    }
    let _ = writeln!(
        out,
        "{:indent$}* Container bundle{set}: {} [{}]{}:",
        "",
        rsc.id,
        conf.image,
        crate::simulate::collective_flags(world, rid, &first)
    );
    let inner = indent + 2;
    for r in &conf.replicas {
        let shown = r.child.filter(|_| r.remote.is_some()).unwrap_or(r.container);
        let host = world.rscs[r.container].running_on.first().copied();
        let text = crate::simulate::primitive_at(world, shown, host);
        // The replica's name and host stand for the instance inside.
        let name = match r.remote {
            Some(remote) => world.rscs[remote].id.clone(),
            None => world.rscs[r.container].id.clone(),
        };
        let address = r.ipaddr.as_ref().map_or_else(String::new, |a| format!(" ({a})"));
        let rest = text.split_once('\t').map_or("", |(_, rest)| rest);
        let _ = writeln!(out, "{:inner$}* {name}{address}\t{rest}", "");
    }
}
