//! Subjects and their patterns, read by templates.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

/// A grammar as the file gives it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Raw {
    forms: Vec<RawForm>,
    #[serde(default)]
    tenant: Vec<String>,
    /// An expression for subjects that fix the tenant as a whole, such as a bare id.
    whole: Option<String>,
    /// Slots whose value is said without the slot's name.
    #[serde(default)]
    plain: Vec<String>,
    /// Slots whose values are said as one: `acme/infra`.
    #[serde(default)]
    path: Vec<String>,
    /// What any subject of any customer is, in words.
    anything: Option<String>,
    /// Whether every subject has one of the forms. Else customers may choose others.
    #[serde(default)]
    complete: bool,
    /// How a character is written inside a value.
    #[serde(default)]
    encode: BTreeMap<String, String>,
    /// Characters that no value holds, but for that of the last slot.
    excludes: Option<String>,
    /// Slots whose values may hold `*` or `?` as characters; any, where that is not known.
    wild: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawForm {
    id: String,
    like: String,
    what: Option<String>,
}

/// How an issuer builds its subjects.
#[derive(Debug)]
pub(super) struct Grammar {
    forms: Vec<Form>,
    tenant: Vec<Template>,
    whole: Option<Regex>,
    plain: Vec<String>,
    path: Vec<String>,
    anything: Option<String>,
    complete: bool,
    encode: Vec<(String, String)>,
    excludes: String,
    wild: Option<Vec<String>>,
}

#[derive(Debug)]
struct Form {
    id: String,
    /// As the file has it.
    text: String,
    like: Template,
    what: Option<String>,
}

#[derive(Debug, PartialEq)]
enum Piece {
    Text(String),
    Slot(String),
}

/// Text with slots: `repo:<owner>/<repository>`.
#[derive(Debug)]
pub(super) struct Template(Vec<Piece>);

/// A pattern laid along a template.
struct Laid<'f, 'p> {
    slots: Vec<(&'f str, &'p str)>,
    open: Option<Open<'f>>,
}

/// Where the pattern's last `*` stands, with nothing after it.
enum Open<'f> {
    /// In a slot, alone.
    Slot(&'f str),
    /// In a slot, after the beginning of its value, which is the last of the slots.
    Begun,
    /// Between slots.
    After,
}

impl Template {
    pub(super) fn new(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('<') {
            let Some((name, after)) = after.split_once('>') else { break };
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Slot(name.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Self(pieces)
    }

    /// Whether a text without wildcards is of this form, its slots not empty.
    pub(super) fn takes(&self, text: &str) -> bool {
        self.lay(text, "").is_some_and(|laid| laid.open.is_none())
    }

    /// Lays `pattern` along the template, so that its wildcards stay within slots or end it.
    fn lay<'f, 'p>(&'f self, pattern: &'p str, excludes: &str) -> Option<Laid<'f, 'p>> {
        let mut rest = pattern;
        let mut laid = Laid { slots: Vec::new(), open: None };
        let mut pieces = self.0.iter().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Text(text) => {
                    if let Some(after) = rest.strip_prefix(text.as_str()) {
                        rest = after;
                        continue;
                    }
                    let begun = rest.strip_suffix('*')?;
                    let fits = text.starts_with(begun) && !begun.contains(['*', '?']);
                    laid.open = fits.then_some(Open::After);
                    return fits.then_some(laid);
                }
                Piece::Slot(name) => {
                    let end = match pieces.peek() {
                        Some(Piece::Text(next)) => next.chars().next().and_then(|c| rest.find(c)),
                        _ => Some(rest.len()),
                    };
                    let last = pieces.peek().is_none();
                    let (value, after) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
                    if value.is_empty() || !last && value.contains(|c| excludes.contains(c)) {
                        return None;
                    }
                    if end.is_none() {
                        // The pattern ends within this slot, though the form goes on.
                        value.strip_suffix('*')?;
                        if value == "*" {
                            laid.open = Some(Open::Slot(name));
                        } else {
                            laid.slots.push((name, value));
                            laid.open = Some(Open::Begun);
                        }
                        return Some(laid);
                    }
                    if last && value == "*" {
                        laid.open = Some(Open::Slot(name));
                    } else {
                        laid.slots.push((name, value));
                    }
                    rest = after;
                }
            }
        }
        rest.is_empty().then_some(laid)
    }

    /// Whether every text that begins with `literal` belongs to one value of the slots; where
    /// nothing follows (`whole`), the last text of the template may be missing.
    fn fixed_by(&self, literal: &str, whole: bool, excludes: &str) -> bool {
        let mut rest = literal;
        let mut pieces = self.0.iter().peekable();
        while let Some(piece) = pieces.next() {
            match piece {
                Piece::Text(text) => match rest.strip_prefix(text.as_str()) {
                    Some(after) => rest = after,
                    None => return whole && rest.is_empty() && pieces.peek().is_none(),
                },
                Piece::Slot(_) => {
                    let end = match pieces.peek() {
                        Some(Piece::Text(next)) => {
                            next.chars().next().and_then(|c| rest.find(c)).unwrap_or(rest.len())
                        }
                        // Nothing closes the value but the end of the subject.
                        _ if whole => rest.len(),
                        _ => return false,
                    };
                    let Some((value, after)) = rest.split_at_checked(end) else { return false };
                    if value.is_empty() || value.contains(|c| excludes.contains(c)) {
                        return false;
                    }
                    rest = after;
                }
            }
        }
        true
    }
}

impl Grammar {
    pub(super) fn has_form(&self, id: &str) -> bool {
        self.forms.iter().any(|form| form.id == id)
    }

    pub(super) fn new(raw: &Raw) -> Result<Self, regex::Error> {
        let form = |form: &RawForm| Form {
            id: form.id.clone(),
            text: form.like.clone(),
            like: Template::new(&form.like),
            what: form.what.clone(),
        };
        let whole = raw.whole.as_ref().map(|text| Regex::new(&format!(r"\A(?:{text})\z")));
        Ok(Self {
            forms: raw.forms.iter().map(form).collect(),
            tenant: raw.tenant.iter().map(|text| Template::new(text)).collect(),
            whole: whole.transpose()?,
            plain: raw.plain.clone(),
            path: raw.path.clone(),
            anything: raw.anything.clone(),
            complete: raw.complete,
            encode: raw.encode.clone().into_iter().collect(),
            excludes: raw.excludes.clone().unwrap_or_else(|| ":".to_owned()),
            wild: raw.wild.clone(),
        })
    }

    pub(super) fn subject(&self, form: &str, slots: &[(&str, &str)]) -> Option<String> {
        let form = self.forms.iter().find(|known| known.id == form)?;
        let mut subject = String::new();
        for piece in &form.like.0 {
            match piece {
                Piece::Text(text) => subject.push_str(text),
                Piece::Slot(name) => {
                    let (_, value) = slots.iter().find(|(known, _)| known == name)?;
                    subject.push_str(&self.encode(value));
                }
            }
        }
        Some(subject)
    }

    fn encode(&self, value: &str) -> String {
        self.encode.iter().fold(value.to_owned(), |value, (from, to)| value.replace(from, to))
    }

    /// `subject` with its values encoded, if it is of a known form.
    pub(super) fn encoded(&self, subject: &str) -> String {
        self.read(subject)
            .and_then(|(form, slots)| self.subject(form, &slots))
            .unwrap_or_else(|| subject.to_owned())
    }

    pub(super) fn read<'a>(&self, subject: &'a str) -> Option<(&str, Vec<(&str, &'a str)>)> {
        self.forms.iter().find_map(|form| {
            let laid = form.like.lay(subject, &self.excludes)?;
            laid.open.is_none().then_some((form.id.as_str(), laid.slots))
        })
    }

    /// What a pattern says of slots, each of which may be a pattern too.
    pub(super) fn slots_of_pattern<'a>(&self, pattern: &'a str) -> Vec<(&str, &'a str)> {
        let laid = self.forms.iter().find_map(|form| form.like.lay(pattern, &self.excludes));
        laid.map(|laid| laid.slots).unwrap_or_default()
    }

    /// The slots of which a pattern fixes the value.
    pub(super) fn fixed_slots<'a>(&self, pattern: &'a str) -> Vec<(&str, &'a str)> {
        let slots = self.slots_of_pattern(pattern);
        slots.into_iter().filter(|(_, value)| !value.contains(['*', '?', '$'])).collect()
    }

    pub(super) fn fixes_tenant(&self, pattern: &str) -> bool {
        let wildcard = pattern.find(['*', '?']);
        let literal = wildcard.and_then(|end| pattern.get(..end)).unwrap_or(pattern);
        let whole = wildcard.is_none();
        // A variable of the policy language may stand for anything.
        !literal.contains("${")
            && (self.tenant.iter().any(|known| known.fixed_by(literal, whole, &self.excludes))
                || whole && self.whole.as_ref().is_some_and(|known| known.is_match(pattern)))
    }

    /// Whether a subject that fits the pattern may be in a token.
    pub(super) fn may_issue(&self, pattern: &str) -> bool {
        if !self.complete || pattern.contains("${") {
            return true;
        }
        // What stands before the first wildcard tells; beyond it a `*` may hold anything.
        let begun = pattern.find(['*', '?']).and_then(|end| pattern.get(..end));
        let begun = begun.map(|literal| format!("{literal}*"));
        let fits = |form: &Form| match &begun {
            Some(begun) => form.like.lay(begun, &self.excludes).is_some(),
            None => form.like.lay(pattern, &self.excludes).is_some_and(|laid| laid.open.is_none()),
        };
        self.forms.iter().any(fits)
    }

    /// Whether a subject may hold `*` and `?` as characters where this text has them.
    pub(super) fn may_hold_wildcards(&self, text: &str) -> bool {
        let Some(wild) = &self.wild else { return true };
        // The slots that hold some are those that others in their place make different.
        let [one, other] = ["x", "y"].map(|char| text.replace(['*', '?'], char));
        if let (Some((_, one)), Some((_, other))) = (self.read(&one), self.read(&other)) {
            let mut pairs = one.iter().zip(&other);
            return pairs.all(|(one, other)| one == other || wild.iter().any(|it| it == one.0));
        }
        // Where no form begins like that, customers may have chosen another.
        let begins = |form: &Form| form.like.lay(text, &self.excludes).is_some();
        !self.complete && !self.forms.iter().any(begins)
    }

    pub(super) fn owner(&self, pattern: &str) -> Option<String> {
        let slots = self.fixed_slots(pattern);
        let value = |name: &String| slots.iter().find(|(slot, _)| slot == name).map(|(_, it)| *it);
        let path: Vec<&str> = self.path.iter().map_while(value).collect();
        if !path.is_empty() {
            return Some(path.join("/"));
        }
        slots.first().map(|(_, value)| (*value).to_owned())
    }

    /// The form of the subjects that are most usual, with its slots.
    pub(super) fn usual_form(&self) -> Option<&str> {
        self.forms.first().map(|form| form.text.as_str())
    }

    pub(super) fn describe(&self, pattern: &str, shared: bool) -> String {
        let everything = match &self.anything {
            Some(words) if shared => words.as_str(),
            _ if shared => "any tenant",
            _ => "any subject of this issuer",
        };
        let everything = everything.to_owned();
        let mut shortened = pattern.to_owned();
        while shortened.contains("**") {
            shortened = shortened.replace("**", "*");
        }
        if shortened == "*" {
            return everything;
        }
        let laid = self
            .forms
            .iter()
            .find_map(|form| Some((form, form.like.lay(&shortened, &self.excludes)?)))
            .filter(|_| !pattern.contains("${"));
        let Some((form, laid)) = laid else {
            let quoted = if pattern.contains(['*', '?']) { "subjects like" } else { "the subject" };
            return format!("{quoted} `{pattern}`");
        };
        let begun =
            |at: usize| matches!(laid.open, Some(Open::Begun)) && at + 1 == laid.slots.len();
        if let ([(name, value)], true) = (laid.slots.as_slice(), begun(0))
            && shared
        {
            let start = value.strip_suffix('*').unwrap_or(value);
            return format!("whoever registers a name that begins with `{start}` ({name})");
        }
        let mut within: Vec<String> = Vec::new();
        let mut slots = laid.slots.iter().enumerate().peekable();
        while let Some((at, (name, value))) = slots.next() {
            let next = slots.peek().filter(|(at, (next, value))| {
                self.path == [*name, *next] && !value.contains(['*', '?']) && !begun(*at)
            });
            match next {
                Some((_, (_, rest))) if !value.contains(['*', '?']) => {
                    within.push(format!("{value}/{rest}"));
                    slots.next();
                }
                _ => within.push(self.say(name, value, begun(at))),
            }
        }
        let fixed = self.fixes_tenant(pattern) || !shared;
        let within = if fixed || within.is_empty() {
            within.join(", ")
        } else {
            format!("any tenant: {}", within.join(", "))
        };
        match laid.open {
            None => match &form.what {
                Some(what) => format!("{what} of {within}"),
                None => within,
            },
            Some(_) if within.is_empty() => everything,
            Some(_) if !fixed => within,
            Some(Open::Slot(name)) => format!("any {name} of {within}"),
            Some(Open::Begun | Open::After) => format!("anything in {within}"),
        }
    }

    fn say(&self, name: &str, value: &str, begun: bool) -> String {
        let label = if self.plain.iter().any(|known| known == name) {
            String::new()
        } else {
            format!("{name} ")
        };
        match value {
            "*" => format!("any {name}"),
            open if begun => {
                format!("{name} beginning with `{}`", open.strip_suffix('*').unwrap_or(open))
            }
            like if like.contains(['*', '?']) => format!("{name} like `{like}`"),
            exact => format!("{label}{exact}"),
        }
    }
}
