//! A bundle's collective actions, and how its parts follow each other.

use smol_str::format_smolstr;

use crate::actions::{Actions, Collect, Verb, blank, edge};
use crate::create;
use crate::model::{Rid, World};
use crate::remote::pairwise;

/// Makes a bundle's actions and ties its parts together.
pub(crate) fn actions(world: &mut World<'_>, acts: &mut Actions, rid: Rid) {
    let Some(conf) = world.rscs[rid].bundle_conf().cloned() else { return };
    for r in &conf.replicas {
        for part in [r.ip, Some(r.container), r.remote].into_iter().flatten() {
            create::resource_actions(world, acts, part);
        }
    }
    if let Some(clone) = conf.clone {
        create::resource_actions(world, acts, clone);
    }
    let mut verbs = vec![Verb::Start, Verb::Stop];
    if conf.promoted_max > 0 {
        verbs.extend([Verb::Promote, Verb::Demote]);
    }
    for verb in verbs {
        let mut all = blank(Some(rid), verb, None);
        all.pseudo = true;
        all.collect = Collect::Least(0);
        let all = acts.add(all);
        let done_verb = verb.done().unwrap_or(Verb::Point);
        let mut done = blank(Some(rid), done_verb, None);
        done.pseudo = true;
        done.mirrors = Some(all);
        let done = acts.add(done);
        acts.acts[all].mirrored.push(done);
        for r in &conf.replicas {
            // Its address comes and goes with the container.
            for member in acts.all(r.container, verb) {
                acts.join(all, member);
                acts.order(all, member, edge::ORDER);
                acts.order(member, done, edge::ORDER);
            }
        }
        if let Some(clone) = conf.clone {
            // Coming and going is the containers' business; what is in them follows. The roles
            // are those of what is inside.
            let of_containers = matches!(verb, Verb::Start | Verb::Stop);
            for inner in acts.all(clone, verb) {
                acts.order(all, inner, edge::ORDER);
                if !of_containers {
                    acts.join(all, inner);
                } else if !acts.acts[inner].members.iter().all(|&m| acts.acts[m].optional) {
                    acts.acts[all].optional = false;
                }
            }
            for inner in acts.all(clone, done_verb) {
                acts.order(inner, done, edge::FORCES | edge::QUIET);
            }
            if world.rscs[clone].notify {
                let key = format_smolstr!(
                    "{}_confirmed-post_notify_{}_0",
                    world.rscs[clone].id,
                    done_verb.name()
                );
                if let Some(&confirmed) = acts.named.get(&key) {
                    acts.order(confirmed, done, edge::ORDER);
                }
            }
        }
    }
    for (first, then) in [
        (Verb::Stopped, Verb::Start),
        (Verb::Demoted, Verb::Stop),
        (Verb::Running, Verb::Promote),
        (Verb::Demoted, Verb::Promote),
    ] {
        for a in acts.all(rid, first) {
            for b in acts.all(rid, then) {
                acts.order(a, b, edge::ORDER);
            }
        }
    }
    for r in &conf.replicas {
        if let Some(ip) = r.ip {
            pairwise(acts, ip, Verb::Start, r.container, Verb::Start, edge::NEEDS | edge::FORCES);
            pairwise(acts, r.container, Verb::Stop, ip, Verb::Stop, edge::WANTS);
        }
    }
}
