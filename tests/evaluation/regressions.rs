//! What this review found wrong once, each with the smallest organization that shows it.

use rolewalk::evaluation::Verdict;
use rolewalk::org::Facts;
use rolewalk::org::reading::{Fact, Readings};

use crate::fixture::{along, ask, check, gap, needs_along, readings, words};

/// As [`check`], after something was taken out of the readings.
#[track_caller]
fn check_after(fixture: &str, damage: impl Fn(&mut Readings), question: &str, expected: &str) {
    let mut readings = readings(fixture);
    damage(&mut readings);
    assert_eq!(words(&ask(&Facts::build(readings), question)), expected, "{question}\n{fixture}");
}

fn ann(statements: &str) -> String {
    format!("user A/ann tag:team=ann\n role A/T\n{statements}")
}

/// Two atoms exclude each other by what they compare with, not by how that is written.
#[test]
fn a_variable_that_is_filled_in_equals_its_value() {
    check(
        &ann("tp: Allow from A/user/ann if StringEquals sts:RoleSessionName ${aws:username}
              tp: Deny from A/user/ann if StringNotEquals sts:RoleSessionName ann"),
        "user A/ann -> A/T",
        "conditional caller-choice",
    );
    check(
        &ann("tp: Allow from A/user/ann if StringLike sts:ExternalId ${*}
              tp: Deny from A/user/ann if StringNotEquals sts:ExternalId *"),
        "user A/ann -> A/T",
        "conditional caller-choice",
    );
}

/// A statement whose effect can't be read may allow, and then it does not deny.
#[test]
fn an_effect_that_cannot_be_read_is_no_denial() {
    check(
        &ann(r#"tp: {"Effect":"Alow","Principal":{"AWS":"A/user/ann"},"Action":"sts:AssumeRole"}"#
            .replace("A/user/ann", "arn:aws:iam::111111111111:user/ann")
            .as_str()),
        "user A/ann -> A/T",
        "unknown not-read",
    );
}

/// What looks the same in two versions of the language is not.
#[test]
fn versions_do_not_share_an_atom() {
    let statement = |effect: &str| {
        format!(
            r#""Statement":{{"Effect":"{effect}","Action":"sts:*","Resource":"*","Condition":{{"StringEquals":{{"sts:RoleSessionName":"${{aws:username}}"}}}}}}"#
        )
    };
    let fixture = format!(
        "user A/ann
           id-document: {{\"Version\":\"2012-10-17\",{}}}
           id-document: {{{}}}
         role A/T
           tp: Allow from A",
        statement("Allow"),
        statement("Deny"),
    );
    check(&fixture, "user A/ann -> A/T", "conditional caller-choice");
}

/// Two operators that ask about the same open variable ask two things.
#[test]
fn open_variables_belong_to_their_operator() {
    let role = "role A/R
           tp: Allow sts:TagSession,sts:AssumeRole from A
         role A/T
           tp: Allow from A/role/R if StringEqualsIgnoreCase sts:ExternalId ${aws:PrincipalTag/team}
           tp: Deny from A/role/R if StringEquals sts:ExternalId ${aws:PrincipalTag/team}";
    // Without a tag of the session neither statement matches.
    check(role, "role A/R -> A/T", "conditional caller-choice caller-state");
    check(role, "role A/R -> A/T with sts:ExternalId=x aws:PrincipalTag/team=X", "allowed");
}

/// Whether a comparison without meaning is false, or its negation true, is not settled, so one
/// does not follow from the other (rule D9).
#[test]
fn a_malformed_comparison_and_its_negation_may_both_fail() {
    for (key, value) in
        [("aws:PrincipalArn", "*"), ("sts:RoleSessionName", "A/role/*"), ("aws:SourceIp", "ten")]
    {
        let (one, other) = match key {
            "aws:SourceIp" => ("IpAddress", "NotIpAddress"),
            _ => ("ArnLike", "ArnNotLike"),
        };
        let trust = format!(
            "tp: Allow from A/user/ann if {one} {key} {value}
             tp: Allow from A/user/ann if {other} {key} {value}"
        );
        check(&ann(&trust), "user A/ann -> A/T", "conditional ambiguous-rule");
    }
}

/// One of a few audiences, each compared in a way that is itself open.
#[test]
fn an_audience_of_a_list_against_something_open() {
    let fixture = "oidc B gitlab.com one,two
         role B/T
           tp: Allow from fed:B/oidc/gitlab.com if StringEquals gitlab.com:aud one and StringLike gitlab.com:sub *
           tp: Deny from fed:B/oidc/gitlab.com if StringEquals gitlab.com:aud ${aws:PrincipalTag/x}";
    check(fixture, "token gitlab.com#s -> B/T", "conditional token-claim");
}

/// Attributes of an assertion can have several values.
#[test]
fn attributes_of_assertions_may_be_lists() {
    let key = "saml:eduPersonAffiliation";
    let fixture = format!(
        "saml B Okta
         role B/T
           tp: Allow from fed:B/saml/Okta if ForAnyValue:StringEquals {key} staff
           tp: Deny from fed:B/saml/Okta if ForAllValues:StringNotEquals {key} member"
    );
    check(&fixture, "saml B/Okta -> B/T", "conditional token-claim");
}

/// The function behind a role session is in the request's context.
#[test]
fn sessions_of_functions_name_the_function() {
    for key in ["lambda:SourceFunctionArn", "ec2:SourceInstanceARN", "ssm:SourceInstanceArn"] {
        let fixture = format!(
            "role A/R
             user A/ann
             role A/T
               tp: Allow from A/role/R,A/user/ann if ArnLike {key} arn:aws:*:*:{{A}}:*"
        );
        check(&fixture, "role A/R -> A/T", "conditional caller-state");
        check(&fixture, "user A/ann -> A/T", "denied trust");
    }
}

/// A part that can't be read whole neither fails nor matches.
#[test]
fn what_is_half_read_is_open() {
    for statement in [
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":["{A}",7]}}"#,
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Group":"x"}}"#,
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":["*"]}"#,
        r#"{"Effect":"Allow","Action":["s3:*",null],"Principal":"*"}"#,
        r#"{"Effect":"Allow","Action":"s3:*","Action":"sts:*","Principal":"*"}"#,
        r#"{"Effect":"Allow","Action":"s3:*","NotAction":"s3:*","Principal":"*"}"#,
        r#"{"Effect":"Allow","Action":"sts:*","Principal":"*","Condition":{"StringEquals":{"aws:username":["bob",{}]}}}"#,
        r#"{"Effect":"Allow","Action":"sts:*","Principal":"*","Condition":{"StringEquals":{"aws:username":"${x"}}}"#,
    ] {
        // As text: a map would drop the second of two equal names.
        let document = format!(r#"{{"Version":"2012-10-17","Statement":{statement}}}"#);
        check(&ann(&format!("tp-document: {document}")), "user A/ann -> A/T", "unknown not-read");
    }
    // The version decides what is a variable.
    for version in
        [r#""Version":"2013-01-01","#, r#""Version":"2012-10-17","Version":"2008-10-17","#]
    {
        let document = format!(
            r#"{{{version}"Statement":{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::{{A}}:user/ann"}},"Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"aws:username":"${{aws:username}}"}}}}}}}}"#
        );
        check(&ann(&format!("tp-document: {document}")), "user A/ann -> A/T", "unknown not-read");
    }
}

/// Two statements that can't be read are two open questions.
#[test]
fn unread_statements_of_one_policy_are_apart() {
    let document = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*","Extra":1},
        {"Effect":"Deny","Action":"sts:AssumeRole","Principal":"*","Extra":1}]}"#
        .replace('\n', "");
    check(&ann(&format!("tp-document: {document}")), "user A/ann -> A/T", "unknown not-read");
}

/// `NotPrincipal` leaves a caller out for sure only where it is listed in full (rule D16).
#[test]
fn not_principal_with_less_than_everything_listed() {
    let trust = |entries: &str| format!("tp: Allow from A/role/R\n tp: Deny from !{entries}");
    let fixture = |entries: &str| format!("role A/R\n role A/T\n {}", trust(entries));
    let session = "session A/R/ci -> A/T";
    for (entries, expected) in [
        ("A", "conditional ambiguous-rule"),
        ("A/role/R", "conditional ambiguous-rule"),
        ("A/role/R,A", "conditional ambiguous-rule"),
        ("A/role/R,A,A/session/R/ci", "allowed"),
    ] {
        check(&fixture(entries), session, expected);
    }
    let capped = "role A/R\n pb: Allow *\n role A/T\n";
    let entries = trust("A/role/R,A,A/session/R/ci");
    check(&format!("{capped}{entries}"), session, "conditional ambiguous-rule");
    let allow = "role A/R\n role A/T\n tp: Allow from !";
    check(&format!("{allow}A/role/R"), "role A/R -> A/T", "denied trust");
    check(&format!("{allow}A"), "role A/R -> A/T", "conditional ambiguous-rule");
    let both = format!("{allow}A\n tp: Deny from !A");
    check(&both, "role A/R -> A/T", "conditional ambiguous-rule");
}

/// Of a caller whose policies were not read, a deny can't be excluded.
#[test]
fn callers_of_the_same_account_that_were_not_read_may_be_denied() {
    let fixture = "user A/ann\n role A/T\n tp: Allow from A/user/ghost,*";
    let damage = |readings: &mut Readings| {
        let account = readings.accounts.iter_mut().find(|a| a.account.to_string().starts_with('1'));
        let Fact::Read(identities) = &mut account.unwrap().identities else { panic!() };
        identities.incomplete.push(gap());
    };
    for caller in ["named A/user/ghost", "account A"] {
        check_after(fixture, damage, &format!("{caller} -> A/T"), "unknown not-read");
    }
}

/// Between an OU that hangs below the root for want of its parent and the root anything may
/// deny.
#[test]
fn an_ou_whose_parent_is_missing() {
    let fixture = "account A /Dev/Team
         role A/R
           id: Allow on *
         role B/T
           tp: Allow from A
         role M/T
           tp: Allow from A";
    let damage = |readings: &mut Readings| {
        let Fact::Read(Some(organization)) =
            &mut readings.organization.as_mut().unwrap().organization
        else {
            panic!()
        };
        let Fact::Read(tree) = &mut organization.tree else { panic!() };
        tree.ous.retain(|ou| ou.name != "Dev");
        tree.incomplete.push(gap());
    };
    check(fixture, "role A/R -> M/T", "allowed");
    check_after(fixture, damage, "role A/R -> M/T", "unknown not-read");
}

/// Whether sessions of a role can carry tags is open where its trust policy can't be read.
#[test]
fn a_trust_policy_that_can_not_be_read_may_let_tags_pass() {
    for document in [
        "nonsense",
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:TagSession","Principal":"*","Extra":1}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["sts:Assume*",7],"Principal":"*"}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*"}}"#,
    ] {
        for value in ["a", "b"] {
            let fixture = format!(
                "role A/R tag:team=a
                   tp-document: {document}
                 role A/T
                   tp: Allow from A/role/R if StringEquals aws:PrincipalTag/team {value}"
            );
            let decision = ask(&Facts::build(readings(&fixture)), "role A/R -> A/T");
            let text = words(&decision);
            assert!(
                text.starts_with("conditional") || text.starts_with("unknown"),
                "{text}\n{fixture}"
            );
        }
    }
}

/// A session of an account that was not read is one of its role, and `aws:PrincipalArn` is the
/// role's, whose path the session's ARN does not tell.
#[test]
fn a_named_session_is_one_of_its_role() {
    let session = "named X/session/V/ci -> B/T";
    for (trust, expected) in [
        ("Allow from X/role/V", "conditional external-admin"),
        ("Allow from X/role/team/V", "conditional external-admin"),
        ("Allow from X/role/W", "denied trust"),
        (
            "Allow from X/session/V/ci if ArnLike aws:PrincipalArn X/role/V",
            "conditional external-admin",
        ),
        (
            "Allow from X/session/V/ci if ArnLike aws:PrincipalArn X/role/a/V",
            "conditional external-admin",
        ),
        ("Allow from X/session/V/ci if ArnLike aws:PrincipalArn X/role/W", "denied trust"),
    ] {
        check(&format!("role B/T\n tp: {trust}"), session, expected);
    }
    check("role B/T\n tp: Allow from X\n tp: Deny from X/role/V", session, "denied trust explicit");
}

/// An outsider is of its account and of the role's partition, so its ARN begins as theirs do.
#[test]
fn how_an_outsiders_arn_begins_is_known() {
    for (pattern, account, anyone) in [
        ("ArnLike aws:PrincipalArn arn:aws:iam::*:role/a*", true, true),
        ("ArnLike aws:PrincipalArn A/role/a*", false, true),
        ("StringLike aws:PrincipalArn A/role/a*", false, true),
        ("StringLike aws:PrincipalArn arn:aws-cn:iam::*", false, false),
        ("StringNotLike aws:PrincipalArn arn:aws-cn:iam::*", true, true),
    ] {
        let fixture = format!("role B/T\n tp: Allow from * if {pattern}");
        for (caller, fits) in [("account X", account), ("some principal", anyone)] {
            let expected = if fits { "conditional" } else { "denied trust" };
            let facts = Facts::build(readings(&fixture));
            let found = words(&ask(&facts, &format!("{caller} -> B/T")));
            assert!(found.starts_with(expected), "{caller}, {pattern}: {found}");
        }
    }
}

/// A caller outside the facts may be a role that an instance holds.
#[test]
fn an_outsider_may_call_from_an_instance() {
    let fixture = "role B/T\n tp: Allow from X if StringEquals aws:Ec2InstanceSourceVpc vpc-1";
    for caller in ["account X", "named X/role/V"] {
        check(fixture, &format!("{caller} -> B/T"), "conditional caller-state external-admin");
    }
}

/// Control policies spare a service-linked role, whether it was read or not.
#[test]
fn control_policies_spare_a_named_service_linked_role() {
    let role = "role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX";
    let resource = "role B/T\n tp: Allow from X\n rcp B: Deny *";
    check(resource, &format!("named X/{role} -> B/T"), "conditional external-admin");
    check(resource, "named X/role/V -> B/T", "denied rcp explicit");
    let service = "unread C /Dev\n role B/T\n tp: Allow from C\n scp C: Deny *";
    check(service, &format!("named C/{role} -> B/T"), "unknown not-read");
    check(service, "named C/role/V -> B/T", "denied scp explicit");
}

/// A variable without value beside one that is open has no value either (rule D7).
#[test]
fn a_variable_without_value_beside_an_open_one() {
    for value in
        ["${sts:ExternalId}${aws:PrincipalTag/none}", "${aws:PrincipalTag/none}${sts:ExternalId}"]
    {
        let trust = |effect: &str| {
            format!("tp: {effect} from A/user/ann if StringNotEquals aws:username {value}")
        };
        let denied = format!("tp: Allow from A/user/ann\n {}", trust("Deny"));
        check(&ann(&denied), "user A/ann -> A/T", "conditional ambiguous-rule");
        let equal = trust("Allow").replace("StringNotEquals", "StringLike");
        check(&ann(&equal), "user A/ann -> A/T", "denied trust");
    }
}

/// What may have no value is as open as what has none; and where there is no key to compare, a
/// negated operator matches whatever its variables are (rule D7).
#[test]
fn a_variable_that_may_have_no_value() {
    let role = |deny: &str| {
        format!(
            "unread C /Dev
             role B/T
               tp: Allow sts:AssumeRole,sts:SetSourceIdentity from C
               tp: Deny sts:AssumeRole from C if {deny}"
        )
    };
    for (deny, expected) in [
        // The name may be the caller's, or be missing.
        (
            "StringNotLike aws:PrincipalAccount ${aws:username}|3*",
            "conditional ambiguous-rule not-read",
        ),
        ("StringNotLike aws:PrincipalAccount ${aws:username,'x'}|3*", "unknown not-read"),
        // A source identity has to be there.
        (
            "StringNotLike sts:SourceIdentity ${aws:username}|*",
            "conditional caller-choice not-read",
        ),
    ] {
        check(&role(deny), "account C -> B/T", expected);
    }
    let session = |actions: &str| {
        format!(
            "role A/R
               id: Allow *
             role B/T
               tp: Allow {actions} from A/role/R
               tp: Deny sts:AssumeRole from A/role/R if StringNotLike sts:SourceIdentity ${{aws:username}}|*"
        )
    };
    check(&session("sts:AssumeRole"), "role A/R -> B/T", "denied trust");
    let both = "sts:AssumeRole,sts:SetSourceIdentity";
    check(&session(both), "role A/R -> B/T", "conditional caller-choice");
}

/// Two variables of tags are looked at in all pairs of cases.
#[test]
fn two_variables_of_tags_are_filled_in_together() {
    let variables = "${aws:ResourceTag/team}|${aws:PrincipalTag/team}";
    let organization = |trust: &str| {
        format!(
            "role A/R tag:team=a
               tp: Allow sts:AssumeRole,sts:TagSession from A
               id: Allow *
             role B/T tag:team=b
               tp: Allow sts:AssumeRole from A/role/R{trust}"
        )
    };
    for (trust, expected) in [
        // A tag is the same as itself, and unlike none of what holds it.
        (format!("\n tp: Deny from A/role/R if StringEquals aws:PrincipalTag/team {variables}"), "denied trust explicit"),
        (format!(" if StringNotEquals aws:PrincipalTag/team {variables}"), "denied trust"),
        (format!(" if StringEquals aws:PrincipalTag/team {variables}"), "allowed"),
        // The session may hold another tag than its role.
        (
            " if StringEquals aws:PrincipalTag/team ${aws:ResourceTag/team}|${aws:PrincipalTag/none}".to_owned(),
            "conditional caller-state",
        ),
    ] {
        check(&organization(&trust), "role A/R -> B/T", expected);
    }
}

/// The list of a provider is nothing to a trust policy that names a built-in issuer by its host.
#[test]
fn a_built_in_issuer_that_is_registered_too_is_asked_for_no_list() {
    let fixture = |provider: &str, audience: &str| {
        format!(
            "oidc B accounts.google.com one
             role B/T
               tp: Allow from fed:{provider} if StringEquals accounts.google.com:aud {audience}"
        )
    };
    let token = "token accounts.google.com#s -> B/T";
    for audience in ["one", "two"] {
        check(&fixture("accounts.google.com", audience), token, "conditional token-claim");
    }
    check(&fixture("B/oidc/accounts.google.com", "one"), token, "allowed");
    check(&fixture("B/oidc/accounts.google.com", "two"), token, "denied trust");
}

/// Of an audience only the form is known, and the provider takes a few of that form.
#[test]
fn an_audience_of_a_form_is_not_surely_in_the_list() {
    let fixture = |more: &str| {
        format!("oidc B gitlab.com one,two\n role B/T\n tp: Allow from fed:B/oidc/gitlab.com{more}")
    };
    let token = "token gitlab.com#s?o* -> B/T";
    check(&fixture(""), token, "conditional token-claim");
    let other = fixture(" if StringEquals gitlab.com:aud other");
    check(&other, token, "denied trust");
    check(&fixture(""), "token gitlab.com#s?x* -> B/T", "denied provider");
}

/// A tag that is there anyway need not be passed, so nobody needs the permission to.
#[test]
fn a_tag_that_changes_nothing_is_not_passed() {
    let fixture = "user A/ann
           id: Allow sts:*
         role A/R tag:team=a
           tp: Allow from A/user/ann
           tp: Allow sts:* from A/user/ann if StringEquals aws:RequestTag/team a
         role A/S
           tp: Allow from A/role/R if Null aws:PrincipalTag/team false";
    assert_eq!(along(fixture, "user A/ann -> A/R -> A/S"), Verdict::Allowed);
    let untagged = fixture.replace(" tag:team=a", "");
    assert_eq!(along(&untagged, "user A/ann -> A/R -> A/S"), Verdict::Conditional);
}

/// A tag's key ignores case, and a condition on `sts:TransitiveTagKeys` need not.
#[test]
fn a_tag_may_be_handed_on_in_other_letters() {
    let fixture = "user A/ann
           id: Allow sts:*
         role A/R
           id: Allow sts:*
           tp: Deny from A/user/ann if ForAnyValue:StringEquals sts:TransitiveTagKeys team
           tp: Allow sts:AssumeRole,sts:TagSession from A/user/ann
         role A/S
           tp: Allow sts:AssumeRole,sts:TagSession from A/role/R if StringEquals aws:ResourceTag/team x";
    assert_eq!(along(fixture, "user A/ann -> A/R -> A/S"), Verdict::Conditional);
}

/// Only IAM Roles Anywhere brings tags of its caller before there is a session.
#[test]
fn tags_of_a_certificate() {
    let fixture = |service: &str| {
        format!(
            "role B/T\n tp: Allow sts:* from svc:{service} if StringLike aws:PrincipalTag/x509Subject/CN ci*"
        )
    };
    for (service, expected) in [
        ("rolesanywhere.amazonaws.com", "conditional caller-state"),
        ("lambda.amazonaws.com", "denied trust"),
    ] {
        check(&fixture(service), &format!("service {service} -> B/T"), expected);
    }
}

/// Whatever a policy asks for, STS takes no other values than its own rules let through (rule V6).
#[test]
fn what_sts_does_not_take_is_said() {
    let needs = |condition: &str| {
        let fixture = ann(&format!("tp: Allow from A/user/ann if {condition}"));
        needs_along(&fixture, "user A/ann -> A/T")
    };
    let name = "1: choose a session name like `user/*`; STS takes no such value";
    assert_eq!(needs("StringLike sts:RoleSessionName user/*"), [[name]]);
    let id = "1: pass the external ID `x`; STS takes no such value";
    assert_eq!(needs("StringEquals sts:ExternalId x"), [[id]]);
    let one_of = "1: pass the external ID `app` or `x`";
    assert_eq!(needs("StringEquals sts:ExternalId x|app"), [[one_of]]);
    // Any other name will do.
    let not = "1: choose no session name like `user/*`";
    assert_eq!(needs("StringNotLike sts:RoleSessionName user/*"), [[not]]);
}

/// What must not be is said as such, and a variable by its name.
#[test]
fn what_must_not_be_is_a_sentence_too() {
    let needs = |effect: &str, condition: &str| {
        let more = format!("tp: {effect} from A/user/ann if {condition}");
        let allow = if effect == "Deny" { "tp: Allow from A/user/ann\n" } else { "" };
        needs_along(&ann(&format!("{allow}{more}")), "user A/ann -> A/T").concat()
    };
    for (effect, condition, expected) in [
        (
            "Allow",
            "StringEquals sts:RoleSessionName ${aws:UserAgent}",
            "1: `sts:RoleSessionName` must be the same as `${aws:UserAgent}`",
        ),
        (
            "Deny",
            "StringEquals sts:RoleSessionName ${aws:UserAgent}",
            "1: `sts:RoleSessionName` must not be the same as `${aws:UserAgent}`",
        ),
        (
            "Allow",
            "StringLike sts:RoleSessionName ${aws:UserAgent}-*",
            "1: `sts:RoleSessionName` must fit `${aws:UserAgent}-*` with its variables filled in",
        ),
        (
            "Allow",
            "StringEquals aws:PrincipalTag/team ${sts:ExternalId}",
            "1: `${sts:ExternalId}` must be `ann`",
        ),
        (
            "Deny",
            "StringLike aws:PrincipalTag/team x-${sts:ExternalId}",
            "1: the variables of `x-${sts:ExternalId}` must not fill in so that it fits `ann`",
        ),
        ("Deny", "StringEquals sts:ExternalId ci", "1: do not pass the external ID `ci`"),
    ] {
        assert_eq!(needs(effect, condition), [expected], "{effect} {condition}");
    }
}

/// What a variable stands for is up to whoever decides its key, whatever it is compared with.
#[test]
fn a_variable_is_up_to_whoever_decides_it() {
    let resource = "user A/ann
           id: Allow sts:AssumeRole on arn:aws:iam::{A}:role/${aws:UserAgent}
         role A/T
           tp: Allow from A";
    check(resource, "user A/ann -> A/T", "conditional environment");
    // A user's tag is a fact that was read.
    let choice =
        ann("tp: Allow from A/user/ann if StringEquals aws:PrincipalTag/team ${sts:ExternalId}");
    check(&choice, "user A/ann -> A/T", "conditional caller-choice");
}
