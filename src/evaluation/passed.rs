//! What STS takes of what a call passes, whatever the policies say (rule V6).

use std::ops::RangeInclusive;

/// Something that the caller chooses and STS looks at before any policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// The session's name.
    SessionName,
    /// The external ID.
    ExternalId,
    /// The source identity.
    SourceIdentity,
}

impl Passed {
    /// What a request key passes, the key in lower case.
    pub(super) fn with(key: &str) -> Option<Self> {
        match key {
            "sts:rolesessionname" => Some(Self::SessionName),
            "sts:externalid" => Some(Self::ExternalId),
            "sts:sourceidentity" => Some(Self::SourceIdentity),
            _ => None,
        }
    }

    /// How many characters it has.
    fn length(self) -> RangeInclusive<usize> {
        match self {
            Self::SessionName | Self::SourceIdentity => 2..=64,
            Self::ExternalId => 2..=1224,
        }
    }

    /// Whether STS takes a character anywhere in it.
    fn takes_char(self, char: char) -> bool {
        let marks = match self {
            Self::SessionName | Self::SourceIdentity => "_+=,.@-",
            Self::ExternalId => "_+=,.@:/-",
        };
        char.is_ascii_alphanumeric() || marks.contains(char)
    }

    /// Whether STS takes a value.
    pub fn takes(self, value: &str) -> bool {
        self.length().contains(&value.chars().count())
            && value.chars().all(|char| self.takes_char(char))
    }

    /// Whether STS takes some value that a pattern fits.
    pub(super) fn takes_some(self, pattern: &str) -> bool {
        let (longer, least) = (pattern.contains('*'), pattern.chars().filter(|it| *it != '*'));
        let (least, most) = (least.count(), *self.length().end());
        pattern.chars().all(|char| matches!(char, '*' | '?') || self.takes_char(char))
            && least <= most
            && (longer || self.length().contains(&least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_values_are_refused_whatever_policies_say() {
        let long = "a".repeat(65);
        for (what, taken, refused) in [
            (Passed::SessionName, ["ci", "a+b=c,d.e@f-g_h"], ["x", "john smith"]),
            (Passed::SourceIdentity, ["ann", "ann@example.com"], ["a/b", &*long]),
            (Passed::ExternalId, ["a:b/c", &*long], ["a#b", ""]),
        ] {
            for value in taken {
                assert!(what.takes(value) && what.takes_some(value), "{what:?} {value}");
            }
            for value in refused {
                assert!(!what.takes(value) && !what.takes_some(value), "{what:?} {value}");
            }
        }
    }

    #[test]
    fn a_pattern_is_refused_where_all_that_it_fits_is() {
        let some = |pattern: &str| Passed::SessionName.takes_some(pattern);
        assert!(["*", "?*", "a*", "??", "*@example.com"].into_iter().all(some));
        let long = format!("{}*", "a".repeat(65));
        assert!(!["user/*", "?", "", "${*}x", &long].into_iter().any(some));
    }
}
