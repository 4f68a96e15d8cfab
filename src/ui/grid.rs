//! The grid: heading, filters, and photos in days. Only the rows that are seen are drawn.

use super::{
    action::{self, Action},
    app::App,
    badge, icon,
    keys::key_text,
    layout::{Heading, Layout as Rows, Shape},
    marking,
    pictures::edge_for,
    rejects,
    shelf::DraggedPhotos,
    state::Loupe,
    summary, text, theme, tile, widget,
};
use crate::{
    engine::{
        command::{Command, Sort, Source},
        snapshot::{Tile, View},
    },
    model::{rating::Flag, safety::Safety},
};
use eframe::egui::{
    self, Align, Color32, Frame, Layout, Margin, Modifiers, Popup, Rect, Response, RichText, ScrollArea, Sense, Ui,
    UiBuilder, pos2, style::ScrollAnimation, vec2,
};

/// Left and right of the grid.
const SIDE: f32 = 20.0;
/// Filters: sign, words, the query term they stand for.
const CHIPS: [(Option<(&str, Color32)>, &str, &str); 6] = [
    (Some((icon::STAR, theme::STAR)), "3 and up", "rating>=3"),
    (Some((icon::FLAG, theme::PICK)), "Picks", "flag:pick"),
    (None, "RAW", "type:raw"),
    (None, "Videos", "type:video"),
    (Some((icon::CIRCLE, theme::TEXT_2)), "Not safe yet", "safe:no"),
    (Some((icon::X, theme::REJECT)), "Rejects", "flag:reject"),
];

/// Draws the page.
pub fn show(app: &mut App, ui: &mut Ui) {
    let all = ui.max_rect();
    let mut head = ui.new_child(UiBuilder::new().max_rect(Rect::from_min_max(
        pos2(all.left() + SIDE, all.top() + 14.0),
        pos2(all.right() - SIDE, all.top() + 112.0),
    )));
    match (&app.review, &app.source) {
        (Some(_), _) => rejects::review_bar(app, &mut head),
        (None, Source::Trash) => rejects::trash_bar(app, &mut head),
        _ => heading(app, &mut head),
    }
    let body = Rect::from_min_max(pos2(all.left(), head.min_rect().bottom() + 8.0), all.max);
    let mut child = ui.new_child(UiBuilder::new().max_rect(body));
    if app.snap.view.tiles.is_empty() {
        nothing(app, &mut child);
    } else {
        photos(app, &mut child);
    }
}

fn heading(app: &mut App, ui: &mut Ui) {
    let view = app.view();
    ui.horizontal(|ui| {
        let room = (ui.available_width() - 190.0).max(120.0);
        ui.allocate_ui_with_layout(vec2(room, 46.0), Layout::top_down(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            widget::one_line(ui, &view.title, theme::semibold(21.0), theme::TEXT);
            let mut facts = vec![listed(&view)];
            if let Some((first, last)) = app.cache.days {
                facts.push(days(first, last));
            }
            if view.bytes > 0 {
                facts.push(text::bytes(view.bytes));
            }
            widget::one_line(ui, &facts.join("   \u{b7}   "), theme::regular(12.5), theme::TEXT_2);
        });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| tools(app, ui));
    });
    ui.add_space(6.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(7.0, 6.0);
        for (sign, words, term) in CHIPS {
            let on = app.query.split_whitespace().any(|word| word == term);
            if widget::chip(ui, sign, words, on).clicked() {
                app.query = toggled(&app.query, term, !on);
                app.show();
            }
        }
    });
    marks_wait(app, ui);
}

/// Where a person looks for what needs them, marks that wait for them are named too: they are in no bucket of safety.
fn marks_wait(app: &mut App, ui: &mut Ui) {
    let (conflicts, troubles) = (app.snap.sidecars.conflict_count, app.snap.sidecars.trouble_count);
    if app.source != Source::Safety(vec![Safety::NeedsYou]) || conflicts + troubles == 0 {
        return;
    }
    let mut parts = Vec::new();
    if conflicts > 0 {
        let photos = text::count(conflicts, "photo");
        parts.push(format!("{photos} with other marks here than in the sidecar"));
    }
    if troubles > 0 {
        let photos = text::count(troubles, "photo");
        parts.push(format!("{photos} with a sidecar that cannot be read or written"));
    }
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(20.0, 20.0), Sense::hover());
        badge::safety(ui.painter(), rect.center(), 14.0, Safety::NeedsYou);
        ui.label(
            RichText::new(parts.join(", "))
                .font(theme::regular(13.0))
                .color(theme::TEXT),
        );
        if widget::button(ui, widget::Look::Plain, Some(icon::FILE_TEXT), "Settle marks").clicked() {
            super::settings::open(app, super::settings::Section::Sidecars);
        }
    });
}

/// What is in the list: photos, or in the list of other files those.
pub(in crate::ui) fn listed(view: &View) -> String {
    text::count(view.tiles.len() as u64, word(view))
}

fn word(view: &View) -> &'static str {
    match view.source {
        Source::Others => "other file",
        _ => "photo",
    }
}

/// `14 May 2025` or `12 May 2024 to 19 May 2025`.
fn days(first: i64, last: i64) -> String {
    if first == last {
        text::day_plain(first)
    } else {
        format!("{} \u{2013} {}", text::day_plain(first), text::day_plain(last))
    }
}

/// The query with a term more or less.
fn toggled(query: &str, term: &str, on: bool) -> String {
    let mut words: Vec<&str> = query.split_whitespace().filter(|word| *word != term).collect();
    if on {
        words.push(term);
    }
    words.join(" ")
}

fn tools(app: &mut App, ui: &mut Ui) {
    ui.spacing_mut().item_spacing.x = 4.0;
    if widget::icon_button(ui, icon::PANEL_RIGHT, "Inspector", app.inspector).clicked() {
        app.inspector = !app.inspector;
    }
    let button = widget::icon_button(ui, icon::ARROW_DOWN_UP, "Sort and layout", false);
    Popup::menu(&button)
        .accessible_name("Sort and layout")
        .show(|ui| sort_menu(app, ui));
    ui.add_space(4.0);
    if let Some(size) = widget::slider(ui, 112.0, app.target, 80.0, 420.0, "Thumbnail size") {
        app.target = size;
    }
    ui.label(RichText::new(icon::IMAGE).font(theme::icons(13.0)).color(theme::TEXT_3));
}

fn sort_menu(app: &mut App, ui: &mut Ui) {
    ui.set_width(230.0);
    let sorts = [
        (Sort::NewestFirst, "Newest first"),
        (Sort::OldestFirst, "Oldest first"),
        (Sort::Name, "Name"),
        (Sort::Rating, "Best first"),
        (Sort::ByHand, "Album order"),
    ];
    let in_album = matches!(app.source, Source::Album(_));
    for (sort, word) in sorts.into_iter().filter(|(sort, _)| in_album || *sort != Sort::ByHand) {
        let sign = if app.sort == sort { icon::CHECK } else { " " };
        if widget::menu_item(ui, sign, word, None).clicked() {
            app.sort = sort;
            app.show();
            ui.close();
        }
    }
    ui.separator();
    for (shape, word) in [(Shape::Justified, "Rows of whole photos"), (Shape::Squares, "Squares")] {
        let sign = if app.shape == shape { icon::CHECK } else { " " };
        if widget::menu_item(ui, sign, word, None).clicked() {
            app.shape = shape;
            ui.close();
        }
    }
}

fn nothing_found(app: &mut App, ui: &mut Ui) {
    let (what, why) = match &app.snap.view.query_error {
        Some(error) => ("This search is not understood yet", error.as_str()),
        None => ("Nothing found", "No photo here answers to this search."),
    };
    widget::empty(ui, icon::SEARCH_X, what, why);
    ui.add_space(12.0);
    ui.vertical_centered(|ui| {
        if widget::button(ui, widget::Look::Plain, None, "Clear the search").clicked() {
            app.query.clear();
            app.show();
        }
    });
}

/// Why there is nothing here, and what to do.
fn nothing(app: &mut App, ui: &mut Ui) {
    ui.add_space((ui.available_height() * 0.28).max(20.0));
    let ctx = ui.ctx().clone();
    if app.review.is_some() {
        widget::empty(
            ui,
            icon::FLAG,
            "No rejects here",
            "Press X on a photo to reject it. Nothing is moved before you have seen it here.",
        );
        return;
    }
    if app.source == Source::Trash {
        widget::empty(
            ui,
            icon::TRASH_2,
            "The trash is empty",
            "What you move to the trash lies here until you put it back or empty it.",
        );
        return;
    }
    if !app.query.is_empty() {
        return nothing_found(app, ui);
    }
    if let (Source::All | Source::Root(_), Some(task)) = (&app.source, app.snap.tasks.first()) {
        widget::empty(
            ui,
            icon::FOLDER_OPEN,
            &task.label,
            "Photos appear here as they are found.",
        );
        return;
    }
    match &app.source {
        Source::Album(_) => widget::empty(
            ui,
            icon::ALBUM,
            "This album is empty",
            "Drag photos onto its name in the sidebar, or choose Add to album in their menu.",
        ),
        Source::Safety(buckets) if buckets.contains(&Safety::OnlyHere) => widget::empty(
            ui,
            icon::SHIELD_CHECK,
            "Everything is safe",
            "Every photo has a copy that was read back and compared.",
        ),
        Source::Safety(buckets) if buckets.contains(&Safety::NeedsYou) => {
            let title = match app.snap.sidecars.needs() {
                0 => "Nothing needs you",
                _ => "Nothing else needs you",
            };
            widget::empty(
                ui,
                icon::CIRCLE_CHECK,
                title,
                "No backup has a problem that waits for you.",
            );
        }
        Source::Safety(buckets) if buckets.contains(&Safety::Optimized) => widget::empty(
            ui,
            icon::CLOUD,
            "Nothing is optimized",
            "Optimize Storage, on the Backup page, replaces proven originals by small copies.",
        ),
        Source::Picks => widget::empty(ui, icon::FLAG, "No picks yet", "Press P on a photo to keep it."),
        Source::FiveStars => widget::empty(
            ui,
            icon::STAR,
            "No favourites yet",
            "Press 5 on a photo you love: five stars make a favourite.",
        ),
        Source::Others => widget::empty(
            ui,
            icon::FILE,
            "No other files",
            "Every file in your folders is a photo or a film.",
        ),
        _ => {
            widget::empty(
                ui,
                icon::IMAGES,
                "No photos here",
                "When photos are copied here, they appear by themselves.",
            );
            ui.add_space(12.0);
            ui.vertical_centered(|ui| {
                if widget::button(ui, widget::Look::Plain, Some(icon::FOLDER_PLUS), "Add photo folders").clicked() {
                    app.act(&ctx, Action::AddFolders);
                }
            });
        }
    }
}

fn photos(app: &mut App, ui: &mut Ui) {
    let width = ui.available_width() - 2.0 * SIDE;
    app.lay_out(width);
    let Some(layout) = app.layout.take() else { return };
    // Each source keeps its own place.
    let salt = format!("grid {:?}", app.source);
    let mut area = ScrollArea::vertical().id_salt(salt).auto_shrink(false);
    if let Some(offset) = kept_place(app, &layout) {
        area = area.vertical_scroll_offset(offset);
    }
    let output = area.show_viewport(ui, |ui, viewport| {
        ui.set_width(ui.available_width());
        ui.set_height(layout.height + 24.0);
        let origin = ui.max_rect().min + vec2(SIDE, 0.0);
        reveal(app, ui, &layout, origin);
        page(app, ui, &layout, origin, viewport);
    });
    let scroll = output.state.clamped_offset().y;
    if (scroll - app.last_scroll).abs() > 0.5 {
        app.scrolls_down = scroll > app.last_scroll;
    }
    app.last_scroll = scroll;
    remember_place(app, &layout, scroll, output.inner_rect.height());
    #[expect(clippy::cast_possible_truncation, reason = "few rows fit on a screen")]
    {
        app.page_rows = ((output.inner_rect.height() / (app.target + theme::GAP)).floor() as isize).max(1);
    }
    app.layout = Some(layout);
}

/// Where to scroll so that the photo that was uppermost stays there, when rows were made anew.
fn kept_place(app: &mut App, layout: &Rows) -> Option<f32> {
    if !std::mem::take(&mut app.relaid) || app.last_scroll < 4.0 {
        return None;
    }
    let (photo, above, source) = app.top_photo.clone()?;
    let place = app.place(photo).filter(|_| source == app.source)?;
    let row = layout.rows.get(layout.row_of(place)?)?;
    Some((row.top + above).clamp(0.0, layout.height))
}

fn remember_place(app: &mut App, layout: &Rows, scroll: f32, height: f32) {
    let row = layout.rows_between(scroll, scroll + height).first();
    let tile = row.and_then(|row| Some((row.top, app.snap.view.tiles.get(row.first as usize)?.id)));
    app.top_photo = tile.map(|(top, photo)| (photo, scroll - top, app.source.clone()));
    let focus = app.selection.focus().and_then(|photo| app.place(photo));
    app.focus_seen = focus
        .and_then(|at| layout.rows.get(layout.row_of(at)?))
        .is_some_and(|row| row.top + row.height > scroll && row.top < scroll + height);
}

fn reveal(app: &mut App, ui: &Ui, layout: &Rows, origin: egui::Pos2) {
    if !app.reveal {
        return;
    }
    app.reveal = false;
    let place = app.selection.focus().and_then(|photo| app.place(photo));
    if let Some(row) = place
        .and_then(|at| layout.row_of(at))
        .and_then(|row| layout.rows.get(row))
    {
        let top = origin.y + row.top;
        let rect = Rect::from_min_max(
            pos2(origin.x, top - 42.0),
            pos2(origin.x + 10.0, top + row.height + 12.0),
        );
        ui.scroll_to_rect_animation(rect, None, ScrollAnimation::none());
    }
}

/// Draws what is seen, and wants what is seen and then one screen ahead.
fn page(app: &mut App, ui: &mut Ui, layout: &Rows, origin: egui::Pos2, viewport: Rect) {
    let view = app.view();
    let (top, bottom) = (viewport.top(), viewport.bottom());
    let scale = ui.ctx().pixels_per_point();
    let mut seen: Vec<(usize, Rect)> = Vec::new();
    for row in layout.rows_between(top, bottom) {
        for at in row.first as usize..row.end as usize {
            if let Some((left, width)) = layout.spans.get(at) {
                let min = origin + vec2(*left, row.top);
                seen.push((at, Rect::from_min_size(min, vec2(*width, row.height))));
            }
        }
    }
    let plain = app.review.is_some() || app.source == Source::Trash;
    // Pictures first, signs over them second: then the pictures of one atlas page are one draw call.
    let mut responses = Vec::with_capacity(seen.len());
    for (at, rect) in &seen {
        let Some(tile) = view.tiles.get(*at) else { continue };
        let edge = edge_for(rect.width().max(rect.height()) * scale);
        app.pictures.want(tile.id, 256);
        if edge > 256 {
            app.pictures.want(tile.id, edge);
        }
        // A last look needs light.
        let bright = (tile.flag == Flag::Reject && plain).then(|| Tile {
            flag: Flag::None,
            ..tile.clone()
        });
        let has = tile::picture(app, ui.painter(), bright.as_ref().unwrap_or(tile), *rect, edge);
        responses.push((
            *at,
            *rect,
            tile::response(ui, tile, *rect, app.selection.has(tile.id)),
            has,
        ));
    }
    for (at, rect, response, has) in responses {
        let Some(tile) = view.tiles.get(at) else { continue };
        let hot = response.hovered() || response.has_focus();
        tile::signs(ui.painter(), tile, rect, app.selection.has(tile.id), hot, has);
        if let Some(burst) = view
            .bursts
            .of(tile.id)
            .filter(|burst| burst.photos.first() == Some(&tile.id))
        {
            badge::stack(ui.painter(), rect, burst.photos.len());
        }
        clicked(app, ui, &response, at, tile);
        dragged(app, ui, &response, at, tile);
        response.context_menu(|ui| menu(app, ui));
    }
    app.tiles_drawn = seen.len();
    for one in layout.headings_between(top, bottom) {
        day(ui, origin + vec2(0.0, one.top), layout.key.width, one, word(&view));
    }
    let screen = bottom - top;
    let ahead = if app.scrolls_down {
        (bottom, bottom + screen)
    } else {
        (top - screen, top)
    };
    for row in layout.rows_between(ahead.0, ahead.1) {
        for at in row.first as usize..row.end as usize {
            if let Some(tile) = view.tiles.get(at) {
                app.pictures.want(tile.id, 256);
            }
        }
    }
}

fn day(ui: &Ui, at: egui::Pos2, width: f32, heading: &Heading, word: &str) {
    let photos = heading.photos;
    let words = if heading.month {
        text::month_title(heading.day)
    } else {
        text::day_title(heading.day)
    };
    let painter = ui.painter();
    let middle = at.y + 22.0;
    let title = painter.layout_no_wrap(words, theme::semibold(14.0), theme::TEXT);
    let count = text::count(u64::from(photos), word);
    let count = painter.layout_no_wrap(count, theme::regular(12.0), theme::TEXT_3);
    let next = at.x + title.size().x + 12.0;
    painter.galley(pos2(at.x, middle - title.size().y / 2.0), title, theme::TEXT);
    if next + count.size().x < at.x + width {
        painter.galley(pos2(next, middle - count.size().y / 2.0 + 0.5), count, theme::TEXT_3);
    }
}

fn clicked(app: &mut App, ui: &Ui, response: &Response, at: usize, tile: &Tile) {
    if response.double_clicked() {
        app.selection.only(tile.id, at);
        app.loupe = Some(Loupe::on(tile.id));
        return;
    }
    if response.clicked() {
        let modifiers: Modifiers = ui.input(|input| input.modifiers);
        let by_key = response.has_focus() && ui.input(|input| !input.pointer.any_click());
        if by_key {
            // Enter on a photo that was reached with Tab opens it, as it does everywhere else.
            app.selection.only(tile.id, at);
            app.loupe = Some(Loupe::on(tile.id));
        } else if modifiers.command {
            app.selection.toggle(tile.id, at);
        } else if modifiers.shift {
            app.extend_to(at);
        } else {
            app.selection.only(tile.id, at);
        }
        response.surrender_focus();
    }
    if response.gained_focus() {
        app.selection.only(tile.id, at);
    }
    if response.secondary_clicked() && !app.selection.has(tile.id) {
        app.selection.only(tile.id, at);
    }
}

/// Photos are dragged onto an album, or, where an album is in its own order, before another of its photos.
fn dragged(app: &mut App, ui: &Ui, response: &Response, at: usize, tile: &Tile) {
    if response.drag_started() {
        if !app.selection.has(tile.id) {
            app.selection.only(tile.id, at);
        }
        response.dnd_set_drag_payload(DraggedPhotos(app.selected_photos()));
    }
    let (Source::Album(album), Sort::ByHand) = (&app.source, app.sort) else {
        return;
    };
    if !egui::DragAndDrop::has_payload_of_type::<DraggedPhotos>(ui.ctx()) {
        return;
    }
    if response.dnd_hover_payload::<DraggedPhotos>().is_some() {
        let line = response.rect.left() - theme::GAP / 2.0;
        ui.painter()
            .vline(line, response.rect.y_range(), egui::Stroke::new(2.0, theme::ACCENT));
    }
    let album = *album;
    if let Some(photos) = response
        .dnd_release_payload::<DraggedPhotos>()
        .filter(|photos| !photos.0.contains(&tile.id))
    {
        app.send(Command::OrderAlbum {
            album,
            photos: photos.0.clone(),
            before: Some(tile.id),
        });
    }
}

/// The menu on photos: only what does something now.
pub(in crate::ui) fn menu(app: &mut App, ui: &mut Ui) {
    let ctx = ui.ctx().clone();
    let count = app.selection.len();
    ui.set_width(268.0);
    ui.horizontal(|ui| {
        ui.add_space(8.0);
        widget::third(ui, format!("{} selected", text::number(count as u64)));
    });
    if app.source == Source::Trash {
        for (sign, action) in [
            (icon::ARCHIVE_RESTORE, Action::PutBack),
            (icon::TRASH_2, Action::EmptyTrash),
        ] {
            let Some(entry) = action::of(action) else { continue };
            if widget::menu_item(ui, sign, entry.label, key_text(action)).clicked() {
                app.act(&ctx, action);
                ui.close();
            }
        }
        return;
    }
    if let Some(given) = summary::given(app) {
        let inner = Frame::new().inner_margin(Margin::symmetric(9, 2));
        if inner.show(ui, |ui| marking::stars_and_labels(app, ui, given)).inner {
            ui.close();
        }
    }
    let groups: [&[(&str, Action)]; 4] = [
        &[
            (icon::MAXIMIZE, Action::Loupe),
            (icon::LAYERS, Action::Compare),
            (icon::FLAG, Action::Pick),
            (icon::X, Action::Reject),
            (icon::FLAG_OFF, Action::Unflag),
            (icon::FILE_TEXT, Action::Keywords),
        ],
        &[(icon::ALBUM, Action::AddToAlbum), (icon::PLUS, Action::NewAlbum)],
        &[
            (icon::CLOUD_UPLOAD, Action::BackUpSelection),
            (icon::SHIELD_CHECK, Action::Verify),
            (icon::CLOUD, Action::Optimize),
            (icon::ARCHIVE_RESTORE, Action::Restore),
        ],
        &[
            (icon::FOLDER, Action::MoveTo),
            (icon::FILE_TEXT, Action::Rename),
            (icon::COPY, Action::CopyTo),
            (icon::TRASH_2, Action::Trash),
        ],
    ];
    for (at, group) in groups.iter().enumerate() {
        if at > 0 {
            ui.separator();
        }
        for (sign, action) in *group {
            let Some(entry) = action::of(*action) else {
                continue;
            };
            let item = widget::menu_item(ui, sign, entry.label, key_text(*action));
            if item.on_hover_text(entry.hint).clicked() {
                app.act(&ctx, *action);
                ui.close();
            }
        }
    }
    if let Source::Album(album) = app.source {
        ui.separator();
        let focus = app.selection.focus();
        if focus.is_some() && widget::menu_item(ui, icon::IMAGE, "Use as the album's cover", None).clicked() {
            app.send(Command::CoverAlbum { album, photo: focus });
            ui.close();
        }
        if widget::menu_item(ui, icon::MINUS, "Remove from this album", None).clicked() {
            app.send(Command::RemoveFromAlbum {
                album,
                photos: app.selected_photos(),
            });
            ui.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_compose_into_the_query() {
        let query = toggled("lisbon", "rating>=3", true);
        let query = toggled(&query, "safe:no", true);
        assert_eq!(query, "lisbon rating>=3 safe:no");
        assert_eq!(toggled(&query, "rating>=3", false), "lisbon safe:no");
    }
}
