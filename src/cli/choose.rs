//! Accounts chosen by selector before there is a snapshot to ask: the organization's tree is
//! enough of one.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::CliError;
use crate::answer;
use crate::arn::AccountId;
use crate::graph::{Graph, Groups};
use crate::org::reading::{
    AccountState, MemberAccount, NotReadKind, OrganizationFacts, OrganizationReading, Readings,
    Tags, Tree,
};
use crate::org::{Fact, Facts, NotRead};

/// Whether these selectors look at OUs or tags, so that the tree has to be read first.
pub(crate) fn needs_tree(selectors: &[String], groups: &Groups) -> bool {
    mention(selectors, groups, &["ou:", "tag:"])
}

/// Whether these selectors look at tags.
pub(crate) fn need_tags(selectors: &[String], groups: &Groups) -> bool {
    mention(selectors, groups, &["tag:"])
}

/// Whether some selector begins so; with a group among them, whether one of any group does.
fn mention(selectors: &[String], groups: &Groups, kinds: &[&str]) -> bool {
    let begins = |text: &String| {
        let text = text.trim_start_matches('!');
        kinds.iter().any(|kind| text.starts_with(kind))
    };
    let of_groups = selectors.iter().any(|text| text.starts_with('@'));
    selectors.iter().any(begins) || of_groups && groups.values().flatten().any(begins)
}

/// Accounts with nothing but their names, for selectors that need no tree.
pub(crate) fn without_places(accounts: impl Iterator<Item = (AccountId, String)>) -> Tree {
    let accounts = accounts
        .map(|(id, name)| MemberAccount {
            id,
            name: if name.is_empty() { id.to_string() } else { name },
            email: None,
            state: AccountState::Active,
            parent: String::new(),
            tags: Tags::new(),
        })
        .collect();
    Tree { root_id: String::new(), ous: Vec::new(), accounts, incomplete: Vec::new() }
}

/// The ids that the selectors name, each of which must name something.
pub(crate) fn chosen(
    selectors: &[String],
    tree: &Tree,
    groups: &Groups,
) -> Result<BTreeSet<AccountId>, CliError> {
    let graph = graph(tree).with_groups(groups.clone());
    let mut all = BTreeSet::new();
    for text in selectors {
        let found = answer::select_accounts(&graph, text)?;
        all.extend(found.into_iter().map(|key| graph.facts().accounts[key].id));
    }
    Ok(all)
}

fn graph(tree: &Tree) -> Graph {
    let gap = || NotRead::new("collect", NotReadKind::NotCollected, "only the tree was read");
    let organization = OrganizationFacts {
        id: String::new(),
        arn: String::new(),
        management_account: tree.accounts.first().map_or_else(AccountId::default, |first| first.id),
        tree: Fact::Read(tree.clone()),
        scps: Fact::NotRead(gap()),
        rcps: Fact::NotRead(gap()),
        delegated_administrators: Fact::NotRead(gap()),
        not_read: Vec::new(),
    };
    let readings = Readings {
        organization: Some(OrganizationReading {
            read_at: None,
            organization: Fact::Read(Some(organization)),
        }),
        ..Readings::default()
    };
    Graph::build(Arc::new(Facts::build(readings)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::org::reading::Ou;

    fn tree() -> Tree {
        let ou = |id: &str, name: &str, parent: &str| Ou {
            id: id.into(),
            name: name.into(),
            parent: parent.into(),
            tags: Tags::new(),
        };
        let account = |id: &str, name: &str, parent: &str, env: &str| MemberAccount {
            id: id.parse().unwrap(),
            name: name.into(),
            email: None,
            state: AccountState::Active,
            parent: parent.into(),
            tags: Tags::from([("env".to_owned(), env.to_owned())]),
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

    fn groups() -> Groups {
        let prod = ["ou:/Prod/**", "!account:prod-pay"].map(str::to_owned).to_vec();
        Groups::from([("prod".to_owned(), prod)])
    }

    fn ids(selector: &str) -> Result<String, CliError> {
        let found = chosen(&[selector.to_owned()], &tree(), &groups())?;
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
            ("@prod", "2"),
            ("org:", "123"),
        ] {
            assert_eq!(ids(selector).unwrap(), expected, "{selector}");
        }
    }

    #[test]
    fn a_name_that_is_not_there_is_an_error_with_the_nearest() {
        let error = ids("account:prod-ney").unwrap_err();
        assert_eq!(error.kind.code(), 2);
        assert!(error.hints.iter().any(|hint| hint.contains("prod-net")), "{error:?}");
        assert!(ids("tfc:acme/a/b:plan").unwrap_err().message.contains("names nothing"));
        let nothing = without_places(std::iter::empty());
        assert!(chosen(&["ou:/Prod".to_owned()], &nothing, &groups()).is_err());
    }
}
