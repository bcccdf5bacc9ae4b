//! The statements that an answer cites: their texts, and where they stand.

use std::collections::{HashMap, HashSet};

use crate::evaluation::StatementRef;
use crate::org::{AttachedPolicy, DocumentKey, Facts, InlineDocument};

use super::answers::{CitedPlace, PolicyView};
use super::policy_view::policy_view;
use crate::policy::{StatementPlace, places};

/// What evidence calls a role's trust policy.
const TRUST: &str = "trust policy";

/// What a cited statement says and where it says so; nothing where its document was not read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Excerpt {
    pub(super) text: Option<String>,
    pub(super) place: Option<CitedPlace>,
}

/// The text of each statement, `None` where its document was not read.
pub fn statement_texts(facts: &Facts, cited: &[StatementRef]) -> Vec<Option<String>> {
    excerpts(facts, cited).into_iter().map(|excerpt| excerpt.text).collect()
}

/// Each statement's text and place.
pub(super) fn excerpts(facts: &Facts, cited: &[StatementRef]) -> Vec<Excerpt> {
    let documents = documents(facts, cited);
    let mut read: HashMap<DocumentKey, (PolicyView, Vec<StatementPlace>)> = HashMap::new();
    cited
        .iter()
        .map(|statement| {
            let on = (&*statement.attached_to, &*statement.policy);
            let Some(document) = documents.get(&on) else { return Excerpt::default() };
            let (view, places) = read.entry(*document).or_insert_with(|| {
                let view = policy_view(facts, on.1, on.0, Some(*document));
                (view, places(&facts.documents[*document].text).unwrap_or_default())
            });
            Excerpt { text: excerpt(view, statement.index), place: place(places, statement.index) }
        })
        .collect()
}

/// Where a statement of a document begins.
pub(super) fn place(places: &[StatementPlace], index: usize) -> Option<CitedPlace> {
    let place = &places.get(index)?.place;
    Some(CitedPlace { line: place.line, column: place.column })
}

/// Documents by what they are attached to and what evidence calls them.
type Documents<'a> = HashMap<(&'a str, &'a str), DocumentKey>;

/// The documents of everything that is cited.
fn documents<'a>(facts: &'a Facts, cited: &'a [StatementRef]) -> Documents<'a> {
    let owners: HashSet<&str> = cited.iter().map(|statement| &*statement.attached_to).collect();
    let mut documents = Documents::new();
    let roles = owners.iter().filter_map(|arn| facts.role_by_arn(arn));
    for role in roles.map(|key| &facts.roles[key]) {
        documents.insert((&role.arn, TRUST), role.trust);
        add(&mut documents, &role.arn, &role.inline, role.attached.iter().chain(&role.boundary));
    }
    let users = owners.iter().filter_map(|arn| facts.user_by_arn(arn));
    for user in users.map(|key| &facts.users[key]) {
        add(&mut documents, &user.arn, &user.inline, user.attached.iter().chain(&user.boundary));
    }
    for group in facts.groups.values().filter(|group| owners.contains(&*group.arn)) {
        add(&mut documents, &group.arn, &group.inline, group.attached.iter());
    }
    let control: HashMap<&str, DocumentKey> = facts
        .control_policies
        .values()
        .filter_map(|policy| Some((&*policy.id, policy.document?)))
        .collect();
    for statement in cited {
        if let Some(document) = control.get(&*statement.policy) {
            documents.insert((&statement.attached_to, &statement.policy), *document);
        }
    }
    documents
}

fn add<'a>(
    documents: &mut Documents<'a>,
    owner: &'a str,
    inline: &'a [InlineDocument],
    attached: impl Iterator<Item = &'a AttachedPolicy>,
) {
    for policy in inline {
        documents.insert((owner, &policy.name), policy.document);
    }
    for policy in attached {
        if let Some(document) = policy.document {
            documents.insert((owner, &policy.arn), document);
        }
    }
}

/// One statement of a formatted document, with the document's indentation taken off.
fn excerpt(view: &PolicyView, index: usize) -> Option<String> {
    let (start, end) = *view.statements.get(index)?;
    let text = view.text.as_deref()?;
    let lines: Vec<&str> = text.lines().skip(start).take(end.saturating_sub(start)).collect();
    let margin =
        lines.iter().map(|line| line.len() - line.trim_start().len()).min().unwrap_or_default();
    let own: Vec<&str> = lines.iter().filter_map(|line| line.get(margin..)).collect();
    Some(own.join("\n").trim_end_matches(',').to_owned())
}
