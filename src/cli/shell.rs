//! Completions and the manual page, made from the same table as the parser.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Ending;
use super::args::Typed;
use super::error::CliError;
use super::output::Output;

/// Prints a shell's completions.
pub(crate) fn completions(shell: Shell) -> Result<Ending, CliError> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Typed::command(), "rolewalk", &mut text);
    Output::print_raw(&text)
}

/// Prints the manual page: the program, then a section for each command.
pub(crate) fn manual() -> Result<Ending, CliError> {
    let mut command = Typed::command();
    command.build();
    let mut text = Vec::new();
    let failed = |error: std::io::Error| CliError::writing(&error);
    clap_mangen::Man::new(command.clone()).render(&mut text).map_err(failed)?;
    for subcommand in command.get_subcommands() {
        // A heading and the parts that differ; a page a command would need a file a command.
        text.extend(format!(".SH \"COMMAND {}\"\n", subcommand.get_name().to_uppercase()).bytes());
        let page = clap_mangen::Man::new(subcommand.clone());
        page.render_description_section(&mut text).map_err(failed)?;
        page.render_synopsis_section(&mut text).map_err(failed)?;
        page.render_options_section(&mut text).map_err(failed)?;
    }
    Output::print_raw(&text)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// The page of all commands, for `docs/cli.md`.
    fn page() -> String {
        let mut command = Typed::command().term_width(100);
        command.build();
        let mut text = String::from(
            "# The command line\n\nMade from the program's own help; a test fails when it is stale. \
             The answers' JSON is in [json.md](json.md).\n",
        );
        let mut section = |title: &str, command: &mut clap::Command| {
            let help = command.render_long_help().to_string();
            let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
            let _ = write!(text, "\n## {title}\n\n```text\n{}\n```\n", lines.join("\n").trim_end());
        };
        section("rolewalk", &mut command.clone());
        for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
            // What holds for every command stands above.
            let sub = sub.clone().mut_args(|arg| {
                let general =
                    arg.is_global_set() || matches!(arg.get_id().as_str(), "help" | "version");
                arg.hide(general)
            });
            section(&format!("rolewalk {}", sub.get_name()), &mut sub.clone());
        }
        text
    }

    #[test]
    fn the_page_of_commands_is_fresh() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/cli.md");
        if std::env::var_os("UPDATE_DOCS").is_some() {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, page()).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap();
        assert!(
            written == page(),
            "docs/cli.md is stale: `UPDATE_DOCS=1 cargo test --lib the_page_of_commands` writes it"
        );
    }
}
