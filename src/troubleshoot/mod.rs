//! troubleshoot
