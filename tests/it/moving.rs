//! Films and motion photos of the samples: what we say of them is what exiftool says.

use safelight::{
    media::{facts::of_bytes, limits::Limits},
    model::metadata::Facts,
};
use std::path::{Path, PathBuf};

fn samples() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/photos");
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: the samples are not here");
    None
}

fn facts(path: &Path) -> Facts {
    of_bytes(&std::fs::read(path).expect("read"), &Limits::default())
}

/// One value of exiftool's, as a number or plain text; `None` where exiftool is not installed or says nothing.
fn exiftool(path: &Path, tag: &str) -> Option<String> {
    let output = std::process::Command::new("exiftool")
        .args(["-n", "-s3", tag])
        .arg(path)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout)
        .lines()
        .next()?
        .trim()
        .to_owned();
    (!text.is_empty()).then_some(text)
}

#[test]
fn films_say_what_exiftool_says_of_them() {
    let Some(folder) = samples() else { return };
    for name in [
        "video/with-gps.mp4",
        "live-photo/heic-mov/IMG_3853.MOV",
        "exiftool-t-images/QuickTime.mov",
        "exiftool-t-images/RIFF.avi",
        "pigallery2/sidecar/20240128_105420.mp4",
        "pigallery2/sidecar/20240128_120909.mp4",
    ] {
        let path = folder.join(name);
        let facts = facts(&path);
        let Some(duration) = exiftool(&path, "-Duration") else {
            eprintln!("skipped: exiftool is not here");
            return;
        };
        let duration: f64 = duration.parse().expect("seconds");
        let ours = facts.duration_s.expect("a duration");
        assert!((ours - duration).abs() < 0.01, "{name}: {ours} for {duration}");
        let turned = matches!(exiftool(&path, "-Rotation").as_deref(), Some("90" | "270"));
        let side = |tag| exiftool(&path, tag).and_then(|text| text.parse::<u32>().ok());
        let size = (side("-ImageWidth"), side("-ImageHeight"));
        let size = if turned { (size.1, size.0) } else { size };
        assert_eq!((facts.width, facts.height), size, "{name}");
        assert_eq!(facts.live_id, exiftool(&path, "-ContentIdentifier"), "{name}");
        if let Some(latitude) = exiftool(&path, "-GPSLatitude").and_then(|text| text.parse::<f64>().ok()) {
            let gps = facts.gps.expect("a place");
            assert!((gps.latitude - latitude).abs() < 1e-4, "{name}");
        }
    }
    let codec = |name: &str| facts(&folder.join(name)).codec;
    assert_eq!(codec("video/with-gps.mp4").as_deref(), Some("H.264"));
    assert_eq!(codec("live-photo/heic-mov/IMG_3853.MOV").as_deref(), Some("HEVC"));
    assert_eq!(codec("exiftool-t-images/QuickTime.mov").as_deref(), Some("Motion JPEG"));
}

#[test]
fn both_halves_of_a_live_photo_name_the_same_content() {
    let Some(folder) = samples() else { return };
    let folder = folder.join("live-photo/heic-mov");
    let (picture, film) = (
        facts(&folder.join("IMG_3853.HEIC")),
        facts(&folder.join("IMG_3853.MOV")),
    );
    assert!(picture.live_id.is_some());
    assert_eq!(picture.live_id, film.live_id);
}

#[test]
fn films_inside_pictures_are_found_where_they_are_and_nowhere_else() {
    let Some(folder) = samples() else { return };
    let folder = folder.join("motion-photo");
    for name in ["samsung-one-ui-6.heic", "motion_photo_pixel_synth.jpg"] {
        let path = folder.join(name);
        let bytes = std::fs::read(&path).expect("read");
        let part = facts(&path).motion.expect("a film");
        let film = &bytes[part.at as usize..(part.at + part.len) as usize];
        assert_eq!(&film[4..8], b"ftyp", "{name}");
        let inner = of_bytes(film, &Limits::default());
        assert_eq!(inner.format.as_deref(), Some("MP4"), "{name}");
    }
    assert_eq!(
        facts(&folder.join("samsung-one-ui-6.heic")).motion.map(|part| part.len),
        Some(3_226_469),
        "the length that exiftool extracts as MotionPhotoVideo"
    );
    // Their films are cut off: what is said to be there is not.
    for name in ["testJPEG_MicroVideo.jpg", "testJPEG_MotionPhoto.jpg"] {
        assert_eq!(facts(&folder.join(name)).motion, None, "{name}");
    }
}
