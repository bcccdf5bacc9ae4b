//! Where the parts of a selector end: at characters that no backslash makes part of a name.

/// Where `at` stands by itself.
fn ends(text: &str, at: char) -> impl DoubleEndedIterator<Item = usize> {
    let mut escaped = false;
    let mut found = Vec::new();
    for (index, char) in text.char_indices() {
        if !escaped && char == at {
            found.push(index);
        }
        escaped = !escaped && char == '\\';
    }
    found.into_iter()
}

fn cut(text: &str, at: char, index: usize) -> Option<(&str, &str)> {
    Some((text.get(..index)?, text.get(index + at.len_utf8()..)?))
}

/// What stands before and after the first `at`.
pub(super) fn first(text: &str, at: char) -> Option<(&str, &str)> {
    cut(text, at, ends(text, at).next()?)
}

/// What stands before and after the last `at`.
pub(super) fn last(text: &str, at: char) -> Option<(&str, &str)> {
    cut(text, at, ends(text, at).next_back()?)
}

/// What stands between all `at`.
pub(super) fn all(mut text: &str, at: char) -> Vec<&str> {
    let mut parts = Vec::new();
    while let Some((part, rest)) = first(text, at) {
        parts.push(part);
        text = rest;
    }
    parts.push(text);
    parts
}

/// Without blanks around it, but for one that a backslash makes part of a name.
pub(super) fn trimmed(text: &str) -> &str {
    let text = text.trim_start();
    let short = text.trim_end();
    let slashes = short.len() - short.trim_end_matches('\\').len();
    let blank = text.get(short.len()..).and_then(|rest| rest.chars().next());
    match blank {
        Some(blank) if slashes % 2 == 1 => text.get(..short.len() + blank.len_utf8()),
        _ => None,
    }
    .unwrap_or(short)
}

/// Whether a wildcard stands in it.
pub(super) fn is_glob(text: &str) -> bool {
    ['*', '?'].into_iter().any(|wildcard| ends(text, wildcard).next().is_some())
}

/// The name that a part without wildcards means.
pub(super) fn plain(text: &str) -> String {
    let mut chars = text.chars();
    let next = || match chars.next()? {
        '\\' => chars.next(),
        other => Some(other),
    };
    std::iter::from_fn(next).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::arn::glob::escape;

    #[test]
    fn a_backslash_keeps_a_character_in_the_name() {
        assert_eq!(first(r"a\:b:c:d", ':').unwrap(), (r"a\:b", "c:d"));
        assert_eq!(last(r"a:b\:c", ':').unwrap(), ("a", r"b\:c"));
        assert_eq!(last(r"a:b\\:c", ':').unwrap(), (r"a:b\\", "c"));
        assert_eq!(first(r"a\:b", ':'), None);
        assert_eq!(all(r"a/b\/c/", '/'), ["a", r"b\/c", ""]);
        assert_eq!(trimmed("  a  "), "a");
        assert_eq!(trimmed(r" a\   "), r"a\ ");
        assert_eq!(trimmed(r"a\\ "), r"a\\");
        assert!(is_glob("a*") && !is_glob(r"a\*"));
        for name in ["a", "@x:plan", r"\", "a * b?", "", " "] {
            assert_eq!(plain(&escape(name, "@:")), name);
            assert_eq!(trimmed(&escape(name, "@:")), escape(name, "@:"));
        }
    }
}
