//! What goes to standard output: a reader that has gone away (`| head`) is no error, and no text of
//! an agent or a node steers the terminal.

use std::fmt::Arguments;
use std::io::Write as _;

/// Prints a line.
macro_rules! out {
    () => { $crate::output::line(format_args!("")) };
    ($($arg:tt)*) => { $crate::output::line(format_args!($($arg)*)) };
}

/// Prints what is a part of a line, or several lines with their ends.
macro_rules! out_part {
    ($($arg:tt)*) => { $crate::output::part(format_args!($($arg)*)) };
}

/// See `out!`.
pub fn line(text: Arguments<'_>) {
    let _ = writeln!(std::io::stdout(), "{}", shown(&text.to_string()));
}

/// See `out_part!`.
pub fn part(text: Arguments<'_>) {
    let _ = write!(std::io::stdout(), "{}", shown(&text.to_string()));
}

/// The text with its control characters written as escapes; lines and columns stay.
fn shown(text: &str) -> String {
    let is_odd = |c: &char| c.is_control() && !matches!(c, '\n' | '\t');
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match Some(c).filter(is_odd) {
            Some(odd) => shown.extend(odd.escape_unicode()),
            None => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn a_reason_cannot_steer_the_terminal() {
        let steered = "\u{1b}]0;gone\u{7}red\u{9b}2J\n\tok ä";
        assert_eq!(shown(steered), "\\u{1b}]0;gone\\u{7}red\\u{9b}2J\n\tok ä");
    }
}
