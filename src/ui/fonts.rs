//! The faces: Inter in three weights out of one variable file, and the Lucide icons. Both lie in the program itself, so
//! that the window looks the same everywhere. Glyphs they lack come from the fallback faces behind them.

use super::theme;
use eframe::egui::{
    self, FontData, FontDefinitions, FontFamily,
    epaint::text::{FontTweak, VariationCoords},
};
use std::sync::Arc;

const INTER: &[u8] = include_bytes!("../../assets/fonts/Inter.ttf");
const LUCIDE: &[u8] = include_bytes!("../../assets/fonts/lucide.ttf");

fn inter(weight: f32) -> Arc<FontData> {
    let tweak = FontTweak {
        hinting: Some(false),
        coords: VariationCoords::new([(b"wght", weight)]),
        ..FontTweak::default()
    };
    Arc::new(FontData::from_static(INTER).tweak(tweak))
}

/// Puts the faces in place.
pub fn install(ctx: &egui::Context) {
    let mut fonts = FontDefinitions::default();
    let fallback: Vec<String> = fonts
        .families
        .get(&FontFamily::Proportional)
        .cloned()
        .unwrap_or_default();
    let lucide = FontTweak {
        hinting: Some(false),
        ..FontTweak::default()
    };
    fonts.font_data.insert(
        "lucide".to_owned(),
        Arc::new(FontData::from_static(LUCIDE).tweak(lucide)),
    );
    let weights = [
        (FontFamily::Proportional, "inter", 430.0),
        (FontFamily::Name(theme::MEDIUM.into()), "inter-medium", 530.0),
        (FontFamily::Name(theme::SEMIBOLD.into()), "inter-semibold", 640.0),
    ];
    for (family, name, weight) in weights {
        fonts.font_data.insert(name.to_owned(), inter(weight));
        // The icons are in every family too, so that an icon and its word can be one piece of text.
        let mut faces = vec![name.to_owned(), "lucide".to_owned()];
        faces.extend(fallback.iter().cloned());
        fonts.families.insert(family, faces);
    }
    let mut faces = vec!["lucide".to_owned(), "inter".to_owned()];
    faces.extend(fallback);
    fonts.families.insert(FontFamily::Name(theme::ICONS.into()), faces);
    ctx.set_fonts(fonts);
}
