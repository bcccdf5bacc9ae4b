//! Fifty tricky cases by number, with the verdict that each must have.

use crate::fixture::check;

macro_rules! cases {
    ($($name:ident: $fixture:literal, $question:literal => $expected:literal;)+) => {$(
        #[test]
        fn $name() {
            check($fixture, $question, $expected);
        }
    )+};
}

// Who is named, and what the caller's side must add.
cases! {
    case_01_a_named_user_of_the_account_needs_no_permission:
        "user A/ann
         role A/T
           tp: Allow from A/user/ann",
        "user A/ann -> A/T" => "allowed";
    case_02_a_named_account_leaves_it_to_the_identity_policies:
        "user A/ann
         role A/T
           tp: Allow from A",
        "user A/ann -> A/T" => "denied identity";
    case_03_no_role_trusts_its_account_by_itself:
        "user A/ann
           id: Allow *
         user A/bob
         role A/T
           tp: Allow from A/user/bob",
        "user A/ann -> A/T" => "denied trust";
    case_04_across_accounts_both_sides_must_allow:
        "role A/R
         role B/T
           tp: Allow from A/role/R",
        "role A/R -> B/T" => "denied identity";
    case_05_across_accounts_both_sides_allow:
        "role A/R
           id: Allow on B/role/T
         role B/T
           tp: Allow from A",
        "role A/R -> B/T" => "allowed";
    case_06_anyone_within_the_account:
        "role A/R
         role A/T
           tp: Allow from *",
        "role A/R -> A/T" => "allowed";
    case_07_anyone_across_accounts_still_needs_a_permission:
        "role A/R
         role B/T
           tp: Allow from *",
        "role A/R -> B/T" => "denied identity";
    case_08_what_another_company_grants_is_not_known:
        "role B/T
           tp: Allow from X",
        "named X/role/R -> B/T" => "conditional external-admin";
    case_09_the_callers_organization_is_known:
        "role A/R
           id: Allow on *
         role B/T
           tp: Allow from * if StringEquals aws:PrincipalOrgID o-exampleorg",
        "role A/R -> B/T" => "allowed";
    case_10_an_account_outside_does_not_have_our_organization:
        "outside X
         role X/R
           id: Allow on *
         role B/T
           tp: Allow from * if StringEquals aws:PrincipalOrgID o-exampleorg",
        "role X/R -> B/T" => "denied trust";
    case_11_a_boundary_caps_what_a_role_is_given_by_its_arn:
        "role A/R
           pb: Allow s3:*
         role A/T
           tp: Allow from A/role/R",
        "role A/R -> A/T" => "denied boundary";
    case_12_a_boundary_does_not_cap_what_a_session_is_given:
        "role A/R
           pb: Allow s3:*
         role A/T
           tp: Allow from A/session/R/ci",
        "session A/R/ci -> A/T" => "allowed";
    case_13_some_session_of_the_role_may_have_the_name:
        "role A/R
         role A/T
           tp: Allow from A/session/R/ci",
        "role A/R -> A/T" => "conditional caller-state";
    case_14_whether_a_boundary_caps_a_named_user_is_disputed:
        "user A/ann
           pb: Allow s3:*
         role A/T
           tp: Allow from A/user/ann",
        "user A/ann -> A/T" => "conditional ambiguous-rule";
    case_15_a_deny_in_the_boundary_always_counts:
        "user A/ann
           pb: Deny sts:*
         role A/T
           tp: Allow from A/user/ann",
        "user A/ann -> A/T" => "denied boundary explicit";
    case_16_a_role_does_not_trust_itself:
        "role A/T
           tp: Allow from A",
        "role A/T -> A/T" => "denied identity";
    case_17_a_role_that_names_itself_may:
        "role A/T
           tp: Allow from A/role/T",
        "role A/T -> A/T" => "allowed";
}

// Names, paths and ids.
cases! {
    case_18_the_path_is_part_of_the_role_arn:
        "role A/team/R
           id: Allow on A/role/T
         role A/apps/T
           tp: Allow from A",
        "role A/team/R -> A/apps/T" => "denied identity";
    case_19_the_path_is_no_part_of_the_session_arn:
        "role A/team/R
         role A/T
           tp: Allow from A/role/team/R
         role A/U
           tp: Allow from A/session/R/ci",
        "session A/team/R/ci -> A/T" => "allowed";
    case_19_nor_does_it_keep_a_session_from_being_named:
        "role A/team/R
         role A/U
           tp: Allow from A/session/R/ci",
        "session A/team/R/ci -> A/U" => "allowed";
    case_20_a_bare_id_of_nobody_is_a_deleted_principal:
        "role A/R
           id: Allow on *
         role A/T
           tp: Allow from AROADEADBEEFDEADBEEF0",
        "role A/R -> A/T" => "denied trust";
    case_21_the_same_name_made_anew_has_another_id:
        "role A/R unique=AROANEWNEWNEWNEWNEWNE
           id: Allow on *
         role A/T
           tp: Allow from AROAOLDOLDOLDOLDOLDOL",
        "role A/R -> A/T" => "denied trust";
    case_22_arns_in_conditions_are_text_and_fit_the_new_role:
        "role A/R unique=AROANEWNEWNEWNEWNEWNE
           id: Allow on *
         role A/T
           tp: Allow from A if ArnLike aws:PrincipalArn A/role/R",
        "role A/R -> A/T" => "allowed";
    case_23_names_of_users_are_case_sensitive:
        "user A/ann
           id: Allow on *
         role A/T
           tp: Allow from A/user/Ann",
        "user A/ann -> A/T" => "denied trust";
    case_24_a_principal_takes_no_wildcard_inside:
        "role A/dev-1
           id: Allow on *
         role A/T
           tp: Allow from A/role/dev-*",
        "role A/dev-1 -> A/T" => "denied trust";
    case_25_string_equals_takes_wildcards_literally:
        "role A/dev-1
           id: Allow on *
         role A/T
           tp: Allow from A if StringEquals aws:PrincipalArn A/role/dev-*",
        "role A/dev-1 -> A/T" => "denied trust";
    case_26_arn_equals_takes_wildcards:
        "role A/dev-1
           id: Allow on *
         role A/T
           tp: Allow from A if ArnEquals aws:PrincipalArn A/role/dev-*",
        "role A/dev-1 -> A/T" => "allowed";
    case_27_the_principal_arn_of_a_session_is_the_role:
        "role A/R
           id: Allow on *
         role A/T
           tp: Allow from A if ArnEquals aws:PrincipalArn A/session/R/*",
        "role A/R -> A/T" => "denied trust";
}

// Conditions.
cases! {
    case_28_a_user_can_come_with_mfa:
        "user A/ann
         role A/T
           tp: Allow from A/user/ann if Bool aws:MultiFactorAuthPresent true",
        "user A/ann -> A/T" => "conditional caller-state";
    case_29_a_role_session_cannot:
        "role A/R
         role A/T
           tp: Allow from A/role/R if Bool aws:MultiFactorAuthPresent true",
        "role A/R -> A/T" => "denied trust";
    case_30_if_exists_lets_access_keys_through:
        "user A/ann
         role A/T
           tp: Allow from A/user/ann if BoolIfExists aws:MultiFactorAuthPresent true",
        "user A/ann -> A/T" => "conditional caller-state";
    case_31_a_deny_without_mfa_hits_the_console_only:
        "user A/ann
           id: Deny * if Bool aws:MultiFactorAuthPresent false
         role A/T
           tp: Allow from A/user/ann",
        "user A/ann -> A/T" => "conditional caller-state";
    case_32_a_vendor_must_pass_the_external_id:
        "role B/T
           tp: Allow from X if StringEquals sts:ExternalId e1",
        "account X -> B/T" => "conditional caller-choice external-admin";
    case_33_an_external_id_if_there_is_one:
        "outside X
         role X/R
           id: Allow on *
         role B/T
           tp: Allow from X if StringEqualsIfExists sts:ExternalId e1",
        "role X/R -> B/T with sts:ExternalId=" => "unknown not-read";
    case_33_is_never_what_denies:
        "role B/T
           tp: Allow from X if StringEqualsIfExists sts:ExternalId e1",
        "account X -> B/T" => "conditional caller-choice external-admin";
}

// Control policies.
cases! {
    case_34_the_callers_control_policies_bind:
        "role A/R
           id: Allow on *
         role B/T
           tp: Allow from A/role/R
         scp /OuA: Deny",
        "role A/R -> B/T" => "denied scp explicit";
    case_35_the_targets_do_not:
        "role A/R
           id: Allow on *
         role B/T
           tp: Allow from A/role/R
         scp /OuB: Deny",
        "role A/R -> B/T" => "allowed";
    case_36_the_management_account_is_exempt:
        "role M/R
           id: Allow on *
         role B/T
           tp: Allow from M/role/R
         scp /: Deny *",
        "role M/R -> B/T" => "allowed";
    case_37_every_level_must_allow:
        "role A/R
           id: Allow on *
         role B/T
           tp: Allow from A/role/R
         without FullAWSAccess A
         scp A: Allow s3:*",
        "role A/R -> B/T" => "denied scp";
    // What X's own organization caps was not read; ours has no say.
    case_38_resources_of_the_management_account_are_exempt:
        "outside X
         role X/R
           id: Allow on *
         role M/T
           tp: Allow from X/role/R
         rcp /: Deny if StringNotEqualsIfExists aws:PrincipalOrgID o-exampleorg",
        "role X/R -> M/T" => "unknown not-read";
    case_39_resource_control_policies_stop_outsiders:
        "outside X
         role X/R
           id: Allow on *
         role B/T
           tp: Allow from X/role/R
         rcp /: Deny if StringNotEqualsIfExists aws:PrincipalOrgID o-exampleorg",
        "role X/R -> B/T" => "denied rcp explicit";
}

// Web identity.
cases! {
    case_40_a_control_policy_on_another_action_leaves_the_claims_open:
        "oidc B token.actions.githubusercontent.com sts.amazonaws.com
         role B/T
           tp: Allow from fed:B/oidc/token.actions.githubusercontent.com if StringLike token.actions.githubusercontent.com:sub repo:acme/*
         rcp /: Deny if StringNotEqualsIfExists aws:PrincipalOrgID o-exampleorg",
        "token token.actions.githubusercontent.com#* -> B/T" => "conditional token-claim";
    case_41_an_absent_organization_is_not_ours:
        "oidc B token.actions.githubusercontent.com sts.amazonaws.com
         role B/T
           tp: Allow from fed:B/oidc/token.actions.githubusercontent.com if StringLike token.actions.githubusercontent.com:sub repo:acme/*
         rcp /: Deny sts:* if StringNotEqualsIfExists aws:PrincipalOrgID o-exampleorg",
        "token token.actions.githubusercontent.com#* -> B/T" => "denied rcp explicit";
    case_42_service_control_policies_do_not_reach_tokens:
        "oidc B token.actions.githubusercontent.com sts.amazonaws.com
         role B/T
           tp: Allow from fed:B/oidc/token.actions.githubusercontent.com if StringLike token.actions.githubusercontent.com:sub repo:acme/*
         scp B: Deny sts:AssumeRoleWithWebIdentity",
        "token token.actions.githubusercontent.com#repo:acme/x:pull_request?sts.amazonaws.com -> B/T" => "allowed";
    case_43_the_provider_must_be_in_the_roles_account:
        "oidc A token.actions.githubusercontent.com sts.amazonaws.com
         role B/T
           tp: Allow from fed:A/oidc/token.actions.githubusercontent.com if StringLike token.actions.githubusercontent.com:sub repo:acme/*",
        "token token.actions.githubusercontent.com#repo:acme/x:pull_request -> B/T" => "denied provider";
    case_44_the_audience_is_checked_first:
        "oidc B token.actions.githubusercontent.com sts.amazonaws.com
         role B/T
           tp: Allow from fed:B/oidc/token.actions.githubusercontent.com if StringLike token.actions.githubusercontent.com:sub repo:acme/* and StringEquals token.actions.githubusercontent.com:aud foo",
        "token token.actions.githubusercontent.com#repo:acme/x:pull_request?foo -> B/T" => "denied provider";
    case_45_hcp_terraform_needs_the_subject_in_the_trust:
        "oidc B app.terraform.io aws.workload.identity
         role B/T
           tp: Allow from fed:B/oidc/app.terraform.io if StringEquals app.terraform.io:aud aws.workload.identity",
        "token app.terraform.io#organization:acme:project:p:workspace:w:run_phase:plan?aws.workload.identity -> B/T" => "denied sts";
}

// The rest.
cases! {
    case_46_a_root_user_assumes_no_role:
        "account A
         role A/T
           tp: Allow from A",
        "root A -> A/T" => "denied sts";
    case_47_tags_need_a_permission_of_their_own:
        "role A/R
           id: Allow sts:*
         role B/T
           tp: Allow from A/role/R",
        "role A/R -> B/T with aws:RequestTag/team=a aws:TagKeys=team" => "denied trust";
    case_47_without_tags_the_call_works:
        "role A/R
           id: Allow sts:*
         role B/T
           tp: Allow from A/role/R",
        "role A/R -> B/T" => "allowed";
    case_48_for_whom_a_service_calls_is_not_known:
        "role B/T
           tp: Allow from svc:lambda.amazonaws.com if StringEquals aws:SourceAccount {B}",
        "service lambda.amazonaws.com -> B/T" => "conditional caller-state";
    case_49_an_open_deny_is_never_allowed:
        "role A/R
         role A/T
           tp: Allow from A/role/R
           tp: Deny from A/role/R if NotIpAddress aws:SourceIp 10.0.0.0/8",
        "role A/R -> A/T" => "conditional environment";
    case_50_a_test_and_its_opposite_cover_everything:
        "role A/R
         role A/T
           tp: Allow from A/role/R if IpAddress aws:SourceIp 10.0.0.0/8
           tp: Allow from A/role/R if NotIpAddress aws:SourceIp 10.0.0.0/8",
        "role A/R -> A/T" => "allowed";
}
