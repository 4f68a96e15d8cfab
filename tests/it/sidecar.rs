//! Marks written into packets and read from them, held against programs that nobody here wrote: exiftool and exiv2, and the
//! sidecars that digiKam, darktable, Adobe's and others' programs left in the shared photos. What is not ours is compared
//! by a tree of this test's own.

use crate::outside::{has, photos};
use proptest::prelude::*;
use quick_xml::{events::Event, name::ResolveResult, reader::NsReader};
use safelight::{
    media::{
        limits::Limits,
        xmp::{Style, Trouble, Wanted, Xmp, write},
    },
    model::{
        rating::{ColorLabel, Flag, Rating},
        sidecar::Stored,
        time::CaptureTime,
    },
};
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

/// The properties that are ours to write, by namespace and name.
const OURS: &[(&str, &[&str])] = &[
    ("http://ns.adobe.com/xap/1.0/", &["Rating", "Label"]),
    (
        "http://www.digikam.org/ns/1.0/",
        &["ColorLabel", "PickLabel", "TagsList"],
    ),
    ("http://ns.adobe.com/xmp/1.0/DynamicMedia/", &["pick"]),
    ("http://purl.org/dc/elements/1.1/", &["subject", "title", "description"]),
    ("http://ns.adobe.com/lightroom/1.0/", &["hierarchicalSubject"]),
    ("http://ns.microsoft.com/photo/1.0/", &["Rating", "LastKeywordXMP"]),
    ("http://ns.iview-multimedia.com/mediapro/1.0/", &["CatalogSets"]),
    ("http://ns.acdsee.com/iptc/1.0/", &["rating"]),
    ("http://darktable.sf.net/", &["colorlabels"]),
    (
        "http://ns.adobe.com/exif/1.0/",
        &[
            "GPSLatitude",
            "GPSLongitude",
            "GPSAltitude",
            "GPSAltitudeRef",
            "DateTimeOriginal",
            "UserComment",
        ],
    ),
    ("http://ns.adobe.com/photoshop/1.0/", &["DateCreated", "LabelColor"]),
    ("http://ns.adobe.com/tiff/1.0/", &["ImageDescription"]),
    (
        "http://ns.camerabits.com/photomechanic/1.0/",
        &["ColorClass", "Tagged", "Prefs"],
    ),
    ("https://safelight.photos/ns/1.0/", &["rating"]),
];
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";

fn is_ours(space: &str, local: &str) -> bool {
    OURS.iter()
        .any(|(ours, names)| ours.trim_end_matches('/') == space.trim_end_matches('/') && names.contains(&local))
}

fn space_of(resolved: ResolveResult<'_>) -> String {
    match resolved {
        ResolveResult::Bound(space) => space.0.to_owned(),
        _ => String::new(),
    }
}

/// Everything of a packet but what is ours: elements with their attributes sorted, texts, comments and instructions. A
/// description that holds nothing else is ours too.
fn others(bytes: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(bytes).expect("text");
    let mut reader = NsReader::from_str(text);
    let mut lines: Vec<String> = Vec::new();
    let mut depth = 0_usize;
    let mut skipping = 0_usize;
    let mut parents: Vec<String> = Vec::new();
    loop {
        let event = reader.read_event().expect("well-formed");
        let empty = matches!(event, Event::Empty(_));
        match event {
            Event::Eof => break,
            Event::Start(start) | Event::Empty(start) => {
                let (space, local) = reader.resolver().resolve_element(start.name());
                let (space, local) = (space_of(space), local.as_ref().to_owned());
                let top = parents.last().is_some_and(|parent| parent == "Description") && parents.len() >= 2;
                let property = top && parents.iter().filter(|parent| *parent == "Description").count() == 1;
                if skipping > 0 || (property && is_ours(&space, &local)) {
                    skipping += usize::from(!empty);
                } else {
                    let mut attributes: Vec<String> = start
                        .attributes()
                        .map(|one| one.expect("an attribute"))
                        .filter(|one| one.key.as_namespace_binding().is_none())
                        .map(|one| {
                            let (space, local) = reader.resolver().resolve_attribute(one.key);
                            (space_of(space), local.as_ref().to_owned(), one.value.to_string())
                        })
                        .filter(|(space, local, _)| !(local != "about" && is_ours(space, local)))
                        .map(|(space, local, value)| format!("{{{space}}}{local}={value}"))
                        .collect();
                    attributes.sort();
                    lines.push(format!("{}<{{{space}}}{local} {attributes:?}", " ".repeat(depth)));
                    if empty {
                        lines.push(format!("{}>", " ".repeat(depth)));
                    }
                }
                if !empty {
                    parents.push(local);
                    depth += 1;
                }
            }
            Event::End(_) => {
                parents.pop();
                depth -= 1;
                if skipping > 0 {
                    skipping -= 1;
                } else {
                    lines.push(format!("{}>", " ".repeat(depth)));
                }
            }
            Event::Text(text) if skipping == 0 && !text.trim().is_empty() => lines.push(text.to_string()),
            Event::GeneralRef(text) if skipping == 0 => lines.push(format!("&{};", &*text)),
            Event::CData(text) if skipping == 0 => lines.push(format!("[{}]", &*text)),
            Event::Comment(text) => lines.push(format!("!{}", &*text)),
            Event::PI(text) => lines.push(format!("?{}", &*text)),
            _ => {}
        }
    }
    // Empty descriptions, whether they were there before or are what is left of ours.
    let mut kept: Vec<String> = Vec::new();
    for line in lines {
        let hollow = kept.last().is_some_and(|last| {
            last.trim_start().starts_with(&format!("<{{{RDF}}}Description ["))
                && (last.ends_with("[]") || last.matches("=").count() == 1 && last.contains("}about="))
        });
        if line.trim_start() == ">" && hollow {
            kept.pop();
        } else {
            kept.push(line);
        }
    }
    kept
}

fn everything() -> Wanted {
    Wanted {
        rating: Rating::new(4),
        flag: Some(Flag::Pick),
        label: Some(ColorLabel::Green),
        keywords: Some(set(&["Places/Italy/Rome", "sea & sky", "Größe"])),
        title: Some("A <title> & \"more\"".to_owned()),
        caption: Some("First line\nsecond \u{1F4F7}".to_owned()),
        taken: CaptureTime::from_parts((2021, 3, 4), (5, 6, 7), 0),
        position: Some(Some((-33.856_789, 151.215_297))),
    }
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn marks(bytes: &[u8]) -> Stored {
    Xmp::parse_whole(bytes, &Limits::default())
        .expect("XMP")
        .marks(&Limits::default())
}

fn written(packet: Option<&[u8]>, wanted: &Wanted) -> Vec<u8> {
    let new = write(packet, wanted, &Style::default(), &Limits::default()).expect("written");
    new.or_else(|| packet.map(<[u8]>::to_vec)).expect("bytes")
}

/// That a packet says all of it.
fn says(bytes: &[u8], wanted: &Wanted) {
    let marks = marks(bytes);
    let text = String::from_utf8_lossy(bytes).into_owned();
    assert_eq!(marks.rating, wanted.rating, "{text}");
    assert_eq!(marks.flag, wanted.flag, "{text}");
    assert_eq!(marks.label, wanted.label, "{text}");
    assert_eq!(marks.keywords, wanted.keywords, "{text}");
    assert_eq!(marks.title, wanted.title, "{text}");
    assert_eq!(marks.caption, wanted.caption, "{text}");
    if let Some(taken) = wanted.taken {
        assert_eq!(marks.taken.map(CaptureTime::iso), Some(taken.iso()), "{text}");
    }
    if let Some(Some((latitude, longitude))) = wanted.position {
        let found = marks.position.expect("a position");
        assert!(
            (found.0 - latitude).abs() < 1e-7 && (found.1 - longitude).abs() < 1e-7,
            "{text}"
        );
    }
}

fn sidecars() -> Vec<PathBuf> {
    let Some(dir) = photos() else { return Vec::new() };
    let mut found = Vec::new();
    let mut folders = vec![dir];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("listed") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "xmp") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn exiftool(path: &Path) -> serde_json::Map<String, serde_json::Value> {
    let out = Command::new("exiftool")
        .args(["-j", "-G1", "-a", "-struct", "-n", "-XMP:all"])
        .arg(path)
        .output()
        .expect("exiftool");
    let all: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(&out.stdout).expect("JSON");
    all.into_iter().next().expect("one file")
}

#[test]
fn nothing_of_other_programs_is_lost_in_their_sidecars() {
    let dir = tempfile::tempdir().expect("a folder");
    let with_exiftool = has("exiftool");
    for path in sidecars() {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let before = std::fs::read(&path).expect("read");
        let after = written(Some(&before), &everything());
        assert_ne!(before, after, "{name}");
        says(&after, &everything());
        let (old, new) = (others(&before), others(&after));
        let differ = old.iter().zip(&new).find(|(old, new)| old != new);
        assert_eq!(differ, None, "{name}");
        assert_eq!(old.len(), new.len(), "{name}");
        let again = write(Some(&after), &everything(), &Style::default(), &Limits::default());
        assert_eq!(again, Ok(None), "{name}: what is there already is not written again");
        if with_exiftool {
            let copy = dir.path().join(&name);
            std::fs::write(&copy, &after).expect("written");
            let (old, new) = (exiftool(&path), exiftool(&copy));
            let ours = |key: &str| {
                let (group, local) = key.split_once(':').unwrap_or(("", key));
                let names = OURS.iter().flat_map(|(_, names)| *names);
                group == "File"
                    || key == "SourceFile"
                    || names.into_iter().any(|name| match *name {
                        "pick" => local == "Pick",
                        "rating" => local == "Rating" || group == "XMP-safelight",
                        "subject" => local == "Subject",
                        "title" => local.starts_with("Title"),
                        "description" => local.starts_with("Description"),
                        "hierarchicalSubject" => local == "HierarchicalSubject",
                        "colorlabels" => local == "Colorlabels",
                        "Rating" => local == "Rating" || local == "RatingPercent",
                        other => local.starts_with(other),
                    })
            };
            let rest = |all: serde_json::Map<String, serde_json::Value>| {
                all.into_iter()
                    .filter(|(key, _)| !ours(key))
                    .collect::<std::collections::BTreeMap<_, _>>()
            };
            assert_eq!(rest(old), rest(new), "{name}");
        }
    }
}

/// Where reading marks differs from exiftool's flat lists, and why.
const EXPLAINED: &[(&str, &str)] = &[
    (
        "exiftool-t-images/ExifTool.jpg",
        "XMP counts before IPTC, which has another word",
    ),
    (
        "exiftool-t-images/MWG.jpg",
        "XMP counts before IPTC, and this file says so of its own words",
    ),
    (
        "jpeg/keywords/mongolia.jpeg",
        "its IPTC was written in an encoding that has no Cyrillic; XMP has the word whole",
    ),
    (
        "sidecar/pigallery2-demo/IMG_5910.jpg.xmp",
        "lr:hierarchicalSubject has one more than dc:subject, and counts before it",
    ),
];

#[test]
fn ratings_and_keywords_agree_with_exiftool() {
    let Some(dir) = photos() else { return };
    let text = std::fs::read_to_string(dir.join("expected.json")).expect("expected.json");
    let expected: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let (mut compared, mut differences) = (0, Vec::new());
    for (name, want) in expected["files"].as_object().expect("files") {
        let Ok(bytes) = std::fs::read(dir.join(name)) else {
            continue;
        };
        let marks = safelight::media::facts::of_bytes(&bytes, &Limits::default()).marks;
        compared += 1;
        let rating = match (marks.rating, marks.rating_hidden) {
            (_, true) => Some(-1),
            (rating, _) => rating.map(|rating| i64::from(rating.stars())),
        };
        // No stars and no word about stars are the same to a person.
        if rating.unwrap_or(0) != want["rating"].as_i64().unwrap_or(0) {
            differences.push((name, format!("rating {rating:?}, exiftool {}", want["rating"])));
        }
        let fold = |text: &str| text.trim().to_lowercase();
        let wanted: BTreeSet<String> = want["keywords"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|word| word.as_str())
            .map(fold)
            .collect();
        let ours = marks.keywords.unwrap_or_default();
        let levels: BTreeSet<String> = ours.iter().flat_map(|keyword| keyword.split('/')).map(fold).collect();
        let whole: BTreeSet<String> = ours.iter().map(|keyword| fold(keyword)).collect();
        let lost: Vec<&String> = wanted
            .iter()
            .filter(|word| !levels.contains(*word) && !whole.contains(*word))
            .collect();
        let leaf = |keyword: &str| fold(keyword.rsplit('/').next().unwrap_or(keyword));
        let more: Vec<&String> = ours
            .iter()
            .filter(|keyword| !wanted.contains(&leaf(keyword)) && !wanted.contains(&fold(keyword)))
            .collect();
        if !lost.is_empty() || !more.is_empty() {
            differences.push((name, format!("keywords without {lost:?}, with {more:?}")));
        }
    }
    println!("{compared} files compared");
    let mut unexplained = Vec::new();
    for (name, difference) in differences {
        match EXPLAINED.iter().find(|(known, _)| known == name) {
            Some((_, why)) => println!("{name}: {difference}. {why}"),
            None => unexplained.push(format!("{name}: {difference}")),
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
    assert!(compared > 300);
}

#[test]
fn other_languages_and_unknown_labels_stay() {
    let text = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\
        <rdf:Description rdf:about='' xmlns:dc='http://purl.org/dc/elements/1.1/' xmlns:xap='http://ns.adobe.com/xap/1.0/' \
        xap:Label='Print'><dc:title><rdf:Alt><rdf:li xml:lang='x-default'>A</rdf:li><rdf:li xml:lang='fr'>F</rdf:li>\
        </rdf:Alt></dc:title></rdf:Description></rdf:RDF></x:xmpmeta>";
    let wanted = Wanted {
        rating: Rating::new(3),
        title: Some("B".to_owned()),
        ..Wanted::default()
    };
    let new = String::from_utf8(written(Some(text.as_bytes()), &wanted)).expect("text");
    assert!(new.contains("<rdf:li xml:lang='fr'>F</rdf:li>"), "{new}");
    assert!(new.contains("<rdf:li xml:lang='x-default'>B</rdf:li>"), "{new}");
    assert!(new.contains("xap:Label='Print'"), "{new}");
    assert!(
        new.contains("<xap:Rating>3</xap:Rating>"),
        "the prefix of the packet itself: {new}"
    );
    assert_eq!(marks(new.as_bytes()).label, None);
}

#[test]
fn a_rejection_in_the_place_of_the_stars() {
    let dark = written(
        None,
        &Wanted {
            rating: Rating::new(3),
            ..Wanted::default()
        },
    );
    let dark = String::from_utf8(dark)
        .expect("text")
        .replace("Rating>3<", "Rating>-1<");
    let read = marks(dark.as_bytes());
    assert_eq!(
        (read.flag, read.rating, read.rating_hidden),
        (Some(Flag::Reject), None, true)
    );
    let back = Wanted {
        rating: Rating::new(3),
        flag: Some(Flag::None),
        ..Wanted::default()
    };
    says_flag(&written(Some(dark.as_bytes()), &back), Flag::None, 3);
    let style = Style {
        reject_as_rating: true,
        ..Style::default()
    };
    let rejected = Wanted {
        rating: Rating::new(3),
        flag: Some(Flag::Reject),
        ..Wanted::default()
    };
    let bridge = write(None, &rejected, &style, &Limits::default())
        .expect("written")
        .expect("new");
    assert!(String::from_utf8_lossy(&bridge).contains("Rating>-1<"));
    says_flag(&bridge, Flag::Reject, 3);
    says_flag(&written(None, &rejected), Flag::Reject, 3);
}

fn says_flag(bytes: &[u8], flag: Flag, stars: u8) {
    let read = marks(bytes);
    let text = String::from_utf8_lossy(bytes);
    assert_eq!(
        (read.flag, read.rating.map(Rating::stars)),
        (Some(flag), Some(stars)),
        "{text}"
    );
}

#[test]
fn marks_of_many_programs_are_read() {
    let body = |inside: &str| {
        format!(
            "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='{RDF}'><rdf:Description \
             xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:MicrosoftPhoto='http://ns.microsoft.com/photo/1.0' \
             xmlns:acdsee='http://ns.acdsee.com/iptc/1.0/' xmlns:digiKam='http://www.digikam.org/ns/1.0/' \
             xmlns:xmpDM='http://ns.adobe.com/xmp/1.0/DynamicMedia/' xmlns:lr='http://ns.adobe.com/lightroom/1.0/' \
             xmlns:photomechanic='http://ns.camerabits.com/photomechanic/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/' \
             xmlns:darktable='http://darktable.sf.net/' xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/' {inside}\
             </rdf:Description></rdf:RDF></x:xmpmeta>"
        )
    };
    let read = |inside: &str| marks(body(inside).as_bytes());
    assert_eq!(read("MicrosoftPhoto:Rating='75'>").rating, Rating::new(4));
    assert_eq!(read("acdsee:rating='2'>").rating, Rating::new(2));
    assert_eq!(read("xmp:Rating='5' MicrosoftPhoto:Rating='1'>").rating, Rating::new(5));
    assert_eq!(read("xmp:Label='Gelb'>").label, Some(ColorLabel::Yellow));
    assert_eq!(read("digiKam:ColorLabel='5'>").label, Some(ColorLabel::Blue));
    // digiKam takes the word away with a label, and for the colours that Lightroom has none for.
    assert_eq!(read("digiKam:ColorLabel='0'>").label, Some(ColorLabel::None));
    assert_eq!(read("digiKam:ColorLabel='2'>").label, None);
    assert_eq!(
        read("xmp:Label='Purple' digiKam:ColorLabel='6'>").label,
        Some(ColorLabel::Purple)
    );
    // Seen beside darktable's own labels, from another program (darktable's issue 19761).
    let beside =
        "xmp:Label='NoColor'><darktable:colorlabels><rdf:Seq><rdf:li>1</rdf:li></rdf:Seq></darktable:colorlabels>";
    assert_eq!(read(beside).label, Some(ColorLabel::Yellow));
    assert_eq!(read("photoshop:LabelColor='purple'>").label, Some(ColorLabel::Purple));
    let colors = "><darktable:colorlabels><rdf:Seq><rdf:li>2</rdf:li></rdf:Seq></darktable:colorlabels>";
    assert_eq!(read(colors).label, Some(ColorLabel::Green));
    assert_eq!(read("digiKam:PickLabel='3'>").flag, Some(Flag::Pick));
    assert_eq!(read("digiKam:PickLabel='2'>").flag, Some(Flag::None));
    assert_eq!(read("xmpDM:pick='-1'>").flag, Some(Flag::Reject));
    assert_eq!(read("photomechanic:Tagged='True'>").flag, Some(Flag::Pick));
    let prefs = read("photomechanic:Prefs='Tagged:1, ColorClass:2, Rating:4, FrameNum:3'>");
    assert_eq!((prefs.flag, prefs.rating), (Some(Flag::Pick), Rating::new(4)));
    assert_eq!(prefs.label, Some(ColorLabel::Red));
    let list = |kind: &str, words: &[&str]| {
        let words: String = words.iter().map(|word| format!("<rdf:li>{word}</rdf:li>")).collect();
        format!("<rdf:{kind}>{words}</rdf:{kind}>")
    };
    let keywords = read(&format!(
        "><lr:hierarchicalSubject>{}</lr:hierarchicalSubject><dc:subject>{}</dc:subject>",
        list("Bag", &["A|B|C", "D"]),
        list("Seq", &["A", "B", "C", "D", "new"])
    ));
    assert_eq!(keywords.keywords, Some(set(&["A/B/C", "D", "new"])));
    let digikam = read(&format!(
        "><digiKam:TagsList>{}</digiKam:TagsList><lr:hierarchicalSubject>{}</lr:hierarchicalSubject>",
        list("Seq", &["x/y", "_Digikam_Internal/Z"]),
        list("Bag", &["old"])
    ));
    assert_eq!(digikam.keywords, Some(set(&["x/y"])));
    let categories = "acdsee:categories='&lt;Categories>&lt;Category Assigned=\"0\">a&lt;Category Assigned=\"1\">b\
        &lt;/Category>&lt;/Category>&lt;/Categories>'>";
    assert_eq!(read(categories).keywords, Some(set(&["a/b"])));
    // Apple writes titles as plain text.
    assert_eq!(read("><dc:title>Plain</dc:title>").title.as_deref(), Some("Plain"));
    assert_eq!(read(">").keywords, None);
}

/// As Photo Mechanic 5 writes it: tag, class, stars and frame once more as bare numbers, the class's name as the label (its
/// makers in their forum, topic 16192: both are kept alike unless set otherwise), urgency alike where that is set. The
/// numbers are those of NASA's `niaz.xmp` and of ExifTool's own `PhotoMechanic.jpg`, and names only ExifTool's printing.
#[test]
fn photo_mechanic_says_its_marks_again_as_numbers() {
    let packet = |properties: &str| {
        format!(
            "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='{RDF}'><rdf:Description rdf:about='' \
             xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:photoshop='http://ns.adobe.com/photoshop/1.0/' \
             xmlns:photomechanic='http://ns.camerabits.com/photomechanic/1.0/' {properties} \
             photomechanic:PMVersion='PM5'/></rdf:RDF></x:xmpmeta>"
        )
    };
    let read = |properties: &str| {
        let found = marks(packet(properties).as_bytes());
        (found.flag, found.label, found.rating.map(Rating::stars))
    };
    let winner = "xmp:Rating='4' xmp:Label='Winner Alt' photoshop:Urgency='2' photomechanic:ColorClass='2' \
                  photomechanic:Tagged='False' photomechanic:Prefs='0:2:4:001829'";
    assert_eq!(read(winner), (Some(Flag::None), Some(ColorLabel::Red), Some(4)));
    let empty =
        "xmp:Label='' photomechanic:ColorClass='1' photomechanic:Tagged='False' photomechanic:Prefs='0:1:0:-00001'";
    assert_eq!(read(empty), (Some(Flag::None), Some(ColorLabel::Purple), Some(0)));
    let only = "photomechanic:Prefs='1:5:3:008771'";
    assert_eq!(read(only), (Some(Flag::Pick), Some(ColorLabel::Green), Some(3)));
    // An urgency alone is the editor's, and no colour.
    assert_eq!(read("photoshop:Urgency='2'").1, None);
    // A class that has no label here is the person's own, and stays.
    let orange = "photomechanic:ColorClass='3' photomechanic:Prefs='1:3:0:008771'";
    assert_eq!(read(orange).1, None);
    let stars = Wanted {
        rating: Rating::new(5),
        ..Wanted::default()
    };
    let text = String::from_utf8(written(Some(packet(orange).as_bytes()), &stars)).expect("text");
    assert!(
        text.contains("Prefs='1:3:5:008771'") && text.contains("ColorClass='3'"),
        "{text}"
    );
    // ExifTool reads what we wrote as Photo Mechanic's.
    let wanted = Wanted {
        rating: Rating::new(2),
        flag: Some(Flag::Pick),
        label: Some(ColorLabel::Blue),
        ..Wanted::default()
    };
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.xmp");
    std::fs::write(&path, written(Some(packet(winner).as_bytes()), &wanted)).expect("written");
    let found = exiftool(&path);
    assert_eq!(found["XMP-photomech:Prefs"], "1:7:2:001829", "{found:?}");
    assert_eq!(
        (&found["XMP-photomech:ColorClass"], &found["XMP-photomech:Tagged"]),
        (&7.into(), &true.into())
    );
    assert_eq!(found["XMP-photoshop:Urgency"], 2, "not ours");
    let Some(photos) = photos() else { return };
    let nasa = std::fs::read(photos.join("sidecar/niaz.xmp")).expect("a sidecar");
    assert!(String::from_utf8_lossy(&written(Some(&nasa), &wanted)).contains(">1:7:2:007311<"));
}

#[test]
fn exiftool_and_exiv2_read_what_we_write() {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("a.xmp");
    std::fs::write(&path, written(None, &everything())).expect("written");
    if has("exiftool") {
        let found = exiftool(&path);
        let is = |key: &str, value: serde_json::Value| assert_eq!(found.get(key), Some(&value), "{key} of {found:?}");
        is("XMP-xmp:Rating", 4.into());
        is("XMP-xmp:Label", "Green".into());
        is("XMP-digiKam:ColorLabel", 4.into());
        is("XMP-digiKam:PickLabel", 3.into());
        is("XMP-xmpDM:Pick", 1.into());
        is("XMP-dc:Title", "A <title> & \"more\"".into());
        is("XMP-dc:Description", "First line\nsecond \u{1F4F7}".into());
        is("XMP-dc:Subject", serde_json::json!(["Größe", "Rome", "sea & sky"]));
        let tags = serde_json::json!(["Größe", "Places/Italy/Rome", "sea & sky"]);
        is("XMP-digiKam:TagsList", tags);
        let hierarchical = serde_json::json!(["Größe", "Places|Italy|Rome", "sea & sky"]);
        is("XMP-lr:HierarchicalSubject", hierarchical);
        is("XMP-exif:DateTimeOriginal", "2021:03:04 05:06:07".into());
        let near = |key: &str, value: f64| {
            let found = found.get(key).and_then(serde_json::Value::as_f64).expect(key);
            assert!((found - value).abs() < 1e-6, "{key} {found}");
        };
        near("XMP-exif:GPSLatitude", -33.856_789);
        near("XMP-exif:GPSLongitude", 151.215_297);
    }
    if has("exiv2") {
        let out = Command::new("exiv2")
            .args(["-PXkt", "pr"])
            .arg(&path)
            .output()
            .expect("exiv2");
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        let lines: BTreeSet<String> = text
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        for line in [
            "Xmp.xmp.Rating 4",
            "Xmp.xmp.Label Green",
            "Xmp.digiKam.ColorLabel 4",
            "Xmp.digiKam.PickLabel 3",
            "Xmp.dc.title lang=\"x-default\" A <title> & \"more\"",
            "Xmp.dc.subject Größe, Rome, sea & sky",
            "Xmp.digiKam.TagsList Größe, Places/Italy/Rome, sea & sky",
            "Xmp.lr.hierarchicalSubject Größe, Places|Italy|Rome, sea & sky",
        ] {
            assert!(lines.contains(line), "{line} in {text}");
        }
    }
}

#[test]
fn we_read_what_exiftool_and_exiv2_write() {
    let dir = tempfile::tempdir().expect("a folder");
    let wanted = Wanted {
        taken: CaptureTime::from_parts((2022, 2, 3), (4, 5, 6), 0),
        position: None,
        caption: Some("One line".to_owned()),
        ..everything()
    };
    if has("exiftool") {
        let path = dir.path().join("e.xmp");
        let out = Command::new("exiftool")
            .args([
                "-XMP-xmp:Rating=4",
                "-XMP-xmp:Label=Green",
                "-XMP-digiKam:PickLabel#=3",
                "-XMP-dc:Title=A <title> & \"more\"",
                "-XMP-dc:Description=One line",
                "-XMP-dc:Subject=Rome",
                "-XMP-dc:Subject=sea & sky",
                "-XMP-dc:Subject=Größe",
                "-XMP-lr:HierarchicalSubject=Places|Italy|Rome",
                "-XMP-exif:DateTimeOriginal=2022:02:03 04:05:06",
            ])
            .arg(&path)
            .output()
            .expect("exiftool");
        assert!(out.status.success(), "{out:?}");
        says(&std::fs::read(&path).expect("read"), &wanted);
        // And over what we wrote: it rewrites the packet in its own way.
        let ours = dir.path().join("o.xmp");
        std::fs::write(&ours, written(None, &everything())).expect("written");
        let out = Command::new("exiftool")
            .args(["-overwrite_original", "-XMP-xmp:Rating=2", "-XMP-dc:Subject+=added"])
            .arg(&ours)
            .output()
            .expect("exiftool");
        assert!(out.status.success(), "{out:?}");
        let mut changed = everything();
        changed.rating = Rating::new(2);
        changed.keywords.as_mut().expect("keywords").insert("added".to_owned());
        says(&std::fs::read(&ours).expect("read"), &changed);
    }
    if has("exiv2") {
        let path = dir.path().join("x.xmp");
        std::fs::write(&path, written(None, &Wanted::default())).expect("written");
        let commands = [
            "set Xmp.xmp.Rating 4",
            "set Xmp.xmp.Label Green",
            "set Xmp.digiKam.PickLabel 3",
            "set Xmp.dc.title lang=x-default A <title> & \"more\"",
            "set Xmp.dc.description lang=x-default One line",
            "set Xmp.dc.subject Rome",
            "set Xmp.dc.subject sea & sky",
            "set Xmp.dc.subject Größe",
            "set Xmp.lr.hierarchicalSubject XmpBag Places|Italy|Rome",
            "set Xmp.exif.DateTimeOriginal 2022-02-03T04:05:06",
        ];
        let mut exiv2 = Command::new("exiv2");
        for command in commands {
            exiv2.arg(format!("-M{command}"));
        }
        let out = exiv2.arg(&path).output().expect("exiv2");
        assert!(out.status.success(), "{out:?}");
        says(&std::fs::read(&path).expect("read"), &wanted);
    }
}

#[test]
fn s5_hostile_sidecars_are_refused_by_name() {
    let limits = Limits::default();
    let deep = format!("{}{}", "<a>".repeat(80), "</a>".repeat(80));
    let large = vec![b' '; 100_000_000];
    let cut = &written(None, &everything())[..700];
    for (bytes, trouble) in [
        (
            &b"<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>"[..],
            Trouble::Entities,
        ),
        (
            &b"<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>"[..],
            Trouble::Entities,
        ),
        // A document type alone, around what would be a fine sidecar.
        (
            &[b"<!DOCTYPE x>", &written(None, &everything())[..]].concat()[..],
            Trouble::Entities,
        ),
        (deep.as_bytes(), Trouble::TooDeep),
        (&large[..], Trouble::TooLarge(limits.metadata_bytes)),
        (&b"<a>\xff\xfe\x80</a>"[..], Trouble::NotText),
        (&b"<html><body/></html>"[..], Trouble::NotXmp),
        (cut, Trouble::Malformed),
    ] {
        assert_eq!(Xmp::parse_whole(bytes, &limits).expect_err("refused"), trouble);
        let new = write(Some(bytes), &everything(), &Style::default(), &limits);
        assert_eq!(new.expect_err("refused"), trouble);
    }
}

#[test]
fn utf16_stays_utf16() {
    let text = String::from_utf8(written(None, &Wanted::default())).expect("text");
    let text = text.replace('\u{feff}', "");
    let utf16: Vec<u8> = std::iter::once(0xFEFF_u16)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let new = written(Some(&utf16), &everything());
    assert_eq!(&new[..2], [0xFF, 0xFE]);
    says(&new, &everything());
    let unmarked = written(Some(&utf16[2..]), &everything());
    assert_eq!(&unmarked[..2], b"<\0");
    says(&unmarked, &everything());
}

/// A packet with unknown properties, comments and white space all over.
fn packets() -> impl Strategy<Value = String> {
    let space = prop::sample::select(vec!["", " ", "\n  ", "\r\n\t", "<!-- a & b -->", "<?pi x?>"]);
    let text = prop::sample::select(vec!["", "x", "a &amp; b", "&#x41;\u{e9}", " spaced "]);
    let property = (0..6_u8, text, space.clone()).prop_map(|(kind, text, space)| match kind {
        0 => format!("{space}<u:p u:q=\"{text}\">{text}</u:p>"),
        1 => format!("{space}<u:l>{space}<rdf:Seq>{space}<rdf:li u:w='1'>{text}</rdf:li>{space}</rdf:Seq></u:l>"),
        2 => format!("{space}<u:s rdf:parseType=\"Resource\"><u:t>{text}</u:t>{space}<xmp:Rating>7</xmp:Rating></u:s>"),
        3 => format!("{space}<xmp:CreatorTool>{text}</xmp:CreatorTool>"),
        4 => format!("{space}<dc:subject>{space}<rdf:Bag><rdf:li>old</rdf:li>{space}</rdf:Bag></dc:subject>"),
        _ => format!("{space}<v:e xmlns:v='urn:v' xmlns='urn:d'><inner>{text}</inner></v:e>"),
    });
    let node = (prop::collection::vec(property, 0..5), 0..4_u8, space.clone()).prop_map(|(properties, kind, space)| {
        let own = ["", " u:a='1'", " xmp:Rating='1'", " xmp:Label = \"Red\"\n u:b=\"&lt;\""][usize::from(kind)];
        format!(
            "{space}<rdf:Description rdf:about=\"\"{own}>{}{space}</rdf:Description>",
            properties.concat()
        )
    });
    (prop::collection::vec(node, 0..4), space).prop_map(|(nodes, space)| {
        format!(
            "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>{space}<x:xmpmeta xmlns:x='adobe:ns:meta/'>{space}\
             <rdf:RDF xmlns:rdf='{RDF}' xmlns:u='urn:unknown' xmlns:xmp='http://ns.adobe.com/xap/1.0/' \
             xmlns:dc='http://purl.org/dc/elements/1.1/'>{}{space}</rdf:RDF>{space}</x:xmpmeta><?xpacket end='w'?>",
            nodes.concat()
        )
    })
}

fn wishes() -> impl Strategy<Value = Wanted> {
    let words = prop::collection::btree_set(prop::sample::select(vec!["old", "a/b", "a/c", "d", "x y"]), 0..4);
    (0..6_u8, 0..3_u8, 0..6_u8, words, "[a-z<&\" \n]{0,8}").prop_map(|(rating, flag, label, words, text)| Wanted {
        rating: Rating::new(rating),
        flag: Some(Flag::from_number(flag)),
        label: Some(ColorLabel::from_number(label)),
        keywords: Some(words.into_iter().map(str::to_owned).collect()),
        title: Some(text.trim().to_owned()),
        caption: Some(text.trim().to_owned()),
        ..Wanted::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn unknown_nodes_survive_any_marks(packet in packets(), first in wishes(), second in wishes()) {
        let mut bytes = packet.clone().into_bytes();
        for wanted in [&first, &second] {
            bytes = written(Some(&bytes), wanted);
            says(&bytes, wanted);
            prop_assert_eq!(others(packet.as_bytes()), others(&bytes));
        }
    }
}
