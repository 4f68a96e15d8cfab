//! A window on a made-up snapshot, and what the tests ask of it.

use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use safelight::{
    engine::{
        command::Command,
        handle::Handle,
        snapshot::{CloudView, Counts, OptimizeView, Refusal, RootView, Snapshot, StoreView, Tile, View},
    },
    model::{
        id::{PhotoId, RootId, StoreId},
        metadata::MediaKind,
        rating::{ColorLabel, Flag, Rating},
        safety::{Count, Safety, Totals},
        time::Timestamp,
    },
    ui::App,
};
use std::sync::Arc;

/// A window and the handle behind it.
pub struct Fixture {
    pub window: Harness<'static, App>,
    pub handle: Handle,
}

impl Fixture {
    pub fn new(snapshot: Snapshot) -> Self {
        Self::sized(snapshot, [1400.0, 900.0])
    }

    pub fn sized(snapshot: Snapshot, size: [f32; 2]) -> Self {
        let handle = Handle::detached(snapshot);
        let theirs = handle.clone();
        let window = Harness::builder()
            .with_size(size)
            .with_max_steps(12)
            .allow_missing_glyphs()
            .build_eframe(|creation| App::new(&creation.egui_ctx, theirs));
        let mut fixture = Self { window, handle };
        fixture.settle();
        fixture
    }

    /// Frames until nothing moves any more; a bar that counts down may go on.
    pub fn settle(&mut self) {
        let _ = self.window.run_ok();
    }

    pub fn press(&mut self, key: Key) {
        self.window.key_press(key);
        self.settle();
    }

    pub fn press_with(&mut self, modifiers: Modifiers, key: Key) {
        self.window.key_press_modifiers(modifiers, key);
        self.settle();
    }

    /// What was sent since the last call, but for what only follows the focus and the selection.
    pub fn sent(&self) -> Vec<Command> {
        let mut commands = self.handle.take_commands();
        commands.retain(|command| !matches!(command, Command::Focus(_) | Command::Together { .. }));
        commands
    }

    pub fn publish(&mut self, snapshot: Snapshot) {
        self.handle.publish(snapshot);
        self.settle();
    }
}

/// Every bucket of what is here.
const BUCKETS: [Safety; 8] = [
    Safety::OnlyHere,
    Safety::Waiting,
    Safety::Sent,
    Safety::Safe,
    Safety::Held,
    Safety::Optimized,
    Safety::NeedsYou,
    Safety::MarksWait,
];

/// So many photos, forty a day.
pub fn tiles(count: usize) -> Vec<Tile> {
    (0..count)
        .map(|at| Tile {
            id: PhotoId(i64::try_from(at).unwrap() + 1),
            name: format!("IMG_{at:04}.JPG").into(),
            aspect: if at % 5 == 4 { 0.667 } else { 1.5 },
            day: 20_000 - i64::try_from(at / 40).unwrap(),
            rating: Rating::default(),
            flag: Flag::None,
            label: ColorLabel::None,
            safety: BUCKETS[at % BUCKETS.len()],
            kind: MediaKind::Picture,
            raw_pair: false,
            problem: false,
            offline: false,
        })
        .collect()
}

/// A library of so many photos with a root and a store.
pub fn library(count: usize) -> Snapshot {
    let tiles = tiles(count);
    let mut totals = Totals::default();
    for tile in &tiles {
        let bucket = &mut totals.buckets[usize::from(tile.safety.number())];
        *bucket = Count {
            photos: bucket.photos + 1,
            files: bucket.files + 1,
            bytes: bucket.bytes + 1_000_000,
            ..*bucket
        };
    }
    totals.all = totals.sum();
    Snapshot {
        generation: 1,
        now: Timestamp(1_747_300_000_000),
        ready: true,
        counts: Counts {
            all: count as u64,
            ..Counts::default()
        },
        roots: Arc::new(vec![RootView {
            id: RootId(1),
            name: "Photos".to_owned(),
            path: "/photos".into(),
            online: true,
            photos: count as u64,
            folders: Vec::new(),
        }]),
        view: Arc::new(View {
            generation: 1,
            title: "All photos".to_owned(),
            tiles,
            ..View::default()
        }),
        totals,
        stores: Arc::new(vec![store()]),
        optimize: Arc::new(OptimizeView {
            planned: true,
            photos: 12,
            frees: 300_000_000,
            refused: vec![Refusal {
                reason: "The only proven copy is on the same disk.".to_owned(),
                count: 3,
                examples: vec!["IMG_0001.JPG".to_owned()],
            }],
            held: 2,
            held_bytes: 9_000_000,
            optimized: 4,
            freed: 20_000_000,
            ..OptimizeView::default()
        }),
        ..Snapshot::default()
    }
}

fn store() -> StoreView {
    StoreView {
        id: StoreId("a".to_owned()),
        name: "NAS archive".to_owned(),
        kind: "Folder".to_owned(),
        place: "/mnt/nas".to_owned(),
        state: safelight::engine::snapshot::StoreState::Ready,
        counts: true,
        counts_note: "Another disk.".to_owned(),
        proven: 10,
        bytes: 10_000_000,
        damaged: 0,
        last_verified: None,
        free: Some(1_000_000_000),
        total: Some(2_000_000_000),
        cloud: CloudView::default(),
    }
}
