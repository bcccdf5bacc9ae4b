//! What was meant by what was typed: defaults filled in, texts taken apart, combinations that
//! make no sense refused.

mod matrix;

use std::io::{self, IsTerminal, Read};
use std::path::PathBuf;

use super::args::{self, Command, Format, MatrixFormat, SnapshotsCommand, Typed};
use super::error::{CliError, chain};
use super::output::Output;
use crate::answer::{Limits, MatrixFilter, Scenario, Stated};
use crate::config::{self, Config, ConfigError};
use crate::report::edges::Lines;
use crate::tui::check_theme;

/// Everything that a run of the program needs to know.
#[derive(Debug)]
pub(crate) struct Request {
    /// How to print.
    pub(crate) output: Output,
    /// Where facts come from.
    pub(crate) facts: FactSource,
    /// How AWS is reached.
    pub(crate) aws: AwsChoice,
    /// What the configuration file sets beyond that.
    pub(crate) config: Config,
    /// The configuration file itself.
    pub(crate) configuration: ConfigurationFile,
    /// How much is said on stderr.
    pub(crate) verbose: u8,
    /// What to do.
    pub(crate) what: What,
}

/// Where the configuration file is, and what is wrong with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ConfigurationFile {
    /// The file; `None` where none is named and there is no home directory.
    pub(crate) path: Option<PathBuf>,
    /// Why it can't be used. Only a check of everything goes on then.
    pub(crate) problem: Option<String>,
}

/// Where facts come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FactSource {
    /// The embedded sample organization.
    Sample,
    /// A database.
    Database {
        /// The file; `None` where none is named and there is no home directory.
        path: Option<PathBuf>,
        /// Whether somebody named the file, so that it has to be there.
        named: bool,
        /// The snapshot; the newest complete one without it.
        snapshot: Option<String>,
    },
}

/// Which credentials and Region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct AwsChoice {
    /// The profile.
    pub(crate) profile: Option<String>,
    /// The Region.
    pub(crate) region: Option<String>,
}

/// What to do.
#[derive(Debug)]
pub(crate) enum What {
    /// The screens.
    Screens,
    /// Crawl.
    Collect(args::Collect),
    /// Read a dump directory.
    Import(PathBuf),
    /// List what was collected.
    ListSnapshots,
    /// What a snapshot covers.
    ShowSnapshot(Option<String>),
    /// Copy a snapshot to a file.
    PackSnapshot(PathBuf),
    /// Forget a snapshot.
    RemoveSnapshot(String),
    /// Answer from the facts.
    Ask {
        /// What is asked.
        question: Question,
        /// What is stated of every call.
        scenario: Box<Scenario>,
    },
    /// Explain a failure.
    Explain(Failure),
    /// Assume live.
    Probe(args::Probe),
    /// Write a report.
    Report(Report),
    /// Write every edge.
    Edges(Edges),
    /// Write the facts.
    Dump {
        /// Where.
        directory: PathBuf,
        /// Whether to overwrite.
        force: bool,
    },
    /// The policies that a crawl needs.
    Permissions(args::Permissions),
    /// Check what is there.
    Doctor(args::Doctor),
    /// Completions.
    Completions(clap_complete::Shell),
    /// The manual page.
    Man,
}

/// A question to the library.
#[derive(Debug)]
pub(crate) enum Question {
    /// The organization.
    Tree(Option<String>),
    /// Who can become a role.
    WhoCan(String, Limits),
    /// What a source reaches.
    Reach(String, Limits, args::Terraform),
    /// How many can become a role.
    WhoCanSummary(String, Limits),
    /// How far a source reaches.
    ReachSummary(String, Limits),
    /// What all ways between two ends pass, with the most rows.
    Chokepoints(String, String, usize),
    /// Roles that lead back to themselves, with the most rows.
    Cycles(Option<String>, usize),
    /// Paths between two ends.
    Paths(String, String, Limits, args::Terraform),
    /// Workspaces against accounts.
    Matrix(Box<Matrix>),
    /// How tokens get into accounts.
    Topology(Limits),
    /// One decision.
    Why {
        /// Who calls.
        caller: String,
        /// The role.
        role: String,
        /// The action, where it is not the caller's usual one.
        action: Option<String>,
        /// What is stated about the request.
        stated: Box<Stated>,
    },
}

/// Workspaces against accounts.
#[derive(Debug)]
pub(crate) struct Matrix {
    /// Which workspaces; all without it.
    pub(crate) rows: Option<String>,
    /// Which accounts; all without it.
    pub(crate) columns: Option<String>,
    /// Which cells.
    pub(crate) filter: MatrixFilter,
    /// How much.
    pub(crate) limits: Limits,
    /// How to print it.
    pub(crate) format: MatrixFormat,
    /// What the workspaces run.
    pub(crate) terraform: args::Terraform,
}

/// A failure to explain.
#[derive(Debug)]
pub(crate) struct Failure {
    /// Its text.
    pub(crate) text: String,
    /// Who called, where the text does not say.
    pub(crate) source: Option<String>,
    /// The role, where the text does not say.
    pub(crate) target: Option<String>,
    /// What is stated about the request.
    pub(crate) stated: Stated,
}

/// A path report to write.
#[derive(Debug)]
pub(crate) struct Report {
    /// Which paths.
    pub(crate) subject: Subject,
    /// Whether as JSON, else as Markdown.
    pub(crate) json: bool,
    /// The file; stdout without it.
    pub(crate) file: Option<PathBuf>,
    /// Whether to overwrite.
    pub(crate) force: bool,
    /// How much.
    pub(crate) limits: Limits,
}

/// Edges to write.
#[derive(Debug)]
pub(crate) struct Edges {
    /// From whom; everybody without it.
    pub(crate) source: Option<String>,
    /// To which roles; all without it.
    pub(crate) target: Option<String>,
    /// The form.
    pub(crate) lines: Lines,
    /// The file; stdout without it.
    pub(crate) file: Option<PathBuf>,
    /// Whether to overwrite.
    pub(crate) force: bool,
}

/// Which paths a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subject {
    /// Those of every workspace.
    Workspaces,
    /// Those to the roles that this names; for a source that is no role, those from it.
    About(String),
    /// Those from here.
    From(String),
    /// Those to here.
    To(String),
    /// Those between two ends.
    Between(String, String),
}

impl Request {
    /// Makes sense of what was typed.
    pub(crate) fn of(typed: Typed) -> Result<Self, CliError> {
        let Typed { global, command } = typed;
        let path = global.config.clone().or_else(config::usual_file);
        let mut configuration = ConfigurationFile { path, problem: None };
        let loaded = Config::load(global.config.as_deref()).and_then(|config| {
            let refused = config.theme.as_deref().and_then(|name| check_theme(name).err());
            match (refused, &configuration.path) {
                (Some(error), Some(path)) => {
                    Err(ConfigError::Invalid { path: path.clone(), message: error.to_string() })
                }
                _ => Ok(config),
            }
        });
        let config = match loaded {
            Ok(config) => config,
            Err(error) if matches!(command, Some(Command::Doctor(_))) => {
                configuration.problem = Some(chain(&error));
                Config::default()
            }
            Err(error) => return Err(CliError::input(chain(&error))),
        };
        let demo = global.demo || matches!(command, Some(Command::Demo));
        let facts = if demo {
            FactSource::Sample
        } else {
            let named = global.db.is_some();
            let path =
                global.db.or_else(|| config.database.clone()).or_else(config::usual_database);
            FactSource::Database { path, named, snapshot: global.snapshot }
        };
        let what = what(command)?;
        if demo
            && matches!(
                what,
                What::Collect(_)
                    | What::Import(_)
                    | What::ListSnapshots
                    | What::ShowSnapshot(_)
                    | What::PackSnapshot(_)
                    | What::RemoveSnapshot(_)
            )
        {
            return Err(CliError::input(
                "`--demo` answers questions from the embedded sample; nothing is collected into it",
            ));
        }
        Ok(Self {
            output: Output::new(global.color, global.json, config.ascii),
            facts,
            aws: AwsChoice { profile: global.profile, region: global.region },
            config,
            configuration,
            verbose: global.verbose,
            what,
        })
    }
}

fn limits(hops: u16, rows: u32) -> Limits {
    Limits { rows: self::rows(rows), hops: usize::from(hops) }
}

fn rows(typed: u32) -> usize {
    usize::try_from(typed).unwrap_or(usize::MAX)
}

fn what(command: Option<Command>) -> Result<What, CliError> {
    let Some(command) = command else { return Ok(What::Screens) };
    let ask = |question| Ok(What::Ask { question, scenario: Box::default() });
    let ask_under =
        |question, typed| Ok(What::Ask { question, scenario: Box::new(matrix::scenario(typed)?) });
    match command {
        Command::Demo => Ok(What::Screens),
        Command::Collect(typed) => Ok(What::Collect(typed)),
        Command::Import(typed) => Ok(What::Import(typed.directory)),
        Command::Snapshots(typed) => Ok(match typed.command {
            None | Some(SnapshotsCommand::List) => What::ListSnapshots,
            Some(SnapshotsCommand::Show { id }) => What::ShowSnapshot(id),
            Some(SnapshotsCommand::Pack { file }) => What::PackSnapshot(file),
            Some(SnapshotsCommand::Remove { id }) => What::RemoveSnapshot(id),
        }),
        Command::Tree(typed) => ask(Question::Tree(typed.selector)),
        Command::WhoCan(args::WhoCan { role, summary, scenario, limits: it }) => {
            let question = if summary { Question::WhoCanSummary } else { Question::WhoCan };
            ask_under(question(role, limits(it.max_hops, it.limit)), scenario)
        }
        Command::Reach(args::Reach { source, summary, scenario, limits: it, terraform }) => {
            let limits = limits(it.max_hops, it.limit);
            let question = if summary {
                Question::ReachSummary(source, limits)
            } else {
                Question::Reach(source, limits, terraform)
            };
            ask_under(question, scenario)
        }
        Command::Chokepoints(it) => {
            ask(Question::Chokepoints(it.source, it.target, rows(it.limit)))
        }
        Command::Cycles(it) => ask(Question::Cycles(it.selector, rows(it.limit))),
        Command::Paths(it) => {
            let limits = limits(it.max_hops, it.limit);
            ask_under(Question::Paths(it.source, it.target, limits, it.terraform), it.scenario)
        }
        Command::Matrix(it) => {
            let question = Question::Matrix(Box::new(Matrix {
                rows: it.rows,
                columns: it.columns,
                filter: matrix::filter(&it.cells),
                limits: limits(it.max_hops, it.limit.unwrap_or(u32::MAX)),
                format: it.format,
                terraform: it.terraform,
            }));
            ask_under(question, it.scenario)
        }
        Command::Topology(args::Topology { limits: it }) => {
            ask(Question::Topology(limits(it.max_hops, it.limit)))
        }
        Command::Why(it) => {
            let stated = Box::new(stated(it.stated)?);
            ask(Question::Why { caller: it.caller, role: it.role, action: it.action, stated })
        }
        Command::Explain(typed) => failure(typed).map(What::Explain),
        Command::Probe(typed) => Ok(What::Probe(typed)),
        Command::Export(typed) => export(typed),
        Command::Permissions(typed) => Ok(What::Permissions(typed)),
        Command::Doctor(typed) => Ok(What::Doctor(typed)),
        Command::Completions(typed) => Ok(What::Completions(typed.shell)),
        Command::Man => Ok(What::Man),
    }
}

/// What is stated about a request, by condition keys.
fn stated(typed: args::Stated) -> Result<Stated, CliError> {
    let mut stated = context(&typed.context)?;
    stated.endpoint = typed.endpoint;
    let named = [
        ("sts:ExternalId", typed.external_id),
        ("sts:RoleSessionName", typed.session_name),
        ("sts:SourceIdentity", typed.source_identity),
        ("aws:SourceIp", typed.source_ip),
        ("aws:MultiFactorAuthPresent", typed.mfa.then(|| "true".to_owned())),
    ];
    for (key, value) in named {
        stated.keys.extend(value.map(|value| (key.to_owned(), value)));
    }
    for tag in &typed.tags {
        let (key, value) = pair("--tag", tag, "team=payments")?;
        stated.keys.push((format!("aws:RequestTag/{key}"), value));
    }
    for file in &typed.session_policies {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(file).map_err(|error| {
            CliError::input(format!("session policy `{name}` can't be read: {error}"))
        })?;
        stated.add_session_policy(&name, &text)?;
    }
    // What depends on no caller is refused before anything is loaded.
    stated.check()?;
    Ok(stated)
}

fn context(typed: &[String]) -> Result<Stated, CliError> {
    let pairs: Result<Vec<_>, _> =
        typed.iter().map(|typed| pair("--context", typed, "sts:ExternalId=abc")).collect();
    Ok(Stated::keys(pairs?))
}

/// `KEY=VALUE`.
fn pair(option: &str, typed: &str, example: &str) -> Result<(String, String), CliError> {
    match typed.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_owned(), value.to_owned()))
        }
        _ => Err(CliError::input(format!(
            "`{option} {typed}` is not KEY=VALUE, such as `{example}`"
        ))
        .hint("an empty value (`KEY=`) states that the key is absent")),
    }
}

/// Text as it was saved: PowerShell writes UTF-16, with a byte order mark.
fn decoded(bytes: &[u8]) -> String {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return String::from_utf8_lossy(bytes).into_owned(),
    };
    let (pairs, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().skip(1).map(|pair| unit(*pair)).collect();
    String::from_utf16_lossy(&units)
}

fn failure(typed: args::Explain) -> Result<Failure, CliError> {
    let stated = context(&typed.context)?;
    stated.check()?;
    let text = match (&typed.text, &typed.file) {
        (_, Some(file)) => {
            let bytes = std::fs::read(file).map_err(|error| {
                CliError::input(format!("`{}` can't be read: {error}", file.display()))
            })?;
            decoded(&bytes)
        }
        (Some(text), None) if text != "-" => text.clone(),
        (typed, None) => {
            if typed.is_none() && io::stdin().is_terminal() {
                return Err(CliError::input("there is no text to explain")
                    .hint("quote the text, name a file with `-f FILE`, or pipe it in")
                    .hint("`rolewalk explain -` reads what you paste, up to ctrl-d"));
            }
            let mut bytes = Vec::new();
            io::stdin()
                .lock()
                .read_to_end(&mut bytes)
                .map_err(|error| CliError::input(format!("stdin can't be read: {error}")))?;
            decoded(&bytes)
        }
    };
    if text.trim().is_empty() {
        return Err(CliError::input("the text to explain is empty"));
    }
    Ok(Failure { text, source: typed.source, target: typed.target, stated })
}

fn export(typed: args::Export) -> Result<What, CliError> {
    if typed.format == Format::Dump {
        if typed.source.is_some() || typed.target.is_some() {
            return Err(CliError::input(
                "a dump holds all facts; `--source` and `--target` belong to reports",
            ));
        }
        let directory = match (typed.output, typed.subject) {
            (Some(_), Some(extra)) => {
                return Err(CliError::input(format!(
                    "a dump holds all facts, so `{extra}` can't choose some of them"
                )));
            }
            (Some(directory), None) => directory,
            (None, Some(directory)) => PathBuf::from(directory),
            (None, None) => {
                return Err(CliError::input("a dump needs a directory to be written to")
                    .hint("`rolewalk export --format dump -o DIR`"));
            }
        };
        return Ok(What::Dump { directory, force: typed.force });
    }
    let lines = match typed.format {
        Format::Jsonl => Some(Lines::Jsonl),
        Format::Csv => Some(Lines::Csv),
        Format::Md | Format::Json | Format::Dump => None,
    };
    if let Some(lines) = lines {
        return Ok(What::Edges(Edges {
            source: typed.source,
            target: typed.subject.or(typed.target),
            lines,
            file: typed.output,
            force: typed.force,
        }));
    }
    let subject = match (typed.subject, typed.source, typed.target) {
        (Some(subject), _, _) => Subject::About(subject),
        (None, Some(source), Some(target)) => Subject::Between(source, target),
        (None, Some(source), None) => Subject::From(source),
        (None, None, Some(target)) => Subject::To(target),
        (None, None, None) => Subject::Workspaces,
    };
    Ok(What::Report(Report {
        subject,
        json: typed.format == Format::Json,
        file: typed.output,
        force: typed.force,
        limits: limits(typed.max_hops, typed.limit),
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    fn meant(arguments: &[&str]) -> Result<What, CliError> {
        let typed = Typed::try_parse_from([&["rolewalk"], arguments].concat()).unwrap();
        what(typed.command)
    }

    #[test]
    fn the_grammar_is_sound() {
        Typed::command().debug_assert();
    }

    #[test]
    fn context_is_a_key_and_a_value() {
        let read = |typed: &str| pair("--context", typed, "a=b").ok();
        let some = |key: &str, value: &str| Some((key.to_owned(), value.to_owned()));
        assert_eq!(read("sts:ExternalId=a=b"), some("sts:ExternalId", "a=b"));
        assert_eq!(read("aws:PrincipalTag/team="), some("aws:PrincipalTag/team", ""));
        for bad in ["sts:ExternalId", "=x", ""] {
            let error = pair("--context", bad, "a=b").unwrap_err();
            assert_eq!(error.kind.code(), 2, "{bad}");
            assert!(error.message.contains("KEY=VALUE"), "{}", error.message);
        }
    }

    #[test]
    fn a_dump_takes_its_directory_from_either_place() {
        for arguments in
            [&["export", "--format", "dump", "d"][..], &["export", "--format", "dump", "-o", "d"]]
        {
            let What::Dump { directory, force } = meant(arguments).unwrap() else { unreachable!() };
            assert_eq!((directory, force), (PathBuf::from("d"), false));
        }
        for arguments in [
            &["export", "--format", "dump"][..],
            &["export", "--format", "dump", "-o", "d", "org:"],
            &["export", "--format", "dump", "-o", "d", "--source", "me"],
        ] {
            assert_eq!(meant(arguments).unwrap_err().kind.code(), 2);
        }
    }
}
