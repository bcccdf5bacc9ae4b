//! The operations that rolewalk may call.

use crate::arn::Partition;

/// A service that rolewalk talks to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// IAM.
    Iam,
    /// Organizations.
    Organizations,
    /// STS.
    Sts,
}

impl Service {
    /// The prefix of its actions, which is also the name that requests to it are signed for.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Organizations => "organizations",
            Self::Sts => "sts",
        }
    }

    /// The service of an action prefix or of the SDK's name for it (`IAM`, `Organizations`).
    pub(super) fn named(name: &str) -> Option<Self> {
        [Self::Iam, Self::Organizations, Self::Sts]
            .into_iter()
            .find(|service| service.as_str().eq_ignore_ascii_case(name))
    }
}

/// An operation that may be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// Its service.
    pub service: Service,
    /// Its name, e.g. `ListRoles`.
    pub name: &'static str,
    /// What it is called for, for people.
    pub why: &'static str,
    /// The action that the caller must be allowed; `None` where AWS asks for none.
    pub permission: Option<&'static str>,
}

impl Operation {
    /// Whether it reads; the others are the `AssumeRole*` operations of STS.
    pub fn reads(&self) -> bool {
        !self.name.starts_with("AssumeRole")
    }
}

macro_rules! table {
    ($($service:ident $prefix:literal { $($name:literal: $why:literal,)+ })+) => {
        &[$($(Operation {
            service: Service::$service,
            name: $name,
            why: $why,
            permission: Some(concat!($prefix, ":", $name)),
        },)+)+]
    };
}

/// What needs a permission.
const PERMITTED: &[Operation] = table! {
    Sts "sts" {
        "AssumeRole": "the read role of each account, and the hops of a confirmed probe",
    }
    Organizations "organizations" {
        "DescribeOrganization": "the organization's id and management account",
        "ListRoots": "the root and which policy types are enabled",
        "ListAccounts": "the accounts and their state",
        "ListOrganizationalUnitsForParent": "the tree of organizational units",
        "ListAccountsForParent": "where in the tree each account is",
        "ListParents": "the place of an account that moved while the tree was read",
        "ListPolicies": "service and resource control policies",
        "DescribePolicy": "the document of each control policy",
        "ListTargetsForPolicy": "what each control policy is attached to",
        "ListDelegatedAdministrators": "accounts that administer a service for the organization",
        "ListDelegatedServicesForAccount": "which services these are",
        "ListTagsForResource": "the tags of accounts and OUs",
    }
    Iam "iam" {
        "GetAccountAuthorizationDetails": "users, groups, roles, trust policies and permissions",
        "ListRoles": "session durations and descriptions of roles",
        "ListOpenIDConnectProviders": "which token issuers the account trusts",
        "GetOpenIDConnectProvider": "the issuer and the audiences of each OIDC provider",
        "ListSAMLProviders": "which SAML identity providers the account trusts",
        "ListAccountAliases": "the account's alias",
        "GetPolicy": "the default version of a managed policy that the details lack",
        "GetPolicyVersion": "the document of that version",
    }
};

/// What AWS answers without asking for a permission.
const FREE: &[Operation] = &[
    Operation {
        service: Service::Sts,
        name: "GetCallerIdentity",
        why: "who the current credentials belong to",
        permission: None,
    },
    Operation {
        service: Service::Sts,
        name: "AssumeRoleWithWebIdentity",
        why: "the first hop of a confirmed probe that starts from a token",
        permission: None,
    },
];

/// Every operation that may be sent; anything else is refused before it leaves.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    PERMITTED.iter().chain(FREE)
}

/// The operation of that name, if it may be sent.
pub fn allowed(service: Service, name: &str) -> Option<&'static Operation> {
    operations().find(|operation| operation.service == service && operation.name == name)
}

/// The permissions of a service's reads, in the order of the table.
pub(super) fn reads_of(service: Service) -> Vec<&'static str> {
    PERMITTED
        .iter()
        .filter(|operation| operation.service == service && operation.reads())
        .filter_map(|operation| operation.permission)
        .collect()
}

/// The ARN pattern of a role of this name (with its path, if it has one) in any account.
pub(super) fn in_any_account(partition: Partition, role_name: &str) -> String {
    format!("arn:{partition}:iam::*:role/{role_name}")
}
