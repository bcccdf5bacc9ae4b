#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use tempfile::TempDir;

use super::*;
use crate::arn::Partition;
use crate::org::reading::{Identities, MemberAccount, OrganizationFacts, Tags, Tree};

const NOW: &str = "2026-03-10T00:00:00Z";

fn id(number: u64) -> AccountId {
    format!("{number:012}").parse().unwrap()
}

fn ids(numbers: &[u64]) -> BTreeSet<AccountId> {
    numbers.iter().copied().map(id).collect()
}

fn gap(kind: NotReadKind) -> NotRead {
    NotRead::new("sts:AssumeRole", kind, "")
}

/// A reading of the day; `missing` says why there is nothing in it.
fn account(number: u64, day: u8, missing: Option<NotReadKind>) -> AccountReading {
    let identities = match missing {
        None => Fact::Read(Identities::default()),
        Some(kind) => Fact::NotRead(gap(kind)),
    };
    AccountReading {
        account: id(number),
        partition: Partition::Aws,
        read_at: Some(format!("2026-03-{day:02}T00:00:00Z").parse().unwrap()),
        alias: None,
        identities,
        oidc_providers: Fact::Read(Vec::new()),
        saml_providers: Fact::Read(Vec::new()),
        not_read: Vec::new(),
    }
}

fn organization(day: u8) -> OrganizationReading {
    let tree = Tree {
        root_id: "r-1".to_owned(),
        ous: Vec::new(),
        accounts: [1, 2, 3, 4]
            .map(|number| MemberAccount {
                id: id(number),
                name: number.to_string(),
                email: None,
                state: AccountState::Active,
                parent: "r-1".to_owned(),
                tags: Tags::new(),
            })
            .into(),
        incomplete: Vec::new(),
    };
    OrganizationReading {
        read_at: Some(format!("2026-03-{day:02}T00:00:00Z").parse().unwrap()),
        organization: Fact::Read(Some(OrganizationFacts {
            id: "o-1".to_owned(),
            arn: "arn:aws:organizations::000000000001:organization/o-1".to_owned(),
            management_account: id(1),
            tree: Fact::Read(tree),
            scps: Fact::Read(Vec::new()),
            rcps: Fact::Read(Vec::new()),
            delegated_administrators: Fact::Read(Vec::new()),
            not_read: Vec::new(),
        })),
    }
}

fn origin() -> Origin {
    Origin {
        collected_by: Some("arn:aws:iam::000000000001:user/ann".to_owned()),
        ..Origin::default()
    }
}

/// An organization of these accounts.
fn scope(numbers: &[u64]) -> Scope {
    Scope {
        organization: Some("o-1".to_owned()),
        accounts: ids(numbers),
        excluded: BTreeSet::new(),
        listed: Fact::Read(
            numbers.iter().map(|number| (id(*number), AccountState::Active)).collect(),
        ),
    }
}

struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn store(&self) -> Store {
        Store::open(&self.directory.path().join("rolewalk.db")).unwrap()
    }

    /// Puts a crawl's snapshot.
    fn put(&self, readings: &[AccountReading], complete: bool) -> SnapshotId {
        let mut writer = self.store().begin(&origin(), Source::Collect).unwrap();
        writer.put_organization(&organization(1)).unwrap();
        for reading in readings {
            writer.put_account(reading).unwrap();
        }
        let id = writer.id();
        writer.finish(complete).unwrap();
        id
    }

    fn task(&self, chosen: &[u64], renew: Renew) -> Result<Task, KeepError> {
        Task::of(&scope(&[1, 2, 3, 4]), ids(chosen), renew, Some(&self.store()))
    }

    /// Runs a task in which each account to read gives this, and says whether the snapshot is complete.
    fn run(&self, task: Task, read: impl Fn(AccountId) -> AccountReading) -> (SnapshotId, bool) {
        let to_read = task.accounts.clone();
        let with_organization = task.organization;
        let mut keeper = Keeper::new(self.store(), task);
        let mut summary = Summary::default();
        keeper.begin(origin()).unwrap();
        if with_organization {
            keeper.organization(organization(9)).unwrap();
        }
        for id in to_read {
            let reading = read(id);
            if let Some(gap) = reading.identities.gap() {
                let gap = super::super::Gap {
                    account: Some(id),
                    host: None,
                    whole: true,
                    not_read: gap.clone(),
                };
                summary.gaps.push(gap);
            }
            keeper.account(reading).unwrap();
        }
        let Kept { snapshot, complete } = keeper.finish(&summary).unwrap();
        let listed = self.store().list().unwrap();
        assert!(listed.iter().any(|it| it.id == snapshot && it.complete == complete));
        (snapshot, complete)
    }

    /// Which accounts a snapshot has users and roles of, and the days on which they were read.
    fn read(&self, snapshot: SnapshotId) -> Vec<(AccountId, i8)> {
        let ages = self.store().account_ages(snapshot).unwrap();
        let day = |at: Timestamp| at.to_zoned(jiff::tz::TimeZone::UTC).day();
        ages.iter()
            .filter(|age| age.was_read)
            .map(|age| (age.account, age.read_at.map_or(0, day)))
            .collect()
    }
}

#[test]
fn what_is_young_and_whole_is_taken_over() {
    let place = Place::new();
    let half = AccountReading {
        saml_providers: Fact::NotRead(gap(NotReadKind::Denied)),
        ..account(3, 8, None)
    };
    place.put(&[account(1, 2, None), account(2, 8, None), half], true);
    let limit = "2026-03-05T00:00:00Z".parse().unwrap();
    let task = place.task(&[1, 2, 3, 4], Renew::Older(limit)).unwrap();
    assert_eq!((&task.accounts, &task.settled), (&ids(&[1, 3, 4]), &ids(&[2])));
    assert!(task.organization, "it is older");
    let (snapshot, complete) =
        place.run(task, |it| AccountReading { account: it, ..account(1, 9, None) });
    assert!(complete);
    assert_eq!(place.read(snapshot), [(id(1), 9), (id(2), 8), (id(3), 9), (id(4), 9)]);
    let now: Timestamp = NOW.parse().unwrap();
    assert_eq!(place.task(&[1, 2, 3, 4], Renew::Older(now)).unwrap().settled, ids(&[]));
}

#[test]
fn accounts_that_were_not_chosen_keep_their_newest_reading() {
    let place = Place::new();
    place.put(&[account(1, 1, None), account(2, 1, None)], true);
    place.put(&[account(1, 2, Some(NotReadKind::Denied))], false);
    let task = place.task(&[3], Renew::All).unwrap();
    assert_eq!((task.taken_over, task.organization), (2, true));
    let (snapshot, complete) = place.run(task, |_| account(3, 9, None));
    // What was asked for was read, and of account 1 and 4 nothing is known.
    assert!(!complete);
    assert_eq!(place.read(snapshot), [(id(2), 1), (id(3), 9)]);
}

#[test]
fn a_snapshot_is_complete_when_nothing_of_the_organization_is_missing() {
    let place = Place::new();
    let read = |it| AccountReading { account: it, ..account(1, 9, None) };
    let one = place.task(&[3], Renew::All).unwrap();
    assert!(!place.run(one, read).1, "three of four are not known");
    let mut without = scope(&[1, 2, 3, 4]);
    without.excluded = ids(&[4]);
    let task = Task::of(&without, ids(&[1, 2, 3]), Renew::All, Some(&place.store())).unwrap();
    assert!(place.run(task, read).1, "what was excluded is no part of it");
    let task = place.task(&[4], Renew::All).unwrap();
    assert!(place.run(task, read).1, "the others are there from before");
}

#[test]
fn an_account_that_joined_is_seen_by_reading_the_organization_again() {
    let place = Place::new();
    place.put(&[1, 2, 3, 4].map(|number| account(number, 8, None)), true);
    let limit = "2026-02-01T00:00:00Z".parse().unwrap();
    let task = |numbers: &[u64]| {
        Task::of(&scope(numbers), ids(numbers), Renew::Older(limit), Some(&place.store())).unwrap()
    };
    assert!(!task(&[1, 2, 3, 4]).organization);
    assert!(task(&[1, 2, 3, 4, 5]).organization, "one joined");
    assert!(task(&[1, 2, 3]).organization, "one left");
    let mut closed = scope(&[1, 2, 3, 4]);
    closed.listed = closed.listed.map(|mut listed| {
        listed.insert(id(4), AccountState::Suspended);
        listed
    });
    let task = Task::of(&closed, ids(&[1]), Renew::Older(limit), Some(&place.store())).unwrap();
    assert!(task.organization, "one was suspended");
}

#[test]
fn a_worse_answer_does_not_take_the_place_of_a_better_one() {
    let place = Place::new();
    let mut half = organization(1);
    if let Fact::Read(Some(facts)) = &mut half.organization {
        facts.not_read.push(gap(NotReadKind::Denied));
    }
    let mut writer = place.store().begin(&origin(), Source::Collect).unwrap();
    writer.put_organization(&half).unwrap();
    let halved = AccountReading {
        saml_providers: Fact::NotRead(gap(NotReadKind::Denied)),
        ..account(2, 1, None)
    };
    writer.put_account(&halved).unwrap();
    let snapshot = writer.id();
    writer.finish(false).unwrap();

    let task = place.task(&[1, 2], Renew::Missing).unwrap();
    assert!(task.organization, "its tags are missing");
    let mut keeper = Keeper::new(place.store(), task);
    keeper.begin(origin()).unwrap();
    let refused = OrganizationReading {
        organization: Fact::NotRead(gap(NotReadKind::Denied)),
        ..organization(9)
    };
    keeper.organization(refused).unwrap();
    keeper.account(account(1, 9, None)).unwrap();
    // It was closed since: what was read of it is true no more.
    keeper.account(account(2, 9, Some(NotReadKind::Suspended))).unwrap();
    keeper.finish(&Summary::default()).unwrap();
    let loaded = place.store().load(snapshot).unwrap();
    assert_eq!(loaded.organization, Some(half));
    assert_eq!(place.read(snapshot), [(id(1), 9)]);
}

#[test]
fn what_others_read_since_is_not_taken_back() {
    let place = Place::new();
    let base = place.put(&[1, 2, 3, 4].map(|number| account(number, 1, None)), true);
    place.put(&[1, 2, 3, 4].map(|number| account(number, 5, None)), true);
    let task = place.task(&[2], Renew::Accounts(base)).unwrap();
    let (snapshot, complete) = place.run(task, |_| account(2, 9, None));
    assert!(complete);
    let days = [(1, 5), (2, 9), (3, 5), (4, 5)].map(|(number, day)| (id(number), day));
    assert_eq!(place.read(snapshot), days);
}

#[test]
fn a_snapshot_that_was_removed_meanwhile_is_missed() {
    let place = Place::new();
    let base = place.put(&[1, 2, 3, 4].map(|number| account(number, 1, None)), true);
    let task = place.task(&[2], Renew::Accounts(base)).unwrap();
    place.store().remove(base).unwrap();
    let error = Keeper::new(place.store(), task).begin(origin()).unwrap_err();
    assert!(error.to_string().contains("no snapshot 1"), "{error}");
}

#[test]
fn going_on_reads_what_is_missing_and_keeps_what_is_better() {
    let place = Place::new();
    let half = AccountReading {
        saml_providers: Fact::NotRead(gap(NotReadKind::Throttled)),
        ..account(2, 1, None)
    };
    place.put(&[account(1, 1, None), half, account(3, 1, Some(NotReadKind::Denied))], false);
    let task = place.task(&[1, 2, 3, 4], Renew::Missing).unwrap();
    assert_eq!((&task.accounts, &task.settled), (&ids(&[2, 3, 4]), &ids(&[1])));
    assert!(!task.organization);
    let (snapshot, complete) = place.run(task, |it| {
        let missing = (it == id(2)).then_some(NotReadKind::Unreachable);
        AccountReading { account: it, ..account(1, 9, missing) }
    });
    assert!(!complete);
    assert_eq!(place.read(snapshot), [(id(1), 1), (id(2), 1), (id(3), 9), (id(4), 9)]);
    let task = place.task(&[1, 2, 3, 4], Renew::Missing).unwrap();
    assert_eq!(task.accounts, ids(&[2]));
    let (same, complete) = place.run(task, |_| account(2, 10, None));
    assert!(complete && same == snapshot);
    let error = place.task(&[1], Renew::Missing).unwrap_err();
    assert!(matches!(error, KeepError::NothingToResume), "{error}");
}

#[test]
fn a_crawl_of_somebody_else_is_not_gone_on_with() {
    let place = Place::new();
    // Account 7 left meanwhile, which is no reason.
    place.put(&[account(7, 1, None)], false);
    assert_eq!(place.task(&[1], Renew::Missing).unwrap().accounts, ids(&[1]));
    let other = Scope { organization: Some("o-2".to_owned()), ..scope(&[1]) };
    let error = Task::of(&other, ids(&[1]), Renew::Missing, Some(&place.store())).unwrap_err();
    assert!(error.to_string().contains("organization o-1"), "{error}");
    let none = || {
        let listed = Fact::Read(BTreeMap::new());
        Scope { organization: None, listed, ..scope(&[1]) }
    };
    let error = Task::of(&none(), ids(&[1]), Renew::Missing, Some(&place.store())).unwrap_err();
    assert!(error.to_string().contains("organization o-1"), "{error}");
    let base = place.store().list().unwrap()[0].id;
    for somebody in [none(), Scope { organization: Some("o-2".to_owned()), ..scope(&[1]) }] {
        let renew = Renew::Accounts(base);
        let error = Task::of(&somebody, ids(&[1]), renew, Some(&place.store())).unwrap_err();
        assert!(error.to_string().contains("organization o-1"), "{error}");
    }
    let unlisted = Scope { listed: Fact::NotRead(gap(NotReadKind::Throttled)), ..scope(&[1]) };
    let error = Task::of(&unlisted, ids(&[1]), Renew::Missing, Some(&place.store())).unwrap_err();
    assert!(matches!(error, KeepError::NotListed(_)), "{error}");

    let mut writer = place.store().begin(&origin(), Source::Collect).unwrap();
    writer.put_account(&account(7, 1, None)).unwrap();
    writer.finish(false).unwrap();
    let error = place.task(&[1], Renew::Missing).unwrap_err();
    assert!(error.to_string().contains("account 000000000007"), "{error}");
}

#[test]
fn one_account_read_again_leaves_the_rest_as_it_is() {
    let place = Place::new();
    let all = [1, 2, 3, 4].map(|number| account(number, 1, None));
    // Account 7 is none that these credentials know of.
    let base = place.put(&[&all[..], &[account(7, 1, None)]].concat(), true);

    let task = place.task(&[2], Renew::Accounts(base)).unwrap();
    assert!(!task.organization);
    let (snapshot, complete) = place.run(task, |_| account(2, 9, None));
    assert!(complete);
    let days = [(1, 1), (2, 9), (3, 1), (4, 1), (7, 1)].map(|(number, day)| (id(number), day));
    assert_eq!(place.read(snapshot), days);

    // Refused, the reading that there is stays; and that it is not the newest is seen.
    let task = place.task(&[2], Renew::Accounts(base)).unwrap();
    let (snapshot, complete) = place.run(task, |_| account(2, 9, Some(NotReadKind::Denied)));
    assert!(!complete);
    assert_eq!(place.read(snapshot).len(), 5);
}

#[test]
fn one_account_read_again_does_not_complete_what_was_not() {
    let place = Place::new();
    let again = |base| {
        let task = place.task(&[1], Renew::Accounts(base)).unwrap();
        place.run(task, |_| account(1, 9, None))
    };
    // Account 4 was never read.
    let base = place.put(&[1, 2, 3].map(|number| account(number, 1, None)), false);
    assert!(!again(base).1);
    let denied = account(4, 1, Some(NotReadKind::Denied));
    let base =
        place.put(&[account(1, 1, None), account(2, 1, None), account(3, 1, None), denied], false);
    assert!(!again(base).1);
    // A suspended account has nothing to read, and the one that was refused is read now.
    let closed = account(4, 1, Some(NotReadKind::Suspended));
    let refused = account(1, 1, Some(NotReadKind::Denied));
    let base = place.put(&[refused, account(2, 1, None), account(3, 1, None), closed], false);
    assert!(!again(base).1, "account 4 was opened again");
    let mut suspended = scope(&[1, 2, 3, 4]);
    suspended.listed = suspended.listed.map(|mut listed| {
        listed.insert(id(4), AccountState::Suspended);
        listed
    });
    let renew = Renew::Accounts(base);
    let task = Task::of(&suspended, ids(&[1]), renew, Some(&place.store())).unwrap();
    assert!(place.run(task, |_| account(1, 9, None)).1);
}

#[test]
fn an_account_that_was_closed_keeps_no_reading() {
    let place = Place::new();
    let base = place.put(&[1, 2, 3, 4].map(|number| account(number, 8, None)), true);
    let mut closed = scope(&[1, 2, 3, 4]);
    closed.listed = closed.listed.map(|mut listed| {
        listed.insert(id(3), AccountState::Suspended);
        listed
    });
    let limit = "2026-02-01T00:00:00Z".parse().unwrap();
    for renew in [Renew::Older(limit), Renew::All, Renew::Accounts(base)] {
        let task = Task::of(&closed, ids(&[1]), renew, Some(&place.store())).unwrap();
        assert!(task.accounts.contains(&id(3)), "{renew:?}");
        let (snapshot, _) = place.run(task, |it| {
            let missing = (it == id(3)).then_some(NotReadKind::Suspended);
            AccountReading { account: it, ..account(1, 9, missing) }
        });
        let read: Vec<AccountId> = place.read(snapshot).iter().map(|(id, _)| *id).collect();
        assert_eq!(read, [id(1), id(2), id(4)], "{renew:?}");
        place.store().remove(snapshot).unwrap();
    }
}

#[test]
fn an_organization_that_lacks_an_account_is_not_preferred_to_one_that_was_refused() {
    let place = Place::new();
    place.put(&[account(1, 1, None)], false);
    // Account 5 joined; the organization is refused now.
    let scope = scope(&[1, 2, 3, 4, 5]);
    let task = Task::of(&scope, ids(&[5]), Renew::Missing, Some(&place.store())).unwrap();
    assert!(task.organization);
    let mut keeper = Keeper::new(place.store(), task);
    keeper.begin(origin()).unwrap();
    let refused = Fact::NotRead(gap(NotReadKind::Denied));
    keeper
        .organization(OrganizationReading { organization: refused.clone(), ..organization(9) })
        .unwrap();
    let Kept { snapshot, .. } = keeper.finish(&Summary::default()).unwrap();
    let loaded = place.store().load(snapshot).unwrap().organization.unwrap();
    assert_eq!(loaded.organization, refused, "or account 5 would count as nobody's");
}

#[test]
fn that_others_could_not_read_an_account_does_not_take_it_away() {
    let place = Place::new();
    let base = place.put(&[1, 2, 3, 4].map(|number| account(number, 1, None)), true);
    let throttled = account(3, 5, Some(NotReadKind::Throttled));
    place.put(&[account(1, 5, None), account(2, 5, None), throttled, account(4, 5, None)], false);
    let task = place.task(&[2], Renew::Accounts(base)).unwrap();
    let (snapshot, _) = place.run(task, |_| account(2, 9, None));
    let days = [(1, 5), (2, 9), (3, 1), (4, 5)].map(|(number, day)| (id(number), day));
    assert_eq!(place.read(snapshot), days);
}

#[test]
fn hcp_terraform_alone_goes_with_the_accounts_that_are_known() {
    let place = Place::new();
    let hcp = HcpReading {
        host: None,
        read_at: None,
        workspaces: Fact::Read(crate::org::hcp::Workspaces::Effective(Vec::new())),
        incomplete: Vec::new(),
    };
    let alone = |place: &Place| {
        let task = Task::of_hcp(Some(&place.store())).unwrap();
        let mut keeper = Keeper::new(place.store(), task);
        keeper.begin(origin()).unwrap();
        keeper.hcp(hcp.clone()).unwrap();
        keeper.finish(&Summary::default()).unwrap()
    };
    let first = alone(&place);
    assert!(!first.complete, "there is no account in it");
    // A crawl of AWS takes it over, whoever made it.
    let task = place.task(&[1, 2, 3, 4], Renew::All).unwrap();
    let (snapshot, complete) =
        place.run(task, |it| AccountReading { account: it, ..account(1, 9, None) });
    assert!(complete);
    assert!(place.store().load(snapshot).unwrap().hcp.len() == 1);
    let second = alone(&place);
    assert!(second.complete);
    assert_eq!(place.read(second.snapshot).len(), 4);
}

/// A reading of a host of the day; `missing` says why there is nothing in it.
fn host(name: &str, day: u8, missing: Option<NotReadKind>) -> HcpReading {
    let hcp = crate::org::hcp::HcpTerraform { host: name.to_owned(), ..Default::default() };
    HcpReading {
        host: Some(name.to_owned()),
        read_at: Some(format!("2026-03-{day:02}T00:00:00Z").parse().unwrap()),
        workspaces: match missing {
            None => Fact::Read(crate::org::hcp::Workspaces::AsRead(hcp)),
            Some(kind) => Fact::NotRead(gap(kind)),
        },
        incomplete: Vec::new(),
    }
}

#[test]
fn hosts_are_kept_and_renewed_one_by_one() {
    let place = Place::new();
    let all = [1, 2, 3, 4].map(|number| account(number, 8, None));
    let id = place.put(&all, false);
    let mut writer = place.store().resume(id).unwrap();
    writer.put_hcp(&host("old", 2, None)).unwrap();
    writer.put_hcp(&host("young", 8, None)).unwrap();
    writer.put_hcp(&host("refused", 8, Some(NotReadKind::Failed))).unwrap();
    writer.finish(false).unwrap();
    let reads = |task: &Task| ["old", "young", "refused", "new"].map(|name| task.reads_host(name));
    let limit = "2026-03-05T00:00:00Z".parse().unwrap();
    let task = place.task(&[1, 2, 3, 4], Renew::Older(limit)).unwrap();
    assert_eq!(reads(&task), [true, false, true, true]);
    assert_eq!(reads(&place.task(&[1], Renew::All).unwrap()), [true; 4]);
    assert_eq!(reads(&place.task(&[1], Renew::Accounts(id)).unwrap()), [false; 4]);

    // One that can't be read now stays as it was; of one that was never read that is noted.
    let mut task = place.task(&[1, 2, 3, 4], Renew::All).unwrap();
    task.settle_hosts(["old", "new"].into_iter());
    let mut keeper = Keeper::new(place.store(), task);
    keeper.begin(origin()).unwrap();
    keeper.organization(organization(9)).unwrap();
    keeper.hcp(host("old", 9, Some(NotReadKind::Failed))).unwrap();
    keeper.hcp(host("new", 9, Some(NotReadKind::Failed))).unwrap();
    let kept = keeper.finish(&Summary::default()).unwrap();
    let found: Vec<(Option<String>, bool)> = place
        .store()
        .load(kept.snapshot)
        .unwrap()
        .hcp
        .into_iter()
        .map(|reading| (reading.host, reading.workspaces.read().is_some()))
        .collect();
    let row = |name: &str, read| (Some(name.to_owned()), read);
    assert_eq!(found, [row("new", false), row("old", true), row("young", true)]);
}

#[test]
fn a_crawl_goes_on_with_the_hosts_that_it_lacks() {
    let place = Place::new();
    let id = place.put(&[account(1, 8, None)], false);
    let mut writer = place.store().resume(id).unwrap();
    let now: Timestamp = "2099-01-01T00:00:00Z".parse().unwrap();
    writer.put_hcp(&HcpReading { read_at: Some(now), ..host("read", 8, None) }).unwrap();
    let refused = host("refused", 8, Some(NotReadKind::Failed));
    writer.put_hcp(&HcpReading { read_at: Some(now), ..refused }).unwrap();
    writer.finish(false).unwrap();
    let mut task = place.task(&[1, 2, 3, 4], Renew::Missing).unwrap();
    assert_eq!(["read", "refused"].map(|name| task.reads_host(name)), [false, true]);
    // What failed and is not read now either is missing.
    task.settle_hosts(std::iter::empty());
    let (_, complete) = place.run(task, |id| AccountReading { account: id, ..account(1, 9, None) });
    assert!(!complete);
}
