//! A decision in bulk allocates nothing, unless what is unknown hangs together.

use rolewalk::evaluation::{Call, Caller, Lineage, Scenario, Target, Verdict, judge};
use rolewalk::org::Facts;

use crate::fixture::{account_id, expand, readings};

const ORGANIZATION: &str = "
    account A /Dev/Team
    account B /Prod
    oidc B gitlab.com one
    group A/devs
      id: Deny sts:AssumeRole on arn:aws:iam::*:role/secret
    user A/ann tag:team=a groups=devs
      id: Allow sts:* on B/role/*,A/role/x
    role A/team/R tag:team=a
      id: Allow s3:*,ec2:*,sts:AssumeRole on arn:aws:iam::*:role/T*
      id: Allow sts:* on arn:aws:iam::*:role/own-${aws:PrincipalTag/team}*
      pb: Allow *
    role B/T
      tp: Allow from A/role/team/R,A if ArnLike aws:PrincipalArn arn:aws:iam::*:role/team/*|A/user/* and StringEquals aws:PrincipalOrgID o-exampleorg
    role B/Tag tag:team=a
      tp: Allow from aws:* if StringEquals aws:ResourceTag/team ${aws:PrincipalTag/team}
    role B/Tother tag:team=b
      tp: Allow from A if StringEquals aws:ResourceTag/team ${aws:PrincipalTag/team}
    role B/Ttoken
      tp: Allow sts:AssumeRoleWithWebIdentity from fed:B/oidc/gitlab.com if StringLike gitlab.com:sub group/* and StringEquals gitlab.com:aud one
    role B/Tnobody
      tp: Allow from B/role/gone
      tp: Deny from A if Bool aws:SecureTransport false
    role B/Tmfa
      tp: Allow from A if Bool aws:MultiFactorAuthPresent true and StringEquals sts:ExternalId secret
    scp /: Deny sts:* if StringNotEquals aws:PrincipalOrgID o-exampleorg
    scp /Dev,/Dev/Team,A: Deny !sts:*,iam:*
    rcp /,/Prod: Deny sts:AssumeRole if StringNotEqualsIfExists aws:PrincipalOrgID o-exampleorg and BoolIfExists aws:PrincipalIsAWSService false
";

#[test]
fn nothing_is_allocated_where_little_is_unknown() {
    let facts = Facts::build(readings(ORGANIZATION));
    let role = |name: &str| facts.role_by_arn(&expand(name)).unwrap();
    let user = facts.user_by_arn(&format!("arn:aws:iam::{}:user/ann", account_id("A").unwrap()));
    let token = rolewalk::evaluation::Token {
        issuer: "gitlab.com".to_owned(),
        subject: rolewalk::evaluation::Claim::Is("group/a".to_owned()),
        audience: rolewalk::evaluation::Claim::Is("one".to_owned()),
        claims: std::collections::BTreeMap::new(),
    };
    let callers = [
        Caller::Role(role("A/role/team/R")),
        Caller::User(user.unwrap()),
        Caller::Token(token),
        Caller::Service("lambda.amazonaws.com".to_owned()),
    ];
    let scenario = Scenario::default();
    let mut verdicts = Vec::new();
    for caller in &callers {
        for target in ["T", "Tag", "Tother", "Ttoken", "Tnobody", "Tmfa"] {
            let target = Target::Role(role(&format!("B/role/{target}")));
            let call = Call {
                caller,
                target: &target,
                action: caller.action(),
                scenario: &scenario,
                lineage: &Lineage::Unknown,
                hop: 1,
            };
            // The table of issuers is read once.
            judge(&facts, &call);
            let mut verdict = None;
            let found = allocation_counter::measure(|| verdict = Some(judge(&facts, &call)));
            let name = target.arn(&facts);
            assert_eq!(found.count_total, 0, "{caller:?} {name}: {verdict:?}");
            verdicts.extend(verdict);
        }
    }
    let count = |wanted| verdicts.iter().filter(|verdict| **verdict == wanted).count();
    let found = [Verdict::Allowed, Verdict::Conditional, Verdict::Denied].map(count);
    assert_eq!(found, [5, 1, 18]);
}
