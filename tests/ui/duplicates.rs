//! The page of duplicates, on the groups of a real look: keys choose and settle, and nothing else is sent.

use crate::fixture::{Fixture, library};
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
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
    fixture.press(Key::Enter);
    let keep = photos[0];
    let others = vec![photos[1], photos[2]];
    assert_eq!(fixture.sent(), [Command::MergeDuplicates { keep, others }]);
    // Only the exact ones.
    fixture.window.get_by_label("Same file 1").click();
    fixture.settle();
    fixture.press(Key::Enter);
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
    fixture.window.get_by_label("Duplicates, 0").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [], "it has looked already");
    let asked = Command::TrashDuplicates(vec![photos]);
    fixture.window.get_by_label("Move them to Safelight's trash").click();
    fixture.settle();
    assert_eq!(fixture.sent(), std::slice::from_ref(&asked));
    fixture.press(Key::Delete);
    assert_eq!(fixture.sent(), [asked]);
}
