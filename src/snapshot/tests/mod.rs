#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod facts;

use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::org::dump::{self, arbitrary};
use crate::org::hcp::{HcpTerraform, Unreadable, Workspaces};
use crate::org::reading::{HcpReading, Origin, Readings};
use crate::org::{Fact, NotRead, NotReadKind};

struct Place {
    dir: TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("data/rolewalk.db");
    Place { dir, path }
}

fn store(place: &Place) -> Store {
    Store::open(&place.path).unwrap()
}

/// Two accounts; their roles trust their own account and have the same inline policy.
fn sample() -> Readings {
    let gaad = |id: &str, name: &str| {
        format!(
            r#"{{"UserDetailList": [], "GroupDetailList": [], "Policies": [], "RoleDetailList": [
            {{"RoleName": "{name}", "Path": "/", "RoleId": "AROA{id}", "AssumeRolePolicyDocument":
                {{"Statement": [{{"Effect": "Allow", "Action": "sts:AssumeRole",
                                "Principal": {{"AWS": "arn:aws:iam::{id}:root"}}}}]}},
              "AttachedManagedPolicies": [],
              "RolePolicyList": [{{"PolicyName": "p", "PolicyDocument": {{"Id": "same", "Statement": []}}}}]}}]}}"#
        )
    };
    let files: Vec<(String, String)> = [("111111111111", "one"), ("222222222222", "two")]
        .map(|(id, name)| (format!("gaad/{id}.json"), gaad(id, name)))
        .into();
    let files: Vec<(String, &[u8])> =
        files.iter().map(|(name, text)| (name.clone(), text.as_bytes())).collect();
    let decoded = dump::decode(&files);
    assert_eq!(decoded.problems, []);
    decoded.readings
}

fn count(store: &Store, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    store.connection.query_row(&sql, [], |row| row.get(0)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn what_is_loaded_is_what_was_put(
        first in arbitrary::readings(), second in arbitrary::readings(),
    ) {
        let place = place();
        // The first snapshot must not shine through in the second, nor be changed by it.
        let (store, one) = store(&place).put(&first, Source::Collect, true).unwrap();
        let (mut store, two) = store.put(&second, Source::Import, true).unwrap();
        prop_assert_eq!(&store.load(one).unwrap(), &first);
        prop_assert_eq!(&store.load(two).unwrap(), &second);
        store.remove(one).unwrap();
        prop_assert_eq!(&store.load(two).unwrap(), &second);
        store.remove(two).unwrap();
        for table in ["reading", "document", "gap", "role_row", "variable_row", "stack_row", "ou_row"] {
            prop_assert_eq!(count(&store, table), 0, "{}", table);
        }
    }
}

#[test]
fn equal_readings_and_documents_are_stored_once() {
    let place = place();
    let mut readings = sample();
    let (store, _) = store(&place).put(&readings, Source::Collect, true).unwrap();
    // Two trusts that name their own accounts are one document, and so are the inline policies.
    assert_eq!((count(&store, "document"), count(&store, "role_row")), (2, 2));
    let later = Some("2026-02-01T00:00:00Z".parse().unwrap());
    readings.accounts.iter_mut().for_each(|account| account.read_at = later);
    readings.accounts[1].alias = Some("new".to_owned());
    let (store, second) = store.put(&readings, Source::Collect, true).unwrap();
    assert_eq!((count(&store, "document"), count(&store, "role_row")), (2, 3));
    assert_eq!(store.load(second).unwrap(), readings);
}

#[test]
fn that_a_role_was_used_again_makes_no_new_reading() {
    let place = place();
    let at = |day: u8| {
        let mut readings = sample();
        let Fact::Read(found) = &mut readings.accounts[0].identities else { panic!("read") };
        found.roles[0].last_used = Some(format!("2026-02-0{day}T10:00:00Z").parse().unwrap());
        readings
    };
    let (store, first) = store(&place).put(&at(1), Source::Collect, true).unwrap();
    let before = (count(&store, "reading"), count(&store, "role_row"));
    let (store, second) = store.put(&at(2), Source::Collect, true).unwrap();
    assert_eq!((count(&store, "reading"), count(&store, "role_row")), before);
    assert_eq!(store.load(first).unwrap(), at(1));
    assert_eq!(store.load(second).unwrap(), at(2));
    let mut writer = store.begin(&at(2).origin, Source::Collect).unwrap();
    let account = at(1).accounts[0].account;
    writer.keep(&[(first, Subject::Account(account))]).unwrap();
    let third = writer.id();
    let store = writer.finish(true).unwrap();
    assert_eq!(store.load(third).unwrap().accounts, at(1).accounts[..1]);
    let shown = "SELECT last_used FROM role WHERE snapshot = 2 AND name = 'one'";
    let shown: String = store.connection.query_row(shown, [], |row| row.get(0)).unwrap();
    assert_eq!(shown, "2026-02-02T10:00:00Z");
}

/// A host with two organizations.
fn of_two_organizations(unreadable: Vec<Unreadable>) -> HcpReading {
    HcpReading {
        host: Some("tfe.example.com".to_owned()),
        read_at: None,
        workspaces: Fact::Read(Workspaces::AsRead(HcpTerraform {
            host: "tfe.example.com".to_owned(),
            organizations: vec!["one".to_owned(), "two".to_owned()],
            unreadable,
            ..HcpTerraform::default()
        })),
        incomplete: Vec::new(),
    }
}

fn hidden(kind: &str, id: &str, reason: NotReadKind, message: &str) -> Unreadable {
    Unreadable { kind: kind.to_owned(), id: id.to_owned(), message: message.to_owned(), reason }
}

/// What is not known of a host that was read before stacks were asked for.
fn without_stacks() -> [Unreadable; 2] {
    ["one", "two"].map(|name| {
        let message = "stacks were not collected when this was read";
        hidden("stacks", name, NotReadKind::NotCollected, message)
    })
}

/// A database of the first version, in which a role's last use was part of the reading, and HCP
/// Terraform one subject whatever its host.
#[test]
fn an_older_database_is_brought_up_to_date() {
    let place = place();
    let mut readings = sample();
    readings.hcp = vec![of_two_organizations(Vec::new())];
    let (store, id) = store(&place).put(&readings, Source::Collect, true).unwrap();
    let used = "2026-01-01T00:00:00Z";
    store
        .connection
        .execute_batch(&format!(
            "UPDATE role_row SET last_used = '{used}' WHERE name = 'one';
             DROP VIEW role;
             CREATE VIEW role AS SELECT 1;
             ALTER TABLE snapshot_reading DROP COLUMN last_used;
             ALTER TABLE unreadable_row DROP COLUMN reason;
             DROP VIEW stack;
             DROP TABLE stack_row;
             UPDATE snapshot_reading SET subject = 'hcp' WHERE subject LIKE 'hcp:%';
             PRAGMA user_version = 1;"
        ))
        .unwrap();
    drop(store);
    let Fact::Read(found) = &mut readings.accounts[0].identities else { panic!("read") };
    found.roles[0].last_used = used.parse().ok();
    readings.hcp = vec![of_two_organizations(without_stacks().to_vec())];
    let store = Store::open_read_only(&place.path).unwrap();
    assert_eq!(store.load(id).unwrap(), readings);
    let shown = "SELECT last_used FROM role WHERE name = 'one'";
    let shown: String = store.connection.query_row(shown, [], |row| row.get(0)).unwrap();
    assert_eq!(shown, used);
}

/// Databases of the second version were made with and without the reason of what is hidden.
#[test]
fn both_sorts_of_the_second_version_are_brought_up_to_date() {
    for (without_reason, kept) in [
        ("", NotReadKind::Failed),
        ("ALTER TABLE unreadable_row DROP COLUMN reason;", NotReadKind::Denied),
    ] {
        let place = place();
        let mut readings = sample();
        let of = |reason| hidden("variable-set", "varset-1", reason, "404");
        readings.hcp = vec![of_two_organizations(vec![of(NotReadKind::Failed)])];
        let (store, id) = store(&place).put(&readings, Source::Collect, true).unwrap();
        let older = format!(
            "DROP VIEW stack; DROP TABLE stack_row; {without_reason}
             UPDATE snapshot_reading SET subject = 'hcp' WHERE subject LIKE 'hcp:%';
             PRAGMA user_version = 2;"
        );
        store.connection.execute_batch(&older).unwrap();
        drop(store);
        let [one, two] = without_stacks();
        readings.hcp = vec![of_two_organizations(vec![of(kept), one, two])];
        let store = Store::open_read_only(&place.path).unwrap();
        assert_eq!(store.load(id).unwrap(), readings);
    }
}

#[test]
fn hosts_that_say_the_same_stay_apart_and_take_the_place_of_what_named_none() {
    let place = place();
    let gap = NotRead::new("GET organizations", NotReadKind::Failed, "401: no");
    let of = |host: Option<&str>, workspaces| HcpReading {
        host: host.map(str::to_owned),
        read_at: None,
        workspaces,
        incomplete: Vec::new(),
    };
    let refused = || Fact::NotRead(gap.clone());
    let named = Fact::Read(Workspaces::Effective(Vec::new()));
    let mut writer = store(&place).begin(&Origin::default(), Source::Collect).unwrap();
    let id = writer.id();
    writer.put_hcp(&of(None, named)).unwrap();
    writer.put_hcp(&of(Some("a"), refused())).unwrap();
    writer.put_hcp(&of(Some("b"), refused())).unwrap();
    let hosts = |store: &Store| -> Vec<Option<String>> {
        store.load(id).unwrap().hcp.into_iter().map(|reading| reading.host).collect()
    };
    let some = |host: &str| Some(host.to_owned());
    assert_eq!(hosts(writer.store()), [None, some("a"), some("b")]);
    let read = |host: &str| {
        let hcp = HcpTerraform { host: host.to_owned(), ..HcpTerraform::default() };
        of(Some(host), Fact::Read(Workspaces::AsRead(hcp)))
    };
    writer.put_hcp(&read("b")).unwrap();
    let store = writer.finish(true).unwrap();
    assert_eq!(hosts(&store), [some("a"), some("b")]);
    let loaded = store.load(id).unwrap().hcp;
    assert_eq!(loaded, [of(Some("a"), refused()), read("b")]);
}

#[test]
fn the_newest_complete_snapshot_is_preferred_and_described() {
    let place = place();
    let readings = sample();
    let store = store(&place);
    assert_eq!(store.newest().unwrap(), None);
    let (store, partial) = store.put(&readings, Source::Collect, false).unwrap();
    assert_eq!(store.newest().unwrap(), Some(partial));
    let (store, whole) = store.put(&readings, Source::Import, true).unwrap();
    let (store, _) = store.put(&readings, Source::Collect, false).unwrap();
    assert_eq!(store.newest().unwrap(), Some(whole));
    let list = store.list().unwrap();
    let found = list.iter().find(|info| info.id == whole).unwrap();
    assert_eq!((found.accounts_known, found.accounts_read, found.roles), (2, 2, 2));
    assert_eq!((found.complete, found.source), (true, Source::Import));
    assert!(found.finished.unwrap() >= found.started);
    let unknown: SnapshotId = "77".parse().unwrap();
    assert!(store.load(unknown).unwrap_err().to_string().contains("no snapshot 77"));
}

/// Files as they are when a process is killed between two accounts.
#[test]
fn a_killed_writer_leaves_an_incomplete_snapshot_that_can_be_resumed() {
    let here = place();
    let readings = sample();
    let origin = Origin { collected_by: Some("arn:me".to_owned()), ..Origin::default() };
    let mut writer = store(&here).begin(&origin, Source::Collect).unwrap();
    let id = writer.id();
    writer.put_account(&readings.accounts[0]).unwrap();
    let there = place();
    std::fs::create_dir_all(there.path.parent().unwrap()).unwrap();
    for ending in ["", "-wal"] {
        let name = |path: &Path| PathBuf::from(format!("{}{ending}", path.display()));
        std::fs::copy(name(&here.path), name(&there.path)).unwrap();
    }
    let store = Store::open_read_only(&there.path).unwrap();
    let [info] = store.list().unwrap().try_into().unwrap();
    assert_eq!((info.complete, info.finished, info.accounts_read), (false, None, 1));
    let loaded = store.load(id).unwrap();
    assert_eq!((&loaded.origin, &loaded.accounts[..]), (&origin, &readings.accounts[..1]));
    assert_eq!(store.account_ages(id).unwrap()[0].account, readings.accounts[0].account);
    drop(store);

    let mut writer = Store::open(&there.path).unwrap().resume(id).unwrap();
    writer.put_account(&readings.accounts[1]).unwrap();
    let store = writer.finish(true).unwrap();
    assert_eq!(store.load(id).unwrap().accounts, readings.accounts);
    assert!(matches!(store.resume(id), Err(StoreError::AlreadyComplete { .. })));
}

#[test]
fn readings_are_kept_from_one_snapshot_to_the_next() {
    let place = place();
    let readings = sample();
    let (store, first) = store(&place).put(&readings, Source::Collect, true).unwrap();
    let mut writer = store.begin(&readings.origin, Source::Collect).unwrap();
    let accounts = readings.accounts.iter();
    let accounts = accounts.map(|account| (first, Subject::Account(account.account)));
    let kept: Vec<_> = accounts.collect();
    writer.keep(&kept).unwrap();
    let gone = writer.keep(&[(first, Subject::Hcp(None))]).unwrap_err();
    assert!(matches!(gone, StoreError::UnknownSnapshot { .. }), "{gone}");
    writer.put_organization(readings.organization.as_ref().unwrap()).unwrap();
    let second = writer.id();
    let store = writer.finish(true).unwrap();
    assert_eq!(store.load(second).unwrap(), readings);
}

#[test]
fn one_writes_and_others_read() {
    let place = place();
    let readings = sample();
    let writer = store(&place).begin(&readings.origin, Source::Collect).unwrap();
    let second = store(&place).begin(&readings.origin, Source::Collect);
    let error = second.unwrap_err();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    assert!(matches!(store(&place).remove(writer.id()), Err(StoreError::Locked { .. })));
    assert_eq!(Store::open_read_only(&place.path).unwrap().list().unwrap().len(), 1);
    writer.finish(true).unwrap();
    assert!(store(&place).begin(&readings.origin, Source::Collect).is_ok());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let place = place();
    let readings = sample();
    let mut writer = store(&place).begin(&readings.origin, Source::Collect).unwrap();
    writer.put_account(&readings.accounts[0]).unwrap();
    for file in std::fs::read_dir(place.path.parent().unwrap()).unwrap() {
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        // What SQLite shares between processes has the mode of the database.
        assert_eq!(mode, 0o600, "{}", file.path().display());
    }
}

#[test]
fn a_finished_database_is_one_file_that_is_read_without_writing() {
    let place = place();
    let readings = sample();
    let (store, id) = store(&place).put(&readings, Source::Collect, true).unwrap();
    let packed = place.dir.path().join("a b?%.rolewalk");
    store.pack(id, &packed).unwrap();
    assert!(matches!(store.pack(id, &packed), Err(StoreError::Exists { .. })));
    drop(store);
    let files = |dir: &Path| std::fs::read_dir(dir).unwrap().count();
    let before = files(place.dir.path());
    let loaded = Store::open_read_only(&packed).unwrap();
    let id = loaded.newest().unwrap().unwrap();
    assert_eq!(loaded.load(id).unwrap(), readings);
    assert_eq!((before, files(place.dir.path())), (2, 2));
    let immutable = store::connect_immutable(
        &packed,
        rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY | rusqlite::OpenFlags::SQLITE_OPEN_NO_MUTEX,
    );
    let names: i64 = immutable
        .unwrap()
        .query_row("SELECT count(*) FROM role_row", [], |row| row.get(0))
        .unwrap();
    assert_eq!(names, 2);
}

#[test]
fn what_cannot_be_opened_says_why() {
    let place = place();
    let open = |name: &str| Store::open_read_only(&place.dir.path().join(name));
    assert!(matches!(open("missing.db"), Err(StoreError::Missing { .. })));
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(place.dir.path().join(name), bytes).unwrap();
    };
    write("empty.db", b"");
    assert!(matches!(open("empty.db"), Err(StoreError::Missing { .. })));
    write("text.db", &b"this is no database, only text. ".repeat(99));
    assert!(matches!(open("text.db"), Err(StoreError::Corrupt { .. })));
    assert!(matches!(
        Store::open(&place.dir.path().join("text.db")),
        Err(StoreError::Corrupt { .. })
    ));
    assert!(matches!(open(""), Err(StoreError::Io { .. })));
    // A file stands where the directory should be.
    let error = Store::open(&place.dir.path().join("text.db/rolewalk.db")).unwrap_err();
    assert!(error.to_string().starts_with("cannot create"), "{error}");

    let foreign = place.dir.path().join("foreign.db");
    rusqlite::Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    assert!(matches!(open("foreign.db"), Err(StoreError::Foreign { .. })));
    assert!(matches!(Store::open(&foreign), Err(StoreError::Foreign { .. })));

    let newer = store(&place);
    newer.connection.pragma_update(None, "user_version", 99).unwrap();
    drop(newer);
    for error in [Store::open(&place.path), Store::open_read_only(&place.path)] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains("version 99") && error.contains("newer rolewalk"), "{error}");
    }
}

/// Whoever may write everywhere (root) cannot see this.
#[cfg(unix)]
#[test]
fn read_only_directories_are_read_and_never_half_read() {
    use std::os::unix::fs::PermissionsExt;
    let here = place();
    let readings = sample();
    let (store, id) = store(&here).put(&readings, Source::Collect, true).unwrap();
    let mut writer = store.begin(&readings.origin, Source::Collect).unwrap();
    writer.put_account(&readings.accounts[0]).unwrap();
    let copy = |endings: &[&str]| {
        let there = place();
        let dir = there.path.parent().unwrap();
        std::fs::create_dir_all(dir).unwrap();
        for ending in endings {
            let name = |path: &Path| PathBuf::from(format!("{}{ending}", path.display()));
            std::fs::copy(name(&here.path), name(&there.path)).unwrap();
            let mode = std::fs::Permissions::from_mode(0o400);
            std::fs::set_permissions(name(&there.path), mode).unwrap();
        }
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o500)).unwrap();
        there
    };
    // Left in WAL mode, everything in the file itself, and with something only in the log.
    let whole = copy(&[""]);
    let unfinished = copy(&["", "-wal"]);
    if std::fs::write(whole.path.with_extension("probe"), b"").is_ok() {
        return;
    }
    let found = Store::open_read_only(&whole.path).unwrap();
    assert_eq!(found.load(id).unwrap(), readings);
    let error = Store::open_read_only(&unfinished.path).unwrap_err();
    assert!(matches!(error, StoreError::Unfinished { .. }), "{error}");
    for place in [whole, unfinished] {
        let error = Store::open(&place.path).unwrap_err().to_string();
        assert!(error.starts_with("cannot write to"), "{error}");
        let dir = place.path.parent().unwrap();
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)).unwrap();
    }
}

#[test]
fn damage_inside_the_file_is_an_error_and_not_a_smaller_answer() {
    let place = place();
    let (store, id) = store(&place).put(&sample(), Source::Collect, true).unwrap();
    store.connection.execute("UPDATE role_row SET tags = 'x'", []).unwrap();
    assert!(matches!(store.load(id), Err(StoreError::Corrupt { .. })));
    store.connection.execute("UPDATE role_row SET tags = NULL", []).unwrap();
    store.connection.execute("DELETE FROM document", []).unwrap();
    assert!(matches!(store.load(id), Err(StoreError::Corrupt { .. })));
}

/// A sort would hold whole tables in memory.
#[test]
fn passes_follow_the_primary_keys() {
    let place = place();
    let store = store(&place);
    for sql in [
        load::pass_sql("gap", "r.part, r.item, r.position", "1"),
        rows::account_sql("1", "role_row", "position"),
        rows::account_sql("1", "inline_policy_row", "owner_kind, owner, position"),
    ] {
        let sql = format!("EXPLAIN QUERY PLAN {sql}");
        let mut select = store.connection.prepare(&sql).unwrap();
        let steps = select.query_map([1], |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<String> = steps.map(Result::unwrap).collect();
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{steps:?}");
        assert!(steps.iter().all(|step| step.starts_with("SEARCH")), "{steps:?}");
    }
}

#[test]
fn views_answer_people_who_write_sql() {
    let place = place();
    let (store, _) = store(&place).put(&sample(), Source::Collect, true).unwrap();
    let row =
        |sql: &str| -> String { store.connection.query_row(sql, [], |row| row.get(0)).unwrap() };
    assert_eq!(
        row("SELECT arn FROM role WHERE account = '222222222222'"),
        "arn:aws:iam::222222222222:role/two"
    );
    assert!(row("SELECT trust FROM role WHERE name = 'two'").contains("222222222222:root"));
    let policy = row("SELECT owner || document FROM policy LIMIT 1");
    assert_eq!(policy, r#"role/one{"Id": "same", "Statement": []}"#);
    assert_eq!(row("SELECT count(*) || '' FROM account WHERE was_read"), "2");
    for view in
        ["user", "\"group\"", "provider", "workspace", "organizational_unit", "control_policy"]
    {
        assert_eq!(count(&store, view), 0);
    }
    assert!(count(&store, "not_read") > 0);
}
