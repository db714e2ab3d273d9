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

/// A BMC answers within a few milliseconds on a LAN; a lost packet should not cost more than this.
pub(crate) const RETRY_FIRST: Duration = Duration::from_millis(250);

/// Slow BMCs need more than a second; waiting longer than this helps none.
pub(crate) const RETRY_MAX: Duration = Duration::from_secs(2);

/// Transmissions of one handshake message before the handshake begins anew.
pub(crate) const HANDSHAKE_SENDS: u32 = 3;

/// Transmissions of one command before its session counts as lost.
pub(crate) const COMMAND_SENDS: u32 = 4;

/// rqSeq has six bits. A session ends before they repeat, so an old answer never fits a new
/// question, however the BMC counts its own packets.
pub(crate) const COMMANDS_MAX: u8 = 60;

/// How long a BMC may be busy with an order before it is given again. Some switch the power
/// before they answer anything else.
pub(crate) const ORDER_WAIT: Duration = Duration::from_secs(2);

/// The pause before a handshake that the BMC asked to repeat.
pub(crate) const AGAIN_PAUSE: Duration = Duration::from_millis(100);

/// Handshakes without one rightly signed answer before we call the password wrong.
pub(crate) const MISTRUST_MAX: u32 = 2;

/// How many BMCs' suites are remembered.
pub(crate) const REMEMBERED_MAX: usize = 1024;

/// The first looks follow each other quickly: this is on the way to recovery.
pub(crate) const LOOK_FAST: Duration = Duration::from_millis(50);
pub(crate) const LOOKS_FAST: u32 = 20;
pub(crate) const LOOK_SLOW: Duration = Duration::from_millis(500);

/// "Off" must be seen this often in a row.
pub(crate) const OFF_SEEN: u32 = 2;

/// After an accepted "off" without effect for this long it is given again.
pub(crate) const OFF_AGAIN: Duration = Duration::from_secs(5);

/// Sessions held at once; the oldest gives way. Real BMCs have 4 to 36.
pub(crate) const SESSIONS_MAX: usize = 32;

/// How long the power program may take.
pub(crate) const PROGRAM_TIMEOUT: Duration = Duration::from_secs(10);
