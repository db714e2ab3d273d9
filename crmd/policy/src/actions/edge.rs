//! Ordering kinds, as bits.

/// Nothing but order, if both happen.
pub const ORDER: u16 = 0;
/// When the first happens, the second must.
pub const FORCES: u16 = 1;
/// When the second happens, the first must have.
pub const WANTS: u16 = 2;
/// When the first cannot happen, the second cannot.
pub const NEEDS: u16 = 4;
/// A restart: first is the stop, second the start of one resource.
pub const RESTART: u16 = 8;
/// Only if both are on one node, or one is about to free what the other needs.
pub const LOAD: u16 = 16;
/// Never both at once; the first first, unless that makes a circle.
pub const SERIAL: u16 = 32;
/// One of several firsts is enough.
pub const ANY: u16 = 64;
/// The order as written has no opposite.
pub const ONEWAY: u16 = 128;
/// Like WANTS, only for promoted instances.
pub const WANTS_PROMOTED: u16 = 256;
/// Says nothing about reasons.
pub const QUIET: u16 = 512;
/// Kept even if the first is a probe that finds nothing new.
pub const PROBE: u16 = 1024;
/// The first is the start of what the second must be together with.
pub const TOGETHER: u16 = 4096;
/// When the first must happen and cannot, the second cannot.
pub const IF_ABLE: u16 = 8192;
/// What keeps the first from happening, or calls for it, does so for the second: between a
/// guest's connection and what is behind it.
pub const SAME_REASON: u16 = 16384;
/// Is no order after all, whatever else it means: one of the two is migrated instead, or
/// need not be waited for.
pub const VOID: u16 = 32768;
/// Between two resources by the user's constraint.
pub const USER: u16 = 2048;
