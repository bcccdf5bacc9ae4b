//! What comes before any policy: rules of STS itself, and the identity provider.

use crate::issuer;
use crate::org::Fact;
use crate::policy::{Action, Effect, PrincipalEntry, Statement};

use super::super::caller::{Caller, Claim, Target, Token};
use super::super::decision::{Layer, RequirementKind as Kind};
use super::super::evidence::Recorder;
use super::super::formula::Formula;
use super::super::principal::{self, given};
use super::{Part, Worker};

impl<R: Recorder> Worker<'_, '_, R> {
    /// Rules of STS that no policy changes (rules T1 to T4).
    pub(super) fn sts(&mut self) -> Part {
        let mut part = Part::new(Layer::Sts);
        let mut refuse = |text: String| {
            part.allow = Formula::False;
            part.note.get_or_insert(text);
        };
        let facts = self.context.facts;
        let caller = self.call().caller;
        let fits = match (self.action, caller) {
            (Action::TagSession | Action::SetSourceIdentity | Action::SetContext, _) => true,
            (action, caller) => action == caller.action(),
        };
        if !fits {
            refuse(format!(
                "`{}` can't be called by `{}`",
                self.action.as_str(),
                super::super::caller_text(facts, caller)
            ));
        }
        if let Caller::RootUser(_) = caller {
            refuse("STS lets no root user assume a role".to_owned());
        }
        let partition = match caller {
            Caller::Named(arn) => Some(arn.partition()),
            _ => self.context.caller_account().map(|account| facts.accounts[account].partition),
        };
        let of_role = facts.accounts[self.context.target_account].partition;
        if partition.is_some_and(|partition| partition != of_role) {
            refuse("the caller and the role are in different partitions of AWS".to_owned());
        }
        if part.allow == Formula::False {
            return part;
        }
        match (caller, self.call().target) {
            (Caller::Token(token), Target::Role(_)) => {
                self.guardrail(token, &mut part);
            }
            (Caller::Saml(_), Target::Role(role)) if facts.roles[*role].identity_center() => {
                let text = "an account assignment of IAM Identity Center leads here; the role can't be \
                            assumed with an assertion directly";
                part.allow = given(
                    self.context,
                    self.atoms,
                    "account assignment",
                    "",
                    Kind::ExternalAdmin,
                    text.to_owned(),
                );
            }
            _ => {}
        }
        part
    }

    /// STS refuses tokens of some shared issuers where the trust policy never looks at who in
    /// the issuer asks (rule W6).
    fn guardrail(&mut self, token: &Token, part: &mut Part) {
        let issuer = issuer::classify(&token.issuer);
        if !issuer.required_at_call {
            return;
        }
        let Some(key) = issuer.required_key(&token.issuer) else { return };
        let key = key.to_lowercase();
        let Target::Role(role) = self.call().target else { return };
        let facts = self.context.facts;
        let Ok(document) = &facts.documents[facts.roles[*role].trust].parsed else { return };
        let provider = principal::provider_name(self.context, token);
        let looks = |statement: &Statement| statement.conditions.iter().any(|each| each.key == key);
        let names = |statement: &&Statement| {
            statement.principal.as_ref().is_some_and(|element| {
                element.entries.iter().any(
                    |entry| matches!(entry, PrincipalEntry::Federated(text) if *text == provider),
                )
            })
        };
        let allows = |statement: &&Statement| statement.effect == Some(Effect::Allow);
        let mut naming = document.statements.iter().filter(names).filter(allows).peekable();
        if naming.peek().is_none() || naming.all(looks) {
            return;
        }
        if document.statements.iter().any(looks)
            || document.statements.iter().any(|s| !s.problems.is_empty())
        {
            let text = format!(
                "STS refuses tokens of `{}` where the trust policy does not evaluate `{key}`; \
                 here only a part of its statements does: try it live",
                token.issuer
            );
            part.allow =
                given(self.context, self.atoms, "guardrail", &key, Kind::AmbiguousRule, text);
        } else {
            part.allow = Formula::False;
            part.note = Some(format!(
                "STS refuses tokens of `{}` because the trust policy does not evaluate `{key}`",
                token.issuer
            ));
        }
    }

    /// That the issuer's provider exists in the role's account and takes the audience (rules W1
    /// to W4); of an assertion, that its provider is one of the account (rule W7).
    pub(super) fn provider(&mut self) -> Part {
        let mut part = Part::new(Layer::Provider);
        let facts = self.context.facts;
        let account = &facts.accounts[self.context.target_account];
        match self.call().caller {
            Caller::Token(token) => {
                if issuer::builtin(&token.issuer).is_some()
                    && self.context.audiences(&token.issuer).is_none()
                {
                    return part;
                }
                let providers = match &account.oidc_providers {
                    Fact::Read(providers) => providers,
                    Fact::NotRead(gap) => {
                        let text = format!(
                            "account `{}` must have a provider for `{}`; its providers were not read ({})",
                            account.name, token.issuer, gap.message
                        );
                        part.allow = given(
                            self.context,
                            self.atoms,
                            "provider",
                            &token.issuer,
                            Kind::NotRead,
                            text,
                        );
                        return part;
                    }
                };
                let found = providers
                    .iter()
                    .map(|key| &facts.oidc_providers[*key])
                    .find(|p| p.url == token.issuer);
                let Some(provider) = found else {
                    part.allow = Formula::False;
                    part.note = Some(format!(
                        "account `{}` has no OIDC provider for `{}`, and one of another account does not serve",
                        account.name, token.issuer
                    ));
                    return part;
                };
                let accepted = match &token.audience {
                    Claim::Is(audience) => provider.audiences.contains(audience),
                    Claim::Like(pattern) => {
                        let glob = Claim::glob(pattern);
                        provider.audiences.iter().any(|audience| glob.matches(audience))
                    }
                    Claim::Any => !provider.audiences.is_empty(),
                };
                if !accepted {
                    part.allow = Formula::False;
                    part.note = Some(match &token.audience {
                        Claim::Is(audience) | Claim::Like(audience) => format!(
                            "the audience `{audience}` is not in the provider's list (`{}`)",
                            provider.audiences.join("`, `")
                        ),
                        Claim::Any => "the provider's list of audiences is empty".to_owned(),
                    });
                }
            }
            Caller::Saml(key) => {
                let provider = &facts.saml_providers[*key];
                if provider.account != self.context.target_account {
                    part.allow = Formula::False;
                    part.note =
                        Some(format!("`{}` is not a provider of the role's account", provider.arn));
                }
            }
            _ => return Part::idle(Layer::Provider),
        }
        part
    }
}
