//! What a server answers to PROPFIND (RFC 4918, 13): read as it comes, within limits, and lenient to how servers write it.
//! Lenient stops where something could be missed: a listing that was cut, or that hides an entry, is an error.

use quick_xml::{NsReader, events::Event, name::ResolveResult};
use std::{
    cell::Cell,
    io::{self, BufRead, BufReader, Read},
    ops::ControlFlow,
    rc::Rc,
};

/// The longest single piece of an answer: a tag with its attributes, or a text.
const MAX_EVENT: usize = 256 * 1024;
/// The longest answer: some five million entries.
const MAX_BYTES: u64 = 4 << 30;
/// The deepest nesting; answers have seven levels.
const MAX_DEPTH: usize = 64;
/// The longest value that is kept.
const MAX_VALUE: usize = 64 * 1024;
/// How much of an answer is held at once.
const BUFFER: usize = 64 * 1024;
const DAV: &str = "DAV:";

/// What a server says of one thing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Entry {
    /// Where it says the thing is, as it wrote it.
    pub(super) href: String,
    /// A folder.
    pub(super) folder: bool,
    /// Its length in bytes.
    pub(super) size: Option<u64>,
    /// When it was changed, as it wrote it.
    pub(super) modified: Option<String>,
    /// Room left for us in bytes (RFC 4331); negative numbers are Nextcloud's way to say that it does not know.
    pub(super) free: Option<i64>,
    /// Room taken by us in bytes.
    pub(super) used: Option<i64>,
    /// It cannot be shown, for this reason (an HTTP status).
    pub(super) trouble: Option<u16>,
}

/// Why an answer is no listing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Fault {
    /// The line broke or was stopped; the reader knows more.
    Line,
    /// It ended before its end.
    Cut,
    /// A web page, or something else that is no WebDAV answer.
    Other,
    /// Larger, deeper or longer than any honest answer.
    TooMuch,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Element {
    Multistatus,
    Response,
    Href,
    Propstat,
    Prop,
    Status,
    ResourceType,
    Collection,
    Length,
    Modified,
    Free,
    Used,
    Other,
}

impl Element {
    fn of(space: &ResolveResult<'_>, local: &str) -> Self {
        if !matches!(space, ResolveResult::Bound(bound) if bound.0 == DAV) {
            return Self::Other;
        }
        match local {
            "multistatus" => Self::Multistatus,
            "response" => Self::Response,
            "href" => Self::Href,
            "propstat" => Self::Propstat,
            "prop" => Self::Prop,
            "status" => Self::Status,
            "resourcetype" => Self::ResourceType,
            "collection" => Self::Collection,
            "getcontentlength" => Self::Length,
            "getlastmodified" => Self::Modified,
            "quota-available-bytes" => Self::Free,
            "quota-used-bytes" => Self::Used,
            _ => Self::Other,
        }
    }
}

/// Reads an answer and gives each entry as it comes.
///
/// # Errors
/// See [`Fault`]; entries given before it are true as far as they go, and not all.
pub(super) fn read(from: impl Read, each: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> Result<(), Fault> {
    let metered = Metered {
        inner: BufReader::with_capacity(BUFFER, from.take(MAX_BYTES)),
        event: Rc::new(Cell::new(0)),
        total: Rc::new(Cell::new(0)),
    };
    let (event_bytes, total) = (Rc::clone(&metered.event), Rc::clone(&metered.total));
    let mut reader = NsReader::from_reader(metered);
    let mut state = State::default();
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        event_bytes.set(0);
        let (space, event) = match reader.read_resolved_event_into(&mut buffer) {
            Ok(both) => both,
            Err(error) => return Err(fault_of(&error, &state)),
        };
        match event {
            Event::Start(start) => state.open(Element::of(&space, start.local_name().as_ref()))?,
            Event::Empty(start) => {
                state.open(Element::of(&space, start.local_name().as_ref()))?;
                if state.close(each).is_break() {
                    return Ok(());
                }
            }
            Event::End(_) if state.close(each).is_break() => return Ok(()),
            Event::End(_) => {}
            Event::Text(text) => state.text(&text)?,
            Event::CData(text) => state.text(&text)?,
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(letter)) => state.text(letter.encode_utf8(&mut [0; 4]))?,
                _ => match quick_xml::escape::resolve_predefined_entity(&reference) {
                    Some(text) => state.text(text)?,
                    // An entity of its own: no honest server has any.
                    None => return Err(Fault::Other),
                },
            },
            Event::DocType(_) => return Err(Fault::Other),
            Event::Eof if total.get() >= MAX_BYTES => return Err(Fault::TooMuch),
            Event::Eof => return state.end(),
            _ => {}
        }
    }
}

fn fault_of(error: &quick_xml::Error, state: &State) -> Fault {
    match error {
        quick_xml::Error::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<TooLong>()) => Fault::TooMuch,
        quick_xml::Error::Io(_) => Fault::Line,
        // Ill-formed from some point on: a server that fell over in the middle writes its error page there.
        _ if state.begun => Fault::Cut,
        _ => Fault::Other,
    }
}

/// Where in the answer we are.
#[derive(Default)]
struct State {
    begun: bool,
    ended: bool,
    open: Vec<Element>,
    value: String,
    entry: Entry,
    /// What the propstat says whose end has not come yet, and its status.
    part: Entry,
    part_status: Option<u16>,
}

impl State {
    fn open(&mut self, tag: Element) -> Result<(), Fault> {
        if self.open.is_empty() {
            if tag != Element::Multistatus {
                return Err(Fault::Other);
            }
            self.begun = true;
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(Fault::TooMuch);
        }
        match tag {
            Element::Response => self.entry = Entry::default(),
            Element::Propstat => {
                self.part = Entry::default();
                self.part_status = None;
            }
            Element::Collection if self.open.last() == Some(&Element::ResourceType) => self.part.folder = true,
            _ => {}
        }
        self.value.clear();
        self.open.push(tag);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Fault> {
        if matches!(
            self.open.last(),
            None | Some(Element::Other | Element::Response | Element::Propstat | Element::Prop | Element::Multistatus)
        ) {
            return Ok(());
        }
        if self.value.len().saturating_add(text.len()) > MAX_VALUE {
            return Err(Fault::TooMuch);
        }
        self.value.push_str(text);
        Ok(())
    }

    fn close(&mut self, each: &mut dyn FnMut(Entry) -> ControlFlow<()>) -> ControlFlow<()> {
        let Some(tag) = self.open.pop() else {
            return ControlFlow::Continue(());
        };
        let value = self.value.trim();
        match (tag, self.open.last()) {
            (Element::Href, Some(Element::Response)) if self.entry.href.is_empty() => {
                value.clone_into(&mut self.entry.href)
            }
            (Element::Status, Some(Element::Propstat)) => self.part_status = status_of(value),
            (Element::Status, Some(Element::Response)) => {
                self.entry.trouble = status_of(value).filter(|status| !(200..300).contains(status));
            }
            (Element::Length, Some(Element::Prop)) => self.part.size = value.parse().ok(),
            (Element::Modified, Some(Element::Prop)) => {
                self.part.modified = Some(value.to_owned()).filter(|value| !value.is_empty())
            }
            (Element::Free, Some(Element::Prop)) => self.part.free = value.parse().ok(),
            (Element::Used, Some(Element::Prop)) => self.part.used = value.parse().ok(),
            (Element::Propstat, _) => self.take_part(),
            (Element::Response, Some(Element::Multistatus)) => {
                self.value.clear();
                return each(std::mem::take(&mut self.entry));
            }
            (Element::Multistatus, None) => self.ended = true,
            _ => {}
        }
        self.value.clear();
        ControlFlow::Continue(())
    }

    /// Properties of a propstat that says 404 are not there; those of one without a status are taken for good.
    fn take_part(&mut self) {
        let part = std::mem::take(&mut self.part);
        match self.part_status {
            None | Some(200..300) => {
                self.entry.folder |= part.folder;
                self.entry.size = part.size.or(self.entry.size);
                self.entry.modified = part.modified.or_else(|| self.entry.modified.take());
                self.entry.free = part.free.or(self.entry.free);
                self.entry.used = part.used.or(self.entry.used);
            }
            Some(_) => {}
        }
    }

    fn end(&self) -> Result<(), Fault> {
        match (self.begun, self.ended) {
            (_, true) => Ok(()),
            (true, false) => Err(Fault::Cut),
            (false, false) => Err(Fault::Other),
        }
    }
}

/// The 404 of `HTTP/1.1 404 Not Found`.
fn status_of(line: &str) -> Option<u16> {
    line.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// One piece became longer than may be.
#[derive(Debug, thiserror::Error)]
#[error("longer than an answer may be")]
struct TooLong;

/// Counts what one event takes, so that a text without end costs no more than its limit.
struct Metered<R> {
    inner: R,
    event: Rc<Cell<usize>>,
    total: Rc<Cell<u64>>,
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let got = available.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..got), available.get(..got)) {
            to.copy_from_slice(from);
        }
        self.consume(got);
        Ok(got)
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.event.get() > MAX_EVENT {
            return Err(io::Error::other(TooLong));
        }
        self.inner.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.event.set(self.event.get().saturating_add(amount));
        self.total.set(self.total.get().saturating_add(amount as u64));
        self.inner.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(text: impl AsRef<[u8]>) -> Result<Vec<Entry>, Fault> {
        let mut found = Vec::new();
        read(text.as_ref(), &mut |entry| {
            found.push(entry);
            ControlFlow::Continue(())
        })?;
        Ok(found)
    }

    fn file(href: &str, size: u64) -> Entry {
        Entry {
            href: href.to_owned(),
            size: Some(size),
            ..Entry::default()
        }
    }

    fn folder(href: &str) -> Entry {
        Entry {
            href: href.to_owned(),
            folder: true,
            ..Entry::default()
        }
    }

    /// Answers of real servers, shortened: Apache 2.4, wsgidav 4, rclone serve webdav, Nextcloud (from its documentation).
    #[test]
    fn answers_of_real_servers_are_read() {
        let apache = r#"<?xml version="1.0" encoding="utf-8"?>
<D:multistatus xmlns:D="DAV:" xmlns:ns0="DAV:">
<D:response xmlns:lp1="DAV:" xmlns:lp2="http://apache.org/dav/props/" xmlns:g0="DAV:">
<D:href>/dav/</D:href>
<D:propstat><D:prop><lp1:resourcetype><D:collection/></lp1:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>
<D:propstat><D:prop><g0:getcontentlength/></D:prop><D:status>HTTP/1.1 404 Not Found</D:status></D:propstat>
</D:response>
<D:response xmlns:lp1="DAV:"><D:href>/dav/a%20b.jpg</D:href>
<D:propstat><D:prop><lp1:resourcetype/><lp1:getcontentlength>70000</lp1:getcontentlength></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat>
</D:response></D:multistatus>"#;
        assert_eq!(
            entries(apache).expect("read"),
            [folder("/dav/"), file("/dav/a%20b.jpg", 70_000)]
        );
        let wsgidav = "<?xml version='1.0' encoding='UTF-8'?>\n<ns0:multistatus xmlns:ns0=\"DAV:\"><ns0:response><ns0:href>/x</ns0:href>\
            <ns0:propstat><ns0:prop><ns0:resourcetype /><ns0:getcontentlength>0</ns0:getcontentlength></ns0:prop>\
            <ns0:status>HTTP/1.1 200 OK</ns0:status></ns0:propstat></ns0:response></ns0:multistatus>";
        assert_eq!(entries(wsgidav).expect("read"), [file("/x", 0)]);
        let rclone = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>/d/</D:href><D:propstat>\
            <D:prop><D:quota-available-bytes>7</D:quota-available-bytes><D:quota-used-bytes>3</D:quota-used-bytes><D:resourcetype>\
            <D:collection xmlns:D=\"DAV:\"/></D:resourcetype></D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>";
        let expected = Entry {
            free: Some(7),
            used: Some(3),
            ..folder("/d/")
        };
        assert_eq!(entries(rclone).expect("read"), [expected]);
        let nextcloud = r#"<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:s="http://sabredav.org/ns" xmlns:oc="http://owncloud.org/ns">
            <d:response><d:href>/remote.php/dav/files/me/</d:href><d:propstat><d:prop><d:resourcetype><d:collection/></d:resourcetype>
            <d:quota-available-bytes>-3</d:quota-available-bytes><oc:size>12</oc:size><d:getlastmodified>Mon, 23 Nov 2026 12:00:00 GMT</d:getlastmodified>
            </d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>"#;
        let found = entries(nextcloud).expect("read");
        assert_eq!((found[0].free, found[0].folder, found[0].size), (Some(-3), true, None));
        assert_eq!(found[0].modified.as_deref(), Some("Mon, 23 Nov 2026 12:00:00 GMT"));
    }

    fn answer(inner: &str) -> String {
        format!("<m:multistatus xmlns:m='DAV:' xmlns='urn:x'>{inner}</m:multistatus>")
    }

    #[test]
    fn lax_ways_of_writing_are_read() {
        let prop = "<m:propstat><m:prop><m:getcontentlength> 5\n</m:getcontentlength></m:prop></m:propstat>";
        for href in [
            "/a&amp;b &lt;1&gt;",
            "/a&#38;b &#x3c;1>",
            "<![CDATA[/a&b <1>]]>",
            "\n  /a<!-- no -->&amp;b <?x?>&lt;1>\n",
        ] {
            let text = answer(&format!("<m:response><m:href>{href}</m:href>{prop}</m:response>"));
            assert_eq!(entries(&text).expect(href), [file("/a&b <1>", 5)], "{href}");
        }
        // No default namespace of its own, elements of others inside, a byte order mark.
        let foreign = "\u{feff}<multistatus xmlns=\"DAV:\"><responsedescription>x</responsedescription><response><href>/a</href>\
            <propstat><prop><getcontentlength>5</getcontentlength><x xmlns='urn:y'><getcontentlength>9</getcontentlength>\
            <href>/no</href></x></prop><status>HTTP/2 200</status></propstat></response></multistatus>";
        assert_eq!(entries(foreign).expect("read"), [file("/a", 5)]);
        assert_eq!(entries(answer("")).expect("read"), []);
        assert_eq!(entries("<multistatus xmlns='DAV:'/>").expect("read"), []);
        let gone = "<m:response><m:href>/a</m:href><m:status>HTTP/1.1 403 Forbidden</m:status></m:response>";
        assert_eq!(entries(answer(gone)).expect("read")[0].trouble, Some(403));
    }

    #[test]
    fn i12_what_was_cut_is_never_a_whole_listing() {
        let whole = answer("<m:response><m:href>/a</m:href></m:response><m:response><m:href>/b</m:href></m:response>");
        assert_eq!(entries(&whole).expect("read").len(), 2);
        for end in 0..whole.len() {
            let cut = whole.get(..end).expect("ASCII");
            assert!(entries(cut).is_err(), "cut at {end} of {}: {cut}", whole.len());
        }
        let broken = whole.replace("</m:response><m:response>", "</m:response>Fatal error: <b>x</i>");
        assert_eq!(entries(broken), Err(Fault::Cut));
    }

    #[test]
    fn i5_hostile_answers_are_refused_within_limits() {
        let deep = format!("<m:multistatus xmlns:m='DAV:'>{}", "<m:a>".repeat(100_000));
        let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><multistatus xmlns='DAV:'><response><href>&b;</href></response></multistatus>";
        let long_text = answer(&format!(
            "<m:response><m:href>{}</m:href></m:response>",
            "x".repeat(2 * MAX_VALUE)
        ));
        let long_event = answer(&format!("<m:response a='{}'/>", "x".repeat(2 * MAX_EVENT)));
        let many_texts = answer(&format!(
            "<m:response><m:href>{}</m:href></m:response>",
            "x&amp;".repeat(MAX_VALUE)
        ));
        for (text, fault) in [
            (deep.as_str(), Fault::TooMuch),
            (bomb, Fault::Other),
            (&long_text, Fault::TooMuch),
            (&long_event, Fault::TooMuch),
            (&many_texts, Fault::TooMuch),
            (&answer("<m:response><m:href>&b;</m:href></m:response>"), Fault::Other),
            ("<!DOCTYPE html><html><body>Sign in</body></html>", Fault::Other),
            ("<html><body>Sign in</body></html>", Fault::Other),
            ("<multistatus><response/></multistatus>", Fault::Other),
            ("<response xmlns='DAV:'/>", Fault::Other),
            ("", Fault::Other),
            ("{\"json\":1}", Fault::Other),
            ("\0\0\0", Fault::Other),
        ] {
            assert_eq!(
                entries(text),
                Err(fault),
                "{}",
                text.get(..80.min(text.len())).unwrap_or_default()
            );
        }
        assert!(entries(b"<multistatus xmlns='DAV:'><response><href>/\xff</href></response></multistatus>").is_err());
        // A number that is none is unknown, not zero.
        let odd = answer(
            "<m:response><m:href>/a</m:href><m:propstat><m:prop><m:getcontentlength>-1</m:getcontentlength></m:prop></m:propstat></m:response>",
        );
        assert_eq!(entries(odd).expect("read")[0].size, None);
    }

    /// A stream without end costs a limited number of bytes of memory and ends by itself.
    #[test]
    fn i16_a_text_without_end_ends() {
        struct Endless(&'static [u8]);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                if self.0.is_empty() {
                    buffer.fill(b'x');
                    return Ok(buffer.len());
                }
                let got = self.0.read(buffer)?;
                Ok(got)
            }
        }
        for start in [
            "<multistatus xmlns='DAV:'><response><href>",
            "<",
            "<!--",
            "<multistatus xmlns='DAV:'><![CDATA[",
        ] {
            assert_eq!(
                read(Endless(start.as_bytes()), &mut |_| ControlFlow::Continue(())),
                Err(Fault::TooMuch),
                "{start}"
            );
        }
    }

    #[test]
    fn reading_stops_when_asked() {
        let text = answer("<m:response><m:href>/a</m:href></m:response><m:response><m:href>/b</m:href></m:response>");
        let mut seen = 0;
        let stopped = read(text.as_bytes(), &mut |_| {
            seen += 1;
            ControlFlow::Break(())
        });
        assert_eq!((stopped, seen), (Ok(()), 1));
    }
}
