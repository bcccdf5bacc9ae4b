//! Before the crawl: who is calling, and which accounts will be read how.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::watch;

use super::CollectError;
use super::check::check_role_name;
use super::organization::{Description, Listed, Organization, TreeRead, fact};
use crate::arn::{AccountId, Partition};
use crate::aws::{self, Assume, Connection, Identity, IdentityCenter, Settings};
use crate::org::reading::{AccountState, Tree};
use crate::org::{Fact, NotRead, NotReadKind};

/// The name of every session that a crawl opens, unless another is asked for.
pub const SESSION_NAME: &str = "rolewalk-collect";

/// The read role, unless another is asked for: never an administrator's.
pub const READ_ROLE: &str = "rolewalk-read";

/// What to crawl with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The connection.
    pub settings: Settings,
    /// How other accounts are entered.
    pub entry: Entry,
    /// Accounts that are entered in another way.
    pub exceptions: BTreeMap<AccountId, Entry>,
    /// The name of every session that is opened; [`SESSION_NAME`] without it.
    pub session_name: Option<String>,
    /// A role to become first; organization and accounts are then read from there.
    pub via: Option<Via>,
    /// Accounts to read where the organization's cannot be listed.
    pub accounts: Vec<AccountId>,
}

/// How an account other than the caller's own is entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// By assuming a role in it.
    Role {
        /// Role names, with their path if they have one, tried in order.
        names: Vec<String>,
        /// The external id that their trust policies ask for.
        external_id: Option<String>,
    },
    /// By IAM Identity Center, without a deployed role.
    IdentityCenter(IdentityCenter),
    /// By the credentials of a profile, which are the account's.
    Profile(String),
}

impl Default for Entry {
    fn default() -> Self {
        Self::Role { names: vec![READ_ROLE.to_owned()], external_id: None }
    }
}

/// A first hop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Via {
    /// The role.
    pub role_arn: String,
    /// The external id that its trust policy asks for.
    pub external_id: Option<String>,
}

/// How one account will be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// With the credentials that read the organization: it is their account.
    Own,
    /// With the credentials that the first hop was made with: it is theirs.
    Caller,
    /// By [`Entry`].
    Enter,
    /// Not at all: it is suspended, closed or not active yet.
    Closed,
}

/// An account of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedAccount {
    /// Its id.
    pub id: AccountId,
    /// Its name; empty when the organization could not be read.
    pub name: String,
    /// Its state.
    pub state: AccountState,
    /// How it will be read.
    pub access: Access,
}

/// What a crawl will do. Nothing was assumed yet but the first hop, if there is one.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Whom the credentials belong to.
    pub caller: Identity,
    /// The session of the first hop.
    pub via: Option<Identity>,
    /// How other accounts are entered.
    pub ways: Ways,
    /// Accounts, those first that are read without entering them.
    pub accounts: Vec<PlannedAccount>,
    /// Why the accounts are not the organization's.
    pub no_organization: Option<NoOrganization>,
    /// The credentials that accounts are entered from.
    pub(super) reader_connection: Connection,
    /// The credentials at hand.
    pub(super) caller_connection: Connection,
    /// The credentials that the organization is read with: the reader's or the caller's.
    pub(super) organization_connection: Connection,
    pub(super) organization: Fact<Option<Description>>,
    pub(super) listed: Fact<Vec<Listed>>,
    pub(super) tree: Option<TreeRead>,
}

/// How accounts are entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ways {
    /// All but the exceptions.
    pub usual: Entry,
    /// Accounts that are entered in another way.
    pub exceptions: BTreeMap<AccountId, Entry>,
    /// The name of the sessions.
    pub session_name: String,
}

impl Ways {
    /// How this account is entered.
    pub fn of(&self, account: AccountId) -> &Entry {
        self.exceptions.get(&account).unwrap_or(&self.usual)
    }
}

/// Why the accounts of a plan are not the organization's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoOrganization {
    /// The account belongs to none.
    NotInUse,
    /// Its accounts cannot be listed.
    NotRead(NotRead),
}

impl Plan {
    /// The identity that reads: the first hop's session, else the caller.
    pub fn reader(&self) -> &Identity {
        self.via.as_ref().unwrap_or(&self.caller)
    }

    /// The partition that is read.
    pub fn partition(&self) -> Partition {
        self.reader().arn.partition()
    }

    /// The Region whose endpoints are called.
    pub fn region(&self) -> &str {
        self.reader_connection.region()
    }

    /// The organization's id, where there is one and it could be asked for.
    pub fn organization_id(&self) -> Option<&str> {
        self.organization.read()?.as_ref().map(|description| description.id.as_str())
    }

    /// How many of the accounts that `select` keeps will be entered by [`Entry`].
    pub fn entered(&self, select: impl Fn(AccountId) -> bool) -> usize {
        self.accounts
            .iter()
            .filter(|account| account.access == Access::Enter && select(account.id))
            .count()
    }

    /// The organization's tree with the tags of accounts, for callers that choose accounts by
    /// place or tag. It is read once; the crawl then uses the same. `None` without organization.
    pub async fn tree(&mut self) -> Option<&Fact<Tree>> {
        if !matches!(self.organization, Fact::Read(Some(_))) {
            return None;
        }
        if self.tree.is_none() {
            let (_never, cancel) = watch::channel(false);
            let organization = Organization::new(&self.organization_connection);
            self.tree = Some(organization.whole_tree(&self.listed, &cancel).await);
        }
        self.tree.as_ref().map(|read| &read.tree)
    }

    /// What of the tree's tags was not read, after [`Plan::tree`].
    pub fn tree_gaps(&self) -> &[NotRead] {
        self.tree.as_ref().map_or(&[], |read| &read.gaps)
    }
}

/// Finds out who is calling and which accounts there are.
pub async fn plan(options: &Options) -> Result<Plan, CollectError> {
    let ways = Ways {
        usual: options.entry.clone(),
        exceptions: options.exceptions.clone(),
        session_name: options.session_name.clone().unwrap_or_else(|| SESSION_NAME.to_owned()),
    };
    check(&ways)?;
    let caller_connection = aws::connect(&options.settings)
        .await
        .map_err(|failure| CollectError::Caller(Box::new(failure)))?;
    let caller = caller_connection
        .identity()
        .await
        .map_err(|failure| CollectError::Caller(Box::new(failure)))?;
    let (reader_connection, via) = match &options.via {
        None => (caller_connection.clone(), None),
        Some(via) => {
            let partition = caller.arn.partition();
            let assumed = first_hop(&caller_connection, &ways, via, partition).await?;
            (assumed.connection, Some(assumed.identity))
        }
    };

    let own = via.as_ref().unwrap_or(&caller).account;
    let mut found = Seen::of(reader_connection.clone()).await;
    // A first hop into an account that may not list the organization's loses nothing where the
    // credentials at hand may, and it is the same organization.
    if found.listed.gap().is_some() && via.is_some() {
        let callers = Seen::of(caller_connection.clone()).await;
        let listed = callers.listed.read().into_iter().flatten();
        if listed.into_iter().any(|account| account.id == own) {
            found = callers;
        }
    }
    let Seen { connection: organization_connection, mut organization, listed } = found;
    let others = options.accounts.iter().chain([&caller.account]).any(|id| *id != own);
    if organization == Fact::Read(None) && others {
        // That of the reader's account is none. The other accounts' may be any, and was not asked.
        organization = Fact::NotRead(NotRead::new(
            "organizations:DescribeOrganization",
            NotReadKind::NotCollected,
            "the organization of the accounts was not asked: the account that reads them is in none",
        ));
    }
    let no_organization = match (&organization, &listed) {
        (Fact::Read(None), _) => Some(NoOrganization::NotInUse),
        (Fact::NotRead(gap), _) => Some(NoOrganization::NotRead(gap.clone())),
        (_, Fact::NotRead(gap)) => Some(NoOrganization::NotRead(gap.clone())),
        _ => None,
    };
    let mut accounts: Vec<PlannedAccount> = match &no_organization {
        None => listed.read().into_iter().flatten().map(PlannedAccount::listed).collect(),
        Some(_) => options.accounts.iter().copied().map(PlannedAccount::named).collect(),
    };
    for known in [own, caller.account] {
        if !accounts.iter().any(|account| account.id == known) {
            accounts.push(PlannedAccount::named(known));
        }
    }
    let mut seen = BTreeSet::new();
    accounts.retain(|account| seen.insert(account.id));
    for account in &mut accounts {
        // Credentials of an account that works are worth more than what is said of its state.
        if account.id == own {
            account.access = Access::Own;
        } else if account.id == caller.account {
            account.access = Access::Caller;
        }
    }
    accounts.sort_by_key(|account| match account.access {
        Access::Own => 0,
        Access::Caller => 1,
        Access::Enter | Access::Closed => 2,
    });
    Ok(Plan {
        caller,
        via,
        ways,
        accounts,
        no_organization,
        reader_connection,
        caller_connection,
        organization_connection,
        organization,
        listed,
        tree: None,
    })
}

/// What one identity learns of the organization before anything is read.
struct Seen {
    connection: Connection,
    organization: Fact<Option<Description>>,
    listed: Fact<Vec<Listed>>,
}

impl Seen {
    async fn of(connection: Connection) -> Self {
        let client = Organization::new(&connection);
        let organization = fact(client.describe().await);
        let listed = match &organization {
            Fact::Read(Some(_)) => fact(client.accounts().await),
            Fact::Read(None) => Fact::Read(Vec::new()),
            Fact::NotRead(gap) => Fact::NotRead(gap.clone()),
        };
        Self { connection, organization, listed }
    }
}

impl PlannedAccount {
    fn listed(account: &Listed) -> Self {
        let access = match account.state {
            // A state that this version does not know is worth a try.
            AccountState::Active | AccountState::Unknown => Access::Enter,
            AccountState::PendingActivation
            | AccountState::Suspended
            | AccountState::PendingClosure
            | AccountState::Closed => Access::Closed,
        };
        Self { id: account.id, name: account.name.clone(), state: account.state, access }
    }

    fn named(id: AccountId) -> Self {
        let (name, state) = (String::new(), AccountState::Unknown);
        Self { id, name, state, access: Access::Enter }
    }
}

async fn first_hop(
    connection: &Connection,
    ways: &Ways,
    via: &Via,
    partition: Partition,
) -> Result<aws::Assumed, CollectError> {
    let names: BTreeSet<String> = std::iter::once(&ways.usual)
        .chain(ways.exceptions.values())
        .flat_map(|entry| match entry {
            Entry::Role { names, .. } => names.as_slice(),
            Entry::IdentityCenter(_) | Entry::Profile(_) => &[],
        })
        .cloned()
        .collect();
    let names: Vec<String> = names.into_iter().collect();
    let session_policy = aws::permissions::hop_session(partition, &names);
    let request = Assume {
        role_arn: via.role_arn.clone(),
        session_name: ways.session_name.clone(),
        external_id: via.external_id.clone(),
        session_policy: Some(session_policy),
    };
    connection.assume_for_long(&request).await.map_err(|failure| CollectError::Via {
        role: via.role_arn.clone(),
        failure: Box::new(failure),
    })
}

fn check(ways: &Ways) -> Result<(), CollectError> {
    let in_session_name = |char: char| char.is_ascii_alphanumeric() || "+=,.@_-".contains(char);
    let name = &ways.session_name;
    if !(2..=64).contains(&name.len()) || !name.chars().all(in_session_name) {
        return Err(CollectError::SessionName(name.clone()));
    }
    for entry in std::iter::once(&ways.usual).chain(ways.exceptions.values()) {
        let Entry::Role { names, .. } = entry else { continue };
        if names.is_empty() {
            return Err(CollectError::NoRoleName);
        }
        names.iter().try_for_each(|name| check_role_name(name))?;
    }
    Ok(())
}
