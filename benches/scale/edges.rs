//! All assume edges.

use crate::database;
use crate::figures::{Of, maybe, mebibytes};
use crate::options::{Options, Step};
use crate::run::run;

/// Prints how long it takes to write every edge as a line of JSON, with the graph loaded.
pub(crate) fn print(options: &Options) {
    println!("| size | edges | time | a million edges | peak memory |");
    println!("|---|---|---|---|---|");
    for size in &options.edges {
        let one = run(Step::Edges, &database::of(&options.plan(*size)), options);
        let (time, count) = (one.time(Of::Edges), one.count(Of::Edges));
        println!(
            "| {} × {} | {} | {} | {} | {} |",
            size.accounts,
            size.roles,
            count.map_or_else(|| "-".to_owned(), |count| count.to_string()),
            maybe(time),
            maybe(time.zip(count).map(|(time, count)| time * 1e6 / count as f64)),
            one.count(Of::Peak).map_or_else(|| "-".to_owned(), mebibytes),
        );
    }
    println!();
}
