//! Texts in the forms that HTTP wants them in: percent-encoded paths (RFC 3986), Base64 (RFC 4648).

use std::fmt::Write as _;

/// `/a/b%20c`, or `/a/b%20c/` for a folder.
pub(super) fn path_of<'a>(names: impl Iterator<Item = &'a str>, folder: bool) -> String {
    let mut path = String::new();
    for name in names {
        path.push('/');
        encode(name, &mut path);
    }
    if folder || path.is_empty() {
        path.push('/');
    }
    path
}

/// Everything but RFC 3986's unreserved characters is encoded: what is merely allowed is read differently by some servers.
pub(super) fn encode(name: &str, out: &mut String) {
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

/// The text that percent-encoding stands for. A `%` that begins no code stands for itself, as lax servers write it.
pub(super) fn decoded(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digit = |offset: usize| bytes.get(at + offset).and_then(|byte| char::from(*byte).to_digit(16));
        match (byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).ok()?);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8(out).ok()
}

/// RFC 4648, with padding.
pub(super) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4_usize {
            let index = (bits >> (18 - 6 * place)) & 63;
            let letter = LETTERS.get(index as usize).copied().unwrap_or(b'=');
            out.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_as_rfc_4648_prints_it() {
        for (text, code) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), code);
        }
    }

    #[test]
    fn lax_percents_are_read() {
        assert_eq!(decoded("a%20b%2f").as_deref(), Some("a b/"));
        assert_eq!(decoded("100%, 5%2 %zz").as_deref(), Some("100%, 5%2 %zz"));
        assert_eq!(decoded("%ff"), None);
    }
}
