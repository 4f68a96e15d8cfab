//! An XML text as a tree whose parts know where they lie in it, so that one part can be read or replaced and every other
//! byte stays. No entity of the text's own is ever expanded, and length, depth and number of parts are bounded (safety.md, S5).

use crate::media::limits::Limits;
use quick_xml::{
    events::{BytesStart, Event},
    name::ResolveResult,
    reader::NsReader,
};
use std::ops::Range;

pub(super) const RDF: &str = "http://www.w3.org/1999/02/22-rdf-syntax-ns#";
const XML: &str = "http://www.w3.org/XML/1998/namespace";
/// Elements and attributes of one text; the largest real sidecars have some ten thousand.
const MAX_PARTS: usize = 200_000;

/// Why a text is not read as XMP; the sentence is for people.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Trouble {
    /// Longer than a packet may be.
    #[error("it is larger than {} MB", .0 / 1_000_000)]
    TooLarge(u64),
    /// Neither UTF-8 nor UTF-16.
    #[error("its text is damaged: it is not the UTF-8 that it should be")]
    NotText,
    /// It says that it is in another encoding.
    #[error("its encoding {0} is not supported; save it as UTF-8")]
    Encoding(String),
    /// No well-formed XML.
    #[error("it is not well-formed XML: it is damaged or cut off")]
    Malformed,
    /// A document type or an entity of its own: the way of entity bombs and of references to other files.
    #[error("it has a document type or entities of its own, which no photo program writes")]
    Entities,
    /// Elements in one another beyond the limit.
    #[error("its elements lie too deep in one another")]
    TooDeep,
    /// More elements and attributes than the limit.
    #[error("it has more parts than a sidecar may have")]
    TooMany,
    /// XML, but not XMP.
    #[error("it is not XMP: it has no rdf:RDF element")]
    NotXmp,
}

/// A name with its namespace; both empty where a prefix is bound to nothing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Name {
    pub space: String,
    pub local: String,
}

impl Name {
    /// Whether it is this name. Microsoft's and others' namespaces are written with and without their last slash.
    pub fn is(&self, space: &str, local: &str) -> bool {
        self.local == local && self.space.trim_end_matches('/') == space.trim_end_matches('/')
    }
}

/// One attribute.
#[derive(Clone, Debug)]
pub(super) struct Attribute {
    pub name: Name,
    pub value: String,
    /// With the white space before it.
    pub span: Range<usize>,
    /// Between its quotes.
    pub value_span: Range<usize>,
}

/// One element.
#[derive(Clone, Debug, Default)]
pub(super) struct Element {
    pub name: Name,
    /// The name as it is written, with its prefix.
    pub written: String,
    pub attributes: Vec<Attribute>,
    /// Prefixes bound here; an empty prefix is the default namespace.
    pub bindings: Vec<(String, String)>,
    pub children: Vec<Element>,
    /// The text directly in it.
    pub text: String,
    /// All of it.
    pub span: Range<usize>,
    /// Between its tags; empty, and at its end, where it is one tag alone.
    pub inner: Range<usize>,
    /// One tag alone: `<a/>`.
    pub empty: bool,
}

impl Element {
    pub fn is_rdf(&self, local: &str) -> bool {
        self.name.is(RDF, local)
    }

    pub fn attribute(&self, space: &str, local: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|one| one.name.is(space, local))
    }

    /// The language of an alternative.
    pub fn language(&self) -> Option<&str> {
        self.attribute(XML, "lang").map(|one| one.value.as_str())
    }
}

/// How the bytes became text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Encoding {
    Utf8,
    Utf16 { big: bool },
}

/// A decoded text, and how to make bytes of one like it.
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// Without a mark before it and padding behind it.
    pub text: String,
    head: &'static str,
    tail: usize,
    encoding: Encoding,
}

impl Text {
    /// Decodes UTF-8, or UTF-16.
    pub fn decode(bytes: &[u8]) -> Result<Self, Trouble> {
        let new = |text: String, encoding: Encoding| {
            let (head, rest) = match text.strip_prefix('\u{feff}') {
                Some(rest) => ("\u{feff}", rest),
                None => ("", text.as_str()),
            };
            let kept = rest.trim_end_matches('\0');
            Self {
                tail: rest.len() - kept.len(),
                head,
                encoding,
                text: kept.to_owned(),
            }
        };
        let utf16 = |big: bool| {
            let (pairs, rest) = bytes.as_chunks::<2>();
            let unit = |pair: &[u8; 2]| {
                if big {
                    u16::from_be_bytes(*pair)
                } else {
                    u16::from_le_bytes(*pair)
                }
            };
            let text = char::decode_utf16(pairs.iter().map(unit)).collect::<Result<String, _>>();
            match (text, rest) {
                (Ok(text), []) => Ok(new(text, Encoding::Utf16 { big })),
                _ => Err(Trouble::NotText),
            }
        };
        match bytes {
            // With its mark, or without one: XML begins with `<`.
            [0xFE, 0xFF, ..] | [0, b'<', ..] => utf16(true),
            [0xFF, 0xFE, ..] | [b'<', 0, ..] => utf16(false),
            _ => Ok(new(
                std::str::from_utf8(bytes).map_err(|_| Trouble::NotText)?.to_owned(),
                Encoding::Utf8,
            )),
        }
    }

    /// The bytes of a changed text in the encoding of this one, with its mark and padding.
    pub fn encode(&self, text: &str) -> Vec<u8> {
        let text = format!("{}{text}{}", self.head, "\0".repeat(self.tail));
        match self.encoding {
            Encoding::Utf8 => text.as_bytes().to_vec(),
            Encoding::Utf16 { big } => text
                .encode_utf16()
                .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
                .collect(),
        }
    }
}

/// A parsed text.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    pub root: Element,
    /// Everything was closed; a packet cut off is good enough to be read, but not to be written.
    pub whole: bool,
}

impl Tree {
    /// Parses the text of a packet.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, Trouble> {
        let mut builder = Builder {
            reader: NsReader::from_str(text),
            text,
            open: vec![Element::default()],
            parts: 0,
            depth: limits.xml_depth as usize,
        };
        builder.run()?;
        let whole = builder.open.len() == 1;
        while builder.open.len() > 1 {
            builder.close(text.len()..text.len())?;
        }
        Ok(Self {
            root: builder.open.pop().unwrap_or_default(),
            whole,
        })
    }

    /// The `rdf:RDF` element.
    pub fn rdf(&self) -> Option<&Element> {
        fn find(element: &Element) -> Option<&Element> {
            element
                .children
                .iter()
                .find_map(|child| if child.is_rdf("RDF") { Some(child) } else { find(child) })
        }
        find(&self.root)
    }

    /// Prefixes bound around and at the `rdf:RDF` element, the innermost last.
    pub fn bindings_at_rdf(&self) -> Vec<(String, String)> {
        fn find(element: &Element, around: &mut Vec<(String, String)>) -> bool {
            let before = around.len();
            around.extend(element.bindings.iter().cloned());
            if element.is_rdf("RDF") || element.children.iter().any(|child| find(child, around)) {
                return true;
            }
            around.truncate(before);
            false
        }
        let mut around = Vec::new();
        find(&self.root, &mut around);
        around
    }
}

struct Builder<'t> {
    reader: NsReader<&'t [u8]>,
    text: &'t str,
    /// The elements that are open, the innermost last; the first is none of the text's.
    open: Vec<Element>,
    parts: usize,
    depth: usize,
}

fn namespace(resolved: &ResolveResult<'_>) -> String {
    match resolved {
        ResolveResult::Bound(bound) => bound.0.to_owned(),
        _ => String::new(),
    }
}

impl Builder<'_> {
    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    fn run(&mut self) -> Result<(), Trouble> {
        loop {
            let from = self.position();
            let event = self.reader.read_event().map_err(|_| Trouble::Malformed)?;
            let span = from..self.position();
            match event {
                Event::Start(start) => {
                    let element = self.element(&start, span)?;
                    if self.open.len() > self.depth {
                        return Err(Trouble::TooDeep);
                    }
                    self.open.push(element);
                }
                Event::Empty(start) => {
                    let mut element = self.element(&start, span)?;
                    element.inner = element.span.end..element.span.end;
                    element.empty = true;
                    if let Some(parent) = self.open.last_mut() {
                        parent.children.push(element);
                    }
                }
                Event::End(_) => self.close(span)?,
                Event::Text(text) => self.say(&text),
                Event::CData(text) => self.say(&text),
                Event::GeneralRef(reference) => {
                    if let Ok(Some(letter)) = reference.resolve_char_ref() {
                        self.say(letter.encode_utf8(&mut [0; 4]));
                    } else {
                        // Only the five that XML itself has; anything else would be an entity of the text's own.
                        let known = quick_xml::escape::resolve_predefined_entity(&reference);
                        self.say(known.ok_or(Trouble::Entities)?);
                    }
                }
                Event::DocType(_) => return Err(Trouble::Entities),
                Event::Decl(_) => self.declaration(span)?,
                Event::Eof => return Ok(()),
                Event::PI(_) | Event::Comment(_) => {}
            }
        }
    }

    /// The text was decoded as UTF-8 or by its mark; a declaration that says otherwise would make what we write unreadable.
    fn declaration(&self, span: Range<usize>) -> Result<(), Trouble> {
        let text = self.text.get(span).unwrap_or_default();
        let Some((_, after)) = text.split_once("encoding") else {
            return Ok(());
        };
        let name: String = after
            .chars()
            .skip_while(|c| c.is_whitespace() || matches!(c, '=' | '"' | '\''))
            .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
            .collect();
        let lower = name.to_ascii_lowercase();
        if lower.is_empty() || lower.starts_with("utf-8") || lower == "utf8" || lower.starts_with("utf-16") {
            return Ok(());
        }
        Err(Trouble::Encoding(name))
    }

    fn say(&mut self, text: &str) {
        if let Some(element) = self.open.last_mut() {
            element.text.push_str(text);
        }
    }

    fn close(&mut self, end: Range<usize>) -> Result<(), Trouble> {
        let (Some(mut element), Some(parent)) = (self.open.pop(), self.open.last_mut()) else {
            return Err(Trouble::Malformed);
        };
        element.inner.end = end.start;
        element.span.end = end.end;
        parent.children.push(element);
        Ok(())
    }

    fn element(&mut self, start: &BytesStart<'_>, span: Range<usize>) -> Result<Element, Trouble> {
        let (resolved, local) = self.reader.resolver().resolve_element(start.name());
        let mut element = Element {
            name: Name {
                space: namespace(&resolved),
                local: local.as_ref().to_owned(),
            },
            written: start.name().0.to_owned(),
            inner: span.end..span.end,
            ..Element::default()
        };
        let spans = attribute_spans(self.text, span.clone()).ok_or(Trouble::Malformed)?;
        let mut found = 0;
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| Trouble::Malformed)?;
            let (whole, value_span) = spans.get(found).cloned().ok_or(Trouble::Malformed)?;
            found += 1;
            let value = attribute_value(&attribute.value)?;
            if let Some(binding) = attribute.key.as_namespace_binding() {
                let prefix = match binding {
                    quick_xml::name::PrefixDeclaration::Default => String::new(),
                    quick_xml::name::PrefixDeclaration::Named(name) => name.to_owned(),
                };
                element.bindings.push((prefix, value));
                continue;
            }
            let (resolved, local) = self.reader.resolver().resolve_attribute(attribute.key);
            element.attributes.push(Attribute {
                name: Name {
                    space: namespace(&resolved),
                    local: local.as_ref().to_owned(),
                },
                value,
                span: whole,
                value_span,
            });
        }
        if found != spans.len() {
            return Err(Trouble::Malformed);
        }
        element.span = span;
        self.parts += 1 + spans.len();
        if self.parts > MAX_PARTS {
            return Err(Trouble::TooMany);
        }
        Ok(element)
    }
}

/// The value of an attribute, its five entities and its character references resolved.
fn attribute_value(raw: &str) -> Result<String, Trouble> {
    quick_xml::escape::unescape(raw)
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| Trouble::Entities)
}

/// Where the attributes of a start tag lie: each with the white space before it, and its value alone.
fn attribute_spans(text: &str, tag: Range<usize>) -> Option<Vec<(Range<usize>, Range<usize>)>> {
    let bytes = text.as_bytes().get(tag.clone())?;
    let is = |at: usize, wanted: fn(u8) -> bool| bytes.get(at).copied().is_some_and(wanted);
    let space = |byte: u8| byte.is_ascii_whitespace();
    let ends = |byte: u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>' | b'=');
    let mut at = 1;
    while at < bytes.len() && !is(at, ends) {
        at += 1;
    }
    let mut spans = Vec::new();
    loop {
        let from = at;
        while is(at, space) {
            at += 1;
        }
        match bytes.get(at)? {
            b'/' | b'>' => return Some(spans),
            _ => {}
        }
        while at < bytes.len() && !is(at, ends) {
            at += 1;
        }
        while is(at, space) {
            at += 1;
        }
        if bytes.get(at) != Some(&b'=') {
            return None;
        }
        at += 1;
        while is(at, space) {
            at += 1;
        }
        let quote = *bytes.get(at)?;
        let value = at + 1;
        let length = bytes.get(value..)?.iter().position(|byte| *byte == quote)?;
        at = value + length + 1;
        spans.push((
            tag.start + from..tag.start + at,
            tag.start + value..tag.start + value + length,
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_knows_where_it_lies() {
        let text =
            "<?xml version='1.0'?>\n<a:r xmlns:a=\"x/\"  a:one = 'ü>1'\n a:two=\"2\" >t&amp;<b/><c>in</c></a:r>\n";
        let tree = Tree::parse(text, &Limits::default()).expect("a tree");
        let root = &tree.root.children[0];
        assert!(tree.whole && root.name.is("x", "r"));
        assert_eq!(root.text, "t&");
        assert_eq!(&text[root.attributes[0].span.clone()], "  a:one = 'ü>1'");
        assert_eq!(&text[root.attributes[0].value_span.clone()], "ü>1");
        assert_eq!(&text[root.attributes[1].span.clone()], "\n a:two=\"2\"");
        assert_eq!(&text[root.inner.clone()], "t&amp;<b/><c>in</c>");
        assert_eq!(&text[root.children[0].span.clone()], "<b/>");
        assert_eq!(&text[root.children[1].inner.clone()], "in");
    }

    #[test]
    fn hostile_texts_are_refused_by_name() {
        let limits = Limits::default();
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        let wide = format!("<a>{}</a>", "<b/>".repeat(MAX_PARTS + 1));
        for (text, trouble) in [
            (deep.as_str(), Trouble::TooDeep),
            (wide.as_str(), Trouble::TooMany),
            ("<!DOCTYPE r [<!ENTITY a \"aaaa\">]><r>&a;</r>", Trouble::Entities),
            // Without entities of its own it may still name a file that has some: refused on purpose, whatever it says.
            ("<!DOCTYPE r><r/>", Trouble::Entities),
            ("<!DOCTYPE r SYSTEM 'r.dtd'><r/>", Trouble::Entities),
            ("<r>&own;</r>", Trouble::Entities),
            ("<r a='&own;'/>", Trouble::Entities),
            ("<r></s>", Trouble::Malformed),
            ("<r a=1/>", Trouble::Malformed),
            (
                "<?xml version='1.0' encoding='ISO-8859-1'?><r/>",
                Trouble::Encoding("ISO-8859-1".to_owned()),
            ),
        ] {
            let found = Tree::parse(text, &limits).map(|tree| tree.whole);
            assert_eq!(found, Err(trouble), "{}", &text[..text.len().min(60)]);
        }
        assert_eq!(Tree::parse("<r><s>", &limits).map(|tree| tree.whole), Ok(false));
        assert_eq!(Text::decode(b"\xC3(").map(|text| text.text), Err(Trouble::NotText));
    }
}
