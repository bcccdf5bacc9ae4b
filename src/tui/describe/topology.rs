//! How tokens get into accounts: the lines of the overview, and all of it.

use std::sync::Arc;

use super::super::document::{About, Document, Line, Way};
use super::super::event::Problem;
use super::super::keys::Action;
use super::super::look::{Role, privilege_role, verdict_mark, verdict_role};
use super::{Names, counted, grouped};
use crate::answer::{
    AccountWay, CostOf, Counts, Design, HubRole, LineWay, Topology, TopologyAccount, TopologyLine,
    Verdict, privileges,
};
use crate::text::width;

/// The answer, once it is there.
pub(crate) type Known<'t> = Option<&'t Result<Arc<Topology>, Problem>>;

/// How many workspaces and subjects of a hub role are named.
const NAMED: usize = 20;
/// How many hub roles of an account are named.
const HUBS: usize = 3;

/// All of it.
pub(crate) fn topology(known: Known<'_>, names: &Names) -> Document {
    let mut document = Document::new("how tokens get in");
    let Some(answer) = there(&mut document, known) else { return document };
    document.say(
        Role::Strong,
        match answer.design {
            Design::Hub => "HCP Terraform mostly comes through a hub.",
            Design::Own => "HCP Terraform mostly comes through a provider in every account.",
            Design::Mixed => "HCP Terraform comes through hubs and through providers, mixed.",
            Design::None => "HCP Terraform's tokens get into no account.",
            Design::NotRead => "Of most accounts too little was read to say.",
        },
    );
    if !answer.hcp_terraform_read {
        document.push(
            Line::new()
                .with(Role::VerdictUnknown, "? HCP Terraform was not read: ")
                .text("the subjects that trust policies name stand for its workspaces")
                .indent(2),
        );
    }
    document.heading("How workspaces get in");
    for line in counts_lines(answer) {
        document.push(line);
    }
    issuers(&mut document, answer);
    document.heading(format!("Accounts: {}", grouped(answer.account_count)));
    for account in &answer.accounts {
        push_account(&mut document, account, names);
    }
    document.push(super::up_to(answer.max_hops));
    document.heading(format!("Hub roles: {}", grouped(answer.hub_role_count)));
    for hub in &answer.hub_roles {
        push_hub(&mut document, hub, names);
    }
    costs(&mut document, answer);
    document.heading("What a member account's log shows of the workspace");
    for note in &answer.logs {
        let design = if note.design == CostOf::Hub { "hub" } else { "own provider" };
        let line = Line::new().muted(format!("{design:<13}")).text(note.text).indent(13);
        document.push(if note.documented { line } else { line.muted(" (not documented)") });
    }
    document
}

/// The lines of the overview; each opens the whole.
pub(super) fn append_lines(document: &mut Document, known: Known<'_>) {
    document.heading("How workspaces get in");
    let opens = || About { action: Some(Action::Topology), ..About::default() };
    if let Some(answer) = there(document, known) {
        for line in counts_lines(answer) {
            document.push(line.about(opens()));
        }
        let text = "per account, per hub role, per design";
        document.push(Line::new().muted("→ ").text(text).about(opens()));
    }
}

/// The answer, or a line that says why it is not there.
fn there<'t>(document: &mut Document, known: Known<'t>) -> Option<&'t Topology> {
    match known {
        None => document.push(Line::new().muted("  … being worked out")),
        Some(Err(problem)) => document.push(Line::new().with(Role::Error, problem.message.clone())),
        Some(Ok(answer)) => return Some(answer),
    }
    None
}

/// How workspaces get in, the counts below each other.
fn counts_lines(answer: &Topology) -> impl Iterator<Item = Line> {
    let longest = answer.lines.iter().map(|line| width(&line.text)).max().unwrap_or_default();
    answer.lines.iter().map(move |line| counts_line(line, longest.max(26)))
}

fn counts_line(line: &TopologyLine, longest: usize) -> Line {
    let gap = " ".repeat(longest.saturating_sub(width(&line.text)));
    let unknown = matches!(line.way, LineWay::NotRead | LineWay::NotFollowed);
    let role = if unknown { Role::VerdictUnknown } else { Role::Text };
    let count = |count: Option<usize>, noun| count.map(|count| counted(count, noun));
    let accounts = count(line.accounts, "account").unwrap_or_default();
    let workspaces = count(line.workspaces, "workspace").unwrap_or_default();
    let drawn = Line::new()
        .text(format!("  {}{gap} ", line.text))
        .with(role, format!("{accounts:<13} "))
        .muted(format!("{workspaces:<14}"))
        .indent(4);
    if unknown { drawn.with(Role::VerdictUnknown, " ?") } else { drawn }
}

fn issuers(document: &mut Document, answer: &Topology) {
    document.heading("Who issues the tokens");
    for it in &answer.issuers {
        let mut whose = Vec::new();
        whose.extend(it.workspaces.map(|count| counted(count, "workspace")));
        if it.subjects > 0 || whose.is_empty() {
            whose.push(counted(it.subjects, "subject"));
        }
        let far = format!("{}, {} beyond", counted(it.entered, "account"), grouped(it.beyond));
        document.push(
            Line::new()
                .text(format!("  {:<26} ", it.issuer))
                .muted(format!("{:<13} ", counted(it.providers, "provider")))
                .text(far)
                .muted(format!("  {}", whose.join(", ")))
                .indent(4),
        );
    }
}

fn way(line: Line, way: AccountWay) -> Line {
    let text = format!("{:<6}", if way == AccountWay::NotRead { "?" } else { way.text() });
    match way {
        AccountWay::NotRead => line.with(Role::VerdictUnknown, text),
        AccountWay::None => line.muted(text),
        _ => line.text(text),
    }
}

fn push_account(document: &mut Document, account: &TopologyAccount, names: &Names) {
    let about = || About::thing(format!("account:{}", account.id));
    let mut line = Line::new().with(Role::NodeAccount, format!("{:<18} ", account.name));
    line = way(line.muted("Terraform "), account.hcp_terraform);
    line = way(line.muted(" others "), account.other_issuers);
    if account.is_hub {
        line = line.strong(" hub");
    }
    if let Some(entered) = account.entered {
        let roles = counted(entered.roles, "role");
        line = line.with(
            verdict_role(entered.verdict),
            format!("  {} {roles} entered", verdict_mark(entered.verdict)),
        );
        if let Some(marks) = privileges(entered.privilege, entered.privilege_proven) {
            line = line.with(privilege_role(marks.most), format!(" {}", marks.mark()));
        }
    }
    if let Some(counts) = account.workspaces.filter(|counts| counts.total() > 0) {
        line = tally(line.muted("  workspaces"), counts);
    }
    document.push(line.indent(4).about(about()));
    for hub in account.hubs.iter().take(HUBS) {
        let mut line = Line::new()
            .muted("    through ")
            .with(verdict_role(hub.verdict), format!("{} ", verdict_mark(hub.verdict)))
            .text(names.short(&hub.role));
        if let Some(marks) = privileges(hub.privilege, hub.privilege_proven) {
            line = line.with(privilege_role(marks.most), format!(" {}", marks.mark()));
        }
        if hub.hops > 2 {
            line = line.muted(format!("  {} hops", hub.hops));
        }
        // Many roles of the account may be meant, so no single decision answers for the way.
        let way =
            Way { hops: hub.hops, ..Way::new(hub.role.clone(), format!("account:{}", account.id)) };
        let about = About { way: Some(way), ..About::thing(hub.role.clone()) };
        document.push(line.indent(12).about(about));
    }
    if let Some(more) = account.hub_count.checked_sub(HUBS).filter(|more| *more > 0) {
        document.push(Line::new().muted(format!("    and {} more", grouped(more))).about(about()));
    }
    for reason in &account.not_read {
        let line = Line::new().with(Role::VerdictUnknown, "    ? ").text(reason.clone());
        document.push(line.indent(6).about(about()));
    }
}

/// A line with counts by verdict.
fn tally(line: Line, counts: Counts) -> Line {
    let parts = [
        (counts.allowed, Verdict::Allowed),
        (counts.conditional, Verdict::Conditional),
        (counts.unknown, Verdict::Unknown),
    ];
    let shown = parts.into_iter().filter(|(count, _)| *count > 0);
    let drawn = shown.fold(line, |line, (count, verdict)| {
        line.with(verdict_role(verdict), format!(" {} {}", verdict_mark(verdict), grouped(count)))
    });
    if counts.total() == 0 { drawn.muted(" none") } else { drawn }
}

fn push_hub(document: &mut Document, hub: &HubRole, names: &Names) {
    let about =
        || About { copy: vec![("ARN", hub.role.clone())], ..About::thing(hub.role.clone()) };
    let mut shared = Vec::new();
    shared.extend(hub.workspace_count.map(|count| counted(count, "workspace")));
    if hub.subject_count > 0 || shared.is_empty() {
        shared.push(counted(hub.subject_count, "token subject"));
    }
    let name = Line::new().with(Role::NodeRole, names.short(&hub.role));
    document.push(name.muted(format!("  shared by {}", shared.join(", "))).about(about()));
    let misuse = &hub.misuse;
    let line = tally(Line::new().muted("    if misused  accounts"), misuse.accounts);
    let line = tally(line.muted("  roles"), misuse.roles);
    document.push(tally(line.muted("  administrators"), misuse.admin_roles).about(about()));
    for admitted in &hub.admits {
        let line = Line::new().muted("    admits ");
        let line = match &admitted.pattern {
            Some(pattern) => line.text(pattern.clone()).muted(": ").text(admitted.width.clone()),
            None => line.text(admitted.width.clone()),
        };
        let line = if admitted.one_customer {
            line
        } else {
            line.with(Role::Notice, format!("  any customer of {}", admitted.issuer))
        };
        document.push(line.indent(11).about(about()));
    }
    for workspace in hub.workspaces.iter().take(NAMED) {
        let line = Line::new()
            .muted("    from ")
            .with(verdict_role(workspace.verdict), format!("{} ", verdict_mark(workspace.verdict)))
            .text(workspace.workspace.clone())
            .muted(format!("  {}", workspace.phases.join(", ")));
        document.push(line.about(About::thing(workspace.workspace.clone())));
    }
    for subject in hub.subjects.iter().take(NAMED) {
        document.push(Line::new().muted("    from ").text(subject.clone()).indent(9));
    }
    let shown = hub.workspaces.len().min(NAMED) + hub.subjects.len().min(NAMED);
    let all = hub.workspace_count.unwrap_or_default() + hub.subject_count;
    if let Some(more) = all.checked_sub(shown).filter(|more| *more > 0) {
        document.push(Line::new().muted(format!("    and {} more", grouped(more))));
    }
    let named =
        format!("{} in {}", counted(hub.named_by, "role"), counted(hub.named_in, "account"));
    document.push(Line::new().muted("    trusted by its ARN by ").text(named).about(about()));
}

fn costs(document: &mut Document, answer: &Topology) {
    document.heading("What there is to keep");
    for cost in &answer.costs {
        let name = match cost.design {
            CostOf::Now => "now",
            CostOf::Hub => "one hub",
            CostOf::Own => "own providers",
        };
        document.push(
            Line::new()
                .text(format!("{name:<14} "))
                .text(counted(cost.providers, "provider"))
                .muted(format!(
                    "  {} of tokens, {} of hub roles",
                    counted(cost.token_trusts, "trust"),
                    grouped(cost.hub_trusts)
                )),
        );
        for (what, text) in [
            ("a new workspace", &cost.new_workspace),
            ("a renamed hub role", &cost.renamed_hub_role),
        ] {
            document.push(Line::new().muted(format!("  {what}: ")).text(text.clone()).indent(4));
        }
    }
}
