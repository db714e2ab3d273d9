//! The join line: all that a newcomer needs, in one word to paste.

use std::net::SocketAddr;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::files::Error;

/// Bytes of the one-time secret.
pub const SECRET_LEN: usize = 16;

const PREFIX: &str = "rota1-";

/// Where to ask, whom to believe, and the one-time secret that opens the door.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JoinLine {
    /// Addresses of members, each worth a try.
    pub addresses: Vec<SocketAddr>,
    /// The cluster's CA certificate, PEM: the newcomer believes nobody else.
    pub ca_certificate: String,
    /// Good for one newcomer, until it expires.
    pub secret: [u8; SECRET_LEN],
}

impl JoinLine {
    /// A line with a new secret.
    ///
    /// # Errors
    /// When the kernel gives no randomness.
    pub fn new(addresses: Vec<SocketAddr>, ca_certificate: String) -> Result<Self, Error> {
        let mut secret = [0; SECRET_LEN];
        getrandom::fill(&mut secret).map_err(|source| Error::Random { source })?;
        Ok(Self { addresses, ca_certificate, secret })
    }

    /// The line as one word.
    ///
    /// # Errors
    /// None in practice: the fields always encode.
    pub fn encode(&self) -> Result<String, Error> {
        let bytes = rmp_serde::to_vec(self)
            .map_err(|e| Error::JoinLine { why: format!("it does not encode: {e}") })?;
        Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }
}

impl FromStr for JoinLine {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self, Error> {
        let body = word
            .trim()
            .strip_prefix(PREFIX)
            .ok_or_else(|| Error::JoinLine { why: format!("it does not begin with '{PREFIX}'") })?;
        let bytes = URL_SAFE_NO_PAD
            .decode(body)
            .map_err(|_| Error::JoinLine { why: "it was cut off or changed".to_owned() })?;
        rmp_serde::from_slice(&bytes)
            .map_err(|_| Error::JoinLine { why: "it was cut off or changed".to_owned() })
    }
}

/// What the cluster's log holds of a secret: enough to know it again, not enough to use it.
pub fn secret_digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}
