//! Work on two threads.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Works on both halves of a list at once.
pub(crate) fn in_halves<'l, T: Sync, R: Send>(
    list: &'l [T],
    work: impl Fn(&'l [T]) -> R + Sync,
) -> [R; 2] {
    let (front, back) = list.split_at(list.len().div_ceil(2));
    let (front, back) = at_once(|| work(front), || work(back));
    [front, back]
}

/// Works on one after the other of a list, on the thread that is free, with what each thread has for
/// itself; results in the order of the list. For work of which some takes much longer.
pub(crate) fn in_turns<T: Sync, W, R: Send>(
    list: &[T],
    worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, &T) -> R + Sync,
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let share = || {
        let mut own = worker();
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = list.get(at) else { return done };
            done.push((at, work(&mut own, one)));
        }
    };
    let (mut done, more) = at_once(share, share);
    done.extend(more);
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
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
