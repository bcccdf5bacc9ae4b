#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use proptest::prelude::*;

use super::arbitrary::readings;
use super::*;
use crate::org::hcp::Workspaces;
use crate::org::reading::{AccountState, Identities};

const ID: &str = "111111111111";

fn read(files: &[(&str, &str)]) -> Decoded {
    let files: Vec<(String, &[u8])> =
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes())).collect();
    decode(&files)
}

fn again(readings: &Readings) -> Decoded {
    let files = encode(readings);
    let files: Vec<(String, &[u8])> =
        files.iter().map(|(name, text)| (name.clone(), text.as_bytes())).collect();
    decode(&files)
}

/// One account with these roles, nothing else in it, and all its other files.
fn page(roles: &str) -> String {
    format!(
        r#"{{"UserDetailList": [], "GroupDetailList": [], "Policies": [],
"RoleDetailList": [{roles}]}}"#
    )
}

fn role(name: &str) -> String {
    format!(
        r#"{{"Path": "/", "RoleName": "{name}", "RoleId": "AROA{name}",
"Arn": "arn:aws:iam::{ID}:role/{name}", "AssumeRolePolicyDocument": {{"Statement": []}},
"RolePolicyList": [], "AttachedManagedPolicies": []}}"#
    )
}

fn identities(decoded: &Decoded) -> &Identities {
    decoded.readings.accounts[0].identities.read().expect("identities")
}

fn role_names(decoded: &Decoded) -> Vec<&str> {
    identities(decoded).roles.iter().map(|role| role.name.as_str()).collect()
}

fn shown(decoded: &Decoded) -> Vec<String> {
    decoded.problems.iter().map(ToString::to_string).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn an_exported_dump_is_read_as_the_same_facts(readings in readings()) {
        let mut decoded = again(&readings).readings;
        prop_assert_eq!(&again(&decoded).readings, &decoded);
        // Documents that are no policies are gaps that nobody knew of.
        for (account, known) in decoded.accounts.iter_mut().zip(&readings.accounts) {
            account.not_read.retain(|gap| {
                known.not_read.contains(gap) || gap.kind != NotReadKind::Malformed
            });
        }
        prop_assert_eq!(decoded, readings);
    }

    /// Cutting a file anywhere must neither panic nor lose silently.
    #[test]
    fn a_truncated_file_is_a_problem(cut in 1usize..400) {
        let whole = page(&role("a"));
        let cut = cut.min(whole.len() - 1);
        let decoded = read(&[("gaad/111111111111.json", &whole[..cut])]);
        prop_assert_eq!(decoded.problems.len(), 1);
        let gap = decoded.readings.accounts[0].identities.gap().expect("a gap");
        prop_assert_eq!(gap.kind, NotReadKind::Malformed);
    }
}

#[test]
fn the_shapes_of_the_cli_become_facts() {
    let gaad = format!(
        r#"{{
"UserDetailList": [{{"Path": "/x/", "UserName": "ann", "UserId": "AIDA1",
    "Arn": "arn:aws-cn:iam::{ID}:user/x/ann", "CreateDate": "2024-01-01T00:00:00+00:00",
    "UserPolicyList": [{{"PolicyName": "in", "PolicyDocument": "%7B%22Id%22%3A%22x+y%22%2C%22Statement%22%3A%5B%5D%7D"}}],
    "GroupList": ["dev"], "AttachedManagedPolicies": [], "Tags": [{{"Key": "k", "Value": "v"}}],
    "PermissionsBoundary": {{"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": "arn:b"}}}}],
"GroupDetailList": [{{"Path": "/", "GroupName": "dev", "GroupId": "AGPA1",
    "Arn": "arn:aws-cn:iam::{ID}:group/dev", "GroupPolicyList": [],
    "AttachedManagedPolicies": [{{"PolicyName": "p", "PolicyArn": "arn:p"}}]}}],
"RoleDetailList": [{{"Path": "/", "RoleName": "r", "RoleId": "AROA1",
    "Arn": "arn:aws-cn:iam::{ID}:role/r", "CreateDate": "2024-01-01T00:00:00+00:00",
    "AssumeRolePolicyDocument": {{"Version": "2012-10-17", "Id": 1.0, "Id": 2, "Statement": []}},
    "InstanceProfileList": [], "RolePolicyList": [], "AttachedManagedPolicies": [], "Tags": [],
    "RoleLastUsed": {{"LastUsedDate": "2024-02-01T00:00:00Z", "Region": "cn-north-1"}}}}],
"Policies": [{{"PolicyName": "p", "Arn": "arn:p", "DefaultVersionId": "v2", "PolicyVersionList": [
    {{"Document": {{"v": 1}}, "VersionId": "v1", "IsDefaultVersion": false}},
    {{"Document": "{{\"Id\":2,\"Statement\":[]}}", "VersionId": "v2", "IsDefaultVersion": true}}]}}]}}"#
    );
    let roles = r#"{"Roles": [{"RoleName": "r", "RoleId": "AROA1", "Description": "d",
        "MaxSessionDuration": 7200,
        "AssumeRolePolicyDocument": {"Id": 2, "Statement": [], "Version": "2012-10-17"}}]}"#;
    let oidc = format!(
        r#"[{{"Arn": "arn:aws-cn:iam::{ID}:oidc-provider/app.terraform.io",
             "Url": "https://app.terraform.io", "ClientIDList": ["aws.workload.identity"]}}]"#
    );
    let decoded = read(&[
        ("gaad/111111111111.json", &gaad),
        ("roles/111111111111.json", roles),
        ("oidc/111111111111.json", &oidc),
        ("saml/111111111111.json", "[]"),
        ("README.md", "not ours"),
    ]);
    assert_eq!(shown(&decoded), [""; 0]);
    let account = &decoded.readings.accounts[0];
    assert_eq!(account.partition, Partition::AwsCn);
    assert_eq!(account.not_read, []);
    assert_eq!(account.saml_providers, Fact::Read(Vec::new()));
    assert_eq!(account.oidc_providers.read().unwrap()[0].url, "app.terraform.io");
    let found = identities(&decoded);
    assert_eq!(&*found.users[0].inline[0].document, r#"{"Id":"x+y","Statement":[]}"#);
    assert_eq!(found.users[0].boundary.as_deref(), Some("arn:b"));
    assert_eq!(found.groups[0].attached, ["arn:p"]);
    let trust = r#"{"Version": "2012-10-17", "Id": 1.0, "Id": 2, "Statement": []}"#;
    assert_eq!(&*found.roles[0].trust, trust);
    assert_eq!(found.roles[0].max_session, Some(7200));
    assert_eq!(found.roles[0].last_used.unwrap().to_string(), "2024-02-01T00:00:00Z");
    assert_eq!(found.managed_policies[0].document, Fact::Read(r#"{"Id":2,"Statement":[]}"#.into()));
    assert_eq!(decoded.readings.organization.unwrap().organization, Fact::Read(None));
}

#[test]
fn what_is_missing_is_not_read() {
    let org = format!(
        r#"{{"id": "o-1", "arn": "arn:aws:organizations::{ID}:organization/o-1",
"managementAccountId": "{ID}", "rootId": "r-1", "ous": [], "rcps": [],
"accounts": [
    {{"id": "{ID}", "name": "main", "email": "a@b", "status": "ACTIVE", "parent": "r-1", "alias": "al"}},
    {{"id": "222222222222", "name": "gone", "email": "a@c", "status": "CLOSED", "parent": "r-1"}},
    {{"id": "333333333333", "name": "odd", "email": "a@d", "status": "ODD", "parent": "r-1"}}]}}"#
    );
    let snapshot = r#"{"collected_at": "2026-01-01T00:00:00Z", "not_read": [
        {"account": "222222222222", "call": "sts:AssumeRole", "kind": "suspended", "message": "m"}]}"#;
    let gaad = page("");
    let decoded =
        read(&[("org.json", &org), ("gaad/111111111111.json", &gaad), ("snapshot.json", snapshot)]);
    assert_eq!(shown(&decoded), [""; 0]);
    let [main, gone, odd] = decoded.readings.accounts.as_slice() else { panic!("three accounts") };
    let kind = |gap: Option<&NotRead>| gap.map(|gap| gap.kind);
    assert_eq!(main.alias.as_deref(), Some("al"));
    assert!(main.identities.read().is_some());
    assert_eq!(kind(main.oidc_providers.gap()), Some(NotReadKind::NotCollected));
    assert_eq!(main.not_read[0].call, "iam:ListRoles");
    assert_eq!(main.read_at, decoded.readings.origin.collected_at);
    assert_eq!(kind(gone.identities.gap()), Some(NotReadKind::Suspended));
    assert_eq!(kind(gone.oidc_providers.gap()), Some(NotReadKind::Suspended));
    assert_eq!(kind(odd.identities.gap()), Some(NotReadKind::NotCollected));
    let organization = decoded.readings.organization.as_ref().unwrap();
    let facts = organization.organization.read().unwrap().as_ref().unwrap();
    assert_eq!(kind(facts.scps.gap()), Some(NotReadKind::NotCollected));
    assert_eq!(facts.rcps, Fact::Read(Vec::new()));
    assert_eq!(facts.tree.read().unwrap().accounts[2].state, AccountState::Unknown);

    let refused = r#"{"not_read": [{"call": "organizations:DescribeOrganization",
        "kind": "denied", "message": "m"}]}"#;
    let decoded = read(&[("gaad/111111111111.json", &gaad), ("snapshot.json", refused)]);
    let organization = decoded.readings.organization.unwrap().organization;
    assert_eq!(kind(organization.gap()), Some(NotReadKind::Denied));
}

#[test]
fn a_damaged_entry_is_named_and_the_rest_is_kept() {
    let cases = [
        // entry, place, message
        (r#"{"Path": "/"}"#, "RoleDetailList[1].RoleName (", "missing field"),
        (r#"{"RoleName": 3}"#, "RoleDetailList[1].RoleName (", "expected a string"),
        ("[]", "RoleDetailList[1] (", "expected a role"),
        (
            r#"{"RoleName": "b", "Path": "/"}"#,
            "RoleDetailList[1].AssumeRolePolicyDocument (",
            "missing field",
        ),
        (
            r#"{"RoleName": "b", "AssumeRolePolicyDocument": {},
               "RolePolicyList": [], "AttachedManagedPolicies": []}"#,
            "RoleDetailList[1].Path",
            "missing field",
        ),
        (
            r#"{"RoleName": "b", "Arn": "arn:aws:iam::222222222222:role/b",
               "AssumeRolePolicyDocument": {},
               "RolePolicyList": [], "AttachedManagedPolicies": []}"#,
            "RoleDetailList[1].Arn",
            "not in account 111111111111",
        ),
        (
            r#"{"RoleName": "b", "Path": "/", "AssumeRolePolicyDocument": {}}"#,
            "RoleDetailList[1].RolePolicyList (",
            "missing field",
        ),
        (
            r#"{"RoleName": "b", "Path": "/", "AssumeRolePolicyDocument": {}, "RolePolicyList": []}"#,
            "RoleDetailList[1].AttachedManagedPolicies (",
            "missing field",
        ),
        (
            r#"{"RoleName": "b", "Path": "/", "AssumeRolePolicyDocument": {},
               "RolePolicyList": [{"PolicyName": "p"}]}"#,
            "RoleDetailList[1].RolePolicyList[0].PolicyDocument (",
            "missing field",
        ),
        (
            r#"{"RoleName": "A", "Path": "/other/", "AssumeRolePolicyDocument": {"Statement": []},
               "RolePolicyList": [], "AttachedManagedPolicies": []}"#,
            "RoleDetailList[1]",
            "twice",
        ),
    ];
    for (entry, place, message) in cases {
        let gaad = page(&format!("{}, {entry}, {}", role("a"), role("c")));
        let decoded = read(&[("gaad/111111111111.json", &gaad)]);
        let [problem] = decoded.problems.as_slice() else {
            panic!("{entry}: {:?}", decoded.problems)
        };
        assert_eq!(problem.file, "gaad/111111111111.json");
        assert!(problem.place.starts_with(place), "{entry}: {problem}");
        assert!(problem.message.contains(message), "{entry}: {problem}");
        assert!(!problem.message.contains("struct "), "{problem}");
        // Of a role that is there twice nobody knows which one is true.
        let kept: &[&str] = if message == "twice" { &["c"] } else { &["a", "c"] };
        assert_eq!(role_names(&decoded), kept, "{entry}");
        let [gap] = identities(&decoded).incomplete.as_slice() else { panic!("{entry}") };
        assert_eq!((gap.call.as_str(), gap.kind), (ID_FILE, NotReadKind::Malformed));
        assert_eq!(again(&decoded.readings).readings, decoded.readings, "{entry}");
    }
}

const ID_FILE: &str = "gaad/111111111111.json";

/// AWS leaves out a user's list of inline policies where it is empty, and nothing else.
#[test]
fn a_list_of_policies_that_is_missing_is_empty_only_where_aws_leaves_it_out() {
    for (list, entry, lacks) in [
        ("User", r#""GroupList": ["g"], "AttachedManagedPolicies": []"#, None),
        ("User", r#""AttachedManagedPolicies": []"#, Some("GroupList")),
        ("User", r#""GroupList": []"#, Some("AttachedManagedPolicies")),
        ("Group", r#""GroupPolicyList": [], "AttachedManagedPolicies": []"#, None),
        ("Group", r#""AttachedManagedPolicies": []"#, Some("GroupPolicyList")),
        ("Group", r#""GroupPolicyList": []"#, Some("AttachedManagedPolicies")),
    ] {
        let other = if list == "User" { "Group" } else { "User" };
        let text = format!(
            r#"{{"{list}DetailList": [{{"{list}Name": "n", "Path": "/", {entry}}}],
                "{other}DetailList": [], "RoleDetailList": [], "Policies": []}}"#
        );
        let decoded = read(&[(ID_FILE, &text)]);
        let places: Vec<&str> = decoded.problems.iter().map(|one| one.place.as_str()).collect();
        let place = lacks.map(|lacks| format!("{list}DetailList[0].{lacks} ("));
        assert_eq!(places.len(), usize::from(lacks.is_some()), "{entry}: {places:?}");
        assert!(places.iter().all(|at| place.as_ref().is_some_and(|place| at.starts_with(place))));
        let identities = identities(&decoded);
        let kept = identities.users.len() + identities.groups.len();
        assert_eq!(kept, usize::from(lacks.is_none()), "{entry}");
        assert_eq!(identities.incomplete.len(), usize::from(lacks.is_some()), "{entry}");
    }
}

#[test]
fn places_have_line_and_column() {
    let decoded = read(&[(ID_FILE, "{\n  \"RoleDetailList\": [\n    {\"RoleName\": 3}]}")]);
    assert!(
        shown(&decoded)[0]
            .starts_with("`gaad/111111111111.json` at RoleDetailList[0].RoleName (3:18): "),
        "{:?}",
        shown(&decoded)
    );
    let decoded = read(&[(ID_FILE, "{\n  oops")]);
    assert!(shown(&decoded)[0].contains("2:3"), "{:?}", shown(&decoded));
}

#[test]
fn a_document_that_is_no_policy_keeps_its_text_and_is_a_problem() {
    let gaad = page(
        r#"{"RoleName": "b", "Path": "/", "AssumeRolePolicyDocument": "not a policy",
           "AttachedManagedPolicies": [],
           "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": null}]}"#,
    );
    let decoded = read(&[(ID_FILE, &gaad)]);
    let places: Vec<&str> = decoded.problems.iter().map(|one| one.place.as_str()).collect();
    assert_eq!(
        places,
        [
            "RoleDetailList[0].AssumeRolePolicyDocument",
            "RoleDetailList[0].RolePolicyList[0].PolicyDocument"
        ]
    );
    let role = &identities(&decoded).roles[0];
    assert_eq!((&*role.trust, &*role.inline[0].document), ("not a policy", "null"));
    assert_eq!(again(&decoded.readings).readings, decoded.readings);
}

#[test]
fn a_policy_with_a_part_that_can_not_be_read_is_kept_and_named() {
    let damaged = r#"{"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": "*", "Action": 5}]}"#;
    let gaad = page(&format!(
        r#"{{"RoleName": "b", "Path": "/", "AssumeRolePolicyDocument": {damaged},
           "AttachedManagedPolicies": [],
           "RolePolicyList": [{{"PolicyName": "p", "PolicyDocument": {{"Statement": [7]}}}},
                              {{"PolicyName": "q", "PolicyDocument": {{"Version": "2012-10-17"}}}}]}}"#
    ));
    let organization = format!(
        r#"{{"id": "o-1", "arn": "arn:aws:organizations::{ID}:organization/o-1", "rootId": "r-1",
            "managementAccountId": "{ID}", "ous": [], "accounts": [], "rcps": [],
            "delegatedAdministrators": [],
            "scps": [{{"id": "p-1", "name": "s", "targets": [], "document": {damaged}}}]}}"#
    );
    let decoded = read(&[(ID_FILE, &gaad), ("org.json", &organization)]);
    let found = shown(&decoded);
    let expected = [
        ("org.json", "scps[0].document.Statement[1]", "`Action` holds something that is no string"),
        (ID_FILE, "RoleDetailList[0].AssumeRolePolicyDocument.Statement[1]", "`Action` holds"),
        (ID_FILE, "RoleDetailList[0].RolePolicyList[0].PolicyDocument.Statement[0]", "an object"),
        (ID_FILE, "RoleDetailList[0].RolePolicyList[1].PolicyDocument", "`Statement` is missing"),
    ];
    assert_eq!(found.len(), expected.len(), "{found:#?}");
    for (file, place, message) in expected {
        let named = |line: &&String| line.contains(file) && line.contains(&format!("{place}:"));
        let line = found.iter().find(named).unwrap_or_else(|| panic!("{place}: {found:#?}"));
        assert!(line.contains(message), "{line}");
    }
    let role = &identities(&decoded).roles[0];
    assert_eq!(&*role.trust, damaged, "it stays as it was written");
    assert!(identities(&decoded).incomplete.is_empty(), "nothing else is in doubt");
    let gaps = &decoded.readings.accounts[0].not_read;
    let damaged = gaps.iter().filter(|gap| gap.kind == NotReadKind::Malformed).count();
    assert_eq!(damaged, 3, "{gaps:#?}");
    assert_eq!(again(&decoded.readings).readings, decoded.readings);
}

#[test]
fn managed_policies_take_their_default_version_or_none() {
    let version = |id: &str, default: bool| {
        format!(
            r#"{{"VersionId": "{id}", "IsDefaultVersion": {default}, "Document": {{"Id": "{id}", "Statement": []}}}}"#
        )
    };
    let cases = [
        (
            Some("v1"),
            vec![version("v1", false), version("v2", false)],
            Some(r#"{"Id": "v1", "Statement": []}"#),
        ),
        (
            None,
            vec![version("v1", false), version("v2", true)],
            Some(r#"{"Id": "v2", "Statement": []}"#),
        ),
        (Some("v1"), vec![version("v1", false), version("v2", true)], None),
        (None, vec![version("v1", true), version("v2", true)], None),
        (Some("v3"), vec![version("v1", false)], None),
        (None, vec![], None),
        (None, vec![r#"{"IsDefaultVersion": true, "Document": "x"}"#.to_owned()], None),
    ];
    for (default, versions, expected) in cases {
        let id = default.map_or("null".to_owned(), |id| format!("\"{id}\""));
        let gaad = format!(
            r#"{{"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": [
                {{"Arn": "arn:p", "DefaultVersionId": {id}, "PolicyVersionList": [{}]}}]}}"#,
            versions.join(",")
        );
        let decoded = read(&[(ID_FILE, &gaad)]);
        let document = &identities(&decoded).managed_policies[0].document;
        assert_eq!(document.read().map(|text| &**text), expected, "{gaad}");
        assert_eq!(decoded.problems.len(), usize::from(expected.is_none()), "{gaad}");
        assert_eq!(again(&decoded.readings).readings, decoded.readings);
    }
}

#[test]
fn pages_are_joined_and_missing_ones_noticed() {
    let truncated = page(&role("a")).replacen('{', r#"{"IsTruncated": true, "Marker": "m", "#, 1);
    let last = page(&format!("{}, {}", role("a"), role("b")));
    let decoded =
        read(&[("gaad/111111111111.1.json", &truncated), ("gaad/111111111111.2.json", &last)]);
    assert_eq!((role_names(&decoded), shown(&decoded)), (vec!["a", "b"], vec![]));

    let only_first = read(&[("gaad/111111111111.1.json", &truncated)]);
    assert!(shown(&only_first)[0].contains("the last page"), "{:?}", shown(&only_first));
    let hole =
        read(&[("gaad/111111111111.1.json", &truncated), ("gaad/111111111111.3.json", &last)]);
    assert!(shown(&hole)[0].contains("page 2"), "{:?}", shown(&hole));
    let damaged = read(&[("gaad/111111111111.1.json", "{"), ("gaad/111111111111.2.json", &last)]);
    assert_eq!(role_names(&damaged), ["a", "b"]);
    let no_list = read(&[(ID_FILE, r#"{"RoleDetailList": []}"#)]);
    assert_eq!(no_list.problems.len(), 3);
    for decoded in [only_first, hole, damaged, no_list] {
        assert!(!identities(&decoded).incomplete.is_empty());
        assert_eq!(again(&decoded.readings).readings, decoded.readings);
    }
}

#[test]
fn workspaces_that_can_not_be_are_named_and_left_out() {
    let one = |name: &str, more: &str| {
        format!(r#"{{"organization": "o", "project": "p", "workspace": "{name}"{more}}}"#)
    };
    for (more, place, message) in [
        (r#", "host": "https://tfe.example.com/""#, "[1].host", "no name of a host"),
        (r#", "execution_mode": "Local""#, "[1].execution_mode", "none of remote, agent, local"),
    ] {
        let list = format!("[{}, {}]", one("a", ""), one("b", more));
        let decoded = read(&[("tfc.json", &list)]);
        let [problem] = decoded.problems.as_slice() else { panic!("{:?}", decoded.problems) };
        assert!(problem.place.starts_with(place) && problem.message.contains(message), "{problem}");
        // Of the organization something may be missing.
        assert_eq!(decoded.readings.hcp[0].incomplete.len(), 1);
    }
    let list = format!("[{}, {}]", one("a", ""), one("a", r#", "env": {}"#));
    let twice = shown(&read(&[("tfc.json", &list)]));
    assert!(twice.len() == 1 && twice[0].contains("`o/p/a` is there twice"), "{twice:?}");
}

#[test]
fn lists_of_roles_that_disagree_are_named() {
    let gaad = page(&format!("{}, {}", role("a"), role("b")));
    let listed = |entries: &str| {
        let roles = format!(r#"{{"Roles": [{entries}]}}"#);
        read(&[(ID_FILE, &gaad), ("roles/111111111111.json", &roles)])
    };
    let other_id = listed(r#"{"RoleName": "a", "RoleId": "AROAx"}, {"RoleName": "b"}"#);
    assert_eq!((role_names(&other_id), other_id.problems.len()), (vec!["b"], 1));
    let other_trust = listed(
        r#"{"RoleName": "a", "AssumeRolePolicyDocument": {"Statement": [1]}}, {"RoleName": "b"}"#,
    );
    assert_eq!((role_names(&other_trust), other_trust.problems.len()), (vec!["b"], 1));
    let more = listed(r#"{"RoleName": "a"}, {"RoleName": "b"}, {"RoleName": "c"}"#);
    assert_eq!((identities(&more).incomplete.len(), more.problems.len()), (1, 1));
    // A role that was made between both calls is no damage, only less is known of it.
    let fewer = listed(r#"{"RoleName": "a", "MaxSessionDuration": 3600}"#);
    assert_eq!(shown(&fewer), [""; 0]);
    assert_eq!(fewer.readings.accounts[0].not_read.len(), 1);
    for decoded in [other_id, other_trust, more, fewer] {
        assert_eq!(again(&decoded.readings).readings, decoded.readings);
    }
}

#[test]
fn damage_elsewhere_stays_where_it_is() {
    let gaad = page(&role("a"));
    let org = format!(
        r#"{{"id": "o-1", "arn": "arn:aws:organizations::{ID}:organization/o-1",
"managementAccountId": "{ID}", "rootId": "r-1", "ous": [{{"id": "ou-1"}}],
"accounts": [{{"id": "{ID}", "name": "main", "status": "ACTIVE", "parent": "r-1"}}, {{"id": "12"}}],
"scps": [{{"name": "x"}}, {{"id": "p-2", "name": "y", "document": "zz", "targets": ["r-1"]}}],
"delegatedAdministrators": [{{"id": "12", "services": []}}]}}"#
    );
    let decoded = read(&[
        (ID_FILE, &gaad),
        ("org.json", &org),
        ("gaad/12345.json", "{}"),
        ("oidc/111111111111.json", r#"[{"Arn": "arn:x"}]"#),
        ("saml/111111111111.json", "nope"),
        (
            "tfc.json",
            r#"[{"organization": "o", "project": "p", "workspace": "w"}, {"project": 1}]"#,
        ),
        ("snapshot.json", r#"{"not_read": [{"account": "1", "call": "c", "kind": "odd"}]}"#),
    ]);
    let files: Vec<&str> = decoded.problems.iter().map(|one| one.file.as_str()).collect();
    for file in [
        "org.json",
        "gaad/12345.json",
        "oidc/111111111111.json",
        "saml/111111111111.json",
        "tfc.json",
        "snapshot.json",
    ] {
        assert!(files.contains(&file), "{file}: {files:?}");
    }
    assert_eq!(role_names(&decoded), ["a"]);
    let account = &decoded.readings.accounts[0];
    assert!(account.oidc_providers.gap().is_some() && account.saml_providers.gap().is_some());
    let organization = decoded.readings.organization.as_ref().unwrap();
    let facts = organization.organization.read().unwrap().as_ref().unwrap();
    let tree = facts.tree.read().unwrap();
    assert_eq!((tree.accounts.len(), tree.incomplete.len()), (1, 2));
    let [unreadable, no_policy] = facts.scps.read().unwrap().as_slice() else { panic!("two") };
    assert!(unreadable.document.gap().is_some() && unreadable.targets.gap().is_some());
    assert!(no_policy.document.gap().is_some() && no_policy.targets.read().is_some());
    assert!(facts.delegated_administrators.gap().is_some());
    let [hcp] = decoded.readings.hcp.as_slice() else { panic!("one") };
    assert_eq!(hcp.incomplete.len(), 1);
    assert!(matches!(hcp.workspaces.read(), Some(Workspaces::Effective(list)) if list.len() == 1));
    let twice = again(&decoded.readings);
    assert_eq!(twice.readings, decoded.readings);
}

#[test]
fn credentials_in_a_dump_are_not_kept() {
    let tfc = r#"[{"organization": "o", "project": "p", "workspace": "w", "env": {
        "AWS_SECRET_ACCESS_KEY": "hush", "GITHUB_TOKEN": "hush", "TFC_AWS_RUN_ROLE_ARN": "arn"}}]"#;
    let as_read = r#"{"host": "h", "organizations": [], "projects": [], "workspaces": [],
        "variables": [{"workspace": "w", "variable":
            {"key": "AWS_SESSION_TOKEN", "category": "env", "value": "hush"}}],
        "variable_sets": [{"id": "v", "name": "n", "organization": "o", "owner_project": null,
            "global": true, "priority": false, "workspaces": [], "projects": [],
            "variables": [{"key": "DB_PASSWORD", "category": "env", "value": "hush"}]}]}"#;
    for file in [("tfc.json", tfc), ("hcp-terraform.json", as_read)] {
        let decoded = read(&[file]);
        assert_eq!(shown(&decoded), [""; 0]);
        let kept = format!("{:?}", decoded.readings);
        assert!(!kept.contains("hush"), "{kept}");
        assert!(kept.contains("AWS_SE"), "that a key is set is known: {kept}");
    }
    let both = read(&[("tfc.json", tfc), ("hcp-terraform.json", as_read)]);
    let [hcp] = both.readings.hcp.as_slice() else { panic!("one") };
    let workspaces = hcp.workspaces.clone();
    assert!(matches!(workspaces, Fact::Read(Workspaces::AsRead(_))), "what was read wins");
}

#[test]
fn what_an_older_dump_could_not_tell_is_not_read() {
    let of = |rest: &str| {
        let file = format!(
            r#"{{"host": "h", "organizations": ["one", "two"], "projects": [], "workspaces": [],
                "variables": [], "variable_sets": []{rest}}}"#
        );
        let decoded = read(&[("hcp-terraform.json", &file)]);
        assert_eq!(shown(&decoded), [""; 0]);
        assert_eq!(again(&decoded.readings).readings.hcp, decoded.readings.hcp);
        let workspaces = decoded.readings.hcp[0].workspaces.read().unwrap();
        let Workspaces::AsRead(hcp) = workspaces else { panic!("as read") };
        let hidden = hcp.unreadable.iter();
        hidden.map(|it| format!("{} {} {}", it.kind, it.id, it.reason.as_str())).collect()
    };
    let gaps: Vec<String> = of("");
    assert_eq!(gaps, ["stacks one not-collected", "stacks two not-collected"]);
    assert_eq!(of(r#", "stacks": []"#), Vec::<String>::new());
}

#[test]
fn policies_of_aws_are_known_in_every_account_of_a_partition() {
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let with = format!(
        r#"{{"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": [
            {{"Arn": "{arn}", "PolicyVersionList": [{{"IsDefaultVersion": true, "Document": {{}}}}]}}]}}"#
    );
    let without = page(&format!(
        r#"{{"RoleName": "r", "Path": "/", "AssumeRolePolicyDocument": {{}}, "RolePolicyList": [],
            "AttachedManagedPolicies": [{{"PolicyArn": "{arn}"}}, {{"PolicyArn": "arn:other"}}]}}"#
    ));
    let decoded = read(&[(ID_FILE, &without), ("gaad/222222222222.json", &with)]);
    let [policy] = identities(&decoded).managed_policies.as_slice() else { panic!("one policy") };
    assert_eq!((policy.arn.as_str(), policy.document.read().is_some()), (arn, true));
}

#[test]
fn a_directory_without_a_dump_says_so() {
    let decoded = read(&[("notes.txt", "x")]);
    assert!(shown(&decoded)[0].contains("get-account-authorization-details"));
    assert!(!is_part_of_dump("gaad/._111111111111.json"));
    assert!(is_part_of_dump("gaad/111111111111.2.json"));
}

#[test]
fn a_gap_that_hides_nobody_knows_what_is_told() {
    let entry = |rest: &str| {
        format!(r#"{{"not_read": [{{"kind": "failed", "call": "GET organizations"{rest}}}]}}"#)
    };
    let untold = read(&[("snapshot.json", &entry(""))]);
    assert!(untold.problems.iter().any(|one| one.message.contains("add its `part`")));
    let told = read(&[("snapshot.json", &entry(r#", "part": "hcp-terraform""#))]);
    assert!(!told.problems.iter().any(|one| one.message.contains("add its `part`")));
}
