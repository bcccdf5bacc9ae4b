//! The two gates that every request passes: by the SDK's name for it, and by what is about to
//! go over the wire.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeSerializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
    FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use percent_encoding::percent_decode_str;
use thiserror::Error;

use super::operations::{Operation, Service, allowed};
use super::pace::Pace;

/// A request that was stopped before it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refused {
    /// The operation is not in the table.
    #[error("`{service}:{operation}` is not among the operations that rolewalk sends")]
    Operation {
        /// The service as it was named.
        service: String,
        /// The operation.
        operation: String,
    },
    /// The request does not say, or says in more than one way, what it does.
    #[error("a request was not sent because its operation could not be told: {0}")]
    Unclear(&'static str),
}

/// What went through the gates.
#[derive(Debug, Default)]
pub(super) struct Counters {
    pub(super) sent: AtomicU64,
    pub(super) retried: AtomicU64,
}

/// The first gate: an interceptor of every client.
#[derive(Debug)]
pub(super) struct OperationGate {
    pub(super) counters: Arc<Counters>,
    /// What an answer speeds up and a repetition slows down.
    pub(super) pace: Option<Arc<Pace>>,
}

impl Intercept for OperationGate {
    fn name(&self) -> &'static str {
        "OperationGate"
    }

    // The earliest hook at which the operation is known to an interceptor of a client.
    fn read_before_serialization(
        &self,
        _context: &BeforeSerializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(metadata) = bag.load::<Metadata>() else {
            return Err(Refused::Unclear("the client names none").into());
        };
        let known = Service::named(metadata.service())
            .and_then(|service| allowed(service, metadata.name()));
        match known {
            Some(_) => Ok(()),
            None => Err(Refused::Operation {
                service: metadata.service().to_lowercase(),
                operation: metadata.name().to_owned(),
            }
            .into()),
        }
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if bag.load::<RequestAttempts>().is_some_and(|attempts| attempts.attempts() > 1) {
            self.counters.retried.fetch_add(1, Ordering::Relaxed);
            if let Some(pace) = &self.pace {
                pace.slow_down();
            }
        }
        Ok(())
    }

    fn read_after_execution(
        &self,
        _context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let repeated = bag.load::<RequestAttempts>().is_some_and(|it| it.attempts() > 1);
        if let Some(pace) = self.pace.as_ref().filter(|_| !repeated) {
            pace.speed_up();
        }
        Ok(())
    }
}

/// The second gate: the HTTP client that all of our clients share. It is built as the SDK's own
/// default (rustls, proxies from the environment), and it reads every request before that sees it.
pub(super) struct WireGate {
    counters: Arc<Counters>,
    connectors: Mutex<Vec<(Timeouts, SharedHttpConnector)>>,
}

type Timeouts = (Option<std::time::Duration>, Option<std::time::Duration>);

impl WireGate {
    pub(super) fn new(counters: Arc<Counters>) -> Self {
        Self { counters, connectors: Mutex::default() }
    }
}

impl fmt::Debug for WireGate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WireGate")
    }
}

impl HttpClient for WireGate {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let timeouts = (settings.connect_timeout(), settings.read_timeout());
        let mut connectors = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connector)) = connectors.iter().find(|(known, _)| *known == timeouts) {
            return connector.clone();
        }
        let mut builder = aws_smithy_http_client::Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .proxy_config(ProxyConfig::from_env())
            .connector_settings(settings.clone());
        builder.set_sleep_impl(components.sleep_impl());
        let connector = SharedHttpConnector::new(GuardedConnector {
            counters: Arc::clone(&self.counters),
            inner: SharedHttpConnector::new(builder.build()),
        });
        connectors.push((timeouts, connector.clone()));
        connector
    }
}

struct GuardedConnector {
    counters: Arc<Counters>,
    inner: SharedHttpConnector,
}

impl fmt::Debug for GuardedConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GuardedConnector")
    }
}

impl HttpConnector for GuardedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match operation_of(&request) {
            Ok(_) => {
                self.counters.sent.fetch_add(1, Ordering::Relaxed);
                self.inner.call(request)
            }
            Err(refused) => HttpConnectorFuture::ready(Err(ConnectorError::user(refused.into()))),
        }
    }
}

/// What the request does, read from the request alone.
///
/// Organizations takes JSON and the operation from a header; IAM and STS take a form with the
/// operation in `Action`. The service is the one that the request is signed for: AWS accepts it
/// nowhere else, whatever host it is sent to. Only AssumeRoleWithWebIdentity goes unsigned.
pub(super) fn operation_of(request: &HttpRequest) -> Result<&'static Operation, Refused> {
    let signed_for = request.headers().get("authorization").map(signing_name).transpose()?;
    if request.method() != "POST" || request.uri().contains('?') {
        return Err(Refused::Unclear("not a POST without query string"));
    }
    let (service, name) = match request.headers().get("x-amz-target") {
        Some(target) => {
            let name = target
                .strip_prefix("AWSOrganizationsV20161128.")
                .ok_or(Refused::Unclear("the target is not Organizations"))?;
            (Service::Organizations, name.to_owned())
        }
        None => form_action(request)?,
    };
    let operation = allowed(service, &name).ok_or_else(|| Refused::Operation {
        service: service.as_str().to_owned(),
        operation: name.clone(),
    })?;
    match signed_for {
        Some(scope) if scope == service.as_str() => Ok(operation),
        None if name == "AssumeRoleWithWebIdentity" => Ok(operation),
        Some(_) => Err(Refused::Unclear("signed for another service")),
        None => Err(Refused::Unclear("not signed")),
    }
}

/// The service in the credential scope of a Signature Version 4 header.
fn signing_name(authorization: &str) -> Result<&str, Refused> {
    let unclear = Refused::Unclear("the signature has no scope");
    let (_, rest) = authorization.split_once("Credential=").ok_or_else(|| unclear.clone())?;
    let scope = rest.split([',', ' ']).next().unwrap_or_default();
    scope.split('/').nth(3).ok_or(unclear)
}

fn form_action(request: &HttpRequest) -> Result<(Service, String), Refused> {
    let body = request
        .body()
        .bytes()
        .and_then(|bytes| std::str::from_utf8(bytes).ok())
        .ok_or(Refused::Unclear("no form in the body"))?;
    let only = |wanted: &str| {
        let mut values = body
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .filter(|(key, _)| percent_decode_str(key).decode_utf8_lossy() == wanted)
            .map(|(_, value)| percent_decode_str(value).decode_utf8_lossy().into_owned());
        values.next().filter(|_| values.next().is_none())
    };
    let name = only("Action").ok_or(Refused::Unclear("not exactly one `Action`"))?;
    // The API versions tell the two form services apart without trusting the host.
    let service = match only("Version").as_deref() {
        Some("2010-05-08") => Service::Iam,
        Some("2011-06-15") => Service::Sts,
        _ => return Err(Refused::Unclear("an API version of neither IAM nor STS")),
    };
    Ok((service, name))
}
