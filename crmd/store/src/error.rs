//! What can fail, and whether the store is to blame.

/// Why a store was not opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused or failed. Nothing is known about the data; try again or let
    /// the daemon die. Never a reason to set a store aside.
    #[error("disk failed: {0}")]
    Disk(#[from] std::io::Error),
    /// Another process has it open.
    #[error("store is in use by another process")]
    InUse,
    /// What is there cannot be what was written.
    #[error("store is damaged: {0}")]
    Damaged(String),
    /// There are [`crate::limits::DAMAGED_MAX`] damaged stores already.
    #[error("too many damaged stores are kept; look at the disk, then remove them")]
    TooManyDamaged,
}

impl Error {
    pub(crate) fn damaged(why: impl std::fmt::Display) -> Self {
        Error::Damaged(why.to_string())
    }
}

impl From<Error> for rota_replica::StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::Damaged(why) => rota_replica::StoreError::Damaged(why),
            Error::Disk(_) | Error::InUse | Error::TooManyDamaged => {
                rota_replica::StoreError::Disk(error.to_string())
            }
        }
    }
}
