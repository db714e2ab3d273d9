//! A bounded memory of what a process printed, and the reason hidden in it.

use std::collections::VecDeque;

use crate::environment::EXIT_REASON_PREFIX;

/// The last bytes of a stream, never more than its limit.
#[derive(Debug)]
pub(crate) struct Tail {
    bytes: VecDeque<u8>,
    limit: usize,
}

impl Tail {
    pub(crate) fn new(limit: usize) -> Self {
        Self { bytes: VecDeque::new(), limit }
    }

    pub(crate) fn push(&mut self, new: &[u8]) {
        let new = &new[new.len().saturating_sub(self.limit)..];
        let excess = (self.bytes.len() + new.len()).saturating_sub(self.limit);
        self.bytes.drain(..excess);
        self.bytes.extend(new);
    }

    /// The text; bytes that are not UTF-8 are replaced.
    pub(crate) fn into_text(self) -> String {
        let bytes: Vec<u8> = self.bytes.into();
        match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }
}

/// The last reason that stands in an agent's error output, without the prefix.
pub(crate) fn exit_reason(stderr: &str) -> Option<&str> {
    stderr
        .lines()
        .rev()
        .find_map(|line| line.split_once(EXIT_REASON_PREFIX))
        .map(|(_, reason)| reason.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_is_kept() {
        let mut tail = Tail::new(5);
        tail.push(b"abc");
        tail.push(b"defg");
        tail.push(b"");
        assert_eq!(tail.into_text(), "cdefg");
        let mut tail = Tail::new(3);
        tail.push(b"a long line at once");
        assert_eq!(tail.into_text(), "nce");
    }

    #[test]
    fn the_last_reason_counts() {
        let text = "noise\nocf-exit-reason:first\nocf-exit-reason: disk is gone \nmore noise\n";
        assert_eq!(exit_reason(text), Some("disk is gone"));
        assert_eq!(exit_reason("nothing said"), None);
    }

    #[test]
    fn foreign_bytes_do_no_harm() {
        let mut tail = Tail::new(10);
        tail.push(&[b'a', 0xff, b'b']);
        assert_eq!(tail.into_text(), "a\u{fffd}b");
    }
}
