//! The pages: links lead somewhere, and what the README shows is what the program prints.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use crate::source::{files, root};

/// Links that lead nowhere until somebody mends them.
const BROKEN: [(&str, &str); 0] = [];

fn pages() -> Vec<PathBuf> {
    let found: Vec<PathBuf> = files(root())
        .into_iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    assert!(found.len() > 8, "{found:?}");
    found
}

/// The page's lines outside code blocks, without code spans.
fn prose(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let spans = line.split('`').step_by(2);
            found.push(spans.collect::<Vec<_>>().join("`"));
        }
    }
    found
}

/// The name by which GitHub links to a heading.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut fenced = false;
    let mut found = BTreeSet::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        }
        let heading = line.trim_start_matches('#');
        if !fenced && heading.len() < line.len() && heading.starts_with(' ') {
            let kept = |char: &char| char.is_alphanumeric() || matches!(char, ' ' | '-' | '_');
            let name: String = heading.trim().to_lowercase().chars().filter(kept).collect();
            found.insert(name.replace(' ', "-"));
        }
    }
    found
}

#[test]
fn links_between_pages_lead_somewhere() {
    let mut wrong = Vec::new();
    let mut followed = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for line in prose(&text) {
            let links = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            for (link, _) in links {
                if link.contains("://") || link.starts_with("mailto:") {
                    continue;
                }
                followed += 1;
                let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
                let to = if file.is_empty() { page.clone() } else { beside(&page, file) };
                let there = to.starts_with(root()) && to.exists();
                let named = anchor.is_empty()
                    || fs::read_to_string(&to).is_ok_and(|text| anchors(&text).contains(anchor));
                let known = BROKEN
                    .iter()
                    .any(|(name, broken)| page == root().join(name) && *broken == link);
                match (there && named, known) {
                    (false, false) => wrong.push(format!("{}: `{link}`", page.display())),
                    (true, true) => wrong.push(format!("`{link}` is mended: take it off the list")),
                    _ => {}
                }
            }
        }
    }
    assert!(followed > 10, "only {followed} links were found");
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

/// A path as it is written on a page, without looking at the disk.
fn beside(page: &Path, link: &str) -> PathBuf {
    let mut path = page.parent().unwrap().to_owned();
    for part in Path::new(link).components() {
        match part {
            Component::ParentDir => drop(path.pop()),
            Component::CurDir => {}
            part => path.push(part),
        }
    }
    path
}

/// Every `console` block of the README is run: `$ rolewalk ARGUMENTS`, where `| head -N` keeps the
/// first lines. `UPDATE_DOCS=1` writes what the program prints.
#[test]
fn the_readme_shows_what_the_program_prints() {
    let path = root().join("README.md");
    let page = fs::read_to_string(&path).unwrap();
    let mut shown = 0;
    let mut actual = String::new();
    let mut rest = page.as_str();
    while let Some((before, block)) = rest.split_once("```console\n$ ") {
        let (typed, after) = block.split_once('\n').unwrap();
        let (_, after) = after.split_once("```\n").expect("the block ends");
        actual += &[before, "```console\n$ ", typed, "\n", &printed(typed), "```\n"].concat();
        shown += 1;
        rest = after;
    }
    actual.push_str(rest);
    assert!(shown > 3, "only {shown} commands are shown");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &actual).unwrap();
        return;
    }
    for (line, (shown, printed)) in page.lines().zip(actual.lines()).enumerate() {
        assert_eq!(
            shown,
            printed,
            "README.md, line {}: the program prints something else; \
             `UPDATE_DOCS=1 cargo test --test house` writes it",
            line + 1
        );
    }
    assert_eq!(page, actual, "README.md shows more or less than the program prints");
}

fn printed(typed: &str) -> String {
    let (command, head) = match typed.split_once(" | head -") {
        Some((command, lines)) => (command, lines.parse().unwrap()),
        None => (typed, usize::MAX),
    };
    let arguments = command.strip_prefix("rolewalk ").expect("the README shows this program");
    let home = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_rolewalk"))
        .args(words(arguments))
        .env_clear()
        .env("HOME", home.path())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "{typed}: {}", String::from_utf8_lossy(&output.stderr));
    text.lines().take(head).flat_map(|line| [line.trim_end(), "\n"]).collect()
}

/// Words as a shell splits them, as far as the README needs: blanks, and single quotes.
fn words(typed: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut quoted = false;
    for char in typed.chars() {
        match char {
            '\'' => quoted = !quoted,
            ' ' if !quoted => found.push(String::new()),
            char => found.last_mut().unwrap().push(char),
        }
    }
    found
}
