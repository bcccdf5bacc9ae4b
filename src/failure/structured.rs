//! Failures inside JSON: records of CloudTrail, log lines of Terraform.

use std::ops::Range;

use serde_json::Value;

use super::source::Source;
use super::{Context, Named, ParsedFailure, Tool, find, redact};

/// How deep a record may lie inside other objects.
const DEPTH: usize = 16;

/// Takes the JSON out of `text` that tells of failures; what is left is read as text.
pub(super) fn take(text: &str) -> (Source, Vec<ParsedFailure>, Context) {
    let mut failures = Vec::new();
    let mut context = Context::default();
    let mut taken = Vec::new();
    let mut done = 0;
    for start in starts(text) {
        if start < done {
            continue;
        }
        let rest = text.get(start..).unwrap_or_default();
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        let Some(Ok(value)) = stream.next() else { continue };
        let span = start..start + stream.byte_offset();
        done = span.end;
        let mut found = Found { failures: Vec::new(), understood: false };
        found.walk(&value, DEPTH);
        if found.understood {
            context.add(&Context::read(&redact(text.get(span.clone()).unwrap_or_default())));
            for mut failure in found.failures {
                failure.span = span.clone();
                failures.push(failure);
            }
            taken.push(span);
        }
    }
    (without(text, &taken), failures, context)
}

/// Where a JSON object may begin: the first brace of each line, or a bracket that opens it.
fn starts(text: &str) -> impl Iterator<Item = usize> {
    let mut line_start = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let at = line_start;
        line_start += line.len();
        let brace = line.find('{')?;
        let bracket = line.find('[').filter(|bracket| {
            line.get(*bracket + 1..brace).is_some_and(|between| between.trim().is_empty())
        });
        Some(at + bracket.unwrap_or(brace))
    })
}

fn without(text: &str, taken: &[Range<usize>]) -> Source {
    let edits: Vec<_> = taken.iter().map(|span| (span.clone(), "\n\n".to_owned())).collect();
    Source::new(text).apply(&edits)
}

struct Found {
    failures: Vec<ParsedFailure>,
    understood: bool,
}

impl Found {
    fn walk(&mut self, value: &Value, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else { return };
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.walk(item, depth)),
            Value::Object(_) => {
                if text_at(value, "/eventSource").is_some() {
                    self.understood = true;
                    self.failures.extend(record(value));
                } else if text_at(value, "/@level").is_some() {
                    self.understood = true;
                    self.failures.extend(log_line(value));
                } else if let Some(inner) = text_at(value, "/CloudTrailEvent") {
                    // `lookup-events` gives each record as a string.
                    if let Ok(inner) = serde_json::from_str(inner) {
                        self.walk(&inner, depth);
                    }
                } else if let Value::Object(members) = value {
                    members.values().for_each(|member| self.walk(member, depth));
                }
            }
            _ => {}
        }
    }
}

fn text_at<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// A record of CloudTrail, if it tells of a failed call of STS.
fn record(event: &Value) -> Option<ParsedFailure> {
    let clean = |pointer: &str| text_at(event, pointer).map(|text| redact(text).into_owned());
    let named = |pointer: &str| clean(pointer).map(|text| Named::new(&text));
    if text_at(event, "/eventSource") != Some("sts.amazonaws.com") {
        return None;
    }
    let code = clean("/errorCode")?;
    let operation = clean("/eventName");
    let message = clean("/errorMessage").unwrap_or_default();
    let mut failure = find::classify(&code, operation.as_deref(), &message);
    failure.primary = true;
    failure.tool = Some(Tool::Cloudtrail);
    failure.wrappers = vec!["W8".to_owned()];
    failure.code = Some(find::plain_code(&code).to_owned());
    failure.operation = operation;
    failure.request_id = clean("/requestID");
    failure.target = named("/requestParameters/roleArn");
    if text_at(event, "/userIdentity/type") == Some("WebIdentityUser") {
        failure.subject = clean("/userIdentity/userName");
        let provider = clean("/userIdentity/identityProvider");
        failure.issuer = failure.issuer.or_else(|| {
            provider.map(|text| match text.split_once(":oidc-provider/") {
                Some((_, url)) => url.to_owned(),
                None => text,
            })
        });
    } else {
        failure.caller = named("/userIdentity/arn")
            .or(failure.caller)
            .or_else(|| named("/userIdentity/invokedBy"))
            .or_else(|| named("/userIdentity/principalId"));
    }
    for (name, pointer) in [
        ("account", "/recipientAccountId"),
        ("event_time", "/eventTime"),
        ("region", "/awsRegion"),
        ("source_ip", "/sourceIPAddress"),
        ("session_name", "/requestParameters/roleSessionName"),
    ] {
        if let Some(value) = clean(pointer) {
            failure.details.entry(name.to_owned()).or_insert(value);
        }
    }
    Some(failure)
}

/// A line of Terraform's machine-readable log.
fn log_line(line: &Value) -> Vec<ParsedFailure> {
    let part = |pointer: &str| text_at(line, pointer).unwrap_or_default();
    let text = match line.get("diagnostic") {
        Some(_) => {
            format!("Error: {}\n\n{}", part("/diagnostic/summary"), part("/diagnostic/detail"))
        }
        None => part("/@message").to_owned(),
    };
    let mut failures = find::find(&Source::new(&text).clean().join());
    for failure in &mut failures {
        failure.tool = Some(Tool::Terraform);
    }
    failures
}
