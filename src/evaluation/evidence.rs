//! What is kept of a decision beside its verdict.

use crate::policy::{Effect, Statement};

use super::decision::{Layer, NearMiss, StatementRef};
use super::statement::Place;

/// Hears of every statement that is evaluated. Bulk decisions keep nothing.
pub(super) trait Recorder {
    /// Whether anybody listens; where not, what only evidence needs is not worked out.
    const WANTED: bool;

    /// One statement: whether it matches or may, and the parts that fail.
    fn statement(
        &mut self,
        place: &Place<'_>,
        index: usize,
        statement: &Statement,
        matched: bool,
        failed: Vec<String>,
    );
}

/// Keeps nothing.
pub(super) struct NoEvidence;

impl Recorder for NoEvidence {
    const WANTED: bool = false;

    fn statement(&mut self, _: &Place<'_>, _: usize, _: &Statement, _: bool, _: Vec<String>) {}
}

/// Keeps the statements that took part, and those that nearly did.
#[derive(Default)]
pub(super) struct Evidence {
    kept: Vec<Kept>,
}

struct Kept {
    layer: Layer,
    level: Option<String>,
    effect: Option<Effect>,
    statement: StatementRef,
    matched: bool,
    failed: Vec<String>,
}

impl Recorder for Evidence {
    const WANTED: bool = true;

    fn statement(
        &mut self,
        place: &Place<'_>,
        index: usize,
        statement: &Statement,
        matched: bool,
        failed: Vec<String>,
    ) {
        self.kept.push(Kept {
            layer: place.layer,
            level: place.level.map(str::to_owned),
            effect: statement.effect,
            statement: StatementRef {
                policy: place.policy.into(),
                attached_to: place.attached_to.into(),
                index,
                sid: statement.sid.as_deref().map(str::to_owned),
                effect: statement.effect.map_or("?", Effect::as_str),
            },
            matched,
            failed,
        });
    }
}

impl Evidence {
    /// The statements of one level that match or may, denies first where `denies`.
    pub(super) fn statements(
        &self,
        layer: Layer,
        level: Option<&str>,
        effect: Effect,
    ) -> Vec<StatementRef> {
        self.at(layer, level)
            .filter(|kept| kept.matched)
            .filter(|kept| kept.effect.is_none_or(|found| found == effect))
            .map(|kept| kept.statement.clone())
            .collect()
    }

    /// The `Allow` statements of one level that fail in exactly one part; where there is none,
    /// those that fail in two.
    pub(super) fn near_misses(&self, layer: Layer, level: Option<&str>) -> Vec<NearMiss> {
        let failing = |parts: usize| {
            self.at(layer, level)
                .filter(move |kept| {
                    !kept.matched
                        && kept.effect == Some(Effect::Allow)
                        && kept.failed.len() == parts
                })
                .map(|kept| NearMiss {
                    policy: kept.statement.policy.clone(),
                    attached_to: kept.statement.attached_to.clone(),
                    index: kept.statement.index,
                    sid: kept.statement.sid.as_deref().map(str::to_owned),
                    effect: kept.statement.effect,
                    failed_on: kept.failed.join("; "),
                })
                .collect::<Vec<_>>()
        };
        let one = failing(1);
        if one.is_empty() { failing(2) } else { one }
    }

    fn at<'e>(&'e self, layer: Layer, level: Option<&'e str>) -> impl Iterator<Item = &'e Kept> {
        self.kept.iter().filter(move |kept| kept.layer == layer && kept.level.as_deref() == level)
    }
}
