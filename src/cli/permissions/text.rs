//! The policies for people: what each is for, why each action, then the documents.

use anstyle::Style;
use serde_json::Value;

use super::super::output::Page;
use super::super::render::{Sheet, paint, style, wrap};
use crate::aws::operations::Service;
use crate::aws::permissions::{PLACEHOLDER, Setup, member_policy, needed};
use crate::text::safe;

/// Columns of an action's name; the longest has 32.
const ACTION: usize = 34;

/// Writes the text.
pub(super) fn write(setup: &Setup, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    sheet.prose(
        0,
        Style::new(),
        "What a crawl has to be allowed, and nothing more: the actions are those that rolewalk's \
         own gates let pass. `--format terraform` and `--format cloudformation` write the same as \
         templates.",
    );
    match &setup.via {
        None => {
            sheet.heading("1. Whoever runs rolewalk");
            reader(&mut sheet, setup, "With credentials of");
            document(&mut sheet, "policy", &setup.caller_policy());
        }
        Some(via) => {
            sheet.heading("1. Whoever runs rolewalk");
            sheet.prose(2, Style::new(), "Assumes the first hop, and needs nothing else.");
            document(&mut sheet, "policy", &setup.caller_policy());
            sheet.heading("2. The first hop");
            sheet.line(2, &paint(style::NAME, &safe(via.as_str())));
            reader(&mut sheet, setup, "A role of");
            if let (Some(policy), Some(trust)) = (setup.first_hop_policy(), setup.first_hop_trust())
            {
                document(&mut sheet, "policy", &policy);
                trusting(&mut sheet, &trust);
            }
        }
    }
    let number = if setup.via.is_some() { 3 } else { 2 };
    sheet.heading(&format!("{number}. The read role of every other account"));
    member(&mut sheet, setup);
    sheet.gap();
    sheet.prose(
        0,
        style::FAINT,
        "`sts:GetCallerIdentity`, which says whose credentials these are, needs no permission. \
         `rolewalk doctor` tries what is in place.",
    );
    sheet.finish()
}

/// What whoever reads the organization does.
fn reader(sheet: &mut Sheet, setup: &Setup, what: &str) {
    sheet.prose(
        2,
        Style::new(),
        &format!(
            "{what} the management account, or of a delegated administrator's account: it reads \
             the organization and its own account, and assumes the read role of every other one."
        ),
    );
    actions(sheet, "the organization", Service::Organizations);
    actions(sheet, "its own account", Service::Iam);
    actions(sheet, "the way into the others", Service::Sts);
    for role in setup.read_roles() {
        sheet.line(6, &format!("on {}", paint(style::NAME, &safe(&role))));
    }
}

fn member(sheet: &mut Sheet, setup: &Setup) {
    for name in &setup.role_names {
        sheet.line(2, &paint(style::NAME, &safe(name)));
    }
    if setup.role_names.len() > 1 {
        sheet.prose(2, Style::new(), "They are tried in this order; one in each account will do.");
    }
    sheet.prose(
        2,
        Style::new(),
        "Reads the account that it is in, with the calls of IAM above. It needs no action of \
         Organizations, and its session is cut down to rolewalk's reads whatever else it may do.",
    );
    sheet.prose(
        2,
        Style::new(),
        "A StackSet with service-managed permissions deploys into every account but the management \
         account. That one needs no read role where the organization is read from it, because it is \
         then read with the credentials at hand. Read from elsewhere it needs one, by a stack of \
         its own.",
    );
    document(sheet, "policy", &member_policy());
    trusting(sheet, &setup.member_trust());
    if setup.external_id.is_none() {
        sheet.prose(
            2,
            style::FAINT,
            "Without an external ID, which `--external-id` asks for here and in `collect`.",
        );
    }
}

/// The actions of a service with what they are called for.
fn actions(sheet: &mut Sheet, what: &str, service: Service) {
    sheet.line(2, &paint(style::FAINT, &format!("{}: {what}", service.as_str())));
    for operation in needed().filter(|operation| operation.service == service) {
        // Under the reasons, not under the names.
        let room = sheet.page.width.saturating_sub(ACTION + 4).max(24);
        let mut name = operation.name;
        for line in wrap(operation.why, room, room) {
            sheet.line(4, &format!("{name:<ACTION$}{line}"));
            name = "";
        }
    }
}

fn trusting(sheet: &mut Sheet, trust: &Value) {
    document(sheet, "trust policy", trust);
    if trust.to_string().contains(PLACEHOLDER) {
        let missing = "This is not finished: `--trusted ARN` puts the principal in.";
        sheet.prose(2, style::WARNING, missing);
    }
}

fn document(sheet: &mut Sheet, what: &str, document: &Value) {
    sheet.line(2, &paint(style::FAINT, &format!("{what}:")));
    let text = serde_json::to_string_pretty(document).unwrap_or_default();
    for line in text.lines() {
        sheet.line(2, &safe(line));
    }
}
