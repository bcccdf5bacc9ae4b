//! Who a `Principal` element means (rules P1 to P7). Nobody is meant without being named, not
//! even the role itself (rule D12).

use crate::arn::{Arn, PrincipalName};
use crate::issuer;
use crate::org::{Identity, RoleKey};
use crate::policy::{Effect, PrincipalElement, PrincipalEntry};

use super::caller::{Caller, Token};
use super::context::Context;
use super::decision::RequirementKind as Kind;
use super::formula::{Atom, AtomTest, Atoms, Formula};

/// How an entry matched; what else a caller of the same account needs depends on it (rule G1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// `"*"`.
    Anyone,
    /// The caller's account.
    Account,
    /// The user's ARN.
    User,
    /// The role's ARN.
    Role,
    /// This session's ARN.
    Session,
    /// A service.
    Service,
    /// A provider.
    Federated,
}

/// Every way in which the element of a statement with this effect matches the caller.
pub(super) fn matches(
    element: &PrincipalElement,
    effect: Option<Effect>,
    context: &Context<'_>,
    atoms: &mut Atoms,
) -> Vec<(Class, Formula)> {
    let mut found: Vec<(Class, Formula)> = Vec::new();
    for entry in &element.entries {
        let Some((class, formula)) = entry_matches(entry, context, atoms) else { continue };
        match found.iter_mut().find(|(known, _)| *known == class) {
            Some((_, known)) => *known = std::mem::replace(known, Formula::False).or(formula),
            None => found.push((class, formula)),
        }
    }
    if !element.negated {
        return found;
    }
    // AWS does not permit `NotPrincipal` here. Only a caller that is listed in full is surely
    // left out; what an entry for its account does, or one for the role without its session in
    // a Deny, is not settled (rule P6).
    if left_out(&found, effect, context) {
        return Vec::new();
    }
    let unclear = given(
        context,
        atoms,
        // A Deny may hit whom an Allow of the same entries leaves out.
        if effect == Some(Effect::Allow) { "Allow NotPrincipal" } else { "Deny NotPrincipal" },
        &entries(element),
        Kind::AmbiguousRule,
        "`NotPrincipal` is not permitted in these policies, and what it does is not settled"
            .to_owned(),
    );
    vec![(Class::Anyone, unclear)]
}

/// Whether the entries of `NotPrincipal` surely leave the caller out.
fn left_out(found: &[(Class, Formula)], effect: Option<Effect>, context: &Context<'_>) -> bool {
    let facts = context.facts;
    let has = |class| found.contains(&(class, Formula::True));
    let itself = [Class::Anyone, Class::User, Class::Role, Class::Session, Class::Service]
        .into_iter()
        .chain([Class::Federated])
        .any(has);
    if effect == Some(Effect::Allow) {
        return itself;
    }
    match context.call.caller {
        // A Deny hits every caller that has a boundary.
        Caller::User(key) => {
            has(Class::User) && has(Class::Account) && facts.users[*key].boundary.is_none()
        }
        Caller::Session(key, _) => {
            has(Class::Session)
                && has(Class::Role)
                && has(Class::Account)
                && facts.roles[*key].boundary.is_none()
        }
        Caller::Service(_) | Caller::Token(_) | Caller::Saml(_) => itself,
        _ => false,
    }
}

/// The entries as one text, for evidence.
pub(super) fn entries(element: &PrincipalElement) -> String {
    let texts: Vec<String> = element.entries.iter().map(PrincipalEntry::text).collect();
    texts.join(", ")
}

fn entry_matches(
    entry: &PrincipalEntry,
    context: &Context<'_>,
    atoms: &mut Atoms,
) -> Option<(Class, Formula)> {
    let caller = context.call.caller;
    let with_credentials =
        !matches!(caller, Caller::Token(_) | Caller::Saml(_) | Caller::Service(_));
    match entry {
        // Rule D10.
        PrincipalEntry::Everyone if !with_credentials => {
            let text = "whether a bare `*` means callers without AWS credentials is not documented";
            let formula =
                given(context, atoms, "Principal *", "", Kind::AmbiguousRule, text.to_owned());
            Some((Class::Anyone, formula))
        }
        PrincipalEntry::Everyone | PrincipalEntry::EveryAwsPrincipal => {
            with_credentials.then_some((Class::Anyone, Formula::True))
        }
        PrincipalEntry::Account { partition, account } => {
            let same = context.caller_account_id() == Some(*account)
                && partition
                    .is_none_or(|p| p == context.facts.accounts[context.target_account].partition);
            same.then_some((Class::Account, Formula::True))
        }
        PrincipalEntry::Arn(arn) => arn_matches(arn, context, atoms),
        PrincipalEntry::UniqueId(id) => id_matches(id, context, atoms),
        PrincipalEntry::Service(name) => {
            let same = matches!(caller, Caller::Service(service) if service == name);
            same.then_some((Class::Service, Formula::True))
        }
        PrincipalEntry::Federated(provider) => {
            let same = match caller {
                Caller::Token(token) => provider == &provider_name(context, token),
                Caller::Saml(key) => **provider == *context.facts.saml_providers[*key].arn,
                _ => false,
            };
            same.then_some((Class::Federated, Formula::True))
        }
        PrincipalEntry::CanonicalUser(_) | PrincipalEntry::Invalid(_) => None,
    }
}

/// What a trust policy must name for tokens of this issuer: the provider of the role's own
/// account, or the bare host name of a built-in one (rule W2).
pub(super) fn provider_name(context: &Context<'_>, token: &Token) -> String {
    if issuer::builtin(&token.issuer).is_some() && context.audiences(&token.issuer).is_none() {
        return token.issuer.clone();
    }
    let account = &context.facts.accounts[context.target_account];
    format!("arn:{}:iam::{}:oidc-provider/{}", account.partition, account.id, token.issuer)
}

fn arn_matches(arn: &Arn, context: &Context<'_>, atoms: &mut Atoms) -> Option<(Class, Formula)> {
    let facts = context.facts;
    match context.call.caller {
        Caller::User(key) => {
            (arn.as_str() == &*facts.users[*key].arn).then_some((Class::User, Formula::True))
        }
        Caller::Role(key) => {
            if arn.as_str() == &*facts.roles[*key].arn {
                return Some((Class::Role, Formula::True));
            }
            let session = session_of(arn, *key, context)?;
            let text = format!("the caller's session must be named `{session}`");
            let formula =
                given(context, atoms, "caller session name", session, Kind::CallerState, text);
            Some((Class::Session, formula))
        }
        Caller::Session(key, name) => {
            if arn.as_str() == &*facts.roles[*key].arn {
                return Some((Class::Role, Formula::True));
            }
            (session_of(arn, *key, context)? == name).then_some((Class::Session, Formula::True))
        }
        Caller::Account(id) => {
            let class = match arn.principal()? {
                PrincipalName::User { account, .. } if account == *id => Class::User,
                PrincipalName::Role { account, .. } if account == *id => Class::Role,
                PrincipalName::Session { account, .. } if account == *id => Class::Session,
                _ => return None,
            };
            let text = format!("the caller must be `{arn}`");
            let formula =
                given(context, atoms, "caller", arn.as_str(), context.outsider_kind(), text);
            Some((class, formula))
        }
        Caller::Named(caller) => {
            if arn == caller {
                let class = match arn.principal()? {
                    PrincipalName::User { .. } => Class::User,
                    _ => Class::Role,
                };
                return Some((class, Formula::True));
            }
            let (
                PrincipalName::Role { account, name, .. },
                PrincipalName::Session { account: of, role, session },
            ) = (caller.principal()?, arn.principal()?)
            else {
                return None;
            };
            if account != of || name != role || caller.partition() != arn.partition() {
                return None;
            }
            let text = format!("the caller's session must be named `{session}`");
            let formula =
                given(context, atoms, "caller session name", session, Kind::CallerState, text);
            Some((Class::Session, formula))
        }
        Caller::Token(_)
        | Caller::Saml(_)
        | Caller::Service(_)
        | Caller::RootUser(_)
        | Caller::Anyone => None,
    }
}

/// The session that an ARN of this role's sessions names. The role's path is not part of it.
fn session_of<'n>(arn: &'n Arn, role: RoleKey, context: &Context<'_>) -> Option<&'n str> {
    let row = &context.facts.roles[role];
    let account = &context.facts.accounts[row.account];
    match arn.principal()? {
        PrincipalName::Session { account: of, role, session }
            if of == account.id && role == row.name && arn.partition() == account.partition =>
        {
            Some(session)
        }
        _ => None,
    }
}

/// A bare unique id is what is left of a principal that was deleted; the same name made anew
/// has another id (rule P4).
fn id_matches(id: &str, context: &Context<'_>, atoms: &mut Atoms) -> Option<(Class, Formula)> {
    let (own, class) = match context.call.caller {
        Caller::User(key) => (&context.facts.users[*key].unique_id, Class::User),
        Caller::Role(key) | Caller::Session(key, _) => {
            (&context.facts.roles[*key].unique_id, Class::Role)
        }
        Caller::Account(_) | Caller::Named(_) if context.facts.by_unique_id(id).is_none() => {
            let class = if id.starts_with("AIDA") { Class::User } else { Class::Role };
            let text = format!("the caller's unique id must be `{id}`");
            let formula = given(context, atoms, "unique id", id, context.outsider_kind(), text);
            return Some((class, formula));
        }
        _ => return None,
    };
    if own == id {
        return Some((class, Formula::True));
    }
    // Facts written by hand may lack the id.
    let taken = context.facts.by_unique_id(id);
    let kind_fits = matches!(
        (class, id.starts_with("AIDA"), taken),
        (Class::User, true, None | Some(Identity::User(_)))
            | (Class::Role, false, None | Some(Identity::Role(_)))
    );
    if own.is_empty() && taken.is_none() && kind_fits {
        let text = format!("the caller's unique id, which was not read, must be `{id}`");
        return Some((class, given(context, atoms, "unique id", id, Kind::NotRead, text)));
    }
    None
}

/// An atom that no condition key stands for.
pub(super) fn given(
    context: &Context<'_>,
    atoms: &mut Atoms,
    key: &str,
    value: &str,
    kind: Kind,
    text: String,
) -> Formula {
    atoms.atom(Atom {
        hop: context.call.hop,
        key: key.to_owned(),
        written_key: key.to_owned(),
        test: AtomTest::Given,
        values: if value.is_empty() { Vec::new() } else { vec![value.to_owned()] },
        kind,
        text_negated: format!("not: {text}"),
        text,
    })
}
