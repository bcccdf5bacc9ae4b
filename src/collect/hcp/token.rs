//! Where HCP Terraform is, and the token for it, found as Terraform's own tools find them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use crate::org::hcp::{DEFAULT_HOST, OWN_HOSTS};

/// What somebody chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Hosts by name, with or without `https://`. Without any, that of the environment and HCP
    /// Terraform's own, as far as there are tokens for them.
    pub hosts: Vec<String>,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Hosts with tokens, in the order in which they were named; else that of the environment and
    /// HCP Terraform's own.
    pub hosts: Vec<Access>,
    /// Hosts that were named and have no token.
    pub without_token: Vec<String>,
    /// Other hosts that there are tokens for, which nobody named. They may serve something else
    /// than Terraform Enterprise, e.g. a registry of modules.
    pub others: Vec<String>,
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
        "`{0}` is no host of HCP Terraform or Terraform Enterprise: a name such as `tfe.example.com` is expected, with its port if that is not 443"
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
    /// The names of all variables.
    variables: &'a [String],
    home: Option<PathBuf>,
}

/// The hosts that are meant, with the tokens for them.
pub fn find(wanted: &Wanted) -> Result<Found, TokenError> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let variables: Vec<String> =
        std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()).collect();
    let home = etcetera::home_dir().ok();
    find_in(wanted, &Surroundings { variable: &variable, variables: &variables, home })
}

/// A host as it stands in the tokens of runs, from what people type: `https://tfe.example.com/`
/// too.
pub fn host(typed: &str) -> Result<String, TokenError> {
    Place::of(typed).map(|place| place.host)
}

/// A host, and where it is asked.
struct Place {
    host: String,
    address: String,
}

impl Place {
    fn of(typed: &str) -> Result<Self, TokenError> {
        let wrong = || TokenError::Host(shown(typed).to_owned());
        let (scheme, rest) = match typed.trim().split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("https".to_owned(), typed.trim()),
        };
        let host = normal(rest.trim_end_matches('/')).ok_or_else(wrong)?;
        let address = format!("{scheme}://{host}");
        // Without encryption only this machine is asked.
        let fits = scheme == "https" || scheme == "http" && is_here(&address);
        fits.then_some(Self { host, address }).ok_or_else(wrong)
    }
}

fn find_in(wanted: &Wanted, around: &Surroundings<'_>) -> Result<Found, TokenError> {
    let variable = around.variable;
    let usual = || {
        let address = variable("TFE_ADDRESS").map(|address| checked(&address)).transpose()?;
        let named = address
            .as_deref()
            .and_then(host_of)
            .map(str::to_owned)
            .or_else(|| variable("TFE_HOSTNAME"))
            .or_else(|| variable("TF_CLOUD_HOSTNAME"));
        Ok(named.into_iter().chain(OWN_HOSTS.map(str::to_owned)).collect())
    };
    let asked: Vec<String> = if wanted.hosts.is_empty() { usual()? } else { wanted.hosts.clone() };
    let mut found = Found::default();
    let mut seen = BTreeSet::new();
    for typed in asked {
        let place = Place::of(&typed)?;
        if !seen.insert(place.host.clone()) {
            continue;
        }
        let host = place.host.clone();
        match access(place, !wanted.hosts.is_empty(), around)? {
            Some(access) => found.hosts.push(access),
            None if !wanted.hosts.is_empty() => found.without_token.push(host),
            None => {}
        }
    }
    found.others = mentioned(around).into_iter().filter(|host| !seen.contains(host)).collect();
    Ok(found)
}

/// The token of one host; `None` where there is none. Whether somebody `named` it counts where
/// something on this machine may stand in for it.
fn access(
    place: Place,
    named: bool,
    around: &Surroundings<'_>,
) -> Result<Option<Access>, TokenError> {
    let variable = around.variable;
    let Place { host, address: usual } = place;
    let address = variable("TFE_ADDRESS").map(|address| checked(&address)).transpose()?;
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
        && let Some(token) = of_host(configured(&path), &host)
    {
        return access(usual, format!("`{}`", path.display()), token);
    }
    if let Some(path) = below_home(".terraform.d/credentials.tfrc.json")
        && let Some(token) = of_host(logged_in(&path)?, &host)
    {
        return access(usual, format!("`{}`", path.display()), token);
    }
    // This one names no host: it is for that of the other variables of its kind. Only what listens
    // on this machine may stand in for another host.
    let theirs = match &address {
        Some(address) if named && is_here(address) => Some(host.clone()),
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

/// All hosts that something that looks like a token is there for.
fn mentioned(around: &Surroundings<'_>) -> BTreeSet<String> {
    let mut found: BTreeSet<String> = BTreeSet::new();
    // A dot is one underscore there, a hyphen two.
    let of_variable = |name: &String| {
        let host = name.strip_prefix("TF_TOKEN_").filter(|host| !host.is_empty())?;
        (around.variable)(name)?;
        Some(host.replace("__", "-").replace('_', "."))
    };
    found.extend(around.variables.iter().filter_map(of_variable));
    let below_home = |name: &str| around.home.as_ref().map(|home| home.join(name));
    let typed = (around.variable)("TF_CLI_CONFIG_FILE").map(PathBuf::from);
    if let Some(path) = typed.or_else(|| below_home(".terraformrc")) {
        found.extend(configured(&path).into_iter().map(|(host, _)| host));
    }
    if let Some(path) = below_home(".terraform.d/credentials.tfrc.json") {
        // Where a damaged file is needed, that was said.
        found.extend(logged_in(&path).unwrap_or_default().into_iter().map(|(host, _)| host));
    }
    found.iter().filter_map(|host| normal(host)).collect()
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
    fits.then(|| address.to_owned()).ok_or_else(|| TokenError::Address(shown(address).to_owned()))
}

/// What stands before an `@` may be a password.
fn shown(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(_, host)| host)
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

/// The tokens of the blocks `credentials "HOST" { token = "…" }` of the command line's
/// configuration.
fn configured(path: &Path) -> Vec<(String, String)> {
    let Ok(text) = std::fs::read_to_string(path) else { return Vec::new() };
    let says = |line: &&str| !["#", "//"].iter().any(|mark| line.trim_start().starts_with(mark));
    let text: String = text.lines().filter(says).collect::<Vec<_>>().join("\n");
    let blocks = text.split("credentials").skip(1);
    let token = |block: &str| {
        let (name, rest) = block.trim_start().strip_prefix('"')?.split_once('"')?;
        let body = rest.trim_start().strip_prefix('{')?.split('}').next()?;
        let (_, value) = body.split_once("token")?;
        let value = value.trim_start().strip_prefix('=')?.trim_start().strip_prefix('"')?;
        let (token, _) = value.split_once('"')?;
        (!token.is_empty()).then(|| (name.to_owned(), token.to_owned()))
    };
    blocks.filter_map(token).collect()
}

/// What `terraform login` wrote.
fn logged_in(path: &Path) -> Result<Vec<(String, String)>, TokenError> {
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
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error.to_string())),
    };
    // The parser's own message may quote what it stumbled over.
    let file: File = serde_json::from_str(&text)
        .map_err(|error| failed(format!("it is damaged at line {}", error.line())))?;
    let token = |(host, entry): (String, Entry)| {
        entry.token.filter(|token| !token.is_empty()).map(|token| (host, token))
    };
    Ok(file.credentials.into_iter().filter_map(token).collect())
}

/// The token of a host among those of several.
fn of_host(tokens: Vec<(String, String)>, host: &str) -> Option<String> {
    tokens.into_iter().find_map(|(name, token)| name.eq_ignore_ascii_case(host).then_some(token))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    fn found(
        host: Option<&str>,
        variables: &[(&str, &str)],
        home: Option<&Path>,
    ) -> Result<Found, TokenError> {
        let variables: BTreeMap<&str, &str> = variables.iter().copied().collect();
        let variable = |name: &str| variables.get(name).map(|value| (*value).to_owned());
        let wanted = Wanted { hosts: host.map(str::to_owned).into_iter().collect() };
        let names: Vec<String> = variables.keys().map(|name| (*name).to_owned()).collect();
        let around =
            Surroundings { variable: &variable, variables: &names, home: home.map(Path::to_owned) };
        find_in(&wanted, &around)
    }

    /// The first host: that of the environment, where it names one.
    fn first(found: Result<Found, TokenError>) -> Result<Option<Access>, TokenError> {
        found.map(|found| found.hosts.into_iter().next())
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
            let access = first(found(host, &variables, here)).unwrap().unwrap();
            assert_eq!((&*access.token, &*access.address), (token, address), "{variables:?}");
            assert!(!format!("{access:?}").contains(token), "{access:?}");
        }
        assert_eq!(first(found(Some("nowhere.example.com"), &[], here)), Ok(None));
        // A host's own token never goes to an address that somebody else set.
        let own = [("TFE_ADDRESS", "https://evil.example.com"), ("TFE_TOKEN", "x")];
        let access = first(found(Some("app.terraform.io"), &own, here)).unwrap().unwrap();
        assert_eq!((&*access.token, &*access.address), ("from-login", "https://app.terraform.io"));
        // One that names no host is for the host of its own variables.
        let any = [("TFE_TOKEN", "x")];
        assert_eq!(first(found(Some("tfe2.example.com"), &any, None)), Ok(None));
        assert_eq!(
            found(None, &[("TF_CLOUD_HOSTNAME", "tfe2.example.com"), any[0]], None)
                .map(|found| found.hosts.iter().map(|each| each.host.clone()).collect()),
            Ok(vec!["app.terraform.io".to_owned()])
        );
        assert_eq!(first(found(Some("app.terraform.io"), &own, None)), Ok(None));
        assert!(first(found(None, &any, None)).unwrap().is_some());
        // Hosts are compared as they stand in tokens.
        for host in [
            "App.Terraform.IO",
            "app.terraform.io.",
            "app.terraform.io:443",
            "https://app.terraform.io/",
            "HTTPS://app.terraform.io:443",
        ] {
            let access = first(found(Some(host), &[], here)).unwrap().unwrap();
            assert_eq!(access.host, "app.terraform.io");
        }
        let commented = path.join("commented");
        std::fs::write(&commented, "# credentials \"a.example.com\" {\n#  token = \"old\"\n# }\n")
            .unwrap();
        let file = commented.display().to_string();
        let found = found(Some("a.example.com"), &[("TF_CLI_CONFIG_FILE", &file)], None);
        assert_eq!(first(found), Ok(None));
    }

    #[test]
    fn several_hosts_are_found_side_by_side() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".terraform.d")).unwrap();
        let file = home.path().join(".terraform.d/credentials.tfrc.json");
        std::fs::write(
            &file,
            r#"{"credentials": {"tfe.example.com:8443": {"token": "t"},
                "app.eu.terraform.io": {"token": "e"}, "modules.example.com": {"token": "m"}}}"#,
        )
        .unwrap();
        let here = Some(home.path());
        let hosts = |found: &Found| -> Vec<String> {
            found.hosts.iter().map(|each| each.address.clone()).collect()
        };
        let variables = [("TF_TOKEN_app_terraform_io", "a"), ("TF_TOKEN_tfe__b_example_com", "b")];
        let usual = found(None, &variables, here).unwrap();
        assert_eq!(hosts(&usual), ["https://app.terraform.io", "https://app.eu.terraform.io"]);
        // A token of a registry is no reason to ask it for workspaces.
        let others = ["modules.example.com", "tfe-b.example.com", "tfe.example.com:8443"];
        assert_eq!(usual.others, others);
        let with = [variables[0], ("TFE_HOSTNAME", "tfe-b.example.com"), variables[1]];
        let found_here = found(None, &with, None).unwrap();
        assert_eq!(hosts(&found_here), ["https://tfe-b.example.com", "https://app.terraform.io"]);
        let typed = ["https://tfe.example.com:8443/", "app.eu.terraform.io", "none.example.com"];
        let wanted = Wanted { hosts: typed.map(str::to_owned).to_vec() };
        let around = Surroundings {
            variable: &|_| None,
            variables: &[],
            home: Some(home.path().to_owned()),
        };
        let named = find_in(&wanted, &around).unwrap();
        assert_eq!(hosts(&named), ["https://tfe.example.com:8443", "https://app.eu.terraform.io"]);
        assert_eq!(named.without_token, ["none.example.com"]);
        assert_eq!(host("https://TFE.example.com:443/"), Ok("tfe.example.com".to_owned()));
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
        for host in ["a b", "a..b", ":", "-", "", "a:b", "http://a", "ftp://a", "https://a/b"] {
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
