//! What the marks of the grid mean.

use super::super::document::{Document, Line};
use super::super::look::{Role, verdict_mark, verdict_role};
use crate::answer::{Limits, Privilege, Verdict};

/// All marks, for whoever asks.
pub(crate) fn legend() -> Document {
    let mut document = Document::new("what the marks mean");
    let mut line = |role: Role, mark: &str, text: &str| {
        document.push(Line::new().with(role, format!("{mark:<5}")).text(text).indent(5));
    };
    let verdicts = [
        (
            Verdict::Allowed,
            "allowed: some role of the account is reached, and no policy can stop it",
        ),
        (Verdict::Conditional, "conditional: reached if something holds; the word says what kind"),
        (Verdict::Denied, "denied, though settings or a policy name the role"),
        (Verdict::Unknown, "not read, or a way in that can't be followed: it may be reached"),
    ];
    for (verdict, text) in verdicts {
        line(verdict_role(verdict), verdict_mark(verdict), text);
    }
    let none = format!("no path of up to {} hops, and no setting asks for one", Limits::LIST.hops);
    line(Role::Muted, "·", &none);
    line(Role::Muted, "", "blank: left out by what is shown (m)");
    line(
        Role::Muted,
        "",
        "hidden: sources of other issuers than HCP Terraform beyond 500 have no row",
    );
    line(Role::Strong, "■", "the workspace's settings ask for it; ? they were not read");
    line(
        verdict_role(Verdict::Denied),
        "✕",
        "behind it: a role that they ask for there is refused",
    );
    line(Role::Text, "own", "through an OIDC provider of the account itself");
    line(Role::Text, "hub", "through a role of another account; both: in either way");
    for (word, text) in [
        ("you", "the caller chooses it in the call: an external ID, a session name"),
        ("ses", "the caller's session must be of that kind"),
        ("net", "a network or an endpoint"),
        ("tok", "the token's issuer decides"),
        ("time", "the clock"),
        ("them", "an administrator of another account"),
        ("read", "a fact that was not read"),
        ("rule", "AWS's documentation leaves it open"),
    ] {
        line(Role::VerdictConditional, word, text);
    }
    for privilege in Privilege::ALL {
        let mark = privilege.mark();
        line(super::super::look::privilege_role(privilege), mark, privilege.text());
    }
    line(
        Role::Text,
        "12",
        "in a closed group: how many of its places are reached or may be, best and mightiest",
    );
    document
}
