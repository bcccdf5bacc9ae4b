//! The Terraform configuration that a question names: reads its files, and nothing else.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::args::Terraform;
use super::error::CliError;
use crate::workload::blocks::{self, Blocks, Damage, Text};

/// The longest configuration file and plan that are read, in bytes.
const LONGEST_FILE: u64 = 16 << 20;
const LONGEST_PLAN: u64 = 512 << 20;
/// The most files of one configuration.
const MOST_FILES: usize = 20_000;

/// Why a configuration is not read.
enum Refusal {
    /// A file or directory can't be used.
    Input(CliError),
    /// What a file says can't.
    Damage(Damage),
}

impl From<Damage> for Refusal {
    fn from(damage: Damage) -> Self {
        Self::Damage(damage)
    }
}

/// What the configuration asks for that was named; `None` where none was.
pub(crate) fn read(typed: &Terraform) -> Result<Option<Blocks>, CliError> {
    let plan = typed.plan.as_deref().map(plan).transpose()?;
    let Some(root) = typed.tf.as_deref() else { return Ok(plan.map(|(blocks, _)| blocks)) };
    // The configuration says what is asked for, a plan beside it what its variables are.
    let values = plan.map(|(_, values)| values).unwrap_or_default();
    let mut files = 0;
    let mut directory = |below: &str| {
        let here = if below.is_empty() { root.to_owned() } else { root.join(below) };
        let texts = texts(&here, below.is_empty()).map_err(Refusal::Input)?;
        files += texts.len();
        if files > MOST_FILES {
            return Err(Refusal::Input(CliError::input(format!(
                "`{}` has more than {MOST_FILES} files with the modules that it calls",
                root.display()
            ))));
        }
        Ok(texts)
    };
    match blocks::read(&mut directory, &values) {
        Ok(blocks) => Ok(Some(blocks)),
        Err(Refusal::Input(error)) => Err(error),
        Err(Refusal::Damage(Damage::Text { mut place, message })) => {
            // Files are named as whoever asks would find them.
            place.file = root.join(&place.file).display().to_string();
            Err(refused(&Damage::Text { place, message }))
        }
        Err(Refusal::Damage(damage)) => Err(refused(&damage)),
    }
}

fn refused(damage: &Damage) -> CliError {
    CliError::input(damage).hint(damage.hint())
}

fn plan(file: &Path) -> Result<(Blocks, BTreeMap<String, serde_json::Value>), CliError> {
    let bytes = bytes(file, "plan", LONGEST_PLAN)?;
    blocks::plan(&file.display().to_string(), &bytes).map_err(|damage| match damage {
        Damage::Text { .. } => CliError::input(&damage)
            .hint("`terraform show -json PLAN` prints a plan whole, as this reads it"),
        damage => refused(&damage),
    })
}

/// The files of a directory that count.
fn texts(directory: &Path, is_root: bool) -> Result<Vec<Text>, CliError> {
    let shown = directory.display();
    let what = if is_root { "Terraform directory" } else { "directory of a module" };
    let failed = |error: std::io::Error| {
        let error = CliError::input(format!("{what} `{shown}` can't be read: {error}"));
        if directory.is_file() {
            return error.hint("name the directory that the file is in; a plan goes to `--plan`");
        }
        error
    };
    let mut texts = Vec::new();
    let mut has_blocks = false;
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = entry.path();
        // A pipe of such a name would be waited for.
        if !blocks::counts(&name) || !path.is_file() {
            continue;
        }
        has_blocks |= !name.contains(".tfvars");
        let bytes = bytes(&path, "Terraform file", LONGEST_FILE)?;
        let text = String::from_utf8(bytes).map_err(|error| {
            let place = error.utf8_error().valid_up_to();
            CliError::input(format!("`{}` is no UTF-8 text (at byte {place})", path.display()))
        })?;
        let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
        texts.push(Text { name, text });
    }
    if !has_blocks {
        return Err(CliError::input(format!(
            "{what} `{shown}` has no Terraform configuration: no file ends in `.tf` or `.tf.json`"
        )));
    }
    Ok(texts)
}

fn bytes(file: &Path, what: &str, longest: u64) -> Result<Vec<u8>, CliError> {
    let shown = file.display();
    let failed = |error| CliError::input(format!("{what} `{shown}` can't be read: {error}"));
    let known = fs::metadata(file).map_err(failed)?;
    if known.is_dir() {
        return Err(CliError::input(format!("{what} `{shown}` is a directory"))
            .hint("a directory with a configuration goes to `--tf`"));
    }
    // What a pipe holds is not known before it is read.
    let mut bytes = Vec::new();
    File::open(file)
        .and_then(|file| file.take(longest + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > longest {
        return Err(CliError::input(format!(
            "{what} `{shown}` is larger than {} MiB, and no more is read",
            longest >> 20
        )));
    }
    Ok(bytes)
}
