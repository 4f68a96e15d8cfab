//! Backup and Optimize Storage: what is sent, what is asked first, and that the numbers are all there.

use crate::fixture::{Fixture, library};
use eframe::egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;
use safelight::{
    engine::{
        command::{Command, Scope, Source},
        snapshot::{JobView, Notice, QueueState, QueueView, Severity, SidecarsView, View},
    },
    model::{
        id::{JobId, PhotoId},
        job::JobState,
        safety::Safety,
    },
};
use std::sync::Arc;

fn backup_page(fixture: &mut Fixture) {
    fixture.press_with(Modifiers::COMMAND, Key::Num2);
    assert_eq!(fixture.window.state().page(), safelight::ui::Page::Backup);
}

#[test]
fn back_up_now_sends_everything_to_every_store() {
    let mut fixture = Fixture::new(library(30));
    backup_page(&mut fixture);
    fixture.window.get_by_label("Back up now").click();
    fixture.settle();
    let scope = Scope::All;
    assert_eq!(fixture.sent(), [Command::BackUpNow { scope, store: None }]);
}

#[test]
fn b_backs_up_the_selection_and_without_a_store_asks_for_one() {
    let mut fixture = Fixture::new(library(30));
    fixture.press(Key::ArrowRight);
    fixture.press(Key::B);
    let scope = Scope::Photos(vec![PhotoId(1)]);
    assert_eq!(fixture.sent(), [Command::BackUpNow { scope, store: None }]);
    let mut bare = library(30);
    bare.stores = Arc::default();
    fixture.publish(bare);
    fixture.press(Key::B);
    assert_eq!(fixture.sent(), []);
    fixture.window.get_by_label("Folder of the store");
}

#[test]
fn i13_every_bucket_is_listed_and_named() {
    let mut fixture = Fixture::new(library(80));
    backup_page(&mut fixture);
    for bucket in Safety::ALL {
        let count = if bucket == Safety::Removed { 0 } else { 10 };
        let label = format!("{}, {count} photos", bucket.title());
        assert!(fixture.window.query_by_label(&label).is_some(), "{label}");
    }
    fixture.window.get_by_label_contains("Together 80 photos");
    let mut wrong = library(80);
    wrong.totals.all.photos += 1;
    fixture.publish(wrong);
    fixture.window.get_by_label_contains("do not add up");
}

#[test]
fn optimize_asks_before_it_replaces_anything() {
    let mut fixture = Fixture::new(library(30));
    backup_page(&mut fixture);
    fixture.window.get_by_label("Optimize...").click();
    fixture.settle();
    let scope = Scope::All;
    assert_eq!(fixture.sent(), [Command::PlanOptimize { scope: scope.clone() }]);
    fixture.press(Key::Enter);
    assert_eq!(fixture.sent(), [], "no key alone replaces an original");
    fixture.window.get_by_label("Cancel").click();
    fixture.settle();
    assert_eq!(fixture.sent(), []);
    fixture.window.get_by_label("Optimize...").click();
    fixture.settle();
    let _ = fixture.sent();
    fixture.window.get_by_label("Optimize 12 photos").click();
    fixture.settle();
    let free_now = false;
    assert_eq!(fixture.sent(), [Command::Optimize { scope, free_now }]);
}

#[test]
fn freeing_at_once_says_what_is_given_up() {
    let mut fixture = Fixture::new(library(30));
    backup_page(&mut fixture);
    fixture.window.get_by_label("Optimize...").click();
    fixture.settle();
    fixture.window.get_by_label("Free the space now").click();
    fixture.settle();
    fixture.window.get_by_label_contains("You give up");
    let _ = fixture.sent();
    fixture.window.get_by_label("Optimize 12 photos and free now").click();
    fixture.settle();
    assert_eq!(
        fixture.sent(),
        [Command::Optimize {
            scope: Scope::All,
            free_now: true
        }]
    );
}

#[test]
fn i2_freeing_held_originals_is_about_nothing_else() {
    let mut fixture = Fixture::new(library(30));
    backup_page(&mut fixture);
    fixture.window.get_by_label("Free now...").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [], "it asks first");
    fixture.window.get_by_label_contains("You give up");
    fixture.window.get_by_label("Free 2 originals now").click();
    fixture.settle();
    assert_eq!(
        fixture.sent(),
        [Command::Optimize {
            scope: Scope::Query("safe:held".to_owned()),
            free_now: true
        }]
    );
}

#[test]
fn the_queue_names_a_reason_and_retries() {
    let mut snapshot = library(30);
    snapshot.queue = Arc::new(QueueView {
        state: QueueState::Running,
        total: 3,
        blocked: 1,
        rows: vec![JobView {
            id: JobId(7),
            photo: PhotoId(1),
            name: "IMG_0000.JPG".to_owned(),
            store: "NAS archive".to_owned(),
            size: 0,
            state: JobState::Blocked,
            reason: Some("The file is empty.".to_owned()),
        }],
        ..QueueView::default()
    });
    let mut fixture = Fixture::new(snapshot);
    backup_page(&mut fixture);
    fixture.window.get_by_label("Retry IMG_0000.JPG").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::RetryJob(JobId(7))]);
    fixture.window.get_by_label("Pause").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::PauseBackup]);
}

#[test]
fn notices_are_read_and_dismissed_and_a_step_can_be_undone() {
    let mut fixture = Fixture::new(library(30));
    let mut told = library(30);
    told.undo = Some("Picked 1 photo".to_owned());
    told.notices = vec![Notice {
        id: 5,
        severity: Severity::Warning,
        what: "Travel disk is not connected".to_owned(),
        why: "It was unplugged.".to_owned(),
        do_next: "Plug it in again.".to_owned(),
    }];
    fixture.publish(told);
    fixture.window.get_by_label("Plug it in again.");
    fixture
        .window
        .get_by_label("Dismiss: Travel disk is not connected")
        .click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::Dismiss(5)]);
    fixture.window.get_by_label("Undo").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::Undo]);
}

/// Marks that wait for a person are in no bucket of safety, and are named all the same where a person looks for what
/// needs them.
#[test]
fn needs_you_names_marks_that_wait() {
    let mut snapshot = library(0);
    snapshot.roots = library(1).roots;
    snapshot.sidecars = Arc::new(SidecarsView {
        conflict_count: 2,
        trouble_count: 1,
        ..SidecarsView::default()
    });
    snapshot.view = Arc::new(View {
        source: Source::Safety(vec![Safety::NeedsYou]),
        ..View::default()
    });
    let mut fixture = Fixture::new(snapshot.clone());
    fixture.window.get_by_label("Needs you, 3").click();
    fixture.settle();
    fixture.window.get_by_label("Nothing else needs you");
    fixture
        .window
        .get_by_label_contains("2 photos with other marks here than in the sidecar, 1 photo with");
    fixture.window.get_by_label("Settle marks").click();
    fixture.settle();
    fixture
        .window
        .get_by_label_contains("What other programs read and write");
    snapshot.sidecars = Arc::default();
    let mut fixture = Fixture::new(snapshot);
    fixture.window.get_by_label("Needs you, 0").click();
    fixture.settle();
    fixture.window.get_by_label("Nothing needs you");
    assert!(fixture.window.query_by_label("Settle marks").is_none());
}
