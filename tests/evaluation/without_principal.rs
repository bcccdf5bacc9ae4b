//! Statements that name nobody, where their type of policy has to.

use rolewalk::evaluation::Verdict;
use rolewalk::org::Facts;

use crate::brute::{check_edges, check_searches};
use crate::fixture::{ask, check, readings};

/// IAM saves no trust policy and no resource control policy with a statement that names nobody. Where
/// one is met all the same, nothing is decided by it (rule S5).
#[test]
fn whom_a_statement_without_principal_means_is_left_open() {
    let ours = "user A/ann\n id: Allow sts:*\nrole A/R\n id: Allow sts:*\n";
    let allows = format!("{ours}role B/T\n tp: Allow sts:AssumeRole\nsaml B Okta");
    let denies =
        format!("{ours}role B/T\n tp: Allow sts:AssumeRole from A\n tp: Deny sts:AssumeRole");
    for text in [&allows, &denies] {
        for caller in ["user A/ann", "role A/R"] {
            check(text, &format!("{caller} -> B/T"), "conditional ambiguous-rule");
        }
        check_edges(text).unwrap();
        check_searches(text).unwrap();
    }
    for other in ["account X", "service lambda.amazonaws.com"] {
        let expected = ask(&Facts::build(readings(&allows)), &format!("{other} -> B/T"));
        assert_eq!(expected.verdict, Verdict::Conditional, "{other}");
    }
    // What does not match for another reason is out.
    let out =
        format!("{ours}role B/T\n tp: Allow sts:AssumeRole if Bool aws:SecureTransport false");
    check(&out, "user A/ann -> B/T", "denied trust");
    let control = |statement: &str| {
        let statement = statement.replace('\'', "\"");
        format!("{ours}role B/T\n tp: Allow sts:AssumeRole from A\nrcp B: {statement}")
    };
    let nobody = control("{'Effect': 'Deny', 'Action': 'sts:*', 'Resource': '*'}");
    check(&nobody, "user A/ann -> B/T", "conditional ambiguous-rule");
    check_searches(&nobody).unwrap();
    let everybody =
        control("{'Effect': 'Deny', 'Principal': '*', 'Action': 'sts:*', 'Resource': '*'}");
    check(&everybody, "user A/ann -> B/T", "denied rcp explicit");
}
