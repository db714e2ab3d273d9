//! Running a plan without a cluster: the status as text, the graph executed on a Cib.

mod execute;
mod modify;
mod render;

use rota_cib::Cib;
use rota_ids::WallTime;

pub(crate) use render::{collective_flags, primitive_at};

pub use execute::{Failures, execute};
pub use modify::{forget_node, inject, set_node, set_ticket};

use crate::plan::{self, Options};

/// The cluster's status as `crm_simulate` prints it, from the node list on; and what it says
/// first, if anything: that nothing is managed, how many resources are disabled and blocked.
pub fn status(cib: &Cib, now: WallTime, options: &Options) -> (Option<String>, String) {
    let world = plan::state(cib, now, options);
    (render::head(&world), render::status(&world))
}

/// The status after a simulated transition: what was under way when it began is not shown any
/// more, as in `crm_simulate`.
pub fn status_after(cib: &Cib, now: WallTime, options: &Options) -> String {
    let mut world = plan::state(cib, now, options);
    for rsc in &mut world.rscs {
        rsc.pending_task = None;
    }
    render::status(&world)
}

/// A moment as `2016-10-05 07:32:34Z`.
pub fn date_text(at: i64) -> String {
    let (days, clock) = (at.div_euclid(86_400), at.rem_euclid(86_400));
    // Civil date from the day count, eras of 400 years from 0000-03-01.
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}Z")
}
