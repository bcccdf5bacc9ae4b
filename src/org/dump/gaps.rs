//! `snapshot.json`: where a dump came from, and what is missing from it.
//!
//! Each entry of `not_read` may say which part of the facts it stands for (`part`, and `of` for
//! one of several); rolewalk writes that, so that an exported dump is imported to the same
//! facts. Without it the part is inferred from the call.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Problem;
use super::source::File;
use crate::arn::{AccountId, Partition};
use crate::org::reading::Origin;
use crate::org::{NotRead, NotReadKind};

/// What a gap stands in for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Part {
    Organization,
    OrganizationEntry,
    Tree,
    TreeEntry,
    Scps,
    Rcps,
    ScpDocument,
    ScpTargets,
    RcpDocument,
    RcpTargets,
    DelegatedAdministrators,
    Identities,
    IdentityEntry,
    ManagedPolicy,
    OidcProviders,
    SamlProviders,
    Account,
    HcpTerraform,
    HcpTerraformEntry,
}

/// An entry of `not_read`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(expecting = "a gap with `call`, `kind` and `message`")]
pub(super) struct GapEntry {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) account: Option<String>,
    pub(super) call: String,
    pub(super) kind: String,
    #[serde(default)]
    pub(super) message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) part: Option<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) of: String,
}

/// `snapshot.json`, its gaps unread.
#[derive(Deserialize)]
#[serde(expecting = "an object with `collected_at` and `not_read`")]
struct Snapshot<'a> {
    #[serde(default)]
    collected_at: Option<String>,
    #[serde(default)]
    collected_by: Option<String>,
    #[serde(default)]
    tool_version: Option<String>,
    #[serde(borrow)]
    not_read: Option<&'a RawValue>,
    #[serde(borrow)]
    readings: Option<&'a RawValue>,
}

/// `snapshot.json`, to be written.
#[derive(Serialize)]
pub(super) struct WholeSnapshot {
    pub(super) collected_at: Option<Timestamp>,
    pub(super) collected_by: Option<String>,
    pub(super) tool_version: Option<String>,
    pub(super) not_read: Vec<GapEntry>,
    pub(super) readings: ReadingList,
}

/// Which readings the dump was written from, with what no other file has room for.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(expecting = "the list of readings")]
pub(super) struct ReadingList {
    pub(super) organization: Option<OneReading>,
    #[serde(default)]
    pub(super) accounts: BTreeMap<AccountId, OneAccount>,
    pub(super) hcp: Option<OneReading>,
    /// Hosts of HCP Terraform by name; older dumps have the only one as `hcp`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) hosts: BTreeMap<String, OneReading>,
}

/// A reading.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OneReading {
    pub(super) read_at: Option<Timestamp>,
}

/// An account's reading.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OneAccount {
    pub(super) read_at: Option<Timestamp>,
    pub(super) partition: Partition,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) alias: Option<String>,
}

/// A gap that no part has claimed yet.
#[derive(Debug)]
struct Gap {
    account: Option<AccountId>,
    part: Option<Part>,
    of: String,
    not_read: NotRead,
}

/// The content of `snapshot.json`; what is taken from it is gone.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    origin: Origin,
    unclaimed: Vec<Gap>,
    readings: Option<ReadingList>,
}

impl Gaps {
    pub(super) fn decode(file: File<'_>, problems: &mut Vec<Problem>) -> Self {
        let Some(snapshot) = file.whole::<Snapshot<'_>>(problems) else { return Self::default() };
        let collected_at = snapshot.collected_at.and_then(|text| {
            let parsed = text.parse::<Timestamp>();
            if parsed.is_err() {
                problems.push(file.problem(
                    "collected_at",
                    format!("`{text}` is no time: `2026-01-31T09:00:00Z` is expected"),
                ));
            }
            parsed.ok()
        });
        let readings = snapshot.readings.and_then(|raw| match file.part(raw, "readings") {
            Ok(readings) => Some(readings),
            Err(problem) => {
                problems.push(problem);
                None
            }
        });
        let mut found = Self {
            origin: Origin {
                collected_at,
                collected_by: snapshot.collected_by,
                tool_version: snapshot.tool_version,
            },
            unclaimed: Vec::new(),
            readings,
        };
        let Some(list) = snapshot.not_read else { return found };
        match file.entries(list, "not_read") {
            Ok(entries) => {
                for entry in entries {
                    match file.entry::<GapEntry>(&entry) {
                        Ok(gap) => found.add(file, &entry.place, gap, problems),
                        Err(problem) => problems.push(problem),
                    }
                }
            }
            Err(problem) => problems.push(problem),
        }
        found
    }

    fn add(&mut self, file: File<'_>, place: &str, entry: GapEntry, problems: &mut Vec<Problem>) {
        let account = match entry.account.as_deref().map(str::parse::<AccountId>) {
            None => None,
            Some(Ok(id)) => Some(id),
            Some(Err(error)) => {
                problems.push(file.problem(format!("{place}.account"), error.to_string()));
                return;
            }
        };
        let kind = from_name(&entry.kind).unwrap_or_else(|| {
            problems.push(file.problem(
                format!("{place}.kind"),
                format!(
                    "`{}` is no kind of gap: not-collected, denied, suspended, throttled, \
                     unreachable, malformed or failed is expected",
                    entry.kind
                ),
            ));
            NotReadKind::Failed
        });
        let part = entry.part.as_deref().and_then(from_name);
        let part = part.or_else(|| infer(account.is_some(), &entry.call));
        if part.is_none() {
            // Dropped without a word, it would make what was not read look like what is not there.
            problems.push(file.problem(
                place.to_owned(),
                format!(
                    "`{}` does not tell what was not read: add its `part`, such as `hcp-terraform`, \
                     `tree` or `scps`",
                    entry.call
                ),
            ));
        }
        let not_read = NotRead::new(entry.call, kind, entry.message);
        self.unclaimed.push(Gap { account, part, of: entry.of, not_read });
    }

    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Accounts that only `snapshot.json` knows of.
    pub(super) fn accounts(&self) -> Vec<AccountId> {
        let listed = self.readings.iter().flat_map(|readings| readings.accounts.keys().copied());
        listed.chain(self.unclaimed.iter().filter_map(|gap| gap.account)).collect()
    }

    /// The gap that stands for a part; `of` names one of several, and is empty otherwise.
    pub(super) fn take(
        &mut self,
        account: Option<AccountId>,
        part: Part,
        of: &str,
    ) -> Option<NotRead> {
        let fits = |gap: &Gap| gap.account == account && gap.part == Some(part) && gap.of == of;
        let at = self.unclaimed.iter().position(fits)?;
        Some(self.unclaimed.remove(at).not_read)
    }

    /// All gaps of a part.
    pub(super) fn take_all(&mut self, account: Option<AccountId>, part: Part) -> Vec<NotRead> {
        let fits = |gap: &mut Gap| gap.account == account && gap.part == Some(part);
        self.unclaimed.extract_if(.., fits).map(|gap| gap.not_read).collect()
    }

    /// All gaps of a part that name this one of several.
    pub(super) fn take_all_of(&mut self, part: Part, of: &str) -> Vec<NotRead> {
        let fits = |gap: &mut Gap| gap.account.is_none() && gap.part == Some(part) && gap.of == of;
        self.unclaimed.extract_if(.., fits).map(|gap| gap.not_read).collect()
    }

    /// Hosts of HCP Terraform that were not read.
    pub(super) fn unread_hosts(&self) -> Vec<String> {
        let unread = |gap: &&Gap| gap.part == Some(Part::HcpTerraform) && !gap.of.is_empty();
        self.unclaimed.iter().filter(unread).map(|gap| gap.of.clone()).collect()
    }

    /// What nobody claimed of an account.
    pub(super) fn take_rest(&mut self, account: AccountId) -> Vec<NotRead> {
        let fits = |gap: &mut Gap| gap.account == Some(account);
        self.unclaimed.extract_if(.., fits).map(|gap| gap.not_read).collect()
    }

    /// The gap of control policies of either type: one refused call hides both.
    pub(super) fn take_control_policies(&mut self, part: Part) -> Option<NotRead> {
        self.take(None, part, "").or_else(|| {
            let other = |gap: &&Gap| gap.account.is_none() && gap.part == Some(Part::Scps);
            self.unclaimed.iter().find(other).map(|gap| gap.not_read.clone())
        })
    }

    /// Why there is no organization at all, where some call for it is named.
    pub(super) fn take_any_of_organization(&mut self) -> Option<NotRead> {
        let of_organization =
            [Part::Organization, Part::Tree, Part::Scps, Part::Rcps, Part::DelegatedAdministrators];
        of_organization.into_iter().find_map(|part| self.take(None, part, ""))
    }

    pub(super) fn organization_read_at(&self) -> Option<Timestamp> {
        match &self.readings {
            Some(list) => list.organization.as_ref().and_then(|one| one.read_at),
            None => self.origin.collected_at,
        }
    }

    pub(super) fn organization_was_not_asked_for(&self) -> bool {
        self.readings.as_ref().is_some_and(|list| list.organization.is_none())
    }

    /// When a host of HCP Terraform was read, or workspaces of whatever hosts.
    pub(super) fn hcp_read_at(&self, host: Option<&str>) -> Option<Timestamp> {
        match &self.readings {
            Some(list) => {
                let one = host.and_then(|host| list.hosts.get(host)).or(list.hcp.as_ref());
                one.and_then(|one| one.read_at)
            }
            None => self.origin.collected_at,
        }
    }

    pub(super) fn account_read_at(&self, account: AccountId) -> Option<Timestamp> {
        match &self.readings {
            Some(list) => list.accounts.get(&account).and_then(|one| one.read_at),
            None => self.origin.collected_at,
        }
    }

    pub(super) fn account(&self, account: AccountId) -> Option<&OneAccount> {
        self.readings.as_ref().and_then(|list| list.accounts.get(&account))
    }
}

/// The value of an enum that serde names.
fn from_name<T: for<'de> Deserialize<'de>>(name: &str) -> Option<T> {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};
    let name: StrDeserializer<'_, Error> = name.into_deserializer();
    T::deserialize(name).ok()
}

/// The name that serde gives an enum's value.
pub(super) fn name_of(part: Part) -> Option<String> {
    let name = serde_json::to_value(part).ok()?;
    name.as_str().map(str::to_owned)
}

/// The part that a call brings. Gaps of an account that hide nothing but themselves have none.
fn infer(of_account: bool, call: &str) -> Option<Part> {
    let call = call.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| call.contains(word));
    if of_account {
        return if has(&["openidconnectprovider", "oidc/"]) {
            Some(Part::OidcProviders)
        } else if has(&["samlprovider", "saml/"]) {
            Some(Part::SamlProviders)
        } else if has(&["listroles", "roles/", "alias"]) {
            Some(Part::Account)
        } else {
            Some(Part::Identities)
        };
    }
    if call.starts_with("organizations:") || call == "org.json" {
        return if has(&["listtags"]) {
            Some(Part::OrganizationEntry)
        } else if has(&["polic"]) {
            Some(Part::Scps)
        } else if has(&["delegated"]) {
            Some(Part::DelegatedAdministrators)
        } else if has(&["listroots", "listaccounts", "organizationalunit", "children", "parents"]) {
            Some(Part::Tree)
        } else {
            Some(Part::Organization)
        };
    }
    has(&["terraform", "tfc", "tfe", "hcp", "workspace", "/api/v2"]).then_some(Part::HcpTerraform)
}
