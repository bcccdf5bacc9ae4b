//! URLs, subjects and patterns, and what they have to be read as.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[test]
fn the_table_loads_and_its_ids_are_unique() {
    let issuers = load(include_str!("../../assets/issuers.toml")).unwrap();
    let ids: BTreeSet<_> = issuers.iter().map(|issuer| &issuer.id).collect();
    assert_eq!(ids.len(), issuers.len());
    for issuer in &issuers {
        assert!(!issuer.label.is_empty(), "{}", issuer.id);
        assert!(!issuer.required_at_call || issuer.required.is_some(), "{}", issuer.id);
    }
    assert!(load("grammar = {}\nissuer = []").is_err());
}

#[test]
fn urls_name_their_issuer() {
    for (url, id) in [
        ("app.terraform.io", "hcp-terraform"),
        ("https://app.terraform.io", "hcp-terraform"),
        ("App.Terraform.io", "hcp-terraform"),
        ("app.terraform.io.example.com", "unknown"),
        ("app.terraform.io/x", "unknown"),
        ("app.eu.terraform.io", "hcp-terraform-europe"),
        ("token.actions.githubusercontent.com", "github"),
        ("token.actions.githubusercontent.com/acme", "github-enterprise"),
        ("token.actions.acme.ghe.com", "github-enterprise"),
        ("github.com/enterprises/acme", "github-enterprise"),
        ("ghes.example.com/_services/token", "github-server"),
        ("vstoken.actions.githubusercontent.com", "github-legacy"),
        ("oidc-configuration.audit-log.githubusercontent.com", "github-audit-log"),
        ("gitlab.com", "gitlab"),
        ("gitlab.example.com", "unknown"),
        ("oidc.eks.eu-west-1.amazonaws.com/id/ABCDEF", "eks"),
        ("oidc.eks.cn-north-1.amazonaws.com.cn/id/ABCDEF", "eks"),
        ("agent.buildkite.com", "buildkite"),
        ("oidc.circleci.com/org/0b1c", "circleci"),
        ("oidc.circleci.com", "circleci-root"),
        ("acme.app.spacelift.io", "spacelift"),
        ("evil.example.com/x.app.spacelift.io", "unknown"),
        ("login.app.env0.com/", "env0"),
        ("api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc", "bitbucket"),
        ("vstoken.dev.azure.com/0b1c", "azure-devops"),
        ("sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d/", "sentinel"),
        ("sts.windows.net/0b1c/", "entra"),
        ("oidc.vercel.com/acme", "vercel-team"),
        ("oidc.vercel.com", "vercel"),
        ("oidc.fly.io/acme", "fly"),
        ("api.pulumi.com/oidc", "pulumi"),
        ("api.pulumi.com/oidc/v2", "pulumi-v2"),
        ("idcs-0b1c.identity.oraclecloud.com", "oracle"),
        ("accounts.google.com", "google"),
        ("cognito-idp.eu-west-1.amazonaws.com/eu-west-1_x", "unknown"),
        ("", "unknown"),
        ("a\nb", "unknown"),
    ] {
        assert_eq!(classify(url).id, id, "{url}");
    }
}

#[test]
fn terraform_enterprise_is_told_by_its_audience() {
    let by = |url, audience| classify_with_audiences(url, [audience]).id.as_str();
    assert_eq!(by("tfe.example.com", "aws.workload.identity"), "terraform-enterprise");
    assert_eq!(by("tfe.example.com", "sts.amazonaws.com"), "unknown");
    assert_eq!(by("gitlab.com", "aws.workload.identity"), "gitlab");
}

#[test]
fn hosts_of_their_own_are_named_by_whoever_knows_them() {
    let ids: Vec<&str> = of_hosts().map(|issuer| issuer.id.as_str()).collect();
    assert_eq!(ids, ["terraform-enterprise", "gitlab-server", "kubernetes"]);
    let gitlab = by_id("gitlab-server").unwrap();
    assert_eq!(gitlab.describe("project_path:acme/*"), "any project of group acme");
    assert!(gitlab.fixes_tenant("*"));
}

#[test]
fn four_issuers_need_no_provider() {
    for name in [
        "accounts.google.com",
        "cognito-identity.amazonaws.com",
        "graph.facebook.com",
        "www.amazon.com",
    ] {
        assert!(builtin(name).is_some(), "{name}");
    }
    assert!(builtin("app.terraform.io").is_none());
    assert_eq!(all().iter().filter(|issuer| issuer.builtin).count(), 4);
}

#[test]
fn claims_that_aws_does_not_expose() {
    for (url, claim, expected) in [
        ("app.terraform.io", "sub", true),
        ("app.terraform.io", "AUD", true),
        ("app.terraform.io", "terraform_workspace_id", false),
        ("app.terraform.io", "amr", false),
        ("token.actions.githubusercontent.com", "repository_id", true),
        ("token.actions.githubusercontent.com", "repository_owner", false),
        ("ghes.example.com/_services/token", "repository_id", false),
        ("gitlab.com", "namespace_id", true),
        ("gitlab.example.com", "namespace_id", false),
        ("oidc.circleci.com/org/1", "oidc.circleci.com/project-id", true),
        ("cognito-identity.amazonaws.com", "amr", true),
        ("example.com", "amr", true),
        ("example.com", "iss", false),
    ] {
        assert_eq!(classify(url).exposes(claim), expected, "{url}:{claim}");
    }
}

#[test]
fn only_hcp_terraform_is_checked_at_the_call() {
    let at_call: Vec<_> = all().iter().filter(|issuer| issuer.required_at_call).collect();
    assert_eq!(at_call.len(), 1);
    let required = |url: &str| classify(url).required_key(url);
    assert_eq!(required("app.terraform.io").as_deref(), Some("app.terraform.io:sub"));
    assert_eq!(required("api.pulumi.com/oidc").as_deref(), Some("api.pulumi.com/oidc:aud"));
    assert_eq!(
        required("sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d").as_deref(),
        Some("sts:RoleSessionName")
    );
    assert_eq!(required("app.eu.terraform.io"), None);
    assert_eq!(required("login.app.env0.com/"), None);
}

#[test]
fn subjects_are_built_and_read_by_the_same_grammar() {
    let run = hcp_subject("acme", "Default Project", "net-prod", "plan");
    assert_eq!(run, "organization:acme:project:Default Project:workspace:net-prod:run_phase:plan");
    let (form, slots) = classify("app.terraform.io").read_subject(&run).unwrap();
    assert_eq!(form, "workspace");
    assert_eq!(slots[1], ("project", "Default Project"));
    assert_eq!(
        hcp_stack_subject("acme", "Net", "core", "prod", "apply"),
        "organization:acme:project:Net:stack:core:deployment:prod:operation:apply"
    );
    for (context, suffix) in [
        (None, "*"),
        (Some("pull_request"), "pull_request"),
        (Some("ref:refs/heads/feature/x"), "ref:refs/heads/feature/x"),
        (Some("environment:prod:eu"), "environment:prod%3Aeu"),
    ] {
        let both = ["repo:acme/infra:", "repo:acme@*/infra@*:"].map(|it| format!("{it}{suffix}"));
        assert_eq!(github_subjects("acme", "infra", context), both);
    }
    assert_eq!(github_subjects("acme@12", "infra@3", None), ["repo:acme@12/infra@3:*"]);
    assert_eq!(classify("app.terraform.io").default_audience(), Some("aws.workload.identity"));
    assert_eq!(classify("oidc.circleci.com").default_audience(), None);
}

#[test]
fn patterns_in_plain_words() {
    let terraform = "app.terraform.io";
    let github = "token.actions.githubusercontent.com";
    for (url, pattern, words) in [
        (terraform, "*", "any workspace of any organization"),
        (terraform, "**", "any workspace of any organization"),
        (terraform, "organization:*", "any workspace of any organization"),
        (terraform, "organization:acme:*", "anything in organization acme"),
        (terraform, "organization:acme:project:*", "any project of organization acme"),
        (
            terraform,
            "organization:acme:project:Network:*",
            "anything in organization acme, project Network",
        ),
        (
            terraform,
            "organization:acme:project:Network:workspace:*",
            "any workspace of organization acme, project Network",
        ),
        (
            terraform,
            "organization:acme:project:*:workspace:net:run_phase:*",
            "any phase of organization acme, any project, workspace net",
        ),
        (
            terraform,
            "organization:acme:project:Net:workspace:dev-*:run_phase:plan",
            "organization acme, project Net, workspace like `dev-*`, phase plan",
        ),
        (
            terraform,
            "organization:acme*",
            "whoever registers a name that begins with `acme` (organization)",
        ),
        (
            terraform,
            "organization:acme:module:vpc:operation:test_run",
            "organization acme, module vpc, operation test_run",
        ),
        (
            terraform,
            "organization:acme:*:workspace:w:run_phase:*",
            "subjects like `organization:acme:*:workspace:w:run_phase:*`",
        ),
        (github, "repo:acme/*", "any repository of acme"),
        (github, "repo:acme/infra:*", "anything in acme/infra"),
        (github, "repo:acme/infra:pull_request", "pull requests of acme/infra"),
        (github, "repo:acme/infra:ref:refs/heads/main", "acme/infra, branch main"),
        (github, "repo:acme/infra:ref:refs/heads/*", "any branch of acme/infra"),
        (github, "repo:acme@12/*", "any repository of acme, owner id 12"),
        (github, "repo:*", "any repository of any owner"),
        (github, "repo:acme*", "whoever registers a name that begins with `acme` (owner)"),
        (
            github,
            "repo:acme@12/infra@34:ref:refs/heads/*",
            "any branch of acme, owner id 12, repository infra, repository id 34",
        ),
        (github, "repository_owner_id:12", "owner id 12"),
        (github, "repo:*/infra:*", "any tenant: any owner, repository infra"),
        (github, "job_workflow_ref:acme/x", "the subject `job_workflow_ref:acme/x`"),
        ("gitlab.com", "project_path:*", "any project of any group"),
        ("gitlab.com", "project_path:acme/*", "any project of group acme"),
        (
            "gitlab.com",
            "project_path:acme/infra:ref_type:branch:ref:main",
            "acme/infra, type branch, ref main",
        ),
        (
            "agent.buildkite.com",
            "organization:acme:pipeline:deploy:*",
            "anything in organization acme, pipeline deploy",
        ),
        ("oidc.circleci.com", "*", "any tenant"),
        ("oidc.circleci.com/org/0b1c", "org/0b1c/project/*", "any project of organization 0b1c"),
        (
            "api.bitbucket.org/2.0/workspaces/acme/pipelines-config/identity/oidc",
            "{12ab}:*",
            "anything in repository 12ab",
        ),
        (
            "vstoken.dev.azure.com/0b1c",
            "sc://acme/Web Shop/aws-prod",
            "organization acme, project Web Shop, service connection aws-prod",
        ),
        (
            "oidc.vercel.com",
            "owner:acme:project:shop:environment:production",
            "team acme, project shop, environment production",
        ),
        ("oidc.fly.io/acme", "acme:shop:*", "any machine of organization acme, app shop"),
        (
            "proidc.upbound.io",
            "mcp:acme/cp:provider:provider-aws",
            "organization acme, control plane cp, provider provider-aws",
        ),
        ("login.app.env0.com/", "auth0|65a1", "organization 65a1"),
        ("cognito-identity.amazonaws.com", "*", "any tenant"),
        (
            "oidc.eks.eu-west-1.amazonaws.com/id/A",
            "system:serviceaccount:kube-system:*",
            "any service account of namespace kube-system",
        ),
        ("oidc.eks.eu-west-1.amazonaws.com/id/A", "*", "any subject of this issuer"),
        ("acme.app.spacelift.io", "space:root:*", "anything in space root"),
        ("example.com", "a*", "subjects like `a*`"),
        (terraform, "organization:${aws:x}:*", "subjects like `organization:${aws:x}:*`"),
    ] {
        assert_eq!(classify(url).describe(pattern), words, "{url} {pattern}");
    }
}

/// Names of HCP Terraform hold no colon, so what does not begin like a form is nobody's subject.
#[test]
fn subjects_of_no_known_form_are_in_no_token() {
    for (url, pattern, may) in [
        ("app.terraform.io", "organization:acme:workspace:old-*", false),
        ("app.terraform.io", "organization:acme:workspace:w:run_phase:plan", false),
        ("app.terraform.io", "organization:acme:project:Net:*", true),
        ("app.terraform.io", "organization:acme:*:workspace:w:run_phase:*", true),
        ("app.terraform.io", "organization:acme:pro*", true),
        ("app.terraform.io", "organization:${aws:x}:*", true),
        ("app.terraform.io", "*", true),
        // Customers choose what their subjects are made of.
        ("token.actions.githubusercontent.com", "job_workflow_ref:acme/x", true),
    ] {
        assert_eq!(classify(url).may_issue(pattern), may, "{pattern}");
    }
}

#[test]
fn a_tenant_is_fixed_only_up_to_its_delimiter() {
    for (url, pattern, fixed) in [
        ("app.terraform.io", "organization:acme:*", true),
        ("app.terraform.io", "organization:acme*", false),
        ("app.terraform.io", "organization:acm?:*", false),
        ("app.terraform.io", "organization:*:project:x:*", false),
        ("app.terraform.io", "*", false),
        ("token.actions.githubusercontent.com", "repo:acme/*", true),
        ("token.actions.githubusercontent.com", "repo:acme@1*", false),
        ("token.actions.githubusercontent.com", "repo:acme@1/*", true),
        ("token.actions.githubusercontent.com", "repository_owner_id:12", true),
        ("token.actions.githubusercontent.com", "repository_owner_id:12*", false),
        ("token.actions.githubusercontent.com", "ref:refs/heads/main", false),
        ("token.actions.githubusercontent.com", "repo:${x}/*", false),
        ("gitlab.com", "project_path:acme/*", true),
        ("gitlab.com", "project_path:acme*", false),
        ("agent.buildkite.com", "0184990a-477b-4fa8-9968-496074483cee", true),
        ("agent.buildkite.com", "0184990a-477b-4fa8-9968-49607448*", false),
        ("login.app.env0.com/", "auth0|65a1", true),
        ("login.app.env0.com/", "auth0|65a*", false),
        ("oidc.circleci.com", "org/0b1c/*", true),
        ("oidc.circleci.com/org/0b1c", "*", true),
        ("scalr.io", "account:acme:*", false),
    ] {
        assert_eq!(classify(url).fixes_tenant(pattern), fixed, "{url} {pattern}");
    }
    assert!(classify("oidc.vercel.com").audience_fixes_tenant("https://vercel.com/acme"));
    assert!(!classify("oidc.vercel.com").audience_fixes_tenant("https://vercel.com/*"));
    assert!(!classify("app.terraform.io").audience_fixes_tenant("aws.workload.identity"));
}

proptest! {
    #[test]
    fn any_text_is_described(url in "\\PC{0,20}", pattern in "[a-z:*?/@|{}é]{0,30}|\\PC{0,30}") {
        classify(&url);
        for issuer in all() {
            prop_assert!(!issuer.describe(&pattern).is_empty());
            issuer.fixes_tenant(&pattern);
            issuer.read_subject(&pattern);
        }
    }

    #[test]
    fn a_fixed_tenant_takes_no_other(
        owner in "[a-c]{1,2}", tail in "[a-c]{0,1}[:*?]{0,2}[a-z:*]{0,6}", other in "[a-c]{1,4}",
    ) {
        let pattern = format!("organization:{owner}{tail}");
        let named = pattern.split(':').nth(1).unwrap_or_default();
        let subject = hcp_subject(&other, "p", "w", "plan");
        let fits = crate::arn::glob::Glob::new(&format!("{pattern}*")).matches(&subject);
        prop_assert!(!(classify("app.terraform.io").fixes_tenant(&pattern) && pattern.len() > named.len() + 13 && fits && named != other));
    }
}

#[test]
fn wildcards_are_characters_where_names_may_hold_them() {
    let may = |url: &str, text: &str| classify(url).may_hold_wildcards(text);
    let github = |text: &str| may("token.actions.githubusercontent.com", text);
    for text in ["*", "repo:acme/*", "repo:acme/infra:*", "repo:acme/*:environment:prod"] {
        assert!(!github(text), "{text}");
    }
    assert!(!github("repo:acme/infra:ref:refs/heads/*"), "git allows no such name");
    // Of names of environments nothing is known, nor of what a customer chose.
    for text in ["repo:acme/infra:environment:*", "repo:acme/infra:environment:a?b", "actor:*"] {
        assert!(github(text), "{text}");
    }
    assert!(!may("app.terraform.io", "organization:acme:*"));
    assert!(!may("gitlab.com", "project_path:acme/*"));
    assert!(may("vstoken.dev.azure.com/1", "sc://acme/infra/why?"));
    assert!(may("idp.example.com", "a?b"));
}
