//! Lists added up: by kind and by account.

use super::lists::counts;
use super::sheet::{Sheet, columns, paint};
use super::{style, why, words};
use crate::answer::{Counts, Summary, Verdict};
use crate::cli::output::Page;
use crate::text::safe;

/// How far a source reaches, as text.
pub(crate) fn reach_summary(answer: &Summary, page: Page) -> String {
    summary(answer, page, &format!("How far {} reaches", paint(style::NAME, &safe(&answer.of))))
}

/// Who comes to a target, as text.
pub(crate) fn who_can_summary(answer: &Summary, page: Page) -> String {
    summary(answer, page, &format!("Who comes to {}", paint(style::NAME, &safe(&answer.of))))
}

fn summary(answer: &Summary, page: Page, title: &str) -> String {
    let mut sheet = Sheet::new(page);
    sheet.line(0, title);
    why::scenario(&mut sheet, &answer.scenario);
    sheet.line(0, &format!("{}; accounts: {}", counts(answer.counts), counts(answer.accounts)));
    let kinds = answer.by_kind.iter();
    let kinds: Vec<_> = kinds.map(|row| (words::kind(row.kind).to_owned(), row.counts)).collect();
    table(&mut sheet, "KIND", &kinds);
    let accounts = answer.by_account.iter();
    let accounts: Vec<_> = accounts
        .map(|row| {
            let name = row.name.as_deref().unwrap_or("outside");
            (safe(&format!("{} {name}", row.account)).into_owned(), row.counts)
        })
        .collect();
    table(&mut sheet, "ACCOUNT", &accounts);
    words::up_to(&mut sheet, answer.max_hops);
    if answer.truncated {
        sheet.gap();
        let listed = answer.by_account.len();
        let text = if answer.accounts.total() > listed {
            let all = answer.accounts.total();
            format!("{listed} of {all} accounts; --limit N shows more")
        } else {
            "the search was cut short; --max-hops N narrows it".to_owned()
        };
        sheet.line(2, &paint(style::WARNING, &text));
    }
    sheet.not_read(&answer.not_read, "more");
    sheet.finish()
}

fn table(sheet: &mut Sheet, head: &str, rows: &[(String, Counts)]) {
    if rows.is_empty() {
        return;
    }
    sheet.gap();
    let mut cells = vec![
        ["ALLOWED", "CONDITIONAL", "UNKNOWN", "DENIED", head]
            .iter()
            .map(|head| paint(style::FAINT, head))
            .collect::<Vec<_>>(),
    ];
    for (name, counts) in rows {
        let number = |number: usize, verdict: Verdict| match number {
            0 => words::nothing(sheet.page).to_owned(),
            _ => paint(style::verdict(verdict), &number.to_string()),
        };
        cells.push(vec![
            number(counts.allowed, Verdict::Allowed),
            number(counts.conditional, Verdict::Conditional),
            number(counts.unknown, Verdict::Unknown),
            number(counts.denied, Verdict::Denied),
            name.clone(),
        ]);
    }
    for line in columns(&cells) {
        sheet.line(2, &line);
    }
}
