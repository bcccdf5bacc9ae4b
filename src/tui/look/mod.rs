//! How things look: the theme's style for each role, and the marks that carry the meaning.
//!
//! Code names roles, never colours. Every mark can be read without colour, and on a terminal
//! without UTF-8 there is an ASCII form of each.

mod theme;

use ratatui::style::Style;

pub(crate) use theme::{Role, Theme};
pub use theme::{ThemeError, check_theme, theme_names};

use crate::answer::{NodeKind, Outcome, Privilege, Requirement, RequirementKind, Verdict};

/// What the caller may choose about the looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appearance {
    /// A theme's name, see [`theme_names`].
    pub theme: String,
    /// Whether colours are used; attributes such as reverse are used in any case.
    pub colour: bool,
    /// Whether only ASCII is drawn.
    pub ascii: bool,
}

impl Appearance {
    /// What the environment asks for: `ROLEWALK_THEME`, `NO_COLOR`, `ROLEWALK_ASCII`, and the
    /// locale, whose character set decides about ASCII where nothing else does.
    pub fn from_environment() -> Self {
        Self::from_variables(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
    }

    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Self {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| variable(name));
        let ascii = match variable("ROLEWALK_ASCII") {
            Some(value) => value != "0",
            // Windows consoles set no locale, and take UTF-8.
            None => cfg!(unix) && !locale.is_some_and(|locale| is_utf8(&locale)),
        };
        Self {
            theme: variable("ROLEWALK_THEME").unwrap_or_else(|| "default".to_owned()),
            colour: variable("NO_COLOR").is_none() && variable("TERM").as_deref() != Some("dumb"),
            ascii,
        }
    }
}

fn is_utf8(locale: &str) -> bool {
    let locale = locale.to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// A theme with a set of marks.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    theme: Theme,
    ascii: bool,
}

impl Look {
    pub(crate) fn new(appearance: &Appearance) -> Result<Self, ThemeError> {
        let theme = Theme::named(&appearance.theme)?;
        let theme = if appearance.colour { theme } else { theme.without_colour() };
        Ok(Self { theme, ascii: appearance.ascii })
    }

    pub(crate) fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    pub(crate) fn marks(&self) -> &'static Marks {
        if self.ascii { &ASCII } else { &UNICODE }
    }

    /// `text` with our own drawing characters replaced where only ASCII is drawn. What comes
    /// from outside keeps its meaning: characters without a replacement become `?`.
    pub(crate) fn plain<'a>(&self, text: &'a str) -> std::borrow::Cow<'a, str> {
        if !self.ascii || text.is_ascii() {
            return text.into();
        }
        text.chars().map(ascii_of).collect::<String>().into()
    }
}

fn ascii_of(char: char) -> char {
    match char {
        _ if char.is_ascii() => char,
        '●' => 'A',
        '◐' => 'C',
        '✕' => 'D',
        '·' => '.',
        '■' => '#',
        '…' => '~',
        '→' | '▌' | '▸' => '>',
        '▼' => 'v',
        '│' | '┃' => '|',
        '×' => 'x',
        '▾' | '─' | '–' | '—' => '-',
        '‘' | '’' => '\'',
        '◇' => 'o',
        _ => '?',
    }
}

/// The marks of one character set.
#[derive(Debug)]
pub(crate) struct Marks {
    pub(crate) allowed: &'static str,
    pub(crate) conditional: &'static str,
    pub(crate) denied: &'static str,
    pub(crate) unknown: &'static str,
    pub(crate) none: &'static str,
    pub(crate) configured: &'static str,
    pub(crate) open: &'static str,
    pub(crate) folded: &'static str,
    pub(crate) cursor: &'static str,
    pub(crate) spinner: [&'static str; 4],
    /// What is done of something, and what is not.
    pub(crate) bar: [&'static str; 2],
    /// Top left, top right, bottom left, bottom right, horizontal, vertical.
    pub(crate) border: [&'static str; 6],
}

static UNICODE: Marks = Marks {
    allowed: "●",
    conditional: "◐",
    denied: "✕",
    unknown: "?",
    none: "·",
    configured: "■",
    open: "▾",
    folded: "▸",
    cursor: "▌",
    spinner: ["◜", "◝", "◞", "◟"],
    bar: ["━", "─"],
    border: ["┌", "┐", "└", "┘", "─", "│"],
};

static ASCII: Marks = Marks {
    allowed: "A",
    conditional: "C",
    denied: "D",
    unknown: "?",
    none: ".",
    configured: "#",
    open: "-",
    folded: "+",
    cursor: ">",
    spinner: ["|", "/", "-", "\\"],
    bar: ["#", "-"],
    border: ["+", "+", "+", "+", "-", "|"],
};

/// The mark of a verdict, in Unicode; [`Look::plain`] makes it ASCII where needed.
pub(crate) fn verdict_mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed => UNICODE.allowed,
        Verdict::Conditional => UNICODE.conditional,
        Verdict::Denied => UNICODE.denied,
        Verdict::Unknown => UNICODE.unknown,
    }
}

pub(crate) fn verdict_role(verdict: Verdict) -> Role {
    match verdict {
        Verdict::Allowed => Role::VerdictAllowed,
        Verdict::Conditional => Role::VerdictConditional,
        Verdict::Unknown => Role::VerdictUnknown,
        Verdict::Denied => Role::VerdictDenied,
    }
}

/// Mark and role of what one layer contributes.
pub(crate) fn outcome_mark(outcome: Outcome) -> (&'static str, Role) {
    match outcome {
        Outcome::Allow => (UNICODE.allowed, Role::VerdictAllowed),
        Outcome::Deny | Outcome::NoMatch => (UNICODE.denied, Role::VerdictDenied),
        Outcome::Open => (UNICODE.conditional, Role::VerdictConditional),
        Outcome::NotApplicable => (UNICODE.none, Role::Muted),
    }
}

pub(crate) fn privilege_role(privilege: Privilege) -> Role {
    match privilege {
        Privilege::Admin => Role::PrivilegeAdmin,
        Privilege::Iam => Role::PrivilegeIam,
        Privilege::Pass => Role::PrivilegePass,
        Privilege::Write => Role::PrivilegeWrite,
        Privilege::Read => Role::PrivilegeRead,
        Privilege::Nothing => Role::Muted,
    }
}

pub(crate) fn node_role(kind: NodeKind) -> Role {
    match kind {
        NodeKind::Organization | NodeKind::HcpTerraform => Role::NodeOrganization,
        NodeKind::Ou => Role::NodeOu,
        NodeKind::Account => Role::NodeAccount,
        NodeKind::OidcProvider | NodeKind::SamlProvider => Role::NodeProvider,
        NodeKind::User => Role::NodeUser,
        NodeKind::Role => Role::NodeRole,
        NodeKind::ServiceLinkedRole => Role::NodeServiceLinked,
        NodeKind::Project => Role::NodeProject,
        NodeKind::Workspace | NodeKind::Stack => Role::NodeWorkspace,
    }
}

/// The short word for what a requirement needs.
pub(crate) fn need(requirement: &Requirement) -> &'static str {
    let is_mfa = requirement.kind == RequirementKind::CallerState && requirement.is_about_mfa();
    if is_mfa { "mfa" } else { need_word(requirement.kind.as_str()) }
}

/// The short word for who can make a requirement true, by its name in JSON.
pub(crate) fn need_word(kind: &str) -> &'static str {
    match kind {
        "caller-choice" => "you",
        "caller-state" => "session",
        "environment" => "net",
        "token-claim" => "token",
        "time" => "time",
        "external-admin" => "them",
        "not-read" => "read",
        _ => "rule",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn the_locale_decides_about_ascii_unless_told() {
        let look = |pairs: &'static [(&str, &str)]| {
            Appearance::from_variables(|name| {
                pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert!(!look(&[("LANG", "C.UTF-8")]).ascii);
        assert!(!look(&[("LC_ALL", "de_DE.utf8"), ("LANG", "C")]).ascii);
        assert_eq!(look(&[("LANG", "C")]).ascii, cfg!(unix));
        assert!(look(&[("LANG", "C.UTF-8"), ("ROLEWALK_ASCII", "1")]).ascii);
        assert!(!look(&[("LANG", "C"), ("ROLEWALK_ASCII", "0")]).ascii);
        assert!(!look(&[("NO_COLOR", "1")]).colour);
    }

    #[test]
    fn ascii_marks_differ_from_each_other() {
        let look =
            Look::new(&Appearance { theme: "default".to_owned(), colour: false, ascii: true })
                .unwrap();
        let marks: Vec<_> =
            [Verdict::Allowed, Verdict::Conditional, Verdict::Denied, Verdict::Unknown]
                .map(|verdict| look.plain(verdict_mark(verdict)).into_owned())
                .into();
        assert_eq!(marks, ["A", "C", "D", "?"]);
    }
}
