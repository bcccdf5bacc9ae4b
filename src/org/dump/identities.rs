//! `gaad/` and `roles/`: users, groups, roles and managed policies of one account.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::account::Found;
use super::gaps::{Gaps, Part};
use super::source::{Distinct, Entry, File};
use super::{Problem, document, wire};
use crate::org::reading::{
    Group, Identities, InlinePolicy, ManagedPolicy, PolicyText, Role, Tags, User,
};
use crate::org::{Fact, NotRead};

/// The lists of all pages together.
pub(super) fn decode<'a>(
    pages: &[(u32, File<'a>)],
    roles: Option<File<'a>>,
    gaps: &mut Gaps,
    found: &mut Found<'_>,
) -> Fact<Identities> {
    let mut lists = Lists::default();
    let mut damage: Vec<Problem> = Vec::new();
    let mut unreadable: Vec<NotRead> = Vec::new();
    let mut read = 0;
    let mut truncated = 0;
    for (_, file) in pages {
        let Some(page) = file.whole::<wire::Page<'a>>(found.problems) else {
            unreadable.push(file.gap_of_whole(found.problems));
            continue;
        };
        read += 1;
        truncated += u32::from(page.is_truncated);
        lists.page(*file, &page, gaps, found, &mut damage);
    }
    if let (0, Some(gap)) = (read, unreadable.first()) {
        return Fact::NotRead(gap.clone());
    }
    let last = pages.last().map(|(_, file)| *file);
    if let Some(file) = last {
        damage.extend(missing_pages(pages).map(|page| {
            file.problem("", format!("page {page} is expected before this one and missing"))
        }));
        if truncated > 0 && truncated == read && unreadable.is_empty() {
            damage.push(file.problem("IsTruncated", "the last page, which is not, is missing"));
        }
        if unreadable.is_empty() {
            damage.extend(lists.missing().map(|list| {
                file.problem(
                    list,
                    format!("missing field `{list}`: a list, empty or not, is expected"),
                )
            }));
        }
    }
    let mut identities = Identities {
        users: lists.users.into_rows(),
        groups: lists.groups.into_rows(),
        roles: lists.roles.into_rows(),
        managed_policies: lists.policies,
        incomplete: gaps.take_all(Some(found.id), Part::IdentityEntry),
    };
    if let Some(file) = roles {
        let known_complete =
            damage.is_empty() && unreadable.is_empty() && identities.incomplete.is_empty();
        damage.extend(listed_roles(file, &mut identities.roles, known_complete, found));
    }
    identities.incomplete.extend(unreadable);
    identities.incomplete.extend(damage.iter().map(Problem::gap));
    found.problems.extend(damage);
    Fact::Read(identities)
}

/// Numbers that a run of pages leaves out.
fn missing_pages(pages: &[(u32, File<'_>)]) -> impl Iterator<Item = u32> {
    let last = pages.last().map_or(0, |(page, _)| *page);
    (1..last).filter(|wanted| !pages.iter().any(|(page, _)| page == wanted))
}

#[derive(Default)]
struct Lists {
    users: Distinct<User>,
    groups: Distinct<Group>,
    roles: Distinct<Role>,
    policies: Vec<ManagedPolicy>,
    by_arn: BTreeMap<String, usize>,
    present: [bool; 4],
}

const NAMES: [&str; 4] = ["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];

impl Lists {
    /// Lists that no page has.
    fn missing(&self) -> impl Iterator<Item = &'static str> + use<> {
        NAMES.into_iter().zip(self.present).filter(|(_, present)| !present).map(|(name, _)| name)
    }

    fn page<'a>(
        &mut self,
        file: File<'a>,
        page: &wire::Page<'a>,
        gaps: &mut Gaps,
        found: &mut Found<'_>,
        damage: &mut Vec<Problem>,
    ) {
        let written =
            [page.user_detail_list, page.group_detail_list, page.role_detail_list, page.policies];
        for (at, present) in self.present.iter_mut().enumerate() {
            *present |= written.get(at).is_some_and(Option::is_some);
        }
        let [users, groups, roles, policies] =
            [0, 1, 2, 3].map(|at| entries(file, &written, at, damage));
        for entry in users {
            match user(file, &entry, found) {
                Ok(user) => {
                    let key = user.name.to_lowercase();
                    damage.extend(self.users.add(file, &entry.place, &key, user));
                }
                Err(problem) => damage.push(problem),
            }
        }
        for entry in groups {
            match group(file, &entry, found) {
                Ok(group) => {
                    let key = group.name.to_lowercase();
                    damage.extend(self.groups.add(file, &entry.place, &key, group));
                }
                Err(problem) => damage.push(problem),
            }
        }
        for entry in roles {
            match role(file, &entry, found) {
                Ok(role) => {
                    let key = role.name.to_lowercase();
                    damage.extend(self.roles.add(file, &entry.place, &key, role));
                }
                Err(problem) => damage.push(problem),
            }
        }
        for entry in policies {
            match policy(file, &entry, gaps, found) {
                Ok(policy) => self.policy(file, &entry.place, policy, found),
                Err(problem) => damage.push(problem),
            }
        }
    }

    /// A policy that is there twice with different documents exists, and which document it has
    /// is not known.
    fn policy(
        &mut self,
        file: File<'_>,
        place: &str,
        policy: ManagedPolicy,
        found: &mut Found<'_>,
    ) {
        let Some(&at) = self.by_arn.get(&policy.arn) else {
            self.by_arn.insert(policy.arn.clone(), self.policies.len());
            self.policies.push(policy);
            return;
        };
        let Some(other) = self.policies.get_mut(at) else { return };
        if *other != policy && other.document.read().is_some() {
            let message = format!("`{}` is there twice with different contents", policy.arn);
            other.document = found.noted(file.problem(place, message));
        }
    }
}

fn entries<'a>(
    file: File<'a>,
    lists: &[Option<&'a RawValue>; 4],
    at: usize,
    damage: &mut Vec<Problem>,
) -> Vec<Entry<'a>> {
    let (Some(Some(list)), Some(name)) = (lists.get(at), NAMES.get(at)) else { return Vec::new() };
    file.entries(list, name).unwrap_or_else(|problem| {
        damage.push(problem);
        Vec::new()
    })
}

fn user<'a>(file: File<'a>, entry: &Entry<'a>, found: &mut Found<'_>) -> Result<User, Problem> {
    let written: wire::User = file.entry(entry)?;
    let path = path(file, &entry.place, written.path, written.arn.as_deref(), found)?;
    Ok(User {
        path,
        inline: inline(file, &entry.place, "UserPolicyList", written.user_policy_list, found),
        name: written.user_name,
        unique_id: written.user_id,
        attached: attached(written.attached_managed_policies),
        boundary: written.permissions_boundary.map(|boundary| boundary.permissions_boundary_arn),
        groups: written.group_list,
        tags: tags(written.tags),
    })
}

fn group<'a>(file: File<'a>, entry: &Entry<'a>, found: &mut Found<'_>) -> Result<Group, Problem> {
    let written: wire::Group = file.entry(entry)?;
    let path = path(file, &entry.place, written.path, written.arn.as_deref(), found)?;
    Ok(Group {
        path,
        inline: inline(file, &entry.place, "GroupPolicyList", written.group_policy_list, found),
        name: written.group_name,
        unique_id: written.group_id,
        attached: attached(written.attached_managed_policies),
    })
}

fn role<'a>(file: File<'a>, entry: &Entry<'a>, found: &mut Found<'_>) -> Result<Role, Problem> {
    let place = &entry.place;
    let written: wire::Role = file.entry(entry)?;
    let path = path(file, place, written.path, written.arn.as_deref(), found)?;
    let trust_place = format!("{place}.AssumeRolePolicyDocument");
    let trust = text(file, trust_place, &written.assume_role_policy_document, found);
    let last_used = written.role_last_used.and_then(|used| used.last_used_date);
    Ok(Role {
        path,
        trust,
        inline: inline(file, place, "RolePolicyList", written.role_policy_list, found),
        name: written.role_name,
        unique_id: written.role_id,
        attached: attached(written.attached_managed_policies),
        boundary: written.permissions_boundary.map(|boundary| boundary.permissions_boundary_arn),
        tags: tags(written.tags),
        max_session: None,
        description: None,
        created_at: found.time(
            file,
            &format!("{place}.CreateDate"),
            written.create_date.as_deref(),
        ),
        last_used: found.time(
            file,
            &format!("{place}.RoleLastUsed.LastUsedDate"),
            last_used.as_deref(),
        ),
    })
}

/// The path as it is written, or as the ARN shows it.
fn path(
    file: File<'_>,
    place: &str,
    written: Option<String>,
    arn: Option<&str>,
    found: &mut Found<'_>,
) -> Result<String, Problem> {
    if let Some(arn) = arn {
        found.belongs(file, place, arn)?;
    }
    let from_arn = || {
        let (_, rest) = arn?.split_once('/')?;
        Some(rest.rsplit_once('/').map_or_else(|| "/".to_owned(), |(path, _)| format!("/{path}/")))
    };
    written
        .or_else(from_arn)
        .ok_or_else(|| file.problem(format!("{place}.Path"), "missing field `Path`"))
}

/// A document that has no place for a gap: what is no policy stays as text that does not
/// parse, which nobody takes for a policy without statements.
fn text(file: File<'_>, place: String, raw: &RawValue, found: &mut Found<'_>) -> PolicyText {
    let document = document::decode(raw);
    match document.complaint {
        Some(complaint) => found.spoiled(file.problem(place, complaint)),
        None => found.read(file, &place, &document.text),
    }
    document.text
}

fn inline(
    file: File<'_>,
    place: &str,
    list: &str,
    written: Vec<wire::Inline>,
    found: &mut Found<'_>,
) -> Vec<InlinePolicy> {
    let read = |(at, policy): (usize, wire::Inline)| {
        let place = format!("{place}.{list}[{at}].PolicyDocument");
        let document = text(file, place, &policy.policy_document, found);
        InlinePolicy { name: policy.policy_name, document }
    };
    written.into_iter().enumerate().map(read).collect()
}

fn attached(written: Vec<wire::Attached>) -> Vec<String> {
    written.into_iter().map(|policy| policy.policy_arn).collect()
}

fn tags(written: Vec<wire::Tag>) -> Tags {
    written.into_iter().map(|tag| (tag.key, tag.value)).collect()
}

fn policy<'a>(
    file: File<'a>,
    entry: &Entry<'a>,
    gaps: &mut Gaps,
    found: &mut Found<'_>,
) -> Result<ManagedPolicy, Problem> {
    let written: wire::Policy = file.entry(entry)?;
    let place = format!("{}.PolicyVersionList", entry.place);
    let default = written.default_version_id.as_deref();
    let marked: Vec<&wire::Version> =
        written.policy_version_list.iter().filter(|version| version.is_default_version).collect();
    let named = || {
        written
            .policy_version_list
            .iter()
            .find(|version| default.is_some() && version.version_id.as_deref() == default)
    };
    let version = match marked.as_slice() {
        [] => named(),
        [one] if default.is_none() || one.version_id.is_none() => Some(*one),
        [one] if one.version_id.as_deref() == default => Some(*one),
        _ => None,
    };
    let document = match version.and_then(|version| version.document.as_deref()) {
        Some(raw) => {
            let document = document::decode(raw);
            match document.complaint {
                None => {
                    found.read(file, &place, &document.text);
                    Fact::Read(document.text)
                }
                Some(complaint) => found.noted(file.problem(place, complaint)),
            }
        }
        None => match gaps.take(Some(found.id), Part::ManagedPolicy, &written.arn) {
            Some(gap) => Fact::NotRead(gap),
            None => found.noted(file.problem(
                place,
                "one version with `IsDefaultVersion`, or with the id of `DefaultVersionId`, \
                 and its `Document` is expected",
            )),
        },
    };
    Ok(ManagedPolicy { arn: written.arn, document })
}

/// Adds to `roles` what only `aws iam list-roles` says, and gives the roles that one of both
/// does not know or knows otherwise.
fn listed_roles(
    file: File<'_>,
    roles: &mut Vec<Role>,
    known_complete: bool,
    found: &mut Found<'_>,
) -> Vec<Problem> {
    let Some(list) = file.whole::<wire::RoleList<'_>>(found.problems) else {
        let gap = file.gap_of_whole(found.problems);
        found.not_read.push(gap);
        return Vec::new();
    };
    let entries = match file.entries(list.roles, "Roles") {
        Ok(entries) => entries,
        Err(problem) => {
            found.spoiled(problem);
            return Vec::new();
        }
    };
    let mut damage = Vec::new();
    let mut disputed = Vec::new();
    let by_name: BTreeMap<String, usize> =
        roles.iter().enumerate().map(|(at, role)| (role.name.to_lowercase(), at)).collect();
    let mut listed = vec![false; roles.len()];
    for entry in entries {
        let written: wire::ListedRole = match file.entry(&entry) {
            Ok(written) => written,
            Err(problem) => {
                found.spoiled(problem);
                continue;
            }
        };
        let at = by_name.get(&written.role_name.to_lowercase()).copied();
        let Some((at, role)) = at.and_then(|at| Some((at, roles.get_mut(at)?))) else {
            if known_complete {
                let message = format!("`{}` is a role that `gaad/` lacks", written.role_name);
                damage.push(file.problem(&entry.place, message));
            }
            continue;
        };
        if let Some(listed) = listed.get_mut(at) {
            *listed = true;
        }
        if !agrees(role, &written) {
            let message = format!("role `{}` is another than in `gaad/`", role.name);
            damage.push(file.problem(&entry.place, message));
            disputed.push(at);
            continue;
        }
        role.max_session = written.max_session_duration;
        role.description = written.description;
    }
    for (role, _) in roles.iter().zip(&listed).filter(|(_, listed)| !**listed) {
        found
            .not_read
            .push(Problem::of_file(file.name, format!("role `{}` is missing", role.name)).gap());
    }
    let mut at = 0;
    roles.retain(|_| {
        at += 1;
        !disputed.contains(&(at - 1))
    });
    damage
}

/// Whether both files speak of the same role with the same trust policy.
fn agrees(role: &Role, listed: &wire::ListedRole) -> bool {
    let differs = |id: &String| !role.unique_id.is_empty() && *id != role.unique_id;
    if listed.role_id.as_ref().is_some_and(differs) {
        return false;
    }
    let Some(raw) = &listed.assume_role_policy_document else { return true };
    let trust = document::decode(raw).text;
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    trust == role.trust || value(&trust) == value(&role.trust)
}
