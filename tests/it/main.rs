//! The headless tests, in one binary.

mod remote_contract;
mod store_format;
