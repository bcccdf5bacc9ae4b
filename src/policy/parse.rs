//! From text to [`Document`].

use std::sync::Arc;

use thiserror::Error;

use super::condition::Condition;
use super::document::{
    Document, Effect, PrincipalElement, PrincipalEntry, Problem, Statement, Unread,
    UnreadCondition, UnreadOperator, Version,
};
use super::json::{Entries, Json, repeated};
use super::operator::Operator;
use super::resource::{ResourceElement, ResourcePattern};
use super::shared::Shared;
use super::template::Template;

/// Why a text is no policy document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ParseError {
    /// Not JSON.
    #[error("line {line}, column {column}: not JSON: {message}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What the parser expected.
        message: String,
    },
    /// JSON, but no policy.
    #[error("not a policy document: {0}")]
    Shape(String),
}

impl Document {
    /// Reads a document (rule S2). Statements with a part that can't be read are kept, marked.
    ///
    /// The work grows with the length of the text and no faster, whatever stands in it.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with(text, &mut Shared::default())
    }

    /// As [`Document::parse`], sharing what other documents have too.
    pub fn parse_with(text: &str, shared: &mut Shared) -> Result<Self, ParseError> {
        let json = Json::read(text).map_err(|error| {
            let message = error.to_string();
            let message = match message.split(" at line ").next() {
                _ if text.starts_with('\u{feff}') => "the text begins with a byte order mark",
                Some(expected) => expected,
                None => &message,
            };
            ParseError::Json {
                line: error.line(),
                column: error.column(),
                message: message.to_owned(),
            }
        })?;
        let shape = |message: &str| ParseError::Shape(message.to_owned());
        let Json::Object(entries) = json else {
            return Err(shape("an object is expected"));
        };
        let version = Some(Version::V2008);
        let mut reader = Reader { version, room: ROOM, problems: Vec::new(), shared };
        let twice = repeated(&entries);
        let mut statements = None;
        let mut unread = Vec::new();
        for (name, value) in &entries {
            match &**name {
                "Version" => {
                    reader.version = match value {
                        _ if twice.contains("Version") => None,
                        Json::String(text) if text == "2012-10-17" => Some(Version::V2012),
                        Json::String(text) if text == "2008-10-17" => Some(Version::V2008),
                        _ => None,
                    };
                    if reader.version.is_some() {
                        continue;
                    }
                    reader.problem(if twice.contains("Version") {
                        "its `Version` stands in it twice"
                    } else {
                        "its `Version` is neither 2012-10-17 nor 2008-10-17"
                    });
                }
                "Id" => continue,
                "Statement" if twice.contains("Statement") => {
                    return Err(shape("`Statement` stands in it twice"));
                }
                "Statement" => {
                    statements = Some(value.items());
                    continue;
                }
                other => reader.problem(format!("`{other}` is no element of a policy")),
            }
            unread.push((name.to_string().into(), value.to_owned()));
        }
        let statements = statements.ok_or_else(|| shape("`Statement` is missing"))?;
        let around = std::mem::take(&mut reader.problems);
        let statements = statements.iter().map(|value| reader.statement(value, &around)).collect();
        let version = reader.version.unwrap_or(Version::V2008);
        Ok(Self::new(version, statements, unread))
    }
}

/// How many problems of a statement are kept, how long each may be, and how many bytes those of a
/// document may take: a damaged megabyte should not be answered with many.
const MOST: usize = 6;
const LONGEST: usize = 200;
const ROOM: usize = 16 * 1024;

struct Reader<'s> {
    /// `None` where it can't be read.
    version: Option<Version>,
    /// How many bytes problems may still take.
    room: usize,
    /// Those of the statement at hand.
    problems: Vec<Problem>,
    shared: &'s mut Shared,
}

impl Reader<'_> {
    fn problem(&mut self, problem: impl Into<Problem>) {
        if self.problems.len() >= MOST {
            return;
        }
        let mut problem = problem.into();
        if self.problems.len() + 1 == MOST {
            problem = "there is more that can't be read".into();
        }
        if let Problem::Owned(text) = &mut problem {
            if let Some((end, _)) = text.char_indices().nth(LONGEST) {
                text.truncate(end);
                text.push('…');
            }
            match self.room.checked_sub(text.len()) {
                Some(left) => self.room = left,
                None => problem = "a part of it can't be read".into(),
            }
        }
        self.problems.push(problem);
    }

    /// A part with something in it that can't be read is left out as a whole: what is left of it
    /// must not make the statement fail, nor match.
    fn statement(&mut self, value: &Json<'_>, around: &[Problem]) -> Statement {
        for problem in around {
            self.problem(problem.clone());
        }
        let mut found = Statement {
            sid: None,
            effect: None,
            principal: None,
            action: self.shared.actions(true, &std::iter::empty()),
            resource: None,
            conditions: Box::default(),
            problems: Box::default(),
            unread: None,
        };
        if let Json::Object(entries) = value {
            let (elements, mut conditions) = self.elements(entries, &mut found);
            // In the order in which they are printed, so that printing changes nothing.
            conditions.sort_by(|one, other| {
                let is_whole =
                    |each: &UnreadCondition| matches!(each.part, UnreadOperator::Whole(_));
                (is_whole(one), &one.operator).cmp(&(is_whole(other), &other.operator))
            });
            if !elements.is_empty() || !conditions.is_empty() {
                found.unread = Some(Box::new(Unread::Parts { elements, conditions }));
            }
        } else {
            self.problem("a statement is an object");
            found.unread = Some(Box::new(Unread::Statement(value.to_owned())));
        }
        found.problems = std::mem::take(&mut self.problems).into();
        found
    }

    fn elements(
        &mut self,
        entries: &Entries<'_>,
        found: &mut Statement,
    ) -> (Entries<'static>, Vec<UnreadCondition>) {
        let (mut unread, mut conditions) = (Vec::new(), Vec::new());
        let mut beside = Beside::default();
        for part in entries.iter().filter_map(|(name, _)| Part::of(name)) {
            *beside.count(part) += 1;
        }
        for (name, value) in entries {
            let part = Part::of(name);
            let read = match part {
                None => {
                    self.problem(format!("`{name}` is no element of a statement"));
                    None
                }
                Some(part) if *beside.count(part) > 1 => {
                    self.problem(format!("`{name}` stands beside another `{}`", part.name()));
                    None
                }
                Some(part) => {
                    let negated = name.starts_with("Not");
                    self.element(part, negated, value, found, &mut conditions)
                }
            };
            if read.is_none() {
                unread.push((name.to_string().into(), value.to_owned()));
            }
        }
        if found.effect.is_none() {
            self.problem("its `Effect` is neither Allow nor Deny");
        }
        if *beside.count(Part::Action) == 0 {
            self.problem("it has no `Action`");
        }
        (unread, conditions)
    }

    /// `None` where the element can't be read.
    fn element(
        &mut self,
        part: Part,
        negated: bool,
        value: &Json<'_>,
        found: &mut Statement,
        unread: &mut Vec<UnreadCondition>,
    ) -> Option<()> {
        match part {
            // What a statement is called does not change what it means.
            Part::Sid => found.sid = Some(self.shared.text(value.scalar()?)),
            Part::Effect => {
                found.effect = Some(match value {
                    Json::String(text) if text == "Allow" => Effect::Allow,
                    Json::String(text) if text == "Deny" => Effect::Deny,
                    _ => return None,
                });
            }
            Part::Principal => found.principal = Some(self.principal(value, negated)?),
            Part::Action => {
                let texts = self.strings(value, "Action")?;
                let texts = texts.iter().filter_map(Json::string);
                found.action = self.shared.actions(negated, &texts);
            }
            Part::Resource => {
                let texts = self.strings(value, "Resource")?;
                let mut patterns = Vec::with_capacity(texts.len());
                for text in texts.iter().filter_map(Json::string) {
                    patterns.push(ResourcePattern::new(self.template(text)?));
                }
                found.resource = Some(ResourceElement { negated, patterns: patterns.into() });
            }
            Part::Condition => {
                let Json::Object(operators) = value else {
                    self.problem("`Condition` is no object");
                    return None;
                };
                self.conditions(operators, found, unread);
            }
        }
        Some(())
    }

    /// Without a version that is known, what looks like a variable can't be read.
    fn template(&mut self, text: &str) -> Option<Template> {
        if self.version.is_none() && text.contains("${") {
            self.problem(format!("whether `{text}` holds a variable depends on the version"));
            return None;
        }
        Template::of(self.shared.value(text), self.version == Some(Version::V2012))
            .map_err(|problem| self.problem(problem))
            .ok()
    }

    /// One string or a list of them. AWS says nowhere what an empty list means.
    fn strings<'j, 't>(&mut self, value: &'j Json<'t>, element: &str) -> Option<&'j [Json<'t>]> {
        let items = value.items();
        if items.is_empty() {
            self.problem(format!("`{element}` is an empty list"));
            return None;
        }
        if items.iter().any(|item| item.string().is_none()) {
            self.problem(format!("`{element}` holds something that is no string"));
            return None;
        }
        Some(items)
    }

    fn principal(&mut self, value: &Json<'_>, negated: bool) -> Option<PrincipalElement> {
        let mut entries = Vec::new();
        match value {
            Json::String(text) if text == "*" => entries.push(PrincipalEntry::Everyone),
            Json::Object(kinds) if kinds.is_empty() => {
                self.problem("`Principal` names nobody");
                return None;
            }
            Json::Object(kinds) => {
                if let Some(kind) = repeated(kinds).into_iter().min() {
                    self.problem(format!("`Principal` holds `{kind}` twice"));
                    return None;
                }
                for (kind, value) in kinds {
                    let entry = match &**kind {
                        "AWS" => PrincipalEntry::aws,
                        "Service" => |text: &str| PrincipalEntry::Service(text.to_owned()),
                        "Federated" => |text: &str| PrincipalEntry::Federated(text.to_owned()),
                        "CanonicalUser" => {
                            |text: &str| PrincipalEntry::CanonicalUser(text.to_owned())
                        }
                        other => {
                            self.problem(format!("`{other}` is no kind of principal"));
                            return None;
                        }
                    };
                    let texts = self.strings(value, kind)?;
                    if *kind == "Federated"
                        && texts.iter().filter_map(Json::string).any(|it| it == "*")
                    {
                        self.problem(
                            "whether `*` under `Federated` means every provider is not documented",
                        );
                        return None;
                    }
                    entries.extend(texts.iter().filter_map(Json::string).map(entry));
                }
            }
            _ => {
                self.problem("`Principal` is neither `\"*\"` nor an object");
                return None;
            }
        }
        Some(PrincipalElement { negated, entries: entries.into() })
    }

    /// Keys that differ in case only are two tests, as everything else under `Condition`: all
    /// have to hold.
    fn conditions(
        &mut self,
        operators: &Entries<'_>,
        found: &mut Statement,
        unread: &mut Vec<UnreadCondition>,
    ) {
        let twice = repeated(operators);
        let mut tests = Vec::new();
        for (written, keys) in operators {
            let operator = self.shared.operator(written);
            let problem = match keys {
                _ if twice.contains(&**written) => "stands in `Condition` twice",
                Json::Object(keys) if keys.is_empty() => "holds no key",
                Json::Object(keys) => {
                    let left = self.keys(&operator, keys, &mut tests);
                    if !left.is_empty() {
                        let part = UnreadOperator::Keys(left);
                        unread.push(UnreadCondition { operator: operator.written, part });
                    }
                    continue;
                }
                _ => "holds no object of keys",
            };
            self.problem(format!("`{written}` {problem}"));
            let part = UnreadOperator::Whole(keys.to_owned());
            unread.push(UnreadCondition { operator: operator.written, part });
        }
        found.conditions = tests.into();
    }

    /// Returns the keys that can't be read.
    fn keys(
        &mut self,
        operator: &Operator,
        keys: &Entries<'_>,
        found: &mut Vec<Condition>,
    ) -> Entries<'static> {
        let twice = repeated(keys);
        let mut left = Entries::new();
        for (key, values) in keys {
            let read = if twice.contains(&**key) {
                self.problem(format!("`{key}` stands under one operator twice"));
                None
            } else {
                self.values(key, values)
            };
            match read {
                Some(read) => {
                    let written = self.shared.text(key);
                    let lower = if key.bytes().any(|byte| byte.is_ascii_uppercase()) {
                        self.shared.text(&key.to_ascii_lowercase())
                    } else {
                        Arc::clone(&written)
                    };
                    found.push(Condition::new(operator.clone(), written, lower, read));
                }
                None => left.push((key.to_string().into(), values.to_owned())),
            }
        }
        left
    }

    fn values(&mut self, key: &str, values: &Json<'_>) -> Option<Box<[Template]>> {
        let values = values.items();
        if values.iter().any(|value| value.scalar().is_none()) {
            self.problem(format!("`{key}` has a value that is no string"));
            return None;
        }
        if values.is_empty() {
            self.problem(format!("`{key}` has no value"));
            return None;
        }
        let mut templates = Vec::with_capacity(values.len());
        for text in values.iter().filter_map(Json::scalar) {
            templates.push(self.template(text)?);
        }
        Some(templates.into())
    }
}

/// An element of a statement, `Not…` beside its opposite.
#[derive(Debug, Clone, Copy)]
enum Part {
    Sid,
    Effect,
    Principal,
    Action,
    Resource,
    Condition,
}

impl Part {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "Sid" => Self::Sid,
            "Effect" => Self::Effect,
            "Principal" | "NotPrincipal" => Self::Principal,
            "Action" | "NotAction" => Self::Action,
            "Resource" | "NotResource" => Self::Resource,
            "Condition" => Self::Condition,
            _ => return None,
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Sid => "Sid",
            Self::Effect => "Effect",
            Self::Principal => "Principal",
            Self::Action => "Action",
            Self::Resource => "Resource",
            Self::Condition => "Condition",
        }
    }
}

/// How often each part stands in a statement.
#[derive(Default)]
struct Beside {
    sid: usize,
    effect: usize,
    principal: usize,
    action: usize,
    resource: usize,
    condition: usize,
}

impl Beside {
    fn count(&mut self, part: Part) -> &mut usize {
        match part {
            Part::Sid => &mut self.sid,
            Part::Effect => &mut self.effect,
            Part::Principal => &mut self.principal,
            Part::Action => &mut self.action,
            Part::Resource => &mut self.resource,
            Part::Condition => &mut self.condition,
        }
    }
}
