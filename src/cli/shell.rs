//! Completions and the manual page, made from the same table as the parser.

use clap::CommandFactory;
use clap_complete::Shell;

use super::Ending;
use super::args::Typed;
use super::error::CliError;
use super::output::Output;

/// Prints a shell's completions.
pub(crate) fn completions(shell: Shell, output: Output) -> Result<Ending, CliError> {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Typed::command(), "rolewalk", &mut text);
    output.print_raw(&text)
}

/// Prints the manual page: the program, then a section for each command.
pub(crate) fn manual(output: Output) -> Result<Ending, CliError> {
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
    output.print_raw(&text)
}
