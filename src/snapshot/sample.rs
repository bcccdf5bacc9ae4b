//! The sample organization that the binary carries.

use crate::org::dump;
use crate::org::reading::Readings;

/// Lists files of the sample by their path within it.
macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../assets/demo/", $path)))),+]
    };
}

const FILES: &[(&str, &str)] = files![
    "gaad/111111111111.json",
    "gaad/121212121212.json",
    "gaad/131313131313.json",
    "gaad/141414141414.json",
    "gaad/151515151515.json",
    "gaad/161616161616.json",
    "gaad/191919191919.json",
    "gaad/222222222222.json",
    "gaad/333333333333.json",
    "gaad/555555555555.json",
    "gaad/666666666666.json",
    "gaad/777777777777.json",
    "gaad/888888888888.json",
    "oidc/111111111111.json",
    "oidc/121212121212.json",
    "oidc/131313131313.json",
    "oidc/141414141414.json",
    "oidc/151515151515.json",
    "oidc/161616161616.json",
    "oidc/191919191919.json",
    "oidc/222222222222.json",
    "oidc/333333333333.json",
    "oidc/555555555555.json",
    "oidc/666666666666.json",
    "oidc/777777777777.json",
    "oidc/888888888888.json",
    "org.json",
    "roles/111111111111.json",
    "roles/121212121212.json",
    "roles/131313131313.json",
    "roles/141414141414.json",
    "roles/151515151515.json",
    "roles/161616161616.json",
    "roles/191919191919.json",
    "roles/222222222222.json",
    "roles/333333333333.json",
    "roles/555555555555.json",
    "roles/666666666666.json",
    "roles/777777777777.json",
    "roles/888888888888.json",
    "saml/111111111111.json",
    "saml/121212121212.json",
    "saml/131313131313.json",
    "saml/141414141414.json",
    "saml/151515151515.json",
    "saml/161616161616.json",
    "saml/191919191919.json",
    "saml/222222222222.json",
    "saml/333333333333.json",
    "saml/555555555555.json",
    "saml/666666666666.json",
    "saml/777777777777.json",
    "saml/888888888888.json",
    "snapshot.json",
    "tfc.json",
];

/// The readings of the sample organization. Nothing is read from outside the binary.
pub fn sample() -> Readings {
    let files: Vec<(String, &[u8])> =
        FILES.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes())).collect();
    dump::decode(&files).readings
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_sample_is_carried_and_whole() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo");
        let mut found = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                if dump::is_part_of_dump(&name) {
                    found.push(name);
                }
            }
        }
        found.sort();
        let mut carried: Vec<_> = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
        carried.sort();
        assert_eq!(found, carried);
        let files: Vec<(String, &[u8])> =
            FILES.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes())).collect();
        assert_eq!(dump::decode(&files).problems.len(), 0);
    }
}
