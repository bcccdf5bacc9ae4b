//! `*` and `?` in names: the matcher that policies and selectors share.

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

/// A pattern ready to match.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Glob {
    pieces: Box<[Piece]>,
}

impl Glob {
    /// Reads `*` and `?` as wildcards and everything else as itself.
    pub fn new(pattern: &str) -> Self {
        pattern.chars().map(piece).collect()
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

    /// Whether the whole of `text` fits, letter case included.
    pub fn matches(&self, text: &str) -> bool {
        fits(&self.pieces, text, |pattern, found| pattern == found)
    }

    /// As [`Glob::matches`], with ASCII letters compared without case.
    pub fn matches_ignoring_case(&self, text: &str) -> bool {
        fits(&self.pieces, text, |pattern, found| pattern.eq_ignore_ascii_case(&found))
    }

    /// The text that the pattern stands for when it holds no wildcard.
    pub fn literal(&self) -> Option<String> {
        self.pieces
            .iter()
            .map(|piece| match piece {
                Piece::Char(char) => Some(*char),
                Piece::One | Piece::Many => None,
            })
            .collect()
    }

    /// Whether the pattern is `*` (or a run of them), which every text fits.
    pub fn matches_everything(&self) -> bool {
        !self.pieces.is_empty() && self.pieces.iter().all(|piece| *piece == Piece::Many)
    }

    /// Whether every text that fits `other` fits this pattern too. `false` may be said of a
    /// pattern that does cover the other; `true` is always right.
    pub fn covers(&self, other: &Self) -> bool {
        let (mut at, mut over) = (0, 0);
        let mut last_many = None;
        loop {
            let step = match (self.pieces.get(at), other.pieces.get(over)) {
                (Some(Piece::Many), _) => {
                    last_many = Some((at + 1, over));
                    at += 1;
                    continue;
                }
                (None, None) => return true,
                (Some(Piece::One), Some(Piece::One | Piece::Char(_))) => true,
                (Some(Piece::Char(one)), Some(Piece::Char(two))) => one == two,
                _ => false,
            };
            if step {
                (at, over) = (at + 1, over + 1);
                continue;
            }
            let Some((after_many, run)) = last_many.as_mut() else {
                return false;
            };
            if *run >= other.pieces.len() {
                return false;
            }
            *run += 1;
            (at, over) = (*after_many, *run);
        }
    }

    /// Whether some text fits both patterns.
    pub fn meets(&self, other: &Self) -> bool {
        // Row by row over which suffixes can still meet; both patterns are short.
        let width = other.pieces.len() + 1;
        let mut below: Vec<bool> = vec![false; width];
        for at in (0..=self.pieces.len()).rev() {
            let mut row = vec![false; width];
            let one = self.pieces.get(at);
            for over in (0..width).rev() {
                let here = |row: &[bool], index: usize| row.get(index).copied().unwrap_or(false);
                let two = other.pieces.get(over);
                let meets = match (one, two) {
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
            below = row;
        }
        below.first().copied().unwrap_or(false)
    }

    /// Whether some text that begins with `prefix` fits.
    ///
    /// Serves for values of which only the beginning is known.
    pub fn may_match_prefix(&self, prefix: &str) -> bool {
        for (piece, found) in self.pieces.iter().zip(prefix.chars()) {
            match piece {
                Piece::Many => return true,
                Piece::One => {}
                Piece::Char(char) if *char == found => {}
                Piece::Char(_) => return false,
            }
        }
        self.pieces.len() >= prefix.chars().count() || self.pieces.contains(&Piece::Many)
    }
}

impl FromIterator<Piece> for Glob {
    fn from_iter<I: IntoIterator<Item = Piece>>(pieces: I) -> Self {
        Self { pieces: pieces.into_iter().collect() }
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
        fn agrees_with_the_definition(pattern in "[ab*?]{0,8}", text in "[abc]{0,8}") {
            let expected = naive(
                &pattern.chars().collect::<Vec<_>>(),
                &text.chars().collect::<Vec<_>>(),
            );
            prop_assert_eq!(Glob::new(&pattern).matches(&text), expected);
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
        assert_eq!(Glob::escaped(r"a\*\\").literal().as_deref(), Some(r"a*\"));
    }

    #[test]
    fn a_star_that_must_be_tried_often_stays_cheap() {
        let pattern = "*a".repeat(200) + "b";
        assert!(!Glob::new(&pattern).matches(&"a".repeat(20_000)));
    }
}
