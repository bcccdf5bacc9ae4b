//! HCP Terraform workspaces: which roles their settings ask for, and the tokens of their runs.
//!
//! Settings come as effective values or as variables and variable sets; the latter are resolved
//! here by HCP Terraform's precedence. What comes out is a list of [`Workspace`]s with one
//! [`Configuration`] for each tag. What a Terraform configuration asks for beyond that, role by
//! role, is read in [`blocks`]. This room asks AWS nothing and decides nothing.

pub mod blocks;
mod precedence;
mod resolve;
#[cfg(test)]
mod tests;

pub use resolve::{Configuration, Phase, RoleSetting, Value, WayIn, Workspace, resolve};
