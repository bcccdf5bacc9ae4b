//! What an expression comes out as, where its texts alone say so (rule H11).

use std::cell::Cell;
use std::collections::BTreeMap;

use super::syntax::{Block, Expression, Form, Part};
use super::types::Type;

/// How deep values may refer to each other: a local that refers to itself does so without end.
const DEEPEST: usize = 64;
/// How much of one module is evaluated before the rest counts as unknown.
const BUDGET: usize = 200_000;
/// Longer texts name no role.
const LONGEST: usize = 1 << 16;
/// The variable that HCP Terraform hands to every run with dynamic credentials.
pub(super) const CREDENTIALS: &str = "tfc_aws_dynamic_credentials";

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Text(String),
    List(Vec<Value>),
    Object(Vec<(String, Value)>),
    /// Something in what HCP Terraform hands to the run, by its steps.
    Credentials(Vec<String>),
    Open(Open),
}

/// A value that the texts don't tell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Open {
    /// The parts that they do tell, with `*` for the others.
    pub(super) pattern: String,
    /// What it is unless somebody sets something else, and what says so.
    pub(super) likely: Option<(Box<Value>, String)>,
}

impl Value {
    pub(super) fn open() -> Self {
        Self::Open(Open { pattern: "*".to_owned(), likely: None })
    }

    fn likely(value: Self, why: String) -> Self {
        Self::Open(Open { pattern: "*".to_owned(), likely: Some((Box::new(value), why)) })
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What stands in it behind these steps.
    fn at(&self, steps: &[String]) -> Self {
        let Some((step, rest)) = steps.split_first() else { return self.clone() };
        let inner = match self {
            Self::Object(entries) => {
                entries.iter().rev().find(|(key, _)| key == step).map(|(_, value)| value)
            }
            Self::List(items) => step.parse().ok().and_then(|at: usize| items.get(at)),
            Self::Credentials(known) => {
                return Self::Credentials([known.as_slice(), steps].concat());
            }
            Self::Open(Open { likely: Some((value, why)), .. }) => {
                return match value.at(steps) {
                    Self::Open(_) => Self::open(),
                    value => Self::likely(value, why.clone()),
                };
            }
            Self::Null | Self::Text(_) | Self::Open(_) => None,
        };
        inner.map_or_else(Self::open, |inner| inner.at(rest))
    }
}

/// What names mean in one module.
pub(super) struct Scope<'m> {
    /// Its blocks.
    pub(super) blocks: &'m [Block],
    /// Values that are certain: the arguments of its call, for the root module those of a plan.
    pub(super) given: BTreeMap<String, Value>,
    /// For the root module values in files, each with the file's name; `None` for others.
    pub(super) files: Option<&'m BTreeMap<String, (Expression, String)>>,
    /// Whether the run applies; `None` where that is not told apart.
    pub(super) applying: Option<bool>,
    /// What the iterators of `dynamic` blocks stand for.
    pub(super) bound: Vec<(String, Value)>,
    budget: Cell<usize>,
}

/// What a module says of a variable.
struct Declared<'m> {
    default: Option<&'m Expression>,
    of: Type,
    /// Whether `null` is a value of it; `None` where an expression says so.
    nullable: Option<bool>,
    /// Whether its value is not to be shown.
    secret: bool,
}

impl<'m> Declared<'m> {
    fn new(block: &'m Block) -> Self {
        let of = block.attribute("type").map(|of| of.literal().map_or(Type::Unclear, Type::new));
        let switch = |name: &str, otherwise: bool| match block.attribute(name) {
            None => Some(otherwise),
            Some(value) => match value.literal() {
                Some("true") => Some(true),
                Some("false") => Some(false),
                _ => None,
            },
        };
        let shown = |name: &str| switch(name, false) == Some(false);
        Self {
            default: block.attribute("default"),
            of: of.unwrap_or(Type::Any),
            nullable: switch("nullable", true),
            secret: !(shown("sensitive") && shown("ephemeral")),
        }
    }
}

impl Default for Declared<'_> {
    fn default() -> Self {
        Self { default: None, of: Type::Any, nullable: Some(true), secret: false }
    }
}

impl<'m> Scope<'m> {
    pub(super) fn new(
        blocks: &'m [Block],
        given: BTreeMap<String, Value>,
        files: Option<&'m BTreeMap<String, (Expression, String)>>,
    ) -> Self {
        let (applying, bound) = (None, Vec::new());
        Self { blocks, given, files, applying, bound, budget: Cell::new(BUDGET) }
    }

    /// The same in a run that applies, or that does not.
    pub(super) fn in_run(self, applying: Option<bool>) -> Self {
        Self { applying, ..self }
    }

    /// The same with an iterator that stands for a value.
    pub(super) fn with(&self, name: &str, value: Value) -> Self {
        let mut bound = self.bound.clone();
        bound.push((name.to_owned(), value));
        Self { given: self.given.clone(), bound, budget: self.budget.clone(), ..*self }
    }

    pub(super) fn value(&self, expression: &Expression) -> Value {
        self.evaluate(expression, 0)
    }

    fn evaluate(&self, expression: &Expression, depth: usize) -> Value {
        let left = self.budget.get();
        if depth > DEEPEST || left == 0 {
            return Value::open();
        }
        self.budget.set(left - 1);
        let inner = |expression: &Expression| self.evaluate(expression, depth + 1);
        match &expression.form {
            Form::Null => Value::Null,
            Form::Text(text) => Value::Text(text.clone()),
            Form::List(items) => Value::List(items.iter().map(inner).collect()),
            Form::Object(entries) => Value::Object(
                entries.iter().map(|(key, value)| (key.clone(), inner(value))).collect(),
            ),
            Form::Template(parts) => self.template(parts, depth),
            Form::Reference(steps) => self.reference(steps, depth),
            Form::Choice(choice) => {
                let [condition, this, that] = &**choice;
                match inner(condition).text() {
                    Some("true") => inner(this),
                    Some("false") => inner(that),
                    _ => Value::open(),
                }
            }
            Form::Other => Value::open(),
        }
    }

    fn reference(&self, steps: &[String], depth: usize) -> Value {
        let [first, second, rest @ ..] = steps else { return Value::open() };
        if let Some((_, value)) = self.bound.iter().rev().find(|(name, _)| name == first) {
            return if second == "value" { value.at(rest) } else { Value::open() };
        }
        match first.as_str() {
            "terraform" if second == "applying" && rest.is_empty() => {
                let applying = self.applying.map(|it| Value::Text(it.to_string()));
                applying.unwrap_or_else(Value::open)
            }
            "var" => self.variable(second, depth).at(rest),
            "local" => {
                let mut locals = self.blocks.iter().rev().filter(|block| block.kind == "locals");
                let local = locals.find_map(|block| block.attribute(second));
                local.map_or_else(Value::open, |local| self.evaluate(local, depth + 1)).at(rest)
            }
            _ => Value::open(),
        }
    }

    /// A variable of the root module can be set by the workspace, by a variable set or on a command
    /// line, whatever files and defaults say. One of another module is set by its call alone.
    fn variable(&self, name: &str, depth: usize) -> Value {
        if self.files.is_some() && name == CREDENTIALS {
            return Value::Credentials(Vec::new());
        }
        let is_it = |block: &&Block| block.kind == "variable" && block.label() == name;
        let declared = self.blocks.iter().rfind(is_it).map(Declared::new).unwrap_or_default();
        let value = self.set(name, &declared, depth);
        // Secrets are not kept; what HCP Terraform hands over names files alone.
        if declared.secret && !matches!(value, Value::Credentials(_)) {
            return Value::open();
        }
        value
    }

    fn set(&self, name: &str, declared: &Declared<'_>, depth: usize) -> Value {
        // Where `null` is no value, the default takes its place.
        let passed = |value: Value| match (declared.of.take(value), declared.nullable) {
            (Value::Null, Some(false)) => None,
            (Value::Null, None) => Some(Value::open()),
            (Value::Open(Open { likely: Some((value, _)), pattern }), Some(false) | None)
                if *value == Value::Null =>
            {
                Some(Value::Open(Open { pattern, likely: None }))
            }
            (value, _) => Some(value),
        };
        if let Some(given) = self.given.get(name).cloned().and_then(passed) {
            return given;
        }
        let certain = self.files.is_none() || self.given.contains_key(name);
        let in_file = self.files.and_then(|files| files.get(name)).filter(|_| !certain);
        let in_file = in_file
            .and_then(|(value, file)| Some((passed(self.evaluate(value, depth + 1))?, file)));
        if let Some((value, file)) = in_file {
            let why = format!("`var.{name}` in `{file}`, unless the workspace sets it");
            return Value::likely(value, why);
        }
        let Some(default) = declared.default else { return Value::open() };
        let default = declared.of.take(self.evaluate(default, depth + 1));
        if certain {
            return default;
        }
        Value::likely(default, format!("the default of `var.{name}`, unless the workspace sets it"))
    }

    fn template(&self, parts: &[Part], depth: usize) -> Value {
        let (mut pattern, mut likely) = (String::new(), Some(String::new()));
        let mut whys: Vec<String> = Vec::new();
        let mut known = true;
        for part in parts {
            let value = match part {
                Part::Literal(text) => Value::Text(text.clone()),
                Part::Value(value) => self.evaluate(value, depth + 1),
            };
            if pattern.len() > LONGEST {
                return Value::open();
            }
            let mut add = |text: &str| likely.iter_mut().for_each(|it| it.push_str(text));
            match value {
                Value::Text(text) => {
                    // A wildcard of its own takes part as one: that is only wider.
                    pattern.push_str(&text.replace('?', "*"));
                    add(&text);
                }
                Value::Open(open) => {
                    known = false;
                    let again = pattern.ends_with('*') && open.pattern == "*";
                    pattern.push_str(if again { "" } else { &open.pattern });
                    match open.likely {
                        Some((value, why)) if value.text().is_some() => {
                            add(value.text().unwrap_or_default());
                            if !whys.contains(&why) {
                                whys.push(why);
                            }
                        }
                        _ => likely = None,
                    }
                }
                Value::Null | Value::List(_) | Value::Object(_) | Value::Credentials(_) => {
                    return Value::open();
                }
            }
        }
        match likely {
            Some(text) if known => Value::Text(text),
            likely => {
                let likely = likely.map(|text| (Box::new(Value::Text(text)), whys.join("; ")));
                Value::Open(Open { pattern, likely })
            }
        }
    }
}
