//! How tokens get into accounts: through a hub, through a provider of the account's own.

use serde::Serialize;

use super::{AccountCounts, AccountGap, Counts};
use crate::evaluation::{Privilege, Verdict};

/// How tokens get into the accounts (`rolewalk/topology/1`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Topology {
    /// `rolewalk/topology/1`.
    pub schema: &'static str,
    /// The organization's id; `null` for a set of accounts without one.
    pub organization: Option<String>,
    /// A name for people.
    pub name: String,
    /// Which set-up HCP Terraform's tokens mostly use.
    pub design: Design,
    /// Whether HCP Terraform was read. Where not, the subjects that trust policies name stand for
    /// its workspaces.
    pub hcp_terraform_read: bool,
    /// How workspaces get in, in a few lines.
    pub lines: Vec<TopologyLine>,
    /// Token issuers, HCP Terraform first, then by the accounts that they get into.
    pub issuers: Vec<IssuerUse>,
    /// How many accounts there are.
    pub account_count: usize,
    /// Accounts, by OU and name.
    pub accounts: Vec<TopologyAccount>,
    /// How many hub roles there are.
    pub hub_role_count: usize,
    /// Roles that tokens enter and from which roles of other accounts are reached: those that most
    /// workspaces share first.
    pub hub_roles: Vec<HubRole>,
    /// What is kept now, and what there would be to keep in either design.
    pub costs: Vec<DesignCost>,
    /// What a member account's log shows of the workspace, in either design.
    pub logs: Vec<LogNote>,
    /// Of up to how many hops paths were looked for; longer ones there may be.
    pub max_hops: usize,
    /// What was not read and may hide ways in.
    pub not_read: Vec<AccountGap>,
    /// Whether accounts or hub roles were left out, or a search was cut short.
    pub truncated: bool,
}

/// A set-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Design {
    /// Most accounts are reached through a hub, or reached through it as the mightier role.
    Hub,
    /// Most accounts are reached through a provider of their own, or as the mightier role.
    Own,
    /// Neither is so for most of them.
    Mixed,
    /// No account is reached by such a token.
    None,
    /// Of most accounts too little was read to say.
    NotRead,
}

/// How tokens get into an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountWay {
    /// Through a provider of its own alone.
    Own,
    /// Through roles of other accounts alone.
    Hub,
    /// Both.
    Both,
    /// No policy lets a token in.
    None,
    /// Too little was read to say.
    NotRead,
}

impl AccountWay {
    /// For people.
    pub fn text(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Hub => "hub",
            Self::Both => "both",
            Self::None => "none",
            Self::NotRead => "not read",
        }
    }
}

/// One line about how workspaces get in. An account that is not reached through hubs alone is in one
/// line beside those of hubs, which overlap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopologyLine {
    /// What it counts.
    pub way: LineWay,
    /// The hub account's id, in its line; `null` where several share one.
    pub hub: Option<String>,
    /// For people.
    pub text: String,
    /// Accounts; `null` in lines about workspaces alone.
    pub accounts: Option<usize>,
    /// Workspaces; `null` where that is not known, or does not apply.
    pub workspaces: Option<usize>,
}

/// What a line counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineWay {
    /// Other accounts reached through a hub account, and the workspaces that come that way.
    Hub,
    /// The hub accounts themselves, where tokens do nothing but go on.
    HubItself,
    /// Accounts reached through a provider of their own alone.
    Own,
    /// Accounts reached both ways.
    Both,
    /// Accounts that tokens of other issuers alone get into.
    OtherIssuers,
    /// Accounts that no token gets into.
    None,
    /// Accounts of which too little was read to say.
    NotRead,
    /// Workspaces with a way in that can't be followed, such as static keys.
    NotFollowed,
}

/// An issuer of tokens, and how far they get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IssuerUse {
    /// Its name, e.g. `HCP Terraform`.
    pub issuer: String,
    /// Whether it is HCP Terraform or Terraform Enterprise.
    pub hcp_terraform: bool,
    /// Providers for it.
    pub providers: usize,
    /// Workspaces that get in; `null` where that is not known, or the issuer has none.
    pub workspaces: Option<usize>,
    /// Token subjects that trust policies name and that get in.
    pub subjects: usize,
    /// Accounts with a role that its tokens enter.
    pub entered: usize,
    /// Further accounts that are reached from there.
    pub beyond: usize,
}

/// How tokens get into one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopologyAccount {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The path of its OU.
    pub ou: String,
    /// How tokens of whatever issuer get in.
    pub way: AccountWay,
    /// How those of HCP Terraform do.
    pub hcp_terraform: AccountWay,
    /// The same; where they get in both ways, the one that leads to the mightier role, if one does.
    pub mightier: AccountWay,
    /// How those of all other issuers do.
    pub other_issuers: AccountWay,
    /// Whether tokens of HCP Terraform go on from here to other accounts.
    pub is_hub: bool,
    /// Whether they do nothing else here: the roles that they enter lead to other accounts and can
    /// do nothing in this one.
    pub only_hub: bool,
    /// Its OIDC providers; `null` when not read.
    pub providers: Option<Vec<TopologyProvider>>,
    /// Its roles that tokens enter; `null` where none is known.
    pub entered: Option<Entered>,
    /// How many roles of other accounts lead here.
    pub hub_count: usize,
    /// The first of them: those for HCP Terraform first, then by the mightiest role that they lead
    /// to, by verdict, and by hops.
    pub hubs: Vec<AccountHub>,
    /// Workspaces by the best verdict with which they reach a role here with a token; `null`
    /// when HCP Terraform was not read.
    pub workspaces: Option<Counts>,
    /// Why it is not known whether there is a way in, or a further one.
    pub not_read: Vec<String>,
}

/// An OIDC provider of an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TopologyProvider {
    /// What issues the tokens.
    pub issuer: String,
    /// The issuer's URL without `https://`.
    pub url: String,
    /// Audiences that STS accepts.
    pub audiences: Vec<String>,
    /// Roles whose trust policy names it.
    pub roles: usize,
}

/// Roles of an account that tokens enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Entered {
    /// The best verdict.
    pub verdict: Verdict,
    /// How many roles.
    pub roles: usize,
    /// The mightiest of them.
    pub privilege: Option<Privilege>,
    /// What the mightiest surely can do.
    pub privilege_proven: Option<Privilege>,
}

/// A role of another account that leads to an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountHub {
    /// The role that tokens enter.
    pub role: String,
    /// Its account's id.
    pub account: String,
    /// The verdict of the way from some token over this role.
    pub verdict: Verdict,
    /// How many hops that is, the token's own included.
    pub hops: usize,
    /// The mightiest role that is reached in the account from there.
    pub privilege: Option<Privilege>,
    /// What the mightiest surely can do.
    pub privilege_proven: Option<Privilege>,
    /// Whether tokens of HCP Terraform come this way; else those of other issuers alone.
    pub hcp_terraform: bool,
}

/// A role that tokens enter and from which roles of other accounts are reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HubRole {
    /// Its ARN.
    pub role: String,
    /// Its account's id.
    pub account: String,
    /// Its account's name.
    pub account_name: String,
    /// How many workspaces share it; `null` when HCP Terraform was not read.
    pub workspace_count: Option<usize>,
    /// The first of them, best verdict first.
    pub workspaces: Vec<HubWorkspace>,
    /// How many token subjects share it that are no workspaces that were read.
    pub subject_count: usize,
    /// The first of them, as selectors.
    pub subjects: Vec<String>,
    /// What its trust policy asks of subjects, and how wide that is.
    pub admits: Vec<AdmittedPattern>,
    /// What is in reach of whoever holds it.
    pub misuse: Misuse,
    /// Roles whose trust policies name it by ARN: those to touch when it is renamed or made anew.
    pub named_by: usize,
    /// In how many accounts.
    pub named_in: usize,
}

/// A workspace that enters a hub role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HubWorkspace {
    /// Its selector, without phase.
    pub workspace: String,
    /// `plan`, `apply` or both.
    pub phases: Vec<&'static str>,
    /// The best verdict.
    pub verdict: Verdict,
}

/// What a trust policy asks of subjects.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdmittedPattern {
    /// What issues the tokens.
    pub issuer: String,
    /// The pattern as written; `null` where nothing is asked that could be told.
    pub pattern: Option<String>,
    /// How wide it is, in words.
    pub width: String,
    /// Whether it admits only one customer of the issuer.
    pub one_customer: bool,
}

/// What is in reach of whoever holds a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Misuse {
    /// Other accounts, each by its best verdict.
    pub accounts: Counts,
    /// Roles of all accounts.
    pub roles: Counts,
    /// Administrators among them, or what may be one.
    pub admin_roles: Counts,
    /// By account: most allowed first.
    pub by_account: Vec<AccountCounts>,
}

/// What there is to keep in a design.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DesignCost {
    /// `now`, or one of the two designs for the accounts that HCP Terraform reaches now.
    pub design: CostOf,
    /// OIDC providers for HCP Terraform.
    pub providers: usize,
    /// Roles whose trust policy names such a provider.
    pub token_trusts: usize,
    /// Trust policies that name a hub role.
    pub hub_trusts: usize,
    /// What a new workspace takes.
    pub new_workspace: String,
    /// What it takes to rename a hub role, or to make it anew.
    pub renamed_hub_role: String,
}

/// Whose costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CostOf {
    /// As it is.
    Now,
    /// One provider, a hub role for plans and one for applies, and in each account a role for each.
    Hub,
    /// A provider, a role for plans and one for applies in every account.
    Own,
}

/// Something that a log shows, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct LogNote {
    /// In which design.
    pub design: CostOf,
    /// What.
    pub text: &'static str,
    /// Whether AWS documents it; else it was observed, or follows from what is documented.
    pub documented: bool,
}
