//! The query language: what texts mean, that every query survives its own text, and that SQL finds exactly the photos
//! that `Query::matches` says, as does the window's search, on random catalogs and random queries. proptest prints the
//! failing case and its seed.

use crate::world::{Dice, Sample, World, add_photo, add_root, seed};
use proptest::prelude::*;
use safelight::engine::command::{Sort, Source};
use safelight::model::{
    bounds::Bounds,
    change::Change,
    id::{AlbumUid, DeviceId, PhotoId},
    metadata::MediaKind,
    place::Place,
    position::Position,
    query::{Date, Dates, Day, Expr, Has, NumberField, Numbers, Query, SafeIs, Term},
    rating::{ColorLabel, Flag, Rating},
    safety::Safety,
    subject::{Columns, Subject},
    time::{CaptureTime, DAY_MS, HOUR_MS, Timestamp, Zone},
};
use safelight::sys::clock::{Clock as _, RealClock, SimClock};
use std::{collections::BTreeSet, sync::Arc};

fn parse(text: &str) -> Query {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The text is read, and written in this form.
fn check(text: &str, form: &str) {
    assert_eq!(parse(text).to_string(), form, "{text}");
    assert_eq!(parse(form), parse(text), "{form}");
}

#[test]
fn texts_and_their_usual_form() {
    check("", "");
    check("  sunset   beach ", "sunset beach");
    check("\"new york\"", "\"new york\"");
    check("a OR b c", "a OR b c");
    check("(a OR b) c", "(a OR b) c");
    check("((a))", "a");
    check("a AND b", "a b");
    check("-a", "-a");
    check("NOT a", "-a");
    check("-(a b)", "-(a b)");
    check("--a", "--a");
    check("rating:>=3", "rating>=3");
    check("rating>=3", "rating>=3");
    check("rating=5", "rating:5");
    check("rating:2..4", "rating:2..4");
    check("rating:2..", "rating>=2");
    check("f:<2.8", "f<2.8");
    check("f:f/1.8", "f:1.8");
    check("focal:35mm..85mm", "focal:35..85");
    check("iso>1600", "iso>1600");
    check("FLAG:Pick", "flag:pick");
    check("label:red,blue", "label:red OR label:blue");
    check("type:raw safe:no", "type:raw safe:no");
    check("safe:needs-you", "safe:needs-you");
    check("taken:2024", "taken:2024");
    check("taken:2024-06..2024-08", "taken:2024-06..2024-08");
    check("taken:..2024-02-29", "taken:..2024-02-29");
    check("taken>=2024", "taken:2024..");
    check("taken<2024", "taken<2024");
    check("taken:none", "taken:none");
    check("camera:\"EOS R6\"", "camera:\"EOS R6\"");
    check("keyword:\"a/b\"", "keyword:a/b");
    check("in:2024/Wedding album:\"Best of\"", "in:2024/Wedding album:\"Best of\"");
    check("name:IMG_00*", "name:IMG_00*");
    check("IMG(1).jpg", "\"IMG(1).jpg\"");
    check("(IMG(1).jpg)", "\"IMG(1).jpg\"");
    check("12:30", "\"12:30\"");
    check("a>b", "\"a>b\"");
    check("\"rating:3\"", "\"rating:3\"");
    check("\"OR\"", "\"OR\"");
    check(r#""say \"hi\"""#, r#""say \"hi\"""#);
    check("offline:yes problem:no has:gps", "offline:yes problem:no has:gps");
    check("place:rome has:shift", "place:rome has:shift");
    check("within:41.80,12.4,42.0,12.60", "within:41.8,12.4,42,12.6");
    check("added:030D", "added:30d");
    check("added:Today", "added:today");
    check("-added:YESTERDAY", "-added:yesterday");
    check("added>=2024-06", "added:2024-06..");
    check("PLACE:\"New York\"", "place:\"New York\"");
}

#[test]
fn paths_are_queries() {
    for text in [
        "/photos/2024",
        "./a",
        "../a",
        "~",
        "~/Pictures",
        ".",
        "C:\\photos",
        "day/IMG_1.JPG",
    ] {
        assert_eq!(parse(text), Query::from(Term::Path(text.to_owned())), "{text}");
    }
    assert_eq!(
        parse("\"/my photos/a\""),
        Query::from(Term::Path("/my photos/a".to_owned()))
    );
    assert_eq!(parse("a/b"), Query::from(Term::Word("a/b".to_owned())));
    assert_eq!(parse("\"day/a.jpg\""), Query::from(Term::Word("day/a.jpg".to_owned())));
    let mut query = parse("./x OR in:~/y OR word");
    query.map_paths(|path| path.replace('.', "/here").replace('~', "/home"));
    assert_eq!(query, parse("/here/x OR in:/home/y OR word"));
}

#[test]
fn arguments_of_a_command_line() {
    let from = |args: &[&str]| Query::from_args(args, |text| text.ends_with(".jpg")).expect("a query");
    assert_eq!(from(&[]), Query::everything());
    assert_eq!(from(&["rating>=3", "flag:pick"]), parse("rating>=3 flag:pick"));
    assert_eq!(from(&["rating>=3 flag:pick"]), parse("rating>=3 flag:pick"));
    let path = |text: &str| Expr::Term(Term::Path(text.to_owned()));
    let both = Expr::or(vec![path("a b.jpg"), path("/x (1)")]).expect("two");
    assert_eq!(from(&["a b.jpg", "/x (1)"]), Query::from(both.clone()));
    assert_eq!(
        from(&["a b.jpg", "rating:5", "/x (1)"]),
        Query::from(both).and(parse("rating:5"))
    );
    assert_eq!(from(&["a", "OR", "b"]), parse("a OR b"));
}

#[test]
fn errors_say_where_and_what() {
    for (text, position, part) in [
        ("rating:6", 8, "stars from 0 to 5"),
        ("rating:2.5", 8, "stars from 0 to 5"),
        ("rating:", 8, "not nothing"),
        ("a rating>x", 10, "\"x\""),
        ("flag:maybe", 6, "none, pick, reject"),
        ("label:red,pink", 7, "purple"),
        ("taken:2024-13", 7, "a date such as"),
        ("taken:2023-02-29", 7, "a date such as"),
        ("taken:2024..2023", 7, "a date such as"),
        ("focal:85..35", 7, "focal length"),
        ("f:inf", 3, "f-number"),
        ("iso:-100", 5, "ISO"),
        ("tag:x", 1, "Did you mean \"keyword:\""),
        ("foo:x", 1, "no field \"foo\""),
        ("city:rome", 1, "Did you mean \"place:\""),
        ("place:", 7, "a city, region or country"),
        ("place>5", 1, "Write \"place:\""),
        ("has:shifts", 5, "shift"),
        ("within:42,12,41,13", 8, "south, west, north"),
        ("within:42,12", 8, "41.8,12.4"),
        ("within>1", 1, "Write \"within:\""),
        ("added:0d", 7, "30d"),
        ("added>3d", 7, "30d"),
        ("added>today", 7, "today, yesterday"),
        ("near:rome", 1, "Did you mean \"within:\""),
        ("camera>5", 1, "Write \"camera:\""),
        ("name:", 6, "a file name"),
        ("(a b", 1, "has no \")\""),
        ("a) b", 2, "without its \"(\""),
        ("ü (a OR )", 9, "before \")\""),
        ("a OR", 5, "the text ends"),
        ("OR a", 1, "before OR"),
        ("a - b", 3, "directly after \"-\""),
        ("\"abc", 1, "not closed"),
        ("\"\"", 1, "between the quotes"),
    ] {
        let error = Query::parse(text).expect_err(text);
        assert_eq!(error.position, position, "{text}: {error}");
        assert!(error.message.contains(part), "{text}: {error}");
    }
}

#[test]
fn i16_queries_have_limits() {
    for text in [
        "(".repeat(60) + "a" + &")".repeat(60),
        "-".repeat(60) + "a",
        "a ".repeat(501),
        "x".repeat(20_000),
    ] {
        let error = Query::parse(&text).expect_err("too much");
        assert!(error.message.contains("too"), "{error}");
    }
    assert!(Query::parse(&"a ".repeat(500)).is_ok());
}

fn photo() -> Subject {
    Subject {
        names: vec!["IMG_0042.JPG".to_owned(), "IMG_0042.CR3".to_owned()],
        folder: "/photos/2024/Wedding".to_owned(),
        keywords: vec!["Places/Rome".to_owned()],
        albums: vec!["Best of".to_owned(), "Trips/Rome 24".to_owned()],
        caption: "Ponte Sant'Angelo at night".to_owned(),
        camera: Some("Canon EOS R6".to_owned()),
        columns: Columns {
            rating: Rating::new(3).expect("stars"),
            flag: Flag::Pick,
            kind: MediaKind::Picture,
            raw_pair: true,
            wall_ms: CaptureTime::from_parts((2024, 6, 30), (23, 59, 59), 999).map(|at| at.wall_ms),
            safety: Safety::Held,
            f_number: Some(2.799_999),
            ..Columns::default()
        },
        position: Some((47.3769, 8.5417)),
        added: Timestamp(1_719_800_000_000),
        now: Timestamp(1_719_800_000_000 + 3 * DAY_MS),
        place: Some(Place {
            country: "Switzerland".to_owned(),
            region: "Zurich".to_owned(),
            city: "Zuerich".to_owned(),
            code: "CH".to_owned(),
            part: "Wiedikon".to_owned(),
        }),
        shifted: true,
        ..Subject::default()
    }
}

#[test]
fn what_questions_mean() {
    for (text, found) in [
        ("", true),
        ("img_0042", true),
        ("CR3", true),
        ("eos", true),
        ("rome", true),
        ("SANT'ANGELO", true),
        ("wedding", false),
        ("in:wedding", true),
        ("in:wed", false),
        ("in:wed*", true),
        ("in:/photos", true),
        ("in:/2024", false),
        ("/photos", true),
        ("/photos/2024/Wedding/", true),
        ("/photos/2024/Wed", false),
        ("/photos/2024/Wedding/IMG_0042.CR3", true),
        ("/photos/2024/Wedding/img_0042.cr3", false),
        ("/", true),
        ("name:img_00*", true),
        ("name:img_0042.jpg", true),
        ("name:0042", true),
        ("name:00*", false),
        ("keyword:places", true),
        ("keyword:rome", true),
        ("keyword:rom", false),
        ("keyword:/rome", false),
        ("camera:\"EOS R6\"", true),
        ("camera:\"R6 Mark\"", false),
        ("lens:50", false),
        ("-lens:50", true),
        ("album:\"best of\"", true),
        ("album:best", false),
        ("album:trips", true),
        ("album:\"rome 24\"", true),
        ("album:\"trips/rome 24\"", true),
        ("album:/trips", true),
        ("album:\"/rome 24\"", false),
        ("place:zürich", true),
        ("place:zurich", true),
        ("place:switzerland", true),
        ("place:CH", true),
        ("place:zur", true),
        ("place:wiedikon", true),
        ("place:zuerich/wiedikon", true),
        ("place:zur*", true),
        ("place:\"switzerland/zurich\"", true),
        ("place:rome", false),
        ("Zürich", true),
        ("switz", true),
        ("has:shift", true),
        ("rating>=3", true),
        ("rating>3", false),
        ("rating:1..3", true),
        ("type:raw", true),
        ("type:picture", true),
        ("type:video", false),
        ("taken:2024-06", true),
        ("taken:2024-06-30", true),
        ("taken:2024-07", false),
        ("taken:..2024-06", true),
        ("taken<2024-06-30", false),
        ("taken>2024-06", false),
        ("taken:2024-06-30..", true),
        ("taken:2024-05..2024-06", true),
        ("taken:2024-05..2024-06-29", false),
        // Words that begin as OR and NOT do.
        ("ORANGE", false),
        ("rome ORANGE", false),
        ("NOTHING", false),
        ("taken:none", false),
        ("safe:yes", true),
        ("safe:no", false),
        ("safe:safe", false),
        ("safe:held", true),
        ("f:2.8", true),
        ("f<2.8", false),
        ("f<=2.8", true),
        ("iso>=100", false),
        ("-iso>=100", true),
        ("has:caption has:album", true),
        ("has:gps", true),
        ("within:47,8,48,9", true),
        ("within:47.3769,8.5417,47.3769,8.5417", true),
        ("within:47,8.6,48,9", false),
        ("within:-90,170,90,9", true),
        ("within:-90,170,90,-9", false),
        ("added:4d", true),
        ("added:3d", false),
        ("added:2024-07-01", true),
        ("added<2024-07", false),
        ("-added:1d added>2024-06", true),
        ("added:today", false),
        ("added:yesterday", false),
        ("offline:no", true),
        ("label:none", true),
    ] {
        assert_eq!(parse(text).matches(&photo()), found, "{text}");
    }
}

#[test]
fn i13_safe_yes_and_no_leave_out_only_what_is_removed() {
    for bucket in Safety::ALL {
        let mut subject = photo();
        subject.columns.safety = bucket;
        let of = |text: &str| parse(text).matches(&subject);
        let expected = match bucket {
            Safety::Safe | Safety::Held | Safety::Optimized => (true, false),
            Safety::Removed => (false, false),
            Safety::OnlyHere | Safety::Waiting | Safety::Sent | Safety::MarksWait | Safety::NeedsYou => (false, true),
        };
        assert_eq!((of("safe:yes"), of("safe:no")), expected, "{bucket:?}");
        assert!(of(&format!("safe:{}", bucket.word())), "{bucket:?}");
    }
}

#[test]
fn paths_find_files_by_every_byte_of_their_names() {
    let world = World::new();
    let sql = world.sql();
    let (top, below) = (
        add_root(&sql, b"/", true, &[b""]),
        add_root(&sql, b"/photos", true, &[b""]),
    );
    let add = |folder, name: &[u8]| {
        let names = vec![name.to_vec()];
        add_photo(
            &sql,
            &Sample {
                folder,
                names,
                ..Sample::default()
            },
        )
    };
    let at_top = add(top, b"x.jpg");
    let (odd, other) = (add(below, b"b\xffd.jpg"), add(below, b"b.jpg"));
    let found = |text: &str| world.catalog.search(&parse(text)).expect("a search");
    assert_eq!(found("/x.jpg"), [at_top]);
    assert_eq!(found("/photos/b.jpg"), [other]);
    assert_eq!(
        found("/photos/b\u{fffd}d.jpg"),
        [odd],
        "a name that is no text, as it is shown"
    );
    assert_eq!(found("/photos/B.jpg"), []);
}

fn date() -> impl Strategy<Value = Date> {
    (2019_i16..2026, 0_i8..=12, 0_i8..=28).prop_map(|(year, month, day)| {
        let month = (month > 0).then_some(month);
        Date::new(year, month, month.and((day > 0).then_some(day))).expect("a date")
    })
}

/// Words that the random catalogs have, some that they do not, and some that are hard to write.
const WORDS: [&str; 25] = [
    "zürich",
    "italy",
    "ae",
    "img",
    "IMG_000",
    "a%b",
    "_1",
    "ä",
    "Ä.jpg",
    "МОСКВА",
    "eos",
    "R6",
    "places",
    "rome",
    "x/a",
    "OR",
    "-",
    "say \"hi\"",
    "new york",
    "(1)",
    "ß",
    "zzz",
    "rating:3",
    "50mm",
    "\\",
];
const NAMES: [&str; 9] = ["img*", "*.JPG", "img_?.jpg", "a%b*", "Ä*", "*", "?", "ä", "москва*"];
const FOLDERS: [&str; 9] = [
    "2024",
    "/photos",
    "2024/Wed*",
    "wedding",
    "/nas/x",
    "ü",
    "photos/2024",
    "/",
    "ZZ",
];
const PATHS: [&str; 12] = [
    "/photos",
    "/photos/2024/",
    "/photos/2024/Wedding/img_1.jpg",
    "/nas/x/IMG_0001.JPG",
    "/nas",
    "/na",
    "/",
    "./a",
    "/photos/img_2.jpg",
    "/photos/2024/Wedding",
    "/nas/x/Ä.jpg",
    "/photos/bad\u{fffd}.jpg",
];
const KEYWORDS: [&str; 8] = ["places", "Places/Rome", "rome", "/rome", "x/a", "A", "/x", "pl*/ro?e"];
const ALBUMS: [&str; 12] = [
    "Trip",
    "trip*",
    "Best of",
    "smart",
    "OUTER",
    "Ring*",
    "none",
    "trip/day",
    "/day",
    "day",
    "day/smart in",
    "/",
];
const PLACES: [&str; 14] = [
    "rome",
    "IT",
    "/italy",
    "zürich",
    "Zur*",
    "lazio/rome",
    "york",
    "new york",
    "*",
    "ro",
    "york c",
    "united states/new",
    "sta",
    "/ita",
];
const NAMED: [[&str; 4]; 4] = [
    ["Italy", "Lazio", "Rome", "IT"],
    ["Switzerland", "Zurich", "Zuerich", "CH"],
    ["United States", "New York", "New York City", "US"],
    ["Iceland", "", "Reykjavik", "IS"],
];

fn number(field: NumberField) -> BoxedStrategy<f64> {
    let values: Vec<f64> = match field {
        NumberField::Rating => vec![0.0, 1.0, 2.0, 3.0, 4.0, 5.0],
        NumberField::Iso => vec![0.0, 100.0, 200.0, 400.0, 1600.0, 12_800.0],
        NumberField::Aperture => vec![1.4, 1.8, 2.8, 8.0, 0.95],
        NumberField::Focal => vec![24.0, 35.0, 50.5, 85.0, 600.0],
    };
    prop::sample::select(values).boxed()
}

fn numbers() -> impl Strategy<Value = Term> {
    prop::sample::select(NumberField::ALL.to_vec()).prop_flat_map(|field| {
        (number(field), number(field), 0..6).prop_map(move |(a, b, kind)| {
            let numbers = match kind {
                0 => Numbers::Below(a),
                1 => Numbers::AtMost(a),
                2 => Numbers::Is(a),
                3 => Numbers::AtLeast(a),
                4 => Numbers::Above(a),
                _ => Numbers::Between(a.min(b), a.max(b)),
            };
            Term::Number(field, numbers)
        })
    })
}

/// The days around which the random catalogs' photos were added.
fn near() -> impl Strategy<Value = Date> {
    (1_i8..=5).prop_map(|day| Date::new(2019, Some(11), Some(day)).expect("a date"))
}

fn dates(date: BoxedStrategy<Date>) -> impl Strategy<Value = Term> {
    (date.clone(), date, 0..6).prop_map(|(a, b, kind)| {
        let (from, to) = if a.span().0 <= b.span().0 { (a, b) } else { (b, a) };
        Term::Taken(match kind {
            0 => Dates::In(a),
            1 => Dates::From(a),
            2 => Dates::To(a),
            3 => Dates::After(a),
            4 => Dates::Before(a),
            _ if from.span().0 < to.span().1 => Dates::Between(from, to),
            _ => Dates::In(a),
        })
    })
}

fn place_on_earth() -> impl Strategy<Value = Position> {
    (-4_i8..=4, -3_i8..=3).prop_map(|(latitude, longitude)| {
        let at = Position::new(f64::from(latitude) * 22.5, f64::from(longitude) * 60.0);
        at.expect("on the earth")
    })
}

fn bounds() -> impl Strategy<Value = Term> {
    (place_on_earth(), place_on_earth()).prop_map(|(a, b)| {
        let bounds = Bounds::new(a, b).or_else(|| Bounds::new(b, a));
        Term::Within(bounds.expect("one of them is south of the other"))
    })
}

fn any_of(texts: &'static [&'static str], make: fn(String) -> Term) -> BoxedStrategy<Term> {
    prop::sample::select(texts)
        .prop_map(move |text| make(text.to_owned()))
        .boxed()
}

fn term() -> impl Strategy<Value = Term> {
    let safe = Safety::ALL
        .map(SafeIs::Bucket)
        .into_iter()
        .chain([SafeIs::Yes, SafeIs::No]);
    prop_oneof![
        4 => any_of(&WORDS, Term::Word),
        2 => any_of(&NAMES, Term::Name),
        2 => any_of(&FOLDERS, Term::In),
        2 => any_of(&PATHS, Term::Path),
        2 => any_of(&KEYWORDS, Term::Keyword),
        2 => any_of(&ALBUMS, Term::Album),
        1 => any_of(&["eos", "EOS R6", "canon*", "*", "é"], Term::Camera),
        1 => any_of(&["50", "*mm", "x"], Term::Lens),
        2 => any_of(&PLACES, Term::Place),
        3 => numbers(),
        2 => dates(date().boxed()),
        2 => bounds(),
        2 => dates(prop_oneof![date(), near()].boxed()).prop_map(|term| match term {
            Term::Taken(dates) => Term::Added(dates),
            other => other,
        }),
        1 => prop::sample::select(vec![1_u16, 2, 30, 400, 65_535]).prop_map(Term::AddedLast),
        1 => prop::sample::select(Day::ALL.to_vec()).prop_map(Term::AddedOn),
        1 => prop::sample::select(Flag::ALL.to_vec()).prop_map(Term::Flag),
        1 => prop::sample::select(ColorLabel::ALL.to_vec()).prop_map(Term::Label),
        1 => prop::sample::select(MediaKind::ALL.to_vec()).prop_map(Term::Kind),
        2 => prop::sample::select(safe.collect::<Vec<_>>()).prop_map(Term::Safe),
        1 => prop::sample::select(Has::ALL.to_vec()).prop_map(Term::Has),
        1 => any::<bool>().prop_map(Term::Offline),
        1 => any::<bool>().prop_map(Term::Problem),
        1 => Just(Term::Undated),
    ]
}

fn query() -> impl Strategy<Value = Query> {
    let expr = term().prop_map(Expr::Term).prop_recursive(4, 16, 4, |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4);
        prop_oneof![
            inner.prop_map(|part| Expr::Not(Box::new(part))),
            list.clone().prop_map(|parts| Expr::and(parts).expect("parts")),
            list.prop_map(|parts| Expr::or(parts).expect("parts")),
        ]
    });
    prop_oneof![1 => Just(Query::everything()), 30 => expr.prop_map(Query::from)]
}

/// Rules of clocks as POSIX writes them: UTC, Germany, Brazil until 2019 (where days began at one in the morning), the
/// earliest and the latest of the earth.
const ZONES: [&str; 5] = [
    "UTC0",
    "CET-1CEST,M3.5.0,M10.5.0/3",
    "<-03>3<-02>,M11.1.0/0,M2.3.0/0",
    "<+14>-14",
    "<-1130>11:30",
];

fn zone(rules: &str) -> Zone {
    jiff::tz::TimeZone::posix(rules).expect("rules").into()
}

/// The days' seconds are GNU date's: `TZ=Europe/Berlin date -d '2026-03-29 00:00' +%s`, `TZ=America/Sao_Paulo date -d
/// '2018-11-04 01:00' +%s`.
#[test]
fn days_of_adding_are_those_of_the_persons_own_clock() {
    for (rules, day, starts, ends) in [
        (ZONES[0], "2026-03-29", 1_774_742_400_000, 1_774_828_800_000),
        (ZONES[1], "2026-03-29", 1_774_738_800_000, 1_774_821_600_000),
        (ZONES[1], "2026-10-25", 1_792_879_200_000, 1_792_969_200_000),
        (ZONES[2], "2018-11-04", 1_541_300_400_000, 1_541_383_200_000),
    ] {
        for now in [starts, i64::midpoint(starts, ends), ends - 1] {
            let clock = SimClock::at(Timestamp(now)).in_zone(zone(rules));
            let world = World::by(Arc::new(clock));
            let sql = world.sql();
            let folder = add_root(&sql, b"/photos", true, &[b""]);
            let photos: Vec<PhotoId> = [starts - 1, starts, ends - 1, ends]
                .into_iter()
                .map(|added_ms| {
                    let names = vec![format!("{added_ms}.jpg").into_bytes()];
                    add_photo(
                        &sql,
                        &Sample {
                            folder,
                            names,
                            added_ms,
                            ..Sample::default()
                        },
                    )
                })
                .collect();
            for (text, which) in [
                (format!("added:{day}"), &[1, 2][..]),
                (format!("added>{day}"), &[3]),
                (format!("added<{day}"), &[0]),
                (format!("added>={day}"), &[1, 2, 3]),
                ("added:today".to_owned(), &[1, 2]),
                ("added:yesterday".to_owned(), &[0]),
                ("-added:today -added:yesterday".to_owned(), &[3]),
            ] {
                let query = parse(&text);
                let expected: BTreeSet<PhotoId> = which.iter().map(|at| photos[*at]).collect();
                let by_sql: BTreeSet<PhotoId> = world.catalog.search(&query).expect("a search").into_iter().collect();
                let subject = |photo: &PhotoId| world.catalog.subject(*photo).expect("a read").expect("a photo");
                let by_matches = photos.iter().filter(|photo| query.matches(&subject(photo))).copied();
                assert_eq!(by_sql, expected, "{text} at {now} by {rules}");
                assert_eq!(
                    by_matches.collect::<BTreeSet<_>>(),
                    expected,
                    "{text} at {now} by {rules}"
                );
            }
        }
    }
}

/// A catalog with two roots, albums of both kinds (smart ones inside smart ones) and 80 random photos.
#[expect(clippy::too_many_lines, reason = "a world is long to tell")]
fn random_world(dice: &mut Dice) -> (World, Vec<PhotoId>) {
    let clock = SimClock::at(RealClock.now()).in_zone(zone(ZONES[dice.below(ZONES.len())]));
    let now = clock.now().0;
    let world = World::by(Arc::new(clock));
    let sql = world.sql();
    let first = add_root(
        &sql,
        b"/photos",
        true,
        &[b"", b"2024", b"2024/Wedding", "2024/Ü".as_bytes()],
    );
    let second = add_root(&sql, b"/nas/x", false, &[b"", b"a\xff"]);
    let folders: Vec<i64> = (first..first + 4).chain(second..second + 2).collect();
    let day = DAY_MS;
    let photos: Vec<PhotoId> = (0..80)
        .map(|n| {
            let name = *dice.pick(&[
                "IMG_000",
                "img_",
                "a%b",
                "Ä",
                "Москва ",
                "say \"hi\" (1)",
                "axb",
                "bad\u{fffd}",
                "-",
            ]);
            let mut names = vec![format!("{name}{n}.jpg").into_bytes()];
            match dice.below(8) {
                0 => names = vec![format!("img_{n}.jpg").into_bytes(), format!("img_{n}.CR2").into_bytes()],
                1 => names[0].extend_from_slice(b"\xff\x80.JPG"),
                2 if n < 10 => names = vec![format!("img_{n}.jpg").into_bytes()],
                _ => {}
            }
            let text = |dice: &mut Dice| dice.pick(&["", "", "", "Rome", "new york ü", "50% off_1"]).to_string();
            let optional = |dice: &mut Dice, texts: &[&str]| (!dice.one_in(3)).then(|| dice.pick(texts).to_string());
            add_photo(
                &sql,
                &Sample {
                    folder: *dice.pick(&folders),
                    names,
                    kind: dice.below(5) as u8,
                    raw_pair: dice.one_in(4),
                    wall_ms: (!dice.one_in(4))
                        .then(|| (18_200 + dice.below(1500) as i64) * day + dice.below(3) as i64 - 1),
                    camera: optional(dice, &["Canon EOS R6", "CANON EOS 5D", "Pentax É", ""]),
                    lens: optional(dice, &["RF 50mm F1.8", "x", "24-70mm"]),
                    iso: (!dice.one_in(4)).then(|| *dice.pick(&[0, 100, 200, 400, 1600, 12_800])),
                    f_number: (!dice.one_in(4)).then(|| *dice.pick(&[1.4, 1.8, 2.8, 2.800_000_1, 2.75, 8.0])),
                    focal_mm: (!dice.one_in(4)).then(|| *dice.pick(&[24.0, 35.0, 50.5, 50.45, 85.0])),
                    gps: false,
                    position: (!dice.one_in(3)).then(|| {
                        let north = f64::from(dice.below(9) as u32) * 22.5 - 90.0;
                        (north, f64::from(dice.below(7) as u32) * 60.0 - 180.0)
                    }),
                    added_ms: match dice.below(3) {
                        0 => now - dice.below(500) as i64 * day - day / 2,
                        1 => now - dice.below(96) as i64 * HOUR_MS - HOUR_MS / 2,
                        // Midnights of all the earth, and a moment before them.
                        _ => {
                            let hours = (18_201 + dice.below(5) as i64) * 24 + dice.below(27) as i64 - 14;
                            hours * HOUR_MS - dice.below(2) as i64
                        }
                    },
                    place: dice.one_in(3).then(|| *dice.pick(&NAMED)),
                    shift_s: i64::from(dice.one_in(4)) * 60,
                    rating: dice.below(6) as u8,
                    flag: dice.below(3) as u8,
                    label: dice.below(6) as u8,
                    title: text(dice),
                    caption: text(dice),
                    safety: dice.below(9) as u8,
                    problem: dice.one_in(3),
                    keywords: (0..dice.below(3))
                        .map(|_| {
                            dice.pick(&["Places/Rome", "places", "x/a", "Rome", "x", "Ünder"])
                                .to_string()
                        })
                        .collect(),
                },
            )
        })
        .collect();
    let album = |name: &str, query: Option<&str>| Change::AlbumCreate {
        album: AlbumUid(name.to_owned()),
        name: name.to_owned(),
        query: query.map(str::to_owned),
    };
    let into = |name: &str, parent: &str| Change::AlbumMove {
        album: AlbumUid(name.to_owned()),
        parent: Some(AlbumUid(parent.to_owned())),
    };
    let mut changes = vec![
        album("Trip", None),
        album("Best of", None),
        album("Smart", Some("rating>=3 OR album:trip")),
        album("Outer", Some("album:smart -flag:pick iso>100")),
        album("Gone", None),
        album("Day", None),
        album("Smart in", Some("place:italy OR rating:1")),
        album("Lost", None),
        into("Day", "Trip"),
        into("Smart in", "Day"),
        into("Lost", "Gone"),
    ];
    for photo in &photos {
        let uid = AlbumUid(dice.pick(&["Trip", "Best of", "Gone", "Day", "Lost"]).to_string());
        if dice.one_in(3) {
            changes.push(Change::AlbumAdd {
                album: uid,
                photo: *photo,
            });
        }
    }
    changes.push(Change::AlbumDelete {
        album: AlbumUid("Gone".to_owned()),
    });
    let clock = safelight::sys::clock::SimClock::at(Timestamp(1));
    let device = DeviceId("d".to_owned());
    world
        .catalog
        .apply(&changes, "albums", &clock, &device)
        .expect("albums");
    (world, photos)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_query_survives_its_own_text(query in query()) {
        let text = query.to_string();
        prop_assert_eq!(Query::parse(&text), Ok(query), "{}", text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,40}", odd in "[-a-f:()\"<>=. OR]{0,30}") {
        for text in [text, odd] {
            match Query::parse(&text) {
                Ok(query) => prop_assert_eq!(Query::parse(&query.to_string()), Ok(query)),
                Err(error) => prop_assert!(error.position <= text.chars().count() + 1),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sql_finds_what_matches_says(world_seed in any::<u32>(), queries in prop::collection::vec(query(), 150)) {
        let (world, photos) = random_world(&mut Dice::new(u64::from(world_seed)));
        let subjects: Vec<(PhotoId, Subject)> = photos
            .iter()
            .map(|id| (*id, world.catalog.subject(*id).expect("a read").expect("a photo")))
            .collect();
        let session = world.session();
        let mut hits = 0;
        for query in queries {
            let shown = |photo: &Subject| query.asks_for_removed() || photo.columns.safety != Safety::Removed;
            let expected: BTreeSet<PhotoId> = subjects
                .iter()
                .filter(|(_, photo)| query.matches(photo) && shown(photo))
                .map(|(id, _)| *id)
                .collect();
            let found: BTreeSet<PhotoId> = world.catalog.search(&query).expect("a search").into_iter().collect();
            prop_assert_eq!(&found, &expected, "query {}", query);
            prop_assert_eq!(world.catalog.count(&query).expect("a count"), expected.len() as u64);
            // The window searches among the photos that it has at hand, and asks the catalog for the rest only.
            let view = session.view(&Source::All, &query.to_string(), Sort::Name, 1).expect("a view");
            let shown: BTreeSet<PhotoId> = view.tiles.iter().map(|tile| tile.id).collect();
            let pictures: BTreeSet<PhotoId> = subjects
                .iter()
                .filter(|(id, photo)| expected.contains(id) && photo.columns.kind.is_shown())
                .map(|(id, _)| *id)
                .collect();
            prop_assert_eq!(&shown, &pictures, "view of {}", query);
            hits += usize::from(!expected.is_empty() && expected.len() < subjects.len());
        }
        prop_assert!(hits > 30, "only {} of the queries told photos apart: the test tests little", hits);
    }
}

#[test]
fn the_loader_gives_what_was_put_in() {
    let world = World::new();
    let sql = world.sql();
    let folder = add_root(&sql, b"/photos", false, &[b"2024/Trip"]);
    let sample = Sample {
        folder,
        names: vec![b"a.jpg".to_vec(), b"a.cr2".to_vec()],
        keywords: vec!["b".to_owned(), "a/c".to_owned()],
        title: "T".to_owned(),
        rating: 4,
        label: 2,
        position: Some((48.5, -1.0)),
        added_ms: 7,
        ..Sample::default()
    };
    let id = add_photo(&sql, &sample);
    let subject = world.catalog.subject(id).expect("a read").expect("a photo");
    let expected = Subject {
        names: vec!["a.jpg".to_owned(), "a.cr2".to_owned()],
        folder: "/photos/2024/Trip".to_owned(),
        keywords: vec!["a/c".to_owned(), "b".to_owned()],
        title: "T".to_owned(),
        columns: Columns {
            rating: Rating::new(4).expect("stars"),
            label: ColorLabel::Yellow,
            kind: MediaKind::Picture,
            ..Columns::default()
        },
        offline: true,
        position: Some((48.5, -1.0)),
        added: Timestamp(7),
        now: subject.now,
        zone: subject.zone.clone(),
        ..Subject::default()
    };
    assert_eq!(subject, expected);
    assert_eq!(world.catalog.subject(PhotoId(99)).expect("a read"), None);
}

#[test]
fn smart_albums_that_ask_for_each_other_end() {
    let world = World::new();
    let sql = world.sql();
    let folder = add_root(&sql, b"/photos", true, &[b""]);
    let id = add_photo(
        &sql,
        &Sample {
            folder,
            rating: 5,
            ..Sample::default()
        },
    );
    for (name, query) in [
        ("Ring a", "album:\"Ring b\" OR rating:5"),
        ("Ring b", "album:\"Ring a\""),
        ("Odd", "(("),
    ] {
        sql.execute(
            "INSERT INTO albums (uid, name, query) VALUES (?1, ?1, ?2)",
            [name, query],
        )
        .expect("an album");
    }
    assert_eq!(
        world.catalog.search(&parse("album:\"ring b\"")).expect("a search"),
        [id]
    );
    assert_eq!(world.catalog.search(&parse("album:odd")).expect("a search"), []);
    let counts: Vec<u64> = world
        .catalog
        .albums()
        .expect("albums")
        .iter()
        .map(|album| album.photos)
        .collect();
    assert_eq!(counts, [0, 1, 1]);
}

/// Simple questions on many photos are answered from indexes alone: no plan reads the wide rows of all photos.
#[test]
fn plain_questions_do_not_read_whole_rows() {
    let world = World::new();
    let sql = world.sql();
    let plan = |condition: &str| -> String {
        let sql_text = format!("EXPLAIN QUERY PLAN SELECT p.sort_time, p.id FROM photos p WHERE {condition}");
        let mut statement = sql.prepare(&sql_text).expect("a statement");
        let rows = statement.query_map([], |row| row.get::<_, String>(3)).expect("a plan");
        rows.map(|row| row.expect("a line")).collect::<Vec<_>>().join("; ")
    };
    for condition in [
        "(p.rating >= 2.5) AND p.missing_since IS NULL",
        "(p.flag = 1) AND p.missing_since IS NULL",
        "(+p.safety IN (0, 1, 2, 3)) AND p.missing_since IS NULL",
        "(p.kind = 1 OR p.raw_pair <> 0) AND p.missing_since IS NULL",
        "(p.wall_ms >= 5 AND p.wall_ms < 9) AND p.missing_since IS NULL",
        "(p.iso >= 5) AND (NOT ifnull((p.f_number < 5), 0)) AND p.missing_since IS NULL",
        "p.id IN (SELECT photo_id FROM files WHERE CAST(name AS TEXT) LIKE '%a%')",
    ] {
        let plan = plan(condition);
        for scan in plan.split("; ").filter(|line| line.starts_with("SCAN")) {
            assert!(scan.contains("COVERING INDEX"), "{condition}: {plan}");
        }
    }
}

/// Prints how long searches take; asserts nothing of it. `SAFELIGHT_MANY=100000` makes a library of that size.
#[test]
fn searches_on_many_photos() {
    let many: usize = std::env::var("SAFELIGHT_MANY")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(2_000);
    let seed = seed(7);
    let mut dice = Dice::new(seed);
    let world = World::new();
    let sql = world.sql();
    let rels: Vec<String> = (0..200).map(|n| format!("{}/day {n}", 2015 + n / 20)).collect();
    let rels: Vec<&[u8]> = rels.iter().map(|rel| rel.as_bytes()).collect();
    let folder = add_root(&sql, b"/photos", true, &rels);
    sql.execute_batch("BEGIN").expect("begin");
    let mut threes = 0;
    for n in 0..many {
        let rating = if dice.one_in(5) { dice.below(6) as u8 } else { 0 };
        threes += u64::from(rating >= 3);
        let names = vec![format!("IMG_{n:06}.JPG").into_bytes()];
        let camera = Some(
            dice.pick(&["Canon EOS R6", "NIKON D850", "Apple iPhone 15"])
                .to_string(),
        );
        add_photo(
            &sql,
            &Sample {
                folder: folder + (n / 500 % 200) as i64,
                names,
                wall_ms: Some(1_420_000_000_000 + n as i64 * 3_000_000),
                camera,
                rating,
                flag: if dice.one_in(10) { 1 } else { 0 },
                iso: Some(*dice.pick(&[100, 200, 400, 1600, 6400])),
                f_number: Some(*dice.pick(&[1.8, 2.8, 8.0])),
                keywords: if dice.one_in(4) {
                    vec![format!("Places/{}", dice.below(300))]
                } else {
                    Vec::new()
                },
                caption: if dice.one_in(10) {
                    format!("Über den Wolken {n}")
                } else {
                    String::new()
                },
                safety: dice.below(4) as u8,
                ..Sample::default()
            },
        );
    }
    sql.execute_batch("COMMIT").expect("commit");
    assert_eq!(
        world.catalog.count(&parse("rating>=3")).expect("a count"),
        threes,
        "SEED={seed}"
    );
    for text in [
        "",
        "rating>=3",
        "rating>=4 flag:pick",
        "-rating>=3 type:picture",
        "safe:no",
        "taken:2020-06..2020-08",
        "iso:>=1600 f:<2.8",
        "img_0420",
        "über",
        "canon",
        "keyword:places/12",
        "in:2019",
        "in:\"day 12\"",
        "name:*99.jpg",
        "/photos/2015",
        "camera:nikon rating:5",
        "has:keyword",
        "-img_04 -canon rating:0",
    ] {
        let query = parse(text);
        let first = world.catalog.search(&query).expect("a search").len();
        let begin = std::time::Instant::now();
        let found = world.catalog.search(&query).expect("a search").len();
        assert_eq!(first, found);
        println!(
            "{:>7.1} ms  {found:>6} of {many}  {text}",
            begin.elapsed().as_secs_f64() * 1000.0
        );
    }
}
