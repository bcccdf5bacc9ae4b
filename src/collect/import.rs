//! Dump directories from disk.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::org::dump;

/// Files that a dump may have at its top.
const FILES: [&str; 4] = ["org.json", "snapshot.json", "hcp-terraform.json", "tfc.json"];
/// Directories with one file or more an account.
const DIRECTORIES: [&str; 4] = ["gaad", "roles", "oidc", "saml"];

/// Why a directory could not be read as a dump.
#[derive(Debug, Error)]
pub enum ImportError {
    /// It is not there.
    #[error("there is no directory `{0}`")]
    Missing(PathBuf),
    /// It is something else.
    #[error("`{0}` is a file: the directory of a dump is expected")]
    NotADirectory(PathBuf),
    /// It has no account in it.
    #[error(
        "`{0}` is no dump: it has no `gaad/ACCOUNT_ID.json`, the output of `aws iam get-account-authorization-details`"
    )]
    NoAccounts(PathBuf),
    /// Something in it cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
}

/// The files of a dump directory with their contents, by relative path with `/`, sorted. Files
/// that are not part of the format are passed over.
pub fn files(dir: &Path) -> Result<Vec<(String, Vec<u8>)>, ImportError> {
    match fs::metadata(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ImportError::Missing(dir.to_owned()));
        }
        Err(source) => return Err(ImportError::Read { path: dir.to_owned(), source }),
        Ok(metadata) if !metadata.is_dir() => {
            return Err(ImportError::NotADirectory(dir.to_owned()));
        }
        Ok(_) => {}
    }
    let compressed = FILES.into_iter().map(|name| format!("{name}.gz"));
    let mut names: Vec<String> = FILES.into_iter().map(str::to_owned).chain(compressed).collect();
    for directory in DIRECTORIES {
        let path = dir.join(directory);
        if !path.is_dir() {
            continue;
        }
        let failed = |source| ImportError::Read { path: path.clone(), source };
        for entry in fs::read_dir(&path).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
            let name = format!("{directory}/{name}");
            if dump::is_part_of_dump(&name) {
                names.push(name);
            }
        }
    }
    names.sort();
    if !names.iter().any(|name| name.starts_with("gaad/")) {
        return Err(ImportError::NoAccounts(dir.to_owned()));
    }
    let mut found = Vec::with_capacity(names.len());
    for name in names {
        let path = dir.join(&name);
        match fs::read(&path) {
            Ok(content) => found.push((name, content)),
            Err(error) if error.kind() == io::ErrorKind::NotFound && !name.contains('/') => {}
            Err(source) => return Err(ImportError::Read { path, source }),
        }
    }
    Ok(found)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_dump_is_read_by_relative_path_and_strangers_are_passed_over() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["gaad/2.json", "gaad/1.json", "oidc/1.json", "org.json", "notes/x.json"] {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        fs::write(dir.path().join("gaad/.1.json.swp"), "").unwrap();
        fs::write(dir.path().join("gaad/README"), "").unwrap();
        let found = files(dir.path()).unwrap();
        let names: Vec<&str> = found.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["gaad/1.json", "gaad/2.json", "oidc/1.json", "org.json"]);
        assert!(found.iter().all(|(name, content)| name.as_bytes() == content));
    }

    #[test]
    fn what_is_no_dump_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let text = |path: &Path| files(path).unwrap_err().to_string();
        assert!(text(dir.path()).contains("is no dump: it has no `gaad/"));
        assert!(text(&dir.path().join("absent")).starts_with("there is no directory"));
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(text(&file).contains("is a file"));
    }
}
