//! Lists of who reaches what.

use super::super::document::{About, Document, Line, Way};
use super::super::look::Role;
use super::super::look::{need, privilege_role, verdict_mark, verdict_role};
use super::{Names, counted, gap, grouped};
use crate::answer::{
    AccountGap, Admitted, Counts, Reach, Reached, Requirements, Verdict, WhoCan, privileges,
};

/// Who can end up holding a role, as a document of its own.
pub(crate) fn who_can(answer: &WhoCan, names: &Names) -> Document {
    let mut document = Document::new(format!("who can become {}", names.short(&answer.target)));
    append_who_can(&mut document, answer, names);
    document.push(super::up_to(answer.max_hops));
    document
}

/// What a source reaches, as a document of its own.
pub(crate) fn reach(answer: &Reach, names: &Names) -> Document {
    let mut document = Document::new(format!("what {} reaches", names.short(&answer.source)));
    append_reach(&mut document, answer, names);
    document.push(super::up_to(answer.max_hops));
    document
}

pub(super) fn append_who_can(document: &mut Document, answer: &WhoCan, names: &Names) {
    let tally = tally(answer.counts, "nobody that was read");
    document.push(match answer.patterns {
        0 => tally,
        some => tally.muted(format!("{} among them", counted(some, "token pattern"))),
    });
    for note in &answer.trust_notes {
        document.push(Line::new().with(Role::Notice, "! ").text(note.clone()).indent(2));
    }
    for row in &answer.principals {
        let way = Way {
            from: row.principal.clone(),
            to: answer.target.clone(),
            stops: row.path.clone(),
            hops: row.hops,
        };
        document.push(line(row, way, names));
    }
    ending(document, answer.truncated, answer.counts, answer.principals.len(), &answer.not_read);
}

pub(super) fn append_reach(document: &mut Document, answer: &Reach, names: &Names) {
    let mut tally = tally(answer.counts, "nothing that was read");
    if answer.summary.roles > 0 {
        let accounts = counted(answer.summary.accounts, "account");
        tally = tally.muted(format!("  in {accounts}"));
        let proven = answer.summary.admin_roles_proven.unwrap_or_default();
        let open = answer.summary.admin_roles.unwrap_or_default().saturating_sub(proven);
        for (count, mark) in [(proven, "adm"), (open, "adm?")] {
            if count > 0 {
                tally = tally.with(Role::PrivilegeAdmin, format!("  {} {mark}", grouped(count)));
            }
        }
    }
    document.push(tally);
    for row in &answer.targets {
        let way = Way {
            from: answer.source.clone(),
            to: row.principal.clone(),
            stops: row.path.clone(),
            hops: row.hops,
        };
        document.push(line(row, way, names));
    }
    ending(document, answer.truncated, answer.counts, answer.targets.len(), &answer.not_read);
}

fn tally(counts: Counts, nothing: &str) -> Line {
    let mut line = Line::new();
    if counts.total() == 0 {
        return line.muted(nothing);
    }
    for (count, verdict) in [
        (counts.allowed, Verdict::Allowed),
        (counts.conditional, Verdict::Conditional),
        (counts.unknown, Verdict::Unknown),
        (counts.denied, Verdict::Denied),
    ] {
        if count > 0 {
            let mark = verdict_mark(verdict);
            let text = format!("{mark} {} {verdict}  ", grouped(count));
            line = line.with(verdict_role(verdict), text);
        }
    }
    line
}

fn ending(
    document: &mut Document,
    truncated: bool,
    counts: Counts,
    shown: usize,
    not_read: &[AccountGap],
) {
    if truncated && counts.total() > shown {
        let rest = counted(counts.total() - shown, "further row");
        let text = format!("… {rest} not listed, so / does not find them");
        document.push(Line::new().muted(text).always());
    } else if truncated {
        let text = "… the search was cut short; there may be more";
        document.push(Line::new().muted(text).always());
    }
    for AccountGap { account, name, not_read } in not_read {
        let line = gap(name, not_read);
        document.push(match account {
            Some(id) => line.about(About::thing(id.clone())),
            None => line,
        });
    }
}

/// One row. The end that is not the answer's own subject names the row.
pub(super) fn line(row: &Reached, way: Way, names: &Names) -> Line {
    let mut line = Line::new()
        .with(verdict_role(row.verdict), format!("{} ", verdict_mark(row.verdict)))
        .text(names.short(&row.principal))
        .indent(2);
    if let Some(admits) = &row.admits {
        line = admitted(line.muted("  "), admits);
    }
    if let Some(privileges) = privileges(row.privilege, row.privilege_proven) {
        line = line.with(privilege_role(privileges.most), format!(" {}", privileges.mark()));
    }
    if row.verdict == Verdict::Conditional
        && let Some(needs) = needs(&row.requirements)
    {
        line = line.with(Role::VerdictConditional, format!("  needs {needs}"));
    }
    let between = row.path.len().saturating_sub(2);
    if between > 0 {
        let stops = row.path.iter().skip(1).take(between).map(|stop| names.short(stop));
        line = line.muted(format!("  via {}", stops.collect::<Vec<_>>().join(" → ")));
    }
    if let Some(reason) = &row.reason {
        line = line.with(Role::VerdictDenied, format!("  {}", reason.layer.title()));
        line = line.muted(format!(": {}", reason.text));
    }
    line.about(About {
        selector: Some(row.principal.clone()),
        way: Some(way),
        copy: vec![("name", row.principal.clone())],
        ..About::default()
    })
}

/// Whom a token subject or a pattern stands for, behind whatever names it.
pub(super) fn admitted(line: Line, admits: &Admitted) -> Line {
    let role = if admits.tenant_fixed { Role::Notice } else { Role::VerdictDenied };
    let mut line = line.with(role, admits.text.clone());
    if let Some(fitting) = admits.workspaces.as_ref().filter(|it| it.count > 0) {
        let fit = if fitting.count == 1 { "fits" } else { "fit" };
        line = line.muted(format!("  {} {fit}", counted(fitting.count, "workspace")));
        line = line.muted(match fitting.first.as_slice() {
            [] => String::new(),
            [one] => format!(": {one}"),
            [one, two] => format!(": {one}, {two}"),
            [one, two, ..] => format!(": {one}, {two} …"),
        });
    }
    match &admits.note {
        Some(note) => line.with(Role::Notice, format!("  ! {note}")),
        None => line,
    }
}

/// The kinds of what must hold, by the easiest alternative.
pub(super) fn needs(requirements: &Requirements) -> Option<String> {
    let easiest = requirements.iter().min_by_key(|all| all.len())?;
    let mut words: Vec<_> = easiest.iter().map(need).collect();
    words.sort_unstable();
    words.dedup();
    (!words.is_empty()).then(|| words.join(" + "))
}
