//! What a probe will call, worked out before anything is called.

use crate::answer::{Hop, Path};
use crate::arn::{Arn, PrincipalName};
use crate::evaluation::{Requirements, Verdict};

/// A probe that has not begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The hops in order.
    pub steps: Vec<Step>,
    /// The first hop that will be tried: the one whose source the credentials are. `None` where
    /// they are the source of none, so that nothing can be tried.
    pub start: Option<usize>,
    /// Whose credentials they are.
    pub identity: String,
}

/// One hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The caller: an ARN, or a selector for what has none.
    pub from: String,
    /// The role's ARN.
    pub to: String,
    /// The action.
    pub action: &'static str,
    /// What the snapshot says; `None` without one.
    pub predicted: Option<Verdict>,
    /// The session's name: the one that the policies ask for, where they do.
    pub session_name: String,
    /// The external ID that the policies ask for.
    pub external_id: Option<String>,
}

impl Plan {
    /// Why hop `index` is not tried; `None` if it is.
    pub fn skipped(&self, index: usize) -> Option<String> {
        let step = self.steps.get(index)?;
        match self.start {
            Some(start) if index >= start => None,
            _ if step.action != "sts:AssumeRole" => {
                Some("needs the token of a run, which only the run has".to_owned())
            }
            Some(_) => Some(format!("the credentials are already `{}`", self.identity)),
            None => Some(format!(
                "the credentials are those of `{}`, where no hop of this path starts",
                self.identity
            )),
        }
    }

    /// Whether any call will be made.
    pub fn live(&self) -> bool {
        self.start.is_some()
    }
}

/// Plans the probe of a path with the credentials of `identity`.
///
/// It starts at the last hop whose source the credentials are: whoever holds the hub role's
/// session needs no token to try the second hop.
pub fn plan(path: &Path, identity: &Arn) -> Plan {
    let steps: Vec<Step> = path.hops.iter().map(step).collect();
    let start = steps
        .iter()
        .rposition(|step| step.action == "sts:AssumeRole" && same_principal(&step.from, identity));
    Plan { steps, start, identity: identity.to_string() }
}

fn step(hop: &Hop) -> Step {
    Step {
        from: hop.from.clone(),
        to: hop.to.clone(),
        action: hop.action,
        predicted: Some(hop.verdict),
        session_name: asked(&hop.requirements, "sts:rolesessionname")
            .map_or_else(|| "rolewalk-probe".to_owned(), |form| session_name(&form)),
        external_id: asked(&hop.requirements, "sts:externalid"),
    }
}

/// The value that the first set of requirements asks of a key that the caller chooses.
fn asked(requirements: &Requirements, key: &str) -> Option<String> {
    let set = requirements.first()?;
    let requirement = set.iter().find(|each| {
        each.key.eq_ignore_ascii_case(key)
            && !each.negated
            && matches!(each.operator.as_str(), "StringEquals" | "StringLike")
    })?;
    requirement.values.first().cloned()
}

/// A name of the form that is asked for.
fn session_name(form: &str) -> String {
    form.replace('*', "rolewalk-probe").replace('?', "x").chars().take(64).collect()
}

/// Whether an identity, as GetCallerIdentity names it, is the principal with this ARN. A
/// session's ARN lacks the role's path.
fn same_principal(from: &str, identity: &Arn) -> bool {
    if from == identity.as_str() {
        return true;
    }
    let Ok(from) = from.parse::<Arn>() else { return false };
    match (from.principal(), identity.principal()) {
        (
            Some(PrincipalName::Role { account, name, .. }),
            Some(PrincipalName::Session { account: of, role, .. }),
        ) => account == of && name == role,
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::evaluation::{Requirement, RequirementKind};

    fn hop(from: &str, to: &str, action: &'static str) -> Hop {
        Hop {
            from: from.to_owned(),
            to: to.to_owned(),
            action,
            verdict: Verdict::Allowed,
            requirements: vec![Vec::new()],
            reason: None,
            privilege: None,
            privilege_proven: None,
            layers: Vec::new(),
            caveats: Vec::new(),
        }
    }

    fn path() -> Path {
        let hops = vec![
            hop(
                "tfc:acme/P/w:apply",
                "arn:aws:iam::111111111111:role/team/hub",
                "sts:AssumeRoleWithWebIdentity",
            ),
            hop(
                "arn:aws:iam::111111111111:role/team/hub",
                "arn:aws:iam::222222222222:role/member",
                "sts:AssumeRole",
            ),
        ];
        Path { verdict: Verdict::Allowed, requirements: vec![Vec::new()], hops, configured: None }
    }

    #[test]
    fn it_starts_where_the_credentials_are() {
        let hub = "arn:aws:sts::111111111111:assumed-role/hub/me".parse().unwrap();
        let found = plan(&path(), &hub);
        assert_eq!(found.start, Some(1));
        assert!(found.skipped(0).unwrap().contains("token of a run"));
        assert_eq!(found.skipped(1), None);
        let other = "arn:aws:iam::333333333333:user/ann".parse().unwrap();
        let found = plan(&path(), &other);
        assert!(!found.live());
        assert!(found.skipped(1).unwrap().contains("user/ann"));
    }

    #[test]
    fn it_passes_what_the_policies_ask_of_the_caller() {
        let mut path = path();
        let asks = |key: &str, operator: &str, value: &str| Requirement {
            hop: 2,
            key: key.to_owned(),
            operator: operator.to_owned(),
            values: vec![value.to_owned()],
            negated: false,
            kind: RequirementKind::CallerChoice,
            text: String::new(),
        };
        path.hops.last_mut().unwrap().requirements = vec![vec![
            asks("sts:externalid", "StringEquals", "acme-7"),
            asks("sts:rolesessionname", "StringLike", "run-*"),
        ]];
        let step = step(path.hops.last().unwrap());
        assert_eq!(step.external_id.as_deref(), Some("acme-7"));
        assert_eq!(step.session_name, "run-rolewalk-probe");
    }
}
