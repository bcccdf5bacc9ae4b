//! The test AWS: a Python server (`tests/aws/emulator/`) in a virtual environment of its own.
//!
//! The environment is made once under the target directory, keyed by the pins, and shared by all test
//! processes. A server belongs to one [`Emulator`] and dies with it: it is killed on drop, and it ends by
//! itself when the pipe to its stdin closes, which also covers a test process that is killed.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

const REQUIREMENTS: &str = include_str!("emulator/requirements.txt");
const ORGANIZATION: &str = include_str!("organization.json");

/// What a child process may see of the tests' own environment; everything else, a developer's AWS
/// profile above all, stays out.
const KEPT_VARIABLES: &[&str] = &["PATH", "TMPDIR", "LD_LIBRARY_PATH", "LLVM_PROFILE_FILE"];

/// A running server, with a home directory for the commands that talk to it.
pub struct Emulator {
    server: Child,
    address: String,
    home: TempDir,
}

impl Emulator {
    /// A server without any account.
    ///
    /// `None` only when `ROLEWALK_SKIP_AWS_TESTS=1` says so. Anything else that is missing is a failure,
    /// so that these tests never pass without having run.
    pub fn start() -> Option<Self> {
        if std::env::var_os("ROLEWALK_SKIP_AWS_TESTS").is_some_and(|value| value == "1") {
            eprintln!(
                "\n*** SKIPPED: ROLEWALK_SKIP_AWS_TESTS=1, nothing was tested against an AWS ***\n"
            );
            return None;
        }
        let home = tempfile::tempdir().expect("a temporary directory");
        for name in ["config", "credentials"] {
            File::create(home.path().join(name)).expect("an empty AWS file");
        }
        let log = File::create(home.path().join("emulator.log")).expect("the emulator's log");
        let mut command = Command::new(python());
        keep_environment_out(&mut command);
        let mut server = command
            .args(["-s", "-E"])
            .arg(here().join("emulator/server.py"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the emulator's Python starts");
        let url = first_line(&mut server);
        let address = url.strip_prefix("http://").map(str::to_owned);
        let emulator = Self { server, address: address.unwrap_or_default(), home };
        assert!(
            !emulator.address.is_empty(),
            "the emulator did not start:\n{url}\n{}",
            emulator.log()
        );
        Some(emulator)
    }

    /// A server with the organization of `tests/aws/organization.json`; its answers are in `ORGANIZATION.md`.
    pub fn with_organization() -> Option<Self> {
        let emulator = Self::start()?;
        emulator.load(ORGANIZATION);
        Some(emulator)
    }

    /// Replaces everything, faults and statistics too, by a description (format: `emulator/load.py`).
    /// Returns the ids that the server chose.
    pub fn load(&self, description: &str) -> Value {
        self.control("POST", "load", description)
    }

    /// Adds one fault rule, or a list of them (format: `emulator/faults.py`).
    pub fn add_faults(&self, rules: &Value) {
        self.control("POST", "faults", &rules.to_string());
    }

    /// The fault rules with their `hits`.
    pub fn faults(&self) -> Value {
        self.control("GET", "faults", "")
    }

    pub fn clear_faults(&self) {
        self.control("DELETE", "faults", "");
    }

    /// What was called since the load or [`Self::clear_statistics`] (shape: `emulator/faults.py`).
    pub fn statistics(&self) -> Value {
        self.control("GET", "stats", "")
    }

    pub fn clear_statistics(&self) {
        self.control("DELETE", "stats", "");
    }

    /// The program, with the access key of this account and nothing of the caller's environment.
    ///
    /// Every value of these keys is made up for the emulator, which does not check them.
    pub fn command(&self, account: &str) -> Command {
        let mut command = self.command_without_credentials();
        command
            .env("AWS_ACCESS_KEY_ID", format!("AKIA{account}TEST"))
            .env("AWS_SECRET_ACCESS_KEY", "emulator-only");
        command
    }

    /// As [`Self::command`], for somebody who has not signed in.
    pub fn command_without_credentials(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rolewalk"));
        keep_environment_out(&mut command);
        let home = self.home.path();
        command
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.address))
            .env("AWS_REGION", "us-east-1")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_CONFIG_FILE", home.join("config"))
            .env("AWS_SHARED_CREDENTIALS_FILE", home.join("credentials"))
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join("xdg-config"))
            .env("XDG_DATA_HOME", home.join("xdg-data"))
            .env("XDG_CACHE_HOME", home.join("xdg-cache"))
            .env("XDG_STATE_HOME", home.join("xdg-state"))
            .current_dir(home)
            .stdin(Stdio::null());
        command
    }

    /// A path for a database or another file, gone with the emulator.
    pub fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// What the server wrote about calls that it could not answer.
    pub fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("emulator.log")).unwrap_or_default()
    }

    fn control(&self, method: &str, name: &str, body: &str) -> Value {
        let (status, answer) = http(&self.address, method, &format!("/emulator/{name}"), body)
            .unwrap_or_else(|error| panic!("{method} {name}: {error}\n{}", self.log()));
        assert_eq!(status, 200, "{method} {name}: {answer}\n{}", self.log());
        serde_json::from_str(&answer).expect("the emulator answers in JSON")
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // Either may fail only because the server is gone already.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn here() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/aws"))
}

fn keep_environment_out(command: &mut Command) {
    command.env_clear();
    for name in KEPT_VARIABLES {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
}

/// The first line that the server prints, or what became of it instead.
fn first_line(server: &mut Child) -> String {
    let output = server.stdout.take().expect("stdout is piped");
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        let read = BufReader::new(output).read_line(&mut line);
        let _ = send.send(read.map(|_| line));
    });
    match receive.recv_timeout(Duration::from_mins(2)) {
        Ok(Ok(line)) => line.trim().to_owned(),
        Ok(Err(error)) => format!("its output could not be read: {error}"),
        Err(_) => "it printed nothing for two minutes".to_owned(),
    }
}

/// One exchange over HTTP/1.1, enough for a server that closes the connection after its answer.
fn http(address: &str, method: &str, path: &str, body: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_mins(2)))?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    Ok((status, body.to_owned()))
}

/// The interpreter of the virtual environment, which is made first if it is not there.
fn python() -> PathBuf {
    let mut hasher = DefaultHasher::new();
    REQUIREMENTS.hash(&mut hasher);
    let base = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let environment = base.join(format!("emulator-venv-{:016x}", hasher.finish()));
    let python = environment.join("bin/python");
    let complete = environment.join("complete");

    fs::create_dir_all(base).expect("the target directory can be written");
    let lock = File::create(base.join("emulator-venv.lock")).expect("the lock file can be written");
    lock.lock().expect("the lock of the virtual environment"); // held by whoever makes it, until the end of this function
    // `exists` follows the link to the interpreter, which an upgrade of Python may have removed.
    if !(complete.exists() && python.exists()) {
        if environment.exists() {
            fs::remove_dir_all(&environment)
                .expect("a half-made virtual environment can be removed");
        }
        eprintln!(
            "making the virtual environment of the AWS emulator, once: {}",
            environment.display()
        );
        must_succeed(Command::new("python3").args(["-m", "venv"]).arg(&environment));
        must_succeed(
            Command::new(&python)
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--no-deps",
                    "--requirement",
                ])
                .arg(here().join("emulator/requirements.txt")),
        );
        File::create(&complete).expect("the virtual environment can be marked as complete");
    }
    python
}

fn must_succeed(command: &mut Command) {
    let problem = match command.output() {
        Ok(Output { status, .. }) if status.success() => return,
        Ok(Output { status, stdout, stderr }) => {
            format!(
                "{status}\n{}{}",
                String::from_utf8_lossy(&stdout),
                String::from_utf8_lossy(&stderr)
            )
        }
        Err(error) => error.to_string(),
    };
    panic!(
        "the AWS emulator of these tests could not be installed.\n\
         It needs python3 (3.11 or newer) with its venv module, and a package index that pip can reach for \
         tests/aws/emulator/requirements.txt.\n\
         To leave these tests out on purpose: ROLEWALK_SKIP_AWS_TESTS=1\n\n\
         {command:?}: {problem}"
    );
}
