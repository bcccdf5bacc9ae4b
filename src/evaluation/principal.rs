//! Who a `Principal` element means (rules P1 to P7). Nobody is meant without being named, not
//! even the role itself (rule D12).

use crate::arn::{Arn, PrincipalName, short};
use crate::issuer;
use crate::org::RoleKey;
use crate::policy::{Effect, PrincipalElement, PrincipalEntry};

use super::caller::{Caller, Token};
use super::context::Context;
use super::decision::RequirementKind as Kind;
use super::given::{Given, given};
use super::logic::{Logic, Term};

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

impl Class {
    const COUNT: usize = 7;
}

/// For each way of matching, when it does.
#[derive(Debug, Clone)]
pub(super) struct Ways<T> {
    by: [T; Class::COUNT],
}

impl<T: Term> Ways<T> {
    pub(super) fn none() -> Self {
        Self { by: std::array::from_fn(|_| T::FALSE) }
    }

    pub(super) fn one(class: Class, term: T) -> Self {
        let mut ways = Self::none();
        ways.add(class, term);
        ways
    }

    pub(super) fn add(&mut self, class: Class, term: T) {
        if let Some(way) = self.by.get_mut(class as usize) {
            way.widen(term);
        }
    }

    pub(super) fn widen(&mut self, other: Self) {
        for (way, more) in self.by.iter_mut().zip(other.by) {
            if !more.is_false() {
                way.widen(more);
            }
        }
    }

    /// Each way, where this holds too.
    pub(super) fn given(mut self, rest: &T) -> Self {
        for way in &mut self.by {
            if !way.is_false() {
                *way = std::mem::replace(way, T::FALSE).and(rest.clone());
            }
        }
        self
    }

    pub(super) fn of(&self, class: Class) -> T {
        self.by.get(class as usize).cloned().unwrap_or(T::FALSE)
    }

    /// Whichever way.
    pub(super) fn any(&self) -> T {
        T::any(self.by.iter().filter(|way| !way.is_false()).cloned())
    }

    pub(super) fn is_none(&self) -> bool {
        self.by.iter().all(T::is_false)
    }
}

/// Every way in which the element of a statement with this effect matches the caller.
pub(super) fn matches<L: Logic>(
    element: &PrincipalElement,
    effect: Option<Effect>,
    context: &Context<'_>,
    logic: &mut L,
) -> Ways<L::Term> {
    let mut found = Ways::none();
    for entry in &element.entries {
        if let Some((class, term)) = entry_matches(entry, context, logic) {
            found.add(class, term);
        }
    }
    if !element.negated {
        return found;
    }
    // AWS does not permit `NotPrincipal` here. Only a caller that is listed in full is surely
    // left out; what an entry for its account does, or one for the role without its session in
    // a Deny, is not settled (rule P6).
    if left_out(&found, effect, context) {
        return Ways::none();
    }
    let unclear = given(context, logic, || Given {
        // A Deny may hit whom an Allow of the same entries leaves out.
        key: if effect == Some(Effect::Allow) { "Allow NotPrincipal" } else { "Deny NotPrincipal" }
            .into(),
        value: entries(element).into(),
        kind: Kind::AmbiguousRule,
        text: || {
            "`NotPrincipal` is not permitted in these policies, and what it does is not settled \
             (rule P6)"
                .to_owned()
        },
    });
    Ways::one(Class::Anyone, unclear)
}

/// Whether the entries of `NotPrincipal` surely leave the caller out.
fn left_out<T: Term>(found: &Ways<T>, effect: Option<Effect>, context: &Context<'_>) -> bool {
    let facts = context.facts;
    let has = |class| found.of(class).is_true();
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

fn entry_matches<L: Logic>(
    entry: &PrincipalEntry,
    context: &Context<'_>,
    logic: &mut L,
) -> Option<(Class, L::Term)> {
    let caller = context.call.caller;
    let with_credentials =
        !matches!(caller, Caller::Token(_) | Caller::Saml(_) | Caller::Service(_));
    match entry {
        // Rule D10.
        PrincipalEntry::Everyone if !with_credentials => Some((
            Class::Anyone,
            everyone(context, logic, "Principal *", "a bare `*` means callers without credentials"),
        )),
        PrincipalEntry::Everyone | PrincipalEntry::EveryAwsPrincipal => {
            with_credentials.then_some((Class::Anyone, Term::TRUE))
        }
        PrincipalEntry::Account { partition, account } => {
            let same = context.caller_account_id == Some(*account)
                && partition
                    .is_none_or(|p| p == context.facts.accounts[context.target_account].partition);
            same.then_some((Class::Account, Term::TRUE))
        }
        PrincipalEntry::Arn(arn) => arn_matches(arn, context, logic),
        PrincipalEntry::UniqueId(id) => id_matches(id, context, logic),
        PrincipalEntry::Service(name) if name == "*" => {
            let means = "`{\"Service\": \"*\"}` means every service";
            matches!(caller, Caller::Service(_))
                .then(|| (Class::Service, everyone(context, logic, "Principal Service *", means)))
        }
        PrincipalEntry::Service(name) => {
            let same = matches!(caller, Caller::Service(service) if service == name);
            same.then_some((Class::Service, Term::TRUE))
        }
        PrincipalEntry::Federated(provider) => {
            let same = match caller {
                Caller::Token(token) => serves(provider, context, token),
                Caller::Saml(key) => **provider == *context.facts.saml_providers[*key].arn,
                _ => false,
            };
            same.then_some((Class::Federated, Term::TRUE))
        }
        PrincipalEntry::CanonicalUser(_) | PrincipalEntry::Invalid(_) => None,
    }
}

/// That a wildcard means everybody of a kind, which no page says (rule D10).
fn everyone<L: Logic>(context: &Context<'_>, logic: &mut L, key: &str, means: &str) -> L::Term {
    given(context, logic, || Given {
        key: key.into(),
        value: "".into(),
        kind: Kind::AmbiguousRule,
        text: || format!("whether {means} is not documented (rule D10)"),
    })
}

/// Whether a `Federated` entry serves tokens of this issuer: it names the provider of the role's
/// own account, or the bare host name of a built-in one (rules W2 and W4).
pub(super) fn serves(provider: &str, context: &Context<'_>, token: &Token) -> bool {
    if provider == token.issuer {
        return issuer::builtin(&token.issuer).is_some();
    }
    let account = &context.facts.accounts[context.target_account];
    let Some([_, partition, "iam", "", id, resource]) = crate::arn::split(provider) else {
        return false;
    };
    resource.strip_prefix("oidc-provider/") == Some(&token.issuer)
        && partition == account.partition.as_str()
        && id.parse() == Ok(account.id)
}

fn arn_matches<L: Logic>(
    arn: &Arn,
    context: &Context<'_>,
    logic: &mut L,
) -> Option<(Class, L::Term)> {
    let facts = context.facts;
    match context.call.caller {
        Caller::User(key) => {
            short::same(arn.as_str(), &facts.users[*key].arn).then_some((Class::User, Term::TRUE))
        }
        Caller::Role(key) => {
            if short::same(arn.as_str(), &facts.roles[*key].arn) {
                return Some((Class::Role, Term::TRUE));
            }
            let session = session_of(arn, *key, context)?;
            Some((Class::Session, session_named(session, context, logic)))
        }
        Caller::Session(key, name) => {
            if short::same(arn.as_str(), &facts.roles[*key].arn) {
                return Some((Class::Role, Term::TRUE));
            }
            (session_of(arn, *key, context)? == name).then_some((Class::Session, Term::TRUE))
        }
        Caller::Account(id) => {
            let class = match arn.principal()? {
                PrincipalName::User { account, .. }
                    if account == *id && !context.is_some_session() =>
                {
                    Class::User
                }
                PrincipalName::Role { account, .. } if account == *id => Class::Role,
                PrincipalName::Session { account, .. } if account == *id => Class::Session,
                _ => return None,
            };
            let is_it = given(context, logic, || Given {
                key: "caller".into(),
                value: arn.as_str().into(),
                kind: context.outsider_kind(),
                text: || format!("the caller must be `{arn}`"),
            });
            Some((class, is_it))
        }
        Caller::Named(caller) => {
            if arn == caller {
                let class = match arn.principal()? {
                    PrincipalName::User { .. } => Class::User,
                    PrincipalName::Session { .. } => Class::Session,
                    _ => Class::Role,
                };
                return Some((class, Term::TRUE));
            }
            if caller.partition() != arn.partition() {
                return None;
            }
            match (caller.principal()?, arn.principal()?) {
                (
                    PrincipalName::Role { account, name, .. },
                    PrincipalName::Session { account: of, role, session },
                ) if account == of && name == role => {
                    Some((Class::Session, session_named(session, context, logic)))
                }
                // Names of roles are unique in an account, whatever their paths.
                (
                    PrincipalName::Session { account: of, role, .. },
                    PrincipalName::Role { account, name, .. },
                ) if account == of && name == role => Some((Class::Role, Term::TRUE)),
                _ => None,
            }
        }
        Caller::Token(_)
        | Caller::Saml(_)
        | Caller::Service(_)
        | Caller::RootUser(_)
        | Caller::Anyone => None,
    }
}

fn session_named<L: Logic>(session: &str, context: &Context<'_>, logic: &mut L) -> L::Term {
    given(context, logic, || Given {
        key: "caller session name".into(),
        value: session.into(),
        kind: Kind::CallerState,
        text: || format!("the caller's session must be named `{session}`"),
    })
}

/// The session that an ARN of this role's sessions names. The role's path is not part of it.
fn session_of<'n>(arn: &'n Arn, role: RoleKey, context: &Context<'_>) -> Option<&'n str> {
    if arn.service() != "sts" {
        return None;
    }
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
fn id_matches<L: Logic>(
    id: &str,
    context: &Context<'_>,
    logic: &mut L,
) -> Option<(Class, L::Term)> {
    let (own, class) = match context.call.caller {
        Caller::User(key) => (&context.facts.users[*key].unique_id, Class::User),
        Caller::Role(key) | Caller::Session(key, _) => {
            (&context.facts.roles[*key].unique_id, Class::Role)
        }
        Caller::Account(_) | Caller::Named(_) if context.facts.by_unique_id(id).is_none() => {
            let class = if id.starts_with("AIDA") { Class::User } else { Class::Role };
            if class == Class::User && context.is_some_session() {
                return None;
            }
            let is_it = given(context, logic, || Given {
                key: "unique id".into(),
                value: id.into(),
                kind: context.outsider_kind(),
                text: || format!("the caller's unique id must be `{id}`"),
            });
            return Some((class, is_it));
        }
        _ => return None,
    };
    if own == id {
        return Some((class, Term::TRUE));
    }
    // Facts written by hand may lack the id.
    if !own.is_empty() {
        return None;
    }
    let kind_fits = matches!(
        (class, id.starts_with("AIDA"), context.facts.by_unique_id(id)),
        (Class::User, true, None) | (Class::Role, false, None)
    );
    let is_it = || Given {
        key: "unique id".into(),
        value: id.into(),
        kind: Kind::NotRead,
        text: || format!("the caller's unique id, which was not read, must be `{id}`"),
    };
    kind_fits.then(|| (class, given(context, logic, is_it)))
}
