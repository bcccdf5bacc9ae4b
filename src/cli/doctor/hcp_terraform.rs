//! Whether there is a token of HCP Terraform, found where Terraform's own tools look for one.
//! Whether the one that a crawl would use is valid is asked of its host.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::super::collect;
use super::{Check, named, open_to_others};
use crate::aws::FailureKind;
use crate::collect::hcp;
use crate::config::Config;

const ID: &str = "hcp-terraform";
pub(super) const TOKEN: &str = "hcp-terraform-token";

/// What there is to look at.
pub(super) struct Places {
    /// Names of variables in the environment that are not empty.
    pub(super) variables: BTreeSet<String>,
    /// The command line's configuration: `TF_CLI_CONFIG_FILE`, else `~/.terraformrc`.
    pub(super) configuration: Option<PathBuf>,
    /// What `terraform login` writes.
    pub(super) credentials: Option<PathBuf>,
}

pub(super) fn check() -> Check {
    let variables = std::env::vars_os()
        .filter(|(_, value)| !value.is_empty())
        .filter_map(|(name, _)| name.into_string().ok())
        .collect();
    let home = etcetera::home_dir().ok();
    let below_home = |name: &str| home.as_ref().map(|home| home.join(name));
    let typed = std::env::var_os("TF_CLI_CONFIG_FILE").filter(|path| !path.is_empty());
    found(&Places {
        variables,
        configuration: typed.map(PathBuf::from).or_else(|| below_home(".terraformrc")),
        credentials: below_home(".terraform.d/credentials.tfrc.json"),
    })
}

/// Whether the tokens that a crawl would use are valid, by asking whose they are: one check a host.
pub(super) async fn tokens(config: &Config) -> Vec<Check> {
    let hosts = match collect::hcp(config, &[], &[]) {
        Ok(hosts) => hosts,
        Err(error) => {
            let fix = "mend it, or leave HCP Terraform out with `--no-tfc`";
            return vec![Check::failed(TOKEN, error.message, fix)];
        }
    };
    let mut checks = Vec::new();
    for read in &hosts.read {
        checks.push(token(&read.access).await);
    }
    for host in &hosts.without_token {
        checks.push(Check::failed(
            TOKEN,
            format!("there is none for {host}, which the configuration file names"),
            format!("make one: `terraform login {host}`"),
        ));
    }
    if checks.is_empty() {
        checks.push(Check::skipped(TOKEN, "there is none for a host that is read"));
    }
    checks
}

async fn token(access: &hcp::Access) -> Check {
    let host = &access.host;
    match hcp::whoami(access).await {
        Ok(user) => Check::ok(TOKEN, format!("{host} knows it as {user}")),
        Err(failure) if failure.kind == FailureKind::ExpiredCredentials => Check::failed(
            TOKEN,
            format!("{host} refuses the token of {}", access.source),
            format!("make a new one: `terraform login {host}`"),
        ),
        Err(failure) => Check::failed(
            TOKEN,
            format!("{}: {failure}", access.address),
            "check network, proxy and host (`tfc_hosts`, `TFE_ADDRESS`)",
        ),
    }
}

pub(super) fn found(places: &Places) -> Check {
    let mut sources: Vec<String> = Vec::new();
    for name in &places.variables {
        if let Some(host) = host_of(name) {
            sources.push(format!("{host} from the variable `{name}`"));
        }
    }
    if places.variables.contains("TFE_TOKEN") {
        sources.push("the variable `TFE_TOKEN`".to_owned());
    }
    if let Some(path) = &places.configuration
        && let Ok(text) = std::fs::read_to_string(path)
    {
        let hosts = text.lines().filter_map(block);
        sources.extend(hosts.map(|host| format!("{host} from {}", named(path))));
    }
    let mut problem = None;
    if let Some(path) = &places.credentials {
        match logged_in(path) {
            Ok(hosts) => {
                sources.extend(hosts.iter().map(|host| format!("{host} from {}", named(path))));
                let open = std::fs::metadata(path).is_ok_and(|metadata| open_to_others(&metadata));
                if open && !hosts.is_empty() {
                    let found = format!("others may read {}", named(path));
                    problem = Some((found, format!("chmod 600 {}", path.display())));
                }
            }
            Err(found) => problem = Some((found, "`terraform login` writes it".to_owned())),
        }
    }
    let tokens = match sources.as_slice() {
        [] => "no token found: HCP Terraform is not read".to_owned(),
        sources => format!("token present: {}", sources.join("; ")),
    };
    match problem {
        Some((found, fix)) => Check::warning(ID, format!("{tokens}; {found}"), fix),
        None if sources.is_empty() => Check {
            fix: Some("`terraform login` makes one, or set `TF_TOKEN_app_terraform_io`".to_owned()),
            ..Check::skipped(ID, tokens)
        },
        None => Check::ok(ID, tokens),
    }
}

/// The host of `TF_TOKEN_app_terraform_io`: two underscores stand for a hyphen, one for a dot.
fn host_of(variable: &str) -> Option<String> {
    let host = variable.strip_prefix("TF_TOKEN_").filter(|host| !host.is_empty())?;
    Some(host.replace("__", "-").replace('_', "."))
}

/// The host of a line that begins a block `credentials "HOST" {`.
fn block(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("credentials")?.trim_start();
    rest.strip_prefix('"')?.split_once('"').map(|(host, _)| host)
}

/// Hosts for which the file holds a token. A file that is not there holds none.
fn logged_in(path: &Path) -> Result<Vec<String>, String> {
    #[derive(Deserialize)]
    struct File {
        #[serde(default)]
        credentials: std::collections::BTreeMap<String, Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        token: Option<IgnoredAny>,
    }
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{} can't be read: {error}", named(path))),
    };
    // The parser's own message may quote what it stumbled over.
    let file: File = serde_json::from_str(&text)
        .map_err(|error| format!("{} is damaged at line {}", named(path), error.line()))?;
    let with_token = file.credentials.into_iter().filter(|(_, entry)| entry.token.is_some());
    Ok(with_token.map(|(host, _)| host).collect())
}
