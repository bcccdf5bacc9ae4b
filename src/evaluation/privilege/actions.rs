//! What the name of an action, or a pattern of names, tells of it (rules M9 to M12).

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use serde::Deserialize;

use super::form;
use crate::arn::glob::Glob;

/// What an action is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Changes what somebody may do or who may become whom.
    Iam,
    /// `iam:PassRole`.
    Pass,
    /// Leads to a session.
    Session,
    /// Writes.
    Write,
    /// Reads.
    Read,
}

impl Kind {
    /// How many there are.
    pub(super) const COUNT: usize = 5;
}

/// Some of the [`Kind`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Kinds(u8);

impl Kinds {
    pub(super) const NONE: Self = Self(0);
    pub(super) const ALL: Self = Self(0b11111);

    pub(super) fn of(kind: Kind) -> Self {
        Self(1 << kind as u8)
    }

    pub(super) fn has(self, kind: Kind) -> bool {
        self.0 & Self::of(kind).0 != 0
    }

    #[must_use]
    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// An action that rules ask for by name.
pub(super) struct Known {
    /// As policies write it.
    pub(super) name: String,
    /// What it acts on: the beginning of the last part of the ARN.
    pub(super) on: String,
    pub(super) kind: Kind,
    /// Whether it makes credentials of a user.
    pub(super) credentials: bool,
}

/// The table, read.
pub(super) struct Actions {
    reads: Vec<String>,
    more_reads: Vec<Glob>,
    disguised: Vec<String>,
    sessions: Vec<String>,
    without_region: Vec<String>,
    without_account: Vec<String>,
    either: Vec<Either>,
    /// At most 64, so that a statement tells in one word which of them it covers.
    pub(super) known: Vec<Known>,
    by_name: HashMap<String, usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    reads: Vec<String>,
    read_actions: Vec<String>,
    write_actions: Vec<String>,
    sessions: Vec<String>,
    without_region: Vec<String>,
    without_account: Vec<String>,
    either: Vec<Either>,
    iam: BTreeMap<String, Vec<String>>,
    credentials: BTreeMap<String, Vec<String>>,
    others: BTreeMap<String, Vec<String>>,
}

/// An action of which some requests write and others read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Either {
    action: String,
    key: String,
    value: String,
}

/// The table of `assets/actions.toml`.
pub(super) static ACTIONS: LazyLock<Actions> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the table is part of the program, and a test reads it")]
    let raw: Raw = toml::from_str(include_str!("../../../assets/actions.toml"))
        .expect("assets/actions.toml is valid");
    Actions::new(raw)
});

impl Actions {
    fn new(raw: Raw) -> Self {
        let globs = |texts: Vec<String>| -> Vec<Glob> {
            texts.iter().map(|text| Glob::new(&text.to_lowercase())).collect()
        };
        let mut known = Vec::new();
        let groups = [(raw.iam, Kind::Iam, false), (raw.credentials, Kind::Iam, true)];
        let others = (raw.others, Kind::Write, false);
        for (group, kind, credentials) in groups.into_iter().chain([others]) {
            for (on, names) in group {
                known.extend(names.into_iter().map(|name| Known {
                    kind: if name == "PassRole" { Kind::Pass } else { kind },
                    name: format!("iam:{name}"),
                    on: on.clone(),
                    credentials,
                }));
            }
        }
        let by_name =
            known.iter().enumerate().map(|(at, each)| (each.name.to_lowercase(), at)).collect();
        Self {
            reads: raw.reads.into_iter().map(|verb| verb.to_lowercase()).collect(),
            more_reads: globs(raw.read_actions),
            disguised: raw.write_actions,
            sessions: raw.sessions,
            without_region: raw.without_region,
            without_account: raw.without_account,
            either: raw.either,
            known,
            by_name,
        }
    }

    /// The place of an action among those that are asked for by name.
    pub(super) fn place(&self, action: &str) -> Option<usize> {
        self.by_name.get(&action.to_lowercase()).copied()
    }

    /// The kind of an action.
    pub(super) fn kind(&self, action: &str) -> Kind {
        if let Some(known) = self.place(action).and_then(|at| self.known.get(at)) {
            return known.kind;
        }
        if self.sessions.iter().any(|name| name.eq_ignore_ascii_case(action)) {
            return Kind::Session;
        }
        if self.only_reads(action) { Kind::Read } else { Kind::Write }
    }

    /// The kinds of the actions that a pattern may stand for; too many rather than too few.
    pub(super) fn kinds(&self, pattern: &str) -> Kinds {
        if !pattern.contains(['*', '?']) {
            let both = if self.writes_with(pattern).is_some() {
                Kinds::of(Kind::Write)
            } else {
                Kinds::NONE
            };
            return Kinds::of(self.kind(pattern)).and(both);
        }
        let glob = Glob::new(pattern);
        let covers = |name: &str| glob.matches_ignoring_case(name);
        let mut found = Kinds::of(Kind::Read);
        if !self.only_reads(pattern) {
            found = found.and(Kinds::of(Kind::Write));
        }
        if self.sessions.iter().any(|name| covers(name)) {
            found = found.and(Kinds::of(Kind::Session));
        }
        for known in self.known.iter().filter(|known| covers(&known.name)) {
            found = found.and(Kinds::of(known.kind));
        }
        found
    }

    /// Names that begin like reading and write, as patterns.
    pub(super) fn writing_in_disguise(&self) -> impl Iterator<Item = &str> {
        self.disguised.iter().map(String::as_str)
    }

    /// Whether a pattern can stand for reading alone: the text before its first wildcard tells.
    fn only_reads(&self, pattern: &str) -> bool {
        let lower = pattern.to_lowercase();
        let meant = Glob::new(&lower);
        if self.disguised.iter().any(|name| form::meet_actions(name, pattern).is_some()) {
            return false;
        }
        if self.more_reads.iter().any(|glob| glob.covers(&meant)) {
            return true;
        }
        let Some((_, name)) = pattern.split_once(':') else { return false };
        let written_small = !name.contains(|char: char| char.is_ascii_uppercase());
        self.reads.iter().any(|verb| {
            let Some((start, rest)) = name.split_at_checked(verb.len()) else { return false };
            let ends = written_small || !rest.starts_with(|char: char| char.is_ascii_lowercase());
            start.eq_ignore_ascii_case(verb) && ends
        })
    }

    /// Whether ARNs of a service hold a Region, and an account.
    pub(super) fn places(&self, service: &str) -> (bool, bool) {
        let among = |list: &[String]| list.iter().any(|name| name.eq_ignore_ascii_case(service));
        let account = !among(&self.without_account);
        (account && !among(&self.without_region), account)
    }

    /// The key and the value with which a request of this action writes, where others read.
    pub(super) fn writes_with(&self, action: &str) -> Option<(&str, &str)> {
        let either = self.either.iter().find(|row| row.action.eq_ignore_ascii_case(action))?;
        Some((&either.key, &either.value))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn names_tell_what_an_action_is_worth() {
        for (kind, names) in [
            (Kind::Iam, "iam:PutRolePolicy iam:createaccesskey iam:TagRole"),
            (Kind::Pass, "iam:PassRole iam:passrole"),
            (Kind::Session, "sts:AssumeRole sts:TagSession"),
            (
                Kind::Read,
                "s3:GetObject s3:getobject ec2:DescribeInstances iam:GenerateCredentialReport \
                 dynamodb:BatchGetItem kms:Decrypt s3:Get* iam:Simulate* logs:StartQuery",
            ),
            (
                Kind::Write,
                "s3:PutObject logs:PutLogEvents iam:CreateRole iam:CreateServiceLinkedRole \
                 license-manager:CheckoutLicense redshift:GetClusterCredentials \
                 acm-pca:IssueCertificate x:Anything sts:AssumeRoot",
            ),
        ] {
            for name in names.split_whitespace() {
                assert_eq!(ACTIONS.kind(name), kind, "{name}");
            }
        }
    }

    #[test]
    fn patterns_stand_for_every_kind_that_they_may_be() {
        let kinds = |pattern: &str| {
            let all = [Kind::Iam, Kind::Pass, Kind::Session, Kind::Write, Kind::Read];
            let found = ACTIONS.kinds(pattern);
            all.into_iter()
                .filter(|kind| found.has(*kind))
                .map(|kind| format!("{kind:?}"))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(kinds("*"), "Iam Pass Session Write Read");
        assert_eq!(kinds("i?m:P*"), "Iam Pass Write Read");
        assert_eq!(kinds("iam:Get*"), "Read");
        assert_eq!(kinds("*:Describe*"), "Read");
        assert_eq!(kinds("s3:*"), "Write Read");
        assert_eq!(kinds("sts:Assume*"), "Session Write Read");
        assert_eq!(kinds("s3:G*"), "Write Read");
        assert_eq!(kinds("redshift:Get*"), "Write Read");
    }

    #[test]
    fn the_table_fits_into_a_word() {
        assert!(ACTIONS.known.len() <= 64);
        assert!(ACTIONS.known.len() > 30);
    }
}
