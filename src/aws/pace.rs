//! How fast requests are sent.
//!
//! AWS throttles Organizations for the organization as a whole, whoever asks, and IAM for each
//! account apart. So there is one pace for Organizations, which all credentials of a crawl share,
//! and one of IAM for each set of credentials. The SDK's adaptive retries come on top of it: they
//! slow down when AWS says so, and this keeps AWS from having to.

use std::fmt;
use std::num::NonZeroU32;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// Requests to Organizations a second. AWS's own limits differ by operation and are not all
/// published; above them the retries take over.
pub(super) const ORGANIZATIONS: NonZeroU32 = NonZeroU32::new(30).unwrap();
/// Requests to the IAM of one account a second. One account's calls come one after the other,
/// so that this only matters where answers are fast.
pub(super) const IAM: NonZeroU32 = NonZeroU32::new(25).unwrap();

/// A limit of requests a second, with as many at once after a pause.
pub struct Pace(DefaultDirectRateLimiter);

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pace")
    }
}

impl Pace {
    pub(super) fn new(a_second: NonZeroU32) -> Self {
        Self(RateLimiter::direct(Quota::per_second(a_second)))
    }

    /// Waits for the turn of a request.
    pub async fn turn(&self) {
        self.0.until_ready().await;
    }
}
