//! The bytes of keys and values.
//!
//! | key | value |
//! |---|---|
//! | `m` | [`Meta`]: hard state, bounds, snapshot; written with every batch |
//! | `e` + index, big-endian | one entry |
//! | `s` + generation + piece, big-endian | a piece of the snapshot's data |
//!
//! Each value is a version byte, a CRC-32 and the payload. An entry's CRC also covers that of the
//! entry before it, and the meta record holds the last one: an entry that is missing, old or from
//! elsewhere breaks the chain.

use prost::Message as _;
use rota_replica::record::{Entry, HardState, SnapshotMeta};

use crate::Error;

/// The only format there is so far.
const VERSION: u8 = 1;
const HEAD: usize = 5;

/// Everything but the entries and the snapshot's data.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Meta {
    #[prost(uint64, tag = "1")]
    pub store_id: u64,
    #[prost(message, required, tag = "2")]
    pub hard: HardState,
    #[prost(message, required, tag = "3")]
    pub snapshot: SnapshotMeta,
    /// Generation, number of pieces and length of the snapshot's data.
    #[prost(uint64, tag = "4")]
    pub generation: u64,
    #[prost(uint32, tag = "5")]
    pub pieces: u32,
    /// The last entry that was dropped, its term and its link.
    #[prost(uint64, tag = "6")]
    pub before_index: u64,
    #[prost(uint64, tag = "7")]
    pub before_term: u64,
    #[prost(fixed32, tag = "8")]
    pub before_link: u32,
    /// The last entry, and its link.
    #[prost(uint64, tag = "9")]
    pub last_index: u64,
    #[prost(fixed32, tag = "10")]
    pub last_link: u32,
}

pub(crate) const META: &[u8] = b"m";

pub(crate) fn entry_key(index: u64) -> Vec<u8> {
    [b"e".as_slice(), &index.to_be_bytes()].concat()
}

pub(crate) fn index_of(key: &[u8]) -> Option<u64> {
    let index = key.strip_prefix(b"e")?;
    index.try_into().ok().map(u64::from_be_bytes)
}

pub(crate) fn piece_key(generation: u64, piece: u32) -> Vec<u8> {
    [b"s".as_slice(), &generation.to_be_bytes(), &piece.to_be_bytes()].concat()
}

pub(crate) fn seal_meta(meta: &Meta) -> Vec<u8> {
    seal(0, &meta.encode_to_vec()).0
}

pub(crate) fn open_meta(value: &[u8]) -> Result<Meta, Error> {
    let (payload, _) = unseal(0, value)?;
    Meta::decode(payload).map_err(Error::damaged)
}

/// The value of an entry and its link for the next one.
pub(crate) fn seal_entry(link: u32, entry: &Entry) -> (Vec<u8>, u32) {
    seal(link, &entry.encode_to_vec())
}

/// The entry, and its link for the next one. Checks the entry, and that `link` is its forerunner's.
pub(crate) fn open_entry(link: u32, index: u64, value: &[u8]) -> Result<(Entry, u32), Error> {
    let (payload, own) = unseal(link, value)?;
    let entry = Entry::decode(payload).map_err(Error::damaged)?;
    match entry.index == index {
        true => Ok((entry, own)),
        false => Err(Error::damaged(format!("entry {} in the place of {index}", entry.index))),
    }
}

/// The entry, when its forerunner is not at hand: its bytes were checked when the store was opened.
pub(crate) fn read_entry(index: u64, value: &[u8]) -> Result<Entry, Error> {
    let payload = value.get(HEAD..).ok_or_else(|| Error::damaged("short value"))?;
    let entry = Entry::decode(payload).map_err(Error::damaged)?;
    match entry.index == index {
        true => Ok(entry),
        false => Err(Error::damaged(format!("entry {} in the place of {index}", entry.index))),
    }
}

pub(crate) fn seal_piece(generation: u64, piece: u32, data: &[u8]) -> Vec<u8> {
    seal(piece_seed(generation, piece), data).0
}

pub(crate) fn open_piece(generation: u64, piece: u32, value: &[u8]) -> Result<&[u8], Error> {
    unseal(piece_seed(generation, piece), value).map(|(data, _)| data)
}

fn piece_seed(generation: u64, piece: u32) -> u32 {
    crc32fast::hash(&piece_key(generation, piece))
}

fn seal(link: u32, payload: &[u8]) -> (Vec<u8>, u32) {
    let own = checksum(link, payload);
    ([&[VERSION], own.to_be_bytes().as_slice(), payload].concat(), own)
}

fn unseal(link: u32, value: &[u8]) -> Result<(&[u8], u32), Error> {
    let [version, a, b, c, d, payload @ ..] = value else {
        return Err(Error::damaged("short value"));
    };
    if *version != VERSION {
        return Err(Error::damaged(format!("unknown version {version}")));
    }
    let own = u32::from_be_bytes([*a, *b, *c, *d]);
    match own == checksum(link, payload) {
        true => Ok((payload, own)),
        false => Err(Error::damaged("checksum")),
    }
}

fn checksum(link: u32, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[VERSION]);
    hasher.update(&link.to_be_bytes());
    hasher.update(payload);
    hasher.finalize()
}
