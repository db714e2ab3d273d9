//! Every number that bounds something here, with its reason.

use std::time::Duration;

/// Output kept of an agent; the largest meta-data of the field has about 40 KiB.
pub(crate) const OUTPUT_BYTES_MAX: usize = 256 * 1024;

/// After an agent's end its last words may still be in the pipe; a grandchild that holds the pipe
/// open is not waited for.
pub(crate) const OUTPUT_GRACE: Duration = Duration::from_millis(100);

/// How long an agent may take to describe itself. Python starts slowly on a busy host.
pub(crate) const METADATA_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of an agent's words that are told on in a reply.
pub(crate) const WORDS_BYTES_MAX: usize = 300;

/// Names this close to a known one are taken for misspelt.
pub(crate) const MISSPELT_DISTANCE_MAX: usize = 2;
