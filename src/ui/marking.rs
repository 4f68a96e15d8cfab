//! Stars, flag and colour label of one photo or of several, as they are shown and given by mouse: in the inspector and in the
//! menu of the grid.

use super::{app::App, icon, theme, widget};
use crate::{
    engine::snapshot::Tile,
    model::{
        change::Mark,
        rating::{ColorLabel, Flag, Rating},
    },
};
use eframe::egui::{self, Color32, Layout, Role, Sense, Stroke, Ui, WidgetInfo, vec2};

/// The marks that all photos in question have; `None` where they differ.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::ui) struct Given {
    pub rating: Option<Rating>,
    pub flag: Option<Flag>,
    pub label: Option<ColorLabel>,
}

impl Given {
    /// Those of one photo.
    pub fn of(tile: &Tile) -> Self {
        Self {
            rating: Some(tile.rating),
            flag: Some(tile.flag),
            label: Some(tile.label),
        }
    }

    /// With another photo beside them.
    pub fn and(&mut self, tile: &Tile) {
        self.rating = self.rating.filter(|one| *one == tile.rating);
        self.flag = self.flag.filter(|one| *one == tile.flag);
        self.label = self.label.filter(|one| *one == tile.label);
    }
}

/// Stars at the left, labels at the right; whether a mark was given.
pub(in crate::ui) fn stars_and_labels(app: &mut App, ui: &mut Ui, given: Given) -> bool {
    let mut wanted = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        let now = given.rating.map_or(0, Rating::stars);
        if let Some(stars) = widget::stars(ui, now, 16.0) {
            wanted = Some(Mark::Rating(Rating::new(stars).unwrap_or_default()));
        }
        if given.rating.is_none() {
            ui.add_space(5.0);
            widget::third(ui, "mixed").on_hover_text("They have different stars. A click gives all the same.");
        }
        ui.with_layout(Layout::right_to_left(egui::Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 1.0;
            if given.label.is_none() && dot(ui, None, "No label", false) {
                wanted = Some(Mark::Label(ColorLabel::None));
            }
            for label in ColorLabel::ALL.into_iter().rev() {
                let Some(color) = theme::label_color(label) else {
                    continue;
                };
                let on = given.label == Some(label);
                if dot(ui, Some(color), &format!("{} label", label.word()), on) {
                    wanted = Some(Mark::Label(if on { ColorLabel::None } else { label }));
                }
            }
        });
    });
    give(app, wanted)
}

/// Pick and reject; where photos differ, also neither. Whether a mark was given.
pub(in crate::ui) fn flags(app: &mut App, ui: &mut Ui, given: Given) -> bool {
    let mut wanted = None;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        for (flag, sign, word) in [(Flag::Pick, icon::FLAG, "Pick"), (Flag::Reject, icon::X, "Reject")] {
            let on = given.flag == Some(flag);
            if widget::chip(ui, Some((sign, theme::flag_color(flag))), word, on).clicked() {
                wanted = Some(Mark::Flag(if on { Flag::None } else { flag }));
            }
        }
        if given.flag.is_none() {
            let sign = Some((icon::FLAG_OFF, theme::TEXT_3));
            let clear = widget::chip(ui, sign, "Clear", false);
            if clear
                .on_hover_text("They have different flags. This takes them away.")
                .clicked()
            {
                wanted = Some(Mark::Flag(Flag::None));
            }
        }
    });
    give(app, wanted)
}

fn give(app: &mut App, wanted: Option<Mark>) -> bool {
    match wanted {
        Some(mark) => {
            app.mark(mark);
            true
        }
        None => false,
    }
}

/// A label to click; without a colour it is the one that takes labels away.
fn dot(ui: &mut Ui, color: Option<Color32>, name: &str, on: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(18.0, 22.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, name));
    let painter = ui.painter();
    match color {
        Some(color) => {
            painter.circle_filled(rect.center(), 6.0, color);
        }
        None => {
            painter.circle_stroke(rect.center(), 5.5, Stroke::new(1.5, theme::TEXT_3));
            let reach = vec2(3.5, -3.5);
            painter.line_segment(
                [rect.center() - reach, rect.center() + reach],
                Stroke::new(1.5, theme::TEXT_3),
            );
        }
    }
    if on || response.hovered() || response.has_focus() {
        let line = if on { theme::TEXT } else { theme::TEXT_3 };
        painter.circle_stroke(rect.center(), 8.0, Stroke::new(1.5, line));
    }
    response.on_hover_text(name).clicked()
}
