//! Albums and places in the bar at the left: albums in each other, where photos and albums are dropped; countries with
//! their cities.

use super::{
    action::Action,
    app::App,
    badge, icon,
    sidebar::{Row, Sign, heading, is_on},
    state::Dialog,
    text, theme, tile, widget,
};
use crate::{
    engine::command::{Command, Scope, Source},
    model::{
        album::Album,
        id::{AlbumId, PhotoId},
    },
};
use eframe::egui::{CursorIcon, DragAndDrop, LayerId, Order, Pos2, Rect, Response, Stroke, StrokeKind, Ui, vec2};
use std::sync::Arc;

/// Photos that are being dragged.
#[derive(Clone, Debug)]
pub(in crate::ui) struct DraggedPhotos(pub Vec<PhotoId>);

/// An album that is being dragged.
#[derive(Clone, Copy, Debug)]
struct DraggedAlbum(AlbumId);

/// Step of the indent, in points.
const STEP: f32 = 14.0;

#[expect(clippy::cast_precision_loss, reason = "albums are not that deep")]
fn indent(depth: u32) -> f32 {
    depth.min(8) as f32 * STEP
}

pub(in crate::ui) fn albums(app: &mut App, ui: &mut Ui) {
    heading(ui, "Albums");
    let albums = Arc::clone(&app.snap.albums);
    let mut hidden_below: Option<u32> = None;
    for (at, album) in albums.iter().enumerate() {
        if hidden_below.is_some_and(|depth| album.depth > depth) {
            continue;
        }
        let has_inside = albums.get(at + 1).is_some_and(|next| next.depth > album.depth);
        let open = !app.shut_albums.contains(&album.id);
        hidden_below = (has_inside && !open).then_some(album.depth);
        album_row(app, ui, album, has_inside.then_some(open));
    }
    let row = Row {
        count: None,
        faint: true,
        ..Row::new(icon::PLUS, "New album", 0, false)
    };
    let (response, _) = row.show(ui);
    if response.clicked() {
        app.act(&ui.ctx().clone(), Action::NewAlbum);
    }
    // Dropped here, photos become a new album, and an album comes to the top.
    if let Some(photos) = dropped::<DraggedPhotos>(ui, &response) {
        app.dialog = Some(Dialog::NewAlbum {
            name: String::new(),
            photos: photos.0.clone(),
            query: None,
        });
    }
    if let Some(album) = dropped::<DraggedAlbum>(ui, &response) {
        app.send(Command::MoveAlbum {
            album: album.0,
            parent: None,
        });
    }
    dragged_sign(ui);
}

fn album_row(app: &mut App, ui: &mut Ui, album: &Album, fold: Option<bool>) {
    let source = Source::Album(album.id);
    let (sign, color) = match album.query {
        Some(_) => (icon::SPARKLES, theme::PURPLE),
        None => (icon::ALBUM, theme::TEXT_2),
    };
    let row = Row {
        sign: Sign::Icon(sign, color),
        indent: indent(album.depth),
        fold,
        ..Row::new("", &album.name, album.photos, is_on(app, &source))
    };
    ui.push_id(("album", album.id.0), |ui| {
        let rect = Rect::from_min_size(ui.next_widget_position(), vec2(ui.available_width(), theme::ROW));
        let at = row.sign_at(rect);
        let (mut response, folded) = row.show_draggable(ui);
        cover(app, ui, album, at);
        if let Some(store) = &album.backup_store {
            response = response.on_hover_text(format!("New photos in it are backed up by themselves to {store}."));
        }
        if folded && !app.shut_albums.remove(&album.id) {
            app.shut_albums.insert(album.id);
        } else if response.clicked() && !folded {
            app.go_to(source);
        }
        response.dnd_set_drag_payload(DraggedAlbum(album.id));
        if album.query.is_none() {
            if let Some(photos) = dropped::<DraggedPhotos>(ui, &response) {
                app.send(Command::AddToAlbum {
                    album: album.id,
                    photos: photos.0.clone(),
                });
            }
            if let Some(inside) = dropped::<DraggedAlbum>(ui, &response).filter(|inside| inside.0 != album.id) {
                app.send(Command::MoveAlbum {
                    album: inside.0,
                    parent: Some(album.id),
                });
            }
        }
        response.context_menu(|ui| album_menu(app, ui, album));
    });
}

/// The photo that stands for an album, over its sign; a smart one keeps a small star.
fn cover(app: &mut App, ui: &Ui, album: &Album, at: Pos2) {
    let Some(photo) = album.picture else { return };
    app.pictures.want(photo, 256);
    let place = Rect::from_center_size(at, vec2(21.0, 21.0));
    let uv = tile::cover(app.pictures.aspect(photo).unwrap_or(1.0), place.size());
    let painted = app.pictures.paint(ui.painter(), photo, 256, place, uv, theme::UNTINTED);
    if painted && album.query.is_some() {
        let corner = place.right_bottom() - vec2(2.0, 2.0);
        ui.painter().circle_filled(corner, 6.5, theme::PANEL);
        badge::glyph(ui.painter(), corner, 9.0, icon::SPARKLES, theme::PURPLE);
    }
}

/// What was dropped on this row just now; a frame is drawn around it while something hangs over it.
pub(in crate::ui) fn dropped<T: Send + Sync + 'static>(ui: &Ui, response: &Response) -> Option<Arc<T>> {
    // Asked for another kind of thing, egui would throw away what was dropped.
    if !DragAndDrop::has_payload_of_type::<T>(ui.ctx()) {
        return None;
    }
    if response.dnd_hover_payload::<T>().is_some() {
        let stroke = Stroke::new(1.5, theme::ACCENT);
        ui.painter()
            .rect_stroke(response.rect, f32::from(theme::RADIUS), stroke, StrokeKind::Inside);
    }
    response.dnd_release_payload::<T>()
}

/// What is being dragged, in words beside the pointer.
fn dragged_sign(ui: &Ui) {
    let ctx = ui.ctx();
    let words = match DragAndDrop::payload::<DraggedPhotos>(ctx) {
        Some(photos) => text::count(photos.0.len() as u64, "photo"),
        None => return,
    };
    let Some(at) = ctx.pointer_interact_pos() else { return };
    ctx.set_cursor_icon(CursorIcon::Grabbing);
    let painter = ctx.layer_painter(LayerId::new(Order::Tooltip, ui.scope_id().with("dragged photos")));
    let galley = painter.layout_no_wrap(words, theme::medium(12.5), theme::TEXT);
    let min = at + vec2(14.0, 8.0);
    let plate = eframe::egui::Rect::from_min_size(min, galley.size() + vec2(16.0, 10.0));
    painter.rect_filled(plate, f32::from(theme::RADIUS), theme::ACCENT_DIM);
    painter.galley(min + vec2(8.0, 5.0), galley, theme::TEXT);
}

fn album_menu(app: &mut App, ui: &mut Ui, album: &Album) {
    ui.set_width(240.0);
    let item = |ui: &mut Ui, sign, word| {
        let clicked = widget::menu_item(ui, sign, word, None).clicked();
        if clicked {
            ui.close();
        }
        clicked
    };
    if album.query.is_none() && item(ui, icon::PLUS, "New album inside...") {
        app.dialog = Some(Dialog::NewAlbumIn {
            name: String::new(),
            parent: album.id,
        });
    }
    if item(ui, icon::ALBUM, "Rename album...") {
        app.dialog = Some(Dialog::RenameAlbum {
            name: album.name.clone(),
            album: album.id,
        });
    }
    if album.parent.is_some() && item(ui, icon::ARROW_DOWN_UP, "Move to the top") {
        app.send(Command::MoveAlbum {
            album: album.id,
            parent: None,
        });
    }
    let focus = app.selection.focus();
    if focus.is_some()
        && app.source == Source::Album(album.id)
        && item(ui, icon::IMAGE, "Use the selected photo as cover")
    {
        app.send(Command::CoverAlbum {
            album: album.id,
            photo: focus,
        });
    }
    if album.cover.is_some() && item(ui, icon::ROTATE_CCW, "Use its first photo as cover") {
        app.send(Command::CoverAlbum {
            album: album.id,
            photo: None,
        });
    }
    if item(ui, icon::CLOUD_UPLOAD, "Back up this album") {
        app.back_up(Scope::Album(album.id));
    }
    if item(ui, icon::REFRESH_CW, "Verify its copies") {
        app.send(Command::Verify {
            scope: Scope::Album(album.id),
        });
    }
    if item(ui, icon::TRASH_2, "Delete album...") {
        app.dialog = Some(Dialog::DeleteAlbum(album.id));
    }
}

/// Countries with their cities; nothing where no photo has a position.
pub(in crate::ui) fn places(app: &mut App, ui: &mut Ui) {
    let places = Arc::clone(&app.snap.places);
    if places.is_empty() {
        return;
    }
    heading(ui, "Places");
    for country in places.iter() {
        let open = app.open_countries.contains(&country.country);
        let source = Source::Place(country.country.clone());
        let row = Row {
            fold: Some(open),
            ..Row::new(icon::MAP_PIN, &country.country, country.photos, is_on(app, &source))
        };
        ui.push_id(("country", &country.country), |ui| {
            let (response, folded) = row.show(ui);
            if folded && !app.open_countries.remove(&country.country) {
                app.open_countries.insert(country.country.clone());
            } else if response.clicked() && !folded {
                app.go_to(source);
            }
        });
        if !open {
            continue;
        }
        for city in &country.cities {
            let path = city.place.path();
            let source = Source::Place(path.clone());
            let row = Row {
                indent: STEP,
                ..Row::new(icon::MAP_PIN, &city.place.city, city.photos, is_on(app, &source))
            };
            ui.push_id(("city", &path), |ui| {
                if row.show(ui).0.on_hover_text(city.place.text()).clicked() {
                    app.go_to(source);
                }
            });
        }
    }
}
