//! A role in the making.

use rolewalk::org::reading::{InlinePolicy, Role, Tags};

use super::policies::{BOUNDARY, own};
use super::{Place, Random, names};

/// A role before it has what all roles have.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) path: Option<String>,
    pub(crate) trust: String,
    pub(crate) inline: Vec<(&'static str, String)>,
    pub(crate) attached: Vec<String>,
    pub(crate) boundary: bool,
    /// The team in its tag, by number.
    pub(crate) team: Option<u32>,
}

impl Draft {
    pub(crate) fn new(name: impl Into<String>, trust: String) -> Self {
        Self { name: name.into(), trust, ..Self::default() }
    }

    pub(crate) fn path(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    pub(crate) fn inline(mut self, name: &'static str, document: String) -> Self {
        self.inline.push((name, document));
        self
    }

    pub(crate) fn attached(mut self, arn: impl Into<String>) -> Self {
        self.attached.push(arn.into());
        self
    }

    /// With what all roles have.
    pub(crate) fn finish(self, place: &Place, random: &mut Random) -> Role {
        let mut tags = Tags::new();
        if let Some(team) = self.team {
            tags.insert("team".to_owned(), names::team(team));
            tags.insert("environment".to_owned(), place.environment.to_owned());
            if random.chance(500) {
                tags.insert("managed-by".to_owned(), "terraform".to_owned());
            }
        }
        Role {
            path: self.path.unwrap_or_else(|| "/".to_owned()),
            unique_id: names::unique_id("AROA", random),
            trust: self.trust.into(),
            inline: self
                .inline
                .into_iter()
                .map(|(name, document)| InlinePolicy {
                    name: name.to_owned(),
                    document: document.into(),
                })
                .collect(),
            attached: self.attached,
            boundary: self.boundary.then(|| own(place, BOUNDARY)),
            tags,
            max_session: Some(if random.chance(900) { 3600 } else { 43_200 }),
            description: random
                .chance(300)
                .then(|| format!("Role {} of {}", self.name, place.product)),
            created_at: names::instant(random, 1_500_000_000..1_760_000_000),
            last_used: random
                .chance(700)
                .then(|| names::instant(random, 1_760_000_000..1_790_000_000))
                .flatten(),
            name: self.name,
        }
    }
}
