//! Themes: a style for each role, read from data files that are compiled in.

use std::collections::BTreeMap;
use std::str::FromStr as _;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;
use thiserror::Error;

/// The themes that come with rolewalk.
const THEMES: [(&str, &str); 2] = [
    ("default", include_str!("../../../assets/themes/default.toml")),
    ("high-contrast", include_str!("../../../assets/themes/high-contrast.toml")),
];

/// The names of the themes.
pub fn theme_names() -> impl Iterator<Item = &'static str> {
    THEMES.iter().map(|(name, _)| *name)
}

/// Whether a theme of this name can be used.
///
/// # Errors
///
/// If there is none, or it does not say what it should.
pub fn check_theme(name: &str) -> Result<(), ThemeError> {
    Theme::named(name).map(drop)
}

/// Why a theme can't be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ThemeError {
    /// There is no such theme.
    #[error("there is no theme `{name}`; choose one of {known}")]
    Unknown {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A theme file does not say what it should.
    #[error("theme `{name}`: {message}")]
    Malformed {
        /// The theme.
        name: String,
        /// What is wrong.
        message: String,
    },
}

macro_rules! roles {
    ($($variant:ident = $name:literal,)*) => {
        /// What something on the screen is; the theme says how that looks.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[expect(clippy::enum_variant_names, reason = "an IAM role is a thing on the screen")]
        pub(crate) enum Role { $($variant,)* }

        impl Role {
            const ALL: &'static [(Self, &'static str)] = &[$((Self::$variant, $name),)*];
        }
    };
}

roles! {
    Text = "text",
    Muted = "muted",
    Strong = "strong",
    Heading = "heading",
    Title = "title",
    Border = "border",
    BorderFocus = "border.focus",
    Selection = "selection",
    SelectionOther = "selection.other",
    Tab = "tab",
    TabActive = "tab.active",
    Key = "key",
    Notice = "notice",
    Error = "error",
    Input = "input",
    Match = "match",
    VerdictAllowed = "verdict.allowed",
    VerdictConditional = "verdict.conditional",
    VerdictUnknown = "verdict.unknown",
    VerdictDenied = "verdict.denied",
    NodeOrganization = "node.organization",
    NodeOu = "node.ou",
    NodeAccount = "node.account",
    NodeProvider = "node.provider",
    NodeUser = "node.user",
    NodeRole = "node.role",
    NodeServiceLinked = "node.service-linked",
    NodeProject = "node.project",
    NodeWorkspace = "node.workspace",
    PrivilegeAdmin = "privilege.admin",
    PrivilegeIam = "privilege.iam",
    PrivilegePass = "privilege.pass",
    PrivilegeWrite = "privilege.write",
    PrivilegeRead = "privilege.read",
    JsonKey = "json.key",
    JsonString = "json.string",
    JsonLiteral = "json.literal",
    JsonMark = "json.mark",
}

#[derive(Debug, Default, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "attributes of text are independent")]
#[serde(deny_unknown_fields, default)]
struct Entry {
    fg: Option<String>,
    bg: Option<String>,
    bold: bool,
    dim: bool,
    underline: bool,
    reverse: bool,
}

/// A style for each role.
#[derive(Debug, Clone)]
pub(crate) struct Theme {
    styles: BTreeMap<Role, Style>,
}

impl Theme {
    pub(crate) fn named(name: &str) -> Result<Self, ThemeError> {
        let Some((_, text)) = THEMES.iter().find(|(known, _)| *known == name) else {
            let known = theme_names().map(|name| format!("`{name}`")).collect::<Vec<_>>();
            return Err(ThemeError::Unknown { name: name.to_owned(), known: known.join(", ") });
        };
        Self::parse(text)
            .map_err(|message| ThemeError::Malformed { name: name.to_owned(), message })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let entries: BTreeMap<String, Entry> =
            toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let mut styles = BTreeMap::new();
        for (name, entry) in entries {
            let Some((role, _)) = Role::ALL.iter().find(|(_, known)| *known == name) else {
                return Err(format!("there is no role `{name}`"));
            };
            styles.insert(*role, style(&entry)?);
        }
        Ok(Self { styles })
    }

    pub(crate) fn style(&self, role: Role) -> Style {
        self.styles.get(&role).copied().unwrap_or_default()
    }

    /// The same attributes, no colours.
    pub(crate) fn without_colour(mut self) -> Self {
        for (role, style) in &mut self.styles {
            (style.fg, style.bg) = (None, None);
            // A selection that was told by its colours alone would be lost.
            if matches!(role, Role::Selection | Role::TabActive) {
                *style = style.add_modifier(Modifier::REVERSED);
            }
        }
        self
    }
}

fn style(entry: &Entry) -> Result<Style, String> {
    let mut style = Style::new();
    let colour =
        |name: &String| Color::from_str(name).map_err(|_| format!("`{name}` is not a colour"));
    style.fg = entry.fg.as_ref().map(colour).transpose()?;
    style.bg = entry.bg.as_ref().map(colour).transpose()?;
    for (wanted, modifier) in [
        (entry.bold, Modifier::BOLD),
        (entry.dim, Modifier::DIM),
        (entry.underline, Modifier::UNDERLINED),
        (entry.reverse, Modifier::REVERSED),
    ] {
        if wanted {
            style = style.add_modifier(modifier);
        }
    }
    Ok(style)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn every_theme_styles_every_role() {
        for name in theme_names() {
            let theme = Theme::named(name).unwrap();
            for (role, role_name) in Role::ALL {
                assert!(theme.styles.contains_key(role), "{name} lacks {role_name}");
            }
        }
    }

    #[test]
    fn without_colour_the_selection_can_still_be_seen() {
        for name in theme_names() {
            let style = Theme::named(name).unwrap().without_colour().style(Role::Selection);
            assert!(style.add_modifier.contains(Modifier::REVERSED), "{name}");
            assert_eq!((style.fg, style.bg), (None, None), "{name}");
        }
    }

    #[test]
    fn a_wrong_name_lists_the_right_ones() {
        let message = Theme::named("dark").unwrap_err().to_string();
        assert_eq!(message, "there is no theme `dark`; choose one of `default`, `high-contrast`");
    }
}
