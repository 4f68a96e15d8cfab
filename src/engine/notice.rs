//! What a person is told in a sentence or two, apart from what they look at.

/// How much a notice matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Done.
    Success,
    /// Something needs a look.
    Warning,
    /// Something did not work.
    Error,
}

/// Something a person should know: what, why, and what to do next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Notice {
    /// To dismiss it by.
    pub id: u64,
    /// How much it matters.
    pub severity: Severity,
    /// What happened.
    pub what: String,
    /// Why; may be empty.
    pub why: String,
    /// What to do; may be empty.
    pub do_next: String,
}
