//! What HCL and JSON have in common: blocks with attributes and expressions.

use super::Place;

/// How much of an expression is shown.
const SHOWN: usize = 120;

/// Arguments that hold secrets: that they are there is all that is kept.
const SECRET: [&str; 4] = ["access_key", "secret_key", "token", "web_identity_token"];

/// A block.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    pub(super) kind: String,
    pub(super) labels: Vec<String>,
    pub(super) attributes: Vec<(String, Expression)>,
    pub(super) blocks: Vec<Block>,
    pub(super) place: Place,
}

impl Block {
    pub(super) fn attribute(&self, name: &str) -> Option<&Expression> {
        // JSON lets a name stand twice; the last one wins.
        self.attributes.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    pub(super) fn label(&self) -> &str {
        self.labels.first().map_or("", String::as_str)
    }

    /// The kind of block that it makes: a `dynamic` one makes those of its label.
    pub(super) fn makes(&self) -> &str {
        if self.kind == "dynamic" { self.label() } else { &self.kind }
    }

    /// A literal text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.attribute(name)?.literal()
    }
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Expression {
    /// As it is written, shortened.
    pub(super) text: String,
    pub(super) form: Form,
}

/// What an expression is, as far as that is of use.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    Null,
    /// A string, a number or a truth value, as text.
    Text(String),
    List(Vec<Expression>),
    Object(Vec<(String, Expression)>),
    Template(Vec<Part>),
    /// `var.roles["hub"]` as its steps.
    Reference(Vec<String>),
    /// `condition ? this : that`.
    Choice(Box<[Expression; 3]>),
    /// Whatever has to be computed.
    Other,
}

/// A part of a template.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Literal(String),
    Value(Expression),
}

impl Expression {
    pub(super) fn new(text: &str, form: Form) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut text = words.join(" ");
        if text.chars().count() > SHOWN {
            text = text.chars().take(SHOWN).collect();
            text.push('…');
        }
        Self { text, form }
    }

    /// The expression of an argument, without what must not be kept.
    pub(super) fn of_argument(self, name: &str) -> Self {
        if SECRET.contains(&name) && self.form != Form::Null {
            return Self { text: name.to_owned(), form: Form::Other };
        }
        self
    }

    pub(super) fn literal(&self) -> Option<&str> {
        match &self.form {
            Form::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The blocks that say anything about roles; all others are passed over.
pub(super) fn matters(kind: &str) -> bool {
    matches!(kind, "provider" | "terraform" | "locals" | "variable" | "module")
}
