//! The TUI with a session made for a test: this test binary runs itself as the child.

use std::sync::Arc;
use std::time::Duration;

use portable_pty::CommandBuilder;
use rolewalk::graph::Graph;
use rolewalk::org::Facts;
use rolewalk::org::reading::Readings;
use rolewalk::snapshot::Progress;
use rolewalk::troubleshoot::{ExplainedFailure, Explanation};
use rolewalk::tui::{
    Appearance, Boxed, Collector, CrawlEnd, CrawlOutline, Imported, LoadError, LoadStep, Loaded,
    News, PredictionOnly, Refusal, Report, Session, TuiError, Wanted, run,
};
use tokio::sync::watch;

use super::terminal::Terminal;

/// Names the kind of session, and makes [`child`] more than an empty test.
pub(crate) const MODE: &str = "ROLEWALK_TEST_TUI";

/// The arguments with which this binary is the child.
pub(crate) const ARGUMENTS: [&str; 4] = ["--exact", "child::child", "--nocapture", "--quiet"];

impl Terminal {
    /// This test binary as the TUI.
    pub(crate) fn child(mode: &str) -> Self {
        let mut command = CommandBuilder::new(std::env::current_exe().unwrap());
        command.args(ARGUMENTS);
        command.env(MODE, mode);
        command.env("RUST_BACKTRACE", "0");
        Self::run(command)
    }
}

/// What a shell runs for the child.
pub(crate) fn command_line(mode: &str) -> String {
    let program = std::env::current_exe().unwrap();
    format!("{MODE}={mode} '{}' {}", program.display(), ARGUMENTS.join(" "))
}

#[test]
fn child() {
    let Ok(mode) = std::env::var(MODE) else { return };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let result = runtime.block_on(run_mode(&mode));
    // The loader of the slow mode sleeps for longer than anybody waits.
    runtime.shutdown_background();
    match result.unwrap() {
        None => {}
        Some(Ok(place)) => println!("the report is in {place}"),
        Some(Err(why)) => println!("the report was not written: {why}"),
    }
}

async fn run_mode(mode: &str) -> Result<Option<Report>, TuiError> {
    let session = session(mode);
    let appearance = Appearance { theme: "default".to_owned(), colour: true, ascii: false };
    if mode == "panic" {
        return tokio::select! {
            result = run(appearance, session) => result,
            () = async {
                tokio::time::sleep(Duration::from_millis(700)).await;
                panic!("a panic of the test");
            } => Ok(None),
        };
    }
    run(appearance, session).await
}

fn session(mode: &str) -> Session {
    let mode = mode.to_owned();
    Session {
        title: "sample".to_owned(),
        demo: true,
        loader: Arc::new(move |_, tell| {
            match mode.as_str() {
                "slow" => {
                    tell(LoadStep::Chosen("snapshot 7 of o-sample".to_owned()));
                    tell(LoadStep::Reading(Progress::Roles { read: 312_000, all: 1_000_000 }));
                    std::thread::sleep(Duration::from_mins(10));
                }
                "first-run" => return Err(LoadError::NoSnapshot),
                "job-panic" => panic!("the loader of the test"),
                // Loaders have threads of their own.
                "deep-panic" => std::thread::scope(|scope| {
                    scope.spawn(|| panic!("a thread of the loader of the test"));
                }),
                _ => {}
            }
            let facts = Arc::new(Facts::build(Readings::default()));
            Ok(Loaded { graph: Arc::new(Graph::build(facts)), snapshot: None })
        }),
        prober: Arc::new(PredictionOnly),
        collector: Arc::new(OneAccount),
        explain: Arc::new(|_, question| Explanation {
            schema: "rolewalk/explain/1",
            errors: vec![ExplainedFailure {
                parsed: serde_json::Value::Null,
                verdict: None,
                causes: Vec::new(),
                missing: Vec::new(),
                notes: vec![format!("explained: {} lines", question.text.lines().count())],
            }],
        }),
        export: Arc::new(|_, _| {
            std::thread::sleep(Duration::from_secs(2));
            Ok("nowhere".to_owned())
        }),
    }
}

/// Reads one account until it is told to stop.
struct OneAccount;

impl Collector for OneAccount {
    fn caller(&self) -> Boxed<Result<String, String>> {
        Box::pin(std::future::ready(Ok("arn:aws:iam::111111111111:user/ann".to_owned())))
    }

    fn plan(&self, _: usize, _: Wanted) -> Boxed<Result<CrawlOutline, Refusal>> {
        let accounts = vec![("222222222222".to_owned(), "prod".to_owned())];
        Box::pin(std::future::ready(Ok(CrawlOutline { lines: Vec::new(), accounts })))
    }

    fn run(
        &self,
        _: usize,
        mut stop: watch::Receiver<bool>,
        mut news: Box<dyn FnMut(News) + Send>,
    ) -> Boxed<Result<CrawlEnd, Refusal>> {
        Box::pin(async move {
            news(News::Started { account: "222222222222".to_owned() });
            stop.wait_for(|stop| *stop).await.unwrap();
            Ok(CrawlEnd { snapshot: "1".to_owned(), left: 1, ..CrawlEnd::default() })
        })
    }

    fn import(&self, _: String) -> Boxed<Result<Imported, Refusal>> {
        Box::pin(std::future::ready(Err(Refusal::default())))
    }
}
