//! What principals can do: an organization in a few lines, and the mark beside it (rules M1 to
//! M14).

use rolewalk::evaluation::{Marks, Privileges, reasons};
use rolewalk::org::{Facts, Identity};

use crate::fixture::{expand, id_of, readings};

/// The principal `A/R`, a role unless a user is called so.
pub(crate) fn identity(facts: &Facts, text: &str) -> Identity {
    let (letter, name) = text.split_once('/').unwrap();
    let name = name.rsplit('/').next().unwrap();
    let account = facts.account(id_of(letter)).unwrap();
    let role = facts.role(account, name).map(Identity::Role);
    role.or_else(|| facts.user(account, name).map(Identity::User)).unwrap()
}

pub(crate) fn words(privileges: Privileges) -> String {
    let Privileges { most, proven } = privileges;
    if most == proven {
        most.as_str().to_owned()
    } else {
        format!("{} proven {}", most.as_str(), proven.as_str())
    }
}

/// The marks of everybody, asserted to agree with those of each alone.
pub(crate) fn marks(facts: &Facts) -> Marks {
    let marks = Marks::of(facts);
    for (key, row) in facts.roles.iter() {
        assert_eq!(marks.role(key), reasons(facts, Identity::Role(key)).0, "{}", row.arn);
    }
    for (key, row) in facts.users.iter() {
        assert_eq!(marks.user(key), reasons(facts, Identity::User(key)).0, "{}", row.arn);
    }
    marks
}

#[track_caller]
fn check_of(fixture: &str, who: &str, expected: &str) {
    let facts = Facts::build(readings(fixture));
    let marks = marks(&facts);
    let found = match identity(&facts, who) {
        Identity::Role(key) => marks.role(key),
        Identity::User(key) => marks.user(key),
    };
    assert_eq!(words(found), expected, "{who}\n{fixture}");
}

/// The mark of role `A/R` with these lines below it.
#[track_caller]
fn check(lines: &str, expected: &str) {
    check_of(&format!("account A /Dev\nrole A/R\n{lines}"), "A/R", expected);
}

macro_rules! table {
    ($($name:ident: $($lines:literal => $expected:literal;)+)+) => {$(
        #[test]
        fn $name() {
            $(check($lines, $expected);)+
        }
    )+};
}

table! {
    a_denial_takes_away_what_it_covers:
        "id: Allow s3:PutObject on arn:aws:s3:::b/p*
         id: Deny s3:PutObject on arn:aws:s3:::b/*" => "none";
        "id: Allow s3:PutObject on arn:aws:s3:::b/p*
         id: Deny s3:PutObject on arn:aws:s3:::b/p?*" => "write proven none";
        "id: Allow s3:PutObject on arn:aws:s3:::*a*
         pb: Allow s3:PutObject on arn:aws:s3:::*b*
         id: Deny s3:* on arn:aws:s3:::*a*b*" => "write";
        "id: Allow s3:PutObject on arn:aws:s3:::*a*
         pb: Allow s3:PutObject on arn:aws:s3:::*b*
         id: Deny s3:* on arn:aws:s3:::*a*b*,arn:aws:s3:::*b*a*" => "none";
}

table! {
    actions_tell_the_mark:
        "" => "none";
        "id: Allow *" => "admin";
        "id: Allow *:*" => "admin";
        "id: Allow iam:*" => "admin";
        "id: Allow i?m:*" => "admin";
        "id: Allow s3:PutObject" => "write";
        "id: Allow s3:*" => "write";
        "id: Allow s3:Get*,s3:List*" => "read";
        "id: Allow *:Describe*" => "read";
        "id: Allow *:Get*" => "write";
        "id: Allow iam:Get*,iam:Generate*" => "read";
        "id: Allow logs:CreateLogStream,logs:PutLogEvents" => "write";
        "id: Allow sts:AssumeRole,sts:TagSession" => "none";
        "id: Allow sts:*" => "write";
        "id: Allow iam:CreateServiceLinkedRole" => "write";
        "id: Allow iam:CreateRole" => "write";
        "id: Allow made:Up" => "write";
        "id: Allow !iam:*,organizations:*,account:*" => "write";
        "id: Allow !s3:*" => "admin";
        "id: Allow !*" => "none";
        "id: Deny *" => "none";
        "id: Allow *
         id: Deny *" => "none";
        "id: Allow s3:*
         id: Deny s3:Put*" => "write";
        "id: Allow s3:PutObject,s3:GetObject
         id: Deny s3:Put*" => "read";
        "id: Allow s3:PutObject
         id: Deny s3:PutObject on arn:aws:s3:::*" => "none";
        "id: Allow s3:PutObject
         id: Deny s3:PutObject on arn:aws:s3:::secret/*" => "write";
        "id: Allow s3:*
         id: Deny !s3:Get*" => "read";
        "id: Allow s3:PutObject
         id: Deny s3:* on !arn:aws:s3:::ours/*" => "write";

    resources_of_the_account_count:
        "id: Allow s3:PutObject on arn:aws:s3:::bucket/*" => "write";
        "id: Allow sqs:SendMessage on arn:aws:sqs:eu-west-1:{A}:q" => "write";
        "id: Allow sqs:SendMessage on arn:aws:sqs:eu-west-1:{B}:q" => "none";
        "id: Allow sqs:SendMessage on arn:aws:sqs:*:*:q" => "write";
        "id: Allow * on B/role/x" => "none";
        "id: Allow * on arn:aws-cn:s3:::x" => "none";
        "id: Allow * on !*" => "none";
        "id: Allow * on A/role/x" => "admin";
        "id: Allow iam:Put*,iam:Attach* on A/role/x" => "iam";

    ways_to_everything:
        "id: Allow iam:PutRolePolicy" => "admin";
        "id: Allow iam:AttachRolePolicy" => "admin";
        "id: Allow iam:PutRolePolicy on A/role/R" => "admin";
        "id: Allow iam:PutRolePolicy on A/role/*" => "admin";
        "id: Allow iam:PutRolePolicy on arn:aws:iam::*:role/?" => "admin";
        "id: Allow iam:PutRolePolicy on A/role/app-*" => "iam";
        "id: Allow iam:PutRolePolicy on B/role/*" => "none";
        "id: Allow iam:CreateRole,iam:PutRolePolicy on A/role/app-*" => "admin";
        "id: Allow iam:CreateUser,iam:PutUserPolicy
         id: Allow iam:CreateAccessKey on A/user/svc-*" => "admin";
        "id: Allow iam:CreateUser,iam:PutUserPolicy
         id: Allow iam:CreateLoginProfile on A/user/svc-*" => "admin";
        "id: Allow iam:CreateRole,iam:PutRolePolicy on A/role/app*
         without FullAWSAccess A
         scp A: Allow iam:*
         scp A: Allow sts:AssumeRole on A/role/app-*" => "admin";
        "id: Allow iam:CreateRole,iam:AttachRolePolicy on A/role/app-*
         id: Allow iam:CreatePolicy on arn:aws:iam::{A}:policy/app-*
         id: Deny iam:AttachRolePolicy if ArnEquals iam:PolicyARN arn:aws:iam::aws:policy/AdministratorAccess"
            => "admin";
        "id: Allow iam:CreateRole,iam:CreatePolicy
         id: Allow iam:AttachRolePolicy if ArnLike iam:PolicyARN arn:aws:iam::{A}:policy/app-*" => "admin proven iam";
        "id: Allow iam:CreateRole
         id: Allow iam:AttachRolePolicy if ArnLike iam:PolicyARN arn:aws:iam::{A}:policy/app-*" => "iam";
        "id: Allow iam:* on !*
         id: Allow !s3:* on A/role/app-*
         pb: Allow * on A/role/*b" => "admin";
        "id: Allow iam:CreateRole on A/role/app-*
         id: Allow iam:PutRolePolicy on A/role/web-*" => "iam";
        "id: Allow iam:CreateRole on A/role/a*
         id: Allow iam:PutRolePolicy on A/role/*b" => "admin";
        "id: Allow iam:CreateRole,iam:AttachRolePolicy on A/role/x
         id: Deny sts:AssumeRole" => "iam";
        "id: Allow iam:CreateUser,iam:PutUserPolicy,iam:CreateAccessKey" => "admin";
        "id: Allow iam:CreateUser,iam:PutUserPolicy" => "iam";
        "id: Allow iam:CreateAccessKey" => "iam";
        "id: Allow iam:UpdateAssumeRolePolicy" => "admin";
        "id: Allow iam:UpdateAssumeRolePolicy on A/role/app-*" => "iam";
        "id: Allow iam:CreatePolicyVersion" => "iam";
        "id: Allow iam:AddUserToGroup" => "iam";
        "id: Allow iam:TagRole" => "iam";

    conditions_of_a_request_can_be_met:
        "id: Allow * if IpAddress aws:SourceIp 10.0.0.0/8" => "admin";
        "id: Allow s3:* if StringEquals aws:RequestedRegion eu-west-1" => "write";
        "id: Allow iam:* if StringEquals aws:RequestedRegion eu-west-1" => "none";
        "id: Allow * if Bool aws:MultiFactorAuthPresent true" => "none";
        "id: Allow * if BoolIfExists aws:MultiFactorAuthPresent true" => "admin proven none";
        "id: Allow * if StringEquals aws:PrincipalArn A/role/R" => "admin";
        "id: Allow * if StringEquals aws:PrincipalArn A/role/S" => "none";
        "id: Allow * if StringEquals aws:PrincipalTag/team a" => "none";
        "id: Allow * if StringEquals s3:prefix x" => "admin";
        "id: Allow s3:PutObject if StringEquals s3:prefix x and StringEquals s3:prefix y" => "write";
        "id: Allow s3:PutObject if StringEquals aws:RequestedRegion a
         id: Deny * if StringNotEquals aws:RequestedRegion b" => "none";
        "id: Allow s3:PutObject
         id: Deny * if StringNotEquals aws:RequestedRegion b" => "write";
        "id: Allow *
         id: Deny * if StringNotEquals aws:RequestedRegion eu-west-1" => "write";
        "id: Allow *
         id: Deny !iam:*,sts:* if StringNotEquals aws:RequestedRegion eu-west-1" => "admin";
        "id: Allow *
         id: Deny iam:* if StringNotEquals aws:PrincipalArn A/role/R" => "admin";
        "id: Allow *
         id: Deny iam:* if StringNotEquals aws:PrincipalArn A/role/S" => "write";
        "id: Allow iam:AttachRolePolicy if ArnEquals iam:PolicyARN arn:aws:iam::aws:policy/ReadOnlyAccess" => "iam";
        "id: Allow iam:AttachRolePolicy if ArnLike iam:PolicyARN arn:aws:iam::aws:policy/*" => "admin";
        "id: Allow iam:CreateRole,iam:PutRolePolicy if StringEquals iam:PermissionsBoundary arn:aws:iam::{A}:policy/cap" => "iam";
        "id: Allow s3express:CreateSession" => "write";
        "id: Allow s3express:CreateSession if StringEquals s3express:SessionMode ReadOnly" => "read";

    passing_needs_something_to_write:
        "id: Allow iam:PassRole" => "none";
        "id: Allow iam:PassRole,s3:GetObject" => "read";
        "id: Allow iam:PassRole,lambda:CreateFunction" => "pass";
        "id: Allow iam:PassRole on A/role/app-*
         id: Allow ec2:RunInstances" => "pass";
        "id: Allow iam:PassRole on B/role/app-*
         id: Allow ec2:RunInstances" => "write";
        "id: Allow iam:PassRole if StringEquals iam:PassedToService ec2.amazonaws.com
         id: Allow ec2:RunInstances" => "pass";
        "id: Allow iam:Pass*,ec2:*" => "pass";

    a_boundary_caps:
        "id: Allow *
         pb: Allow s3:*,logs:*" => "write";
        "id: Allow *
         pb: Allow s3:Get*" => "read";
        "id: Allow s3:*
         pb: Allow ec2:*" => "none";
        "id: Allow s3:*Object
         pb: Allow s3:Put*" => "write";
        "id: Allow *:Describe*
         pb: Allow ec2:*" => "read";
        "id: Allow *
         pb: Allow *" => "admin";
        "id: Allow *
         pb: Allow !organizations:*" => "admin";
        "id: Allow *
         pb: Allow iam:PutRolePolicy,iam:AttachRolePolicy,s3:*" => "iam";
        "id: Allow *
         pb: Allow iam:PutRolePolicy,iam:DeleteRolePermissionsBoundary,s3:*" => "admin";
        "id: Allow *
         pb: Allow iam:CreateRole,iam:AttachRolePolicy" => "admin";
        "id: Allow *
         pb: Allow iam:CreateRole,iam:AttachRolePolicy
         pb: Deny sts:*" => "iam";
        "id: Allow *
         pb: Allow *
         pb: Deny iam:CreateRole if StringNotEquals iam:PermissionsBoundary arn:aws:iam::{A}:policy/boundary-0
         pb: Deny iam:CreateUser,iam:UpdateAssumeRolePolicy,iam:*PermissionsBoundary" => "admin";
        "id: Allow iam:PutRolePolicy,s3:* on *
         pb: Allow s3:* on arn:aws:s3:::ours/*" => "write";
        "id: Allow s3:* on arn:aws:s3:::mine/*
         pb: Allow s3:* on arn:aws:s3:::ours/*" => "none";

    each_level_must_allow:
        "id: Allow *
         scp /: Deny organizations:LeaveOrganization,cloudtrail:StopLogging" => "admin";
        "id: Allow *
         scp A: Deny !iam:*,sts:*,s3:* if StringNotEquals aws:RequestedRegion eu-west-1" => "admin";
        "id: Allow *
         scp /: Deny iam:*" => "write";
        "id: Allow *
         scp /: Deny iam:* on A/role/breakglass" => "admin";
        "id: Allow *
         scp /: Deny iam:* on !A/role/app-*" => "admin";
        "id: Allow *
         scp /: Deny iam:CreateUser,iam:*Role*" => "iam";
        "id: Allow *
         scp /Dev: Deny *" => "none";
        "id: Allow *
         scp A: Deny sts:AssumeRole" => "admin";
        "id: Allow *
         without FullAWSAccess /Dev
         scp /Dev: Allow s3:*,ec2:*" => "write";
        "id: Allow *
         without FullAWSAccess /Dev
         scp /Dev: Allow s3:Get*" => "read";
        "id: Allow s3:*,iam:*
         without FullAWSAccess /
         without FullAWSAccess A
         scp /: Allow s3:*,ec2:*
         scp A: Allow ec2:*,s3:List*" => "read";
        "id: Allow *
         without FullAWSAccess A" => "none";
        "id: Allow *
         scp /: Deny iam:* if ArnNotLike aws:PrincipalArn arn:aws:iam::*:role/Admin*" => "write";
        "id: Allow *
         scp /: Deny iam:* if ArnNotLike aws:PrincipalArn arn:aws:iam::*:role/R" => "admin";
        "id: Allow *
         scp /: Deny * if Null aws:MultiFactorAuthAge true" => "none";
}

#[test]
fn control_policies_spare_some() {
    let deny = "scp /: Deny *";
    check_of(&format!("role M/R\nid: Allow *\n{deny}"), "M/R", "admin");
    check_of(&format!("role A/aws-service-role/x/R\nid: Allow s3:*\n{deny}"), "A/R", "write");
    check_of(&format!("role A/x/R\nid: Allow s3:*\n{deny}"), "A/R", "none");
    check_of("no organization\nrole A/R\nid: Allow *", "A/R", "admin");
}

#[test]
fn only_aws_changes_its_own_roles() {
    let id = "id: Allow iam:PutRolePolicy,iam:AttachRolePolicy";
    check_of(&format!("role A/aws-reserved/sso.amazonaws.com/R\n{id}"), "A/R", "iam");
    check_of(&format!("role A/app/R\n{id}"), "A/R", "admin");
}

#[test]
fn users_have_marks_too() {
    for (lines, expected) in [
        ("id: Allow * if Bool aws:MultiFactorAuthPresent true", "admin"),
        ("id: Allow iam:CreateAccessKey on A/user/ann", "write"),
        ("id: Allow iam:CreateAccessKey on arn:aws:iam::*:user/${aws:username}", "write"),
        ("id: Allow iam:CreateAccessKey on A/user/*", "iam"),
        ("id: Allow iam:PutUserPolicy on arn:aws:iam::*:user/${aws:username}", "admin"),
        ("id: Allow iam:PutUserPolicy on A/user/bob", "iam"),
        ("id: Allow iam:PutRolePolicy on *", "iam"),
        ("id: Allow iam:PutGroupPolicy on arn:aws:iam::{A}:group/devs", "iam"),
    ] {
        check_of(&format!("user A/ann\n{lines}"), "A/ann", expected);
    }
    let group = "group A/devs\nid: Allow s3:*\nuser A/ann groups=devs";
    check_of(group, "A/ann", "write");
    let own = "id: Allow iam:PutGroupPolicy on arn:aws:iam::{A}:group/devs";
    check_of(&format!("{group}\n{own}"), "A/ann", "admin");
    check_of("user A/ann groups=gone\nid: Allow s3:Get*", "A/ann", "admin proven none");
}

#[test]
fn what_was_not_read_never_lowers_a_mark() {
    for (lines, expected) in [
        // Elements that nobody can read.
        (r#"id: {"Effect":"Allow","Action":"*","Resource":"*","Extra":1}"#, "admin proven none"),
        (r#"id: {"Effect":"Maybe","Action":"s3:Get*","Resource":"*"}"#, "read proven none"),
        (
            "id: Allow *\nid: {\"Effect\":\"Deny\",\"Action\":\"*\",\"Resource\":\"*\",\"Extra\":1}",
            "admin proven none",
        ),
        (
            "id: Allow *\nid: {\"Effect\":\"Deny\",\"Action\":\"iam:*\",\"Resource\":\"*\",\"Extra\":1}",
            "admin proven write",
        ),
        ("id-document: no json", "admin proven none"),
        ("id-document: no json\npb: Allow s3:*", "write proven none"),
        ("id-document: no json\npb: Allow s3:Get*", "read proven none"),
        ("id-document: no json\npb: Allow ec2:Describe*", "read proven none"),
        (
            "id-document: no json\nscp /: Allow s3:ListBucket\nwithout FullAWSAccess /",
            "read proven none",
        ),
        ("id-document: no json\nid: Deny !*:List*", "read proven none"),
        ("id-document: no json\nid: Deny *", "none"),
        ("id-document: no json\nid: Deny iam:*", "write proven none"),
        ("id-document: no json\nscp /: Deny iam:*", "write proven none"),
    ] {
        check(lines, expected);
    }
}

#[test]
fn unread_managed_policies_and_organizations_leave_it_open() {
    let fixture = "role A/R\nid: Allow *\nrole A/S\nid: Allow s3:Get*";
    let mark = |change: &dyn Fn(&mut rolewalk::org::reading::Readings), who: &str| {
        let mut readings = readings(fixture);
        change(&mut readings);
        let facts = Facts::build(readings);
        let Identity::Role(key) = identity(&facts, who) else { panic!() };
        words(marks(&facts).role(key))
    };
    assert_eq!(mark(&|_| {}, "A/R"), "admin");
    let attach = |readings: &mut rolewalk::org::reading::Readings| {
        let account = readings.accounts.iter_mut().find(|it| it.account == id_of("A")).unwrap();
        let rolewalk::org::Fact::Read(identities) = &mut account.identities else { panic!() };
        for role in &mut identities.roles {
            role.attached.push("arn:aws:iam::aws:policy/Gone".to_owned());
        }
    };
    assert_eq!(mark(&attach, "A/R"), "admin proven none");
    assert_eq!(mark(&attach, "A/S"), "admin proven none");
    assert_eq!(mark(&|readings| readings.organization = None, "A/R"), "admin proven none");
    assert_eq!(mark(&|readings| readings.organization = None, "A/S"), "read proven none");
}

#[test]
fn a_mark_has_its_reasons() {
    let facts = Facts::build(readings(
        "role A/R
           id: Allow s3:*
           id: Allow iam:PutRolePolicy on A/role/R
         role A/S
           id: Allow logs:PutLogEvents",
    ));
    let (_, found) = reasons(&facts, identity(&facts, "A/R"));
    let said: Vec<_> = found.iter().map(|it| (it.text.as_str(), it.proven)).collect();
    assert_eq!(said, [("gives itself any policy", true)]);
    let request = &found[0].requests[0];
    assert_eq!(request.action, "iam:PutRolePolicy");
    assert_eq!(request.resource, expand("A/role/R"));
    let statement = &request.statements[0];
    assert_eq!((&*statement.policy, statement.index, statement.effect), ("inline-1", 0, "Allow"));
    let (_, found) = reasons(&facts, identity(&facts, "A/S"));
    assert_eq!(found[0].requests[0].action, "logs:PutLogEvents");
}
