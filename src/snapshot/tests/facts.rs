//! Facts that are loaded are those that are built.

use super::*;
use crate::org::reading::{Fact, InlinePolicy, ManagedPolicy};
use crate::org::{Facts, lines};

fn load(store: &Store, id: SnapshotId, connections: usize) -> rusqlite::Result<Facts> {
    load_facts::load(store, id, Some(connections), &mut |_| {})
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn facts_are_loaded_as_they_are_built(
        other in arbitrary::readings(), readings in arbitrary::readings(),
    ) {
        let place = place();
        // Documents of other snapshots stand between those that are wanted.
        let (store, _) = store(&place).put(&other, Source::Collect, true).unwrap();
        let (store, id) = store.put(&readings, Source::Collect, true).unwrap();
        let built = lines(&Facts::build(store.load(id).unwrap()));
        for connections in [1, 3] {
            prop_assert_eq!(&lines(&load(&store, id, connections).unwrap()), &built);
        }
    }
}

/// More accounts and documents than one thread takes at once, and policies that only another
/// account's reading holds.
fn many() -> Readings {
    let mut readings = sample();
    let first = readings.accounts[0].clone();
    readings.accounts = (0..40)
        .map(|at| {
            let id = format!("{:012}", 7 * at + 1);
            let mut account = first.clone();
            account.account = id.parse().unwrap();
            let Fact::Read(found) = &mut account.identities else { unreachable!() };
            let role = found.roles[0].clone();
            let own = format!("arn:aws:iam::{id}:policy/own");
            found.roles = (0..100)
                .map(|number| {
                    let mut role = role.clone();
                    role.name = format!("role-{}", 100 - number);
                    role.unique_id = format!("AROA{at}X{number}");
                    role.trust = role
                        .trust
                        .replace("111111111111", if number % 2 == 0 { &id } else { "*" })
                        .into();
                    let document = format!(r#"{{"Id": "{}", "Statement": []}}"#, number * 40 + at);
                    role.inline =
                        vec![InlinePolicy { name: "p".into(), document: document.into() }];
                    role.attached = vec!["arn:aws:iam::aws:policy/shared".into(), own.clone()];
                    role
                })
                .collect();
            let text = |text: &str| Fact::Read(text.into());
            found.managed_policies = vec![ManagedPolicy { arn: own, document: text("{}") }];
            if at == 17 {
                let arn = "arn:aws:iam::aws:policy/shared".into();
                found.managed_policies.push(ManagedPolicy { arn, document: text("[]") });
            }
            account
        })
        .collect();
    readings
}

#[test]
fn many_accounts_are_loaded_at_once_and_in_order() {
    let place = place();
    let (store, id) = store(&place).put(&many(), Source::Collect, true).unwrap();
    let built = lines(&Facts::build(store.load(id).unwrap()));
    let mut steps = Vec::new();
    for connections in [1, 2, 5] {
        steps.clear();
        let loaded =
            load_facts::load(&store, id, Some(connections), &mut |step| steps.push(step)).unwrap();
        assert_eq!(lines(&loaded), built, "{connections} connections");
        let role = loaded.role(loaded.account("000000000008".parse().unwrap()).unwrap(), "ROLE-7");
        assert_eq!(loaded.roles[role.unwrap()].unique_id, "AROA1X93");
        assert!(loaded.by_unique_id("AROA39X0").is_some());
    }
    assert!(steps.contains(&Progress::Roles { read: 4000, all: 4000 }), "{steps:?}");
    let Some(Progress::Documents { read, all }) = steps.last() else { panic!("{steps:?}") };
    assert_eq!(read, all);
}

#[test]
fn damage_is_an_error_over_any_number_of_connections() {
    let place = place();
    let (store, id) = store(&place).put(&many(), Source::Collect, true).unwrap();
    let fails = || {
        for connections in [1, 3] {
            assert!(load(&store, id, connections).is_err(), "{connections} connections");
        }
        assert!(matches!(store.facts(id, |_| ()), Err(StoreError::Corrupt { .. })));
    };
    store.connection.execute("UPDATE role_row SET tags = 'x' WHERE name = 'role-9'", []).unwrap();
    fails();
    store.connection.execute("UPDATE role_row SET tags = NULL", []).unwrap();
    assert!(load(&store, id, 3).is_ok());
    store.connection.execute("DELETE FROM document WHERE text LIKE '%1234%'", []).unwrap();
    fails();
}

/// A reader that began a moment later would see rows that the others miss.
#[test]
fn all_connections_see_one_state() {
    let place = place();
    let readings = sample();
    let mut writer = store(&place).begin(&readings.origin, Source::Collect).unwrap();
    writer.put_account(&readings.accounts[0]).unwrap();
    let id = writer.id();
    let store = Store::open_read_only(&place.path).unwrap();
    let mut readers = readers::Readers::open(&store, 3).unwrap();
    writer.put_account(&readings.accounts[1]).unwrap();
    let count = "SELECT count(*) FROM role_row";
    let mut counts = Vec::new();
    readers
        .share_out(
            9,
            |connection, job, give| {
                while let Some(at) = job() {
                    give(at, connection.query_row(count, [], |row| row.get::<_, i64>(0))?);
                }
                Ok(())
            },
            || (),
            |at, found| counts.push((at, found)),
        )
        .unwrap();
    assert_eq!(counts, (0..9).map(|at| (at, 1)).collect::<Vec<_>>());
    drop(readers);
    let facts = load(&store, id, 3).unwrap();
    assert_eq!(facts.roles.len(), 2);
}

#[test]
fn a_snapshot_without_accounts_is_loaded() {
    let place = place();
    let (store, id) = store(&place).put(&Readings::default(), Source::Collect, true).unwrap();
    for connections in [1, 3] {
        assert_eq!(load(&store, id, connections).unwrap().accounts.len(), 0);
    }
}
