//! The headless tests, in one binary.

mod remote_contract;
