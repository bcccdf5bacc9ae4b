//! The marks, and how sure they are.

use serde::Serialize;

/// What a principal can do in its own account, the mightiest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Privilege {
    /// Everything, or it can give itself everything.
    Admin,
    /// Can change what somebody may do, or who may become whom.
    Iam,
    /// Can hand a role on to a service.
    Pass,
    /// Can write.
    Write,
    /// Can read.
    Read,
    /// Nothing by itself.
    #[serde(rename = "none")]
    Nothing,
}

impl Privilege {
    /// All of them, the mightiest first.
    pub const ALL: [Self; 6] =
        [Self::Admin, Self::Iam, Self::Pass, Self::Write, Self::Read, Self::Nothing];

    /// The mark on screens.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Admin => "adm",
            Self::Iam => "iam",
            Self::Pass => "pas",
            Self::Write => "wr",
            Self::Read => "ro",
            Self::Nothing => "-",
        }
    }

    /// The name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Iam => "iam",
            Self::Pass => "pass",
            Self::Write => "write",
            Self::Read => "read",
            Self::Nothing => "none",
        }
    }

    /// What it means, for people.
    pub fn text(self) -> &'static str {
        match self {
            Self::Admin => "can do everything, or give itself everything",
            Self::Iam => "can change what somebody may do, or who may become whom",
            Self::Pass => "can write, and hand roles on to services",
            Self::Write => "can write",
            Self::Read => "can read",
            Self::Nothing => "can do nothing there by itself",
        }
    }
}

/// What a principal can do, as far as that is known (rule M2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Privileges {
    /// The mightiest mark that can't be ruled out.
    pub most: Privilege,
    /// The mightiest that is proven. Less than the other only where a fact was not read, or a
    /// rule is disputed.
    pub proven: Privilege,
}

impl Privileges {
    /// The mark on screens: with a question mark where the mightiest is not proven.
    pub fn mark(self) -> &'static str {
        if self.most == self.proven {
            return self.most.mark();
        }
        match self.most {
            Privilege::Admin => "adm?",
            Privilege::Iam => "iam?",
            Privilege::Pass => "pas?",
            Privilege::Write => "wr?",
            Privilege::Read => "ro?",
            Privilege::Nothing => "-",
        }
    }

    /// What it means, for people.
    pub fn text(self) -> String {
        if self.most == self.proven {
            return self.most.text().to_owned();
        }
        format!("perhaps {}; surely {}", self.most.text(), self.proven.text())
    }

    /// The best of both, for somebody who can become either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self { most: self.most.min(other.most), proven: self.proven.min(other.proven) }
    }
}

/// Whether a capability is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Certainty {
    /// No request succeeds.
    Never,
    /// It hangs on what was not read, or on a disputed rule.
    Open,
    /// Some request succeeds.
    Proven,
}
