//! The path report as one JSON object.

use super::PathReport;

/// The report as JSON text with a line feed at its end.
pub fn write(report: &PathReport) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(text)
}
