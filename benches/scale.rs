//! x
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a benchmark fails by panicking"
)]
mod organization;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|a| a != "--bench");
    let size = arguments.next().expect("size");
    let (accounts, roles) = size.split_once('x').expect("size");
    let plan = organization::Plan::new(accounts.parse().expect("n"), roles.parse().expect("n"));
    let path = std::path::PathBuf::from(arguments.next().expect("path"));
    let start = std::time::Instant::now();
    let id = organization::write(&plan, &path, |_| {}).expect("written");
    println!("{} {id} {:?}", plan.label(), start.elapsed());
}
