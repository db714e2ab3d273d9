//! The vocabulary of explanations: what can speak for or against something, and be its cause.

use rota_cib::Text;
use serde::Serialize;

use super::failure::Failure;

/// Why a node runs nothing, or nothing new.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NodeState {
    /// To be fenced; nothing is known of what it does.
    Unclean,
    /// In standby, by its administrator.
    Standby,
    /// In standby since an operation failed there (`on-fail=standby`).
    StandbyByFailure,
    /// In maintenance: what runs stays untouched, nothing new begins.
    Maintenance,
    /// Heard, and not yet a member.
    Joining,
    /// On its way out.
    Leaving,
    /// Not there.
    Offline,
    /// A remote or guest node whose connection will not be there.
    Unconnected,
}

/// Something that counts. Names are those of the configuration, scores as configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Reason {
    /// The state of a node.
    Node {
        /// The node.
        node: Text,
        /// Its state.
        state: NodeState,
        /// What is said of it: why it is to be fenced.
        why: Option<Text>,
    },
    /// A location constraint.
    Location {
        /// The constraint.
        constraint: Text,
        /// The resource that it names (a group or clone around the one in question).
        resource: Text,
        /// Left behind by `resource move` or `ban`.
        manual: bool,
        /// The rule by which it applies, as people write it.
        rule: Option<Text>,
    },
    /// It stays gladly where it is.
    Stickiness,
    /// A colocation in which it depends.
    Colocation {
        /// The constraint.
        constraint: Text,
        /// With whom.
        with: Text,
        /// Where that will be.
        with_node: Option<Text>,
        /// The configured score.
        score: i32,
    },
    /// Members of a group stay together.
    GroupMember {
        /// The group.
        group: Text,
        /// The member before.
        with: Text,
        /// Where that will be.
        with_node: Option<Text>,
    },
    /// The wish of another that is to be with it.
    WantedBy {
        /// The constraint (or group).
        constraint: Text,
        /// Who wishes.
        by: Text,
    },
    /// It failed here as often as it may, or more.
    Threshold {
        /// How often it failed.
        count: i32,
        /// How often it may (`migration-threshold`).
        limit: i32,
        /// The failure.
        failure: Option<Failure>,
        /// When that is forgotten by itself (`failure-timeout`), seconds since 1970.
        expires: Option<i64>,
    },
    /// A failure that keeps it off a node by itself, or that calls for a recovery.
    Failed {
        /// The failure.
        failure: Option<Failure>,
        /// What follows from it.
        consequence: Text,
    },
    /// Node health.
    Health {
        /// The attributes that count, such as `#health-cpu=red`.
        attributes: Vec<Text>,
        /// `node-health-strategy`.
        strategy: Text,
    },
    /// The score that a node gives to everything.
    NodeScore,
    /// Another location constraint names the only nodes it may be on
    /// (`resource-discovery=exclusive`).
    Exclusive,
    /// The cluster is opt-in (`symmetric-cluster=false`) and nothing allows this node.
    OptIn,
    /// The kind of resource cannot be on this kind of node.
    Unsuitable,
    /// It waits for its node to come back (`shutdown-lock`).
    Locked {
        /// The node.
        node: Text,
    },
    /// A ticket is missing, or on standby.
    Ticket {
        /// The constraint.
        constraint: Text,
        /// The ticket.
        ticket: Text,
    },
    /// Not enough capacity is left.
    Utilization {
        /// What it needs, such as `cpu=2`.
        needs: Vec<Text>,
        /// What the node has in all.
        has: Vec<Text>,
    },
    /// It is to be stopped (`target-role`).
    Disabled {
        /// What has the meta attribute.
        by: Text,
    },
    /// It may not be promoted (`target-role=Unpromoted`).
    NotToPromote {
        /// What has the meta attribute.
        by: Text,
    },
    /// Everything is to be stopped (`stop-all-resources`).
    StopAll,
    /// It is not configured any more.
    Removed,
    /// It is not managed.
    Unmanaged {
        /// What says so: a resource's id, a node's name, or `maintenance-mode`.
        by: Text,
    },
    /// A failure blocks it until people decide.
    Blocked {
        /// The failure.
        failure: Option<Failure>,
        /// Why it blocks rather than costing the node its life; else empty.
        why: Text,
    },
    /// It is active on several nodes at once.
    MultiplyActive {
        /// Where.
        nodes: Vec<Text>,
    },
    /// There is no quorum.
    NoQuorum {
        /// `no-quorum-policy`.
        policy: Text,
    },
    /// The node has as many instances as it may.
    CloneNode {
        /// The clone.
        clone: Text,
        /// `clone-node-max`.
        limit: usize,
    },
    /// All instances have a node.
    CloneEnough {
        /// The clone.
        clone: Text,
        /// `clone-max`.
        limit: usize,
    },
    /// What the agent says about being promoted there.
    Promotion {
        /// The node attribute, such as `master-db`.
        attribute: Text,
    },
    /// No agent has said that it may be promoted there.
    NoPromotionScore {
        /// The clone.
        clone: Text,
    },
    /// Another instance has the higher promotion score.
    BetterPromoted {
        /// The clone.
        clone: Text,
        /// `promoted-max`.
        limit: usize,
        /// The node of the one that is not promoted.
        from: Text,
        /// Its promotion score.
        score_from: i32,
        /// The node of the one that is.
        to: Text,
        /// Its promotion score.
        score_to: i32,
    },
    /// Equal scores: what tipped the scales.
    Tie {
        /// In words.
        by: Text,
    },
    /// Another node has the higher score.
    Better {
        /// Where it is now.
        from: Text,
        /// Its score there.
        score_from: i32,
        /// Where it goes.
        to: Text,
        /// Its score there.
        score_to: i32,
        /// What makes the difference, in words.
        by: Vec<Text>,
    },
    /// Nothing can run it.
    NoNode {
        /// Per node what is decisive, in words.
        nodes: Vec<Text>,
    },
    /// It does not run and shall.
    NotRunning,
    /// It is to be promoted and is not.
    NotPromoted,
    /// It is not known what runs there.
    Unknown,
    /// The definition changed.
    Definition {
        /// The resource.
        resource: Text,
        /// What changed, in words; empty when only the digest says so.
        changes: Vec<Text>,
    },
    /// A live migration was interrupted.
    Dangling,
    /// A recurring operation is not wanted any more, or has other options now.
    Recurring {
        /// In words.
        why: Text,
    },
    /// A node is to be fenced.
    Fence {
        /// The node.
        node: Text,
        /// Why.
        why: Text,
    },
    /// What is lived in is down.
    Container {
        /// The container.
        container: Text,
    },
    /// Nothing of all this; in the planner's words.
    Other {
        /// The words.
        words: Text,
    },
}

/// Something that counts, with how much, and what would change it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What.
    #[serde(flatten)]
    pub reason: Reason,
    /// What it adds to the score; plus or minus 1,000,000 is infinity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<i32>,
    /// Whether it decides: without it things would be otherwise.
    pub decisive: bool,
    /// In words.
    pub text: String,
    /// The command that would change it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// What it follows from: why another resource is where it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<Fact>,
}
