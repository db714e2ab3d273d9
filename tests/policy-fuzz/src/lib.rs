//! Random CIBs for the policy engine: made from a seed, planned, checked, executed in simulation,
//! and compared with `crm_simulate` where that is installed.
//!
//! `generate` makes documents, `trial` holds what must be so for each of them, `compare` asks the
//! other program, `reduce` thins out a document that shows something.

pub mod compare;
pub mod generate;
pub mod known;
pub mod reduce;
pub mod rng;
pub mod trial;
pub mod xml;
