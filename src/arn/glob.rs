//! `*` and `?` in names: the matcher that policies and selectors share.

use std::sync::Arc;

use super::short;

/// One piece of a pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Piece {
    /// This character and no other.
    Char(char),
    /// `?`: any one character.
    One,
    /// `*`: any run of characters, the empty one included.
    Many,
}

/// A name as [`Glob::escaped`] reads it back: with a backslash before what would be read as
/// something else, which `also` is besides wildcards, and before a blank at the end.
pub fn escape(name: &str, also: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for (index, char) in name.char_indices() {
        let is_last = index + char.len_utf8() == name.len();
        if matches!(char, '\\' | '*' | '?')
            || also.contains(char)
            || (is_last && char.is_whitespace())
        {
            text.push('\\');
        }
        text.push(char);
    }
    text
}

/// A pattern ready to match.
///
/// Most texts that don't fit already differ in front of the first wildcard or behind the last, so
/// both are known as text and compared byte by byte. Patterns are kept by the hundred thousand:
/// all that one with one wildcard or none needs is its own text, which others may share.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Glob {
    /// All pieces as characters, so that `*` may stand for a wildcard or for itself.
    text: Arc<str>,
    /// Where the first wildcard stands, and where what follows the last one begins. Both are the
    /// end of the text where there is no wildcard.
    front: u32,
    back: u32,
    /// From the first wildcard to the last, where that is more than one piece.
    middle: Option<Box<Pieces>>,
}

/// Behind a pointer of one word: few patterns have them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Pieces(Box<[Piece]>);

/// What stands between the texts in front and behind.
enum Middle<'g> {
    /// No wildcard at all.
    Nothing,
    Wildcard(Piece),
    Pieces(&'g [Piece]),
}

impl Glob {
    /// Reads `*` and `?` as wildcards and everything else as itself.
    pub fn new(pattern: &str) -> Self {
        Self::of(pattern.into())
    }

    /// As [`Glob::new`], with the text shared.
    pub fn of(pattern: Arc<str>) -> Self {
        let Some(first) = memchr::memchr2(b'*', b'?', pattern.as_bytes()) else {
            let end = place(pattern.len());
            return Self { text: pattern, front: end, back: end, middle: None };
        };
        let last = memchr::memrchr2(b'*', b'?', pattern.as_bytes()).unwrap_or(first);
        let middle = (first < last).then(|| {
            let middle = pattern.get(first..=last).unwrap_or_default();
            Box::new(Pieces(middle.chars().map(piece).collect()))
        });
        Self { front: place(first), back: place(last + 1), text: pattern, middle }
    }

    /// As [`Glob::new`], with a backslash making the next character itself, as in selectors.
    pub fn escaped(pattern: &str) -> Self {
        let mut chars = pattern.chars();
        let next = || match chars.next()? {
            '\\' => chars.next().map(Piece::Char),
            other => Some(piece(other)),
        };
        std::iter::from_fn(next).collect()
    }

    /// The pattern with wildcards and other characters alike as themselves.
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Whether the whole of `text` fits, letter case included.
    pub fn matches(&self, text: &str) -> bool {
        match self.middle() {
            Middle::Nothing => short::same(&self.text, text),
            middle => short::after(text, self.literal_prefix())
                .and_then(|rest| short::before(rest, self.suffix()))
                .is_some_and(|inner| middle.fits(inner, |pattern, found| pattern == found)),
        }
    }

    /// As [`Glob::matches`], with ASCII letters compared without case.
    pub fn matches_ignoring_case(&self, text: &str) -> bool {
        let middle = self.middle();
        if let Middle::Nothing = middle {
            return self.text.eq_ignore_ascii_case(text);
        }
        // A cut within a character is a difference too: only ASCII letters have two forms.
        let (prefix, suffix) = (self.literal_prefix(), self.suffix());
        let inner = text
            .split_at_checked(prefix.len())
            .filter(|(front, _)| front.eq_ignore_ascii_case(prefix))
            .and_then(|(_, rest)| rest.split_at_checked(rest.len().checked_sub(suffix.len())?))
            .filter(|(_, end)| end.eq_ignore_ascii_case(suffix));
        inner.is_some_and(|(inner, _)| {
            middle.fits(inner, |pattern, found| pattern.eq_ignore_ascii_case(&found))
        })
    }

    /// The text that the pattern stands for when it holds no wildcard.
    pub fn literal(&self) -> Option<&str> {
        self.is_literal().then_some(&*self.text)
    }

    fn is_literal(&self) -> bool {
        self.front == self.back
    }

    /// What stands before the first wildcard; the whole pattern where there is none.
    pub fn literal_prefix(&self) -> &str {
        self.text.get(..self.front as usize).unwrap_or_default()
    }

    /// What stands behind the last wildcard; nothing where there is none.
    fn suffix(&self) -> &str {
        self.text.get(self.back as usize..).unwrap_or_default()
    }

    fn middle(&self) -> Middle<'_> {
        match &self.middle {
            Some(pieces) => Middle::Pieces(&pieces.0),
            None if self.is_literal() => Middle::Nothing,
            None if self.text.as_bytes().get(self.front as usize) == Some(&b'?') => {
                Middle::Wildcard(Piece::One)
            }
            None => Middle::Wildcard(Piece::Many),
        }
    }

    /// Whether the last character is a `*`.
    pub fn ends_open(&self) -> bool {
        self.suffix().is_empty() && self.middle().pieces().last() == Some(Piece::Many)
    }

    /// Whether the pattern is `*` (or a run of them), which every text fits.
    pub fn matches_everything(&self) -> bool {
        self.front == 0
            && !self.is_literal()
            && self.suffix().is_empty()
            && self.middle().pieces().all(|piece| piece == Piece::Many)
    }

    /// The patterns between the first five colons, as [`super::split`] cuts an ARN. `None` when
    /// a colon is missing.
    pub fn split(&self) -> Option<[Self; 6]> {
        let pieces: Vec<Piece> = self.pieces().collect();
        let mut parts = pieces.splitn(6, |piece| *piece == Piece::Char(':'));
        let mut next = || parts.next().map(|part| part.iter().copied().collect());
        Some([next()?, next()?, next()?, next()?, next()?, next()?])
    }

    /// The patterns between all colons.
    pub fn segments(&self) -> Vec<Self> {
        let pieces: Vec<Piece> = self.pieces().collect();
        let parts = pieces.split(|piece| *piece == Piece::Char(':'));
        parts.map(|part| part.iter().copied().collect()).collect()
    }

    fn has_many(&self) -> bool {
        self.middle().pieces().any(|piece| piece == Piece::Many)
    }

    fn pieces(&self) -> impl DoubleEndedIterator<Item = Piece> + Clone {
        let (prefix, suffix) = (self.literal_prefix().chars(), self.suffix().chars());
        prefix.map(Piece::Char).chain(self.middle().pieces()).chain(suffix.map(Piece::Char))
    }

    /// Whether every text that fits `other` fits this pattern too. `false` may be said of a
    /// pattern that does cover the other; `true` is always right.
    pub fn covers(&self, other: &Self) -> bool {
        if other.is_literal() {
            return self.matches(&other.text);
        }
        let (mut at, mut over) = (self.pieces(), other.pieces());
        let mut last_many = None;
        loop {
            let (mut next, mut next_over) = (at.clone(), over.clone());
            let step = match (next.next(), next_over.next()) {
                (Some(Piece::Many), _) => {
                    last_many = Some((next.clone(), over.clone()));
                    at = next;
                    continue;
                }
                (None, None) => return true,
                (Some(Piece::One), Some(Piece::One | Piece::Char(_))) => true,
                (Some(Piece::Char(one)), Some(Piece::Char(two))) => one == two,
                _ => false,
            };
            if step {
                (at, over) = (next, next_over);
                continue;
            }
            let Some((after_many, run)) = last_many.as_mut() else {
                return false;
            };
            if run.next().is_none() {
                return false;
            }
            (at, over) = (after_many.clone(), run.clone());
        }
    }

    /// Whether some text fits both patterns.
    pub fn meets(&self, other: &Self) -> bool {
        if other.is_literal() {
            return self.matches(&other.text);
        }
        if self.is_literal() {
            return other.matches(&self.text);
        }
        if self.has_many() && other.has_many() {
            // What stands before the first runs has to fit, and what stands behind the last; what is
            // between in the one goes into a run of the other.
            let fits = |(one, two): (Piece, Piece)| match (one, two) {
                (Piece::Char(one), Piece::Char(two)) => one == two,
                _ => true,
            };
            let fixed = |piece: &Piece| *piece != Piece::Many;
            let before = self.pieces().take_while(fixed).zip(other.pieces().take_while(fixed));
            let (behind, others) = (self.pieces().rev(), other.pieces().rev());
            let behind = behind.take_while(fixed).zip(others.take_while(fixed));
            return before.chain(behind).all(fits);
        }
        let (ours, theirs): (Vec<Piece>, Vec<Piece>) =
            (self.pieces().collect(), other.pieces().collect());
        // Row by row over which suffixes can still meet; both patterns are short.
        let width = theirs.len() + 1;
        let (mut row, mut below) = (vec![false; width], vec![false; width]);
        let here = |row: &[bool], index: usize| row.get(index).copied().unwrap_or(false);
        for at in (0..=ours.len()).rev() {
            let one = ours.get(at);
            for over in (0..width).rev() {
                let meets = match (one, theirs.get(over)) {
                    (None, None) => true,
                    (Some(Piece::Many), _) => here(&below, over) || here(&row, over + 1),
                    (_, Some(Piece::Many)) => here(&row, over + 1) || here(&below, over),
                    (Some(Piece::Char(one)), Some(Piece::Char(two))) => {
                        one == two && here(&below, over + 1)
                    }
                    (Some(_), Some(_)) => here(&below, over + 1),
                    _ => false,
                };
                if let Some(cell) = row.get_mut(over) {
                    *cell = meets;
                }
            }
            std::mem::swap(&mut row, &mut below);
        }
        below.first().copied().unwrap_or(false)
    }

    /// Whether some text that begins with `prefix` fits.
    ///
    /// Serves for values of which only the beginning is known.
    pub fn may_match_prefix(&self, prefix: &str) -> bool {
        let mut pieces = self.pieces();
        for found in prefix.chars() {
            match pieces.next() {
                Some(Piece::Many) => return true,
                Some(Piece::One) => {}
                Some(Piece::Char(char)) if char == found => {}
                Some(Piece::Char(_)) | None => return false,
            }
        }
        true
    }
}

impl FromIterator<Piece> for Glob {
    fn from_iter<I: IntoIterator<Item = Piece>>(pieces: I) -> Self {
        let mut text = String::new();
        let mut middle = Vec::new();
        // Where the first wildcard stands, and where what follows the last one begins.
        let mut wildcards: Option<(usize, usize)> = None;
        for piece in pieces {
            let at = text.len();
            text.push(match piece {
                Piece::Char(char) => char,
                Piece::One => '?',
                Piece::Many => '*',
            });
            if !matches!(piece, Piece::Char(_)) {
                let (_, back) = *wildcards.get_or_insert((at, at));
                // What seemed to be the end is between two wildcards.
                middle.extend(text.get(back..at).unwrap_or_default().chars().map(Piece::Char));
                middle.push(piece);
                wildcards = wildcards.map(|(front, _)| (front, text.len()));
            }
        }
        let (front, back) = wildcards.unwrap_or((text.len(), text.len()));
        let middle = (middle.len() > 1).then(|| Box::new(Pieces(middle.into())));
        Self { text: text.into(), front: place(front), back: place(back), middle }
    }
}

/// A place in a pattern. Policies and selectors are a few kilobytes at most.
fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl<'g> Middle<'g> {
    fn pieces(self) -> impl DoubleEndedIterator<Item = Piece> + Clone + 'g {
        let (one, many) = match self {
            Self::Nothing => (None, &[][..]),
            Self::Wildcard(piece) => (Some(piece), &[][..]),
            Self::Pieces(pieces) => (None, pieces),
        };
        one.into_iter().chain(many.iter().copied())
    }

    fn fits(self, text: &str, same: impl Fn(char, char) -> bool) -> bool {
        match self {
            Self::Nothing => text.is_empty(),
            Self::Wildcard(Piece::Many) => true,
            Self::Wildcard(piece) => fits(&[piece], text, same),
            Self::Pieces(pieces) => fits(pieces, text, same),
        }
    }
}

/// How one character of a pattern reads where nothing is escaped.
pub fn piece(char: char) -> Piece {
    match char {
        '*' => Piece::Many,
        '?' => Piece::One,
        other => Piece::Char(other),
    }
}

/// The usual walk with one point to go back to: the last `*` and where its run began. Each
/// return to it takes one more character of the text, so the work is at most
/// pattern x text, whatever the input.
fn fits(pieces: &[Piece], text: &str, same: impl Fn(char, char) -> bool) -> bool {
    let mut at = 0;
    let mut rest = text.chars();
    let mut last_many = None;
    loop {
        let step = match pieces.get(at) {
            Some(Piece::Many) => {
                last_many = Some((at + 1, rest.clone()));
                true
            }
            Some(Piece::One) => rest.next().is_some(),
            Some(Piece::Char(char)) => rest.next().is_some_and(|found| same(*char, found)),
            None if rest.as_str().is_empty() => return true,
            None => false,
        };
        if step {
            at += 1;
            continue;
        }
        let Some((after_many, run)) = last_many.as_mut() else {
            return false;
        };
        if run.next().is_none() {
            return false;
        }
        at = *after_many;
        rest = run.clone();
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition, written down without any thought for speed.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|skip| naive(rest, &text[skip..])),
            Some(('?', rest)) => !text.is_empty() && naive(rest, &text[1..]),
            Some((char, rest)) => text.first() == Some(char) && naive(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_definition(pattern in "[abé名*?]{0,8}", text in "[abcé名]{0,8}") {
            let expected = naive(
                &pattern.chars().collect::<Vec<_>>(),
                &text.chars().collect::<Vec<_>>(),
            );
            prop_assert_eq!(Glob::new(&pattern).matches(&text), expected);
        }

        #[test]
        fn case_is_ignored_of_ascii_letters_only(
            pattern in "[aAbéÉK\u{212a}*?]{0,8}", text in "[aABéÉk\u{212a}]{0,8}",
        ) {
            let lower = |text: &str| text.to_ascii_lowercase().chars().collect::<Vec<_>>();
            let expected = naive(&lower(&pattern), &lower(&text));
            prop_assert_eq!(Glob::new(&pattern).matches_ignoring_case(&text), expected);
        }

        #[test]
        fn pieces_and_text_give_the_same_pattern(pattern in "[ab:é*?]{0,12}") {
            let glob = Glob::new(&pattern);
            prop_assert_eq!(&glob, &pattern.chars().map(piece).collect::<Glob>());
            let parts = super::super::split(&pattern).map(|parts| parts.map(Glob::new));
            prop_assert_eq!(glob.split(), parts);
            prop_assert_eq!(glob.ends_open(), pattern.ends_with('*'));
            prop_assert_eq!(glob.literal().is_some(), !pattern.contains(['*', '?']));
        }

        #[test]
        fn covering_and_meeting_agree_with_samples(
            one in "[ab*?]{0,5}", two in "[ab*?]{0,5}", text in "[ab]{0,5}",
        ) {
            let (one, two) = (Glob::new(&one), Glob::new(&two));
            if one.matches(&text) && two.matches(&text) {
                prop_assert!(one.meets(&two) && two.meets(&one));
            }
            if two.matches(&text) && !one.matches(&text) {
                prop_assert!(!one.covers(&two));
            }
        }

        #[test]
        fn patterns_meet_where_some_text_fits_both(
            one in "[abé*?]{0,5}", two in "[abé*?]{0,5}",
        ) {
            // A text that fits both need be no longer than what both ask for.
            let asked = |pattern: &str| pattern.chars().filter(|char| *char != '*').count();
            let longest = asked(&one) + asked(&two);
            let (one, two) = (Glob::new(&one), Glob::new(&two));
            let mut texts = vec![String::new()];
            let mut found = false;
            for _ in 0..=longest {
                found |= texts.iter().any(|text| one.matches(text) && two.matches(text));
                let longer = |text: &String| ['a', 'b', 'é'].map(|char| format!("{text}{char}"));
                texts = texts.iter().filter(|_| !found).flat_map(longer).collect();
                texts.retain(|text| one.may_match_prefix(text) && two.may_match_prefix(text));
            }
            prop_assert_eq!(one.meets(&two), found);
            prop_assert_eq!(two.meets(&one), found);
        }

        #[test]
        fn a_prefix_that_cannot_match_never_hides_a_match(
            pattern in "[ab*?]{0,6}", text in "[ab]{0,6}", cut in 0usize..6,
        ) {
            let glob = Glob::new(&pattern);
            let prefix: String = text.chars().take(cut).collect();
            prop_assert!(!glob.matches(&text) || glob.may_match_prefix(&prefix));
        }
    }

    #[test]
    fn a_backslash_takes_the_meaning_away() {
        let glob = Glob::escaped(r"a\*b*");
        assert!(glob.matches("a*bc") && !glob.matches("axbc"));
        assert_eq!(Glob::escaped(r"a\*\\").literal(), Some(r"a*\"));
    }

    #[test]
    fn a_star_that_must_be_tried_often_stays_cheap() {
        let pattern = "*a".repeat(200) + "b";
        let text = "a".repeat(20_000);
        assert!(!Glob::new(&pattern).matches(&text));
        assert!(!Glob::new(&(pattern + "*")).matches(&text));
    }
}
