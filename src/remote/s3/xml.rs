//! S3's XML, read leniently and within bounds: names without their namespaces, whatever the root is called, unknown things
//! passed over. What must hold is that the document ends: half an answer is none.

use quick_xml::{Reader, events::Event};

/// The deepest nesting.
const MAX_DEPTH: usize = 12;
/// The most elements: a page of 1000 keys has about 8000.
const MAX_NODES: usize = 100_000;

/// An element.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Node {
    /// Its name without namespace.
    pub(super) name: String,
    /// Its own text.
    pub(super) text: String,
    /// The elements in it.
    pub(super) children: Vec<Self>,
}

impl Node {
    /// The root of a document; `None` where it is none, does not end, or is out of bounds.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}').trim_start());
        reader.config_mut().allow_dangling_amp = true;
        let mut open: Vec<Self> = Vec::new();
        let mut nodes = 0_usize;
        loop {
            let closed = match reader.read_event().ok()? {
                Event::Start(start) => {
                    nodes += 1;
                    if open.len() >= MAX_DEPTH || nodes > MAX_NODES {
                        return None;
                    }
                    open.push(Self::named(&start.local_name()));
                    continue;
                }
                Event::Empty(start) => {
                    nodes += 1;
                    if nodes > MAX_NODES {
                        return None;
                    }
                    Self::named(&start.local_name())
                }
                Event::End(_) => open.pop()?,
                Event::Text(text) => {
                    Self::add(&mut open, &text);
                    continue;
                }
                Event::CData(text) => {
                    Self::add(&mut open, &text);
                    continue;
                }
                Event::GeneralRef(reference) => {
                    if let Ok(Some(letter)) = reference.resolve_char_ref() {
                        Self::add(&mut open, letter.encode_utf8(&mut [0; 4]));
                    } else {
                        match quick_xml::escape::resolve_predefined_entity(&reference) {
                            Some(known) => Self::add(&mut open, known),
                            // Not one of XML's five: as it stands.
                            None => Self::add(&mut open, &format!("&{};", &*reference)),
                        }
                    }
                    continue;
                }
                // Entities of one's own could grow without end.
                Event::DocType(_) | Event::Eof => return None,
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => continue,
            };
            match open.last_mut() {
                Some(parent) => parent.children.push(closed),
                None => return Some(closed),
            }
        }
    }

    fn named(name: &impl AsRef<str>) -> Self {
        Self {
            name: name.as_ref().to_owned(),
            ..Self::default()
        }
    }

    fn add(open: &mut [Self], text: &str) {
        if let Some(node) = open.last_mut() {
            node.text.push_str(text);
        }
    }

    /// The first element of this name in it.
    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first element of this name in it, trimmed.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// Every element of this name in it.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// A text as XML wants it.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_servers_write_is_read() {
        let text = "<?xml version=\"1.0\"?>\n<s:List xmlns:s=\"x\"><s:Key>a &amp; b&#x41;&eacute;</s:Key><Empty/>\
                    <Key><![CDATA[<c>]]></Key></s:List>";
        let root = Node::parse(text).expect("read");
        assert_eq!(root.name, "List");
        let keys: Vec<&str> = root.all("Key").map(|key| key.text.as_str()).collect();
        assert_eq!(keys, ["a & bA&eacute;", "<c>"]);
        assert_eq!(root.get("Empty"), Some(""));
        assert_eq!(root.get("None"), None);
    }

    #[test]
    fn i16_half_documents_and_endless_ones_are_none() {
        for bad in [
            "",
            "plain",
            "<a>",
            "<a><b></b>",
            "<a></b>",
            "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>",
            &"<a>".repeat(20),
            &format!("<a>{}</a>", "<b/>".repeat(MAX_NODES + 1)),
        ] {
            let shown: String = bad.chars().take(40).collect();
            assert_eq!(Node::parse(bad), None, "{shown}");
        }
    }
}
