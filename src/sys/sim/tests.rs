//! The model itself: what is synced stays, what is not may go, and each trouble comes at the call it was planned for.

use super::{Killed, Meddle, SimFs, Trouble};
use crate::sys::fs::{Fs as _, FsErrorKind, Result, WriteFile};
use std::{
    collections::BTreeSet,
    io::Write as _,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

const DIR: &str = "/disk/dir";

fn world(seed: u64) -> SimFs {
    let fs = SimFs::new(seed);
    fs.put(Path::new("/disk/dir/old"), b"old");
    fs.put(Path::new("/disk/other/else"), b"else");
    fs
}

fn at(name: &str) -> std::path::PathBuf {
    Path::new(DIR).join(name)
}

fn write(fs: &SimFs, name: &str, bytes: &[u8]) -> Result<Box<dyn WriteFile>> {
    let mut file = fs.create_new(&at(name))?;
    file.write_all(bytes).expect("written");
    Ok(file)
}

/// What a new file is after a power cut, over many seeds.
fn outcomes(prepare: impl Fn(&SimFs)) -> BTreeSet<Option<Vec<u8>>> {
    let one = |seed| {
        let fs = world(seed);
        prepare(&fs);
        fs.restart();
        fs.bytes(&at("new")).map(|bytes| bytes.to_vec())
    };
    (0..200).map(one).collect()
}

#[test]
fn synced_bytes_under_synced_names_stay() {
    let found = outcomes(|fs| {
        write(fs, "new", b"new").expect("created").sync().expect("synced");
        fs.sync_dir(Path::new(DIR)).expect("synced");
    });
    assert_eq!(found, BTreeSet::from([Some(b"new".to_vec())]));
}

#[test]
fn bytes_that_were_not_synced_may_be_anything_of_themselves() {
    let bytes = vec![7; 10_000];
    let found = outcomes(|fs| {
        let _file = write(fs, "new", &bytes).expect("created");
        fs.sync_dir(Path::new(DIR)).expect("synced");
    });
    let lengths: BTreeSet<usize> = found.iter().flatten().map(Vec::len).collect();
    assert!(
        lengths.contains(&0) && lengths.contains(&4096) && lengths.contains(&10_000),
        "{lengths:?}"
    );
    assert!(found.contains(&Some(bytes)), "all of it may have been written out");
    let zeroed = |bytes: &Vec<u8>| bytes.len() == 10_000 && bytes.contains(&0);
    assert!(found.iter().flatten().any(zeroed), "a page may be missing inside");
    assert!(!found.contains(&None), "its name was synced");
}

#[test]
fn names_that_were_not_synced_may_be_lost() {
    let found = outcomes(|fs| write(fs, "new", b"new").expect("created").sync().expect("synced"));
    assert_eq!(found, BTreeSet::from([None, Some(b"new".to_vec())]));
}

#[test]
fn a_power_cut_in_an_exchange_leaves_it_made_or_not() {
    let (a, b) = (at("old"), Path::new("/disk/other/else"));
    let mut seen = BTreeSet::new();
    for seed in 0..50 {
        let fs = world(seed);
        fs.plan(1, Trouble::Stop);
        assert!(fs.exchange(&a, b).is_err());
        assert!(fs.stat(&a).is_err(), "nothing answers until the restart");
        fs.restart();
        let (now_a, now_b) = (fs.bytes(&a).expect("there"), fs.bytes(b).expect("there"));
        assert_ne!(now_a, now_b);
        seen.insert(now_a.to_vec());
    }
    assert_eq!(seen.len(), 2, "both happen");
    let fs = world(1);
    fs.exchange(&a, b).expect("exchanged");
    fs.restart();
    assert_eq!(fs.bytes(&a).expect("there").as_slice(), b"else", "a finished one stays");
}

#[test]
fn renames_never_take_a_name_and_never_cross_disks() {
    let fs = world(0);
    fs.device(Path::new("/disk/other"), 2);
    let kind = |result: Result<()>| result.expect_err("refused").kind;
    fs.put(&at("two"), b"two");
    assert_eq!(kind(fs.rename_new(&at("old"), &at("two"))), FsErrorKind::Exists);
    assert_eq!(
        kind(fs.rename_new(&at("old"), Path::new("/disk/other/x"))),
        FsErrorKind::CrossDevice
    );
    assert_eq!(kind(fs.rename_new(&at("none"), &at("x"))), FsErrorKind::NotFound);
    fs.can_exchange(false);
    assert_eq!(kind(fs.exchange(&at("old"), &at("two"))), FsErrorKind::Unsupported);
}

#[test]
fn a_failure_may_come_after_the_work() {
    let fs = world(0);
    fs.plan(1, Trouble::Fail(FsErrorKind::Denied));
    fs.plan(2, Trouble::FailDone(FsErrorKind::Io));
    assert_eq!(fs.unlink(&at("old")).expect_err("refused").kind, FsErrorKind::Denied);
    assert!(fs.bytes(&at("old")).is_some());
    assert_eq!(fs.unlink(&at("old")).expect_err("failed").kind, FsErrorKind::Io);
    assert!(fs.bytes(&at("old")).is_none());
    assert_eq!(fs.calls(), 2);
}

#[test]
fn a_kill_unwinds_and_loses_nothing_that_the_machine_keeps() {
    let fs = world(0);
    fs.plan(2, Trouble::Kill);
    let caught = catch_unwind(AssertUnwindSafe(|| write(&fs, "new", b"12345678").map(|_| ())));
    assert!(caught.expect_err("killed").is::<Killed>());
    fs.restart_program();
    assert_eq!(
        fs.bytes(&at("new")).expect("there").as_slice(),
        b"1234",
        "killed in the write"
    );
}

#[test]
fn other_programs_are_seen_as_the_system_shows_them() {
    let fs = world(0);
    let before = fs.stat(&at("old")).expect("there");
    fs.plan(
        fs.calls() + 1,
        Trouble::Meddle(Meddle::AppendQuietly(at("old"), b"!".to_vec())),
    );
    let quiet = fs.stat(&at("old")).expect("there");
    assert_eq!((quiet.mtime_ns, quiet.size), (before.mtime_ns, 4));
    assert!(
        !quiet.same_content_as(&before),
        "the time of attributes cannot be set back"
    );
    fs.exchange(&at("old"), Path::new("/disk/other/else"))
        .expect("exchanged");
    fs.meddle(&Meddle::AppendThrough(before.ino, b"?".to_vec()));
    assert_eq!(
        fs.bytes(Path::new("/disk/other/else")).expect("there").as_slice(),
        b"old!?"
    );
    fs.meddle(&Meddle::Save(at("old"), b"saved".to_vec()));
    fs.restart();
    assert_eq!(
        fs.bytes(&at("old")).expect("there").as_slice(),
        b"saved",
        "a person's work is on the disk at once"
    );
}

#[test]
fn an_unplugged_disk_shows_an_empty_folder_of_another_device() {
    let fs = world(0);
    let top = Path::new("/disk/dir");
    fs.device(top, 7);
    assert_eq!(fs.stat(&at("old")).expect("there").dev, 7);
    fs.unplug(top, true);
    assert_eq!(fs.stat(top).expect("the mount point").dev, 1);
    let mut names = 0;
    fs.list(top, &mut |_| names += 1).expect("listed");
    assert_eq!(names, 0);
    assert_eq!(fs.stat(&at("old")).expect_err("away").kind, FsErrorKind::NotFound);
    fs.unplug(top, false);
    assert!(fs.rot(&at("old"), 1));
    assert_eq!(fs.read_small(&at("old"), 9).expect("read"), b"ohd");
}

#[test]
fn a_failed_sync_cannot_be_made_good() {
    let kept = |seed| {
        let fs = world(seed);
        let mut file = write(&fs, "new", b"new").expect("created");
        fs.sync_dir(Path::new(DIR)).expect("synced");
        fs.plan(fs.calls() + 1, Trouble::Fail(FsErrorKind::Io));
        assert!(file.sync().is_err());
        assert!(file.sync().is_ok(), "as the system says after it has dropped the pages");
        fs.restart();
        fs.bytes(&at("new")).is_some_and(|bytes| bytes.as_slice() == b"new")
    };
    assert!((0..50).any(|seed| !kept(seed)));
}
