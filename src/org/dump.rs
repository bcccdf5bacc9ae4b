//! Dump directories.
