//! Which roles an account has.

use super::{Place, Plan, place};

/// A kind of role; the number tells roles of one kind in one account apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Trusts the whole organization.
    WholeOrganization(u32),
    /// May call `sts:AssumeRole` on `*`.
    AnyRole(u32),
    /// Trusts a pattern of callers that no other role trusts.
    CallerPattern(u32),
    /// Trusts callers of its own team.
    Team(u32),
    /// What the management account may become in every other one.
    OrganizationAccess,
    /// What the hub may become to change an account.
    Member,
    /// What the hub may become to read an account.
    MemberRead,
    /// What workspaces of the platform become in the hub to apply.
    HubApply,
    /// What workspaces of the platform become in the hub to plan.
    HubPlan,
    /// What the workspaces of one product become in the hub.
    HubProduct(u32),
    /// What workspaces become in an account that has a provider of its own.
    OwnTerraform(u32),
    /// A permission set of Identity Center.
    PermissionSet(u32),
    /// Belongs to a service of AWS.
    ServiceLinked(u32),
    /// For emergencies.
    BreakGlass,
    /// For a company outside.
    Vendor(u32),
    /// Deploys, and is trusted from account to account.
    Deploy(u32),
    /// Begins a deployment.
    Pipeline(u32),
    /// Trusts a repository.
    Repository(u32),
    /// Trusts a service account of a cluster.
    Cluster(u32),
    /// Trusts its own account.
    OwnAccount(u32),
    /// Trusts its own account with a second factor.
    SecondFactor(u32),
    /// What a service of AWS becomes: most roles.
    Service(u32),
}

/// The kinds of the roles of an account, exactly as many as planned. Where there is no room for
/// one of each, the wide ones come first.
pub(crate) fn kinds(plan: &Plan, place: &Place) -> Vec<Kind> {
    let mut kinds = Vec::with_capacity(plan.roles as usize);
    let wide = |share| share_of(plan, place.index, share);
    add(&mut kinds, wide(plan.wide.organization), Kind::WholeOrganization);
    add(&mut kinds, wide(plan.wide.any_role), Kind::AnyRole);
    add(&mut kinds, wide(plan.wide.caller_pattern), Kind::CallerPattern);
    add(&mut kinds, wide(plan.wide.team), Kind::Team);
    if place.is_hub(plan) {
        kinds.extend([Kind::HubApply, Kind::HubPlan]);
        add(&mut kinds, place::hub_products(plan), Kind::HubProduct);
    }
    if !place.is_management() {
        kinds.push(Kind::OrganizationAccess);
    }
    kinds.extend([Kind::Member, Kind::MemberRead, Kind::BreakGlass]);
    let some = |per_mille: u32, most: u32| (plan.roles * per_mille / 1000).clamp(1, most);
    add(&mut kinds, some(20, 8), Kind::PermissionSet);
    if place.has_own_terraform(plan) {
        add(&mut kinds, some(20, 4).max(2), Kind::OwnTerraform);
    }
    add(&mut kinds, some(30, 40), Kind::Pipeline);
    add(&mut kinds, some(30, 40), Kind::Deploy);
    add(&mut kinds, some(10, 6), Kind::Vendor);
    add(&mut kinds, some(80, 24), Kind::ServiceLinked);
    add(&mut kinds, some(20, 40), Kind::Repository);
    if place.has_cluster() {
        add(&mut kinds, some(100, 200), Kind::Cluster);
    }
    add(&mut kinds, some(40, 60), Kind::OwnAccount);
    add(&mut kinds, some(10, 20), Kind::SecondFactor);
    kinds.truncate(plan.roles as usize);
    let rest = plan.roles - u32::try_from(kinds.len()).unwrap_or(plan.roles);
    add(&mut kinds, rest, Kind::Service);
    kinds
}

fn add(kinds: &mut Vec<Kind>, count: u32, kind: fn(u32) -> Kind) {
    kinds.extend((0..count).map(kind));
}

/// How many of an account's roles are of a kind, so that over all accounts the share comes out
/// however few roles each has.
fn share_of(plan: &Plan, account: u32, per_mille: u32) -> u32 {
    let up_to =
        |account: u32| u64::from(account) * u64::from(plan.roles) * u64::from(per_mille) / 1000;
    u32::try_from(up_to(account + 1) - up_to(account)).unwrap_or(0)
}
