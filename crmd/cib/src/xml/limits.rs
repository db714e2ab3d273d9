//! How much a document may ask of us.

/// Bytes of one document. The largest we have measured, with 340,000 operation records, has 169 MB.
pub const DOCUMENT_BYTES_MAX: usize = 1 << 30;

/// Elements within elements. The schema needs 9, nested rules a few more; a hostile document
/// would like to exhaust the stack.
pub const DEPTH_MAX: usize = 64;

/// Attributes of one element. The richest element of the schema has 26.
pub const ATTRIBUTES_MAX: usize = 128;
