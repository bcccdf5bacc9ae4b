//! HCP Terraform and Terraform Enterprise, read over their API host by host: organizations,
//! projects, workspaces, stacks, and of variables and variable sets what says which roles a run becomes.
//!
//! Only `GET` is sent, to the one host that the token is for; redirects are not followed. Of
//! variables only the keys of [`crate::org::hcp::kept`] leave this room, and no sensitive value.

mod client;
mod read;
mod stacks;
mod token;

use std::fmt;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::aws::{Failure, Traffic};
use crate::org::hcp::{Unreadable, Workspaces};
use crate::org::reading::HcpReading;
use crate::org::{Fact, NotRead};

pub use token::{Access, Found, TokenError, Wanted, find, host};

use client::Client;

/// Who a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User(String);

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What came of reading one host.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The reading.
    pub reading: HcpReading,
    /// What of it was not read.
    pub gaps: Vec<NotRead>,
    /// Requests and retries.
    pub traffic: Traffic,
}

/// How much was read of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counts {
    /// Workspaces.
    pub workspaces: usize,
    /// Stacks.
    pub stacks: usize,
}

impl Outcome {
    /// How much was read; `None` where nothing was.
    pub fn counts(&self) -> Option<Counts> {
        match self.reading.workspaces.read()? {
            Workspaces::AsRead(hcp) => {
                Some(Counts { workspaces: hcp.workspaces.len(), stacks: hcp.stacks.len() })
            }
            Workspaces::Effective(list) => Some(Counts { workspaces: list.len(), stacks: 0 }),
        }
    }
}

/// Asks whom the token belongs to, which shows whether it is valid.
pub async fn whoami(access: &Access) -> Result<User, Failure> {
    let (_never, cancel) = watch::channel(false);
    let client = Client::new(access, cancel)?;
    read::user(&client).await.map(User)
}

/// Reads the organizations of these names; all that the token sees where none is named.
pub async fn read(
    access: &Access,
    organizations: &[String],
    cancel: &watch::Receiver<bool>,
) -> Outcome {
    let read_at = Some(Timestamp::now());
    let client = match Client::new(access, cancel.clone()) {
        Ok(client) => client,
        Err(failure) => return nothing(&access.host, &failure, Traffic::default()),
    };
    match read::everything(&client, &access.host, organizations).await {
        Ok(hcp) => {
            let gaps = hcp.unreadable.iter().map(gap).collect();
            let workspaces = Fact::Read(Workspaces::AsRead(hcp));
            let host = Some(access.host.clone());
            let reading = HcpReading { host, read_at, workspaces, incomplete: Vec::new() };
            Outcome { reading, gaps, traffic: client.traffic() }
        }
        Err(failure) => nothing(&access.host, &failure, client.traffic()),
    }
}

fn nothing(host: &str, failure: &Failure, traffic: Traffic) -> Outcome {
    let gap = failure.not_read();
    let reading = HcpReading {
        host: Some(host.to_owned()),
        read_at: Some(Timestamp::now()),
        workspaces: Fact::NotRead(gap.clone()),
        incomplete: Vec::new(),
    };
    Outcome { reading, gaps: vec![gap], traffic }
}

fn gap(unreadable: &Unreadable) -> NotRead {
    NotRead::new(
        format!("GET {}", unreadable.kind),
        unreadable.reason,
        format!("{}: {}", unreadable.id, unreadable.message),
    )
}
