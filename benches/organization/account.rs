//! The reading of one account.

use rolewalk::arn::Partition;
use rolewalk::org::reading::{
    AccountReading, Fact, Group, Identities, InlinePolicy, NotRead, NotReadKind, OidcProvider,
    SamlProvider, Tags, User,
};

use super::names::{self, REGION};
use super::policies::{self, ADMINISTRATOR, READ_ONLY};
use super::{Place, Plan, Random, roles};

/// The account with this number.
pub(crate) fn account(plan: &Plan, index: u32) -> AccountReading {
    let place = Place::of(plan, index);
    let unread = unread(plan, index);
    AccountReading {
        account: place.id.parse().expect("an account's id has twelve digits"),
        partition: Partition::Aws,
        read_at: None,
        alias: (!unread).then(|| format!("acme-{}", place.name)),
        identities: fact(unread, || identities(plan, &place)),
        oidc_providers: fact(unread, || oidc_providers(plan, &place)),
        saml_providers: fact(unread, || {
            vec![SamlProvider { arn: names::saml_provider(plan, &place), valid_until: None }]
        }),
        not_read: Vec::new(),
    }
}

fn fact<T>(unread: bool, make: impl FnOnce() -> T) -> Fact<T> {
    if unread {
        let message = "not authorized to perform: sts:AssumeRole";
        return Fact::NotRead(NotRead::new("sts:AssumeRole", NotReadKind::Denied, message));
    }
    Fact::Read(make())
}

/// Accounts that were not read are spread over those of products.
fn unread(plan: &Plan, index: u32) -> bool {
    let (Some(at), products) = (index.checked_sub(4), plan.accounts.saturating_sub(4)) else {
        return false;
    };
    let up_to = |at: u32| u64::from(at) * u64::from(plan.unread) / u64::from(products.max(1));
    up_to(at + 1) > up_to(at)
}

fn oidc_providers(plan: &Plan, place: &Place) -> Vec<OidcProvider> {
    let provider = |url: String, audience: &str| OidcProvider {
        arn: format!("arn:aws:iam::{}:oidc-provider/{url}", place.id),
        url,
        audiences: vec![audience.to_owned()],
    };
    let github = "token.actions.githubusercontent.com".to_owned();
    let mut providers = vec![provider(github, "sts.amazonaws.com")];
    if place.is_hub(plan) || place.has_own_terraform(plan) {
        providers.push(provider("app.terraform.io".to_owned(), "aws.workload.identity"));
    }
    if place.has_cluster() {
        let cluster = names::cluster(plan, place);
        let url = format!("oidc.eks.{REGION}.amazonaws.com/id/{cluster}");
        providers.push(provider(url, "sts.amazonaws.com"));
    }
    providers
}

fn identities(plan: &Plan, place: &Place) -> Identities {
    let mut random = place.random(plan, 4);
    Identities {
        users: users(place, &mut random),
        groups: groups(&mut random),
        roles: roles::roles(plan, place),
        managed_policies: policies::managed(plan, place),
        incomplete: Vec::new(),
    }
}

fn groups(random: &mut Random) -> Vec<Group> {
    let anything_here = policies::only_assumes(&["arn:aws:iam::*:role/*-operator".to_owned()]);
    [("administrators", ADMINISTRATOR, None), ("operators", READ_ONLY, Some(anything_here))]
        .into_iter()
        .map(|(name, policy, inline)| Group {
            name: name.to_owned(),
            path: "/".to_owned(),
            unique_id: names::unique_id("AGPA", random),
            inline: inline
                .map(|document| InlinePolicy {
                    name: "operate".to_owned(),
                    document: document.into(),
                })
                .into_iter()
                .collect(),
            attached: vec![policy.to_owned()],
        })
        .collect()
}

fn users(place: &Place, random: &mut Random) -> Vec<User> {
    let people: &[(&str, &str)] = if place.is_management() {
        &[("break-glass-1", "administrators"), ("break-glass-2", "administrators")]
    } else {
        &[("ann", "administrators"), ("ben", "operators"), ("ci", "")]
    };
    people
        .iter()
        .map(|(name, group)| User {
            name: (*name).to_owned(),
            path: "/".to_owned(),
            unique_id: names::unique_id("AIDA", random),
            inline: if group.is_empty() {
                let target = format!("arn:aws:iam::{}:role/deploy-*", place.id);
                let document = policies::only_assumes(&[target]).into();
                vec![InlinePolicy { name: "deploy".to_owned(), document }]
            } else {
                Vec::new()
            },
            attached: Vec::new(),
            boundary: None,
            groups: (!group.is_empty()).then(|| (*group).to_owned()).into_iter().collect(),
            tags: Tags::new(),
        })
        .collect()
}
