//! Trust policies.

use super::names::{COMPANY, ORGANIZATION, PLATFORM, REGION};

/// A trust policy with one statement.
fn trust(principal: &str, action: &str, condition: &str) -> String {
    let condition = if condition.is_empty() {
        String::new()
    } else {
        format!(r#","Condition":{{{condition}}}"#)
    };
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{principal},"Action":{action}{condition}}}]}}"#
    )
}

const ASSUME: &str = r#""sts:AssumeRole""#;
const WEB_IDENTITY: &str = r#""sts:AssumeRoleWithWebIdentity""#;

fn in_organization() -> String {
    format!(r#""StringEquals":{{"aws:PrincipalOrgID":"{ORGANIZATION}"}}"#)
}

/// The root of an account: whoever may there.
pub(crate) fn root(account: &str) -> String {
    format!(r#"{{"AWS":"arn:aws:iam::{account}:root"}}"#)
}

/// A service, sometimes only on behalf of its own account.
pub(crate) fn service(service: &str, own_account: Option<&str>) -> String {
    let principal = format!(r#"{{"Service":"{service}"}}"#);
    let condition = own_account.map_or_else(String::new, |account| {
        format!(r#""StringEquals":{{"aws:SourceAccount":"{account}"}}"#)
    });
    trust(&principal, ASSUME, &condition)
}

/// A service on behalf of one thing of its own account.
pub(crate) fn service_for(service: &str, source: &str) -> String {
    let principal = format!(r#"{{"Service":"{service}"}}"#);
    trust(&principal, ASSUME, &format!(r#""ArnLike":{{"aws:SourceArn":"{source}"}}"#))
}

/// Whoever may in an account.
pub(crate) fn account(account: &str) -> String {
    trust(&root(account), ASSUME, "")
}

/// Whoever may in an account and shows a second factor.
pub(crate) fn second_factor(account: &str) -> String {
    trust(&root(account), ASSUME, r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#)
}

/// Principals by their ARNs.
pub(crate) fn named(arns: &[String]) -> String {
    let principal = match arns {
        [arn] => format!(r#"{{"AWS":"{arn}"}}"#),
        _ => format!(r#"{{"AWS":["{}"]}}"#, arns.join(r#"",""#)),
    };
    trust(&principal, ASSUME, "")
}

/// Users who have just shown a second factor.
pub(crate) fn break_glass(users: &[String]) -> String {
    let principal = format!(r#"{{"AWS":["{}"]}}"#, users.join(r#"",""#));
    trust(
        &principal,
        ASSUME,
        r#""Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}"#,
    )
}

/// Somebody outside who knows the external ID.
pub(crate) fn vendor(account: &str, external_id: &str) -> String {
    trust(
        &root(account),
        ASSUME,
        &format!(r#""StringEquals":{{"sts:ExternalId":"{external_id}"}}"#),
    )
}

/// Identity Center.
pub(crate) fn permission_set(provider: &str) -> String {
    trust(
        &format!(r#"{{"Federated":"{provider}"}}"#),
        r#"["sts:AssumeRoleWithSAML","sts:TagSession"]"#,
        r#""StringEquals":{"SAML:aud":"https://signin.aws.amazon.com/saml"}"#,
    )
}

fn token(account: &str, issuer: &str, audience: &str, subjects: &str) -> String {
    trust(
        &format!(r#"{{"Federated":"arn:aws:iam::{account}:oidc-provider/{issuer}"}}"#),
        WEB_IDENTITY,
        &format!(
            r#""StringEquals":{{"{issuer}:aud":"{audience}"}},"StringLike":{{"{issuer}:sub":{subjects}}}"#
        ),
    )
}

/// Runs of HCP Terraform; each subject is project, workspace and phase.
pub(crate) fn workspaces(account: &str, subjects: &[(&str, &str, &str)]) -> String {
    let subjects: Vec<String> = subjects
        .iter()
        .map(|(project, workspace, phase)| {
            format!(
                r#""organization:{COMPANY}:project:{project}:workspace:{workspace}:run_phase:{phase}""#
            )
        })
        .collect();
    let subjects = match subjects.as_slice() {
        [one] => one.clone(),
        more => format!("[{}]", more.join(",")),
    };
    token(account, "app.terraform.io", "aws.workload.identity", &subjects)
}

/// Every workspace of the platform in one phase.
pub(crate) fn platform(account: &str, phase: &str) -> String {
    workspaces(account, &[(PLATFORM, "*", phase)])
}

/// Jobs of a repository on GitHub; `job` is the end of the subject.
pub(crate) fn repository(account: &str, name: &str, job: &str) -> String {
    let issuer = "token.actions.githubusercontent.com";
    token(account, issuer, "sts.amazonaws.com", &format!(r#""repo:{COMPANY}/{name}:{job}""#))
}

/// A service account of a cluster.
pub(crate) fn cluster(account: &str, cluster: &str, namespace: &str, name: &str) -> String {
    let issuer = format!("oidc.eks.{REGION}.amazonaws.com/id/{cluster}");
    let subject = format!(r#""system:serviceaccount:{namespace}:{name}""#);
    token(account, &issuer, "sts.amazonaws.com", &subject)
}

/// The whole organization, in one of the two ways to write it.
pub(crate) fn whole_organization(with_key: bool) -> String {
    trust(if with_key { r#"{"AWS":"*"}"# } else { r#""*""# }, ASSUME, &in_organization())
}

/// Callers of this pattern, from everywhere or from one account.
pub(crate) fn caller_pattern(principal: &str, pattern: &str, in_the_organization: bool) -> String {
    let organization =
        if in_the_organization { format!("{},", in_organization()) } else { String::new() };
    let condition = format!(r#"{organization}"ArnLike":{{"aws:PrincipalArn":"{pattern}"}}"#);
    trust(principal, ASSUME, &condition)
}

/// Callers whose tag `team` is `value`, in the whole organization or in one account.
pub(crate) fn team(account: Option<&str>, value: &str) -> String {
    match account {
        Some(account) => trust(
            &root(account),
            ASSUME,
            &format!(r#""StringEquals":{{"aws:PrincipalTag/team":"{value}"}}"#),
        ),
        None => trust(
            r#"{"AWS":"*"}"#,
            ASSUME,
            &format!(
                r#""StringEquals":{{"aws:PrincipalOrgID":"{ORGANIZATION}","aws:PrincipalTag/team":"{value}"}}"#
            ),
        ),
    }
}
