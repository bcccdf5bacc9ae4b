//! Work on two threads.

/// Works on both halves of a list at once.
pub(crate) fn in_halves<T: Sync, R: Send>(list: &[T], work: impl Fn(&[T]) -> R + Sync) -> [R; 2] {
    let (front, back) = list.split_at(list.len().div_ceil(2));
    let (front, back) = at_once(|| work(front), || work(back));
    [front, back]
}

/// Does both at once, the second on a thread of its own.
pub(crate) fn at_once<A, B: Send>(
    one: impl FnOnce() -> A,
    other: impl FnOnce() -> B + Send,
) -> (A, B) {
    std::thread::scope(|scope| {
        let other = scope.spawn(other);
        let one = one();
        match other.join() {
            Ok(other) => (one, other),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
