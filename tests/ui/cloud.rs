//! The window and stores in the cloud: the assistant with its keys and its test, what stores follow, limits, what waits and
//! why. Found and driven by what a screen reader would say.

use crate::fixture::{Fixture, library};
use eframe::egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable as _;
use safelight::{
    engine::{
        Followed, Hours, Order, SendRules,
        command::{Command, Scope},
        keeping::TestProbe,
        snapshot::{CloudView, FollowView, PlanView, SendingView, SetView, Snapshot, StoreState, StoreTest},
    },
    model::plans::Prices,
};
use std::sync::Arc;

fn backup_page(snapshot: Snapshot) -> Fixture {
    let mut fixture = Fixture::sized(snapshot, [1500.0, 1900.0]);
    fixture.press_with(Modifiers::COMMAND, Key::Num2);
    let _ = fixture.sent();
    fixture
}

/// Clicks into a field and types.
fn fill(fixture: &mut Fixture, role: Role, field: &str, text: &str) {
    fixture.window.get_by_role_and_label(role, field).click();
    fixture.settle();
    fixture.window.get_by_role_and_label(role, field).type_text(text);
    fixture.settle();
}

/// Whether a screen reader could say this text.
fn said(fixture: &Fixture, text: &str) -> bool {
    fixture.window.query_all_by_value(text).next().is_some()
        || fixture.window.query_all_by_label_contains(text).next().is_some()
}

fn with_store(change: impl FnOnce(&mut CloudView)) -> Snapshot {
    let mut snapshot = library(12);
    snapshot.prices = Arc::new(Prices::bundled());
    let stores = Arc::make_mut(&mut snapshot.stores);
    change(&mut stores[0].cloud);
    snapshot
}

#[test]
fn i17_keys_are_typed_into_dots_and_reach_only_the_command() {
    let mut fixture = backup_page(with_store(|_| {}));
    fixture.window.get_by_label("Add store").click();
    fixture.settle();
    fixture.window.get_by_label("S3").click();
    fixture.settle();
    for (field, text) in [
        ("Bucket", "photos"),
        ("Endpoint", "https://s3.example"),
        ("Access key", "AK"),
    ] {
        fill(&mut fixture, Role::TextInput, field, text);
    }
    fill(&mut fixture, Role::PasswordInput, "Secret key", "hunter2");
    assert!(said(&fixture, "AK"), "what may be seen is");
    assert!(!said(&fixture, "hunter2"), "a screen reader would say it");
    fixture.window.get_by_label("50 GB").click();
    // The form is longer than its window.
    fixture.window.get_by_label("3 stars and up").scroll_to_me();
    fixture.settle();
    fixture.window.get_by_label("3 stars and up").click();
    fixture.settle();
    let form = fixture
        .window
        .query_all_by_role_and_label(Role::Button, "Add store")
        .last();
    form.expect("the form's own button").click();
    fixture.settle();
    let sent = fixture.sent();
    assert!(!format!("{sent:?}").contains("hunter2"), "{sent:?}");
    let [Command::SetUpStore(wish)] = sent.as_slice() else {
        panic!("{sent:?}");
    };
    assert_eq!(wish.url, "s3://photos?endpoint=https://s3.example");
    assert_eq!(wish.keys.as_ref().map(|keys| keys.user.as_str()), Some("AK"));
    assert_eq!(wish.limit, Some(50_000_000_000));
    assert_eq!(wish.follow, [Followed::Query("rating>=3".to_owned())]);
}

#[test]
fn the_test_shows_what_it_finds_as_it_comes() {
    let mut snapshot = with_store(|_| {});
    let mut fixture = backup_page(snapshot.clone());
    fixture.window.get_by_label("Add store").click();
    fixture.settle();
    fixture.window.get_by_label("Folder of the store").type_text("/mnt/nas");
    fixture.settle();
    fixture.window.get_by_label("Test it").click();
    fixture.settle();
    let sent = fixture.sent();
    assert!(
        matches!(sent.as_slice(), [Command::TestStore(wish)] if wish.url == "/mnt/nas"),
        "{sent:?}"
    );
    let probe = |name, outcome: &'static str| TestProbe {
        name,
        outcome,
        sentence: "It was found so.".to_owned(),
        remedy: (outcome == "FAILED").then_some("Another way is taken."),
    };
    snapshot.test = Arc::new(StoreTest {
        url: "/mnt/nas".to_owned(),
        running: true,
        total: 40,
        probes: vec![
            probe("Reads back what was written", "ok"),
            probe("Never writes over a file", "FAILED"),
        ],
        ended: None,
    });
    fixture.publish(snapshot.clone());
    fixture.window.get_by_label("2 of 40");
    fixture.window.get_by_label("Reads back what was written");
    fixture.window.get_by_label_contains("Another way is taken.");
    fixture.window.get_by_label("Stop the test").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::StopTest]);
    let test = Arc::make_mut(&mut snapshot.test);
    (test.running, test.ended) = (
        false,
        Some((false, "It takes backups; do not let originals go.".to_owned())),
    );
    fixture.publish(snapshot);
    fixture.window.get_by_label_contains("do not let originals go");
}

#[test]
fn what_a_store_follows_is_shown_with_what_is_left_out_and_taken_back() {
    let what = Followed::Query("rating>=3".to_owned());
    let mut snapshot = with_store(|cloud| {
        cloud.set = SetView {
            follows: vec![FollowView {
                what: what.clone(),
                words: "What \u{201c}rating>=3\u{201d} finds".to_owned(),
                photos: 3,
                bytes: 3_000_000,
                problem: None,
            }],
            photos_in: 3,
            bytes_in: 3_000_000,
            photos_out: 9,
            bytes_out: 9_000_000,
        };
        cloud.pause = Some("Signed out");
        cloud.retry = Some("Tried again by itself in 10 minutes.".to_owned());
    });
    Arc::make_mut(&mut snapshot.stores)[0].state = StoreState::Paused("The password is wrong.".to_owned());
    let store = snapshot.stores[0].id.clone();
    snapshot.plan = Some(Arc::new(PlanView {
        store: "NAS archive".to_owned(),
        photos: 3,
        files: 3,
        bytes: 61_000_000_000,
        fits: Some(false),
        free: Some(48_000_000_000),
        verdict: "This selection needs 61 GB, 48 GB are left: it fits the 200 GB plan ($2.99 a month).".to_owned(),
        scope: Some(Scope::Set(store.clone())),
        left_out: Some((9, 9_000_000)),
        ..PlanView::default()
    }));
    let mut fixture = backup_page(snapshot);
    fixture.window.get_by_label_contains("left out 9 photos");
    fixture.window.get_by_label("Signed out");
    fixture
        .window
        .get_by_label_contains("Tried again by itself in 10 minutes. The password is wrong.");
    fixture
        .window
        .get_by_label_contains("it fits the 200 GB plan ($2.99 a month)");
    fixture.window.get_by_label("Back up what is planned").click();
    fixture.settle();
    let scope = Scope::Set(store.clone());
    assert_eq!(
        fixture.sent(),
        [Command::BackUpNow {
            scope,
            store: Some(store.clone())
        }]
    );
    fixture.window.get_by_label_contains("rating>=3").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::Follow { store, what, on: false }]);
}

#[test]
fn limits_are_chosen_and_what_they_hold_back_is_said() {
    let mut snapshot = with_store(|_| {});
    Arc::make_mut(&mut snapshot.queue).total = 5;
    snapshot.sending = Arc::new(SendingView {
        held: vec![("NAS archive".to_owned(), "Sending waits until 22:00.".to_owned())],
        ..SendingView::default()
    });
    let mut fixture = backup_page(snapshot);
    fixture.window.get_by_label_contains("Sending waits until 22:00");
    fixture.window.get_by_label("Send now").click();
    fixture.settle();
    assert_eq!(fixture.sent(), [Command::SendNow]);
    let rules = |change: &dyn Fn(&mut SendRules)| {
        let mut rules = SendRules::default();
        change(&mut rules);
        [Command::SetRules(rules)]
    };
    fixture.window.get_by_label("At night, 22:00 to 7:00").click();
    fixture.settle();
    assert_eq!(
        fixture.sent(),
        rules(&|rules| rules.hours = Some(Hours { from: 1320, to: 420 }))
    );
    fixture.window.get_by_label("Small files first").click();
    fixture.settle();
    assert_eq!(fixture.sent(), rules(&|rules| rules.order = Order::SmallFirst));
    fixture.window.get_by_label("This network is metered").click();
    fixture.settle();
    assert_eq!(fixture.sent(), rules(&|rules| rules.metered_by_hand = true));
    fixture.window.get_by_label("5.0 MB/s").click();
    fixture.settle();
    assert_eq!(fixture.sent(), rules(&|rules| rules.bandwidth = Some(5_000_000)));
}

#[test]
fn i17_locked_keys_are_unlocked_and_the_passphrase_shows_nowhere() {
    let mut snapshot = with_store(|_| {});
    snapshot.sending = Arc::new(SendingView {
        locked: true,
        ..SendingView::default()
    });
    let mut fixture = backup_page(snapshot);
    fill(&mut fixture, Role::PasswordInput, "Passphrase", "open sesame");
    assert!(!said(&fixture, "open sesame"));
    fixture.window.get_by_label("Unlock").click();
    fixture.settle();
    let sent = fixture.sent();
    assert!(matches!(sent.as_slice(), [Command::Unlock(_)]), "{sent:?}");
    assert!(!format!("{sent:?}").contains("sesame"));
}
