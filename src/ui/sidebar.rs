//! The bar at the left: the library, what is safe, folders, and the backup at its foot; its albums and places are in
//! `shelf`.

use super::{action::Action, app::App, badge, dispatch, icon, shelf, state::Dialog, state::Page, text, theme, widget};
use crate::{
    engine::{
        command::{Command, Scope, Source, Target},
        snapshot::{FolderView, QueueState, RootView},
    },
    model::safety::Safety,
};
use eframe::egui::{
    Align2, Color32, Frame, Margin, Pos2, Rect, Response, RichText, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo,
    pos2, vec2,
};

/// What stands at the left of a row.
pub(in crate::ui) enum Sign {
    Icon(&'static str, Color32),
    Safety(Safety),
}

/// A row of the bar.
pub(in crate::ui) struct Row<'a> {
    pub sign: Sign,
    pub name: &'a str,
    pub count: Option<u64>,
    /// What is counted, one of them, where it is not photos.
    pub unit: Option<&'static str>,
    pub indent: f32,
    /// Open, shut, or nothing below it.
    pub fold: Option<bool>,
    pub on: bool,
    pub faint: bool,
}

impl<'a> Row<'a> {
    pub(in crate::ui) fn new(sign: &'static str, name: &'a str, count: u64, on: bool) -> Self {
        Self {
            sign: Sign::Icon(sign, theme::TEXT_2),
            name,
            count: Some(count),
            unit: None,
            indent: 0.0,
            fold: None,
            on,
            faint: false,
        }
    }

    /// Draws the row; returns it, and whether its fold was clicked.
    pub(in crate::ui) fn show(self, ui: &mut Ui) -> (Response, bool) {
        self.show_with(ui, Sense::click())
    }

    /// The same, for a row that can be dragged elsewhere.
    pub(in crate::ui) fn show_draggable(self, ui: &mut Ui) -> (Response, bool) {
        self.show_with(ui, Sense::click_and_drag())
    }

    /// Where the sign of a row lies.
    pub(in crate::ui) fn sign_at(&self, rect: Rect) -> Pos2 {
        let alone = self.indent == 0.0 && self.fold.is_none();
        let left = rect.left() + self.indent + if alone { 18.0 } else { 32.0 };
        pos2(left, rect.center().y)
    }

    fn show_with(self, ui: &mut Ui, sense: Sense) -> (Response, bool) {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), theme::ROW), sense);
        let count = |count: u64| match self.unit {
            Some(unit) => text::count(count, unit),
            None => text::number(count),
        };
        let count = self.count.map(count);
        let words = match &count {
            Some(count) => format!("{}, {count}", self.name),
            None => self.name.to_owned(),
        };
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, self.on, &words));
        let plate = match (self.on, response.hovered() || response.has_focus()) {
            (true, _) => theme::ACCENT_DIM,
            (false, true) => theme::RAISED,
            (false, false) => theme::CLEAR,
        };
        ui.painter().rect_filled(rect, f32::from(theme::RADIUS), plate);
        let left = rect.left() + 10.0 + self.indent;
        let mut folded = false;
        if let Some(open) = self.fold {
            let place = Rect::from_center_size(pos2(left + 1.0, rect.center().y), vec2(20.0, 24.0));
            let fold = ui.interact(place, response.id.with("fold"), Sense::click());
            let name = format!("{} {}", if open { "Close" } else { "Open" }, self.name);
            fold.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
            let sign = if open { icon::CHEVRON_DOWN } else { icon::CHEVRON_RIGHT };
            badge::glyph(ui.painter(), place.center(), 13.0, sign, theme::TEXT_3);
            folded = fold.clicked();
        }
        let at = self.sign_at(rect);
        match self.sign {
            Sign::Icon(sign, color) => {
                let color = if self.on { theme::ACCENT } else { color };
                badge::glyph(ui.painter(), at, 15.0, sign, color);
            }
            // Nothing there is nothing to be alarmed about.
            Sign::Safety(bucket) if self.count == Some(0) => {
                badge::safety_tinted(ui.painter(), at, 14.0, bucket, theme::TEXT_3);
            }
            Sign::Safety(bucket) => badge::safety(ui.painter(), at, 14.0, bucket),
        }
        let count = count.unwrap_or_default();
        let count = ui.painter().layout_no_wrap(count, theme::regular(12.0), theme::COUNT);
        let from = at.x + 16.0;
        let until = rect.right() - 10.0 - count.size().x;
        ui.painter()
            .galley(pos2(until, rect.center().y - count.size().y / 2.0), count, theme::COUNT);
        let color = match (self.on, self.faint) {
            (true, _) => theme::TEXT,
            (_, true) => theme::TEXT_3,
            _ => theme::TEXT,
        };
        let font = if self.on {
            theme::medium(13.0)
        } else {
            theme::regular(13.0)
        };
        let galley = widget::cut(ui.painter(), self.name, font, color, (until - from - 8.0).max(10.0));
        let cut = galley.elided;
        ui.painter()
            .galley(pos2(from, rect.center().y - galley.size().y / 2.0), galley, color);
        let response = if cut {
            response.on_hover_text(self.name)
        } else {
            response
        };
        (response, folded)
    }
}

/// Draws the bar.
pub fn show(app: &mut App, ui: &mut Ui) {
    let bar = ui.max_rect();
    // The bar is as wide as it was dragged, whatever is in it.
    ui.expand_to_include_rect(bar);
    ui.painter()
        .vline(bar.right() - 0.5, bar.y_range(), Stroke::new(1.0, theme::HAIRLINE));
    let card = 112.0;
    let list = Rect::from_min_max(bar.min, pos2(bar.right(), bar.bottom() - card));
    let mut child = ui.new_child(eframe::egui::UiBuilder::new().max_rect(list));
    ScrollArea::vertical()
        .id_salt("sidebar list")
        .auto_shrink(false)
        .show(&mut child, |ui| {
            Frame::new()
                .inner_margin(Margin {
                    left: 10,
                    right: 12,
                    top: 10,
                    bottom: 12,
                })
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    library(app, ui);
                    safety(app, ui);
                    folders(app, ui);
                    shelf::albums(app, ui);
                    shelf::places(app, ui);
                });
        });
    let foot = Rect::from_min_max(pos2(bar.left(), bar.bottom() - card), bar.max).shrink2(vec2(10.0, 8.0));
    let mut child = ui.new_child(eframe::egui::UiBuilder::new().max_rect(foot));
    backup_card(app, &mut child);
}

pub(in crate::ui) fn is_on(app: &App, source: &Source) -> bool {
    app.page == Page::Library && app.source == *source
}

fn library(app: &mut App, ui: &mut Ui) {
    let counts = app.snap.counts;
    let above = [
        (icon::IMAGES, "All photos", counts.all, Source::All),
        (icon::CLOCK, "Recently added", counts.recent, Source::Recent),
        (icon::FLAG, "Picks", counts.picks, Source::Picks),
        (icon::STAR, "Favourites", counts.five_stars, Source::FiveStars),
    ];
    let groups = app.snap.duplicates.as_ref().map(|view| view.found.groups.len() as u64);
    let pages = [
        (icon::MAP, "Map", None, Action::Map, Page::Map),
        (icon::COPY, "Duplicates", groups, Action::Duplicates, Page::Duplicates),
    ];
    let below = [
        (icon::FILE, "Other files", counts.others, Source::Others),
        (icon::TRASH_2, "Trash", counts.trashed, Source::Trash),
    ];
    let sources = |app: &mut App, ui: &mut Ui, rows: Vec<(&'static str, &str, u64, Source)>| {
        for (sign, name, count, source) in rows {
            if Row::new(sign, name, count, is_on(app, &source)).show(ui).0.clicked() {
                app.go_to(source);
            }
        }
    };
    sources(app, ui, above.to_vec());
    for (sign, name, count, action, page) in pages {
        let row = Row {
            count,
            unit: (action == Action::Duplicates).then_some("group"),
            ..Row::new(sign, name, 0, app.page == page)
        };
        if row.show(ui).0.clicked() && app.page != page {
            app.act(&ui.ctx().clone(), action);
        }
    }
    sources(app, ui, below.to_vec());
}

pub(in crate::ui) fn heading(ui: &mut Ui, word: &str) {
    ui.add_space(14.0);
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        widget::section(ui, word);
    });
    ui.add_space(3.0);
}

fn safety(app: &mut App, ui: &mut Ui) {
    heading(ui, "Safety");
    let totals = app.snap.totals;
    let of = |bucket: Safety| match bucket {
        // What is in trouble counts, whatever it is.
        Safety::NeedsYou => totals.needs_you(),
        _ => totals.of(bucket).photos,
    };
    let sum = |buckets: &[Safety]| buckets.iter().map(|bucket| of(*bucket)).sum::<u64>();
    let rows: [(&str, Safety, &[Safety]); 4] = [
        ("Not safe yet", Safety::OnlyHere, &dispatch::NOT_SAFE),
        ("Safe", Safety::Safe, &[Safety::Safe]),
        ("Optimized", Safety::Optimized, &dispatch::OPTIMIZED),
        ("Needs you", Safety::NeedsYou, &[Safety::NeedsYou]),
    ];
    let marks = app.snap.sidecars.needs();
    for (name, sign, buckets) in rows {
        let source = Source::Safety(buckets.to_vec());
        let more = if sign == Safety::NeedsYou { marks } else { 0 };
        let row = Row {
            sign: Sign::Safety(sign),
            ..Row::new("", name, sum(buckets) + more, is_on(app, &source))
        };
        if row.show(ui).0.clicked() {
            app.go_to(source);
        }
    }
}

fn folders(app: &mut App, ui: &mut Ui) {
    heading(ui, "Folders");
    let roots = std::sync::Arc::clone(&app.snap.roots);
    for root in roots.iter() {
        let open = !app.shut_roots.contains(&root.id);
        let source = Source::Root(root.id);
        let row = Row {
            sign: Sign::Icon(if root.online { icon::HARD_DRIVE } else { icon::UNPLUG }, theme::TEXT_2),
            fold: (!root.folders.is_empty()).then_some(open),
            faint: !root.online,
            ..Row::new("", &root.name, root.photos, is_on(app, &source))
        };
        ui.push_id(("root", root.id.0), |ui| {
            let (response, folded) = row.show(ui);
            if folded && !app.shut_roots.remove(&root.id) {
                app.shut_roots.insert(root.id);
            } else if response.clicked() && !folded {
                app.go_to(source);
            }
            if let Some(photos) = shelf::dropped::<shelf::DraggedPhotos>(ui, &response) {
                app.move_to(photos.0.clone(), Target::Root(root.id));
            }
            let path = root.path.display().to_string();
            let hint = if root.online {
                path
            } else {
                format!("{path}\nNot connected now. Its photos can still be browsed.")
            };
            root_menu(app, &response.on_hover_text(hint), root);
        });
        if open {
            tree(app, ui, root);
        }
    }
    let row = Row {
        count: None,
        faint: true,
        ..Row::new(icon::FOLDER_PLUS, "Add photo folders", 0, false)
    };
    if row.show(ui).0.clicked() {
        app.act(&ui.ctx().clone(), Action::AddFolders);
    }
}

fn root_menu(app: &mut App, response: &Response, root: &RootView) {
    response.context_menu(|ui| {
        ui.set_width(240.0);
        if widget::menu_item(ui, icon::REFRESH_CW, "Look for changes", None).clicked() {
            app.send(Command::Rescan);
            ui.close();
        }
        if widget::menu_item(ui, icon::CLOUD_UPLOAD, "Back up this folder tree", None).clicked() {
            app.go_to(Source::Root(root.id));
            app.back_up(Scope::Query(format!("in:\"{}\"", root.path.display())));
            ui.close();
        }
        if widget::menu_item(ui, icon::X, "Stop watching...", None).clicked() {
            app.dialog = Some(Dialog::ForgetRoot(root.id));
            ui.close();
        }
    });
}

/// Folders are in tree order; what lies below a closed one is skipped.
fn tree(app: &mut App, ui: &mut Ui, root: &RootView) {
    let mut hidden_below: Option<u32> = None;
    for folder in &root.folders {
        if hidden_below.is_some_and(|depth| folder.depth > depth) {
            continue;
        }
        hidden_below = None;
        let open = app.open_folders.contains(&folder.id.0);
        if folder.has_children && !open {
            hidden_below = Some(folder.depth);
        }
        folder_row(app, ui, folder, open);
    }
}

fn folder_row(app: &mut App, ui: &mut Ui, folder: &FolderView, open: bool) {
    let source = Source::Folder(folder.id);
    let on = is_on(app, &source);
    #[expect(clippy::cast_precision_loss, reason = "folders are not that deep")]
    let indent = 14.0 + folder.depth.min(8) as f32 * 14.0;
    let row = Row {
        sign: Sign::Icon(if on { icon::FOLDER_OPEN } else { icon::FOLDER }, theme::TEXT_3),
        indent,
        fold: folder.has_children.then_some(open),
        ..Row::new("", &folder.name, folder.photos, on)
    };
    ui.push_id(("folder", folder.id.0), |ui| {
        let (response, folded) = row.show(ui);
        if let Some(photos) = shelf::dropped::<shelf::DraggedPhotos>(ui, &response) {
            app.move_to(photos.0.clone(), Target::Folder(folder.id));
        }
        if folded {
            if !app.open_folders.remove(&folder.id.0) {
                app.open_folders.insert(folder.id.0);
            }
        } else if response.clicked() {
            app.go_to(source);
        }
    });
}

fn backup_card(app: &mut App, ui: &mut Ui) {
    let snap = std::sync::Arc::clone(&app.snap);
    let queue = &snap.queue;
    let (sign, color, title, share, left, right) = match queue.state {
        QueueState::Idle if snap.stores.is_empty() => (
            icon::CLOUD,
            theme::TEXT_2,
            "No store yet".to_owned(),
            None,
            "Choose where copies go.".to_owned(),
            String::new(),
        ),
        QueueState::Idle => {
            let (safe, all) = (snap.totals.proven(), snap.totals.all.photos);
            let done = snap.totals.all_proven();
            (
                icon::SHIELD_CHECK,
                if done { theme::PICK } else { theme::TEXT_2 },
                if done {
                    "Everything is safe".to_owned()
                } else {
                    format!("{} safe", text::percent(safe, all))
                },
                Some((text::share(safe, all), theme::PICK)),
                format!("{} of {}", text::number(safe), text::count(all, "photo")),
                String::new(),
            )
        }
        state => {
            let paused = state == QueueState::Paused;
            let store = queue
                .rows
                .first()
                .map_or_else(String::new, |row| format!(" to {}", row.store));
            (
                if paused { icon::PAUSE } else { icon::CLOUD_UPLOAD },
                if paused { theme::STAR } else { theme::ACCENT },
                if paused {
                    "Backup paused".to_owned()
                } else {
                    format!("Backing up{store}")
                },
                Some((text::share(queue.bytes_done, queue.bytes_total), theme::ACCENT)),
                format!("{} of {}", text::number(queue.done), text::count(queue.total, "file")),
                queue
                    .seconds_left
                    .filter(|_| !paused)
                    .map(|s| format!("{} left", text::duration(s)))
                    .unwrap_or_default(),
            )
        }
    };
    let frame = Frame::new()
        .fill(theme::RAISED)
        .corner_radius(theme::RADIUS_CARD)
        .inner_margin(Margin::same(12));
    let inner = frame.show(ui, |ui| {
        ui.set_min_height(60.0);
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 6.0;
        ui.horizontal(|ui| {
            ui.label(RichText::new(sign).font(theme::icons(15.0)).color(color));
            widget::one_line(ui, &title, theme::semibold(13.0), theme::TEXT);
        });
        if let Some((share, color)) = share {
            widget::bar(ui, ui.available_width(), share, color, &title);
        }
        let line = ui.available_rect_before_wrap();
        ui.label(RichText::new(&left).font(theme::regular(11.5)).color(theme::TEXT_2));
        let at = pos2(line.right(), ui.min_rect().bottom() - 7.0);
        if ui.available_width() > 150.0 {
            ui.painter()
                .text(at, Align2::RIGHT_CENTER, &right, theme::regular(11.5), theme::TEXT_2);
        }
        ui.label(
            RichText::new("Every copy is read back")
                .font(theme::regular(11.0))
                .color(theme::TEXT_3),
        );
    });
    let response = ui.interact(inner.response.rect, ui.scope_id().with("backup card"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Backup, {title}")));
    if response.clicked() {
        app.act(&ui.ctx().clone(), Action::Backup);
    }
}
