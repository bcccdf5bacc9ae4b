//! Facts.

use super::reading::Readings;

/// A whole snapshot, resolved to dense keys.
#[derive(Debug)]
pub struct Facts {}

impl Facts {
    /// Resolves readings.
    pub fn build(readings: Readings) -> Self {
        let _ = readings;
        Self {}
    }
}
