#![allow(clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use proptest::prelude::*;

use super::dump::arbitrary;
use super::{Facts, Identity};

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn roles_and_users_of_an_account_follow_each_other_by_arn(readings in arbitrary::readings()) {
        let facts = Facts::build(readings);
        for account in facts.accounts.values() {
            prop_assert!(account.roles.is_sorted() && account.users.is_sorted());
            prop_assert!(account.roles.iter().map(|key| &facts.roles[*key].arn).is_sorted());
            prop_assert!(account.users.iter().map(|key| &facts.users[*key].arn).is_sorted());
        }
    }

    #[test]
    fn rows_are_found_by_what_names_them(readings in arbitrary::readings()) {
        let facts = Facts::build(readings);
        for (account, row) in facts.accounts.iter() {
            for role in row.roles.iter().map(|key| &facts.roles[*key]) {
                let last = |is: &dyn Fn(&super::Role) -> bool| {
                    row.roles.iter().copied().rfind(|key| is(&facts.roles[*key]))
                };
                let named = last(&|other| other.name.eq_ignore_ascii_case(&role.name));
                prop_assert_eq!(facts.role(account, &role.name.to_ascii_uppercase()), named);
                prop_assert_eq!(facts.role_by_arn(&role.arn), last(&|other| other.arn == role.arn));
                prop_assert_eq!(facts.role_by_arn(&role.arn.to_ascii_uppercase()), None);
            }
            for user in row.users.iter().map(|key| &facts.users[*key]) {
                let last = |is: &dyn Fn(&super::User) -> bool| {
                    row.users.iter().copied().rfind(|key| is(&facts.users[*key]))
                };
                let named = last(&|other| other.name.eq_ignore_ascii_case(&user.name));
                prop_assert_eq!(facts.user(account, &user.name.to_ascii_lowercase()), named);
                prop_assert_eq!(facts.user_by_arn(&user.arn), last(&|other| other.arn == user.arn));
            }
            prop_assert_eq!(facts.role(account, "nobody"), None);
        }
        let id = |identity: Identity| match identity {
            Identity::Role(key) => &facts.roles[key].unique_id,
            Identity::User(key) => &facts.users[key].unique_id,
        };
        let roles = facts.roles.keys().map(Identity::Role);
        for identity in roles.chain(facts.users.keys().map(Identity::User)) {
            let found = facts.by_unique_id(id(identity)).map(id);
            prop_assert_eq!(found, Some(id(identity)).filter(|id| !id.is_empty()));
        }
    }
}
