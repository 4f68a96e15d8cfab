//! What the terminal shows: sentences and tables for people, one JSON document for programs, a progress bar on stderr
//! where that is a terminal.

use crate::engine::{Cx, Progress, ProgressReading};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;
use std::{
    io::{self, IsTerminal as _},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// How to print.
#[derive(Clone, Copy, Debug)]
pub struct Out {
    /// One JSON document on stdout and nothing else there.
    pub json: bool,
    /// Errors only.
    pub quiet: bool,
}

impl Out {
    /// A line for people.
    pub fn say(&self, line: impl AsRef<str>) {
        if !self.json && !self.quiet {
            print_line(&mut io::stdout().lock(), line.as_ref());
        }
    }

    /// A line that is shown even when quiet: something needs a person. On stderr.
    pub fn warn(&self, line: impl AsRef<str>) {
        print_line(&mut io::stderr().lock(), line.as_ref());
    }

    /// The one JSON document, where it was asked for.
    pub fn document(&self, value: &Value) {
        if self.json {
            let text = serde_json::to_string_pretty(value).unwrap_or_else(|_| "null".to_owned());
            print_line(&mut io::stdout().lock(), &text);
        }
    }

    /// Rows in columns; the last column is not padded. Nothing where there are no rows.
    pub fn table(&self, header: &[&str], rows: &[Vec<String>]) {
        if self.json || self.quiet || rows.is_empty() {
            return;
        }
        let width_at = |column: usize| {
            let cells = rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count());
            cells
                .chain(header.get(column).map(|cell| cell.chars().count()))
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..header.len()).map(width_at).collect();
        let mut out = io::stdout().lock();
        let head: Vec<String> = header.iter().map(|cell| (*cell).to_owned()).collect();
        for row in std::iter::once(&head).chain(rows) {
            let mut line = String::new();
            for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if at + 1 == row.len() {
                    line.push_str(cell);
                } else {
                    line.push_str(cell);
                    line.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.chars().count()) + 2));
                }
            }
            print_line(&mut out, line.trim_end());
        }
    }

    /// Runs long work with a progress bar, where there is a terminal to show it on.
    pub fn with_progress<T>(&self, what: &str, cx: &Cx, work: impl FnOnce(&Cx) -> T) -> T {
        if self.json || self.quiet || !io::stderr().is_terminal() {
            return work(cx);
        }
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            bar.set_message(what.to_owned());
            let (watched, finished) = (cx.progress.clone(), &done);
            scope.spawn(move || watch(&bar, &watched, finished));
            let value = work(cx);
            done.store(true, Ordering::SeqCst);
            value
        })
    }
}

/// `1 photo`, `12 photos`, `2 copies`.
pub fn counted<N: std::fmt::Display + PartialEq + From<u8>>(count: N, word: &str) -> String {
    match word.strip_suffix('y') {
        _ if count == N::from(1) => format!("{count} {word}"),
        Some(stem) => format!("{count} {stem}ies"),
        None => format!("{count} {word}s"),
    }
}

/// A closed pipe (`safelight list | head`) is the reader's choice, not our error.
fn print_line(out: &mut dyn io::Write, line: &str) {
    let _ = writeln!(out, "{line}");
}

fn watch(bar: &ProgressBar, progress: &Progress, done: &AtomicBool) {
    let by_bytes = "{msg:14} [{bar:24}] {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec}, {eta} left";
    let by_count = "{msg:14} [{bar:24}] {pos}/{len}, {eta} left";
    let spin = "{msg:14} {spinner} {pos}";
    let style = |text: &str| ProgressStyle::with_template(text).unwrap_or_else(|_| ProgressStyle::default_bar());
    let mut kind = "";
    while !done.load(Ordering::SeqCst) {
        let ProgressReading {
            done: count,
            total,
            bytes_done,
            bytes_total,
            ..
        } = progress.read();
        let (template, position, length) = if bytes_total > 0 {
            (by_bytes, bytes_done.min(bytes_total), Some(bytes_total))
        } else if total > 0 {
            (by_count, count, Some(total))
        } else {
            (spin, count, None)
        };
        if template != kind {
            bar.set_style(style(template));
            kind = template;
        }
        if let Some(length) = length {
            bar.set_length(length);
        }
        bar.set_position(position);
        crate::engine::pause(Duration::from_millis(100), &crate::engine::Cancel::new());
    }
    bar.finish_and_clear();
}
