//! Photos get another folder, other names or copies by keys, by the dialogs and by dropping: what is asked, what is shown
//! before it is done, and what the engine is told.

use crate::{
    fixture::{Fixture, library},
    marks::drag,
};
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use safelight::{
    engine::{
        command::{Command, Sort, Source, Target},
        snapshot::{FolderView, MoveLine, MovePreview, RootView, Snapshot, TaskView},
    },
    model::id::{FolderId, PhotoId, RootId},
};
use std::sync::Arc;

fn with_folders(count: usize) -> Snapshot {
    let folder = |id, name: &str, depth, has_children| FolderView {
        id: FolderId(id),
        name: name.to_owned(),
        depth,
        photos: 3,
        has_children,
    };
    let mut snapshot = library(count);
    snapshot.roots = Arc::new(vec![RootView {
        folders: vec![
            folder(5, "2024", 0, true),
            folder(6, "Rome", 1, false),
            folder(7, "Attic", 0, false),
        ],
        ..snapshot.roots[0].clone()
    }]);
    snapshot
}

fn preview(about: &str, lines: Vec<MoveLine>) -> MovePreview {
    let stays = lines.iter().filter(|line| line.why.is_some()).count() as u64;
    MovePreview {
        about: about.to_owned(),
        photos: lines.len() as u64 - stays,
        files: 2 * (lines.len() as u64 - stays),
        stays,
        lines,
        ..MovePreview::default()
    }
}

fn line(photo: i64, new_name: &str, why: Option<&str>) -> MoveLine {
    MoveLine {
        photo: PhotoId(photo),
        name: format!("IMG_{:04}.JPG", photo - 1),
        new_name: new_name.to_owned(),
        files: 2,
        why: why.map(ToOwned::to_owned),
    }
}

fn asked(photos: &[i64], pattern: &str) -> Command {
    Command::PreviewRename {
        photos: photos.iter().copied().map(PhotoId).collect(),
        pattern: pattern.to_owned(),
        first: 1,
    }
}

#[test]
fn one_photo_is_renamed_from_its_own_name_and_many_by_a_pattern_that_is_shown_on_them_first() {
    let mut fixture = Fixture::new(library(30));
    fixture.press(Key::F2);
    assert_eq!(fixture.sent(), [], "nothing is selected");
    fixture.press(Key::ArrowRight);
    fixture.press(Key::F2);
    assert_eq!(fixture.sent(), [asked(&[1], "IMG_0000")]);
    fixture.press(Key::Escape);
    fixture.press_with(Modifiers::SHIFT, Key::ArrowRight);
    fixture.press(Key::F2);
    assert_eq!(fixture.sent(), [asked(&[1, 2], "{date}_{time}_{name}")]);
    let button = |fixture: &Fixture| {
        let node = fixture.window.get_by_role_and_label(Role::Button, "Rename");
        !node.accesskit_node().is_disabled()
    };
    assert!(!button(&fixture), "nothing is done before it was shown");

    // A token by its button; the preview of another pattern is not taken for this one's.
    fixture.window.get_by_role_and_label(Role::Button, "{seq}").click();
    fixture.settle();
    let pattern = "{date}_{time}_{name}{seq}";
    assert_eq!(fixture.sent(), [asked(&[1, 2], pattern)]);
    let mut snapshot = library(30);
    snapshot.rename = Arc::new(preview("{date}_{time}_{name}", vec![line(1, "old.JPG", None)]));
    fixture.publish(snapshot.clone());
    assert!(!button(&fixture));
    let taken = "There is a b.JPG already. Nothing is put over it.";
    snapshot.rename = Arc::new(preview(
        pattern,
        vec![line(2, "b.JPG", Some(taken)), line(1, "a.JPG", None)],
    ));
    fixture.publish(snapshot.clone());
    for words in [taken, "a.JPG", "1 photo with 2 files, 1 stay as they are"] {
        assert!(fixture.window.query_by_label(words).is_some(), "{words}");
    }
    fixture.window.get_by_role_and_label(Role::Button, "Rename").click();
    fixture.settle();
    assert_eq!(
        fixture.sent(),
        [Command::Rename {
            photos: vec![PhotoId(1), PhotoId(2)],
            pattern: pattern.to_owned(),
            first: 1,
        }]
    );
    assert!(fixture.window.query_by_label("New name").is_none(), "closed");

    // What is wrong with a pattern is said, and nothing can be done.
    fixture.press(Key::F2);
    snapshot.rename = Arc::new(MovePreview {
        about: "{date}_{time}_{name}".to_owned(),
        problem: Some("A { has no } behind it.".to_owned()),
        ..MovePreview::default()
    });
    fixture.publish(snapshot);
    assert!(fixture.window.query_by_label("A { has no } behind it.").is_some() && !button(&fixture));
}

#[test]
fn photos_go_to_a_folder_that_is_chosen_found_by_words_or_typed() {
    let mut fixture = Fixture::new(with_folders(30));
    fixture.press(Key::ArrowRight);
    let _ = fixture.sent();
    let moved = |to| {
        [Command::MoveTo {
            photos: vec![PhotoId(1)],
            to,
        }]
    };
    fixture.press_with(Modifiers::SHIFT, Key::M);
    fixture.window.get_by_label("Photos / 2024 / Rome").click();
    fixture.settle();
    assert_eq!(fixture.sent(), moved(Target::Folder(FolderId(6))));
    assert!(
        fixture.window.query_by_label("Move 1 photo to a folder").is_none(),
        "closed"
    );

    fixture.press_with(Modifiers::SHIFT, Key::M);
    fixture.window.get_by_label("Folder").type_text("atti");
    fixture.settle();
    assert!(fixture.window.query_by_label("Photos / 2024").is_none());
    fixture.press(Key::Enter);
    assert_eq!(
        fixture.sent(),
        moved(Target::Folder(FolderId(7))),
        "the only one that is left"
    );

    fixture.press_with(Modifiers::SHIFT, Key::M);
    fixture.window.get_by_label("Folder").type_text("/photos/New year");
    fixture.settle();
    fixture.window.get_by_role_and_label(Role::Button, "Move").click();
    fixture.settle();
    assert_eq!(fixture.sent(), moved(Target::Path("/photos/New year".into())));

    // In the loupe only what is seen.
    fixture.press_with(Modifiers::SHIFT, Key::ArrowRight);
    fixture.press(Key::Enter);
    let _ = fixture.sent();
    fixture.press_with(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::C);
    fixture.window.get_by_label("Folder path").type_text("/media/stick");
    fixture.settle();
    fixture.window.get_by_role_and_label(Role::Button, "Copy").click();
    fixture.settle();
    assert_eq!(
        fixture.sent(),
        [Command::CopyTo {
            photos: vec![PhotoId(2)],
            to: "/media/stick".into(),
        }]
    );
}

#[test]
fn photos_dropped_on_a_folder_go_there_and_what_runs_can_be_stopped() {
    let mut fixture = Fixture::new(with_folders(30));
    let place = |fixture: &Fixture, label: &str| fixture.window.get_by_label(label).rect().center();
    let photo = place(&fixture, "IMG_0003.JPG, safe");
    let folder = place(&fixture, "Attic, 3");
    drag(&mut fixture, photo, folder);
    assert_eq!(
        fixture.sent(),
        [Command::MoveTo {
            photos: vec![PhotoId(4)],
            to: Target::Folder(FolderId(7)),
        }]
    );
    let root = place(&fixture, "Photos, 30");
    drag(&mut fixture, photo, root);
    assert_eq!(
        fixture.sent(),
        [Command::MoveTo {
            photos: vec![PhotoId(4)],
            to: Target::Root(RootId(1)),
        }]
    );
    let mut snapshot = with_folders(30);
    snapshot.tasks = vec![TaskView {
        label: "Copying".to_owned(),
        done: 1,
        total: 12,
        can_stop: true,
    }];
    snapshot.undo = Some("Move 1 photo to Attic".to_owned());
    fixture.publish(snapshot);
    fixture.window.get_by_label("Stop: Copying").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::StopMoving]);
    fixture.window.get_by_role_and_label(Role::Button, "Undo").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::Undo], "the offer names the move");
}

#[test]
fn nothing_is_moved_out_of_the_trash_by_these_keys() {
    let mut fixture = Fixture::new(library(5));
    fixture.press_with(Modifiers::COMMAND, Key::T);
    fixture.press(Key::ArrowRight);
    let shown = Command::Show {
        source: Source::Trash,
        query: String::new(),
        sort: Sort::default(),
    };
    assert!(fixture.sent().contains(&shown));
    fixture.press(Key::F2);
    fixture.press_with(Modifiers::SHIFT, Key::M);
    assert_eq!(fixture.sent(), []);
}
