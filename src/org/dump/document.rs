//! Policy documents: objects as the CLI prints them, strings as the API sends them.

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::de::IgnoredAny;
use serde_json::value::{RawValue, to_raw_value};

use crate::org::reading::PolicyText;

/// A document's text, and what is wrong with it. The text survives even where it is no policy,
/// so that people can look at what was there.
pub(super) struct Document {
    pub(super) text: PolicyText,
    pub(super) complaint: Option<&'static str>,
}

/// Reads a document in any of its three forms.
pub(super) fn decode(raw: &RawValue) -> Document {
    let written = raw.get().trim();
    if written.starts_with('{') {
        return Document { text: written.into(), complaint: None };
    }
    let Ok(string) = serde_json::from_str::<String>(written) else {
        return Document {
            text: written.into(),
            complaint: Some("a policy document is expected: a JSON object, or a string with one"),
        };
    };
    if begins_as_object(&string) {
        return checked(string);
    }
    match percent_decode_str(&string).decode_utf8() {
        Ok(decoded) => checked(decoded.into_owned()),
        Err(_) => Document {
            text: string.into(),
            complaint: Some("the percent-encoded policy document is not UTF-8"),
        },
    }
}

/// An object begins so, and percent-encoding would have hidden it. `+` stays a plus: this is
/// not the encoding of forms.
fn begins_as_object(text: &str) -> bool {
    text.trim_start().starts_with('{')
}

fn checked(text: String) -> Document {
    let valid = begins_as_object(&text) && serde_json::from_str::<IgnoredAny>(&text).is_ok();
    let complaint = "the string is no policy document: a JSON object, as it is or \
                     percent-encoded, is expected";
    Document { text: text.into(), complaint: (!valid).then_some(complaint) }
}

/// The form in which [`decode`] finds exactly `text` again, an object where that is possible.
pub(super) fn encode(text: &str) -> Option<Box<RawValue>> {
    if begins_as_object(text) {
        let object = RawValue::from_string(text.to_owned()).ok();
        return match object.filter(|raw| raw.get() == text) {
            Some(raw) => Some(raw),
            None => to_raw_value(text).ok(),
        };
    }
    to_raw_value(&utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(json: &str) -> (String, bool) {
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        let document = decode(raw);
        (document.text.to_string(), document.complaint.is_none())
    }

    #[test]
    fn the_three_forms_give_the_same_text() {
        let text = r#"{"Version":"2012-10-17","A":1.0,"A":"a+b %41"}"#;
        assert_eq!(read(text), (text.to_owned(), true));
        assert_eq!(read(&serde_json::to_string(text).unwrap()), (text.to_owned(), true));
        let encoded = utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        assert_eq!(read(&format!("\"{encoded}\"")), (text.to_owned(), true));
        // A plus is a plus in every form.
        assert_eq!(read(r#""%7B%22a%22%3A%22x+y%22%7D""#).0, r#"{"a":"x+y"}"#);
        assert_eq!(read(r#"" {\"a\": \"%41\"} ""#).0, r#" {"a": "%41"} "#);
    }

    #[test]
    fn what_is_no_policy_keeps_its_text() {
        for (json, text) in [
            ("null", "null"),
            ("[1]", "[1]"),
            (r#""{ \"a\": ""#, "{ \"a\": "),
            (r#""not json""#, "not json"),
            (r#""%FF""#, "%FF"),
        ] {
            assert_eq!(read(json), (text.to_owned(), false), "{json}");
        }
    }

    proptest! {
        #[test]
        fn every_text_comes_back(text in r#"[ \n]?[{\[%"a+]?[ -~é\n]{0,12}[}]?[ ]?"#) {
            prop_assert_eq!(&*decode(&encode(&text).unwrap()).text, text.as_str());
        }
    }
}
