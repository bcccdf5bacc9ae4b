//! A plan as JSON (`terraform show -json`). It may hold secrets in plain text: nothing of it is kept
//! but the roles that providers ask for, and values of variables that are not marked as sensitive.

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value as Json;

use super::evaluate::{CREDENTIALS, Scope, Value};
use super::json;
use super::provider::{credentials, passed};
use super::syntax::Expression;
use super::{Argument, Asked, AskedRole, Base, Blocks, Damage, Provider, Unknown};

/// What is said of every plan: nothing in it tells whether a provider has such blocks.
const DYNAMIC: &str = "a plan does not show `dynamic` blocks, so a provider may ask for more roles \
                       than it lists; the configuration itself (`--tf DIR`) does";

const SHOW: &str = "`terraform show -json PLANFILE > plan.json` writes a plan as JSON";

#[derive(Deserialize)]
struct Plan {
    format_version: Option<String>,
    resource_changes: Option<IgnoredAny>,
    planned_values: Option<IgnoredAny>,
    values: Option<IgnoredAny>,
    lineage: Option<IgnoredAny>,
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
    configuration: Option<Configuration>,
}

#[derive(Deserialize)]
struct Variable {
    /// `null` is a value as well.
    #[serde(default, deserialize_with = "present")]
    value: Option<Json>,
}

fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

#[derive(Deserialize, Default)]
struct Configuration {
    #[serde(default)]
    provider_config: BTreeMap<String, Block>,
    #[serde(default)]
    root_module: Module,
}

#[derive(Deserialize, Default)]
struct Module {
    #[serde(default)]
    variables: BTreeMap<String, Declared>,
    #[serde(default)]
    module_calls: BTreeMap<String, Call>,
}

#[derive(Deserialize)]
struct Declared {
    #[serde(default)]
    default: Json,
    #[serde(default)]
    sensitive: bool,
}

#[derive(Deserialize)]
struct Call {
    #[serde(default)]
    expressions: BTreeMap<String, Json>,
    #[serde(default)]
    module: Module,
}

#[derive(Deserialize)]
struct Block {
    name: Option<String>,
    full_name: Option<String>,
    alias: Option<String>,
    module_address: Option<String>,
    expressions: Option<Arguments>,
}

#[derive(Deserialize, Default)]
struct Arguments {
    access_key: Option<IgnoredAny>,
    secret_key: Option<IgnoredAny>,
    token: Option<IgnoredAny>,
    profile: Option<IgnoredAny>,
    shared_credentials_files: Option<IgnoredAny>,
    shared_config_files: Option<Json>,
    #[serde(default)]
    assume_role: Vec<BTreeMap<String, Json>>,
    #[serde(default)]
    assume_role_with_web_identity: Vec<WebIdentity>,
}

/// Without the token.
#[derive(Deserialize)]
struct WebIdentity {
    role_arn: Option<Json>,
    session_name: Option<Json>,
}

/// What a plan's providers ask for, and the values of the root module's variables. `file` is its
/// name for messages.
pub fn plan(file: &str, bytes: &[u8]) -> Result<(Blocks, BTreeMap<String, Json>), Damage> {
    let refused = |what: &str, hint| {
        Err(Damage::NoPlan { what: format!("`{file}` is no plan as JSON: {what}"), hint })
    };
    if bytes.starts_with(b"PK\x03\x04") {
        return refused("it is a plan file as `terraform plan -out` writes it", SHOW);
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return refused("it is no text", SHOW);
    };
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with("{\"@level\"") {
        return refused("it is the log that `terraform plan -json` prints", SHOW);
    }
    if !text.trim_start().starts_with('{') {
        return refused("it does not begin with `{`", SHOW);
    }
    let plan: Plan = serde_json::from_str(text).map_err(|error| json::damage(file, &error))?;
    let major = plan.format_version.as_deref().and_then(|version| version.split('.').next());
    if plan.resource_changes.is_none() && plan.planned_values.is_none() {
        let what = if plan.lineage.is_some() || plan.values.is_some() {
            "it is a state, which tells nothing of providers"
        } else if plan.format_version.is_some() {
            "it has no planned values"
        } else {
            "it has no `format_version`"
        };
        return refused(what, SHOW);
    }
    if !matches!(major, Some("0" | "1")) {
        let version = plan.format_version.unwrap_or_default();
        return refused(&format!("its format version is `{version}`, and 1 is understood"), SHOW);
    }
    let Some(configuration) = plan.configuration else {
        return refused("it has no `configuration`", SHOW);
    };
    let is_open = |name: &String| {
        configuration.root_module.variables.get(name).is_some_and(|declared| declared.sensitive)
    };
    let variables = plan.variables.into_iter().filter(|(name, _)| !is_open(name));
    let variables: BTreeMap<String, Json> =
        variables.filter_map(|(name, variable)| Some((name, variable.value?))).collect();
    let reading = Reading { root: &configuration.root_module, variables: &variables };
    let providers =
        configuration.provider_config.values().filter_map(|block| reading.provider(block));
    let blocks = Blocks {
        providers: providers.collect(),
        applying: None,
        cloud: None,
        not_read: vec![DYNAMIC.to_owned()],
    };
    Ok((blocks, variables))
}

struct Reading<'p> {
    root: &'p Module,
    variables: &'p BTreeMap<String, Json>,
}

/// An expression of a plan.
enum Term {
    Is(Value),
    /// It has these references; what is made of them, the plan does not say.
    Of(Vec<String>),
}

fn term(expression: &Json) -> Term {
    if let Some(value) = expression.get("constant_value") {
        let scope = Scope::new(&[], BTreeMap::new(), None);
        return Term::Is(scope.value(&json::plain(value, 0)));
    }
    let references = expression.get("references").and_then(Json::as_array).into_iter().flatten();
    Term::Of(references.filter_map(|it| it.as_str().map(str::to_owned)).collect())
}

impl Reading<'_> {
    fn provider(&self, block: &Block) -> Option<Provider> {
        let full = block.full_name.as_deref().or(block.name.as_deref())?;
        if full.rsplit('/').next() != Some("aws") {
            return None;
        }
        let module = block.module_address.as_deref().filter(|address| !address.is_empty());
        let none = Arguments::default();
        let arguments = match (&block.expressions, module) {
            (Some(arguments), _) => arguments,
            (None, None) => &none,
            // What a module only requires is no configuration of its own.
            (None, Some(_)) => return None,
        };
        Some(Provider {
            name: block.name.clone().unwrap_or_else(|| "aws".to_owned()),
            alias: block.alias.clone(),
            module: module.map(str::to_owned),
            place: None,
            base: self.base(arguments, module),
            chain: arguments.assume_role.iter().map(|role| self.asked(role, module)).collect(),
        })
    }

    fn base(&self, arguments: &Arguments, module: Option<&str>) -> Base {
        let Arguments { access_key, secret_key, token, profile, shared_credentials_files, .. } =
            arguments;
        if access_key.is_some() || secret_key.is_some() || token.is_some() {
            return Base::StaticKeys;
        }
        if let Some(web) = arguments.assume_role_with_web_identity.first() {
            let named = [("role_arn", &web.role_arn), ("session_name", &web.session_name)];
            let block = named
                .into_iter()
                .filter_map(|(name, value)| value.clone().map(|value| (name.to_owned(), value)));
            return Base::WebIdentity(Box::new(self.asked(&block.collect(), module)));
        }
        if profile.is_some() || shared_credentials_files.is_some() {
            return Base::Profile;
        }
        match arguments.shared_config_files.as_ref().map(term) {
            None => Base::Ambient,
            Some(Term::Is(_)) => Base::Profile,
            Some(Term::Of(references)) => {
                // In a module the name is that of whatever its call passes.
                let root = module.is_none();
                let known = only(&references).filter(|_| root).and_then(|reference| {
                    let rest = reference.strip_prefix("var.")?.strip_prefix(CREDENTIALS)?;
                    credentials(&steps(rest))
                });
                known.unwrap_or_else(|| Base::Unknown(references.join(", ")))
            }
        }
    }

    fn asked(&self, block: &BTreeMap<String, Json>, module: Option<&str>) -> Asked {
        let role = match block.get("role_arn").map(term) {
            Some(Term::Is(Value::Text(arn))) if !arn.is_empty() => AskedRole::Known(arn),
            Some(Term::Of(references)) => self.unknown(&references, module),
            _ => self.unknown(&[], module),
        };
        let mut passes = Vec::new();
        for argument in Argument::ALL {
            match block.get(argument.as_str()).map(term) {
                None => {}
                Some(Term::Is(value)) => passed(argument, value, &mut passes),
                Some(Term::Of(_)) => passed(argument, Value::open(), &mut passes),
            }
        }
        Asked { role, repeated: false, passes }
    }

    /// A reference may be all of the expression, or a part of a template whose other parts are lost.
    /// It is taken for likely where it is the only one and has the form of an ARN.
    fn unknown(&self, references: &[String], module: Option<&str>) -> AskedRole {
        let likely = only(references).and_then(|first| {
            let value = self.reference(first, module.unwrap_or_default())?;
            value
                .starts_with("arn:")
                .then(|| (value, format!("`{first}` in the plan, if the role is just that")))
        });
        let expression = match references {
            [] => "an expression that a plan does not show".to_owned(),
            [first, ..] => format!("something made of {first}"),
        };
        let expression = Expression::new(&expression, super::syntax::Form::Other).text;
        AskedRole::Unknown(Unknown { expression, pattern: "*".to_owned(), likely })
    }

    /// The text that a variable has in a module.
    fn reference(&self, reference: &str, module: &str) -> Option<String> {
        let rest = steps(reference.strip_prefix("var")?);
        let (name, rest) = rest.split_first()?;
        let mut value = if module.is_empty() {
            self.variables.get(name)?.clone()
        } else {
            self.argument(name, module)?
        };
        for step in rest {
            value = value.get_mut(step)?.take();
        }
        value.as_str().map(str::to_owned)
    }

    /// What the call of a module passes for a variable, or else its default.
    fn argument(&self, name: &str, module: &str) -> Option<Json> {
        let mut at = self.root;
        let mut call = None;
        for step in module.split('.').filter(|step| *step != "module") {
            let next = at.module_calls.get(step)?;
            call = Some(next);
            at = &next.module;
        }
        let declared = at.variables.get(name)?;
        match call?.expressions.get(name) {
            _ if declared.sensitive => None,
            Some(expression) => expression.get("constant_value").cloned(),
            None => Some(declared.default.clone()),
        }
    }
}

/// The reference of which all others are beginnings: the longest comes first.
fn only(references: &[String]) -> Option<&str> {
    let (first, others) = references.split_first()?;
    let begins = |other: &String| {
        first
            .strip_prefix(other.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('['))
    };
    others.iter().all(begins).then_some(first)
}

/// `.aliases["HUB"].file` as its steps.
fn steps(text: &str) -> Vec<String> {
    let mut steps = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (step, behind) = if first == '[' {
            let inner = rest.get(1..).unwrap_or_default();
            let (step, behind) = inner.split_once(']').unwrap_or((inner, ""));
            (step.trim_matches('"'), behind)
        } else {
            let inner = rest.strip_prefix('.').unwrap_or(rest);
            let end = inner.find(['.', '[']).unwrap_or(inner.len());
            inner.split_at(end)
        };
        if !step.is_empty() {
            steps.push(step.to_owned());
        }
        rest = behind;
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn references_are_steps() {
        assert_eq!(steps(".default.file"), ["default", "file"]);
        assert_eq!(steps(".aliases[\"H.UB\"].file"), ["aliases", "H.UB", "file"]);
        assert_eq!(steps("[0]"), ["0"]);
        assert!(steps("").is_empty());
    }
}
