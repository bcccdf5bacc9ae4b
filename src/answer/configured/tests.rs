#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use super::*;
use crate::org::hcp::{EffectiveWorkspace, Workspaces};
use crate::workload::blocks::{Base, Provider};
use crate::workload::resolve;

fn workspace(host: Option<&str>, env: &[(&str, &str)]) -> Workspace {
    let workspace = EffectiveWorkspace {
        organization: "acme".into(),
        project: "Network".into(),
        workspace: "net-prod".into(),
        execution_mode: None,
        host: host.map(str::to_owned),
        env: env.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
    };
    resolve([&Workspaces::Effective(vec![workspace])]).remove(0)
}

#[test]
fn a_configuration_names_the_workspaces_that_it_may_run_in() {
    let some = |text: &str| Some(text.to_owned());
    let cloud = |change: &dyn Fn(&mut Cloud)| {
        let mut cloud = Cloud { organization: some("acme"), ..Cloud::default() };
        change(&mut cloud);
        cloud
    };
    let named = |it: &mut Cloud| it.workspace = some("net-prod");
    let ours = workspace(None, &[]);
    let theirs = workspace(Some("tfe.example.com"), &[]);
    for (cloud, of_ours, of_theirs, said) in [
        (cloud(&named), true, false, some("`tfc:acme/*/net-prod`")),
        (cloud(&|it| it.workspace = some("other")), false, false, some("`tfc:acme/*/other`")),
        (cloud(&|it| it.prefix = some("net-")), true, false, some("`tfc:acme/*/net-*`")),
        (cloud(&|it| it.project = some("Network")), true, false, some("`tfc:acme/Network/*`")),
        // Which of the project's workspaces, the tags say.
        (
            cloud(&|it| {
                it.project = some("Network");
                it.tags = true;
            }),
            false,
            false,
            None,
        ),
        (cloud(&|it| it.tags = true), false, false, None),
        (cloud(&|_| {}), false, false, None),
        // Names of hosts are alike in any letter case.
        (
            cloud(&|it| {
                named(it);
                it.host = some("App.Terraform.IO");
            }),
            true,
            false,
            some("`tfc:acme/*/net-prod`"),
        ),
        (
            cloud(&|it| {
                named(it);
                it.host = some("TFE.example.com");
            }),
            false,
            true,
            some("`tfc://TFE.example.com/acme/*/net-prod`"),
        ),
    ] {
        let found = (names(&cloud, &ours), names(&cloud, &theirs), words(&cloud));
        assert_eq!(found, (of_ours, of_theirs, said), "{cloud:?}");
    }
}

#[test]
fn what_may_come_before_the_token_leaves_a_chain_unknown() {
    let base = Base::Ambient;
    let (name, alias, module) = ("aws".to_owned(), None, None);
    let provider = Provider { name, alias, module, place: None, base, chain: Vec::new() };
    for (name, value, certain) in [
        ("TF_LOG", "x", true),
        ("AWS_ACCESS_KEY_ID", "", false),
        ("AWS_PROFILE", "x", false),
        ("TFC_VAULT_BACKED_AWS_AUTH", "true", false),
        ("TFC_HVS_BACKED_AWS_AUTH", "true", false),
    ] {
        let env =
            [("TFC_AWS_PROVIDER_AUTH", "true"), ("TFC_AWS_RUN_ROLE_ARN", "arn"), (name, value)];
        let workspace = workspace(None, &env);
        let chain = Chain::of(&provider, 0, &workspace, Phase::Apply);
        assert_eq!(!chain.known().is_empty(), certain, "{name}");
    }
}
