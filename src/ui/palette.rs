//! The command palette and the cheat sheet: every action of the table with the keys that are in force, and in the palette
//! whether it can be done now, with the reason where it cannot.

use super::{
    action::{Action, Entry, Group, TABLE},
    app::App,
    icon, keys,
    overlay::{SELECT_FIRST, small_close},
    settings::{self, Section},
    theme,
    widget::{self, Look},
};
use crate::{engine::snapshot::QueueState, ui::state::Page};
use eframe::egui::{
    self, Align2, Id, Key, Layout, Margin, Modal, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

impl App {
    /// Why an action cannot be done now, where it cannot: the same questions that doing it asks.
    pub(in crate::ui) fn why_not(&self, action: Action) -> Option<&'static str> {
        let snap = &self.snap;
        let when = |no: bool, why: &'static str| no.then_some(why);
        let selected = || when(self.selection.is_empty(), SELECT_FIRST);
        match action {
            Action::Undo => when(snap.undo.is_none(), "There is nothing to take back."),
            Action::Redo => when(snap.redo.is_none(), "There is nothing to do again."),
            Action::BackUpSelection | Action::Verify | Action::Restore | Action::AddToAlbum => selected(),
            Action::MoveTo | Action::Rename | Action::CopyTo => selected(),
            Action::EditTitle | Action::EditCaption | Action::ShiftTime => selected(),
            Action::PauseBackup => when(snap.queue.state != QueueState::Running, "No backup is running."),
            Action::ResumeBackup => when(snap.queue.state != QueueState::Paused, "The backup is not paused."),
            Action::Loupe | Action::Advance | Action::FullScreen | Action::Zoom | Action::SelectAll => {
                when(snap.view.tiles.is_empty(), "No photo is shown.")
            }
            _ if action.is_mark() => selected().or(when(self.page != Page::Library, "Go to the library first.")),
            _ => None,
        }
    }
}

/// What throws photos away, rejects or replaces them. Only its name finds it, for Enter does the first line.
fn throws_away(action: Action) -> bool {
    matches!(
        action,
        Action::Reject
            | Action::KeepBurst
            | Action::ReviewRejects
            | Action::Trash
            | Action::EmptyTrash
            | Action::Optimize
    )
}

/// Other words by which people look for an action; as good as words of its name.
fn also(label: &str) -> &'static str {
    match label {
        "Undo" => "take back revert",
        "Redo" => "again repeat",
        "Move to Safelight's trash" => "delete remove erase",
        "Put back from the trash" => "undelete recover",
        "Shift the capture time..." => "date clock hours adjust timezone",
        "Positions from a GPX track..." => "gps geotag location place",
        "Keywords..." => "keyword tag tags label subject",
        "Inspector" => "info metadata exif keywords details",
        "Search" => "find filter query",
        "Full screen" => "fullscreen",
        "100 %" => "zoom pixels",
        "Compare" => "side by side",
        "Loupe" | "Look at the photo" => "open view large",
        "Rows or squares" => "layout",
        "Add photo folders..." => "import open directory",
        "Look for changes" => "refresh rescan reload scan",
        "New album..." => "create collection",
        "Add a store..." => "backup cloud server disk",
        "Settings" => "preferences options",
        "Settings of backups and originals" => "general preferences options backup hold",
        "Change keys" => "settings shortcuts keyboard hotkeys bind preset",
        "Settings of the cache" => "thumbnails previews room",
        "Settings of sidecars" => "sidecars xmp lightroom darktable metadata",
        "About Safelight" => "version settings licences licenses",
        "Keys" => "shortcuts keyboard help",
        "Quit" => "exit close",
        _ => "",
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
}

/// Whether every typed word is a word of the text.
fn has_words(text: &str, typed: &str) -> bool {
    words(typed).all(|wanted| words(text).any(|word| word == wanted))
}

/// Whether every typed word begins a word of the text.
fn begins_words(text: &str, typed: &str) -> bool {
    words(typed).all(|wanted| words(text).any(|word| word.starts_with(wanted)))
}

/// From this rank on only the description answers, or a few letters.
const DESCRIBED: usize = 8;

/// How well a line of the table answers to what was typed, smaller is better: the name before the other words for it and
/// both before the description, whole words before beginnings and those before pieces, then its letters in order (`hstgr`
/// finds `Histogram`); `None` where it does not.
fn rank(entry: &Entry, typed: &str, key: bool) -> Option<usize> {
    let name = entry.label.to_lowercase();
    let named = format!("{name} {}", also(entry.label));
    let all = format!(
        "{named} {} {}",
        entry.hint.to_lowercase(),
        entry.group.title().to_lowercase()
    );
    let initials = || -> String { words(&name).filter_map(|word| word.chars().next()).collect() };
    let any = words(typed).next().is_some();
    let found = match () {
        () if name == typed || typed.is_empty() => 0,
        () if key || (any && has_words(&name, typed)) => 1,
        () if name.starts_with(typed) => 2,
        () if any && has_words(&named, typed) => 3,
        () if any && begins_words(&name, typed) => 4,
        () if any && begins_words(&named, typed) => 5,
        () if initials().starts_with(typed) => 6,
        () if name.contains(typed) => 7,
        () if any && has_words(&all, typed) => DESCRIBED,
        () if any && begins_words(&all, typed) => DESCRIBED + 1,
        () if in_order(&name, typed) => DESCRIBED + 2,
        () => return None,
    };
    (found < DESCRIBED || !throws_away(entry.action)).then_some(found)
}

/// Whether the letters come one after the other in the name. Two letters in order are in almost every name.
fn in_order(name: &str, typed: &str) -> bool {
    let mut letters = typed.chars().filter(|letter| *letter != ' ').peekable();
    for letter in name.chars() {
        letters.next_if_eq(&letter);
    }
    letters.peek().is_none() && typed.chars().count() > 2
}

/// The lines of the table that answer to what was typed, best first: by name, by other words for it, by a key, or by
/// description.
#[must_use]
pub fn matches(text: &str) -> Vec<&'static Entry> {
    let typed = text.trim().to_lowercase();
    let keymap = keys::in_force();
    let mut found: Vec<(usize, &Entry)> = TABLE
        .iter()
        .chain(&Section::LINES)
        .filter_map(|entry| {
            let mut keys = keymap.keys_of(entry.action).iter();
            let key = keys.any(|key| keys::shortcut_text(*key).to_lowercase() == typed);
            rank(entry, &typed, key).map(|rank| (rank, entry))
        })
        .collect();
    found.sort_by_key(|(rank, _)| *rank);
    found.into_iter().map(|(_, entry)| entry).collect()
}

/// Draws the palette, if it is open.
pub fn palette(app: &mut App, ui: &mut Ui) {
    let Some(mut palette) = app.palette.take() else { return };
    let ctx = ui.ctx().clone();
    let mut chosen = None;
    let top = (ctx.content_rect().height() * 0.14).max(40.0);
    let area = Modal::default_area(Id::unique("palette")).anchor(Align2::CENTER_TOP, vec2(0.0, top));
    let modal = Modal::new(Id::unique("palette"))
        .area(area)
        .frame(theme::floating().inner_margin(Margin::same(8)))
        .backdrop_color(theme::BACKDROP)
        .show(&ctx, |ui| {
            ui.set_width(560.0_f32.min(ctx.content_rect().width() - 60.0));
            let step = ui.input_mut(|input| {
                let down = input.count_and_consume_key(egui::Modifiers::NONE, Key::ArrowDown);
                let up = input.count_and_consume_key(egui::Modifiers::NONE, Key::ArrowUp);
                (down, up)
            });
            let width = ui.available_width();
            let field = widget::field(ui, &mut palette.text, "Find an action", "Find an action", width);
            let enter = ui.input(|input| input.key_pressed(Key::Enter));
            if !enter {
                field.request_focus();
            }
            if field.changed() {
                palette.at = 0;
            }
            let found = matches(&palette.text);
            palette.at = (palette.at + step.0)
                .saturating_sub(step.1)
                .min(found.len().saturating_sub(1));
            ui.add_space(6.0);
            widget::list_in_dialog((ctx.content_rect().height() * 0.55).min(420.0)).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 1.0;
                for (at, entry) in found.iter().enumerate() {
                    let on = at == palette.at;
                    let why_not = app.why_not(entry.action);
                    let response = palette_row(ui, entry, on, why_not);
                    if on && (step.0 + step.1 > 0) {
                        response.scroll_to_me(None);
                    }
                    if why_not.is_none() && (response.clicked() || (on && enter)) {
                        chosen = Some(entry.action);
                    }
                }
                if found.is_empty() {
                    ui.add_space(10.0);
                    widget::empty(ui, icon::SEARCH_X, "No such action", "Try another word.");
                    ui.add_space(10.0);
                }
            });
        });
    match chosen {
        Some(action) => app.act(&ctx, action),
        None if modal.should_close() => {}
        None => app.palette = Some(palette),
    }
}

fn palette_row(ui: &mut Ui, entry: &Entry, on: bool, why_not: Option<&str>) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, why_not.is_none(), on, entry.label));
    if on || response.hovered() {
        let plate = if on { theme::ACCENT_DIM } else { theme::CONTROL };
        ui.painter().rect_filled(rect, f32::from(theme::RADIUS), plate);
    }
    let left = rect.left() + 12.0;
    ui.painter().text(
        pos2(left, rect.center().y - 9.0),
        Align2::LEFT_CENTER,
        entry.label,
        theme::medium(13.0),
        if why_not.is_none() { theme::TEXT } else { theme::COUNT },
    );
    let painter = ui
        .painter()
        .with_clip_rect(Rect::from_min_max(rect.min, pos2(rect.right() - 96.0, rect.bottom())));
    painter.text(
        pos2(left, rect.center().y + 9.0),
        Align2::LEFT_CENTER,
        why_not.unwrap_or(entry.hint),
        theme::regular(11.5),
        if why_not.is_none() { theme::TEXT_2 } else { theme::COUNT },
    );
    if let Some(key) = keys::key_text(entry.action) {
        let galley = ui.painter().layout_no_wrap(key, theme::medium(11.0), theme::TEXT_2);
        let size = galley.size() + vec2(12.0, 6.0);
        let cap = Rect::from_center_size(pos2(rect.right() - 12.0 - size.x / 2.0, rect.center().y), size);
        ui.painter().rect_filled(cap, 4.0, theme::CONTROL);
        ui.painter()
            .galley(cap.center() - galley.size() / 2.0, galley, theme::TEXT_2);
    }
    response
}

/// Draws every key on one page, if it is open.
pub fn cheat_sheet(app: &mut App, ui: &mut Ui) {
    if !app.cheat_sheet {
        return;
    }
    let ctx = ui.ctx().clone();
    let screen = ctx.content_rect();
    let mut change = false;
    let modal = Modal::new(Id::unique("cheat sheet"))
        .frame(theme::floating())
        .backdrop_color(theme::BACKDROP)
        .show(&ctx, |ui| {
            ui.set_width(900.0_f32.min(screen.width() - 80.0));
            ui.horizontal(|ui| {
                widget::strong(ui, "Keys", 18.0);
                ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
                    if small_close(ui, "Close the keys") {
                        ui.close();
                    }
                    if widget::button(ui, Look::Quiet, Some(icon::KEYBOARD), "Change keys...").clicked() {
                        change = true;
                        ui.close();
                    }
                });
            });
            widget::second(
                ui,
                "Shift with a mark goes on to the next photo. Nothing is deleted with one key.",
            );
            ui.add_space(8.0);
            ScrollArea::vertical()
                .max_height(screen.height() - 200.0)
                .min_scrolled_height(screen.height() - 200.0)
                .show(ui, |ui| {
                    let columns = if screen.width() > 900.0 { 3 } else { 2 };
                    ui.columns(columns, |columns| {
                        let last = columns.len().saturating_sub(1);
                        for (at, group) in Group::ALL.into_iter().enumerate() {
                            let column = match group {
                                Group::Mark => last,
                                Group::Move | Group::View => 0,
                                _ => at.min(1),
                            };
                            if let Some(ui) = columns.get_mut(column) {
                                sheet_group(ui, group);
                            }
                        }
                    });
                });
        });
    if modal.should_close() {
        app.cheat_sheet = false;
    }
    if change {
        app.cheat_sheet = false;
        settings::open(app, Section::Keys);
    }
}

fn sheet_group(ui: &mut Ui, group: Group) {
    widget::section(ui, group.title());
    ui.add_space(2.0);
    let keymap = keys::in_force();
    for entry in TABLE.iter().filter(|entry| entry.group == group) {
        let all = keymap.keys_of(entry.action);
        if all.is_empty() {
            continue;
        }
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
        let keys: Vec<String> = all.iter().take(2).map(|key| keys::shortcut_text(*key)).collect();
        let words = format!("{}, {}", entry.label, keys.join(" or "));
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &words));
        let painter = ui.painter();
        let mut right = rect.right() - 6.0;
        for key in keys.iter().rev() {
            let galley = painter.layout_no_wrap(key.clone(), theme::medium(11.0), theme::TEXT);
            let size = vec2((galley.size().x + 10.0).max(20.0), 19.0);
            let cap = Rect::from_min_size(pos2(right - size.x, rect.center().y - 9.5), size);
            painter.rect(cap, 4.0, theme::CONTROL, Stroke::NONE, egui::StrokeKind::Inside);
            painter.galley(cap.center() - galley.size() / 2.0, galley, theme::TEXT);
            right = cap.left() - 4.0;
        }
        let clip = Rect::from_min_max(rect.min, pos2(right - 4.0, rect.bottom()));
        painter.with_clip_rect(clip).text(
            pos2(rect.left(), rect.center().y),
            Align2::LEFT_CENTER,
            entry.label,
            theme::regular(13.0),
            theme::TEXT_2,
        );
    }
    ui.add_space(12.0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i18_every_action_is_in_the_palette_and_found_by_its_name() {
        assert_eq!(matches("").len(), TABLE.len() + Section::ALL.len());
        for entry in TABLE {
            let found = matches(entry.label);
            assert_eq!(found.first().map(|one| one.label), Some(entry.label));
        }
        assert!(matches("zzz").is_empty());
    }

    #[test]
    fn names_go_before_descriptions_and_whole_words_before_pieces() {
        let page = |section| Some(Action::SettingsPage(section));
        let first = |text: &str| matches(text).first().map(|entry| entry.action);
        assert_eq!(first("time"), Some(Action::ShiftTime));
        assert_eq!(first("shift"), Some(Action::ShiftTime));
        assert_eq!(first("undo"), Some(Action::Undo));
        assert_eq!(first("take back"), Some(Action::Undo));
        assert_eq!(first("redo"), Some(Action::Redo));
        assert_eq!(first("sidecar"), page(Section::Sidecars));
        assert_eq!(first("xmp"), page(Section::Sidecars));
        assert_eq!(first("shortcuts"), Some(Action::CheatSheet));
        assert_eq!(first("hotkeys"), page(Section::Keys));
        assert_eq!(first("delete"), Some(Action::Trash), "who types this means it");
        assert!(first("keyword").is_some());
        assert_eq!(first("star"), Some(Action::Rate(1)), "1 star before 5 stars");
        for section in Section::ALL {
            assert!(
                matches("settings")
                    .iter()
                    .any(|entry| Some(entry.action) == page(section))
            );
        }
    }

    #[test]
    fn what_throws_away_is_never_found_by_its_description() {
        for entry in TABLE.iter().filter(|entry| throws_away(entry.action)) {
            let named = format!("{} {}", entry.label.to_lowercase(), also(entry.label));
            for word in words(&entry.hint.to_lowercase()).filter(|word| !begins_words(&named, word)) {
                let first = matches(word).first().map(|entry| entry.action);
                assert_ne!(first, Some(entry.action), "{word}");
            }
        }
        assert!(matches("thrown out").is_empty());
    }

    #[test]
    fn letters_in_order_words_and_keys_find_an_action() {
        let first = |text: &str| matches(text).first().map(|entry| entry.action);
        assert_eq!(first("bun"), Some(Action::BackUpAll), "initials");
        assert_eq!(first("hstgr"), Some(Action::Histogram), "letters in order");
        assert_eq!(first("ctrl z"), Some(Action::Undo), "a key");
        assert_eq!(
            first("stars take away"),
            Some(Action::Rate(0)),
            "words of the description"
        );
        assert_eq!(
            first("pic"),
            Some(Action::Pick),
            "the beginning of its name before all others"
        );
    }
}
