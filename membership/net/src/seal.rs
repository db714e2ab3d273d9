//! Every datagram is sealed: encrypted and authenticated with the cluster's link key.
//!
//! # On the wire
//!
//! ```text
//! version 1 | link 1 | key hint 2 | from 4 | to 4 | boot 8 | start 4 | salt 12 | counter 8 |
//! sealed heartbeat | tag 16
//! ```
//!
//! Numbers are big-endian. The header is authenticated as associated data. Before the tag has been
//! checked only the header's fixed fields are looked at, to drop what is not for us and to find
//! the key; nothing of the content is parsed.
//!
//! # Nonces
//!
//! XChaCha20-Poly1305 takes 24 bytes: the sender's *salt* (12 bytes from the system's random
//! numbers, new at every start of the thread), the receiver, the link and a counter of this pair.
//! No nonce comes twice within a start, whoever it is sent to, and two starts differ in the salt;
//! nothing has to be remembered on disk.
//!
//! # What a recording is good for
//!
//! * Within one life of the receiver, a replay window per (sender, incarnation, link) lets every
//!   datagram pass once.
//! * Across a restart of the receiver the windows are empty, so a recording passes here. It does
//!   not make its sender look alive: the detector believes a heartbeat only when it echoes one that
//!   the receiver's present incarnation has sent within the detection time
//!   (see [`rota_membership`]). All that a recording can cause is one answer per interval, sent to
//!   the true address of the node it came from.
//! * Delaying datagrams lengthens the detection by at most one detection time.
//!
//! # Keys
//!
//! One key seals, some older ones still open while a rotation is under way. The key of the cipher
//! is derived from the link key, so that the link key may have other uses. Another cluster has
//! another key: its datagrams fail here.

use std::collections::{BTreeMap, BTreeSet};

use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use hmac::{Hmac, Mac};
use rota_ids::{BootId, Incarnation, LinkId, NodeId, StartId};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::limits::{DATAGRAM_MAX, LIVES_MAX, OLDER_KEYS_MAX};

const VERSION: u8 = 1;
const HEADER: usize = 44;
const TAG: usize = 16;
/// Bytes that sealing adds.
pub const OVERHEAD: usize = HEADER + TAG;

/// The cluster's 32-byte link key. It is wiped from memory when dropped and never printed.
#[derive(Clone)]
pub struct Key(Zeroizing<[u8; 32]>);

impl Key {
    /// Takes the key over.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

/// The key that seals, and older ones that still open.
#[derive(Clone, Debug)]
pub struct Keys {
    /// Seals and opens.
    pub current: Key,
    /// Only open; the first three count.
    pub older: Vec<Key>,
}

/// Why a datagram was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reject {
    /// Too short or too long.
    Size,
    /// Another format or version.
    Version,
    /// Its sender is not configured.
    Stranger,
    /// It is for another node or says another link.
    Misdirected,
    /// No key of ours opens it.
    Key,
    /// It was seen before or is too old to tell.
    Replayed,
    /// Authentic, but unreadable.
    Content,
}

/// An opened datagram.
#[derive(Debug, PartialEq, Eq)]
pub struct Opened<'a> {
    /// Its sender.
    pub from: NodeId,
    /// Which life of the sender.
    pub incarnation: Incarnation,
    /// What was sealed.
    pub plain: &'a [u8],
}

/// A key ready for use.
struct Cipher {
    hint: [u8; 2],
    cipher: XChaCha20Poly1305,
}

impl Cipher {
    fn new(key: &Key) -> Option<Self> {
        let sealing = derive(key, b"rota link datagram seal v1")?;
        let hint = derive(key, b"rota link datagram hint v1")?;
        let cipher = XChaCha20Poly1305::new_from_slice(&*sealing).ok()?;
        Some(Self { hint: [hint[0], hint[1]], cipher })
    }
}

fn derive(key: &Key, purpose: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&*key.0).ok()?;
    mac.update(purpose);
    Some(Zeroizing::new(mac.finalize().into_bytes().into()))
}

/// Seals what one life of one node sends.
pub struct Sealer {
    me: NodeId,
    incarnation: Incarnation,
    salt: [u8; 12],
    cipher: Option<Cipher>,
    counters: BTreeMap<(NodeId, LinkId), u64>,
}

impl Sealer {
    /// A sealer of its own. `salt` must be random and never be used for another sealer.
    pub fn new(me: NodeId, incarnation: Incarnation, salt: [u8; 12], keys: &Keys) -> Self {
        let cipher = Cipher::new(&keys.current);
        Self { me, incarnation, salt, cipher, counters: BTreeMap::new() }
    }

    /// Seals with another key from now on.
    pub fn rekey(&mut self, keys: &Keys) {
        self.cipher = Cipher::new(&keys.current);
    }

    /// Makes `out` the sealed datagram of what `write` appends to it. False, with nothing to send,
    /// when it would be too long.
    pub fn seal(
        &mut self,
        to: NodeId,
        link: LinkId,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> bool {
        let Some(Cipher { hint, cipher }) = &self.cipher else { return false };
        let counter = self.counters.entry((to, link)).or_default();
        *counter += 1;
        let header = Header {
            link,
            hint: *hint,
            from: self.me,
            to,
            incarnation: self.incarnation,
            salt: self.salt,
            counter: *counter,
        };
        out.clear();
        out.extend_from_slice(&header.to_bytes());
        write(out);
        if out.len() + TAG > DATAGRAM_MAX {
            return false;
        }
        let (head, plain) = out.split_at_mut(HEADER);
        let Ok(tag) = cipher.encrypt_in_place_detached(&header.nonce(), head, plain) else {
            return false;
        };
        out.extend_from_slice(&tag);
        true
    }
}

/// Opens what one node receives.
pub struct Opener {
    me: NodeId,
    ciphers: Vec<Cipher>,
    peers: BTreeSet<NodeId>,
    windows: BTreeMap<(NodeId, LinkId), Vec<(Incarnation, Window)>>,
}

impl Opener {
    /// An opener that knows no peers yet.
    pub fn new(me: NodeId, keys: &Keys) -> Self {
        let (peers, windows) = (BTreeSet::new(), BTreeMap::new());
        Self { me, ciphers: ciphers(keys), peers, windows }
    }

    /// Opens with other keys from now on.
    pub fn rekey(&mut self, keys: &Keys) {
        self.ciphers = ciphers(keys);
    }

    /// Only these nodes are listened to from now on.
    pub fn set_peers(&mut self, peers: BTreeSet<NodeId>) {
        self.windows.retain(|(peer, _), _| peers.contains(peer));
        self.peers = peers;
    }

    /// Authenticates and decrypts `datagram`, which came on `link`, in place.
    pub fn open<'a>(&mut self, link: LinkId, datagram: &'a mut [u8]) -> Result<Opened<'a>, Reject> {
        if !(OVERHEAD..=DATAGRAM_MAX).contains(&datagram.len()) {
            return Err(Reject::Size);
        }
        let (head, sealed) = datagram.split_at_mut(HEADER);
        let header = Header::from_bytes(head)?;
        if header.to != self.me || header.link != link {
            return Err(Reject::Misdirected);
        }
        if !self.peers.contains(&header.from) {
            return Err(Reject::Stranger);
        }
        let (plain, tag) = sealed.split_at_mut(sealed.len() - TAG);
        self.decrypt(&header, head, plain, Tag::from_slice(tag))?;
        self.pass_once(&header)?;
        Ok(Opened { from: header.from, incarnation: header.incarnation, plain })
    }

    fn decrypt(
        &self,
        header: &Header,
        head: &[u8],
        sealed: &mut [u8],
        tag: &Tag,
    ) -> Result<(), Reject> {
        let nonce = header.nonce();
        // A failed attempt leaves the buffer as it was: the tag is checked before decryption.
        let mut fitting = self.ciphers.iter().filter(|cipher| cipher.hint == header.hint);
        let opened = fitting.any(|Cipher { cipher, .. }| {
            cipher.decrypt_in_place_detached(&nonce, head, sealed, tag).is_ok()
        });
        if opened { Ok(()) } else { Err(Reject::Key) }
    }

    /// Only authenticated headers come here, so strangers cannot push windows out.
    fn pass_once(&mut self, header: &Header) -> Result<(), Reject> {
        let lives = self.windows.entry((header.from, header.link)).or_default();
        let found = lives.iter().position(|(life, _)| *life == header.incarnation);
        let mut entry = found
            .map_or_else(|| (header.incarnation, Window::default()), |index| lives.remove(index));
        let passed = entry.1.pass(header.counter);
        // The life that spoke last stands last; the one silent for longest is forgotten.
        if lives.len() == LIVES_MAX {
            lives.remove(0);
        }
        lives.push(entry);
        if passed { Ok(()) } else { Err(Reject::Replayed) }
    }
}

fn ciphers(keys: &Keys) -> Vec<Cipher> {
    let all = std::iter::once(&keys.current).chain(keys.older.iter().take(OLDER_KEYS_MAX));
    all.filter_map(Cipher::new).collect()
}

/// Which of the newest 64 counters have passed (RFC 4303 §3.4.3).
#[derive(Default)]
struct Window {
    newest: u64,
    /// Bit i: `newest - i` has passed.
    passed: u64,
}

impl Window {
    fn pass(&mut self, counter: u64) -> bool {
        if counter == 0 {
            return false;
        }
        if counter > self.newest {
            let ahead = u32::try_from(counter - self.newest).unwrap_or(u32::MAX);
            self.passed = self.passed.checked_shl(ahead).unwrap_or(0) | 1;
            self.newest = counter;
            return true;
        }
        let behind = u32::try_from(self.newest - counter).unwrap_or(u32::MAX);
        let Some(bit) = 1u64.checked_shl(behind) else { return false };
        let first_time = self.passed & bit == 0;
        self.passed |= bit;
        first_time
    }
}

struct Header {
    link: LinkId,
    hint: [u8; 2],
    from: NodeId,
    to: NodeId,
    incarnation: Incarnation,
    salt: [u8; 12],
    counter: u64,
}

impl Header {
    fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        let mut rest = &mut bytes[..];
        let parts: [&[u8]; 8] = [
            &[VERSION, self.link.0],
            &self.hint,
            &self.from.0.to_be_bytes(),
            &self.to.0.to_be_bytes(),
            &self.incarnation.boot.0.to_be_bytes(),
            &self.incarnation.start.0.to_be_bytes(),
            &self.salt,
            &self.counter.to_be_bytes(),
        ];
        for part in parts {
            let (here, after) = std::mem::take(&mut rest).split_at_mut(part.len());
            here.copy_from_slice(part);
            rest = after;
        }
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Reject> {
        let mut rest = bytes;
        let [version, link] = take(&mut rest)?;
        if version != VERSION {
            return Err(Reject::Version);
        }
        Ok(Self {
            link: LinkId(link),
            hint: take(&mut rest)?,
            from: NodeId(u32::from_be_bytes(take(&mut rest)?)),
            to: NodeId(u32::from_be_bytes(take(&mut rest)?)),
            incarnation: Incarnation {
                boot: BootId(u64::from_be_bytes(take(&mut rest)?)),
                start: StartId(u32::from_be_bytes(take(&mut rest)?)),
            },
            salt: take(&mut rest)?,
            counter: u64::from_be_bytes(take(&mut rest)?),
        })
    }

    fn nonce(&self) -> XNonce {
        let mut nonce = XNonce::default();
        nonce[..12].copy_from_slice(&self.salt);
        nonce[12..16].copy_from_slice(&self.to.0.to_be_bytes());
        nonce[16..].copy_from_slice(&self.counter.to_be_bytes());
        // 56 bits of counter last for a hundred million years of heartbeats.
        nonce[16] = self.link.0;
        nonce
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], Reject> {
    let (first, after) = rest.split_first_chunk::<N>().ok_or(Reject::Size)?;
    *rest = after;
    Ok(*first)
}
