#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use super::event::Summary;
use super::*;
use crate::org::{NotRead, NotReadKind};

#[test]
fn paging_ends_at_the_last_page_and_never_in_the_middle() {
    let next = |next, current| next_page("iam:ListRoles", next, current);
    assert_eq!(next(None, Some("a")).unwrap(), None);
    assert_eq!(next(Some(""), Some("a")).unwrap(), None);
    assert_eq!(next(Some("b"), Some("a")).unwrap().as_deref(), Some("b"));
    let circle = next(Some("a"), Some("a")).unwrap_err();
    assert_eq!(circle.kind, FailureKind::Malformed);
}

#[tokio::test]
async fn a_role_name_that_is_none_is_refused_before_anybody_is_asked() {
    for name in ["", "a b", "/read", "read/", "arn:aws:iam::111111111111:role/read", "re*d"] {
        let entry = Entry::Role { names: vec![name.to_owned()], external_id: None };
        let options = Options { entry, ..Options::default() };
        let error = plan(&options).await.unwrap_err();
        assert!(matches!(error, CollectError::RoleName(_)), "{name}: {error}");
    }
}

#[test]
fn a_crawl_is_complete_when_only_suspended_accounts_are_missing() {
    let account = "111111111111".parse().ok();
    let mut summary = Summary::default();
    let gap = |kind| {
        let not_read = NotRead::new("sts:AssumeRole", kind, "");
        Gap { account, host: None, whole: true, not_read }
    };
    summary.gaps.push(gap(NotReadKind::Suspended));
    assert!(summary.complete());
    summary.gaps.push(gap(NotReadKind::Denied));
    assert!(!summary.complete());
}
