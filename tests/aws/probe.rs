//! Live assumes, hop by hop, against the prediction.

use serde_json::json;

use crate::support::{Collected, HUB, MEMBER, NETOPS, OPERATOR, ask};

#[test]
fn a_probe_assumes_hop_by_hop() {
    let Some(collected) = Collected::new() else { return };
    let answer =
        ask(&collected.aws, HUB, &["probe", "me", "prod-net/tf-member", "--yes", "--json"])
            .exits(0)
            .json();
    assert_eq!(answer["schema"], "rolewalk/probe/1");
    assert_eq!(answer["agrees"], true);
    let hops = answer["hops"].as_array().unwrap();
    let expected = [
        (NETOPS, OPERATOR, "assumed-role/net-operator/"),
        (OPERATOR, MEMBER, "assumed-role/tf-member/"),
    ];
    assert_eq!(hops.len(), expected.len(), "{answer:#}");
    for (hop, (from, to, identity)) in hops.iter().zip(expected) {
        assert_eq!((&hop["from"], &hop["to"]), (&json!(from), &json!(to)));
        assert_eq!((&hop["predicted"], &hop["outcome"]), (&json!("allowed"), &json!("assumed")));
        assert!(hop["identity"].as_str().unwrap().contains(identity), "{hop:#}");
    }
    let statistics = collected.aws.statistics();
    let (first, second) = (&statistics["assumes"][0], &statistics["assumes"][1]);
    assert_eq!((&first["caller"], &first["role_arn"]), (&json!(NETOPS), &json!(OPERATOR)));
    assert_eq!(second["role_arn"], MEMBER);
    let caller = second["caller"].as_str().unwrap();
    assert!(
        caller.contains(":assumed-role/net-operator/"),
        "not the first hop's session: {caller}"
    );
}

#[test]
fn a_refused_probe_says_which_policy_refused() {
    let Some(collected) = Collected::new() else { return };
    collected.aws.add_faults(&json!({
        "action": "AssumeRole", "role_arn": "100000000003:role/tf-member$", "code": "AccessDenied", "status": 403,
        "because": " with an explicit deny in a resource control policy",
    }));
    let arguments = ["probe", "me", "prod-net/tf-member", "--yes", "--json"];
    let answer = ask(&collected.aws, HUB, &arguments).exits(1).json();
    assert_eq!(answer["agrees"], false, "the snapshot said otherwise: {answer:#}");
    assert_eq!(
        (&answer["hops"][0]["outcome"], &answer["hops"][1]["outcome"]),
        (&json!("assumed"), &json!("refused"))
    );
    let error = answer["hops"][1]["error"].to_string();
    assert!(error.contains("explicit deny in a resource control policy"), "{error}");

    // After a refusal nothing further is tried.
    collected.aws.clear_faults();
    collected.aws.add_faults(&json!({"action": "AssumeRole", "role_arn": ":role/net-operator$", "code": "AccessDenied", "status": 403}));
    let answer = ask(&collected.aws, HUB, &arguments).exits(1).json();
    assert_eq!(
        (&answer["hops"][0]["outcome"], &answer["hops"][1]["outcome"]),
        (&json!("refused"), &json!("skipped"))
    );
}

#[test]
fn a_failing_service_is_not_a_refusal() {
    let Some(collected) = Collected::new() else { return };
    collected.aws.add_faults(&json!({"action": "AssumeRole", "code": "ServiceUnavailable", "status": 503, "message": "unavailable"}));
    let answer =
        ask(&collected.aws, HUB, &["probe", "me", "prod-net/tf-member", "--yes", "--json"])
            .exits(1)
            .json();
    assert_eq!(answer["hops"][0]["outcome"], "failed", "{answer:#}");
    assert_ne!(answer["agrees"], false, "{answer:#}");
}

#[test]
fn a_dry_probe_tries_nothing() {
    let Some(collected) = Collected::new() else { return };
    let ran =
        ask(&collected.aws, HUB, &["probe", "me", "prod-net/tf-member", "--dry-run", "--json"]);
    let answer = ran.json();
    assert!(answer["agrees"].is_null(), "{answer:#}");
    assert!(
        answer["hops"].as_array().unwrap().iter().all(|hop| hop["outcome"] == "skipped"),
        "{answer:#}"
    );
    assert_eq!(collected.aws.statistics()["assumes"], json!([]));
}
