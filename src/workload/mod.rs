//! HCP Terraform workspaces: which roles their settings ask for, and the tokens of their runs.
//!
//! Settings come as effective values or as variables and variable sets; the latter are resolved
//! here by HCP Terraform's precedence. What comes out is a list of [`Workspace`]s with one
//! [`Configuration`] for each tag, and what is odd about them; beside it the [`Stack`]s, of which
//! no settings are known. What a Terraform configuration asks for beyond that, role by role, is
//! read in [`blocks`]. This room asks AWS nothing and decides nothing.

pub mod blocks;
mod precedence;
mod problem;
mod resolve;
mod roles;
#[cfg(test)]
mod tests;

pub use precedence::{Other, Rank, strongest};
pub use problem::{NamedRole, Problem, is_long, is_role, long_subject};
pub use resolve::{
    Configuration, OTHER_CREDENTIALS, Phase, RoleSetting, Stack, Value, VaultBacked, WayIn,
    Workspace, resolve, stacks,
};
