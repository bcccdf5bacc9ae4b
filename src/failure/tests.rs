//! What people paste, and what has to come out of it. All texts are made up.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod samples;

use proptest::prelude::*;
use samples::*;

use super::*;

#[test]
fn every_message_is_recognised_in_every_wrapping() {
    for (id, code, message, operation) in messages() {
        for (wrapper, tool, wrap) in WRAPS {
            let text = wrap(code, operation, &message);
            let found = parse(&text);
            let about = format!("{id} in {wrapper}: {text}\n{found:#?}");
            assert_eq!(found.len(), 1, "{about}");
            let failure = &found[0];
            assert!(failure.primary, "{about}");
            assert_eq!(failure.id, id, "{about}");
            assert_eq!(failure.tool, Some(tool), "{about}");
            assert!(failure.wrappers.iter().any(|known| known == wrapper), "{about}");
            assert_eq!(failure.code.as_deref(), Some(plain(code)), "{about}");
            assert_eq!(failure.request_id.is_some(), wrapper != "W1", "{about}");
            if wrapper != "W7" {
                assert_eq!(failure.operation.as_deref(), Some(operation), "{about}");
                let action = match id {
                    "E25" => None,
                    "E26" => Some("sts:SetSourceIdentity".to_owned()),
                    "E27" | "E32" => Some("sts:TagSession".to_owned()),
                    _ => Some(format!("sts:{operation}")),
                };
                assert_eq!(failure.action, action, "{about}");
            }
            if wrapper.starts_with('T') || wrapper == "W8" {
                assert_eq!(failure.target.as_ref().map(Named::as_str), Some(ROLE), "{about}");
            }
            assert!(text.is_char_boundary(failure.span.start), "{about}");
            let shown = &text[failure.span.clone()];
            let last = failure.message.split_whitespace().last().unwrap_or("");
            let last = last.trim_matches(['"', '\'', '.']);
            assert!(wrapper == "W8" || shown.contains(last), "{about}: {shown}");
        }
    }
}

fn plain(code: &str) -> &str {
    if code == "ExpiredTokenException" { code } else { code.trim_end_matches("Exception") }
}

#[test]
fn the_layer_is_only_what_the_text_says() {
    for (id, layer, explicit) in [
        ("E01", None, None),
        ("E02", Some(Layer::Identity), Some(false)),
        ("E04", Some(Layer::Trust), Some(false)),
        ("E08", Some(Layer::Endpoint), Some(false)),
        ("E12", Some(Layer::Scp), Some(true)),
        ("E13", Some(Layer::Rcp), Some(true)),
        ("E17", None, Some(true)),
        ("E30", None, None),
        ("E34", Some(Layer::Provider), None),
        ("E51", Some(Layer::Sts), None),
    ] {
        let (_, code, message, operation) =
            messages().into_iter().find(|(known, ..)| *known == id).unwrap();
        let found = parse(&go_v2(code, operation, &message));
        assert_eq!((found[0].layer, found[0].explicit), (layer, explicit), "{id}");
        assert_eq!(found[0].may_be_implicit, id == "E12", "{id}");
    }
}

#[test]
fn the_first_hop_fails_and_terraform_is_configured_with_the_second() {
    let hub = "arn:aws:iam::111111111111:role/tf-hub";
    let message = format!(
        "User: arn:aws:sts::999999999999:assumed-role/agent/i-0123 is not authorized to perform: sts:AssumeRole on resource: {hub} with an explicit deny in a service control policy: {POLICY}"
    );
    let found = parse(&terraform("", "AccessDenied", "AssumeRole", &message));
    let failure = &found[0];
    // What AWS refused is the call to explain; what Terraform names stands beside it.
    assert_eq!(failure.target.as_ref().unwrap().as_str(), hub);
    assert_eq!(failure.target_from, Some(TargetSource::Message));
    assert_eq!(failure.configured_role.as_ref().unwrap().as_str(), ROLE);
    assert_eq!(failure.resource.as_ref().unwrap().as_str(), hub);
    assert_eq!(failure.policy_arn.as_ref().unwrap().as_str(), POLICY);
    assert_eq!(failure.caller_role.as_ref().unwrap().name, "agent");
    assert_eq!(failure.wrappers, ["T1", "W2"]);
    assert_eq!(failure.http_status, Some(403));
}

#[test]
fn masks_of_log_viewers_are_kept_as_they_stand() {
    for (caller, role) in [
        ("arn:aws:sts::***:assumed-role/ci/GitHubActions", "arn:aws:iam::***:role/deploy"),
        ("***", "***"),
        ("anonymous", ROLE),
    ] {
        let text = format!(
            "Error: Could not assume role with user credentials: User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role}"
        );
        let found = parse(&text);
        assert_eq!(found[0].id, "E01");
        assert_eq!(found[0].tool, Some(Tool::GithubActions));
        assert_eq!(found[0].caller.as_ref().unwrap().as_str(), caller);
        assert_eq!(found[0].target.as_ref().unwrap().as_str(), role);
        assert_eq!(found[0].target.as_ref().unwrap().arn().is_some(), role == ROLE);
    }
}

#[test]
fn text_that_a_terminal_cut_in_the_middle_of_words() {
    let text = format!(
        "An error occurred (AccessDenied) when calling the AssumeRole operation: User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE} because no identity-based policy allows the sts:AssumeRole action"
    );
    for columns in 50..140 {
        let chars: Vec<char> = text.chars().collect();
        let cut: Vec<String> = chars
            .chunks(columns)
            .map(|line| line.iter().collect::<String>().trim_end().to_owned())
            .collect();
        let found = parse(&cut.join("\n"));
        assert_eq!(found.len(), 1, "{columns}: {found:#?}");
        assert_eq!(found[0].id, "E02", "{columns}");
        assert_eq!(found[0].caller.as_ref().unwrap().as_str(), CALLER, "{columns}");
        assert_eq!(found[0].target.as_ref().unwrap().as_str(), ROLE, "{columns}");
    }
}

#[test]
fn the_next_line_of_a_log_does_not_run_into_a_role() {
    let text = format!(
        "An error occurred (AccessDenied) when calling the AssumeRole operation: User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}\nmake: *** [deploy] Error 254\n"
    );
    assert_eq!(parse(&text)[0].target.as_ref().unwrap().as_str(), ROLE);
}

#[test]
fn older_and_other_tools() {
    let base =
        format!("User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}");
    for (text, id, tool) in [
        (format!("AccessDenied: {base}\n\tstatus code: 403, request id: {REQUEST}"), "E01", Some(Tool::SdkGoV1)),
        (format!("WebIdentityErr: failed to retrieve credentials\ncaused by: AccessDenied: Not authorized to perform sts:AssumeRoleWithWebIdentity\n\tstatus code: 403, request id: {REQUEST}"), "E30", Some(Tool::SdkGoV1)),
        (format!("{base} (Service: Sts, Status Code: 403, Request ID: {REQUEST}, Extended Request ID: null)"), "E01", Some(Tool::SdkJava)),
        (format!("{base} (Service: AWSSecurityTokenService; Status Code: 403; Error Code: AccessDenied; Request ID: {REQUEST}; Proxy: null)"), "E01", Some(Tool::SdkJava)),
        (format!("AccessDenied: {base}\n    at throwDefaultError (/app/node_modules/@aws-sdk/client-sts/dist/index.js:1:2)"), "E01", Some(Tool::SdkJavascript)),
        (format!("service error: unhandled error (AccessDenied): Error {{ code: \"AccessDenied\", message: \"{base}\" }} aws_sdk_sts"), "E01", Some(Tool::SdkRust)),
        (format!("Error assuming AWS_ROLE: {base}"), "E01", Some(Tool::Snowflake)),
        ("error configuring Terraform AWS Provider: IAM Role (arn:aws:iam::1:x) cannot be assumed.".into(), "T5", Some(Tool::Terraform)),
        ("The source profile \"base\" must have credentials".into(), "L1", None),
    ] {
        let found = parse(&text);
        assert_eq!(found.len(), 1, "{text}: {found:#?}");
        assert_eq!((found[0].id.as_str(), found[0].tool), (id, tool), "{text}: {found:#?}");
        assert!(id != "E01" || found[0].code.as_deref() == Some("AccessDenied"), "{text}");
    }
}

#[test]
fn terraform_alone_is_a_failure_too() {
    let found = parse(
        "Error: Cannot assume IAM Role\n\nIAM Role (arn:aws:iam::222222222222:role/x) cannot be\nassumed.\n\nError: something else broke",
    );
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id, "T1");
    assert_eq!(found[0].target.as_ref().unwrap().as_str(), "arn:aws:iam::222222222222:role/x");
}

#[test]
fn no_valid_credentials_holds_the_error_of_a_profile() {
    let inner = go_v2(
        "AccessDenied",
        "AssumeRole",
        &format!("User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"),
    );
    let found = parse(&format!(
        "Error: No valid credential sources found\n\n  with provider[\"x\"],\n\nPlease see https://registry.terraform.io/providers/hashicorp/aws\nfor more information about providing credentials.\n\nError: failed to refresh cached credentials, {inner}"
    ));
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].id.as_str(), &found[0].wrappers[..]),
        ("E01", &["T3".to_owned(), "W9".into(), "W2".into()][..])
    );
}

#[test]
fn each_diagnostic_keeps_its_own_role() {
    let text =
        terraform("", "AccessDenied", "AssumeRole", "Roles may not be assumed by root accounts.")
            + &terraform("", "Throttling", "AssumeRole", "Rate exceeded")
                .replace("tf-member", "tf-other")
            + &go_v2(
                "InvalidIdentityToken",
                "AssumeRoleWithWebIdentity",
                "Incorrect token audience",
            );
    let found = parse(&text);
    let seen: Vec<_> = found
        .iter()
        .map(|failure| {
            (
                failure.id.as_str(),
                failure
                    .configured_role
                    .as_ref()
                    .map(|role| role.as_str().rsplit('/').next().unwrap()),
            )
        })
        .collect();
    assert_eq!(seen, [("E20", Some("tf-member")), ("E57", Some("tf-other")), ("E33", None)]);
}

#[test]
fn repeats_are_merged_and_the_innermost_error_comes_first() {
    let error = go_v2(
        "AccessDenied",
        "AssumeRoleWithWebIdentity",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
    );
    let again = error.replace("0a1b", "ffff");
    let found = parse(&format!("{error}\n\n{again}\n\n{error}"));
    assert_eq!((found.len(), found[0].times), (1, 3));

    let nested = "An error occurred (AccessDenied) when calling the AssumeRole operation: Not authorized to perform sts:AssumeRole, caused by: An error occurred (InvalidIdentityToken) when calling the AssumeRoleWithWebIdentity operation: Incorrect token audience";
    let ids: Vec<_> =
        parse(nested).into_iter().map(|failure| (failure.id, failure.primary)).collect();
    assert_eq!(ids, [("E33".to_owned(), true), ("E24".to_owned(), false)]);
}

#[test]
fn a_web_identity_record_names_subject_issuer_and_role() {
    let record = serde_json::json!({
        "eventSource": "sts.amazonaws.com", "eventName": "AssumeRoleWithWebIdentity",
        "errorCode": "AccessDenied", "errorMessage": "An unknown error occurred",
        "userIdentity": {"type": "WebIdentityUser",
            "userName": "organization:acme:project:Network:workspace:net-prod:run_phase:apply",
            "identityProvider": "arn:aws:iam::222222222222:oidc-provider/app.terraform.io"},
        "requestParameters": {"roleArn": ROLE},
    });
    let lookup =
        serde_json::json!({"Events": [{"EventId": "1", "CloudTrailEvent": record.to_string()}]});
    for text in [
        serde_json::to_string_pretty(&record).unwrap(),
        format!("before\n{lookup}\nafter"),
        serde_json::json!([{"detail": record}]).to_string(),
    ] {
        let found = parse(&text);
        assert_eq!(found.len(), 1, "{text}");
        let failure = &found[0];
        assert_eq!(failure.id, "E30");
        assert_eq!(failure.issuer.as_deref(), Some("app.terraform.io"));
        assert!(failure.subject.as_deref().unwrap().ends_with("net-prod:run_phase:apply"));
        assert_eq!(failure.target_from, Some(TargetSource::Record));
        assert_eq!(failure.caller, None);
        assert_eq!(failure.context.workspace.as_deref(), Some("net-prod"));
        assert_eq!(failure.context.run_phase.as_deref(), Some("apply"));
    }
}

#[test]
fn a_run_log_tells_workspace_phase_and_role() {
    let log = format!(
        "Running apply in HCP Terraform. Output will stream here.\nTo view this run in a browser, visit:\nhttps://app.terraform.io/app/acme/net-prod/runs/run-AbC123\n\nTerraform v1.14.0\non linux_amd64\nProject: Network\nTFC_AWS_RUN_ROLE_ARN = \"arn:aws:iam::222222222222:role/run\"\nTFC_AWS_APPLY_ROLE_ARN = \"{ROLE}\"\nTFC_AWS_PLAN_ROLE_ARN = \"arn:aws:iam::222222222222:role/plan\"\n\nError: failed to refresh cached credentials, failed to retrieve credentials, {}",
        go_v2(
            "AccessDenied",
            "AssumeRoleWithWebIdentity",
            "Not authorized to perform sts:AssumeRoleWithWebIdentity"
        )
    );
    let found = parse(&log);
    let failure = &found[0];
    assert_eq!((failure.id.as_str(), failure.tool), ("E30", Some(Tool::Terraform)));
    let context = &failure.context;
    assert_eq!(context.organization.as_deref(), Some("acme"));
    assert_eq!(context.project.as_deref(), Some("Network"));
    assert_eq!(context.workspace.as_deref(), Some("net-prod"));
    assert_eq!(context.run_phase.as_deref(), Some("apply"));
    assert_eq!(context.run_id.as_deref(), Some("run-AbC123"));
    assert_eq!(context.variables.len(), 3);
    assert_eq!(failure.target.as_ref().unwrap().as_str(), ROLE);
    assert_eq!(failure.target_from, Some(TargetSource::Surroundings));
}

#[test]
fn terraform_as_json_lines() {
    let line = serde_json::json!({"@level": "error", "@message": "Error: Cannot assume IAM Role", "diagnostic": {
        "severity": "error", "summary": "Cannot assume IAM Role",
        "detail": format!("IAM Role ({ROLE}) cannot be assumed.\n\nThere are a number of possible causes of this - the most common are:\n  * The role ARN is not valid\n\nError: {}\n", go_v2("AccessDenied", "AssumeRole", &format!("User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE}"))),
    }});
    let text = format!("{{\"@level\":\"info\",\"@message\":\"Terraform 1.14.0\"}}\n{line}\n");
    let found = parse(&text);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].id.as_str(), found[0].tool), ("E01", Some(Tool::Terraform)));
    assert_eq!(text[found[0].span.clone()], line.to_string());
}

#[test]
fn details_of_single_messages() {
    let detail = |id: &str, name: &str| {
        let (_, code, message, operation) =
            messages().into_iter().find(|(known, ..)| *known == id).unwrap();
        parse(&go_v2(code, operation, &message))[0].details.get(name).cloned().unwrap_or_default()
    };
    assert_eq!(detail("E54", "percent"), "117");
    assert_eq!(detail("E56", "account"), "222222222222");
    assert_eq!(detail("E39", "claim"), "aud");
    assert_eq!(detail("E52", "field"), "roleSessionName");
    let found =
        parse("No OpenIDConnect provider found in your account for https://gitlab.example.com/.");
    assert_eq!(found[0].issuer.as_deref(), Some("https://gitlab.example.com/"));
}

#[test]
fn text_without_a_failure_gives_nothing() {
    for text in [
        "",
        "all good",
        "Apply complete! Resources: 1 added, 0 changed, 0 destroyed.",
        "An error occurred (AccessDenied) when calling the ListBuckets operation: Access Denied",
        "User: arn:aws:iam::111111111111:user/ann is not authorized to perform: s3:GetObject",
        "operation error S3: PutObject, https response error StatusCode: 403, RequestID: ab, api error AccessDenied: Access Denied",
        r#"{"eventSource": "s3.amazonaws.com", "errorCode": "AccessDenied", "eventName": "GetObject"}"#,
        r#"{"eventSource": "sts.amazonaws.com", "eventName": "AssumeRole"}"#,
    ] {
        assert!(parse(text).is_empty(), "{text}: {:#?}", parse(text));
    }
}

#[test]
fn secrets_do_not_come_through() {
    let key = format!("ASIA{}", "Z9Y8X7W6V5U4T3S2");
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl";
    let escaped = format!("\\u0041SIA{}", &key[4..]);
    let texts = [
        go_v2("SomethingNew", "AssumeRole", &format!("key {key} token {token}")),
        format!(
            "TFC_AWS_RUN_ROLE_ARN={token}\nTFC_WORKSPACE_NAME={key}\n{}",
            go_v2("Throttling", "AssumeRole", "Rate exceeded")
        ),
        format!(
            "An error occurred (ValidationError) when calling the AssumeRole operation: 1 validation error detected: Value '{token}' at 'webIdentityToken' failed to satisfy constraint: x"
        ),
        format!(
            "User: arn:aws:sts::111111111111:assumed-role/x/{key} is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/\u{1b}[0m{token}"
        ),
        format!(
            r#"{{"eventSource":"sts.amazonaws.com","eventName":"AssumeRole","errorCode":"X","errorMessage":"{escaped} {token}","userIdentity":{{"principalId":"{escaped}"}}}}"#
        ),
    ];
    for text in texts {
        let found = parse(&text);
        assert!(!found.is_empty(), "{text}");
        let shown = format!("{}\n{found:?}", serde_json::to_string(&found).unwrap());
        assert!(!shown.contains(&key) && !shown.contains("eyJhbG"), "{shown}");
    }
}

#[test]
fn the_printed_form_uses_the_names_that_scripts_rely_on() {
    let (_, code, message, operation) =
        messages().into_iter().find(|(id, ..)| *id == "E12").unwrap();
    let value = serde_json::to_value(&parse(&go_v2(code, operation, &message))[0]).unwrap();
    assert_eq!(value["id"], "E12");
    assert_eq!(value["tool"], "sdk-go-v2");
    assert_eq!(value["layer"], "scp");
    assert_eq!(value["caller"], CALLER);
    assert_eq!(value["target"], ROLE);
    assert_eq!(value["caller_role"]["account"], "111111111111");
    assert!(value["entry"]["causes"].as_array().is_some_and(|causes| !causes.is_empty()));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_taken(text in "\\PC{0,80}|[\\x00-\\x7f]{0,80}|([{\\[\":,│╷\\x1b\n ]|Error: |&apos;|arn:aws:){0,40}") {
        for failure in parse(&text) {
            prop_assert!(text.get(failure.span.clone()).is_some());
        }
    }

    #[test]
    fn junk_around_a_message_does_not_hide_it(
        which in 0..messages().len(), wrap in 0..WRAPS.len(),
        before in "[a-z {é\u{1b}]{0,30}", after in "[a-z }\\[é]{0,30}",
    ) {
        let (id, code, message, operation) = messages().swap_remove(which);
        let text = format!("{before}\n\n{}\n\n{after}", WRAPS[wrap].2(code, operation, &message));
        let found = parse(&text);
        prop_assert!(found.iter().any(|failure| failure.id == id), "{id}: {text}\n{found:?}");
        for failure in found {
            prop_assert!(text.get(failure.span.clone()).is_some());
        }
    }
}

/// `text` cut into lines of this many characters.
fn folded(text: &str, columns: usize) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    chars.chunks(columns).map(|line| line.iter().collect()).collect()
}

#[test]
fn text_of_which_only_a_part_was_cut_and_boxes_around_it() {
    let message = format!(
        "An error occurred (AccessDenied) when calling the AssumeRole operation: User: {CALLER} is not authorized to perform: sts:AssumeRole on resource: {ROLE} because no identity-based policy allows the sts:AssumeRole action"
    );
    let longer = "a line of the same log that is a good deal longer than the columns of the terminal which cut what follows it, or so it seems";
    for columns in [76, 80, 100, 120] {
        let lines = folded(&message, columns);
        let boxed: Vec<String> = lines.iter().map(|line| format!("│ {line:columns$} │")).collect();
        for text in [format!("{longer}\n{}\nmake: done", lines.join("\n")), boxed.join("\n")] {
            let found = parse(&text);
            assert_eq!(found[0].id, "E02", "{text}\n{found:#?}");
            assert_eq!(found[0].target.as_ref().unwrap().as_str(), ROLE, "{text}");
            assert_eq!(found[0].caller.as_ref().unwrap().as_str(), CALLER, "{text}");
        }
    }
    let once = message.replace("tf-member because", "tf-mem\nber because");
    assert_eq!(parse(&once)[0].id, "E02");
    assert_eq!(parse(&once)[0].target.as_ref().unwrap().as_str(), ROLE);
}
