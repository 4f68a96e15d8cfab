//! Keywords in the inspector: chips of those that photos have, and a field that gives more: several at once, with those
//! that are known offered while one types.

use super::{app::App, badge, icon, state::Page, text, theme, widget};
use crate::{
    engine::snapshot::KeywordCount,
    model::{change::Mark, fold::fold},
};
use eframe::egui::{
    self, Align, Align2, EventFilter, Id, Key, Margin, Modifiers, Rect, Response, RichText, Role, Sense, Shape, Stroke,
    StrokeKind, TextEdit, Ui, WidgetInfo, pos2,
    text::{CCursor, CCursorRange},
    text_edit::TextEditState,
    vec2,
};
use std::sync::Arc;

/// Keywords offered at once.
const OFFERED: usize = 8;
/// Chips shown before a person asks for all of them: the field under them stays in sight.
const FEW_CHIPS: usize = 12;
/// Chips shown at once; of more only the number is said.
const MAX_CHIPS: usize = 300;

/// The field and what is offered under it.
#[derive(Default)]
pub(in crate::ui) struct KeywordField {
    text: String,
    /// Which of those offered is marked.
    at: Option<usize>,
    /// The key was pressed: the field gets the keyboard as soon as it is drawn.
    wanted: bool,
    /// All chips are shown.
    whole: bool,
    known: Arc<Vec<KeywordCount>>,
    /// The same as they are compared.
    folded: Vec<String>,
}

/// Opens the inspector and goes to the field.
pub(in crate::ui) fn begin(app: &mut App, ctx: &egui::Context) {
    if app.page != Page::Library || app.selection.focus().is_none() {
        return;
    }
    app.set_full_screen(ctx, false);
    app.inspector = true;
    app.keywords.wanted = true;
}

/// The keywords of a text, in its order, each once.
fn split(text: &str) -> Vec<String> {
    let mut seen = Vec::new();
    let mut words = Vec::new();
    for word in text.split([',', ';', '\n']) {
        let word = word.trim();
        let bare = word.strip_prefix('"').and_then(|word| word.strip_suffix('"'));
        let word = bare.unwrap_or(word).trim();
        let key = fold(word);
        if word.chars().any(|c| c != '/' && !c.is_whitespace()) && !seen.contains(&key) {
            seen.push(key);
            words.push(word.to_owned());
        }
    }
    words
}

/// Where the keyword that is being typed begins.
fn last_begins(text: &str) -> usize {
    text.rfind([',', ';']).map_or(0, |at| at + 1)
}

/// How well a keyword answers what is typed, the best 0: its beginning, that of one of its levels, that of a word, anywhere.
fn rank(keyword: &str, typed: &str) -> Option<u8> {
    let begins = |part: &str| part.trim_start().starts_with(typed);
    if keyword.starts_with(typed) {
        Some(0)
    } else if keyword.split('/').any(begins) {
        Some(1)
    } else if keyword.split([' ', '-', '/']).any(begins) {
        Some(2)
    } else {
        keyword.contains(typed).then_some(3)
    }
}

impl KeywordField {
    fn know(&mut self, known: &Arc<Vec<KeywordCount>>) {
        if !Arc::ptr_eq(&self.known, known) {
            self.known = Arc::clone(known);
            self.folded = known.iter().map(|one| fold(&one.keyword)).collect();
        }
    }

    /// What is offered for what is being typed, but for what all photos have already.
    fn offers(&self, had: &[String]) -> Vec<KeywordCount> {
        let (before, typed) = self.text.split_at(last_begins(&self.text));
        let typed = fold(typed.trim());
        if typed.is_empty() {
            return Vec::new();
        }
        let mut not: Vec<String> = had.iter().map(|one| fold(one)).collect();
        not.extend(split(before).iter().map(|one| fold(one)));
        let mut found: Vec<(u8, &KeywordCount)> = self
            .folded
            .iter()
            .zip(self.known.iter())
            .filter(|(folded, _)| !not.contains(folded))
            .filter_map(|(folded, one)| Some((rank(folded, &typed)?, one)))
            .collect();
        found.sort_by(|(a, one), (b, other)| {
            let order = a.cmp(b).then(other.photos.cmp(&one.photos));
            order.then_with(|| one.keyword.cmp(&other.keyword))
        });
        found.into_iter().take(OFFERED).map(|(_, one)| one.clone()).collect()
    }

    /// Puts a whole keyword in the place of what is being typed.
    fn complete(&mut self, keyword: &str) {
        self.text.truncate(last_begins(&self.text));
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(keyword);
        self.at = None;
    }

    /// The keys that belong to what is offered; whether one of it was taken to be given at once.
    fn keys(&mut self, ui: &mut Ui, id: Id, offers: &[KeywordCount]) -> bool {
        let last = offers.len().saturating_sub(1);
        let (down, up, tab, enter) = ui.input_mut(|input| {
            let mut pressed = |key| input.consume_key(Modifiers::NONE, key);
            (
                pressed(Key::ArrowDown),
                pressed(Key::ArrowUp),
                pressed(Key::Tab),
                self.at.is_some() && pressed(Key::Enter),
            )
        });
        if down {
            self.at = Some(self.at.map_or(0, |at| if at >= last { 0 } else { at + 1 }));
        }
        if up {
            self.at = self.at.and_then(|at| at.checked_sub(1));
        }
        let Some(offer) = offers.get(self.at.unwrap_or(0)).filter(|_| tab || enter) else {
            return false;
        };
        self.complete(&offer.keyword);
        if tab {
            // One goes on typing behind it.
            let mut state = TextEditState::load(ui.ctx(), id).unwrap_or_default();
            let end = CCursor::new(self.text.chars().count());
            state.cursor.set_char_range(Some(CCursorRange::one(end)));
            state.store(ui.ctx(), id);
        }
        enter
    }
}

/// Draws the chips and the field. `have` is which keywords how many of `of` photos have.
pub(in crate::ui) fn show(app: &mut App, ui: &mut Ui, have: &[(String, u64)], of: u64) {
    ui.add_space(6.0);
    widget::section(ui, "Keywords");
    // One or two more than a few are shown rather than hidden behind a button of their size.
    let few = have.len() > FEW_CHIPS + 2 && !app.keywords.whole;
    let chips = if few { FEW_CHIPS } else { MAX_CHIPS };
    let row = |ui: &mut Ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        for (keyword, photos) in have.iter().take(chips) {
            if *photos >= of {
                if whole_chip(ui, keyword) {
                    app.mark(Mark::RemoveKeyword(keyword.clone()));
                }
                continue;
            }
            match part_chip(ui, keyword, *photos, of) {
                Some(true) => app.mark(Mark::AddKeyword(keyword.clone())),
                Some(false) => app.mark(Mark::RemoveKeyword(keyword.clone())),
                None => {}
            }
        }
    };
    // A row without anything in it would be a gap.
    if !have.is_empty() {
        ui.horizontal_wrapped(row);
    }
    let more = text::number(have.len().saturating_sub(chips) as u64);
    if few {
        ui.add_space(4.0);
        if widget::button(ui, widget::Look::Quiet, None, &format!("Show {more} more keywords")).clicked() {
            app.keywords.whole = true;
        }
    } else if have.len() > chips {
        widget::third(ui, format!("and {more} more keywords"));
    } else if app.keywords.whole && have.len() > FEW_CHIPS + 2 {
        ui.add_space(4.0);
        if widget::button(ui, widget::Look::Quiet, None, "Show fewer").clicked() {
            app.keywords.whole = false;
        }
    }
    ui.add_space(2.0);
    let had: Vec<String> = have
        .iter()
        .filter(|(_, photos)| *photos >= of)
        .map(|(keyword, _)| keyword.clone())
        .collect();
    let mut state = std::mem::take(&mut app.keywords);
    state.know(&app.snap.keywords);
    field(app, ui, &mut state, &had);
    app.keywords = state;
}

fn field(app: &mut App, ui: &mut Ui, state: &mut KeywordField, had: &[String]) {
    let id = Id::unique("keywords field");
    let focused = ui.memory(|memory| memory.has_focus(id));
    let mut offers = if focused { state.offers(had) } else { Vec::new() };
    let mut give = focused && !offers.is_empty() && state.keys(ui, id, &offers);
    let edit = TextEdit::singleline(&mut state.text)
        .id(id)
        .hint_text(RichText::new("Add keywords, with commas between").color(theme::COUNT))
        .font(theme::regular(13.0))
        .desired_width(f32::INFINITY)
        .event_filter(EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            // Tab takes what is offered; where nothing is, it goes on to the next control.
            tab: !offers.is_empty(),
            escape: false,
        })
        .frame(
            egui::Frame::new()
                .fill(theme::GRID)
                .stroke(Stroke::new(1.0, if focused { theme::ACCENT } else { theme::BORDER }))
                .corner_radius(theme::RADIUS_FIELD)
                .inner_margin(Margin::symmetric(10, 6)),
        );
    let response = ui.add(edit).accessible_name("Add a keyword");
    if std::mem::take(&mut state.wanted) {
        response.request_focus();
        response.scroll_to_me(Some(Align::Center));
    }
    if response.changed() {
        state.at = None;
        offers = state.offers(had);
    }
    if ui.input(|input| input.key_pressed(Key::Escape)) {
        state.at = None;
        return;
    }
    give |= response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    if !give && focused && !offers.is_empty() {
        // A click there takes the keyboard from the field, but not before this frame is drawn.
        if let Some(offer) = offered(ui, &offers, state.at).and_then(|at| offers.get(at)) {
            state.complete(&offer.keyword);
            give = true;
        }
    } else if focused {
        widget::third(ui, "Enter gives them. A comma separates.");
    }
    if give {
        let mut marks: Vec<Mark> = split(&state.text).into_iter().map(Mark::AddKeyword).collect();
        match marks.len() {
            0 => {}
            1 => marks.drain(..).for_each(|mark| app.mark(mark)),
            _ => app.mark_all(marks),
        }
        state.text.clear();
        state.at = None;
        response.request_focus();
    }
}

/// The list under the field; which line was clicked.
fn offered(ui: &mut Ui, offers: &[KeywordCount], marked: Option<usize>) -> Option<usize> {
    let mut clicked = None;
    let frame = egui::Frame::new()
        .fill(theme::RAISED)
        .stroke(Stroke::new(1.0, theme::BORDER))
        .corner_radius(theme::RADIUS_FIELD)
        .inner_margin(Margin::same(3));
    let inner = frame.show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (at, offer) in offers.iter().enumerate() {
            if line(ui, offer, marked == Some(at)).clicked() {
                clicked = Some(at);
            }
        }
    });
    ui.scroll_to_rect(inner.response.rect, None);
    let hint = if marked.is_some() {
        "Enter gives it; Tab takes it and goes on."
    } else {
        "Tab takes the first, Down marks one."
    };
    widget::third(ui, hint);
    clicked
}

fn line(ui: &mut Ui, offer: &KeywordCount, on: bool) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::click());
    let name = format!("Keyword {}, {}", offer.keyword, text::count(offer.photos, "photo"));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, &name));
    if on || response.hovered() {
        let plate = if on { theme::ACCENT_DIM } else { theme::CONTROL_HOVER };
        ui.painter().rect_filled(rect, f32::from(theme::RADIUS), plate);
    }
    let count = ui
        .painter()
        .layout_no_wrap(text::number(offer.photos), theme::regular(11.0), theme::TEXT_3);
    let room = rect.width() - count.size().x - 28.0;
    ui.painter().galley(
        pos2(
            rect.right() - 9.0 - count.size().x,
            rect.center().y - count.size().y / 2.0,
        ),
        count,
        theme::TEXT_3,
    );
    let word = widget::cut(ui.painter(), &offer.keyword, theme::regular(13.0), theme::TEXT, room);
    let at = pos2(rect.left() + 9.0, rect.center().y - word.size().y / 2.0);
    ui.painter().galley(at, word, theme::TEXT);
    response
}

/// A keyword that all have; a click on its cross takes it away.
fn whole_chip(ui: &mut Ui, word: &str) -> bool {
    let galley = widget::cut(ui.painter(), word, theme::medium(12.0), theme::TEXT, 180.0);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 36.0, 25.0), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Remove keyword {word}")));
    let hot = response.hovered() || response.has_focus();
    let plate = if hot { theme::CONTROL } else { theme::CLEAR };
    let line = Stroke::new(1.0, theme::BORDER);
    ui.painter().rect(rect, 12.5, plate, line, StrokeKind::Inside);
    let at = pos2(rect.left() + 11.0, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, theme::TEXT);
    cross(ui, rect, hot);
    response
        .on_hover_text(format!("Remove \u{201c}{word}\u{201d}"))
        .clicked()
}

fn cross(ui: &Ui, chip: Rect, hot: bool) {
    let color = if hot { theme::TEXT } else { theme::COUNT };
    let at = pos2(chip.right() - 14.0, chip.center().y);
    badge::glyph(ui.painter(), at, 11.0, icon::X, color);
}

/// A keyword that only some have, dashed and with their number. A click on the word gives it to all (`true`), one on the
/// cross takes it from those that have it (`false`).
fn part_chip(ui: &mut Ui, word: &str, photos: u64, of: u64) -> Option<bool> {
    let galley = widget::cut(ui.painter(), word, theme::medium(12.0), theme::TEXT_2, 140.0);
    let share = format!("{} of {}", text::number(photos), text::number(of));
    let share = ui.painter().layout_no_wrap(share, theme::regular(11.0), theme::TEXT_3);
    let size = vec2(galley.size().x + share.size().x + 43.0, 25.0);
    let (rect, whole) = ui.allocate_exact_size(size, Sense::hover());
    let (left, right) = rect.split_left_right_at_x(rect.right() - 26.0);
    let add = ui.interact(left, whole.id.with("add"), Sense::click());
    let remove = ui.interact(right, whole.id.with("remove"), Sense::click());
    let had = format!("{} of {} have it", text::number(photos), text::number(of));
    add.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Give keyword {word} to all, {had}")));
    remove.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Remove keyword {word}")));
    let (on_word, on_cross) = (add.hovered() || add.has_focus(), remove.hovered() || remove.has_focus());
    if on_word || on_cross {
        ui.painter().rect_filled(rect, 4.0, theme::CONTROL);
    }
    let frame = rect.shrink(0.5);
    let corners = [
        frame.left_top(),
        frame.right_top(),
        frame.right_bottom(),
        frame.left_bottom(),
        frame.left_top(),
    ];
    let line = Stroke::new(
        1.0,
        if add.has_focus() {
            theme::ACCENT
        } else {
            theme::CONTROL_ACTIVE
        },
    );
    ui.painter().extend(Shape::dashed_line(&corners, line, 4.0, 3.0));
    let middle = rect.center().y;
    let next = rect.left() + 10.0 + galley.size().x + 7.0;
    let at = pos2(rect.left() + 10.0, middle - galley.size().y / 2.0);
    ui.painter().galley(at, galley, theme::TEXT_2);
    let at = Align2::LEFT_CENTER
        .anchor_size(pos2(next, middle + 0.5), share.size())
        .min;
    ui.painter().galley(at, share, theme::TEXT_3);
    cross(ui, rect, on_cross);
    let add = add.on_hover_text(format!("Give \u{201c}{word}\u{201d} to all {}", text::number(of)));
    let from = text::count(photos, "photo");
    let remove = remove.on_hover_text(format!("Remove \u{201c}{word}\u{201d} from {from}"));
    match (add.clicked(), remove.clicked()) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_semicolons_separate_keywords_and_quotes_are_not_needed() {
        let cases: [(&str, &[&str]); 6] = [
            (
                "bride, first dance, Places/Lisbon",
                &["bride", "first dance", "Places/Lisbon"],
            ),
            ("a;b ;, c", &["a", "b", "c"]),
            ("\"first dance\", x", &["first dance", "x"]),
            ("Bride, bride", &["Bride"]),
            (" / , //", &[]),
            ("", &[]),
        ];
        for (text, words) in cases {
            assert_eq!(split(text), words, "{text}");
        }
    }

    #[test]
    fn what_begins_so_is_offered_first_and_what_is_given_is_not() {
        let known = [
            "Places/Bristol",
            "abridged",
            "bride",
            "first bridge",
            "groom",
            "bride/portrait",
        ];
        let mut field = KeywordField {
            text: "groom; BRI".to_owned(),
            ..KeywordField::default()
        };
        let count = |(photos, keyword): (u64, &&str)| KeywordCount {
            keyword: (*keyword).to_owned(),
            photos,
        };
        field.know(&Arc::new((1..).zip(&known).map(count).collect()));
        let offered = |field: &KeywordField, had: &[String]| {
            let offers = field.offers(had).into_iter();
            offers.map(|one| one.keyword).collect::<Vec<_>>()
        };
        let all = ["bride/portrait", "bride", "Places/Bristol", "first bridge", "abridged"];
        assert_eq!(offered(&field, &[]), all);
        assert_eq!(offered(&field, &["Bride".to_owned()]).len(), all.len() - 1);
        field.complete("bride");
        assert_eq!(field.text, "groom; bride");
        field.text = "bride, bri".to_owned();
        assert!(!offered(&field, &[]).contains(&"bride".to_owned()));
        field.text = "bride, ".to_owned();
        assert_eq!(offered(&field, &[]), [""; 0]);
    }
}
