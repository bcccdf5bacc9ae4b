//! Requests: one at a time for each lane, paced, repeated where that helps.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{RequestBuilder, Response, StatusCode, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::watch;

use super::token::Access;
use crate::aws::{Failure, FailureKind, Pace, Traffic};

/// HCP Terraform takes thirty requests a second of one user, whatever the token; others of that
/// user shall have some of them.
const DISTANCE: Duration = Duration::from_millis(50);
const ATTEMPTS: u32 = 6;
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// However long the server asks to wait.
const LONGEST_RESET: Duration = Duration::from_mins(1);
const TIMEOUT: Duration = Duration::from_mins(1);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
const MEDIA_TYPE: &str = "application/vnd.api+json";

/// A page of a list. Some lists come whole, without `meta`.
#[derive(Debug, Deserialize)]
struct Page {
    data: Vec<Value>,
    meta: Option<Meta>,
}

/// The entries of a list.
#[derive(Debug)]
pub(super) struct List<T> {
    pub(super) entries: Vec<T>,
    /// Ids of those that could not be understood.
    pub(super) damaged: Vec<String>,
}

impl<T: DeserializeOwned> List<T> {
    fn add(&mut self, data: Vec<Value>, seen: &mut BTreeSet<String>) {
        for entry in data {
            let id = entry.get("id").and_then(Value::as_str).unwrap_or("an entry").to_owned();
            if !seen.insert(id.clone()) {
                continue;
            }
            match serde_json::from_value(entry) {
                Ok(entry) => self.entries.push(entry),
                Err(_) => self.damaged.push(id),
            }
        }
    }
}

#[derive(Debug, Deserialize)]
struct Meta {
    pagination: Option<Pagination>,
}

#[derive(Debug, Deserialize)]
struct Pagination {
    #[serde(rename = "next-page")]
    next: Option<u32>,
    #[serde(rename = "total-count")]
    total: Option<usize>,
}

#[derive(Debug, Deserialize)]
struct One<T> {
    data: T,
}

/// The client of one host.
pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    pace: Pace,
    cancel: watch::Receiver<bool>,
    sent: AtomicU64,
    retried: AtomicU64,
}

impl Client {
    pub(super) fn new(access: &Access, cancel: watch::Receiver<bool>) -> Result<Self, Failure> {
        let failed =
            |message: String| Failure::new("GET /api/v2", FailureKind::InvalidCredentials, message);
        let mut authorization = HeaderValue::from_str(&access.bearer()).map_err(|_| {
            failed("the token holds characters that no header can carry".to_owned())
        })?;
        authorization.set_sensitive(true);
        let headers = HeaderMap::from_iter([
            (AUTHORIZATION, authorization),
            (ACCEPT, HeaderValue::from_static(MEDIA_TYPE)),
        ]);
        let builder = reqwest::Client::builder();
        // Plain http is for this machine: a proxy would see the token.
        let plain = access.address.starts_with("http://");
        let builder = if plain { builder.no_proxy() } else { builder };
        let http = builder
            .default_headers(headers)
            .user_agent(concat!("rolewalk/", env!("CARGO_PKG_VERSION")))
            // Nobody else gets the token.
            .redirect(redirect::Policy::none())
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT)
            .build()
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            http,
            base: format!("{}/api/v2", access.address),
            pace: Pace::new(DISTANCE),
            cancel,
            sent: AtomicU64::new(0),
            retried: AtomicU64::new(0),
        })
    }

    pub(super) fn traffic(&self) -> Traffic {
        Traffic {
            requests: self.sent.load(Ordering::Relaxed),
            retries: self.retried.load(Ordering::Relaxed),
        }
    }

    /// Whether somebody wants to stop: what fails then says nothing of what there is.
    pub(super) fn stopped(&self) -> bool {
        *self.cancel.borrow()
    }

    /// One object. `call` names the kind of request, as people see it.
    pub(super) async fn one<T: DeserializeOwned>(
        &self,
        call: &str,
        path: &str,
    ) -> Result<T, Failure> {
        self.get::<One<T>>(call, path, &[]).await.map(|one| one.data)
    }

    /// All pages of a list, each entry once. Pages may shift while they are read; an entry that
    /// was missed for that shows in the count.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        call: &str,
        path: &str,
    ) -> Result<List<T>, Failure> {
        // Once more where something came or went between two pages.
        match self.all_pages(call, path).await {
            Ok((list, true)) => Ok(list),
            Ok((_, false)) => {
                let (list, whole) = self.all_pages(call, path).await?;
                let message = "there are fewer entries than the answer counts";
                whole
                    .then_some(list)
                    .ok_or_else(|| Failure::new(call, FailureKind::Malformed, message))
            }
            Err(failure) => Err(failure),
        }
    }

    /// All pages, and whether they hold as many entries as they count.
    async fn all_pages<T: DeserializeOwned>(
        &self,
        call: &str,
        path: &str,
    ) -> Result<(List<T>, bool), Failure> {
        let malformed = |message: &str| Failure::new(call, FailureKind::Malformed, message);
        let mut list = List { entries: Vec::new(), damaged: Vec::new() };
        let mut seen = BTreeSet::new();
        let mut number = 1;
        loop {
            let text = number.to_string();
            let query = [("page[size]", "100"), ("page[number]", text.as_str())];
            let page: Page = self.get(call, path, &query).await?;
            list.add(page.data, &mut seen);
            let pagination = page
                .meta
                .and_then(|meta| meta.pagination)
                .ok_or_else(|| malformed("a page does not say whether there is another"))?;
            match pagination.next {
                None => {
                    let whole = pagination.total.is_none_or(|total| seen.len() >= total);
                    return Ok((list, whole));
                }
                Some(next) if next <= number => {
                    return Err(malformed("a page names an earlier one as the next"));
                }
                Some(next) => number = next,
            }
        }
    }

    /// A list that always comes whole.
    pub(super) async fn whole<T: DeserializeOwned>(
        &self,
        call: &str,
        path: &str,
    ) -> Result<List<T>, Failure> {
        let page: Page = self.get(call, path, &[]).await?;
        if page.meta.and_then(|meta| meta.pagination).is_some_and(|it| it.next.is_some()) {
            let message = "a list that comes whole names another page";
            return Err(Failure::new(call, FailureKind::Malformed, message));
        }
        let mut list = List { entries: Vec::new(), damaged: Vec::new() };
        list.add(page.data, &mut BTreeSet::new());
        Ok(list)
    }

    /// Waits, but not after somebody wants to stop.
    async fn unless_stopped<T>(
        &self,
        call: &str,
        wait: impl Future<Output = T>,
    ) -> Result<T, Failure> {
        let mut cancel = self.cancel.clone();
        let stopped = async move {
            // Where nobody can stop, nobody does.
            if cancel.wait_for(|stop| *stop).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            done = wait => Ok(done),
            () = stopped => Err(Failure::new(call, FailureKind::Failed, "interrupted")),
        }
    }

    async fn get<T: DeserializeOwned>(
        &self,
        call: &str,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T, Failure> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            self.unless_stopped(call, self.pace.turn()).await?;
            self.sent.fetch_add(1, Ordering::Relaxed);
            let request = self.http.get(format!("{}{path}", self.base)).query(query);
            let answer = self.unless_stopped(call, answered(call, request)).await?;
            let (failure, wait) = match answer {
                Ok(body) => {
                    if attempt == 1 {
                        self.pace.speed_up();
                    }
                    return serde_json::from_slice(&body).map_err(|error| {
                        // The parser's own message may quote a value.
                        let place = format!("line {}, column {}", error.line(), error.column());
                        let message = format!("the answer could not be understood ({place})");
                        Failure::new(call, FailureKind::Malformed, message)
                    });
                }
                Err(refused) => refused,
            };
            let again = matches!(failure.kind, FailureKind::Throttled | FailureKind::Unreachable);
            if !again || attempt >= ATTEMPTS {
                return Err(failure);
            }
            self.retried.fetch_add(1, Ordering::Relaxed);
            self.pace.slow_down();
            self.unless_stopped(call, tokio::time::sleep(wait.unwrap_or(pause))).await?;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        Err(Failure::new(call, FailureKind::Failed, "it was not tried"))
    }
}

/// The body of an answer; else the failure, and how long the server asks to wait.
async fn answered(
    call: &str,
    request: RequestBuilder,
) -> Result<Vec<u8>, (Failure, Option<Duration>)> {
    let lost = |error: reqwest::Error| (unreachable(call, &error), None);
    let response = request.send().await.map_err(lost)?;
    if !response.status().is_success() {
        return Err((refused(call, &response), asked_to_wait(&response)));
    }
    Ok(response.bytes().await.map_err(lost)?.to_vec())
}

/// Seconds, maybe with a fraction, until requests are taken again.
fn asked_to_wait(response: &Response) -> Option<Duration> {
    let header = ["x-ratelimit-reset", "retry-after"]
        .into_iter()
        .find_map(|name| response.headers().get(name))?;
    let seconds: f64 = header.to_str().ok()?.trim().parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok().map(|wait| wait.min(LONGEST_RESET))
}

fn refused(call: &str, response: &Response) -> Failure {
    let status = response.status();
    let (kind, message) = match status {
        StatusCode::UNAUTHORIZED => {
            (FailureKind::ExpiredCredentials, "the token is missing, wrong or expired".to_owned())
        }
        // What may not be seen is answered as what is not there.
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            (FailureKind::Denied, "not found, or not permitted to this token".to_owned())
        }
        StatusCode::TOO_MANY_REQUESTS => (FailureKind::Throttled, "too many requests".to_owned()),
        status if status.is_server_error() => {
            (FailureKind::Unreachable, format!("the server answered with status {status}"))
        }
        status if status.is_redirection() => (
            FailureKind::Failed,
            format!("the server points elsewhere (status {status}), which is not followed"),
        ),
        status => (FailureKind::Failed, format!("the server answered with status {status}")),
    };
    let mut failure = Failure::new(call, kind, message);
    failure.code = Some(status.as_u16().to_string());
    failure
}

fn unreachable(call: &str, error: &reqwest::Error) -> Failure {
    let mut text = String::new();
    let mut cause: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.contains(&part) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&part);
        }
        cause = error.source();
    }
    Failure::new(call, FailureKind::Unreachable, text)
}
