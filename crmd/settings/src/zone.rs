//! The zone of this host's clocks, as the environment (`TZ`) or `/etc/localtime` says.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rota_cib::zone::Zone;

/// How far ahead summer times are worked out: to the year 2100, further than rules look.
const HORIZON_S: i64 = 4_102_444_800;

/// The zone in which this host's people mean dates; UTC where nothing says, or nothing that can be
/// read. A daemon asks once, when it starts.
pub fn system_zone() -> Zone {
    TimeZone::try_system().map(|zone| table(&zone)).unwrap_or_default()
}

/// Offsets since 1970.
fn table(zone: &TimeZone) -> Zone {
    let changes = zone
        .following(Timestamp::UNIX_EPOCH)
        .map(|change| (change.timestamp().as_second(), change.offset().seconds()))
        .take_while(|(at, _)| *at < HORIZON_S);
    Zone::new(zone.to_offset(Timestamp::UNIX_EPOCH).seconds(), changes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_without_summer_time_has_one_offset() {
        let tokyo = TimeZone::posix("JST-9").unwrap();
        assert_eq!(table(&tokyo), Zone::fixed(9 * 3600));
    }

    #[test]
    fn a_zone_with_summer_time_is_a_table() {
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let zone = table(&berlin);
        // 2026-03-29 and 2026-10-25, 01:00 UTC.
        assert_eq!(zone.next_change(1_767_225_600), Some(1_774_746_000));
        assert_eq!(zone.offset_at(1_774_745_999), 3600);
        assert_eq!(zone.offset_at(1_774_746_000), 7200);
        assert_eq!(zone.next_change(1_774_746_000), Some(1_792_890_000));
        assert_eq!(zone.offset_at(1_792_890_000), 3600);
    }
}
