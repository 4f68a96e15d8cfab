//! The look: every colour and size of the window. Pure neutral greys, so that photos are judged without a cast; one
//! accent; colour only where it means a state. No other file makes a colour.

#![expect(clippy::disallowed_methods, reason = "this file is the door to colours")]

use crate::model::{
    rating::{ColorLabel, Flag},
    safety::Safety,
};
use eframe::egui::{
    self, Color32, CornerRadius, FontFamily, FontId, Margin, Shadow, Stroke, TextStyle, Theme, Vec2, style::ScrollStyle,
};

/// Behind a single photo.
pub const CANVAS: Color32 = Color32::from_rgb(0x12, 0x12, 0x12);
/// Behind the grid and pages.
pub const GRID: Color32 = Color32::from_rgb(0x18, 0x18, 0x18);
/// Side bars, top bar, status bar, cards.
pub const PANEL: Color32 = Color32::from_rgb(0x1f, 0x1f, 0x1f);
/// Raised above a panel.
pub const RAISED: Color32 = Color32::from_rgb(0x27, 0x27, 0x27);
/// Buttons.
pub const CONTROL: Color32 = Color32::from_rgb(0x2e, 0x2e, 0x2e);
/// Buttons under the pointer.
pub const CONTROL_HOVER: Color32 = Color32::from_rgb(0x38, 0x38, 0x38);
/// Buttons held down.
pub const CONTROL_ACTIVE: Color32 = Color32::from_rgb(0x44, 0x44, 0x44);
/// Thin lines between things.
pub const HAIRLINE: Color32 = Color32::from_rgb(0x2a, 0x2a, 0x2a);
/// Borders of chips and fields.
pub const BORDER: Color32 = Color32::from_rgb(0x3a, 0x3a, 0x3a);
/// Text to be read.
pub const TEXT: Color32 = Color32::from_rgb(0xea, 0xea, 0xea);
/// Second text.
pub const TEXT_2: Color32 = Color32::from_rgb(0xa6, 0xa6, 0xa6);
/// Third text that still has to be read.
pub const TEXT_3: Color32 = Color32::from_rgb(0x8a, 0x8a, 0x8a);
/// Counts only.
pub const COUNT: Color32 = Color32::from_rgb(0x7e, 0x7e, 0x7e);
/// The accent.
pub const ACCENT: Color32 = Color32::from_rgb(0x5b, 0x9c, 0xf5);
/// Behind what is chosen.
pub const ACCENT_DIM: Color32 = Color32::from_rgb(0x26, 0x35, 0x4c);
/// The one button of a page that matters most.
pub const PRIMARY: Color32 = Color32::from_rgb(0x3a, 0x78, 0xd8);
/// The same under the pointer.
pub const PRIMARY_HOVER: Color32 = Color32::from_rgb(0x45, 0x84, 0xe6);
/// Stars and warnings.
pub const STAR: Color32 = Color32::from_rgb(0xf2, 0xbe, 0x4a);
/// Picks, and what is safe.
pub const PICK: Color32 = Color32::from_rgb(0x56, 0xc2, 0x8a);
/// Rejects, and what needs a person.
pub const REJECT: Color32 = Color32::from_rgb(0xe0, 0x5f, 0x58);
/// The purple label, smart albums, and optimized copies.
pub const PURPLE: Color32 = Color32::from_rgb(0xa4, 0x8a, 0xf0);
/// White on the primary button.
pub const ON_PRIMARY: Color32 = Color32::WHITE;
/// Behind a badge on a photo.
pub const BADGE: Color32 = Color32::from_rgba_premultiplied(0x0c, 0x0c, 0x0c, 0xb4);
/// Behind a floating bar on a photo.
pub const PILL: Color32 = Color32::from_rgba_premultiplied(0x10, 0x10, 0x10, 0xd8);
/// The dark end of the scrim under stars.
pub const SCRIM: Color32 = Color32::from_black_alpha(150);
/// The clear end of it.
pub const CLEAR: Color32 = Color32::TRANSPARENT;
/// Over the page behind a dialog.
pub const BACKDROP: Color32 = Color32::from_black_alpha(150);
/// The shadow of what floats.
pub const SHADOW: Color32 = Color32::from_black_alpha(110);
/// A picture as it is.
pub const UNTINTED: Color32 = Color32::WHITE;
/// A rejected picture.
pub const DIMMED: Color32 = Color32::from_rgb(0x50, 0x50, 0x50);
/// A reject beside photos that it is compared with: out of the race, and still to be judged.
pub const SOFTENED: Color32 = Color32::from_rgb(0x98, 0x98, 0x98);
/// A picture that has not come yet.
pub const PLACEHOLDER: Color32 = Color32::from_rgb(0x22, 0x22, 0x22);
/// The red channel of a histogram.
pub const CHANNEL_RED: Color32 = Color32::from_rgb(0xf0, 0x6a, 0x62);
/// The green channel of a histogram.
pub const CHANNEL_GREEN: Color32 = Color32::from_rgb(0x6f, 0xd0, 0x8c);
/// The blue channel of a histogram.
pub const CHANNEL_BLUE: Color32 = Color32::from_rgb(0x6a, 0xa4, 0xf5);
/// Water on the map.
pub const MAP_WATER: Color32 = Color32::from_rgb(0x12, 0x12, 0x12);
/// Land.
pub const MAP_LAND: Color32 = Color32::from_rgb(0x2a, 0x2a, 0x2a);
/// Borders of countries.
pub const MAP_BORDER: Color32 = Color32::from_rgb(0x3e, 0x3e, 0x3e);
/// Coasts.
pub const MAP_COAST: Color32 = Color32::from_rgb(0x50, 0x50, 0x50);
/// Names of countries.
pub const MAP_COUNTRY: Color32 = Color32::from_rgb(0x96, 0x96, 0x96);
/// Names of cities.
pub const MAP_CITY: Color32 = Color32::from_rgb(0xbe, 0xbe, 0xbe);
/// Around names, so that they are read over lines.
pub const MAP_HALO: Color32 = Color32::from_rgba_premultiplied(0x16, 0x16, 0x16, 0xc0);
/// Around photos on the map.
pub const MAP_FRAME: Color32 = Color32::from_rgb(0xf2, 0xf2, 0xf2);
/// Blown highlights.
pub const CLIPPED_HIGH: Color32 = Color32::from_rgb(0xff, 0x4a, 0x40);
/// Blocked shadows.
pub const CLIPPED_LOW: Color32 = Color32::from_rgb(0x4a, 0x8c, 0xff);

/// Corners of thumbnails.
pub const RADIUS_THUMB: u8 = 4;
/// Corners of controls.
pub const RADIUS: u8 = 6;
/// Corners of fields.
pub const RADIUS_FIELD: u8 = 8;
/// Corners of cards.
pub const RADIUS_CARD: u8 = 10;
/// Height of rows.
pub const ROW: f32 = 28.0;
/// Height of the top bar.
pub const TOP_BAR: f32 = 52.0;
/// Height of the status bar.
pub const STATUS_BAR: f32 = 28.0;
/// Gap between thumbnails.
pub const GAP: f32 = 6.0;
/// Height of the filmstrip.
pub const FILMSTRIP: f32 = 104.0;

/// The medium weight of the text face.
pub const MEDIUM: &str = "medium";
/// The semibold weight of the text face.
pub const SEMIBOLD: &str = "semibold";
/// The icon face.
pub const ICONS: &str = "icons";

/// Body text of this size.
#[must_use]
pub fn regular(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Medium text of this size.
#[must_use]
pub fn medium(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(MEDIUM.into()))
}

/// Semibold text of this size.
#[must_use]
pub fn semibold(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(SEMIBOLD.into()))
}

/// An icon of this size.
#[must_use]
pub fn icons(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(ICONS.into()))
}

/// The colour of a label.
#[must_use]
pub fn label_color(label: ColorLabel) -> Option<Color32> {
    match label {
        ColorLabel::None => None,
        ColorLabel::Red => Some(REJECT),
        ColorLabel::Yellow => Some(STAR),
        ColorLabel::Green => Some(PICK),
        ColorLabel::Blue => Some(ACCENT),
        ColorLabel::Purple => Some(PURPLE),
    }
}

/// The colour of a flag.
#[must_use]
pub fn flag_color(flag: Flag) -> Color32 {
    match flag {
        Flag::None => TEXT_3,
        Flag::Pick => PICK,
        Flag::Reject => REJECT,
    }
}

/// The colour of a safety bucket; its shape is in `badge`, so that colour never stands alone. Green is only ever what is
/// proven (L2).
#[must_use]
pub fn safety_color(safety: Safety) -> Color32 {
    match safety {
        Safety::OnlyHere => TEXT_2,
        Safety::Waiting | Safety::MarksWait => ACCENT,
        Safety::Sent => STAR,
        Safety::Safe => PICK,
        Safety::Held | Safety::Optimized => PURPLE,
        Safety::NeedsYou => REJECT,
        Safety::Removed => COUNT,
    }
}

/// `color` at this opacity, 0 to 1.
#[must_use]
pub fn faded(color: Color32, opacity: f32) -> Color32 {
    color.gamma_multiply(opacity.clamp(0.0, 1.0))
}

/// A small card's frame.
pub fn card() -> egui::Frame {
    egui::Frame::new()
        .fill(PANEL)
        .corner_radius(RADIUS_CARD)
        .inner_margin(Margin::symmetric(18, 16))
}

/// What floats: dialogs, menus, the palette.
pub fn floating() -> egui::Frame {
    egui::Frame::new()
        .fill(RAISED)
        .stroke(Stroke::new(1.0, BORDER))
        .corner_radius(12)
        .inner_margin(Margin::same(20))
        .shadow(Shadow {
            offset: [0, 8],
            blur: 28,
            spread: 0,
            color: SHADOW,
        })
}

/// Sets the whole look. Called at every start, for egui keeps its own options between runs.
pub fn apply(ctx: &egui::Context) {
    ctx.set_theme(Theme::Dark);
    ctx.style_mut_of(Theme::Dark, |style| {
        style.text_styles = [
            (TextStyle::Small, regular(11.0)),
            (TextStyle::Body, regular(13.0)),
            (TextStyle::Button, medium(13.0)),
            (TextStyle::Heading, semibold(21.0)),
            (TextStyle::Monospace, FontId::new(12.0, FontFamily::Monospace)),
        ]
        .into();
        style.animation_time = 0.12;
        let space = &mut style.spacing;
        space.item_spacing = Vec2::new(8.0, 4.0);
        space.button_padding = Vec2::new(12.0, 5.0);
        space.interact_size = Vec2::new(28.0, ROW);
        space.icon_width = 16.0;
        space.menu_margin = Margin::same(6);
        space.scroll = ScrollStyle {
            floating: true,
            bar_width: 8.0,
            floating_width: 8.0,
            floating_allocated_width: 0.0,
            bar_inner_margin: 2.0,
            bar_outer_margin: 3.0,
            foreground_color: false,
            dormant_background_opacity: 0.0,
            active_background_opacity: 0.0,
            interact_background_opacity: 0.0,
            dormant_handle_opacity: 0.9,
            active_handle_opacity: 1.0,
            interact_handle_opacity: 1.0,
            ..ScrollStyle::floating()
        };
        style.interaction.selectable_labels = false;
        style.interaction.tooltip_delay = 0.4;
        set_visuals(&mut style.visuals);
    });
}

fn set_visuals(visuals: &mut egui::Visuals) {
    visuals.dark_mode = true;
    visuals.panel_fill = GRID;
    visuals.window_fill = RAISED;
    visuals.extreme_bg_color = GRID;
    visuals.text_edit_bg_color = Some(GRID);
    visuals.faint_bg_color = PANEL;
    visuals.code_bg_color = PANEL;
    visuals.hyperlink_color = ACCENT;
    visuals.warn_fg_color = STAR;
    visuals.error_fg_color = REJECT;
    visuals.weak_text_color = Some(TEXT_2);
    visuals.window_stroke = Stroke::new(1.0, BORDER);
    visuals.window_corner_radius = CornerRadius::same(12);
    visuals.menu_corner_radius = CornerRadius::same(10);
    visuals.selection.bg_fill = ACCENT_DIM;
    visuals.selection.stroke = Stroke::new(1.0, ACCENT);
    visuals.slider_trailing_fill = true;
    visuals.popup_shadow = Shadow {
        offset: [0, 6],
        blur: 20,
        spread: 0,
        color: SHADOW,
    };
    visuals.window_shadow = visuals.popup_shadow;
    let states = [
        (&mut visuals.widgets.noninteractive, PANEL, HAIRLINE, TEXT_2),
        (&mut visuals.widgets.inactive, CONTROL, BORDER, TEXT),
        (&mut visuals.widgets.hovered, CONTROL_HOVER, BORDER, TEXT),
        (&mut visuals.widgets.active, CONTROL_ACTIVE, BORDER, TEXT),
        (&mut visuals.widgets.open, CONTROL_HOVER, BORDER, TEXT),
    ];
    for (widget, fill, line, text) in states {
        widget.bg_fill = fill;
        widget.weak_bg_fill = fill;
        widget.bg_stroke = Stroke::new(1.0, line);
        widget.fg_stroke = Stroke::new(1.0, text);
        widget.corner_radius = CornerRadius::same(RADIUS);
        widget.expansion = 0.0;
    }
    visuals.widgets.noninteractive.fg_stroke = Stroke::new(1.0, TEXT);
    visuals.text_options.font_hinting = false;
}
