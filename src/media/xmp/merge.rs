//! Marks written into a packet: each under the names by which the field's programs read it (metadata.md, 2), and nothing
//! touched that says the same already.

use super::{
    edit::{Editor, List},
    keywords::{self, LISTS},
    labels,
    marks::percent,
    names::{
        ACDSEE, BASIC, DARKTABLE, DC, DIGIKAM, DYNAMIC, EXIF, LIGHTROOM, MICROSOFT, PHOTOMECHANIC, PHOTOSHOP, RDF,
        SAFELIGHT, TIFF,
    },
    packet::Xmp,
    prefs,
    tree::{Text, Tree, Trouble},
};
use crate::{
    media::limits::Limits,
    model::{
        change::normal_keyword,
        fold::fold,
        rating::{ColorLabel, Flag, Rating},
        sidecar::{Stored, same_keywords},
        time::CaptureTime,
    },
};
use std::collections::BTreeSet;

/// What a packet is to say. `None` leaves a field as it is; a default value is said explicitly.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Wanted {
    /// Stars.
    pub rating: Option<Rating>,
    /// Pick or reject.
    pub flag: Option<Flag>,
    /// Colour.
    pub label: Option<ColorLabel>,
    /// Keywords.
    pub keywords: Option<BTreeSet<String>>,
    /// The title.
    pub title: Option<String>,
    /// The caption.
    pub caption: Option<String>,
    /// When it was taken.
    pub taken: Option<CaptureTime>,
    /// Where it was taken, degrees north and east; `Some(None)` takes the position out.
    pub position: Option<Option<(f64, f64)>>,
}

/// How it is said where there is a choice.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Style {
    /// A rejection takes the place of the stars (`xmp:Rating` -1), as Bridge and darktable read it. Packets that do so
    /// already keep doing so.
    pub reject_as_rating: bool,
    /// For a new sidecar: the extension of the file that it goes with (`photoshop:SidecarForExtension`).
    pub sidecar_for: Option<String>,
}

/// Writes what is wanted into a packet, or into a new one; `None` where it says so already.
///
/// # Errors
/// The packet cannot be read whole; it must not be overwritten then.
pub fn write(
    packet: Option<&[u8]>,
    wanted: &Wanted,
    style: &Style,
    limits: &Limits,
) -> Result<Option<Vec<u8>>, Trouble> {
    let fresh;
    let bytes = match packet {
        Some(bytes) => bytes,
        None => {
            fresh = empty_packet();
            fresh.as_bytes()
        }
    };
    if bytes.len() as u64 > limits.metadata_bytes {
        return Err(Trouble::TooLarge(limits.metadata_bytes));
    }
    let text = Text::decode(bytes)?;
    let tree = Tree::parse(&text.text, limits)?;
    if !tree.whole {
        return Err(Trouble::Malformed);
    }
    let xmp = Xmp::of(&tree);
    let mut editor = Editor::new(&text.text, &tree).ok_or(Trouble::NotXmp)?;
    let now = xmp.marks(limits);
    if let (None, Some(extension)) = (packet, &style.sidecar_for) {
        editor.set(PHOTOSHOP, "SidecarForExtension", Some(extension));
    }
    let mut repeated = stars_and_flag(&mut editor, &xmp, &now, wanted, style);
    if let Some(label) = wanted.label.filter(|label| now.label != Some(*label)) {
        set_label(&mut editor, &xmp, label);
        repeated.push(("ColorClass", labels::photomechanic(label).to_owned()));
    }
    update_prefs(&mut editor, &xmp, &repeated);
    if let Some(keywords) = &wanted.keywords {
        let same = now.keywords.as_ref().is_some_and(|now| same_keywords(now, keywords));
        if !same {
            set_keywords(&mut editor, &xmp, keywords);
        }
    }
    if let Some(title) = wanted.title.as_ref().filter(|title| now.title.as_ref() != Some(*title)) {
        editor.set_default(DC, "title", title, true);
    }
    if let Some(caption) = wanted
        .caption
        .as_ref()
        .filter(|caption| now.caption.as_ref() != Some(*caption))
    {
        editor.set_default(DC, "description", caption, true);
        for (space, local) in [(TIFF, "ImageDescription"), (EXIF, "UserComment")] {
            if xmp.has(space, local) {
                editor.set_default(space, local, caption, false);
            }
        }
    }
    if let Some(taken) = wanted.taken.filter(|taken| !same_time(now.taken, *taken)) {
        let text = taken.iso();
        editor.set(EXIF, "DateTimeOriginal", Some(&text));
        editor.set(PHOTOSHOP, "DateCreated", Some(&text));
    }
    if let Some(position) = wanted.position.filter(|position| !same_place(now.position, *position)) {
        set_position(&mut editor, position);
    }
    let changed = editor.finish();
    let same = packet.is_some() && changed == text.text;
    Ok((!same).then(|| text.encode(&changed)))
}

fn empty_packet() -> String {
    format!(
        "<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
         <x:xmpmeta xmlns:x=\"adobe:ns:meta/\" x:xmptk=\"Safelight\">\n <rdf:RDF xmlns:rdf=\"{RDF}\">\n </rdf:RDF>\n\
         </x:xmpmeta>\n<?xpacket end=\"w\"?>\n"
    )
}

/// Gives back what of it `photomechanic:Prefs` says as well.
fn stars_and_flag(
    editor: &mut Editor<'_>,
    xmp: &Xmp,
    now: &Stored,
    wanted: &Wanted,
    style: &Style,
) -> Vec<(&'static str, String)> {
    let mut repeated = Vec::new();
    let new_flag = wanted.flag.filter(|flag| now.flag != Some(*flag));
    let new_rating = wanted.rating.filter(|rating| now.rating != Some(*rating));
    let flag = wanted.flag.or(now.flag).unwrap_or_default();
    let rating = wanted.rating.or(now.rating).unwrap_or_default();
    let stars = rating.stars().to_string();
    let hides = flag == Flag::Reject && (xmp.rejects() || style.reject_as_rating);
    if new_flag.is_some() || new_rating.is_some() {
        if hides {
            editor.set(BASIC, "Rating", Some("-1"));
            // The stars would be lost; here they wait until the photo is no longer rejected.
            editor.set(SAFELIGHT, "rating", (rating.stars() > 0).then_some(stars.as_str()));
        } else if new_rating.is_some() || xmp.rejects() {
            editor.set(BASIC, "Rating", Some(&stars));
            editor.set(SAFELIGHT, "rating", None);
        }
    }
    if new_rating.is_some() {
        editor.update(ACDSEE, "rating", &stars);
        editor.update(MICROSOFT, "Rating", percent(rating));
        repeated.push(("Rating", stars));
    }
    if let Some(flag) = new_flag {
        let (digikam, adobe, tagged) = match flag {
            Flag::None => ("0", "0", "False"),
            Flag::Pick => ("3", "1", "True"),
            Flag::Reject => ("1", "-1", "False"),
        };
        editor.set(DIGIKAM, "PickLabel", Some(digikam));
        editor.set(DYNAMIC, "pick", Some(adobe));
        editor.update(PHOTOMECHANIC, "Tagged", tagged);
        repeated.push(("Tagged", if flag == Flag::Pick { "1" } else { "0" }.to_owned()));
    }
    repeated
}

/// Values inside `photomechanic:Prefs`, those that it has.
fn update_prefs(editor: &mut Editor<'_>, xmp: &Xmp, values: &[(&str, String)]) {
    let Some(text) = xmp.one(PHOTOMECHANIC, "Prefs").filter(|_| !values.is_empty()) else {
        return;
    };
    editor.update(PHOTOMECHANIC, "Prefs", &prefs::changed(&text, values));
}

fn set_label(editor: &mut Editor<'_>, xmp: &Xmp, label: ColorLabel) {
    let word = Some(labels::word(label)).filter(|word| !word.is_empty());
    editor.set(BASIC, "Label", word);
    editor.set(DIGIKAM, "ColorLabel", Some(labels::digikam(label)));
    editor.update(PHOTOSHOP, "LabelColor", label.word());
    editor.update(PHOTOMECHANIC, "ColorClass", labels::photomechanic(label));
    if xmp.has(DARKTABLE, "colorlabels") {
        let values = xmp.list(DARKTABLE, "colorlabels");
        let number = labels::darktable(label);
        let there = number.as_ref().is_some_and(|number| values.contains(number));
        let keep = |text: &str| number.as_deref() == Some(text.trim());
        let add = number.clone().filter(|_| !there).into_iter().collect();
        editor.list((DARKTABLE, "colorlabels"), List::Seq, &values, &keep, add);
    }
}

fn set_keywords(editor: &mut Editor<'_>, xmp: &Xmp, wanted: &BTreeSet<String>) {
    let whole: BTreeSet<String> = wanted.iter().map(|keyword| fold(keyword)).collect();
    for (space, local, separator) in LISTS {
        let ours = matches!(space, DIGIKAM | LIGHTROOM);
        if !ours && !xmp.has(space, local) {
            continue;
        }
        let values = raw(xmp, space, local);
        let is = |text: &str| keywords::of_member(text, separator).map(|keyword| fold(&keyword));
        let has: BTreeSet<String> = values.iter().filter_map(|text| is(text)).collect();
        let keep = |text: &str| is(text).is_none_or(|keyword| whole.contains(&keyword));
        let missing = wanted.iter().filter(|keyword| !has.contains(&fold(keyword)));
        let add = missing
            .map(|keyword| keyword.replace('/', &separator.to_string()))
            .collect();
        let kind = if space == DIGIKAM { List::Seq } else { List::Bag };
        editor.list((space, local), kind, &values, &keep, add);
    }
    // The flat list has leaves, and may have the levels above them and what other programs call whole keywords.
    let levels: BTreeSet<String> = wanted.iter().flat_map(|keyword| keywords::levels(keyword)).collect();
    let values = raw(xmp, DC, "subject");
    let is = |text: &str| normal_keyword(text).map(|keyword| fold(&keyword));
    let has: BTreeSet<String> = values.iter().filter_map(|text| is(text)).collect();
    let keep = |text: &str| {
        is(text).is_none_or(|keyword| whole.contains(&keyword) || levels.contains(&keyword))
            || levels.contains(&fold(text.trim()))
    };
    let mut add: Vec<String> = Vec::new();
    for keyword in wanted {
        let leaf = keyword.rsplit('/').next().unwrap_or(keyword);
        let known = has.contains(&fold(leaf)) || has.contains(&fold(keyword));
        if !known && !add.iter().any(|one| fold(one) == fold(leaf)) {
            add.push(leaf.to_owned());
        }
    }
    editor.list((DC, "subject"), List::Bag, &values, &keep, add);
}

fn raw(xmp: &Xmp, space: &str, local: &str) -> Vec<String> {
    xmp.items(space, local).map(|item| item.text.clone()).collect()
}

/// Whether two capture times are the same to the second; other programs know no fractions.
fn same_time(now: Option<CaptureTime>, wanted: CaptureTime) -> bool {
    now.is_some_and(|now| {
        now.wall_ms.div_euclid(1000) == wanted.wall_ms.div_euclid(1000)
            && (now.offset_min == wanted.offset_min || wanted.offset_min.is_none())
    })
}

/// Whether two positions are the same to a tenth of a metre, the precision of what is written.
fn same_place(now: Option<(f64, f64)>, wanted: Option<(f64, f64)>) -> bool {
    match (now, wanted) {
        (None, None) => true,
        (Some(now), Some(wanted)) => (now.0 - wanted.0).abs() < 1e-6 && (now.1 - wanted.1).abs() < 1e-6,
        _ => false,
    }
}

fn set_position(editor: &mut Editor<'_>, position: Option<(f64, f64)>) {
    let text = |degrees: f64, letters: [char; 2]| {
        let letter = letters.get(usize::from(degrees < 0.0)).copied().unwrap_or(' ');
        // In millionths of a minute, so that 59.9999999 becomes the next degree and not 60 minutes.
        let micro = (degrees.abs() * 60e6).round() as u64;
        format!(
            "{},{}.{:06}{letter}",
            micro / 60_000_000,
            micro / 1_000_000 % 60,
            micro % 1_000_000
        )
    };
    let latitude = position.map(|(latitude, _)| text(latitude, ['N', 'S']));
    let longitude = position.map(|(_, longitude)| text(longitude, ['E', 'W']));
    editor.set(EXIF, "GPSLatitude", latitude.as_deref());
    editor.set(EXIF, "GPSLongitude", longitude.as_deref());
    // The height was that of another place.
    editor.set(EXIF, "GPSAltitude", None);
    editor.set(EXIF, "GPSAltitudeRef", None);
}
