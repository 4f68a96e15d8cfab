//! How fast photos go to an S3 server, beside rclone and the AWS command line on the same server, files and run:
//! `cargo bench --bench cloud -- URL [COUNTxKB ...]`, with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set, and rclone
//! and aws in the path (those that are missing are left out). Without counts: 500 files of about 4 MB and 5,000 of
//! about 100 KB. CONNECTIONS (4) is how many uploads everybody may have at once.
//!
//! Each row is one run of one client: seconds, processor seconds of the client for each GB sent, megabytes a second, and
//! its highest resident memory. "sent" is upload alone with a SHA-256 of each file (rclone can send only MD5); "proven" is
//! upload and every byte read back and compared: our `backup`, `rclone copy` with `rclone check --download`, `aws s3 cp`
//! there and back with `cmp`. The files are random, and every client writes below a prefix of its own; a server that keeps
//! equal blocks once would serve the first one worst, so one run that is not measured sends everything before.

#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a bench prepares files, reads clocks, starts peers, and stops at what is wrong"
)]

use safelight::{
    model::content::ContentId,
    remote::{access::Access, api::Key, open},
    sys::{real::RealFs, task::Cx},
};
use std::{
    fs,
    io::{Cursor, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Files up to here are read into memory and hashed there, as the backup does it.
const SMALL: u64 = 8 * 1024 * 1024;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let [mode, url, dir] = words.as_slice()
        && mode == "send"
    {
        return send(url, Path::new(dir));
    }
    let Some((url, sets)) = words.split_first() else {
        println!("cloud: give the address of an S3 store, as s3://bucket/prefix?endpoint=http://127.0.0.1:3900");
        return;
    };
    let sets = match sets {
        [] => vec![(500, 4000), (5000, 100)],
        sets => sets.iter().map(|set| count_and_size(set)).collect(),
    };
    let dir = tempfile::tempdir().unwrap();
    let peers = Peers::new(url, dir.path());
    println!("| files | client | s | MB/s | CPU s/GB | MiB |\n|---|---|---|---|---|---|");
    for (count, kb) in sets {
        peers.compare(count, kb);
    }
}

fn count_and_size(text: &str) -> (u64, u64) {
    let (count, kb) = text.split_once('x').expect("COUNTxKB");
    (count.parse().unwrap(), kb.parse().unwrap())
}

fn connections() -> usize {
    std::env::var("CONNECTIONS").map_or(4, |text| text.parse().unwrap())
}

/// Upload alone, with as many threads as connections: what a client costs that trusts the server's word.
fn send(url: &str, dir: &Path) {
    // The keys are in the environment, where `S3` looks for them as the AWS command line does.
    let access = Access::default();
    let remote = open::open_new(url, Arc::new(RealFs), &access).unwrap();
    let files: Mutex<Vec<PathBuf>> =
        Mutex::new(fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect());
    std::thread::scope(|scope| {
        for _ in 0..connections() {
            scope.spawn(|| {
                let cx = Cx::new();
                while let Some(path) = { files.lock().unwrap().pop() } {
                    let size = fs::metadata(&path).unwrap().len();
                    let name = path.file_name().unwrap().to_string_lossy();
                    let key = Key::new(format!("sent/{name}")).unwrap();
                    if size <= SMALL {
                        let bytes = fs::read(&path).unwrap();
                        let hash = *ContentId::of(&bytes).bytes();
                        remote
                            .put_hashed(&key, &mut Cursor::new(bytes), size, &hash, &cx)
                            .unwrap();
                    } else {
                        remote
                            .put(&key, &mut fs::File::open(&path).unwrap(), size, &cx)
                            .unwrap();
                    }
                }
            });
        }
    });
}

/// What a run of other programs cost.
struct Cost {
    wall: Duration,
    cpu: f64,
    peak: u64,
}

/// Runs a client to its end.
fn cost(command: &mut Command) -> Cost {
    let before = children_seconds();
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let peak = AtomicU64::new(0);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        // The highest that Linux has seen so far, of the process itself: its threads are in it, children of its own not.
        if let Some(kib) = high_water(child.id()) {
            peak.fetch_max(kib, Ordering::Relaxed);
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let wall = began.elapsed();
    assert!(status.success(), "{command:?} ended with {status}");
    Cost {
        wall,
        cpu: children_seconds() - before,
        peak: peak.into_inner() / 1024,
    }
}

fn high_water(process: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// Processor seconds of all children that have ended, proc(5): fields 16 and 17 in hundredths.
fn children_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let rest = stat.rsplit_once(')').unwrap().1;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    (fields[13].parse::<f64>().unwrap() + fields[14].parse::<f64>().unwrap()) / 100.0
}

struct Peers<'a> {
    url: &'a str,
    dir: &'a Path,
    bucket: String,
    endpoint: String,
    region: String,
    rclone: bool,
    aws: bool,
}

impl<'a> Peers<'a> {
    fn new(url: &'a str, dir: &'a Path) -> Self {
        let (place, query) = url.trim_start_matches("s3://").split_once('?').unwrap_or((url, ""));
        let option = |name: &str| {
            let value = query
                .split('&')
                .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            value.unwrap_or_default().to_owned()
        };
        let there = |program: &str, word: &str| {
            let mut command = Command::new(program);
            command.arg(word).stdout(Stdio::null()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let region = option("region");
        Self {
            url,
            dir,
            bucket: place.split('/').next().unwrap().to_owned(),
            endpoint: option("endpoint"),
            region: if region.is_empty() {
                "us-east-1".to_owned()
            } else {
                region
            },
            rclone: there("rclone", "version"),
            aws: there("aws", "--version"),
        }
    }

    /// Our address with one more folder.
    fn below(&self, folder: &str) -> String {
        match self.url.split_once('?') {
            Some((place, query)) => format!("{}/{folder}?{query}", place.trim_end_matches('/')),
            None => format!("{}/{folder}", self.url.trim_end_matches('/')),
        }
    }

    fn compare(&self, count: u64, kb: u64) {
        let set = format!("{count}x{kb}");
        let files = self.dir.join(&set);
        let bytes = fill(&files, count, kb);
        let row = |client: &str, cost: &Cost| {
            let (seconds, gb) = (cost.wall.as_secs_f64(), bytes as f64 / 1e9);
            println!(
                "| {set} | {client} | {seconds:.1} | {:.0} | {:.2} | {} |",
                gb * 1000.0 / seconds,
                cost.cpu / gb,
                cost.peak
            );
        };
        // Not measured: the server has seen all blocks once.
        cost(&mut self.sender(&set, "first", &files));
        row(
            "Safelight, sent (SHA-256)",
            &cost(&mut self.sender(&set, "sent", &files)),
        );
        if self.rclone {
            row(
                "rclone copy, sent (MD5)",
                &cost(&mut self.rclone("copy", &files, &set, "r1")),
            );
        }
        if self.aws {
            row("aws s3 cp, sent (SHA-256)", &cost(&mut self.aws(&files, &set, "a1")));
        }
        row("Safelight backup, proven", &self.backup(&set, &files));
        if self.rclone {
            let there = cost(&mut self.rclone("copy", &files, &set, "r2"));
            let back = cost(self.rclone("check", &files, &set, "r2").arg("--download"));
            row("rclone copy and check --download, proven", &both(&there, &back));
        }
        if self.aws {
            let there = cost(&mut self.aws(&files, &set, "a2"));
            let target = self.dir.join("back");
            let mut back = self.aws_command();
            back.args(["s3", "cp", "--recursive", "--only-show-errors"]);
            back.arg(format!("s3://{}/a2/{set}", self.bucket)).arg(&target);
            let back = both(
                &cost(&mut back),
                &cost(Command::new("diff").arg("-rq").arg(&files).arg(&target)),
            );
            row("aws s3 cp, back and diff, proven", &both(&there, &back));
            fs::remove_dir_all(&target).unwrap();
        }
        fs::remove_dir_all(&files).unwrap();
    }

    fn sender(&self, set: &str, folder: &str, files: &Path) -> Command {
        let mut command = Command::new(std::env::current_exe().unwrap());
        let folder = format!("{folder}-{set}-{}", std::process::id());
        command.arg("send").arg(self.below(&folder)).arg(files);
        command
    }

    fn rclone(&self, act: &str, files: &Path, set: &str, folder: &str) -> Command {
        let mut command = Command::new("rclone");
        command
            .arg(act)
            .arg(files)
            .arg(format!(":s3:{}/{folder}/{set}", self.bucket));
        command.args([
            "--s3-provider",
            "Other",
            "--s3-no-check-bucket",
            "--s3-env-auth",
            "--quiet",
        ]);
        command.args(["--s3-endpoint", &self.endpoint, "--s3-region", &self.region]);
        let at_once = connections().to_string();
        command.args(["--transfers", &at_once, "--checkers", &at_once]);
        command.env("RCLONE_CONFIG", "/dev/null");
        command
    }

    fn aws(&self, files: &Path, set: &str, folder: &str) -> Command {
        let mut command = self.aws_command();
        command.args([
            "s3",
            "cp",
            "--recursive",
            "--only-show-errors",
            "--checksum-algorithm",
            "SHA256",
        ]);
        command.arg(files).arg(format!("s3://{}/{folder}/{set}", self.bucket));
        command
    }

    fn aws_command(&self) -> Command {
        let config = self.dir.join("aws");
        let at_once = connections();
        fs::write(
            &config,
            format!("[default]\ns3 =\n  max_concurrent_requests = {at_once}\n"),
        )
        .unwrap();
        let mut command = Command::new("aws");
        command.args(["--endpoint-url", &self.endpoint, "--region", &self.region]);
        command.env("AWS_CONFIG_FILE", config);
        command
    }

    /// The whole main job of a new library but for the scan: hash, send, read back, receipts, log.
    fn backup(&self, set: &str, files: &Path) -> Cost {
        let home = tempfile::tempdir_in(self.dir).unwrap();
        let safelight = || {
            let mut command = Command::new(env!("CARGO_BIN_EXE_safelight"));
            command.arg("--home").arg(home.path()).env("SAFELIGHT_KEYRING", "off");
            command.env("SAFELIGHT_STORE_USER", std::env::var("AWS_ACCESS_KEY_ID").unwrap());
            command.env(
                "SAFELIGHT_STORE_SECRET",
                std::env::var("AWS_SECRET_ACCESS_KEY").unwrap(),
            );
            command
        };
        cost(safelight().arg("scan").arg(files));
        let store = self.below(&format!("proven-{set}-{}", std::process::id()));
        cost(safelight().args(["store", "add", "bench", &store]));
        cost(safelight().args(["backup", "--all", "--now"]))
    }
}

fn both(a: &Cost, b: &Cost) -> Cost {
    Cost {
        wall: a.wall + b.wall,
        cpu: a.cpu + b.cpu,
        peak: a.peak.max(b.peak),
    }
}

/// Files that no server can make smaller, with the beginning of a photo: of `kb` KB, a fifth more or less.
fn fill(dir: &Path, count: u64, kb: u64) -> u64 {
    fs::create_dir_all(dir).unwrap();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64 ^ count ^ (u64::from(std::process::id()) << 32);
    let mut total = 0;
    for number in 0..count {
        let size = kb * (800 + number * 400 / count.max(1));
        let mut out = std::io::BufWriter::new(fs::File::create(dir.join(format!("IMG_{number:05}.jpg"))).unwrap());
        out.write_all(&[0xff, 0xd8, 0xff, 0xe0]).unwrap();
        let mut left = size;
        while left > 0 {
            // xorshift64*, Vigna 2016.
            seed ^= seed >> 12;
            seed ^= seed << 25;
            seed ^= seed >> 27;
            let word = seed.wrapping_mul(0x2545_f491_4f6c_dd1d).to_le_bytes();
            let take = left.min(8);
            out.write_all(&word[..usize::try_from(take).unwrap()]).unwrap();
            left -= take;
        }
        out.into_inner().unwrap().sync_all().unwrap();
        total += size + 4;
    }
    total
}
