//! Comma-separated values (RFC 4180; lines end with a line feed).

use std::io::{self, Write};

use crate::text::safe;

/// A field, in quotes where it needs them. For texts that begin with a word of ours, which no
/// spreadsheet takes for a formula.
pub(super) fn field(text: &str, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    if !text.contains([',', '"', '\n', '\r']) {
        return out.write_all(text.as_bytes());
    }
    write!(out, "\"{}\"", text.replace('"', "\"\""))
}

/// A field with a name that somebody else chose: made safe for a terminal, and with an apostrophe
/// before what a spreadsheet would work out.
pub(super) fn name(text: &str, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let text = safe(text);
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        field(&format!("'{text}"), out)
    } else {
        field(&text, out)
    }
}
