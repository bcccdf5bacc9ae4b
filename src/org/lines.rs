//! Facts as lines of text, to compare those that were built in different ways.

use super::facts::{
    Account, AttachedPolicy, ControlPolicy, DocumentKey, Facts, Group, InlineDocument, Role, User,
};

/// Everything that the facts say, a line a row. Documents are told by what is in them, since their
/// keys depend on the order in which they were met.
pub(crate) fn lines(facts: &Facts) -> Vec<String> {
    let Facts {
        origin,
        organization,
        containers,
        accounts,
        roles,
        users,
        groups,
        documents: _,
        oidc_providers,
        saml_providers,
        control_policies,
        scps,
        rcps,
        hcp,
        accounts_complete,
        account_by_id: _,
        unique_ids: _,
    } = facts;
    let head = format!("{origin:?} {organization:?} {scps:?} {rcps:?} {hcp:?} {accounts_complete}");
    let mut lines = vec![head];
    lines.extend(containers.iter().map(|row| format!("{row:?}")));
    lines.extend(accounts.values().map(account));
    lines.extend(oidc_providers.iter().map(|row| format!("{row:?}")));
    lines.extend(saml_providers.iter().map(|row| format!("{row:?}")));
    lines.extend(control_policies.values().map(|row| control_policy(facts, row)));
    lines.extend(groups.values().map(|row| {
        let Group { arn, name, inline, attached } = row;
        let policies = policies(facts, inline, attached);
        format!("group {arn} {name} {policies}")
    }));
    lines.extend(users.values().map(|row| user(facts, row)));
    lines.extend(roles.values().map(|row| role(facts, row)));
    lines
}

fn account(row: &Account) -> String {
    let Account {
        id,
        id_text,
        name,
        partition,
        email,
        alias,
        state,
        parent,
        membership,
        tags,
        control_policies,
        unhindered,
        identities,
        oidc_providers,
        saml_providers,
        saml_stand_ins,
        not_read,
        roles,
        users,
        role_names: _,
        user_names: _,
    } = row;
    format!(
        "account {id} {id_text} {name} {partition} {email:?} {alias:?} {state:?} {parent:?} \
         {membership:?} {tags:?} {control_policies:?} {unhindered:?} {identities:?} \
         {oidc_providers:?} {saml_providers:?} {saml_stand_ins:?} {not_read:?} {roles:?} {users:?}"
    )
}

fn control_policy(facts: &Facts, row: &ControlPolicy) -> String {
    let ControlPolicy { kind, id, name, document: key, targets_read } = row;
    format!("{kind:?} {id} {name} {:?} {targets_read}", key.map(|key| document(facts, key)))
}

fn user(facts: &Facts, row: &User) -> String {
    let User { account, arn, name, path, unique_id, inline, attached, boundary, groups, tags } =
        row;
    let policies = policies(facts, inline, attached);
    let boundary = boundary.as_ref().map(|policy| policy_of(facts, policy));
    format!(
        "user {account:?} {arn} {name} {path} {unique_id} {policies} {boundary:?} {groups:?} \
         {tags:?}"
    )
}

fn role(facts: &Facts, row: &Role) -> String {
    let Role {
        account,
        arn,
        name,
        path,
        unique_id,
        trust,
        inline,
        attached,
        boundary,
        tags,
        max_session,
        description,
        last_used,
    } = row;
    let (trust, policies) = (document(facts, *trust), policies(facts, inline, attached));
    let boundary = boundary.as_ref().map(|policy| policy_of(facts, policy));
    format!(
        "role {account:?} {arn} {name} {path} {unique_id} {trust} {policies} {boundary:?} \
         {tags:?} {max_session:?} {description:?} {last_used:?}"
    )
}

fn policies(facts: &Facts, inline: &[InlineDocument], attached: &[AttachedPolicy]) -> String {
    let inline: Vec<_> =
        inline.iter().map(|one| (&*one.name, document(facts, one.document))).collect();
    let attached: Vec<_> = attached.iter().map(|one| policy_of(facts, one)).collect();
    format!("{inline:?} {attached:?}")
}

fn policy_of(facts: &Facts, policy: &AttachedPolicy) -> String {
    format!("{} {:?}", policy.arn, policy.document.map(|key| document(facts, key)))
}

fn document(facts: &Facts, key: DocumentKey) -> String {
    let found = &facts.documents[key];
    format!("{} {:?}", found.text, found.parsed)
}
