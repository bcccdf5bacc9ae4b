//! What the figures were measured on.

use std::fs;

/// Prints the machine and the command.
pub(crate) fn print() {
    let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
    let model = field("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown processor".into());
    let memory = field("/proc/meminfo", "MemTotal")
        .and_then(|text| kibibytes(&text))
        .map_or_else(String::new, |bytes| format!(", {:.1} GiB", bytes as f64 / 1_073_741_824.0));
    let arguments: Vec<String> = std::env::args().skip(1).filter(|one| one != "--bench").collect();
    println!("`cargo bench --bench scale -- {}`", arguments.join(" "));
    println!();
    println!(
        "{cores} cores ({model}){memory}, {}; rolewalk {}",
        std::env::consts::OS,
        env!("CARGO_PKG_VERSION")
    );
    println!();
}

/// The most memory that this process has held so far, in bytes; Linux says.
pub(crate) fn peak() -> Option<u64> {
    kibibytes(&field("/proc/self/status", "VmHWM")?)
}

/// The value of the first line `NAME: value`.
fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// `123 kB` in bytes.
fn kibibytes(text: &str) -> Option<u64> {
    let number: u64 = text.split_whitespace().next()?.parse().ok()?;
    Some(number * 1024)
}
