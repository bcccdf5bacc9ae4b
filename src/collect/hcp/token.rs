//! Where HCP Terraform is, and the token for it, found as Terraform's own tools find them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

/// The host of HCP Terraform.
const DEFAULT_HOST: &str = "app.terraform.io";

/// What somebody chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The host; without it that of the environment, else HCP Terraform's.
    pub host: Option<String>,
}

/// A host with a token for it. Its `Debug` form shows no token.
#[derive(Clone, PartialEq, Eq)]
pub struct Access {
    /// The host whose name stands in tokens of runs, e.g. `app.terraform.io`.
    pub host: String,
    /// Where it is asked: `https://` and the host, unless `TFE_ADDRESS` says otherwise.
    pub address: String,
    /// Where the token was found, for people.
    pub source: String,
    token: String,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("host", &self.host)
            .field("address", &self.address)
            .field("source", &self.source)
            .finish_non_exhaustive()
    }
}

impl Access {
    pub(super) fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

/// Why no token can be looked for.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenError {
    /// Not a host.
    #[error(
        "`{0}` is no host of Terraform Enterprise: a name such as `tfe.example.com` is expected"
    )]
    Host(String),
    /// An address that a token is not sent to.
    #[error("`TFE_ADDRESS` is `{0}`: an https URL is expected (http only on this machine)")]
    Address(String),
    /// A file that can't be used.
    #[error("the tokens in `{path}` can't be read: {message}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
}

/// What is looked at.
struct Surroundings<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    home: Option<PathBuf>,
}

/// The host that is meant with the token for it; `None` where there is no token.
pub fn find(wanted: &Wanted) -> Result<Option<Access>, TokenError> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    find_in(wanted, &Surroundings { variable: &variable, home: etcetera::home_dir().ok() })
}

fn find_in(wanted: &Wanted, around: &Surroundings<'_>) -> Result<Option<Access>, TokenError> {
    let variable = around.variable;
    let address = variable("TFE_ADDRESS").map(|address| checked(&address)).transpose()?;
    let host = wanted
        .host
        .clone()
        .or_else(|| address.as_deref().and_then(host_of).map(str::to_owned))
        .or_else(|| variable("TFE_HOSTNAME"))
        .or_else(|| variable("TF_CLOUD_HOSTNAME"))
        .unwrap_or_else(|| DEFAULT_HOST.to_owned());
    let host = normal(&host).ok_or(TokenError::Host(host))?;
    let usual = format!("https://{host}");
    let access = |address: String, source: String, token: String| {
        Ok(Some(Access { host: host.clone(), address, source, token: token.trim().to_owned() }))
    };
    // A token that is for a host goes to that host and nowhere else.
    for name in names(&host) {
        if let Some(token) = variable(&name) {
            return access(usual, format!("the variable `{name}`"), token);
        }
    }
    let below_home = |name: &str| around.home.as_ref().map(|home| home.join(name));
    let typed = variable("TF_CLI_CONFIG_FILE").map(PathBuf::from);
    if let Some(path) = typed.or_else(|| below_home(".terraformrc"))
        && let Some(token) = in_configuration(&path, &host)
    {
        return access(usual, format!("`{}`", path.display()), token);
    }
    if let Some(path) = below_home(".terraform.d/credentials.tfrc.json")
        && let Some(token) = in_credentials(&path, &host)?
    {
        return access(usual, format!("`{}`", path.display()), token);
    }
    // This one names no host: it is for that of the other variables of its kind. Only what listens
    // on this machine may stand in for another host.
    let theirs = match &address {
        Some(address) if is_here(address) => Some(host.clone()),
        Some(address) => host_of(address).and_then(normal),
        None => normal(&variable("TFE_HOSTNAME").unwrap_or_else(|| DEFAULT_HOST.to_owned())),
    };
    match variable("TFE_TOKEN").filter(|_| theirs.as_ref() == Some(&host)) {
        Some(token) => {
            access(address.unwrap_or(usual), "the variable `TFE_TOKEN`".to_owned(), token)
        }
        None => Ok(None),
    }
}

/// The variables that may hold the host's token: a dot is one underscore, a hyphen two, or itself.
fn names(host: &str) -> [String; 2] {
    let dotted = |host: String| format!("TF_TOKEN_{}", host.replace('.', "_"));
    [dotted(host.replace('-', "__")), dotted(host.to_owned())]
}

/// A host as it stands in the tokens of runs: lower case, without the port that is usual.
fn normal(host: &str) -> Option<String> {
    let host = host.to_ascii_lowercase();
    let (name, port) = host.split_once(':').unwrap_or((&host, "443"));
    let name = name.strip_suffix('.').unwrap_or(name);
    let fits = |label: &str| {
        let inner = |char: char| char.is_ascii_alphanumeric() || char == '-' || char == '_';
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(inner)
    };
    let port: u16 = port.parse().ok()?;
    let named = name.split('.').all(fits);
    named.then(|| if port == 443 { name.to_owned() } else { format!("{name}:{port}") })
}

/// An address that a token may be sent to.
fn checked(address: &str) -> Result<String, TokenError> {
    let address = address.trim_end_matches('/');
    let url = reqwest::Url::parse(address).ok();
    let fits = url.as_ref().is_some_and(|url| {
        let bare = url.username().is_empty() && url.password().is_none();
        let root = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        bare && root && (url.scheme() == "https" || (url.scheme() == "http" && is_here(address)))
    });
    // What stands before an `@` may be a password.
    let shown = address.rsplit_once('@').map_or(address, |(_, host)| host);
    fits.then(|| address.to_owned()).ok_or_else(|| TokenError::Address(shown.to_owned()))
}

/// Whether the address is of this machine.
fn is_here(address: &str) -> bool {
    let url = reqwest::Url::parse(address).ok();
    url.and_then(|url| url.host_str().map(|host| ["localhost", "127.0.0.1"].contains(&host)))
        .unwrap_or(false)
}

fn host_of(address: &str) -> Option<&str> {
    address.split_once("://").and_then(|(_, rest)| rest.split('/').next())
}

/// The token of a block `credentials "HOST" { token = "…" }` of the command line's configuration.
fn in_configuration(path: &Path, host: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let says = |line: &&str| !["#", "//"].iter().any(|mark| line.trim_start().starts_with(mark));
    let text: String = text.lines().filter(says).collect::<Vec<_>>().join("\n");
    let mut blocks = text.split("credentials").skip(1);
    blocks.find_map(|block| {
        let (name, rest) = block.trim_start().strip_prefix('"')?.split_once('"')?;
        let body = rest.trim_start().strip_prefix('{')?.split('}').next()?;
        let (_, value) = body.split_once("token")?;
        let value = value.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
        let (token, _) = value.split_once('"')?;
        (name.eq_ignore_ascii_case(host) && !token.is_empty()).then(|| token.to_owned())
    })
}

/// What `terraform login` wrote.
fn in_credentials(path: &Path, host: &str) -> Result<Option<String>, TokenError> {
    #[derive(Deserialize)]
    struct File {
        #[serde(default)]
        credentials: BTreeMap<String, Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        token: Option<String>,
    }
    let failed = |message: String| TokenError::File { path: path.to_owned(), message };
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error.to_string())),
    };
    // The parser's own message may quote what it stumbled over.
    let file: File = serde_json::from_str(&text)
        .map_err(|error| failed(format!("it is damaged at line {}", error.line())))?;
    let found = file.credentials.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(host));
    Ok(found.and_then(|(_, entry)| entry.token).filter(|token| !token.is_empty()))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn found(
        host: Option<&str>,
        variables: &[(&str, &str)],
        home: Option<&Path>,
    ) -> Result<Option<Access>, TokenError> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        let variable = |name: &str| variables.get(name).map(|value| (*value).to_owned());
        let wanted = Wanted { host: host.map(str::to_owned) };
        find_in(&wanted, &Surroundings { variable: &variable, home: home.map(Path::to_owned) })
    }

    #[test]
    fn tokens_are_found_where_terraform_finds_them() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path();
        std::fs::create_dir(path.join(".terraform.d")).unwrap();
        let file = path.join(".terraform.d/credentials.tfrc.json");
        std::fs::write(&file, r#"{"credentials": {"app.terraform.io": {"token": "from-login"}}}"#)
            .unwrap();
        std::fs::write(
            path.join(".terraformrc"),
            "plugin_cache_dir = \"x\"\ncredentials \"tfe.example.com\" {\n  token = \"from-file\"\n}\n",
        )
        .unwrap();
        let here = Some(path);
        for (host, variables, token, address) in [
            (None, vec![], "from-login", "https://app.terraform.io"),
            (None, vec![("TF_TOKEN_app_terraform_io", "own")], "own", "https://app.terraform.io"),
            (Some("tfe.example.com"), vec![], "from-file", "https://tfe.example.com"),
            (
                Some("tfe-prod.example.com"),
                vec![("TF_TOKEN_tfe__prod_example_com", "own")],
                "own",
                "https://tfe-prod.example.com",
            ),
            (
                None,
                vec![("TFE_HOSTNAME", "tfe.example.com")],
                "from-file",
                "https://tfe.example.com",
            ),
            (
                None,
                vec![("TFE_ADDRESS", "https://other.example.com/"), ("TFE_TOKEN", "any")],
                "any",
                "https://other.example.com",
            ),
            (
                Some("app.eu.terraform.io"),
                vec![("TFE_ADDRESS", "http://127.0.0.1:8000"), ("TFE_TOKEN", "any")],
                "any",
                "http://127.0.0.1:8000",
            ),
        ] {
            let access = found(host, &variables, here).unwrap().unwrap();
            assert_eq!((&*access.token, &*access.address), (token, address), "{variables:?}");
            assert!(!format!("{access:?}").contains(token), "{access:?}");
        }
        assert_eq!(found(Some("nowhere.example.com"), &[], here), Ok(None));
        // A host's own token never goes to an address that somebody else set.
        let own = [("TFE_ADDRESS", "https://evil.example.com"), ("TFE_TOKEN", "x")];
        let access = found(Some("app.terraform.io"), &own, here).unwrap().unwrap();
        assert_eq!((&*access.token, &*access.address), ("from-login", "https://app.terraform.io"));
        // One that names no host is for the host of its own variables.
        let any = [("TFE_TOKEN", "x")];
        assert_eq!(found(Some("tfe2.example.com"), &any, None), Ok(None));
        assert_eq!(
            found(None, &[("TF_CLOUD_HOSTNAME", "tfe2.example.com"), any[0]], None),
            Ok(None)
        );
        assert_eq!(found(Some("app.terraform.io"), &own, None), Ok(None));
        assert!(found(None, &any, None).unwrap().is_some());
        // Hosts are compared as they stand in tokens.
        for host in ["App.Terraform.IO", "app.terraform.io.", "app.terraform.io:443"] {
            let access = found(Some(host), &[], here).unwrap().unwrap();
            assert_eq!(access.host, "app.terraform.io");
        }
        let commented = path.join("commented");
        std::fs::write(&commented, "# credentials \"a.example.com\" {\n#  token = \"old\"\n# }\n")
            .unwrap();
        let file = commented.display().to_string();
        assert_eq!(found(Some("a.example.com"), &[("TF_CLI_CONFIG_FILE", &file)], None), Ok(None));
    }

    #[test]
    fn what_cannot_be_used_is_said() {
        for address in [
            "http://tfe.example.com",
            "tfe.example.com",
            "https://user:hunter2@host",
            "https://",
            "http://localhost:hunter2@127.0.0.2:80",
        ] {
            let error = found(None, &[("TFE_ADDRESS", address)], None).unwrap_err();
            assert!(matches!(error, TokenError::Address(_)), "{address}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        for host in ["a b", "a..b", ":", "-", "", "a:b", "https://a"] {
            assert!(matches!(found(Some(host), &[], None), Err(TokenError::Host(_))), "{host}");
        }
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".terraform.d")).unwrap();
        let file = home.path().join(".terraform.d/credentials.tfrc.json");
        std::fs::write(&file, "{\"credentials\": {\"app.terraform.io\": {\"token\": secret}}}")
            .unwrap();
        let error = found(None, &[], Some(home.path())).unwrap_err().to_string();
        assert!(error.contains("line 1") && !error.contains("secret"), "{error}");
    }
}
