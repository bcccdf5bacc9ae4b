//! ARN patterns, ready to match: `Resource`, and the values of ARN operators.

use crate::arn::{self, glob::Glob, short};

use super::operator::Tri;
use super::template::Template;

/// `Resource` or `NotResource`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ResourceElement {
    /// Whether it is `NotResource`.
    pub negated: bool,
    /// The patterns.
    pub patterns: Box<[ResourcePattern]>,
}

/// An ARN, cut once to be compared with many patterns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArnSegments<'a> {
    whole: &'a str,
    parts: Option<[&'a str; 6]>,
}

impl<'a> ArnSegments<'a> {
    /// Cuts an ARN. A text that is none fits no pattern of a resource but `*`.
    pub fn new(arn: &'a str) -> Self {
        Self { whole: arn, parts: arn::split(arn) }
    }

    /// The ARN as text.
    pub fn whole(&self) -> &'a str {
        self.whole
    }

    /// The six parts; `None` where the text is no ARN.
    pub fn parts(&self) -> Option<[&'a str; 6]> {
        self.parts
    }
}

/// One entry of `Resource`.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourcePattern {
    /// As written, with its variables.
    pub template: Template,
    reach: Reach,
}

#[derive(Debug, Clone, PartialEq)]
enum Reach {
    /// Depends on what variables fill in; what stands before them has to fit in any case.
    Open(Option<Box<Beginning>>),
    /// A lone `*`.
    Everything,
    /// Fewer than six parts and a `*` at the end, which stands for the rest.
    Rest(Box<Segments>),
    /// Six parts.
    Parts(ArnParts),
    /// Fewer than six parts, so no ARN fits.
    Nothing,
}

/// Behind a pointer of one word: few patterns have them.
#[derive(Debug, Clone, PartialEq)]
struct Segments(Vec<Glob>);

impl ResourcePattern {
    /// Works out, once, how the pattern matches.
    pub fn new(template: Template) -> Self {
        let reach = match template.fixed() {
            None => Reach::Open(Beginning::of(&template.text).map(Box::new)),
            Some((glob, _)) if glob.matches_everything() => Reach::Everything,
            Some((glob, _)) => match ArnParts::of(glob) {
                Some(parts) => Reach::Parts(parts),
                None if glob.ends_open() => Reach::Rest(Box::new(Segments(glob.segments()))),
                None => Reach::Nothing,
            },
        };
        Self { template, reach }
    }

    /// Whether it is a lone `*`.
    pub fn is_everything(&self) -> bool {
        self.reach == Reach::Everything
    }

    /// Whether the pattern covers the ARN (rule S3): wildcards stay within the six parts, except
    /// that a lone `*` means everything and a `*` at the end of fewer parts stands for the rest.
    /// Unknown where a pattern of fewer parts fits only if an earlier wildcard crosses a colon,
    /// `None` where it depends on what the template's variables fill in. Allocates nothing.
    pub fn covers(&self, arn: &ArnSegments<'_>) -> Option<Tri> {
        if let Reach::Open(Some(beginning)) = &self.reach
            && !beginning.fits(arn)
        {
            return Some(Tri::False);
        }
        let (glob, _) = self.template.fixed()?;
        match &self.reach {
            Reach::Open(_) => None,
            Reach::Everything => Some(Tri::True),
            Reach::Rest(segments) => Some(match arn.parts {
                Some(parts)
                    if segments.0.iter().zip(parts).all(|(one, part)| one.matches(part)) =>
                {
                    Tri::True
                }
                Some(_) if glob.matches(arn.whole) => Tri::Unknown,
                _ => Tri::False,
            }),
            Reach::Parts(parts) => Some(parts.fit(glob, arn).into()),
            Reach::Nothing => Some(Tri::False),
        }
    }
}

/// What stands before the first variable of a pattern: five parts, and the text that the last one
/// begins with.
#[derive(Debug, Clone, PartialEq)]
struct Beginning {
    parts: [Glob; 5],
    last: Box<str>,
}

impl Beginning {
    /// `None` where a variable stands before the fifth colon.
    fn of(text: &str) -> Option<Self> {
        let (before, _) = text.split_once("${")?;
        let [one, two, three, four, five, last] = arn::split(before)?;
        let literal = last.split(['*', '?']).next().unwrap_or_default();
        Some(Self { parts: [one, two, three, four, five].map(Glob::new), last: literal.into() })
    }

    fn fits(&self, arn: &ArnSegments<'_>) -> bool {
        arn.parts.is_some_and(|parts| {
            self.parts.iter().zip(parts).all(|(glob, part)| glob.matches(part))
                && short::after(parts[5], &self.last).is_some()
        })
    }
}

/// How a pattern of six parts matches, each with wildcards of its own.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ArnParts {
    /// There are no wildcards before the fifth colon, so the pattern as a whole says the same.
    Whole,
    /// Part by part.
    Each(Box<[Glob; 6]>),
}

impl ArnParts {
    /// `None` where the pattern has fewer than six parts.
    pub(super) fn of(glob: &Glob) -> Option<Self> {
        if memchr::memchr_iter(b':', glob.literal_prefix().as_bytes()).nth(4).is_some() {
            return Some(Self::Whole);
        }
        glob.split().map(|parts| Self::Each(Box::new(parts)))
    }

    /// Whether the ARN fits; `glob` is the pattern that this was made of.
    pub(super) fn fit(&self, glob: &Glob, arn: &ArnSegments<'_>) -> bool {
        match (self, arn.parts) {
            (Self::Whole, _) => glob.matches(arn.whole),
            (Self::Each(globs), Some(parts)) => {
                globs.iter().zip(parts).all(|(glob, part)| glob.matches(part))
            }
            (Self::Each(_), None) => false,
        }
    }
}
