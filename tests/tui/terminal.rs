//! A pseudo-terminal with a program in it, and a terminal emulator that reads what it draws.

use std::io::{Read as _, Write};
use std::num::NonZero;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};

/// Longer than any machine needs; tests end as soon as what they wait for is there.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Terminal {
    master: Box<dyn MasterPty + Send>,
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    parser: Arc<Mutex<vt100::Parser>>,
    /// The line discipline before the program began.
    before: String,
}

impl Terminal {
    /// The program itself, on its sample organization.
    pub(crate) fn demo() -> Self {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_rolewalk"));
        command.args(["demo"]);
        Self::run(command)
    }

    /// A shell with job control.
    pub(crate) fn shell() -> Self {
        let mut command = CommandBuilder::new("/bin/sh");
        command.args(["-i"]);
        command.env("PS1", "$ ");
        Self::run(command)
    }

    pub(crate) fn run(mut command: CommandBuilder) -> Self {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        let before = settings(&*pair.master);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let input = pair.master.take_writer().unwrap();
        let mut output = pair.master.try_clone_reader().unwrap();
        let parser = Arc::new(Mutex::new(emulator(24, 80)));
        let reading = Arc::clone(&parser);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                reading.lock().unwrap().process(&bytes[..count]);
            }
        });
        Self { master: pair.master, child, input, parser, before }
    }

    pub(crate) fn send(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).unwrap();
        self.input.flush().unwrap();
    }

    pub(crate) fn signal(&self, name: &str) {
        let process = self.child.process_id().unwrap().to_string();
        let sent =
            Command::new("/bin/sh").args(["-c", &format!("kill -{name} {process}")]).status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn resize(&self, rows: u16, cols: u16) {
        let (height, width) = (NonZero::new(rows).unwrap(), NonZero::new(cols).unwrap());
        self.parser.lock().unwrap().screen_mut().set_size(height, width);
        self.master.resize(PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    pub(crate) fn screen(&self) -> vt100::Screen {
        self.parser.lock().unwrap().screen().clone()
    }

    pub(crate) fn text(&self) -> String {
        self.screen().contents()
    }

    pub(crate) fn wait_for(&self, text: &str) {
        self.wait_until(text, |screen| screen.contents().contains(text));
    }

    pub(crate) fn wait_until(&self, what: &str, holds: impl Fn(&vt100::Screen) -> bool) {
        let begun = Instant::now();
        while !holds(&self.screen()) {
            assert!(begun.elapsed() < PATIENCE, "waited for: {what}\n{}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn exit(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // What was written last may still be on its way.
                std::thread::sleep(Duration::from_millis(50));
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "it does not end\n{}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn is_as_before(&self) -> bool {
        settings(&*self.master) == self.before
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

fn settings(master: &(dyn MasterPty + Send)) -> String {
    format!("{:?}", master.get_termios())
}

fn emulator(rows: u16, cols: u16) -> vt100::Parser {
    vt100::Parser::new(NonZero::new(rows).unwrap(), NonZero::new(cols).unwrap(), 0)
}
