//! Accounts chosen by selector before there is a snapshot to ask: from the organization's tree.

use std::collections::{BTreeMap, BTreeSet};

use super::error::CliError;
use crate::arn::AccountId;
use crate::arn::glob::Glob;
use crate::org::reading::{MemberAccount, Tree};

/// Accounts in the words of a selector.
#[derive(Debug)]
enum Choice {
    /// `123456789012`.
    Id(AccountId),
    /// `account:prod-*`, or the name alone.
    Name(Glob),
    /// `ou:/Prod` and, with `/**`, everything below.
    Ou { path: Glob, below: bool },
    /// `tag:env=prod`.
    Tag { key: Glob, value: Glob },
    /// `org:`.
    Everything,
}

/// An account that can be chosen.
#[derive(Debug, Clone)]
pub(crate) struct Candidate {
    /// Its id.
    pub(crate) id: AccountId,
    /// Its name; empty when not known.
    pub(crate) name: String,
}

/// Whether these selectors look at OUs or tags, so that the tree has to be read first.
pub(crate) fn needs_tree(selectors: &[String]) -> bool {
    selectors.iter().any(|text| text.starts_with("ou:") || text.starts_with("tag:"))
}

/// The ids that the selectors name, each of which must name something.
pub(crate) fn chosen(
    selectors: &[String],
    candidates: &[Candidate],
    tree: Option<&Tree>,
) -> Result<BTreeSet<AccountId>, CliError> {
    let places = tree.map(Places::of).unwrap_or_default();
    let mut all = BTreeSet::new();
    for text in selectors {
        let choice = parse(text)?;
        let found: Vec<AccountId> = candidates
            .iter()
            .filter(|account| fits(&choice, account, &places))
            .map(|account| account.id)
            .collect();
        if found.is_empty() {
            return Err(unknown(text, candidates));
        }
        all.extend(found);
    }
    Ok(all)
}

fn parse(text: &str) -> Result<Choice, CliError> {
    let bare = text.strip_prefix("account:").unwrap_or(text);
    if let Ok(id) = bare.parse() {
        return Ok(Choice::Id(id));
    }
    if text == "org:" {
        return Ok(Choice::Everything);
    }
    if let Some(path) = text.strip_prefix("ou:") {
        let below = path.ends_with("/**");
        let path = path.trim_end_matches("/**").trim_end_matches('/');
        return Ok(Choice::Ou { path: Glob::new(path), below });
    }
    if let Some((key, value)) = text.strip_prefix("tag:").and_then(|tag| tag.split_once('=')) {
        return Ok(Choice::Tag { key: Glob::new(key), value: Glob::new(value) });
    }
    if bare.is_empty() || text.starts_with("tag:") || (bare.contains(':') && bare == text) {
        return Err(CliError::input(format!("`{text}` does not choose accounts"))
            .hint("`account:NAME`, an account id, `ou:/PATH/**`, `tag:KEY=VALUE` and `org:` do"));
    }
    Ok(Choice::Name(Glob::new(bare)))
}

/// Where accounts hang, and their tags.
#[derive(Default)]
struct Places<'a> {
    accounts: BTreeMap<AccountId, (String, &'a MemberAccount)>,
}

impl<'a> Places<'a> {
    fn of(tree: &'a Tree) -> Self {
        let accounts =
            tree.accounts.iter().map(|account| (account.id, (path(tree, account), account)));
        Self { accounts: accounts.collect() }
    }
}

/// The OU path of an account: empty below the root, else `/A/B`.
fn path(tree: &Tree, account: &MemberAccount) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut parent = account.parent.as_str();
    while let Some(ou) = tree.ous.iter().find(|ou| ou.id == parent) {
        names.push(&ou.name);
        parent = &ou.parent;
        // AWS nests five deep; a loop in damaged facts must end.
        if names.len() > 16 {
            break;
        }
    }
    names.iter().rev().flat_map(|name| ["/", name]).collect()
}

fn fits(choice: &Choice, account: &Candidate, places: &Places<'_>) -> bool {
    let place = places.accounts.get(&account.id);
    match choice {
        Choice::Everything => true,
        Choice::Id(id) => *id == account.id,
        Choice::Name(name) => !account.name.is_empty() && name.matches_ignoring_case(&account.name),
        Choice::Ou { path, below } => place.is_some_and(|(at, _)| {
            path.matches_ignoring_case(at)
                || *below
                    && at.match_indices('/').any(|(cut, _)| {
                        at.get(..cut).is_some_and(|upper| path.matches_ignoring_case(upper))
                    })
        }),
        Choice::Tag { key, value } => place.is_some_and(|(_, account)| {
            account
                .tags
                .iter()
                .any(|(k, v)| key.matches_ignoring_case(k) && value.matches_ignoring_case(v))
        }),
    }
}

fn unknown(text: &str, candidates: &[Candidate]) -> CliError {
    let wanted = text.trim_start_matches("account:").to_lowercase();
    let mut near: Vec<(usize, &str)> = candidates
        .iter()
        .filter(|account| !account.name.is_empty())
        .map(|account| (apart(&wanted, &account.name.to_lowercase()), account.name.as_str()))
        .filter(|(apart, name)| *apart <= name.chars().count().max(3) / 2)
        .collect();
    near.sort_unstable();
    near.iter().take(3).fold(
        CliError::input(format!("`{text}` names no account that can be listed")),
        |error, (_, name)| error.hint(format!("did you mean `account:{name}`?")),
    )
}

/// How many letters have to change between two words.
fn apart(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for ((right, above), diagonal) in b.chars().zip(row.iter().skip(1)).zip(&row) {
            let here = next.last().copied().unwrap_or_default();
            next.push((diagonal + usize::from(left != right)).min(above + 1).min(here + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::org::reading::{AccountState, Ou};

    fn tree() -> Tree {
        let ou = |id: &str, name: &str, parent: &str| Ou {
            id: id.into(),
            name: name.into(),
            parent: parent.into(),
            tags: BTreeMap::new(),
        };
        let account = |id: &str, name: &str, parent: &str, env: &str| MemberAccount {
            id: id.parse().unwrap(),
            name: name.into(),
            email: None,
            state: AccountState::Active,
            parent: parent.into(),
            tags: BTreeMap::from([("env".to_owned(), env.to_owned())]),
        };
        Tree {
            root_id: "r-1".into(),
            ous: vec![ou("ou-p", "Prod", "r-1"), ou("ou-r", "Regulated", "ou-p")],
            accounts: vec![
                account("000000000001", "root-one", "r-1", "none"),
                account("000000000002", "prod-net", "ou-p", "prod"),
                account("000000000003", "prod-pay", "ou-r", "prod"),
            ],
            incomplete: Vec::new(),
        }
    }

    fn ids(selectors: &[&str]) -> Result<String, CliError> {
        let tree = tree();
        let candidates: Vec<Candidate> = tree
            .accounts
            .iter()
            .map(|account| Candidate { id: account.id, name: account.name.clone() })
            .collect();
        let selectors: Vec<String> = selectors.iter().map(|&text| text.to_owned()).collect();
        let found = chosen(&selectors, &candidates, Some(&tree))?;
        Ok(found.iter().map(|id| id.to_string().replace('0', "")).collect())
    }

    #[test]
    fn accounts_are_chosen_by_name_place_and_tag() {
        for (selector, expected) in [
            ("000000000002", "2"),
            ("account:000000000002", "2"),
            ("account:PROD-*", "23"),
            ("prod-net", "2"),
            ("ou:/", "1"),
            ("ou:/Prod", "2"),
            ("ou:/prod/**", "23"),
            ("ou:/**", "123"),
            ("ou:/Prod/*", "3"),
            ("tag:env=prod", "23"),
            ("org:", "123"),
        ] {
            assert_eq!(ids(&[selector]).unwrap(), expected, "{selector}");
        }
    }

    #[test]
    fn a_name_that_is_not_there_is_an_error_with_the_nearest() {
        let error = ids(&["prod-ney"]).unwrap_err();
        assert_eq!(error.kind.code(), 2);
        assert!(error.hints.iter().any(|hint| hint.contains("prod-net")), "{error:?}");
        assert!(ids(&["tfc:acme/a/b"]).unwrap_err().message.contains("does not choose accounts"));
    }
}
