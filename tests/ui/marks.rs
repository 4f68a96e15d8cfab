//! What a person writes in the inspector, and photos and albums that are dragged in the bar at the left.

use crate::fixture::{Fixture, library};
use eframe::egui::{Event, Key, Modifiers, PointerButton, Pos2};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use safelight::{
    engine::{
        command::{Command, Source},
        snapshot::{PhotoDetail, Severity, Snapshot},
        tracks::{TrackView, TrackWish},
    },
    model::{
        album::Album,
        change::Mark,
        id::{AlbumId, AlbumUid, PhotoId},
        metadata::{Facts, Gps},
        place::{CityCount, CountryCount, Place},
        position::Position,
        rating::{ColorLabel, Flag, Rating},
        safety::Safety,
        time::CaptureTime,
    },
};
use std::sync::Arc;

fn rome() -> Place {
    Place {
        country: "Italy".to_owned(),
        region: "Lazio".to_owned(),
        city: "Rome".to_owned(),
        code: "IT".to_owned(),
        part: String::new(),
    }
}

pub fn detail() -> PhotoDetail {
    let taken = CaptureTime::from_parts((2024, 6, 30), (23, 30, 0), 0);
    PhotoDetail {
        id: PhotoId(1),
        name: "IMG_0000.JPG".to_owned(),
        folder: "/photos".into(),
        facts: Facts {
            taken: taken.map(|taken| taken.shifted(5_400)),
            gps: Some(Gps {
                latitude: 41.9,
                longitude: 12.5,
                altitude: None,
            }),
            ..Facts::default()
        },
        file_taken: taken,
        file_gps: None,
        shift_s: 5_400,
        own_position: Position::new(41.9, 12.5),
        place: Some(rome()),
        sidecar_notes: vec![(
            Severity::Info,
            "IMG_0000.xmp was written by another program 2 days ago.".to_owned(),
        )],
        sidecar_conflict: true,
        files: Vec::new(),
        rating: Rating::default(),
        flag: Flag::None,
        label: ColorLabel::None,
        keywords: Vec::new(),
        title: "Bridge".to_owned(),
        caption: String::new(),
        albums: Vec::new(),
        safety: Safety::OnlyHere,
        safety_sentence: String::new(),
        copies: Vec::new(),
    }
}

fn album(id: i64, name: &str, depth: u32, parent: Option<i64>) -> Album {
    Album {
        id: AlbumId(id),
        uid: AlbumUid(format!("u{id}")),
        name: name.to_owned(),
        path: name.to_owned(),
        depth,
        parent: parent.map(AlbumId),
        cover: None,
        picture: None,
        query: None,
        backup_store: None,
        photos: 3,
    }
}

fn snapshot() -> Snapshot {
    Snapshot {
        detail: Some(Arc::new(detail())),
        albums: Arc::new(vec![
            album(1, "Trips", 0, None),
            album(2, "Rome 2024", 1, Some(1)),
            album(3, "Selects", 0, None),
        ]),
        places: Arc::new(vec![CountryCount {
            country: "Italy".to_owned(),
            photos: 7,
            cities: vec![CityCount {
                place: rome(),
                photos: 7,
            }],
        }]),
        ..library(30)
    }
}

fn open() -> Fixture {
    // High enough for all of the bar at the left.
    let mut fixture = Fixture::sized(snapshot(), [1400.0, 1000.0]);
    fixture.window.get_by_label("IMG_0000.JPG, only here").click();
    fixture.settle();
    let _ = fixture.sent();
    fixture
}

fn edit(fixture: &mut Fixture, name: &str, field: &str, text: &str) {
    fixture.window.get_by_label_contains(name).click();
    fixture.settle();
    fixture.press_with(Modifiers::COMMAND, Key::A);
    fixture.window.get_by_label(field).type_text(text);
    fixture.settle();
}

fn marked(mark: Mark) -> Vec<Command> {
    let photos = vec![PhotoId(1)];
    vec![Command::Mark { photos, mark }]
}

#[test]
fn texts_are_written_where_they_are_shown() {
    let mut fixture = open();
    // While one writes, P is a letter and no pick.
    edit(&mut fixture, "Edit title", "Title", "Ponte at night P");
    assert_eq!(fixture.sent(), []);
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), marked(Mark::Title("Ponte at night P".to_owned())));

    edit(&mut fixture, "Edit title", "Title", "Never");
    fixture.press(Key::Escape);
    assert_eq!(fixture.sent(), [], "Esc leaves it as it was");
    assert_eq!(fixture.window.state().selected(), 1, "and the selection too");

    edit(&mut fixture, "Edit caption", "Caption", "Two lines");
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), marked(Mark::Caption("Two lines".to_owned())));

    fixture.window.get_by_label_contains("Edit title").click();
    fixture.settle();
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), [], "what was not changed is not marked");
}

#[test]
fn title_and_caption_have_keys_from_grid_and_loupe() {
    let mut fixture = open();
    fixture.press(Key::W);
    fixture.press_with(Modifiers::COMMAND, Key::A);
    fixture.window.get_by_label("Title").type_text("By key");
    fixture.settle();
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), marked(Mark::Title("By key".to_owned())));
    // The bar may be shut, and one photo may fill the window.
    fixture.press(Key::I);
    fixture.press(Key::E);
    assert!(fixture.window.state().in_loupe());
    fixture.press_with(Modifiers::SHIFT, Key::W);
    fixture.press_with(Modifiers::COMMAND, Key::A);
    fixture.window.get_by_label("Caption").type_text("Two");
    fixture.settle();
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), marked(Mark::Caption("Two".to_owned())));
    assert!(fixture.window.state().in_loupe(), "and one is where one was");
}

#[test]
fn what_others_wrote_and_what_disagrees_is_said_beside_the_photo() {
    let mut fixture = open();
    let notes = fixture
        .window
        .query_all_by_label_contains("was written by another program")
        .count();
    assert_eq!(notes, 1);
    fixture.window.get_by_label("Settle it...").click();
    fixture.settle();
    assert_eq!(fixture.window.state().page(), safelight::ui::Page::Settings);
}

#[test]
fn a_track_is_looked_at_before_it_says_where_photos_were_taken() {
    let mut fixture = open();
    fixture.press_with(Modifiers::COMMAND, Key::K);
    fixture.window.get_by_label("Find an action").type_text("gpx");
    fixture.settle();
    fixture.press(Key::Enter);
    fixture
        .window
        .get_by_label("Track file")
        .type_text("\"/tracks/walk.gpx\"");
    fixture.settle();
    fixture.window.get_by_label("Camera clock").focus();
    fixture.settle();
    fixture.window.get_by_label("Camera clock").type_text("+2h");
    fixture.settle();
    let asked: Vec<TrackWish> = fixture
        .sent()
        .into_iter()
        .filter_map(|command| match command {
            Command::PlanTrack(wish) => Some(*wish),
            _ => None,
        })
        .collect();
    let wish = TrackWish {
        path: "/tracks/walk.gpx".into(),
        photos: vec![PhotoId(1)],
        camera_offset_s: Some(7_200),
        max_gap_s: None,
        replace: false,
    };
    assert_eq!(asked.last(), Some(&wish), "{asked:?}");
    let wish = TrackWish {
        max_gap_s: Some(1_800),
        ..wish
    };
    fixture.window.get_by_label("Longest gap in the track").focus();
    fixture.settle();
    // What cannot be meant is said under its own field, and nothing is asked or done meanwhile.
    for words in ["5 bananas", "-5m", "25h"] {
        fixture.press_with(Modifiers::COMMAND, Key::A);
        fixture.window.get_by_label("Longest gap in the track").type_text(words);
        fixture.settle();
        let said = |fixture: &Fixture, words: &str| fixture.window.query_all_by_label_contains(words).count();
        assert_eq!(said(&fixture, "at most a day"), 1, "{words}");
        assert_eq!(said(&fixture, "such as +2h or -5h30m"), 0, "{words}");
        assert_eq!(fixture.sent(), [], "{words}");
    }
    fixture.press_with(Modifiers::COMMAND, Key::A);
    fixture.window.get_by_label("Longest gap in the track").type_text("30m");
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::PlanTrack(Box::new(wish.clone()))]);
    fixture.window.get_by_label("Set positions").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [], "nothing is known yet");
    let mut answered = snapshot();
    answered.track = Some(Arc::new(TrackView {
        wish: wish.clone(),
        sentences: vec!["1 photo gets a position from this track.".to_owned()],
        failed: false,
        found: 1,
    }));
    fixture.publish(answered);
    let _ = fixture.window.get_by_label("1 photo gets a position from this track.");
    fixture.window.get_by_label("Set positions").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::PlaceByTrack(Box::new(wish))]);
}

#[test]
fn time_and_place_show_where_they_come_from_and_are_checked() {
    let mut fixture = open();
    for words in [
        "Shifted by +1h 30m",
        "The file says 30 June 2024, 23:30",
        "Given by you",
        "Rome, Lazio, Italy",
    ] {
        assert!(
            fixture.window.query_all_by_label_contains(words).next().is_some(),
            "{words}"
        );
    }
    edit(&mut fixture, "Edit capture time", "Shift of the capture time", "later");
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), []);
    assert!(
        fixture
            .window
            .query_all_by_label_contains("Write how far to shift it")
            .next()
            .is_some()
    );
    fixture.press_with(Modifiers::COMMAND, Key::A);
    fixture
        .window
        .get_by_label("Shift of the capture time")
        .type_text("-2d");
    fixture.settle();
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), marked(Mark::Shift { seconds: -172_800 }));

    edit(&mut fixture, "Edit position", "Position", "64.1466, -21.9426");
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), marked(Mark::Position(Position::new(64.1466, -21.9426))));
}

#[test]
fn the_place_of_the_file_is_there_to_be_put_right() {
    let mut fixture = open();
    let mut now = snapshot();
    let mut one = detail();
    (one.own_position, one.file_gps) = (None, one.facts.gps);
    now.detail = Some(Arc::new(one));
    fixture.publish(now);
    fixture.window.get_by_label_contains("Edit position").click();
    fixture.settle();
    let field = fixture.window.get_by_label("Position");
    assert_eq!(field.accesskit_node().value().as_deref(), Some("41.90000, 12.50000"));
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), [], "what was only looked at is not the person's");
    edit(&mut fixture, "Edit position", "Position", " ");
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), marked(Mark::Position(None)));
}

#[test]
fn keywords_have_a_key_from_grid_and_loupe() {
    let mut fixture = open();
    // The bar may be shut, and one photo of several may fill the window: then it alone is meant.
    fixture.press_with(Modifiers::COMMAND, Key::A);
    fixture.press(Key::I);
    fixture.press(Key::E);
    assert!(fixture.window.state().in_loupe() && fixture.window.query_by_label("Add a keyword").is_none());
    fixture.press(Key::K);
    fixture
        .window
        .get_by_label("Add a keyword")
        .type_text("veil;Places/Lisbon");
    fixture.settle();
    fixture.press(Key::Enter);
    let marks = ["veil", "Places/Lisbon"]
        .map(|word| Mark::AddKeyword(word.to_owned()))
        .to_vec();
    let photos = vec![PhotoId(1)];
    assert_eq!(fixture.sent(), [Command::MarkAll { photos, marks }]);
    assert!(fixture.window.state().in_loupe(), "and one is where one was");
}

/// Presses the mouse at one place, moves in steps, and lets go at another.
pub fn drag(fixture: &mut Fixture, from: Pos2, to: Pos2) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    fixture.window.event(Event::PointerMoved(from));
    fixture.window.step();
    fixture.window.event(button(from, true));
    fixture.window.step();
    for part in 1..=5_u8 {
        let at = from + (to - from) * (f32::from(part) / 5.0);
        fixture.window.event(Event::PointerMoved(at));
        fixture.window.step();
    }
    fixture.window.event(button(to, false));
    fixture.window.step();
    fixture.settle();
}

fn middle(fixture: &Fixture, label: &str) -> Pos2 {
    fixture.window.get_by_label(label).rect().center()
}

#[test]
fn photos_are_dropped_on_albums_and_albums_into_each_other() {
    let mut fixture = open();
    let (photo, selects) = (middle(&fixture, "IMG_0003.JPG, safe"), middle(&fixture, "Selects, 3"));
    drag(&mut fixture, photo, selects);
    let put = Command::AddToAlbum {
        album: AlbumId(3),
        photos: vec![PhotoId(4)],
    };
    assert_eq!(fixture.sent(), [put]);
    // What is selected goes along.
    fixture.press_with(Modifiers::COMMAND, Key::A);
    let _ = fixture.sent();
    drag(&mut fixture, photo, selects);
    match fixture.sent().as_slice() {
        [Command::AddToAlbum { album, photos }] => assert_eq!((*album, photos.len()), (AlbumId(3), 30)),
        other => panic!("{other:?}"),
    }
    let (rome, trips, new) = (
        middle(&fixture, "Rome 2024, 3"),
        middle(&fixture, "Trips, 3"),
        middle(&fixture, "New album"),
    );
    drag(&mut fixture, selects, trips);
    let moved = |album, parent: Option<i64>| Command::MoveAlbum {
        album: AlbumId(album),
        parent: parent.map(AlbumId),
    };
    assert_eq!(fixture.sent(), [moved(3, Some(1))]);
    drag(&mut fixture, rome, new);
    assert_eq!(fixture.sent(), [moved(2, None)]);
    drag(&mut fixture, trips, trips);
    assert!(
        !fixture
            .sent()
            .iter()
            .any(|command| matches!(command, Command::MoveAlbum { .. })),
        "not into itself"
    );
}

#[test]
fn albums_fold_and_places_open() {
    let mut fixture = open();
    fixture.window.get_by_label("Close Trips").click();
    fixture.settle();
    assert!(fixture.window.query_by_label("Rome 2024, 3").is_none());
    fixture.window.get_by_label("Open Italy").click();
    fixture.settle();
    fixture.window.get_by_label("Rome, 7").click();
    fixture.settle();
    let shown: Vec<Source> = fixture
        .sent()
        .into_iter()
        .filter_map(|command| match command {
            Command::Show { source, .. } => Some(source),
            _ => None,
        })
        .collect();
    assert_eq!(shown, [Source::Place("Italy/Lazio/Rome".to_owned())]);
}

#[test]
fn a_photo_without_a_capture_time_claims_none() {
    let mut snapshot = library(3);
    let mut undated = detail();
    undated.facts.taken = None;
    undated.file_taken = None;
    snapshot.detail = Some(Arc::new(undated));
    let mut fixture = Fixture::new(snapshot);
    fixture.press(Key::Home);
    let _ = fixture.window.get_by_label_contains("Undated, file of 4 October 2024");
}
