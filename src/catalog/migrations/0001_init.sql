-- Version 1 of the catalog. Frozen once shipped; until then edited in place.
-- Paths and names are BLOBs: the file system's own bytes, which need not be UTF-8. Times are UTC milliseconds, but for
-- mtime_ns and ctime_ns, which are the file system's nanoseconds. Enumerations are the numbers of model's `ALL` lists.

CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE roots (
    id INTEGER PRIMARY KEY,
    path BLOB NOT NULL UNIQUE,
    volume INTEGER NOT NULL,                 -- device number when last seen; a hint only, it changes over boots
    added_at INTEGER NOT NULL,
    scanned_at INTEGER,
    online INTEGER NOT NULL DEFAULT 1
) STRICT;

CREATE TABLE folders (
    id INTEGER PRIMARY KEY,
    root_id INTEGER NOT NULL REFERENCES roots ON DELETE CASCADE,
    rel BLOB NOT NULL,                       -- below the root, '/' between parts, '' for the root itself
    problem TEXT,                            -- why it could not be read
    UNIQUE (root_id, rel)
) STRICT;

CREATE TABLE photos (
    id INTEGER PRIMARY KEY AUTOINCREMENT,    -- never given again: the log of changes names photos by it
    folder_id INTEGER NOT NULL REFERENCES folders ON DELETE CASCADE,
    primary_file INTEGER,                    -- the file that is shown; set in the same transaction
    kind INTEGER NOT NULL,                   -- MediaKind of the primary file
    raw_pair INTEGER NOT NULL DEFAULT 0,
    wall_ms INTEGER,                         -- capture time on the camera's clock, with shift_s; NULL: undated
    offset_min INTEGER,
    offset_source INTEGER NOT NULL DEFAULT 0,
    sort_time INTEGER NOT NULL,              -- wall_ms, else the primary file's date
    width INTEGER, height INTEGER,           -- as displayed
    camera TEXT, lens TEXT, iso INTEGER, f_number REAL, focal_mm REAL,
    latitude REAL, longitude REAL,           -- the person's where given, else the file's
    exposure_s REAL,                         -- seconds; with iso and f_number it tells a bracket from a burst
    bias_ev REAL,                            -- exposure compensation; in a bracket each shot has another
    rating INTEGER NOT NULL DEFAULT 0 CHECK (rating BETWEEN 0 AND 5),
    flag INTEGER NOT NULL DEFAULT 0,
    label INTEGER NOT NULL DEFAULT 0,
    title TEXT NOT NULL DEFAULT '',
    caption TEXT NOT NULL DEFAULT '',
    shift_s INTEGER NOT NULL DEFAULT 0,      -- a person's shift of the capture time; reading the file again keeps it
    own_latitude REAL, own_longitude REAL,   -- a person's position; the file's stays in photo_facts
    place_id INTEGER,                        -- places; 0: near none; NULL: not looked up since the position changed
    safety INTEGER NOT NULL DEFAULT 0,       -- model::safety::Safety, kept current by catalog::safety
    problem INTEGER NOT NULL DEFAULT 0,      -- cannot be read as a picture, or a file of it cannot be read at all
    added_at INTEGER NOT NULL,
    missing_since INTEGER                    -- its primary file is no longer there
) STRICT;
CREATE INDEX photos_folder ON photos (folder_id);
-- No index by time or safety: views of 100,000 photos are one pass over these narrow rows, sorted in memory, and each
-- index would make the first scan slower. For the same reason the facts, which are long, lie in a table of their own.
CREATE TABLE photo_facts (
    photo_id INTEGER PRIMARY KEY REFERENCES photos ON DELETE CASCADE,
    facts TEXT NOT NULL                      -- model::metadata::Facts as JSON; no row: not read yet
) STRICT;
-- Searches read these instead of the rows, which are wide: plain columns from the first, texts from the others.
CREATE INDEX photos_filter ON photos (rating, flag, label, kind, raw_pair, safety, problem, missing_since, wall_ms,
    sort_time, folder_id, iso, f_number, focal_mm, camera, added_at);
CREATE INDEX photos_camera ON photos (camera) WHERE camera IS NOT NULL;
CREATE INDEX photos_lens ON photos (lens) WHERE lens IS NOT NULL;
CREATE INDEX photos_title ON photos (title) WHERE title <> '';
CREATE INDEX photos_caption ON photos (caption) WHERE caption <> '';
CREATE INDEX photos_gps ON photos (latitude, longitude, place_id, missing_since) WHERE latitude IS NOT NULL;
CREATE INDEX photos_place ON photos (place_id, missing_since) WHERE place_id > 0;
CREATE INDEX photos_unplaced ON photos (id) WHERE latitude IS NOT NULL AND place_id IS NULL;
CREATE INDEX photos_shifted ON photos (id) WHERE shift_s <> 0;
CREATE TRIGGER photos_moved AFTER UPDATE OF latitude, longitude ON photos
WHEN old.place_id IS NOT NULL AND (old.latitude IS NOT new.latitude OR old.longitude IS NOT new.longitude)
BEGIN
    UPDATE photos SET place_id = NULL WHERE id = new.id;
END;

CREATE TABLE places (
    id INTEGER PRIMARY KEY,
    country TEXT NOT NULL, region TEXT NOT NULL, city TEXT NOT NULL,
    part TEXT NOT NULL DEFAULT '',           -- of a large city
    code TEXT NOT NULL,                      -- the country's two letters
    UNIQUE (country, region, city, part, code)
) STRICT;

CREATE TABLE files (
    id INTEGER PRIMARY KEY,
    photo_id INTEGER NOT NULL REFERENCES photos ON DELETE CASCADE,
    folder_id INTEGER NOT NULL REFERENCES folders ON DELETE CASCADE,
    name BLOB NOT NULL,
    role INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,
    dev INTEGER NOT NULL, inode INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    racy INTEGER NOT NULL DEFAULT 0,         -- written so recently that an equal stat proves nothing yet
    content TEXT,                            -- 'sha256-..'; NULL: not hashed since it last changed
    stands_for TEXT,                         -- for a proxy: the original's content
    original_size INTEGER,                   -- for a proxy: the original's length
    problem TEXT,                            -- what is wrong, as a sentence; NULL: nothing known
    undecodable INTEGER NOT NULL DEFAULT 0,  -- cannot be read as a picture; backed up all the same, never optimized
    facts_read INTEGER NOT NULL DEFAULT 0,
    missing_since INTEGER,
    UNIQUE (folder_id, name)
) STRICT;
CREATE INDEX files_photo ON files (photo_id);
CREATE INDEX files_content ON files (content) WHERE content IS NOT NULL;
CREATE INDEX files_name ON files (name, photo_id);
CREATE INDEX files_stands_for ON files (stands_for) WHERE stands_for IS NOT NULL;

CREATE TABLE keywords (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE photo_keywords (
    photo_id INTEGER NOT NULL REFERENCES photos ON DELETE CASCADE,
    keyword_id INTEGER NOT NULL REFERENCES keywords,
    PRIMARY KEY (photo_id, keyword_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX keyword_photos ON photo_keywords (keyword_id, photo_id);

-- What the catalog and a photo's sidecars last agreed on. `waits` is set in the transaction of every mark, and by a scan
-- that finds a sidecar changed, so that a kill at any point leaves the work to be done in the table.
CREATE TABLE sidecars (
    photo_id INTEGER PRIMARY KEY REFERENCES photos ON DELETE CASCADE,
    waits INTEGER NOT NULL DEFAULT 1,        -- 0 in step, 1 to be compared, 2 compared, to be written once that is allowed
    base TEXT,                               -- model::change::Marks as JSON; NULL: never compared
    embedded TEXT,                           -- model::sidecar::Stored that the photo's own file had then
    seen TEXT NOT NULL DEFAULT '[]',         -- each sidecar as it was then: catalog::sidecars::SeenSidecar
    conflict TEXT,                           -- where both were changed: catalog::sidecars::Conflict
    before TEXT, before_bytes BLOB,          -- the sidecar before our first write, for an undo of everything
    note TEXT                                -- why it cannot be read or written, as a sentence
) STRICT;
CREATE INDEX sidecars_waits ON sidecars (waits, photo_id) WHERE waits > 0;
CREATE INDEX sidecars_open ON sidecars (photo_id) WHERE conflict IS NOT NULL OR note IS NOT NULL;

CREATE TABLE albums (
    id INTEGER PRIMARY KEY,
    uid TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    query TEXT,                              -- a smart album
    backup_store TEXT,
    parent TEXT,                             -- the uid of the album that it lies in; one that is deleted counts as none
    cover INTEGER REFERENCES photos ON DELETE SET NULL,
    deleted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE album_photos (
    album_id INTEGER NOT NULL REFERENCES albums ON DELETE CASCADE,
    photo_id INTEGER NOT NULL REFERENCES photos ON DELETE CASCADE,
    place INTEGER NOT NULL,                  -- orders the photos of the album; gaps leave room between them
    PRIMARY KEY (album_id, photo_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX photo_albums ON album_photos (photo_id);

CREATE TABLE changes (
    seq INTEGER PRIMARY KEY,
    stamp TEXT NOT NULL UNIQUE,              -- model::time::Stamp
    change TEXT NOT NULL,                    -- model::change::Change as JSON
    inverse TEXT NOT NULL,                   -- the Change that takes it back
    undo_group INTEGER NOT NULL,             -- one step for a person
    undo_label TEXT NOT NULL,
    state INTEGER NOT NULL DEFAULT 0         -- 0 done, 1 undone (may be redone), 2 the undoing itself (audit only)
) STRICT;
CREATE INDEX changes_group ON changes (undo_group);
CREATE INDEX changes_done ON changes (undo_group) WHERE state = 0;
CREATE INDEX changes_undone ON changes (undo_group) WHERE state = 1;

CREATE TABLE stores (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    url TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    counts_override INTEGER NOT NULL DEFAULT 0,   -- 1: counts as another disk although it is on this one (demo and tests)
    device INTEGER,                          -- device number of a folder store when last opened; NULL: a network's
    gone INTEGER NOT NULL DEFAULT 0,         -- removed by the person; receipts stay as history
    config TEXT NOT NULL DEFAULT '{}',       -- catalog::stores::StoreConfig as JSON; never a secret in it (I17)
    paused TEXT,                             -- why the queue waits, as a sentence
    pause_kind INTEGER,                      -- backup::policy::StorePause; NULL: a person paused it
    retry_at INTEGER,                        -- tried again by itself then; NULL: only a person helps
    pauses INTEGER NOT NULL DEFAULT 0,       -- failures in a row
    log_segment INTEGER NOT NULL DEFAULT 0,  -- this device's last segment there
    log_hash TEXT,                           -- its hash
    last_ok INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE receipts (
    store TEXT NOT NULL REFERENCES stores,
    content TEXT NOT NULL,
    size INTEGER NOT NULL,
    key TEXT NOT NULL,
    claimed_at INTEGER NOT NULL,
    server_hash_at INTEGER,
    first_read_back_at INTEGER,
    read_back_at INTEGER,
    logged INTEGER NOT NULL DEFAULT 0,       -- named in this device's log in that store
    damaged INTEGER NOT NULL DEFAULT 0,      -- two checks found other bytes, or two checks ten minutes apart found none
    absent_since INTEGER,                    -- the first check that found none
    pinned INTEGER NOT NULL DEFAULT 0,       -- this device said in that store's log that it relies on this copy
    PRIMARY KEY (store, content)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_content ON receipts (content);

CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    store TEXT NOT NULL REFERENCES stores,
    file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    state INTEGER NOT NULL DEFAULT 0,
    attempt INTEGER NOT NULL DEFAULT 0,
    not_before INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    priority INTEGER NOT NULL DEFAULT 0,
    UNIQUE (store, file_id)
) STRICT;
CREATE INDEX jobs_next ON jobs (state, priority DESC, id);
CREATE INDEX jobs_file ON jobs (file_id);

-- What is backed up to a store by itself, beside the albums that say so themselves.
CREATE TABLE follows (
    id INTEGER PRIMARY KEY,
    store TEXT NOT NULL REFERENCES stores,
    kind INTEGER NOT NULL,                   -- catalog::follows::Followed: 0 album, 1 folder, 2 query
    what TEXT NOT NULL,                      -- the album's uid, the folder's path, the query's text
    added_at INTEGER NOT NULL,
    UNIQUE (store, kind, what)
) STRICT;

CREATE TABLE swaps (
    id INTEGER PRIMARY KEY,
    state INTEGER NOT NULL,                  -- catalog::swaps::SwapState
    file_id INTEGER NOT NULL,
    visible BLOB NOT NULL,                   -- the path a person sees
    held BLOB NOT NULL,                      -- where the other of the two files lies
    content TEXT NOT NULL,                   -- H, the original
    size INTEGER NOT NULL,
    proxy_content TEXT NOT NULL,             -- R, the proxy
    proxy_size INTEGER NOT NULL,
    first_proof_at INTEGER NOT NULL,         -- wall clock of the proof that the swap was begun with
    held_until INTEGER NOT NULL,
    at INTEGER NOT NULL,
    note TEXT                                -- why it needs a person
) STRICT;
CREATE INDEX swaps_state ON swaps (state);
CREATE INDEX swaps_file ON swaps (file_id);

-- Safelight's trash: photos that lie in `.safelight/trash` of their root. A row here is the journal of its move as well:
-- `state` says where the photo is wanted, the disk says where each of its files is.
CREATE TABLE file_steps (
    id INTEGER PRIMARY KEY AUTOINCREMENT,    -- one step for a person, of the trash or of moves
    at INTEGER NOT NULL,
    label TEXT NOT NULL,
    after_group INTEGER NOT NULL,            -- the newest step of `changes` when it was made: its place among them
    state INTEGER NOT NULL DEFAULT 0         -- as in `changes`: 0 done, 1 undone (may be redone), 2 history only
) STRICT;
CREATE TABLE trash (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    step INTEGER NOT NULL REFERENCES file_steps,
    root_id INTEGER NOT NULL REFERENCES roots ON DELETE CASCADE,
    dir BLOB NOT NULL,                       -- below the root; in it the photo's files lie below their old folder's path
    state INTEGER NOT NULL,                  -- catalog::trash::TrashState
    at INTEGER NOT NULL,
    note TEXT                                -- why it could not be put back, or not be moved
) STRICT;
CREATE INDEX trash_state ON trash (state);
CREATE TABLE trash_files (
    trash_id INTEGER NOT NULL REFERENCES trash ON DELETE CASCADE,
    file_id INTEGER NOT NULL,
    rel BLOB NOT NULL,                       -- its folder below the root
    name BLOB NOT NULL,
    stores TEXT NOT NULL,                    -- the queues that it waited in, one id a line
    PRIMARY KEY (trash_id, file_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX trash_files_file ON trash_files (file_id);

-- Photos that get another folder or other names, and the way back. As with the trash, `state` says where a photo's files
-- are wanted, the disk says where each of them is. Until all are there, their rows name the place that they come from.
CREATE TABLE moves (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    step INTEGER NOT NULL REFERENCES file_steps,
    photo_id INTEGER NOT NULL REFERENCES photos ON DELETE CASCADE,
    from_stem BLOB, to_stem BLOB,            -- of a rename: what came to the photo since goes along by them
    state INTEGER NOT NULL,                  -- catalog::moves::MoveState
    at INTEGER NOT NULL,
    note TEXT                                -- why it is not where it was wanted
) STRICT;
CREATE INDEX moves_state ON moves (state) WHERE state IN (0, 2);
CREATE INDEX moves_step ON moves (step);
CREATE INDEX moves_photo ON moves (photo_id);
CREATE TABLE move_files (
    move_id INTEGER NOT NULL REFERENCES moves ON DELETE CASCADE,
    file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    from_root INTEGER NOT NULL REFERENCES roots ON DELETE CASCADE,
    from_rel BLOB NOT NULL,                  -- its folder below the root
    from_name BLOB NOT NULL,
    to_root INTEGER NOT NULL REFERENCES roots ON DELETE CASCADE,
    to_rel BLOB NOT NULL,
    to_name BLOB NOT NULL,
    PRIMARY KEY (move_id, file_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX move_files_file ON move_files (file_id);

-- Files with a copy in a store whose log still says their old place: a short record tells it with the next backup.
CREATE TABLE retold (
    id INTEGER PRIMARY KEY,
    store TEXT NOT NULL REFERENCES stores,
    file_id INTEGER NOT NULL REFERENCES files ON DELETE CASCADE,
    content TEXT NOT NULL,
    was_root INTEGER NOT NULL, was_rel BLOB NOT NULL, was_name BLOB NOT NULL
) STRICT;
CREATE INDEX retold_store ON retold (store, id);

CREATE TABLE activity (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, severity INTEGER NOT NULL, text TEXT NOT NULL) STRICT;

-- How pictures look, to find what is there twice (catalog::duplicates). A cache: a row is worth nothing once its file changed.
CREATE TABLE likeness (
    file_id INTEGER PRIMARY KEY REFERENCES files ON DELETE CASCADE,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,
    shape INTEGER, step INTEGER              -- media::likeness; NULL: too flat to be told by it
) STRICT;
