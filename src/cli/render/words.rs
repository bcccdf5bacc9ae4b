//! The short words and marks that every text answer shares.

use super::sheet::Sheet;
use super::style;
use crate::answer::{Outcome, PrincipalKind, Requirement, RequirementKind, Requirements, Verdict};
use crate::arn::{Arn, PrincipalName};
use crate::cli::output::Page;
use crate::text::safe;

/// A verdict's mark.
pub(crate) fn mark(page: Page, verdict: Verdict) -> &'static str {
    match (page.ascii, verdict) {
        (false, Verdict::Allowed) => "●",
        (false, Verdict::Conditional) => "◐",
        (false, Verdict::Denied) => "✕",
        (_, Verdict::Unknown) => "?",
        (true, Verdict::Allowed) => "A",
        (true, Verdict::Conditional) => "C",
        (true, Verdict::Denied) => "D",
    }
}

/// A layer outcome's mark.
pub(crate) fn outcome_mark(page: Page, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allow => mark(page, Verdict::Allowed),
        Outcome::Deny => mark(page, Verdict::Denied),
        Outcome::Open => mark(page, Verdict::Conditional),
        Outcome::NoMatch | Outcome::NotApplicable => nothing(page),
    }
}

/// The mark of no path at all.
pub(crate) fn nothing(page: Page) -> &'static str {
    if page.ascii { "." } else { "·" }
}

/// The arrow between two ends of a hop.
pub(crate) fn arrow(page: Page) -> &'static str {
    if page.ascii { "->" } else { "→" }
}

/// A layer outcome in words.
pub(crate) fn outcome_words(outcome: Outcome, plural: bool) -> &'static str {
    match (outcome, plural) {
        (Outcome::Allow, false) => "allows",
        (Outcome::Allow, true) => "allow",
        (Outcome::Deny, false) => "denies",
        (Outcome::Deny, true) => "deny",
        (Outcome::NoMatch, _) => "nothing matches",
        (Outcome::Open, false) => "depends",
        (Outcome::Open, true) => "depend",
        (Outcome::NotApplicable, _) => "no part in this call",
    }
}

/// Who has to do something so that a requirement holds, in one word.
pub(crate) fn need(requirement: &Requirement) -> &'static str {
    match requirement.kind {
        RequirementKind::CallerChoice => "you",
        RequirementKind::CallerState if requirement.is_about_mfa() => "mfa",
        RequirementKind::CallerState => "session",
        RequirementKind::Environment => "net",
        RequirementKind::TokenClaim => "token",
        RequirementKind::Time => "time",
        RequirementKind::ExternalAdmin => "them",
        RequirementKind::NotRead => "not-read",
        RequirementKind::AmbiguousRule => "rule",
    }
}

/// The same word for a kind as the matrix gives it.
pub(crate) fn need_of_kind(kind: &str) -> &str {
    match kind {
        "caller-choice" => "you",
        "caller-state" => "session",
        "environment" => "net",
        "token-claim" => "token",
        "external-admin" => "them",
        "ambiguous-rule" => "rule",
        other => other,
    }
}

/// What the words of [`need`] mean.
pub(crate) const NEEDS: &str = "you: the caller chooses it in the call; mfa, session: the caller's session must be of that kind; \
net: network or endpoint; token: the issuer decides; time: the clock; them: another account's administrator; \
not-read: a fact that was not collected; rule: AWS's documentation leaves it open";

/// What the marks of privileges mean.
pub(crate) const PRIVILEGES: &str = "in its own account, adm: can do everything, or give itself everything; \
iam: can change what somebody may do; pas: can write, and hand roles on to services; wr: can write; ro: can read; \
-: nothing there by itself; with ?: at most that, as something was not read or a role is reached less surely";

/// The set of requirements that is easiest to meet: the one with the fewest.
pub(crate) fn easiest(requirements: &Requirements) -> Option<&[Requirement]> {
    requirements.iter().min_by_key(|set| set.len()).map(Vec::as_slice)
}

/// The needs of a set, each once, in order of hops.
pub(crate) fn needs(set: &[Requirement]) -> Vec<&'static str> {
    let mut words = Vec::new();
    for requirement in set {
        let word = need(requirement);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words
}

/// A principal or role as the shortest selector that still names it: `ACCOUNT/NAME` for the
/// ARN of a role. Safe to print.
pub(crate) fn short(name: &str) -> String {
    let arn: Option<Arn> = name.parse().ok();
    match arn.as_ref().and_then(Arn::principal) {
        Some(PrincipalName::Role { account, name, .. }) => {
            safe(&format!("{account}/{name}")).into()
        }
        Some(PrincipalName::User { account, name, .. }) => {
            safe(&format!("user:{account}/{name}")).into()
        }
        _ => safe(name).into(),
    }
}

/// What a policy is attached to, shortened where people know it by less than its ARN. Safe to
/// print.
pub(crate) fn owner(name: &str) -> String {
    let arn: Option<Arn> = name.parse().ok();
    let group = arn.as_ref().and_then(|arn| arn.resource().strip_prefix("group/"));
    match (group, arn.as_ref().and_then(Arn::account)) {
        (Some(group), Some(account)) => safe(&format!("group {account}/{group}")).into(),
        _ => short(name),
    }
}

/// What a principal is, in one or two words.
pub(crate) fn kind(kind: PrincipalKind) -> &'static str {
    match kind {
        PrincipalKind::Workspace => "workspace",
        PrincipalKind::Subject => "token subject",
        PrincipalKind::Pattern => "token pattern",
        PrincipalKind::User => "user",
        PrincipalKind::Role => "role",
        PrincipalKind::Service => "service",
        PrincipalKind::Saml => "SAML provider",
        PrincipalKind::Account => "account",
        PrincipalKind::Anyone => "anyone",
    }
}

/// `1 role`, `2 roles`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// How long paths were that an answer looked for: what takes longer ones is not in it.
pub(super) fn up_to(sheet: &mut Sheet, hops: usize) {
    let text = format!("paths of up to {} were looked for (--max-hops)", count(hops, "hop"));
    sheet.gap();
    sheet.prose(2, style::FAINT, &text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_selectors() {
        assert_eq!(short("arn:aws:iam::123456789012:role/a/b"), "123456789012/b");
        assert_eq!(short("arn:aws:iam::123456789012:user/ann"), "user:123456789012/ann");
        assert_eq!(short("tfc:acme/P/w:apply"), "tfc:acme/P/w:apply");
        assert_eq!(short("oidc:evil\u{1b}[2J"), "oidc:evil\\u{1b}[2J");
    }
}
