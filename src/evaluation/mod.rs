//! One decision: may this caller assume this role?
//!
//! `docs/evaluation.md` is the specification; rules are cited by their ids. The room does no
//! I/O and never panics. A verdict is a proof: `denied` only if no request of the asked form
//! can succeed, `allowed` only if no policy can stop one.

mod decision;

pub use decision::*;
