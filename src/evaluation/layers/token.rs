//! What comes before any policy: rules of STS itself, and the identity provider.

use crate::arn::PrincipalName;
use crate::issuer;
use crate::org::{Fact, SamlProvider};
use crate::policy::{Action, Effect, PrincipalEntry, Statement, Test, Tri};

use super::super::caller::{Caller, Claim, Target, Token};
use super::super::context::{Party, is_google};
use super::super::decision::{Layer, RequirementKind as Kind};
use super::super::evidence::Recorder;
use super::super::given::{Given, given};
use super::super::logic::{Atom, AtomTest, Logic, Term};
use super::super::principal;
use super::{Part, Worker};

impl<'a, L: Logic, R: Recorder> Worker<'_, 'a, L, R> {
    /// Rules of STS that no policy changes (rules T1 to T4).
    pub(super) fn sts(&mut self) -> Part<'a, L::Term> {
        let mut part = Part::new(Layer::Sts);
        let context = self.context;
        let facts = context.facts;
        let caller = self.call().caller;
        let rides_along = matches!(
            self.action,
            Action::TagSession | Action::SetSourceIdentity | Action::SetContext
        );
        if !rides_along && self.action != caller.action() {
            return Self::refused(part, || {
                format!(
                    "`{}` can't be called by `{}`",
                    self.action.as_str(),
                    super::super::caller_text(facts, caller)
                )
            });
        }
        let partition = match caller {
            Caller::RootUser(_) => {
                return Self::refused(part, || "STS lets no root user assume a role".to_owned());
            }
            Caller::Named(arn) => {
                if let Some(PrincipalName::FederatedUser { .. }) = arn.principal() {
                    return Self::refused(part, || {
                        "credentials of GetFederationToken can't assume a role".to_owned()
                    });
                }
                Some(arn.partition())
            }
            _ => context.caller_account.map(|account| facts.accounts[account].partition),
        };
        let of_role = facts.accounts[context.target_account].partition;
        if partition.is_some_and(|partition| partition != of_role) {
            return Self::refused(part, || {
                "the caller and the role are in different partitions of AWS".to_owned()
            });
        }
        match (caller, self.call().target) {
            (Caller::Token(token), Target::Role(_)) => self.guardrail(token, part),
            (Caller::Saml(_), Target::Role(role)) if facts.roles[*role].identity_center() => {
                part.allow = given(context, self.logic, || Given {
                    key: "account assignment".into(),
                    value: "".into(),
                    kind: Kind::ExternalAdmin,
                    text: || {
                        "an account assignment of IAM Identity Center leads here; the role can't \
                         be assumed with an assertion directly (rule T4)"
                            .to_owned()
                    },
                });
                part
            }
            _ => part,
        }
    }

    /// STS refuses tokens of some shared issuers where the trust policy never looks at who in
    /// the issuer asks (rule W6).
    fn guardrail(&mut self, token: &Token, mut part: Part<'a, L::Term>) -> Part<'a, L::Term> {
        let context = self.context;
        let issuer = issuer::classify(&token.issuer);
        if !issuer.required_at_call {
            return part;
        }
        let Some(key) = issuer.required_key(&token.issuer) else { return part };
        let key = key.to_lowercase();
        let Target::Role(role) = self.call().target else { return part };
        let facts = context.facts;
        let Ok(document) = &facts.documents[facts.roles[*role].trust].parsed else { return part };
        let looks =
            |statement: &Statement| statement.conditions.iter().any(|each| *each.key == *key);
        // Whether a test that any value passes counts is written nowhere.
        let asks = |statement: &Statement| {
            statement.conditions.iter().any(|each| {
                let wild = |text: &str| text.chars().all(|char| matches!(char, '*' | '?'));
                *each.key == *key
                    && each.operator.test != Test::Null
                    && each.values.iter().any(|value| !wild(&value.text))
            })
        };
        let names = |statement: &&Statement| {
            statement.principal.as_ref().is_some_and(|element| {
                element.entries.iter().any(|entry| {
                    matches!(entry, PrincipalEntry::Federated(text)
                        if principal::serves(text, context, token))
                })
            })
        };
        let allows = |statement: &&Statement| statement.effect == Some(Effect::Allow);
        let naming = document.statements.iter().filter(names).filter(allows);
        if naming.clone().all(asks) {
            return part;
        }
        let only_part = !naming.clone().all(looks);
        if document.statements.iter().any(looks)
            || document.statements.iter().any(|s| !s.problems.is_empty())
        {
            part.allow = given(context, self.logic, || Given {
                key: "guardrail".into(),
                value: (&*key).into(),
                kind: Kind::AmbiguousRule,
                text: || {
                    format!(
                        "STS refuses tokens of `{}` where the trust policy does not evaluate \
                         `{key}`; here {} (rule W6): try it live",
                        token.issuer,
                        if only_part {
                            "only a part of its statements does"
                        } else {
                            "every value passes, and whether that counts is not documented"
                        }
                    )
                },
            });
            return part;
        }
        Self::refused(part, || {
            format!(
                "STS refuses tokens of `{}` because the trust policy does not evaluate `{key}`",
                token.issuer
            )
        })
    }

    /// That the issuer's provider exists in the role's account and takes the audience (rules W1
    /// to W4); of an assertion, that its provider is one of the account (rule W7).
    pub(super) fn provider(&mut self) -> Part<'a, L::Term> {
        let part = Part::new(Layer::Provider);
        match self.call().caller {
            Caller::Token(token) => self.oidc_provider(token, part),
            Caller::Saml(key) => {
                let provider = &self.context.facts.saml_providers[*key];
                if provider.account == self.context.target_account {
                    return self.saml_provider(provider, part);
                }
                Self::refused(part, || {
                    format!("`{}` is not a provider of the role's account", provider.arn)
                })
            }
            _ => Part::idle(Layer::Provider),
        }
    }

    /// That a provider of the account exists.
    fn saml_provider(
        &mut self,
        provider: &SamlProvider,
        mut part: Part<'a, L::Term>,
    ) -> Part<'a, L::Term> {
        let account = &self.context.facts.accounts[provider.account];
        if let (Fact::NotRead(gap), false) = (&account.saml_providers, provider.listed) {
            part.allow = given(self.context, self.logic, || Given {
                key: "provider".into(),
                value: (&*provider.arn).into(),
                kind: Kind::NotRead,
                text: || {
                    format!(
                        "account `{}` must have the provider `{}`; its providers were not read ({})",
                        account.name, provider.arn, gap.message
                    )
                },
            });
        }
        part
    }

    fn oidc_provider(&mut self, token: &Token, mut part: Part<'a, L::Term>) -> Part<'a, L::Term> {
        let context = self.context;
        let account = &context.facts.accounts[context.target_account];
        let builtin = issuer::builtin(&token.issuer).is_some();
        let audiences = match (&account.oidc_providers, context.audiences(&token.issuer)) {
            (_, Some(audiences)) => audiences,
            // Trust policies name a built-in provider by its host, and no list is asked.
            _ if builtin => return part,
            (Fact::NotRead(gap), None) => {
                part.allow = given(context, self.logic, || Given {
                    key: "provider".into(),
                    value: (&*token.issuer).into(),
                    kind: Kind::NotRead,
                    text: || {
                        format!(
                            "account `{}` must have a provider for `{}`; its providers were not read ({})",
                            account.name, token.issuer, gap.message
                        )
                    },
                });
                return part;
            }
            (Fact::Read(_), None) => {
                return Self::refused(part, || {
                    format!(
                        "account `{}` has no OIDC provider for `{}`, and one of another account does not serve",
                        account.name, token.issuer
                    )
                });
            }
        };
        // An audience of which only the form is known, where that is what is compared.
        let party = context.party(token);
        let form = match (&token.audience, party) {
            (Claim::Like(_), Party::Is(_) | Party::Open) if is_google(&token.issuer) => None,
            (Claim::Like(pattern), _) => Some(Claim::glob(pattern)),
            _ => None,
        };
        let form = form.as_ref();
        match takes(audiences, token, party) {
            Tri::True if form.is_none() => part,
            // Of the audiences of this form the provider takes these and no other.
            Tri::True if !builtin && !matches!(party, Party::Is(_)) => {
                let atom = |_| Atom {
                    hop: context.call.hop,
                    key: format!("{}:aud", token.issuer.to_ascii_lowercase()),
                    written_key: format!("{}:aud", token.issuer),
                    test: AtomTest::Compare(Test::StringEquals),
                    values: audiences
                        .iter()
                        .filter(|audience| form.is_some_and(|form| form.matches(audience)))
                        .cloned()
                        .collect(),
                    kind: Kind::TokenClaim,
                    text: None,
                    text_negated: None,
                };
                part.allow = self.logic.open(atom);
                part
            }
            Tri::False if !builtin => Self::refused(part, || match &token.audience {
                Claim::Is(audience) | Claim::Like(audience) => format!(
                    "the audience `{audience}` is not in the provider's list (`{}`)",
                    audiences.join("`, `")
                ),
                Claim::Any => "the provider's list of audiences is empty".to_owned(),
            }),
            // A built-in provider that is registered too can be named in either way; which of a
            // token's audience and authorized party counts is documented for Google alone.
            _ => {
                part.allow = given(context, self.logic, || Given {
                    key: "audience".into(),
                    value: (&*token.issuer).into(),
                    kind: Kind::AmbiguousRule,
                    text: || {
                        format!(
                            "{}whether AWS compares the token's audience or its authorized party \
                             (`azp`) with the provider's list (`{}`) is not documented here (rule \
                             D17): try it live",
                            if party == Party::Open {
                                "the token may name an authorized party, and "
                            } else {
                                ""
                            },
                            audiences.join("`, `")
                        )
                    },
                });
                part
            }
        }
    }

    fn refused(mut part: Part<'a, L::Term>, why: impl FnOnce() -> String) -> Part<'a, L::Term> {
        part.allow = Term::FALSE;
        part.note = R::WANTED.then(why);
        part
    }
}

/// Whether the provider's list takes the token's audience, in whose place its authorized party
/// may be compared (rules W3, W8 and D17).
fn takes(audiences: &[String], token: &Token, party: Party<'_>) -> Tri {
    let audience: Tri = match &token.audience {
        Claim::Is(audience) => audiences.contains(audience),
        Claim::Like(pattern) => {
            let glob = Claim::glob(pattern);
            audiences.iter().any(|audience| glob.matches(audience))
        }
        Claim::Any => !audiences.is_empty(),
    }
    .into();
    let party = match party {
        Party::Is(party) => party,
        Party::Absent => return audience,
        Party::Open => return Tri::Unknown,
    };
    let party = Tri::from(audiences.iter().any(|audience| audience == party));
    if party == audience || is_google(&token.issuer) { party } else { Tri::Unknown }
}
