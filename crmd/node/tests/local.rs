//! What a node does with orders, and what it tells of them.

use rota_ids::{BootId, Incarnation, Moment, NodeName, StartId, Term, ViewId, WallTime};
use rota_node::entry::Entry;
use rota_node::local::{Local, Taken};
use rota_node::order::{Order, OrderId, OrderTask, Token};
use rota_node::{AgentOutcome, Effect, ExecStatus, Now, RunId};
use rota_transition::{OpKey, ResourceOp};

fn at(millis: u64) -> Now {
    Now { moment: Moment::from_millis(millis), wall: WallTime(0) }
}

fn token(term: u64, transition: u64) -> Token {
    Token { term: Term(term), view: ViewId(1), transition }
}

fn op(operation: &str, interval: u32) -> ResourceOp {
    let key = OpKey { resource: "vip".into(), operation: operation.into(), interval };
    ResourceOp {
        resource: "vip".into(),
        class: "ocf".into(),
        agent: "Dummy".into(),
        operation: operation.into(),
        key,
        interval,
        ..ResourceOp::default()
    }
}

fn order(number: u64, token: Token, op: ResourceOp) -> Order {
    let id = OrderId { term: token.term, number };
    Order { id, token, task: OrderTask::Run(Box::new(op)) }
}

fn ended(rc: i32, status: ExecStatus) -> AgentOutcome {
    let reason = String::new().into();
    AgentOutcome { rc, status, reason, started: WallTime(0), exec_ms: 1, queue_ms: 0, agent: None }
}

/// A node's own resources with everything that comes out of them.
struct Host {
    local: Local,
    entries: Vec<Entry>,
    todo: Vec<Effect>,
}

impl Host {
    fn new() -> Self {
        let life = Incarnation { boot: BootId(1), start: StartId(1) };
        let local = Local::new(NodeName::from("n1"), life, at(0), None);
        Self { local, entries: Vec::new(), todo: Vec::new() }
    }

    fn take(&mut self, now: Now, order: Order) -> Taken {
        self.local.take(now, order, &mut self.entries, &mut self.todo)
    }

    fn ended(&mut self, now: Now, run: RunId, outcome: AgentOutcome) {
        self.local.ended(now, run, outcome, &mut self.entries, &mut self.todo);
    }

    /// Runs begun since the last call, with what they run.
    fn begun(&mut self) -> Vec<(RunId, String)> {
        std::mem::take(&mut self.todo)
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::RunAgent { run, op } => Some((run, op.operation.to_string())),
                _ => None,
            })
            .collect()
    }

    /// Results told since the last call: exit codes.
    fn told(&mut self) -> Vec<i32> {
        std::mem::take(&mut self.entries)
            .into_iter()
            .filter_map(|entry| match entry {
                Entry::Result(result) => Some(result.record.rc),
                _ => None,
            })
            .collect()
    }
}

#[test]
fn an_order_of_an_older_dc_is_refused() {
    let mut host = Host::new();
    assert_eq!(host.take(at(0), order(1, token(5, 1), op("start", 0))), Taken::Yes);
    host.begun();
    let old = order(9, token(4, 99), op("stop", 0));
    assert_eq!(host.take(at(0), old), Taken::Refused(token(5, 1)));
    assert!(host.begun().is_empty());
}

#[test]
fn the_question_of_a_new_dc_closes_the_door_for_the_old_one() {
    let mut host = Host::new();
    host.local.see(token(6, 0));
    let old = order(1, token(5, 1), op("start", 0));
    assert_eq!(host.take(at(0), old), Taken::Refused(token(6, 0)));
}

#[test]
fn an_order_that_is_brought_twice_is_carried_out_once() {
    let mut host = Host::new();
    let once = order(1, token(5, 1), op("start", 0));
    assert_eq!(host.take(at(0), once.clone()), Taken::Yes);
    assert_eq!(host.begun().len(), 1);
    assert_eq!(host.take(at(0), once.clone()), Taken::Yes);
    assert!(host.begun().is_empty(), "while it runs");
    host.local.close(once.id);
    assert_eq!(host.take(at(0), once), Taken::Yes);
    assert!(host.begun().is_empty(), "after the log has its end");
}

#[test]
fn of_a_monitor_only_the_first_result_and_changes_are_told() {
    let mut host = Host::new();
    host.take(at(0), order(1, token(5, 1), op("monitor", 1000)));
    let mut told = Vec::new();
    for (round, rc) in [0, 0, 7, 7, 0].into_iter().enumerate() {
        let now = at(round as u64 * 1000);
        host.local.wake(now, &mut host.todo);
        let begun = host.begun();
        assert_eq!(begun.len(), 1, "round {round}");
        host.ended(now, begun[0].0, ended(rc, ExecStatus::Done));
        told.push(host.told());
    }
    assert_eq!(told, [vec![0], vec![], vec![7], vec![], vec![0]]);
}

#[test]
fn monitors_keep_their_pace_from_start_to_start() {
    let mut host = Host::new();
    host.take(at(0), order(1, token(5, 1), op("monitor", 1000)));
    let first = host.begun()[0].0;
    host.ended(at(300), first, ended(0, ExecStatus::Done));
    host.local.wake(at(999), &mut host.todo);
    assert!(host.begun().is_empty());
    host.local.wake(at(1000), &mut host.todo);
    assert_eq!(host.begun().len(), 1);
}

#[test]
fn a_stop_ends_the_monitors_of_its_resource() {
    let mut host = Host::new();
    host.take(at(0), order(1, token(5, 1), op("monitor", 1000)));
    let monitor = host.begun()[0].0;
    host.ended(at(10), monitor, ended(0, ExecStatus::Done));
    host.take(at(20), order(2, token(5, 1), op("stop", 0)));
    host.begun();
    host.local.wake(at(60_000), &mut host.todo);
    assert!(host.begun().is_empty());
}

#[test]
fn an_operation_whose_end_is_lost_is_looked_at_and_not_repeated() {
    for (lost, seen, expected) in
        [("start", 0, 0), ("start", 7, 7), ("stop", 7, 0), ("stop", 0, 1), ("promote", 8, 0)]
    {
        let mut host = Host::new();
        host.take(at(0), order(1, token(5, 1), op(lost, 0)));
        let run = host.begun()[0].0;
        host.ended(at(10), run, ended(1, ExecStatus::Lost));
        let look = host.begun();
        assert_eq!(look[0].1, "monitor", "{lost}");
        host.ended(at(20), look[0].0, ended(seen, ExecStatus::Done));
        assert_eq!(host.told(), [expected], "{lost}, then a monitor said {seen}");
    }
}

/// The first result of an operation: execution status on record, and whether it counts as a failure.
fn first_result(operation: &str, rc: i32, status: ExecStatus) -> (i32, bool) {
    let mut host = Host::new();
    host.take(at(0), order(1, token(5, 1), op(operation, 1000)));
    let run = host.begun()[0].0;
    host.ended(at(10), run, ended(rc, status));
    match host.entries.pop() {
        Some(Entry::Result(result)) => (result.record.op_status, result.is_failure()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_agent_that_ran_was_executed_whatever_it_said() {
    for rc in [1, 2, 3, 6, 7, 9, 99] {
        assert_eq!(first_result("monitor", rc, ExecStatus::Done), (0, true), "{rc}");
    }
    assert_eq!(first_result("monitor", 1, ExecStatus::Error), (4, true));
    assert_eq!(first_result("monitor", 1, ExecStatus::TimedOut), (2, true));
}

#[test]
fn what_is_degraded_works() {
    assert_eq!(first_result("monitor", 190, ExecStatus::Done), (0, false));
    assert_eq!(
        first_result("monitor", 191, ExecStatus::Done),
        (0, true),
        "it is not to be promoted"
    );
}

#[test]
fn a_restarted_daemon_goes_on_with_its_monitors_and_knows_its_open_orders() {
    let mut host = Host::new();
    host.take(at(0), order(1, token(5, 1), op("monitor", 1000)));
    let monitor = host.begun()[0].0;
    host.ended(at(10), monitor, ended(0, ExecStatus::Done));
    host.local.close(OrderId { term: Term(5), number: 1 });
    host.take(at(20), order(2, token(5, 2), op("notify", 0)));
    let memory = host.local.memory_if_changed().expect("something changed");

    let life = Incarnation { boot: BootId(1), start: StartId(2) };
    let mut later =
        Host { local: Local::new(NodeName::from("n1"), life, at(0), Some(memory)), ..Host::new() };
    assert_eq!(later.local.newest(), token(5, 2));
    assert_eq!(later.local.open_orders().count(), 1, "the notification's end is to come");
    later.local.wake(at(0), &mut later.todo);
    assert_eq!(later.begun().len(), 1, "the monitor goes on");
}

#[test]
fn a_result_is_kept_until_the_log_has_it() {
    let mut host = Host::new();
    host.take(at(0), order(1, token(5, 1), op("start", 0)));
    let run = host.begun()[0].0;
    host.ended(at(10), run, ended(0, ExecStatus::Done));
    assert!(!host.todo.contains(&Effect::ForgetRun(run)), "the journal is the only witness");
    host.local.close(OrderId { term: Term(5), number: 1 });
    host.local.wake(at(20), &mut host.todo);
    assert!(host.todo.contains(&Effect::ForgetRun(run)));
}

#[test]
fn what_never_began_begins_after_a_restart_of_the_daemon() {
    let mut host = Host::new();
    host.take(at(0), order(1, token(5, 1), op("start", 0)));
    host.take(at(0), order(2, token(5, 1), op("promote", 0)));
    let begun = host.begun();
    let memory = host.local.memory_if_changed();
    let life = Incarnation { boot: BootId(1), start: StartId(2) };
    let mut later = Local::new(NodeName::from("n1"), life, at(0), memory);
    later.resume(&[begun[0].0].into(), &mut Vec::new(), &mut host.todo);
    assert_eq!(host.begun(), [(begun[1].0, "promote".to_owned())]);
}

#[test]
fn a_fence_device_is_watched_over_rather_than_run() {
    let mut host = Host::new();
    let device = |operation: &str| ResourceOp { class: "stonith".into(), ..op(operation, 0) };
    host.take(at(0), order(1, token(5, 1), device("monitor")));
    assert_eq!((host.begun().len(), host.told()), (0, vec![7]), "probed: not here");
    host.take(at(0), order(2, token(5, 1), device("start")));
    let try_it = host.begun()[0].0;
    host.ended(at(9), try_it, ended(0, ExecStatus::Done));
    assert_eq!(host.told(), [0]);
    host.take(at(10), order(3, token(5, 1), device("monitor")));
    assert_eq!((host.begun().len(), host.told()), (0, vec![0]), "probed: here");
    host.take(at(11), order(4, token(5, 1), device("stop")));
    assert_eq!((host.begun().len(), host.told()), (0, vec![0]));
}

fn with(operation: &str, ip: &str) -> ResourceOp {
    ResourceOp { params: vec![("ip".into(), ip.into())], ..op(operation, 0) }
}

impl Host {
    /// The address that the only run begun since the last call is about.
    fn about(&mut self) -> (RunId, String) {
        let begun: Vec<_> = std::mem::take(&mut self.todo)
            .into_iter()
            .filter_map(|effect| match effect {
                Effect::RunAgent { run, op } => Some((run, op.params[0].1.to_string())),
                _ => None,
            })
            .collect();
        let [one] = &begun[..] else { panic!("not one run: {begun:?}") };
        one.clone()
    }

    fn done(&mut self, number: u64, op: ResourceOp) -> String {
        self.take(at(number), order(number, token(1, number), op));
        let (run, ip) = self.about();
        self.ended(at(number), run, ended(0, ExecStatus::Done));
        ip
    }
}

#[test]
fn what_is_taken_down_is_what_was_brought_up_whatever_its_definition_says_now() {
    let mut host = Host::new();
    assert_eq!(host.done(1, with("start", "10.0.0.1")), "10.0.0.1");
    assert_eq!(host.done(2, with("monitor", "10.0.0.2")), "10.0.0.2", "a look is a look");
    assert_eq!(host.done(3, with("stop", "10.0.0.2")), "10.0.0.1");
    assert_eq!(host.done(4, with("stop", "10.0.0.2")), "10.0.0.2", "nothing is up any more");

    // What was taken up by a reload holds; a daemon that is restarted knows it.
    host.done(5, with("start", "10.0.0.3"));
    host.done(6, with("reload-agent", "10.0.0.4"));
    let memory = host.local.memory_if_changed();
    let life = Incarnation { boot: BootId(1), start: StartId(2) };
    host.local = Local::new(NodeName::from("n1"), life, at(7), memory);
    assert_eq!(host.done(8, with("demote", "10.0.0.5")), "10.0.0.4");

    // Found not to be running, it may be begun by anybody as anything.
    let look = ResourceOp { is_probe: true, expected_rc: 7, ..with("monitor", "10.0.0.5") };
    host.take(at(9), order(9, token(1, 9), look));
    let (run, _) = host.about();
    host.ended(at(9), run, ended(7, ExecStatus::Done));
    assert_eq!(host.done(10, with("stop", "10.0.0.6")), "10.0.0.6");
}

/// What a monitor finds that expects a resource in this role.
fn watch(interval: u32, expected_rc: i32) -> ResourceOp {
    ResourceOp { expected_rc, ..op("monitor", interval) }
}

impl Host {
    /// Takes a monitor that comes back and lets it find what it expects.
    fn watched(&mut self, number: u64, op: ResourceOp) {
        let rc = op.expected_rc;
        self.take(at(0), order(number, token(1, number), op));
        let run = self.begun()[0].0;
        self.ended(at(0), run, ended(rc, ExecStatus::Done));
        self.local.close(OrderId { term: Term(1), number });
        self.told();
    }

    /// Intervals of the monitors that are begun at this time.
    fn monitors(&mut self, now: Now) -> Vec<u32> {
        self.local.wake(now, &mut self.todo);
        let todo = std::mem::take(&mut self.todo);
        let intervals = todo.into_iter().filter_map(|effect| match effect {
            Effect::RunAgent { op, .. } => Some(op.interval),
            _ => None,
        });
        intervals.collect()
    }
}

#[test]
fn no_monitor_runs_or_queues_while_something_is_done_to_its_resource() {
    for action in ["start", "promote", "demote", "reload-agent", "stop", "migrate_to"] {
        let mut host = Host::new();
        host.watched(1, watch(1000, 0));
        assert_eq!(host.monitors(at(1000)), [1000], "it is running when {action} comes");
        host.take(at(1100), order(2, token(1, 2), op(action, 0)));
        let cancelled = host.todo.iter().any(|effect| matches!(effect, Effect::CancelAgent(_)));
        assert!(cancelled, "{action}");
        host.begun();
        assert_eq!(host.monitors(at(9000)), Vec::<u32>::new(), "{action} is under way");
        let next = host.local.next_wake();
        assert!(next.is_none(), "nothing is due while {action} is under way: {next:?}");
    }
}

#[test]
fn after_a_change_of_role_only_what_expects_the_new_role_goes_on() {
    for (action, rc, goes_on) in [
        ("demote", 0, vec![1000]),
        ("promote", 0, vec![2000]),
        ("demote", 1, vec![1000, 2000]),
        ("reload-agent", 0, vec![1000, 2000]),
    ] {
        let mut host = Host::new();
        host.watched(1, watch(1000, 0));
        host.watched(2, watch(2000, 8));
        host.take(at(100), order(3, token(1, 3), op(action, 0)));
        let (run, _) = host.begun()[0];
        host.ended(at(5000), run, ended(rc, ExecStatus::Done));
        assert_eq!(host.told(), [rc]);
        let at_once = host.monitors(at(5000));
        assert!(at_once.is_empty(), "the plan's next step comes first: {action} {at_once:?}");
        assert_eq!(host.monitors(at(7000)), goes_on, "{action} ended with {rc}");
    }
}

#[test]
fn a_first_result_that_is_waited_for_comes_at_once_after_the_action_or_is_given_up() {
    for (action, expected) in [("reload-agent", vec![1000]), ("promote", vec![])] {
        let mut host = Host::new();
        host.take(at(0), order(1, token(1, 1), watch(1000, 0)));
        let (monitor, _) = host.begun()[0];
        host.take(at(10), order(2, token(1, 1), op(action, 0)));
        host.ended(at(11), monitor, ended(0, ExecStatus::Cancelled));
        let (run, _) = host.begun()[0];
        host.ended(at(500), run, ended(0, ExecStatus::Done));
        let given_up = host.entries.iter().any(|e| matches!(e, Entry::Cancelled { .. }));
        assert_eq!(given_up, expected.is_empty(), "{action}");
        assert_eq!(host.monitors(at(500)), expected, "{action}");
    }
}

#[test]
fn monitors_wait_also_for_an_action_that_an_earlier_daemon_began() {
    let mut host = Host::new();
    host.watched(1, watch(1000, 0));
    host.take(at(10), order(2, token(1, 2), op("promote", 0)));
    let memory = host.local.memory_if_changed();
    let life = Incarnation { boot: BootId(1), start: StartId(2) };
    let mut later =
        Host { local: Local::new(NodeName::from("n1"), life, at(0), memory), ..Host::new() };
    assert_eq!(later.monitors(at(9000)), Vec::<u32>::new());
}
