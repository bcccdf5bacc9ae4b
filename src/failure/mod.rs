//! Failure messages of assume calls: pasted text in, what it says out.
//!
//! The catalogue is data (`assets/failures.toml`): wordings, what they mean, what causes them,
//! and how tools wrap them. This room reads text and nothing else; whether the named roles
//! exist, and which policy it was, others find out.
//!
//! Nothing that comes out of here holds a secret: they are taken out of the text before it is
//! read.

mod catalogue;
mod context;
mod find;
mod secrets;
mod source;
mod structured;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use serde::{Deserialize, Serialize};

pub use catalogue::{Entry, entries};
pub use context::Context;
pub use secrets::redact;
pub use source::readable;

use source::Source;

use crate::arn::{AccountId, Arn, PrincipalName};

/// The tool whose output a failure was found in, the outermost that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// The AWS command line interface, and what is built on the same Python library.
    AwsCli,
    /// The SDK for Go, version 2.
    SdkGoV2,
    /// The SDK for Go, version 1.
    SdkGoV1,
    /// The SDKs for Java and Kotlin.
    SdkJava,
    /// The SDK for JavaScript.
    SdkJavascript,
    /// The SDK for Rust.
    SdkRust,
    /// An answer of STS as it came over the wire.
    Xml,
    /// A record of CloudTrail.
    Cloudtrail,
    /// The action that signs GitHub's jobs in to AWS.
    GithubActions,
    /// Terraform, HCP Terraform included.
    Terraform,
    /// Snowflake.
    Snowflake,
}

/// The kind of policy or check that a failure names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// STS itself: the call, the token, the session's length.
    Sts,
    /// The OIDC or SAML provider of the role's account.
    Provider,
    /// The role's trust policy.
    Trust,
    /// The caller's identity policies.
    Identity,
    /// The caller's permissions boundary.
    Boundary,
    /// The caller's session policy.
    Session,
    /// A service control policy.
    Scp,
    /// A resource control policy.
    Rcp,
    /// The policy of a VPC endpoint.
    Endpoint,
}

/// A principal or role as a message names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// By a whole ARN.
    Arn(Arn),
    /// By text that is no ARN: masked by a log viewer (`***`), `anonymous`, or misspelt.
    Text(String),
}

impl Named {
    fn new(text: &str) -> Self {
        // A colon stays when the ARN would be cut short otherwise; names never end in these.
        let text = text.trim_matches(|char: char| {
            char.is_whitespace()
                || matches!(char, '.' | ',' | ';' | ':' | ')' | '(' | '"' | '\'' | '`' | '\\')
        });
        text.parse().map_or_else(|_| Self::Text(text.to_owned()), Self::Arn)
    }

    /// The text, masks included.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Arn(arn) => arn.as_str(),
            Self::Text(text) => text,
        }
    }

    /// The ARN, if nothing is masked.
    pub fn arn(&self) -> Option<&Arn> {
        match self {
            Self::Arn(arn) => Some(arn),
            Self::Text(_) => None,
        }
    }
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Named {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Where [`ParsedFailure::target`] comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TargetSource {
    /// The message itself.
    Message,
    /// The role that Terraform says it is configured with.
    Configured,
    /// The request in a CloudTrail record.
    Record,
    /// A variable or input that stands beside the message.
    Surroundings,
}

/// The account and name of a role of which a session's ARN tells; its path is lost there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RoleName {
    /// The account.
    pub account: AccountId,
    /// The name without path.
    pub name: String,
}

/// One failure as a text tells it. What the text does not tell is `None`.
#[derive(Debug, Clone, Serialize)]
pub struct ParsedFailure {
    /// The catalogue's id: `E12`, `T1`, … or `unknown`.
    pub id: String,
    /// Whether this is the innermost error of STS, the one to explain. One of a text's
    /// failures is, and it comes first.
    pub primary: bool,
    /// The outermost tool that was recognised.
    pub tool: Option<Tool>,
    /// The wrappings from the outside in: `T1`, `W9`, `W2`, ...
    pub wrappers: Vec<String>,
    /// The error code. A trailing `Exception` is dropped, but for `ExpiredTokenException`,
    /// which is another error than `ExpiredToken`.
    pub code: Option<String>,
    /// The operation that was called, e.g. `AssumeRole`.
    pub operation: Option<String>,
    /// The HTTP status.
    pub http_status: Option<u16>,
    /// The request's id.
    pub request_id: Option<String>,
    /// The action that was refused, e.g. `sts:TagSession`.
    pub action: Option<String>,
    /// Who called.
    pub caller: Option<Named>,
    /// The role behind a caller that is a role session.
    pub caller_role: Option<RoleName>,
    /// The role of the call that was refused: the message's resource where it differs from
    /// Terraform's configured role.
    pub target: Option<Named>,
    /// Where `target` comes from.
    pub target_from: Option<TargetSource>,
    /// The resource of the message. Where it differs from `configured_role`, an earlier hop
    /// failed.
    pub resource: Option<Named>,
    /// The resource as it would be if the line that ends with it was broken within its name.
    pub resource_joined: Option<Named>,
    /// The role that Terraform is configured with.
    pub configured_role: Option<Named>,
    /// The token's issuer, as printed.
    pub issuer: Option<String>,
    /// The token's subject, where a record tells it.
    pub subject: Option<String>,
    /// The kind of policy or check that the message names.
    pub layer: Option<Layer>,
    /// Whether the message speaks of an explicit deny.
    pub explicit: Option<bool>,
    /// Whether AWS prints the same text for an implicit deny.
    pub may_be_implicit: bool,
    /// The policy that the message names.
    pub policy_arn: Option<Named>,
    /// What else the message tells: `percent`, `account`, `field`, `claim`, `age`, …
    pub details: BTreeMap<String, String>,
    /// The message, without secrets, shortened if it is long.
    pub message: String,
    /// What it means, from the catalogue.
    pub entry: &'static Entry,
    /// What stands around it: workspace, phase, variables.
    pub context: Context,
    /// How often the text repeats it.
    pub times: usize,
    /// Where it stands in the text as given, in bytes.
    pub span: Range<usize>,
}

impl ParsedFailure {
    fn new(entry: &'static Entry) -> Self {
        let action = entry.action.clone();
        Self {
            id: entry.id.clone(),
            primary: false,
            tool: None,
            wrappers: Vec::new(),
            code: None,
            operation: None,
            http_status: None,
            request_id: None,
            action,
            caller: None,
            caller_role: None,
            target: None,
            target_from: None,
            resource: None,
            resource_joined: None,
            configured_role: None,
            issuer: None,
            subject: None,
            layer: entry.layer,
            explicit: entry.explicit,
            may_be_implicit: entry.may_be_implicit,
            policy_arn: None,
            details: BTreeMap::new(),
            message: String::new(),
            entry,
            context: Context::default(),
            times: 1,
            span: 0..0,
        }
    }

    /// Fills what follows from the rest.
    fn complete(&mut self, context: &Context) {
        self.context = context.clone();
        if self.code.is_none()
            && let [only] = self.entry.codes.as_slice()
        {
            self.code = Some(only.clone());
        }
        if self.action.is_none()
            && let Some(operation) = &self.operation
            && operation.starts_with("Assume")
        {
            self.action = Some(format!("sts:{operation}"));
        }
        self.caller_role = self.caller.as_ref().and_then(Named::arn).and_then(role_of);
        if self.resource_joined.is_some() && self.resource_joined == self.configured_role {
            self.resource = self.resource_joined.take();
        }
        self.aim(context);
    }

    fn aim(&mut self, context: &Context) {
        let surroundings = || {
            let web = self.action.as_deref() == Some("sts:AssumeRoleWithWebIdentity");
            web.then(|| context.role()).flatten().map(Named::new)
        };
        let refused = self.resource.as_ref().filter(|resource| {
            resource.arn().is_some()
                && self.configured_role.as_ref().is_some_and(|role| role != *resource)
        });
        let found = if let Some(resource) = refused {
            Some((resource.clone(), TargetSource::Message))
        } else if let Some(role) = &self.configured_role {
            Some((role.clone(), TargetSource::Configured))
        } else if let Some(target) = &self.target {
            Some((target.clone(), TargetSource::Record))
        } else if let Some(resource) = &self.resource {
            Some((resource.clone(), TargetSource::Message))
        } else {
            surroundings().map(|role| (role, TargetSource::Surroundings))
        };
        (self.target, self.target_from) = found.unzip();
    }

    /// Whether `other` tells the same; request ids and places aside.
    fn repeats(&self, other: &Self) -> bool {
        let roles = self.configured_role == other.configured_role
            || self.configured_role.is_none()
            || other.configured_role.is_none();
        roles
            && self.id == other.id
            && self.code == other.code
            && self.action == other.action
            && self.caller == other.caller
            && self.resource == other.resource
            && self.issuer == other.issuer
            && self.subject == other.subject
            && self.policy_arn == other.policy_arn
            && self.message == other.message
    }
}

fn role_of(arn: &Arn) -> Option<RoleName> {
    match arn.principal()? {
        PrincipalName::Session { account, role, .. } => {
            Some(RoleName { account, name: role.to_owned() })
        }
        _ => None,
    }
}

/// What Terraform's frame counts for in how much was recognised, in bytes.
const FRAME: usize = 40;
/// By how much one reading has to recognise more than another for it to count, in bytes: marks
/// beside a name are no wording.
const SURE: usize = 8;

/// Reads lines joined at words; if a terminal cut them elsewhere, the reading that recognises
/// more of the text counts.
fn find_joined(lines: &Source) -> Vec<ParsedFailure> {
    let plain = find::find(&lines.clone().join());
    if let Some(columns) = lines.columns() {
        let cut = find::find(&lines.clone().join_cut_at(columns));
        if recognised(&cut) > recognised(&plain) {
            return cut;
        }
    }
    // Where only a part may be cut, names do not count: the next line of a log makes any longer.
    let mut best = plain;
    for columns in lines.possible_columns() {
        let cut = find::find(&lines.clone().join_cut_at(columns));
        // Open ends of a wording take in the next line, too, so longer alone says nothing.
        if kinds(&cut) != kinds(&best) && wording(&cut) > wording(&best) + SURE {
            best = cut;
        }
    }
    best
}

/// What was recognised, and whether Terraform's frame belongs to it.
fn kinds(found: &[ParsedFailure]) -> Vec<(&str, bool)> {
    found.iter().map(|failure| (&*failure.id, failure.configured_role.is_some())).collect()
}

/// How much of the text was recognised, in bytes.
fn recognised(found: &[ParsedFailure]) -> usize {
    let known = found.iter().filter(|failure| failure.id != "unknown");
    known.flat_map(|failure| failure.message.split_whitespace()).map(str::len).sum()
}

/// How much of it is wording of AWS and of Terraform's frame around it, the names left out.
fn wording(found: &[ParsedFailure]) -> usize {
    let of = |failure: &ParsedFailure| {
        let names = [&failure.caller, &failure.resource, &failure.policy_arn];
        let names: usize = names.into_iter().flatten().map(|name| name.as_str().len()).sum();
        let framed = if failure.configured_role.is_some() { FRAME } else { 0 };
        recognised(std::slice::from_ref(failure)).saturating_sub(names) + framed
    };
    found.iter().filter(|failure| failure.id.starts_with('E')).map(of).sum()
}

/// Every failure that `text` tells of, the innermost error of STS first, the others in the
/// text's order, each once.
///
/// `text` may be anything: a message, the log of a run, a CloudTrail record. Text without a
/// failure gives an empty list. This never fails.
pub fn parse(text: &str) -> Vec<ParsedFailure> {
    let (rest, mut failures, mut context) = structured::take(text);
    let lines = rest.clean();
    context.add(&Context::read(lines.text()));
    failures.extend(find_joined(&lines));
    failures.sort_by_key(|failure| failure.span.start);
    let mut distinct: Vec<ParsedFailure> = Vec::new();
    for mut failure in failures {
        failure.complete(&context);
        match distinct.iter_mut().find(|known| known.repeats(&failure)) {
            Some(known) => {
                known.times += 1;
                if known.configured_role.is_none() && failure.configured_role.is_some() {
                    let times = known.times;
                    *known = ParsedFailure { times, ..failure };
                }
            }
            None => distinct.push(failure),
        }
    }
    let innermost = |wanted: fn(&ParsedFailure) -> bool| {
        distinct.iter().position(|failure| failure.primary && wanted(failure))
    };
    let first = innermost(|failure| failure.id.starts_with('E'))
        .or_else(|| innermost(|failure| failure.id == "unknown"))
        .unwrap_or(0);
    for failure in &mut distinct {
        failure.primary = false;
    }
    if first < distinct.len() {
        let mut primary = distinct.remove(first);
        primary.primary = true;
        distinct.insert(0, primary);
    }
    distinct
}
