//! Comparing short texts.
//!
//! Names and ARNs are a few dozen bytes, and a decision compares a dozen of them. Doing that in
//! place costs less than the calls into the C library that `==` and `strip_prefix` compile to.

/// Whether both are the same text.
pub(crate) fn same(one: &str, two: &str) -> bool {
    same_bytes(one.as_bytes(), two.as_bytes())
}

/// What follows `prefix`, where the text begins with it.
pub(crate) fn after<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (front, rest) = text.split_at_checked(prefix.len())?;
    same(front, prefix).then_some(rest)
}

/// What stands before `suffix`, where the text ends with it.
pub(crate) fn before<'t>(text: &'t str, suffix: &str) -> Option<&'t str> {
    let (rest, end) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    same(end, suffix).then_some(rest)
}

fn same_bytes(one: &[u8], two: &[u8]) -> bool {
    if one.len() != two.len() {
        return false;
    }
    let ((ones, one_rest), (twos, two_rest)) = (one.as_chunks::<8>(), two.as_chunks::<8>());
    let words =
        ones.iter().zip(twos).all(|(a, b)| u64::from_ne_bytes(*a) == u64::from_ne_bytes(*b));
    words && one_rest.iter().zip(two_rest).all(|(a, b)| a == b)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agree_with_the_standard_library(one in "[ab:é]{0,20}", two in "[ab:é]{0,20}") {
            prop_assert_eq!(same(&one, &two), one == two);
            prop_assert!(same(&one, &one.clone()));
            prop_assert_eq!(after(&one, &two), one.strip_prefix(&*two));
            prop_assert_eq!(before(&one, &two), one.strip_suffix(&*two));
            let whole = format!("{one}{two}");
            prop_assert_eq!(after(&whole, &one), Some(&*two));
            prop_assert_eq!(before(&whole, &two), Some(&*one));
        }
    }
}
