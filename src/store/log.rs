//! Each device's append-only log: numbered segments, each written once, each naming the hash of the one before. One
//! broken segment is named and hides neither the others nor the other devices.

use super::{
    error::{Error, Result},
    layout,
    record::{Begin, End, Extra, LOG_FORMAT, MAX_RECORDS, MAX_SEGMENT, Record, VERSION, parse_header, small_file},
    store::{Store, read_whole},
};
use crate::{
    model::{content::ContentId, id::DeviceId},
    remote::api::{ErrorKind, Key},
    sys::task::Cx,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
    ops::ControlFlow,
};

/// How often an append gives way to a segment that is there already before it says that somebody else writes here.
const MAX_YIELDS: u32 = 16;
/// Room that a segment keeps for its first and last line, in bytes.
const FRAME: usize = 2048;

/// The end of a device's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// The newest segment's number.
    pub segment: u32,
    /// Its hash. A later reader that finds another, or an older one, has found a store that was rolled back.
    pub hash: ContentId,
}

/// One segment as it was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Segment {
    /// Whose.
    pub device: DeviceId,
    /// Its number.
    pub number: u32,
    /// The hash of all of it.
    pub hash: ContentId,
    /// Its length in bytes.
    pub size: u64,
    /// The hash of the one before, as it says.
    pub previous: Option<ContentId>,
    /// What it says.
    pub records: Vec<Record>,
}

/// Something in a log that is not as it should be.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Problem {
    /// Which file.
    pub key: String,
    /// What is wrong, for people.
    pub what: String,
}

/// Everything that all devices have said, in each device's order.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Replay {
    /// The segments that are whole, by device and number.
    pub segments: Vec<Segment>,
    /// What is wrong with others.
    pub problems: Vec<Problem>,
}

impl Replay {
    /// The newest whole segment of each device.
    #[must_use]
    pub fn heads(&self) -> BTreeMap<DeviceId, Head> {
        let mut heads = BTreeMap::new();
        for segment in &self.segments {
            let head = Head {
                segment: segment.number,
                hash: segment.hash,
            };
            heads.insert(segment.device.clone(), head);
        }
        heads
    }
}

/// What an append did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Appended {
    /// The log's end now.
    pub head: Option<Head>,
    /// How many segments were written.
    pub segments: u32,
    /// Segments under this device's name that this call did not expect: a copy of this catalog may be writing too, and
    /// one of the two should take a new device id.
    pub unexpected: u32,
}

impl Store {
    /// Writes records at the end of this device's log, in as many segments as they need, and reads each back.
    ///
    /// `after` is the end that the caller remembers; without one it is looked up. After an error the same call may be
    /// made again: what is there already is recognised by its bytes.
    ///
    /// # Errors
    /// `Record` where one is too long, `LogContested`, and the place's own.
    pub fn append(&self, device: &DeviceId, after: Option<Head>, records: &[Record], cx: &Cx) -> Result<Appended> {
        let mut done = Appended {
            head: match after {
                Some(head) => Some(head),
                None => self.log_head(device, cx)?,
            },
            segments: 0,
            unexpected: 0,
        };
        for lines in split(records)? {
            loop {
                let number = done.head.map_or(1, |head| head.segment.saturating_add(1));
                let bytes = write_segment(device, number, done.head.map(|head| head.hash), &lines)?;
                let key = layout::segment_key(device, number)?;
                match self.put_segment(&key, &bytes, cx)? {
                    None => {
                        done.segments += 1;
                        done.head = Some(Head {
                            segment: number,
                            hash: ContentId::of(&bytes),
                        });
                        break;
                    }
                    Some(()) if done.unexpected < MAX_YIELDS => {
                        let there = self.settled(device, number, cx)?;
                        if there == bytes {
                            // Ours after all: it was damaged on the way only.
                            continue;
                        }
                        // Somebody wrote here first, or a listing was late. Its place in the chain is taken.
                        done.unexpected += 1;
                        done.head = Some(Head {
                            segment: number,
                            hash: ContentId::of(&there),
                        });
                    }
                    Some(()) => return Err(Error::LogContested),
                }
            }
        }
        Ok(done)
    }

    /// Creates a segment and reads it back; `Some` where the name is taken by other bytes.
    fn put_segment(&self, key: &Key, bytes: &[u8], cx: &Cx) -> Result<Option<()>> {
        let sent = self.remote.put(key, &mut Cursor::new(bytes), bytes.len() as u64, cx);
        let failed = match sent {
            Ok(_) => None,
            // After any of these it may be there: ours if only the reply was lost.
            Err(error)
                if matches!(
                    error.kind,
                    ErrorKind::Exists | ErrorKind::Temporary | ErrorKind::Unreachable
                ) =>
            {
                Some(error)
            }
            Err(error) => return Err(error.into()),
        };
        match (read_whole(self.remote.as_ref(), key, MAX_SEGMENT, cx), failed) {
            (Ok(there), _) if there == bytes => Ok(None),
            (Ok(_), Some(error)) if error.kind == ErrorKind::Exists => Ok(Some(())),
            (_, Some(error)) => Err(error.into()),
            (Ok(_), None) => Err(Error::Damaged {
                key: key.to_string(),
                what: "it does not read back as it was written".to_owned(),
            }),
            (Err(error), None) => Err(error),
        }
    }

    /// The end of one device's log, as the store shows it now.
    ///
    /// # Errors
    /// The place's own.
    pub fn log_head(&self, device: &DeviceId, cx: &Cx) -> Result<Option<Head>> {
        let mut newest: Option<u32> = None;
        self.remote.list(&layout::log_folder(device), cx, &mut |info| {
            if let Some((owner, number)) = layout::parse_segment_key(info.key.as_str())
                && owner == *device
            {
                newest = newest.max(Some(number));
            }
            ControlFlow::Continue(())
        })?;
        let Some(segment) = newest else { return Ok(None) };
        // Whatever its state, the next segment must name these bytes, so that a later change of them shows.
        let bytes = self.settled(device, segment, cx)?;
        Ok(Some(Head {
            segment,
            hash: ContentId::of(&bytes),
        }))
    }

    /// A segment's bytes as they lie there. One that looks damaged is read twice, since the next segment names its hash
    /// for ever: damage on the way must not be taken for damage that lies there.
    fn settled(&self, device: &DeviceId, number: u32, cx: &Cx) -> Result<Vec<u8>> {
        let key = layout::segment_key(device, number)?;
        let bytes = read_whole(self.remote.as_ref(), &key, MAX_SEGMENT, cx)?;
        if matches!(
            read_segment(&bytes, device, number, key.as_str()),
            Err(Error::Damaged { .. })
        ) && read_whole(self.remote.as_ref(), &key, MAX_SEGMENT, cx)? != bytes
        {
            return Err(Error::Damaged {
                key: key.to_string(),
                what: "it reads differently each time".to_owned(),
            });
        }
        Ok(bytes)
    }

    /// Reads every device's log.
    ///
    /// # Errors
    /// `TooNew` where a record must be understood and is not, and the place's own. Damage is no error: it is in
    /// [`Replay::problems`], and what is whole is there all the same.
    pub fn read_all(&self, cx: &Cx) -> Result<Replay> {
        self.read_since(&BTreeMap::new(), cx)
    }

    /// Reads every device's log behind these ends. A remembered segment whose bytes are others now is a problem: the
    /// store was rolled back or changed.
    ///
    /// # Errors
    /// As `read_all`.
    pub fn read_since(&self, known: &BTreeMap<DeviceId, Head>, cx: &Cx) -> Result<Replay> {
        let mut found: BTreeMap<DeviceId, BTreeSet<u32>> = BTreeMap::new();
        self.remote.list(layout::DEVICES, cx, &mut |info| {
            if let Some((device, number)) = layout::parse_segment_key(info.key.as_str()) {
                found.entry(device).or_default().insert(number);
            }
            ControlFlow::Continue(())
        })?;
        let mut replay = Replay::default();
        for (device, head) in known {
            let there = found.get(device).is_some_and(|numbers| numbers.contains(&head.segment));
            if !there {
                replay.problems.push(Problem {
                    key: layout::segment_key(device, head.segment)?.to_string(),
                    what: "it was there before and is not now; the store may have been set back to an earlier day"
                        .to_owned(),
                });
            }
        }
        for (device, numbers) in found {
            self.read_device(&device, &numbers, known.get(&device).copied(), &mut replay, cx)?;
        }
        Ok(replay)
    }

    fn read_device(
        &self,
        device: &DeviceId,
        numbers: &BTreeSet<u32>,
        known: Option<Head>,
        replay: &mut Replay,
        cx: &Cx,
    ) -> Result<()> {
        let mut before: Option<Head> = None;
        for number in numbers.iter().copied() {
            if known.is_some_and(|head| number < head.segment) {
                continue;
            }
            let key = layout::segment_key(device, number)?;
            let mut problem = |what: String| {
                replay.problems.push(Problem {
                    key: key.to_string(),
                    what,
                });
            };
            let bytes = match read_whole(self.remote.as_ref(), &key, MAX_SEGMENT, cx) {
                Ok(bytes) => bytes,
                Err(Error::Damaged { what, .. }) => {
                    problem(what);
                    continue;
                }
                Err(Error::Remote(error)) if matches!(error.kind, ErrorKind::Corrupt | ErrorKind::Permanent) => {
                    problem(error.what);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let hash = ContentId::of(&bytes);
            let head = Head { segment: number, hash };
            if known.is_some_and(|known| known.segment == number) {
                if known != Some(head) {
                    problem("its bytes are not those that were there before".to_owned());
                }
                before = Some(head);
                continue;
            }
            let expected = before.map_or(1, |head| head.segment.saturating_add(1));
            if number != expected {
                problem(format!(
                    "segments {expected} to {} before it are not there",
                    number.saturating_sub(1)
                ));
            }
            match read_segment(&bytes, device, number, key.as_str()) {
                Ok((previous, records)) => {
                    if number == expected && previous != before.map(|head| head.hash) {
                        problem("it does not follow the segment before it".to_owned());
                    }
                    replay.segments.push(Segment {
                        device: device.clone(),
                        number,
                        hash,
                        size: bytes.len() as u64,
                        previous,
                        records,
                    });
                }
                Err(Error::Damaged { what, .. }) => problem(what),
                Err(error) => return Err(error),
            }
            before = Some(head);
        }
        Ok(())
    }
}

/// The records' lines, in portions that fit a segment.
fn split(records: &[Record]) -> Result<Vec<Vec<String>>> {
    let mut portions = Vec::new();
    let mut lines = Vec::new();
    let mut bytes = FRAME;
    for record in records {
        let line = record.line()?;
        if lines.len() == MAX_RECORDS || bytes.saturating_add(line.len()).saturating_add(1) > MAX_SEGMENT {
            portions.push(std::mem::take(&mut lines));
            bytes = FRAME;
        }
        bytes = bytes.saturating_add(line.len()).saturating_add(1);
        lines.push(line);
    }
    if !lines.is_empty() {
        portions.push(lines);
    }
    Ok(portions)
}

fn write_segment(device: &DeviceId, number: u32, previous: Option<ContentId>, lines: &[String]) -> Result<Vec<u8>> {
    let mut bytes = small_file(&Begin {
        format: LOG_FORMAT.to_owned(),
        version: VERSION,
        device: device.clone(),
        segment: number,
        previous,
        extra: Extra::new(),
    })?;
    for line in lines {
        bytes.extend_from_slice(line.as_bytes());
        bytes.push(b'\n');
    }
    let end = small_file(&End {
        end: true,
        count: lines.len(),
        body: ContentId::of(&bytes),
        extra: Extra::new(),
    })?;
    bytes.extend_from_slice(&end);
    Ok(bytes)
}

/// What a whole segment says: the hash of the one before, and its records.
fn read_segment(bytes: &[u8], device: &DeviceId, number: u32, key: &str) -> Result<(Option<ContentId>, Vec<Record>)> {
    let damaged = |what: &str| Error::Damaged {
        key: key.to_owned(),
        what: what.to_owned(),
    };
    let text = std::str::from_utf8(bytes).map_err(|_| damaged("it is no text"))?;
    let without_end = text
        .strip_suffix('\n')
        .ok_or_else(|| damaged("its last line is not complete"))?;
    let (body, end) = match without_end.rfind('\n') {
        Some(at) => without_end.split_at(at.saturating_add(1)),
        None => return Err(damaged("it has one line only")),
    };
    let end: End = serde_json::from_str(end).map_err(|_| damaged("its last line is missing"))?;
    if !end.end || ContentId::of(body.as_bytes()) != end.body {
        return Err(damaged("its bytes do not have the hash that its last line names"));
    }
    let mut lines = body.lines();
    let begin: Begin = parse_header(lines.next().unwrap_or(""), LOG_FORMAT, key)?;
    if begin.device != *device || begin.segment != number {
        return Err(damaged("it belongs under another name"));
    }
    let mut records = Vec::new();
    for line in lines {
        if records.len() >= MAX_RECORDS {
            return Err(damaged("it has too many records"));
        }
        records.push(Record::parse(line, key)?);
    }
    if records.len() != end.count {
        return Err(damaged("it does not have as many records as its last line says"));
    }
    Ok((begin.previous, records))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::time::Timestamp,
        remote::sim::{Fault, Op, SimRemote},
        store::{
            record::{MAX_LINE, Set},
            store::CreateOptions,
        },
        sys::clock::SimClock,
    };
    use std::sync::Arc;

    fn world() -> (Arc<SimRemote>, Store) {
        let sim = Arc::new(SimRemote::new());
        let clock = Arc::new(SimClock::at(Timestamp(1_717_261_400_000)));
        let store = Store::create(sim.clone(), clock, CreateOptions::default(), &Cx::new()).expect("made");
        (sim, store)
    }

    fn device(name: &str) -> DeviceId {
        DeviceId(name.to_owned())
    }

    fn stars(number: u64) -> Record {
        Record::Set(Set {
            content: ContentId::of(b"photo"),
            field: "rating".to_owned(),
            value: number.into(),
            stamp: format!("{number:012x}-00000000-a"),
            extra: Extra::new(),
        })
    }

    fn append(store: &Store, name: &str, number: u64) -> Result<Appended> {
        store.append(&device(name), None, &[stars(number)], &Cx::new())
    }

    fn read(store: &Store) -> Replay {
        store.read_all(&Cx::new()).expect("read")
    }

    const SEGMENT: [&str; 4] = [
        "",
        "devices/a/log/00000001.jsonl",
        "devices/a/log/00000002.jsonl",
        "devices/a/log/00000003.jsonl",
    ];

    #[test]
    fn what_was_appended_is_read_in_order() {
        let (_, store) = world();
        for number in 1..4 {
            append(&store, "a", number).expect("appended");
        }
        append(&store, "b", 9).expect("appended");
        let replay = read(&store);
        assert_eq!(replay.problems, []);
        let said: Vec<_> = replay
            .segments
            .iter()
            .map(|part| (part.device.as_str(), part.number, &part.records))
            .collect();
        let expected = [
            ("a", 1, vec![stars(1)]),
            ("a", 2, vec![stars(2)]),
            ("a", 3, vec![stars(3)]),
            ("b", 1, vec![stars(9)]),
        ];
        assert_eq!(said, expected.iter().map(|(d, n, r)| (*d, *n, r)).collect::<Vec<_>>());
        assert_eq!(replay.segments[1].previous, Some(replay.segments[0].hash));
        assert_eq!(
            store
                .append(&device("a"), None, &[], &Cx::new())
                .expect("nothing")
                .segments,
            0
        );
    }

    #[test]
    fn a_lost_reply_is_recognised_by_its_bytes() {
        let (sim, store) = world();
        sim.inject(Op::Put, Fault::LostReply);
        let appended = append(&store, "a", 1).expect("recognised");
        assert_eq!((appended.segments, appended.unexpected), (1, 0));
        // The answer and the question after it are both lost: the caller tries again and finds its own.
        sim.inject(Op::Put, Fault::LostReply);
        sim.inject(Op::Get, Fault::Refuse(ErrorKind::Unreachable));
        let head = appended.head;
        assert!(store.append(&device("a"), head, &[stars(2)], &Cx::new()).is_err());
        let again = store
            .append(&device("a"), head, &[stars(2)], &Cx::new())
            .expect("recognised");
        assert_eq!((again.segments, again.unexpected), (1, 0));
        assert_eq!(read(&store).segments.len(), 2);
    }

    #[test]
    fn a_segment_that_was_not_expected_is_never_written_over() {
        let (sim, store) = world();
        append(&store, "a", 1).expect("appended");
        let first = sim.bytes(SEGMENT[1]).expect("there");
        // A listing that is late, or a copy of this catalog: the place in the chain is taken.
        sim.inject(Op::List, Fault::Stale);
        let appended = append(&store, "a", 2).expect("appended behind it");
        assert_eq!(appended.unexpected, 1);
        assert_eq!(sim.bytes(SEGMENT[1]).expect("there"), first);
        let replay = read(&store);
        assert_eq!((replay.segments.len(), replay.problems.len()), (2, 0));
    }

    #[test]
    fn a_place_that_keeps_other_bytes_is_found_at_once() {
        let (sim, store) = world();
        sim.inject(Op::Put, Fault::DropBytes);
        assert!(matches!(append(&store, "a", 1), Err(Error::Damaged { .. })));
    }

    #[test]
    fn one_broken_segment_is_named_and_hides_no_other() {
        let broken: [(&str, fn(&SimRemote)); 6] = [
            ("torn", |sim| {
                let bytes = sim.bytes(SEGMENT[2]).expect("there");
                sim.set(SEGMENT[2], &bytes[..bytes.len() / 2]);
            }),
            ("one bit", |sim| assert!(sim.rot(SEGMENT[2], 200))),
            ("no line's end", |sim| {
                let bytes = sim.bytes(SEGMENT[2]).expect("there");
                sim.set(SEGMENT[2], &bytes[..bytes.len() - 1]);
            }),
            ("empty", |sim| sim.set(SEGMENT[2], b"")),
            ("another's", |sim| {
                sim.set(SEGMENT[2], &sim.bytes(SEGMENT[1]).expect("there"))
            }),
            ("no text", |sim| sim.set(SEGMENT[2], b"\xff\xfe\n\n")),
        ];
        for (what, damage) in broken {
            let (sim, store) = world();
            for number in 1..4 {
                append(&store, "a", number).expect("appended");
            }
            append(&store, "b", 9).expect("appended");
            damage(&sim);
            let replay = read(&store);
            let numbers: Vec<_> = replay
                .segments
                .iter()
                .map(|part| (part.device.as_str(), part.number))
                .collect();
            assert_eq!(numbers, [("a", 1), ("a", 3), ("b", 1)], "{what}");
            assert!(
                replay.problems.iter().any(|problem| problem.key == SEGMENT[2]),
                "{what}"
            );
        }
    }

    #[test]
    fn a_missing_segment_and_a_changed_one_show_in_the_chain() {
        let (sim, store) = world();
        for number in 1..4 {
            append(&store, "a", number).expect("appended");
        }
        let heads = read(&store).heads();
        sim.lose(SEGMENT[2]);
        let replay = read(&store);
        assert_eq!(replay.segments.len(), 2);
        assert_eq!(replay.problems[0].key, SEGMENT[3]);
        // Rewritten so that its own hash is right: the next one still names the old bytes.
        let other = write_segment(&device("a"), 2, None, &[stars(5).line().expect("a line")]).expect("written");
        sim.set(SEGMENT[2], &other);
        let problems = read(&store).problems;
        assert!(problems.iter().any(|problem| problem.key == SEGMENT[3]), "{problems:?}");
        // Set back to an earlier day: only who remembers the end can tell.
        sim.lose(SEGMENT[3]);
        let replay = store.read_since(&heads, &Cx::new()).expect("read");
        assert!(
            replay
                .problems
                .iter()
                .any(|problem| problem.what.contains("earlier day")),
            "{:?}",
            replay.problems
        );
    }

    #[test]
    fn reading_on_from_a_remembered_end() {
        let (_, store) = world();
        append(&store, "a", 1).expect("appended");
        let heads = read(&store).heads();
        append(&store, "a", 2).expect("appended");
        append(&store, "b", 3).expect("appended");
        let replay = store.read_since(&heads, &Cx::new()).expect("read");
        assert_eq!(replay.problems, []);
        let numbers: Vec<_> = replay
            .segments
            .iter()
            .map(|part| (part.device.as_str(), part.number))
            .collect();
        assert_eq!(numbers, [("a", 2), ("b", 1)]);
    }

    #[test]
    fn i16_many_records_make_several_segments_and_a_huge_one_is_refused() {
        let (_, store) = world();
        let records: Vec<Record> = (0..MAX_RECORDS as u64 + 5).map(stars).collect();
        let appended = store
            .append(&device("a"), None, &records, &Cx::new())
            .expect("appended");
        assert_eq!(appended.segments, 2);
        let replay = read(&store);
        let all: Vec<Record> = replay.segments.into_iter().flat_map(|part| part.records).collect();
        assert_eq!(all, records);
        let huge = Record::Unknown(
            [
                ("kind".to_owned(), "x".into()),
                ("text".to_owned(), "x".repeat(MAX_LINE).into()),
            ]
            .into_iter()
            .collect(),
        );
        assert!(matches!(
            store.append(&device("a"), None, &[huge], &Cx::new()),
            Err(Error::Record { .. })
        ));
    }

    #[test]
    fn i10_an_unknown_kind_that_must_be_understood_stops_the_reader() {
        let (_, store) = world();
        let future = |must: bool| {
            Record::Unknown(
                [("kind".to_owned(), "vault".into()), ("must".to_owned(), must.into())]
                    .into_iter()
                    .collect(),
            )
        };
        store
            .append(&device("a"), None, &[future(false)], &Cx::new())
            .expect("appended");
        assert_eq!(read(&store).segments[0].records, [future(false)]);
        store
            .append(&device("a"), None, &[future(true)], &Cx::new())
            .expect("appended");
        assert!(matches!(store.read_all(&Cx::new()), Err(Error::TooNew { .. })));
    }

    #[test]
    fn a_crash_at_any_call_of_an_append_loses_nothing_that_was_said_to_be_written() {
        for calls in 0..30 {
            let (sim, store) = world();
            append(&store, "a", 1).expect("appended");
            sim.crash_after(calls);
            let done = append(&store, "a", 2);
            sim.restart();
            let again = append(&store, "a", 2).expect("appended");
            let replay = read(&store);
            assert_eq!(replay.problems, []);
            let said: Vec<_> = replay.segments.iter().flat_map(|part| &part.records).collect();
            assert!(said.contains(&&stars(1)) && said.contains(&&stars(2)));
            if done.is_ok() {
                assert_eq!(again.head.map(|head| head.segment), Some(3));
                return;
            }
        }
        panic!("an append takes more calls than expected");
    }
}
