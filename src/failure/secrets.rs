//! Secrets that people paste together with an error.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

/// What stands in place of a secret.
const REDACTED: &str = "[redacted]";

/// The group `secret` is what goes; the rest of the match stays.
#[expect(clippy::expect_used, reason = "a constant pattern, which every test compiles")]
static SECRETS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(&PATTERNS.map(|pattern| format!("(?:{pattern})")).join("|"))
        .expect("the patterns compile")
});

const PATTERNS: [&str; 8] = [
    // A JWT, whole or cut off.
    r"(?P<a>eyJ[\w-]{10,}(?:\.[\w-]*){0,2})",
    // Access key ids, of users and of sessions.
    r"(?P<b>(?:AKIA|ASIA)[A-Z0-9]{16})",
    // Secret keys, which are told only by the word before them.
    r#"(?i:secret[\w-]*\\?["']?\s*(?:[:=>]|\s)\s*\\?["']?)(?P<c>[A-Za-z0-9/+=]{40,})"#,
    // Session tokens, by the word before them or by how they begin.
    r#"(?i:session[_-]?token|security[_-]?token)\\?["']?\s*(?:[:=>]|\s)\s*\\?["']?(?P<d>[A-Za-z0-9/+=]{60,})"#,
    r"(?P<e>(?:IQoJ|FwoG|FQoG|AQoD)[A-Za-z0-9/+=]{60,})",
    // MFA codes.
    r#"(?i:token[_-]?code|mfa[ _-]?code|one[ -]time (?:pass )?code)\\?["']?\s*(?:[:=>]|\s)\s*\\?["']?(?P<f>\d{6})\b"#,
    // Tokens of HCP Terraform and of GitHub.
    r"(?P<g>\w{14}\.atlasv1\.[\w-]{20,})",
    r"(?P<h>gh[pousr]_\w{30,}|github_pat_\w{30,})",
];

/// `text` without the secrets that are recognised in it: web identity tokens, access keys,
/// secret keys, session tokens, MFA codes, tokens of HCP Terraform and GitHub.
pub fn redact(text: &str) -> Cow<'_, str> {
    SECRETS.replace_all(text, |found: &Captures<'_>| replacement(found))
}

/// The expression, for those who have to keep track of places.
pub(super) fn expression() -> &'static Regex {
    &SECRETS
}

/// What a match becomes.
pub(super) fn replacement(found: &Captures<'_>) -> String {
    let whole = found.get(0).map_or("", |all| all.as_str());
    let secret = found.iter().skip(1).flatten().next().map_or(whole, |group| group.as_str());
    let kept = whole.strip_suffix(secret).unwrap_or_default();
    format!("{kept}{REDACTED}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_the_words_before_them_stay() {
        let key = format!("AKIA{}", "A1B2C3D4E5F6G7H8");
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        let token = format!("IQoJ{}", "b3JpZ2luX2VjE".repeat(8));
        for (text, expected) in [
            (format!("key {key}."), "key [redacted].".to_owned()),
            (format!("AWS_SECRET_ACCESS_KEY={secret}"), "AWS_SECRET_ACCESS_KEY=[redacted]".into()),
            (
                format!("\"SecretAccessKey\": \"{secret}\","),
                "\"SecretAccessKey\": \"[redacted]\",".into(),
            ),
            (format!("aws_session_token = {token}"), "aws_session_token = [redacted]".into()),
            (format!("x {token} y"), "x [redacted] y".into()),
            (
                "bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln-_x!".into(),
                "bearer [redacted]!".into(),
            ),
            ("cut eyJhbGciOiJSUzI1NiJ9".into(), "cut [redacted]".into()),
            ("--token-code 123456".into(), "--token-code [redacted]".into()),
        ] {
            assert_eq!(redact(&text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        let text =
            "arn:aws:sts::111111111111:assumed-role/Hub/AROA-run AIDAEXAMPLE0000000000 123456";
        assert!(matches!(redact(text), Cow::Borrowed(_)));
    }
}
