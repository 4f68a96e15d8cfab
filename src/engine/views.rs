//! From rows to what a frame shows: views, details, cards, the queue. Reading only; nothing here changes anything.

use super::{
    command::{Scope, Sort, Source},
    culling,
    error::{OpError, Result},
    finding::Finder,
    session::Session,
    snapshot::{
        Bursts, CopyView, Counts, FileView, FolderView, JobView, OptimizeView, PhotoDetail, QueueView, RootView,
        Severity, StoreState, StoreView, Tile, View,
    },
};
use crate::{
    backup::{bridge::over_network, release::ReleaseReport},
    catalog::{
        browse::{BrowseCounts, Filter, Order, PhotoFull, TileRow, sort_tiles},
        stores::StoreRow,
        swaps::SwapState,
    },
    model::{
        id::{AlbumId, PhotoId, RootId},
        query::{Query, Term},
        receipt::Receipt,
        safety::{Safety, THIS_MACHINE},
        time::{DAY_MS, Timestamp, ago},
    },
    sys::task::Cx,
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Photos added in this time are recent.
const RECENT_MS: i64 = 30 * DAY_MS;
/// Rows of the queue that are shown.
const QUEUE_ROWS: usize = 200;

fn order_of(sort: Sort) -> Order {
    match sort {
        Sort::NewestFirst => Order::NewestFirst,
        Sort::OldestFirst => Order::OldestFirst,
        Sort::Name => Order::Name,
        Sort::Rating => Order::Rating,
        Sort::ByHand => Order::ByHand,
    }
}

/// One line of what was done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Activity {
    /// When.
    pub at: Timestamp,
    /// How it went.
    pub severity: Severity,
    /// What.
    pub text: String,
}

impl Session {
    /// The photos of a search text; everything that is there for an empty one.
    ///
    /// # Errors
    /// `Usage` where the text cannot be understood.
    pub fn find(&self, text: &str) -> Result<Vec<PhotoId>> {
        let query = self.parse(text)?;
        Ok(self.catalog.search(&query)?)
    }

    /// The photos of command line words, of which some may be paths of files and folders.
    ///
    /// # Errors
    /// `Usage` where they cannot be understood.
    pub fn find_args(&self, words: &[String]) -> Result<Vec<PhotoId>> {
        let is_path = |word: &str| self.fs.stat(std::path::Path::new(word)).is_ok();
        let mut query = Query::from_args(words, is_path).map_err(|error| OpError::Usage(error.to_string()))?;
        query.map_paths(|path| {
            let found = crate::sys::real::canonical(std::path::Path::new(path));
            found.map_or_else(|_| path.to_owned(), |path| path.to_string_lossy().into_owned())
        });
        Ok(self.catalog.search(&query)?)
    }

    fn parse(&self, text: &str) -> Result<Query> {
        Query::parse(text).map_err(|error| OpError::Usage(error.to_string()))
    }

    /// The photos of a scope.
    ///
    /// # Errors
    /// `Usage` where its query cannot be understood.
    pub fn photos_of(&self, scope: &Scope) -> Result<Vec<PhotoId>> {
        match scope {
            Scope::All => Ok(self.catalog.photo_ids(&crate::catalog::photos::PhotoScope::All)?),
            Scope::Photos(photos) => Ok(photos.clone()),
            Scope::Album(album) => self.album_photos(*album),
            Scope::Query(text) => self.find(text),
            Scope::Set(store) => {
                let row = self.stores_for(Some(&store.0))?.remove(0);
                Ok(self.set_photos(&row)?.unwrap_or_default())
            }
        }
    }

    /// The photos of an album, picked or smart.
    ///
    /// # Errors
    /// The catalog's.
    pub fn album_photos(&self, album: AlbumId) -> Result<Vec<PhotoId>> {
        Ok(self.catalog.album_photos(album)?)
    }

    /// The grid's photos.
    ///
    /// # Errors
    /// The catalog's; a search text that cannot be understood is said in the view.
    pub fn view(&self, source: &Source, query: &str, sort: Sort, generation: u64) -> Result<View> {
        let (filter, title) = self.filter_of(source)?;
        let (parsed, query_error) = match Query::parse(query) {
            Ok(parsed) => (parsed, None),
            Err(error) => (Query::everything(), Some(error.to_string())),
        };
        let finder = parsed.expr().map(|expr| Finder::new(&self.catalog, expr)).transpose()?;
        // What cannot be understood finds nothing: everything instead would lie under the next key that marks all.
        let readable = query_error.is_none();
        let shown =
            |tile: &&TileRow| readable && finder.as_ref().is_none_or(|finder| finder.finds(tile, &tile.columns()));
        // What is no longer in its folder is in no list of what is there.
        let removed = parsed.asks_for_removed();
        let (library, own);
        let (rows, bursts): (Vec<&TileRow>, Bursts) = if filter == Filter::All && !removed {
            library = self.tiles.library(&self.catalog)?;
            let mut rows: Vec<&TileRow> = library.tiles.iter().filter(shown).collect();
            if sort != Sort::NewestFirst {
                sort_tiles(&mut rows, order_of(sort));
            }
            let whole = sort == Sort::NewestFirst && rows.len() == library.tiles.len();
            let bursts = match whole {
                true => library.bursts.clone(),
                false => library.bursts.among(rows.iter().map(|tile| tile.id)),
            };
            (rows, bursts)
        } else {
            let filter = if filter == Filter::All {
                Filter::Everything
            } else {
                filter
            };
            own = self.catalog.tiles(&filter, None, order_of(sort))?;
            let pictures = |tile: &&TileRow| filter != Filter::Everything || tile.kind.is_shown();
            let rows: Vec<&TileRow> = own.iter().filter(shown).filter(pictures).collect();
            let bursts = Bursts::new(culling::bursts_of(&self.catalog, &rows)?);
            (rows, bursts)
        };
        let offline: HashSet<RootId> = self
            .catalog
            .roots()?
            .into_iter()
            .filter(|root| !root.online)
            .map(|root| root.id)
            .collect();
        Ok(View {
            generation,
            source: source.clone(),
            query: query.to_owned(),
            query_error,
            sort,
            title,
            bytes: rows.iter().map(|tile| tile.size).sum(),
            tiles: rows
                .into_iter()
                .map(|row| Tile {
                    id: row.id,
                    name: Arc::clone(&row.name),
                    aspect: row.aspect,
                    day: row.day,
                    rating: row.rating,
                    flag: row.flag,
                    label: row.label,
                    safety: row.safety,
                    kind: row.kind,
                    raw_pair: row.raw_pair,
                    problem: row.problem,
                    offline: offline.contains(&row.root),
                })
                .collect(),
            bursts,
        })
    }

    fn filter_of(&self, source: &Source) -> Result<(Filter, String)> {
        let plain = |filter, title: &str| Ok((filter, title.to_owned()));
        match source {
            Source::All => plain(Filter::All, "All photos"),
            Source::Recent => plain(Filter::AddedSince(self.clock.now().plus(-RECENT_MS)), "Recently added"),
            Source::Picks => plain(Filter::Picks, "Picks"),
            Source::FiveStars => plain(Filter::FiveStars, "Favourites"),
            Source::Others => plain(Filter::Others, "Other files"),
            Source::Trash => {
                let lines = self.trash_lines()?;
                let photos = lines.iter().map(|line| line.photo).collect();
                plain(Filter::Photos(photos), "Safelight's trash")
            }
            Source::Safety(buckets) => {
                let title = match buckets.as_slice() {
                    [one] => one.title(),
                    _ if buckets.contains(&Safety::OnlyHere) => "Not safe yet",
                    _ if buckets.contains(&Safety::Optimized) => "Optimized",
                    _ => "Safe",
                };
                plain(Filter::Safety(buckets.clone()), title)
            }
            Source::Root(root) => {
                let path = self.catalog.root(*root)?.map(|root| root.path);
                Ok((
                    Filter::Root(*root),
                    path.map_or_else(|| "Folder".to_owned(), |path: std::path::PathBuf| last_part(&path)),
                ))
            }
            Source::Folder(folder) => {
                let path = self.catalog.folder_path(*folder)?;
                Ok((Filter::Folder(*folder), last_part(&path)))
            }
            Source::Place(path) => {
                let query = Query::from(Term::Place(format!("/{path}")));
                let title = path.rsplit('/').next().unwrap_or(path);
                Ok((Filter::Photos(self.catalog.search(&query)?), title.to_owned()))
            }
            Source::Album(album) => {
                let name = self.catalog.album_name(*album)?;
                Ok((Filter::Album(*album), name.unwrap_or_else(|| "Album".to_owned())))
            }
        }
    }

    /// Numbers beside the sidebar's entries.
    ///
    /// # Errors
    /// The catalog's.
    pub fn counts(&self) -> Result<Counts> {
        let library = self.tiles.library(&self.catalog)?;
        let counts = BrowseCounts::of(&library.tiles, self.clock.now().plus(-RECENT_MS));
        let (trashed, trashed_bytes) = self.catalog.trash_counts()?;
        Ok(Counts {
            trashed,
            trashed_bytes,
            all: counts.all,
            recent: counts.recent,
            picks: counts.picks,
            five_stars: counts.five_stars,
            others: library.others,
        })
    }

    /// The watched trees.
    ///
    /// # Errors
    /// The catalog's.
    pub fn root_views(&self) -> Result<Vec<RootView>> {
        let trees = self.catalog.root_trees()?;
        Ok(trees
            .into_iter()
            .map(|tree| RootView {
                id: tree.root.id,
                name: last_part(&tree.root.path),
                path: tree.root.path,
                online: tree.root.online,
                photos: tree.photos,
                folders: tree
                    .folders
                    .into_iter()
                    .map(|folder| FolderView {
                        id: folder.id,
                        name: folder.name,
                        depth: folder.depth,
                        photos: folder.photos,
                        has_children: folder.has_children,
                    })
                    .collect(),
            })
            .collect())
    }

    /// Everything known of one photo.
    ///
    /// # Errors
    /// The catalog's.
    pub fn detail(&self, photo: PhotoId) -> Result<Option<PhotoDetail>> {
        let Some(full) = self.catalog.photo_full(photo)? else {
            return Ok(None);
        };
        let stores: HashMap<_, StoreRow> = self
            .catalog
            .stores()?
            .into_iter()
            .map(|row| (row.id.clone(), row))
            .collect();
        let now = self.clock.now();
        let mut copies = Vec::new();
        let mut receipts: Vec<Receipt> = Vec::new();
        for file in &full.files {
            let Some(content) = file.stands_for.or(file.content) else {
                continue;
            };
            for receipt in self.catalog.receipts(&content)? {
                let Some(row) = stores.get(&receipt.store) else {
                    continue;
                };
                let (method, at) = receipt.best();
                let sentence = if receipt.damaged {
                    "Damaged or missing at the last check".to_owned()
                } else {
                    format!("{}, {}", capital(method.sentence()), ago(now.since(at)))
                };
                copies.push(CopyView {
                    store: row.name.clone(),
                    file: file.name.to_string_lossy().into_owned(),
                    key: receipt.key.clone(),
                    method,
                    at,
                    damaged: receipt.damaged,
                    sentence,
                });
                receipts.push(receipt);
            }
        }
        let safety_sentence = self.safety_sentence(&full, &receipts)?;
        let away = full.files.first().and_then(|file| self.away(file));
        let (sidecar_notes, sidecar_conflict) = self.sidecar_notes(photo)?;
        let primary = full
            .files
            .iter()
            .find(|file| Some(file.id) == full.photo.primary)
            .or(full.files.first());
        let name = primary
            .map(|file| file.name.to_string_lossy().into_owned())
            .unwrap_or_default();
        let folder = primary
            .and_then(|file| file.path.parent())
            .map(std::path::Path::to_owned)
            .unwrap_or_default();
        Ok(Some(PhotoDetail {
            id: photo,
            name,
            folder,
            facts: full.photo.facts.clone(),
            file_taken: full.photo.file_taken,
            file_gps: full.photo.file_gps,
            shift_s: full.photo.shift_s,
            own_position: full.photo.own_position,
            place: full.place,
            files: full
                .files
                .iter()
                .enumerate()
                .map(|(at, file)| FileView {
                    id: file.id,
                    name: file.name.to_string_lossy().into_owned(),
                    role: file.role,
                    size: file.size,
                    content: file.content,
                    stands_for: file.stands_for,
                    original_size: file.original_size,
                    // Only the first says it: the others lie beside it.
                    problem: file.problem.clone().or_else(|| away.clone().filter(|_| at == 0)),
                })
                .collect(),
            rating: full.photo.rating,
            flag: full.photo.flag,
            label: full.photo.label,
            keywords: full.keywords,
            title: full.photo.title,
            caption: full.photo.caption,
            albums: full.albums,
            safety: full.photo.safety,
            safety_sentence,
            sidecar_notes,
            sidecar_conflict,
            copies,
        }))
    }

    /// How we know, since when, or what is missing (rule 12).
    fn safety_sentence(&self, full: &PhotoFull, receipts: &[Receipt]) -> Result<String> {
        let now = self.clock.now();
        let proven: Vec<&Receipt> = receipts.iter().filter(|receipt| receipt.proves()).collect();
        let oldest = proven.iter().filter_map(|receipt| receipt.read_back_at).min();
        let since = oldest.map_or_else(String::new, |at| ago(now.since(at)));
        let reason = full
            .files
            .iter()
            .find_map(|file| file.problem.clone().filter(|_| !file.undecodable))
            .or(self.blocked_reason(full)?);
        Ok(match full.photo.safety {
            Safety::OnlyHere => "Only on this disk. If it fails, this photo is gone.".to_owned(),
            Safety::Waiting => "In the queue. Until it is read back, it is only on this disk.".to_owned(),
            Safety::Sent if proven.is_empty() => "Copied, but not read back yet.".to_owned(),
            Safety::Sent => {
                format!("Read back {since}, but the copy is on the same disk as the photo: it would be lost with it.")
            }
            Safety::MarksWait => {
                let what = match full.files.iter().any(|file| file.is_proxy()) {
                    true => "The original is in the store",
                    false => "The photo is safe",
                };
                format!("{what}, read back {since}. Its newest marks wait in the sidecar for the next backup.")
            }
            Safety::Safe => format!("Read back {since}, every byte compared."),
            Safety::Held => {
                format!("The original is held on this disk for now, and was read back from the store {since}.")
            }
            Safety::Optimized => format!("The original is in the store, read back {since}."),
            Safety::NeedsYou => {
                reason.unwrap_or_else(|| "Its copy was damaged or missing at the last check.".to_owned())
            }
            Safety::Removed => "No longer in its folder. Its copies stay where they are.".to_owned(),
        })
    }

    fn blocked_reason(&self, full: &PhotoFull) -> Result<Option<String>> {
        if full.photo.safety != Safety::NeedsYou {
            return Ok(None);
        }
        let files: HashSet<_> = full.files.iter().map(|file| file.id).collect();
        for file in &full.files {
            if let Some(note) = self.catalog.swap_of(file.id)?.and_then(|swap| swap.note) {
                return Ok(Some(note));
            }
        }
        let rows = self.catalog.queue_rows(QUEUE_ROWS)?;
        Ok(rows
            .into_iter()
            .find(|row| files.contains(&row.job.file))
            .and_then(|row| row.job.reason))
    }

    /// The stores' cards. `ask` goes to each store and asks whether it answers; else only what is remembered is shown.
    ///
    /// # Errors
    /// The catalog's.
    pub fn store_views(&self, ask: bool, cx: &Cx) -> Result<Vec<StoreView>> {
        let mut views = Vec::new();
        let queued = self.catalog.queue_by_store()?;
        let volumes: HashSet<u64> = self.catalog.roots()?.into_iter().map(|root| root.volume).collect();
        for row in self.catalog.stores()? {
            let numbers = self.catalog.store_numbers(&row.id)?;
            let mut state = row.paused.clone().map_or(StoreState::Ready, StoreState::Paused);
            let mut store = None;
            if ask {
                match self.bridge.store(&row, cx) {
                    Ok(open) => store = Some(open),
                    Err(error) => state = StoreState::Unreachable(error.to_string()),
                }
            }
            let room = self.bridge.room(&row, store.as_deref(), cx)?;
            let waiting = queued.iter().find(|(id, ..)| *id == row.id);
            let mut cloud =
                self.cloud_view(&row, room, waiting.map_or((0, 0), |(_, files, bytes)| (*files, *bytes)))?;
            cloud.asking = !ask;
            let same_disk = row.device.is_some_and(|device| volumes.contains(&device));
            let (counts, note) = match (row.counts_override, same_disk) {
                (false, _) if row.device == Some(THIS_MACHINE) => (
                    false,
                    "A server on this machine: on which of its disks it keeps your photos cannot be seen, so it makes nothing \
                     safe and lets nothing go. Does a tunnel lead from here to another machine? Then say so in the settings \
                     of this store.",
                ),
                (true, _) => (true, "Counts as another disk for this demonstration only."),
                (false, true) => (
                    false,
                    "On the same disk as your photos: it helps against a slip of the hand, not against a broken disk, \
                     so it makes nothing safe and lets nothing go.",
                ),
                (false, false) if row.config.elsewhere => {
                    (true, "On another machine, as you said: it survives this one.")
                }
                (false, false) if over_network(&row.url) => (true, "Away from this machine: it survives this machine."),
                (false, false) => (true, "On another disk than your photos."),
            };
            views.push(StoreView {
                id: row.id,
                name: row.name,
                kind: match row.config.kind.as_str() {
                    "" => "Folder".to_owned(),
                    kind => kind.to_owned(),
                },
                place: row.url,
                state,
                counts,
                counts_note: note.to_owned(),
                proven: numbers.proven,
                bytes: numbers.bytes,
                damaged: numbers.damaged,
                last_verified: numbers.last_verified,
                free: room.free,
                total: room.total,
                cloud,
            });
        }
        Ok(views)
    }

    /// The queue's rows and counts; what a running worker adds (rate, time left) is added by who runs it.
    ///
    /// # Errors
    /// The catalog's.
    pub fn queue_view(&self) -> Result<QueueView> {
        let names: HashMap<_, String> = self
            .catalog
            .stores()?
            .into_iter()
            .map(|row| (row.id, row.name))
            .collect();
        let counts = self.catalog.queue_counts()?;
        let rows = self.catalog.queue_rows(QUEUE_ROWS)?;
        Ok(QueueView {
            total: counts.active + counts.waiting,
            bytes_total: counts.bytes,
            waiting: counts.waiting,
            blocked: counts.blocked,
            rows: rows
                .into_iter()
                .map(|row| JobView {
                    id: row.job.id,
                    photo: row.photo,
                    name: row.name,
                    store: names.get(&row.job.store).cloned().unwrap_or_default(),
                    size: row.size,
                    state: row.job.state,
                    reason: row.job.reason,
                })
                .collect(),
            ..QueueView::default()
        })
    }

    /// What is held and what was freed, without a preview.
    ///
    /// # Errors
    /// The catalog's.
    pub fn held_view(&self) -> Result<OptimizeView> {
        let held = self.catalog.swaps(&[SwapState::Held])?;
        let (optimized, freed) = self.catalog.freed()?;
        Ok(OptimizeView {
            held: held.len() as u64,
            held_bytes: held.iter().map(|swap| swap.size).sum(),
            next_release: held.iter().map(|swap| swap.held_until).min(),
            optimized,
            freed,
            ..OptimizeView::default()
        })
    }

    /// What was done lately, newest first.
    ///
    /// # Errors
    /// The catalog's.
    pub fn activity_views(&self, limit: usize) -> Result<Vec<Activity>> {
        Ok(self
            .catalog
            .activity(limit)?
            .into_iter()
            .map(|row| Activity {
                at: row.at,
                severity: severity_of(row.severity),
                text: row.text,
            })
            .collect())
    }
}

fn severity_of(number: u8) -> Severity {
    match number {
        0 => Severity::Info,
        1 => Severity::Success,
        2 => Severity::Warning,
        _ => Severity::Error,
    }
}

/// A path's last part, or all of it where it has none.
pub(in crate::engine) fn last_part(path: &std::path::Path) -> String {
    path.file_name().map_or_else(
        || path.display().to_string(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// One sentence on how a round of releases went.
#[must_use]
pub(in crate::engine) fn release_sentence(report: &ReleaseReport) -> String {
    let freed = crate::model::content::human_bytes(report.freed);
    match (report.released, report.kept.len()) {
        (0, 0) => "No original was due.".to_owned(),
        (released, 0) => format!("{released} originals left this disk, {freed} freed."),
        (released, kept) => format!("{released} originals left this disk, {freed} freed; {kept} stay."),
    }
}
