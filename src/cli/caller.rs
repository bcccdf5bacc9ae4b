//! Who the present credentials belong to.

use std::future::Future;

use super::error::CliError;
use super::request::AwsChoice;
use crate::arn::{Arn, PrincipalName};
use crate::aws::{self, Failure, FailureKind, Settings};
use crate::collect::READ_ROLE;
use crate::config::Config;

/// Runs asynchronous work; only the screens and commands that talk to AWS start a runtime.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CliError::failed(format!("no threads to work with: {error}")))?;
    let result = runtime.block_on(work);
    // Whoever leaves the screens does not wait for a snapshot that is still being loaded.
    runtime.shutdown_background();
    Ok(result)
}

/// The connection's settings as typed.
pub(crate) fn settings(choice: &AwsChoice) -> Settings {
    Settings { profile: choice.profile.clone(), region: choice.region.clone() }
}

/// The read roles in the order in which they are tried: those typed, else the configuration's, else
/// the usual one.
pub(crate) fn role_names(typed: &[String], config: &Config) -> Vec<String> {
    let chosen = [typed, &config.role_names].into_iter().find(|names| !names.is_empty());
    chosen.map_or_else(|| vec![READ_ROLE.to_owned()], <[String]>::to_vec)
}

/// The selector that `me` stands for.
pub(crate) fn selector(aws: &AwsChoice) -> Result<String, CliError> {
    let settings = settings(aws);
    let identity = block_on(async { aws::connect(&settings).await?.identity().await })?
        .map_err(|failure| refused("whose credentials these are is not known", &failure))?;
    Ok(selector_of(&identity.arn))
}

/// A session's ARN lacks the role's path, so a role is named by account and name.
fn selector_of(arn: &Arn) -> String {
    match arn.principal() {
        Some(PrincipalName::Session { account, role, .. }) => format!("{account}/{role}"),
        _ => arn.to_string(),
    }
}

/// A call that AWS refused, with what to do.
pub(crate) fn refused(what: &str, failure: &Failure) -> CliError {
    next(CliError::refused(format!("{what}: {failure}")), failure)
}

/// The error with what to do about a call that failed.
pub(crate) fn next(error: CliError, failure: &Failure) -> CliError {
    let error = error.hint(failure.kind.next_step());
    match std::env::var("AWS_ENDPOINT_URL") {
        Ok(endpoint) if failure.kind == FailureKind::Unreachable && !endpoint.is_empty() => {
            error.hint(format!("`AWS_ENDPOINT_URL` is `{endpoint}`"))
        }
        _ => error,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_its_role_whatever_the_path() {
        let name = |arn: &str| selector_of(&arn.parse().unwrap());
        assert_eq!(
            name("arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_X_1/ann"),
            "123456789012/AWSReservedSSO_X_1"
        );
        assert_eq!(
            name("arn:aws:iam::123456789012:user/a/b"),
            "arn:aws:iam::123456789012:user/a/b"
        );
    }
}
