//! Requirements in plain English.

use crate::policy::Test;

use super::decision::RequirementKind;
use super::logic::{Atom, AtomTest};
use super::passed::Passed;

/// What an atom asks for; with `negated`, that it must not be.
pub(super) fn of(atom: &Atom, negated: bool) -> String {
    if let (true, Some(text)) = (negated, &atom.text_negated) {
        return text.clone();
    }
    match &atom.text {
        None => {
            let mut text = requirement(&atom.written_key, atom.test, &atom.values, negated);
            if !negated && !is_taken(atom) {
                text.push_str("; STS takes no such value");
            }
            text
        }
        // What is not settled is to be tried, whichever way it must turn out.
        Some(text) if !negated || atom.kind == RequirementKind::AmbiguousRule => text.clone(),
        Some(text) => opposite(text),
    }
}

/// The opposite of a sentence about what must be.
fn opposite(text: &str) -> String {
    // What stands in backticks is somebody else's.
    let mut parts: Vec<String> = text.split('`').map(str::to_owned).collect();
    for (from, to) in [(" must not ", " must "), (" must ", " must not ")] {
        if let Some(part) = parts.iter_mut().step_by(2).find(|part| part.contains(from)) {
            *part = part.replacen(from, to, 1);
            return parts.join("`");
        }
    }
    format!("this must not be so: {text}")
}

/// Whether STS takes some value that is asked for (rule V6).
fn is_taken(atom: &Atom) -> bool {
    let Some(passed) = Passed::with(&atom.key) else { return true };
    match atom.test {
        AtomTest::Compare(Test::StringEquals | Test::StringEqualsIgnoreCase) => {
            atom.values.iter().any(|value| passed.takes(value))
        }
        AtomTest::Compare(Test::StringLike) => {
            atom.values.iter().any(|value| passed.takes_some(value))
        }
        _ => true,
    }
}

/// That a key has this truth value.
pub(super) fn boolean(key: &str, values: &[String]) -> String {
    requirement(key, AtomTest::Compare(Test::Bool), values, false)
}

/// What must hold (with `negated`, what must not), as an instruction.
fn requirement(key: &str, test: AtomTest, values: &[String], negated: bool) -> String {
    let lower = key.to_ascii_lowercase();
    let list = or_list(values);
    let truthy = values.iter().any(|value| value.eq_ignore_ascii_case("true"));
    if let (Some(passed), AtomTest::Compare(test)) = (Passed::with(&lower), test)
        && is_of_text(test)
    {
        return chosen(passed, test == Test::StringLike, negated, &list);
    }
    match (lower.as_str(), test) {
        ("sts:externalid", AtomTest::Present) => {
            if negated { "pass no external ID" } else { "pass an external ID" }.to_owned()
        }
        ("aws:multifactorauthpresent", AtomTest::Compare(Test::Bool)) => {
            if truthy == negated {
                "use credentials without an MFA mark of true".to_owned()
            } else {
                "use credentials of a session with MFA".to_owned()
            }
        }
        ("aws:multifactorauthpresent", AtomTest::Present) => {
            if negated {
                "use long-term access keys, which carry no MFA mark".to_owned()
            } else {
                "use credentials that carry an MFA mark".to_owned()
            }
        }
        ("aws:sourceip", AtomTest::Compare(Test::IpAddress)) => {
            if negated {
                format!("call from outside {list}")
            } else {
                format!("call from {list}")
            }
        }
        ("aws:currenttime", AtomTest::Compare(test)) => {
            let when = match (test, negated) {
                (Test::DateLessThan | Test::DateLessThanEquals, false)
                | (Test::DateGreaterThan | Test::DateGreaterThanEquals, true) => "before",
                (Test::DateGreaterThan | Test::DateGreaterThanEquals, false)
                | (Test::DateLessThan | Test::DateLessThanEquals, true) => "after",
                (_, false) => "exactly at",
                (_, true) => "not at",
            };
            format!("call {when} {list}")
        }
        _ if lower.starts_with("aws:requesttag/")
            && matches!(test, AtomTest::Present | AtomTest::Compare(_)) =>
        {
            let tag = key.get("aws:requesttag/".len()..).unwrap_or_default();
            match (test, negated) {
                (AtomTest::Present, false) => format!("pass the session tag `{tag}`"),
                (AtomTest::Present, true) => format!("pass no session tag `{tag}`"),
                (AtomTest::Compare(test), _) => {
                    let word = if negated { "must not" } else { "must" };
                    format!("the session tag `{tag}` that is passed {word} {} {list}", verb(test))
                }
                _ => String::new(),
            }
        }
        ("sts:sourceidentity", AtomTest::Present) => {
            if negated { "set no source identity" } else { "set a source identity" }.to_owned()
        }
        ("aws:tagkeys" | "sts:transitivetagkeys", AtomTest::Present) => {
            let which = if negated { "no" } else { "some" };
            format!("pass {which} session tag{}", as_transitive(&lower))
        }
        (
            "aws:tagkeys" | "sts:transitivetagkeys",
            AtomTest::AnyOf(Test::StringEquals | Test::StringEqualsIgnoreCase, false),
        ) => {
            let word = if negated { "do not pass" } else { "pass" };
            format!("{word} the session tag {list}{}", as_transitive(&lower))
        }
        (_, AtomTest::Present) if lower.starts_with("aws:principaltag/") => {
            let tag = key.get("aws:principaltag/".len()..).unwrap_or_default();
            let word = if negated { "must not" } else { "must" };
            format!("the caller {word} have the tag `{tag}`")
        }
        (_, AtomTest::Present) => {
            let word = if negated { "must not be" } else { "must be" };
            format!("`{key}` {word} in the request")
        }
        (_, AtomTest::Compare(test)) => {
            let word = if negated { "must not" } else { "must" };
            format!("`{key}` {word} {} {list}", verb(test))
        }
        (_, AtomTest::AnyOf(test, against)) => {
            let which = match (against, negated) {
                (false, false) => "some value of",
                (false, true) | (true, false) => "not every value of",
                (true, true) => "every value of",
            };
            if !against && negated {
                return format!("no value of `{key}` may {} {list}", verb(test));
            }
            format!("{which} `{key}` must {} {list}", verb(test))
        }
        (_, AtomTest::Given) => format!("`{key}` {list}"),
    }
}

/// What the caller is to choose, or not to.
fn chosen(what: Passed, is_pattern: bool, negated: bool, list: &str) -> String {
    let (verb, article, noun) = match what {
        Passed::SessionName => ("choose", "a", "session name"),
        Passed::ExternalId => ("pass", "an", "external ID"),
        Passed::SourceIdentity => ("set", "a", "source identity"),
    };
    match (is_pattern, negated) {
        (false, false) => format!("{verb} the {noun} {list}"),
        (false, true) => format!("do not {verb} the {noun} {list}"),
        (true, false) => format!("{verb} {article} {noun} like {list}"),
        (true, true) => format!("{verb} no {noun} like {list}"),
    }
}

/// Whether two texts are compared as such.
fn is_of_text(test: Test) -> bool {
    matches!(test, Test::StringEquals | Test::StringEqualsIgnoreCase | Test::StringLike)
}

fn as_transitive(key: &str) -> &'static str {
    if key == "sts:transitivetagkeys" { " as transitive" } else { "" }
}

fn verb(test: Test) -> &'static str {
    match test {
        Test::StringLike | Test::ArnLike => "be like",
        Test::IpAddress => "lie in",
        Test::NumericLessThan | Test::DateLessThan => "be less than",
        Test::NumericLessThanEquals | Test::DateLessThanEquals => "be at most",
        Test::NumericGreaterThan | Test::DateGreaterThan => "be greater than",
        Test::NumericGreaterThanEquals | Test::DateGreaterThanEquals => "be at least",
        _ => "be",
    }
}

/// `a`, or `a` or `b`.
pub(super) fn or_list(values: &[String]) -> String {
    let quoted: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
    quoted.join(" or ")
}
