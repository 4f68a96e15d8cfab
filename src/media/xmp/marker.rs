//! Our own marker, put into the packet of a proxy; all else of the packet is kept as it was, save what describes the bytes
//! of one file.
//!
//! A packet that cannot be parsed is never written back changed.

use super::{
    names::{EXIF, RDF, SAFELIGHT, TIFF},
    packet::Xmp,
    tree::Text,
};
use crate::{media::limits::Limits, model::metadata::ProxyMarker};
use quick_xml::{
    escape::escape,
    events::{BytesStart, Event},
    name::{QName, ResolveResult},
    reader::NsReader,
};
use std::fmt::Write as _;

/// Namespaces that describe the bytes of one file, and would be untrue of a proxy.
const OF_ONE_FILE: &[&str] = &[
    "http://ns.adobe.com/xmp/note/",
    "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.google.com/photos/1.0/camera/",
    "http://ns.google.com/photos/1.0/container/",
    "http://ns.google.com/photos/1.0/image/",
    "http://ns.google.com/photos/1.0/depthmap/",
];

fn namespace(resolved: &ResolveResult<'_>) -> String {
    match resolved {
        ResolveResult::Bound(bound) => bound.0.to_owned(),
        _ => String::new(),
    }
}

fn element_name(reader: &NsReader<&[u8]>, name: QName<'_>) -> (String, String) {
    let (resolved, local) = reader.resolver().resolve_element(name);
    (namespace(&resolved), local.as_ref().to_owned())
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
    let text = Text::decode(bytes).ok()?.text;
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
    use crate::model::{content::ContentId, id::StoreId};

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
                Xmp::parse(bad.as_bytes(), &limits).is_none_or(|xmp| xmp == Xmp::default()),
                "{bad}"
            );
        }
        assert_eq!(Xmp::parse(deep.as_bytes(), &limits), None);
        assert_eq!(Xmp::parse(bomb.as_bytes(), &limits), None);
    }
}
