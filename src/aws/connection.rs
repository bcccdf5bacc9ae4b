//! Configured clients for one set of credentials.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::profile::{ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::sso::SsoCredentialsProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_runtime::client::retries::RetryPartition;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::failure::{Failure, FailureKind, credentials_failure, failure};
use super::guard::{Counters, OperationGate, WireGate};
use super::pace::{self, Pace};
use crate::arn::{AccountId, Arn};

/// Where AWS is asked first when nothing names a Region. IAM and Organizations are global, and
/// the SDK leads from any Region to the endpoint of its partition.
const DEFAULT_REGION: &str = "us-east-1";

/// A page of a large account can take AWS many seconds.
const ATTEMPT_TIMEOUT: Duration = Duration::from_mins(1);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const MAX_BACKOFF: Duration = Duration::from_secs(20);
/// Enough to outlast a throttled minute.
const ATTEMPTS: u32 = 8;
/// For the first question of a run, where somebody waits to learn of a wrong endpoint.
const FIRST_ATTEMPTS: u32 = 3;

const IDENTITY: &str = "sts:GetCallerIdentity";
const ENDPOINTS: [&str; 4] = [
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_ENDPOINT_URL_ORGANIZATIONS",
    "AWS_ENDPOINT_URL_STS",
];

/// What may be chosen about the connection; everything else is the SDK's default chain
/// (environment, profile files, `AWS_ENDPOINT_URL`, container and instance roles).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings {
    /// A profile by name.
    pub profile: Option<String>,
    /// A Region; the chain's, or `us-east-1`, when absent.
    pub region: Option<String>,
}

/// Clients for one set of credentials. Its `Debug` form shows nothing of them.
#[derive(Clone)]
pub struct Connection {
    config: SdkConfig,
    counters: Arc<Counters>,
    /// IAM throttles each account apart, and by default every client of a Region shares one budget
    /// of retries, so that one throttled account would use up the others'.
    retries: RetryPartition,
    iam_pace: Arc<Pace>,
    organizations_pace: Arc<Pace>,
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

/// How much went over the wire, summed over a connection and all that were assumed from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests sent, retries included.
    pub requests: u64,
    /// Of these, repetitions.
    pub retries: u64,
}

/// Reads the configuration. No call is made; credentials are resolved at the first one.
pub async fn connect(settings: &Settings) -> Result<Connection, Failure> {
    // The SDK panics on an empty endpoint, and what its owner meant by it cannot be told.
    for name in ENDPOINTS {
        if let Ok(url) = std::env::var(name)
            && !(url.starts_with("http://") || url.starts_with("https://"))
        {
            let message = format!("`{name}` is `{url}`: an http or https URL is expected");
            return Err(Failure::new(IDENTITY, FailureKind::Unreachable, message));
        }
    }
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .retry_config(
            RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(MAX_BACKOFF),
        )
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                .build(),
        );
    if let Some(profile) = &settings.profile {
        let profile_region = region_of_profile(profile).await?;
        let region = settings.region.clone().or(profile_region);
        let region = region.unwrap_or_else(|| DEFAULT_REGION.to_owned());
        // The chain would prefer keys in the environment to a profile that somebody named.
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&ProviderConfig::without_region().with_region(Some(Region::new(region))))
            .profile_name(profile)
            .build();
        loader = loader.profile_name(profile).credentials_provider(provider);
    }
    if let Some(region) = &settings.region {
        loader = loader.region(Region::new(region.clone()));
    }
    Ok(guarded(loader.load().await))
}

#[expect(clippy::default_trait_access, reason = "the SDK does not export these types")]
async fn profiles() -> Result<ProfileSet, Failure> {
    aws_config::profile::load(&Default::default(), &Default::default(), &Default::default(), None)
        .await
        .map_err(|error| {
            let message = format!("the AWS configuration files cannot be read: {error}");
            Failure::new(IDENTITY, FailureKind::NoCredentials, message)
        })
}

/// The Region that a profile's own calls go to, if there is such a profile.
async fn region_of_profile(name: &str) -> Result<Option<String>, Failure> {
    let profiles = profiles().await?;
    if let Some(profile) = profiles.get_profile(name) {
        return Ok(profile.get("region").map(str::to_owned));
    }
    let mut known: Vec<&str> = profiles.profiles().collect();
    known.sort_unstable();
    let message = format!(
        "there is no profile `{name}` in the AWS configuration files; there are: {}",
        if known.is_empty() { "none".to_owned() } else { known.join(", ") }
    );
    Err(Failure::new(IDENTITY, FailureKind::NoCredentials, message))
}

/// Puts the gates in. This comes after loading: set on the loader, our HTTP client would be the
/// credential providers' as well and stop their calls to the metadata service and Identity Center.
pub(super) fn guarded(loaded: SdkConfig) -> Connection {
    let region = loaded.region().cloned().unwrap_or_else(|| Region::new(DEFAULT_REGION));
    let counters = Arc::new(Counters::default());
    let gate = SharedHttpClient::new(WireGate::new(Arc::clone(&counters)));
    let config = loaded.into_builder().region(region).http_client(gate).build();
    Connection {
        config,
        counters,
        retries: retries(),
        iam_pace: Arc::new(Pace::new(pace::IAM)),
        organizations_pace: Arc::new(Pace::new(pace::ORGANIZATIONS)),
    }
}

/// A budget of retries of its own.
fn retries() -> RetryPartition {
    RetryPartition::custom("rolewalk").build()
}

/// Who some credentials belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Their account.
    pub account: AccountId,
    /// The principal; of a role the session's ARN.
    pub arn: Arn,
    /// `AIDA…`, or `AROA…:session`.
    pub user_id: String,
}

/// A role to assume.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assume {
    /// Its ARN.
    pub role_arn: String,
    /// The session's name.
    pub session_name: String,
    /// The external id, where the trust policy asks for one.
    pub external_id: Option<String>,
    /// The session policy, JSON.
    pub session_policy: Option<String>,
}

/// A role session.
#[derive(Debug, Clone)]
pub struct Assumed {
    /// Clients that act as the session.
    pub connection: Connection,
    /// The session.
    pub identity: Identity,
}

/// The way into accounts through IAM Identity Center.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityCenter {
    /// The `sso-session` section of the configuration file.
    pub session: String,
    /// The permission set, under the name that it has as a role of the portal.
    pub role: String,
}

impl Connection {
    /// IAM.
    pub fn iam(&self) -> aws_sdk_iam::Client {
        let config = aws_sdk_iam::config::Builder::from(&self.config)
            .retry_partition(self.retries.clone())
            .interceptor(self.gate(Some(&self.iam_pace)));
        aws_sdk_iam::Client::from_conf(config.build())
    }

    /// Organizations.
    pub fn organizations(&self) -> aws_sdk_organizations::Client {
        let config = aws_sdk_organizations::config::Builder::from(&self.config)
            .interceptor(self.gate(Some(&self.organizations_pace)));
        aws_sdk_organizations::Client::from_conf(config.build())
    }

    /// STS.
    pub fn sts(&self) -> aws_sdk_sts::Client {
        let config = aws_sdk_sts::config::Builder::from(&self.config).interceptor(self.gate(None));
        aws_sdk_sts::Client::from_conf(config.build())
    }

    /// The Region whose endpoints are called.
    pub fn region(&self) -> &str {
        self.config.region().map_or(DEFAULT_REGION, Region::as_ref)
    }

    /// How fast these credentials' account may be asked.
    pub fn iam_pace(&self) -> Arc<Pace> {
        Arc::clone(&self.iam_pace)
    }

    /// How fast Organizations may be asked, whoever asks.
    pub fn organizations_pace(&self) -> Arc<Pace> {
        Arc::clone(&self.organizations_pace)
    }

    /// Requests so far.
    pub fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.counters.sent.load(Ordering::Relaxed),
            retries: self.counters.retried.load(Ordering::Relaxed),
        }
    }

    /// Who the credentials belong to (GetCallerIdentity).
    pub async fn identity(&self) -> Result<Identity, Failure> {
        let config = aws_sdk_sts::config::Builder::from(&self.config)
            .interceptor(self.gate(None))
            .retry_config(RetryConfig::standard().with_max_attempts(FIRST_ATTEMPTS))
            .build();
        let answer = aws_sdk_sts::Client::from_conf(config)
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| failure(IDENTITY, &error))?;
        let user_id = answer.user_id().unwrap_or_default();
        identity_of(IDENTITY, answer.arn().unwrap_or_default(), user_id)
    }

    /// Assumes a role with these credentials.
    pub async fn assume(&self, request: &Assume) -> Result<Assumed, Failure> {
        const CALL: &str = "sts:AssumeRole";
        let answer = self
            .sts()
            .assume_role()
            .role_arn(&request.role_arn)
            .role_session_name(&request.session_name)
            .set_external_id(request.external_id.clone())
            .set_policy(request.session_policy.clone())
            .send()
            .await
            .map_err(|error| failure(CALL, &error))?;
        self.assumed(CALL, answer.credentials(), answer.assumed_role_user())
    }

    /// As [`Connection::assume`], with a session that is begun anew whenever it is about to end: a
    /// crawl may take longer than the hour that AWS gives.
    pub async fn assume_for_long(&self, request: &Assume) -> Result<Assumed, Failure> {
        let first = self.assume(request).await?;
        let renewing = Renewing {
            from: self.clone(),
            request: request.clone(),
            first: Mutex::new(first.connection.config.credentials_provider()),
        };
        let connection = self.with(SharedCredentialsProvider::new(renewing));
        Ok(Assumed { connection, identity: first.identity })
    }

    /// Assumes a role with a token of an OIDC issuer; needs and uses no credentials.
    pub async fn assume_with_token(
        &self,
        request: &Assume,
        token: &str,
    ) -> Result<Assumed, Failure> {
        const CALL: &str = "sts:AssumeRoleWithWebIdentity";
        let answer = self
            .sts()
            .assume_role_with_web_identity()
            .role_arn(&request.role_arn)
            .role_session_name(&request.session_name)
            .set_policy(request.session_policy.clone())
            .web_identity_token(token)
            .send()
            .await
            .map_err(|error| failure(CALL, &error))?;
        self.assumed(CALL, answer.credentials(), answer.assumed_role_user())
    }

    /// The credentials that IAM Identity Center hands out for an account, from the cached login
    /// of an `sso-session`.
    pub async fn through(
        &self,
        center: &IdentityCenter,
        account: AccountId,
    ) -> Result<Self, Failure> {
        const CALL: &str = "sso:GetRoleCredentials";
        let missing = |what: &str| Failure::new(CALL, FailureKind::NoCredentials, what.to_owned());
        let profiles = profiles().await?;
        let session = profiles.sso_session(&center.session).ok_or_else(|| {
            missing(&format!(
                "the AWS configuration has no section `[sso-session {}]`",
                center.session
            ))
        })?;
        let setting = |name: &str| {
            session.get(name).map(str::to_owned).ok_or_else(|| {
                missing(&format!("`[sso-session {}]` lacks `{name}`", center.session))
            })
        };
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS);
        let provider = SsoCredentialsProvider::builder()
            .configure(&ProviderConfig::without_region().with_retry_config(retries))
            .session_name(&center.session)
            .start_url(setting("sso_start_url")?)
            .region(Region::new(setting("sso_region")?))
            .account_id(account.to_string())
            .role_name(&center.role)
            .build();
        // Asked for here, so that a refusal is told as the portal's.
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(|error| credentials_failure(CALL, &error))?;
        Ok(self.with(SharedCredentialsProvider::new(credentials)))
    }

    /// The credentials of a profile, which belong to whatever account they belong to.
    pub async fn of_profile(&self, profile: &str) -> Result<Self, Failure> {
        region_of_profile(profile).await?;
        let region = self.config.region().cloned();
        let provider = ProfileFileCredentialsProvider::builder()
            .configure(&ProviderConfig::without_region().with_region(region))
            .profile_name(profile)
            .build();
        Ok(self.with(SharedCredentialsProvider::new(provider)))
    }

    fn assumed(
        &self,
        call: &str,
        credentials: Option<&aws_sdk_sts::types::Credentials>,
        user: Option<&aws_sdk_sts::types::AssumedRoleUser>,
    ) -> Result<Assumed, Failure> {
        let (Some(credentials), Some(user)) = (credentials, user) else {
            return Err(Failure::new(
                call,
                FailureKind::Malformed,
                "the answer has no credentials",
            ));
        };
        let identity = identity_of(call, user.arn(), user.assumed_role_id())?;
        let credentials = Credentials::new(
            credentials.access_key_id(),
            credentials.secret_access_key(),
            Some(credentials.session_token().to_owned()),
            credentials.expiration().to_owned().try_into().ok(),
            "rolewalk",
        );
        let connection = self.with(SharedCredentialsProvider::new(credentials));
        Ok(Assumed { connection, identity })
    }

    fn with(&self, credentials: SharedCredentialsProvider) -> Self {
        let config = self
            .config
            .to_builder()
            .credentials_provider(credentials)
            .identity_cache(aws_config::identity::IdentityCache::lazy().build())
            .build();
        Self {
            config,
            counters: Arc::clone(&self.counters),
            retries: retries(),
            iam_pace: Arc::new(Pace::new(pace::IAM)),
            organizations_pace: Arc::clone(&self.organizations_pace),
        }
    }

    fn gate(&self, pace: Option<&Arc<Pace>>) -> OperationGate {
        OperationGate { counters: Arc::clone(&self.counters), pace: pace.map(Arc::clone) }
    }

    #[cfg(test)]
    pub(super) fn config(&self) -> &SdkConfig {
        &self.config
    }
}

/// A role's credentials, asked for again each time that somebody wants new ones.
struct Renewing {
    from: Connection,
    request: Assume,
    /// Those that were asked for at the beginning.
    first: Mutex<Option<SharedCredentialsProvider>>,
}

impl fmt::Debug for Renewing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Renewing")
    }
}

impl ProvideCredentials for Renewing {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let first = self.first.lock().unwrap_or_else(PoisonError::into_inner).take();
            let provider = match first {
                Some(first) => Some(first),
                None => {
                    let assumed = self.from.assume(&self.request).await;
                    let assumed = assumed.map_err(CredentialsError::provider_error)?;
                    assumed.connection.config.credentials_provider()
                }
            };
            let missing = || CredentialsError::unhandled("a session without credentials");
            provider.ok_or_else(missing)?.provide_credentials().await
        })
    }
}

fn identity_of(call: &str, arn: &str, user_id: &str) -> Result<Identity, Failure> {
    let malformed = |message: String| Failure::new(call, FailureKind::Malformed, message);
    let arn: Arn = arn.parse().map_err(|error| malformed(format!("{error}")))?;
    let account = arn.account().ok_or_else(|| malformed(format!("`{arn}` names no account")))?;
    Ok(Identity { account, arn, user_id: user_id.to_owned() })
}
