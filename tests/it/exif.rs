//! Our bounded reader of EXIF beside kamadak-exif, which nobody here wrote: on every sample and fixture that it can read,
//! the two agree on maker, model, orientation, exposure and the time taken.

use ::exif::{In, Reader, Tag, Value};
use safelight::media::{facts, limits::Limits};
use std::{
    io::Cursor,
    path::{Path, PathBuf},
};

fn files(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found)
        } else {
            found.push(path)
        }
    }
}

#[test]
fn i5_facts_agree_with_kamadak_exif() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for dir in ["assets/samples", "tests/fixtures/photos"] {
        files(&here.join(dir), &mut found);
    }
    let mut compared = 0;
    for path in found {
        let bytes = std::fs::read(&path).expect("read");
        let Ok(theirs) = Reader::new().read_from_container(&mut Cursor::new(&bytes)) else {
            continue;
        };
        let ours = facts::of_bytes(&bytes, &Limits::default());
        let text = |tag| match &theirs.get_field(tag, In::PRIMARY)?.value {
            Value::Ascii(parts) => Some(String::from_utf8_lossy(parts.first()?).trim().to_owned()),
            _ => None,
        };
        let number = |tag| theirs.get_field(tag, In::PRIMARY)?.value.get_uint(0);
        let seconds = match theirs
            .get_field(Tag::ExposureTime, In::PRIMARY)
            .map(|field| &field.value)
        {
            Some(Value::Rational(parts)) => parts.first().map(|one| one.to_f64()),
            _ => None,
        };
        let bias = match theirs
            .get_field(Tag::ExposureBiasValue, In::PRIMARY)
            .map(|field| &field.value)
        {
            Some(Value::SRational(parts)) => parts.first().map(|one| one.to_f64()),
            _ => None,
        };
        let name = path.display();
        assert_eq!(
            ours.bias_ev,
            bias.filter(|bias| bias.abs() <= 10.0),
            "compensation of {name}"
        );
        assert_eq!(ours.make, text(Tag::Make), "make of {name}");
        assert_eq!(ours.model, text(Tag::Model), "model of {name}");
        assert_eq!(ours.iso, number(Tag::PhotographicSensitivity), "ISO of {name}");
        assert_eq!(ours.exposure_s, seconds, "exposure of {name}");
        if let Some(orientation) = number(Tag::Orientation) {
            assert_eq!(
                ours.orientation.map(u32::from),
                Some(orientation),
                "orientation of {name}"
            );
        }
        if let Some(taken) = text(Tag::DateTimeOriginal) {
            let shown = ours.taken.expect("a time").text();
            assert_eq!(shown.replacen('-', ":", 2), taken, "time of {name}");
        }
        compared += 1;
    }
    assert!(compared >= 25, "only {compared} files could be compared");
}
