//! Questions that the facts answer.

use super::error::CliError;
use super::request::{Question, Request};
use super::{Ending, facts, render};
use crate::answer;

/// Asks, and prints the answer.
pub(crate) fn ask(request: &Request, question: &Question) -> Result<Ending, CliError> {
    let graph = facts::load(request)?.graph;
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
        Question::Matrix(rows, columns, limits) => {
            let matrix = answer::matrix(&graph, rows.as_deref(), columns.as_deref(), *limits)?;
            output.answer(&matrix, render::matrix)
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
