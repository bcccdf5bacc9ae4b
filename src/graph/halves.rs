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

/// From how long a list on a second thread is worth its while.
const WORTH_A_THREAD: usize = 64;

/// What comes of both halves of a list together, at once where it is long enough.
pub(crate) fn by_halves<'l, T: Sync, R: Send>(
    list: &'l [T],
    work: impl Fn(&'l [T]) -> Vec<R> + Sync,
) -> Vec<R> {
    if list.len() < WORTH_A_THREAD {
        return work(list);
    }
    let [mut front, back] = in_halves(list, work);
    front.extend(back);
    front
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
        let mut own = None;
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = list.get(at) else { return done };
            done.push((at, work(own.get_or_insert_with(&worker), one)));
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
