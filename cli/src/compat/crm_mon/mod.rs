//! `crm_mon`: the state of the cluster, once, as text or XML.

pub mod history;
pub mod text;
pub mod xml;

use super::args::{Args, Spec, Takes::Nothing, Takes::Perhaps, Takes::Value};
use super::fail::{DISCONNECTED, Failure, Outcome, USAGE};
use super::source::Source;
use super::view::View;

const SPECS: &[Spec] = &[
    ("one-shot", "1", &["one-shot"], Nothing),
    ("as-xml", "X", &["as-xml"], Nothing),
    ("output-as", "", &["output-as"], Value),
    ("output-to", "", &["output-to"], Value),
    ("include", "I", &["include"], Value),
    ("exclude", "U", &["exclude"], Value),
    ("node", "", &["node"], Value),
    ("resource", "", &["resource"], Value),
    ("by-node", "n", &["group-by-node"], Nothing),
    ("inactive", "r", &["inactive"], Nothing),
    ("failcounts", "f", &["failcounts"], Nothing),
    ("operations", "o", &["operations"], Nothing),
    ("timing", "t", &["timing-details"], Nothing),
    ("tickets", "c", &["tickets"], Nothing),
    ("fence-history", "m", &["fence-history"], Perhaps),
    ("bans", "L", &["neg-locations"], Perhaps),
    ("attributes", "A", &["show-node-attributes"], Nothing),
    ("hide-headers", "D", &["hide-headers"], Nothing),
    ("detail", "R", &["show-detail"], Nothing),
    ("brief", "b", &["brief"], Nothing),
    ("pending", "j", &["pending"], Nothing),
    ("interval", "i", &["interval"], Value),
    ("daemonize", "d", &["daemonize"], Nothing),
    ("pid-file", "p", &["pid-file"], Value),
    ("xml-file", "x", &["xml-file"], Value),
    ("no-curses", "N", &["disable-ncurses"], Nothing),
    ("quiet", "Q", &["quiet"], Nothing),
    ("fancy", "", &["text-fancy"], Nothing),
];

/// Parts of the output.
#[derive(Default)]
pub struct Sections(Vec<&'static str>);

const DEFAULT: &[&str] = &["summary", "nodes", "resources", "failures", "fencing"];
const ALL: &[&str] = &[
    "summary",
    "nodes",
    "resources",
    "failures",
    "fencing",
    "attributes",
    "failcounts",
    "operations",
    "tickets",
    "bans",
];

impl Sections {
    /// Whether a part is shown.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&name)
    }

    fn of(args: &Args, all: bool) -> Self {
        let mut shown: Vec<&'static str> = if all { ALL.to_vec() } else { DEFAULT.to_vec() };
        for name in ["attributes", "failcounts", "operations", "tickets", "bans"] {
            if args.has(name) {
                shown.push(name);
            }
        }
        if args.has("timing") {
            shown.extend(["operations", "timing"]);
        }
        if args.has("hide-headers") {
            shown.retain(|name| *name != "summary");
        }
        for (key, adds) in [("exclude", false), ("include", true)] {
            for word in args.value(key).unwrap_or_default().split(',') {
                let meant: Vec<&'static str> = match word {
                    "all" => ALL.to_vec(),
                    "default" => DEFAULT.to_vec(),
                    _ => ALL.iter().copied().filter(|name| *name == word).collect(),
                };
                if adds {
                    shown.extend(meant);
                } else {
                    shown.retain(|name| !meant.contains(name));
                }
            }
        }
        Self(shown)
    }
}

/// What the caller wants to see.
pub struct Wanted {
    /// The parts.
    pub sections: Sections,
    /// Whether what is not active is shown as well.
    pub inactive: bool,
    /// Whether resources stand under their nodes.
    pub by_node: bool,
}

/// Runs the tool.
pub fn run(words: &[String]) -> Outcome {
    let args = Args::parse("crm_mon", words, SPECS)?;
    if args.has("daemonize") {
        let words = "crm_mon: there is no daemon mode; run it from a timer, or use 'rota status'";
        return Err(Failure::new(USAGE, words));
    }
    let format = match args.last_of(&["output-as", "as-xml"]) {
        Some(("as-xml", _)) => Format::OldXml,
        Some((_, Some("xml"))) => Format::Xml,
        Some((_, Some("text" | "console" | "none"))) | None => Format::Text,
        Some((_, other)) => {
            let words = format!("crm_mon: --output-as {}: give text or xml", other.unwrap_or(""));
            return Err(Failure::new(USAGE, words));
        }
    };
    let request = format!("crm_mon {}", words.join(" "));
    let source = match args.value("xml-file") {
        Some(path) => Ok(Source::File { path: path.into() }),
        None => Source::open(),
    };
    let view = source.and_then(|mut source| View::of(&mut source));
    let view = match view {
        Ok(view) => view,
        Err(failure) if failure.code == DISCONNECTED => {
            return not_connected(format, request.trim_end());
        }
        Err(failure) => return Err(failure),
    };
    let wanted = Wanted {
        sections: Sections::of(&args, format != Format::Text),
        // XML tells everything, whoever asks.
        inactive: args.has("inactive") || format != Format::Text,
        by_node: args.has("by-node"),
    };
    let shown = match format {
        Format::Text => text::write(&view, &wanted),
        Format::Xml => xml::result(&view, &wanted, request.trim_end()),
        Format::OldXml => xml::document(&view, &wanted),
    };
    match args.value("output-to").filter(|path| *path != "-") {
        Some(path) => std::fs::write(path, shown)
            .map_err(|error| Failure::new(73, format!("crm_mon: {path}: {error}"))),
        None => {
            out!("{}", shown.trim_end_matches('\n'));
            Ok(())
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Xml,
    OldXml,
}

/// Monitors look for these words and this code.
fn not_connected(format: Format, request: &str) -> Outcome {
    const WHY: &str = "crm_mon: Connection to cluster failed: Connection refused";
    match format {
        Format::Text => Err(Failure::new(DISCONNECTED, WHY)),
        Format::Xml => {
            out!("{}", xml::failed_result(request, DISCONNECTED, WHY).trim_end());
            Err(Failure::silent(DISCONNECTED))
        }
        Format::OldXml => {
            out!("<crm_mon version=\"{}\"/>", super::VERSION);
            Err(Failure::silent(DISCONNECTED))
        }
    }
}

/// A time as `ctime(3)` writes it.
pub fn ctime(seconds: i64) -> String {
    rota_cib::date::ctime(seconds).unwrap_or_default()
}

/// A time as ISO 8601 with a blank and `Z`.
pub fn iso(seconds: i64) -> String {
    // Days and civil dates, after Howard Hinnant's chrono algorithms.
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute) = (second / 3600, second % 3600 / 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{:02}Z", second % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_calendar_has_them() {
        assert_eq!(iso(0), "1970-01-01 00:00:00Z");
        assert_eq!(iso(1_795_327_209), "2026-11-22 06:00:09Z");
        assert_eq!(iso(951_782_399), "2000-02-28 23:59:59Z");
        assert_eq!(iso(951_782_400), "2000-02-29 00:00:00Z");
    }
}
