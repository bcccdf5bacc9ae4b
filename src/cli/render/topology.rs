//! How tokens get into accounts.

use anstyle::Style;

use super::sheet::{Sheet, columns, paint};
use super::{style, words};
use crate::answer::{
    AccountHub, AccountWay, CostOf, Counts, Design, Entered, HubRole, IssuerUse, LineWay, Topology,
    TopologyAccount, TopologyLine, Verdict, privileges,
};
use crate::cli::output::Page;
use crate::text::safe;

/// How many workspaces and subjects of a hub role are named.
const NAMED: usize = 6;
/// How many hub roles of an account are named.
const HUBS: usize = 3;

/// How tokens get into the accounts, as text.
pub(crate) fn topology(answer: &Topology, page: Page) -> String {
    let mut sheet = Sheet::new(page);
    let id = answer.organization.as_ref().filter(|id| **id != answer.name);
    let id = id.map(|id| format!("  {}", paint(style::FAINT, &safe(id)))).unwrap_or_default();
    let name = paint(style::NAME, &safe(&answer.name));
    sheet.line(0, &format!("How tokens get into the accounts of {name}{id}"));
    sheet.line(0, design(answer.design));
    if !answer.hcp_terraform_read {
        let text = "HCP Terraform was not read: the subjects that trust policies name stand for \
                    its workspaces";
        sheet.prose(0, style::verdict(Verdict::Unknown), text);
    }
    sheet.heading("How workspaces get in");
    lines(&mut sheet, &answer.lines);
    issuers(&mut sheet, &answer.issuers);
    accounts(&mut sheet, answer);
    hub_roles(&mut sheet, answer);
    costs(&mut sheet, answer);
    logs(&mut sheet, answer);
    words::up_to(&mut sheet, answer.max_hops);
    if answer.truncated {
        sheet.gap();
        let text =
            "accounts, hub roles or ways were left out; --limit N and --max-hops N show more";
        sheet.prose(2, style::WARNING, text);
    }
    sheet.not_read(&answer.not_read, "ways in");
    sheet.finish()
}

/// Which set-up HCP Terraform's tokens mostly use, in words.
fn design(design: Design) -> &'static str {
    match design {
        Design::Hub => "HCP Terraform: mostly through a hub",
        Design::Own => "HCP Terraform: mostly through a provider in every account",
        Design::Mixed => "HCP Terraform: through hubs and through providers in the accounts, mixed",
        Design::None => "HCP Terraform: its tokens get into no account",
        Design::NotRead => "HCP Terraform: of most accounts too little was read to say",
    }
}

fn lines(sheet: &mut Sheet, lines: &[TopologyLine]) {
    let cells: Vec<Vec<String>> = lines
        .iter()
        .map(|line| {
            let unknown = matches!(line.way, LineWay::NotRead | LineWay::NotFollowed);
            let count = |count: Option<usize>, noun| {
                count.map(|count| words::count(count, noun)).unwrap_or_default()
            };
            vec![
                safe(&line.text).into_owned(),
                count(line.accounts, "account"),
                count(line.workspaces, "workspace"),
                if unknown { paint(style::verdict(Verdict::Unknown), "?") } else { String::new() },
            ]
        })
        .collect();
    for line in columns(&cells) {
        sheet.line(2, &line);
    }
}

fn heads(heads: &[&str]) -> Vec<String> {
    heads.iter().map(|head| paint(style::FAINT, head)).collect()
}

fn issuers(sheet: &mut Sheet, issuers: &[IssuerUse]) {
    if issuers.is_empty() {
        return;
    }
    sheet.heading("Who issues the tokens");
    let mut cells = vec![heads(&["ISSUER", "PROVIDERS", "ACCOUNTS", "BEYOND", "TOKENS OF"])];
    for it in issuers {
        let mut whose = Vec::new();
        whose.extend(it.workspaces.map(|count| words::count(count, "workspace")));
        if it.subjects > 0 || whose.is_empty() {
            whose.push(words::count(it.subjects, "subject"));
        }
        cells.push(vec![
            safe(&it.issuer).into_owned(),
            it.providers.to_string(),
            it.entered.to_string(),
            it.beyond.to_string(),
            whose.join(", "),
        ]);
    }
    for line in columns(&cells) {
        sheet.line(2, &line);
    }
}

fn accounts(sheet: &mut Sheet, answer: &Topology) {
    sheet.heading(&format!("Accounts: {}", answer.account_count));
    let page = sheet.page;
    let mut cells = vec![heads(&["ACCOUNT", "TERRAFORM", "OTHERS", "OWN", "WORKSPACES"])];
    cells.extend(answer.accounts.iter().map(|account| row(account, page)));
    let mut rows = columns(&cells).into_iter();
    sheet.line(2, &rows.next().unwrap_or_default());
    let mut ou = None;
    for (account, line) in answer.accounts.iter().zip(rows) {
        if ou != Some(&account.ou) {
            ou = Some(&account.ou);
            sheet.line(0, &paint(style::HEADING, &safe(&account.ou)));
        }
        sheet.line(2, &line);
        if !account.hubs.is_empty() {
            let shown = account.hubs.iter().take(HUBS);
            let mut pieces = vec![paint(style::FAINT, "through")];
            pieces.extend(shown.map(|hub| hub_words(hub, page)));
            if let Some(more) = account.hub_count.checked_sub(HUBS).filter(|more| *more > 0) {
                pieces.push(paint(style::FAINT, &format!("and {more} more")));
            }
            sheet.pieces(6, &pieces);
        }
        for reason in &account.not_read {
            let label = paint(style::verdict(Verdict::Unknown), "? ");
            sheet.labelled(6, &label, Style::new(), reason);
        }
    }
    sheet.gap();
    let text = "TERRAFORM, OTHERS: how tokens of HCP Terraform and of other issuers get in; own: \
                through a provider of the account, hub: through a role of another account; OWN: the \
                mightiest role that tokens enter in the account; WORKSPACES: those that reach a \
                role there with a token; ways that can't be followed are counted above";
    sheet.prose(0, style::FAINT, text);
    sheet.prose(0, style::FAINT, words::PRIVILEGES);
}

fn row(account: &TopologyAccount, page: Page) -> Vec<String> {
    let way = |way: AccountWay| match way {
        AccountWay::None => paint(style::FAINT, words::nothing(page)),
        AccountWay::NotRead => paint(style::verdict(Verdict::Unknown), "?"),
        way => way.text().to_owned(),
    };
    let mut terraform = way(account.hcp_terraform);
    if account.is_hub {
        terraform.push_str(&paint(style::NAME, " +hub here"));
    }
    vec![
        format!(
            "{}  {}",
            paint(style::NAME, &safe(&account.name)),
            paint(style::FAINT, &safe(&account.id))
        ),
        terraform,
        way(account.other_issuers),
        account.entered.map_or_else(|| way(AccountWay::None), |it| entered(it, page)),
        match account.workspaces {
            None => paint(style::verdict(Verdict::Unknown), "?"),
            Some(counts) => short_counts(counts, page),
        },
    ]
}

fn marked(verdict: Verdict, text: &str, page: Page) -> String {
    paint(style::verdict(verdict), &format!("{}{text}", words::mark(page, verdict)))
}

fn entered(it: Entered, page: Page) -> String {
    let mark = privileges(it.privilege, it.privilege_proven).map_or("", |it| it.mark());
    let text = format!("{} {mark}", words::count(it.roles, "role"));
    marked(it.verdict, text.trim_end(), page)
}

/// `23● 1◐`.
fn short_counts(counts: Counts, page: Page) -> String {
    let parts = [
        (counts.allowed, Verdict::Allowed),
        (counts.conditional, Verdict::Conditional),
        (counts.unknown, Verdict::Unknown),
    ];
    let shown = parts.into_iter().filter(|(count, _)| *count > 0);
    let shown: Vec<String> =
        shown.map(|(count, verdict)| marked(verdict, &count.to_string(), page)).collect();
    if shown.is_empty() { paint(style::FAINT, words::nothing(page)) } else { shown.join(" ") }
}

fn hub_words(hub: &AccountHub, page: Page) -> String {
    let mark = privileges(hub.privilege, hub.privilege_proven).map_or("", |it| it.mark());
    let hops = if hub.hops > 2 { format!(" {} hops", hub.hops) } else { String::new() };
    let text = format!("{}{hops} {mark}", words::short(&hub.role));
    marked(hub.verdict, text.trim_end(), page)
}

fn hub_roles(sheet: &mut Sheet, answer: &Topology) {
    if answer.hub_role_count == 0 {
        return;
    }
    sheet.heading(&format!(
        "Hub roles: {}, that tokens enter and that lead to other accounts",
        answer.hub_role_count
    ));
    for (at, hub) in answer.hub_roles.iter().enumerate() {
        if at > 0 {
            sheet.gap();
        }
        hub_role(sheet, hub);
    }
}

fn plain_counts(counts: Counts) -> String {
    let parts = [
        (counts.allowed, Verdict::Allowed),
        (counts.conditional, Verdict::Conditional),
        (counts.unknown, Verdict::Unknown),
    ];
    let shown = parts.into_iter().filter(|(count, _)| *count > 0);
    let shown: Vec<String> = shown.map(|(count, verdict)| format!("{count} {verdict}")).collect();
    if shown.is_empty() { "none".to_owned() } else { shown.join(", ") }
}

fn hub_role(sheet: &mut Sheet, hub: &HubRole) {
    let label = |text: &str| paint(style::FAINT, &format!("{text:<11}"));
    let place = paint(style::FAINT, &safe(&hub.account_name));
    sheet.line(2, &format!("{}  {place}", paint(style::NAME, &words::short(&hub.role))));
    let mut shared = Vec::new();
    shared.extend(hub.workspace_count.map(|count| words::count(count, "workspace")));
    if hub.subject_count > 0 || shared.is_empty() {
        let unread = if shared.is_empty() { "" } else { " of no workspace that was read" };
        shared.push(format!("{}{unread}", words::count(hub.subject_count, "token subject")));
    }
    let named = hub.workspaces.iter().map(|it| {
        let selector = it.workspace.as_str();
        format!("{selector} ({})", it.phases.join(", "))
    });
    let named: Vec<String> = named.chain(hub.subjects.iter().cloned()).collect();
    let mut text = format!(
        "{}: {}",
        shared.join(", "),
        named.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ")
    );
    if let Some(more) = (hub.workspace_count.unwrap_or_default() + hub.subject_count)
        .checked_sub(NAMED)
        .filter(|more| *more > 0)
    {
        text = format!("{text}, and {more} more");
    }
    sheet.labelled(4, &label("shared by"), Style::new(), &text);
    for admitted in &hub.admits {
        let (text, style) = match (&admitted.pattern, admitted.one_customer) {
            (Some(pattern), true) => (format!("{pattern}: {}", admitted.width), Style::new()),
            (Some(pattern), false) => (
                format!("{pattern}: {}, of any customer of {}", admitted.width, admitted.issuer),
                style::WARNING,
            ),
            (None, true) => (admitted.width.clone(), Style::new()),
            (None, false) => {
                (format!("{}: any customer of {}", admitted.width, admitted.issuer), style::WARNING)
            }
        };
        sheet.labelled(4, &label("admits"), style, &text);
    }
    let misuse = &hub.misuse;
    let text = format!(
        "accounts: {}; roles: {}; administrators: {}",
        plain_counts(misuse.accounts),
        plain_counts(misuse.roles),
        plain_counts(misuse.admin_roles)
    );
    sheet.labelled(4, &label("if misused"), Style::new(), &text);
    let text = format!(
        "{} in {}",
        words::count(hub.named_by, "role"),
        words::count(hub.named_in, "account")
    );
    sheet.labelled(4, &label("trusted by"), Style::new(), &format!("{text}, by its ARN"));
}

fn costs(sheet: &mut Sheet, answer: &Topology) {
    sheet.heading("What there is to keep");
    let mut cells = vec![heads(&["DESIGN", "PROVIDERS", "TOKEN TRUSTS", "HUB TRUSTS"])];
    let name = |design| match design {
        CostOf::Now => "now",
        CostOf::Hub => "one hub",
        CostOf::Own => "own providers",
    };
    for cost in &answer.costs {
        cells.push(vec![
            name(cost.design).to_owned(),
            cost.providers.to_string(),
            cost.token_trusts.to_string(),
            cost.hub_trusts.to_string(),
        ]);
    }
    for line in columns(&cells) {
        sheet.line(2, &line);
    }
    for cost in &answer.costs {
        let label = |what: &str| paint(style::FAINT, &format!("{}, {what}: ", name(cost.design)));
        sheet.labelled(2, &label("a new workspace"), Style::new(), &cost.new_workspace);
        sheet.labelled(2, &label("a renamed hub role"), Style::new(), &cost.renamed_hub_role);
    }
    let text = "providers for HCP Terraform; token trusts: roles whose trust policy names one; hub \
                trusts: roles that name a hub role by its ARN. The designs are for the accounts that \
                HCP Terraform reaches now, with a role for plans and one for applies in each";
    sheet.prose(0, style::FAINT, text);
}

fn logs(sheet: &mut Sheet, answer: &Topology) {
    sheet.heading("What a member account's log shows of the workspace");
    for (design, title) in [(CostOf::Own, "own provider"), (CostOf::Hub, "hub")] {
        for note in answer.logs.iter().filter(|note| note.design == design) {
            let label = paint(style::FAINT, &format!("{title:<13}"));
            let mark = if note.documented { "" } else { " (not documented)" };
            sheet.labelled(2, &label, Style::new(), &format!("{}{mark}", note.text));
        }
    }
}
