//! Albums of a store's logs, taken over into a catalog: other devices' words, so nothing of them may be impossible here.
//! Whatever they say, the changes made of it can be made.

use crate::{
    model::{
        album::Album,
        change::{Change, MAX_ALBUM_DEPTH, normal_text},
        fold::fold,
        id::AlbumUid,
        query::Query,
    },
    store::state::{AlbumState, Stamped},
};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The longest name that is taken over, in characters; a number may follow it.
const MAX_NAME: usize = 180;

/// What is known of the albums that are there while others come beside them.
struct Shelf {
    /// How deep each lies.
    depth: HashMap<AlbumUid, usize>,
    /// Names that are taken, by the album that they lie in.
    names: HashSet<(Option<AlbumUid>, String)>,
}

impl Shelf {
    /// The name, or the name with a number, that is free there; taken from now on.
    fn name(&mut self, parent: Option<&AlbumUid>, name: &str) -> String {
        let mut free = name.to_owned();
        let mut number = 2_u32;
        while !self.names.insert((parent.cloned(), fold(&free))) {
            free = format!("{name} {number}");
            number = number.saturating_add(1);
        }
        free
    }

    fn takes(&self, parent: Option<&AlbumUid>, name: &str) -> bool {
        self.names.contains(&(parent.cloned(), fold(name)))
    }
}

/// A name that any album may have.
fn usable(name: &str) -> String {
    let clean: String = normal_text(name)
        .chars()
        .filter(|c| !c.is_control())
        .map(|c| if c == '/' { '-' } else { c })
        .take(MAX_NAME)
        .collect();
    match clean.trim() {
        "" => "Album".to_owned(),
        clean => clean.to_owned(),
    }
}

/// The changes that make the albums of a log which are not here yet, parents first. One whose query this version cannot
/// read stays in the log; one that cannot lie where the log says (in itself, in a smart album, too deep) comes to the top.
#[must_use]
pub(in crate::engine) fn new_albums(said: &BTreeMap<AlbumUid, Stamped<AlbumState>>, here: &[Album]) -> Vec<Change> {
    let by_id: HashMap<_, _> = here.iter().map(|album| (album.id, &album.uid)).collect();
    let parent_of = |album: &Album| {
        album
            .parent
            .and_then(|parent| by_id.get(&parent))
            .map(|uid| (*uid).clone())
    };
    let mut shelf = Shelf {
        depth: here
            .iter()
            .filter(|album| album.query.is_none())
            .map(|album| (album.uid.clone(), album.depth as usize))
            .collect(),
        names: here.iter().map(|album| (parent_of(album), fold(&album.name))).collect(),
    };
    let known: HashSet<&AlbumUid> = here.iter().map(|album| &album.uid).collect();
    let readable = |album: &AlbumState| album.query.as_deref().is_none_or(|query| Query::parse(query).is_ok());
    let mut waiting: Vec<(&AlbumUid, &AlbumState)> = said
        .iter()
        .map(|(uid, album)| (uid, &album.value))
        .filter(|(uid, album)| !album.deleted && !known.contains(uid) && readable(album))
        .collect();
    let mut changes = Vec::new();
    while !waiting.is_empty() {
        let ready = |(_, album): &(&AlbumUid, &AlbumState)| {
            let parent = album.parent.as_ref();
            parent.is_none_or(|parent| !waiting.iter().any(|(uid, _)| *uid == parent))
        };
        // Where none is ready they lie in each other: one of them has to come to the top.
        let at = waiting.iter().position(ready);
        let (uid, album) = waiting.remove(at.unwrap_or(0));
        let parent = album.parent.as_ref().filter(|_| at.is_some());
        let parent = parent.filter(|parent| shelf.depth.get(*parent).is_some_and(|depth| *depth < MAX_ALBUM_DEPTH));
        make(uid, album, parent, &mut shelf, &mut changes);
    }
    changes
}

fn make(uid: &AlbumUid, album: &AlbumState, parent: Option<&AlbumUid>, shelf: &mut Shelf, changes: &mut Vec<Change>) {
    if album.query.is_none() {
        let depth = parent
            .and_then(|parent| shelf.depth.get(parent))
            .map_or(0, |depth| depth + 1);
        shelf.depth.insert(uid.clone(), depth);
    }
    let create = |name| Change::AlbumCreate {
        album: uid.clone(),
        name,
        query: album.query.clone(),
    };
    let name = usable(&album.name);
    let Some(parent) = parent else {
        changes.push(create(shelf.name(None, &name)));
        return;
    };
    // Made at the top under a name that is free there and inside, then moved, then named as it is called.
    let named = shelf.name(Some(parent), &name);
    let mut first = named.clone();
    let mut number = 2_u32;
    while shelf.takes(None, &first) || (first != named && shelf.takes(Some(parent), &first)) {
        first = format!("{name} {number}");
        number = number.saturating_add(1);
    }
    let renamed = first != named;
    changes.push(create(first));
    changes.push(Change::AlbumMove {
        album: uid.clone(),
        parent: Some(parent.clone()),
    });
    if renamed {
        changes.push(Change::AlbumRename {
            album: uid.clone(),
            name: named,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalog::Catalog,
        model::{
            change::Annotations,
            id::{AlbumId, DeviceId},
            time::Timestamp,
        },
        sys::clock::SimClock,
    };

    fn said(albums: &[(&str, &str, Option<&str>)]) -> BTreeMap<AlbumUid, Stamped<AlbumState>> {
        let one = |(uid, name, parent): &(&str, &str, Option<&str>)| {
            let value = AlbumState {
                name: (*name).to_owned(),
                query: name.starts_with("Smart").then(|| "rating:5".to_owned()),
                parent: parent.map(|parent| AlbumUid(parent.to_owned())),
                cover: None,
                deleted: false,
            };
            let stamp = "000000000001-00000000-a".to_owned();
            (AlbumUid((*uid).to_owned()), Stamped { value, stamp })
        };
        albums.iter().map(one).collect()
    }

    #[test]
    fn whatever_a_log_says_of_albums_can_be_made() {
        let dir = tempfile::tempdir().expect("a folder");
        let catalog = Catalog::open(&dir.path().join("catalog.sqlite")).expect("a catalog");
        let (clock, device) = (SimClock::at(Timestamp(1)), DeviceId("d".to_owned()));
        let take = |albums: &[(&str, &str, Option<&str>)]| {
            let changes = new_albums(&said(albums), &catalog.albums().expect("albums"));
            catalog
                .apply(&changes, "take over", &clock, &device)
                .expect("changes that can be made");
        };
        take(&[("t", "Trips", None), ("s", "Selects", None)]);
        take(&[
            // The parent sorts behind its children.
            ("z", "2024", None),
            ("a", "Rome", Some("z")),
            ("b", "rome", Some("z")),
            ("c", "Selects", Some("a")),
            ("d", "Selects", Some("z")),
            ("e", "Trips", None),
            ("f", "x/y\u{1}", Some("t")),
            ("g", "", Some("gone")),
            ("h", "Ring", Some("i")),
            ("i", "Ring", Some("h")),
            ("j", "Self", Some("j")),
            ("k", "Smart", None),
            ("l", "In smart", Some("k")),
        ]);
        let paths: Vec<String> = catalog
            .albums()
            .expect("albums")
            .into_iter()
            .map(|album| album.path)
            .collect();
        let expected = [
            "2024",
            "2024/Rome",
            "2024/Rome/Selects",
            "2024/rome 2",
            "2024/Selects",
            "Album",
            "In smart",
            "Ring",
            "Ring/Ring",
            "Selects",
            "Self",
            "Trips",
            "Trips/x-y",
            "Trips 2",
            "Smart",
        ];
        assert_eq!(paths, expected);
        // A chain that is too long is cut, and a second time there is nothing to do.
        let names: Vec<(String, String)> = (0..40)
            .map(|n| (format!("n{n:02}"), format!("n{:02}", n + 1)))
            .collect();
        let chain: Vec<(&str, &str, Option<&str>)> = names
            .iter()
            .map(|(uid, parent)| (uid.as_str(), "Deep", Some(parent.as_str())))
            .collect();
        take(&chain);
        assert_eq!(catalog.albums().expect("albums").len(), 15 + 40);
        assert_eq!(new_albums(&said(&chain), &catalog.albums().expect("albums")), []);
        let mut replayed = Annotations::default();
        for line in catalog.changes_after(0, usize::MAX).expect("the log") {
            replayed.apply(&line.change);
        }
        assert_eq!(replayed, catalog.annotations().expect("the state"), "I6");
        assert_eq!(catalog.album(AlbumId(404)).expect("a read"), None);
    }
}
