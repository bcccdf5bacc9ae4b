//! Files of a dump that were compressed with gzip.

use std::borrow::Cow;
use std::io::Read;

use flate2::read::MultiGzDecoder;

use super::Problem;

/// More than any account has to say; what goes beyond it would fill the memory.
const MOST: u64 = 2 << 30;

/// The name without the ending that says that the file is compressed.
pub(super) fn plain(path: &str) -> &str {
    path.strip_suffix(".gz").unwrap_or(path)
}

/// The content of a file, unpacked where its name says that it is compressed.
pub(super) fn unpacked<'a>(path: &str, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, Problem> {
    if plain(path) == path {
        return Ok(Cow::Borrowed(bytes));
    }
    let mut content = Vec::new();
    // The decoder checks the sum at the end: half a file is not taken for a whole one.
    match MultiGzDecoder::new(bytes).take(MOST + 1).read_to_end(&mut content) {
        Ok(_) if content.len() as u64 > MOST => {
            Err(Problem::of_file(path, format!("it unpacks to more than {MOST} bytes")))
        }
        Ok(_) => Ok(Cow::Owned(content)),
        Err(error) => Err(Problem::of_file(path, format!("it can't be unpacked as gzip: {error}"))),
    }
}
