//! Text from outside, made safe for a terminal.
//!
//! Names, tags, policy Sids and error messages come from accounts that somebody else may
//! control. Nothing of theirs reaches a terminal but through here.

use std::borrow::Cow;
use std::fmt::Write as _;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// `text` with everything that could steer a terminal or hide what is written (control
/// characters, escape sequences, bidirectional overrides, invisible marks) shown as `\u{…}`.
pub fn safe(text: &str) -> Cow<'_, str> {
    clean(text, |_| false)
}

/// As [`safe`], with line feeds kept and tabs as four blanks, for text of several lines.
pub fn safe_lines(text: &str) -> Cow<'_, str> {
    if text.contains('\t') {
        return Cow::Owned(clean(&text.replace('\t', "    "), |char| char == '\n').into_owned());
    }
    clean(text, |char| char == '\n')
}

fn clean(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.chars().all(|char| !steers(char) || keep(char)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        if steers(char) && !keep(char) {
            let _ = write!(shown, "\\u{{{:x}}}", u32::from(char));
        } else {
            shown.push(char);
        }
    }
    Cow::Owned(shown)
}

/// Whether a terminal would act on the character, or show nothing for it.
fn steers(char: char) -> bool {
    char.is_control()
        || matches!(char,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// How many terminal columns `text` takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// `text` cut to at most `columns` columns, with `…` in place of what was left out.
pub fn fit(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let mut shown = String::new();
    let mut used = 0;
    for char in text.chars() {
        let next = char.width().unwrap_or(0);
        if used + next + 1 > columns {
            break;
        }
        used += next;
        shown.push(char);
    }
    if columns > 0 {
        shown.push('…');
    }
    Cow::Owned(shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_overrides_become_visible() {
        assert_eq!(safe("plain – ok é 名"), "plain – ok é 名");
        assert_eq!(safe("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(safe("a\nb"), "a\\u{a}b");
        assert_eq!(safe("x\u{202e}y\u{200b}"), "x\\u{202e}y\\u{200b}");
        assert_eq!(safe_lines("a\n\tb\u{7}"), "a\n    b\\u{7}");
    }

    #[test]
    fn cutting_respects_double_width() {
        assert_eq!(fit("abcdef", 4), "abc…");
        assert_eq!(fit("名前です", 5), "名前…");
        assert_eq!(fit("ab", 0), "");
    }
}
