//! The binary: arguments in, exit code out. Everything else is the library's.

/// The facts of a large organization are millions of small pieces, made on several threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    rolewalk::cli::main()
}
