//! Patterns of actions and of ARNs, what two of them have in common, and a text that fits.
//!
//! A capability is proven by one request, so patterns are turned into names that nobody would
//! give: a statement that covers such a name covers whatever stands in its place.

use crate::arn::glob::{Piece, piece};
use crate::arn::{AccountId, Partition};

use super::actions::ACTIONS;

/// What stands for `*` in a made-up name.
const ANYTHING: &str = "===";
/// What stands for `?`.
const ONE: &str = "=";

/// A name that fits a pattern and that no other pattern is likely to name.
pub(super) fn sample(pattern: &str) -> String {
    pattern.replace('*', ANYTHING).replace('?', ONE)
}

/// Whether something in a name is made up.
pub(super) fn is_made_up(sample: &str) -> bool {
    sample.contains(ONE)
}

/// A made-up name as people read it: a pattern.
pub(super) fn readable(sample: &str) -> String {
    sample.replace(ANYTHING, "*").replace(ONE, "?")
}

/// A pattern whose texts all fit both patterns; `None` where no text does. ASCII letters compare
/// without case.
pub(super) fn meet(one: &str, other: &str) -> Option<String> {
    if one == other || other == "*" {
        return Some(one.to_owned());
    }
    if one == "*" {
        return Some(other.to_owned());
    }
    // Most patterns differ before their first wildcard.
    let letters = one.bytes().zip(other.bytes());
    let literal = letters.take_while(|(one, two)| !b"*?".contains(one) && !b"*?".contains(two));
    if literal.into_iter().any(|(one, two)| !one.eq_ignore_ascii_case(&two)) {
        return None;
    }
    let ours: Vec<Piece> = one.chars().map(piece).collect();
    let theirs: Vec<Piece> = other.chars().map(piece).collect();
    let same = |one: char, two: char| one.eq_ignore_ascii_case(&two);
    let ends = ends(&ours, &theirs, same);
    let can = |at: usize, over: usize| {
        ends.get(at).and_then(|row| row.get(over)).copied().unwrap_or(false)
    };
    let (mut at, mut over) = (0, 0);
    let mut found = String::new();
    if !can(0, 0) {
        return None;
    }
    while at < ours.len() || over < theirs.len() {
        let (next, emitted) = match (ours.get(at), theirs.get(over)) {
            (Some(Piece::Many), Some(Piece::Many)) => {
                let both = (at + 1, over + 1);
                let next = [both, (at + 1, over)].into_iter().find(|(at, over)| can(*at, *over));
                (next.unwrap_or((at, over + 1)), Some('*'))
            }
            (Some(Piece::Many), _) if can(at + 1, over) => ((at + 1, over), None),
            (_, Some(Piece::Many)) if can(at, over + 1) => ((at, over + 1), None),
            (Some(Piece::Many), Some(other)) => ((at, over + 1), Some(char_of(*other))),
            (Some(one), Some(Piece::Many)) => ((at + 1, over), Some(char_of(*one))),
            (Some(Piece::Char(one)), Some(_)) => ((at + 1, over + 1), Some(*one)),
            (Some(Piece::One), Some(other)) => ((at + 1, over + 1), Some(char_of(*other))),
            (None, _) | (_, None) => return None,
        };
        found.extend(emitted);
        (at, over) = next;
    }
    Some(found)
}

/// The same for actions: service and name by themselves.
pub(super) fn meet_actions(one: &str, other: &str) -> Option<String> {
    let ((service, name), (other_service, other_name)) =
        (service_and_name(one), service_and_name(other));
    Some(format!("{}:{}", meet(service, other_service)?, meet(name, other_name)?))
}

/// An action's service and its name. A pattern without a colon stands for every name.
pub(super) fn service_and_name(action: &str) -> (&str, &str) {
    action.split_once(':').unwrap_or((action, "*"))
}

/// From which places on the rest of both patterns has a text in common.
fn ends(ours: &[Piece], theirs: &[Piece], same: impl Fn(char, char) -> bool) -> Vec<Vec<bool>> {
    let width = theirs.len() + 1;
    let mut rows = vec![vec![false; width]; ours.len() + 2];
    let get = |rows: &[Vec<bool>], at: usize, over: usize| {
        rows.get(at).and_then(|row: &Vec<bool>| row.get(over)).copied().unwrap_or(false)
    };
    for at in (0..=ours.len()).rev() {
        for over in (0..width).rev() {
            let meets = match (ours.get(at), theirs.get(over)) {
                (None, None) => true,
                // Either the `*` ends here, or it takes one more of the other side.
                (Some(Piece::Many), _) | (_, Some(Piece::Many)) => {
                    get(&rows, at + 1, over) || get(&rows, at, over + 1)
                }
                (Some(Piece::Char(one)), Some(Piece::Char(two))) => {
                    same(*one, *two) && get(&rows, at + 1, over + 1)
                }
                (Some(_), Some(_)) => get(&rows, at + 1, over + 1),
                _ => false,
            };
            if let Some(cell) = rows.get_mut(at).and_then(|row| row.get_mut(over)) {
                *cell = meets;
            }
        }
    }
    rows
}

fn char_of(piece: Piece) -> char {
    match piece {
        Piece::Char(char) => char,
        Piece::One => '?',
        Piece::Many => '*',
    }
}

/// A pattern of ARNs by its six parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Form([String; 6]);

impl Form {
    /// Every resource.
    pub(super) fn anything() -> Self {
        Self(["arn", "*", "*", "*", "*", "*"].map(str::to_owned))
    }

    /// What IAM keeps in an account, e.g. `role/*`.
    pub(super) fn iam(partition: Partition, account: AccountId, resource: &str) -> Self {
        let (partition, account) = (partition.to_string(), account.to_string());
        Self(["arn", &partition, "iam", "", &account, resource].map(str::to_owned))
    }

    /// A pattern as a policy writes it; `None` where no ARN fits.
    pub(super) fn new(pattern: &str) -> Option<Self> {
        if pattern.chars().all(|char| char == '*') {
            return (!pattern.is_empty()).then(Self::anything);
        }
        let mut parts = pattern.splitn(6, ':');
        let mut found = Self::anything();
        let mut count = 0;
        for (place, part) in found.0.iter_mut().zip(&mut parts) {
            part.clone_into(place);
            count += 1;
        }
        // Fewer parts with a `*` at the end stand for whatever follows.
        (count == 6 || pattern.ends_with('*')).then_some(found)
    }

    /// What both have in common, in either order: what stands between wildcards may come first in
    /// one text and last in another.
    pub(super) fn meets(&self, other: &Self) -> impl Iterator<Item = Self> {
        let one = self.meet(other);
        let two = other.meet(self).filter(|two| Some(two) != one.as_ref());
        one.into_iter().chain(two)
    }

    /// What both have in common.
    pub(super) fn meet(&self, other: &Self) -> Option<Self> {
        let mut found = self.clone();
        for (place, other) in found.0.iter_mut().zip(&other.0) {
            *place = meet(place, other)?;
        }
        Some(found)
    }

    /// The ARN of a resource of the account that fits, or of one whose ARN names no account;
    /// `None` where only resources elsewhere do (rule M5). Where the service is open, it is that
    /// of the action.
    pub(super) fn resource(
        &self,
        partition: Partition,
        account: AccountId,
        action: &str,
    ) -> Option<String> {
        let [arn, of_partition, service, region, of_account, resource] = &self.0;
        meet(arn, "arn")?;
        let partition = meet(of_partition, &partition.to_string())?;
        let account = account.to_string();
        let acting = action.split_once(':').map_or("", |(service, _)| service);
        let acting = meet(service, acting).unwrap_or_else(|| sample(service));
        let (has_region, has_account) = ACTIONS.places(&acting);
        let first = if has_account { account.as_str() } else { "" };
        // `aws` stands for AWS itself, as in the ARNs of its managed policies.
        let places = [first, &account, "", "aws"];
        let account = places.into_iter().find(|place| meet(of_account, place).is_some())?;
        let region = if !has_region && meet(region, "").is_some() { "" } else { region };
        let (region, resource) = (sample(region), sample(resource));
        Some(format!("arn:{partition}:{acting}:{region}:{account}:{resource}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::arn::glob::Glob;

    proptest! {
        #[test]
        fn what_two_patterns_have_in_common_fits_both(
            one in "[ab*?]{0,8}", other in "[ab*?]{0,8}"
        ) {
            let found = meet(&one, &other);
            let (first, second) = (Glob::new(&one), Glob::new(&other));
            prop_assert_eq!(found.is_some(), first.meets(&second));
            if let Some(found) = found {
                for text in [sample(&found), found.replace('*', "").replace('?', "a")] {
                    prop_assert!(first.matches(&text), "{} is no {}", text, one);
                    prop_assert!(second.matches(&text), "{} is no {}", text, other);
                }
            }
        }
    }

    #[test]
    fn resources_are_of_the_account_or_of_none() {
        let account = "111111111111".parse().unwrap();
        let of = |pattern: &str, action: &str| {
            let form = Form::new(pattern)?;
            form.resource(Partition::Aws, account, action)
        };
        for (pattern, action, resource) in [
            ("*", "===:===", "arn:aws:===:===:111111111111:==="),
            ("*", "ec2:RunInstances", "arn:aws:ec2:===:111111111111:==="),
            ("*", "s3:PutObject", "arn:aws:s3:::==="),
            ("arn:aws:iam::*:role/app-*", "iam:PassRole", "arn:aws:iam::111111111111:role/app-==="),
            ("arn:aws:iam::*", "iam:CreateUser", "arn:aws:iam::111111111111:==="),
            ("arn:aws:s3:::logs/*", "s3:GetObject", "arn:aws:s3:::logs/==="),
            ("arn:aws:iam::aws:policy/x", "iam:GetPolicy", "arn:aws:iam::aws:policy/x"),
        ] {
            assert_eq!(of(pattern, action).as_deref(), Some(resource), "{pattern}");
        }
        for elsewhere in ["arn:aws:iam::222222222222:role/x", "arn:aws-cn:s3:::x", "arn:aws:s3"] {
            assert_eq!(of(elsewhere, "s3:GetObject"), None, "{elsewhere}");
        }
    }
}
