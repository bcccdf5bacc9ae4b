//! Dump directories: the facts as files in the shapes of the AWS CLI.
//!
//! A dump is what a shell loop over `aws iam get-account-authorization-details` leaves behind,
//! and what rolewalk itself exports. This module turns file contents into [`Readings`] and back;
//! it opens no file. Damage never ends an import: what cannot be understood becomes a
//! [`Problem`] for people and a *not read* in the readings, as narrow as is honest, and the
//! rest is kept.

mod account;
mod compressed;
mod document;
mod encode;
mod gaps;
mod hcp_terraform;
mod identities;
mod organization;
mod readable;
mod source;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::reading::{AccountReading, OrganizationReading, Readings};
use super::{Fact, NotRead, NotReadKind};
use crate::arn::{AccountId, Partition};

pub use encode::encode;

use account::{AccountFiles, Found};
use compressed::{plain, unpacked};
use gaps::Gaps;
use readable::Readable;
use source::File;

/// What a dump directory said.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decoded {
    /// Everything that could be understood, and a *not read* for everything that could not.
    pub readings: Readings,
    /// What was damaged, in the order of the files.
    pub problems: Vec<Problem>,
}

/// A damaged part of a dump.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file, relative to the dump directory, with `/` between its parts.
    pub file: String,
    /// Where in the file: the path inside the JSON, e.g. `RoleDetailList[3].RoleName (12:5)`
    /// with line and column, only the latter, or nothing when the file as a whole is meant.
    pub place: String,
    /// What is wrong and what was expected.
    pub message: String,
}

impl Problem {
    fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), place: String::new(), message: message.into() }
    }

    /// The gap that this damage leaves in a reading.
    fn gap(&self) -> NotRead {
        let message = if self.place.is_empty() {
            self.message.clone()
        } else {
            format!("{}: {}", self.place, self.message)
        };
        NotRead::new(&self.file, NotReadKind::Malformed, message)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.is_empty() {
            write!(f, "`{}`: {}", self.file, self.message)
        } else {
            write!(f, "`{}` at {}: {}", self.file, self.place, self.message)
        }
    }
}

/// Whether `path`, relative to a dump directory with `/` between its parts, is a file that
/// [`decode`] looks at. Callers need not read the others.
pub fn is_part_of_dump(path: &str) -> bool {
    let path = plain(path);
    match path.split_once('/') {
        None => matches!(path, "org.json" | "tfc.json" | "hcp-terraform.json" | "snapshot.json"),
        Some((folder, name)) => {
            matches!(folder, "gaad" | "roles" | "oidc" | "saml")
                && !name.contains('/')
                && !name.starts_with('.')
                && name.strip_suffix(".json").is_some()
        }
    }
}

/// Reads a dump from its files: paths relative to its directory, and their contents. Files
/// that are no part of a dump are ignored.
pub fn decode(files: &[(String, &[u8])]) -> Decoded {
    let mut problems = Vec::new();
    let mut known: Vec<File<'_>> = Vec::new();
    let mut unreadable: BTreeMap<&str, NotRead> = BTreeMap::new();
    let parts = files.iter().filter(|(path, _)| is_part_of_dump(path));
    let contents: Vec<_> =
        parts.map(|(path, bytes)| (path.as_str(), unpacked(path, bytes))).collect();
    for (path, content) in &contents {
        let path = *path;
        if path != plain(path) && contents.iter().any(|(other, _)| *other == plain(path)) {
            let message = format!("`{}` is there as well, and is read in its place", plain(path));
            problems.push(Problem::of_file(path, message));
            continue;
        }
        let file = content.as_ref().map_err(Problem::clone);
        match file.and_then(|bytes| File::new(path, bytes)) {
            Ok(file) => known.push(file),
            Err(problem) => {
                unreadable.insert(path, problem.gap());
                known.push(File::unreadable(path));
                problems.push(problem);
            }
        }
    }
    if known.is_empty() {
        problems.push(Problem::of_file(
            "gaad/",
            "no file of a dump is here: `org.json`, or `gaad/ACCOUNT_ID.json` as printed by \
             `aws iam get-account-authorization-details`, is expected",
        ));
    }
    let top = |name: &str| known.iter().find(|file| plain(file.name) == name).copied();
    let mut gaps =
        top("snapshot.json").map(|file| Gaps::decode(file, &mut problems)).unwrap_or_default();
    let mut readable = Readable::new();
    let (organization, aliases) =
        decode_organization(top("org.json"), &mut readable, &mut gaps, &mut problems);
    let mut accounts = account_files(&known, &mut problems);
    let organization_facts = organization
        .as_ref()
        .and_then(|reading| reading.organization.read())
        .and_then(Option::as_ref);
    let default_partition = organization_facts
        .and_then(|facts| facts.arn.parse::<crate::arn::Arn>().ok())
        .map_or(Partition::default(), |arn| arn.partition());
    let members = organization_facts.and_then(|facts| facts.tree.read());
    let member_ids: BTreeSet<AccountId> = members
        .map(|tree| tree.accounts.iter().map(|account| account.id).collect())
        .unwrap_or_default();
    for id in member_ids.iter().copied().chain(gaps.accounts()) {
        accounts.entry(id).or_default();
    }
    let mut accounts: Vec<AccountReading> = accounts
        .into_iter()
        .map(|(id, files)| {
            let alias = aliases.get(&id).cloned();
            let mut found = Found::of(id, &mut readable, &mut problems);
            account::decode(&files, alias, default_partition, &mut gaps, &mut found)
        })
        .collect();
    account::share_aws_managed_policies(&mut accounts);
    let hcp =
        hcp_terraform::decode(top("hcp-terraform.json"), top("tfc.json"), &mut gaps, &mut problems);
    let readings = Readings { origin: gaps.origin().clone(), organization, accounts, hcp };
    Decoded { readings, problems }
}

/// The organization, and the aliases that `org.json` gives beside its accounts.
fn decode_organization(
    file: Option<File<'_>>,
    readable: &mut Readable,
    gaps: &mut Gaps,
    problems: &mut Vec<Problem>,
) -> (Option<OrganizationReading>, BTreeMap<AccountId, String>) {
    let read_at = gaps.organization_read_at();
    let reading = |organization| Some(OrganizationReading { read_at, organization });
    if let Some(file) = file {
        return match organization::decode(file, readable, gaps, problems) {
            Ok((facts, aliases)) => (reading(Fact::Read(Some(facts))), aliases),
            Err(gap) => (reading(Fact::NotRead(gap)), BTreeMap::new()),
        };
    }
    let organization = match gaps.take_any_of_organization() {
        Some(gap) => reading(Fact::NotRead(gap)),
        None if gaps.organization_was_not_asked_for() => None,
        None => reading(Fact::Read(None)),
    };
    (organization, BTreeMap::new())
}

/// The files of each account, found by their names.
fn account_files<'a>(
    known: &[File<'a>],
    problems: &mut Vec<Problem>,
) -> BTreeMap<AccountId, AccountFiles<'a>> {
    let mut accounts: BTreeMap<AccountId, AccountFiles<'a>> = BTreeMap::new();
    for file in known {
        let Some((folder, name)) = plain(file.name).split_once('/') else { continue };
        let stem = name.strip_suffix(".json").unwrap_or(name);
        let (id, page) = match stem.split_once('.') {
            Some((id, page)) if folder == "gaad" => (id, Some(page)),
            _ => (stem, None),
        };
        let page = match page.map(str::parse::<u32>) {
            None => 0,
            Some(Ok(page)) if page > 0 => page,
            Some(_) => {
                problems.push(Problem::of_file(
                    file.name,
                    "pages are named `ACCOUNT_ID.1.json`, `ACCOUNT_ID.2.json` and so on",
                ));
                continue;
            }
        };
        match id.parse::<AccountId>() {
            Ok(id) => accounts.entry(id).or_default().add(folder, page, *file),
            Err(error) => problems.push(Problem::of_file(file.name, error.to_string())),
        }
    }
    for files in accounts.values_mut() {
        files.sort();
    }
    accounts
}

#[cfg(test)]
pub(crate) mod arbitrary;
#[cfg(test)]
mod tests;
