//! What the server says: an organization of accounts that are all alike.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::server::Organization;

/// Accounts in a page of Organizations, as in AWS.
const PAGE: usize = 20;

pub struct Answer {
    pub content_type: &'static str,
    pub body: String,
    /// Whether it is one of the requests that each account takes.
    pub of_account: bool,
}

/// The id of an account, from 1, which is the management account.
pub fn account(number: usize) -> String {
    format!("2000{number:08}")
}

/// The answer to a request: to Organizations where it has a target, else to IAM or STS.
pub fn answer(organization: Organization, target: Option<&str>, key: &str, body: &str) -> Answer {
    if let Some(target) = target {
        let operation = target.rsplit('.').next().unwrap_or_default();
        let asked: Value = serde_json::from_str(body).unwrap_or_default();
        return Answer {
            content_type: "application/x-amz-json-1.1",
            body: organizations(organization, operation, &asked).to_string(),
            of_account: false,
        };
    }
    let field = |name: &str| {
        let pairs = body.split('&').filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(found, _)| *found == name).map_or("", |(_, value)| value)
    };
    let action = field("Action");
    let inner = match action {
        "AssumeRole" => assumed(field("RoleArn")),
        "GetCallerIdentity" => format!(
            "<Arn>arn:aws:iam::{key}:user/bench</Arn><UserId>AIDAEXAMPLE</UserId><Account>{key}</Account>"
        ),
        "GetAccountAuthorizationDetails" => details(organization, key),
        "ListRoles" => listed(organization, key),
        "ListOpenIDConnectProviders" => format!(
            "<OpenIDConnectProviderList><member><Arn>arn:aws:iam::{key}:oidc-provider/app.terraform.io</Arn></member></OpenIDConnectProviderList>"
        ),
        "GetOpenIDConnectProvider" => "<Url>app.terraform.io</Url><ClientIDList><member>aws.workload.identity</member></ClientIDList>".to_owned(),
        "ListSAMLProviders" => "<SAMLProviderList/>".to_owned(),
        "ListAccountAliases" => "<AccountAliases/><IsTruncated>false</IsTruncated>".to_owned(),
        other => panic!("`{other}` is not answered here"),
    };
    Answer {
        content_type: "text/xml",
        body: format!(
            "<{action}Response><{action}Result>{inner}</{action}Result></{action}Response>"
        ),
        of_account: action != "GetCallerIdentity",
    }
}

fn organizations(organization: Organization, operation: &str, asked: &Value) -> Value {
    let page = || {
        let start: usize =
            asked["NextToken"].as_str().and_then(|token| token.parse().ok()).unwrap_or(0);
        let end = (start + PAGE).min(organization.accounts);
        let accounts: Vec<Value> = (start + 1..=end)
            .map(|number| {
                json!({"Id": account(number), "Name": format!("account-{number}"), "Status": "ACTIVE", "State": "ACTIVE"})
            })
            .collect();
        let mut page = json!({"Accounts": accounts});
        if end < organization.accounts {
            page["NextToken"] = json!(end.to_string());
        }
        page
    };
    match operation {
        "DescribeOrganization" => json!({"Organization": {
            "Id": "o-bench", "MasterAccountId": account(1),
            "Arn": format!("arn:aws:organizations::{}:organization/o-bench", account(1)),
        }}),
        "ListRoots" => json!({"Roots": [{"Id": "r-1", "PolicyTypes": [
            {"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]}]}),
        "ListAccounts" | "ListAccountsForParent" => page(),
        "ListOrganizationalUnitsForParent" => json!({"OrganizationalUnits": []}),
        "ListPolicies" => json!({"Policies": [{"Id": "p-FullAWSAccess", "Name": "FullAWSAccess"}]}),
        "DescribePolicy" => json!({"Policy": {"Content":
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#}}),
        "ListTargetsForPolicy" => json!({"Targets": [{"TargetId": "r-1"}]}),
        "ListDelegatedAdministrators" => json!({"DelegatedAdministrators": []}),
        "ListTagsForResource" => json!({"Tags": [{"Key": "env", "Value": "bench"}]}),
        other => panic!("`{other}` is not answered here"),
    }
}

fn assumed(role: &str) -> String {
    let role = role.replace("%3A", ":").replace("%2F", "/");
    let account = role.split(':').nth(4).unwrap_or_default();
    format!(
        "<Credentials><AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>made-up</SecretAccessKey>\
         <SessionToken>made-up</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
         <AssumedRoleUser><AssumedRoleId>AROAEXAMPLE:rolewalk-collect</AssumedRoleId>\
         <Arn>arn:aws:sts::{account}:assumed-role/rolewalk-read/rolewalk-collect</Arn></AssumedRoleUser>"
    )
}

/// Percent-encoded, as IAM sends documents.
fn trust(account: &str) -> String {
    format!(
        "%7B%22Version%22%3A%222012-10-17%22%2C%22Statement%22%3A%5B%7B%22Effect%22%3A%22Allow%22%2C\
         %22Principal%22%3A%7B%22AWS%22%3A%22arn%3Aaws%3Aiam%3A%3A{account}%3Aroot%22%7D%2C\
         %22Action%22%3A%22sts%3AAssumeRole%22%7D%5D%7D"
    )
}

fn role(account: &str, number: usize) -> String {
    format!(
        "<Path>/</Path><RoleName>role-{number}</RoleName><RoleId>AROA{account}{number:04}</RoleId>\
         <Arn>arn:aws:iam::{account}:role/role-{number}</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
         <AssumeRolePolicyDocument>{}</AssumeRolePolicyDocument>",
        trust(account)
    )
}

fn details(organization: Organization, account: &str) -> String {
    let mut roles = String::new();
    for number in 0..organization.roles {
        let _ = write!(
            roles,
            "<member>{}<RolePolicyList/><AttachedManagedPolicies/><InstanceProfileList/></member>",
            role(account, number)
        );
    }
    format!(
        "<UserDetailList/><GroupDetailList/><RoleDetailList>{roles}</RoleDetailList><Policies/><IsTruncated>false</IsTruncated>"
    )
}

fn listed(organization: Organization, account: &str) -> String {
    let mut roles = String::new();
    for number in 0..organization.roles {
        let _ = write!(
            roles,
            "<member>{}<MaxSessionDuration>3600</MaxSessionDuration></member>",
            role(account, number)
        );
    }
    format!("<Roles>{roles}</Roles><IsTruncated>false</IsTruncated>")
}
