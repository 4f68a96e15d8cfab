//! The scan's figures on one tree: first scan, rescan, views, memory. `cargo bench --bench scan -- DIR` (see
//! `benches/scan.sh`, which makes the tree and runs `find` and `exiftool` on it beside). Without a folder it makes a
//! small one and only checks that all of it runs, as `cargo test --benches` does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a bench stops at the first trouble"
)]

use safelight::{
    catalog::{
        Catalog,
        browse::{Filter, Order},
        photos::FileFacts,
    },
    library::{facts::read_facts, scan::*},
    model::{metadata::Facts, time::Timestamp},
    sys::{
        clock::RealClock,
        fs::{Fs as _, ReadFile},
        real::{RealFs, canonical},
        task::Cx,
    },
};
use std::{path::PathBuf, time::Instant};

fn main() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let asked: Option<PathBuf> = std::env::args()
        .skip(1)
        .find(|arg| !arg.starts_with("--"))
        .map(PathBuf::from);
    let tree = asked.unwrap_or_else(|| {
        let tree = dir.path().join("tree");
        for number in 0..200 {
            let path = tree.join(format!("{}/IMG_{number:04}.JPG", number / 20));
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, number.to_string()).expect("written");
        }
        tree
    });
    let tree = canonical(&tree).expect("found");
    let catalog = Catalog::open(&dir.path().join("catalog.sqlite")).expect("opened");
    let volume = RealFs.stat(&tree).expect("there").dev;
    let scan = |what: &str| {
        let root = catalog
            .add_root(&tree, volume, Timestamp(0))
            .expect("added")
            .root()
            .clone();
        let start = Instant::now();
        let mut first = None;
        let report = scan_root(
            &catalog,
            &RealFs,
            &RealClock,
            &root,
            &ScanOptions::default(),
            &Cx::new(),
            &mut |_| {
                first.get_or_insert_with(|| start.elapsed());
            },
        )
        .expect("scanned");
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{what}_s={seconds:.3} first_batch_ms={:.1}",
            first.unwrap_or_default().as_secs_f64() * 1e3
        );
        report
    };
    let first = scan("first_scan");
    println!("files={} folders={}", first.added, first.folders);
    for _ in 0..3 {
        assert_eq!(scan("rescan").unchanged, first.added);
    }
    let time = |what: &str, work: &mut dyn FnMut() -> usize| {
        let start = Instant::now();
        let count = work();
        println!("{what}_ms={:.1} ({count})", start.elapsed().as_secs_f64() * 1e3);
    };
    for _ in 0..2 {
        for (what, order) in [
            ("newest", Order::NewestFirst),
            ("name", Order::Name),
            ("rating", Order::Rating),
        ] {
            time(what, &mut || {
                catalog.tiles(&Filter::All, None, order).expect("read").len()
            });
        }
        time("counts", &mut || {
            catalog.browse_counts(Timestamp(0)).expect("read").all as usize
        });
        time("trees", &mut || {
            catalog
                .root_trees()
                .expect("read")
                .iter()
                .map(|tree| tree.folders.len())
                .sum()
        });
        // Facts of a usual length, so that the second round reads rows as they are in a library.
        let read = |_: &mut dyn ReadFile, _: &safelight::catalog::photos::FileRow| {
            Ok(FileFacts::Read(Box::new(Facts {
                format: Some("JPEG".to_owned()),
                width: Some(6000),
                height: Some(4000),
                make: Some("Canon".to_owned()),
                model: Some("Canon EOS R6".to_owned()),
                lens: Some("RF24-105mm F4 L IS USM".to_owned()),
                exposure_s: Some(0.004),
                f_number: Some(5.6),
                iso: Some(400),
                focal_mm: Some(70.0),
                keywords: vec!["trip".to_owned(), "people/anna".to_owned()],
                ..Facts::default()
            })))
        };
        time("facts_written", &mut || {
            read_facts(&catalog, &RealFs, &read, &Cx::new(), &mut |_| {})
                .expect("read")
                .read as usize
        });
    }
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmHWM")) {
        println!("{}", line.replace('\t', " "));
    }
    let size = RealFs.stat(catalog.path()).expect("there").size;
    println!("catalog_mb={:.1}", size as f64 / 1e6);
}
