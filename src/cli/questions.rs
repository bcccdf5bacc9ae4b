//! Questions that the facts answer.

use std::io::{self, BufWriter, Write};

use super::args::MatrixFormat;
use super::error::CliError;
use super::output::Output;
use super::request::{Matrix, Question, Request};
use super::{Ending, facts, render};
use crate::answer::{self, Scenario};
use crate::graph::Graph;
use crate::report;

/// Asks, and prints the answer.
pub(crate) fn ask(
    request: &Request,
    question: &Question,
    scenario: &Scenario,
) -> Result<Ending, CliError> {
    let graph = facts::load_under(request, scenario)?.graph;
    let output = request.output;
    match question {
        Question::Tree(selector) => {
            output.answer(&answer::tree(&graph, selector.as_deref())?, render::tree)
        }
        Question::WhoCan(role, limits) => {
            output.answer(&answer::who_can(&graph, role, *limits)?, render::who_can)
        }
        Question::Reach(source, limits) => {
            let source = facts::somebody(&request.aws, source)?;
            output.answer(&answer::reach(&graph, &source, *limits)?, render::reach)
        }
        Question::WhoCanSummary(role, limits) => {
            let answer = answer::who_can_summary(&graph, role, *limits)?;
            output.answer(&answer, render::who_can_summary)
        }
        Question::ReachSummary(source, limits) => {
            let source = facts::somebody(&request.aws, source)?;
            let answer = answer::reach_summary(&graph, &source, *limits)?;
            output.answer(&answer, render::reach_summary)
        }
        Question::Chokepoints(source, target, rows) => {
            let source = facts::somebody(&request.aws, source)?;
            let answer = answer::chokepoints(&graph, &source, target, *rows)?;
            output.answer(&answer, render::chokepoints)
        }
        Question::Cycles(selector, rows) => {
            let answer = answer::cycles(&graph, selector.as_deref(), *rows)?;
            output.answer(&answer, render::cycles)
        }
        Question::Paths(source, target, limits) => {
            let source = facts::somebody(&request.aws, source)?;
            output.answer(&answer::paths(&graph, &source, target, *limits)?, render::paths)
        }
        Question::Matrix(wanted) => matrix(output, &graph, wanted),
        Question::Why { caller, role, action, stated } => {
            let caller = facts::somebody(&request.aws, caller)?;
            let why = answer::why(&graph, &caller, role, action.as_deref(), stated)?;
            output.answer(&why, render::why)
        }
    }
}

fn matrix(output: Output, graph: &Graph, wanted: &Matrix) -> Result<Ending, CliError> {
    let Matrix { rows, columns, filter, limits, format } = wanted;
    let matrix =
        answer::filtered_matrix(graph, rows.as_deref(), columns.as_deref(), filter, *limits)?;
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
