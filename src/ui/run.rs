//! Opens the window and stays until it is closed. Without a display it says so, so that the caller can go on in the
//! terminal.

use super::{app::App, picker};
use crate::{
    engine::{self, Ending, command::Source, handle::Handle},
    model::pixels::Pixels,
};
use eframe::{
    NativeOptions, Renderer,
    egui::{self, ViewportBuilder},
};
use std::sync::Arc;

/// Where a picture of the window goes. Called on the thread that draws, so it must not wait: send it on.
pub type Screenshot = Arc<dyn Fn(Pixels) + Send + Sync>;

/// How to open the window.
#[derive(Clone, Default)]
pub struct Options {
    /// The window's title; `Safelight` where empty.
    pub title: String,
    /// What to show first, where it is not what the snapshot shows anyway.
    pub open_at: Option<Source>,
    /// Close after so many seconds: to see that the window opens at all.
    pub smoke: Option<f64>,
    /// Take a picture of the window just before it closes by itself.
    pub screenshot: Option<Screenshot>,
    /// Asked from outside, by a signal or Ctrl+C in the terminal, the window closes as by its own button.
    pub ending: Ending,
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is no display, or it does not answer.
    #[error("no display: {0}")]
    NoDisplay(String),
    /// There is a display, but nothing can be drawn on it.
    #[error("the window could not be drawn: {0}")]
    Graphics(String),
}

/// Opens the window, and returns when it was closed.
///
/// # Errors
/// No display, or no way to draw on it.
pub fn run(handle: Handle, options: Options) -> Result<(), RunError> {
    let title = if options.title.is_empty() {
        "Safelight".to_owned()
    } else {
        options.title.clone()
    };
    let native = NativeOptions {
        renderer: Renderer::Glow,
        viewport: ViewportBuilder::default()
            .with_title(&title)
            .with_app_id("safelight")
            .with_inner_size([1600.0, 1000.0])
            .with_min_inner_size([820.0, 560.0])
            .with_icon(icon()),
        // Pictures need no depth and no smoothing of edges beyond egui's own.
        multisampling: 0,
        ..NativeOptions::default()
    };
    if let Some(source) = options.open_at.clone() {
        let view = handle.snapshot();
        handle.send(engine::command::Command::Show {
            source,
            query: String::new(),
            sort: view.view.sort,
        });
    }
    // I1: from here on this thread draws.
    engine::forbid_io_on_this_thread();
    let opened = eframe::run_native(
        "safelight",
        native,
        Box::new(move |creation| {
            picker::allow_desktop_dialogs(&creation.egui_ctx);
            let mut app = App::new(&creation.egui_ctx, handle);
            if let Some(source) = options.open_at {
                app.expect(source);
            }
            // A window that is hidden or at rest draws nothing by itself.
            let waker = creation.egui_ctx.clone();
            options.ending.set_waker(move || waker.request_repaint());
            Ok(Box::new(Window {
                app,
                ending: options.ending,
                smoke: options.smoke,
                screenshot: options.screenshot,
                asked: false,
                done: Arc::default(),
            }))
        }),
    );
    opened.map_err(|error| match error {
        eframe::Error::WinitEventLoop(why) => RunError::NoDisplay(plain(&why.to_string())),
        eframe::Error::Winit(why) => RunError::NoDisplay(plain(&why.to_string())),
        other => RunError::Graphics(other.to_string()),
    })
}

/// The sentence without the place in the library's source that winit puts before it.
fn plain(why: &str) -> String {
    let sentence = why.split_once(".rs:").and_then(|(_, rest)| rest.split_once(": "));
    sentence.map_or(why, |(_, sentence)| sentence).to_owned()
}

/// The lamp, drawn by the program itself so that no file is needed.
fn icon() -> egui::IconData {
    const SIDE: u32 = 64;
    let mut rgba = Vec::with_capacity((SIDE * SIDE * 4) as usize);
    for y in 0..SIDE {
        for x in 0..SIDE {
            #[expect(clippy::cast_precision_loss, reason = "64 pixels")]
            let (dx, dy) = (x as f32 - 31.5, y as f32 - 31.5);
            let distance = dx.hypot(dy);
            let edge = |radius: f32| (radius + 0.5 - distance).clamp(0.0, 1.0);
            let ring = edge(30.0) * (1.0 - edge(23.0));
            let flame = edge(13.0);
            let [red, green, blue, _] = super::theme::STAR.to_array();
            let (color, alpha) = if flame > 0.0 {
                ([red, green, blue], flame)
            } else {
                ([0xea, 0xea, 0xea], ring)
            };
            rgba.extend_from_slice(&color);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 255")]
            rgba.push((alpha * 255.0) as u8);
        }
    }
    egui::IconData {
        rgba,
        width: SIDE,
        height: SIDE,
    }
}

struct Window {
    app: App,
    ending: Ending,
    smoke: Option<f64>,
    screenshot: Option<Screenshot>,
    asked: bool,
    done: Arc<std::sync::atomic::AtomicBool>,
}

impl Window {
    /// Closes by itself where that was asked for, with a picture before.
    fn close_in_time(&mut self, ctx: &egui::Context) {
        use std::sync::atomic::Ordering;
        let Some(seconds) = self.smoke else { return };
        let left = seconds - ctx.input(|input| input.time);
        if left > 0.0 {
            ctx.request_repaint_after(std::time::Duration::from_secs_f64(left.min(3600.0)));
            return;
        }
        let Some(sink) = self.screenshot.clone() else {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
            return;
        };
        if self.done.load(Ordering::SeqCst) {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        } else if !self.asked {
            self.asked = true;
            let (done, waker) = (Arc::clone(&self.done), ctx.clone());
            ctx.request_screenshot(move |image| {
                sink(pixels(&image));
                done.store(true, Ordering::SeqCst);
                waker.request_repaint();
            });
        }
        ctx.request_repaint_after(std::time::Duration::from_millis(30));
    }
}

fn pixels(image: &egui::ColorImage) -> Pixels {
    let size = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Pixels {
        width: size(image.size[0]),
        height: size(image.size[1]),
        rgba: image
            .pixels
            .iter()
            .flat_map(|color| color.to_srgba_unmultiplied())
            .collect(),
    }
}

impl eframe::App for Window {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        if self.ending.is_asked() {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
        self.close_in_time(ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.app.frame(ui);
    }

    fn on_exit(&mut self, gl: Option<&eframe::glow::Context>) {
        eframe::App::on_exit(&mut self.app, gl);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_there_is_no_display_is_said_without_source_paths() {
        let why = "os error at /x/winit-0.30/src/linux/mod.rs:788: Failed to open connection to X server";
        assert_eq!(plain(why), "Failed to open connection to X server");
        assert_eq!(plain("no compositor"), "no compositor");
    }
}
