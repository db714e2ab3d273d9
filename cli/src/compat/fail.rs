//! How a tool fails: with which exit code (after crm_error(8)) and which words on stderr.

use crate::error::Error;

/// Something went wrong that no other code tells of.
pub const ERROR: u8 = 1;
/// The words of the command are wrong.
pub const USAGE: u8 = 64;
/// The data given cannot be read.
pub const DATA: u8 = 65;
/// The configuration is not valid.
pub const CONFIG: u8 = 78;
/// Nobody answers at the daemon's socket.
pub const DISCONNECTED: u8 = 102;
/// What was asked for is not there.
pub const NO_SUCH: u8 = 105;
/// It is dangerous and was not forced.
pub const UNSAFE: u8 = 107;
/// It is there already.
pub const EXISTS: u8 = 108;
/// It was not finished in time.
pub const TIMEOUT: u8 = 124;

/// All codes that have a name: number, name, meaning.
pub const CODES: &[(u8, &str, &str)] = &[
    (0, "CRM_EX_OK", "OK"),
    (1, "CRM_EX_ERROR", "Error occurred"),
    (2, "CRM_EX_INVALID_PARAM", "Invalid parameter"),
    (3, "CRM_EX_UNIMPLEMENT_FEATURE", "Unimplemented"),
    (4, "CRM_EX_INSUFFICIENT_PRIV", "Insufficient privileges"),
    (5, "CRM_EX_NOT_INSTALLED", "Not installed"),
    (6, "CRM_EX_NOT_CONFIGURED", "Not configured"),
    (7, "CRM_EX_NOT_RUNNING", "Not running"),
    (8, "CRM_EX_PROMOTED", "Promoted"),
    (9, "CRM_EX_FAILED_PROMOTED", "Failed in promoted role"),
    (64, "CRM_EX_USAGE", "Incorrect usage"),
    (65, "CRM_EX_DATAERR", "Invalid data given"),
    (66, "CRM_EX_NOINPUT", "Input file not available"),
    (67, "CRM_EX_NOUSER", "User does not exist"),
    (68, "CRM_EX_NOHOST", "Host does not exist"),
    (69, "CRM_EX_UNAVAILABLE", "Necessary service unavailable"),
    (70, "CRM_EX_SOFTWARE", "Internal software bug"),
    (71, "CRM_EX_OSERR", "Operating system error occurred"),
    (72, "CRM_EX_OSFILE", "System file not available"),
    (73, "CRM_EX_CANTCREAT", "Cannot create output file"),
    (74, "CRM_EX_IOERR", "I/O error occurred"),
    (75, "CRM_EX_TEMPFAIL", "Temporary failure, try again"),
    (76, "CRM_EX_PROTOCOL", "Protocol violated"),
    (77, "CRM_EX_NOPERM", "Insufficient privileges"),
    (78, "CRM_EX_CONFIG", "Invalid configuration"),
    (100, "CRM_EX_FATAL", "Fatal error occurred, will not respawn"),
    (101, "CRM_EX_PANIC", "System panic required"),
    (102, "CRM_EX_DISCONNECT", "Not connected"),
    (103, "CRM_EX_OLD", "Update was older than existing configuration"),
    (104, "CRM_EX_DIGEST", "Digest mismatch"),
    (105, "CRM_EX_NOSUCH", "No such object"),
    (106, "CRM_EX_QUORUM", "Quorum required"),
    (107, "CRM_EX_UNSAFE", "Operation not safe"),
    (108, "CRM_EX_EXISTS", "Requested item already exists"),
    (109, "CRM_EX_MULTIPLE", "Multiple items match request"),
    (110, "CRM_EX_EXPIRED", "Requested item has expired"),
    (111, "CRM_EX_NOT_YET_IN_EFFECT", "Requested item is not yet in effect"),
    (112, "CRM_EX_INDETERMINATE", "Could not determine status"),
    (113, "CRM_EX_UNSATISFIED", "Not applicable under current conditions"),
    (124, "CRM_EX_TIMEOUT", "Timeout occurred"),
    (190, "CRM_EX_DEGRADED", "Service is active but might fail soon"),
    (191, "CRM_EX_DEGRADED_PROMOTED", "Service is promoted but might fail soon"),
    (193, "CRM_EX_NONE", "No exit status available"),
];

/// The meaning of an exit code.
pub fn meaning(code: u8) -> &'static str {
    CODES.iter().find(|(known, ..)| *known == code).map_or("Unknown exit status", |(.., text)| text)
}

/// A tool's end that is no success.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub code: u8,
    /// What is printed on stderr, as it stands; nothing, if empty.
    pub words: String,
    /// Whether the tool was overtaken by another change, and had better be run again.
    pub is_stale: bool,
}

impl Failure {
    /// A failure with words of its own.
    pub fn new(code: u8, words: impl Into<String>) -> Self {
        Self { code, words: words.into(), is_stale: false }
    }

    /// A failure whose code says everything.
    pub const fn silent(code: u8) -> Self {
        Self { code, words: String::new(), is_stale: false }
    }
}

/// What a tool gives: the code is 0 unless it says otherwise.
pub type Outcome = Result<(), Failure>;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Usage(_) => USAGE,
            Error::Refused(_) | Error::Stale(_) => ERROR,
            Error::NoDaemon(_) => DISCONNECTED,
            Error::TimedOut(_) => TIMEOUT,
            Error::File(_) => 74,
        };
        Self { is_stale: matches!(error, Error::Stale(_)), ..Self::new(code, error.to_string()) }
    }
}
