//! Arbitrary readings for property tests, of the dump and of the snapshot.

#![allow(clippy::expect_used, reason = "tests fail by panicking")]

use jiff::Timestamp;

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

use crate::arn::{AccountId, Partition, iam};
use crate::org::hcp::{
    EffectiveWorkspace, HcpTerraform, Project, Stack, Unreadable, Variable, VariableSet, Workspace,
    WorkspaceVariable, Workspaces,
};
use crate::org::reading::{
    AccountReading, AccountState, ControlPolicy, DelegatedAdministrator, Group, HcpReading,
    Identities, InlinePolicy, ManagedPolicy, MemberAccount, OidcProvider, OrganizationFacts,
    OrganizationReading, Origin, Ou, PolicyText, Readings, Role, SamlProvider, Tags, Tree, User,
};
use crate::org::{Fact, NotRead, NotReadKind};

/// Whole readings. Every account of the organization has a reading, and accounts are in the
/// order of their ids, as both stores give them back.
pub(crate) fn readings() -> BoxedStrategy<Readings> {
    let parts = (origin(), vec((account(), member()), 0..4), option::of(organization()), hcp());
    parts
        .prop_map(|(origin, accounts, mut organization, hcp)| {
            let mut readings = Vec::new();
            let mut members = Vec::new();
            for (at, (mut account, member)) in accounts.into_iter().enumerate() {
                let id: AccountId = format!("{:012}", at * 7 + 1).parse().expect("twelve digits");
                adopt(&mut account, id);
                members.extend(member.map(|member| MemberAccount { id, ..member }));
                readings.push(account);
            }
            if let Some(OrganizationReading { organization: Fact::Read(Some(facts)), .. }) =
                &mut organization
                && let Fact::Read(tree) = &mut facts.tree
            {
                tree.accounts = members;
            }
            Readings { origin, organization, accounts: readings, hcp }
        })
        .boxed()
}

/// Makes names unique and ARNs those of the account.
fn adopt(account: &mut AccountReading, id: AccountId) {
    account.account = id;
    let arn = |kind: &str, at: usize| iam(account.partition, id, kind, "/", &format!("p{at}"));
    if let Fact::Read(read) = &mut account.identities {
        read.users.iter_mut().enumerate().for_each(|(at, user)| user.name += &at.to_string());
        read.groups.iter_mut().enumerate().for_each(|(at, one)| one.name += &at.to_string());
        read.roles.iter_mut().enumerate().for_each(|(at, role)| role.name += &at.to_string());
        for (at, policy) in read.managed_policies.iter_mut().enumerate() {
            policy.arn = arn("policy", at);
        }
    }
    if let Fact::Read(list) = &mut account.oidc_providers {
        list.iter_mut().enumerate().for_each(|(at, one)| one.arn = arn("oidc-provider", at));
    }
    if let Fact::Read(list) = &mut account.saml_providers {
        list.iter_mut().enumerate().for_each(|(at, one)| one.arn = arn("saml-provider", at));
    }
}

fn text() -> BoxedStrategy<String> {
    prop_oneof!["[a-zA-Z0-9 _.-]{0,8}", "[\u{0}-\u{7f}é名\u{202e}]{0,5}"].boxed()
}

fn name() -> BoxedStrategy<String> {
    "[a-zA-Z0-9+=,.@_-]{1,6}-".boxed()
}

fn path() -> BoxedStrategy<String> {
    prop_oneof![Just("/".to_owned()), Just("/a/b/".to_owned()), Just("/a/".to_owned())].boxed()
}

fn tags() -> BoxedStrategy<Tags> {
    btree_map(text(), text(), 0..3).boxed()
}

fn time() -> BoxedStrategy<Timestamp> {
    (0i64..4_000_000_000, prop_oneof![Just(0), 0..1_000_000_000i32])
        .prop_map(|(seconds, nanos)| Timestamp::new(seconds, nanos).expect("in range"))
        .boxed()
}

fn origin() -> BoxedStrategy<Origin> {
    (option::of(time()), option::of(text()), option::of(text()))
        .prop_map(|(collected_at, collected_by, tool_version)| Origin {
            collected_at,
            collected_by,
            tool_version,
        })
        .boxed()
}

fn gap() -> BoxedStrategy<NotRead> {
    let kind = prop_oneof![
        Just(NotReadKind::NotCollected),
        Just(NotReadKind::Denied),
        Just(NotReadKind::Suspended),
        Just(NotReadKind::Throttled),
        Just(NotReadKind::Unreachable),
        Just(NotReadKind::Malformed),
        Just(NotReadKind::Failed),
    ];
    let call = prop_oneof![Just("iam:ListRoles".to_owned()), Just("roles/x".to_owned()), text()];
    (call, kind, text()).prop_map(|(call, kind, message)| NotRead { call, kind, message }).boxed()
}

fn fact<T: std::fmt::Debug + Clone + 'static>(
    value: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Fact<T>> {
    prop_oneof![4 => value.prop_map(Fact::Read), 1 => gap().prop_map(Fact::NotRead)].boxed()
}

/// Policies, with account ids that can be the own one, and what looks like a template.
fn policy() -> BoxedStrategy<PolicyText> {
    let odd = prop_oneof![
        Just(r#"{"Principal": {"AWS": "000000000001"}}"#.to_owned()),
        Just(r#"{"Principal":"{own-account} 000000000008"}"#.to_owned()),
        Just("{ \"a\" :\n1.0, \"a\":1e2 }".to_owned()),
        text().prop_map(|text| serde_json::json!({ "Sid": text }).to_string()),
    ];
    odd.prop_map(Into::into).boxed()
}

/// Policies and what is none.
fn anything() -> BoxedStrategy<PolicyText> {
    prop_oneof![4 => policy(), 1 => "[ {]?[%\\\\\"{}a1+\n ]{0,6}".prop_map(Into::into)].boxed()
}

fn inline() -> BoxedStrategy<Vec<InlinePolicy>> {
    vec((text(), anything()).prop_map(|(name, document)| InlinePolicy { name, document }), 0..3)
        .boxed()
}

fn user() -> BoxedStrategy<User> {
    let names = (name(), path(), text(), option::of(text()));
    (names, inline(), vec(text(), 0..3), vec(text(), 0..3), tags())
        .prop_map(|((name, path, unique_id, boundary), inline, attached, groups, tags)| User {
            name,
            path,
            unique_id,
            inline,
            attached,
            boundary,
            groups,
            tags,
        })
        .boxed()
}

fn group() -> BoxedStrategy<Group> {
    (name(), path(), text(), inline(), vec(text(), 0..3))
        .prop_map(|(name, path, unique_id, inline, attached)| Group {
            name,
            path,
            unique_id,
            inline,
            attached,
        })
        .boxed()
}

fn role() -> BoxedStrategy<Role> {
    let names = (name(), path(), text(), option::of(text()), option::of(text()));
    let times = (option::of(time()), option::of(time()), option::of(0u32..50_000));
    (names, anything(), inline(), vec(text(), 0..3), tags(), times)
        .prop_map(|(names, trust, inline, attached, tags, (created_at, last_used, max_session))| {
            let (name, path, unique_id, boundary, description) = names;
            Role {
                name,
                path,
                unique_id,
                trust,
                inline,
                attached,
                boundary,
                tags,
                max_session,
                description,
                created_at,
                last_used,
            }
        })
        .boxed()
}

fn identities() -> BoxedStrategy<Identities> {
    let managed =
        fact(policy()).prop_map(|document| ManagedPolicy { arn: String::new(), document });
    let lists = (vec(user(), 0..3), vec(group(), 0..3), vec(role(), 0..4));
    (lists, vec(managed, 0..3), vec(gap(), 0..2))
        .prop_map(|((users, groups, roles), managed_policies, incomplete)| Identities {
            users,
            groups,
            roles,
            managed_policies,
            incomplete,
        })
        .boxed()
}

fn account() -> BoxedStrategy<AccountReading> {
    let partition =
        prop_oneof![Just(Partition::Aws), Just(Partition::AwsCn), Just(Partition::AwsEusc)];
    let oidc = (text(), vec(text(), 0..3)).prop_map(|(url, audiences)| OidcProvider {
        arn: String::new(),
        url,
        audiences,
    });
    let saml =
        option::of(time()).prop_map(|valid_until| SamlProvider { arn: String::new(), valid_until });
    let head = (partition, option::of(time()), option::of(text()), vec(gap(), 0..3));
    (head, fact(identities()), fact(vec(oidc, 0..3)), fact(vec(saml, 0..2)))
        .prop_map(
            |(
                (partition, read_at, alias, not_read),
                identities,
                oidc_providers,
                saml_providers,
            )| {
                AccountReading {
                    account: "000000000000".parse().expect("twelve digits"),
                    partition,
                    read_at,
                    alias,
                    identities,
                    oidc_providers,
                    saml_providers,
                    not_read,
                }
            },
        )
        .boxed()
}

fn member() -> BoxedStrategy<Option<MemberAccount>> {
    let state = prop_oneof![
        Just(AccountState::Active),
        Just(AccountState::Suspended),
        Just(AccountState::PendingClosure),
        Just(AccountState::Unknown),
    ];
    let member = (text(), option::of(text()), state, text(), tags()).prop_map(
        |(name, email, state, parent, tags)| MemberAccount {
            id: "000000000000".parse().expect("twelve digits"),
            name,
            email,
            state,
            parent,
            tags,
        },
    );
    option::weighted(0.8, member).boxed()
}

fn control_policies() -> BoxedStrategy<Fact<Vec<ControlPolicy>>> {
    let one = (text(), fact(policy()), fact(vec(text(), 0..3)));
    fact(vec(one, 0..3))
        .prop_map(|list| {
            list.map(|list| {
                let list = list.into_iter().enumerate();
                list.map(|(at, (name, document, targets))| ControlPolicy {
                    id: format!("p-{at}"),
                    name,
                    document,
                    targets,
                })
                .collect()
            })
        })
        .boxed()
}

fn organization() -> BoxedStrategy<OrganizationReading> {
    let ou = (text(), text(), tags());
    let tree = (text(), vec(ou, 0..4), vec(gap(), 0..2)).prop_map(|(root_id, ous, incomplete)| {
        let ous = ous.into_iter().enumerate().map(|(at, (name, parent, tags))| Ou {
            id: format!("ou-{at}"),
            name,
            parent,
            tags,
        });
        Tree { root_id, ous: ous.collect(), accounts: Vec::new(), incomplete }
    });
    let delegated = vec(text(), 0..3).prop_map(|services| DelegatedAdministrator {
        id: "000000000008".parse().expect("twelve digits"),
        services,
    });
    let facts = (
        text(),
        fact(tree),
        control_policies(),
        control_policies(),
        fact(vec(delegated, 0..2)),
        vec(gap(), 0..2),
    )
        .prop_map(|(id, tree, scps, rcps, delegated_administrators, not_read)| {
            OrganizationFacts {
                arn: format!("arn:aws:organizations::000000000001:organization/{id}"),
                id,
                management_account: "000000000001".parse().expect("twelve digits"),
                tree,
                scps,
                rcps,
                delegated_administrators,
                not_read,
            }
        });
    (option::of(time()), fact(option::weighted(0.8, facts)))
        .prop_map(|(read_at, organization)| OrganizationReading { read_at, organization })
        .boxed()
}

fn variable() -> BoxedStrategy<Variable> {
    prop_oneof![
        option::of(text()).prop_map(|value| Variable {
            key: "TFC_AWS_RUN_ROLE_ARN".to_owned(),
            category: "env".to_owned(),
            value,
        }),
        Just(Variable {
            key: "AWS_SECRET_ACCESS_KEY".to_owned(),
            category: "env".to_owned(),
            value: None,
        }),
        (text(), option::of(text())).prop_map(|(key, value)| Variable {
            key,
            category: "terraform".to_owned(),
            value,
        }),
    ]
    .boxed()
}

/// Workspaces of which no two have one name.
fn numbered(mut list: Vec<EffectiveWorkspace>) -> Vec<EffectiveWorkspace> {
    for (number, workspace) in list.iter_mut().enumerate() {
        workspace.workspace = format!("{}{number}", workspace.workspace);
    }
    list
}

/// Hosts by name, or workspaces of whatever hosts.
fn hcp() -> BoxedStrategy<Vec<HcpReading>> {
    let env = btree_map("TFC_AWS_RUN_ROLE_ARN_[A-Z]{1,4}", text(), 0..3);
    let mode = option::of(prop_oneof![Just("remote"), Just("agent"), Just("local")]);
    let mode = mode.prop_map(|mode| mode.map(str::to_owned));
    let host = option::of("[a-z.]{1,8}");
    let effective = (text(), text(), text(), mode, host, env).prop_map(
        |(organization, project, workspace, execution_mode, host, env)| EffectiveWorkspace {
            organization,
            project,
            workspace,
            execution_mode,
            host,
            env,
        },
    );
    let project = (text(), text(), text()).prop_map(|(id, name, organization)| Project {
        id,
        name,
        organization,
    });
    let workspace = (text(), text(), text(), text(), text()).prop_map(
        |(id, name, organization, project, execution_mode)| Workspace {
            id,
            name,
            organization,
            project,
            execution_mode,
        },
    );
    let set_variable = (text(), variable())
        .prop_map(|(workspace, variable)| WorkspaceVariable { workspace, variable });
    let set = (
        (text(), text(), text(), option::of(text())),
        (any::<bool>(), any::<bool>()),
        (vec(text(), 0..3), vec(text(), 0..3)),
        vec(variable(), 0..3),
    )
        .prop_map(
            |(
                (id, name, organization, owner_project),
                (global, priority),
                (workspaces, projects),
                variables,
            )| VariableSet {
                id,
                name,
                organization,
                owner_project,
                global,
                priority,
                workspaces,
                projects,
                variables,
            },
        );
    let unreadable = (text(), text(), text(), gap())
        .prop_map(|(kind, id, message, gap)| Unreadable { kind, id, message, reason: gap.kind });
    let stack = (text(), text(), text(), text(), option::of(vec(text(), 0..3))).prop_map(
        |(id, name, organization, project, deployments)| Stack {
            id,
            name,
            organization,
            project,
            deployments,
        },
    );
    let as_read = (
        (vec(text(), 0..2), vec(project, 0..2), vec(workspace, 0..3)),
        (vec(set_variable, 0..3), vec(set, 0..3), vec(stack, 0..3), vec(unreadable, 0..2)),
    )
        .prop_map(
            |(
                (organizations, projects, workspaces),
                (variables, variable_sets, stacks, unreadable),
            )| {
                HcpTerraform {
                    host: String::new(),
                    organizations,
                    projects,
                    workspaces,
                    variables,
                    variable_sets,
                    stacks,
                    unreadable,
                }
            },
        );
    let reading = |workspaces: BoxedStrategy<Workspaces>| {
        (option::of(time()), fact(workspaces), vec(gap(), 0..2)).prop_map(
            |(read_at, workspaces, incomplete)| HcpReading {
                host: None,
                read_at,
                workspaces,
                incomplete,
            },
        )
    };
    let of_host = |(host, mut reading): (String, HcpReading)| {
        if let Fact::Read(Workspaces::AsRead(hcp)) = &mut reading.workspaces {
            hcp.host.clone_from(&host);
        }
        HcpReading { host: Some(host), ..reading }
    };
    let hosts =
        btree_map("[a-z]{1,4}", reading(as_read.prop_map(Workspaces::AsRead).boxed()), 0..3);
    prop_oneof![
        reading(vec(effective, 0..3).prop_map(numbered).prop_map(Workspaces::Effective).boxed())
            .prop_map(|one| vec![one]),
        hosts.prop_map(move |hosts| hosts.into_iter().map(of_host).collect()),
    ]
    .boxed()
}
