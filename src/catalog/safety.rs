//! Keeps `photos.safety` true: the one place where evidence, queue and journal become the bucket a person sees (I13).
//!
//! A file stands where its evidence puts it; a photo stands where its worst file stands. Where only a sidecar stands worse
//! than what is proven, that has a bucket of its own (`MarksWait`): no less strict, and truer words. A copy makes a photo safe only
//! where it has been read back from a store that is not on the photo's own disk.

use super::{Catalog, browse::SHOWN, error::Result};
use crate::model::{
    id::PhotoId,
    photo::Role,
    safety::{Count, Safety, THIS_MACHINE, Totals},
};
use rusqlite::{Transaction, params};

/// A copy of content `x` that has been read back, in a store that the person has not removed.
const PROVEN: &str = "SELECT 1 FROM receipts r JOIN stores s ON s.id = r.store WHERE r.content = x AND s.gone = 0
    AND r.damaged = 0 AND r.read_back_at IS NOT NULL";

/// The bucket of one file, as `Safety`'s numbers. `f` is the file; its own device is asked, since another disk may be
/// mounted inside its root. The rank of the worst wins, so the numbers here are ranks: 0 needs you, 1 only here, 2 waiting,
/// 3 copied, 4 held, 5 optimized, 6 safe.
pub(in crate::catalog) fn rank_sql() -> String {
    let content = "COALESCE(f.stands_for, f.content)";
    let proven = PROVEN.replace("= x", &format!("= {content}"));
    let other_disk = format!(
        "(s.counts_override = 1 OR s.device IS NULL OR s.device NOT IN (f.dev, {}))",
        THIS_MACHINE.cast_signed()
    );
    format!(
        "CASE
            WHEN EXISTS (SELECT 1 FROM swaps w WHERE w.file_id = f.id AND w.state = 7) THEN 0
            WHEN f.problem IS NOT NULL AND f.undecodable = 0 THEN 0
            WHEN EXISTS (SELECT 1 FROM jobs j WHERE j.file_id = f.id AND j.state = 7) THEN 0
            WHEN EXISTS (SELECT 1 FROM swaps w WHERE w.file_id = f.id AND w.state IN (0, 1, 2))
                THEN CASE WHEN EXISTS ({proven}) THEN 4 ELSE 0 END
            WHEN f.stands_for IS NOT NULL THEN CASE WHEN EXISTS ({proven}) THEN 5 ELSE 0 END
            WHEN f.content IS NOT NULL AND EXISTS ({proven} AND {other_disk}) THEN 6
            WHEN EXISTS (SELECT 1 FROM jobs j WHERE j.file_id = f.id) THEN 2
            WHEN f.content IS NOT NULL AND EXISTS (SELECT 1 FROM receipts r JOIN stores s ON s.id = r.store
                WHERE r.content = f.content AND s.gone = 0 AND r.damaged = 1) AND NOT EXISTS ({proven}) THEN 0
            WHEN f.content IS NOT NULL AND EXISTS (SELECT 1 FROM receipts r JOIN stores s ON s.id = r.store
                WHERE r.content = f.content AND s.gone = 0) THEN 3
            ELSE 1
        END"
    )
}

fn update_sql(which: &str) -> String {
    format!(
        "UPDATE photos SET safety = CASE WHEN missing_since IS NOT NULL THEN {removed} ELSE COALESCE((
            SELECT CASE WHEN MIN(rank) BETWEEN 1 AND 3 AND MIN(CASE WHEN beside THEN NULL ELSE rank END) >= 4 THEN {marks_wait}
                ELSE CASE MIN(rank) WHEN 0 THEN {needs_you} WHEN 1 THEN {only_here} WHEN 2 THEN {waiting} WHEN 3 THEN {sent}
                    WHEN 4 THEN {held} WHEN 5 THEN {optimized} ELSE {safe} END
                END
            -- The limit keeps SQLite from working each rank out twice.
            FROM (SELECT {rank} AS rank, f.role = {sidecar} AS beside
                FROM files f WHERE f.photo_id = photos.id AND f.missing_since IS NULL LIMIT -1) HAVING COUNT(*) > 0), {only_here}) END
        WHERE {which}",
        rank = rank_sql(),
        sidecar = Role::Sidecar.number(),
        only_here = Safety::OnlyHere.number(),
        waiting = Safety::Waiting.number(),
        sent = Safety::Sent.number(),
        marks_wait = Safety::MarksWait.number(),
        safe = Safety::Safe.number(),
        held = Safety::Held.number(),
        optimized = Safety::Optimized.number(),
        needs_you = Safety::NeedsYou.number(),
        removed = Safety::Removed.number(),
    )
}

/// Works out the bucket of these photos again. Called inside every transaction that changes files, jobs, receipts or
/// swaps.
pub(in crate::catalog) fn refresh(tx: &Transaction<'_>, photos: &[PhotoId]) -> Result<()> {
    if photos.is_empty() {
        return Ok(());
    }
    let mut statement = tx.prepare_cached(&update_sql("id = ?1"))?;
    for photo in photos {
        statement.execute(params![photo.0])?;
    }
    Ok(())
}

/// The same for every photo with this content, whichever file carries it.
pub(in crate::catalog) fn refresh_content(tx: &Transaction<'_>, content: &str) -> Result<()> {
    let mut statement = tx.prepare_cached(&update_sql(
        "id IN (SELECT photo_id FROM files WHERE content = ?1 UNION SELECT photo_id FROM files WHERE stands_for = ?1)",
    ))?;
    statement.execute(params![content])?;
    Ok(())
}

/// The same for the whole library: after a store came or went.
pub(in crate::catalog) fn refresh_all(tx: &Transaction<'_>) -> Result<()> {
    tx.execute(&update_sql("1"), [])?;
    Ok(())
}

impl Catalog {
    /// The whole library by bucket, and counted once more by itself: the two must agree (I13).
    ///
    /// # Errors
    /// SQLite's.
    pub fn totals(&self) -> Result<Totals> {
        self.read(|tx| {
            let mut totals = Totals::default();
            let mut statement = tx.prepare_cached(&format!(
                "SELECT p.safety, COUNT(DISTINCT CASE WHEN {SHOWN} THEN p.id END), COUNT(f.id),
                     COALESCE(SUM(f.size), 0), COUNT(DISTINCT CASE WHEN {SHOWN} THEN NULL ELSE p.id END)
                 FROM photos p LEFT JOIN files f ON f.photo_id = p.id GROUP BY p.safety"
            ))?;
            let rows = statement.query_map([], |row| {
                let count = Count {
                    photos: row.get(1)?,
                    files: row.get(2)?,
                    bytes: row.get(3)?,
                    others: row.get(4)?,
                };
                Ok((row.get::<_, u8>(0)?, count))
            })?;
            for row in rows {
                let (number, count) = row?;
                if let Some(bucket) = totals
                    .buckets
                    .get_mut(usize::from(Safety::from_number(number).number()))
                {
                    *bucket = count;
                }
            }
            totals.all = tx.query_row(
                &format!(
                    "SELECT (SELECT COUNT(*) FROM photos p WHERE {SHOWN}), COUNT(*), COALESCE(SUM(size), 0),
                         (SELECT COUNT(*) FROM photos p WHERE NOT {SHOWN}) FROM files"
                ),
                [],
                |row| {
                    Ok(Count {
                        photos: row.get(0)?,
                        files: row.get(1)?,
                        bytes: row.get(2)?,
                        others: row.get(3)?,
                    })
                },
            )?;
            Ok(totals)
        })
    }

    /// Works out every photo's bucket again.
    ///
    /// # Errors
    /// SQLite's.
    pub fn refresh_safety(&self) -> Result<()> {
        self.write(refresh_all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        catalog::stores::{StoreConfig, StoreRow},
        model::{
            content::ContentId,
            id::{RootId, StoreId},
            receipt::Receipt,
            time::Timestamp,
        },
    };

    const DISK: u64 = 1;
    const OTHER_DISK: u64 = 2;

    /// A photo of one file on `DISK`, below a root on `DISK`, with a copy that was read back from a store on `OTHER_DISK`.
    fn world(dir: &std::path::Path) -> (Catalog, RootId, StoreId, ContentId) {
        let catalog = Catalog::open(&dir.join("catalog.sqlite")).expect("opened");
        let root = catalog
            .add_root(std::path::Path::new("/photos"), DISK, Timestamp(0))
            .expect("a root")
            .root()
            .id;
        let content = ContentId::of(b"photo");
        catalog
            .write(|tx| {
                tx.execute("INSERT INTO folders (id, root_id, rel) VALUES (1, ?1, x'')", [root.0])?;
                tx.execute(
                    "INSERT INTO photos (id, folder_id, primary_file, kind, sort_time, added_at) VALUES (1, 1, 1, 0, 0, 0)",
                    [],
                )?;
                tx.execute(
                    "INSERT INTO files (id, photo_id, folder_id, name, role, kind, size, mtime_ns, ctime_ns, dev, inode, seen_at, content)
                     VALUES (1, 1, 1, x'61', 0, 0, 5, 0, 0, ?1, 1, 0, ?2)",
                    params![DISK.cast_signed(), content.to_string()],
                )?;
                Ok(())
            })
            .expect("a photo");
        let store = StoreId("s".to_owned());
        let row = StoreRow {
            id: store.clone(),
            name: "disk".to_owned(),
            url: "/store".to_owned(),
            created_at: Timestamp(0),
            counts_override: false,
            device: Some(OTHER_DISK),
            config: StoreConfig::default(),
            paused: None,
            pause: None,
            log_segment: 0,
            log_hash: None,
            last_ok: None,
        };
        catalog.add_store(&row).expect("a store");
        let at = Some(Timestamp(1));
        catalog
            .record_receipt(&Receipt {
                store: store.clone(),
                content,
                size: 5,
                key: "k".to_owned(),
                claimed_at: Timestamp(1),
                server_hash_at: None,
                first_read_back_at: at,
                read_back_at: at,
                damaged: false,
            })
            .expect("a receipt");
        (catalog, root, store, content)
    }

    fn bucket(catalog: &Catalog) -> Safety {
        let totals = catalog.totals().expect("totals");
        assert!(totals.add_up());
        Safety::ALL
            .into_iter()
            .find(|safety| totals.of(*safety).photos == 1)
            .expect("one photo")
    }

    #[test]
    fn i13_a_photo_that_moves_onto_its_stores_disk_is_not_safe_any_more() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (catalog, root, store, _) = world(dir.path());
        assert_eq!(bucket(&catalog), Safety::Safe);
        catalog.root_remounted(root, DISK, OTHER_DISK).expect("remounted");
        assert_eq!(bucket(&catalog), Safety::Sent, "the copy would be lost with it");
        catalog
            .store_answered(&store, Some(DISK), Timestamp(2))
            .expect("answered");
        assert_eq!(bucket(&catalog), Safety::Safe);
    }

    #[test]
    fn i13_a_file_on_the_stores_disk_inside_a_root_of_another_is_not_safe() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (catalog, ..) = world(dir.path());
        catalog
            .write(|tx| {
                tx.execute("UPDATE files SET dev = ?1", [OTHER_DISK.cast_signed()])?;
                refresh(tx, &[PhotoId(1)])
            })
            .expect("moved");
        assert_eq!(
            bucket(&catalog),
            Safety::Sent,
            "the store's disk is mounted inside the root"
        );
    }

    #[test]
    fn i13_a_sidecar_that_is_not_proven_leaves_the_photo_safe_and_its_marks_waiting() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (catalog, _, store, content) = world(dir.path());
        catalog
            .write(|tx| {
                tx.execute(
                    "INSERT INTO files (id, photo_id, folder_id, name, role, kind, size, mtime_ns, ctime_ns, dev, inode, seen_at)
                     VALUES (2, 1, 1, x'62', ?2, 3, 5, 0, 0, ?1, 2, 0)",
                    params![DISK.cast_signed(), Role::Sidecar.number()],
                )?;
                refresh(tx, &[PhotoId(1)])
            })
            .expect("a sidecar");
        assert_eq!(bucket(&catalog), Safety::MarksWait);
        assert!(!Safety::MarksWait.is_proven(), "it does not count as safe");
        // What is not proven of the photo itself is never hidden by that.
        catalog
            .store_answered(&store, Some(DISK), Timestamp(2))
            .expect("answered");
        assert_eq!(bucket(&catalog), Safety::OnlyHere);
        catalog
            .store_answered(&store, Some(OTHER_DISK), Timestamp(3))
            .expect("answered");
        assert_eq!(bucket(&catalog), Safety::MarksWait);
        catalog.record_damage(&store, &content).expect("damaged");
        assert_eq!(bucket(&catalog), Safety::NeedsYou);
        // Any other file of the photo counts as the photo.
        catalog
            .write(|tx| {
                tx.execute("UPDATE receipts SET damaged = 0", [])?;
                tx.execute("UPDATE files SET role = ?1 WHERE id = 2", [Role::Raw.number()])?;
                refresh(tx, &[PhotoId(1)])
            })
            .expect("a RAW file");
        assert_eq!(bucket(&catalog), Safety::OnlyHere);
    }

    #[test]
    fn i3_a_held_original_whose_copy_is_damaged_is_not_called_proven() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (catalog, _, store, content) = world(dir.path());
        catalog
            .write(|tx| {
                tx.execute(
                    "INSERT INTO swaps (state, file_id, visible, held, content, size, proxy_content, proxy_size, first_proof_at, held_until, at)
                     VALUES (1, 1, x'61', x'62', ?1, 5, ?1, 1, 0, 0, 0)",
                    [content.to_string()],
                )?;
                refresh(tx, &[PhotoId(1)])
            })
            .expect("held");
        assert_eq!(bucket(&catalog), Safety::Held);
        catalog.record_damage(&store, &content).expect("damaged");
        assert_eq!(bucket(&catalog), Safety::NeedsYou);
        assert_eq!(catalog.totals().expect("totals").proven(), 0);
    }
}
