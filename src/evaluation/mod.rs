//! One decision: may this caller assume this role?
//!
//! `docs/evaluation.md` is the specification; rules are cited by their ids. The room does no
//! I/O and never panics. A verdict is a proof: `denied` only if no request of the asked form
//! can succeed, `allowed` only if no policy can stop one.
//!
//! [`decide`] answers with evidence, [`judge`] with the verdict alone; both run the same code.

mod caller;
mod caveat;
mod companion;
mod condition;
mod context;
mod decision;
mod evidence;
mod given;
mod layers;
mod logic;
mod passed;
mod principal;
mod privilege;
mod reason;
mod sentence;
mod service;
mod statement;
mod verdict;

pub use crate::policy::Action;
pub use caller::*;
pub use context::{may_be_stated_of_all, may_carry_state, may_carry_tags};
pub use decision::*;
pub use passed::Passed;
pub use privilege::{Marks, Privilege, PrivilegeReason, PrivilegeRequest, Privileges, reasons};
pub use service::Service;
pub use verdict::{decide, decide_path, judge, judge_path, path_verdict, rides_along};
