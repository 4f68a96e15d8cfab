//! Goal: the whole main job with the real program and a store on S3, keys from the environment: backup, kills in the
//! middle, verify, optimize, restore in place and restore into an empty folder by an empty home. Every byte is compared.
//! The server runs in this process (`s3s-fs`), so that what it keeps can be looked at behind the program's back.

use crate::{
    program::{Program, contents, files_below, folder_in, noise_jpeg},
    servers::{S3Server, SECRET, USER},
    world::{Dice, seed},
};
use safelight::model::content::ContentId;
use serde_json::Value;
use std::{collections::BTreeSet, fs, path::Path, time::Duration};

/// Photos made of noise.
const PHOTOS: u32 = 16;
/// Backups that are killed at some moment.
const KILLS: u64 = 6;

fn in_bucket(status: &Value, bucket: &str) -> u64 {
    status["buckets"][bucket]["photos"].as_u64().expect("a bucket")
}

fn program(home: &Path) -> Program {
    let mut program = Program::at(home);
    let keys = [
        format!("AWS_ACCESS_KEY_ID={USER}"),
        format!("AWS_SECRET_ACCESS_KEY={SECRET}"),
    ];
    let set = ["-u", "AWS_PROFILE", "-u", "AWS_ENDPOINT_URL", "-u", "AWS_REGION"];
    program.through.push("env".into());
    program.through.extend(set.iter().map(Into::into));
    program.through.extend(keys.iter().map(Into::into));
    program
}

#[test]
fn i2_i3_the_main_job_over_s3_with_kills() {
    let server = S3Server::start();
    let seed = seed(53);
    println!("SEED={seed}");
    let mut dice = Dice::new(seed);
    let near = folder_in(&std::env::temp_dir());
    let library = near.path().join("photos");
    fs::create_dir(&library).expect("made");
    for number in 0..PHOTOS {
        let width = 640 + 32 * number;
        let bytes = noise_jpeg(&mut dice, width, width * 2 / 3);
        fs::write(library.join(format!("IMG {number:04} é.JPG")), bytes).expect("a photo");
    }
    let before = contents(&library);
    let program = program(&near.path().join("home"));
    let url = server.url("my store");
    program.run(&["scan", library.to_str().expect("text")]).exits(0);
    program.run(&["store", "add", "cloud", &url]).exits(0);

    let mut killed = 0;
    for _ in 0..KILLS {
        let moment = Duration::from_millis(50 + dice.below(900) as u64);
        let (_, was_killed) = program.start(&["backup"]).killed_after(moment);
        killed += u32::from(was_killed);
        let kept: BTreeSet<ContentId> = originals(&server).into_iter().collect();
        let claimed = program.json(&["status"])["proven_photos"].as_u64().expect("a number");
        assert!(
            claimed <= kept.len() as u64,
            "{claimed} are called safe, {} are there",
            kept.len()
        );
    }
    println!("{killed} of {KILLS} backups were killed in the middle");
    program.run(&["backup"]).exits(0);
    // A server on this machine would be lost with it, unless the person says that a tunnel leads elsewhere.
    let status = program.json(&["status"]);
    assert_eq!(in_bucket(&status, "safe"), 0, "{status:#}");
    assert_eq!(in_bucket(&status, "sent"), u64::from(PHOTOS), "{status:#}");
    let refused = program.json(&["optimize", "--free-now"]);
    assert_eq!(refused["released"].as_u64(), Some(0), "{refused:#}");
    assert_eq!(contents(&library), before, "nothing may go for a copy on this machine");
    program.run(&["store", "set", "cloud", "--elsewhere", "yes"]).exits(0);
    let status = program.json(&["status"]);
    assert_eq!(in_bucket(&status, "safe"), u64::from(PHOTOS), "{status:#}");
    let kept: BTreeSet<ContentId> = originals(&server).into_iter().collect();
    assert_eq!(kept, before.values().copied().collect(), "every byte is there");
    program.run(&["verify", "--all"]).exits(0);
    program.run(&["check-store", &url]).exits(0);

    let optimized = program.json(&["optimize", "--free-now"]);
    assert!(optimized["released"].as_u64() > Some(0), "{optimized:#}");
    assert_ne!(contents(&library), before);
    program.run(&["restore", "--all"]).exits(0);
    assert_eq!(contents(&library), before, "every byte is back in its place");

    let target = near.path().join("restored");
    let stranger = self::program(&near.path().join("another home"));
    stranger
        .run(&[
            "restore",
            "--all",
            "--store",
            &url,
            "--to",
            target.to_str().expect("text"),
        ])
        .exits(0);
    assert_eq!(
        contents(&target.join("photos")),
        before,
        "every byte came back elsewhere"
    );

    // A copy that rots in the cloud is found, and never called safe again.
    let one = files_below(&server.file("my store/originals")).remove(0);
    let one = server.file("my store/originals").join(one);
    let mut bytes = fs::read(&one).expect("read");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&one, bytes).expect("written");
    program.run(&["verify", "--all"]).exits(1);
    let status = program.json(&["status"]);
    assert_eq!(in_bucket(&status, "safe"), u64::from(PHOTOS) - 1, "{status:#}");
    program.run(&["check-store", &url]).exits(1);
}

/// What the server keeps of originals, by its own files.
fn originals(server: &S3Server) -> Vec<ContentId> {
    let dir = server.file("my store/originals");
    if !dir.exists() {
        return Vec::new();
    }
    // Files that it has not finished have other names.
    contents(&dir).into_values().collect()
}

#[test]
fn i12_signed_out_and_unplugged_are_sentences_and_cost_nothing() {
    let near = folder_in(&std::env::temp_dir());
    let library = near.path().join("photos");
    fs::create_dir(&library).expect("made");
    fs::write(library.join("a.jpg"), noise_jpeg(&mut Dice::new(3), 64, 64)).expect("a photo");
    let home = near.path().join("home");
    let mine = program(&home);
    let server = S3Server::start();
    let url = server.url("store");
    mine.run(&["scan", library.to_str().expect("text")]).exits(0);
    mine.run(&["store", "add", "cloud", &url, "--elsewhere"]).exits(0);

    let mut stranger = program(&home);
    for word in &mut stranger.through {
        if word.to_string_lossy().starts_with("AWS_SECRET") {
            *word = "AWS_SECRET_ACCESS_KEY=wrong".into();
        }
    }
    let refused = stranger.run(&["backup"]);
    assert_ne!(refused.code, Some(0), "{refused:#?}");
    let said = format!("{}{}", refused.out, refused.err);
    assert!(said.contains("secret key") && !said.contains(SECRET), "{said}");
    assert_eq!(mine.json(&["status"])["proven_photos"], 0);
    mine.run(&["backup"]).exits(0);

    fs::write(library.join("b.jpg"), noise_jpeg(&mut Dice::new(4), 64, 64)).expect("a photo");
    mine.run(&["scan"]).exits(0);
    drop(server);
    let away = mine.run(&["backup"]);
    assert_ne!(away.code, Some(0), "{away:#?}");
    let said = format!("{}{}", away.out, away.err);
    assert!(said.contains("Nothing answers"), "{said}");
    // What was proven stays proven: a server that is away says nothing about it (I12).
    let status = mine.json(&["status"]);
    assert_eq!(status["proven_photos"], 1, "{status:#}");
    assert_eq!(in_bucket(&status, "safe"), 1, "{status:#}");
}
