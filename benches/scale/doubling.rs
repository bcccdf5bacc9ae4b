//! What twice as many roles cost.

use crate::database;
use crate::figures::{maybe, mebibytes};
use crate::options::{Options, Size};
use crate::organization::{Plan, Wide};
use crate::table::load;

/// Each size, twice and four times as many accounts: without any wide roles, with each kind of
/// them, and with all. A ratio is to the row above.
pub(crate) fn print(options: &Options) {
    let none = Wide::all(0);
    let share = options.wide;
    let mixes = [
        ("none", none),
        ("trust the organization", Wide { organization: share, ..none }),
        ("assume any role", Wide { any_role: share, ..none }),
        ("trust a pattern of callers", Wide { caller_pattern: share, ..none }),
        ("trust their team", Wide { team: share, ..none }),
        ("all four", Wide::all(share)),
    ];
    println!("| wide roles, {share} ‰ of each kind | size | load | × | peak memory | × |");
    println!("|---|---|---|---|---|---|");
    for size in &options.sizes {
        for (name, wide) in &mixes {
            let (mut time_before, mut memory_before) = (None, None);
            for factor in [1, 2, 4] {
                let size = Size { accounts: size.accounts * factor, roles: size.roles };
                let plan = Plan { wide: *wide, ..options.plan(size) };
                let loaded = load(&database::of(&plan), options, false);
                let (time, memory) = (loaded.both(), loaded.peak.map(|peak| peak as f64));
                println!(
                    "| {name} | {} × {} | {} | {} | {} | {} |",
                    size.accounts,
                    size.roles,
                    maybe(time),
                    ratio(time, time_before),
                    loaded.peak.map_or_else(|| "-".to_owned(), mebibytes),
                    ratio(memory, memory_before),
                );
                (time_before, memory_before) = (time, memory);
            }
        }
    }
    println!();
}

/// How many times as much as before; empty where there is no before.
fn ratio(now: Option<f64>, before: Option<f64>) -> String {
    now.zip(before).map_or_else(String::new, |(now, before)| format!("{:.2}", now / before))
}
