//! The page where one decides: a large picture, the strip of what is to be decided with a bar of decision under each frame,
//! how far the pass is, and what belongs together as one. It is the loupe with a list and a goal.

use super::{
    action::Action,
    app::App,
    badge, exposure, icon, inspector, loupe,
    state::Loupe,
    state::Page,
    text, theme,
    widget::{self, Look},
};
use crate::{
    engine::{
        command::{Command, Sort},
        snapshot::{BurstKind, Tile},
    },
    model::{change::Mark, id::PhotoId, rating::Flag},
};
use eframe::egui::{self, Id, Rect, Role, Sense, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2};

/// What of the view is in the strip.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Show {
    /// Everything.
    #[default]
    All,
    /// What is neither pick nor reject yet.
    Undecided,
    /// Picks.
    Picks,
    /// Rejects.
    Rejects,
}

impl Show {
    const EACH: [Self; 4] = [Self::All, Self::Undecided, Self::Picks, Self::Rejects];

    fn word(self) -> &'static str {
        match self {
            Self::All => "All",
            Self::Undecided => "Undecided",
            Self::Picks => "Picks",
            Self::Rejects => "Rejects",
        }
    }

    fn takes(self, tile: &Tile) -> bool {
        match self {
            Self::All => true,
            Self::Undecided => tile.flag == Flag::None,
            Self::Picks => tile.flag == Flag::Pick,
            Self::Rejects => tile.flag == Flag::Reject,
        }
    }
}

impl App {
    /// Whether the page for culling is open.
    #[must_use]
    pub fn is_culling(&self) -> bool {
        self.culling && self.page == Page::Library
    }

    /// The places in the view of what one culls, in its order. The photo that is looked at stays until one goes on, whatever
    /// was decided about it.
    pub(in crate::ui) fn cull_list(&self) -> Vec<usize> {
        let tiles = &self.snap.view.tiles;
        if !self.culling || self.cull_show == Show::All {
            return (0..tiles.len()).collect();
        }
        let focus = self.selection.focus();
        let wanted = |tile: &Tile| self.cull_show.takes(tile) || Some(tile.id) == focus;
        tiles
            .iter()
            .enumerate()
            .filter(|(_, tile)| wanted(tile))
            .map(|(at, _)| at)
            .collect()
    }

    /// Opens the page, at the photo that has the focus, or the first that is not decided.
    pub(in crate::ui) fn start_culling(&mut self) {
        self.page = Page::Library;
        self.beside = None;
        self.review = None;
        self.culling = true;
        if self.selection.focus().is_none() {
            let tiles = &self.snap.view.tiles;
            let first = tiles.iter().position(|tile| tile.flag == Flag::None).unwrap_or(0);
            self.focus_on(first);
        }
        if let Some(focus) = self.selection.focus() {
            if let Some(place) = self.place(focus) {
                self.selection.only(focus, place);
            }
            self.loupe = Some(Loupe::on(focus));
        }
    }

    pub(in crate::ui) fn stop_culling(&mut self) {
        self.culling = false;
        self.cull_show = Show::All;
    }

    /// Goes through the list; up and down from burst to burst.
    pub(in crate::ui) fn walk_culling(&mut self, action: Action) {
        let list = self.cull_list();
        let Some(last) = list.len().checked_sub(1) else { return };
        let now = self.selection.focus().and_then(|photo| self.place(photo));
        let Some(at) = list.iter().position(|place| Some(*place) == now) else {
            if let Some(first) = list.first() {
                self.focus_on(*first);
            }
            return;
        };
        let photo = |at: usize| list.get(at).and_then(|place| self.photo_at(*place));
        let same = |a: usize, b: usize| match (photo(a), photo(b)) {
            (Some(a), Some(b)) => self.snap.view.bursts.same(a, b),
            _ => false,
        };
        let start_of = |from: usize| {
            let mut at = from;
            while at > 0 && same(at - 1, from) {
                at -= 1;
            }
            at
        };
        let goal = match action {
            Action::Next => at + 1,
            Action::Previous => at.saturating_sub(1),
            Action::Down => (at + 1..=last).find(|next| !same(*next, at)).unwrap_or(last),
            Action::Up => match start_of(at) {
                start if start < at => start,
                start => start_of(start.saturating_sub(1)),
            },
            Action::PageDown => at + 10,
            Action::PageUp => at.saturating_sub(10),
            Action::First => 0,
            _ => last,
        };
        if let Some(place) = list.get(goal.min(last)).copied() {
            self.focus_on(place);
        }
    }

    /// Keeps the photo that is looked at and rejects the rest of its burst, one step; goes on to the next burst. A photo
    /// that is alone is picked.
    pub(in crate::ui) fn keep_of_burst(&mut self) {
        let Some(keep) = self.selection.focus().filter(|_| self.page == Page::Library) else {
            return;
        };
        let reject: Vec<PhotoId> = match self.snap.view.bursts.of(keep) {
            Some(burst) => burst.photos.iter().copied().filter(|photo| *photo != keep).collect(),
            None => Vec::new(),
        };
        if reject.is_empty() {
            self.mark(Mark::Flag(Flag::Pick));
        } else {
            self.send(Command::KeepOne { keep, reject });
        }
        if self.culling {
            self.walk_culling(Action::Down);
        } else {
            let next = self.place(keep).map(|place| place + 1);
            let bursts = &self.snap.view.bursts;
            let beyond = |place: usize| {
                (place..self.snap.view.tiles.len())
                    .find(|at| self.photo_at(*at).is_some_and(|photo| !bursts.same(photo, keep)))
            };
            if let Some(place) = next.and_then(beyond) {
                self.focus_on(place);
            }
        }
    }
}

/// Draws the page.
pub fn show(app: &mut App, ui: &mut Ui) {
    let all = ui.max_rect();
    ui.painter().rect_filled(all, 0.0, theme::CANVAS);
    let list = app.cull_list();
    let focus = app.selection.focus().and_then(|photo| app.place(photo));
    let (picks, rejects) = app.cache.decided;
    let count = app.snap.view.tiles.len() as u64;
    if app.cull_show == Show::Undecided && count > 0 && picks + rejects == count {
        // The pass is at its end, also where the last photo is still looked at.
        finished(app, ui, all, picks, rejects);
        return;
    }
    let Some(at) = list.iter().position(|place| Some(*place) == focus) else {
        match list.first().copied() {
            Some(first) => {
                app.focus_on(first);
                ui.ctx().request_repaint();
            }
            None => nothing(app, ui, all),
        }
        return;
    };
    if app.loupe.is_none() {
        app.loupe = app.selection.focus().map(Loupe::on);
    }
    let Some(mut lens) = app.loupe.clone() else { return };
    let Some(tile) = focus.and_then(|place| app.snap.view.tiles.get(place)).cloned() else {
        return;
    };
    let canvas = Rect::from_min_max(all.min, pos2(all.right(), all.bottom() - theme::FILMSTRIP));
    loupe::want(app, ui, &list, at, canvas, lens.zoom.is_some());
    let seen = loupe::photo(app, ui, &mut lens, &tile, canvas);
    loupe::top_pill(ui, &tile, seen);
    filters(app, ui, canvas);
    position(app, ui, canvas, &list, at, &tile);
    hints(ui, if seen.width() < 860.0 { canvas } else { seen });
    let (picks, rejects) = app.cache.decided;
    let done = text::share(picks + rejects, app.snap.view.tiles.len() as u64);
    let strip = Rect::from_min_max(pos2(all.left(), canvas.bottom()), all.max);
    loupe::filmstrip(app, ui, strip, &list, at, done);
    progress(ui, strip, picks + rejects, app.snap.view.tiles.len() as u64);
    if let Some(now) = &mut app.loupe {
        now.zoom = lens.zoom;
        now.center = lens.center;
        now.toggle = false;
    }
}

/// The line over the strip is how much is decided; said for those who do not see it.
fn progress(ui: &Ui, strip: Rect, decided: u64, all: u64) {
    let line = Rect::from_min_size(strip.min, vec2(strip.width(), 6.0));
    let response = ui.interact(line, Id::unique("decided"), Sense::hover());
    let words = format!("{} of {} decided", text::number(decided), text::number(all));
    response.widget_info(|| {
        let mut info = WidgetInfo::labeled(Role::ProgressIndicator, true, &words);
        info.value = Some(f64::from(text::share(decided, all)));
        info
    });
    response.on_hover_text(words);
}

/// The right side: the exposure of the photo, then its facts and marks.
pub fn side(app: &mut App, ui: &mut Ui) {
    let bar = ui.max_rect();
    let focus = app.selection.focus();
    let top = 16.0 + 110.0;
    if let (Some(photo), true) = (focus, bar.height() > 420.0) {
        let rect = Rect::from_min_max(bar.min + vec2(16.0, 14.0), pos2(bar.right() - 16.0, bar.top() + top));
        let measures = app.pictures.measures(photo);
        exposure::plate(ui, rect, measures.as_deref());
        let rest = Rect::from_min_max(pos2(bar.left(), bar.top() + top), bar.max);
        let mut child = ui.new_child(UiBuilder::new().max_rect(rest));
        inspector::show(app, &mut child);
        ui.expand_to_include_rect(bar);
        let line = Stroke::new(1.0, theme::HAIRLINE);
        ui.painter().vline(bar.left() + 0.5, bar.y_range(), line);
    } else {
        inspector::show(app, ui);
    }
}

/// What is in the strip, to choose; at the upper right of the picture.
fn filters(app: &mut App, ui: &mut Ui, canvas: Rect) {
    if canvas.width() < 760.0 {
        return;
    }
    let (picks, rejects) = app.cache.decided;
    let all = app.snap.view.tiles.len() as u64;
    let counts = [all, all.saturating_sub(picks + rejects), picks, rejects];
    let words: Vec<String> = Show::EACH
        .iter()
        .zip(counts)
        .map(|(show, count)| format!("{}  {}", show.word(), text::number(count)))
        .collect();
    let galleys: Vec<_> = words
        .iter()
        .map(|word| {
            let color = egui::Color32::PLACEHOLDER;
            ui.painter().layout_no_wrap(word.clone(), theme::medium(12.0), color)
        })
        .collect();
    let width: f32 = galleys.iter().map(|galley| galley.size().x + 24.0).sum::<f32>() + 6.0;
    let rect = Rect::from_min_size(
        pos2(canvas.right() - 16.0 - width, canvas.top() + 14.0),
        vec2(width, 32.0),
    );
    loupe::pill(ui.painter(), rect);
    let mut left = rect.left() + 3.0;
    for (show, galley) in Show::EACH.into_iter().zip(galleys) {
        let size = vec2(galley.size().x + 24.0, 26.0);
        let place = Rect::from_min_size(pos2(left, rect.top() + 3.0), size);
        left = place.right();
        let on = app.cull_show == show;
        let response = ui.interact(place, Id::unique(("cull show", show as u8)), Sense::click());
        response.widget_info(|| {
            WidgetInfo::selected(Role::Button, true, on, format!("Show {}", show.word().to_lowercase()))
        });
        if on {
            ui.painter().rect_filled(place, 13.0, theme::CONTROL_ACTIVE);
        }
        let color = if on || response.hovered() || response.has_focus() {
            theme::TEXT
        } else {
            theme::TEXT_2
        };
        ui.painter()
            .galley_with_override_text_color(place.center() - galley.size() / 2.0, galley, color);
        if response.clicked() {
            app.cull_show = show;
            response.surrender_focus();
        }
    }
}

/// Where in the list, and where in its burst.
fn position(app: &App, ui: &Ui, canvas: Rect, list: &[usize], at: usize, tile: &Tile) {
    let mut corner = canvas.right_top() + vec2(-16.0, 54.0);
    let order = match app.snap.view.sort {
        Sort::NewestFirst => "newest first",
        Sort::OldestFirst => "oldest first",
        Sort::Name => "by name",
        Sort::Rating => "best first",
        Sort::ByHand => "album order",
    };
    let (now, of) = (text::number(at as u64 + 1), text::number(list.len() as u64));
    let words = format!("{now} of {of}, {order}");
    corner.x -= badge::plate(ui.painter(), corner, &words).x + 6.0;
    if let Some(burst) = app.snap.view.bursts.of(tile.id) {
        let number = burst.photos.iter().position(|photo| *photo == tile.id).unwrap_or(0) + 1;
        let word = match burst.kind {
            BurstKind::Burst => "burst",
            BurstKind::Bracket => "bracket",
        };
        corner.x -= badge::plate(
            ui.painter(),
            corner,
            &format!("{number} of {} in its {word}", burst.photos.len()),
        )
        .x + 6.0;
    }
    if app.auto_advance {
        badge::plate(ui.painter(), corner, "AUTO-ADVANCE");
    }
}

fn hints(ui: &mut Ui, canvas: Rect) {
    let all: &[(&str, &str)] = &[
        ("P", "Pick"),
        ("X", "Reject"),
        ("U", "Clear"),
        ("1\u{2013}5", "Rate"),
        ("Shift P", "Keep, reject the rest of the burst"),
        ("Z", "100 %"),
        ("C", "Compare"),
        ("Space", "Next"),
    ];
    loupe::key_hints(ui, canvas, all);
}

/// Everything is decided: what came of it, and what one does next.
fn finished(app: &mut App, ui: &mut Ui, all: Rect, picks: u64, rejects: u64) {
    let ctx = ui.ctx().clone();
    let ui = &mut ui.new_child(UiBuilder::new().max_rect(all));
    ui.add_space(all.height() * 0.34);
    let why = format!("{} and {}.", text::count(picks, "pick"), text::count(rejects, "reject"));
    widget::empty(ui, icon::FLAG, "All decided", &why);
    ui.add_space(14.0);
    // The three buttons in the middle, as far as their width is known beforehand.
    let room = Rect::from_center_size(pos2(all.center().x, ui.cursor().top() + 18.0), vec2(400.0, 36.0));
    let mut row = ui.new_child(
        UiBuilder::new()
            .max_rect(room)
            .layout(egui::Layout::left_to_right(egui::Align::Center)),
    );
    let look = |on: bool| if on { Look::Primary } else { Look::Plain };
    if widget::button(&mut row, look(rejects > 0), Some(icon::X), "Review rejects").clicked() {
        app.act(&ctx, Action::ReviewRejects);
    }
    if widget::button(&mut row, Look::Plain, Some(icon::FLAG), "Show picks").clicked() {
        app.cull_show = Show::Picks;
        go_to_first(app);
    }
    if widget::button(&mut row, Look::Plain, None, "Start again")
        .on_hover_text("From the first photo, with all decisions as they are.")
        .clicked()
    {
        app.cull_show = Show::All;
        go_to_first(app);
    }
}

fn go_to_first(app: &mut App) {
    let show = app.cull_show;
    let first = app.snap.view.tiles.iter().position(|tile| show.takes(tile));
    if let Some(first) = first {
        app.focus_on(first);
    }
}

/// Nothing to cull, and what to do about it.
fn nothing(app: &mut App, ui: &mut Ui, all: Rect) {
    let mut child = ui.new_child(UiBuilder::new().max_rect(all));
    let ui = &mut child;
    ui.add_space(all.height() * 0.34);
    let (title, why, button) = match (app.snap.view.tiles.is_empty(), app.cull_show) {
        (true, _) => (
            "Nothing to cull here",
            "Choose a folder, an album or all photos in the library, then come back.",
            "Go to the library",
        ),
        (false, Show::Undecided) => (
            "Everything here is decided",
            "Every photo is a pick or a reject. Ctrl Backspace shows the rejects.",
            "Show all",
        ),
        (false, Show::Picks) => ("No picks here yet", "Press P on a photo to keep it.", "Show all"),
        (false, _) => (
            "No rejects here",
            "Press X on a photo to throw it out in time.",
            "Show all",
        ),
    };
    widget::empty(ui, icon::FLAG, title, why);
    ui.add_space(12.0);
    ui.vertical_centered(|ui| {
        if widget::button(ui, Look::Plain, None, button).clicked() {
            if app.snap.view.tiles.is_empty() {
                app.act(&ui.ctx().clone(), Action::Grid);
            } else {
                app.cull_show = Show::All;
            }
        }
    });
}
