//! Before the crawl: who is calling, and which accounts will be read how.

use tokio::sync::watch;

use super::CollectError;
use super::check::check_role_name;
use super::organization::{self, Description, Listed};
use crate::arn::{AccountId, Partition};
use crate::aws::{self, Assume, Connection, Identity, IdentityCenter, Settings};
use crate::org::reading::{AccountState, Tree};
use crate::org::{Fact, NotRead};

/// The name of every session that a crawl opens.
pub(super) const SESSION_NAME: &str = "rolewalk-collect";

/// What to crawl with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// The connection.
    pub settings: Settings,
    /// How other accounts are entered.
    pub entry: Entry,
    /// A role to become first; organization and accounts are then read from there.
    pub via: Option<Via>,
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
}

impl Default for Entry {
    fn default() -> Self {
        Self::Role { names: vec!["rolewalk-read".to_owned()], external_id: None }
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
    /// With the credentials at hand.
    Own,
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
    pub entry: Entry,
    /// Accounts, the reader's own first.
    pub accounts: Vec<PlannedAccount>,
    /// Why only the own account is in the plan.
    pub no_organization: Option<NoOrganization>,
    pub(super) connection: Connection,
    pub(super) organization: Fact<Option<Description>>,
    pub(super) listed: Fact<Vec<Listed>>,
    pub(super) tree: Option<(Fact<Tree>, Option<NotRead>)>,
}

/// Why a plan has only one account.
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
            let client = self.connection.organizations();
            self.tree = Some(organization::whole_tree(&client, &self.listed, &cancel).await);
        }
        self.tree.as_ref().map(|(tree, _)| tree)
    }
}

/// Finds out who is calling and which accounts there are.
pub async fn plan(options: &Options) -> Result<Plan, CollectError> {
    check(&options.entry)?;
    let connection = aws::connect(&options.settings)
        .await
        .map_err(|failure| CollectError::Caller(Box::new(failure)))?;
    let caller =
        connection.identity().await.map_err(|failure| CollectError::Caller(Box::new(failure)))?;
    let (connection, via) = match &options.via {
        None => (connection, None),
        Some(via) => {
            let assumed =
                first_hop(&connection, &options.entry, via, caller.arn.partition()).await?;
            (assumed.connection, Some(assumed.identity))
        }
    };
    let reader = via.as_ref().unwrap_or(&caller);
    let own = reader.account;

    let client = connection.organizations();
    let organization = match organization::describe(&client).await {
        Ok(description) => Fact::Read(description),
        Err(failure) => Fact::NotRead(failure.not_read()),
    };
    let listed = match &organization {
        Fact::Read(Some(_)) => match organization::accounts(&client).await {
            Ok(listed) => Fact::Read(listed),
            Err(failure) => Fact::NotRead(failure.not_read()),
        },
        Fact::Read(None) => Fact::Read(Vec::new()),
        Fact::NotRead(gap) => Fact::NotRead(gap.clone()),
    };
    let no_organization = match (&organization, &listed) {
        (Fact::Read(None), _) => Some(NoOrganization::NotInUse),
        (_, Fact::NotRead(gap)) => Some(NoOrganization::NotRead(gap.clone())),
        _ => None,
    };
    let mut accounts: Vec<PlannedAccount> =
        listed.read().into_iter().flatten().map(|account| planned(account, own)).collect();
    if !accounts.iter().any(|account| account.id == own) {
        accounts.push(PlannedAccount {
            id: own,
            name: String::new(),
            state: AccountState::Unknown,
            access: Access::Own,
        });
    }
    accounts.sort_by_key(|account| account.access != Access::Own);
    Ok(Plan {
        caller,
        via,
        entry: options.entry.clone(),
        accounts,
        no_organization,
        connection,
        organization,
        listed,
        tree: None,
    })
}

fn planned(account: &Listed, own: AccountId) -> PlannedAccount {
    let access = if account.id == own {
        Access::Own
    } else {
        match account.state {
            // A state that this version does not know is worth a try.
            AccountState::Active | AccountState::Unknown => Access::Enter,
            AccountState::PendingActivation
            | AccountState::Suspended
            | AccountState::PendingClosure
            | AccountState::Closed => Access::Closed,
        }
    };
    PlannedAccount { id: account.id, name: account.name.clone(), state: account.state, access }
}

async fn first_hop(
    connection: &Connection,
    entry: &Entry,
    via: &Via,
    partition: Partition,
) -> Result<aws::Assumed, CollectError> {
    let session_policy = match entry {
        Entry::Role { names, .. } => aws::hop_policy(partition, names),
        Entry::IdentityCenter(_) => aws::read_policy(),
    };
    let request = Assume {
        role_arn: via.role_arn.clone(),
        session_name: SESSION_NAME.to_owned(),
        external_id: via.external_id.clone(),
        session_policy: Some(session_policy),
    };
    connection.assume(&request).await.map_err(|failure| CollectError::Via {
        role: via.role_arn.clone(),
        failure: Box::new(failure),
    })
}

fn check(entry: &Entry) -> Result<(), CollectError> {
    let Entry::Role { names, .. } = entry else { return Ok(()) };
    if names.is_empty() {
        return Err(CollectError::NoRoleName);
    }
    names.iter().try_for_each(|name| check_role_name(name))
}
