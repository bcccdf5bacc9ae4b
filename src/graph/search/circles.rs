//! Paths that come to a role a second time (rule C3).

/// What is left of a path where it leaves out circles, one or several: the places of its nodes. `same`
/// tells whether the nodes at two places are one.
fn shorter(length: usize, same: impl Fn(usize, usize) -> bool) -> Vec<Vec<usize>> {
    let mut found: Vec<Vec<usize>> = Vec::new();
    let mut open: Vec<Vec<usize>> = vec![(0..length).collect()];
    while let Some(path) = open.pop() {
        for (at, one) in path.iter().enumerate() {
            for (later, other) in path.iter().enumerate().skip(at + 1) {
                if !same(*one, *other) {
                    continue;
                }
                let kept = |(place, node): (usize, &usize)| {
                    (place <= at || place > later).then_some(*node)
                };
                let left: Vec<usize> = path.iter().enumerate().filter_map(kept).collect();
                if !found.contains(&left) {
                    found.push(left.clone());
                    open.push(left);
                }
            }
        }
    }
    found
}

/// Whether a path is of use though it may come to nodes twice: where no shorter one without these
/// circles gets there.
pub(super) fn is_of_use(
    length: usize,
    same: impl Fn(usize, usize) -> bool,
    mut is_denied: impl FnMut(&[usize]) -> bool,
) -> bool {
    shorter(length, same).iter().all(|places| is_denied(places))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::shorter;

    #[test]
    fn circles_are_left_out_one_by_one_and_together() {
        let of = |path: &str| {
            let all = path.as_bytes();
            let found = shorter(path.len(), |one, other| all.get(one) == all.get(other));
            let left = |places: Vec<usize>| -> String {
                places.into_iter().filter_map(|place| path.chars().nth(place)).collect()
            };
            found.into_iter().map(left).collect::<BTreeSet<String>>()
        };
        let set = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect();
        assert!(of("aht").is_empty());
        assert_eq!(of("ahht"), set(&["aht"]));
        assert_eq!(of("ahkht"), set(&["aht"]));
        assert_eq!(of("ahhkkt"), set(&["ahhkt", "ahkkt", "ahkt"]));
        // Circles that meet can't both be left out.
        assert_eq!(of("ahkhkt"), set(&["ahkt"]));
    }
}
