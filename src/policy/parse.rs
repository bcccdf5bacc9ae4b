//! From text to [`Document`].

use thiserror::Error;

use crate::arn::glob::Glob;
use crate::arn::{Arn, PrincipalName};

use super::document::{
    ActionElement, Condition, Document, Effect, PrincipalElement, PrincipalEntry, ResourceElement,
    Statement, Version,
};
use super::json::Json;
use super::operator::Operator;
use super::template::Template;

/// Why a text is no policy document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseError {
    /// Not JSON.
    #[error("line {line}, column {column}: not JSON: {message}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What the parser expected.
        message: String,
    },
    /// JSON, but no policy.
    #[error("not a policy document: {0}")]
    Shape(String),
}

impl Document {
    /// Reads a document (rule S2). Statements with a part that can't be read are kept, marked.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let json: Json = serde_json::from_str(text).map_err(|error| {
            let message = error.to_string();
            ParseError::Json {
                line: error.line(),
                column: error.column(),
                message: message.split(" at line ").next().unwrap_or(&message).to_owned(),
            }
        })?;
        let shape = |message: &str| ParseError::Shape(message.to_owned());
        let Json::Object(entries) = json else {
            return Err(shape("an object is expected"));
        };
        let mut version = Some(Version::V2008);
        let mut statements = None;
        let mut problems = Vec::new();
        for (name, value) in &entries {
            match name.as_str() {
                "Version" if entries.iter().filter(|(name, _)| name == "Version").count() > 1 => {
                    version = None;
                    problems.push("its `Version` stands in it twice".to_owned());
                }
                "Version" => match value {
                    Json::String(text) if text == "2012-10-17" => version = Some(Version::V2012),
                    Json::String(text) if text == "2008-10-17" => version = Some(Version::V2008),
                    _ => {
                        version = None;
                        problems
                            .push("its `Version` is neither 2012-10-17 nor 2008-10-17".to_owned());
                    }
                },
                "Id" => {}
                "Statement" if statements.is_some() => {
                    return Err(shape("`Statement` stands in it twice"));
                }
                "Statement" => statements = Some(value.items()),
                other => problems.push(format!("`{other}` is no element of a policy")),
            }
        }
        let statements = statements.ok_or_else(|| shape("`Statement` is missing"))?;
        let statements =
            statements.iter().map(|value| statement(value, version, &problems)).collect();
        Ok(Self { version: version.unwrap_or(Version::V2008), statements })
    }
}

/// Without a version that is known, what looks like a variable can't be read.
fn template(text: &str, version: Option<Version>, problems: &mut Vec<String>) -> Option<Template> {
    if version.is_none() && text.contains("${") {
        problems.push(format!("whether `{text}` holds a variable depends on the version"));
        return None;
    }
    Template::parse(text, version == Some(Version::V2012))
        .map_err(|problem| problems.push(problem))
        .ok()
}

/// A part with something in it that can't be read is left out as a whole: what is left of it
/// must not make the statement fail, nor match.
fn statement(value: &Json, version: Option<Version>, problems: &[String]) -> Statement {
    let mut found = Statement {
        sid: None,
        effect: None,
        principal: None,
        action: ActionElement::new(true, Vec::new()),
        resource: None,
        conditions: Vec::new(),
        problems: problems.to_vec(),
    };
    let Json::Object(entries) = value else {
        found.problems.push("a statement is an object".to_owned());
        return found;
    };
    let mut has_action = false;
    for (name, value) in entries {
        let part = name.strip_prefix("Not").unwrap_or(name);
        let beside = entries
            .iter()
            .filter(|(other, _)| other.strip_prefix("Not").unwrap_or(other) == part)
            .count();
        if beside > 1 {
            found.problems.push(format!("`{name}` stands beside another `{part}`"));
            has_action |= part == "Action";
            continue;
        }
        let negated = part != name;
        let before = found.problems.len();
        match name.as_str() {
            "Sid" => found.sid = value.scalar(),
            "Effect" => {
                found.effect = match value {
                    Json::String(text) if text == "Allow" => Some(Effect::Allow),
                    Json::String(text) if text == "Deny" => Some(Effect::Deny),
                    _ => None,
                };
            }
            "Action" | "NotAction" => {
                has_action = true;
                let action = read_action(value, negated, &mut found.problems);
                if found.problems.len() == before {
                    found.action = action;
                }
            }
            "Resource" | "NotResource" => {
                let resource = read_resource(value, negated, version, &mut found.problems);
                found.resource = (found.problems.len() == before).then_some(resource);
            }
            "Principal" | "NotPrincipal" => {
                let principal = read_principal(value, negated, &mut found.problems);
                found.principal = (found.problems.len() == before).then_some(principal);
            }
            "Condition" => read_conditions(value, version, &mut found),
            other => found.problems.push(format!("`{other}` is no element of a statement")),
        }
    }
    if found.effect.is_none() {
        found.problems.push("its `Effect` is neither Allow nor Deny".to_owned());
    }
    if !has_action {
        found.problems.push("it has no `Action`".to_owned());
    }
    found
}

fn strings(value: &Json, element: &str, problems: &mut Vec<String>) -> Vec<String> {
    let mut found = Vec::new();
    for item in value.items() {
        match item {
            Json::String(text) => found.push(text.clone()),
            _ => problems.push(format!("`{element}` holds something that is no string")),
        }
    }
    found
}

fn read_action(value: &Json, negated: bool, problems: &mut Vec<String>) -> ActionElement {
    let patterns = strings(value, "Action", problems)
        .into_iter()
        .map(|text| (text.clone(), Glob::new(&text)))
        .collect();
    ActionElement::new(negated, patterns)
}

fn read_resource(
    value: &Json,
    negated: bool,
    version: Option<Version>,
    problems: &mut Vec<String>,
) -> ResourceElement {
    let mut patterns = Vec::new();
    for text in strings(value, "Resource", problems) {
        patterns.extend(template(&text, version, problems));
    }
    ResourceElement { negated, patterns }
}

fn read_principal(value: &Json, negated: bool, problems: &mut Vec<String>) -> PrincipalElement {
    let mut entries = Vec::new();
    match value {
        Json::String(text) if text == "*" => entries.push(PrincipalEntry::Everyone),
        Json::Object(kinds) => {
            for (kind, value) in kinds {
                for text in strings(value, kind, problems) {
                    match kind.as_str() {
                        "AWS" => entries.push(aws_principal(text)),
                        "Service" => entries.push(PrincipalEntry::Service(text)),
                        "Federated" => entries.push(PrincipalEntry::Federated(text)),
                        "CanonicalUser" => entries.push(PrincipalEntry::CanonicalUser(text)),
                        other => problems.push(format!("`{other}` is no kind of principal")),
                    }
                }
            }
        }
        _ => problems.push("`Principal` is neither `\"*\"` nor an object".to_owned()),
    }
    PrincipalElement { negated, entries }
}

fn aws_principal(text: String) -> PrincipalEntry {
    if text == "*" {
        return PrincipalEntry::EveryAwsPrincipal;
    }
    if let Ok(account) = text.parse() {
        return PrincipalEntry::Account { partition: None, account };
    }
    // Unique ids are four letters of kind and then capitals and digits.
    let is_id = ["AIDA", "AROA", "AGPA"].iter().any(|kind| text.starts_with(kind))
        && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if is_id {
        return PrincipalEntry::UniqueId(text);
    }
    match text.parse::<Arn>() {
        Ok(arn) => match arn.principal() {
            Some(PrincipalName::Account(account)) => {
                PrincipalEntry::Account { partition: Some(arn.partition()), account }
            }
            _ if text.contains(['*', '?']) => PrincipalEntry::Invalid(text),
            _ => PrincipalEntry::Arn(arn),
        },
        Err(_) => PrincipalEntry::Invalid(text),
    }
}

fn read_conditions(value: &Json, version: Option<Version>, found: &mut Statement) {
    let Json::Object(operators) = value else {
        found.problems.push("`Condition` is no object".to_owned());
        return;
    };
    for (written, keys) in operators {
        let operator = Operator::parse(written);
        let Json::Object(keys) = keys else {
            found.problems.push(format!("`{written}` holds no object of keys"));
            continue;
        };
        for (key, values) in keys {
            let before = found.problems.len();
            let mut templates = Vec::new();
            for value in values.items() {
                match value.scalar() {
                    Some(text) => templates.extend(template(&text, version, &mut found.problems)),
                    None => {
                        found.problems.push(format!("`{key}` has a value that is no string"));
                    }
                }
            }
            if found.problems.len() > before {
                continue;
            }
            found.conditions.push(Condition {
                operator: operator.clone(),
                written_key: key.clone(),
                key: key.to_ascii_lowercase(),
                values: templates,
            });
        }
    }
}
