//! The configuration file: what a person sets once.
//!
//! TOML in the XDG config directory, or where `--config` says. Unknown keys are errors, so that
//! a typing mistake never silently changes what is answered. Flags win over the file.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
use serde::Deserialize;
use thiserror::Error;

/// What the file may set.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The database; a relative path starts at the file's directory.
    pub database: Option<PathBuf>,
    /// Roles to read member accounts with, tried in order.
    #[serde(default)]
    pub role_names: Vec<String>,
    /// The external id that their trust policies ask for.
    pub external_id: Option<String>,
    /// Reads member accounts through IAM Identity Center: the `sso-session`.
    pub sso_session: Option<String>,
    /// The permission set for it.
    pub sso_role: Option<String>,
    /// Hosts of HCP Terraform or Terraform Enterprise.
    #[serde(default)]
    pub tfc_hosts: Vec<String>,
    /// The same where it is one.
    pub tfc_host: Option<String>,
    /// Their organizations, `HOST/NAME` of others than the first host; all that the token sees
    /// where none of a host is named.
    #[serde(default)]
    pub tfc_organizations: Vec<String>,
    /// Accounts that are read in another way, by id.
    #[serde(default)]
    pub accounts: BTreeMap<String, OneAccount>,
    /// What issues the tokens of hosts of one's own: the id of an issuer by the provider's URL
    /// without scheme. URLs of Terraform Enterprise and of GitLab tell nothing.
    #[serde(default)]
    pub issuers: BTreeMap<String, String>,
    /// The theme of the screens.
    pub theme: Option<String>,
    /// Whether marks and lines keep to ASCII.
    #[serde(default)]
    pub ascii: bool,
    /// Groups of selectors by the name that stands behind `@`.
    #[serde(default)]
    pub groups: BTreeMap<String, Vec<String>>,
}

/// How one account is read, where that differs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneAccount {
    /// The roles to read it with, tried in order.
    #[serde(default)]
    pub role_names: Vec<String>,
    /// The external id that they ask for.
    pub external_id: Option<String>,
    /// The AWS profile whose credentials are this account's; no role is assumed then.
    pub profile: Option<String>,
}

/// Why the configuration can't be used.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file was asked for and can't be read.
    #[error("the configuration file `{path}` can't be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not TOML, or sets what can't be set.
    #[error("the configuration file `{path}` can't be used:\n{message}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong, with the line.
        message: String,
    },
}

impl Config {
    /// Reads `typed`, or else the file in its usual place, where a missing one sets nothing.
    pub fn load(typed: Option<&Path>) -> Result<Self, ConfigError> {
        let usual = usual_file();
        let Some(path) = typed.or(usual.as_deref()) else { return Ok(Self::default()) };
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, path),
            Err(error) if error.kind() == io::ErrorKind::NotFound && typed.is_none() => {
                Ok(Self::default())
            }
            Err(source) => Err(ConfigError::Unreadable { path: path.to_owned(), source }),
        }
    }

    fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let invalid = |message: String| ConfigError::Invalid { path: path.to_owned(), message };
        let mut config: Self =
            toml::from_str(text).map_err(|error| invalid(error.to_string().trim_end().into()))?;
        for name in config.groups.keys() {
            let usable = !name.is_empty()
                && name.chars().all(|char| char.is_alphanumeric() || "-_.".contains(char));
            if !usable {
                return Err(invalid(format!(
                    "`{name}` can't name a group: letters, digits, `-`, `_` and `.` can"
                )));
            }
        }
        for (url, id) in &config.issuers {
            if crate::issuer::by_id(id).is_none() {
                let known: Vec<&str> = crate::issuer::of_hosts().map(|it| it.id.as_str()).collect();
                return Err(invalid(format!(
                    "`{id}`, for `{url}`, is no issuer; hosts of one's own have {}",
                    known.join(", ")
                )));
            }
        }
        if let Some(database) = &mut config.database {
            *database = path.parent().unwrap_or(Path::new("")).join(&*database);
        }
        Ok(config)
    }
}

/// The file that is read when none is named; `None` where there is no home directory.
pub fn usual_file() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.config_dir().join("rolewalk").join("config.toml"))
}

/// The database that is used when none is named; `None` where there is no home directory.
pub fn usual_database() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(base.data_dir().join("rolewalk").join("rolewalk.db"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn everything_can_be_set_and_paths_start_at_the_file() {
        let text = "database = 'facts.db'\nrole_names = ['a', 'b']\ntheme = 'light'\nascii = true\n\
                    external_id = 'e'\n[accounts.000000000001]\nprofile = 'audit'\n\
                    [groups]\nprod = ['ou:/Prod/**', '!account:prod-web']\n";
        let config = Config::parse(text, Path::new("/etc/rolewalk/config.toml")).unwrap();
        assert_eq!(config.database.as_deref(), Some(Path::new("/etc/rolewalk/facts.db")));
        assert_eq!(config.role_names, ["a", "b"]);
        assert!(config.ascii);
        assert_eq!(config.accounts["000000000001"].profile.as_deref(), Some("audit"));
        assert_eq!(config.groups.get("prod").map(Vec::len), Some(2));
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_line() {
        let error =
            Config::parse("\ndatabse = 'x'\n", Path::new("c.toml")).unwrap_err().to_string();
        assert!(error.contains("c.toml") && error.contains("line 2"), "{error}");
        assert!(error.contains("databse") && error.contains("database"), "{error}");
    }

    #[test]
    fn issuers_are_named_by_their_ids() {
        let parse = |id: &str| {
            Config::parse(&format!("[issuers]\n'git.acme.example' = '{id}'\n"), Path::new("c.toml"))
        };
        assert_eq!(parse("gitlab-server").unwrap().issuers["git.acme.example"], "gitlab-server");
        let error = parse("gitlabb").unwrap_err().to_string();
        assert!(error.contains("`gitlabb`") && error.contains("gitlab-server"), "{error}");
    }

    #[test]
    fn group_names_fit_the_selector_grammar() {
        let error = Config::parse("[groups]\n'a b' = []\n", Path::new("c.toml")).unwrap_err();
        assert!(error.to_string().contains("`a b`"), "{error}");
    }
}
