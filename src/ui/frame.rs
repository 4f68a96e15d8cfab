//! One frame: takes what is new, does what was pressed, and draws the page.

use super::action::Action;
use super::{
    app::App, backup, cull, dialog, duplicates, first_run, grid, inspector, keys, loupe, map, overlay, palette,
    settings, sidebar, state::Page, status, survey, theme, topbar,
};
use crate::engine::command::Command;
use eframe::egui::{self, CentralPanel, Frame, Panel, Popup, Ui};

impl App {
    fn draw(&mut self, ui: &mut Ui) {
        ui.painter().rect_filled(ui.max_rect(), 0.0, theme::GRID);
        self.page_rect = ui.max_rect();
        if let Some(fatal) = self.snap.fatal.clone() {
            first_run::fatal(self, ui, &fatal);
            return;
        }
        if !self.snap.ready {
            first_run::loading(ui);
            return;
        }
        if self.is_first_run() && self.page == Page::Library {
            first_run::show(self, ui);
        } else if self.full_screen && self.page == Page::Library && (self.loupe.is_some() || self.beside.is_some()) {
            CentralPanel::no_frame()
                .frame(Frame::new().fill(theme::CANVAS))
                .show(ui, |ui| {
                    if self.beside.is_some() {
                        survey::show(self, ui);
                    } else {
                        loupe::show(self, ui);
                    }
                });
        } else {
            self.draw_page(ui);
        }
        overlay::drop_hint(ui);
        overlay::toasts(self, ui);
        dialog::show(self, ui);
        palette::palette(self, ui);
        palette::cheat_sheet(self, ui);
    }

    fn draw_page(&mut self, ui: &mut Ui) {
        let bar = |fill| Frame::new().fill(fill);
        Panel::top("top")
            .exact_size(theme::TOP_BAR)
            .resizable(false)
            .show_separator_line(false)
            .frame(bar(theme::PANEL))
            .show(ui, |ui| topbar::show(self, ui));
        Panel::bottom("status")
            .exact_size(theme::STATUS_BAR)
            .resizable(false)
            .show_separator_line(false)
            .frame(bar(theme::PANEL))
            .show(ui, |ui| status::show(self, ui));
        self.page_rect = ui.available_rect_before_wrap();
        if self.page == Page::Settings {
            settings::show(self, ui);
            return;
        }
        let dark = self.loupe.is_some() || self.beside.is_some() || self.culling;
        let in_loupe = dark && self.page == Page::Library;
        let on_group = self.page == Page::Duplicates && self.beside.is_some();
        if self.sidebar && !in_loupe && !on_group {
            Panel::left("sidebar")
                .default_size(236.0)
                .size_range(200.0..=360.0)
                .show_separator_line(false)
                .frame(bar(theme::PANEL))
                .show(ui, |ui| sidebar::show(self, ui));
        }
        self.page_rect = ui.available_rect_before_wrap();
        if self.page == Page::Backup {
            CentralPanel::no_frame()
                .frame(bar(theme::GRID))
                .show(ui, |ui| backup::show(self, ui));
            return;
        }
        if self.page == Page::Map {
            CentralPanel::no_frame()
                .frame(bar(theme::MAP_WATER))
                .show(ui, |ui| map::show(self, ui));
            return;
        }
        if self.page == Page::Duplicates {
            CentralPanel::no_frame()
                .frame(bar(if on_group { theme::CANVAS } else { theme::GRID }))
                .show(ui, |ui| match on_group {
                    true => survey::show(self, ui),
                    false => duplicates::show(self, ui),
                });
            return;
        }
        let wide = ui.available_width() > 640.0;
        if self.inspector && wide {
            Panel::right("inspector")
                .default_size(292.0)
                .size_range(240.0..=420.0)
                .show_separator_line(false)
                .frame(bar(theme::PANEL))
                .show(ui, |ui| {
                    if self.culling {
                        cull::side(self, ui);
                    } else {
                        inspector::show(self, ui);
                    }
                });
        }
        self.page_rect = ui.available_rect_before_wrap();
        CentralPanel::no_frame()
            .frame(bar(if in_loupe { theme::CANVAS } else { theme::GRID }))
            .show(ui, |ui| {
                if in_loupe && self.beside.is_some() {
                    survey::show(self, ui);
                } else if in_loupe && self.culling {
                    cull::show(self, ui);
                } else if in_loupe {
                    loupe::show(self, ui);
                } else {
                    grid::show(self, ui);
                }
            });
    }

    /// One frame; public so that tests drive the very same thing as the window.
    pub fn frame(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        self.refresh();
        if self.picker.poll(&self.handle) {
            self.dialog = None;
        }
        self.take_dropped(&ctx);
        self.pictures.begin(&ctx, &self.handle);
        settings::capture(self, &ctx);
        // An open menu lies on top of everything: Escape and all other keys are its own.
        if !Popup::is_any_open(&ctx) {
            self.do_keys(&ctx);
        }
        self.follow_focus();
        map::follow(self);
        self.tiles_drawn = 0;
        self.draw(ui);
        self.typed = ctx.text_edit_focused();
        let handle = self.handle.clone();
        self.pictures.end(&handle);
    }

    fn do_keys(&mut self, ctx: &egui::Context) {
        let typing = ctx.text_edit_focused();
        if !typing {
            self.take_tabs(ctx);
        }
        for (action, advance) in keys::pressed(ctx, typing) {
            self.act(ctx, action);
            if advance || (self.auto_advance && action.is_mark()) {
                self.act(ctx, Action::Next);
            }
        }
    }

    fn take_dropped(&mut self, ctx: &egui::Context) {
        let dropped: Vec<_> = ctx.input(|input| {
            input
                .raw
                .dropped_files
                .iter()
                .map(|file| file.path().to_path_buf())
                .collect()
        });
        if !dropped.is_empty() {
            // The engine tells folders from files; the window opens no path.
            self.send(Command::AddRoots(dropped));
            self.dialog = None;
        }
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        self.frame(ui);
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.send(Command::Quit);
    }
}
