//! Messages of the catalogue, and how tools print them.

use std::fmt::Write as _;

use super::super::Tool;

pub(super) const CALLER: &str =
    "arn:aws:sts::111111111111:assumed-role/tf-hub/terraform-run-run-Abc123";
pub(super) const ROLE: &str = "arn:aws:iam::222222222222:role/platform/tf-member";
pub(super) const POLICY: &str =
    "arn:aws:organizations::333333333333:policy/o-exampleorg/service_control_policy/p-abcd1234";
pub(super) const REQUEST: &str = "0a1b2c3d-1111-2222-3333-444455556666";

/// Ids with a code, a message and the operation that gives it.
pub(super) fn messages() -> Vec<(&'static str, &'static str, String, &'static str)> {
    let base =
        format!("User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}");
    let web = "AssumeRoleWithWebIdentity";
    let mut all = vec![
        ("E01", "AccessDenied", base.clone(), "AssumeRole"),
        (
            "E32",
            "AccessDenied",
            format!(
                "User: arn:aws:sts::111111111111:assumed-role/tf-hub/token-file-web-identity is not authorized to perform: sts:TagSession on resource: {ROLE}"
            ),
            "AssumeRole",
        ),
    ];
    for (id, reason) in [
        ("E02", "because no identity-based policy allows the sts:AssumeRole action"),
        ("E03", "because no resource-based policy allows the sts:AssumeRole action"),
        ("E04", "because no role trust policy allows the sts:AssumeRole action"),
        ("E05", "because no permissions boundary allows the sts:AssumeRole action"),
        ("E06", "because no session policy allows the sts:AssumeRole action"),
        ("E07", "because no service control policy allows the sts:AssumeRole action"),
        ("E08", "because no VPC endpoint policy allows the sts:AssumeRole action"),
        ("E09", "because no resource control policy allows the sts:AssumeRole action"),
        ("E10", "with an explicit deny in an identity-based policy"),
        ("E11", "with an explicit deny in a resource-based policy"),
        ("E11", "with an explicit deny in the role trust policy"),
        ("E12", "with an explicit deny in a service control policy"),
        ("E13", "with an explicit deny in a resource control policy"),
        ("E14", "with an explicit deny in a permissions boundary"),
        ("E15", "with an explicit deny in a sessions policy"),
        ("E15", "with an explicit deny in a session policy"),
        (
            "E16",
            "with an explicit deny in a VPC endpoint policy transitively through a service control policy",
        ),
        ("E17", "with an explicit deny"),
    ] {
        all.push((id, "AccessDenied", format!("{base} {reason}"), "AssumeRole"));
    }
    for (id, code, message, operation) in [
        ("E20", "AccessDenied", "Roles may not be assumed by root accounts.", "AssumeRole"),
        (
            "E21",
            "AccessDenied",
            "MultiFactorAuthentication failed with invalid MFA one time pass code.",
            "AssumeRole",
        ),
        (
            "E22",
            "AccessDenied",
            "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user.",
            "AssumeRole",
        ),
        (
            "E23",
            "AccessDenied",
            "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code.",
            "AssumeRole",
        ),
        ("E24", "AccessDenied", "Not authorized to perform sts:AssumeRole", "AssumeRole"),
        (
            "E25",
            "AccessDenied",
            "Cannot call GetSessionToken with session credentials",
            "GetSessionToken",
        ),
        (
            "E26",
            "AccessDenied",
            "The source identity is already set for this assume role session",
            "AssumeRole",
        ),
        (
            "E27",
            "InvalidParameterValue",
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.",
            "AssumeRole",
        ),
        ("E30", "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", web),
        (
            "E31",
            "AccessDenied",
            "Not authorized to perform sts:AssumeRoleWithSAML",
            "AssumeRoleWithSAML",
        ),
        ("E33", "InvalidIdentityToken", "Incorrect token audience", web),
        (
            "E34",
            "InvalidIdentityToken",
            "No OpenIDConnect provider found in your account for https://app.terraform.io",
            web,
        ),
        (
            "E35",
            "InvalidIdentityToken",
            "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation for requirements",
            web,
        ),
        (
            "E36",
            "InvalidIdentityToken",
            "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
            web,
        ),
        (
            "E37",
            "InvalidIdentityToken",
            "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)",
            web,
        ),
        ("E38", "InvalidIdentityToken", "Token signature is invalid", web),
        ("E39", "InvalidIdentityToken", "Missing a required claim: aud", web),
        (
            "E40",
            "ExpiredTokenException",
            "Token expired: current date/time 1700000100 must be before the expiration date/time 1700000000",
            web,
        ),
        ("E40", "InvalidIdentityToken", "Token too old: 90000", web),
        ("E41", "IDPCommunicationError", "We could not reach your issuer", web),
        ("E42", "IDPRejectedClaim", "The claim was revoked", web),
        (
            "E43",
            "ExpiredToken",
            "The security token included in the request is expired",
            "AssumeRole",
        ),
        (
            "E44",
            "InvalidClientTokenId",
            "The security token included in the request is invalid.",
            "AssumeRole",
        ),
        (
            "E45",
            "SignatureDoesNotMatch",
            "Signature expired: 20260101T000000Z is now earlier than 20260101T001500Z (20260101T002000Z - 5 min.)",
            "AssumeRole",
        ),
        ("E46", "InvalidIdentityToken", "Specified provider doesn't exist", "AssumeRoleWithSAML"),
        (
            "E50",
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
            "AssumeRole",
        ),
        (
            "E51",
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
            "AssumeRole",
        ),
        (
            "E52",
            "ValidationError",
            "1 validation error detected: Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
            "AssumeRole",
        ),
        ("E53", "ValidationError", "role/tf-member is invalid", "AssumeRole"),
        (
            "E54",
            "PackedPolicyTooLarge",
            "Packed policy consumes 117% of allotted space, please use smaller policy.",
            "AssumeRole",
        ),
        ("E55", "MalformedPolicyDocument", "Syntax errors in policy.", "AssumeRole"),
        (
            "E56",
            "RegionDisabledException",
            "STS is not activated in this region for account:222222222222. Your account administrator can activate STS in this region using the IAM Console.",
            "AssumeRole",
        ),
        ("E57", "Throttling", "Rate exceeded", "AssumeRole"),
        ("E58", "OptInRequired", "You are not subscribed", "AssumeRole"),
        (
            "E59",
            "InvalidIdentityToken",
            "The target role ARN is not present in the roles claim",
            web,
        ),
        ("unknown", "SomethingNew", "The moon is in the wrong phase", "AssumeRole"),
    ] {
        all.push((id, code, message.to_owned(), operation));
    }
    all
}

pub(super) type Wrap = fn(&str, &str, &str) -> String;

/// Wrapper id, the tool that is recognised, and how it prints code, operation and message.
pub(super) const WRAPS: [(&str, Tool, Wrap); 8] = [
    ("W1", Tool::AwsCli, |code, operation, message| {
        format!(
            "\naws: [ERROR]: An error occurred ({code}) when calling the {operation} operation (reached max retries: 2): {message}\n"
        )
    }),
    ("W2", Tool::SdkGoV2, go_v2),
    ("W9", Tool::SdkGoV2, |code, operation, message| {
        format!(
            "failed to refresh cached credentials, failed to retrieve credentials, {}",
            go_v2(code, operation, message)
        )
    }),
    ("W7", Tool::Xml, |code, _, message| {
        let message = message.replace('\'', "&apos;").replace('"', "&quot;");
        format!(
            "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\n  <Error>\n    <Type>Sender</Type>\n    <Code>{code}</Code>\n    <Message>{message}</Message>\n  </Error>\n  <RequestId>{REQUEST}</RequestId>\n</ErrorResponse>"
        )
    }),
    ("W8", Tool::Cloudtrail, |code, operation, message| {
        serde_json::json!({"Records": [{
            "eventSource": "sts.amazonaws.com", "eventName": operation, "errorCode": code,
            "errorMessage": message, "requestID": REQUEST,
            "userIdentity": {"type": "AssumedRole", "arn": CALLER},
            "requestParameters": {"roleArn": ROLE, "roleSessionName": "x"},
        }]})
        .to_string()
    }),
    ("W10", Tool::GithubActions, |code, operation, message| {
        format!("##[error]Could not assume role with OIDC: {}", go_v2(code, operation, message))
    }),
    ("T1", Tool::Terraform, |code, operation, message| terraform("", code, operation, message)),
    ("T2", Tool::Terraform, |code, operation, message| {
        terraform(" with web identity token", code, operation, message)
    }),
];

pub(super) fn go_v2(code: &str, operation: &str, message: &str) -> String {
    format!(
        "operation error STS: {operation}, exceeded maximum number of attempts, 3, https response error StatusCode: 403, RequestID: {REQUEST}, api error {code}: {message}"
    )
}

pub(super) fn terraform(kind: &str, code: &str, operation: &str, message: &str) -> String {
    let text = format!(
        "Error: Cannot assume IAM Role\n\n  with provider[\"registry.terraform.io/hashicorp/aws\"],\n  on main.tf line 3, in provider \"aws\":\n   3: provider \"aws\" {{\n\nIAM Role ({ROLE}) cannot be assumed{kind}.\n\nThere are a number of possible causes of this - the most common are:\n  * The credentials used in order to assume the role are invalid\n  * The credentials do not have appropriate permission to assume the role\n  * The role ARN is not valid\n\nError: {}\n",
        go_v2(code, operation, message)
    );
    format!("╷\n{}╵\n", boxed(&text, 78))
}

/// As Terraform draws it: wrapped at words, with a bar and colours.
pub(super) fn boxed(text: &str, width: usize) -> String {
    let mut shown = String::new();
    for line in text.lines() {
        let mut row = String::new();
        for word in line.split(' ') {
            if row.len() + word.len() >= width {
                let _ = writeln!(shown, "\u{1b}[31m│\u{1b}[0m \u{1b}[0m{row}");
                row.clear();
            }
            if !row.is_empty() {
                row.push(' ');
            }
            row.push_str(word);
        }
        let _ = writeln!(shown, "\u{1b}[31m│\u{1b}[0m \u{1b}[0m{row}");
    }
    shown
}
