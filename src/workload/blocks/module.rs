//! A directory of configuration files as one module, and the modules that it calls.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::evaluate::{Scope, Value};
use super::provider::provider;
use super::syntax::{Block, Expression, Form};
use super::{Blocks, Cloud, Damage, Text, hcl, json};

/// How deep modules may call each other, and how many calls are followed.
const DEEPEST: usize = 16;
const MOST: usize = 2_000;

/// Arguments of a call that Terraform refuses for modules with provider blocks of their own.
const BARE: [&str; 3] = ["count", "for_each", "depends_on"];

/// Reads a configuration. `directory` gives the files of a directory by its path below the one that
/// is read (empty for that itself). `values` are those of the root module's variables, where they
/// are certain.
pub fn read<E: From<Damage>>(
    directory: &mut dyn FnMut(&str) -> Result<Vec<Text>, E>,
    values: &BTreeMap<String, serde_json::Value>,
) -> Result<Blocks, E> {
    let values = values.iter().map(|(name, value)| {
        let scope = Scope::new(&[], BTreeMap::new(), None);
        (name.clone(), scope.value(&json::plain(value, 0)))
    });
    let given: BTreeMap<String, Value> = values.collect();
    let (known, found) = (BTreeMap::new(), Blocks::default());
    let mut reading = Reading { directory, known, applying: false, calls: 0, found };
    reading.module("", None, given.clone(), 0, false)?;
    let planning = std::mem::take(&mut reading.found);
    (reading.applying, reading.calls) = (true, 0);
    reading.module("", None, given, 0, false)?;
    let applying = reading.found.providers;
    let differs = applying != planning.providers;
    Ok(Blocks { applying: differs.then_some(applying), ..planning })
}

/// A directory, read.
struct Module {
    blocks: Vec<Block>,
    /// Values of variables in files that Terraform reads by itself, with the file's name.
    values: BTreeMap<String, (Expression, String)>,
}

/// What a file sets variables to.
type Values = Vec<(String, Expression)>;

struct Reading<'r, E> {
    directory: &'r mut dyn FnMut(&str) -> Result<Vec<Text>, E>,
    known: BTreeMap<String, Rc<Module>>,
    /// In which runs: those that apply, or those that plan.
    applying: bool,
    calls: usize,
    found: Blocks,
}

impl<E: From<Damage>> Reading<'_, E> {
    /// One call of a module. `bare` says that it can't have provider blocks.
    fn module(
        &mut self,
        path: &str,
        address: Option<&str>,
        given: BTreeMap<String, Value>,
        depth: usize,
        bare: bool,
    ) -> Result<(), E> {
        self.calls += 1;
        if depth > DEEPEST || self.calls > MOST {
            let module = address.unwrap_or_default().to_owned();
            return Err(Damage::Nested { module, limit: DEEPEST, limit_all: MOST }.into());
        }
        let module = match self.known.get(path) {
            Some(known) => Rc::clone(known),
            None => {
                let module = Rc::new(assemble(path, &(self.directory)(path)?)?);
                self.known.insert(path.to_owned(), Rc::clone(&module));
                module
            }
        };
        let files = address.is_none().then_some(&module.values);
        let scope = Scope::new(&module.blocks, given, files).in_run(Some(self.applying));
        if address.is_none() {
            self.found.cloud = cloud(&module.blocks);
        }
        if !bare {
            self.providers(&module.blocks, address, &scope);
        }
        for call in module.blocks.iter().filter(|block| block.kind == "module") {
            self.call(path, address, call, &scope, (depth, bare))?;
        }
        Ok(())
    }

    fn providers(&mut self, blocks: &[Block], address: Option<&str>, scope: &Scope<'_>) {
        for block in blocks.iter().filter(|block| block.kind == "provider") {
            let kind = kind_of(blocks, block.label());
            if kind == "awscc" {
                let text =
                    format!("provider `{}` ({}) is not followed", block.label(), block.place);
                self.found.not_read.push(text);
            }
            // In another module a block with nothing but an alias stands for what is passed.
            let names = block.attributes.iter().map(|(name, _)| name.as_str());
            let is_proxy = address.is_some()
                && block.blocks.is_empty()
                && names.into_iter().all(|name| matches!(name, "alias" | "version"));
            if kind == "aws" && !is_proxy {
                self.found.providers.push(provider(block, address, scope));
            }
        }
    }

    fn call(
        &mut self,
        path: &str,
        address: Option<&str>,
        call: &Block,
        scope: &Scope<'_>,
        (depth, bare): (usize, bool),
    ) -> Result<(), E> {
        let own = format!("module.{}", call.label());
        let address = address.map_or_else(|| own.clone(), |outer| format!("{outer}.{own}"));
        let bare = bare || BARE.iter().any(|name| call.attribute(name).is_some());
        let source = call.text("source").unwrap_or_default();
        if !(source.starts_with("./") || source.starts_with("../")) {
            if !bare {
                let what = match source {
                    "" => "has no literal source".to_owned(),
                    source => format!("comes from `{source}`, which is no local path"),
                };
                self.found.not_read.push(format!("`{address}` ({}) {what}", call.place));
            }
            return Ok(());
        }
        let given = call.attributes.iter().map(|(name, value)| (name.clone(), scope.value(value)));
        self.module(&join(path, source), Some(&address), given.collect(), depth + 1, bare)
    }
}

/// The type of a provider by its local name: the end of its source.
fn kind_of<'b>(blocks: &'b [Block], name: &'b str) -> &'b str {
    let terraform = blocks.iter().filter(|block| block.kind == "terraform");
    let required = terraform.flat_map(|block| &block.blocks);
    let required = required.filter(|block| block.kind == "required_providers");
    let mut source = required.filter_map(|block| match &block.attribute(name)?.form {
        Form::Object(entries) => {
            entries.iter().find(|(key, _)| key == "source").and_then(|(_, value)| value.literal())
        }
        _ => None,
    });
    source.next_back().and_then(|source| source.rsplit('/').next()).unwrap_or(name)
}

/// A path below another, without `.` and with `..` taken where that can be.
fn join(base: &str, source: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in base.split('/').chain(source.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn cloud(blocks: &[Block]) -> Option<Cloud> {
    let terraform = blocks.iter().filter(|block| block.kind == "terraform");
    // The last of either kind takes the place of the others; only some backends are meant.
    let is_backend = |block: &&Block| matches!(block.kind.as_str(), "cloud" | "backend");
    let block = terraform.flat_map(|block| &block.blocks).rfind(is_backend)?;
    if block.kind == "backend" && block.label() != "remote" {
        return None;
    }
    let text = |block: &Block, name: &str| block.text(name).map(str::to_owned);
    let workspaces = block.blocks.iter().find(|inner| inner.kind == "workspaces");
    let of_workspaces = |name: &str| workspaces.and_then(|inner| text(inner, name));
    Some(Cloud {
        host: text(block, "hostname"),
        organization: text(block, "organization"),
        workspace: of_workspaces("name"),
        prefix: of_workspaces("prefix"),
        project: of_workspaces("project"),
        tags: workspaces.is_some_and(|inner| inner.attribute("tags").is_some()),
    })
}

/// The files of a directory as one module: overriding files last, each in the order of the names.
fn assemble(path: &str, texts: &[Text]) -> Result<Module, Damage> {
    let mut texts: Vec<&Text> = texts.iter().filter(|text| !is_ignored(&text.name)).collect();
    texts.sort_by(|one, other| one.name.cmp(&other.name));
    let mut module = Module { blocks: Vec::new(), values: BTreeMap::new() };
    let mut overriding = Vec::new();
    let mut values: Vec<(u8, &str, Values)> = Vec::new();
    for Text { name, text } in texts {
        let file = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
        if let Some(rank) = rank_of_values(name) {
            let is_json = name.strip_suffix(".json").is_some();
            let read = if is_json { json::values } else { hcl::values };
            values.push((rank, name, read(&file, text)?));
            continue;
        }
        let (blocks, stem) = match name_of(name) {
            Some((stem, false)) => (hcl::read(&file, text)?, stem),
            Some((stem, true)) => (json::read(&file, text)?, stem),
            None => continue,
        };
        let list = if stem == "override" || stem.ends_with("_override") {
            &mut overriding
        } else {
            &mut module.blocks
        };
        list.extend(blocks);
    }
    for block in overriding {
        put_over(&mut module.blocks, block);
    }
    values.sort_by_key(|(rank, ..)| *rank);
    for (_, file, list) in values {
        let named = list.into_iter().map(|(name, value)| (name, (value, file.to_owned())));
        module.values.extend(named);
    }
    Ok(module)
}

/// Whether a file counts in a directory: as configuration, or as values of variables.
pub fn counts(name: &str) -> bool {
    (name_of(name).is_some() || rank_of_values(name).is_some()) && !is_ignored(name)
}

/// The name of a configuration file without its ending, and whether that says JSON.
fn name_of(name: &str) -> Option<(&str, bool)> {
    let hcl = name.strip_suffix(".tf").map(|stem| (stem, false));
    hcl.or_else(|| name.strip_suffix(".tf.json").map(|stem| (stem, true)))
}

/// Files of editors and hidden ones, which Terraform passes over, too.
fn is_ignored(name: &str) -> bool {
    name.starts_with('.') || name.ends_with('~') || name.starts_with('#') && name.ends_with('#')
}

/// Which of the files of variable values is read when; later ones win.
fn rank_of_values(name: &str) -> Option<u8> {
    match name {
        "terraform.tfvars" => Some(0),
        "terraform.tfvars.json" => Some(1),
        name if name.ends_with(".auto.tfvars") || name.ends_with(".auto.tfvars.json") => Some(2),
        _ => None,
    }
}

/// Puts a block of an overriding file over the one that it means: its arguments take the place
/// of those of the same name, its blocks that of all of the same kind.
fn put_over(blocks: &mut Vec<Block>, over: Block) {
    let is_meant = |block: &&mut Block| {
        block.kind == over.kind
            && block.labels == over.labels
            && (over.kind != "provider" || block.text("alias") == over.text("alias"))
    };
    // Those of which a module has several are looked up from behind.
    let several = matches!(over.kind.as_str(), "locals" | "terraform");
    let known = if several { None } else { blocks.iter_mut().find(is_meant) };
    let Some(known) = known else {
        blocks.push(over);
        return;
    };
    for (name, value) in over.attributes {
        known.attributes.retain(|(known, _)| *known != name);
        known.attributes.push((name, value));
    }
    known.blocks.retain(|inner| !over.blocks.iter().any(|it| it.makes() == inner.makes()));
    known.blocks.extend(over.blocks);
}
