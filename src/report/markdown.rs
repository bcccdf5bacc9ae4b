//! The path report as Markdown (CommonMark, no raw HTML).
//!
//! Names come from accounts that somebody else may control, so every one of them is written as
//! a code span or escaped: none can open a link, an image or a tag.

use std::fmt::Write as _;

use super::PathReport;
use crate::answer::{
    AccountGap, Caveat, Hop, LayerResult, Limits, Outcome, Path, Paths, Privileges, Reason,
    Requirements, StatementRef, Verdict, privileges,
};
use crate::text::{safe, safe_lines};

/// The report as Markdown.
pub fn write(report: &PathReport) -> String {
    let mut text = String::new();
    head(&mut text, report);
    if report.pairs.is_empty() {
        text.push_str("\nNo path was found in what was read.\n");
    }
    for pair in &report.pairs {
        one_pair(&mut text, pair, report);
    }
    assumed(&mut text, &report.assumptions);
    not_read(&mut text, &report.not_read);
    text
}

fn head(text: &mut String, report: &PathReport) {
    let facts = &report.organization;
    let _ = writeln!(text, "# {}\n", escape(&report.title));
    let organization = match &facts.organization {
        Some(id) if *id != facts.name => format!("{} ({})", escape(&facts.name), cell(id)),
        _ => escape(&facts.name),
    };
    let snapshot = report.snapshot.as_deref().map_or_else(|| "sample organization".into(), cell);
    let mut rows = vec![("Organization", organization), ("Snapshot", snapshot)];
    if let Some(time) = &facts.collected_at {
        rows.push(("Facts collected", escape(time)));
    }
    if let Some(who) = &facts.collected_by {
        rows.push(("Collected by", cell(who)));
    }
    rows.push((
        "Read",
        format!(
            "{} of {} accounts, {} roles{}",
            facts.accounts_read,
            facts.accounts,
            facts.roles,
            match facts.workspaces {
                Some(workspaces) => format!(", {workspaces} workspaces"),
                None => ", HCP Terraform not read".to_owned(),
            }
        ),
    ));
    for fact in &report.scenario {
        let value = match fact.values.as_slice() {
            [] => "is absent".to_owned(),
            values => values.join(", "),
        };
        rows.push(("Stated of every call", escape(&format!("{} {value}", fact.key))));
    }
    if let Some(hops) = report.pairs.iter().map(|pair| pair.max_hops).max() {
        rows.push(("Paths looked for", format!("of up to {hops} hops")));
    }
    rows.push(("Written", format!("{} by rolewalk {}", report.written_at, report.tool_version)));
    text.push_str("| | |\n|---|---|\n");
    for (name, value) in rows {
        let _ = writeln!(text, "| {name} | {value} |");
    }
    if !facts.not_read.is_empty() {
        text.push_str(
            "\n**Not everything was read** (see the end): where a path could pass through what was not \
             read, this report can't show it.\n",
        );
    }
    if report.pairs_left_out > 0 {
        let _ = writeln!(
            text,
            "\n**{} more pairs are left out**: of each role, or source, the first {} are listed, best \
             verdict first.",
            report.pairs_left_out,
            Limits::LIST.rows
        );
    } else if report.truncated {
        text.push_str("\n**Not every path is listed**: a limit was reached.\n");
    }
    if report.pairs.len() > 1 {
        text.push_str("\n| Verdict | From | To | Can do | Hops |\n|---|---|---|---|---|\n");
        for pair in &report.pairs {
            let Some(best) = pair.paths.first() else { continue };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                best.verdict,
                cell(&pair.source),
                cell(&pair.target),
                can_do(best),
                best.hops.len()
            );
        }
    }
}

/// The mark of the role that a path ends at.
fn can_do(path: &Path) -> String {
    let last = path.hops.last();
    let privileges = last.and_then(|hop| privileges(hop.privilege, hop.privilege_proven));
    let open = |known: &Privileges| if known.most == known.proven { "" } else { "?" };
    privileges
        .map_or_else(|| "?".to_owned(), |known| format!("{}{}", known.most.as_str(), open(&known)))
}

fn one_pair(text: &mut String, pair: &Paths, report: &PathReport) {
    let _ = writeln!(text, "\n## {} to {}", code(&pair.source), code(&pair.target));
    if pair.paths.is_empty() {
        text.push_str("\nNo path was found in what was read.\n");
    }
    for (index, path) in pair.paths.iter().enumerate() {
        one_path(text, index + 1, path, report);
    }
    if pair.truncated {
        text.push_str("\nFurther paths were left out.\n");
    }
}

fn one_path(text: &mut String, number: usize, path: &Path, report: &PathReport) {
    let _ = writeln!(text, "\n### Path {number}: {}\n", path.verdict);
    for (index, hop) in path.hops.iter().enumerate() {
        let _ = writeln!(
            text,
            "{}. {} → {} by `{}`: {}",
            index + 1,
            code(&hop.from),
            code(&hop.to),
            hop.action,
            hop.verdict
        );
        if let Some(privileges) = privileges(hop.privilege, hop.privilege_proven) {
            let _ = writeln!(text, "   - The role {}.", privileges.text());
        }
        if let Some(reason) = &hop.reason {
            let _ = writeln!(text, "   - {}", reason_words(reason));
        }
    }
    requirements(text, &path.requirements, path.verdict);
    for (index, hop) in path.hops.iter().enumerate() {
        evidence(text, index + 1, hop, report);
    }
}

fn reason_words(reason: &Reason) -> String {
    let how = if reason.explicit { "explicit deny in" } else { "no allow in" };
    let level = reason.level.as_deref().map(|level| format!(" at {}", code(level)));
    format!(
        "{how} the {}{}: {}",
        reason.layer.title(),
        level.unwrap_or_default(),
        escape(&reason.text)
    )
}

fn requirements(text: &mut String, sets: &Requirements, verdict: Verdict) {
    if sets.iter().all(Vec::is_empty) {
        return;
    }
    let head = match (verdict, sets.len()) {
        (Verdict::Unknown, _) => "Undecided, because it was not read:",
        (_, 1) => "It succeeds when all of this holds:",
        _ => "It succeeds in any one of these cases:",
    };
    let _ = writeln!(text, "\n{head}\n");
    for (index, set) in sets.iter().enumerate() {
        let indent = if sets.len() > 1 {
            let _ = writeln!(text, "{}. when", index + 1);
            "   "
        } else {
            ""
        };
        for item in set {
            let _ = writeln!(
                text,
                "{indent}- hop {}: {} ({})",
                item.hop,
                escape(&item.text),
                item.kind.as_str()
            );
        }
    }
}

fn evidence(text: &mut String, number: usize, hop: &Hop, report: &PathReport) {
    let layers: Vec<&LayerResult> = hop
        .layers
        .iter()
        .filter(|layer| !layer.statements.is_empty() || !layer.near_misses.is_empty())
        .collect();
    if layers.is_empty() {
        return;
    }
    let _ = writeln!(text, "\n#### Hop {number}: what decides\n");
    for layer in layers {
        let level = layer.level.as_deref().map(|level| format!(" at {}", code(level)));
        let _ = writeln!(
            text,
            "- **{}**{}: {}",
            layer.layer.title(),
            level.unwrap_or_default(),
            outcome(layer.outcome)
        );
        for statement in &layer.statements {
            let _ = writeln!(text, "  - {}", named(statement));
            let cited = report.statements.iter().find(|cited| cited.statement == *statement);
            if let Some(json) = cited.and_then(|cited| cited.text.as_deref()) {
                fenced(text, "    ", json);
            }
        }
        for miss in &layer.near_misses {
            let sid = miss.sid.as_deref().map(|sid| format!(" {}", code(sid))).unwrap_or_default();
            let _ = writeln!(
                text,
                "  - nearly: {} in {} statement {}{sid}: {}",
                miss.effect,
                code(&miss.policy),
                miss.index,
                escape(&miss.failed_on)
            );
        }
    }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allow => "allows",
        Outcome::Deny => "denies",
        Outcome::NoMatch => "nothing matches",
        Outcome::Open => "depends",
        Outcome::NotApplicable => "has no part",
    }
}

fn named(statement: &StatementRef) -> String {
    let sid = statement.sid.as_deref().map(|sid| format!(" {}", code(sid))).unwrap_or_default();
    format!(
        "{} in {} statement {}{sid}, attached to {}",
        statement.effect,
        code(&statement.policy),
        statement.index,
        code(&statement.attached_to)
    )
}

fn assumed(text: &mut String, assumptions: &[Caveat]) {
    if assumptions.is_empty() {
        return;
    }
    text.push_str("\n## What the verdicts rest on\n\n");
    for Caveat { id, text: what } in assumptions {
        let _ = writeln!(text, "- {id}: {}", escape(what));
    }
}

fn not_read(text: &mut String, gaps: &[AccountGap]) {
    if gaps.is_empty() {
        return;
    }
    text.push_str("\n## Not read\n\nThese facts are missing, and may hide further paths.\n\n");
    text.push_str("| Where | What | Why |\n|---|---|---|\n");
    for gap in gaps {
        let place = match &gap.account {
            Some(id) if *id != gap.name => format!("{} ({id})", escape(&gap.name)),
            _ => escape(&gap.name),
        };
        let why = format!("{}: {}", gap.not_read.kind.as_str(), gap.not_read.message);
        let _ = writeln!(text, "| {place} | {} | {} |", cell(&gap.not_read.call), escape(&why));
    }
}

/// Text from anywhere, on one line, with nothing in it that Markdown acts on.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    let mut start = true;
    let text = safe(text);
    let mut rest = &*text;
    while let Some(char) = rest.chars().next() {
        rest = rest.get(char.len_utf8()..).unwrap_or_default();
        // Punctuation that opens something anywhere, and what opens a list or heading at the
        // start of a line. `&` begins an entity; of addresses readers make links by themselves.
        let acts = matches!(
            char,
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '&' | '~' | '!' | '$' | '@'
        ) || (start && matches!(char, '#' | '+' | '-' | '='))
            || (char == '.' && escaped.to_ascii_lowercase().ends_with("www"))
            || (char == ':' && rest.starts_with('/'));
        if acts {
            escaped.push('\\');
        }
        escaped.push(char);
        start = start && char.is_whitespace();
    }
    escaped
}

/// Text from anywhere as a code span that it can't end.
pub fn code(text: &str) -> String {
    let text = safe(text);
    let longest = longest_run(&text);
    let fence = "`".repeat(longest + 1);
    let pad =
        if text.starts_with('`') || text.ends_with('`') || text.is_empty() { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// As [`code`], in a table: there a bar ends the cell even inside a code span.
fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// A block of JSON that no text inside can end.
fn fenced(text: &mut String, indent: &str, json: &str) {
    let fence = "`".repeat(longest_run(json).max(2) + 1);
    let _ = writeln!(text, "{indent}{fence}json");
    for line in safe_lines(json).lines() {
        let _ = writeln!(text, "{indent}{line}");
    }
    let _ = writeln!(text, "{indent}{fence}");
}

fn longest_run(text: &str) -> usize {
    text.split(|char| char != '`').map(str::len).max().unwrap_or(0)
}
