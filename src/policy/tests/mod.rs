#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod arbitrary;
mod compare;
mod damaged;
mod print;
mod shapes;

use super::*;

fn statement(text: &str) -> Statement {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":{text}}}"#);
    Document::parse(&text).unwrap().statements[0].clone()
}

#[test]
fn single_values_and_lists_mean_the_same() {
    let one = statement(
        r#"{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}"#,
    );
    let list = statement(
        r#"[{"Effect":"Allow","Principal":{"AWS":["111111111111"]},"Action":["sts:AssumeRole"]}]"#,
    );
    assert_eq!(one, list);
    assert!(one.problems.is_empty());
}

#[test]
fn principals_are_told_apart() {
    let found = statement(
        r#"{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":["*","111111111111",
        "arn:aws:iam::111111111111:root","arn:aws:iam::111111111111:role/dev-*","AROAEXAMPLEID00000000",
        "arn:aws:iam::111111111111:role/a/b"],"Service":"ec2.amazonaws.com","Federated":"accounts.google.com"}}"#,
    );
    let kinds: Vec<String> = found
        .principal
        .unwrap()
        .entries
        .iter()
        .map(|entry| format!("{entry:?}").split([' ', '(']).next().unwrap().to_owned())
        .collect();
    assert_eq!(
        kinds,
        [
            "EveryAwsPrincipal",
            "Account",
            "Account",
            "Invalid",
            "UniqueId",
            "Arn",
            "Service",
            "Federated"
        ]
    );
}

#[test]
fn what_cannot_be_read_marks_its_statement_only() {
    let document = Document::parse(
        r#"{"Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*","Extra":1},
            {"Effect":"Permit","Action":"sts:*"},{"Effect":"Deny","Resource":"*"},7,
            {"Effect":"Allow","Action":"a:b","Action":"c:d"},{"Effect":"Allow","Action":"a:b","Resource":"*"}]}"#,
    )
    .unwrap();
    let marked: Vec<bool> = document.statements.iter().map(|s| !s.problems.is_empty()).collect();
    assert_eq!(marked, [true, true, true, true, true, false]);
}

#[test]
fn documents_that_are_none_say_where() {
    let error = |text: &str| Document::parse(text).unwrap_err().to_string();
    assert!(error("{\n  \"Statement\": [").contains("line 2"));
    assert_eq!(
        error("\u{feff}{}"),
        "line 1, column 1: not JSON: the text begins with a byte order mark"
    );
    assert!(error("{\"Statement\":[]}\n;").starts_with("line 2, column 1: not JSON: trailing"));
    assert!(error("{\n\n  // none\n}").starts_with("line 3, column 3: not JSON"));
    assert!(error("[]").contains("an object is expected"));
    assert!(error("{}").contains("`Statement` is missing"));
    assert!(error(r#"{"Statement":[],"Statement":[]}"#).contains("twice"));
}

#[test]
fn operators_are_read_in_any_case() {
    let operator = Operator::parse("forallvalues:stringnotlikeifexists");
    assert_eq!(operator.qualifier, Some(Qualifier::All));
    assert_eq!(
        (operator.test, operator.negated, operator.if_exists),
        (Test::StringLike, true, true)
    );
    assert_eq!(Operator::parse("StringMatches").test, Test::Unknown);
    for odd in ["NullIfExists", "ForAllValues:Null", "ForAnyValue:Null"] {
        assert_eq!(Operator::parse(odd).test, Test::Unknown, "{odd}");
    }
    assert_eq!(Operator::parse("Null").test, Test::Null);
    assert_eq!(Test::ArnLike.name(), "ArnLike");
}

#[test]
fn variables_are_filled_in_as_plain_text() {
    let template = Template::parse("home/${aws:UserName, 'nobody'}/${*}*", true).unwrap();
    let with = |value: VariableValue| match template.resolve(|key| {
        assert_eq!(key, "aws:username");
        value.clone()
    }) {
        Resolved::Filled { glob, plain, .. } => {
            (plain, glob.matches("home/a*b/*x"), glob.matches("home/aXb/*x"))
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(with(VariableValue::Known("a*b".into())), ("home/a*b/**".into(), true, false));
    assert_eq!(with(VariableValue::Absent).0, "home/nobody/**");
    assert_eq!(template.resolve(|_| VariableValue::Unknown), Resolved::Unknown);
    for unclear in [
        "${aws:username",
        "${}",
        "${ aws:username}",
        "${aws:username ,'x'}",
        "${aws:username,'x'}",
        "${aws:username,  'x'}",
        "${aws:username, 'x' }",
        "${aws:username, x}",
        "${aws:username, 'it''s'}",
        "${aws:PrincipalTag/${aws:username}}",
    ] {
        assert!(Template::parse(unclear, true).is_err(), "{unclear}");
        assert!(Template::parse(unclear, false).is_ok(), "{unclear}");
    }
    assert!(!Template::parse("${aws:username}", false).unwrap().has_variables());
}
