//! The command line, against a running host.
