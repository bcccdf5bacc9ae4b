//! Every shape in which people and AWS write the elements of a statement.

use super::super::*;

/// What is read of a statement: the problem where there is one.
fn problem(element: &str) -> Option<String> {
    let around = match element {
        _ if element.contains("\"Action\"") || element.contains("\"NotAction\"") => "",
        _ => r#""Action":"sts:AssumeRole","#,
    };
    let text =
        format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{around}{element}}}}}"#);
    let statement = Document::parse(&text).unwrap().statements[0].clone();
    assert_eq!(statement.effect, Some(Effect::Allow));
    (!statement.problems.is_empty()).then(|| statement.problems.join("; "))
}

#[test]
fn what_can_be_read() {
    for element in [
        r#""Sid":"x""#,
        r#""Sid":"""#,
        r#""Sid":null"#,
        r#""Action":"*""#,
        r#""NotAction":["iam:*"]"#,
        r#""Resource":"*""#,
        r#""NotResource":["arn:aws:iam::*:role/x","*"]"#,
        r#""Principal":"*""#,
        r#""NotPrincipal":{"AWS":"111111111111"}"#,
        r#""Principal":{"AWS":["*"],"Service":"ec2.amazonaws.com"}"#,
        r#""Condition":{}"#,
        r#""Condition":{"StringEquals":{"aws:x":"a","AWS:X":"b"},"stringequals":{"aws:x":"a"}}"#,
        r#""Condition":{"Bool":{"aws:MultiFactorAuthPresent":[true,"false"]}}"#,
        r#""Condition":{"NumericLessThan":{"aws:MultiFactorAuthAge":3600}}"#,
        r#""Condition":{"StringMatches":{"aws:x":"an operator that nobody knows"}}"#,
        r#""Condition":{"StringLike":{"aws:x":["${aws:username, 'none'}","${*}","$x"]}}"#,
    ] {
        assert_eq!(problem(element), None, "{element}");
    }
}

#[test]
fn what_is_left_undecided() {
    for (element, expected) in [
        (r#""action":"*""#, "`action` is no element"),
        (r#""Action":[]"#, "`Action` is an empty list"),
        (r#""NotAction":[]"#, "`Action` is an empty list"),
        (r#""Action":null"#, "`Action` holds something that is no string"),
        (r#""Action":[["sts:*"]]"#, "no string"),
        (r#""Action":{"a":"b"}"#, "no string"),
        (r#""Action":"a:b","NotAction":"c:d""#, "stands beside another `Action`"),
        (r#""Action":"a:b","Action":"a:b""#, "stands beside another `Action`"),
        (r#""Resource":[]"#, "`Resource` is an empty list"),
        (r#""Resource":null"#, "no string"),
        (r#""Resource":["*",7]"#, "no string"),
        (r#""Resource":"arn:aws:iam::*:role/${aws:username""#, "is not closed"),
        (r#""Resource":"*","NotResource":"*""#, "stands beside another `Resource`"),
        (r#""Principal":{}"#, "names nobody"),
        (r#""Principal":null"#, "neither"),
        (r#""Principal":["*"]"#, "neither"),
        (r#""Principal":"111111111111""#, "neither"),
        (r#""Principal":{"AWS":[]}"#, "`AWS` is an empty list"),
        (r#""Principal":{"AWS":null}"#, "no string"),
        (r#""Principal":{"AWS":111111111111}"#, "no string"),
        (r#""Principal":{"aws":"*"}"#, "`aws` is no kind of principal"),
        (r#""Principal":{"Everybody":[]}"#, "`Everybody` is no kind of principal"),
        (r#""Principal":{"AWS":"111111111111","AWS":"*"}"#, "holds `AWS` twice"),
        (r#""Condition":null"#, "no object"),
        (r#""Condition":[]"#, "no object"),
        (r#""Condition":{"StringEquals":{}}"#, "`StringEquals` holds no key"),
        (r#""Condition":{"StringEquals":"aws:x"}"#, "holds no object of keys"),
        (r#""Condition":{"StringEquals":{"aws:x":[]}}"#, "`aws:x` has no value"),
        (r#""Condition":{"StringNotEquals":{"aws:x":[]}}"#, "`aws:x` has no value"),
        (r#""Condition":{"StringEquals":{"aws:x":null}}"#, "a value that is no string"),
        (r#""Condition":{"StringEquals":{"aws:x":[["a"]]}}"#, "a value that is no string"),
        (r#""Condition":{"StringEquals":{"aws:x":{"a":"b"}}}"#, "a value that is no string"),
        (r#""Condition":{"StringEquals":{"aws:x":"a","aws:x":"b"}}"#, "under one operator twice"),
        (
            r#""Condition":{"Null":{"a:x":"true"},"Null":{"a:y":"true"}}"#,
            "`Null` stands in `Condition` twice",
        ),
        (r#""Condition":{},"Condition":{}"#, "stands beside another `Condition`"),
        (r#""Sid":"a","Sid":"b""#, "stands beside another `Sid`"),
        (r#""NotEffect":"Deny""#, "`NotEffect` is no element"),
    ] {
        let found = problem(element).unwrap_or_default();
        assert!(found.contains(expected), "{element}: {found}");
    }
}

#[test]
fn effects_are_read_as_written_only() {
    for effect in [r#""allow""#, r#"["Allow"]"#, "null", r#""Allow ""#, "true"] {
        let text = format!(r#"{{"Statement":{{"Effect":{effect},"Action":"*"}}}}"#);
        let found = Document::parse(&text).unwrap().statements[0].clone();
        assert_eq!((found.effect, found.problems.len()), (None, 1), "{effect}");
    }
}

#[test]
fn a_part_that_stands_twice_is_left_out_and_the_others_stay() {
    let text = r#"{"Statement":{"Effect":"Allow","Action":"*","Condition":{
        "StringEquals":{"aws:a":"1","aws:a":"2","aws:b":"3"},
        "Bool":{"aws:c":"true"},"Null":{"aws:d":"true"},"Bool":{"aws:e":"true"}}}}"#;
    let found = Document::parse(text).unwrap().statements[0].clone();
    let keys: Vec<&str> = found.conditions.iter().map(|each| &*each.key).collect();
    assert_eq!(keys, ["aws:b", "aws:d"]);
    assert_eq!(found.problems.len(), 4);
}

#[test]
fn numbers_and_booleans_stay_as_they_are_written() {
    let text = r#"{"Id":7,"Statement":{"Sid":-1.50,"Effect":"Allow","Action":"*","Condition":{
        "StringEquals":{"a\"1:b":[1e3,1.0,-0,true,"x 2 \\",123456789012,
        123456789012345678901234567890,0.1234567890123456789]}}}}"#;
    let found = Document::parse(text).unwrap().statements[0].clone();
    assert_eq!(found.sid.as_deref(), Some("-1.50"));
    let values: Vec<&str> = found.conditions[0].values.iter().map(|value| &*value.text).collect();
    assert_eq!(
        values,
        [
            "1e3",
            "1.0",
            "-0",
            "true",
            "x 2 \\",
            "123456789012",
            "123456789012345678901234567890",
            "0.1234567890123456789"
        ]
    );
    // A number does not begin with a zero in JSON.
    assert!(Document::parse(r#"{"Statement":[],"Id":012345678901}"#).is_err());
}

#[test]
fn documents_of_every_form() {
    let read = |text: &str| {
        let document = Document::parse(text).unwrap();
        let sound = document.statements.iter().filter(|each| each.problems.is_empty()).count();
        (document.version, document.statements.len(), sound)
    };
    let statement = r#"{"Effect":"Allow","Action":"*","Resource":"${x"}"#;
    for (text, expected) in [
        (r#"{"Statement":[]}"#.to_owned(), (Version::V2008, 0, 0)),
        (format!(r#"{{"Statement":{statement}}}"#), (Version::V2008, 1, 1)),
        (format!(r#" {{"Id":[],"Statement":[{statement}]}} "#), (Version::V2008, 1, 1)),
        (
            format!(r#"{{"Statement":[{statement}],"Version":"2012-10-17"}}"#),
            (Version::V2012, 1, 0),
        ),
        (format!(r#"{{"Version":"2008-10-17","Statement":{statement}}}"#), (Version::V2008, 1, 1)),
        (format!(r#"{{"Version":"2012","Statement":{statement}}}"#), (Version::V2008, 1, 0)),
        (format!(r#"{{"Version":null,"Statement":{statement}}}"#), (Version::V2008, 1, 0)),
        (
            format!(r#"{{"Version":"2008-10-17","Version":"2008-10-17","Statement":{statement}}}"#),
            (Version::V2008, 1, 0),
        ),
        (format!(r#"{{"Comment":"","Statement":{statement}}}"#), (Version::V2008, 1, 0)),
        (r#"{"Statement":null}"#.to_owned(), (Version::V2008, 1, 0)),
        (format!(r#"{{"Statement":[[{statement}],{statement}]}}"#), (Version::V2008, 2, 1)),
    ] {
        assert_eq!(read(&text), expected, "{text}");
    }
}
