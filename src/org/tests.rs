#![allow(clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use proptest::prelude::*;

use super::Facts;
use super::dump::arbitrary;

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
}
