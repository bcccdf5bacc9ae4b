//! Path reports, edges and dumps, to a file or to stdout.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::error::CliError;
use super::output::Output;
use super::request::{AwsChoice, Edges, Report, Request, Subject};
use super::{Ending, facts, file, render};
use crate::answer::{self, AccountGap, Limits, NodeKind, Paths, QuestionError, Verdict};
use crate::graph::{Graph, Node};
use crate::report::{PathReport, Statement, json, markdown};

/// Writes a path report.
pub(crate) fn report(request: &Request, wanted: &Report) -> Result<Ending, CliError> {
    if let Some(file) = &wanted.file {
        file::may_write(file, wanted.force)?;
    }
    let loaded = facts::load(request)?;
    let report =
        compose(&loaded.graph, loaded.snapshot, &request.aws, &wanted.subject, wanted.limits)?;
    let text = if wanted.json || request.output.json {
        json::write(&report).map_err(|error| CliError::failed(error.to_string()))?
    } else {
        markdown::write(&report)
    };
    match &wanted.file {
        None => Output::print_raw(text.as_bytes()),
        Some(file) => {
            file::write(file, wanted.force, |out| out.write_all(text.as_bytes()))?;
            request.output.note(&format!("wrote `{}`", file.display()));
            Ok(Ending::Answered)
        }
    }
}

/// The path report of a subject.
pub(crate) fn compose(
    graph: &Graph,
    snapshot: Option<String>,
    aws: &AwsChoice,
    subject: &Subject,
    limits: Limits,
) -> Result<PathReport, CliError> {
    let mut found = Found::default();
    let title = gather(aws, graph, subject, limits, &mut found)?;
    let cited = PathReport::cited(&found.pairs);
    let texts = answer::statement_texts(graph.facts(), &cited);
    let texts = cited
        .into_iter()
        .zip(texts)
        .map(|(statement, text)| Statement { statement, text })
        .collect();
    Ok(PathReport {
        schema: "rolewalk/report/1",
        title,
        tool_version: env!("CARGO_PKG_VERSION"),
        written_at: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        snapshot,
        organization: answer::overview(graph),
        scenario: answer::scenario_of(graph),
        not_read: found.not_read,
        statements: texts,
        assumptions: PathReport::assumed(&found.pairs),
        pairs: found.pairs,
        pairs_left_out: found.left_out,
        truncated: found.truncated,
    })
}

/// Paths while they are gathered.
#[derive(Default)]
struct Found {
    pairs: Vec<Paths>,
    not_read: Vec<AccountGap>,
    left_out: usize,
    truncated: bool,
}

impl Found {
    fn add(
        &mut self,
        graph: &Graph,
        source: &str,
        target: &str,
        limits: Limits,
    ) -> Result<(), CliError> {
        let paths = answer::paths(graph, source, target, limits)?;
        self.truncated |= paths.truncated;
        self.gaps(&paths.not_read);
        if !paths.paths.is_empty() {
            self.pairs.push(paths);
        }
        Ok(())
    }

    fn gaps(&mut self, gaps: &[AccountGap]) {
        for gap in gaps {
            if !self.not_read.contains(gap) {
                self.not_read.push(gap.clone());
            }
        }
    }
}

/// Gathers the pairs that the report is about and says in words what they are.
fn gather(
    aws: &AwsChoice,
    graph: &Graph,
    subject: &Subject,
    limits: Limits,
    found: &mut Found,
) -> Result<String, CliError> {
    match subject {
        Subject::Between(source, target) => {
            let source = facts::somebody(aws, source)?;
            found.add(graph, &source, target, limits)?;
            Ok(format!("Paths from {source} to {target}"))
        }
        Subject::From(source) => {
            let source = facts::somebody(aws, source)?;
            from(graph, &source, limits, found)?;
            Ok(format!("What {source} reaches"))
        }
        Subject::To(target) => {
            to_every(graph, target, limits, found)?;
            Ok(format!("Who can become {target}"))
        }
        Subject::About(subject) => {
            let subject = facts::somebody(aws, subject)?;
            match to_every(graph, &subject, limits, found) {
                Ok(()) => Ok(format!("Who can become {subject}")),
                Err(_) if is_oidc_provider(graph, &subject) => Err(CliError::input(format!(
                    "`{subject}` is an OIDC provider, and what reaches roles is a token of one: \
                     `oidc:ISSUER#SUBJECT`"
                ))),
                // No role: then it is a source.
                Err(not_a_role) => match from(graph, &subject, limits, found) {
                    Ok(()) => Ok(format!("What {subject} reaches")),
                    Err(_) => Err(not_a_role),
                },
            }
        }
        Subject::Workspaces => {
            let everything = Limits { rows: usize::MAX, ..limits };
            let matrix = answer::matrix(graph, None, None, everything)?;
            let mut pairs = BTreeSet::new();
            for cell in matrix.cells.iter().filter(|cell| cell.verdict != Verdict::Denied) {
                // Tokens of other issuers are no workspaces.
                let Some(phase) = cell.phase().filter(|_| cell.is_run()) else { continue };
                let source = format!("{}:{}", cell.workspace(), phase.as_str());
                pairs.extend(cell.roles.iter().map(|role| (source.clone(), role.clone())));
            }
            for (source, target) in pairs {
                found.add(graph, &source, &target, limits)?;
            }
            Ok("What the workspaces of HCP Terraform reach".to_owned())
        }
    }
}

/// The pairs that end at each role that a selector names.
fn to_every(
    graph: &Graph,
    selector: &str,
    limits: Limits,
    found: &mut Found,
) -> Result<(), CliError> {
    match to(graph, selector, limits, found) {
        Err(QuestionError::Ambiguous { .. } | QuestionError::Invalid { .. }) => {
            let named = roles_named(graph, selector);
            let wanted = |id: &str| named.as_ref().is_none_or(|named| named.contains(id));
            let tree = answer::tree(graph, Some(selector))?;
            let roles: Vec<&str> = tree
                .nodes
                .iter()
                .filter(|node| node.kind == NodeKind::Role && wanted(&node.id))
                .map(|node| node.id.as_str())
                .collect();
            if roles.is_empty() {
                return Err(CliError::input(format!("`{selector}` names no role")));
            }
            for role in roles {
                to(graph, role, limits, found)?;
            }
            Ok(())
        }
        other => Ok(other?),
    }
}

/// The roles among what a selector names; `None` where it names whole accounts, all of whose roles
/// are meant.
fn roles_named(graph: &Graph, selector: &str) -> Option<HashSet<String>> {
    let nodes = answer::select(graph, selector).ok()?.nodes;
    if nodes.iter().any(|node| matches!(node, Node::Account(_))) {
        return None;
    }
    let roles = nodes.iter().filter(|node| matches!(node, Node::Role(_)));
    Some(roles.map(|role| role.name(graph)).collect())
}

fn is_oidc_provider(graph: &Graph, selector: &str) -> bool {
    answer::select(graph, selector)
        .is_ok_and(|found| found.nodes.iter().any(|node| matches!(node, Node::OidcProvider(_))))
}

fn to(graph: &Graph, role: &str, limits: Limits, found: &mut Found) -> Result<(), QuestionError> {
    let rows = Limits { rows: Limits::LIST.rows, ..limits };
    let callers = answer::who_can(graph, role, rows)?;
    found.truncated |= callers.truncated;
    found.left_out += callers.counts.total().saturating_sub(callers.principals.len());
    found.gaps(&callers.not_read);
    for caller in &callers.principals {
        let paths = answer::paths(graph, &caller.principal, &callers.target, limits)?;
        found.truncated |= paths.truncated;
        if !paths.paths.is_empty() {
            found.pairs.push(paths);
        }
    }
    Ok(())
}

fn from(graph: &Graph, source: &str, limits: Limits, found: &mut Found) -> Result<(), CliError> {
    let rows = Limits { rows: Limits::LIST.rows, ..limits };
    let reach = answer::reach(graph, source, rows)?;
    found.truncated |= reach.truncated;
    found.left_out += reach.counts.total().saturating_sub(reach.targets.len());
    found.gaps(&reach.not_read);
    for target in &reach.targets {
        found.add(graph, &reach.source, &target.principal, limits)?;
    }
    Ok(())
}

/// Writes every edge, one after the other.
pub(crate) fn edges(request: &Request, wanted: &Edges) -> Result<Ending, CliError> {
    if let Some(file) = &wanted.file {
        file::may_write(file, wanted.force)?;
    }
    let graph = facts::load(request)?.graph;
    let source =
        wanted.source.as_deref().map(|source| facts::start(request, source)).transpose()?;
    let edges = answer::edges(&graph, source.as_deref(), wanted.target.as_deref())?;
    let lines = wanted.lines;
    let write = |out: &mut dyn Write| -> io::Result<usize> {
        let mut count = 0;
        lines.begin(out)?;
        edges.each(|edge| {
            count += 1;
            lines.write(edge, out)
        })?;
        Ok(count)
    };
    match &wanted.file {
        None => {
            let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
            write(&mut out).and_then(|_| out.flush()).map_err(|error| CliError::writing(&error))?;
        }
        Some(file) => {
            let count = file::write(file, wanted.force, write)?;
            let count = render::count(count, "edge");
            request.output.note(&format!("wrote {count} to `{}`", file.display()));
        }
    }
    let gaps = answer::not_read(&graph).len();
    if gaps > 0 {
        let gaps = render::count(gaps, "thing");
        request.output.warn(&format!("{gaps} not read: edges may be missing (`rolewalk tree`)"));
    }
    Ok(Ending::Answered)
}

/// Writes the facts as a dump directory.
pub(crate) fn dump(request: &Request, directory: &Path, force: bool) -> Result<Ending, CliError> {
    let occupied = fs::read_dir(directory).is_ok_and(|mut entries| entries.next().is_some());
    if occupied && !force {
        return Err(CliError::input(format!("`{}` is not empty", directory.display()))
            .hint("`--force` overwrites the files of an earlier dump there"));
    }
    if directory.is_file() {
        return Err(CliError::input(format!(
            "`{}` is a file: a dump needs a directory",
            directory.display()
        )));
    }
    let readings = facts::readings(request)?;
    let files = crate::org::dump::encode(&readings);
    let count = files.len();
    for (name, bytes) in files {
        let path = directory.join(&name);
        let failed = |error: io::Error| {
            CliError::failed(format!("`{}` can't be written: {error}", path.display()))
        };
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(failed)?;
        }
        fs::write(&path, bytes).map_err(failed)?;
    }
    request.output.note(&format!("wrote {count} files to `{}`", directory.display()));
    Ok(Ending::Answered)
}
