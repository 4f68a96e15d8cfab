//! The headless integration tests: one binary, one module for each subject.

mod remote_contract;
mod scan;
mod store_format;
