//! What one host keeps in files: its settings, the cluster's keys, the join line.
//!
//! | file | what | who may read it |
//! |---|---|---|
//! | `rotad.toml` | [`Settings`] | everybody |
//! | `ca.pem`, `ca.key` | the cluster's certificate authority | root |
//! | `node.pem`, `node.key` | this node's certificate | root |
//! | `link.key` | the key that seals datagrams | root |
//! | `roster.toml` | the other nodes as last known, should the store be lost | root |

mod files;
mod identity;
mod join_line;
mod settings;
mod zone;

pub use files::{Directory, Error};
pub use identity::{ANY_MEMBER, Authority, Identity, LinkKey, node_of_certificate, server_name};
pub use join_line::{JoinLine, SECRET_LEN, secret_digest};
pub use settings::{DEFAULT_PORT, Member, Roster, Settings, Timing};
pub use zone::system_zone;
