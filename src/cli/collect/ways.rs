//! From what was typed and configured to how accounts are entered.

use std::collections::BTreeMap;

use crate::arn::AccountId;
use crate::aws::IdentityCenter;
use crate::cli::error::CliError;
use crate::cli::request::Request;
use crate::cli::{args, caller};
use crate::collect::{Entry, Options, ReadHcp, Task, Via, hcp};
use crate::config::{Config, OneAccount};

/// The selectors of `--account` and of the lines of `--accounts-file`.
pub(super) fn accounts(typed: &args::Collect) -> Result<Vec<String>, CliError> {
    let mut all = typed.accounts.clone();
    if let Some(path) = &typed.accounts_file {
        let text = std::fs::read_to_string(path).map_err(|error| {
            CliError::input(format!(
                "the list of accounts `{}` can't be read: {error}",
                path.display()
            ))
        })?;
        let before = all.len();
        all.extend(
            text.lines()
                .map(|line| line.split_once('#').map_or(line, |(before, _)| before).trim())
                .filter(|line| !line.is_empty())
                .map(str::to_owned),
        );
        if all.len() == before {
            return Err(CliError::input(format!(
                "the list of accounts `{}` names none: one selector a line is expected",
                path.display()
            )));
        }
    }
    Ok(all)
}

/// What to crawl with. Flags win over the configuration file; `chosen` are selectors, of which
/// the ids of accounts are used where there is no organization to list them.
pub(crate) fn options(
    request: &Request,
    typed: &args::Ways,
    chosen: &[String],
) -> Result<Options, CliError> {
    let config = &request.config;
    let external_id = typed.external_id.clone().or_else(|| config.external_id.clone());
    let named = typed.sso_session.is_some() || !typed.role_names.is_empty();
    let center = match (&typed.sso_session, &typed.sso_role) {
        (Some(session), Some(role)) => Some((session, role)),
        _ if named => None,
        _ => config.sso_session.as_ref().zip(config.sso_role.as_ref()),
    };
    let entry = match center {
        Some((session, role)) => {
            Entry::IdentityCenter(IdentityCenter { session: session.clone(), role: role.clone() })
        }
        None => {
            let names = caller::role_names(&typed.role_names, config);
            Entry::Role { names, external_id: external_id.clone() }
        }
    };
    let mut exceptions = BTreeMap::new();
    for (id, account) in &config.accounts {
        let id: AccountId = id.parse().map_err(|error| {
            CliError::input(format!("`[accounts.{id}]` of the configuration file: {error}"))
        })?;
        if let Some(entry) = exception(&entry, account, external_id.as_deref()) {
            exceptions.insert(id, entry);
        }
    }
    Ok(Options {
        settings: caller::settings(&request.aws),
        entry,
        exceptions,
        session_name: typed.session_name.clone(),
        via: typed.via.clone().map(|role_arn| Via { role_arn, external_id }),
        accounts: chosen.iter().filter_map(|selector| selector.parse().ok()).collect(),
    })
}

/// Hosts of HCP Terraform and Terraform Enterprise.
#[derive(Debug, Clone, Default)]
pub(crate) struct Hosts {
    /// Those that can be read.
    pub(crate) read: Vec<ReadHcp>,
    /// Configured ones without a token.
    pub(crate) without_token: Vec<String>,
    /// Others that there are tokens for.
    pub(crate) others: Vec<String>,
}

impl Hosts {
    /// Their names.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.read.iter().map(|read| read.access.host.as_str())
    }

    /// Those that a task wants.
    pub(crate) fn wanted_by(mut self, task: &Task) -> Self {
        self.read.retain(|read| task.reads_host(&read.access.host));
        self
    }
}

/// HCP Terraform, as far as there are tokens for it. What was typed wins over the configuration.
pub(crate) fn hcp(
    config: &Config,
    hosts: &[String],
    organizations: &[String],
) -> Result<Hosts, CliError> {
    let wrong = |error| CliError::input(error).hint("`--no-tfc` leaves HCP Terraform alone");
    let (typed_hosts, typed_organizations) = (!hosts.is_empty(), !organizations.is_empty());
    let organizations =
        if typed_organizations { organizations } else { &*config.tfc_organizations };
    let mut wanted = if typed_hosts {
        hosts.to_vec()
    } else {
        config.tfc_hosts.iter().chain(&config.tfc_host).cloned().collect()
    };
    // `HOST/NAME`, and names of the first host.
    let (mut of_hosts, mut of_first) = (Vec::new(), Vec::new());
    for organization in organizations {
        match organization.trim_end_matches('/').rsplit_once('/') {
            Some((typed, name)) => {
                let host = hcp::host(typed).map_err(wrong)?;
                of_hosts.push((host, typed.to_owned(), name.to_owned()));
            }
            None => of_first.push(organization.clone()),
        }
    }
    // Only these organizations means only their hosts.
    if typed_organizations && !typed_hosts {
        if wanted.is_empty() {
            wanted.extend(usual_host());
        }
        wanted.truncate(usize::from(!of_first.is_empty()));
    }
    if typed_organizations || !wanted.is_empty() {
        for (host, typed, _) in &of_hosts {
            if !wanted.iter().any(|known| hcp::host(known).as_ref() == Ok(host)) {
                wanted.push(typed.clone());
            }
        }
    }
    let found = hcp::find(&hcp::Wanted { hosts: wanted.clone() }).map_err(wrong)?;
    if let Some(host) = found.without_token.first()
        && (typed_hosts || typed_organizations)
    {
        return Err(CliError::input(format!("there is no token for {host}"))
            .hint(format!("`terraform login {host}` makes one")));
    }
    let first = match wanted.first() {
        Some(host) => Some(hcp::host(host).map_err(wrong)?),
        None => found.hosts.first().map(|access| access.host.clone()),
    };
    let read = |access: hcp::Access| {
        let own = of_hosts.iter().filter(|(host, ..)| *host == access.host);
        let mut organizations: Vec<String> = own.map(|(.., name)| name.clone()).collect();
        if Some(&access.host) == first.as_ref() {
            organizations.extend(of_first.iter().cloned());
        }
        ReadHcp { access, organizations }
    };
    Ok(Hosts {
        read: found.hosts.into_iter().map(read).collect(),
        without_token: found.without_token,
        others: found.others,
    })
}

/// The host that organizations without one are of, where none is named.
fn usual_host() -> Option<String> {
    let found = hcp::find(&hcp::Wanted::default()).ok()?;
    let first = found.hosts.into_iter().next().map(|access| access.host);
    first.or_else(|| Some("app.terraform.io".to_owned()))
}

fn exception(usual: &Entry, account: &OneAccount, external_id: Option<&str>) -> Option<Entry> {
    if let Some(profile) = &account.profile {
        return Some(Entry::Profile(profile.clone()));
    }
    if account.role_names.is_empty() && account.external_id.is_none() {
        return None;
    }
    let names = match usual {
        _ if !account.role_names.is_empty() => account.role_names.clone(),
        Entry::Role { names, .. } => names.clone(),
        Entry::IdentityCenter(_) | Entry::Profile(_) => Vec::new(),
    };
    let external_id = account.external_id.clone().or_else(|| external_id.map(str::to_owned));
    Some(Entry::Role { names, external_id })
}
