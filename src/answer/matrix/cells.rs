//! What rows reach in each account: from what was searched for many of them at once, or, where that
//! can't tell, by a search of a row's own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::evaluation::{RequirementKind, Verdict};
use crate::graph::search::{
    self, Best, Firsts, Kinds, Landing, Many, Memo, Needs, Reached, Source,
};
use crate::graph::{Graph, Node};
use crate::org::AccountKey;

use super::super::answers::{Configured, MatrixCell, Told, ToldOf, Via};
use super::super::broken::broken;
use super::super::lists::denied_from;
use super::row::{Asked, Row};

/// How many roles a cell names.
const ROLES: usize = 3;
/// Over how many first hops a source is searched that is searched alone.
const FIRSTS: usize = 64;

/// What is told of a way into an account besides what is reached there.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each says one thing of its own")]
struct Around {
    /// Whether ways in begin in the account itself, and elsewhere.
    own: bool,
    hub: bool,
    /// Whether ways lead over roles of the untagged configuration, and over those of which tags.
    asked: bool,
    asked_by: Vec<Arc<str>>,
    /// Whether something is refused, and whether after a configured role.
    denied: bool,
    denied_first: bool,
}

impl Around {
    /// A way in begins in one account and leads into another one, or the same.
    fn way_from(&mut self, from: Option<AccountKey>, into: AccountKey) {
        let own = from == Some(into);
        self.own |= own;
        self.hub |= !own;
    }

    /// A way in is over configured roles.
    fn way_over(&mut self, asked: &[&Asked]) {
        for one in asked {
            match &one.tag {
                None => self.asked = true,
                Some(tag) if self.asked_by.contains(tag) => {}
                Some(tag) => self.asked_by.push(Arc::clone(tag)),
            }
        }
    }
}

/// What works out the cells of rows.
pub(super) struct Worker<'m, 'g> {
    graph: &'g Graph,
    many: &'m Many<'g>,
    columns: Vec<Column>,
    hops: usize,
    needs: Needs<'m, 'g>,
    /// Of the row at hand, by the vertex of the first hop.
    first_needs: HashMap<usize, Kinds>,
    /// By two vertices.
    hop_needs: HashMap<(usize, usize), Kinds>,
    /// Names of the first roles at some vertices.
    names: HashMap<[Option<usize>; ROLES], Arc<[String]>>,
    words: HashMap<Kinds, Arc<[&'static str]>>,
    memo: Memo,
}

/// What tells cells of one account and of the same landing that say the same.
#[derive(PartialEq, Eq, Clone, Copy)]
struct Alike {
    /// Whether ways in begin in the account itself, and elsewhere.
    ways: (bool, bool),
    /// Whether ways are over a role of the untagged configuration.
    asked: bool,
    configured: Configured,
    needs: Kinds,
}

/// A wanted account.
struct Column {
    account: AccountKey,
    id: Arc<String>,
    /// What cells tell, by the number of what is come to.
    told: Vec<Vec<(Alike, Arc<ToldOf>)>>,
}

impl<'m, 'g> Worker<'m, 'g> {
    pub(super) fn new(
        graph: &'g Graph,
        many: &'m Many<'g>,
        accounts: &BTreeSet<AccountKey>,
        hops: usize,
    ) -> Self {
        let column = |account: &AccountKey| Column {
            account: *account,
            id: graph.facts().accounts[*account].id.to_string().into(),
            told: Vec::new(),
        };
        let columns = accounts.iter().map(column).collect();
        let needs = Needs::new(many);
        let (first_needs, hop_needs) = (HashMap::new(), HashMap::new());
        let (names, words) = (HashMap::new(), HashMap::new());
        let memo = Memo::default();
        Self { graph, many, columns, hops, needs, first_needs, hop_needs, names, words, memo }
    }

    /// Adds the cells of a row, if they can be told from what was searched for many at once.
    pub(super) fn add_cells(&mut self, row: &Row<'g>, cells: &mut Vec<MatrixCell>) -> bool {
        let begun = cells.len();
        self.first_needs.clear();
        if row.firsts.as_ref().and_then(|firsts| self.together(row, firsts, cells)).is_some() {
            return true;
        }
        cells.truncate(begun);
        false
    }

    /// The cells of a row that is searched by itself; whether something was left out.
    pub(super) fn cells_alone(&mut self, row: &Row<'g>) -> (Vec<MatrixCell>, bool) {
        let mut cells = Vec::with_capacity(self.columns.len());
        self.first_needs.clear();
        let cut = self.alone(row, &mut cells);
        (cells, cut)
    }

    /// From what was searched for many at once; `None` where some verdict is open.
    fn together(
        &mut self,
        row: &Row<'g>,
        firsts: &Firsts,
        cells: &mut Vec<MatrixCell>,
    ) -> Option<()> {
        let (graph, many) = (self.graph, self.many);
        let source = many.source(firsts)?;
        let denied = Refused::of(graph, row, |node| many.comes_to(source, node));
        // Each way in by itself, with its account and the role that settings name there.
        let mut ways: Vec<(Source, Option<AccountKey>, Vec<&Asked>)> = Vec::new();
        for (alone, (number, account)) in firsts.each().zip(firsts.places(graph)) {
            ways.push((many.source(&alone)?, account, row.asked_at(number)));
        }
        // Before any cell is made: one that can't be told makes all of them needless.
        let certain = |column: &Column| {
            let best = many.landing(source, column.account).map(|here| here.best().verdict);
            best.is_none_or(|best| best == Verdict::Allowed)
                || self.needs.is_certain(source, column.account)
        };
        if !self.columns.iter().all(certain) {
            return None;
        }
        // What the first hop needs is the source's own. Where that differs, ways are told one by one.
        let firsts = firsts.places(graph);
        let of_first: BTreeSet<Kinds> =
            firsts.map(|(number, _)| self.of_first(row, number)).collect();
        let of_first = of_first.first().copied().filter(|_| of_first.len() == 1);
        let mut columns = std::mem::take(&mut self.columns);
        for column in &mut columns {
            let account = &column.account.clone();
            let here = many.landing_numbered(source, *account);
            let mut told = denied.told(*account);
            for (way, from, asked) in &ways {
                if many.way(*way, *account).is_some() {
                    told.way_from(*from, *account);
                    told.way_over(asked);
                }
            }
            let needs = |worker: &mut Self, best: Best| match of_first {
                Some(first) if !worker.needs.is_mixed(source, best) => {
                    Some(worker.needs.of(source, best)?.or(first))
                }
                _ => worker.of_walk(row, &worker.needs.walk(source, best)?),
            };
            let here = here.map(|(class, here)| (Some(class), here));
            cells.extend(self.cell(row, column, here, &told, needs));
        }
        self.columns = columns;
        Some(())
    }

    /// What a way of a row over these vertices needs, none of whose hops depends on the session: each
    /// needs the same on every way.
    fn of_walk(&mut self, row: &Row<'g>, walk: &[usize]) -> Option<Kinds> {
        let mut all = self.of_first(row, *walk.first()?);
        for hop in walk.windows(2) {
            all = all.or(self.of_hop(hop));
        }
        Some(all)
    }

    /// What the first hop of a row to this vertex needs.
    fn of_first(&mut self, row: &Row<'g>, first: usize) -> Kinds {
        *self.first_needs.entry(first).or_insert_with(|| {
            let to = self.graph.nodes_numbered(first).into_iter().find(|to| *to != row.node);
            let nodes = to.map(|to| [row.node.clone(), to]);
            nodes.map(|nodes| Kinds::of_path(self.graph, &nodes)).unwrap_or_default()
        })
    }

    /// What a hop between two vertices needs.
    fn of_hop(&mut self, hop: &[usize]) -> Kinds {
        let [from, to] = *hop else { return Kinds::default() };
        *self.hop_needs.entry((from, to)).or_insert_with(|| {
            let [from, to] = [from, to].map(|number| self.graph.nodes_numbered(number));
            let from = from.into_iter().next();
            let to = to.into_iter().find(|to| Some(to) != from.as_ref());
            let nodes = from.zip(to).map(|(from, to)| [from, to]);
            nodes.map(|nodes| Kinds::of_path(self.graph, &nodes)).unwrap_or_default()
        })
    }

    /// By a search of its own.
    fn alone(&mut self, row: &Row<'g>, cells: &mut Vec<MatrixCell>) -> bool {
        let graph = self.graph;
        let reached = search::reachable_with(graph, &row.node, self.hops, &mut self.memo);
        let denied = Refused::of(graph, row, |node| reached.verdict(node).is_some());
        let mut by_account: BTreeMap<AccountKey, (Landing, Around)> = BTreeMap::new();
        for end in reached.ends() {
            let Some(account) = end.account() else { continue };
            let landing = end.landing();
            let (_, told) = by_account
                .entry(account)
                .and_modify(|(known, _)| known.add(&landing))
                .or_insert_with(|| (landing, denied.told(account)));
            told.way_from(end.first(), account);
        }
        let truncated = self.ways_in(row, &reached, &mut by_account) || reached.truncated;
        let mut columns = std::mem::take(&mut self.columns);
        for column in &mut columns {
            let account = &column.account.clone();
            let (here, told) = match by_account.remove(account) {
                Some((here, told)) => (Some(here), told),
                None => (None, denied.told(*account)),
            };
            let needs = |worker: &mut Self, best: Best| {
                if row.firsts.is_some() {
                    return worker.of_walk(row, &reached.walk(best.number)?);
                }
                let node = reached.end(best.number)?.nodes().into_iter().min()?;
                let route = reached.route(&node)?;
                Some(Kinds::of(&route.requirements))
            };
            let here = here.as_ref().map(|here| (None, here));
            cells.extend(self.cell(row, column, here, &told, needs));
        }
        self.columns = columns;
        truncated
    }

    /// Adds over which first hops ways lead into accounts; whether something was left out. The best
    /// way may be over another one, so each is looked at by itself.
    fn ways_in(
        &mut self,
        row: &Row<'g>,
        reached: &Reached<'_>,
        by_account: &mut BTreeMap<AccountKey, (Landing, Around)>,
    ) -> bool {
        let together: HashMap<usize, Source> = (row.firsts.iter().flat_map(Firsts::each))
            .filter_map(|alone| {
                let (first, _) = alone.places(self.graph).next()?;
                Some((first, self.many.source(&alone)?))
            })
            .collect();
        let (mut left, mut truncated) = (FIRSTS, false);
        let first_hops = search::first_hops(self.graph, &row.node);
        let is_only = first_hops.len() == 1;
        for (first, from) in first_hops {
            let asked = row.asked_at(first);
            // That something is come to is certain there, if not with which verdict.
            if let (Some(way), true) = (together.get(&first), asked.is_empty()) {
                for (account, (_, told)) in &mut *by_account {
                    if self.many.way(*way, *account).is_some() {
                        told.way_from(from, *account);
                    }
                }
                continue;
            }
            if left == 0 && asked.is_empty() {
                truncated = true;
                continue;
            }
            left = left.saturating_sub(1);
            let found;
            let over = if is_only {
                reached
            } else {
                let memo = &mut self.memo;
                found = search::reachable_over(self.graph, &row.node, first, self.hops, memo);
                &found
            };
            truncated |= over.truncated;
            let reached: BTreeSet<AccountKey> =
                over.ends().filter_map(|end| end.account()).collect();
            for account in reached {
                let Some((_, told)) = by_account.get_mut(&account) else { continue };
                told.way_from(from, account);
                told.way_over(&asked);
            }
        }
        truncated
    }

    /// The cell of an account; `class` tells what is come to there.
    fn cell(
        &mut self,
        row: &Row<'_>,
        column: &mut Column,
        here: Option<(Option<usize>, &Landing)>,
        around: &Around,
        needs: impl FnOnce(&mut Self, Best) -> Option<Kinds>,
    ) -> Option<MatrixCell> {
        let account = column.account;
        let is_here = |asked: &&Asked| asked.account == Some(account);
        let configured_here = row.configured.iter().find(is_here);
        let vault_here = row.vault_backed.iter().find(is_here);
        if here.is_none() && !around.denied && configured_here.is_none() && !row.hidden {
            return None;
        }
        let best = here.map(|(_, here)| here.best());
        let verdict = match best {
            Some(best) => best.verdict,
            // A way in that can't be followed may lead anywhere, so "denied" would claim too much.
            None if row.hidden => Verdict::Unknown,
            // Refused, or configured for a role that is not there.
            None => Verdict::Denied,
        };
        let settings_read = row.run.is_some_and(|(workspace, _)| workspace.variables_read);
        let configured = if !row.has_settings {
            Configured::No
        } else if !settings_read {
            Configured::Unknown
        } else if configured_here.is_some() || vault_here.is_some() {
            Configured::All
        } else if around.asked || !around.asked_by.is_empty() || around.denied_first {
            Configured::FirstHop
        } else if row.hides_role {
            Configured::Unknown
        } else {
            Configured::No
        };
        let open = best.filter(|best| best.verdict != Verdict::Allowed);
        let mut needs = open.and_then(|best| needs(self, best)).unwrap_or_default();
        if verdict == Verdict::Unknown && needs == Kinds::default() {
            needs = Kinds::one(RequirementKind::NotRead);
        }
        let cell = |told: Arc<ToldOf>| MatrixCell::alike(Arc::clone(&row.cells), told);
        // What hangs on nothing of the row itself is told once for all rows that come to the same.
        let number = here
            .and_then(|(number, _)| number)
            .filter(|_| around.asked_by.is_empty())
            .filter(|_| configured_here.is_none() && vault_here.is_none());
        let alike =
            Alike { ways: (around.own, around.hub), asked: around.asked, configured, needs };
        let known = number.and_then(|number| column.told.get(number));
        let known = known.and_then(|known| known.iter().find(|(it, _)| *it == alike));
        if let Some((_, told)) = known {
            return Some(cell(Arc::clone(told)));
        }
        let privileges = here.and_then(|(_, here)| here.privileges());
        let via: &[Via] = match (around.own, around.hub) {
            (true, true) => &[Via::Own, Via::Hub],
            (true, false) => &[Via::Own],
            (false, true) => &[Via::Hub],
            (false, false) => &[],
        };
        let told = Told {
            tags: tags(row, account, around),
            verdict,
            permitted: here.is_some(),
            configured,
            broken: row
                .run
                .filter(|_| configured_here.is_some())
                .map(|run| broken(self.graph, run, account, |tag| row.meant.means(tag)))
                .unwrap_or_default(),
            via,
            hops: best.map(|best| best.hops),
            privilege: privileges.map(|it| it.most),
            privilege_proven: privileges.map(|it| it.proven),
            role_count: here.map_or(0, |(_, here)| here.nodes()),
            roles: self.names(here.map(|(_, here)| here.first()).unwrap_or_default()),
            needs: self.words(needs),
            // Whether Vault's own identity may assume it is written where nobody reads.
            reason: vault_here.map(|_| "Vault-backed"),
        };
        let told = Arc::new(ToldOf { account: Arc::clone(&column.id), told });
        let cell = cell(Arc::clone(&told));
        if let Some(number) = number {
            if column.told.len() <= number {
                column.told.resize_with(number + 1, Vec::new);
            }
            column
                .told
                .get_mut(number)
                .into_iter()
                .for_each(|known| known.push((alike, told.clone())));
        }
        Some(cell)
    }

    fn words(&mut self, kinds: Kinds) -> Arc<[&'static str]> {
        let words = || kinds.each().map(RequirementKind::as_str).collect();
        Arc::clone(self.words.entry(kinds).or_insert_with(words))
    }

    /// The first roles at these vertices of one account, by name. Vertices of an account are
    /// numbered by the first of their roles.
    fn names(&mut self, vertices: [Option<usize>; ROLES]) -> Arc<[String]> {
        let graph = self.graph;
        let names = self.names.entry(vertices).or_insert_with(|| {
            let nodes = vertices.into_iter().flatten();
            let mut nodes: Vec<Node> =
                nodes.flat_map(|number| graph.nodes_numbered(number)).collect();
            nodes.sort_unstable();
            nodes.iter().take(ROLES).map(|node| node.name(graph)).collect()
        });
        Arc::clone(names)
    }
}

/// The tags of the configurations that ask for a role of the account, or for the first of a way there.
fn tags(row: &Row<'_>, account: AccountKey, around: &Around) -> Vec<Option<Arc<str>>> {
    let asked = row.configured.iter().chain(&row.vault_backed);
    let here = asked.filter(|asked| asked.account == Some(account)).map(|asked| asked.tag.clone());
    let first = around.asked_by.iter().cloned().map(Some);
    let mut found: Vec<Option<Arc<str>>> =
        here.chain(first).chain(around.asked.then_some(None)).collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Accounts in which something is refused though somebody means it, and in which that is for a
/// role that settings name.
struct Refused {
    some: BTreeSet<AccountKey>,
    first: BTreeSet<AccountKey>,
}

impl Refused {
    /// Without what is reached otherwise.
    fn of(graph: &Graph, row: &Row<'_>, is_reached: impl Fn(&Node) -> bool) -> Self {
        let facts = graph.facts();
        let mut found = Self { some: BTreeSet::new(), first: BTreeSet::new() };
        let denied = denied_from(graph, std::slice::from_ref(&row.node), is_reached);
        for route in denied.into_values() {
            let target = route.nodes.last().and_then(|node| node.account(facts));
            let Some(account) = target.and_then(|id| facts.account(id)) else { continue };
            found.some.insert(account);
            let first = route.nodes.get(1);
            let asked = |it: &Asked| it.role.as_ref().map(|(node, _)| node) == first;
            if first.is_some() && row.configured.iter().any(asked) {
                found.first.insert(account);
            }
        }
        found
    }

    fn told(&self, account: AccountKey) -> Around {
        Around {
            denied: self.some.contains(&account),
            denied_first: self.first.contains(&account),
            ..Around::default()
        }
    }
}
