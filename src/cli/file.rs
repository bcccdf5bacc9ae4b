//! Files that a command writes: whole or not at all.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::error::CliError;

/// Refuses to overwrite without `--force`.
pub(crate) fn may_write(path: &Path, force: bool) -> Result<(), CliError> {
    if force || fs::symlink_metadata(path).is_err() {
        return Ok(());
    }
    Err(CliError::input(format!("`{}` exists already", path.display()))
        .hint("`--force` overwrites it"))
}

/// Writes a file: it has its name only once it is complete, and what was there stays until then.
pub(crate) fn write<T>(
    path: &Path,
    force: bool,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<T>,
) -> Result<T, CliError> {
    may_write(path, force)?;
    let failed = |error: io::Error| {
        CliError::failed(format!("`{}` can't be written: {error}", path.display()))
    };
    // A pipe, a device or a link is not to be replaced by a file.
    if fs::symlink_metadata(path).is_ok_and(|known| !known.is_file()) {
        return File::create(path).and_then(|file| filled(file, fill)).map_err(failed);
    }
    let part = part_of(path);
    let written = File::create_new(&part).and_then(|file| filled(file, fill));
    let named = written.map_err(failed).and_then(|result| {
        // Somebody else may have made it since.
        may_write(path, force)?;
        fs::rename(&part, path).map_err(failed)?;
        Ok(result)
    });
    if named.is_err() {
        let _ = fs::remove_file(&part);
    }
    named
}

fn filled<T>(file: File, fill: impl FnOnce(&mut dyn Write) -> io::Result<T>) -> io::Result<T> {
    let mut out = BufWriter::with_capacity(1 << 16, file);
    let result = fill(&mut out)?;
    out.flush()?;
    Ok(result)
}

/// The name beside it that it has until it is complete.
fn part_of(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.part", std::process::id()));
    path.with_file_name(name)
}
