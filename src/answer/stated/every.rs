//! What is stated of every call of a whole organization.

use crate::evaluation::{Scenario, may_be_stated_of_all};
use crate::graph::Graph;

use super::keys::{KEYS, Named, named};
use super::{Fact, Stated, read, refused};
use crate::answer::answers::StatedFact;
use crate::answer::question::QuestionError;

impl Stated {
    /// Whether nothing is stated.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty() && self.session_policies.is_empty() && !self.endpoint
    }

    /// The same of every call: what [`Graph::build_under`] takes. Refuses what can't be stated of
    /// all calls at once.
    pub fn of_every_call(&self) -> Result<Scenario, QuestionError> {
        let reading = read(self)?;
        for (key, fact) in &reading.facts {
            if !fact.implied && !may_be_stated_of_all(key) {
                return Err(differs(key, fact));
            }
        }
        let only = if self.endpoint { Some("a VPC endpoint") } else { None };
        let only = only.or((!self.session_policies.is_empty()).then_some("a session policy"));
        if let Some(what) = only {
            return Err(refused(
                format!("{what} can be stated of one call only"),
                ["ask for one call: `rolewalk why CALLER ROLE`"],
            ));
        }
        Ok(Scenario { of_all: true, ..reading.scenario(self) })
    }
}

fn differs(key: &str, fact: &Fact) -> QuestionError {
    let handed_on = ["aws:requesttag/", "aws:tagkeys", "sts:transitivetagkeys"];
    let inherited = ["aws:principaltag/", "sts:sourceidentity", "aws:sourceidentity"];
    let why = if handed_on.iter().chain(&inherited).any(|start| key.starts_with(start)) {
        "what a session carries from hop to hop is worked out along each path"
    } else {
        "it follows from who calls and what is called"
    };
    refused(
        format!("`{}` can't be stated of every call: {why}", fact.name),
        [
            "where, when and how calls are made can be: `aws:SourceIp`, `aws:MultiFactorAuthPresent`, `aws:CurrentTime`, `sts:ExternalId`, claims such as `ISSUER:ref` and others",
            "it can be stated of one call: `rolewalk why CALLER ROLE --context KEY=VALUE`",
        ],
    )
}

/// What the answers of a graph were worked out under.
pub fn scenario_of(graph: &Graph) -> Vec<StatedFact> {
    let scenario = graph.scenario();
    let fact = |(key, values): (&String, &Vec<String>)| StatedFact {
        key: as_written(key),
        values: values.clone(),
        implied: scenario.implied.contains(key),
    };
    scenario.keys.iter().map(fact).collect()
}

/// A key in lower case as AWS writes it.
fn as_written(key: &str) -> String {
    match named(key) {
        Named::Known(place, name) => KEYS.get(place).map_or(name, |known| known.name.to_owned()),
        _ => key.to_owned(),
    }
}
