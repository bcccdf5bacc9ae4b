//! Work on two threads.

/// Works through a list on two threads, each with a worker of its own; the results are in the
/// list's order.
pub(crate) fn in_halves<T: Sync, W, R: Send>(
    list: &[T],
    worker: impl Fn() -> W + Sync,
    work: impl Fn(&mut W, &T) -> R + Sync,
) -> Vec<R> {
    let half = |odd: usize| {
        let mut worker = worker();
        list.iter().skip(odd).step_by(2).map(|one| work(&mut worker, one)).collect::<Vec<R>>()
    };
    let (even, odd) = std::thread::scope(|scope| {
        let odd = scope.spawn(|| half(1));
        let even = half(0);
        match odd.join() {
            Ok(odd) => (even, odd),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    });
    let mut odd = odd.into_iter();
    even.into_iter().flat_map(|one| [Some(one), odd.next()]).flatten().collect()
}
