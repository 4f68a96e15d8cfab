//! The assistant for a store: where it is, who we are there, how much room there is, what is backed up by itself, and a test
//! whose findings show as they come. The same form changes a store that is there. Keys are typed into fields that show dots,
//! never reach a snapshot, and are wiped when the form goes.

use super::{
    app::App,
    icon,
    store_form::{KINDS, Kind, Server, StoreForm, bytes_of, clean, gigabytes},
    text, theme,
    widget::{self, Look},
};
use crate::engine::{Followed, command::Command, snapshot::StoreTest};
use eframe::egui::{self, Align, Layout, RichText, ScrollArea, TextEdit, Ui, vec2};
use std::sync::Arc;

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
                        enter = place(app, ui, form);
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
                enter = place(app, ui, form);
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
fn place(app: &App, ui: &mut Ui, form: &mut StoreForm) -> bool {
    // The bar of the scrolled column floats over its edge.
    let width = ui.available_width() - 22.0;
    if form.store.is_some() {
        widget::third(ui, "Place");
        widget::one_line(ui, &form.place, theme::regular(13.0), theme::TEXT).on_hover_text(&form.place);
        agree(ui, form, width);
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
    if form.kind == Kind::Folder {
        synced(app, ui, form);
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
    agree(ui, form, width);
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

/// What a server may ask the person to agree to, where its address says that it does.
fn agree(ui: &mut Ui, form: &mut StoreForm, width: f32) {
    let server = Server::of(&form.url(), form.kind);
    if server.plain {
        ui.checkbox(&mut form.agreed.plain_http, "Send unencrypted to this private address");
        widget::third(
            ui,
            "Whoever listens on the way sees your keys and photos. Use it only inside your own network.",
        );
    }
    if server.here {
        ui.checkbox(
            &mut form.agreed.elsewhere,
            "A tunnel leads from this address to another machine",
        );
        widget::third(
            ui,
            "Otherwise its copies lie on this machine, and make nothing safe: they would be lost with it.",
        );
    }
    let rare = server.own || form.kind == Kind::S3;
    if rare {
        let words = match form.kind {
            Kind::S3 => "It signed its own certificate, or the keys expire",
            _ => "It signed its own certificate",
        };
        ui.checkbox(&mut form.rare, words);
    }
    if form.rare && server.own {
        widget::third(ui, "Certificate");
        widget::field(
            ui,
            &mut form.pinned,
            "Certificate of the server",
            "Its SHA-256 in hex",
            width,
        );
    }
}

/// Folders that a cloud keeps in step, to choose with one click, and what a copy there is worth.
fn synced(app: &App, ui: &mut Ui, form: &mut StoreForm) {
    let places = Arc::clone(&app.snap.synced);
    for one in places.iter() {
        let inside = one.path.join("Safelight").to_string_lossy().into_owned();
        let on = clean(&form.place).starts_with(&*one.path.to_string_lossy());
        if widget::chip(ui, Some((icon::CLOUD, theme::TEXT_2)), one.name, on).clicked() {
            form.place = inside;
        }
        if on {
            widget::third(ui, one.caution);
        }
    }
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
    if form.rare && form.kind == Kind::S3 {
        widget::third(ui, "Session token, for keys that expire");
        password(ui, form.token.text(), "Session token", width);
    }
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
