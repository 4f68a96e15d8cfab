//! The page of duplicates, on the groups of a real look: keys choose and settle, and nothing else is sent.

use crate::fixture::{Fixture, library};
use eframe::egui::{Key, Modifiers, Rect};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use safelight::{
    engine::{
        Cx, Home,
        command::Command,
        duplicates::{DuplicatesView, Settled},
        session::{Mode, Session},
    },
    media::encode,
    model::{id::PhotoId, pixels::Pixels},
    ui::Page,
};
use std::{fs, sync::Arc};

fn look(session: &Session) -> DuplicatesView {
    let found = session.duplicates(None, &Cx::new()).expect("looked");
    DuplicatesView {
        look: 1,
        all: Arc::new(found.clone()),
        found,
        ..DuplicatesView::default()
    }
}

/// `a.jpg` twice and once smaller.
fn world() -> (tempfile::TempDir, Session) {
    let dir = tempfile::tempdir().expect("a folder");
    let photos = fs::canonicalize(dir.path()).expect("its path").join("photos");
    fs::create_dir(&photos).expect("a folder");
    let scene = |side: u32| {
        let at = |n: u32| (n % side, n / side);
        let value = |(x, y): (u32, u32)| ((x * 5 + y * 3) as f32 / side as f32).sin() * 100.0 + 120.0;
        Pixels {
            width: side,
            height: side,
            rgba: (0..side * side)
                .flat_map(|n| [value(at(n)) as u8, value(at(n)) as u8, 90, 255])
                .collect(),
        }
    };
    let jpeg = encode::jpeg(&scene(400), 90).expect("encoded");
    fs::write(photos.join("a.jpg"), &jpeg).expect("written");
    fs::write(photos.join("a (2).jpg"), &jpeg).expect("written");
    fs::write(photos.join("b.jpg"), encode::jpeg(&scene(150), 90).expect("encoded")).expect("written");
    let home = Home::portable(&dir.path().join("home"));
    let session = Session::open(home, Mode::Write, &Cx::new()).expect("opened");
    session.add_root(&photos).expect("watched");
    session.scan_all(false, &Cx::new(), &|| {}).expect("scanned");
    (dir, session)
}

#[test]
fn keys_choose_which_to_keep_and_settle_in_one_step() {
    let (_dir, session) = world();
    let mut snapshot = library(5);
    let mut fixture = Fixture::new(snapshot.clone());
    fixture.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::D);
    assert_eq!(fixture.window.state().page(), Page::Duplicates);
    assert_eq!(
        fixture.sent(),
        [Command::FindDuplicates],
        "the first time it looks by itself"
    );
    let view = look(&session);
    let photos: Vec<PhotoId> = view.found.groups[0]
        .members
        .iter()
        .map(|member| member.row.photo)
        .collect();
    assert_eq!(photos.len(), 3);
    snapshot.duplicates = Some(Arc::new(view));
    fixture.publish(snapshot);
    let _ = fixture.window.get_by_label("Keep a.jpg and reject the rest");
    fixture.press(Key::ArrowRight);
    let _ = fixture.window.get_by_label("Keep a (2).jpg and reject the rest");
    fixture.press(Key::ArrowLeft);
    fixture.press(Key::P);
    assert_eq!(fixture.sent(), [], "no mark is given to photos that are not seen");
    fixture.press_with(Modifiers::SHIFT, Key::P);
    let keep = photos[0];
    let others = vec![photos[1], photos[2]];
    assert_eq!(fixture.sent(), [Command::MergeDuplicates { keep, others }]);
    // Only the exact ones.
    fixture.window.get_by_label("Same file 1").click();
    fixture.settle();
    fixture.press_with(Modifiers::SHIFT, Key::P);
    let others = vec![photos[1]];
    assert_eq!(fixture.sent(), [Command::MergeDuplicates { keep, others }]);
    fixture.window.get_by_label("a.jpg has no duplicates").click();
    fixture.settle();
    let _ = fixture.window.get_by_label("Nothing is there twice");
    fixture.press(Key::Escape);
    assert_eq!(fixture.window.state().page(), Page::Library);
}

#[test]
fn what_was_settled_is_offered_to_the_trash_by_key_and_button() {
    let (_dir, session) = world();
    let mut snapshot = library(5);
    let view = look(&session);
    let photos: Vec<PhotoId> = view.found.groups[0]
        .members
        .iter()
        .map(|member| member.row.photo)
        .collect();
    session.merge_duplicates(photos[0], &photos[1..]).expect("settled");
    let rejected = session.catalog.rejected_photos().expect("rejected");
    let settled = Settled::of(&view.all, &rejected);
    assert_eq!(settled.photos, 2);
    let mut found = (*view.all).clone();
    session.drop_settled(&mut found).expect("read");
    snapshot.duplicates = Some(Arc::new(DuplicatesView { found, settled, ..view }));
    let mut fixture = Fixture::new(snapshot);
    fixture.window.get_by_label("Duplicates, 0 groups").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [], "it has looked already");
    let asked = Command::TrashDuplicates(vec![photos]);
    fixture.window.get_by_label("Move them to Safelight's trash").click();
    fixture.settle();
    assert_eq!(fixture.sent(), std::slice::from_ref(&asked));
    fixture.press(Key::Delete);
    assert_eq!(fixture.sent(), [asked]);
}

/// The window on the page with these groups.
fn on_page(view: DuplicatesView) -> Fixture {
    let mut snapshot = library(5);
    snapshot.duplicates = Some(Arc::new(view));
    let mut fixture = Fixture::new(snapshot);
    fixture.press_with(Modifiers::COMMAND | Modifiers::SHIFT, Key::D);
    let _ = fixture.sent();
    fixture
}

fn photos(view: &DuplicatesView) -> Vec<PhotoId> {
    let members = view.found.groups[0].members.iter();
    members.map(|member| member.row.photo).collect()
}

/// A group of nine photos called `0.jpg` to `8.jpg`.
fn nine() -> DuplicatesView {
    let (_dir, session) = world();
    let mut view = look(&session);
    let first = view.found.groups[0].members[1].clone();
    view.found.groups[0].members = (0..9)
        .map(|at| {
            let mut member = first.clone();
            member.row.photo = PhotoId(1_000 + at);
            member.row.file.name = format!("{at}.jpg").into();
            member
        })
        .collect();
    view
}

/// Where the photos that are called so lie.
fn places(fixture: &Fixture, ends: &str) -> Vec<(String, Rect)> {
    let nodes = fixture.window.query_all_by_label_contains(ends);
    nodes
        .map(|node| (node.accesskit_node().label().unwrap_or_default(), node.rect()))
        .collect()
}

#[test]
fn the_one_that_is_kept_is_always_in_sight() {
    let mut fixture = on_page(nine());
    for _ in 0..6 {
        fixture.press(Key::ArrowRight);
    }
    let kept = places(&fixture, ", kept");
    assert_eq!(kept.len(), 1);
    let (name, rect) = &kept[0];
    assert!(name.starts_with("6.jpg"), "{name}");
    assert!(rect.left() > 236.0 && rect.right() < 1_400.0, "{rect:?}");
    for _ in 0..6 {
        fixture.press(Key::ArrowLeft);
    }
    let (_, rect) = &places(&fixture, ", kept")[0];
    assert!(rect.left() > 236.0 && rect.right() < 1_400.0, "{rect:?}");
}

#[test]
fn a_group_is_looked_at_and_left_where_it_was() {
    let view = nine();
    let ids = photos(&view);
    let mut fixture = on_page(view);
    let beside = |fixture: &Fixture| fixture.window.state().side_by_side();
    for key in [Key::C, Key::Enter, Key::Space, Key::N] {
        fixture.press(Key::ArrowRight);
        fixture.press(key);
        assert!(beside(&fixture).is_some(), "{key:?} looks");
        fixture.press(Key::Escape);
        assert_eq!(beside(&fixture), None);
        assert_eq!(fixture.window.state().page(), Page::Duplicates);
    }
    // The fifth is kept by now; the last but one is looked at and kept instead.
    fixture.press(Key::C);
    assert_eq!(beside(&fixture), Some((ids[2..6].to_vec(), 2)));
    fixture.press(Key::ArrowRight);
    fixture.press(Key::ArrowDown);
    assert_eq!(
        beside(&fixture).map(|(photos, _)| photos[3]),
        Some(ids[6]),
        "the next of the group"
    );
    let _ = fixture.sent();
    fixture.press(Key::X);
    fixture.press(Key::Num3);
    fixture.press(Key::Delete);
    assert_eq!(fixture.sent(), [], "marks reach no photo of the library");
    fixture.press(Key::P);
    fixture.press(Key::Escape);
    assert_eq!(fixture.window.state().page(), Page::Duplicates);
    assert!(places(&fixture, ", kept")[0].0.starts_with("6.jpg"));
    assert_eq!(fixture.window.state().selected(), 0);
    fixture.press(Key::C);
    let _ = fixture.sent();
    fixture.press(Key::ArrowLeft);
    fixture.press_with(Modifiers::SHIFT, Key::P);
    let keep = ids[5];
    let others = ids.iter().copied().filter(|photo| *photo != keep).collect();
    assert_eq!(fixture.sent(), [Command::MergeDuplicates { keep, others }]);
    assert_eq!(beside(&fixture), None);
}

#[test]
fn settling_the_first_group_moves_nothing_on_the_page() {
    let view = nine();
    let mut fixture = on_page(view.clone());
    let top = |fixture: &Fixture| fixture.window.get_by_label("0.jpg has no duplicates").rect().top();
    let before = top(&fixture);
    let mut snapshot = library(5);
    snapshot.generation = 2;
    snapshot.duplicates = Some(Arc::new(DuplicatesView {
        settled: Settled {
            photos: 3,
            ..Settled::default()
        },
        ..view
    }));
    fixture.publish(snapshot);
    let _ = fixture.window.get_by_label("Move them to Safelight's trash");
    assert!((top(&fixture) - before).abs() < 0.5, "{before} {}", top(&fixture));
}

#[test]
fn what_could_not_be_looked_at_is_listed_with_its_reason() {
    let mut view = nine();
    view.found.failed = vec![("/photos/a/torn.jpg".into(), "It ends too early.".to_owned())];
    let mut fixture = on_page(view);
    fixture.window.get_by_label("Not looked at 1").click();
    fixture.settle();
    let _ = fixture.window.get_by_label_contains("torn.jpg");
    let _ = fixture.window.get_by_label("It ends too early.");
    fixture.press(Key::Escape);
    assert!(fixture.window.query_by_label("It ends too early.").is_none());
    assert_eq!(fixture.window.state().page(), Page::Duplicates);
}
