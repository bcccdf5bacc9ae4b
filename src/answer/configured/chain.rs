//! A provider of one workspace in one phase as a chain of roles, and what it may name.

use std::sync::OnceLock;

use crate::arn::glob::Glob;
use crate::evaluation::{Caller, Claim};
use crate::graph::run_token;
use crate::workload::blocks::{Argument, Asked, AskedRole, Base, Passed, Provider, Unknown};
use crate::workload::{OTHER_CREDENTIALS, Phase, RoleSetting, WayIn, Workspace};

use super::super::answers::{ChainLink, PassedArgument};
use super::judge::Judged;

/// What a provider asks for.
pub(super) struct Chain<'a> {
    pub(super) provider: &'a Provider,
    pub(super) workspace: usize,
    pub(super) phase: Phase,
    pub(super) start: Start,
    pub(super) tag: Option<String>,
    /// The roles, that of the run first where it begins with the run's token.
    pub(super) links: Vec<Asked>,
    /// The chain decided, once somebody asked.
    pub(super) judged: OnceLock<Judged>,
}

/// Who makes the first call.
pub(super) enum Start {
    /// The run, with this token.
    Run(Caller),
    /// Whoever bears a token that the configuration hands over; it may be that of the run.
    Token,
    /// Somebody who can't be told, for this reason.
    Elsewhere(String),
}

/// A role of the settings; whether there may be another.
pub(super) fn settings_roles<'w>(setting: &'w RoleSetting, roles: &mut Vec<&'w str>) -> bool {
    match setting {
        RoleSetting::Arn(arn) => roles.push(arn),
        RoleSetting::Ambiguous(one, other) => roles.extend([one.as_str(), other]),
        RoleSetting::Hidden => return true,
        RoleSetting::Missing => {}
    }
    false
}

fn open(expression: &str, likely: Option<(String, String)>) -> Asked {
    let unknown = Unknown { expression: expression.to_owned(), pattern: "*".to_owned(), likely };
    Asked { role: AskedRole::Unknown(unknown), repeated: false, passes: Vec::new() }
}

/// The role that the run's credentials are of, by its setting.
fn first(setting: &RoleSetting) -> Asked {
    match setting {
        RoleSetting::Arn(arn) => {
            Asked { role: AskedRole::Known(arn.clone()), repeated: false, passes: Vec::new() }
        }
        RoleSetting::Ambiguous(one, other) => open(&format!("{one} or {other}"), None),
        RoleSetting::Hidden => open("a sensitive setting", None),
        RoleSetting::Missing => open("no role is set", None),
    }
}

impl<'a> Chain<'a> {
    pub(super) fn of(
        provider: &'a Provider,
        index: usize,
        workspace: &Workspace,
        phase: Phase,
    ) -> Self {
        let mut links = Vec::new();
        let mut tag = None;
        let start = match &provider.base {
            Base::StaticKeys => Start::Elsewhere(
                "static keys are written in the provider, and whose they are is not known"
                    .to_owned(),
            ),
            Base::Profile => Start::Elsewhere(
                "the provider takes its credentials from a profile or files of its own".to_owned(),
            ),
            Base::WebIdentity(role) => {
                links.push((**role).clone());
                Start::Token
            }
            Base::Unknown(expression) => {
                links.push(open(&format!("whatever `{expression}` leads to"), None));
                Start::Elsewhere(format!(
                    "`{expression}` decides with which credentials the provider begins"
                ))
            }
            Base::Ambient => dynamic(workspace, phase, None, false, &mut links),
            Base::Dynamic(of) => {
                tag.clone_from(of);
                dynamic(workspace, phase, of.as_deref(), true, &mut links)
            }
        };
        links.extend(provider.chain.iter().cloned());
        Self { provider, workspace: index, phase, start, tag, links, judged: OnceLock::new() }
    }

    /// The roles that are known, up to the first that is not.
    pub(super) fn known(&self) -> Vec<&str> {
        let known = self.links.iter().map_while(|link| match &link.role {
            AskedRole::Known(arn) if !link.repeated => Some(arn.as_str()),
            _ => None,
        });
        if matches!(self.start, Start::Elsewhere(_)) { Vec::new() } else { known.collect() }
    }

    /// Whether the way over these roles is asked for, for certain.
    pub(super) fn asks_way(&self, roles: &[Glob]) -> bool {
        let known = self.known();
        !roles.is_empty()
            && roles.len() <= known.len()
            && known.iter().zip(roles).all(|(arn, role)| role.matches(arn))
    }

    /// Whether such a role is at the end of a way that is asked for, for certain.
    pub(super) fn asks(&self, role: &Glob) -> bool {
        self.known().iter().any(|known| role.matches(known))
    }

    /// Whether the way over these roles may be asked for.
    pub(super) fn may_ask_way(&self, roles: &[Glob]) -> bool {
        if matches!(self.start, Start::Elsewhere(_)) {
            return roles.last().is_some_and(|last| self.may_ask(last));
        }
        may_lead(&self.links, roles)
    }

    /// Whether a role that fits may be asked for.
    pub(super) fn may_ask(&self, role: &Glob) -> bool {
        self.links.iter().any(|link| may_be(link, role))
    }

    /// The chain with what is likely in the place of what is unknown; `None` where something stays
    /// unknown, or nothing is.
    pub(super) fn likely(&self) -> Option<(Self, Vec<String>)> {
        let mut whys = Vec::new();
        let mut links = Vec::new();
        for link in &self.links {
            let role = match &link.role {
                AskedRole::Known(_) if link.repeated => return None,
                AskedRole::Known(arn) => AskedRole::Known(arn.clone()),
                AskedRole::Unknown(Unknown { likely: Some((arn, why)), .. }) if !link.repeated => {
                    whys.push(format!("with `{arn}` ({why})"));
                    AskedRole::Known(arn.clone())
                }
                AskedRole::Unknown(_) => return None,
            };
            links.push(Asked { role, ..link.clone() });
        }
        let start = match &self.start {
            Start::Run(caller) => Start::Run(caller.clone()),
            Start::Token => Start::Token,
            Start::Elsewhere(_) => return None,
        };
        let (tag, judged) = (self.tag.clone(), OnceLock::new());
        let chain = Self { start, tag, links, judged, ..*self };
        (!whys.is_empty()).then_some((chain, whys))
    }

    /// The links for an answer.
    pub(super) fn shown(&self) -> Vec<ChainLink> {
        let argument = |passed: &Passed| PassedArgument {
            argument: passed.argument.as_str(),
            key: passed.key.clone(),
            // A session policy's text is long, and no part of the answer.
            value: passed.value.clone().filter(|_| passed.argument != Argument::Policy),
        };
        let link = |link: &Asked| {
            let (role, unknown) = match &link.role {
                AskedRole::Known(role) => (Some(role.clone()), None),
                AskedRole::Unknown(unknown) => (None, Some(unknown)),
            };
            let likely = unknown.and_then(|unknown| unknown.likely.clone()).unzip();
            ChainLink {
                role,
                expression: unknown.map(|unknown| unknown.expression.clone()),
                likely: likely.0,
                likely_because: likely.1,
                repeated: link.repeated,
                passes: link.passes.iter().map(argument).collect(),
            }
        };
        self.links.iter().map(link).collect()
    }

    /// What the provider begins with, in a word.
    pub(super) fn base(&self) -> &'static str {
        match self.provider.base {
            Base::Ambient | Base::Dynamic(_) => "dynamic",
            Base::WebIdentity(_) => "web-identity",
            Base::StaticKeys => "static-keys",
            Base::Profile => "profile",
            Base::Unknown(_) => "unknown",
        }
    }
}

/// The first call of a provider that begins with what the run has.
fn dynamic(
    workspace: &Workspace,
    phase: Phase,
    tag: Option<&str>,
    mapped: bool,
    links: &mut Vec<Asked>,
) -> Start {
    let of_tag = workspace.configurations.iter().find(|it| it.tag.as_deref() == tag);
    let has_tags = workspace.configurations.iter().any(|it| it.tag.is_some());
    let untold = |why: &str| Start::Elsewhere(why.to_owned());
    let Some(configuration) = of_tag else {
        links.push(open("the run's credentials", None));
        return match tag {
            _ if workspace.execution_mode == "local" => {
                untold("its runs are local, with the credentials of whoever runs them")
            }
            _ if !workspace.variables_read => untold("the workspace's variables were not read"),
            Some(tag) => Start::Elsewhere(format!(
                "the workspace has no dynamic credentials with the tag `{tag}`"
            )),
            None => untold("the workspace has no dynamic credentials without a tag"),
        };
    };
    let role = first(configuration.role(phase));
    if has_tags && !mapped {
        // The documentation has them mapped then, and does not say what happens otherwise.
        let likely = match &role.role {
            AskedRole::Known(arn) => {
                Some((arn.clone(), "the untagged role, if the run still hands it over".to_owned()))
            }
            AskedRole::Unknown(_) => None,
        };
        links.push(open("credentials that are not mapped beside tagged ones", likely));
    } else if !workspace.variables_read {
        links.push(open("variables that were not read", None));
    } else {
        links.push(role);
    }
    let before = [WayIn::StaticKeys, WayIn::Vault, WayIn::VaultSecrets];
    if let Some(way) = workspace.other_ways.iter().find(|way| before.contains(way)) {
        return Start::Elsewhere(format!(
            "the workspace has {} too, and they may come first",
            way.text()
        ));
    }
    if let Some(key) = OTHER_CREDENTIALS.iter().find(|key| workspace.settings.contains_key(**key)) {
        return Start::Elsewhere(format!("the workspace sets `{key}` too, which may come first"));
    }
    let audience = configuration.audience.clone().map_or(Claim::Any, Claim::Is);
    Start::Run(Caller::Token(run_token(workspace, phase, audience)))
}

/// The roles that a name of an answer means: one, or any of an account that was not read.
pub(super) fn meant(name: &str) -> Glob {
    match name.strip_prefix("account:") {
        Some(id) => Glob::new(&format!("arn:*:iam::{id}:role/*")),
        None => Glob::new(name),
    }
}

fn may_be(link: &Asked, role: &Glob) -> bool {
    match &link.role {
        AskedRole::Known(arn) => role.matches(arn),
        AskedRole::Unknown(unknown) => unknown.may_fit(role),
    }
}

/// Whether roles may be the first ones of a chain.
fn may_lead(links: &[Asked], roles: &[Glob]) -> bool {
    let Some((role, rest)) = roles.split_first() else { return true };
    let Some((link, behind)) = links.split_first() else { return false };
    if link.repeated {
        return may_lead(behind, roles) || may_be(link, role) && may_lead(links, rest);
    }
    may_be(link, role) && may_lead(behind, rest)
}
