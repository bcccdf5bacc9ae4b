//! Questions that the facts answer.

use super::error::CliError;
use super::request::{Question, Request};
use super::{Ending, facts, render, terraform};
use crate::answer;

/// Asks, and prints the answer.
pub(crate) fn ask(request: &Request, question: &Question) -> Result<Ending, CliError> {
    // What can't be read is said before the facts are loaded.
    let blocks = match question {
        Question::Reach(.., typed) | Question::Paths(.., typed) | Question::Matrix(.., typed) => {
            terraform::read(typed)?
        }
        _ => None,
    };
    let graph = facts::load(request)?.graph;
    let output = request.output;
    match question {
        Question::Tree(selector) => {
            output.answer(&answer::tree(&graph, selector.as_deref())?, render::tree)
        }
        Question::WhoCan(role, limits) => {
            output.answer(&answer::who_can(&graph, role, *limits)?, render::who_can)
        }
        Question::Reach(source, limits, _) => {
            let source = facts::somebody(&request.aws, source)?;
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
        Question::Paths(source, target, limits, _) => {
            let source = facts::somebody(&request.aws, source)?;
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
        Question::Matrix(rows, columns, limits, _) => {
            let (rows, columns) = (rows.as_deref(), columns.as_deref());
            let matrix = match &blocks {
                None => answer::matrix(&graph, rows, columns, *limits)?,
                Some(blocks) => {
                    let matrix = answer::matrix_configured(&graph, rows, columns, *limits, blocks)?;
                    let elsewhere = |rows| answer::runs_elsewhere(&graph, rows, blocks);
                    warn(request, rows.and_then(elsewhere));
                    matrix
                }
            };
            output.answer(&matrix, render::matrix)
        }
        Question::Why { caller, role, action, stated } => {
            let caller = facts::somebody(&request.aws, caller)?;
            let why = answer::why(&graph, &caller, role, action.as_deref(), stated)?;
            output.answer(&why, render::why)
        }
    }
}

fn warn(request: &Request, text: Option<String>) {
    if let Some(text) = text {
        request.output.warn(&text);
    }
}
