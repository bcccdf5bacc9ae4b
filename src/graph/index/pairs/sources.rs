//! Callers that are no users or roles of the facts: services, tokens, assertions, other accounts.

use std::collections::BTreeMap;

use crate::arn::glob::Glob;
use crate::org::AccountKey;
use crate::policy::{Action, ActionSet};

use super::super::super::{Node, Subject};
use super::super::sets::CallerSet;
use super::super::trust::{Admission, Tokens, is_unread};
use super::candidates::View;
use super::ends::{From, To};
use super::{Found, Pairs};

impl Pairs<'_> {
    /// What a trust policy lets in beside users and roles, against a class of its roles.
    pub(super) fn other_sources(
        &self,
        view: &View<'_>,
        admission: &Admission,
        class: u32,
        found: &mut Found,
    ) {
        let session = view.session(None) || self.control_session;
        for (node, named) in &admission.others {
            self.source(view, node, (class, *named, session), found);
        }
        if admission.unread {
            self.unread_callers(view, class, session, found);
        }
        for tokens in &admission.tokens {
            self.tokens(view, tokens, class, session, found);
        }
        self.everyone_else(view, admission.everyone_else, class, session, found);
    }

    /// The roles of a class, by account where that counts.
    fn plain(&self, class: u32, apart: bool) -> Vec<To> {
        if !apart {
            return vec![self.whole_class(class)];
        }
        let cells = self.targets.class(class).map(|row| row.cells.as_slice()).unwrap_or_default();
        cells.iter().filter_map(|cell| self.whole_cell(*cell)).collect()
    }

    fn source(
        &self,
        view: &View<'_>,
        node: &Node,
        (class, named, session): (u32, bool, bool),
        found: &mut Found,
    ) {
        let account = node.account(self.facts).and_then(|id| self.facts.account(id));
        let apart = view.targets_apart || self.control_targets_apart;
        let set = CallerSet::Nodes([node.clone()].into());
        for to in self.plain(class, apart) {
            match account {
                Some(account) => {
                    let member = (account, node.clone());
                    let from = From::new(set.clone(), std::iter::once(member));
                    self.across(found, &from, &to, named, session);
                }
                None => self.nodes(std::slice::from_ref(node), &to, named, session, found),
            }
        }
        let Some(account) = account else { return };
        let here = self.cell_in(class, account).and_then(|cell| self.whole_cell(cell));
        if let Some(to) = here {
            let from = From::new(set, std::iter::once((account, node.clone())));
            self.within(found, &from, &to, named, session);
        }
    }

    /// Sources without accounts that can't be told apart, of which the first stands for all.
    pub(super) fn nodes(
        &self,
        nodes: &[Node],
        to: &To,
        named: bool,
        session: bool,
        found: &mut Found,
    ) {
        let (Some(first), Some((_, role))) = (nodes.first(), to.first()) else { return };
        if let Some(assume) = self.judge(first, role, named) {
            let from = From::new(CallerSet::Nodes(nodes.into()), std::iter::empty());
            found.add(&from, to, assume, false, session);
        }
    }

    /// Accounts of which principals were not read, where a wide statement may mean those.
    fn unread_callers(&self, view: &View<'_>, class: u32, session: bool, found: &mut Found) {
        let apart = view.accounts_apart
            || view.looks.is_some_and(|looks| !looks.is_blind())
            || self.control_looks;
        let groups: Vec<Vec<AccountKey>> = if apart {
            self.unread.values().flatten().map(|account| vec![*account]).collect()
        } else {
            self.unread.values().cloned().collect()
        };
        let targets = self.plain(class, view.targets_apart || self.control_targets_apart);
        for group in groups {
            let nodes: Vec<(AccountKey, Node)> =
                group.iter().map(|account| (*account, Node::Unread(*account))).collect();
            let set = CallerSet::Nodes(nodes.iter().map(|(_, node)| node.clone()).collect());
            let from = From::new(set, nodes.iter().cloned());
            for to in &targets {
                self.across(found, &from, to, false, session);
            }
            for (account, node) in nodes {
                let here = self.cell_in(class, account).and_then(|cell| self.whole_cell(cell));
                if let Some(to) = here {
                    let set = CallerSet::Nodes([node.clone()].into());
                    let from = From::new(set, std::iter::once((account, node)));
                    self.within(found, &from, &to, false, session);
                }
            }
        }
    }

    /// Who bears tokens that a statement lets in: workspaces, and the subjects that it names. A
    /// pattern stays a source of its own beside the workspaces that fit it: it admits those that
    /// were not read or do not exist yet, stacks and tests of modules too (rule H6).
    fn tokens(
        &self,
        view: &View<'_>,
        tokens: &Tokens,
        class: u32,
        session: bool,
        found: &mut Found,
    ) {
        let cells = self.targets.class(class).map(|row| row.cells.clone()).unwrap_or_default();
        let host = self.hosts.get(&tokens.issuer);
        // The run of a workspace that exists stands for its subject.
        let others = tokens.written.iter().filter(|it| !host.is_some_and(|host| host.issues(it)));
        let others: Vec<Node> = others.map(|subject| subject_of(&tokens.issuer, subject)).collect();
        for cell in cells {
            let Some(to) = self.whole_cell(cell) else { continue };
            let account = to.first().map(|(account, _)| *account);
            if tokens.account.is_some() && tokens.account != account {
                continue;
            }
            if host.is_some() {
                let fits = tokens.fits.as_deref();
                self.workspaces(view, &tokens.issuer, fits, (&to, session), found);
            }
            for node in &others {
                self.nodes(std::slice::from_ref(node), &to, true, session, found);
            }
        }
    }

    fn workspaces(
        &self,
        view: &View<'_>,
        issuer: &str,
        fits: Option<&[Glob]>,
        (to, session): (&To, bool),
        found: &mut Found,
    ) {
        let trust = self.facts.documents[view.document].parsed.as_ref().ok();
        let control = self.places.resource_control.iter();
        let control = control.filter_map(|key| self.facts.documents[*key].parsed.as_ref().ok());
        let documents: Vec<_> = trust.into_iter().chain(control).collect();
        let groups = self.hosts.get(issuer).map(|host| host.groups(fits, &documents));
        for nodes in groups.into_iter().flatten() {
            self.nodes(&nodes, to, false, session, found);
        }
    }

    /// Whoever the providers of the roles' accounts vouch for, with these actions.
    fn everyone_else(
        &self,
        view: &View<'_>,
        actions: ActionSet,
        class: u32,
        session: bool,
        found: &mut Found,
    ) {
        let assertions = actions.has(Action::AssumeRoleWithSaml);
        let tokens = actions.has(Action::AssumeRoleWithWebIdentity);
        if !assertions && !tokens {
            return;
        }
        let facts = self.facts;
        let cells = self.targets.class(class).map(|row| row.cells.clone()).unwrap_or_default();
        for cell in cells {
            let Some(to) = self.whole_cell(cell) else { continue };
            let Some((account, _)) = to.first() else { continue };
            let row = &facts.accounts[*account];
            for provider in facts.saml_providers_of(*account).filter(|_| assertions) {
                self.nodes(&[Node::Saml(provider)], &to, false, session, found);
            }
            for host in self.hosts.keys().filter(|_| tokens) {
                self.workspaces(view, host, None, (&to, session), found);
            }
            for provider in row.oidc_providers.read().into_iter().flatten().filter(|_| tokens) {
                let node = subject_of(&facts.oidc_providers[*provider].url, "*");
                self.nodes(&[node], &to, false, session, found);
            }
        }
    }

    /// The pairs that workspaces are configured for.
    pub(super) fn configured(&self, wanted: &BTreeMap<Node, Vec<Node>>, found: &mut Found) {
        for (target, sources) in wanted {
            let to = match target {
                Node::Role(role) => self.some_roles(vec![*role]),
                Node::Unread(account) => super::unread::some_unread(vec![*account]),
                _ => continue,
            };
            for source in sources {
                self.nodes(std::slice::from_ref(source), &to, true, true, found);
            }
        }
    }
}

/// A subject, or one unknown subject of a form, with whatever audience the provider takes.
fn subject_of(issuer: &str, subject: &str) -> Node {
    Node::Subject(Subject {
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        audience: None,
    })
}

/// Accounts of which principals were not read, by what can be told of them.
pub(super) fn unread_accounts(
    facts: &crate::org::Facts,
    places: &super::super::places::Places,
) -> BTreeMap<u32, Vec<AccountKey>> {
    let mut found: BTreeMap<u32, Vec<AccountKey>> = BTreeMap::new();
    for account in facts.accounts.keys().filter(|account| is_unread(facts, *account)) {
        found.entry(places.of_callers(account)).or_default().push(account);
    }
    found
}
