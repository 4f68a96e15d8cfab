//! Pictures on the graphics card: small ones in the cells of atlas pages, so that a full grid is a handful of draw calls;
//! larger ones as textures of their own, cut in pieces that are uploaded a few per frame. Nothing here decodes.

use super::theme;
use crate::{
    engine::handle::{Arrived, DEVELOPED, Handle, Measures, Wanted},
    model::{id::PhotoId, pixels::Pixels},
};
use eframe::egui::{
    self, Color32, ColorImage, Mesh, Painter, Rect, Shape, TextureFilter, TextureHandle, TextureOptions,
    TextureWrapMode, pos2, vec2,
};
use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

/// Side of an atlas page in pixels.
const PAGE: usize = 2048;
/// Side of a cell, and the long edge of the thumbnails that go into them.
pub const CELL: usize = 256;
const PER_ROW: usize = PAGE / CELL;
const PER_PAGE: usize = PER_ROW * PER_ROW;
/// Pages kept: 12 hold 768 thumbnails in 192 MiB.
const MAX_PAGES: usize = 12;
/// Side of a piece of a large picture.
const PIECE: usize = 1024;
/// Pictures taken from the engine in one frame.
const PER_FRAME: usize = 16;
/// Pieces uploaded in one frame.
const PIECES_PER_FRAME: usize = 4;
/// Bytes of large pictures kept on the card.
const LARGE_BYTES: usize = 512 << 20;
/// Photos whose measures are kept.
const MAX_MEASURES: usize = 128;
/// Seconds until a picture that failed is asked for again.
const RETRY_S: f64 = 30.0;

#[derive(Default)]
struct Slot {
    photo: Option<PhotoId>,
    size: [usize; 2],
    used: u64,
}

struct Piece {
    /// Its pixels in the whole picture.
    at: [usize; 4],
    texture: Option<TextureHandle>,
}

struct Large {
    size: [usize; 2],
    pieces: Vec<Piece>,
    /// Until every piece is on the card.
    source: Option<Arc<Pixels>>,
    used: u64,
}

/// All pictures that the window holds.
#[derive(Default)]
pub struct Pictures {
    pages: Vec<TextureHandle>,
    slots: Vec<Slot>,
    cells: HashMap<PhotoId, usize>,
    large: HashMap<Wanted, Large>,
    failed: HashMap<Wanted, (f64, Arc<str>)>,
    /// Of the photos looked at last, the newest at the end.
    measures: VecDeque<(Wanted, Arc<Measures>)>,
    wants: Vec<Wanted>,
    wanted_before: bool,
    frame: u64,
    time: f64,
}

/// The long edge to ask for, in pixels, where a picture is drawn this large: few sizes, so that they are shared.
#[must_use]
pub fn edge_for(long_px: f32) -> u32 {
    match long_px {
        ..=280.0 => 256,
        ..=600.0 => 512,
        ..=1100.0 => 1024,
        ..=2600.0 => 2560,
        _ => 3840,
    }
}

impl Pictures {
    /// Begins a frame: takes what arrived, within the frame's budget.
    pub fn begin(&mut self, ctx: &egui::Context, handle: &Handle) {
        self.frame += 1;
        self.time = ctx.input(|input| input.time);
        let arrived = handle.arrived(PER_FRAME);
        if arrived.len() == PER_FRAME {
            ctx.request_repaint();
        }
        for one in arrived {
            self.take(ctx, one);
        }
        self.upload(ctx);
        self.wants.clear();
    }

    /// Ends a frame: what is missing is wanted, in the order in which it was asked for.
    pub fn end(&mut self, handle: &Handle) {
        let mut seen = HashSet::new();
        let list: Vec<Wanted> = std::mem::take(&mut self.wants)
            .into_iter()
            .filter(|one| seen.insert(*one))
            .collect();
        if !list.is_empty() || self.wanted_before {
            self.wanted_before = !list.is_empty();
            handle.want(list);
        }
    }

    /// Asks for a picture that is not here.
    pub fn want(&mut self, photo: PhotoId, edge: u32) {
        let wanted = Wanted { photo, edge };
        let here = match edge {
            256 => self.cells.contains_key(&photo) || self.large.contains_key(&wanted),
            _ => self.large.contains_key(&wanted),
        };
        let failed = self.failed.get(&wanted).is_some_and(|(at, _)| self.time - at < RETRY_S);
        if !here && !failed {
            self.wants.push(wanted);
        }
    }

    /// Whether this picture is here, whole.
    #[must_use]
    pub fn has(&self, photo: PhotoId, edge: u32) -> bool {
        if edge == 256 && self.cells.contains_key(&photo) {
            return true;
        }
        self.large
            .get(&Wanted { photo, edge })
            .is_some_and(|large| large.source.is_none())
    }

    /// Size in pixels of this picture, where it is here.
    #[must_use]
    pub fn size(&self, photo: PhotoId, edge: u32) -> Option<[usize; 2]> {
        self.large.get(&Wanted { photo, edge }).map(|large| large.size)
    }

    /// Width by height of the small picture, where it is here.
    #[must_use]
    pub fn aspect(&self, photo: PhotoId) -> Option<f32> {
        let slot = self.slots.get(*self.cells.get(&photo)?)?;
        let side = |at: usize| f32::from(u16::try_from(at).unwrap_or(u16::MAX));
        Some(side(slot.size[0]) / side(slot.size[1]).max(1.0))
    }

    /// Why this picture could not be had.
    #[must_use]
    pub fn failure(&self, photo: PhotoId, edge: u32) -> Option<Arc<str>> {
        self.failed.get(&Wanted { photo, edge }).map(|(_, why)| Arc::clone(why))
    }

    /// Exposure and focus of a photo that was looked at.
    #[must_use]
    pub fn measures(&self, photo: PhotoId) -> Option<Arc<Measures>> {
        let found = self.measures.iter().rev().find(|(one, _)| one.photo == photo);
        found.map(|(_, measures)| Arc::clone(measures))
    }

    /// The same, measured on a picture of this long edge: figures of two sizes do not compare.
    #[must_use]
    pub fn measures_at(&self, photo: PhotoId, edge: u32) -> Option<Arc<Measures>> {
        let found = self.measures.iter().find(|(one, _)| *one == Wanted { photo, edge });
        found.map(|(_, measures)| Arc::clone(measures))
    }

    fn keep_measures(&mut self, wanted: Wanted, measures: Arc<Measures>) {
        self.measures.retain(|(one, _)| *one != wanted);
        self.measures.push_back((wanted, measures));
        if self.measures.len() > MAX_MEASURES {
            self.measures.pop_front();
        }
    }

    fn take(&mut self, ctx: &egui::Context, arrived: Arrived) {
        let Arrived {
            wanted,
            result,
            measures,
        } = arrived;
        if let Some(measures) = measures {
            self.keep_measures(wanted, measures);
        }
        let pixels = match result {
            Ok(pixels) => pixels,
            Err(why) => {
                self.failed.insert(wanted, (self.time, why));
                return;
            }
        };
        let (width, height) = (pixels.width as usize, pixels.height as usize);
        if width == 0 || height == 0 || pixels.rgba.len() != width * height * 4 {
            self.failed.insert(wanted, (self.time, "The picture is empty.".into()));
            return;
        }
        self.failed.remove(&wanted);
        if wanted.edge == 256 && width <= CELL && height <= CELL {
            self.put_cell(ctx, wanted.photo, &pixels);
        } else {
            self.put_large(ctx, wanted, pixels);
        }
    }

    fn put_cell(&mut self, ctx: &egui::Context, photo: PhotoId, pixels: &Pixels) {
        let Some(slot) = self.free_slot(ctx, photo) else { return };
        let size = [pixels.width as usize, pixels.height as usize];
        let image = image(size, &pixels.rgba);
        let (page, cell) = (slot / PER_PAGE, slot % PER_PAGE);
        let at = [(cell % PER_ROW) * CELL, (cell / PER_ROW) * CELL];
        if let (Some(page), Some(slot_entry)) = (self.pages.get_mut(page), self.slots.get_mut(slot)) {
            page.set_partial(at, image, TextureOptions::LINEAR);
            slot_entry.photo = Some(photo);
            slot_entry.size = size;
            slot_entry.used = self.frame;
            self.cells.insert(photo, slot);
        }
    }

    /// The photo's own slot, a fresh one, or the one that was not drawn for the longest time.
    fn free_slot(&mut self, ctx: &egui::Context, photo: PhotoId) -> Option<usize> {
        if let Some(slot) = self.cells.get(&photo) {
            return Some(*slot);
        }
        if let Some(slot) = self.slots.iter().position(|slot| slot.photo.is_none()) {
            return Some(slot);
        }
        if self.pages.len() < MAX_PAGES {
            let first = self.slots.len();
            let image = ColorImage::filled([PAGE, PAGE], theme::PLACEHOLDER);
            let name = format!("thumbnails {}", self.pages.len());
            self.pages.push(ctx.load_texture(name, image, TextureOptions::LINEAR));
            self.slots.resize_with(first + PER_PAGE, Slot::default);
            return Some(first);
        }
        let (slot, entry) = self.slots.iter_mut().enumerate().min_by_key(|(_, slot)| slot.used)?;
        if let Some(old) = entry.photo.take() {
            self.cells.remove(&old);
        }
        Some(slot)
    }

    fn put_large(&mut self, ctx: &egui::Context, wanted: Wanted, pixels: Arc<Pixels>) {
        let size = [pixels.width as usize, pixels.height as usize];
        let side = PIECE
            .min(ctx.input(|input| input.max_texture_side).saturating_sub(2))
            .max(64);
        let mut pieces = Vec::new();
        for top in (0..size[1]).step_by(side) {
            for left in (0..size[0]).step_by(side) {
                pieces.push(Piece {
                    at: [left, top, (left + side).min(size[0]), (top + side).min(size[1])],
                    texture: None,
                });
            }
        }
        let large = Large {
            size,
            pieces,
            source: Some(pixels),
            used: self.frame,
        };
        self.large.insert(wanted, large);
        self.forget_old();
    }

    fn forget_old(&mut self) {
        let bytes = |large: &Large| large.size[0] * large.size[1] * 4;
        let mut sum: usize = self.large.values().map(bytes).sum();
        while sum > LARGE_BYTES && self.large.len() > 4 {
            let oldest = self
                .large
                .iter()
                .min_by_key(|(_, large)| large.used)
                .map(|(key, _)| *key);
            let Some(gone) = oldest.and_then(|key| self.large.remove(&key)) else {
                break;
            };
            sum -= bytes(&gone);
        }
    }

    fn upload(&mut self, ctx: &egui::Context) {
        let mut left = PIECES_PER_FRAME;
        // What was drawn last is most urgent.
        let mut waiting: Vec<(&Wanted, &mut Large)> = self
            .large
            .iter_mut()
            .filter(|(_, large)| large.source.is_some())
            .collect();
        waiting.sort_by_key(|(_, large)| std::cmp::Reverse(large.used));
        for (wanted, large) in waiting {
            let Some(source) = large.source.clone() else { continue };
            for piece in &mut large.pieces {
                if left == 0 {
                    ctx.request_repaint();
                    return;
                }
                if piece.texture.is_none() {
                    let name = format!("photo {} {} {:?}", wanted.photo, wanted.edge, piece.at);
                    piece.texture = Some(ctx.load_texture(name, cut(&source, piece.at), options(wanted.edge)));
                    left -= 1;
                }
            }
            large.source = None;
            ctx.request_repaint();
        }
    }

    /// Draws the best picture of a photo that is here and no larger than needed. `uv` is the part to show, 0 to 1.
    /// Returns whether anything was drawn.
    pub fn paint(&mut self, painter: &Painter, photo: PhotoId, edge: u32, rect: Rect, uv: Rect, tint: Color32) -> bool {
        let wanted = Wanted { photo, edge };
        if self.has(photo, edge) && edge != 256 {
            return self.paint_large(painter, wanted, rect, uv, tint);
        }
        // Until it is here, the largest that is.
        let best = self
            .large
            .iter()
            .filter(|(key, large)| key.photo == photo && large.source.is_none())
            .max_by_key(|(key, _)| {
                let same = key.edge & DEVELOPED == edge & DEVELOPED;
                // Every pixel, 0, is most of all.
                (same, (key.edge & !DEVELOPED).wrapping_sub(1))
            })
            .map(|(key, _)| *key);
        match (edge, best) {
            (256, _) | (_, None) => {
                self.paint_cell(painter, photo, rect, uv, tint)
                    || best.is_some_and(|key| self.paint_large(painter, key, rect, uv, tint))
            }
            (_, Some(key)) => self.paint_large(painter, key, rect, uv, tint),
        }
    }

    fn paint_cell(&mut self, painter: &Painter, photo: PhotoId, rect: Rect, uv: Rect, tint: Color32) -> bool {
        let Some(slot) = self.cells.get(&photo).copied() else {
            return false;
        };
        let (Some(page), Some(entry)) = (self.pages.get(slot / PER_PAGE), self.slots.get_mut(slot)) else {
            return false;
        };
        entry.used = self.frame;
        let cell = slot % PER_PAGE;
        let to_f32 = |value: usize| f32::from(u16::try_from(value).unwrap_or(u16::MAX));
        let page_side = to_f32(PAGE);
        // Half a texel in from the cell's edge, so that the neighbour is never seen.
        let origin = pos2(
            to_f32((cell % PER_ROW) * CELL) + 0.5,
            to_f32((cell / PER_ROW) * CELL) + 0.5,
        );
        let size = vec2(
            (to_f32(entry.size[0]) - 1.0).max(0.5),
            (to_f32(entry.size[1]) - 1.0).max(0.5),
        );
        let at = |corner: egui::Pos2| (origin + corner.to_vec2() * size).to_vec2() / page_side;
        let inner = Rect::from_min_max(at(uv.min).to_pos2(), at(uv.max).to_pos2());
        painter.add(
            egui::epaint::RectShape::filled(rect, f32::from(theme::RADIUS_THUMB), tint).with_texture(page.id(), inner),
        );
        true
    }

    #[expect(clippy::cast_precision_loss, reason = "pixels of one picture")]
    fn paint_large(&mut self, painter: &Painter, key: Wanted, rect: Rect, uv: Rect, tint: Color32) -> bool {
        let frame = self.frame;
        let Some(large) = self.large.get_mut(&key) else {
            return false;
        };
        large.used = frame;
        let whole = vec2(large.size[0] as f32, large.size[1] as f32);
        // Where the whole picture would lie if all of it were shown.
        let scale = rect.size() / (uv.size() * whole);
        let origin = rect.min - uv.min.to_vec2() * whole * scale;
        if let [
            Piece {
                texture: Some(texture), ..
            },
        ] = large.pieces.as_slice()
        {
            let round = if key.edge <= 1024 && key.edge != 0 {
                f32::from(theme::RADIUS_THUMB)
            } else {
                0.0
            };
            painter.add(egui::epaint::RectShape::filled(rect, round, tint).with_texture(texture.id(), uv));
            return true;
        }
        let clip = painter.clip_rect().intersect(rect);
        let painter = painter.with_clip_rect(clip);
        for piece in &large.pieces {
            let [left, top, right, bottom] = piece.at.map(|value| value as f32);
            let place = Rect::from_min_max(origin + vec2(left, top) * scale, origin + vec2(right, bottom) * scale);
            if !place.intersects(clip) {
                continue;
            }
            let Some(texture) = &piece.texture else { continue };
            // Each piece carries one pixel of its neighbours, so that no seam shows.
            let (border_left, border_top) = (f32::from(u8::from(left > 0.0)), f32::from(u8::from(top > 0.0)));
            let size = vec2(texture.size()[0] as f32, texture.size()[1] as f32);
            let inner = Rect::from_min_max(
                (vec2(border_left, border_top) / size).to_pos2(),
                (vec2(border_left + right - left, border_top + bottom - top) / size).to_pos2(),
            );
            let mut mesh = Mesh::with_texture(texture.id());
            mesh.add_rect_with_uv(place, inner, tint);
            painter.add(Shape::mesh(mesh));
        }
        true
    }
}

/// Screen-size pictures are shown smaller than they are, so they need mipmaps; at 100 % every pixel is one pixel.
fn options(edge: u32) -> TextureOptions {
    TextureOptions {
        magnification: if edge & !DEVELOPED == 0 {
            TextureFilter::Nearest
        } else {
            TextureFilter::Linear
        },
        minification: TextureFilter::Linear,
        wrap_mode: TextureWrapMode::ClampToEdge,
        mipmap_mode: Some(TextureFilter::Linear),
    }
}

/// The pixels of a piece, with one pixel of its neighbours on each side where there is one.
fn cut(source: &Pixels, [left, top, right, bottom]: [usize; 4]) -> ColorImage {
    let (width, height) = (source.width as usize, source.height as usize);
    let (x0, y0) = (left.saturating_sub(1), top.saturating_sub(1));
    let (x1, y1) = ((right + 1).min(width), (bottom + 1).min(height));
    let mut rgba = Vec::with_capacity((x1 - x0) * (y1 - y0) * 4);
    for y in y0..y1 {
        let row = source.rgba.get((y * width + x0) * 4..(y * width + x1) * 4);
        rgba.extend_from_slice(row.unwrap_or_default());
    }
    image([x1 - x0, y1 - y0], &rgba)
}

/// Pixels as egui wants them. Photos are opaque, and multiplying by alpha would cost more than all else here.
fn image(size: [usize; 2], rgba: &[u8]) -> ColorImage {
    let (pixels, _) = rgba.as_chunks::<4>();
    if pixels.iter().all(|[.., alpha]| *alpha == 255) {
        ColorImage::from_rgba_premultiplied(size, rgba)
    } else {
        ColorImage::from_rgba_unmultiplied(size, rgba)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: u32, height: u32) -> Arc<Pixels> {
        Arc::new(Pixels {
            width,
            height,
            rgba: vec![200; (width * height * 4) as usize],
        })
    }

    fn arrive(pictures: &mut Pictures, ctx: &egui::Context, photo: i64, edge: u32, pixels: Arc<Pixels>) {
        let wanted = Wanted {
            photo: PhotoId(photo),
            edge,
        };
        pictures.take(
            ctx,
            Arrived {
                wanted,
                result: Ok(pixels),
                measures: None,
            },
        );
    }

    #[test]
    fn atlas_forgets_the_least_recently_drawn_and_never_grows_beyond_its_pages() {
        let ctx = egui::Context::default();
        let mut pictures = Pictures::default();
        let all = i64::try_from(MAX_PAGES * PER_PAGE).unwrap() + 10;
        for photo in 0..all {
            pictures.frame += 1;
            arrive(&mut pictures, &ctx, photo, 256, picture(4, 3));
        }
        assert_eq!(pictures.pages.len(), MAX_PAGES);
        assert!(!pictures.has(PhotoId(0), 256) && !pictures.has(PhotoId(9), 256));
        assert!(pictures.has(PhotoId(10), 256) && pictures.has(PhotoId(all - 1), 256));
    }

    #[test]
    fn large_pictures_are_cut_in_pieces_and_uploaded_a_few_per_frame() {
        let ctx = egui::Context::default();
        let mut pictures = Pictures::default();
        arrive(&mut pictures, &ctx, 1, 0, picture(3000, 2100));
        assert!(!pictures.has(PhotoId(1), 0), "nothing is uploaded yet");
        pictures.upload(&ctx);
        assert!(!pictures.has(PhotoId(1), 0), "nine pieces do not fit into one frame");
        pictures.upload(&ctx);
        pictures.upload(&ctx);
        assert!(pictures.has(PhotoId(1), 0));
    }

    #[test]
    fn a_picture_that_lies_about_its_size_is_refused() {
        let ctx = egui::Context::default();
        let mut pictures = Pictures::default();
        let bad = Arc::new(Pixels {
            width: 100,
            height: 100,
            rgba: vec![0; 7],
        });
        arrive(&mut pictures, &ctx, 1, 256, bad);
        assert!(pictures.failure(PhotoId(1), 256).is_some());
    }
}
