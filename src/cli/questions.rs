//! Questions that the facts answer.

use std::io::{self, BufWriter, Write};

use super::args::MatrixFormat;
use super::error::CliError;
use super::output::Output;
use super::request::{Matrix, Question, Request};
use super::{Ending, facts, render, terraform};
use crate::answer::{self, Scenario};
use crate::graph::Graph;
use crate::report;
use crate::workload::blocks::Blocks;

/// Asks, and prints the answer.
pub(crate) fn ask(
    request: &Request,
    question: &Question,
    scenario: &Scenario,
) -> Result<Ending, CliError> {
    // What can't be read is said before the facts are loaded.
    let blocks = match question {
        Question::Reach(.., typed) | Question::Paths(.., typed) => terraform::read(typed)?,
        Question::Matrix(wanted) => terraform::read(&wanted.terraform)?,
        _ => None,
    };
    let graph = facts::load_under(request, scenario)?.graph;
    let output = request.output;
    match question {
        Question::Tree(selector) => {
            output.answer(&answer::tree(&graph, selector.as_deref())?, render::tree)
        }
        Question::WhoCan(role, limits) => {
            output.answer(&answer::who_can(&graph, role, *limits)?, render::who_can)
        }
        Question::Reach(source, limits, _) => {
            let source = facts::start(request, source)?;
            let answer = match &blocks {
                None => answer::reach(&graph, &source, *limits)?,
                Some(blocks) => {
                    let answer = answer::reach_configured(&graph, &source, *limits, blocks)?;
                    warn(request, answer::runs_elsewhere(&graph, &source, blocks));
                    answer
                }
            };
            output.answer(&answer, render::reach)
        }
        Question::WhoCanSummary(role, limits) => {
            let answer = answer::who_can_summary(&graph, role, *limits)?;
            output.answer(&answer, render::who_can_summary)
        }
        Question::ReachSummary(source, limits) => {
            let source = facts::start(request, source)?;
            let answer = answer::reach_summary(&graph, &source, *limits)?;
            output.answer(&answer, render::reach_summary)
        }
        Question::Chokepoints(source, target, rows) => {
            let source = facts::start(request, source)?;
            let answer = answer::chokepoints(&graph, &source, target, *rows)?;
            output.answer(&answer, render::chokepoints)
        }
        Question::Cycles(selector, rows) => {
            let answer = answer::cycles(&graph, selector.as_deref(), *rows)?;
            output.answer(&answer, render::cycles)
        }
        Question::Paths(source, target, limits, _) => {
            let source = facts::start(request, source)?;
            let answer = match &blocks {
                None => answer::paths(&graph, &source, target, *limits)?,
                Some(blocks) => {
                    let answer =
                        answer::paths_configured(&graph, &source, target, *limits, blocks)?;
                    warn(request, answer::runs_elsewhere(&graph, &source, blocks));
                    answer
                }
            };
            output.answer(&answer, render::paths)
        }
        Question::Matrix(wanted) => {
            let elsewhere = wanted.rows.as_deref().zip(blocks.as_ref());
            let elsewhere =
                elsewhere.and_then(|(rows, blocks)| answer::runs_elsewhere(&graph, rows, blocks));
            let ending = matrix(output, &graph, wanted, blocks.as_ref())?;
            warn(request, elsewhere);
            Ok(ending)
        }
        Question::Topology(limits) => {
            output.answer(&answer::topology(&graph, *limits)?, render::topology)
        }
        Question::Why { caller, role, action, stated } => {
            let caller = facts::somebody(&request.aws, caller)?;
            let why = answer::why(&graph, &caller, role, action.as_deref(), stated)?;
            output.answer(&why, render::why)
        }
    }
}

fn matrix(
    output: Output,
    graph: &Graph,
    wanted: &Matrix,
    blocks: Option<&Blocks>,
) -> Result<Ending, CliError> {
    let Matrix { rows, columns, filter, limits, format, .. } = wanted;
    let (rows, columns) = (rows.as_deref(), columns.as_deref());
    let matrix = answer::filtered_matrix(graph, rows, columns, filter, *limits, blocks)?;
    match format {
        MatrixFormat::Text => output.answer(&matrix, render::matrix),
        MatrixFormat::Json => {
            Output::print_json(&matrix)?;
            Ok(Ending::Answered)
        }
        MatrixFormat::Csv => {
            let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
            report::matrix::csv(&matrix, &mut out)
                .and_then(|()| out.flush())
                .map_err(|error| CliError::writing(&error))?;
            if matrix.truncated {
                output.warn("cells were left out; --limit N writes more");
            }
            if matrix.sources_left_out > 0 {
                let count = render::count(matrix.sources_left_out, "source");
                output.warn(&format!(
                    "{count} of other issuers without a row; `matrix 'oidc:ISSUER#*'` writes them"
                ));
            }
            // A line that is not there says "no path", which takes that all was read.
            let unread = matrix.accounts.iter().filter(|account| account.not_read).count();
            if unread > 0 || !matrix.not_read.is_empty() {
                let gaps = render::count(matrix.not_read.len().max(unread), "thing");
                output.warn(&format!("{gaps} not read: cells may be missing (`rolewalk tree`)"));
            }
            Ok(Ending::Answered)
        }
    }
}

fn warn(request: &Request, text: Option<String>) {
    if let Some(text) = text {
        request.output.warn(&text);
    }
}
