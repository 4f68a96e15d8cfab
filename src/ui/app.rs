//! The window's own state, and how its parts lie. The state is only what is on screen: which page, what is selected, how
//! large; everything else is the engine's.

use super::{
    compare::Beside,
    cull::Show,
    duplicates::DuplicatesPage,
    keymap::Keymap,
    keys,
    keywords::KeywordField,
    layout::{Key, Layout, Shape},
    map::MapPage,
    overlay::Toasts,
    picker::Picker,
    pictures::Pictures,
    prefetch::Turning,
    select::Selection,
    settings::SettingsPage,
    state::{Dialog, Loupe, Page, Palette, Summary, ViewCache},
    theme, twins,
    writing::Writing,
};
use crate::{
    engine::{
        Typed,
        command::{Command, Scope, Sort, Source},
        handle::Handle,
        keymap::KeymapFile,
        snapshot::{Snapshot, Tile, View},
    },
    model::{
        id::{AlbumId, PhotoId, RootId},
        rating::Flag,
    },
};
use eframe::egui;
use std::{collections::HashSet, sync::Arc};

/// The application as the window knows it.
pub struct App {
    pub(in crate::ui) handle: Handle,
    pub(in crate::ui) snap: Arc<Snapshot>,
    pub(in crate::ui) pictures: Pictures,
    pub(in crate::ui) page: Page,
    pub(in crate::ui) loupe: Option<Loupe>,
    /// Photos side by side.
    pub(in crate::ui) beside: Option<Beside>,
    /// The page for culling is open.
    pub(in crate::ui) culling: bool,
    /// What of the view is culled.
    pub(in crate::ui) cull_show: Show,
    /// Rejects are looked at for the last time; the query before.
    pub(in crate::ui) review: Option<String>,
    pub(in crate::ui) selection: Selection,
    pub(in crate::ui) cache: ViewCache,
    pub(in crate::ui) layout: Option<Layout>,
    /// Height of rows that the slider asks for, in points.
    pub(in crate::ui) target: f32,
    pub(in crate::ui) shape: Shape,
    pub(in crate::ui) sidebar: bool,
    pub(in crate::ui) inspector: bool,
    pub(in crate::ui) full_screen: bool,
    /// Facts on the photo in full screen.
    pub(in crate::ui) full_info: bool,
    /// The exposure of the photo that is looked at.
    /// The photo whose RAW file is shown developed.
    pub(in crate::ui) developed: Option<crate::model::id::PhotoId>,
    pub(in crate::ui) histogram: bool,
    /// Its clipped regions.
    pub(in crate::ui) clipping: bool,
    pub(in crate::ui) clip_texture: Option<(PhotoId, egui::TextureHandle)>,
    /// How photos are turned in the loupe.
    pub(in crate::ui) turning: Turning,
    /// When the last mark was given, on the window's clock.
    pub(in crate::ui) marked_at: f64,
    pub(in crate::ui) auto_advance: bool,
    /// A field had the keyboard in the last frame: Escape leaves it and does nothing else.
    pub(in crate::ui) typed: bool,
    pub(in crate::ui) source: Source,
    pub(in crate::ui) query: String,
    pub(in crate::ui) sort: Sort,
    /// A view was asked for and is not here yet.
    asked: bool,
    pub(in crate::ui) shut_roots: HashSet<RootId>,
    pub(in crate::ui) open_folders: HashSet<i64>,
    pub(in crate::ui) shut_albums: HashSet<AlbumId>,
    pub(in crate::ui) open_countries: HashSet<String>,
    /// The field of the inspector that is being written in.
    pub(in crate::ui) writing: Option<Writing>,
    pub(in crate::ui) dialog: Option<Dialog>,
    pub(in crate::ui) palette: Option<Palette>,
    /// Hours that are being typed.
    pub(in crate::ui) hours: String,
    /// A passphrase that is being typed; wiped when it goes.
    pub(in crate::ui) passphrase: Typed,
    pub(in crate::ui) cheat_sheet: bool,
    pub(in crate::ui) settings: SettingsPage,
    pub(in crate::ui) duplicates: DuplicatesPage,
    pub(in crate::ui) map: MapPage,
    /// The keys in force, and the file they were made of.
    keymap: (Arc<KeymapFile>, Arc<Keymap>),
    pub(in crate::ui) picker: Picker,
    /// Keywords that are being typed.
    pub(in crate::ui) keywords: KeywordField,
    /// The selection of which was last asked what it has in common.
    pub(in crate::ui) together_asked: Option<u64>,
    pub(in crate::ui) focus_search: bool,
    /// The grid has to bring the focus into sight.
    pub(in crate::ui) reveal: bool,
    pub(in crate::ui) last_scroll: f32,
    /// What the rows were last made for, and whether they are new in this frame.
    laid_out: Option<Key>,
    pub(in crate::ui) relaid: bool,
    /// The uppermost photo that is seen, and how far its row reaches above the edge; the source it was seen in.
    pub(in crate::ui) top_photo: Option<(PhotoId, f32, Source)>,
    /// The focus was in sight in the last frame.
    pub(in crate::ui) focus_seen: bool,
    pub(in crate::ui) scrolls_down: bool,
    pub(in crate::ui) page_rows: isize,
    /// Tiles drawn in the last frame, for tests.
    pub(in crate::ui) tiles_drawn: usize,
    pub(in crate::ui) focus_sent: Option<PhotoId>,
    pub(in crate::ui) show_copies: bool,
    pub(in crate::ui) summary: Option<(u64, u64, Summary)>,
    /// Notices and the undo offer.
    pub(in crate::ui) toasts: Toasts,
    /// The page without what lies beside it, for what floats over it.
    pub(in crate::ui) page_rect: egui::Rect,
    /// The number of the last step of undo or redo that was followed.
    turned_seen: u64,
}

impl App {
    /// A window onto this engine.
    #[must_use]
    pub fn new(ctx: &egui::Context, handle: Handle) -> Self {
        super::fonts::install(ctx);
        theme::apply(ctx);
        ctx.options_mut(|options| options.quit_shortcuts.clear());
        let waker = ctx.clone();
        handle.set_waker(move || waker.request_repaint());
        let snap = handle.snapshot();
        Self {
            handle,
            source: snap.view.source.clone(),
            query: snap.view.query.clone(),
            sort: snap.view.sort,
            asked: false,
            toasts: Toasts::default(),
            page_rect: ctx.content_rect(),
            turned_seen: snap.turned.map_or(0, |(number, _)| number),
            pictures: Pictures::default(),
            page: Page::Library,
            loupe: None,
            beside: None,
            culling: false,
            cull_show: Show::All,
            review: None,
            selection: Selection::default(),
            cache: ViewCache::default(),
            layout: None,
            target: 168.0,
            shape: Shape::Justified,
            sidebar: true,
            inspector: true,
            full_screen: false,
            full_info: false,
            developed: None,
            histogram: false,
            clipping: false,
            clip_texture: None,
            turning: Turning::default(),
            marked_at: f64::NEG_INFINITY,
            auto_advance: false,
            typed: false,
            shut_roots: HashSet::new(),
            open_folders: HashSet::new(),
            shut_albums: HashSet::new(),
            open_countries: HashSet::new(),
            writing: None,
            dialog: None,
            palette: None,
            hours: String::new(),
            passphrase: Typed::default(),
            cheat_sheet: false,
            settings: SettingsPage::default(),
            duplicates: DuplicatesPage::default(),
            map: MapPage::default(),
            keymap: (Arc::clone(&snap.keymap), Arc::new(Keymap::new(&snap.keymap))),
            picker: Picker::default(),
            keywords: KeywordField::default(),
            together_asked: None,
            focus_search: false,
            reveal: false,
            last_scroll: 0.0,
            laid_out: None,
            relaid: false,
            top_photo: None,
            focus_seen: false,
            scrolls_down: true,
            page_rows: 4,
            tiles_drawn: 0,
            focus_sent: None,
            show_copies: false,
            summary: None,
            snap,
        }
    }

    /// Tiles drawn in the last frame.
    #[must_use]
    pub fn tiles_drawn(&self) -> usize {
        self.tiles_drawn
    }

    /// Photos selected now.
    #[must_use]
    pub fn selected(&self) -> usize {
        self.selection.len()
    }

    /// The photo with the focus.
    #[must_use]
    pub fn focus(&self) -> Option<PhotoId> {
        self.selection.focus()
    }

    /// Which page is shown.
    #[must_use]
    pub fn page(&self) -> Page {
        self.page
    }

    /// Whether one photo fills the page.
    #[must_use]
    pub fn in_loupe(&self) -> bool {
        self.loupe.is_some()
    }

    pub(in crate::ui) fn send(&self, command: Command) {
        self.handle.send(command);
    }

    pub(in crate::ui) fn view(&self) -> Arc<View> {
        Arc::clone(&self.snap.view)
    }

    pub(in crate::ui) fn place(&self, photo: PhotoId) -> Option<usize> {
        self.cache.place.get(&photo).copied()
    }

    pub(in crate::ui) fn tile(&self, photo: PhotoId) -> Option<&Tile> {
        self.place(photo).and_then(|at| self.snap.view.tiles.get(at))
    }

    /// The selected photos in the view's order.
    pub(in crate::ui) fn selected_photos(&self) -> Vec<PhotoId> {
        let mut photos: Vec<(usize, PhotoId)> = self
            .selection
            .photos()
            .filter_map(|photo| self.place(photo).map(|at| (at, photo)))
            .collect();
        photos.sort_unstable();
        photos.into_iter().map(|(_, photo)| photo).collect()
    }

    /// The selection as a scope, or everything where nothing is selected.
    pub(in crate::ui) fn scope(&self) -> Scope {
        if self.selection.is_empty() {
            Scope::All
        } else {
            Scope::Photos(self.selected_photos())
        }
    }

    /// Asks for the view that the sidebar, the search box and the sort menu describe.
    pub(in crate::ui) fn show(&mut self) {
        self.asked = true;
        self.send(Command::Show {
            source: self.source.clone(),
            query: self.query.trim().to_owned(),
            sort: self.sort,
        });
    }

    /// What the window is opened at, which was asked for before there was a window.
    pub(in crate::ui) fn expect(&mut self, source: Source) {
        self.source = source;
        self.asked = true;
    }

    /// Shows another source; the search box is emptied, for it was about the source before.
    pub(in crate::ui) fn go_to(&mut self, source: Source) {
        self.page = Page::Library;
        self.loupe = None;
        self.beside = None;
        self.stop_culling();
        self.review = None;
        if self.source != source || !self.query.is_empty() {
            self.source = source;
            self.query.clear();
            self.selection.clear();
            self.show();
        }
    }

    /// Only this photo is selected, and brought into sight.
    pub(in crate::ui) fn focus_on(&mut self, place: usize) {
        if let Some(tile) = self.snap.view.tiles.get(place) {
            let photo = tile.id;
            self.selection.only(photo, place);
            self.reveal = true;
            if let Some(loupe) = &mut self.loupe {
                loupe.turn_to(photo);
            }
        }
    }

    /// Takes the newest snapshot and what depends on it.
    pub(in crate::ui) fn refresh(&mut self) {
        self.snap = self.handle.snapshot();
        if !Arc::ptr_eq(&self.keymap.0, &self.snap.keymap) {
            self.keymap = (Arc::clone(&self.snap.keymap), Arc::new(Keymap::new(&self.snap.keymap)));
        }
        keys::put_in_force(&self.keymap.1);
        self.follow_view();
        twins::forget_elsewhere(self);
        let view = self.view();
        if self.cache.generation != Some(view.generation) || self.cache.shapes.len() != view.tiles.len() {
            self.cache.generation = Some(view.generation);
            self.cache.place = view.tiles.iter().enumerate().map(|(at, tile)| (tile.id, at)).collect();
            self.cache.shapes = view.tiles.iter().map(|tile| (tile.day, tile.aspect)).collect();
            let (first, last) = view.tiles.iter().fold((i64::MAX, i64::MIN), |(low, high), tile| {
                (low.min(tile.day), high.max(tile.day))
            });
            self.cache.days = (first <= last).then_some((first, last));
            let flagged = |flag| view.tiles.iter().filter(|tile| tile.flag == flag).count() as u64;
            self.cache.decided = (flagged(Flag::Pick), flagged(Flag::Reject));
            self.layout = None;
            let place = &self.cache.place;
            self.selection.keep(
                |photo| place.get(&photo).copied(),
                |at| view.tiles.get(at).map(|tile| tile.id),
                view.tiles.len(),
            );
            if self.loupe.is_some() {
                match self.selection.focus() {
                    Some(photo) => {
                        if let Some(loupe) = &mut self.loupe {
                            loupe.turn_to(photo);
                        }
                    }
                    None => self.loupe = None,
                }
            }
            self.keep_beside();
        }
        self.follow_turned();
        self.follow_focus();
    }

    /// Where one looks at one photo, undo and redo go to the photo that they changed.
    fn follow_turned(&mut self) {
        let Some((number, photo)) = self.snap.turned.filter(|(number, _)| *number != self.turned_seen) else {
            return;
        };
        self.turned_seen = number;
        let looking = self.page == Page::Library && (self.loupe.is_some() || self.culling) && self.beside.is_none();
        if let (true, Some(place)) = (looking, self.place(photo)) {
            self.focus_on(place);
        }
    }

    /// A view that nobody here asked for (the album was deleted, the samples were set up) is followed.
    fn follow_view(&mut self) {
        let view = self.view();
        if view.source == self.source && view.query == self.query.trim() && view.sort == self.sort {
            self.asked = false;
        } else if !self.asked {
            self.source = view.source.clone();
            self.query.clone_from(&view.query);
            self.sort = view.sort;
        }
    }

    /// The layout for this width, made anew only when something it depends on changed.
    pub(in crate::ui) fn lay_out(&mut self, width: f32) -> &Layout {
        let key = Key {
            generation: self.snap.view.generation,
            width: width.floor(),
            target: self.target,
            shape: self.shape,
            days: matches!(self.snap.view.sort, Sort::NewestFirst | Sort::OldestFirst),
        };
        if self.layout.as_ref().is_none_or(|layout| layout.key != key) {
            let resized = self.laid_out.is_some_and(|old| {
                Key {
                    generation: key.generation,
                    ..old
                } != key
            });
            // Larger or smaller, the focus stays in sight; a list that grows in the background moves nothing.
            self.reveal |= resized && self.focus_seen;
            self.relaid = true;
            self.laid_out = Some(key);
            self.layout = Some(Layout::new(key, &self.cache.shapes));
        }
        self.layout.get_or_insert_with(|| Layout::new(key, &[]))
    }

    /// Nothing to show yet: no folder is watched.
    pub(in crate::ui) fn is_first_run(&self) -> bool {
        self.snap.ready && self.snap.roots.is_empty() && self.snap.view.tiles.is_empty()
    }

    pub(in crate::ui) fn follow_focus(&mut self) {
        if self.focus_sent != self.selection.focus() {
            self.focus_sent = self.selection.focus();
            self.show_copies = false;
            self.send(Command::Focus(self.focus_sent));
        }
    }
}
