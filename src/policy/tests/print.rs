//! Documents printed, and found again in their text.

use proptest::prelude::*;

use super::super::json::Json;
use super::super::*;
use super::arbitrary::{anything, document, framed, spread};

/// Which problems are kept depends on the order of the elements, that there are some does not.
fn without_wording(mut document: Document) -> Document {
    for statement in &mut document.statements {
        let marked = !statement.problems.is_empty();
        statement.problems = if marked { [Problem::from("marked")].into() } else { Box::default() };
    }
    document
}

#[test]
fn equal_policies_print_the_same() {
    let one = r#"{"Version":"2012-10-17","Id":"x","Statement":{"Action":["sts:AssumeRole"],"Effect":"Allow",
        "Principal":{"AWS":["111111111111"]},"Condition":{"Bool":{"aws:x":true}}}}"#;
    let other = r#"{"Statement":[{"Effect":"Allow","Condition":{"Bool":{"aws:x":["true"]}},
        "Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole"}],"Version":"2012-10-17"}"#;
    let print = |text: &str| Document::parse(text).unwrap().to_string();
    assert_eq!(print(one), print(other));
    assert_eq!(
        print(one),
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"111111111111"},"Action":"sts:AssumeRole","Condition":{"Bool":{"aws:x":"true"}}}]}"#
    );
}

#[test]
fn what_could_not_be_read_is_printed_as_it_was() {
    let text = r#"{"Version":"2015-01-01","Statement":[{"Effect":"Allow","Principal":{"AWS":["arn:aws:iam::111111111111:root","*"]},"Action":"sts:*","Condition":{"Bool":{"aws:x":"true","aws:y":[]},"Null":{"aws:z":1.50},"Null":7},"Extra":[1e3]},null]}"#;
    assert_eq!(Document::parse(text).unwrap().to_string(), text);
}

#[test]
fn places_of_elements() {
    let text = "{\n  \"Statement\": [{\"Sid\": \"é\", \"Condition\":\n    {\"Bool\": {\"aws:x\": [true,\n  false]}}}]}";
    let found = places(text).unwrap();
    let [statement] = found.as_slice() else { panic!("{found:?}") };
    let at = |place: &Place| (place.line, place.column, place.end_line);
    assert_eq!(at(&statement.place), (2, 17, 4));
    let elements: Vec<_> = statement
        .elements
        .iter()
        .map(|each| (each.name.as_str(), each.operator.as_deref(), at(&each.place)))
        .collect();
    assert_eq!(
        elements,
        [
            ("Sid", None, (2, 18, 2)),
            ("Condition", None, (2, 30, 4)),
            ("aws:x", Some("Bool"), (3, 15, 4))
        ]
    );
    assert_eq!(&text[statement.elements[0].place.bytes.clone()], "\"Sid\": \"é\"");
    assert_eq!(places("[]"), None);
    assert_eq!(places("{\"Statement\":[],\"Statement\":[]}"), None);
}

proptest! {
    #[test]
    fn json_comes_back(value in anything()) {
        let (printed, spread) = (value.to_string(), spread(&value));
        prop_assert_eq!(Json::read(&printed).unwrap(), value.clone());
        prop_assert_eq!(Json::read(&spread).unwrap(), value);
    }

    #[test]
    fn a_printed_document_is_the_same(value in document()) {
        if let Ok(one) = Document::parse(&value.to_string()) {
            let printed = one.to_string();
            let other = Document::parse(&printed).unwrap();
            prop_assert_eq!(&other.to_string(), &printed);
            prop_assert_eq!(without_wording(one), without_wording(other), "{}", printed);
        }
    }

    #[test]
    fn blanks_change_nothing(value in document()) {
        prop_assert_eq!(
            Document::parse(&spread(&value)).ok(), Document::parse(&value.to_string()).ok()
        );
    }

    #[test]
    fn what_documents_share_changes_none_of_them(
        values in proptest::collection::vec(anything(), 1..6),
    ) {
        let mut shared = Shared::remembering();
        for value in values.iter().chain(&values) {
            let text = value.to_string();
            prop_assert_eq!(Document::parse_with(&text, &mut shared), Document::parse(&text));
        }
    }

    #[test]
    fn the_text_at_a_place_is_the_statement(value in framed()) {
        let text = spread(&value);
        let document = Document::parse(&text).unwrap();
        let found = places(&text).unwrap();
        prop_assert_eq!(found.len(), document.statements.len());
        let version = Json::read(&text).unwrap();
        let Json::Object(entries) = version else { unreachable!() };
        for (place, statement) in found.iter().zip(&document.statements) {
            let slice = &text[place.place.bytes.clone()];
            let alone = format!("{{\"Version\":{},\"Statement\":[{slice}]}}", entries[0].1);
            prop_assert_eq!(&Document::parse(&alone).unwrap().statements[0], statement);
            let mut all = vec![&place.place];
            for element in &place.elements {
                let slice = &text[element.place.bytes.clone()];
                let alone = format!("{{{slice}}}");
                let Json::Object(entry) = Json::read(&alone).unwrap() else {
                    unreachable!()
                };
                prop_assert_eq!((entry.len(), &*entry[0].0), (1, element.name.as_str()));
                all.push(&element.place);
            }
            for place in all {
                let before = &text[..place.bytes.start];
                let line = before.matches('\n').count() + 1;
                let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
                let end = text[..place.bytes.end].matches('\n').count() + 1;
                prop_assert_eq!((place.line, place.column, place.end_line), (line, column, end));
            }
        }
    }
}
