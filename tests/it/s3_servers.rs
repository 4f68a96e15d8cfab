//! Goal: a bucket on a real server keeps every promise of a remote, and the sums that the server was found to check catch a
//! bit that turned over on the way, in whole objects and in parts. Method: each server on a line of `SAFELIGHT_TEST_S3`
//! (address, access key, secret key, separated by blanks); a proxy turns the bit. `tests/servers.sh` starts some.

use super::{
    lying_proxy::{Lie, Proxy},
    s3::{key, large, noise, place, show},
    servers::access_as,
};
use safelight::{
    remote::{
        access::Access,
        api::{ErrorKind, Remote as _},
        contract, open,
    },
    sys::{real::RealFs, task::Cx},
};
use std::{io::Cursor, sync::Arc};

/// The servers that are named, as addresses with keys.
fn named() -> Vec<(String, Access)> {
    let Ok(servers) = std::env::var("SAFELIGHT_TEST_S3") else {
        eprintln!("skipped: SAFELIGHT_TEST_S3 names no server");
        return Vec::new();
    };
    let lines = servers.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            let mut word = || {
                words
                    .next()
                    .expect("an address, an access key, a secret key")
                    .to_owned()
            };
            (word(), access_as(&word(), &word()))
        })
        .collect()
}

#[test]
fn i9_i12_the_contract_holds_over_each_real_server() {
    for (url, access) in named() {
        let s3 = place(&url, &access);
        eprintln!("{url}\n{:?}", s3.habits(&Cx::new()).expect("tried out"));
        large(&s3);
        let remote = open::open(&url, Arc::new(RealFs), &access).expect("opened");
        let report = contract::run(&remote, true, &Cx::new()).expect("run");
        eprintln!("{}", show(&report));
        assert!(report.ok(), "{url}\n{}", show(&report));
    }
}

/// The port in an address of a server on this machine.
fn port_of(url: &str) -> Option<u16> {
    let (_, rest) = url.split_once("http://127.0.0.1:")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[test]
fn i3_a_bit_that_turned_over_is_refused_by_the_sums_that_the_server_checks() {
    for (url, access) in named() {
        let Some(port) = port_of(&url) else {
            eprintln!("skipped, not on this machine: {url}");
            continue;
        };
        let proxy = Proxy::before(port);
        let url = url.replace(&format!(":{port}"), &format!(":{}", proxy.port));
        let s3 = place(&url, &access);
        let habits = s3.habits(&Cx::new()).expect("tried out");
        if !habits.sha256 && !habits.md5 {
            eprintln!("{url} checks no sums; reading back has to do");
            continue;
        }
        let run = std::process::id();
        // 70 MiB go in parts, and the ninth of them is shorter.
        for (name, size, needle) in [("whole", 300_000, "whole"), ("parts", 70 << 20, "partNumber=9")] {
            let (name, bytes) = (key(&format!("flipped/{name}-{run}")), noise(31, size));
            proxy.lie(Lie::FlipUpload, "PUT", needle);
            let put = |cx: &Cx| s3.put(&name, &mut Cursor::new(&bytes), bytes.len() as u64, cx);
            let refused = put(&Cx::new()).expect_err("other bytes arrived");
            assert_eq!(refused.kind, ErrorKind::Temporary, "{url}: {refused}");
            // rclone gives the whole upload up after a wrong part, and hangs up when the part comes again.
            let named = refused.what.contains("Other bytes arrived");
            assert!(named || needle != "whole" && !habits.sha256, "{url}: {refused}");
            assert_eq!(s3.head(&name, &Cx::new()).expect("asked"), None, "{url}");
            proxy.be_honest();
            put(&Cx::new()).unwrap_or_else(|error| panic!("{url}: later: {error}"));
            let mut found = Vec::new();
            s3.get(&name, None, &mut found, &Cx::new()).expect("read");
            assert!(found == bytes, "{url}: every byte came back");
            let _ = s3.delete(&name, &Cx::new());
        }
    }
}

#[test]
fn a_part_whose_answer_was_lost_costs_another_try_and_no_more() {
    for (url, access) in named() {
        let Some(port) = port_of(&url) else {
            eprintln!("skipped, not on this machine: {url}");
            continue;
        };
        let proxy = Proxy::before(port);
        let url = url.replace(&format!(":{port}"), &format!(":{}", proxy.port));
        let s3 = place(&url, &access);
        s3.habits(&Cx::new()).expect("tried out");
        let name = key(&format!("lost-answer-{}", std::process::id()));
        let bytes = noise(32, 70 << 20);
        let put = || s3.put(&name, &mut Cursor::new(&bytes), bytes.len() as u64, &Cx::new());
        proxy.lie(Lie::DropAfter, "PUT", "partNumber=9");
        let lost = put().expect_err("no answer");
        assert_eq!(lost.kind, ErrorKind::Temporary, "{url}: {lost}");
        proxy.be_honest();
        put().unwrap_or_else(|error| panic!("{url}: later: {error}"));
        let mut found = Vec::new();
        s3.get(&name, None, &mut found, &Cx::new()).expect("read");
        assert!(found == bytes, "{url}: every byte came back");
        let _ = s3.delete(&name, &Cx::new());
    }
}
