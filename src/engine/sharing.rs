//! Marks and albums on their way to a store's log and back: what a lost catalog is made again from (I11), and what a
//! second device reads.

use super::{adopt::new_albums, error::Result, session::Session};
use crate::{
    backup::record,
    catalog::{error::Result as CatalogResult, stores::StoreRow},
    model::{
        album::Album,
        change::{Change, Mark},
        content::ContentId,
        id::{AlbumUid, PhotoId},
    },
    store::{
        record::Record,
        say::{self, SaidAlbum},
        state::State,
    },
    sys::task::Cx,
};
use std::collections::{BTreeSet, HashMap};

/// Changes that are looked through at once.
const CHUNK: usize = 5_000;

impl Session {
    /// Says in a store's log which marks and albums have changed since the last time. Photos whose content is not known
    /// yet are said when it is.
    ///
    /// # Errors
    /// The catalog's; a store that is away is told the next time.
    #[expect(
        clippy::too_many_lines,
        reason = "one kind of change after the other, in the log's order"
    )]
    pub fn push_marks(&self, row: &StoreRow, cx: &Cx) -> Result<()> {
        let key = format!("marks-pushed-{}", row.id);
        let pushed: i64 = self.catalog.meta(&key)?.and_then(|text| text.parse().ok()).unwrap_or(0);
        let mut last = pushed;
        let pending_key = format!("marks-pending-{}", row.id);
        let pending = self.catalog.meta(&pending_key)?.unwrap_or_default();
        let mut photos: BTreeSet<PhotoId> = serde_json::from_str::<Vec<i64>>(&pending)
            .unwrap_or_default()
            .into_iter()
            .map(PhotoId)
            .collect();
        let mut albums = BTreeSet::new();
        let (mut lost_keywords, mut left_albums) = (BTreeSet::new(), BTreeSet::new());
        let (mut shifted, mut placed) = (BTreeSet::new(), BTreeSet::new());
        loop {
            let changes = self.catalog.changes_after(last, CHUNK)?;
            let Some(newest) = changes.last() else { break };
            last = newest.seq;
            for recorded in changes {
                match recorded.change {
                    Change::Mark { photo, mark } => {
                        match mark {
                            Mark::RemoveKeyword(keyword) => {
                                lost_keywords.insert((photo, keyword));
                            }
                            Mark::Shift { .. } => {
                                shifted.insert(photo);
                            }
                            Mark::Position(_) => {
                                placed.insert(photo);
                            }
                            _ => {}
                        }
                        photos.insert(photo);
                    }
                    Change::AlbumAdd { album, photo } | Change::AlbumPlace { album, photo, .. } => {
                        albums.insert(album);
                        photos.insert(photo);
                    }
                    Change::AlbumRemove { album, photo } => {
                        left_albums.insert((photo, album.clone()));
                        albums.insert(album);
                        photos.insert(photo);
                    }
                    Change::AlbumCreate { album, .. }
                    | Change::AlbumDelete { album }
                    | Change::AlbumRename { album, .. }
                    | Change::AlbumMove { album, .. }
                    | Change::AlbumCover { album, .. }
                    | Change::AlbumBackup { album, .. } => {
                        albums.insert(album);
                    }
                }
            }
        }
        if photos.is_empty() && albums.is_empty() {
            return Ok(());
        }
        let mut records = Vec::new();
        let known: HashMap<AlbumUid, Album> = self
            .catalog
            .albums()?
            .into_iter()
            .map(|album| (album.uid.clone(), album))
            .collect();
        for uid in albums {
            let stamp = record::next_stamp(&self.bridge)?;
            let album = known.get(&uid);
            let cover = match album.and_then(|album| album.cover) {
                Some(photo) => self.content_of(photo)?,
                None => None,
            };
            let parent = album.and_then(|album| album.parent);
            let parent = known.values().find(|one| Some(one.id) == parent).map(|one| &one.uid);
            let said = album.map(|album| SaidAlbum {
                name: &album.name,
                query: album.query.as_deref(),
                parent,
                cover,
            });
            records.push(say::album(&uid, said.as_ref(), &stamp));
        }
        let mut members: HashMap<AlbumUid, HashMap<PhotoId, i64>> = HashMap::new();
        for album in known.values().filter(|album| album.query.is_none()) {
            members.insert(
                album.uid.clone(),
                self.catalog.album_places(album.id)?.into_iter().collect(),
            );
        }
        let mut waiting = Vec::new();
        for photo in photos {
            let Some(content) = self.content_of(photo)? else {
                // Not hashed yet: said when it is.
                waiting.push(photo.0);
                continue;
            };
            let gone = Gone {
                keywords: lost_keywords
                    .iter()
                    .filter(|(one, _)| *one == photo)
                    .map(|(_, keyword)| keyword)
                    .collect(),
                albums: left_albums
                    .iter()
                    .filter(|(one, _)| *one == photo)
                    .map(|(_, album)| album)
                    .collect(),
                shifted: shifted.contains(&photo),
                placed: placed.contains(&photo),
            };
            self.photo_records(photo, content, &members, &gone, &mut records)?;
        }
        let store = self.bridge.store(row, cx)?;
        record::append(&self.bridge, row, &store, &records, &[], cx)?;
        let waiting = (!waiting.is_empty()).then(|| serde_json::json!(waiting).to_string());
        self.catalog.set_meta(&pending_key, waiting.as_deref())?;
        Ok(self.catalog.set_meta(&key, Some(&last.to_string()))?)
    }

    /// What the logs know a photo by: its original's content, where it is known.
    fn content_of(&self, photo: PhotoId) -> Result<Option<ContentId>> {
        Ok(self
            .shown_file(photo)?
            .and_then(|file| file.stands_for.or(file.content)))
    }

    /// The whole of a photo's marks: said again whole, since the newest stamp counts for each field.
    fn photo_records(
        &self,
        photo: PhotoId,
        content: ContentId,
        albums: &HashMap<AlbumUid, HashMap<PhotoId, i64>>,
        gone: &Gone<'_>,
        records: &mut Vec<Record>,
    ) -> Result<()> {
        let Some(marks) = self.catalog.marks(photo)? else {
            return Ok(());
        };
        let stamp = record::next_stamp(&self.bridge)?;
        let mut marks_now = vec![
            Mark::Rating(marks.rating),
            Mark::Flag(marks.flag),
            Mark::Label(marks.label),
            Mark::Title(marks.title),
            Mark::Caption(marks.caption),
        ];
        // Most photos never had these: they are said where there is something to say, or something was taken back.
        if marks.shift_s != 0 || gone.shifted {
            marks_now.push(Mark::Shift { seconds: marks.shift_s });
        }
        if marks.position.is_some() || gone.placed {
            marks_now.push(Mark::Position(marks.position));
        }
        // A keyword or album that was left and came back is there now: only what is really gone is said to be.
        let lost = gone
            .keywords
            .iter()
            .filter(|keyword| !marks.keywords.contains(**keyword));
        let lost: Vec<Mark> = lost.map(|keyword| Mark::RemoveKeyword((*keyword).clone())).collect();
        let kept = marks.keywords.into_iter().map(Mark::AddKeyword);
        records.extend(
            marks_now
                .into_iter()
                .chain(kept)
                .chain(lost)
                .map(|mark| say::mark(content, &mark, &stamp)),
        );
        for (uid, members) in albums {
            let place = members.get(&photo).copied();
            if place.is_some() || gone.albums.contains(&uid) {
                records.push(say::album_member(content, uid, place, &stamp));
            }
        }
        Ok(())
    }

    /// Takes over the marks and albums that a store's logs know, for photos that are here. One step each, like any other
    /// change.
    ///
    /// # Errors
    /// The catalog's.
    pub fn adopt_marks(&self, state: &State) -> CatalogResult<()> {
        let mut changes = new_albums(&state.albums, &self.catalog.albums()?);
        self.covers(state, &mut changes)?;
        for ((content, field), value) in &state.marks {
            let Some(mark) = say::mark_of(field, &value.value) else {
                continue;
            };
            for photo in self.photos_with(content)? {
                changes.push(Change::Mark {
                    photo,
                    mark: mark.clone(),
                });
            }
        }
        for ((content, set, value), member) in &state.members {
            if !member.value {
                continue;
            }
            for photo in self.photos_with(content)? {
                match set.as_str() {
                    say::KEYWORDS => changes.push(Change::Mark {
                        photo,
                        mark: Mark::AddKeyword(value.clone()),
                    }),
                    say::ALBUMS => {
                        let album = AlbumUid(value.clone());
                        let place = state.places.get(&(*content, album.clone()));
                        changes.push(match place.map(|place| place.value) {
                            Some(place) => Change::AlbumPlace { album, photo, place },
                            None => Change::AlbumAdd { album, photo },
                        });
                    }
                    // A later version's set; it stays in the log.
                    _ => {}
                }
            }
        }
        if !changes.is_empty() {
            self.catalog.apply(
                &changes,
                "Take over marks from a store",
                self.clock.as_ref(),
                &self.bridge.device,
            )?;
        }
        Ok(())
    }

    /// The covers of the albums that are taken over.
    fn covers(&self, state: &State, changes: &mut Vec<Change>) -> CatalogResult<()> {
        let mut covers = Vec::new();
        for change in changes.iter() {
            let Change::AlbumCreate { album, .. } = change else {
                continue;
            };
            let Some(content) = state.albums.get(album).and_then(|album| album.value.cover) else {
                continue;
            };
            let photo = self.photos_with(&content)?.into_iter().next();
            covers.extend(photo.map(|photo| Change::AlbumCover {
                album: album.clone(),
                photo: Some(photo),
            }));
        }
        changes.extend(covers);
        Ok(())
    }

    fn photos_with(&self, content: &ContentId) -> CatalogResult<BTreeSet<PhotoId>> {
        let here = self.catalog.files_by_content(content)?;
        let proxies = self.catalog.proxies_of(content)?;
        Ok(here.into_iter().chain(proxies).map(|file| file.photo).collect())
    }
}

/// What a photo has lost since the last time, and may have got back.
struct Gone<'a> {
    keywords: Vec<&'a String>,
    albums: Vec<&'a AlbumUid>,
    shifted: bool,
    placed: bool,
}
