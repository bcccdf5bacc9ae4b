//! Values with `${variables}`.

use std::borrow::Cow;
use std::sync::Arc;

use crate::arn::glob::{self, Glob, Piece};

/// A value of a condition or a resource, with its variables found.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    /// As written.
    pub text: Arc<str>,
    parts: Parts,
}

#[derive(Debug, Clone, PartialEq)]
enum Parts {
    /// Nothing but a pattern, as nearly all are.
    Fixed(Glob),
    /// Behind a pointer of one word.
    Other(Box<Other>),
}

#[derive(Debug, Clone, PartialEq)]
enum Other {
    /// No variables, but the pattern as text is not what was written.
    Escaped { glob: Glob, pattern: Box<str> },
    /// Variables to fill in.
    Variable(Vec<Part>),
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Text(String),
    Variable { key: String, default: Option<String> },
}

/// What is known of a variable's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VariableValue<'v> {
    /// It has this value.
    Known(Cow<'v, str>),
    /// It has none.
    Absent,
    /// Not known.
    Unknown,
}

/// A template with its variables filled in.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolved<'t> {
    /// Nothing had to be filled in.
    Fixed {
        /// With wildcards.
        glob: &'t Glob,
        /// With wildcard characters as themselves.
        plain: &'t str,
        /// The pattern as text: equal texts are equal patterns.
        pattern: &'t str,
    },
    /// Variables had values.
    Filled {
        /// With wildcards; inserted values hold none.
        glob: Glob,
        /// With wildcard characters as themselves.
        plain: String,
        /// The pattern as text, with escapes for characters that are no wildcards.
        pattern: String,
    },
    /// A variable has neither value nor default.
    NoValue,
    /// A variable's value is not known.
    Unknown,
}

impl Template {
    /// Reads a value; `variables` says whether `${…}` means something in this document.
    /// `Err` says what is wrong with a variable.
    pub fn parse(text: &str, variables: bool) -> Result<Self, String> {
        Self::of(text.into(), variables)
    }

    /// As [`Template::parse`], with the text shared.
    pub fn of(text: Arc<str>, variables: bool) -> Result<Self, String> {
        if memchr::memchr(b'$', text.as_bytes()).is_none() || !text.contains("${") {
            return Ok(Self { parts: Parts::Fixed(Glob::of(Arc::clone(&text))), text });
        }
        if !variables {
            // What looks like a variable is plain text in the older language.
            let pattern = written(text.chars().map(glob::piece)).into();
            let glob = Glob::of(Arc::clone(&text));
            let parts = Parts::Other(Box::new(Other::Escaped { glob, pattern }));
            return Ok(Self { text, parts });
        }
        let parts = Parts::with_variables(&text)?;
        Ok(Self { text, parts })
    }

    /// Fills the variables in.
    pub fn resolve<'t>(&'t self, value_of: impl Fn(&'t str) -> VariableValue<'t>) -> Resolved<'t> {
        let parts = match &self.parts {
            Parts::Fixed(glob) => {
                return Resolved::Fixed { glob, plain: glob.text(), pattern: &self.text };
            }
            Parts::Other(other) => match &**other {
                Other::Escaped { glob, pattern } => {
                    return Resolved::Fixed { glob, plain: glob.text(), pattern };
                }
                Other::Variable(parts) => parts,
            },
        };
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut known = true;
        for part in parts {
            match part {
                Part::Text(text) => {
                    pieces.extend(text.chars().map(glob::piece));
                    plain.push_str(text);
                }
                Part::Variable { key, default } => {
                    let found = if key.is_empty() { VariableValue::Absent } else { value_of(key) };
                    let value = match (found, default) {
                        // Another variable may still have no value, whatever this one's is.
                        (VariableValue::Unknown, _) => {
                            known = false;
                            continue;
                        }
                        (VariableValue::Known(value), _) => value,
                        (VariableValue::Absent, Some(default)) => default.as_str().into(),
                        (VariableValue::Absent, None) => return Resolved::NoValue,
                    };
                    pieces.extend(value.chars().map(Piece::Char));
                    plain.push_str(&value);
                }
            }
        }
        if !known {
            return Resolved::Unknown;
        }
        let pattern = written(pieces.iter().copied());
        Resolved::Filled { glob: pieces.into_iter().collect(), plain, pattern }
    }

    /// Whether `text` is what the template comes to, wildcard characters as themselves. `None`
    /// where a variable's value is not known. A variable without value fits nothing. Allocates
    /// nothing.
    pub fn comes_to<'t>(
        &'t self,
        text: &str,
        value_of: impl Fn(&'t str) -> VariableValue<'t>,
    ) -> Option<bool> {
        if let Some((_, plain)) = self.fixed() {
            return Some(plain == text);
        }
        let parts = self.variable();
        let mut rest = Some(text);
        let mut known = true;
        for part in parts {
            let part: Cow<'t, str> = match part {
                Part::Text(text) => text.as_str().into(),
                Part::Variable { key, default } => {
                    let found = if key.is_empty() { VariableValue::Absent } else { value_of(key) };
                    match (found, default) {
                        (VariableValue::Unknown, _) => {
                            known = false;
                            continue;
                        }
                        (VariableValue::Known(value), _) => value,
                        (VariableValue::Absent, Some(default)) => default.as_str().into(),
                        (VariableValue::Absent, None) => return Some(false),
                    }
                }
            };
            rest = rest.and_then(|rest| rest.strip_prefix(&*part));
        }
        known.then_some(rest == Some(""))
    }

    /// Whether there are variables to fill in.
    pub fn has_variables(&self) -> bool {
        !self.variable().is_empty()
    }

    /// The keys of its variables, in lower case.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variable().iter().filter_map(|part| match part {
            Part::Variable { key, .. } if !key.is_empty() => Some(key.as_str()),
            _ => None,
        })
    }

    /// The keys of its variables without a default, in lower case: without a value of one of them the
    /// template has none.
    pub fn needed_variables(&self) -> impl Iterator<Item = &str> {
        self.variable().iter().filter_map(|part| match part {
            Part::Variable { key, default: None } if !key.is_empty() => Some(key.as_str()),
            _ => None,
        })
    }

    /// The key of one of its variables as it is written.
    pub fn written_variable<'t>(&'t self, key: &'t str) -> &'t str {
        let inside = |rest: &'t str| rest.split(['}', ',']).next();
        let mut written = self.text.split("${").skip(1).filter_map(inside);
        written.find(|written| written.eq_ignore_ascii_case(key)).unwrap_or(key)
    }

    /// The key of a variable that it is nothing but, in lower case.
    pub fn only_variable(&self) -> Option<&str> {
        let is_text = |part: &&Part| !matches!(part, Part::Text(text) if text.is_empty());
        let mut parts = self.variable().iter().filter(is_text);
        match (parts.next(), parts.next()) {
            (Some(Part::Variable { key, .. }), None) if !key.is_empty() => Some(key),
            _ => None,
        }
    }

    /// The key of its only variable, as written, and all values with which the template fits `text`,
    /// wildcards over anything. `None` where it has no variable or several of them, or one with a
    /// default, and where there are more than `most` such values.
    pub fn fillings(&self, text: &str, most: usize) -> Option<(&str, Vec<String>)> {
        let (mut before, mut after, mut variable) = (Vec::new(), Vec::new(), None);
        for part in self.variable() {
            let side = if variable.is_none() { &mut before } else { &mut after };
            match part {
                Part::Text(text) => side.extend(text.chars().map(glob::piece)),
                Part::Variable { key, default: Some(escaped) } if key.is_empty() => {
                    side.extend(escaped.chars().map(Piece::Char));
                }
                Part::Variable { key, default: None } if variable.is_none() => variable = Some(key),
                Part::Variable { .. } => return None,
            }
        }
        let variable = variable?;
        let written = self.written_variable(variable);
        let (before, after): (Glob, Glob) =
            (before.into_iter().collect(), after.into_iter().collect());
        let places = || text.char_indices().map(|(place, _)| place).chain([text.len()]);
        let begins = |at: &usize| text.get(..*at).is_some_and(|part| before.matches(part));
        let ends = |at: &usize| text.get(*at..).is_some_and(|part| after.matches(part));
        let starts: Vec<usize> = places().filter(begins).collect();
        let mut values: Vec<String> = Vec::new();
        for end in if starts.is_empty() { Vec::new() } else { places().filter(ends).collect() } {
            for value in starts.iter().filter_map(|start| text.get(*start..end)) {
                if !values.iter().any(|known| known == value) {
                    values.push(value.to_owned());
                }
                if values.len() > most {
                    return None;
                }
            }
        }
        Some((written, values))
    }

    /// The parts where there are variables to fill in, else none.
    fn variable(&self) -> &[Part] {
        match &self.parts {
            Parts::Fixed(_) => &[],
            Parts::Other(other) => match &**other {
                Other::Escaped { .. } => &[],
                Other::Variable(parts) => parts,
            },
        }
    }

    /// The pattern where nothing has to be filled in.
    pub fn fixed(&self) -> Option<(&Glob, &str)> {
        match &self.parts {
            Parts::Fixed(glob) => Some((glob, glob.text())),
            Parts::Other(other) => match &**other {
                Other::Escaped { glob, .. } => Some((glob, glob.text())),
                Other::Variable(_) => None,
            },
        }
    }
}

impl Parts {
    /// Reads a text with something like a variable in it.
    fn with_variables(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut parts = Vec::new();
        let mut has_variable = false;
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (inside, tail) =
                after.split_once('}').ok_or_else(|| format!("`{text}`: `${{` is not closed"))?;
            pieces.extend(before.chars().map(glob::piece));
            parts.push(Part::Text(before.to_owned()));
            if let "*" | "?" | "$" = inside {
                pieces.extend(inside.chars().map(Piece::Char));
                // Within a template that has variables too, an escape is a value that is known.
                parts.push(Part::Variable { key: String::new(), default: Some(inside.to_owned()) });
            } else {
                has_variable = true;
                parts.push(variable(inside, text)?);
            }
            rest = tail;
        }
        pieces.extend(rest.chars().map(glob::piece));
        parts.push(Part::Text(rest.to_owned()));
        if has_variable {
            return Ok(Self::Other(Box::new(Other::Variable(parts))));
        }
        let pattern = written(pieces.iter().copied()).into();
        let glob = pieces.into_iter().collect();
        Ok(Self::Other(Box::new(Other::Escaped { glob, pattern })))
    }
}

/// A pattern as text, with escapes for characters that are no wildcards.
fn written(pieces: impl Iterator<Item = Piece>) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Many => text.push('*'),
            Piece::One => text.push('?'),
            Piece::Char(char @ ('*' | '?' | '$')) => {
                text.push_str("${");
                text.push(char);
                text.push('}');
            }
            Piece::Char(char) => text.push(char),
        }
    }
    text
}

/// `key` or `key, 'default'`. What can be no key, blanks around one, and another number of them before
/// a default are not documented to mean anything, so they are not guessed at.
fn variable(inside: &str, text: &str) -> Result<Part, String> {
    let (key, default) = match inside.split_once(',') {
        None => (inside, None),
        Some((key, default)) => {
            let default = default
                .strip_prefix(" '")
                .and_then(|rest| rest.strip_suffix('\''))
                .filter(|default| !default.contains('\''));
            let default = default.ok_or_else(|| {
                format!(
                    "`{text}`: the default of a variable stands in single quotes behind a blank"
                )
            })?;
            (key, Some(default.to_owned()))
        }
    };
    if key.is_empty() || key.trim() != key || key.contains(['$', '{', '*', '?']) {
        return Err(format!("`{text}`: `{key}` is no name of a variable"));
    }
    Ok(Part::Variable { key: key.to_ascii_lowercase(), default })
}
