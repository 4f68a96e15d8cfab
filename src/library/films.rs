//! A film's poster: one early frame, made by `ffmpeg` or `ffmpegthumbnailer` where one of them is installed, and decoded by
//! our own decoders. Neither is required; without them films are shown by their facts.

use crate::{
    media::{
        decode::{DecodeError, Decoded, Want, decode},
        limits::Limits,
    },
    sys::{
        child::{self, ChildError, Leash},
        task::Cancel,
    },
};
use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// What a helper may cost for one poster.
const LEASH: Leash = Leash {
    time_ms: 10_000,
    output: 64 << 20,
    memory: 2 << 30,
};
/// No poster is larger: it stands for a film that is played elsewhere.
const MAX_EDGE: u32 = 1920;
/// Where the poster is taken, in seconds: the first frames of many films are black. A shorter film is tried at its start.
const EARLY: &str = "1";

/// A program that can take a frame out of a film.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Helper {
    Ffmpeg(PathBuf),
    Thumbnailer(PathBuf),
}

/// Makes posters, with what was found on PATH when the first was wanted.
#[derive(Debug, Default)]
pub struct Films {
    helper: OnceLock<Option<Helper>>,
}

/// What is said once, where films can have no posters.
pub const NO_HELPER: &str = "Install ffmpeg to see pictures of films here.";

impl Films {
    /// With the programs on PATH.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn helper(&self) -> Option<&Helper> {
        let found = self.helper.get_or_init(|| {
            child::find("ffmpeg")
                .map(Helper::Ffmpeg)
                .or_else(|| child::find("ffmpegthumbnailer").map(Helper::Thumbnailer))
        });
        found.as_ref()
    }

    /// Whether films can have posters on this machine.
    #[must_use]
    pub fn can(&self) -> bool {
        self.helper().is_some()
    }

    /// The poster of the film at `path`, its long edge at most `edge` pixels (0 = as large as posters get).
    ///
    /// # Errors
    /// `None`: nobody wants it any more. Else that no helper is there (`Unsupported`), or that it could not make one.
    pub fn poster(
        &self,
        path: &Path,
        edge: u32,
        limits: &Limits,
        cancel: &Cancel,
    ) -> Result<Decoded, Option<DecodeError>> {
        let Some(helper) = self.helper() else {
            return Err(Some(DecodeError::Unsupported("Film".to_owned())));
        };
        let edge = if edge == 0 { MAX_EDGE } else { edge.min(MAX_EDGE) };
        let mut last = ChildError::Failed;
        for start in [EARLY, "0"] {
            let (program, arguments) = command(helper, path, edge, start);
            let arguments: Vec<&OsStr> = arguments.iter().map(OsString::as_os_str).collect();
            match child::run(program.as_os_str(), &arguments, LEASH, cancel) {
                // A film that ends before the place gives no frame, and no failure.
                Ok(bytes) if bytes.is_empty() => {}
                Ok(bytes) => return decode(&bytes, Want::Fit(edge), limits).map_err(Some),
                Err(ChildError::Cancelled) => return Err(None),
                Err(ChildError::Late) => {
                    return Err(Some(DecodeError::Limits("its first picture took too long".to_owned())));
                }
                Err(error) => last = error,
            }
        }
        tracing::debug!("no poster of {}: {last}", path.display());
        Err(Some(DecodeError::Damaged(
            "it has no picture that can be shown".to_owned(),
        )))
    }
}

/// The program and what it is told. The path is always absolute and behind a prefix or an option of its own, so that no
/// name is taken for an option or an address; playlists that name other files or the network are not followed.
fn command<'h>(helper: &'h Helper, path: &Path, edge: u32, start: &str) -> (&'h Path, Vec<OsString>) {
    let words = |list: &[&str]| list.iter().map(OsString::from).collect::<Vec<_>>();
    match helper {
        Helper::Ffmpeg(program) => {
            let mut file = OsString::from("file:");
            file.push(path);
            let mut all = words(&["-v", "error", "-nostdin", "-threads", "1"]);
            all.extend(words(&["-protocol_whitelist", "file,pipe", "-ss", start, "-i"]));
            all.push(file);
            let scale = format!("scale='min({edge},iw)':'min({edge},ih)':force_original_aspect_ratio=decrease");
            all.extend(words(&["-an", "-sn", "-dn", "-frames:v", "1", "-vf", &scale]));
            all.extend(words(&[
                "-c:v",
                "png",
                "-pix_fmt",
                "rgb24",
                "-f",
                "image2pipe",
                "pipe:1",
            ]));
            (program, all)
        }
        Helper::Thumbnailer(program) => {
            let mut all = words(&["-i"]);
            all.push(path.as_os_str().to_owned());
            let time = if start == "0" { "00:00:00" } else { "10%" };
            all.extend(words(&[
                "-o",
                "/dev/stdout",
                "-c",
                "png",
                "-s",
                &edge.to_string(),
                "-t",
                time,
            ]));
            (program, all)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_an_option_or_an_address() {
        let path = Path::new("/films/-i http:evil.mp4");
        for helper in [
            Helper::Ffmpeg(PathBuf::from("/bin/ffmpeg")),
            Helper::Thumbnailer(PathBuf::from("/bin/ffmpegthumbnailer")),
        ] {
            let (_, arguments) = command(&helper, path, 512, EARLY);
            let at = arguments.iter().position(|word| word == "-i").expect("an input");
            let name = arguments[at + 1].to_string_lossy().into_owned();
            assert!(
                name == "file:/films/-i http:evil.mp4" || name.starts_with('/'),
                "{name}"
            );
        }
    }

    #[test]
    fn a_film_of_the_samples_has_an_upright_poster() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/photos/live-photo/heic-mov/IMG_3853.MOV");
        let films = Films::new();
        if !path.is_file() || !films.can() {
            eprintln!("skipped: the samples or ffmpeg are not here");
            return;
        }
        let cancel = Cancel::new();
        let poster = films.poster(&path, 512, &Limits::default(), &cancel).expect("a poster");
        assert_eq!((poster.pixels.width, poster.pixels.height), (512, 384));
        cancel.cancel();
        assert!(matches!(
            films.poster(&path, 512, &Limits::default(), &cancel),
            Err(None)
        ));
    }
}
