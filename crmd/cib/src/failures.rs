//! Names of the node attributes in which failures are counted.

use crate::Text;

/// The attribute that counts failures of an operation: `fail-count-vip#monitor_10000`.
///
/// `resource` is the name without instance number for clones whose instances are alike.
pub fn count_name(resource: &str, operation: &str, interval_ms: u32) -> Text {
    format!("fail-count-{resource}#{operation}_{interval_ms}").into()
}

/// The attribute with the time of the last failure: `last-failure-vip#monitor_10000`.
pub fn time_name(resource: &str, operation: &str, interval_ms: u32) -> Text {
    format!("last-failure-{resource}#{operation}_{interval_ms}").into()
}

/// What a failure attribute is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailureName<'a> {
    /// Whether it is the time of the last failure, and not their number.
    pub is_time: bool,
    /// The resource.
    pub resource: &'a str,
    /// Operation and interval in milliseconds; old releases counted per resource only.
    pub operation: Option<(&'a str, u32)>,
}

/// Reads the name of a node attribute, if it is one that counts failures.
pub fn parse_name(name: &str) -> Option<FailureName<'_>> {
    let (is_time, rest) = match name.strip_prefix("fail-count-") {
        Some(rest) => (false, rest),
        None => (true, name.strip_prefix("last-failure-")?),
    };
    let Some((resource, operation)) = rest.rsplit_once('#') else {
        return Some(FailureName { is_time, resource: rest, operation: None });
    };
    let (operation, interval) = operation.rsplit_once('_')?;
    let operation = Some((operation, interval.parse().ok()?));
    Some(FailureName { is_time, resource, operation })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        let name = count_name("my#vip", "migrate_to", 0);
        assert_eq!(name, "fail-count-my#vip#migrate_to_0");
        let read = parse_name(&name).unwrap();
        assert_eq!(read.resource, "my#vip");
        assert_eq!(read.operation, Some(("migrate_to", 0)));
        assert!(!read.is_time);
        assert!(parse_name(&time_name("a", "monitor", 10_000)).unwrap().is_time);
        assert_eq!(parse_name("pingd"), None);
    }
}
