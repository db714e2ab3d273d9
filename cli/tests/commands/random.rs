//! Commands made of random words never panic, and never make a configuration that is invalid or
//! cannot be read again.

use std::panic::{AssertUnwindSafe, catch_unwind};

use rota_cib::validate::errors;
use rota_cib::{Cib, xml};
use rota_ids::WallTime;

use crate::agents::ByHeart;
use crate::commands::{Context, run};

/// Beginnings of commands; random words follow.
const BEGINNINGS: [&str; 77] = [
    "resource create a ocf:pacemaker:Dummy",
    "resource create b ocf:pacemaker:Stateful promotable",
    "resource create c IPaddr2 ip=1",
    "resource create d ocf:pacemaker:Dummy --group g",
    "resource create e ocf:pacemaker:Dummy clone",
    "resource create",
    "resource delete",
    "resource update",
    "resource meta",
    "resource enable",
    "resource disable",
    "resource manage",
    "resource unmanage",
    "resource move",
    "resource ban",
    "resource clear",
    "resource group add g",
    "resource group add",
    "resource group remove",
    "resource clone",
    "resource promotable",
    "resource unclone",
    "resource op add",
    "resource op remove",
    "resource op defaults set create",
    "resource defaults",
    "resource utilization",
    "resource cleanup",
    "resource config",
    "stonith create f fence_ipmilan ip=1",
    "stonith level add",
    "stonith level remove",
    "stonith delete",
    "constraint location",
    "constraint location a rule",
    "constraint order",
    "constraint order set",
    "constraint colocation add",
    "constraint colocation set",
    "constraint ticket add",
    "constraint delete",
    "constraint config",
    "node standby",
    "node attribute",
    "property set",
    "tag update",
    "constraint order a then b-clone",
    "constraint order promote b-clone then stop g",
    "constraint colocation add a with g",
    "constraint colocation add c with Promoted b-clone 5",
    "constraint location a prefers n1",
    "constraint location g rule x eq 1 or date gt 2030-01-01",
    "constraint order set a g set c",
    "constraint colocation set a c setoptions score=5",
    "constraint ticket add t a",
    "resource update a fake=1",
    "resource meta g priority=1",
    "resource group add g a",
    "resource group add h c",
    "resource group remove g",
    "resource clone g",
    "resource clone a",
    "resource unclone g-clone",
    "resource unclone e",
    "resource op add a monitor interval=77s",
    "resource disable g",
    "resource ban a n1",
    "resource move c n2",
    "stonith level add 1 n1 f",
    "tag create t a c",
    "tag update t remove a",
    "tag delete t",
    "property set maintenance-mode=true",
    "node utilization n1 cpu=4",
    "resource defaults update priority=1",
    "resource delete d",
    "resource defaults set create meta priority=1 rule resource ocf:: or resource ocf::x",
];

/// Words that may follow.
const WORDS: [&str; 72] = [
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "g",
    "h",
    "a-clone",
    "b-clone",
    "e-clone",
    "n1",
    "n2",
    "n3",
    "n9",
    "1",
    "op",
    "meta",
    "clone",
    "promotable",
    "group",
    "bundle",
    "monitor",
    "start",
    "interval=10s",
    "interval=",
    "timeout=5s",
    "role=Promoted",
    "fake=1",
    "fake=",
    "=",
    "x=y",
    "x",
    "prefers",
    "avoids",
    "n1=100",
    "rule",
    "score=5",
    "score=x",
    "defined",
    "and",
    "or",
    "(",
    ")",
    "date",
    "gt",
    "lt",
    "in_range",
    "to",
    "2030-01-01",
    "duration",
    "hours=1",
    "then",
    "with",
    "Promoted",
    "set",
    "setoptions",
    "sequential=false",
    "kind=Optional",
    "id=own",
    "id=a",
    "add",
    "remove",
    "create",
    "delete",
    "update",
    "--force",
    "--promoted",
    "--full",
    "--before",
    "--all",
    "stonith-enabled=false",
];

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        // xorshift64*
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap_or(0) % limit
    }

    fn command(&mut self) -> Vec<String> {
        let beginning = BEGINNINGS[self.below(BEGINNINGS.len())].split(' ');
        let mut words: Vec<String> = beginning.map(str::to_owned).collect();
        // Few words: most longer commands would be refused.
        for _ in 0..self.below(3) + self.below(3) {
            words.push(WORDS[self.below(WORDS.len())].to_owned());
        }
        words
    }
}

fn base() -> Cib {
    let nodes = (1..4).map(|n| format!("<node id=\"{n}\" uname=\"n{n}\"/>")).collect::<String>();
    let document = format!(
        "<cib validate-with=\"pacemaker-3.9\"><configuration><crm_config/><nodes>{nodes}</nodes>\
         <resources/><constraints/></configuration><status/></cib>"
    );
    let mut cib = xml::read(document.as_bytes()).expect("a readable base");
    for beginning in BEGINNINGS.iter().filter(|line| line.starts_with("resource create ")) {
        let words: Vec<String> = beginning.split(' ').map(str::to_owned).collect();
        let context =
            Context { cib: &cib, agents: &ByHeart, local_node: Some("n1"), now: WallTime(0) };
        cib.config = run(&words, &context).expect(beginning).config.expect(beginning);
    }
    cib
}

#[test]
fn random_commands_leave_a_valid_configuration() {
    let mut accepted = 0;
    for seed in 1..=200_u64 {
        let (mut cib, mut random) = (base(), Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        for _ in 0..150 {
            let words = random.command();
            let context =
                Context { cib: &cib, agents: &ByHeart, local_node: Some("n1"), now: WallTime(0) };
            let result = catch_unwind(AssertUnwindSafe(|| run(&words, &context)));
            let Ok(result) = result else { panic!("seed {seed}: {words:?} panicked") };
            let Ok(outcome) = result else { continue };
            accepted += 1;
            let Some(config) = outcome.config else { continue };
            let before = errors(&cib.config);
            let mut new = errors(&config);
            new.retain(|finding| !before.contains(finding));
            assert!(new.is_empty() || outcome.force, "seed {seed}: {words:?}: {new:?}");
            cib.config = config;
            match xml::read(xml::write(&cib).as_bytes()) {
                Ok(again) => assert_eq!(again.config, cib.config, "seed {seed}: {words:?}"),
                Err(e) => panic!("seed {seed}: {words:?}: {e}: {}", e.problem),
            }
        }
    }
    println!("{accepted} commands accepted");
    assert!(accepted > 2000, "only {accepted} commands were accepted");
}
