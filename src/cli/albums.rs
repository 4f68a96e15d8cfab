//! Albums on the command line.

use super::{
    args::AlbumCommand,
    output::counted,
    run::{Context, absolute},
};
use crate::{
    engine::{
        error::{OpError, Result},
        session::Session,
    },
    model::id::{AlbumId, PhotoId},
};
use serde_json::json;
use std::path::Path;

pub fn album(context: &Context, command: &AlbumCommand) -> Result<u8> {
    match command {
        AlbumCommand::Create {
            name,
            photos,
            query,
            backup,
            inside,
        } => album_create(
            context,
            name,
            photos,
            query.as_deref(),
            backup.as_deref(),
            inside.as_deref(),
        ),
        AlbumCommand::Add { name, photos } => album_change(context, name, photos, true),
        AlbumCommand::Remove { name, photos } => album_change(context, name, photos, false),
        AlbumCommand::List => album_list(context),
        AlbumCommand::Delete { name } => album_delete(context, name),
        AlbumCommand::Move { name, into, .. } => album_move(context, name, into.as_deref()),
        AlbumCommand::Rename { name, new } => {
            let session = context.write()?;
            session.rename_album(session.album_named(name)?.id, new)?;
            done(
                context,
                json!({ "album": new }),
                format!("Renamed the album {name} to {new}"),
            )
        }
        AlbumCommand::Cover { name, photo, .. } => album_cover(context, name, photo.as_deref()),
        AlbumCommand::Order { name, photos, before } => album_order(context, name, photos, before.as_deref()),
    }
}

fn done(context: &Context, document: serde_json::Value, sentence: String) -> Result<u8> {
    context.out.document(&document);
    context.out.say(sentence);
    Ok(0)
}

fn album_move(context: &Context, name: &str, into: Option<&str>) -> Result<u8> {
    let session = context.write()?;
    let album = session.album_named(name)?;
    let parent = into.map(|into| session.album_named(into)).transpose()?;
    session.move_album(album.id, parent.as_ref().map(|parent| parent.id))?;
    let place = parent.map_or_else(|| "to the top".to_owned(), |parent| format!("into {}", parent.path));
    done(
        context,
        json!({ "album": album.name, "into": into }),
        format!("Moved the album {} {place}", album.name),
    )
}

/// The photo of a file.
fn photo_of(session: &Session, file: &Path) -> Result<PhotoId> {
    session.photo_at(&absolute(file))?.ok_or_else(|| {
        OpError::Usage(format!(
            "{} is not in the library. Scan its folder first with: safelight scan FOLDER",
            file.display()
        ))
    })
}

fn album_cover(context: &Context, name: &str, photo: Option<&Path>) -> Result<u8> {
    let session = context.write()?;
    let album = session.album_named(name)?;
    let cover = photo.map(|photo| photo_of(&session, photo)).transpose()?;
    session.cover_album(album.id, cover)?;
    let sentence = match photo {
        Some(photo) => format!("The cover of {name} is {}", photo.display()),
        None => format!("The cover of {name} is its first photo"),
    };
    let cover = photo.map(|photo| photo.to_string_lossy().into_owned());
    done(context, json!({ "album": name, "cover": cover }), sentence)
}

fn album_order(context: &Context, name: &str, photos: &[std::path::PathBuf], before: Option<&Path>) -> Result<u8> {
    let session = context.write()?;
    let album = session.album_named(name)?;
    let photos = photos
        .iter()
        .map(|photo| photo_of(&session, photo))
        .collect::<Result<Vec<_>>>()?;
    let before = match before {
        Some(before) => Some(photo_of(&session, before)?),
        None => first_other(&session, album.id, &photos)?,
    };
    let changed = session.order_album(album.id, &photos, before)?;
    done(
        context,
        json!({ "album": name, "photos": photos.len(), "changes": changed }),
        format!("{} in order in {name}", counted(photos.len(), "photo")),
    )
}

/// The first photo of an album that is not one of these.
fn first_other(session: &Session, album: AlbumId, photos: &[PhotoId]) -> Result<Option<PhotoId>> {
    Ok(session
        .album_photos(album)?
        .into_iter()
        .find(|photo| !photos.contains(photo)))
}

fn album_create(
    context: &Context,
    name: &str,
    photos: &[String],
    query: Option<&str>,
    backup: Option<&str>,
    inside: Option<&str>,
) -> Result<u8> {
    let session = context.write()?;
    let photos = if photos.is_empty() {
        Vec::new()
    } else {
        session.find_args(photos)?
    };
    let store = match backup {
        Some(name) => session.stores_for(Some(name))?.into_iter().next(),
        None => None,
    };
    let parent = inside.map(|inside| session.album_named(inside)).transpose()?;
    let album = session.create_album_in(name, &photos, query, parent.map(|parent| parent.id))?;
    if let Some(store) = store {
        session.back_up_album(album.id, Some(store.id.0))?;
    }
    context
        .out
        .document(&json!({ "album": album.name, "path": album.path, "photos": photos.len(), "query": query }));
    context.out.say(match query {
        Some(query) => format!("Made the smart album {name}: {query}"),
        None => format!("Made the album {name} with {}", counted(photos.len(), "photo")),
    });
    Ok(0)
}

fn album_change(context: &Context, name: &str, photos: &[String], add: bool) -> Result<u8> {
    let session = context.write()?;
    let album = session.album_named(name)?;
    let photos = session.find_args(photos)?;
    let changed = match add {
        true => session.add_to_album(album.id, &photos)?,
        false => session.remove_from_album(album.id, &photos)?,
    };
    context
        .out
        .document(&json!({ "album": name, "photos": photos.len(), "changes": changed }));
    let word = if add { "put into" } else { "taken out of" };
    context.out.say(format!("{} {word} {name}", counted(changed, "photo")));
    Ok(0)
}

fn album_list(context: &Context) -> Result<u8> {
    let session = context.look()?;
    let albums = session.albums()?;
    context.out.document(&json!({ "albums": albums }));
    let rows: Vec<Vec<String>> = albums
        .iter()
        .map(|album| {
            vec![
                album.photos.to_string(),
                album.path.clone(),
                album.query.clone().unwrap_or_default(),
            ]
        })
        .collect();
    if rows.is_empty() {
        context
            .out
            .say("No albums yet. Make one with: safelight album create NAME QUERY");
    }
    context.out.table(&["PHOTOS", "ALBUM", "SMART"], &rows);
    Ok(0)
}

fn album_delete(context: &Context, name: &str) -> Result<u8> {
    let session = context.write()?;
    let album = session.album_named(name)?;
    session.delete_album(album.id)?;
    context.out.document(&json!({ "deleted": name }));
    context.out.say(format!(
        "Deleted the album {name}. Its photos stay; take it back with: safelight undo"
    ));
    Ok(0)
}
