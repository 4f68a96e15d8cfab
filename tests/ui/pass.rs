//! A whole culling pass on the real engine and the real App, driven by keys: real-size photos, some with sidecars that other
//! programs wrote. No key is lost, every mark is on the disk, another program reads it there, and after a restart all of it
//! is taken back to the last byte of every sidecar.

#[path = "../it/outside.rs"]
mod outside;

use eframe::egui::{Key, Modifiers};
use egui_kittest::{Harness, kittest::Queryable as _};
use safelight::{
    engine::{
        Cancel, Cx, Home,
        engine::{Engine, start},
        handle::Handle,
        pause,
        session::{Mode, Session},
        snapshot::{Snapshot, Tile},
    },
    media::{encode, limits::Limits, xmp::Xmp},
    model::{
        id::PhotoId,
        pixels::Pixels,
        rating::{ColorLabel, Flag, Rating},
        sidecar::Stored,
    },
    ui::App,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

/// Photos of the pass; all five hundred where `SAFELIGHT_PASS` asks for them.
fn photos_of_the_pass() -> usize {
    let asked = std::env::var("SAFELIGHT_PASS").ok().and_then(|text| text.parse().ok());
    asked.unwrap_or(120)
}

/// Photos that get a keyword too.
const KEYWORDS: usize = 12;
/// Keys that go into one frame: faster than any hand.
const KEYS_A_FRAME: usize = 3;

/// A textured picture of so many pixels, as a camera's JPEG of that size.
fn picture(width: u32, height: u32, seed: u32) -> Vec<u8> {
    let cell = |x: u32, y: u32| {
        let hash = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503) ^ seed).wrapping_mul(2_246_822_519);
        u8::try_from(hash >> 27).unwrap()
    };
    let mut rgba = Vec::with_capacity((width * height * 4) as usize);
    for y in (0..height).step_by(8) {
        let mut row = Vec::with_capacity((width * 4) as usize);
        for x in 0..width {
            let (rough, fine) = (u8::try_from(x * 180 / width).unwrap(), cell(x / 8, y / 8));
            row.extend([
                rough + fine,
                60 + fine * 2,
                u8::try_from(y * 180 / height).unwrap() + fine,
                255,
            ]);
        }
        for _ in y..(y + 8).min(height) {
            rgba.extend_from_slice(&row);
        }
    }
    let pixels = Pixels { width, height, rgba };
    encode::jpeg(&pixels, 88).unwrap()
}

/// The same picture as another file: a comment after the first marker.
fn numbered(jpeg: &[u8], number: usize) -> Vec<u8> {
    let comment = format!("photo {number:06}");
    let length = u16::try_from(comment.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xff, 0xfe], &length, comment.as_bytes(), &jpeg[2..]].concat()
}

/// Sidecars as other programs left them, each with things that are none of ours.
fn others() -> Vec<Vec<u8>> {
    let ours = |inside: &str| {
        format!(
            "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\r\n<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\r\n \
             <rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\r\n  <rdf:Description rdf:about=\"\" \
             xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:z=\"urn:z\" {inside}/>\r\n </rdf:RDF>\r\n</x:xmpmeta>\r\n\
             <?xpacket end=\"w\"?>\r\n"
        )
        .into_bytes()
    };
    let mut found = vec![
        ours("xmp:Rating=\"2\" z:kept='as  it was'"),
        ours("xmp:Label=\"Rouge\" z:kept=\"&#228;\""),
        ours(""),
    ];
    if let Some(photos) = outside::photos() {
        let names = [
            "sidecar/digikam/_27A1417.CR2.xmp",
            "sidecar/digikam/_27A1434.JPG.xmp",
            "sidecar/darktable/0000-nop_nop.xmp",
            "sidecar/digikam-example.xmp",
            "sidecar/niaz.xmp",
            "sidecar/jPhotoTagger-example.xmp",
        ];
        found.extend(names.map(|name| std::fs::read(photos.join(name)).unwrap()));
    }
    found
}

fn write_photos(dir: &Path, count: usize) {
    let mut pictures: Vec<Vec<u8>> = [(4000, 3000), (6000, 4000), (3000, 4000), (5000, 3400)]
        .into_iter()
        .zip(1..)
        .map(|((width, height), seed)| picture(width, height, seed))
        .collect();
    if let Some(photos) = outside::photos() {
        // 33 and 12 megapixels from cameras.
        let names = [
            "large/speed_bench.jpg",
            "jpeg/ultra-hdr/Ultra_HDR_Samples_Originals_01.jpg",
        ];
        pictures.extend(names.map(|name| std::fs::read(photos.join(name)).unwrap()));
    }
    let others = others();
    for at in 0..count {
        let name = format!("IMG_{at:04}.jpg");
        let picture = &pictures[match at % 10 {
            0 => pictures.len() - 1,
            5 => pictures.len() - 2,
            _ => at % 4,
        }];
        std::fs::write(dir.join(&name), numbered(picture, at)).unwrap();
        if at % 4 == 1 {
            let sidecar = &others[at / 4 % others.len()];
            std::fs::write(dir.join(format!("{name}.xmp")), sidecar).unwrap();
        }
    }
}

/// The window on its engine.
struct Seat {
    window: Harness<'static, App>,
    handle: Handle,
    engine: Engine,
}

impl Seat {
    fn take(home: &Path, roots: Vec<PathBuf>, count: usize) -> Self {
        let engine = start(Home::portable(home), roots).unwrap();
        let handle = engine.handle();
        let theirs = handle.clone();
        let window = Harness::builder()
            .with_size([1400.0, 900.0])
            .with_max_steps(12)
            .allow_missing_glyphs()
            .build_eframe(move |creation| App::new(&creation.egui_ctx, theirs));
        let mut seat = Self { window, handle, engine };
        seat.until("the photos", |now| now.view.tiles.len() == count && quiet(now));
        seat.window.step();
        seat
    }

    fn leave(self) {
        drop(self.window);
        self.engine.stop();
    }

    /// Waits until a snapshot shows it, drawing meanwhile as a window does.
    fn until(&mut self, what: &str, is: impl Fn(&Snapshot) -> bool) -> Arc<Snapshot> {
        for _ in 0..6000 {
            let now = self.handle.snapshot();
            assert!(now.fatal.is_none(), "{:?}", now.fatal);
            if is(&now) {
                return now;
            }
            self.window.step();
            pause(Duration::from_millis(20), &Cancel::new());
        }
        let now = self.handle.snapshot();
        panic!(
            "never came: {what}; undo {:?}, redo {:?}, tasks {:?}, sidecars {:?}, {} tiles, {:?}",
            now.undo,
            now.redo,
            now.tasks,
            now.sidecars,
            now.view.tiles.len(),
            now.notices.last()
        );
    }

    fn keys(&mut self, keys: impl Iterator<Item = (Modifiers, Key)>) {
        for (at, (modifiers, key)) in keys.enumerate() {
            self.window.key_press_modifiers(modifiers, key);
            if at % KEYS_A_FRAME == KEYS_A_FRAME - 1 {
                self.window.step();
            }
        }
        self.window.step();
    }

    fn key(&mut self, key: Key) {
        self.keys(std::iter::once((Modifiers::NONE, key)));
    }
}

fn quiet(now: &Snapshot) -> bool {
    now.tasks.is_empty() && now.sidecars.waiting == 0
}

/// What a photo is marked with.
#[derive(Clone, PartialEq, Debug, Default)]
struct Marked {
    rating: Rating,
    flag: Flag,
    label: ColorLabel,
}

impl Marked {
    fn of(tile: &Tile) -> Self {
        Self {
            rating: tile.rating,
            flag: tile.flag,
            label: tile.label,
        }
    }

    fn said(stored: &Stored) -> Self {
        Self {
            rating: stored.rating.unwrap_or_default(),
            flag: stored.flag.unwrap_or_default(),
            label: stored.label.unwrap_or_default(),
        }
    }

    /// What a key makes of it.
    fn press(&mut self, key: Key) {
        match key {
            Key::P => self.flag = Flag::Pick,
            Key::X => self.flag = Flag::Reject,
            Key::Num6 => self.label = ColorLabel::Red,
            Key::Num7 => self.label = ColorLabel::Yellow,
            Key::Num8 => self.label = ColorLabel::Green,
            Key::Num9 => self.label = ColorLabel::Blue,
            Key::Num1 => self.rating = Rating::new(1).unwrap(),
            Key::Num3 => self.rating = Rating::new(3).unwrap(),
            Key::Num4 => self.rating = Rating::new(4).unwrap(),
            Key::Num5 => self.rating = Rating::new(5).unwrap(),
            other => panic!("{other:?} is no mark"),
        }
    }
}

/// Twice over all photos, each time another mark.
const FIRST: [Key; 9] = [
    Key::P,
    Key::X,
    Key::Num3,
    Key::P,
    Key::Num5,
    Key::Num6,
    Key::X,
    Key::Num8,
    Key::Num1,
];
const SECOND: [Key; 7] = [Key::Num4, Key::Num9, Key::X, Key::Num7, Key::P, Key::Num5, Key::Num6];

fn second(at: usize) -> Key {
    // Seven and nine: every pair comes, some of them twice the same, which is no change.
    SECOND[at % SECOND.len()]
}

/// Every file of the folder, the hidden ones left out.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(dir).unwrap().map(Result::unwrap);
    entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .filter(|(name, path)| !name.starts_with('.') && path.extension().is_some_and(|ending| ending == "xmp"))
        .map(|(name, path)| (name, std::fs::read(path).unwrap()))
        .collect()
}

fn sidecar_says(dir: &Path, name: &str) -> Option<Stored> {
    let bytes = std::fs::read(dir.join(format!("{name}.xmp"))).ok()?;
    let limits = Limits::default();
    Some(Xmp::parse_whole(&bytes, &limits).unwrap().marks(&limits))
}

/// The stars of every sidecar as exiftool reads them.
fn stars_by_exiftool(dir: &Path) -> Option<BTreeMap<String, i64>> {
    if !outside::has("exiftool") {
        return None;
    }
    let out = Command::new("exiftool")
        .args(["-q", "-json", "-n", "-XMP-xmp:Rating", "-ext", "xmp"])
        .arg(dir)
        .output()
        .unwrap();
    let list: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    let name = |one: &serde_json::Value| {
        let path = Path::new(one["SourceFile"].as_str().unwrap());
        path.file_name().unwrap().to_string_lossy().into_owned()
    };
    let list = list.as_array().unwrap().iter();
    Some(
        list.map(|one| (name(one), one["Rating"].as_i64().unwrap_or(0)))
            .collect(),
    )
}

#[test]
#[expect(clippy::too_many_lines, reason = "one pass from its first key to its last undo")]
fn a_pass_over_real_size_photos_loses_no_key_and_is_taken_back_to_the_byte() {
    let count = photos_of_the_pass();
    let dir = tempfile::tempdir().unwrap();
    let (photos, home) = (dir.path().join("Photos"), dir.path().join("home"));
    std::fs::create_dir(&photos).unwrap();
    write_photos(&photos, count);
    let before = files(&photos);
    assert_eq!(before.len(), count / 4);
    let bytes = std::fs::read_dir(&photos)
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len());
    println!("{} MB of photos and sidecars", bytes.sum::<u64>() / 1_000_000);

    let mut seat = Seat::take(&home, vec![photos.clone()], count);
    let there = seat.handle.snapshot();
    assert_eq!(there.sidecars.trouble_count, 0, "{:?}", there.sidecars.troubles);
    assert_eq!(there.undo, None, "what other programs wrote is nobody's step");
    let order: Vec<(PhotoId, String)> = there
        .view
        .tiles
        .iter()
        .map(|tile| (tile.id, tile.name.to_string()))
        .collect();
    let mut wanted: Vec<Marked> = there.view.tiles.iter().map(Marked::of).collect();
    let first = wanted.clone();
    assert!(
        first.iter().any(|marked| *marked != Marked::default()),
        "some carry marks of other programs"
    );

    seat.keys(
        [
            (Modifiers::SHIFT, Key::C),
            (Modifiers::NONE, Key::A),
            (Modifiers::NONE, Key::Home),
        ]
        .into_iter(),
    );
    assert!(seat.window.state().is_culling());
    seat.keys((0..count).map(|at| (Modifiers::NONE, FIRST[at % FIRST.len()])));
    seat.key(Key::Home);
    seat.keys((0..count).map(|at| (Modifiers::NONE, second(at))));
    let mut steps = 0;
    for (at, marked) in wanted.iter_mut().enumerate() {
        for key in [FIRST[at % FIRST.len()], second(at)] {
            let was = marked.clone();
            marked.press(key);
            steps += usize::from(*marked != was);
        }
    }
    let same = |now: &Snapshot, wanted: &[Marked]| {
        let tiles = now.view.tiles.iter();
        now.view.tiles.len() == wanted.len() && tiles.zip(wanted).all(|(tile, wanted)| Marked::of(tile) == *wanted)
    };
    seat.until("every mark", |now| same(now, &wanted));

    // Keywords have no key of their own: they are typed.
    seat.keys([(Modifiers::NONE, Key::Escape), (Modifiers::NONE, Key::A)].into_iter());
    let word = |at: usize| format!("Trip/Day {at}");
    for (at, (photo, _)) in order.iter().enumerate().take(KEYWORDS) {
        seat.key(if at == 0 { Key::Home } else { Key::ArrowRight });
        let photo = *photo;
        seat.until("its details", |now| {
            now.detail.as_ref().is_some_and(|detail| detail.id == photo)
        });
        seat.window.step();
        seat.window.get_by_label("Add a keyword").focus();
        seat.window.step();
        seat.window.get_by_label("Add a keyword").type_text(&word(at));
        seat.window.step();
        seat.key(Key::Enter);
        seat.until("the keyword", |now| {
            let detail = now.detail.as_ref();
            detail.is_some_and(|detail| detail.id == photo && detail.keywords.contains(&word(at)))
        });
        seat.key(Key::Escape);
    }
    seat.until("every sidecar", quiet);
    let says = |at: usize| sidecar_says(&photos, &order[at].1);
    seat.until("every mark on the disk", |now| {
        quiet(now) && (0..count).all(|at| says(at).is_some_and(|said| Marked::said(&said) == wanted[at]))
    });
    #[expect(clippy::needless_range_loop, reason = "the number is the keyword's")]
    for at in 0..KEYWORDS {
        assert!(
            says(at).unwrap().keywords.unwrap().contains(&word(at)),
            "{}",
            order[at].1
        );
    }
    if let Some(stars) = stars_by_exiftool(&photos) {
        for (at, (_, name)) in order.iter().enumerate() {
            let read = stars[&format!("{name}.xmp")];
            assert_eq!(read, i64::from(wanted[at].rating.stars()), "{name}, read by exiftool");
        }
    }
    seat.leave();

    let session = Session::open(Home::portable(&home), Mode::Look, &Cx::new()).unwrap();
    for (at, (photo, name)) in order.iter().enumerate() {
        let row = session.catalog.photo(*photo).unwrap().unwrap();
        let marked = Marked {
            rating: row.rating,
            flag: row.flag,
            label: row.label,
        };
        assert_eq!(marked, wanted[at], "{name} in the catalog");
    }
    drop(session);

    // Another day: all of it is taken back.
    let mut seat = Seat::take(&home, Vec::new(), count);
    seat.until("the same marks", |now| same(now, &wanted));
    seat.keys((0..steps + KEYWORDS).map(|_| (Modifiers::COMMAND, Key::Z)));
    let now = seat.until("all taken back", |now| same(now, &first) && now.undo.is_none());
    assert!(now.redo.is_some());
    seat.until("the sidecars as they were", |now| {
        quiet(now) && files(&photos).len() == before.len()
    });
    let after = files(&photos);
    for (name, bytes) in &before {
        assert!(
            after.get(name) == Some(bytes),
            "{name} was\n{}\nand is\n{}",
            String::from_utf8_lossy(bytes),
            String::from_utf8_lossy(after.get(name).unwrap_or(&Vec::new()))
        );
    }
    let more: Vec<_> = after.keys().filter(|name| !before.contains_key(*name)).collect();
    assert!(more.is_empty(), "made by us and not taken away: {more:?}");

    // And once more forward.
    seat.keys((0..steps + KEYWORDS).map(|_| (Modifiers::COMMAND | Modifiers::SHIFT, Key::Z)));
    seat.until("all done again", |now| same(now, &wanted) && now.redo.is_none());
    seat.until("the sidecars again", |now| {
        quiet(now) && (0..count).all(|at| says(at).is_some_and(|said| Marked::said(&said) == wanted[at]))
    });
    seat.leave();
}
