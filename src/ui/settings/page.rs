//! The settings page: sections at the left, one page each at the right. A section is one line in `Section::ALL` and one arm in
//! [`show`]; what is set is kept by the engine at once, there is no button for it.

use super::{keys, pages, sidecars};
use crate::model::{id::PhotoId, sidecar::Field};
use crate::ui::{
    action::{Action, Entry},
    app::App,
    badge,
    group::Group,
    icon,
    keymap::Shortcut,
    state::Page,
    theme,
    widget::{self},
};
use eframe::egui::{Align2, CentralPanel, Frame, Margin, Panel, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

/// A page of the settings.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Section {
    /// Backups and letting originals go.
    #[default]
    General,
    /// Which key does what.
    Keys,
    /// Thumbnails.
    Cache,
    /// What lies beside the photos for other programs.
    Sidecars,
    /// Version, places, licences.
    About,
}

impl Section {
    /// Every section, in order.
    pub const ALL: [Self; 5] = [Self::General, Self::Keys, Self::Cache, Self::Sidecars, Self::About];

    /// The pages as lines of the command palette.
    pub(in crate::ui) const LINES: [Entry; 5] = [
        line(Self::General, "Settings of backups and originals"),
        line(Self::Keys, "Change keys"),
        line(Self::Cache, "Settings of the cache"),
        line(Self::Sidecars, "Settings of sidecars"),
        line(Self::About, "About Safelight"),
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::General => "General",
            Self::Keys => "Keys",
            Self::Cache => "Cache",
            Self::Sidecars => "Sidecars",
            Self::About => "About",
        }
    }

    const fn why(self) -> &'static str {
        match self {
            Self::General => "How copies are sent, and when an original may leave this disk.",
            Self::Keys => "Every action and its keys. Press a key to change one; nothing has to be saved.",
            Self::Cache => "Thumbnails are made of your photos and may go at any time.",
            Self::Sidecars => "What other programs read and write beside your photos.",
            Self::About => "Which Safelight this is, where it keeps its things, and whose work is in it.",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::General => icon::SLIDERS_HORIZONTAL,
            Self::Keys => icon::KEYBOARD,
            Self::Cache => icon::DATABASE,
            Self::Sidecars => icon::FILE_TEXT,
            Self::About => icon::INFO,
        }
    }
}

const fn line(section: Section, label: &'static str) -> Entry {
    Entry {
        action: Action::SettingsPage(section),
        group: Group::Library,
        label,
        hint: section.why(),
        keys: &[],
    }
}

/// What the settings page keeps between frames.
#[derive(Clone, Debug, Default)]
pub struct SettingsPage {
    /// Which section is open.
    pub(in crate::ui) section: Section,
    /// What was typed to find an action.
    pub(in crate::ui) filter: String,
    /// The action that waits for a key, and the key that it would replace.
    pub(in crate::ui) waiting: Option<(Action, Option<Shortcut>)>,
    /// A key that was pressed and belongs to others, or cannot be given at all.
    pub(in crate::ui) asked: Option<Asked>,
    /// Fields of conflicts for which the sidecar's value was chosen.
    pub(in crate::ui) theirs: Vec<(PhotoId, Field)>,
    /// All keys would go back to the preset's: asked, not yet answered.
    pub(in crate::ui) resetting: bool,
}

/// What a pressed key asks of the person.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::ui) enum Asked {
    /// It belongs to these; is it to be taken from them?
    Take {
        action: Action,
        key: Shortcut,
        instead_of: Option<Shortcut>,
        from: Vec<Action>,
    },
    /// It cannot be given, for this reason.
    No { action: Action, why: String },
}

/// Goes to a section.
pub fn open(app: &mut App, section: Section) {
    app.page = Page::Settings;
    app.loupe = None;
    app.settings = SettingsPage {
        section,
        ..SettingsPage::default()
    };
}

/// Draws the settings.
pub fn show(app: &mut App, ui: &mut Ui) {
    Panel::left("settings sections")
        .exact_size(236.0)
        .resizable(false)
        .show_separator_line(false)
        .frame(Frame::new().fill(theme::PANEL).inner_margin(Margin::symmetric(10, 14)))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for section in Section::ALL {
                if section_row(ui, section, app.settings.section == section) {
                    open(app, section);
                }
            }
        });
    CentralPanel::no_frame()
        .frame(Frame::new().fill(theme::GRID))
        .show(ui, |ui| {
            let section = app.settings.section;
            ScrollArea::vertical()
                .id_salt(("settings", section.title()))
                .auto_shrink(false)
                .show(ui, |ui| {
                    let width = (ui.available_width() - 56.0).clamp(300.0, 920.0);
                    Frame::new()
                        .inner_margin(Margin {
                            left: 32,
                            right: 24,
                            top: 22,
                            bottom: 40,
                        })
                        .show(ui, |ui| {
                            ui.set_max_width(width);
                            ui.spacing_mut().item_spacing.y = 8.0;
                            widget::strong(ui, section.title(), 21.0);
                            widget::second(ui, section.why());
                            ui.add_space(6.0);
                            match section {
                                Section::General => pages::general(app, ui),
                                Section::Keys => keys::show(app, ui),
                                Section::Cache => pages::cache(app, ui),
                                Section::Sidecars => sidecars::show(app, ui),
                                Section::About => pages::about(app, ui),
                            }
                        });
                });
        });
}

fn section_row(ui: &mut Ui, section: Section, on: bool) -> bool {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::click());
    let name = format!("{} settings", section.title());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, &name));
    let painter = ui.painter();
    if on || response.hovered() || response.has_focus() {
        let plate = if on { theme::ACCENT_DIM } else { theme::RAISED };
        painter.rect_filled(rect, f32::from(theme::RADIUS), plate);
    }
    let color = if on { theme::TEXT } else { theme::TEXT_2 };
    badge::glyph(
        painter,
        pos2(rect.left() + 20.0, rect.center().y),
        15.0,
        section.icon(),
        color,
    );
    painter.text(
        pos2(rect.left() + 38.0, rect.center().y),
        Align2::LEFT_CENTER,
        section.title(),
        theme::medium(13.0),
        theme::TEXT,
    );
    response.clicked()
}
