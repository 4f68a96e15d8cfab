//! Goal: no key or password ever lies readable in a home, a store or a log, or shows in what is printed (I17). Method: the
//! built program is given keys in every way there is, does everything with them while it logs all it can, also fails with
//! them; then every byte of every file and of all output is searched for them.

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

const USER: &str = "ana-7f3";
const SECRET: &str = "hunter2-9d1c4b";
const TOKEN: &str = "token-55e0aa";
const PASSPHRASE: &str = "open-sesame-31";

struct Given<'a> {
    env: &'a [(&'a str, &'a str)],
    stdin: &'a str,
}

fn run(home: &Path, args: &[&str], given: &Given<'_>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_safelight"));
    command
        .env("SAFELIGHT_KEYRING", "off")
        .env("SAFELIGHT_LOG", "trace")
        .env("RUST_BACKTRACE", "1")
        .arg("--home")
        .arg(home)
        .args(args)
        .envs(given.env.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("started");
    let mut stdin = child.stdin.take().expect("a pipe");
    // Whoever asks for nothing closes the pipe.
    let _ = stdin.write_all(given.stdin.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("ended")
}

/// Where one of the secrets can be read.
fn leaks(dir: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(dir).expect("listed") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            leaks(&path, found);
        } else if path.is_file() {
            let bytes = fs::read(&path).expect("read");
            found.extend(shown(&path.display().to_string(), &bytes));
        }
    }
}

fn shown(place: &str, bytes: &[u8]) -> Vec<String> {
    let has = |secret: &&str| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
    [SECRET, TOKEN, PASSPHRASE]
        .iter()
        .filter(|secret| has(secret))
        .map(|secret| format!("{secret} in {place}"))
        .collect()
}

/// Runs it and looks at all it says.
fn quiet(home: &Path, args: &[&str], given: &Given<'_>, code: i32) {
    let ran = run(home, args, given);
    let mut all = ran.stdout.clone();
    all.extend(&ran.stderr);
    let text = String::from_utf8_lossy(&all).into_owned();
    assert_eq!(ran.status.code(), Some(code), "{args:?}: {text}");
    assert_eq!(
        shown(&format!("what {args:?} said"), &all),
        Vec::<String>::new(),
        "{text}"
    );
}

#[test]
fn i17_secrets_are_nowhere_but_where_they_are_kept() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let (home, photos) = (dir.path().join("home"), dir.path().join("photos"));
    let stores = ["file", "session", "named", "refused"].map(|name| dir.path().join(name));
    for folder in stores.iter().chain([&photos]) {
        fs::create_dir(folder).expect("made");
    }
    fs::write(photos.join("a.jpg"), b"not a picture, but a file").expect("written");
    let place = |at: usize| stores[at].to_str().expect("text").to_owned();
    let lines = format!("{USER}\n{SECRET}\n{TOKEN}\n");
    let nothing = Given { env: &[], stdin: "" };
    let locked = Given {
        env: &[("SAFELIGHT_PASSPHRASE", PASSPHRASE)],
        stdin: &lines,
    };
    let named = Given {
        env: &[
            ("SAFELIGHT_STORE_NAMED_USER", USER),
            ("SAFELIGHT_STORE_NAMED_SECRET", SECRET),
        ],
        stdin: "",
    };
    quiet(&home, &["scan", photos.to_str().expect("text")], &nothing, 0);
    quiet(&home, &["store", "add", "file", &place(0), "--keys-stdin"], &locked, 0);
    let kept = home.join("secrets.age");
    assert!(kept.exists(), "the keys are kept");
    let only_stdin = Given {
        env: &[],
        stdin: &lines,
    };
    let other = dir.path().join("other-home");
    quiet(
        &other,
        &["store", "add", "session", &place(1), "--keys-stdin"],
        &only_stdin,
        0,
    );
    assert!(
        !other.join("secrets.age").exists(),
        "without passphrase and keyring they are in memory only"
    );
    quiet(&home, &["store", "add", "named", &place(2)], &named, 0);
    quiet(&home, &["store", "keys", "file", "--keys-stdin"], &locked, 0);
    quiet(&home, &["backup", "--json"], &locked, 0);
    quiet(&home, &["store", "list", "--json"], &locked, 0);
    quiet(&home, &["status"], &nothing, 0);
    // Addresses with a secret in them are refused before anything is done, and not repeated.
    let bad = format!("https://{USER}:{SECRET}@cloud.example/dav");
    quiet(&home, &["store", "add", "bad", &bad], &nothing, 1);
    let bad = format!("s3://bucket/x?secret_key={SECRET}");
    quiet(&home, &["store", "add", "bad", &bad], &nothing, 1);
    // A server that is not there: the error speaks of the place, not of the keys.
    let away = "davs://127.0.0.1:9/dav";
    let ran = run(&home, &["store", "add", "away", away, "--keys-stdin"], &locked);
    assert_ne!(ran.status.code(), Some(0));
    assert_eq!(shown("stderr", &ran.stderr), Vec::<String>::new());
    // Forgetting a store forgets its keys.
    quiet(&home, &["store", "remove", "file"], &locked, 0);

    let mut found = Vec::new();
    leaks(dir.path(), &mut found);
    assert_eq!(found, Vec::<String>::new());
    let settings = fs::read_to_string(home.join("settings.ron")).expect("settings");
    assert!(!settings.contains(USER), "the user's name is in no settings either");
}

#[test]
fn i17_the_search_for_secrets_finds_one() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(dir.path().join("deep")).expect("made");
    fs::write(dir.path().join("deep/file"), format!("x{SECRET}y")).expect("written");
    let mut found = Vec::new();
    leaks(dir.path(), &mut found);
    assert_eq!(found.len(), 1, "{found:?}");
}
