//! Work on two threads.

/// Works on both halves of a list at once.
pub(crate) fn in_halves<T: Sync, R: Send>(list: &[T], work: impl Fn(&[T]) -> R + Sync) -> [R; 2] {
    let (front, back) = list.split_at(list.len().div_ceil(2));
    std::thread::scope(|scope| {
        let back = scope.spawn(|| work(back));
        let front = work(front);
        match back.join() {
            Ok(back) => [front, back],
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}
