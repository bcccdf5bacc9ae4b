//! From what was typed and configured to how accounts are entered.

use std::collections::BTreeMap;

use crate::arn::AccountId;
use crate::aws::IdentityCenter;
use crate::cli::error::CliError;
use crate::cli::request::Request;
use crate::cli::{args, caller};
use crate::collect::{Entry, Options, ReadHcp, Via, hcp};
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

/// HCP Terraform, where there is a token for it. What was typed wins over the configuration.
pub(crate) fn hcp(
    config: &Config,
    host: Option<&str>,
    organizations: &[String],
) -> Result<Option<ReadHcp>, CliError> {
    let named = host.is_some() || !organizations.is_empty();
    let host = host.or(config.tfc_host.as_deref()).map(str::to_owned);
    let access = hcp::find(&hcp::Wanted { host: host.clone() })
        .map_err(|error| CliError::input(error).hint("`--no-tfc` leaves HCP Terraform alone"))?;
    let organizations = [organizations, &config.tfc_organizations]
        .into_iter()
        .find(|names| !names.is_empty())
        .unwrap_or_default()
        .to_vec();
    match access {
        Some(access) => Ok(Some(ReadHcp { access, organizations })),
        None if named => {
            let host = host.unwrap_or_else(|| "app.terraform.io".to_owned());
            Err(CliError::input(format!("there is no token for {host}"))
                .hint(format!("`terraform login {host}` makes one")))
        }
        None => Ok(None),
    }
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
