//! What a Terraform configuration asks for, below an answer.

use std::collections::BTreeSet;

use anstyle::Style;

use super::sheet::{Sheet, columns, paint};
use super::{evidence, style, words};
use crate::answer::{ChainLink, Configured, ConfiguredProvider};
use crate::arn::Arn;
use crate::cli::output::Page;
use crate::text::safe;

/// The providers with their chains, and what was not read of the configuration.
pub(super) fn configuration(
    sheet: &mut Sheet,
    providers: Option<&[ConfiguredProvider]>,
    not_read: Option<&[String]>,
) {
    let Some(providers) = providers else { return };
    sheet.heading("What the configuration asks for");
    if providers.is_empty() {
        sheet.prose(2, Style::new(), "no AWS provider, so nothing beyond the workspace's settings");
    }
    let rows = providers.iter().map(|provider| {
        let module = provider.module.as_ref().map(|module| format!("{}: ", safe(module)));
        let place = provider.place.as_ref().map(|place| format!(" ({})", safe(place)));
        vec![
            sheet.verdict(provider.verdict),
            format!(
                "{}{}{}",
                module.unwrap_or_default(),
                paint(style::NAME, &safe(&provider.provider)),
                place.map(|place| paint(style::FAINT, &place)).unwrap_or_default()
            ),
        ]
    });
    let lines = columns(&rows.collect::<Vec<_>>());
    for (line, provider) in lines.iter().zip(providers) {
        sheet.line(2, line);
        let tag = provider.tag.as_ref().map(|tag| format!("@{tag}")).unwrap_or_default();
        let run = format!("{}:{}{tag}", provider.workspace, provider.phase);
        let arrow = format!(" {} ", words::arrow(sheet.page));
        let mut chain = vec![safe(&run).into_owned()];
        chain.extend(match provider.base {
            "static-keys" => Some(untold("static keys", sheet.page)),
            "profile" => Some(untold("a profile", sheet.page)),
            _ => None,
        });
        chain.extend(provider.chain.iter().map(|link| role(link, sheet.page)));
        sheet.prose(6, Style::new(), &chain.join(&arrow));
        if let Some(reason) = &provider.reason {
            sheet.prose(6, style::FAINT, reason);
        } else if let Some(needs) = evidence::needs_in_short(&provider.requirements) {
            sheet.line(6, &paint(style::verdict(provider.verdict), &needs));
        }
    }
    for text in not_read.into_iter().flatten() {
        sheet.labelled(2, "? ", Style::new(), &format!("not read: {text}"));
    }
}

/// A role, or what stands for one that can't be told.
fn role(link: &ChainLink, page: Page) -> String {
    let repeated = if link.repeated { "any number of " } else { "" };
    match (&link.role, &link.expression) {
        (Some(role), _) => format!("{repeated}{}", words::short(role)),
        (None, expression) => {
            format!("{repeated}{}", untold(expression.as_deref().unwrap_or("?"), page))
        }
    }
}

fn untold(what: &str, page: Page) -> String {
    let [open, close] = if page.ascii { ["<", ">"] } else { ["‹", "›"] };
    format!("{open}{}{close}", safe(what))
}

/// The cells, by workspace, phase and account, in which something is asked for and refused.
pub(super) fn refused(providers: &[ConfiguredProvider]) -> BTreeSet<(&str, &str, String)> {
    let refused = providers.iter().filter_map(|provider| {
        let role: Arn = provider.denied_at.as_ref()?.parse().ok()?;
        Some((provider.workspace.as_str(), provider.phase, role.account()?.to_string()))
    });
    refused.collect()
}

/// The mark of a row; empty where no configuration was given.
pub(super) fn mark(configured: Option<Configured>, page: Page) -> &'static str {
    match (configured, page.ascii) {
        (Some(Configured::All), false) => "■",
        (Some(Configured::All), true) => "#",
        (Some(Configured::Unknown), _) => "~",
        (Some(Configured::FirstHop | Configured::No) | None, _) => "",
    }
}

/// How much of a path is configured, in words; empty where no configuration was given.
pub(super) fn words_of(configured: Option<Configured>) -> &'static str {
    match configured {
        None => "",
        Some(Configured::All) => ", configured",
        Some(Configured::FirstHop) => ", configured up to hop 1",
        Some(Configured::No) => ", not configured",
        Some(Configured::Unknown) => ", may be configured",
    }
}

/// What the marks of rows mean.
pub(super) fn legend(sheet: &mut Sheet) {
    let all = mark(Some(Configured::All), sheet.page);
    let text = format!("{all} the configuration asks for it, ~ it may ask for it");
    sheet.gap();
    sheet.prose(2, style::FAINT, &text);
}
