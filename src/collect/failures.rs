//! What was not read, grouped by what to do about it.

use std::collections::BTreeMap;

use super::event::Gap;
use crate::arn::AccountId;
use crate::org::{NotRead, NotReadKind, hcp};

/// Gaps that one act would mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureGroup {
    /// The kind of failure.
    pub kind: NotReadKind,
    /// The call that failed, in the form of the permission that it needs.
    pub call: String,
    /// AWS's error code, where AWS answered.
    pub code: Option<String>,
    /// What was answered in the first of them.
    pub message: String,
    /// The accounts; none where it is the organization's, or HCP Terraform's.
    pub accounts: Vec<AccountId>,
    /// The host of HCP Terraform, where it is one's.
    pub host: Option<String>,
    /// Of these, accounts of which nothing was read.
    pub unread: usize,
    /// What somebody can do about it.
    pub next: String,
}

impl FailureGroup {
    /// Whose it is where it is no account's, for people.
    pub fn place(&self) -> String {
        self.host.as_deref().map_or_else(|| "the organization".to_owned(), hcp::place)
    }
}

/// Groups gaps; those first that cost most accounts.
pub(super) fn failures(gaps: &[Gap]) -> Vec<FailureGroup> {
    type Key<'a> = (&'static str, &'a str, Option<&'a str>, Option<&'a str>, Advice);
    let mut found: Vec<FailureGroup> = Vec::new();
    let mut places: BTreeMap<Key<'_>, usize> = BTreeMap::new();
    for gap in gaps {
        let not_read = &gap.not_read;
        let (code, message) = parts(not_read);
        let host = gap.host.as_deref();
        let advice = Advice::of(not_read, code, host.is_some());
        let (kind, call) = (not_read.kind, not_read.call.as_str());
        let place = *places.entry((kind.as_str(), call, code, host, advice)).or_insert_with(|| {
            found.push(FailureGroup {
                kind,
                call: call.to_owned(),
                code: code.map(str::to_owned),
                message: message.to_owned(),
                accounts: Vec::new(),
                host: host.map(str::to_owned),
                unread: 0,
                next: advice.text(call, host),
            });
            found.len() - 1
        });
        if let Some(group) = found.get_mut(place) {
            if let Some(account) = gap.account
                && !group.accounts.contains(&account)
            {
                group.accounts.push(account);
            }
            group.unread += usize::from(gap.whole && gap.account.is_some());
        }
    }
    for group in &mut found {
        group.accounts.sort_unstable();
    }
    found.sort_by_key(|group| std::cmp::Reverse((group.unread, group.accounts.len())));
    found
}

/// AWS's code and message, which a gap holds as one text.
fn parts(not_read: &NotRead) -> (Option<&str>, &str) {
    match not_read.message.split_once(": ") {
        Some((code, message))
            if !code.is_empty() && code.chars().all(|char| char.is_ascii_alphanumeric()) =>
        {
            (Some(code), message)
        }
        _ => (None, &not_read.message),
    }
}

/// What can be done, told apart as finely as what AWS says allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Advice {
    Deploy,
    AllowCaller,
    ControlPolicy,
    CallersControlPolicy,
    Boundary,
    ExplicitDeny,
    Assign,
    AllowRead,
    AllowOrganization,
    Region,
    Nothing,
    Again,
    SlowDown,
    Network,
    Credentials,
    Token,
    Team,
    Organization,
    Message,
}

impl Advice {
    fn of(not_read: &NotRead, code: Option<&str>, of_hcp: bool) -> Self {
        let says = |text: &str| not_read.message.contains(text);
        let code = code.unwrap_or_default();
        match not_read.kind {
            NotReadKind::Denied | NotReadKind::Failed
                if of_hcp
                    && (says("sees no organization") || not_read.call == "GET organization") =>
            {
                Self::Organization
            }
            NotReadKind::Denied if of_hcp => Self::Team,
            NotReadKind::Failed if of_hcp && code == "401" => Self::Token,
            NotReadKind::NotCollected => Self::Again,
            NotReadKind::Suspended => Self::Nothing,
            NotReadKind::Throttled => Self::SlowDown,
            NotReadKind::Unreachable => Self::Network,
            // An SCP caps the caller's account, an RCP the role's.
            NotReadKind::Denied
                if says("service control policy") && not_read.call.starts_with("sts:") =>
            {
                Self::CallersControlPolicy
            }
            NotReadKind::Denied if says("service control policy") => Self::ControlPolicy,
            NotReadKind::Denied if says("resource control policy") => Self::ControlPolicy,
            NotReadKind::Denied if says("permissions boundary") => Self::Boundary,
            NotReadKind::Denied if says("explicit deny") => Self::ExplicitDeny,
            NotReadKind::Denied if not_read.call.starts_with("sso:") => Self::Assign,
            NotReadKind::Denied if not_read.call.starts_with("sts:") => {
                // AWS names the side that is missing where it is the caller's own.
                if says("no identity-based policy allows") {
                    Self::AllowCaller
                } else {
                    Self::Deploy
                }
            }
            NotReadKind::Denied if not_read.call.starts_with("organizations:") => {
                Self::AllowOrganization
            }
            NotReadKind::Denied => Self::AllowRead,
            NotReadKind::Malformed => Self::Message,
            NotReadKind::Failed if code == "RegionDisabledException" => Self::Region,
            NotReadKind::Failed if code.contains("Token") || code.contains("Expired") => {
                Self::Credentials
            }
            NotReadKind::Failed => Self::Message,
        }
    }

    fn text(self, call: &str, host: Option<&str>) -> String {
        match self {
            Self::Deploy => "the read role is missing there or does not trust the caller: deploy it \
                             (`rolewalk permissions` prints it), or name one that exists with `--role-name`"
                .to_owned(),
            Self::AllowCaller => {
                format!("allow the caller `{call}` on the read role (`rolewalk permissions` prints the policy)")
            }
            Self::ControlPolicy => {
                format!("a control policy stops `{call}` there: exempt the read role from it")
            }
            Self::CallersControlPolicy => format!(
                "a service control policy of the caller's own account (with `--via`, of the first \
                 hop's) stops `{call}`: exempt the caller from it"
            ),
            Self::Boundary => {
                format!("a permissions boundary stops `{call}`: allow it there as well")
            }
            Self::ExplicitDeny => format!("a policy denies `{call}`: find the statement and exempt the reader"),
            Self::Assign => "assign the permission set in these accounts, or read them with a role".to_owned(),
            Self::AllowRead => {
                format!("allow the read role `{call}` (`rolewalk permissions` prints its policy)")
            }
            Self::AllowOrganization => format!(
                "allow `{call}` in the management account or in that of a delegated administrator"
            ),
            Self::Region => {
                "the Region is not active for these accounts' STS: choose another with `--region`".to_owned()
            }
            Self::Nothing => "nothing: such an account cannot be read".to_owned(),
            Self::Again => "collect again with `--resume`".to_owned(),
            Self::SlowDown => {
                "collect again with `--resume`, later or with a lower `--concurrency`".to_owned()
            }
            Self::Network => {
                let endpoint = if host.is_some() { "the host's name" } else { "Region and `AWS_ENDPOINT_URL`" };
                format!("check network, proxy, {endpoint}, then collect again with `--resume`")
            }
            Self::Credentials => {
                "renew the credentials, then collect again with `--resume`".to_owned()
            }
            Self::Token => {
                let host = host.unwrap_or(hcp::DEFAULT_HOST);
                format!(
                    "make a new token (`terraform login {host}`), or leave HCP Terraform out with \
                     `--no-tfc`"
                )
            }
            Self::Organization => {
                "check the name (`--tfc-org`), the host (`--tfc-host`), and whose token it is".to_owned()
            }
            Self::Team => {
                "let the token's team read it: its runs, variables, variable sets or projects"
                    .to_owned()
            }
            Self::Message => "see the message, then collect again with `--resume`".to_owned(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn gap(account: &str, call: &str, kind: NotReadKind, message: &str) -> Gap {
        Gap {
            account: Some(account.parse().unwrap()),
            host: None,
            whole: call.starts_with("sts:"),
            not_read: NotRead::new(call, kind, message),
        }
    }

    #[test]
    fn what_one_act_would_mend_is_one_group() {
        let denied = |account: &str, why: &str| {
            let message = format!(
                "AccessDenied: User: arn:aws:iam::111111111111:user/ann is not authorized to perform: \
                 sts:AssumeRole on resource: arn:aws:iam::{account}:role/rolewalk-read{why}"
            );
            gap(account, "sts:AssumeRole", NotReadKind::Denied, &message)
        };
        let scp = " with an explicit deny in a service control policy";
        let gaps = [
            gap("000000000009", "iam:ListSAMLProviders", NotReadKind::Denied, "AccessDenied: no"),
            denied("000000000001", ""),
            denied("000000000002", ""),
            denied("000000000003", scp),
            denied(
                "000000000004",
                " because no identity-based policy allows the sts:AssumeRole action",
            ),
            gap(
                "000000000005",
                "sts:AssumeRole",
                NotReadKind::Failed,
                "RegionDisabledException: STS",
            ),
            gap(
                "000000000006",
                "sts:AssumeRole",
                NotReadKind::Unreachable,
                "dispatch failure: timeout",
            ),
        ];
        let groups = failures(&gaps);
        assert_eq!(groups.len(), 6, "{groups:#?}");
        assert_eq!((groups[0].accounts.len(), groups[0].unread), (2, 2));
        assert_eq!(groups[0].code.as_deref(), Some("AccessDenied"));
        assert!(groups[0].next.contains("deploy"), "{}", groups[0].next);
        let of = |id: &str| {
            let id: AccountId = id.parse().unwrap();
            groups.iter().find(|group| group.accounts.contains(&id)).unwrap()
        };
        assert!(of("000000000003").next.contains("of the caller's own account"));
        assert!(of("000000000004").next.contains("allow the caller `sts:AssumeRole`"));
        assert!(of("000000000005").next.contains("--region"));
        assert_eq!(of("000000000006").code, None, "not AWS's words");
        let last = groups.last().unwrap();
        assert_eq!((last.call.as_str(), last.unread), ("iam:ListSAMLProviders", 0));
        assert!(last.next.contains("`iam:ListSAMLProviders`"), "the missing permission is named");
    }
}
