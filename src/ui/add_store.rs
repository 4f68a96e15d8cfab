//! The assistant for a store: where it is, who we are there, how much room there is, what is backed up by itself, and a test
//! whose findings show as they come. The same form changes a store that is there. Keys are typed into fields that show dots,
//! never reach a snapshot, and are wiped when the form goes.

use super::{
    app::App,
    icon, text, theme,
    widget::{self, Look},
};
use crate::{
    engine::{
        Credentials, Followed, Typed,
        command::{Command, StoreWish},
        snapshot::{StoreTest, StoreView},
    },
    model::id::StoreId,
};
use eframe::egui::{self, Align, Layout, RichText, ScrollArea, TextEdit, Ui, vec2};
use std::sync::Arc;

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

const KINDS: [(Kind, &str, &str); 4] = [
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
    kind: Kind,
    name: String,
    /// A folder's path, a server's address, `remote:path`.
    place: String,
    bucket: String,
    folder: String,
    endpoint: String,
    region: String,
    user: String,
    secret: Typed,
    plain_http: bool,
    /// The person's own limit, as typed.
    limit: String,
    follow: Vec<Followed>,
    /// The address that is being tested or was.
    tested: Option<String>,
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
            ..Self::default()
        }
    }

    /// The address as it is kept.
    fn url(&self) -> String {
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

    fn shown_name(&self) -> String {
        if !self.name.trim().is_empty() {
            return self.name.trim().to_owned();
        }
        let url = self.url();
        let path = url.split('?').next().unwrap_or("");
        let last = path.rsplit(['/', '\\', ':']).find(|part| !part.is_empty());
        last.unwrap_or("Store").to_owned()
    }

    fn has_keys(&self) -> bool {
        matches!(self.kind, Kind::S3 | Kind::WebDav)
    }

    fn wish(&self) -> StoreWish {
        let keys = (self.has_keys() && !self.user.trim().is_empty() && !self.secret.is_empty()).then(|| Credentials {
            user: self.user.trim().to_owned(),
            secret: self.secret.secret(),
            token: None,
        });
        StoreWish {
            store: self.store.clone(),
            name: self.shown_name(),
            url: self.url(),
            keys,
            plain_http: self.plain_http,
            pinned: None,
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

fn gigabytes(bytes: u64) -> String {
    let whole = bytes as f64 / 1e9;
    if whole.fract() == 0.0 {
        format!("{whole:.0}")
    } else {
        format!("{whole:.2}")
    }
}

/// Decimal gigabytes as a person types them.
fn bytes_of(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let (number, factor) = match text.strip_suffix("tb") {
        Some(number) => (number, 1e12),
        None => (text.strip_suffix("gb").unwrap_or(&text), 1e9),
    };
    let number: f64 = number.trim().parse().ok()?;
    (number > 0.0 && number.is_finite()).then_some((number * factor) as u64)
}

/// What the buttons said.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(in crate::ui) enum Said {
    Nothing,
    Cancel,
    Go,
}

/// Draws the form.
pub(in crate::ui) fn show(app: &mut App, ui: &mut Ui, form: &mut StoreForm) -> Said {
    let title = match form.store {
        None => "Add a store".to_owned(),
        Some(_) => form.name.clone(),
    };
    widget::strong(ui, title, 17.0);
    let wide = ui.available_width() > 700.0;
    let height = (ui.ctx().content_rect().height() - 230.0).clamp(240.0, 600.0);
    let mut enter = false;
    if wide {
        let left = ui.available_width() * 0.47;
        ui.horizontal_top(|ui| {
            ui.allocate_ui_with_layout(vec2(left, height), Layout::top_down(Align::Min), |ui| {
                ui.set_width(left);
                ScrollArea::vertical()
                    .id_salt("where")
                    .max_height(height)
                    .show(ui, |ui| {
                        enter = place(ui, form);
                        chosen(app, ui, form);
                    });
            });
            ui.add_space(22.0);
            ui.vertical(|ui| {
                ui.set_width(ui.available_width());
                test(app, ui, form, height - 40.0);
            });
        });
    } else {
        ScrollArea::vertical()
            .id_salt("where")
            .max_height(height)
            .show(ui, |ui| {
                enter = place(ui, form);
                chosen(app, ui, form);
                test(app, ui, form, 200.0);
            });
    }
    buttons(ui, form, enter)
}

fn buttons(ui: &mut Ui, form: &StoreForm, enter: bool) -> Said {
    let ready = !form.url().is_empty() && (form.limit.trim().is_empty() || bytes_of(&form.limit).is_some());
    let yes = match form.store {
        None => "Add store",
        Some(_) => "Save",
    };
    ui.add_space(8.0);
    let mut said = Said::Nothing;
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let go = ui
            .add_enabled_ui(ready, |ui| widget::button(ui, Look::Primary, None, yes))
            .inner;
        if go.clicked() || (enter && ready) {
            said = Said::Go;
        }
        if widget::button(ui, Look::Quiet, None, "Cancel").clicked() {
            said = Said::Cancel;
        }
        if form.store.is_none() {
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                widget::third(ui, "Nothing is sent before you have seen the plan.");
            });
        }
    });
    said
}

/// Where it is and who we are; whether Enter was pressed in the first field.
fn place(ui: &mut Ui, form: &mut StoreForm) -> bool {
    let width = ui.available_width() - 12.0;
    if form.store.is_some() {
        widget::third(ui, "Place");
        widget::one_line(ui, &form.place, theme::regular(13.0), theme::TEXT).on_hover_text(&form.place);
        keys(ui, form, width);
        return false;
    }
    let choices: Vec<(&str, &str)> = KINDS.iter().map(|(_, sign, word)| (*sign, *word)).collect();
    let at = KINDS.iter().position(|(kind, ..)| *kind == form.kind).unwrap_or(0);
    if let Some((kind, ..)) = widget::segments(ui, &choices, at).and_then(|at| KINDS.get(at)) {
        form.kind = *kind;
    }
    widget::second(ui, explanation(form.kind));
    ui.add_space(2.0);
    let (label, name, hint) = match form.kind {
        Kind::Folder => ("Folder", "Folder of the store", "/mnt/nas/photos"),
        Kind::S3 => ("Bucket", "Bucket", "family-photos"),
        Kind::WebDav => (
            "Address",
            "Address of the server",
            "https://cloud.example/remote.php/dav/files/ana/Photos",
        ),
        Kind::Rclone => ("Remote and path", "Remote and path", "icloud:Photos"),
    };
    widget::third(ui, label);
    let text = if form.kind == Kind::S3 {
        &mut form.bucket
    } else {
        &mut form.place
    };
    let field = widget::field(ui, text, name, hint, width);
    let enter = field.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if !enter && ui.memory(|memory| memory.focused().is_none()) {
        field.request_focus();
    }
    if form.kind == Kind::S3 {
        let half = (width - 10.0) / 2.0;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 10.0;
            labelled(ui, &mut form.endpoint, "Endpoint", "Empty for Amazon", half);
            labelled(ui, &mut form.region, "Region", "eu-central-1", half);
        });
        widget::third(ui, "Folder in it");
        widget::field(
            ui,
            &mut form.folder,
            "Folder in the bucket",
            "Empty for the whole bucket",
            width,
        );
    }
    if form.url().to_ascii_lowercase().starts_with("http://") || form.endpoint.starts_with("http://") {
        ui.checkbox(&mut form.plain_http, "Send unencrypted to this private address");
        widget::third(
            ui,
            "Whoever listens on the way sees your keys and photos. Use it only inside your own network.",
        );
    }
    keys(ui, form, width);
    widget::third(ui, "Name");
    widget::field(
        ui,
        &mut form.name,
        "Name of the store",
        "For example NAS archive",
        width,
    );
    enter
}

fn labelled(ui: &mut Ui, text: &mut String, name: &str, hint: &str, width: f32) {
    ui.vertical(|ui| {
        ui.set_width(width);
        widget::third(ui, name);
        widget::field(ui, text, name, hint, width);
    });
}

fn explanation(kind: Kind) -> &'static str {
    match kind {
        Kind::Folder => {
            "On another disk, a network share, or one that a cloud keeps in step. Copies are ordinary files in dated folders."
        }
        Kind::S3 => "Object storage at Amazon, Backblaze, Hetzner, Garage and others.",
        Kind::WebDav => "Nextcloud, ownCloud, a NAS, or any other server that speaks WebDAV.",
        Kind::Rclone => {
            "iCloud Drive, Google Drive, Dropbox, OneDrive and others, through the program rclone. Set up the remote with \
             \u{201c}rclone config\u{201d} first."
        }
    }
}

fn keys(ui: &mut Ui, form: &mut StoreForm, width: f32) {
    if !form.has_keys() {
        return;
    }
    let (user, secret) = match form.kind {
        Kind::S3 => ("Access key", "Secret key"),
        _ => ("User", "Password"),
    };
    let half = (width - 10.0) / 2.0;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 10.0;
        labelled(
            ui,
            &mut form.user,
            user,
            if form.store.is_some() { "As before" } else { "" },
            half,
        );
        ui.vertical(|ui| {
            ui.set_width(half);
            widget::third(ui, secret);
            password(ui, form.secret.text(), secret, half);
        });
    });
    widget::third(
        ui,
        "Kept in the system's keyring; without one in a file that a passphrase encrypts, or for this session only.",
    );
}

/// A field that shows dots; its text goes nowhere but into the form.
pub(in crate::ui) fn password(ui: &mut Ui, text: &mut String, name: &str, width: f32) -> egui::Response {
    let frame = egui::Frame::new()
        .fill(theme::GRID)
        .stroke(egui::Stroke::new(1.0, theme::BORDER))
        .corner_radius(theme::RADIUS_FIELD)
        .inner_margin(egui::Margin::symmetric(10, 6));
    let field = TextEdit::singleline(text)
        .password(true)
        .font(theme::regular(13.0))
        .desired_width(width)
        .frame(frame);
    ui.add(field).accessible_name(name.to_owned())
}

/// Room, and what is backed up by itself.
fn chosen(app: &App, ui: &mut Ui, form: &mut StoreForm) {
    ui.add_space(8.0);
    widget::section(ui, "Room");
    let prices = Arc::clone(&app.snap.prices);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        let unsaid = form.limit.trim().is_empty();
        if widget::chip(ui, None, "What it says itself", unsaid).clicked() {
            form.limit.clear();
        }
        if form.kind != Kind::Folder || form.place.to_ascii_lowercase().contains("icloud") {
            for plan in &prices.plans {
                let text = gigabytes(plan.bytes());
                let on = form.limit.trim() == text;
                let hint = if plan.dollars > 0.0 {
                    format!("${:.2} a month", plan.dollars)
                } else {
                    "Free".to_owned()
                };
                if widget::chip(ui, None, &plan.name, on).on_hover_text(hint).clicked() {
                    form.limit = if on { String::new() } else { text };
                }
            }
        }
    });
    ui.horizontal(|ui| {
        widget::field(ui, &mut form.limit, "Room in gigabytes", "Your number", 110.0);
        widget::second(ui, "GB, where the store does not say what is left");
    });
    ui.add_space(8.0);
    widget::section(ui, "Back up by itself");
    follow(app, ui, form);
}

fn follow(app: &App, ui: &mut Ui, form: &mut StoreForm) {
    let snap = Arc::clone(&app.snap);
    let known: Vec<Followed> = snap
        .stores
        .iter()
        .filter(|store| Some(&store.id) == form.store.as_ref())
        .flat_map(|store| store.cloud.set.follows.iter().map(|one| one.what.clone()))
        .collect();
    let mut choices: Vec<(String, Followed)> = vec![
        ("Everything".to_owned(), Followed::Query(String::new())),
        ("Picks".to_owned(), Followed::Query("flag:pick".to_owned())),
        ("3 stars and up".to_owned(), Followed::Query("rating>=3".to_owned())),
    ];
    choices.extend(snap.albums.iter().take(8).map(|album| {
        let words = format!("{}, {}", album.name, text::count(album.photos, "photo"));
        (words, Followed::Album(album.uid.as_str().to_owned()))
    }));
    choices.extend(snap.roots.iter().take(4).map(|root| {
        let words = format!("{}, {}", root.name, text::count(root.photos, "photo"));
        (words, Followed::Folder(root.path.to_string_lossy().into_owned()))
    }));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        for (words, what) in choices {
            let there = known.contains(&what);
            let on = there || form.follow.contains(&what);
            if widget::chip(ui, None, &words, on).clicked() && !there {
                match on {
                    true => form.follow.retain(|one| *one != what),
                    false => form.follow.push(what),
                }
            }
        }
    });
    let words = match (form.follow.is_empty() && known.is_empty(), form.store.is_some()) {
        (true, _) => "Nothing yet: you say each time what goes there.",
        (false, false) => "New photos in them follow. What is in and out is shown before anything is sent.",
        (false, true) => "New photos in them follow. What is followed already is taken out on the store's card.",
    };
    widget::third(ui, words);
}

/// The test: a button, then what is found as it comes.
fn test(app: &App, ui: &mut Ui, form: &mut StoreForm, height: f32) {
    widget::section(ui, "Test");
    let snap = Arc::clone(&app.snap);
    let url = form.url();
    let ours = form.tested.as_ref().is_some_and(|tested| *tested == snap.test.url);
    let test = &snap.test;
    if !ours {
        widget::second(
            ui,
            "Forty promises that Safelight relies on are tried with small files, which are removed again. It takes less than a \
             minute, and says what is done about each that is not kept.",
        );
    }
    ui.horizontal(|ui| {
        let running = ours && test.running;
        if running {
            if widget::button(ui, Look::Plain, Some(icon::X), "Stop the test").clicked() {
                app.send(Command::StopTest);
            }
            let words = format!("{} of {}", test.probes.len(), test.total);
            widget::second(ui, words);
            ui.ctx().request_repaint_after(std::time::Duration::from_millis(200));
        } else {
            let ready = !url.is_empty();
            let go = ui.add_enabled_ui(ready, |ui| {
                widget::button(ui, Look::Plain, Some(icon::SHIELD_CHECK), "Test it")
            });
            if go.inner.clicked() {
                form.tested = Some(url);
                app.send(Command::TestStore(Box::new(form.wish())));
            }
        }
    });
    if ours {
        findings(ui, test, height - 70.0);
    }
}

fn findings(ui: &mut Ui, test: &StoreTest, height: f32) {
    if test.running || !test.probes.is_empty() {
        let share = text::share(test.probes.len() as u64, test.total as u64);
        widget::bar(ui, ui.available_width(), share, theme::ACCENT, "Test progress");
    }
    if let Some((good, sentence)) = &test.ended {
        let (sign, color) = if *good {
            (icon::CIRCLE_CHECK, theme::PICK)
        } else {
            (icon::TRIANGLE_ALERT, theme::STAR)
        };
        ui.horizontal_top(|ui| {
            ui.label(RichText::new(sign).font(theme::icons(15.0)).color(color));
            ui.vertical(|ui| {
                ui.set_max_width(ui.available_width());
                ui.label(RichText::new(sentence).font(theme::medium(13.0)).color(theme::TEXT));
            });
        });
    }
    let list = ScrollArea::vertical()
        .id_salt("findings")
        .max_height(height.max(100.0))
        .stick_to_bottom(test.running);
    list.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 3.0;
        for probe in &test.probes {
            let (sign, color) = match probe.outcome {
                "ok" => (icon::CHECK, theme::PICK),
                "note" => (icon::INFO, theme::TEXT_3),
                _ => (icon::X, theme::REJECT),
            };
            let more = match probe.remedy {
                Some(remedy) => format!("{} {remedy}", probe.sentence),
                None => probe.sentence.clone(),
            };
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = 8.0;
                ui.label(RichText::new(sign).font(theme::icons(13.0)).color(color));
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    widget::one_line(ui, probe.name, theme::regular(12.5), theme::TEXT).on_hover_text(&more);
                    if probe.outcome != "ok" {
                        ui.label(RichText::new(&more).font(theme::regular(12.0)).color(theme::TEXT_2));
                    }
                });
            });
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

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
