//! Policy documents: a small highlighter that also marks the statements that decided.

use super::super::look::Role;
use super::{About, Document, Line, Span};
use crate::answer::PolicyView;

/// Appends a policy under its name. `marked` are the statements to mark, by index.
pub(crate) fn policy(document: &mut Document, title: &str, view: &PolicyView, marked: &[usize]) {
    document.heading(title.to_owned());
    for problem in &view.problems {
        document.say(Role::Error, format!("does not parse: {problem}"));
    }
    let Some(text) = &view.text else {
        document.push(Line::new().with(Role::VerdictUnknown, "? not read"));
        return;
    };
    for (number, line) in text.lines().enumerate() {
        let statement =
            view.statements.iter().position(|(from, to)| (*from..*to).contains(&number));
        let is_marked = statement.is_some_and(|statement| marked.contains(&statement));
        let mut spans = vec![Span {
            text: if is_marked { "┃ ".to_owned() } else { "  ".to_owned() },
            role: Role::JsonMark,
        }];
        spans.extend(highlight(line));
        if is_marked {
            for span in &mut spans {
                span.role = Role::JsonMark;
            }
        }
        let copy = vec![("policy", text.clone()), ("line", line.trim().to_owned())];
        let indent = u16::try_from(line.len() - line.trim_start().len()).unwrap_or(0);
        document.push(Line {
            spans,
            indent: indent.saturating_add(4),
            about: About { copy, ..About::default() },
            always: false,
        });
    }
}

/// One line of JSON in spans. It need not be valid: what is not understood stays plain.
fn highlight(line: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut rest = line.replace('\t', "    ");
    while let Some(first) = rest.chars().next() {
        let (length, role) = match first {
            '"' => {
                let length = string_length(&rest);
                let after = rest.get(length..).unwrap_or_default().trim_start();
                (length, if after.starts_with(':') { Role::JsonKey } else { Role::JsonString })
            }
            _ if first.is_ascii_alphanumeric() || first == '-' => {
                let end = rest.find(|char: char| !is_literal(char)).unwrap_or(rest.len());
                (end.max(1), Role::JsonLiteral)
            }
            _ => {
                let end = rest
                    .find(|char: char| char == '"' || char == '-' || char.is_ascii_alphanumeric())
                    .unwrap_or(rest.len());
                (end.max(first.len_utf8()), Role::Text)
            }
        };
        let tail = rest.split_off(length.min(rest.len()));
        spans.push(Span { text: rest, role });
        rest = tail;
    }
    spans
}

fn is_literal(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '-' | '+' | '.')
}

/// The bytes of the string that begins `text`, quotes included; all of it when it never ends.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (place, char) in text.char_indices().skip(1) {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return place + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(line: &str) -> Vec<(String, Role)> {
        highlight(line).into_iter().map(|span| (span.text, span.role)).collect()
    }

    #[test]
    fn keys_strings_and_literals_differ() {
        let expected = [
            ("  ", Role::Text),
            (r#""a\"b""#, Role::JsonKey),
            (": [", Role::Text),
            (r#""c""#, Role::JsonString),
            (", ", Role::Text),
            ("true", Role::JsonLiteral),
            ("]", Role::Text),
        ]
        .map(|(text, role)| (text.to_owned(), role));
        assert_eq!(roles(r#"  "a\"b": ["c", true]"#), expected);
    }

    #[test]
    fn broken_text_comes_through_whole() {
        for line in ["\"never ends", "é{\"ü\"", "\\\"", "- ", ""] {
            let whole: String = highlight(line).into_iter().map(|span| span.text).collect();
            assert_eq!(whole, line);
        }
    }

    #[test]
    fn only_lines_of_marked_statements_are_marked() {
        let view = PolicyView {
            policy: "trust policy".to_owned(),
            attached_to: "arn".to_owned(),
            text: Some("{\n  {\n  },\n  {\n  }\n}".to_owned()),
            statements: vec![(1, 3), (3, 5)],
            problems: Vec::new(),
        };
        let mut document = Document::new("");
        policy(&mut document, "Trust policy", &view, &[1]);
        let marked: Vec<bool> = document
            .lines
            .iter()
            .skip(1)
            .map(|line| line.spans.first().is_some_and(|span| span.text.starts_with('┃')))
            .collect();
        assert_eq!(marked, [false, false, false, true, true, false]);
    }
}
