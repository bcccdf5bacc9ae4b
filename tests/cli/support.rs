//! Running the binary in a home directory of its own, and dumps to import.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// A home directory without anything in it.
pub(crate) struct Home {
    directory: TempDir,
}

/// What one run left behind.
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Home {
    pub(crate) fn new() -> Self {
        Self { directory: TempDir::new().unwrap() }
    }

    /// A home whose database holds this dump.
    pub(crate) fn with(dump: &Dump) -> Self {
        let home = Self::new();
        dump.write(&home.path("dump"));
        home.run(&["import", home.path("dump").to_str().unwrap()]).exits(0);
        home
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The binary, deaf to everything in the environment of whoever runs the tests.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("rolewalk"));
        command
            .args(arguments)
            .env_clear()
            .env("HOME", self.directory.path())
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .current_dir(self.directory.path())
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    pub(crate) fn run_with_stdin(&self, arguments: &[&str], text: &str) -> Ran {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        Ran::from_output(child.wait_with_output().unwrap())
    }
}

impl Ran {
    pub(crate) fn of(command: &mut Command) -> Self {
        Self::from_output(command.output().unwrap())
    }

    fn from_output(output: std::process::Output) -> Self {
        let ran = Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        };
        for sign in ["panicked at", "RUST_BACKTRACE", "Error {", "Some(", "::"] {
            let stderr = [":iam::", ":sts::", ":s3:::"]
                .iter()
                .fold(ran.stderr.clone(), |text, service| text.replace(service, ""));
            assert!(!stderr.contains(sign), "`{sign}` is not for a user to read:\n{ran:?}");
        }
        ran
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self:?}");
        self
    }

    /// Asserts that stderr holds all of these.
    #[track_caller]
    pub(crate) fn complains(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(self.stderr.contains(word), "stderr does not say `{word}`:\n{self:?}");
        }
        self
    }

    /// Asserts that stdout holds all of these.
    #[track_caller]
    pub(crate) fn prints(&self, words: &[&str]) -> &Self {
        for word in words {
            assert!(self.stdout.contains(word), "stdout does not say `{word}`:\n{self:?}");
        }
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
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

/// A dump directory while it is made.
#[derive(Default)]
pub(crate) struct Dump {
    accounts: Vec<(String, String)>,
    roles: BTreeMap<String, Vec<Value>>,
}

pub(crate) const HUB: &str = "222222222222";
pub(crate) const MEMBER: &str = "333333333333";

/// A role's ARN.
pub(crate) fn role_arn(account: &str, name: &str) -> String {
    format!("arn:aws:iam::{account}:role/{name}")
}

impl Dump {
    /// Two accounts: `hub/walker` may become `member/target`, `hub/idle` may not.
    pub(crate) fn small() -> Self {
        let trust = trust(&role_arn(HUB, "walker"));
        let assume = json!([{"PolicyName": "walk", "PolicyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Sid": "Walk", "Effect": "Allow", "Action": "sts:AssumeRole",
                           "Resource": role_arn(MEMBER, "target")}],
        }}]);
        let nobody = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ]});
        Self::default()
            .account(HUB, "hub")
            .account(MEMBER, "member")
            .role(HUB, "walker", &nobody, &assume)
            .role(HUB, "idle", &nobody, &json!([]))
            .role(MEMBER, "target", &trust, &json!([]))
    }

    pub(crate) fn account(mut self, id: &str, name: &str) -> Self {
        self.accounts.push((id.to_owned(), name.to_owned()));
        self.roles.entry(id.to_owned()).or_default();
        self
    }

    pub(crate) fn role(mut self, account: &str, name: &str, trust: &Value, inline: &Value) -> Self {
        let number = self.roles.values().map(Vec::len).sum::<usize>();
        self.roles.entry(account.to_owned()).or_default().push(json!({
            "Path": "/",
            "RoleName": name,
            "RoleId": format!("AROA{number:016}"),
            "Arn": role_arn(account, name),
            "CreateDate": "2026-01-01T00:00:00+00:00",
            "AssumeRolePolicyDocument": trust,
            "InstanceProfileList": [],
            "RolePolicyList": inline,
            "AttachedManagedPolicies": [],
            "Tags": [],
        }));
        self
    }

    pub(crate) fn write(&self, directory: &Path) {
        let put = |name: &str, value: &Value| {
            let path = directory.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, value.to_string()).unwrap();
        };
        let accounts: Vec<Value> = self
            .accounts
            .iter()
            .map(|(id, name)| {
                json!({"id": id, "name": name, "email": format!("{name}@example.com"),
                       "status": "ACTIVE", "parent": "r-root"})
            })
            .collect();
        // Attached everywhere, as AWS does it: every level has to allow.
        let mut targets: Vec<&str> = self.accounts.iter().map(|(id, _)| id.as_str()).collect();
        targets.push("r-root");
        let everything = json!({"id": "p-FullAWSAccess", "name": "FullAWSAccess", "targets": targets,
            "document": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}});
        put(
            "org.json",
            &json!({
                "id": "o-test", "arn": "arn:aws:organizations::111111111111:organization/o-test",
                "managementAccountId": "111111111111", "rootId": "r-root", "ous": [],
                "accounts": accounts, "scps": [everything], "rcps": [], "delegatedAdministrators": [],
            }),
        );
        for (account, roles) in &self.roles {
            put(
                &format!("gaad/{account}.json"),
                &json!({"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": roles, "Policies": []}),
            );
            put(&format!("oidc/{account}.json"), &json!([]));
            put(&format!("saml/{account}.json"), &json!([]));
        }
    }
}

/// A trust policy that admits one principal.
pub(crate) fn trust(principal: &str) -> Value {
    json!({"Version": "2012-10-17", "Statement": [
        {"Sid": "Trust", "Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"},
    ]})
}
