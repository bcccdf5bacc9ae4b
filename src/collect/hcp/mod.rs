//! HCP Terraform and Terraform Enterprise, read over their API: organizations, projects,
//! workspaces, and of variables and variable sets what says which roles a run becomes.
//!
//! Only `GET` is sent, to the one host that the token is for; redirects are not followed. Of
//! variables only the keys of [`crate::org::hcp::kept`] leave this room, and no sensitive value.

mod client;
mod read;
mod token;

use std::fmt;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::aws::{Failure, Traffic};
use crate::org::hcp::{Unreadable, Workspaces};
use crate::org::reading::HcpReading;
use crate::org::{Fact, NotRead};

pub use token::{Access, TokenError, Wanted, find};

use client::Client;

/// Who a token belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User(String);

impl fmt::Display for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What came of reading HCP Terraform.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The reading.
    pub reading: HcpReading,
    /// What of it was not read.
    pub gaps: Vec<NotRead>,
    /// Requests and retries.
    pub traffic: Traffic,
}

impl Outcome {
    /// How many workspaces were read.
    pub fn workspaces(&self) -> usize {
        match self.reading.workspaces.read() {
            Some(Workspaces::AsRead(hcp)) => hcp.workspaces.len(),
            Some(Workspaces::Effective(list)) => list.len(),
            None => 0,
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
        Err(failure) => return nothing(&failure, Traffic::default()),
    };
    match read::everything(&client, &access.host, organizations).await {
        Ok(hcp) => {
            let gaps = hcp.unreadable.iter().map(gap).collect();
            let workspaces = Fact::Read(Workspaces::AsRead(hcp));
            let reading = HcpReading { read_at, workspaces, incomplete: Vec::new() };
            Outcome { reading, gaps, traffic: client.traffic() }
        }
        Err(failure) => nothing(&failure, client.traffic()),
    }
}

fn nothing(failure: &Failure, traffic: Traffic) -> Outcome {
    let gap = failure.not_read();
    let workspaces = Fact::NotRead(gap.clone());
    let reading =
        HcpReading { read_at: Some(Timestamp::now()), workspaces, incomplete: Vec::new() };
    Outcome { reading, gaps: vec![gap], traffic }
}

fn gap(unreadable: &Unreadable) -> NotRead {
    NotRead::new(
        format!("GET {}", unreadable.kind),
        unreadable.reason,
        format!("{}: {}", unreadable.id, unreadable.message),
    )
}
