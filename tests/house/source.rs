//! Rust sources, read just well enough: their comments, the paths in their code, their imports.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The project's directory.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the project.
pub fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Files below a directory, without what git and cargo keep for themselves.
pub fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![directory.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name();
            if entry.file_type().unwrap().is_dir() {
                if name != "target" && name != ".git" {
                    open.push(entry.path());
                }
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

/// Every source of the library and the program.
pub fn all() -> Vec<Source> {
    let sources: Vec<Source> = files(&root().join("src"))
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().replace('\\', "/");
            Source::read(name, &fs::read_to_string(path).unwrap())
        })
        .collect();
    assert!(sources.len() > 100, "only {} sources were found", sources.len());
    sources
}

/// One source.
pub struct Source {
    /// From the project's directory.
    pub path: String,
    pub lines: usize,
    /// Comments as running text.
    comments: String,
    /// Ids that the code gives to caveats.
    caveats: BTreeSet<String>,
    tokens: Vec<String>,
}

impl Source {
    fn read(path: String, text: &str) -> Self {
        let (code, comments) = split(text);
        let caveats = text
            .split("id: \"")
            .skip(1)
            .filter_map(|rest| rest.split_once('"'))
            .map(|(id, _)| id.to_owned())
            .filter(|id| is_rule(id) && !path.starts_with("src/failure/"))
            .collect();
        Self { path, lines: text.lines().count(), comments, caveats, tokens: tokens(&code) }
    }

    /// The room; none for what only puts the rooms together.
    pub fn room(&self) -> Option<String> {
        let rest = self.path.strip_prefix("src/")?;
        let room = rest.split('/').next()?.trim_end_matches(".rs");
        (room != "lib" && room != "main").then(|| room.to_owned())
    }

    /// The module that the file is, from the root of the crate.
    fn depth(&self) -> usize {
        let parts: Vec<&str> = self.path.trim_end_matches(".rs").split('/').skip(1).collect();
        parts.len() - usize::from(parts.last() == Some(&"mod"))
    }

    /// Paths in the code as they are written: `std::fs::read`.
    pub fn paths(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            if !is_word(&self.tokens[at]) {
                at += 1;
                continue;
            }
            let mut path = self.tokens[at].clone();
            while self.token(at + 1) == "::" && is_word(self.token(at + 2)) {
                path = format!("{path}::{}", self.tokens[at + 2]);
                at += 2;
            }
            if self.token(at + 1) == "::" && self.token(at + 2) == "{" {
                found.extend(self.group(at + 2).iter().map(|name| format!("{path}::{name}")));
            }
            found.push(path);
            at += 1;
        }
        found
    }

    /// Rooms that the source names, by `crate::` or by as many `super::` as lead to the root.
    pub fn imports(&self, rooms: &BTreeMap<String, usize>) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = 0;
        let mut modules: Vec<usize> = Vec::new();
        let mut at = 0;
        while at < self.tokens.len() {
            match self.tokens[at].as_str() {
                "{" => {
                    open += 1;
                    if at >= 2 && self.tokens[at - 2] == "mod" {
                        modules.push(open);
                    }
                }
                "}" => {
                    if modules.last() == Some(&open) {
                        modules.pop();
                    }
                    open -= 1;
                }
                "crate" | "super" if self.token(at + 1) == "::" => {
                    let mut ups = usize::from(self.tokens[at] == "super");
                    while self.token(at + 2) == "super" && self.token(at + 3) == "::" {
                        ups += 1;
                        at += 2;
                    }
                    if ups == 0 || ups == self.depth() + modules.len() {
                        match self.token(at + 2) {
                            "{" => found.extend(self.group(at + 2)),
                            name => drop(found.insert(name.to_owned())),
                        }
                    }
                    at += 1;
                }
                _ => {}
            }
            at += 1;
        }
        found.retain(|name| rooms.contains_key(name));
        found
    }

    /// The first words in a braced group of an import.
    fn group(&self, brace: usize) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = 0;
        for at in brace..self.tokens.len() {
            match self.tokens[at].as_str() {
                "{" => open += 1,
                "}" => open -= 1,
                _ => {}
            }
            if open == 0 {
                break;
            }
            let first = matches!(self.tokens[at].as_str(), "{" | ",");
            if first && open == 1 && is_word(self.token(at + 1)) {
                found.push(self.token(at + 1).to_owned());
            }
        }
        found
    }

    fn token(&self, at: usize) -> &str {
        self.tokens.get(at).map_or("", String::as_str)
    }

    /// Rules of `docs/evaluation.md` that comments cite (`rule K6`, `rules W1 to W4 and W7`), and
    /// those that caveats carry as their ids.
    pub fn rules(&self) -> BTreeSet<String> {
        let mut found = self.caveats.clone();
        let words: Vec<&str> = self.comments.split_whitespace().collect();
        for at in 0..words.len() {
            let word = words[at].trim_start_matches(['(', '`']).to_lowercase();
            if word != "rule" && word != "rules" {
                continue;
            }
            let mut last: Option<String> = None;
            let mut to = false;
            for word in &words[at + 1..] {
                let ends = word.ends_with([')', '.', ';', ':']);
                let id = word.trim_matches(|char: char| !char.is_ascii_alphanumeric());
                match id {
                    "to" => to = true,
                    "and" | "or" => {}
                    id if is_rule(id) => {
                        if let (true, Some(from)) = (to, &last) {
                            assert_eq!(from[..1], id[..1], "{}: {from} to {id}", self.path);
                            let numbers = number(from)..number(id);
                            found.extend(numbers.map(|n| format!("{}{n}", &id[..1])));
                        }
                        found.insert(id.to_owned());
                        last = Some(id.to_owned());
                        to = false;
                    }
                    _ => break,
                }
                if ends {
                    break;
                }
            }
        }
        found
    }
}

fn number(id: &str) -> usize {
    id[1..].parse().unwrap()
}

/// A capital and a number without leading zero.
pub fn is_rule(id: &str) -> bool {
    id.len() > 1
        && id.starts_with(|char: char| char.is_ascii_uppercase())
        && !id[1..].starts_with('0')
        && id[1..].bytes().all(|byte| byte.is_ascii_digit())
}

fn is_word(token: &str) -> bool {
    token.starts_with(|char: char| char.is_alphabetic() || char == '_')
}

fn tokens(code: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut chars = code.chars().peekable();
    while let Some(char) = chars.next() {
        if char.is_alphanumeric() || char == '_' {
            let mut word = String::from(char);
            while let Some(next) = chars.next_if(|next| next.is_alphanumeric() || *next == '_') {
                word.push(next);
            }
            found.push(word);
        } else if char == ':' && chars.next_if_eq(&':').is_some() {
            found.push("::".to_owned());
        } else if !char.is_whitespace() {
            found.push(char.to_string());
        }
    }
    found
}

/// Code without comments and with its literals emptied, and the comments as running text.
fn split(text: &str) -> (String, String) {
    let chars: Vec<char> = text.chars().collect();
    let (mut code, mut comments) = (String::new(), String::new());
    let mut at = 0;
    let is =
        |at: usize, wanted: &str| chars[at..].iter().copied().take(wanted.len()).eq(wanted.chars());
    while at < chars.len() {
        if is(at, "//") {
            while at < chars.len() && matches!(chars[at], '/' | '!') {
                at += 1;
            }
            while at < chars.len() && chars[at] != '\n' {
                comments.push(chars[at]);
                at += 1;
            }
            comments.push(' ');
        } else if is(at, "/*") {
            let mut open = 0;
            loop {
                if is(at, "/*") {
                    (open, at) = (open + 1, at + 2);
                } else if is(at, "*/") {
                    (open, at) = (open - 1, at + 2);
                } else {
                    comments.push(chars[at]);
                    at += 1;
                }
                if open == 0 {
                    break;
                }
            }
        } else if chars[at] == '"' {
            at = after_string(&chars, at);
            code.push_str("\"\"");
        } else if let Some(end) = after_raw_string(&chars, at) {
            at = end;
            code.push_str("\"\"");
        } else if chars[at] == '\'' {
            // A character; what has no closing quote nearby is a lifetime.
            let escaped = chars.get(at + 1) == Some(&'\\');
            let end = if escaped {
                (at + 3..chars.len()).find(|end| chars[*end] == '\'')
            } else {
                (chars.get(at + 2) == Some(&'\'')).then_some(at + 2)
            };
            code.push(' ');
            at = end.unwrap_or(at) + 1;
        } else {
            code.push(chars[at]);
            at += 1;
        }
    }
    (code, comments)
}

fn after_string(chars: &[char], start: usize) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != '"' {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn after_raw_string(chars: &[char], start: usize) -> Option<usize> {
    let within_word = start > 0 && (chars[start - 1].is_alphanumeric() || chars[start - 1] == '_');
    let begins = chars[start] == 'r' || (chars[start] == 'b' && chars.get(start + 1) == Some(&'r'));
    if within_word && chars[start - 1] != 'b' || !begins {
        return None;
    }
    let mut at = start + if chars[start] == 'b' { 2 } else { 1 };
    let mut hashes = 0;
    while chars.get(at) == Some(&'#') {
        (hashes, at) = (hashes + 1, at + 1);
    }
    if chars.get(at) != Some(&'"') {
        return None;
    }
    at += 1;
    loop {
        if *chars.get(at)? == '"' && (0..hashes).all(|n| chars.get(at + 1 + n) == Some(&'#')) {
            return Some(at + 1 + hashes);
        }
        at += 1;
    }
}

#[test]
fn sources_are_read_as_rust_reads_them() {
    let text = r##"
        //! Rules A1 to A3, and B7. (rule
        //! C2) No rule is D9.
        use crate::{arn::{text, Arn}, policy};
        /* use crate::tui; /* nested */ crate::cli */
        const TEXT: (&str, &str, char) = ("crate::tui \" crate::cli", r#"crate::"tui"#, '"');
        fn life<'a>(x: &'a str) { super::org::x(); std::fs::read(x); Caveat { id: "V1" } }
        mod tests { use super::super::graph; use super::answer; }
    "##;
    let source = Source::read("src/evaluation.rs".to_owned(), text);
    let rooms = ["arn", "text", "policy", "tui", "cli", "org", "graph", "answer"];
    let rooms = rooms.iter().map(|room| ((*room).to_owned(), 0)).collect();
    let list = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(list(source.imports(&rooms)), "arn graph org policy");
    assert_eq!(list(source.rules()), "A1 A2 A3 B7 C2 V1");
    assert!(source.paths().contains(&"std::fs::read".to_owned()));
    assert!(!source.paths().iter().any(|path| path.contains("tui")));
}
