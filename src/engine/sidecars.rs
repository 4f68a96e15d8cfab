//! Sidecars as a face asks for them: kept in step in the background, all written now, conflicts settled.

use super::{
    error::Result,
    session::Session,
    snapshot::{ConflictView, FieldView, Severity, SidecarsView},
};
use crate::{
    catalog::sidecars::OpenSidecar,
    library::sidecar::{SidecarOptions, SidecarReport, Tender},
    model::{
        id::PhotoId,
        sidecar::Field,
        time::{Timestamp, ago},
    },
    sys::task::Cx,
};

/// Nanoseconds in a millisecond.
const NANOS_PER_MS: i64 = 1_000_000;
/// Conflicts and troubles that a snapshot names; the rest are counted.
const NAMED: usize = 1000;

impl Session {
    fn tender(&self, write: bool) -> Tender<'_> {
        let settings = self.settings();
        Tender {
            catalog: &self.catalog,
            fs: self.fs.as_ref(),
            clock: self.clock.as_ref(),
            device: &self.bridge.device,
            options: SidecarOptions {
                write,
                names: settings.sidecar_names,
                reject_as_rating: settings.reject_as_rating,
            },
        }
    }

    /// Brings the photos that wait into step with their sidecars, writing where the settings allow it.
    ///
    /// # Errors
    /// The catalog's; what is wrong with a sidecar is its photo's note.
    pub fn tend_sidecars(&self, cx: &Cx) -> Result<SidecarReport> {
        Ok(self.tender(self.settings().write_sidecars).run(false, cx)?)
    }

    /// Compares and writes all sidecars now, whatever the settings say; sidecars that are gone are made again.
    ///
    /// # Errors
    /// The catalog's; what is wrong with a sidecar is its photo's note.
    pub fn write_sidecars(&self, cx: &Cx) -> Result<SidecarReport> {
        self.catalog.look_at_all_sidecars()?;
        Ok(self.tender(true).run(true, cx)?)
    }

    /// Settles a conflict in these fields: `true` takes what the sidecar says, `false` what the catalog says.
    ///
    /// # Errors
    /// `Usage` where there is no such conflict any more.
    pub fn settle_sidecar(&self, photo: PhotoId, fields: &[(Field, bool)]) -> Result<()> {
        let label = "Take marks of 1 photo from its sidecar";
        let (clock, device) = (self.clock.as_ref(), &self.bridge.device);
        Ok(self.catalog.settle_sidecar(photo, fields, label, clock, device)?)
    }

    /// What is to be known of a photo's sidecars: what is wrong, what disagrees, and who else wrote in them; and whether a
    /// person has to settle something.
    ///
    /// # Errors
    /// The catalog's.
    pub fn sidecar_notes(&self, photo: PhotoId) -> Result<(Vec<(Severity, String)>, bool)> {
        let Some(row) = self.catalog.sidecar_of(photo)? else {
            return Ok((Vec::new(), false));
        };
        let mut notes = Vec::new();
        if let Some(note) = row.note {
            notes.push((Severity::Error, note));
        }
        if let Some(conflict) = &row.conflict {
            // A mark that is given meanwhile answers nothing: what stands against what is said with its values.
            let ours = self.catalog.marks(photo)?.unwrap_or_default();
            let apart = |field: &Field| {
                let (here, there) = (field.text(&ours), field.text(&conflict.theirs));
                format!("{}: {here} here, {there} in its sidecar", field.word())
            };
            let fields: Vec<String> = conflict.fields.iter().map(apart).collect();
            let words = format!(
                "Marked here and in its sidecar. Both stay until you settle it: {}.",
                fields.join("; ")
            );
            notes.push((Severity::Warning, words));
        }
        for seen in row.seen.iter().filter(|seen| !seen.ours && !seen.planned) {
            let written = Timestamp(seen.mtime_ns / NANOS_PER_MS);
            let when = ago(self.clock.now().since(written).max(0));
            let name = String::from_utf8_lossy(&seen.name);
            notes.push((Severity::Info, format!("{name} was written by another program {when}.")));
        }
        Ok((notes, row.conflict.is_some()))
    }

    /// What waits, and what needs a person.
    ///
    /// # Errors
    /// The catalog's.
    pub fn sidecars_view(&self) -> Result<SidecarsView> {
        let counts = self.catalog.sidecar_counts()?;
        let open = match counts.conflicts + counts.troubles {
            0 => Vec::new(),
            _ => self.catalog.open_sidecars(NAMED)?,
        };
        Ok(SidecarsView {
            writes: self.settings().write_sidecars,
            waiting: counts.waiting,
            conflict_count: counts.conflicts,
            trouble_count: counts.troubles,
            conflicts: open.iter().filter_map(conflict_view).collect(),
            troubles: open
                .into_iter()
                .filter_map(|one| one.note.map(|note| (one.photo, one.path, note)))
                .collect(),
        })
    }
}

fn conflict_view(open: &OpenSidecar) -> Option<ConflictView> {
    let conflict = open.conflict.as_ref()?;
    let field = |field: &Field| FieldView {
        field: *field,
        ours: field.text(&open.ours),
        theirs: field.text(&conflict.theirs),
    };
    Some(ConflictView {
        photo: open.photo,
        path: open.path.clone(),
        fields: conflict.fields.iter().map(field).collect(),
    })
}
