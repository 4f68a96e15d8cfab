//! XMP packets: simple properties and lists read out, our own proxy marker put in, all else kept as it was.
//!
//! No entity of the packet's own is ever expanded, depth and size are bounded (safety.md, S5); a packet that cannot be
//! parsed says nothing and is never written back changed.

use super::limits::Limits;
use crate::model::{content::ContentId, id::StoreId, metadata::ProxyMarker};
use quick_xml::{
    escape::escape,
    events::{BytesStart, Event},
    name::{QName, ResolveResult},
    reader::NsReader,
};
use std::fmt::Write as _;

/// Our own namespace.
pub const SAFELIGHT: &str = "https://safelight.photos/ns/1.0/";
const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const DC: &str = "http://purl.org/dc/elements/1.1/";
const BASIC: &str = "http://ns.adobe.com/xap/1.0/";
const EXIF: &str = "http://ns.adobe.com/exif/1.0/";
const TIFF: &str = "http://ns.adobe.com/tiff/1.0/";
const PHOTOSHOP: &str = "http://ns.adobe.com/photoshop/1.0/";
/// Namespaces that describe the bytes of one file, and would be untrue of a proxy.
const OF_ONE_FILE: &[&str] = &[
    "http://ns.adobe.com/xmp/note/",
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.google.com/photos/1.0/camera/",
    "http://ns.google.com/photos/1.0/container/",
    "http://ns.google.com/photos/1.0/image/",
    "http://ns.google.com/photos/1.0/depthmap/",
];

/// A property with its values: one for simple ones, several for lists.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Property {
    namespace: String,
    name: String,
    values: Vec<String>,
}

/// A parsed packet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Xmp {
    properties: Vec<Property>,
}

/// The text of a packet: UTF-8, or the UTF-16 that some programs write. Invalid bytes make it unreadable.
fn text_of(bytes: &[u8]) -> Option<String> {
    let utf16 = |big: bool| {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units = pairs.iter().map(|pair| {
            if big {
                u16::from_be_bytes(*pair)
            } else {
                u16::from_le_bytes(*pair)
            }
        });
        char::decode_utf16(units).collect::<Result<String, _>>().ok()
    };
    let text = match bytes {
        [0xFE, 0xFF, ..] => utf16(true)?,
        [0xFF, 0xFE, ..] => utf16(false)?,
        _ => std::str::from_utf8(bytes).ok()?.to_owned(),
    };
    Some(text.trim_start_matches('\u{feff}').trim_end_matches('\0').to_owned())
}

fn namespace(resolved: &ResolveResult<'_>) -> String {
    match resolved {
        ResolveResult::Bound(bound) => bound.0.to_owned(),
        _ => String::new(),
    }
}

impl Xmp {
    /// Parses a packet; none where it is no well-formed XMP within the limits.
    #[must_use]
    pub fn parse(bytes: &[u8], limits: &Limits) -> Option<Self> {
        if bytes.len() as u64 > limits.metadata_bytes {
            return None;
        }
        let text = text_of(bytes)?;
        let mut reader = NsReader::from_str(&text);
        let mut xmp = Self::default();
        // Names of the open elements, the innermost last.
        let mut open: Vec<(String, String)> = Vec::new();
        let mut value = String::new();
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) => {
                    let name = element_name(&reader, start.name());
                    if is_node(&open, &name) {
                        xmp.take_attributes(&reader, &start)?;
                    } else if let Some(property) = new_property(&open, &name) {
                        xmp.properties.push(property);
                    }
                    value.clear();
                    open.push(name);
                    if open.len() > limits.xml_depth as usize {
                        return None;
                    }
                }
                Event::Empty(start) => {
                    let name = element_name(&reader, start.name());
                    if is_node(&open, &name) {
                        xmp.take_attributes(&reader, &start)?;
                    }
                }
                Event::Text(text) => value.push_str(&text),
                Event::CData(text) => value.push_str(&text),
                Event::GeneralRef(reference) => {
                    if let Ok(Some(letter)) = reference.resolve_char_ref() {
                        value.push(letter);
                    } else {
                        // Only the five that XML itself has; anything else would be an entity of the packet's own.
                        value.push_str(quick_xml::escape::resolve_predefined_entity(&reference)?);
                    }
                }
                Event::End(_) => {
                    xmp.take_value(&open, &value);
                    value.clear();
                    open.pop();
                }
                Event::DocType(_) => return None,
                Event::Eof => break,
                _ => {}
            }
        }
        Some(xmp)
    }

    fn take_attributes(&mut self, reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Option<()> {
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let (resolved, local) = reader.resolver().resolve_attribute(attribute.key);
            let space = namespace(&resolved);
            if space.is_empty() || space == RDF || attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let value = quick_xml::escape::unescape(&attribute.value).ok()?.into_owned();
            self.properties.push(Property {
                namespace: space,
                name: local.as_ref().to_owned(),
                values: vec![value],
            });
        }
        Some(())
    }

    /// Text that ended: of a property itself, or of one member of its list.
    fn take_value(&mut self, open: &[(String, String)], value: &str) {
        let is_rdf = |at: usize, names: &[&str]| {
            open.get(at)
                .is_some_and(|(space, name)| space == RDF && names.contains(&name.as_str()))
        };
        let Some(node) = open
            .iter()
            .position(|(space, name)| space == RDF && name == "Description")
        else {
            return;
        };
        let simple = open.len() == node + 2;
        let member = open.len() == node + 4 && is_rdf(node + 2, &["Bag", "Seq", "Alt"]) && is_rdf(node + 3, &["li"]);
        let value = value.trim();
        if (simple || member)
            && !value.is_empty()
            && let Some(property) = self.properties.last_mut()
        {
            property.values.push(value.to_owned());
        }
    }

    fn list(&self, namespace: &str, name: &str) -> Vec<String> {
        self.properties
            .iter()
            .filter(|property| property.namespace == namespace && property.name == name)
            .flat_map(|property| property.values.iter().cloned())
            .collect()
    }

    fn one(&self, namespace: &str, name: &str) -> Option<String> {
        self.list(namespace, name).into_iter().next()
    }

    /// Stars, 0 to 5. A rejection (-1) is not a number of stars.
    #[must_use]
    pub fn rating(&self) -> Option<u8> {
        let value: f64 = self.one(BASIC, "Rating")?.trim().parse().ok()?;
        (0.0..=5.0).contains(&value).then(|| value.round() as u8)
    }

    /// Flat keywords.
    #[must_use]
    pub fn keywords(&self) -> Vec<String> {
        self.list(DC, "subject")
    }

    /// When the photo was taken, as the first of the usual properties says.
    #[must_use]
    pub fn taken(&self) -> Option<crate::model::time::CaptureTime> {
        let texts: Vec<String> = [
            (EXIF, "DateTimeOriginal"),
            (PHOTOSHOP, "DateCreated"),
            (BASIC, "CreateDate"),
        ]
        .into_iter()
        .filter_map(|(space, name)| self.one(space, name))
        .collect();
        let first = texts.iter().find(|text| super::exif::parse_day(text).is_some())?;
        let day = super::exif::parse_day(first)?;
        // A day alone is completed by another property of the same day, never by one of another day.
        texts
            .iter()
            .filter_map(|text| super::exif::parse_time(text))
            .find(|taken| taken.day_number() == day.day_number())
            .or(Some(day))
    }

    /// A text of the TIFF or EXIF namespaces.
    #[must_use]
    pub fn tiff(&self, name: &str) -> Option<String> {
        self.one(TIFF, name)
    }

    /// The EXIF orientation as XMP repeats it.
    #[must_use]
    pub fn orientation(&self) -> Option<u8> {
        let value: u8 = self.one(TIFF, "Orientation")?.trim().parse().ok()?;
        matches!(value, 1..=8).then_some(value)
    }

    /// Degrees of `exif:GPSLatitude` and `exif:GPSLongitude` (`DD,MM.mmmmK` or `DD,MM,SSK`).
    #[must_use]
    pub fn position(&self) -> Option<(f64, f64)> {
        let degrees = |name: &str, limit: f64| {
            let text = self.one(EXIF, name)?;
            let text = text.trim();
            let sign = match text.chars().next_back()? {
                'N' | 'E' => 1.0,
                'S' | 'W' => -1.0,
                _ => return None,
            };
            let mut value = 0.0;
            let mut unit = 1.0;
            for part in text.get(..text.len() - 1)?.split(',') {
                value += part.trim().parse::<f64>().ok()? / unit;
                unit *= 60.0;
            }
            (0.0..=limit).contains(&value).then_some(sign * value)
        };
        Some((degrees("GPSLatitude", 90.0)?, degrees("GPSLongitude", 180.0)?))
    }

    /// Our proxy marker, whole or not at all.
    #[must_use]
    pub fn marker(&self) -> Option<ProxyMarker> {
        let content: ContentId = self.one(SAFELIGHT, "content")?.parse().ok()?;
        Some(ProxyMarker {
            content,
            size: self.one(SAFELIGHT, "size")?.parse().ok()?,
            name: self.one(SAFELIGHT, "name")?,
            stores: self.list(SAFELIGHT, "stores").into_iter().map(StoreId).collect(),
        })
    }
}

fn element_name(reader: &NsReader<&[u8]>, name: QName<'_>) -> (String, String) {
    let (resolved, local) = reader.resolver().resolve_element(name);
    (namespace(&resolved), local.as_ref().to_owned())
}

/// A top-level `rdf:Description`, whose attributes are properties.
fn is_node(open: &[(String, String)], name: &(String, String)) -> bool {
    name.0 == RDF && name.1 == "Description" && open.last().is_some_and(|(space, name)| space == RDF && name == "RDF")
}

fn new_property(open: &[(String, String)], name: &(String, String)) -> Option<Property> {
    let [.., (rdf, root), (space, parent)] = open else {
        return None;
    };
    let inside = rdf == RDF && root == "RDF" && space == RDF && parent == "Description";
    inside.then(|| Property {
        namespace: name.0.clone(),
        name: name.1.clone(),
        values: Vec::new(),
    })
}

/// A text as XML 1.0 can carry it: control characters have no form there, and become a replacement mark.
#[must_use]
pub fn clean(text: &str) -> String {
    let allowed = |c: char| !c.is_control() && c != '\u{fffe}' && c != '\u{ffff}';
    text.chars().map(|c| if allowed(c) { c } else { '\u{fffd}' }).collect()
}

fn attribute_text(text: &str) -> String {
    escape(clean(text)).into_owned()
}

fn marker_node(marker: &ProxyMarker, about: &str) -> String {
    let mut stores = String::new();
    for store in &marker.stores {
        let _ = write!(stores, "<rdf:li>{}</rdf:li>", attribute_text(store.as_str()));
    }
    format!(
        "<rdf:Description xmlns:rdf=\"{RDF}\" rdf:about=\"{}\" xmlns:safelight=\"{SAFELIGHT}\" \
         safelight:content=\"{}\" safelight:size=\"{}\" safelight:name=\"{}\">\
         <safelight:stores><rdf:Bag>{stores}</rdf:Bag></safelight:stores></rdf:Description>",
        attribute_text(about),
        marker.content,
        marker.size,
        attribute_text(&marker.name)
    )
}

/// A packet for a proxy: the original's properties, save those that describe the original's own bytes, and our marker.
#[must_use]
pub fn with_marker(original: Option<&[u8]>, marker: &ProxyMarker, limits: &Limits) -> String {
    original
        .and_then(|bytes| rewrite(bytes, marker, limits))
        .unwrap_or_else(|| fresh(marker))
}

/// A packet that holds nothing but the marker.
#[must_use]
pub fn fresh(marker: &ProxyMarker) -> String {
    packet(&format!(
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"{RDF}\">{}</rdf:RDF></x:xmpmeta>",
        marker_node(marker, "")
    ))
}

fn packet(body: &str) -> String {
    format!("<?xpacket begin=\"\u{feff}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>{body}<?xpacket end=\"w\"?>")
}

/// Copies a packet event by event; none where it cannot be parsed to its end, or has no `rdf:RDF`.
fn rewrite(bytes: &[u8], marker: &ProxyMarker, limits: &Limits) -> Option<String> {
    Xmp::parse(bytes, limits)?;
    let text = text_of(bytes)?;
    let mut reader = NsReader::from_str(&text);
    let mut writer = quick_xml::Writer::new(Vec::new());
    let mut about: Option<String> = None;
    let mut skipping = 0_u32;
    let mut done = false;
    loop {
        let event = reader.read_event().ok()?;
        match event {
            Event::Eof => break,
            Event::PI(_) | Event::Decl(_) | Event::DocType(_) => {}
            Event::End(_) if skipping > 0 => skipping -= 1,
            Event::Start(_) if skipping > 0 => skipping += 1,
            _ if skipping > 0 => {}
            Event::Start(start) => {
                if untrue_of_proxy(&element_name(&reader, start.name())) {
                    skipping = 1;
                } else {
                    writer
                        .write_event(Event::Start(kept(&reader, &start, &mut about)?))
                        .ok()?;
                }
            }
            Event::Empty(start) => {
                let name = element_name(&reader, start.name());
                if name.0 == RDF && name.1 == "RDF" {
                    return None;
                }
                if !untrue_of_proxy(&name) {
                    writer
                        .write_event(Event::Empty(kept(&reader, &start, &mut about)?))
                        .ok()?;
                }
            }
            Event::End(end) => {
                let name = element_name(&reader, end.name());
                if name.0 == RDF && name.1 == "RDF" && !done {
                    done = true;
                    use std::io::Write as _;
                    let node = marker_node(marker, about.as_deref().unwrap_or_default());
                    writer.get_mut().write_all(node.as_bytes()).ok()?;
                }
                writer.write_event(Event::End(end)).ok()?;
            }
            other => writer.write_event(other).ok()?,
        }
    }
    let body = String::from_utf8(writer.into_inner()).ok()?;
    done.then(|| packet(body.trim()))
}

fn untrue_of_proxy((space, name): &(String, String)) -> bool {
    OF_ONE_FILE.contains(&space.as_str())
        || space == SAFELIGHT
        || (space == TIFF && matches!(name.as_str(), "Orientation" | "ImageWidth" | "ImageLength"))
        || (space == EXIF && matches!(name.as_str(), "PixelXDimension" | "PixelYDimension"))
}

/// An element without the attributes that would be untrue.
fn kept<'x>(reader: &NsReader<&[u8]>, start: &BytesStart<'x>, about: &mut Option<String>) -> Option<BytesStart<'x>> {
    let mut drop = false;
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let (resolved, local) = reader.resolver().resolve_attribute(attribute.key);
        let name = (namespace(&resolved), local.as_ref().to_owned());
        if attribute.key.as_namespace_binding().is_none() {
            drop |= untrue_of_proxy(&name);
            if name.0 == RDF && name.1 == "about" && about.is_none() {
                *about = quick_xml::escape::unescape(&attribute.value)
                    .ok()
                    .map(|text| text.into_owned());
            }
        }
    }
    if !drop {
        return Some(start.clone());
    }
    let mut out = BytesStart::new(start.name().0.to_owned());
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let (resolved, local) = reader.resolver().resolve_attribute(attribute.key);
        let binding = attribute.key.as_namespace_binding().is_some();
        if binding || !untrue_of_proxy(&(namespace(&resolved), local.as_ref().to_owned())) {
            out.push_attribute(attribute);
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker() -> ProxyMarker {
        ProxyMarker {
            content: ContentId::of(b"abc"),
            size: 3,
            name: "a \"<&>'ü.jpg".to_owned(),
            stores: vec![StoreId("s1".to_owned()), StoreId("s2".to_owned())],
        }
    }

    const LIGHTROOM: &str = "<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF \
        xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'><rdf:Description rdf:about='uuid:1' \
        xmlns:xmp='http://ns.adobe.com/xap/1.0/' xmlns:tiff='http://ns.adobe.com/tiff/1.0/' \
        xmlns:crs='http://ns.adobe.com/camera-raw-settings/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/' \
        xmp:Rating='4' tiff:Orientation='6' crs:Exposure2012='+0.50'>\
        <dc:subject><rdf:Bag><rdf:li>sea &amp; sky</rdf:li><rdf:li>Zürich</rdf:li></rdf:Bag></dc:subject>\
        </rdf:Description></rdf:RDF></x:xmpmeta>";

    #[test]
    fn reads_attributes_and_lists() {
        let xmp = Xmp::parse(LIGHTROOM.as_bytes(), &Limits::default()).expect("XMP");
        assert_eq!(xmp.rating(), Some(4));
        assert_eq!(xmp.orientation(), Some(6));
        assert_eq!(xmp.keywords(), ["sea & sky", "Zürich"]);
        assert_eq!(xmp.marker(), None);
    }

    #[test]
    fn i14_the_marker_comes_back_and_the_rest_stays() {
        let limits = Limits::default();
        for original in [None, Some(LIGHTROOM.as_bytes()), Some(&b"<broken"[..])] {
            let text = with_marker(original, &marker(), &limits);
            let xmp = Xmp::parse(text.as_bytes(), &limits).expect("XMP");
            assert_eq!(xmp.marker(), Some(marker()), "{text}");
        }
        let text = with_marker(Some(LIGHTROOM.as_bytes()), &marker(), &limits);
        let xmp = Xmp::parse(text.as_bytes(), &limits).expect("XMP");
        assert_eq!((xmp.rating(), xmp.orientation()), (Some(4), None));
        assert!(text.contains("crs:Exposure2012=\"+0.50\""), "{text}");
    }

    #[test]
    fn hostile_packets_say_nothing() {
        let limits = Limits::default();
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        let bomb = "<!DOCTYPE r [<!ENTITY a \"aaaa\">]><r>&a;</r>";
        for bad in [deep.as_str(), bomb, "<a>&own;</a>", "\u{0}"] {
            assert!(
                Xmp::parse(bad.as_bytes(), &limits).is_none_or(|xmp| xmp.properties.is_empty()),
                "{bad}"
            );
        }
        assert_eq!(Xmp::parse(deep.as_bytes(), &limits), None);
        assert_eq!(Xmp::parse(bomb.as_bytes(), &limits), None);
    }
}
