//! What the assistant for a store has been told so far, and the address and the wish that come of it.

use super::icon;
use crate::{
    engine::{
        Credentials, Followed, Typed,
        command::{Agreed, Command, StoreWish},
        snapshot::StoreView,
    },
    model::id::StoreId,
};

/// What kind of place it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Kind {
    /// A folder on a disk or a share.
    #[default]
    Folder,
    /// Object storage.
    S3,
    /// A server that speaks WebDAV.
    WebDav,
    /// What rclone reaches.
    Rclone,
}

pub(in crate::ui) const KINDS: [(Kind, &str, &str); 4] = [
    (Kind::Folder, icon::HARD_DRIVE, "Folder"),
    (Kind::S3, icon::CLOUD, "S3"),
    (Kind::WebDav, icon::SERVER, "WebDAV"),
    (Kind::Rclone, icon::COMMAND, "rclone"),
];

/// The form, as far as it is filled in.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct StoreForm {
    /// The store that is changed; none for a new one.
    pub(in crate::ui) store: Option<StoreId>,
    pub(in crate::ui) kind: Kind,
    pub(in crate::ui) name: String,
    /// A folder's path, a server's address, `remote:path`.
    pub(in crate::ui) place: String,
    pub(in crate::ui) bucket: String,
    pub(in crate::ui) folder: String,
    pub(in crate::ui) endpoint: String,
    pub(in crate::ui) region: String,
    pub(in crate::ui) user: String,
    pub(in crate::ui) secret: Typed,
    pub(in crate::ui) agreed: Agreed,
    /// The fields that few people need are shown.
    pub(in crate::ui) rare: bool,
    /// The certificate as typed.
    pub(in crate::ui) pinned: String,
    /// The token of keys that expire.
    pub(in crate::ui) token: Typed,
    /// The person's own limit, as typed.
    pub(in crate::ui) limit: String,
    pub(in crate::ui) follow: Vec<Followed>,
    /// The address that is being tested or was.
    pub(in crate::ui) tested: Option<String>,
}

impl StoreForm {
    /// A form for a store that is there.
    #[must_use]
    pub fn of(store: &StoreView) -> Self {
        Self {
            store: Some(store.id.clone()),
            kind: match store.kind.as_str() {
                "S3" => Kind::S3,
                "WebDAV" => Kind::WebDav,
                "rclone" => Kind::Rclone,
                _ => Kind::Folder,
            },
            name: store.name.clone(),
            place: store.place.clone(),
            limit: store.cloud.limit.map_or_else(String::new, gigabytes),
            rare: store.cloud.agreed.pinned.is_some(),
            pinned: store.cloud.agreed.pinned.clone().unwrap_or_default(),
            agreed: store.cloud.agreed.clone(),
            ..Self::default()
        }
    }

    /// The address as it is kept.
    pub(in crate::ui) fn url(&self) -> String {
        let place = clean(&self.place);
        if self.store.is_some() {
            return place;
        }
        match self.kind {
            Kind::Folder => place,
            Kind::WebDav if place.contains("://") || place.is_empty() => place,
            Kind::WebDav => format!("https://{place}"),
            Kind::Rclone if place.starts_with("rclone:") || place.is_empty() => place,
            Kind::Rclone => format!("rclone:{place}"),
            Kind::S3 => {
                let part = |text: &str| text.trim().trim_matches('/').to_owned();
                let mut url = match (part(&self.bucket), part(&self.folder)) {
                    (bucket, _) if bucket.is_empty() => return String::new(),
                    (bucket, folder) if folder.is_empty() => format!("s3://{bucket}"),
                    (bucket, folder) => format!("s3://{bucket}/{folder}"),
                };
                let mut sign = '?';
                for (name, value) in [("endpoint", self.endpoint.trim()), ("region", self.region.trim())] {
                    if !value.is_empty() {
                        url.push_str(&format!("{sign}{name}={value}"));
                        sign = '&';
                    }
                }
                url
            }
        }
    }

    pub(in crate::ui) fn shown_name(&self) -> String {
        if !self.name.trim().is_empty() {
            return self.name.trim().to_owned();
        }
        let url = self.url();
        let path = url.split('?').next().unwrap_or("");
        let last = path.rsplit(['/', '\\', ':']).find(|part| !part.is_empty());
        last.unwrap_or("Store").to_owned()
    }

    pub(in crate::ui) fn has_keys(&self) -> bool {
        matches!(self.kind, Kind::S3 | Kind::WebDav)
    }

    pub(in crate::ui) fn wish(&self) -> StoreWish {
        let keys = (self.has_keys() && !self.user.trim().is_empty() && !self.secret.is_empty()).then(|| Credentials {
            user: self.user.trim().to_owned(),
            secret: self.secret.secret(),
            token: (!self.token.is_empty()).then(|| self.token.secret()),
        });
        StoreWish {
            store: self.store.clone(),
            name: self.shown_name(),
            url: self.url(),
            keys,
            agreed: Agreed {
                pinned: Some(self.pinned.trim().to_owned()).filter(|text| !text.is_empty()),
                ..self.agreed.clone()
            },
            limit: bytes_of(&self.limit),
            follow: self.follow.clone(),
        }
    }

    /// The command that does what the form says: the plain one for a plain folder.
    #[must_use]
    pub fn command(&self) -> Command {
        let wish = self.wish();
        let plain = StoreWish {
            name: wish.name.clone(),
            url: wish.url.clone(),
            ..StoreWish::default()
        };
        if wish == plain {
            return Command::AddStore {
                name: wish.name,
                url: wish.url,
            };
        }
        Command::SetUpStore(Box::new(wish))
    }
}

/// What people paste: a path in quotes, or a file address.
pub(in crate::ui) fn clean(path: &str) -> String {
    let path = path.trim().trim_matches(['"', '\'']);
    path.strip_prefix("file://").unwrap_or(path).to_owned()
}

pub(in crate::ui) fn gigabytes(bytes: u64) -> String {
    let whole = bytes as f64 / 1e9;
    if whole.fract() == 0.0 {
        format!("{whole:.0}")
    } else {
        format!("{whole:.2}")
    }
}

/// Decimal gigabytes as a person types them.
pub(in crate::ui) fn bytes_of(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let (number, factor) = match text.strip_suffix("tb") {
        Some(number) => (number, 1e12),
        None => (text.strip_suffix("gb").unwrap_or(&text), 1e9),
    };
    let number: f64 = number.trim().parse().ok()?;
    (number > 0.0 && number.is_finite()).then_some((number * factor) as u64)
}

/// What an address tells about its server.
pub(in crate::ui) struct Server {
    /// Plain http to another machine.
    pub(in crate::ui) plain: bool,
    /// This machine.
    pub(in crate::ui) here: bool,
    /// A server of one's own, over TLS: not Amazon's, not a folder.
    pub(in crate::ui) own: bool,
}

impl Server {
    pub(in crate::ui) fn of(url: &str, kind: Kind) -> Self {
        let address = match kind {
            Kind::Folder | Kind::Rclone => "",
            Kind::S3 => url
                .split_once("endpoint=")
                .map_or("", |(_, rest)| rest.split('&').next().unwrap_or("")),
            Kind::WebDav => url,
        };
        let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
        let scheme = scheme.to_ascii_lowercase();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
        let host = authority.rsplit('@').next().unwrap_or("").to_ascii_lowercase();
        let here = ["localhost", "127.", "[::1]"].iter().any(|name| host.starts_with(name));
        let plain = matches!(scheme.as_str(), "http" | "dav" | "webdav");
        Self {
            plain: plain && !here,
            here,
            own: !plain && !host.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::snapshot::{CloudView, StoreState};

    #[test]
    fn pasted_paths_are_cleaned() {
        assert_eq!(clean(" \"/home/ana/My photos\" "), "/home/ana/My photos");
        assert_eq!(clean("file:///mnt/nas"), "/mnt/nas");
    }

    #[test]
    fn addresses_are_put_together() {
        let s3 = StoreForm {
            kind: Kind::S3,
            bucket: " photos ".to_owned(),
            folder: "/2024/".to_owned(),
            endpoint: "https://s3.example:9000".to_owned(),
            region: "garage".to_owned(),
            ..StoreForm::default()
        };
        assert_eq!(
            s3.url(),
            "s3://photos/2024?endpoint=https://s3.example:9000&region=garage"
        );
        assert_eq!(s3.shown_name(), "2024");
        let dav = StoreForm {
            kind: Kind::WebDav,
            place: "cloud.example/dav".to_owned(),
            ..StoreForm::default()
        };
        assert_eq!(dav.url(), "https://cloud.example/dav");
        let rclone = StoreForm {
            kind: Kind::Rclone,
            place: "icloud:Photos".to_owned(),
            ..StoreForm::default()
        };
        assert_eq!(
            (rclone.url().as_str(), rclone.shown_name().as_str()),
            ("rclone:icloud:Photos", "Photos")
        );
        assert_eq!(StoreForm::default().url(), "");
    }

    #[test]
    fn i17_the_form_shows_no_secret_and_a_plain_folder_is_a_plain_command() {
        let mut form = StoreForm {
            kind: Kind::S3,
            bucket: "b".to_owned(),
            user: "me".to_owned(),
            ..StoreForm::default()
        };
        form.secret.text().push_str("hunter2");
        let shown = format!("{form:?} {:?}", form.command());
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(matches!(form.command(), Command::SetUpStore(wish) if wish.keys.is_some()));
        let folder = StoreForm {
            place: "/mnt/nas".to_owned(),
            ..StoreForm::default()
        };
        assert!(matches!(folder.command(), Command::AddStore { .. }));
    }

    #[test]
    fn what_a_person_agreed_to_survives_another_change() {
        let agreed = Agreed {
            plain_http: true,
            pinned: Some("ab".repeat(32)),
            elsewhere: true,
        };
        let view = StoreView {
            id: StoreId("s".to_owned()),
            name: "NAS".to_owned(),
            kind: "WebDAV".to_owned(),
            place: "http://nas.local/dav".to_owned(),
            state: StoreState::Ready,
            counts: true,
            counts_note: String::new(),
            proven: 0,
            bytes: 0,
            damaged: 0,
            last_verified: None,
            free: None,
            total: None,
            cloud: CloudView {
                agreed: agreed.clone(),
                ..CloudView::default()
            },
        };
        let mut form = StoreForm::of(&view);
        form.limit = "50".to_owned();
        assert_eq!(form.wish().agreed, agreed);
    }

    #[test]
    fn addresses_tell_what_has_to_be_agreed_to() {
        for (url, kind, plain, here, own) in [
            ("https://cloud.example/dav", Kind::WebDav, false, false, true),
            ("http://192.168.1.2/dav", Kind::WebDav, true, false, false),
            ("http://localhost:8080/", Kind::WebDav, false, true, false),
            ("davs://me@[::1]/x", Kind::WebDav, false, true, true),
            (
                "s3://b?endpoint=http://10.0.0.2:9000&region=x",
                Kind::S3,
                true,
                false,
                false,
            ),
            ("s3://b?endpoint=https://127.0.0.1:9000", Kind::S3, false, true, true),
            ("s3://b", Kind::S3, false, false, false),
            ("/mnt/http://", Kind::Folder, false, false, false),
        ] {
            let server = Server::of(url, kind);
            assert_eq!((server.plain, server.here, server.own), (plain, here, own), "{url}");
        }
    }

    #[test]
    fn room_is_typed_in_gigabytes() {
        for (text, bytes) in [
            ("50", Some(50_000_000_000)),
            ("2 TB", Some(2_000_000_000_000)),
            ("0.5gb", Some(500_000_000)),
            ("x", None),
            ("-1", None),
            ("", None),
        ] {
            assert_eq!(bytes_of(text), bytes, "{text}");
        }
        assert_eq!(gigabytes(50_000_000_000), "50");
        assert_eq!(gigabytes(1_500_000_000), "1.50");
    }
}
