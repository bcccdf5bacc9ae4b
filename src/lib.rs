//! rolewalk shows, for a whole AWS organization, who can become whom.
//!
//! The library is a house of rooms on floors; a room imports only from floors below it.
//! `ARCHITECTURE.md` is the map.

// Floor 0: names and text.
pub mod arn;
pub mod text;
// Floor 1: languages and catalogues.
pub mod failure;
pub mod issuer;
pub mod policy;
// Floor 2: the facts.
pub mod org;
// Floor 3: one decision; where facts come from and stay.
pub mod aws;
pub mod evaluation;
pub mod snapshot;
pub mod workload;
// Floor 4: search over the organization; facts in.
pub mod collect;
pub mod graph;
// Floor 5: what can be asked.
pub mod answer;
// Floor 6: uses of answers.
pub mod probe;
pub mod troubleshoot;
// Floor 7: writers.
pub mod report;
// Floor 8: faces.
pub mod cli;
pub mod config;
pub mod tui;
