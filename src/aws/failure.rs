//! What an error of the SDK means, in words that may be shown.

use std::error::Error as StdError;
use std::fmt;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_sts::operation::RequestId as _;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::guard::Refused;
use crate::org::{NotRead, NotReadKind};

/// Why a call brought nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The caller may not do this.
    Denied,
    /// Throttling did not end within the retries.
    Throttled,
    /// The credentials are no longer valid.
    ExpiredCredentials,
    /// No credentials were found, or the way to them failed.
    NoCredentials,
    /// AWS does not know or accept the credentials.
    InvalidCredentials,
    /// No answer: network, endpoint or Region.
    Unreachable,
    /// The answer could not be understood.
    Malformed,
    /// Stopped by rolewalk itself before it was sent.
    Refused,
    /// Anything else that AWS answered.
    Failed,
}

impl FailureKind {
    /// The kind under which a fact that this call would have brought is recorded.
    pub fn not_read(self) -> NotReadKind {
        match self {
            Self::Denied => NotReadKind::Denied,
            Self::Throttled => NotReadKind::Throttled,
            Self::Unreachable => NotReadKind::Unreachable,
            Self::Malformed => NotReadKind::Malformed,
            Self::ExpiredCredentials
            | Self::NoCredentials
            | Self::InvalidCredentials
            | Self::Refused
            | Self::Failed => NotReadKind::Failed,
        }
    }

    /// What somebody can do about it.
    pub fn next_step(self) -> &'static str {
        match self {
            Self::Denied => "allow the call for this caller, then try again",
            Self::Throttled => "try again later or with a lower `--concurrency`",
            Self::ExpiredCredentials => {
                "renew the credentials (for example `aws sso login`), then try again"
            }
            Self::NoCredentials => {
                "choose a profile with `--profile`, or sign in (for example `aws sso login`)"
            }
            Self::InvalidCredentials => "check the profile's keys, the partition and the clock",
            Self::Unreachable => "check network, proxy, Region and `AWS_ENDPOINT_URL`",
            Self::Malformed | Self::Refused | Self::Failed => {
                "see the message; report it if it makes no sense"
            }
        }
    }

    /// Whether every further call with the same credentials would fail in the same way.
    pub fn spoils_all(self) -> bool {
        matches!(self, Self::ExpiredCredentials | Self::NoCredentials | Self::InvalidCredentials)
    }
}

/// A call that failed. Text in it is AWS's or the SDK's, freed of anything that could hold a
/// credential; it still has to pass [`crate::text`] on its way to a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub kind: FailureKind,
    /// The call, in the form of the permission that it needs, e.g. `iam:ListRoles`.
    pub call: String,
    /// AWS's error code, where AWS answered.
    pub code: Option<String>,
    /// AWS's message, or what the SDK says.
    pub message: String,
    /// The id under which AWS can find the request.
    pub request_id: Option<String>,
}

impl Failure {
    /// A failure that is not an answer of AWS.
    pub fn new(call: &str, kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, call: call.to_owned(), code: None, message: message.into(), request_id: None }
    }

    /// The record of the fact that this call would have brought.
    pub fn not_read(&self) -> NotRead {
        let message = match &self.code {
            Some(code) => format!("{code}: {}", self.message),
            None => self.message.clone(),
        };
        NotRead::new(&self.call, self.kind.not_read(), message)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` failed", self.call)?;
        if let Some(code) = &self.code {
            write!(f, " with {code}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl StdError for Failure {}

/// What `error` means for `call` (`iam:ListRoles`).
pub fn failure<E>(call: &str, error: &SdkError<E, HttpResponse>) -> Failure
where
    E: StdError + ProvideErrorMetadata + Send + Sync + 'static,
{
    if let Some(refused) = cause::<Refused>(error) {
        return Failure::new(call, FailureKind::Refused, refused.to_string());
    }
    if let Some(credentials) = cause::<CredentialsError>(error) {
        return credentials_failure(call, credentials);
    }
    let request_id = error.request_id().map(str::to_owned);
    match error {
        SdkError::ServiceError(answer) => {
            let metadata = answer.err().meta();
            let status = answer.raw().status().as_u16();
            let code = metadata.code().map(str::to_owned);
            let message = match metadata.message() {
                Some(message) => shown(code.as_deref(), message),
                None => format!("HTTP status {status} without an answer of AWS"),
            };
            let kind = classify(code.as_deref(), status);
            Failure { kind, call: call.to_owned(), code, message, request_id }
        }
        SdkError::ResponseError(_) => {
            // What such an answer holds may be a session's credentials.
            let message = if call.starts_with("sts:AssumeRole") {
                "the answer could not be understood".to_owned()
            } else {
                chain(error)
            };
            let mut failure = Failure::new(call, FailureKind::Malformed, message);
            failure.request_id = request_id;
            failure
        }
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) => {
            let cause = error.source().map_or_else(|| error.to_string(), chain);
            Failure::new(call, FailureKind::Unreachable, cause)
        }
        _ => Failure::new(call, FailureKind::Failed, chain(error)),
    }
}

fn classify(code: Option<&str>, status: u16) -> FailureKind {
    match code.unwrap_or_default() {
        "AccessDenied"
        | "AccessDeniedException"
        | "AccessDeniedForDependencyException"
        | "UnauthorizedOperation" => FailureKind::Denied,
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "TooManyRequestsException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "RequestLimitExceeded"
        | "PriorRequestNotComplete"
        | "SlowDown" => FailureKind::Throttled,
        "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
            FailureKind::ExpiredCredentials
        }
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "AuthFailure"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException" => FailureKind::InvalidCredentials,
        code if about_signatures(code) => FailureKind::InvalidCredentials,
        // Answers of something between us and AWS carry no code that the SDK can read.
        _ if status == 429 => FailureKind::Throttled,
        "" if status == 403 => FailureKind::Denied,
        "" if matches!(status, 502..=504) => FailureKind::Unreachable,
        "" => FailureKind::Malformed,
        _ => FailureKind::Failed,
    }
}

fn about_signatures(code: &str) -> bool {
    matches!(
        code,
        "SignatureDoesNotMatch"
            | "InvalidSignatureException"
            | "IncompleteSignature"
            | "IncompleteSignatureException"
    )
}

/// The message as it may be shown. Where a signature does not match, AWS answers with the
/// canonical request, and that repeats the session token.
fn shown(code: Option<&str>, message: &str) -> String {
    if code.is_some_and(about_signatures) {
        return "the signature of the request was not accepted".to_owned();
    }
    message.to_owned()
}

/// Why there are no credentials for `call`.
pub(super) fn credentials_failure(call: &str, error: &CredentialsError) -> Failure {
    let text = chain(error);
    let kind = if text.to_lowercase().contains("expired") || text.contains("UnauthorizedException")
    {
        FailureKind::ExpiredCredentials
    } else if text.contains("ForbiddenException") {
        // Identity Center: the permission set is not assigned in this account.
        FailureKind::Denied
    } else {
        FailureKind::NoCredentials
    };
    if let CredentialsError::CredentialsNotLoaded(_) = error {
        let message =
            "no credentials were found in the environment, the profile, a container or an instance";
        return Failure::new(call, kind, message);
    }
    Failure::new(call, kind, text)
}

/// The first error of type `T` among `error` and its causes.
fn cause<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    causes(error).find_map(|error| error.downcast_ref::<T>())
}

fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// The error and its causes in one line; a cause that only repeats is left out. It ends where
/// the SDK begins to quote a request, which may hold a token, or what a `credential_process`
/// wrote, which is not ours to repeat.
fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut text = String::new();
    for part in causes(error) {
        let part = part.to_string();
        if text.is_empty() {
            text = part;
        } else if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
    }
    for quoted in [" to request `Request {", " Stderr:"] {
        if let Some(start) = text.find(quoted) {
            text.truncate(start);
        }
    }
    text
}
