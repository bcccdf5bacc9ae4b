//! Patterns, ARNs and networks, by their definitions.

use serde_json::Value;

pub(super) fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().flat_map(list).collect(),
        Value::String(text) => vec![text.clone()],
        other => vec![other.to_string()],
    }
}

/// The definition of a pattern, over characters of which some are meant literally.
pub(super) fn glob(pattern: &[(char, bool)], text: &[char]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((('*', true), rest)) => (0..=text.len()).any(|skip| glob(rest, &text[skip..])),
        Some((('?', true), rest)) => !text.is_empty() && glob(rest, &text[1..]),
        Some(((char, _), rest)) => text.first() == Some(char) && glob(rest, &text[1..]),
    }
}

pub(super) fn pattern(text: &str) -> Vec<(char, bool)> {
    text.chars().map(|char| (char, true)).collect()
}

pub(super) fn fits(pattern_text: &[(char, bool)], text: &str) -> bool {
    glob(pattern_text, &text.chars().collect::<Vec<_>>())
}

/// Cut at the first five colons.
pub(super) fn parts(pattern: &[(char, bool)]) -> Vec<Vec<(char, bool)>> {
    let mut parts = vec![Vec::new()];
    for each in pattern {
        if each.0 == ':' && parts.len() < 6 {
            parts.push(Vec::new());
        } else {
            parts.last_mut().unwrap().push(*each);
        }
    }
    parts
}

pub(super) fn arn_fits(pattern: &[(char, bool)], text: &str) -> Option<bool> {
    let (patterns, texts) = (parts(pattern), parts(&self::pattern(text)));
    if patterns.len() != 6 || texts.len() != 6 {
        return None;
    }
    Some(patterns.iter().zip(texts).all(|(pattern, text)| {
        let text: String = text.into_iter().map(|(char, _)| char).collect();
        fits(pattern, &text)
    }))
}

pub(super) fn network(text: &str) -> Option<(u32, u32)> {
    let (address, bits) = text.split_once('/').unwrap_or((text, "32"));
    let numbers: Vec<u32> =
        address.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [a, b, c, d] = numbers[..] else { return None };
    let mask = u32::MAX.checked_shl(32 - bits.parse::<u32>().ok()?).unwrap_or(0);
    Some(((a << 24 | b << 16 | c << 8 | d) & mask, mask))
}
