//! `org.json`.

use std::collections::{BTreeMap, HashSet};

use serde_json::value::RawValue;

use super::gaps::{Gaps, Part};
use super::readable::Readable;
use super::source::{Distinct, Entry, File};
use super::{Problem, document, wire};
use crate::arn::AccountId;
use crate::org::reading::{
    ControlPolicy, DelegatedAdministrator, MemberAccount, OrganizationFacts, Ou, PolicyText, Tree,
};
use crate::org::{Fact, NotRead, NotReadKind};

/// Aliases of accounts, which `org.json` gives beside what the organization knows.
type Aliases = BTreeMap<AccountId, String>;

/// The organization, or why nothing of it could be understood.
pub(super) fn decode(
    file: File<'_>,
    readable: &mut Readable,
    gaps: &mut Gaps,
    problems: &mut Vec<Problem>,
) -> Result<(OrganizationFacts, Aliases), NotRead> {
    let Some(written) = file.whole::<wire::Organization<'_>>(problems) else {
        return Err(file.gap_of_whole(problems));
    };
    let management_account = match written.management_account_id.parse() {
        Ok(id) => id,
        Err(error) => {
            let problem = file.problem("managementAccountId", format!("{error}"));
            let gap = problem.gap();
            problems.push(problem);
            return Err(gap);
        }
    };
    let mut aliases = Aliases::new();
    let facts = OrganizationFacts {
        tree: tree(file, &written, &mut aliases, gaps, problems),
        scps: control_policies(file, written.scps, &SCPS, gaps, problems),
        rcps: control_policies(file, written.rcps, &RCPS, gaps, problems),
        delegated_administrators: delegated(file, written.delegated_administrators, gaps, problems),
        id: written.id,
        arn: written.arn,
        management_account,
        not_read: gaps.take_all(None, Part::OrganizationEntry),
    };
    for (list, kind) in [(&facts.scps, &SCPS), (&facts.rcps, &RCPS)] {
        for (at, policy) in list.read().into_iter().flatten().enumerate() {
            let Some(text) = policy.document.read() else { continue };
            let place = format!("{}[{at}].document", kind.list);
            problems.extend(readable.problems(file, &place, text));
        }
    }
    Ok((facts, aliases))
}

/// Notes a problem and gives the gap that it leaves.
fn noted<T>(problem: Problem, problems: &mut Vec<Problem>) -> Fact<T> {
    let gap = problem.gap();
    problems.push(problem);
    Fact::NotRead(gap)
}

fn tree<'a>(
    file: File<'a>,
    written: &wire::Organization<'a>,
    aliases: &mut Aliases,
    gaps: &mut Gaps,
    problems: &mut Vec<Problem>,
) -> Fact<Tree> {
    let (Some(root_id), Some(ous), Some(accounts)) =
        (&written.root_id, written.ous, written.accounts)
    else {
        if let Some(gap) = gaps.take(None, Part::Tree, "") {
            return Fact::NotRead(gap);
        }
        let missing = match written {
            wire::Organization { root_id: None, .. } => "rootId",
            wire::Organization { ous: None, .. } => "ous",
            _ => "accounts",
        };
        return noted(file.problem(missing, format!("missing field `{missing}`")), problems);
    };
    let mut incomplete = gaps.take_all(None, Part::TreeEntry);
    let lists = (file.entries(ous, "ous"), file.entries(accounts, "accounts"));
    let (ous, accounts) = match lists {
        (Ok(ous), Ok(accounts)) => (ous, accounts),
        (Err(problem), _) | (_, Err(problem)) => return noted(problem, problems),
    };
    let mut damage = Vec::new();
    let mut kept_ous = Distinct::default();
    for entry in ous {
        match file.entry::<wire::Ou>(&entry) {
            Ok(ou) => {
                let ou = Ou { id: ou.id, name: ou.name, parent: ou.parent, tags: ou.tags };
                damage.extend(kept_ous.add(file, &entry.place, &ou.id.clone(), ou));
            }
            Err(problem) => damage.push(problem),
        }
    }
    let mut kept_accounts = Distinct::default();
    for entry in accounts {
        match member(file, &entry) {
            Ok((account, alias)) => {
                if let Some(alias) = alias {
                    aliases.insert(account.id, alias);
                }
                let id = account.id.to_string();
                damage.extend(kept_accounts.add(file, &entry.place, &id, account));
            }
            Err(problem) => damage.push(problem),
        }
    }
    incomplete.extend(damage.iter().map(Problem::gap));
    problems.extend(damage);
    let ous = kept_ous.into_rows();
    problems.extend(loose(root_id, &ous).map(|ou| {
        let message =
            format!("OU `{}` lies in `{}`, which is nowhere below the root", ou.id, ou.parent);
        file.problem("ous", message)
    }));
    Fact::Read(Tree {
        root_id: root_id.clone(),
        ous,
        accounts: kept_accounts.into_rows(),
        incomplete,
    })
}

/// The OUs that lie in something that is nowhere below the root: what applies to them can't be told.
fn loose<'o>(root: &str, ous: &'o [Ou]) -> impl Iterator<Item = &'o Ou> {
    let mut placed: HashSet<&str> = HashSet::from([root]);
    let mut rest: Vec<&Ou> = ous.iter().collect();
    loop {
        let before = rest.len();
        rest.retain(|ou| {
            let hangs = placed.contains(ou.parent.as_str());
            if hangs {
                placed.insert(&ou.id);
            }
            !hangs
        });
        if rest.len() == before {
            return rest.into_iter();
        }
    }
}

fn member<'a>(
    file: File<'a>,
    entry: &Entry<'a>,
) -> Result<(MemberAccount, Option<String>), Problem> {
    let written: wire::Member = file.entry(entry)?;
    let id = written
        .id
        .parse()
        .map_err(|error| file.problem(format!("{}.id", entry.place), format!("{error}")))?;
    let account = MemberAccount {
        id,
        name: written.name,
        email: written.email,
        state: written.status,
        parent: written.parent,
        tags: written.tags,
    };
    Ok((account, written.alias))
}

/// One type of control policies.
struct PolicyType {
    list: &'static str,
    part: Part,
    document: Part,
    targets: Part,
}

const SCPS: PolicyType = PolicyType {
    list: "scps",
    part: Part::Scps,
    document: Part::ScpDocument,
    targets: Part::ScpTargets,
};

const RCPS: PolicyType = PolicyType {
    list: "rcps",
    part: Part::Rcps,
    document: Part::RcpDocument,
    targets: Part::RcpTargets,
};

fn control_policies<'a>(
    file: File<'a>,
    raw: Option<&'a RawValue>,
    kind: &PolicyType,
    gaps: &mut Gaps,
    problems: &mut Vec<Problem>,
) -> Fact<Vec<ControlPolicy>> {
    let Some(raw) = raw else {
        return Fact::NotRead(gaps.take_control_policies(kind.part).unwrap_or_else(|| {
            NotRead::new(
                "organizations:ListPolicies",
                NotReadKind::NotCollected,
                format!("the dump has no `{}`", kind.list),
            )
        }));
    };
    match file.entries(raw, kind.list) {
        Ok(entries) => {
            let policies =
                entries.iter().map(|entry| control_policy(file, entry, kind, gaps, problems));
            Fact::Read(policies.collect())
        }
        Err(problem) => noted(problem, problems),
    }
}

/// An entry that cannot be read still is a policy, of which neither document nor targets are
/// known: leaving it out would leave out what it denies.
fn control_policy<'a>(
    file: File<'a>,
    entry: &Entry<'a>,
    kind: &PolicyType,
    gaps: &mut Gaps,
    problems: &mut Vec<Problem>,
) -> ControlPolicy {
    let place = &entry.place;
    let written: wire::ControlPolicy = match file.entry(entry) {
        Ok(written) => written,
        Err(problem) => {
            let gap = problem.gap();
            problems.push(problem);
            return ControlPolicy {
                id: place.clone(),
                name: String::new(),
                document: Fact::NotRead(gap.clone()),
                targets: Fact::NotRead(gap),
            };
        }
    };
    let document = match written.document {
        Some(raw) => checked(file, &raw, place, problems),
        None => match gaps.take(None, kind.document, &written.id) {
            Some(gap) => Fact::NotRead(gap),
            None => noted(
                file.problem(format!("{place}.document"), "missing field `document`"),
                problems,
            ),
        },
    };
    let targets = match written.targets.map(|raw| serde_json::from_str::<Vec<String>>(raw.get())) {
        Some(Ok(targets)) => Fact::Read(targets),
        Some(Err(_)) => noted(
            file.problem(
                format!("{place}.targets"),
                "a list of root, OU and account ids is expected",
            ),
            problems,
        ),
        None => match gaps.take(None, kind.targets, &written.id) {
            Some(gap) => Fact::NotRead(gap),
            None => {
                noted(file.problem(format!("{place}.targets"), "missing field `targets`"), problems)
            }
        },
    };
    ControlPolicy { id: written.id, name: written.name, document, targets }
}

fn checked(
    file: File<'_>,
    raw: &RawValue,
    place: &str,
    problems: &mut Vec<Problem>,
) -> Fact<PolicyText> {
    let document = document::decode(raw);
    match document.complaint {
        None => Fact::Read(document.text),
        Some(complaint) => noted(file.problem(format!("{place}.document"), complaint), problems),
    }
}

fn delegated<'a>(
    file: File<'a>,
    raw: Option<&'a RawValue>,
    gaps: &mut Gaps,
    problems: &mut Vec<Problem>,
) -> Fact<Vec<DelegatedAdministrator>> {
    const LIST: &str = "delegatedAdministrators";
    let Some(raw) = raw else {
        return Fact::NotRead(gaps.take(None, Part::DelegatedAdministrators, "").unwrap_or_else(
            || {
                NotRead::new(
                    "organizations:ListDelegatedAdministrators",
                    NotReadKind::NotCollected,
                    "the dump has no `delegatedAdministrators`",
                )
            },
        ));
    };
    let written: Vec<wire::Delegated> = match file.part(raw, LIST) {
        Ok(written) => written,
        Err(problem) => return noted(problem, problems),
    };
    let mut found = Vec::new();
    for (at, one) in written.into_iter().enumerate() {
        match one.id.parse() {
            Ok(id) => found.push(DelegatedAdministrator { id, services: one.services }),
            Err(error) => {
                return noted(
                    file.problem(format!("{LIST}[{at}].id"), format!("{error}")),
                    problems,
                );
            }
        }
    }
    Fact::Read(found)
}
