//! The main job.
use super::{
    args::DemoArgs,
    run::{Context, Run},
};
use crate::engine::error::Result;
pub fn demo(_context: &Context, _args: &DemoArgs, _smoke: Option<f64>) -> Result<Run> {
    Ok(Run::Done(0))
}
