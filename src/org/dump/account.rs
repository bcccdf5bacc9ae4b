//! The files of one account.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::value::RawValue;

use super::gaps::{Gaps, Part};
use super::readable::Readable;
use super::source::{Distinct, File};
use super::{Problem, identities, wire};
use crate::arn::{AccountId, Arn, Partition};
use crate::org::reading::{
    AccountReading, Identities, ManagedPolicy, OidcProvider, PolicyText, SamlProvider,
};
use crate::org::{Fact, NotRead, NotReadKind};

/// The files of one account.
#[derive(Default)]
pub(super) struct AccountFiles<'a> {
    /// Pages of `gaad/`, 0 for the one without a number.
    gaad: Vec<(u32, File<'a>)>,
    roles: Option<File<'a>>,
    oidc: Option<File<'a>>,
    saml: Option<File<'a>>,
}

impl<'a> AccountFiles<'a> {
    pub(super) fn add(&mut self, folder: &str, page: u32, file: File<'a>) {
        match folder {
            "gaad" => self.gaad.push((page, file)),
            "roles" => self.roles = Some(file),
            "oidc" => self.oidc = Some(file),
            _ => self.saml = Some(file),
        }
    }

    pub(super) fn sort(&mut self) {
        self.gaad.sort_by_key(|(page, _)| *page);
    }
}

/// What the files say of the account of `found`, and `gaps` of what they lack.
pub(super) fn decode(
    files: &AccountFiles<'_>,
    alias: Option<String>,
    default_partition: Partition,
    gaps: &mut Gaps,
    found: &mut Found<'_>,
) -> AccountReading {
    let id = found.id;
    let account = Some(id);
    let identities = if files.gaad.is_empty() {
        let gap = gaps.take(account, Part::Identities, "").unwrap_or_else(|| {
            NotRead::new(
                "iam:GetAccountAuthorizationDetails",
                NotReadKind::NotCollected,
                format!("the dump has no `gaad/{id}.json`"),
            )
        });
        Fact::NotRead(gap)
    } else {
        identities::decode(&files.gaad, files.roles, gaps, found)
    };
    let oidc_providers = match files.oidc {
        Some(file) => found.providers(file, oidc),
        None => Fact::NotRead(gaps.take(account, Part::OidcProviders, "").unwrap_or_else(|| {
            missing("iam:ListOpenIDConnectProviders", &format!("oidc/{id}.json"), &identities)
        })),
    };
    let saml_providers = match files.saml {
        Some(file) => found.providers(file, saml),
        None => Fact::NotRead(gaps.take(account, Part::SamlProviders, "").unwrap_or_else(|| {
            missing("iam:ListSAMLProviders", &format!("saml/{id}.json"), &identities)
        })),
    };
    let (partition, damage) = (found.partition, std::mem::take(&mut found.not_read));
    let mut not_read = gaps.take_rest(id);
    let is_known = not_read.iter().any(says_that_roles_are_not_listed);
    if identities.read().is_some() && files.roles.is_none() && !is_known {
        not_read.push(NotRead::new(
            "iam:ListRoles",
            NotReadKind::NotCollected,
            format!("the dump has no `roles/{id}.json`"),
        ));
    }
    for gap in damage {
        // A dump that was written of damaged documents says so already.
        if !not_read.iter().any(|known| *known == gap || is_of_same_document(known, &gap)) {
            not_read.push(gap);
        }
    }
    let listed = gaps.account(id);
    AccountReading {
        account: id,
        partition: listed.map(|one| one.partition).or(partition).unwrap_or(default_partition),
        read_at: gaps.account_read_at(id),
        alias: alias.or_else(|| listed.and_then(|one| one.alias.clone())),
        identities,
        oidc_providers,
        saml_providers,
        not_read,
    }
}

/// Whether both gaps are of the same part of a document, which may read differently now that it was
/// written anew.
fn is_of_same_document(one: &NotRead, other: &NotRead) -> bool {
    let place = |gap: &NotRead| {
        let place = gap.message.split_once(": ").map(|(place, _)| place.to_owned());
        place.filter(|place| place.contains("Document"))
    };
    one.call == other.call
        && one.kind == other.kind
        && place(one).is_some_and(|place_of_one| Some(place_of_one) == place(other))
}

/// Whether the gap tells why `roles/` is missing.
pub(super) fn says_that_roles_are_not_listed(gap: &NotRead) -> bool {
    gap.call.contains("ListRoles") || gap.call.starts_with("roles/")
}

/// A missing file, in an account of which nothing was read for the reason that is known.
fn missing(call: &str, file: &str, identities: &Fact<Identities>) -> NotRead {
    match identities {
        Fact::NotRead(gap) if gap.kind != NotReadKind::Malformed => gap.clone(),
        _ => NotRead::new(call, NotReadKind::NotCollected, format!("the dump has no `{file}`")),
    }
}

/// What is gathered beside the lists while an account is read.
pub(super) struct Found<'p> {
    pub(super) id: AccountId,
    partition: Option<Partition>,
    /// Gaps that spoil no more than themselves.
    pub(super) not_read: Vec<NotRead>,
    pub(super) problems: &'p mut Vec<Problem>,
    /// What is known of documents, in whatever account.
    readable: &'p mut Readable,
}

impl<'p> Found<'p> {
    /// Of account `id`, nothing yet.
    pub(super) fn of(
        id: AccountId,
        readable: &'p mut Readable,
        problems: &'p mut Vec<Problem>,
    ) -> Self {
        Self { id, partition: None, not_read: Vec::new(), problems, readable }
    }

    /// Names what of the document can't be read. It stays as it is, and what depends on that part is
    /// not known.
    pub(super) fn read(&mut self, file: File<'_>, place: &str, text: &PolicyText) {
        for problem in self.readable.problems(file, place, text) {
            self.spoiled(problem);
        }
    }

    /// Notes a problem and gives the gap that it leaves.
    pub(super) fn noted<T>(&mut self, problem: Problem) -> Fact<T> {
        let gap = problem.gap();
        self.problems.push(problem);
        Fact::NotRead(gap)
    }

    /// Notes a problem that spoils no more than itself.
    pub(super) fn spoiled(&mut self, problem: Problem) {
        self.not_read.push(problem.gap());
        self.problems.push(problem);
    }

    /// Learns the partition from the ARN of something in this account, and sees that it is.
    pub(super) fn belongs(
        &mut self,
        file: File<'_>,
        place: &str,
        text: &str,
    ) -> Result<(), Problem> {
        let place = format!("{place}.Arn");
        let arn: Arn = text.parse().map_err(|error| file.problem(&place, format!("{error}")))?;
        if arn.account() != Some(self.id) {
            let message = format!("`{text}` is not in account {}, for which the file is", self.id);
            return Err(file.problem(place, message));
        }
        self.partition.get_or_insert(arn.partition());
        Ok(())
    }

    /// A time that decides nothing: one that cannot be read is left out.
    pub(super) fn time(
        &mut self,
        file: File<'_>,
        place: &str,
        raw: Option<&RawValue>,
    ) -> Option<Timestamp> {
        match time(file, place, raw) {
            Ok(time) => time,
            Err(problem) => {
                self.spoiled(problem);
                None
            }
        }
    }

    /// A list of providers. With an entry that cannot be read the whole list is not read: what
    /// it lacks must not pass for a provider that does not exist.
    fn providers<'a, W, T>(
        &mut self,
        file: File<'a>,
        read: impl Fn(W, File<'a>, &str) -> Result<(String, T), Problem>,
    ) -> Fact<Vec<T>>
    where
        W: serde::Deserialize<'a>,
        T: PartialEq,
    {
        let Some(list) = file.whole::<&RawValue>(self.problems) else {
            return Fact::NotRead(file.gap_of_whole(self.problems));
        };
        let entries = match file.entries(list, "") {
            Ok(entries) => entries,
            Err(problem) => return self.noted(problem),
        };
        let mut kept = Distinct::default();
        let mut damage = Vec::new();
        for entry in entries {
            let one = file.entry::<W>(&entry).and_then(|one| read(one, file, &entry.place));
            let one = one.and_then(|(arn, one)| {
                self.belongs(file, &entry.place, &arn)?;
                Ok((arn, one))
            });
            match one {
                Ok((arn, one)) => damage.extend(kept.add(file, &entry.place, &arn, one)),
                Err(problem) => damage.push(problem),
            }
        }
        let gap = damage.first().map(Problem::gap);
        self.problems.extend(damage);
        gap.map_or_else(|| Fact::Read(kept.into_rows()), Fact::NotRead)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "one shape for both kinds of providers")]
fn oidc(written: wire::Oidc, _: File<'_>, _: &str) -> Result<(String, OidcProvider), Problem> {
    let url = written.url.strip_prefix("https://").unwrap_or(&written.url).to_owned();
    let arn = written.arn;
    Ok((arn.clone(), OidcProvider { arn, url, audiences: written.client_ids }))
}

fn saml(
    written: wire::Saml,
    file: File<'_>,
    place: &str,
) -> Result<(String, SamlProvider), Problem> {
    let valid_until = time(file, &format!("{place}.ValidUntil"), written.valid_until.as_deref())?;
    Ok((written.arn.clone(), SamlProvider { arn: written.arn, valid_until }))
}

/// A time as the CLI prints it: text, or seconds since 1970 where it is told to.
fn time(file: File<'_>, place: &str, raw: Option<&RawValue>) -> Result<Option<Timestamp>, Problem> {
    let Some(raw) = raw.map(RawValue::get).filter(|raw| *raw != "null") else { return Ok(None) };
    let text = serde_json::from_str::<String>(raw).ok();
    let parsed = match &text {
        Some(text) => text.parse().ok(),
        None => raw
            .split('.')
            .next()
            .and_then(|seconds| seconds.parse().ok())
            .and_then(|seconds| Timestamp::from_second(seconds).ok()),
    };
    parsed.map(Some).ok_or_else(|| {
        file.problem(place, format!("{raw} is no time: `2026-01-31T09:00:00Z` is expected"))
    })
}

/// Gives accounts the documents of AWS's own policies that they use and that only another
/// account of the partition brought: those are the same in all of them.
pub(super) fn share_aws_managed_policies(accounts: &mut [AccountReading]) {
    let mut known: BTreeMap<(Partition, String), Option<PolicyText>> = BTreeMap::new();
    for account in accounts.iter() {
        for policy in account.identities.read().iter().flat_map(|read| &read.managed_policies) {
            if let (true, Fact::Read(document)) = (is_of_aws(&policy.arn), &policy.document) {
                known
                    .entry((account.partition, policy.arn.clone()))
                    // Versions that differ say that one of them is out of date, not which.
                    .and_modify(|other| {
                        if other.as_ref() != Some(document) {
                            *other = None;
                        }
                    })
                    .or_insert_with(|| Some(document.clone()));
            }
        }
    }
    for account in accounts {
        let partition = account.partition;
        let Fact::Read(read) = &mut account.identities else { continue };
        let wanted: Vec<ManagedPolicy> = {
            let present: BTreeSet<&str> =
                read.managed_policies.iter().map(|policy| policy.arn.as_str()).collect();
            let used: BTreeSet<&String> = used(read)
                .filter(|arn| is_of_aws(arn) && !present.contains(arn.as_str()))
                .collect();
            used.into_iter()
                .filter_map(|arn| {
                    let document = known.get(&(partition, arn.clone()))?.clone()?;
                    Some(ManagedPolicy { arn: arn.clone(), document: Fact::Read(document) })
                })
                .collect()
        };
        read.managed_policies.extend(wanted);
    }
}

fn is_of_aws(arn: &str) -> bool {
    crate::arn::split(arn).is_some_and(|[_, _, service, _, account, resource]| {
        service == "iam" && account == "aws" && resource.starts_with("policy/")
    })
}

/// ARNs of all managed policies that something in the account refers to.
fn used(read: &Identities) -> impl Iterator<Item = &String> {
    let users = read.users.iter().flat_map(|user| user.attached.iter().chain(&user.boundary));
    let groups = read.groups.iter().flat_map(|group| &group.attached);
    let roles = read.roles.iter().flat_map(|role| role.attached.iter().chain(&role.boundary));
    users.chain(groups).chain(roles)
}
