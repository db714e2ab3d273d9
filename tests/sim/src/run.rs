//! One seed from its beginning to its end.

use crate::bugs::Bug;
use crate::chaos::Profile;
use crate::checks::Violation;
use crate::clock::{SECOND, Time};
use crate::setup::Setup;
use crate::world::{World, seconds};

/// How long after its beginning a cluster must stand.
const FOUNDING: Time = 40 * SECOND;

/// How long after the end of all faults a cluster must be as it should be, and quiet.
const HEALING: Time = 150 * SECOND;

/// How long nothing may have stirred then.
const QUIET: Time = 30 * SECOND;

/// How a seed is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// Minutes of the world's time.
    pub minutes: u64,
    /// Whether the story is printed.
    pub verbose: bool,
    /// A deliberate bug.
    pub bug: Option<Bug>,
    /// Faults other than the seed's own.
    pub profile: Option<Profile>,
    /// A setup other than the seed's own.
    pub setup: Option<Setup>,
}

impl Plan {
    /// The rough run of a seed.
    pub fn rough(seed: u64, minutes: u64) -> Self {
        let setup = Some(Setup::rough(seed));
        Self { setup, profile: Some(Profile::rough(seed)), ..Self::of(seed, minutes) }
    }

    /// The plain run of a seed.
    pub fn of(seed: u64, minutes: u64) -> Self {
        Self { seed, minutes, verbose: false, bug: None, profile: None, setup: None }
    }
}

/// What came of a seed.
pub struct Outcome {
    /// What a checker found.
    pub violation: Option<Violation>,
    /// The world at its end.
    pub world: World,
}

impl Outcome {
    /// The last lines of the story.
    pub fn tail(&self, lines: usize) -> String {
        let story = &self.world.story;
        let skip = story.len().saturating_sub(lines);
        let mut text = String::new();
        for (at, line) in story.iter().skip(skip) {
            text += &format!("{:>10.3}  {line}\n", seconds(*at));
        }
        text
    }
}

/// Runs a seed.
pub fn run(plan: &Plan) -> Outcome {
    let setup = plan.setup.clone().unwrap_or_else(|| Setup::of_seed(plan.seed));
    let mut world = World::new(plan.seed, setup);
    world.profile = plan.profile.clone().unwrap_or_else(|| Profile::of_seed(plan.seed));
    world.bug = plan.bug;
    world.verbose = plan.verbose;
    world.tell(format!("seed {}: {:?} {:?}", plan.seed, world.setup, world.profile));
    world.found();
    world.run_until(FOUNDING);
    if !world.client.configured {
        world.violated("the cluster was not founded in time");
    } else if let Some(what) = world.unrest(0) {
        world.violated(format!("no peace after founding: {what}"));
    }
    let end = plan.minutes * 60 * SECOND;
    world.unleash();
    world.run_until(end.saturating_sub(HEALING));
    if world.violation.is_none() {
        world.heal();
        world.run_until(end.max(world.now + HEALING));
    }
    if world.violation.is_none() {
        world.check_peace(QUIET);
    }
    Outcome { violation: world.violation.clone(), world }
}
