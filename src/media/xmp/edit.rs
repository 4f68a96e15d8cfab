//! Changes to properties of a packet as changes to its text: each replaces, removes or adds one part, and all other bytes
//! stay, white space, comments and the namespaces of others among them.

use super::{
    names::{RDF, prefix},
    packet::container,
    tree::{Attribute, Element, Tree},
};
use std::{fmt::Write as _, ops::Range};

/// A text as XML 1.0 can carry it: control characters but for tab and line breaks become a replacement mark.
#[must_use]
pub fn clean_text(text: &str) -> String {
    let kept = |c: char| matches!(c, '\t' | '\n' | '\r') || !(c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}'));
    text.chars().map(|c| if kept(c) { c } else { '\u{fffd}' }).collect()
}

/// A text between tags.
fn inner_text(text: &str) -> String {
    quick_xml::escape::escape(clean_text(text)).replace('\r', "&#xD;")
}

/// A text between quotes, where line breaks would otherwise become spaces.
pub(super) fn attribute_text(text: &str) -> String {
    inner_text(text).replace('\n', "&#xA;").replace('\t', "&#x9;")
}

/// What kind of list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum List {
    Bag,
    Seq,
}

impl List {
    fn word(self) -> &'static str {
        match self {
            Self::Bag => "Bag",
            Self::Seq => "Seq",
        }
    }
}

/// The value of a property that was not there.
enum Value {
    Text(String),
    Members(List, Vec<String>),
    Default(String),
}

struct Added {
    space: &'static str,
    local: &'static str,
    value: Value,
}

enum Place<'t> {
    Attribute(&'t Attribute),
    Element(&'t Element, &'t Element),
}

/// Collects changes, and makes them all at the end.
pub(super) struct Editor<'t> {
    text: &'t str,
    tree: &'t Tree,
    rdf: &'t Element,
    edits: Vec<(Range<usize>, String)>,
    added: Vec<Added>,
}

impl<'t> Editor<'t> {
    /// None where there is no `rdf:RDF`.
    pub fn new(text: &'t str, tree: &'t Tree) -> Option<Self> {
        Some(Self {
            text,
            tree,
            rdf: tree.rdf()?,
            edits: Vec::new(),
            added: Vec::new(),
        })
    }

    fn nodes(&self) -> impl Iterator<Item = &'t Element> {
        self.rdf.children.iter().filter(|child| child.is_rdf("Description"))
    }

    fn places(&self, space: &str, local: &str) -> Vec<Place<'t>> {
        let mut places = Vec::new();
        for node in self.nodes() {
            let attributes = node.attributes.iter().filter(|one| one.name.is(space, local));
            places.extend(attributes.map(Place::Attribute));
            let children = node.children.iter().filter(|child| child.name.is(space, local));
            places.extend(children.map(|child| Place::Element(child, node)));
        }
        places
    }

    fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    /// The white space before a place, back to `floor` at most.
    fn space_before(&self, at: usize, floor: usize) -> &'t str {
        let before = self.slice(floor..at);
        let kept = before.trim_end_matches([' ', '\t', '\r', '\n']);
        before.get(kept.len()..).unwrap_or_default()
    }

    fn remove(&mut self, place: &Place<'_>) {
        let span = match place {
            Place::Attribute(attribute) => attribute.span.clone(),
            Place::Element(element, parent) => self.with_space(element, parent),
        };
        self.edits.push((span, String::new()));
    }

    fn with_space(&self, element: &Element, parent: &Element) -> Range<usize> {
        let space = self.space_before(element.span.start, parent.inner.start);
        element.span.start - space.len()..element.span.end
    }

    /// The start of an element's tag, with the prefixes that it binds for itself.
    fn opening(element: &Element) -> String {
        let mut tag = format!("<{}", element.written);
        for (prefix, space) in &element.bindings {
            let name = if prefix.is_empty() {
                "xmlns".to_owned()
            } else {
                format!("xmlns:{prefix}")
            };
            let _ = write!(tag, " {name}=\"{}\"", attribute_text(space));
        }
        tag
    }

    /// Puts a text into an element in the place of all that is in it.
    fn fill(&mut self, element: &Element, text: &str, keep_attributes: bool) {
        let text = inner_text(text);
        if element.empty {
            let tag = match keep_attributes {
                true => self
                    .slice(element.span.clone())
                    .trim_end_matches("/>")
                    .trim_end()
                    .to_owned(),
                false => Self::opening(element),
            };
            let whole = format!("{tag}>{text}</{}>", element.written);
            self.edits.push((element.span.clone(), whole));
        } else if keep_attributes || element.attributes.is_empty() {
            self.edits.push((element.inner.clone(), text));
        } else {
            let whole = format!("{}>{text}</{}>", Self::opening(element), element.written);
            self.edits.push((element.span.clone(), whole));
        }
    }

    /// Sets a simple property where it is, or adds it; none removes it.
    pub fn set(&mut self, space: &'static str, local: &'static str, value: Option<&str>) {
        let places = self.places(space, local);
        let mut left = value;
        for place in &places {
            match (left.take(), place) {
                (None, _) => self.remove(place),
                (Some(value), Place::Attribute(attribute)) => {
                    self.edits.push((attribute.value_span.clone(), attribute_text(value)));
                }
                (Some(value), Place::Element(element, _)) => self.fill(element, value, false),
            }
        }
        if let Some(value) = left {
            self.added.push(Added {
                space,
                local,
                value: Value::Text(value.to_owned()),
            });
        }
    }

    /// Sets a simple property only where it is.
    pub fn update(&mut self, space: &'static str, local: &'static str, value: &str) {
        if !self.places(space, local).is_empty() {
            self.set(space, local, Some(value));
        }
    }

    /// Takes the members that are not to be kept out of a list and adds others; `values` are all it has now. A property
    /// that is no list becomes one.
    pub fn list(
        &mut self,
        (space, local): (&'static str, &'static str),
        kind: List,
        values: &[String],
        keep: &dyn Fn(&str) -> bool,
        add: Vec<String>,
    ) {
        let places = self.places(space, local);
        let mut add = Some(add);
        let has_list = |place: &&Place<'_>| matches!(place, Place::Element(element, _) if container(element).is_some());
        if !places.iter().any(|place| has_list(&place)) {
            let mut members: Vec<String> = values.iter().filter(|text| keep(text)).cloned().collect();
            members.extend(add.take().unwrap_or_default());
            places.iter().for_each(|place| self.remove(place));
            self.added.push(Added {
                space,
                local,
                value: Value::Members(kind, members),
            });
            return;
        }
        for place in &places {
            match place {
                Place::Element(element, _) => {
                    if let Some(list) = container(element) {
                        self.members(list, keep, add.take().unwrap_or_default());
                    } else if !keep(&element.text) {
                        self.remove(place);
                    }
                }
                Place::Attribute(attribute) if !keep(&attribute.value) => self.remove(place),
                Place::Attribute(_) => {}
            }
        }
    }

    fn members(&mut self, list: &Element, keep: &dyn Fn(&str) -> bool, add: Vec<String>) {
        let member = format!("{}li", own_prefix(&list.written));
        let mut after = list.inner.start;
        let mut space = None;
        for child in list.children.iter().filter(|child| child.is_rdf("li")) {
            if space.is_none() {
                space = Some(self.space_before(child.span.start, list.inner.start).to_owned());
            }
            if keep(&child.text) {
                after = child.span.end;
            } else {
                self.edits.push((self.with_space(child, list), String::new()));
            }
        }
        if add.is_empty() {
            return;
        }
        let around = self.space_before(list.span.start, 0).to_owned();
        let space = space.unwrap_or_else(|| deeper(&around));
        let mut text = String::new();
        for value in add {
            let _ = write!(text, "{space}<{member}>{}</{member}>", inner_text(&value));
        }
        if list.empty {
            let tag = self.slice(list.span.clone()).trim_end_matches("/>").trim_end();
            let end = if around.contains('\n') { around.as_str() } else { "" };
            let whole = format!("{tag}>{text}{end}</{}>", list.written);
            self.edits.push((list.span.clone(), whole));
        } else {
            self.edits.push((after..after, text));
        }
    }

    /// Sets the default of a text in languages; the other languages stay. An empty text is written only where other
    /// languages are, or where it has to be said (`explicit`).
    pub fn set_default(&mut self, space: &'static str, local: &'static str, text: &str, explicit: bool) {
        let places = self.places(space, local);
        let mut done = false;
        for place in &places {
            let Place::Element(element, _) = place else {
                self.remove(place);
                continue;
            };
            let Some(list) = container(element).filter(|_| !done) else {
                self.remove(place);
                continue;
            };
            let default = list.children.iter().find(|child| child.language() == Some("x-default"));
            let others = list
                .children
                .iter()
                .any(|child| child.is_rdf("li") && child.language() != Some("x-default"));
            if text.is_empty() && !others && !explicit {
                self.remove(place);
            } else if let Some(default) = default {
                self.fill(default, text, true);
            } else {
                self.insert_default(list, text);
            }
            done = true;
        }
        if !done && (explicit || !text.is_empty()) {
            self.added.push(Added {
                space,
                local,
                value: Value::Default(text.to_owned()),
            });
        }
    }

    fn insert_default(&mut self, list: &Element, text: &str) {
        let member = format!("{}li", own_prefix(&list.written));
        let around = self.space_before(list.span.start, 0).to_owned();
        let space = deeper(&around);
        let text = format!(
            "{space}<{member} xml:lang=\"x-default\">{}</{member}>",
            inner_text(text)
        );
        if list.empty {
            let tag = self.slice(list.span.clone()).trim_end_matches("/>").trim_end();
            let end = if around.contains('\n') { around.as_str() } else { "" };
            let whole = format!("{tag}>{text}{end}</{}>", list.written);
            self.edits.push((list.span.clone(), whole));
        } else {
            self.edits.push((list.inner.start..list.inner.start, text));
        }
    }

    /// The text with every change made.
    pub fn finish(mut self) -> String {
        self.add_all();
        // Insertions at one place keep their order, and come before what is replaced there.
        self.edits.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(self.text.len() + 1024);
        let mut at = 0;
        for (range, new) in &self.edits {
            if range.start < at {
                continue;
            }
            out.push_str(self.slice(at..range.start));
            out.push_str(new);
            at = range.end;
        }
        out.push_str(self.slice(at..self.text.len()));
        out
    }

    fn add_all(&mut self) {
        let added = std::mem::take(&mut self.added);
        if added.is_empty() {
            return;
        }
        let around = self.tree.bindings_at_rdf();
        let host = self.nodes().find_map(|node| {
            let fits = !node.empty && node.attribute(RDF, "nodeID").is_none() && node.written.contains(':');
            let names: Option<Vec<String>> = added.iter().map(|one| bound(&around, node, one.space)).collect();
            names.filter(|_| fits).map(|names| (node, names))
        });
        let Some((node, prefixes)) = host else {
            return self.add_node(&added);
        };
        let first = node
            .children
            .first()
            .map(|child| self.space_before(child.span.start, node.inner.start));
        let space = match first {
            Some(space) => space.to_owned(),
            None => deeper(self.space_before(node.span.start, 0)),
        };
        let rdf = own_prefix(&node.written).to_owned();
        let text: String = added
            .iter()
            .zip(&prefixes)
            .map(|(one, prefix)| property(one, prefix, &rdf, &space))
            .collect();
        let at = node.children.last().map_or(node.inner.start, |child| child.span.end);
        self.edits.push((at..at, text));
    }

    /// A description of our own behind the others, about the same thing.
    fn add_node(&mut self, added: &[Added]) {
        let outer = self.space_before(self.rdf.span.start, 0);
        let first = self.rdf.children.first();
        let space = match first.map(|child| self.space_before(child.span.start, self.rdf.inner.start)) {
            Some(space) => space.to_owned(),
            None => deeper(outer),
        };
        let about = self
            .nodes()
            .find_map(|node| node.attribute(RDF, "about"))
            .map(|one| one.value.clone());
        let (rdf, bind) = match own_prefix(&self.rdf.written) {
            "" => ("rdf:", format!(" xmlns:rdf=\"{RDF}\"")),
            prefix => (prefix, String::new()),
        };
        let about = attribute_text(&about.unwrap_or_default());
        let mut text = format!("{space}<{rdf}Description{bind} {rdf}about=\"{about}\"");
        let mut spaces: Vec<&str> = added.iter().map(|one| one.space).collect();
        spaces.sort_unstable();
        spaces.dedup();
        for one in spaces {
            let _ = write!(text, "{}xmlns:{}=\"{one}\"", attribute_space(&space), prefix(one));
        }
        text.push('>');
        let inside = deeper(&space);
        for one in added {
            text.push_str(&property(one, prefix(one.space), rdf, &inside));
        }
        let _ = write!(text, "{space}</{rdf}Description>");
        if self.rdf.empty {
            let tag = self.slice(self.rdf.span.clone()).trim_end_matches("/>").trim_end();
            let whole = format!("{tag}>{text}{outer}</{}>", self.rdf.written);
            self.edits.push((self.rdf.span.clone(), whole));
        } else {
            let at = self
                .rdf
                .children
                .last()
                .map_or(self.rdf.inner.start, |child| child.span.end);
            self.edits.push((at..at, text));
        }
    }
}

/// `rdf:` of `rdf:Bag`.
fn own_prefix(written: &str) -> &str {
    written.find(':').and_then(|at| written.get(..=at)).unwrap_or_default()
}

/// One level further in, where there are levels at all.
fn deeper(space: &str) -> String {
    match space.rfind('\n') {
        Some(at) => format!(
            "{} ",
            space
                .get(at.saturating_sub(usize::from(space.contains('\r')))..)
                .unwrap_or(space)
        ),
        None => String::new(),
    }
}

/// Before an attribute there has to be some space.
fn attribute_space(space: &str) -> String {
    match deeper(space) {
        indent if indent.is_empty() => " ".to_owned(),
        indent => format!("{indent} "),
    }
}

/// A prefix that stands for this namespace inside a node.
fn bound(around: &[(String, String)], node: &Element, space: &str) -> Option<String> {
    let all: Vec<&(String, String)> = around.iter().chain(&node.bindings).collect();
    let last = |prefix: &str| {
        all.iter()
            .rev()
            .find(|(one, _)| one == prefix)
            .map(|(_, uri)| uri.as_str())
    };
    let found = all
        .iter()
        .find(|(prefix, uri)| !prefix.is_empty() && uri == space && last(prefix) == Some(space));
    found.map(|(prefix, _)| prefix.clone())
}

fn property(added: &Added, prefix: &str, rdf: &str, space: &str) -> String {
    let name = format!("{prefix}:{}", added.local);
    let (one, two) = (deeper(space), deeper(&deeper(space)));
    let mut text = format!("{space}<{name}>");
    match &added.value {
        Value::Text(value) => text.push_str(&inner_text(value)),
        Value::Members(kind, members) => {
            let kind = kind.word();
            let _ = write!(text, "{one}<{rdf}{kind}>");
            for member in members {
                let _ = write!(text, "{two}<{rdf}li>{}</{rdf}li>", inner_text(member));
            }
            let _ = write!(text, "{one}</{rdf}{kind}>{space}");
        }
        Value::Default(value) => {
            let value = inner_text(value);
            let _ = write!(
                text,
                "{one}<{rdf}Alt>{two}<{rdf}li xml:lang=\"x-default\">{value}</{rdf}li>{one}</{rdf}Alt>{space}"
            );
        }
    }
    let _ = write!(text, "</{name}>");
    text
}
