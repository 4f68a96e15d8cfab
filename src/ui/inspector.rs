//! The bar at the right: the facts of one photo, its marks, and where its copies are; or a sum of several photos.

use super::{
    action::Action,
    app::App,
    badge, icon, keywords, marking, summary, text, theme, tile,
    widget::{self, Look},
    writing,
};
use crate::{
    engine::snapshot::{CopyView, PhotoDetail, Tile},
    model::{metadata::MediaKind, photo::Role as FileRole, rating::Flag, safety::Safety},
};
use eframe::egui::{
    self, Frame, Layout, Margin, Rect, RichText, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

/// Draws the bar.
pub fn show(app: &mut App, ui: &mut Ui) {
    let bar = ui.max_rect();
    // The bar is as wide as it was dragged, whatever is in it.
    ui.expand_to_include_rect(bar);
    ui.painter()
        .vline(bar.left() + 0.5, bar.y_range(), Stroke::new(1.0, theme::HAIRLINE));
    ScrollArea::vertical()
        .id_salt("inspector scroll")
        .auto_shrink(false)
        .show(ui, |ui| {
            Frame::new().inner_margin(Margin::symmetric(16, 14)).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 6.0;
                // A card that is too wide must not widen the bar.
                ui.set_max_width(ui.available_width());
                let focus = app.selection.focus().and_then(|photo| app.tile(photo).cloned());
                match (focus, app.selection.len()) {
                    (None, _) => nothing(ui),
                    (Some(tile), 0 | 1) => one(app, ui, &tile),
                    (Some(tile), _) if app.looks_at_one() => one(app, ui, &tile),
                    (Some(_), count) => summary::show(app, ui, count),
                }
            });
        });
}

fn nothing(ui: &mut Ui) {
    ui.add_space(ui.available_height() * 0.3 + 60.0);
    widget::empty(
        ui,
        icon::INFO,
        "Nothing selected",
        "Select a photo to see its facts and its copies.",
    );
}

fn preview(app: &mut App, ui: &mut Ui, tile: &Tile) {
    let width = ui.available_width();
    let aspect = if tile.aspect.is_finite() && tile.aspect > 0.0 {
        tile.aspect
    } else {
        1.5
    };
    let height = (width / aspect).clamp(90.0, 240.0);
    let (rect, response) = ui.allocate_exact_size(vec2(width, height), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Look at {}", tile.name)));
    let wide = (height * aspect).min(width);
    let picture = Rect::from_center_size(rect.center(), vec2(wide, height.min(width / aspect)));
    app.pictures.want(tile.id, 256);
    app.pictures.want(tile.id, 512);
    let bright = Tile {
        flag: Flag::None,
        ..tile.clone()
    };
    tile::picture(app, ui.painter(), &bright, picture, 512);
    if response.clicked() && app.loupe.is_none() {
        app.act(&ui.ctx().clone(), Action::Loupe);
    }
}

fn one(app: &mut App, ui: &mut Ui, tile: &Tile) {
    if app.loupe.is_none() {
        preview(app, ui, tile);
        ui.add_space(2.0);
    }
    widget::one_line(ui, &tile.name, theme::semibold(14.0), theme::TEXT);
    let detail = app.snap.detail.clone().filter(|detail| detail.id == tile.id);
    widget::one_line(
        ui,
        &subtitle(tile, detail.as_deref()),
        theme::regular(12.5),
        theme::TEXT_2,
    );
    if let Some(detail) = &detail {
        writing::words(app, ui, detail);
    }
    let given = marking::Given::of(tile);
    marking::stars_and_labels(app, ui, given);
    marking::flags(app, ui, given);
    develop(app, ui, tile);
    let Some(detail) = detail else {
        standing(ui, tile.safety, text::safety_hint(tile.safety));
        return;
    };
    exposure(ui, &detail);
    if app.show_copies {
        copies(app, ui, &detail);
        facts(app, ui, &detail);
    } else {
        facts(app, ui, &detail);
        copies(app, ui, &detail);
    }
    keywords(app, ui, &detail);
    albums(ui, &detail);
    files(ui, &detail);
    sidecars(app, ui, &detail);
}

/// What is wrong with its sidecars, what disagrees, and who else wrote in them.
fn sidecars(app: &mut App, ui: &mut Ui, detail: &PhotoDetail) {
    if detail.sidecar_notes.is_empty() {
        return;
    }
    ui.add_space(6.0);
    widget::section(ui, "Sidecars");
    for (severity, words) in &detail.sidecar_notes {
        ui.horizontal_top(|ui| {
            let (sign, color) = widget::severity(*severity);
            ui.label(RichText::new(sign).font(theme::icons(13.0)).color(color));
            ui.vertical(|ui| {
                ui.label(RichText::new(words).font(theme::regular(12.0)).color(theme::TEXT_2));
            });
        });
    }
    if detail.sidecar_conflict && widget::button(ui, Look::Plain, None, "Settle it...").clicked() {
        super::settings::open(app, super::settings::Section::Sidecars);
    }
}

/// Switches between the camera's preview and the developed sensor data, where one is looked at.
fn develop(app: &mut App, ui: &mut Ui, tile: &Tile) {
    if app.loupe.is_none() || !super::loupe::is_raw(tile) {
        return;
    }
    let on = app.developed == Some(tile.id);
    if widget::chip(ui, None, "Develop RAW", on).clicked() {
        app.act(&ui.ctx().clone(), Action::Develop);
    }
}

fn subtitle(tile: &Tile, detail: Option<&PhotoDetail>) -> String {
    let mut words = Vec::new();
    match detail.map(|detail| detail.facts.taken) {
        Some(Some(taken)) => words.push(taken.short_text()),
        // The file's own date is not when the photo was taken.
        Some(None) => words.push(format!("Undated, file of {}", text::day_plain(tile.day))),
        None => words.push(text::day_title(tile.day)),
    }
    if tile.raw_pair {
        words.push("RAW + JPEG".to_owned());
    } else if let Some(format) = detail.and_then(|detail| detail.facts.format.clone()) {
        words.push(format);
    } else if tile.kind == MediaKind::Video {
        words.push("Video".to_owned());
    }
    if let Some(facts) = detail.map(|detail| &detail.facts) {
        words.extend(facts.codec.clone());
        words.extend(facts.duration_text());
        if facts.motion.is_some() {
            words.push("Motion photo".to_owned());
        }
    }
    if detail.is_some_and(|detail| detail.files.iter().any(|file| file.role == FileRole::Motion)) {
        words.push("Live Photo".to_owned());
    }
    words.join("   \u{b7}   ")
}

fn exposure(ui: &mut Ui, detail: &PhotoDetail) {
    let facts = &detail.facts;
    let cells = [
        (facts.shutter_text(), "Shutter"),
        (facts.aperture_text(), "Aperture"),
        (facts.iso.map(|iso| iso.to_string()), "ISO"),
        (
            facts.focal_mm.filter(|mm| mm.is_finite()).map(|mm| format!("{mm:.0}")),
            "mm",
        ),
    ];
    if cells.iter().all(|(value, _)| value.is_none()) {
        return;
    }
    ui.add_space(2.0);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 50.0), Sense::hover());
    let words: Vec<String> = cells
        .iter()
        .filter_map(|(value, name)| value.as_ref().map(|value| format!("{name} {value}")))
        .collect();
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words.join(", ")));
    ui.painter()
        .rect_filled(rect, f32::from(theme::RADIUS_FIELD), theme::RAISED);
    let wide = rect.width() / 4.0;
    let mut left = rect.left();
    for (at, (value, name)) in cells.iter().enumerate() {
        let middle = left + wide / 2.0;
        let value = value.as_deref().unwrap_or("\u{2013}");
        ui.painter().text(
            pos2(middle, rect.top() + 18.0),
            egui::Align2::CENTER_CENTER,
            value,
            theme::semibold(13.5),
            theme::TEXT,
        );
        ui.painter().text(
            pos2(middle, rect.top() + 36.0),
            egui::Align2::CENTER_CENTER,
            name,
            theme::regular(11.0),
            theme::TEXT_3,
        );
        if at > 0 {
            ui.painter()
                .vline(left, rect.shrink(14.0).y_range(), Stroke::new(1.0, theme::BORDER));
        }
        left += wide;
    }
}

fn row(ui: &mut Ui, name: &str, value: &str) {
    ui.spacing_mut().interact_size.y = 18.0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        ui.allocate_ui_with_layout(vec2(72.0, 18.0), Layout::left_to_right(egui::Align::Center), |ui| {
            ui.set_min_width(72.0);
            widget::third(ui, name);
        });
        widget::one_line(ui, value, theme::regular(12.5), theme::TEXT);
    });
}

fn facts(app: &mut App, ui: &mut Ui, detail: &PhotoDetail) {
    ui.add_space(4.0);
    let facts = &detail.facts;
    if let Some(camera) = facts.camera() {
        row(ui, "Camera", &camera);
    }
    if let Some(lens) = facts.lens.as_deref().filter(|lens| !lens.trim().is_empty()) {
        row(ui, "Lens", lens);
    }
    let mut size = Vec::new();
    if let (Some(width), Some(height)) = (facts.width, facts.height) {
        size.push(format!("{width} \u{d7} {height}"));
    }
    let bytes: u64 = detail.files.iter().map(|file| file.size).sum();
    if bytes > 0 {
        size.push(text::bytes(bytes));
    }
    if !size.is_empty() {
        row(ui, "Size", &size.join("   \u{b7}   "));
    }
    row(ui, "Folder", &short_folder(app, detail));
    writing::time_and_place(app, ui, detail);
}

/// The folder without the part that every photo of its root shares.
fn short_folder(app: &App, detail: &PhotoDetail) -> String {
    for root in app.snap.roots.iter() {
        if let Ok(below) = detail.folder.strip_prefix(&root.path) {
            let parts: Vec<String> = std::iter::once(root.name.clone())
                .chain(
                    below
                        .components()
                        .map(|part| part.as_os_str().to_string_lossy().into_owned()),
                )
                .collect();
            return parts.join(" / ");
        }
    }
    detail.folder.display().to_string()
}

/// The sign, the word and the sentence of a bucket.
fn standing(ui: &mut Ui, safety: Safety, sentence: &str) {
    let frame = Frame::new()
        .fill(theme::RAISED)
        .corner_radius(theme::RADIUS_FIELD)
        .inner_margin(Margin::symmetric(12, 10));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_top(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(20.0, 20.0), Sense::hover());
            badge::safety(ui.painter(), rect.center(), 17.0, safety);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                widget::strong(ui, safety.title(), 13.0);
                widget::second(ui, sentence);
            });
        });
    });
}

fn copies(app: &mut App, ui: &mut Ui, detail: &PhotoDetail) {
    ui.add_space(6.0);
    widget::section(ui, "Copies");
    let sentence = if detail.safety_sentence.is_empty() {
        text::safety_hint(detail.safety)
    } else {
        &detail.safety_sentence
    };
    standing(ui, detail.safety, sentence);
    for copy in &detail.copies {
        copy_row(ui, copy);
    }
    ui.horizontal_wrapped(|ui| {
        let ctx = ui.ctx().clone();
        if !detail.safety.is_proven()
            && detail.safety != Safety::Removed
            && widget::button(ui, Look::Plain, Some(icon::CLOUD_UPLOAD), "Back up").clicked()
        {
            app.act(&ctx, Action::BackUpSelection);
        }
        if !detail.copies.is_empty() && widget::button(ui, Look::Plain, Some(icon::REFRESH_CW), "Verify now").clicked()
        {
            app.act(&ctx, Action::Verify);
        }
        // Whatever else is to be said of it: its original is not what lies at its name.
        let optimized = detail.files.iter().any(|file| file.stands_for.is_some());
        if (optimized || matches!(detail.safety, Safety::Held | Safety::Optimized))
            && widget::button(ui, Look::Plain, Some(icon::ARCHIVE_RESTORE), "Restore").clicked()
        {
            app.act(&ctx, Action::Restore);
        }
    });
}

fn copy_row(ui: &mut Ui, copy: &CopyView) {
    use crate::model::receipt::Method;
    let (sign, color) = match (copy.damaged, copy.method) {
        (true, _) => (Safety::NeedsYou, theme::REJECT),
        (false, Method::ReadBack) => (Safety::Safe, theme::TEXT_2),
        (false, _) => (Safety::Sent, theme::TEXT_2),
    };
    let response = ui
        .horizontal_top(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(20.0, 18.0), Sense::hover());
            badge::safety(ui.painter(), rect.center(), 13.0, sign);
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                let title = format!("{}   \u{b7}   {}", copy.store, copy.file);
                widget::one_line(ui, &title, theme::medium(12.5), theme::TEXT);
                ui.label(RichText::new(&copy.sentence).font(theme::regular(12.0)).color(color));
            });
        })
        .response;
    response.on_hover_text(&copy.key);
}

fn keywords(app: &mut App, ui: &mut Ui, detail: &PhotoDetail) {
    let have: Vec<(String, u64)> = detail.keywords.iter().map(|one| (one.clone(), 1)).collect();
    keywords::show(app, ui, &have, 1);
}

fn albums(ui: &mut Ui, detail: &PhotoDetail) {
    if detail.albums.is_empty() {
        return;
    }
    ui.add_space(6.0);
    widget::section(ui, "Albums");
    for album in &detail.albums {
        ui.horizontal(|ui| {
            ui.label(RichText::new(icon::ALBUM).font(theme::icons(13.0)).color(theme::TEXT_3));
            widget::one_line(ui, album, theme::regular(12.5), theme::TEXT);
        });
    }
}

fn files(ui: &mut Ui, detail: &PhotoDetail) {
    ui.add_space(6.0);
    widget::section(ui, if detail.files.len() == 1 { "File" } else { "Files" });
    for file in &detail.files {
        ui.horizontal(|ui| {
            let sign = match file.role {
                FileRole::Motion => icon::FILM,
                FileRole::Sidecar => icon::FILE,
                FileRole::Proxy => icon::CLOUD,
                FileRole::Original | FileRole::Raw => icon::FILE_IMAGE,
            };
            ui.label(RichText::new(sign).font(theme::icons(13.0)).color(theme::TEXT_3));
            ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                widget::third(ui, text::bytes(file.size));
                ui.with_layout(Layout::left_to_right(egui::Align::Center), |ui| {
                    widget::one_line(ui, &file.name, theme::regular(12.5), theme::TEXT);
                });
            });
        });
        if let (FileRole::Proxy, Some(size)) = (file.role, file.original_size) {
            widget::third(ui, format!("Optimized copy of an original of {}", text::bytes(size)));
        }
        if let Some(problem) = &file.problem {
            ui.label(RichText::new(problem).font(theme::regular(12.0)).color(theme::REJECT));
        }
    }
}
