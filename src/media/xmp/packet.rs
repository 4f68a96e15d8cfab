//! XMP packets: simple properties, structures' faces and lists read out, as attributes or elements, of one description or
//! several, under any prefix.

use super::{
    names::{BASIC, DC, EXIF, PHOTOSHOP, RDF, SAFELIGHT, TIFF},
    tree::{Element, Name, Text, Tree, Trouble},
};
use crate::{
    media::{exif, limits::Limits},
    model::{content::ContentId, id::StoreId, metadata::ProxyMarker, time::CaptureTime},
};

/// One value, with its language where it is an alternative.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Item {
    pub language: Option<String>,
    pub text: String,
}

/// A property with its values: one for simple ones, several for lists.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Property {
    name: Name,
    values: Vec<Item>,
}

/// A parsed packet.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Xmp {
    properties: Vec<Property>,
}

impl Xmp {
    /// Parses a packet; none where it is no well-formed XMP within the limits. One that is cut off says what it says
    /// until there.
    #[must_use]
    pub fn parse(bytes: &[u8], limits: &Limits) -> Option<Self> {
        if bytes.len() as u64 > limits.metadata_bytes {
            return None;
        }
        let text = Text::decode(bytes).ok()?;
        Some(Self::of(&Tree::parse(&text.text, limits).ok()?))
    }

    /// Parses a whole sidecar.
    ///
    /// # Errors
    /// It is no XMP, cut off, or beyond the limits; the sentence is for people.
    pub fn parse_whole(bytes: &[u8], limits: &Limits) -> Result<Self, Trouble> {
        if bytes.len() as u64 > limits.metadata_bytes {
            return Err(Trouble::TooLarge(limits.metadata_bytes));
        }
        let tree = Tree::parse(&Text::decode(bytes)?.text, limits)?;
        if !tree.whole {
            return Err(Trouble::Malformed);
        }
        match tree.rdf() {
            Some(_) => Ok(Self::of(&tree)),
            None => Err(Trouble::NotXmp),
        }
    }

    pub(super) fn of(tree: &Tree) -> Self {
        let mut xmp = Self::default();
        let Some(rdf) = tree.rdf() else {
            return xmp;
        };
        for node in rdf.children.iter().filter(|child| child.is_rdf("Description")) {
            for attribute in &node.attributes {
                if !attribute.name.space.is_empty() && attribute.name.space != RDF {
                    xmp.properties.push(Property {
                        name: attribute.name.clone(),
                        values: vec![plain(&attribute.value)],
                    });
                }
            }
            for child in &node.children {
                xmp.properties.push(Property {
                    name: child.name.clone(),
                    values: values(child, rdf),
                });
            }
        }
        xmp
    }

    /// Every value of a property; several nodes may each have some.
    pub(super) fn items(&self, space: &str, local: &str) -> impl Iterator<Item = &Item> {
        self.properties
            .iter()
            .filter(move |property| property.name.is(space, local))
            .flat_map(|property| &property.values)
    }

    /// Whether a property is there at all, however empty.
    pub(super) fn has(&self, space: &str, local: &str) -> bool {
        self.properties.iter().any(|property| property.name.is(space, local))
    }

    pub(super) fn list(&self, space: &str, local: &str) -> Vec<String> {
        self.items(space, local)
            .map(|item| item.text.trim().to_owned())
            .filter(|text| !text.is_empty())
            .collect()
    }

    pub(super) fn one(&self, space: &str, local: &str) -> Option<String> {
        self.list(space, local).into_iter().next()
    }

    /// Stars, 0 to 5. A rejection (-1) is not a number of stars.
    #[must_use]
    pub fn rating(&self) -> Option<u8> {
        let value: f64 = self.one(BASIC, "Rating")?.parse().ok()?;
        (0.0..=5.0).contains(&value).then(|| value.round() as u8)
    }

    /// Flat keywords.
    #[must_use]
    pub fn keywords(&self) -> Vec<String> {
        self.list(DC, "subject")
    }

    /// When the photo was taken, as the first of the usual properties says.
    #[must_use]
    pub fn taken(&self) -> Option<CaptureTime> {
        let texts: Vec<String> = [
            (EXIF, "DateTimeOriginal"),
            (PHOTOSHOP, "DateCreated"),
            (BASIC, "CreateDate"),
        ]
        .into_iter()
        .filter_map(|(space, name)| self.one(space, name))
        .collect();
        let first = texts.iter().find(|text| exif::parse_day(text).is_some())?;
        let day = exif::parse_day(first)?;
        // A day alone is completed by another property of the same day, never by one of another day.
        texts
            .iter()
            .filter_map(|text| exif::parse_time(text))
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
        let value: u8 = self.one(TIFF, "Orientation")?.parse().ok()?;
        matches!(value, 1..=8).then_some(value)
    }

    /// Degrees of `exif:GPSLatitude` and `exif:GPSLongitude` (`DD,MM.mmmmK` or `DD,MM,SSK`).
    #[must_use]
    pub fn position(&self) -> Option<(f64, f64)> {
        let degrees = |name: &str, limit: f64| {
            let text = self.one(EXIF, name)?;
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

    /// The extension of the file that Adobe's programs made this sidecar for (`photoshop:SidecarForExtension`).
    #[must_use]
    pub fn sidecar_for(&self) -> Option<String> {
        self.one(PHOTOSHOP, "SidecarForExtension")
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

fn plain(text: &str) -> Item {
    Item {
        language: None,
        text: text.to_owned(),
    }
}

/// The values of a property element: those of its list, or its text. A list may lie elsewhere, named by `rdf:nodeID`.
fn values(property: &Element, rdf: &Element) -> Vec<Item> {
    let of_node = property.attribute(RDF, "nodeID").and_then(|id| {
        rdf.children
            .iter()
            .find(|node| node.attribute(RDF, "nodeID").is_some_and(|own| own.value == id.value))
    });
    let list = container(property).or_else(|| of_node.filter(|node| is_container(node)));
    if let Some(list) = list {
        let members = list.children.iter().filter(|child| child.is_rdf("li"));
        return members
            .map(|member| Item {
                language: member.language().map(str::to_owned),
                text: member.text.clone(),
            })
            .collect();
    }
    if let Some(value) = property.children.iter().find(|child| child.is_rdf("value")) {
        return vec![plain(&value.text)];
    }
    if property.children.is_empty() && !property.attributes.iter().any(|one| one.name.is(RDF, "resource")) {
        return vec![plain(&property.text)];
    }
    Vec::new()
}

fn is_container(element: &Element) -> bool {
    ["Bag", "Seq", "Alt"].iter().any(|kind| element.is_rdf(kind))
}

/// The `rdf:Bag`, `rdf:Seq` or `rdf:Alt` of a property.
pub(super) fn container(property: &Element) -> Option<&Element> {
    property.children.iter().find(|child| is_container(child))
}
