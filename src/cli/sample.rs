//! The sample organization: a dump directory that is compiled in.

use super::error::CliError;
use crate::org::dump;
use crate::org::reading::Readings;

/// A file of the sample with its bytes.
type File = (&'static str, &'static [u8]);

macro_rules! file {
    ($path:expr) => {
        ($path, include_bytes!(concat!("../../assets/demo/", $path)).as_slice())
    };
}

macro_rules! accounts {
    ($($id:literal),+ $(,)?) => {
        &[$(
            file!(concat!("gaad/", $id, ".json")),
            file!(concat!("roles/", $id, ".json")),
            file!(concat!("oidc/", $id, ".json")),
            file!(concat!("saml/", $id, ".json")),
        )+]
    };
}

const TOP: &[File] = &[file!("org.json"), file!("tfc.json"), file!("snapshot.json")];

const ACCOUNTS: &[File] = accounts![
    "111111111111",
    "121212121212",
    "131313131313",
    "141414141414",
    "151515151515",
    "161616161616",
    "191919191919",
    "222222222222",
    "333333333333",
    "555555555555",
    "666666666666",
    "777777777777",
    "888888888888",
];

/// What was read of the sample organization.
pub(crate) fn readings() -> Result<Readings, CliError> {
    let files: Vec<(String, &[u8])> =
        TOP.iter().chain(ACCOUNTS).map(|(path, bytes)| ((*path).to_owned(), *bytes)).collect();
    let decoded = dump::decode(&files);
    match decoded.problems.first() {
        None => Ok(decoded.readings),
        Some(problem) => {
            Err(CliError::snapshot(format!("the embedded sample is damaged: {problem}")))
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_of_the_sample_is_compiled_in() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
        let mut there = BTreeSet::new();
        for folder in ["", "gaad", "roles", "oidc", "saml"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                if dump::is_part_of_dump(&path) {
                    there.insert(path);
                }
            }
        }
        let compiled: BTreeSet<String> =
            TOP.iter().chain(ACCOUNTS).map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(compiled, there);
    }

    #[test]
    fn the_sample_is_undamaged() {
        assert_eq!(readings().unwrap().accounts.len(), 15);
    }
}
