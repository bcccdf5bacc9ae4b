//! Running the program against the emulator, and looking at what it said.

use std::process::Command;

use serde_json::Value;

use crate::emulator::Emulator;

pub const MANAGEMENT: &str = "100000000001";
pub const HUB: &str = "100000000002";
pub const PROD_NET: &str = "100000000003";

pub const APPLY: &str = "arn:aws:iam::100000000002:role/tf-net-apply";
pub const OPERATOR: &str = "arn:aws:iam::100000000002:role/net-operator";
pub const NETOPS: &str = "arn:aws:iam::100000000002:user/netops";
pub const MEMBER: &str = "arn:aws:iam::100000000003:role/tf-member";
/// A token of HCP Terraform, up to the phase.
pub const TOKEN: &str =
    "oidc:app.terraform.io#organization:acme:project:Network:workspace:net-prod:run_phase";

/// What one run of the program left behind.
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(command: &mut Command) -> Self {
        let output = command.output().expect("the program starts");
        let ran = Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        };
        for sign in ["panicked at", "RUST_BACKTRACE", "SdkError", "ServiceError", "DispatchFailure"]
        {
            assert!(
                !ran.everything().contains(sign),
                "`{sign}` is not for a user to read:\n{ran:?}"
            );
        }
        ran
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    pub fn everything(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }

    /// Asserts that some output of the program holds all of these, in any case.
    #[track_caller]
    pub fn says(&self, words: &[&str]) -> &Self {
        let everything = self.everything().to_lowercase();
        for word in words {
            assert!(
                everything.contains(&word.to_lowercase()),
                "it does not say `{word}`:\n{self:?}"
            );
        }
        self
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in:\n{self:?}"))
    }
}

impl std::fmt::Debug for Ran {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            out,
            "exit {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.code, self.stdout, self.stderr
        )
    }
}

/// An emulator with the planted organization and the database of one crawl from the management account.
pub struct Collected {
    pub aws: Emulator,
}

impl Collected {
    pub fn new() -> Option<Self> {
        let aws = Emulator::with_organization()?;
        collect(&aws, MANAGEMENT, &[]).exits(0);
        aws.clear_statistics();
        Some(Self { aws })
    }

    /// Asks the database, with the credentials of the management account at hand.
    pub fn ask(&self, arguments: &[&str]) -> Ran {
        ask(&self.aws, MANAGEMENT, arguments)
    }
}

/// Asks the database that [`collect`] wrote.
pub fn ask(aws: &Emulator, account: &str, arguments: &[&str]) -> Ran {
    Ran::of(aws.command(account).arg("--db").arg(aws.file("snapshot.db")).args(arguments))
}

/// `rolewalk collect` of AWS alone into `snapshot.db` of the emulator's directory.
pub fn collect(aws: &Emulator, account: &str, more: &[&str]) -> Ran {
    Ran::of(&mut collect_command(aws, account, more))
}

pub fn collect_command(aws: &Emulator, account: &str, more: &[&str]) -> Command {
    let mut command = aws.command(account);
    command
        .arg("--db")
        .arg(aws.file("snapshot.db"))
        .args(["collect", "--yes", "--no-tfc"])
        .args(more);
    command
}

/// The objects in an answer that hold this string directly, outermost first.
pub fn objects_with<'a>(value: &'a Value, text: &str) -> Vec<&'a Value> {
    let children: Vec<&Value> = match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => return Vec::new(),
    };
    let own = value.is_object() && children.iter().any(|child| child.as_str() == Some(text));
    own.then_some(value)
        .into_iter()
        .chain(children.into_iter().flat_map(|child| objects_with(child, text)))
        .collect()
}

/// The item of a list whose field is this string.
#[track_caller]
pub fn item<'a>(list: &'a Value, field: &str, text: &str) -> &'a Value {
    let items = list.as_array().unwrap_or_else(|| panic!("not a list: {list:#}"));
    let found = items.iter().find(|item| item[field].as_str() == Some(text));
    found.unwrap_or_else(|| panic!("no {field} `{text}` in {list:#}"))
}
