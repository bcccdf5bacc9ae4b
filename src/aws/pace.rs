//! How fast requests are sent.
//!
//! AWS throttles Organizations for the organization as a whole, whoever asks, and IAM for each
//! account apart. So there is one pace for Organizations, which all credentials of a crawl share,
//! and one of IAM for each set of credentials. A request that has to be repeated slows its pace
//! down, an answer speeds it up again. (The adaptive retries of the SDK are made for long
//! conversations: one throttled call of the seven that an account takes costs ten seconds there.)

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

/// Between two requests to Organizations. AWS's own limits differ by operation and are not all
/// published; above them this slows down.
pub(super) const ORGANIZATIONS: Duration = Duration::from_millis(33);
/// Between two requests to the IAM of one account. They come one after the other anyway, so that
/// this only matters where answers are fast.
pub(super) const IAM: Duration = Duration::from_millis(20);
/// However often AWS says no.
const SLOWEST: Duration = Duration::from_secs(2);

/// A distance between requests that adapts to what the answers say.
#[derive(Debug)]
pub struct Pace {
    fastest: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    distance: Duration,
    next: Option<Instant>,
}

impl Pace {
    /// Requests at most so close together.
    pub fn new(fastest: Duration) -> Self {
        Self { fastest, state: Mutex::new(State { distance: fastest, next: None }) }
    }

    /// Waits for the turn of a request. Whoever comes first has the first turn.
    pub async fn turn(&self) {
        let turn = self.change(|state| {
            let now = Instant::now();
            let turn = state.next.map_or(now, |next| next.max(now));
            state.next = Some(turn + state.distance);
            turn
        });
        // A timer takes a millisecond even where there is nothing to wait for.
        if turn > Instant::now() {
            sleep_until(turn).await;
        }
    }

    /// A request is to be repeated.
    pub fn slow_down(&self) {
        self.change(|state| state.distance = (state.distance * 2).min(SLOWEST));
    }

    /// A request was answered at once.
    pub fn speed_up(&self) {
        self.change(|state| state.distance = (state.distance * 4 / 5).max(self.fastest));
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When ten requests that come at once have their turns.
    async fn takes(pace: &Pace) -> Duration {
        let begun = Instant::now();
        for _ in 0..10 {
            pace.turn().await;
        }
        begun.elapsed()
    }

    #[tokio::test(start_paused = true)]
    async fn a_pace_slows_down_and_recovers() {
        let pace = Pace::new(Duration::from_millis(20));
        assert_eq!(takes(&pace).await, Duration::from_millis(180));
        for _ in 0..3 {
            pace.slow_down();
        }
        assert!(takes(&pace).await > Duration::from_secs(1));
        for _ in 0..20 {
            pace.slow_down();
        }
        assert!(takes(&pace).await <= SLOWEST * 10, "it never comes to a stop");
        for _ in 0..30 {
            pace.speed_up();
        }
        tokio::time::sleep(SLOWEST).await;
        assert_eq!(takes(&pace).await, Duration::from_millis(180));
    }
}
