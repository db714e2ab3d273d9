//! The two cipher suites we speak, and nothing weaker.
//!
//! IPMI v2.0 rev 1.1: cipher suites table 22-20, authentication 13.28, integrity 13.28.4,
//! AES-CBC-128 13.29, keys 13.31 and 13.32. FIPS 180-4 (SHA), RFC 2104 (HMAC), FIPS 197 (AES).

use aes::cipher::{BlockDecryptMut, BlockEncryptMut, KeyIvInit, block_padding::NoPadding};
use hmac::{Hmac, Mac};
use sha1::Sha1;
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// The key of AES-128 and the size of its block and initialisation vector.
pub(crate) const AES_BLOCK: usize = 16;

/// A cipher suite: how both sides prove that they know the password, sign and encrypt.
///
/// Suites 0 to 2 (no password, no signature, no encryption) do not exist here, on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suite {
    /// 3: RAKP-HMAC-SHA1, HMAC-SHA1-96, AES-CBC-128.
    Three,
    /// 17: RAKP-HMAC-SHA256, HMAC-SHA256-128, AES-CBC-128.
    Seventeen,
}

impl Suite {
    /// The suite's number as BMCs and people write it.
    pub fn number(self) -> u8 {
        match self {
            Self::Three => 3,
            Self::Seventeen => 17,
        }
    }

    /// Authentication, integrity and confidentiality algorithm numbers (tables 13-17 to 13-19).
    pub(crate) fn algorithms(self) -> [u8; 3] {
        match self {
            Self::Three => [1, 1, 1],
            Self::Seventeen => [3, 4, 1],
        }
    }

    /// How many bytes of a MAC sign a packet.
    pub(crate) fn signature_length(self) -> usize {
        match self {
            Self::Three => 12,
            Self::Seventeen => 16,
        }
    }

    /// The HMAC of the parts, one after the other.
    pub(crate) fn hmac(self, key: &[u8], parts: &[&[u8]]) -> Secret {
        match self {
            Self::Three => hmac_of::<Hmac<Sha1>>(key, parts),
            Self::Seventeen => hmac_of::<Hmac<Sha256>>(key, parts),
        }
    }

    /// A packet's signature: the HMAC cut to the suite's length.
    pub(crate) fn sign(self, key: &[u8], parts: &[&[u8]]) -> Secret {
        let mut signature = self.hmac(key, parts);
        signature.truncate(self.signature_length());
        signature
    }
}

/// Bytes that are wiped when dropped.
pub(crate) type Secret = Zeroizing<Vec<u8>>;

fn hmac_of<M: Mac + hmac::digest::KeyInit>(key: &[u8], parts: &[&[u8]]) -> Secret {
    // HMAC takes keys of every length (RFC 2104 §2), so the error cannot occur; an empty MAC,
    // which equals nothing, is the harmless answer to the impossible.
    let Ok(mut mac) = <M as Mac>::new_from_slice(key) else { return Zeroizing::default() };
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().to_vec())
}

/// Whether two MACs are equal, in time that does not depend on where they differ.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    !a.is_empty() && bool::from(a.ct_eq(b))
}

/// The keys of a session, derived from the session integrity key (13.32).
pub(crate) struct SessionKeys {
    suite: Suite,
    k1: Secret,
    k2: Secret,
}

impl SessionKeys {
    pub(crate) fn derive(suite: Suite, sik: &[u8]) -> Self {
        // The constants have 20 bytes with SHA256 too.
        let k1 = suite.hmac(sik, &[&[1; 20]]);
        let k2 = suite.hmac(sik, &[&[2; 20]]);
        Self { suite, k1, k2 }
    }

    pub(crate) fn signature_length(&self) -> usize {
        self.suite.signature_length()
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> Secret {
        self.suite.sign(&self.k1, &[bytes])
    }

    pub(crate) fn verify(&self, bytes: &[u8], signature: &[u8]) -> bool {
        same(&self.sign(bytes), signature)
    }

    /// Vector, then the ciphertext of data, padding 1, 2, 3, ... and its length (13.29).
    pub(crate) fn encrypt(&self, vector: [u8; AES_BLOCK], data: &[u8]) -> Option<Vec<u8>> {
        let pad = (AES_BLOCK - (data.len() + 1) % AES_BLOCK) % AES_BLOCK;
        let mut clear = Zeroizing::new(data.to_vec());
        clear.extend((1..=pad).map(|i| u8::try_from(i).unwrap_or(0)));
        clear.push(u8::try_from(pad).ok()?);
        let aes = cbc::Encryptor::<aes::Aes128>::new_from_slices(self.key()?, &vector).ok()?;
        let mut out = vector.to_vec();
        out.extend(aes.encrypt_padded_vec_mut::<NoPadding>(&clear));
        Some(out)
    }

    /// The data of an encrypted payload; `None` when length or padding are wrong.
    pub(crate) fn decrypt(&self, payload: &[u8]) -> Option<Vec<u8>> {
        let (vector, sealed) = payload.split_at_checked(AES_BLOCK)?;
        let aes = cbc::Decryptor::<aes::Aes128>::new_from_slices(self.key()?, vector).ok()?;
        let mut clear = aes.decrypt_padded_vec_mut::<NoPadding>(sealed).ok()?;
        let pad = usize::from(clear.pop()?);
        let length = clear.len().checked_sub(pad).filter(|_| pad < AES_BLOCK)?;
        clear.truncate(length);
        Some(clear)
    }

    fn key(&self) -> Option<&[u8]> {
        self.k2.get(..AES_BLOCK)
    }
}

/// Random bytes from the operating system; `None` when it has none to give.
pub(crate) fn random<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[test]
    fn hmacs_match_the_published_vectors() {
        // RFC 2202 and RFC 4231, test case 2; the key and the data are split on purpose.
        let parts: [&[u8]; 2] = [b"what do ya want ", b"for nothing?"];
        assert_eq!(
            hex(&Suite::Three.hmac(b"Jefe", &parts)),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
        assert_eq!(
            hex(&Suite::Seventeen.hmac(b"Jefe", &parts)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(Suite::Three.sign(b"Jefe", &parts).len(), 12);
        assert_eq!(Suite::Seventeen.sign(b"Jefe", &parts).len(), 16);
    }

    #[test]
    fn every_length_comes_back_and_damage_is_refused() {
        let keys = SessionKeys::derive(Suite::Seventeen, b"sik");
        for length in 0..50 {
            let data: Vec<u8> = (0..length).collect();
            let sealed = keys.encrypt([7; 16], &data).unwrap();
            assert_eq!((sealed.len() - 16) % 16, 0);
            assert_eq!(keys.decrypt(&sealed).unwrap(), data);
            assert_eq!(keys.decrypt(&sealed[..sealed.len() - 1]), None);
        }
        assert_eq!(keys.decrypt(&[]), None);
        assert_eq!(keys.decrypt(&[0; 16]), None);
    }

    #[test]
    fn empty_macs_equal_nothing() {
        assert!(!same(&[], &[]));
        assert!(!same(&[1], &[1, 2]));
        assert!(same(&[1, 2], &[1, 2]));
    }
}
