//! Which roles settings name: for tokens of runs, and for Vault to assume.

use std::collections::BTreeMap;

use super::precedence::Other;
use super::resolve::{Configuration, Phase, RoleSetting, Value, VaultBacked};

/// The default audience of HCP Terraform's tokens for AWS.
const AUDIENCE: &str = "aws.workload.identity";

/// Behind a switch this is no tag: `…_AUTH_TYPE` is a setting of its own.
const RESERVED: &str = "TYPE";

/// The tags under which `switch` is on; `None` is the untagged configuration. A sensitive switch
/// may be on.
fn tags(settings: &BTreeMap<String, Value>, switch: &str) -> Vec<Option<String>> {
    let mut tags = Vec::new();
    for (key, value) in settings {
        let Some(rest) = key.strip_prefix(switch) else { continue };
        let says_on = |value: Option<&str>| value.is_none_or(|it| it == "true");
        let otherwise = value.otherwise.as_ref();
        if !(says_on(value.value.as_deref()) || otherwise.is_some_and(|it| says_on(it.value()))) {
            continue;
        }
        match rest.strip_prefix('_') {
            None if rest.is_empty() => tags.push(None),
            Some(tag) if is_tag(tag) => tags.push(Some(tag.to_owned())),
            _ => {}
        }
    }
    tags
}

fn is_tag(text: &str) -> bool {
    let reserved = text == RESERVED || text.starts_with("TYPE_");
    let fits = text.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    !text.is_empty() && fits && !reserved
}

/// Whether a switch is on, or may be, under any tag.
pub(super) fn is_on(settings: &BTreeMap<String, Value>, switch: &str) -> bool {
    !tags(settings, switch).is_empty()
}

/// Dynamic credentials, one configuration for each tag.
pub(super) fn configurations(settings: &BTreeMap<String, Value>) -> Vec<Configuration> {
    let one = |tag: Option<String>| {
        let audience = match audience(settings, tag.as_deref()) {
            None => Some(AUDIENCE.to_owned()),
            Some((_, value)) if value.otherwise.is_some() => None,
            Some((_, value)) => value.value.clone(),
        };
        let [plan, apply] = Phase::ALL.map(|phase| role(settings, "AWS", tag.as_deref(), phase));
        Configuration { tag, audience, plan, apply }
    };
    tags(settings, "TFC_AWS_PROVIDER_AUTH").into_iter().map(one).collect()
}

/// The variable that sets the audience of a configuration.
pub(super) fn audience<'s>(
    settings: &'s BTreeMap<String, Value>,
    tag: Option<&str>,
) -> Option<(String, &'s Value)> {
    let names = [
        tagged("TFC_AWS_WORKLOAD_IDENTITY_AUDIENCE", tag),
        "TFC_DEFAULT_AWS_WORKLOAD_IDENTITY_AUDIENCE".to_owned(),
    ];
    names.into_iter().find_map(|name| settings.get(&name).map(|value| (name, value)))
}

/// What Vault assumes for runs, one for each tag.
pub(super) fn vault_backed(settings: &BTreeMap<String, Value>) -> Vec<VaultBacked> {
    let one = |tag: Option<String>| {
        let of = |phase| role(settings, "VAULT_BACKED_AWS", tag.as_deref(), phase);
        let [plan, apply] = Phase::ALL.map(of);
        VaultBacked { tag, plan, apply }
    };
    tags(settings, "TFC_VAULT_BACKED_AWS_AUTH").into_iter().map(one).collect()
}

/// The switches of dynamic credentials.
const SWITCHES: [&str; 3] =
    ["TFC_AWS_PROVIDER_AUTH", "TFC_VAULT_BACKED_AWS_AUTH", "TFC_HVS_BACKED_AWS_AUTH"];

/// Whether a variable switches dynamic credentials on, under some tag or none.
pub(super) fn is_switch(key: &str) -> bool {
    SWITCHES
        .iter()
        .filter_map(|switch| key.strip_prefix(switch))
        .any(|rest| rest.is_empty() || rest.strip_prefix('_').is_some_and(is_tag))
}

/// The switch of a configuration.
pub(super) fn switch(tag: Option<&str>) -> String {
    tagged("TFC_AWS_PROVIDER_AUTH", tag)
}

fn tagged(name: &str, tag: Option<&str>) -> String {
    tag.map_or_else(|| name.to_owned(), |tag| format!("{name}_{tag}"))
}

/// The variables that decide on the role of a phase: one, or two where it is not documented which
/// of them wins (rule H3). `family` is `AWS` or `VAULT_BACKED_AWS`.
pub(super) fn deciding(
    settings: &BTreeMap<String, Value>,
    family: &str,
    tag: Option<&str>,
    phase: Phase,
) -> Vec<String> {
    let name = phase.upper();
    let set = |key: String| settings.contains_key(&key).then_some(key);
    let own = set(tagged(&format!("TFC_{family}_{name}_ROLE_ARN"), tag));
    let default = set(format!("TFC_DEFAULT_{family}_{name}_ROLE_ARN"));
    let run = set(tagged(&format!("TFC_{family}_RUN_ROLE_ARN"), tag));
    let default_run = set(format!("TFC_DEFAULT_{family}_RUN_ROLE_ARN"));
    match (own, default, run) {
        (Some(own), ..) => vec![own],
        (None, Some(default), Some(run)) => {
            let value = |key: &String| settings.get(key).map(|it| (&it.value, &it.otherwise));
            if value(&default) == value(&run) { vec![run] } else { vec![run, default] }
        }
        (None, Some(one), None) | (None, None, Some(one)) => vec![one],
        (None, None, None) => default_run.into_iter().collect(),
    }
}

fn role(
    settings: &BTreeMap<String, Value>,
    family: &str,
    tag: Option<&str>,
    phase: Phase,
) -> RoleSetting {
    let keys = deciding(settings, family, tag, phase);
    let mut values: Vec<Option<&str>> = Vec::new();
    for value in keys.iter().filter_map(|key| settings.get(key)) {
        let otherwise = value.otherwise.as_ref().map(Other::value);
        for one in std::iter::once(value.value.as_deref()).chain(otherwise) {
            if !values.contains(&one) {
                values.push(one);
            }
        }
    }
    match values.as_slice() {
        [] => RoleSetting::Missing,
        [Some(arn)] => RoleSetting::Arn((*arn).to_owned()),
        [Some(one), Some(other)] => RoleSetting::Ambiguous((*one).to_owned(), (*other).to_owned()),
        // One that is sensitive, or too many to name.
        _ => RoleSetting::Hidden,
    }
}
