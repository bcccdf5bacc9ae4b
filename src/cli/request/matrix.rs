//! Which cells of a matrix, and what of every call.

use super::super::args::{self, Show, Told, TypedPhase, TypedVerdict, TypedVia};
use super::super::error::CliError;
use crate::answer::{MatrixFilter, MatrixShow, Privilege, Scenario, Verdict, Via};

/// Which cells are wanted.
pub(super) fn filter(typed: &args::Cells) -> MatrixFilter {
    MatrixFilter {
        phase: typed.phase.map(|phase| match phase {
            TypedPhase::Plan => "plan",
            TypedPhase::Apply => "apply",
        }),
        show: typed.show.map(|show| match show {
            Show::Permitted => MatrixShow::Permitted,
            Show::Configured => MatrixShow::Configured,
            Show::Difference => MatrixShow::Difference,
        }),
        via: typed.via.map(|via| match via {
            TypedVia::Own => Via::Own,
            TypedVia::Hub => Via::Hub,
        }),
        verdicts: typed
            .verdicts
            .iter()
            .map(|verdict| match verdict {
                TypedVerdict::Allowed => Verdict::Allowed,
                TypedVerdict::Conditional => Verdict::Conditional,
                TypedVerdict::Unknown => Verdict::Unknown,
                TypedVerdict::Denied => Verdict::Denied,
            })
            .collect(),
        privilege: typed.privilege.map(|mark| match mark {
            Told::Admin => Privilege::Admin,
            Told::Iam => Privilege::Iam,
            Told::Pass => Privilege::Pass,
            Told::Write => Privilege::Write,
            Told::Read => Privilege::Read,
            Told::None => Privilege::Nothing,
        }),
    }
}

/// What is stated of every call. What can't be is refused before anything is loaded.
pub(super) fn scenario(typed: args::Scenario) -> Result<Scenario, CliError> {
    let mut stated = super::context(&typed.context)?;
    let named = [
        ("sts:ExternalId", typed.external_id),
        ("aws:SourceIp", typed.source_ip),
        ("aws:MultiFactorAuthPresent", typed.mfa.then(|| "true".to_owned())),
    ];
    for (key, value) in named {
        stated.keys.extend(value.map(|value| (key.to_owned(), value)));
    }
    Ok(stated.of_every_call()?)
}
