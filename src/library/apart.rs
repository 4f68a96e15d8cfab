//! Decoders that could end the whole program run in a process of their own (I5). AV1's (`re_rav1d`) has entry points that
//! cannot be unwound, so that a panic inside would be the program's end; there, it is the end of one picture.
//!
//! The child is this program again, with a hidden command: it reads the file, decodes it and writes one line of words and
//! the pixels. Where this program is not the one that runs (tests of the library), pictures are decoded in place.

use crate::{
    media::{
        decode::{DecodeError, Decoded, Shown, Want, decode},
        limits::Limits,
        sniff::{Format, sniff},
    },
    model::pixels::Pixels,
    sys::{
        child::{self, ChildError, Leash},
        fs::{Fs as _, FsError},
        real::RealFs,
        task::Cancel,
    },
};
use std::{ffi::OsStr, io::Write, path::Path};

/// The hidden command.
pub const COMMAND: &str = "decode-apart";
/// Far more than the largest picture that the limits allow takes on two slow cores.
const TIME_MS: i64 = 20_000;
/// The words before the pixels.
const MAX_HEADER: usize = 4096;

/// Decodes the picture at `path` in a child; nothing where that cannot be done here.
///
/// # Errors
/// `None`: nobody wants it any more. Else as [`decode`].
pub fn picture(
    path: &Path,
    edge: u32,
    limits: &Limits,
    cancel: &Cancel,
) -> Option<Result<Decoded, Option<DecodeError>>> {
    let program = child::own_program()?;
    let pixels = if edge == 0 {
        limits.alloc_bytes
    } else {
        u64::from(edge) * u64::from(edge) * 9
    };
    let leash = Leash {
        time_ms: TIME_MS,
        output: usize::try_from(pixels.min(limits.alloc_bytes)).unwrap_or(usize::MAX - MAX_HEADER) + MAX_HEADER,
        // The decoder's own limit is the lower one; this holds where it is forgotten.
        memory: limits.alloc_bytes.saturating_mul(3),
    };
    let edge = edge.to_string();
    let arguments = [
        OsStr::new(COMMAND),
        OsStr::new(&edge),
        OsStr::new("--"),
        path.as_os_str(),
    ];
    Some(match child::run(program.as_os_str(), &arguments, leash, cancel) {
        Ok(bytes) => parse(bytes).map_err(Some),
        Err(ChildError::Cancelled) => Err(None),
        Err(ChildError::Late) => Err(Some(DecodeError::Limits("it took too long to decode".to_owned()))),
        Err(ChildError::Failed) => Err(Some(DecodeError::Damaged("the decoder gave up".to_owned()))),
        Err(error @ ChildError::Start(_)) => {
            tracing::warn!("a decoder's process: {error}");
            return None;
        }
    })
}

/// The child's side: decodes the file and writes the picture, or why there is none.
///
/// # Errors
/// Nobody reads any more.
pub fn serve(path: &Path, edge: u32, out: &mut dyn Write) -> std::io::Result<()> {
    let limits = Limits::default();
    let decoded = RealFs
        .read_small(path, limits.file_bytes)
        .map_err(|error: FsError| DecodeError::Damaged(error.kind.sentence().to_owned()))
        .and_then(|bytes| decode(&bytes, Want::edge(edge), &limits));
    match decoded {
        Ok(decoded) => {
            let Pixels { width, height, rgba } = decoded.pixels;
            let (full_width, full_height) = decoded.full;
            let note = one_line(decoded.note.as_deref().unwrap_or_default());
            let whole = u8::from(decoded.whole);
            writeln!(
                out,
                "picture {width} {height} {full_width} {full_height} {whole} {note}"
            )?;
            out.write_all(&rgba)?;
        }
        Err(DecodeError::Unsupported(what)) => writeln!(out, "unsupported {}", one_line(&what))?,
        Err(DecodeError::Damaged(what)) => writeln!(out, "damaged {}", one_line(&what))?,
        Err(DecodeError::Limits(what)) => writeln!(out, "limits {}", one_line(&what))?,
    }
    out.flush()
}

fn one_line(text: &str) -> String {
    text.chars()
        .take(500)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn parse(mut bytes: Vec<u8>) -> Result<Decoded, DecodeError> {
    let broken = || DecodeError::Damaged("the decoder gave up".to_owned());
    let head = bytes.get(..bytes.len().min(MAX_HEADER)).unwrap_or_default();
    let end = head.iter().position(|byte| *byte == b'\n').ok_or_else(broken)?;
    let line = String::from_utf8_lossy(head.get(..end).unwrap_or_default()).into_owned();
    let (kind, rest) = line.split_once(' ').ok_or_else(broken)?;
    match kind {
        "picture" => {}
        "unsupported" => return Err(DecodeError::Unsupported(rest.to_owned())),
        "damaged" => return Err(DecodeError::Damaged(rest.to_owned())),
        "limits" => return Err(DecodeError::Limits(rest.to_owned())),
        _ => return Err(broken()),
    }
    let mut words = rest.splitn(6, ' ');
    let mut number = || {
        words
            .next()
            .and_then(|word| word.parse::<u32>().ok())
            .ok_or_else(broken)
    };
    let (width, height, full) = (number()?, number()?, (number()?, number()?));
    let whole = number()? == 1;
    let note = words.next().filter(|note| !note.is_empty()).map(str::to_owned);
    bytes.drain(..=end);
    if bytes.len() as u64 != u64::from(width) * u64::from(height) * 4 || bytes.is_empty() {
        return Err(broken());
    }
    Ok(Decoded {
        pixels: Pixels {
            width,
            height,
            rgba: bytes,
        },
        full,
        format: Format::Avif,
        shown: Shown::Picture,
        whole,
        note,
    })
}

/// Whether these bytes would go to a decoder that can end the process: pictures in ISO boxes with an AV1 item.
#[must_use]
pub fn is_needed(bytes: &[u8]) -> bool {
    sniff(bytes).is_some_and(Format::is_in_boxes) && memchr::memmem::find(bytes, b"av01").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn i5_what_the_child_says_is_not_believed_blindly() {
        let good = parse(b"picture 1 2 10 20 1 Cut short\n\x01\x02\x03\xFF\x04\x05\x06\xFF".to_vec()).expect("good");
        assert_eq!(
            (good.pixels.width, good.pixels.height, good.full, good.whole),
            (1, 2, (10, 20), true)
        );
        assert_eq!(good.note.as_deref(), Some("Cut short"));
        let not: [&[u8]; 6] = [
            b"",
            b"picture 1 2 10 20 1 \n1234",
            b"picture 9 9 9 9\n",
            b"picture 0 0 9 9 1 \n",
            b"hello world\n",
            b"no end of line",
        ];
        for bytes in not {
            assert!(parse(bytes.to_vec()).is_err(), "{bytes:?}");
        }
        let said = parse(b"limits 65536 x 1 pixels\n".to_vec()).map(|_| ());
        assert_eq!(said, Err(DecodeError::Limits("65536 x 1 pixels".to_owned())));
    }
}
