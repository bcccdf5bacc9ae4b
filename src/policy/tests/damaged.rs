//! Texts that are no policies, and policies that nobody would write.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::super::*;
use super::arbitrary::document;

/// Everything that is done with a text.
fn read(text: &str) -> Option<Document> {
    let found = Document::parse(text).ok();
    assert_eq!(places(text).map(|all| all.len()), found.as_ref().map(|all| all.statements.len()));
    if let Some(document) = &found {
        assert!(Document::parse(&document.to_string()).is_ok());
    }
    found
}

proptest! {
    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        read(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_damage_makes_the_parser_panic(
        value in document(), at in any::<prop::sample::Index>(), with in r#"[\[\]{},:"\\0-9a é]{0,2}"#,
    ) {
        let text = value.to_string();
        read(&text);
        let chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len());
        let damaged: String =
            chars[..at].iter().copied().chain(with.chars()).chain(chars[at + 1..].iter().copied()).collect();
        read(&damaged);
    }
}

#[test]
fn depth_is_an_error_and_no_overflow() {
    let deep = 200_000;
    for (open, close) in [("[", "]"), (r#"{"Statement":"#, "}"), (r#"{"Statement":["#, "]}")] {
        assert!(read(&open.repeat(deep)).is_none());
        assert!(read(&format!("{}1{}", open.repeat(deep), close.repeat(deep))).is_none());
    }
    let inside = format!("{}{}", "[".repeat(deep), "]".repeat(deep));
    let text = format!(r#"{{"Statement":{{"Effect":"Allow","Action":{inside}}}}}"#);
    let error = Document::parse(&text).unwrap_err().to_string();
    assert!(error.starts_with("line 1, column") && error.len() < 200, "{error}");
}

#[test]
fn a_damaged_megabyte_is_read_in_one_go_with_few_words() {
    let count = 20_000;
    let long = "x".repeat(500_000);
    let list = |item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<Vec<_>>().join(",");
    let statement = |inside: &str| format!(r#"{{"Effect":"Allow","Action":"*",{inside}}}"#);
    let mut deep = String::new();
    for at in 0..count {
        write!(deep, "\n{{\"a{at}\":1}},").unwrap();
    }
    let around = list(&|at| format!(r#""Around{}":1"#, at / 3));
    for rest in [
        format!("{}],{around}", list(&|_| "{}".to_owned())),
        list(&|at| format!("{at}")),
        format!("{deep}7"),
        statement(&list(&|at| format!(r#""Unknown{at}":1"#))),
        statement(&list(&|_| r#""Action":"a:b""#.to_owned())),
        statement(&format!(r#""{long}":1,"{long}":2"#)),
        statement(&format!(r#""Sid":"{long}""#)),
        statement(&format!(r#""Resource":"${{{long}""#)),
        statement(&format!(r#""Principal":{{"{long}":"x"}}"#)),
        statement(&format!(r#""Principal":{{"AWS":[{}]}}"#, list(&|at| format!(r#""arn{at}""#)))),
        statement(&format!(
            r#""Condition":{{"{long}":{{{}}}}}"#,
            list(&|at| format!(r#""k{}":[]"#, at / 2))
        )),
        statement(&format!(r#""Condition":{{{}}}"#, list(&|at| format!(r#""o{at}":{{"k":"v"}}"#)))),
        statement(&format!(
            r#""Condition":{{"StringLike":{{"{long}":[{}]}}}}"#,
            list(&|at| format!(r#""v{at}*""#))
        )),
    ] {
        // Only the first says what stands behind the statements.
        let rest = if rest.ends_with(&around) { rest } else { rest + "]" };
        let found = read(&format!(r#"{{"Version":"2012-10-17","Statement":[{rest}}}"#)).unwrap();
        let problems = found.statements.iter().flat_map(|statement| &statement.problems);
        let written: usize = problems
            .map(|problem| match problem {
                Problem::Owned(text) => text.len(),
                Problem::Borrowed(_) => 0,
            })
            .sum();
        assert!(written < 20_000, "{written}");
        assert!(found.statements.iter().all(|statement| statement.problems.len() <= 6));
    }
}
