//! AWS names: account ids, partitions, ARNs and what they say about a principal.
//!
//! Everything here parses, prints and compares text. Nothing does I/O, and nothing knows
//! whether the named thing exists.

pub mod glob;
pub(crate) mod shared;
pub(crate) mod short;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a text is not an AWS name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NameError {
    /// Account ids have exactly twelve digits.
    #[error("`{0}` is not an account id: twelve digits are expected")]
    AccountId(String),
    /// The text lacks the six colon-separated parts of an ARN.
    #[error("`{0}` is not an ARN: `arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE` is expected")]
    Arn(String),
    /// The partition is none that AWS has.
    #[error(
        "`{0}` is not an AWS partition: aws, aws-cn, aws-us-gov, aws-eusc or aws-iso, -iso-b, -iso-e, -iso-f is expected"
    )]
    Partition(String),
}

/// A twelve-digit AWS account id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct AccountId(u64);

impl FromStr for AccountId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let valid = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        valid
            .then(|| text.parse().ok())
            .flatten()
            .map(Self)
            .ok_or_else(|| NameError::AccountId(text.to_owned()))
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl Serialize for AccountId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AccountId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A partition of AWS. Principals and roles of different partitions never meet in one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Partition {
    /// The commercial Regions.
    #[default]
    Aws,
    /// China.
    AwsCn,
    /// GovCloud (US).
    AwsUsGov,
    /// The European Sovereign Cloud.
    AwsEusc,
    /// Isolated Regions.
    AwsIso,
    /// Isolated Regions, B.
    AwsIsoB,
    /// Isolated Regions, E.
    AwsIsoE,
    /// Isolated Regions, F.
    AwsIsoF,
}

impl Partition {
    const ALL: [(Self, &'static str); 8] = [
        (Self::Aws, "aws"),
        (Self::AwsCn, "aws-cn"),
        (Self::AwsUsGov, "aws-us-gov"),
        (Self::AwsEusc, "aws-eusc"),
        (Self::AwsIso, "aws-iso"),
        (Self::AwsIsoB, "aws-iso-b"),
        (Self::AwsIsoE, "aws-iso-e"),
        (Self::AwsIsoF, "aws-iso-f"),
    ];

    /// The name as it stands in ARNs.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(partition, _)| *partition == self).map_or("aws", |(_, name)| name)
    }
}

impl FromStr for Partition {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::ALL
            .iter()
            .find(|(_, name)| *name == text)
            .map(|(partition, _)| *partition)
            .ok_or_else(|| NameError::Partition(text.to_owned()))
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Partition {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Partition {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The five colons that every ARN has cut it in six parts; the last keeps its own colons.
///
/// This splits without judging, so it serves for patterns too. `None` when a colon is missing.
pub fn split(text: &str) -> Option<[&str; 6]> {
    let mut found = [""; 6];
    let (last, first) = found.split_last_mut()?;
    let mut colons = memchr::memchr_iter(b':', text.as_bytes());
    let mut begin = 0;
    for part in first {
        let colon = colons.next()?;
        *part = text.get(begin..colon)?;
        begin = colon + 1;
    }
    *last = text.get(begin..)?;
    Some(found)
}

/// A well-formed ARN of a known partition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Arn {
    text: Box<str>,
    partition: Partition,
    account: Option<AccountId>,
}

impl Arn {
    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The partition.
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// The account, `None` where the ARN has none (`arn:aws:iam::aws:policy/…`).
    pub fn account(&self) -> Option<AccountId> {
        self.account
    }

    /// The service part, e.g. `iam`.
    pub fn service(&self) -> &str {
        split(&self.text).map_or("", |parts| parts[2])
    }

    /// Everything after the fifth colon, e.g. `role/path/name`.
    pub fn resource(&self) -> &str {
        split(&self.text).map_or("", |parts| parts[5])
    }

    /// What kind of principal the ARN names, `None` where it names none.
    pub fn principal(&self) -> Option<PrincipalName<'_>> {
        let account = self.account?;
        let resource = self.resource();
        match self.service() {
            "iam" => {
                if resource == "root" {
                    return Some(PrincipalName::Account(account));
                }
                let (kind, rest) = resource.split_once('/')?;
                let (path, name) = split_path(rest);
                match kind {
                    "role" => Some(PrincipalName::Role { account, path, name }),
                    "user" => Some(PrincipalName::User { account, path, name }),
                    "oidc-provider" => Some(PrincipalName::OidcProvider { account, url: rest }),
                    "saml-provider" => Some(PrincipalName::SamlProvider { account, name: rest }),
                    _ => None,
                }
            }
            "sts" => {
                let (kind, rest) = resource.split_once('/')?;
                match kind {
                    "assumed-role" => {
                        let (role, session) = rest.split_once('/')?;
                        Some(PrincipalName::Session { account, role, session })
                    }
                    "federated-user" => Some(PrincipalName::FederatedUser { account, name: rest }),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// `a/b/name` as the path `/a/b/` and the name.
fn split_path(rest: &str) -> (String, &str) {
    match rest.rsplit_once('/') {
        Some((path, name)) => (format!("/{path}/"), name),
        None => ("/".to_owned(), rest),
    }
}

/// A principal as its ARN names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalName<'a> {
    /// A whole account (`…:root`), not only its root user.
    Account(AccountId),
    /// An IAM user; `path` begins and ends with `/`.
    User {
        /// The user's account.
        account: AccountId,
        /// `/` or `/a/b/`.
        path: String,
        /// The name without the path.
        name: &'a str,
    },
    /// A role; `path` begins and ends with `/`.
    Role {
        /// The role's account.
        account: AccountId,
        /// `/` or `/a/b/`.
        path: String,
        /// The name without the path.
        name: &'a str,
    },
    /// A role session. The role's path is not part of this kind of ARN.
    Session {
        /// The role's account.
        account: AccountId,
        /// The role's name.
        role: &'a str,
        /// The session's name.
        session: &'a str,
    },
    /// A session of GetFederationToken.
    FederatedUser {
        /// The account of the user who asked for it.
        account: AccountId,
        /// Its name.
        name: &'a str,
    },
    /// An IAM OIDC provider.
    OidcProvider {
        /// The provider's account.
        account: AccountId,
        /// The issuer's URL without `https://`.
        url: &'a str,
    },
    /// An IAM SAML provider.
    SamlProvider {
        /// The provider's account.
        account: AccountId,
        /// Its name.
        name: &'a str,
    },
}

impl FromStr for Arn {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let malformed = || NameError::Arn(text.to_owned());
        let parts = split(text).ok_or_else(malformed)?;
        let [prefix, partition, service, _, account, resource] = parts;
        if prefix != "arn" || service.is_empty() || resource.is_empty() {
            return Err(malformed());
        }
        let account = match account {
            "" | "aws" => None,
            digits => Some(digits.parse()?),
        };
        Ok(Self { text: text.into(), partition: partition.parse()?, account })
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Arn {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for Arn {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The ARN of an IAM entity: `kind` is `role`, `user`, `group` or `policy`; `path` as IAM
/// stores it, `/` or `/a/b/`.
pub fn iam(partition: Partition, account: AccountId, kind: &str, path: &str, name: &str) -> String {
    format!("arn:{partition}:iam::{account}:{kind}{path}{name}")
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]
mod tests {
    use super::*;

    #[test]
    fn account_ids_have_twelve_digits() {
        assert_eq!("000000000001".parse::<AccountId>().unwrap().to_string(), "000000000001");
        for bad in ["", "1", "1234567890123", "12345678901a", "+12345678901"] {
            assert!(bad.parse::<AccountId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn arns_name_principals() {
        let principal = |text: &str| {
            let arn: Arn = text.parse().unwrap();
            format!("{:?}", arn.principal())
        };
        assert!(principal("arn:aws:iam::111111111111:root").contains("Account"));
        assert!(
            principal("arn:aws:iam::111111111111:role/a/b/c")
                .contains("path: \"/a/b/\", name: \"c\"")
        );
        assert!(
            principal("arn:aws:iam::111111111111:user/ann").contains("path: \"/\", name: \"ann\"")
        );
        assert!(
            principal("arn:aws:sts::111111111111:assumed-role/R/ci")
                .contains("role: \"R\", session: \"ci\"")
        );
        assert!(
            principal("arn:aws:iam::111111111111:oidc-provider/a.b/id/X")
                .contains("url: \"a.b/id/X\"")
        );
        assert_eq!(principal("arn:aws:s3:::bucket"), "None");
    }

    #[test]
    fn malformed_arns_are_refused_with_what_was_expected() {
        for bad in [
            "",
            "role/x",
            "arn:aws:iam",
            "arn:aws:iam::123:role/x",
            "arn:mars:iam::111111111111:role/x",
        ] {
            assert!(bad.parse::<Arn>().unwrap_err().to_string().contains("expected"), "{bad}");
        }
    }
}
