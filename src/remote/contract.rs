//! What every remote must promise, as probes that can be run.
