//! Marks of random roles against a second decision by definition.

use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rolewalk::evaluation::Privileges;
use rolewalk::org::Facts;
use rolewalk::org::reading::{Fact, Readings};

use crate::fixture::readings;
use crate::naive::{World, abilities, place_of};
use crate::privileges::{marks, words};
use crate::soundness::config;

fn one_of(list: &'static [&'static str], most: usize) -> impl Strategy<Value = String> {
    (any::<u8>(), vec(select(list), 1..most)).prop_map(|(negated, list)| {
        format!("{}{}", if negated % 6 == 0 { "!" } else { "" }, list.join(","))
    })
}

fn statement(deny: u8) -> impl Strategy<Value = String> {
    let actions = one_of(
        &[
            "*",
            "*",
            "s3:*",
            "s3:Get*",
            "s3:Put*",
            "s3:*Object",
            "s3:PutObject",
            "s3:GetObject",
            "*:Describe*",
            "*:List*",
            "ec2:*",
            "ec2:RunInstances",
            "iam:*",
            "iam:*",
            "iam:Put*",
            "iam:*Role*",
            "iam:*User*",
            "iam:Create*",
            "iam:CreateRole",
            "iam:AttachRolePolicy",
            "iam:PutRolePolicy",
            "iam:PassRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:Attach*",
            "iam:DeleteRolePermissionsBoundary",
            "sts:*",
            "sts:AssumeRole",
            "iam:Get*",
            "iam:CreateUser",
            "iam:CreateAccessKey",
            "iam:PutUserPolicy",
            "iam:TagRole",
        ],
        4,
    );
    let resources = one_of(
        &[
            "*",
            "*",
            "*",
            "arn:aws:s3:::ours/*",
            "A/role/*",
            "A/role/app-*",
            "A/role/*b",
            "A/role/R",
            "B/role/*",
            "arn:aws:iam::*:role/app-*",
            "arn:aws:iam::*:user/*",
            "arn:aws:ec2:*:*:instance/*",
        ],
        3,
    );
    let condition = select(vec![
        "",
        "",
        "",
        "",
        " if StringEquals aws:RequestedRegion eu",
        " if StringEquals aws:RequestedRegion us|us-east-1",
        " if StringNotEquals aws:RequestedRegion eu|us-east-1",
        " if StringNotEquals aws:RequestedRegion us",
        " if StringEquals aws:RequestTag/t a",
        " if StringNotEquals aws:RequestTag/t a",
        " if ArnLike aws:PrincipalArn A/role/R",
        " if ArnNotLike aws:PrincipalArn arn:aws:iam::*:role/R",
        " if StringEquals aws:PrincipalTag/team a",
        " if StringNotEquals aws:PrincipalTag/team a",
    ]);
    (any::<u8>(), actions, resources, condition).prop_map(
        move |(effect, actions, on, condition)| {
            let effect = if effect % 8 < deny { "Deny" } else { "Allow" };
            format!("{effect} {actions} on {on}{condition}")
        },
    )
}

/// Roles of two accounts with the same policies and tags of their own, some of whose sessions may be
/// given other tags.
fn organization() -> impl Strategy<Value = String> {
    let policies = (vec(statement(2), 1..4), vec(statement(2), 0..3), any::<bool>());
    let levels = vec((select(vec!["/", "/OuA", "A"]), statement(6)), 0..3);
    let without =
        select(vec!["", "", "", "", "without FullAWSAccess /\n", "without FullAWSAccess A\n"]);
    (policies, levels, without).prop_map(|((identity, boundary, tagged), levels, without)| {
        let mut text = "account A\naccount B\n".to_owned();
        for role in ["A/R", "A/S", "A/T", "B/R"] {
            let tag = if tagged && role != "A/S" { " tag:team=a" } else { "" };
            let _ = writeln!(text, "role {role}{tag}");
            if role > "A/R" {
                let _ = writeln!(text, "tp: Allow sts:AssumeRole,sts:TagSession from A");
            }
            for statement in &identity {
                let _ = writeln!(text, "id: {statement}");
            }
            for statement in &boundary {
                let _ = writeln!(text, "pb: {statement}");
            }
        }
        for (place, statement) in levels {
            let _ = writeln!(text, "scp {place}: {statement}");
        }
        text + without
    })
}

fn found(readings: Readings) -> Vec<(String, Privileges)> {
    let facts = Facts::build(readings);
    let marks = marks(&facts);
    facts.roles.iter().map(|(key, row)| (row.arn.to_string(), marks.role(key))).collect()
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn marks_are_those_of_single_requests(text in organization()) {
        let world = World::new(readings(&text));
        for (arn, privileges) in found(readings(&text)) {
            let (account, name) = (&arn[13..25], arn.rsplit('/').next().unwrap());
            let account = place_of(&world, account);
            let roles = &world.readings.accounts[account].identities.read().unwrap().roles;
            let role = roles.iter().position(|role| role.name == name).unwrap();
            let expected = abilities::mark(&world, account, role);
            prop_assert_eq!(words(privileges), expected, "{}\n{}", arn, text);
        }
    }

    #[test]
    fn what_was_not_read_lowers_no_mark(text in organization(), which in any::<u8>()) {
        let whole = found(readings(&text));
        let mut holed = readings(&text);
        for account in &mut holed.accounts {
            let Fact::Read(identities) = &mut account.identities else { continue };
            for policy in &mut identities.managed_policies {
                if which & 1 != 0 {
                    policy.document = Fact::NotRead(crate::fixture::gap());
                }
            }
            for role in &mut identities.roles {
                if let Some(policy) = role.inline.first_mut().filter(|_| which & 2 != 0) {
                    policy.document = "not read".into();
                }
            }
        }
        let organization = holed.organization.as_mut().unwrap();
        let Fact::Read(Some(organization)) = &mut organization.organization else { panic!() };
        let Fact::Read(policies) = &mut organization.scps else { panic!() };
        for (index, policy) in policies.iter_mut().enumerate() {
            if which & (4 << (index % 3)) != 0 {
                policy.document = Fact::NotRead(crate::fixture::gap());
            }
            if which & 32 != 0 {
                policy.targets = Fact::NotRead(crate::fixture::gap());
            }
        }
        for ((arn, before), (_, after)) in whole.into_iter().zip(found(holed)) {
            prop_assert!(after.most <= before.most, "{}: {:?} {:?}\n{}", arn, before, after, text);
            prop_assert!(after.proven >= before.proven, "{}: {:?} {:?}\n{}", arn, before, after, text);
        }
    }
}
