//! A search among photos that are at hand. What their tiles say (stars, flags, dates, exposure) is read from them; only
//! what takes names, texts or lists is asked of the catalog, each part once, as a set of photos. It finds exactly what the
//! catalog's own search finds (a property test holds them together), in a fraction of the time where much is found: rows
//! that are in memory already are not read again.

use super::tiles::PhotoBits;
use crate::{
    catalog::{Catalog, browse::TileRow, error::Result},
    model::{
        query::{Expr, Term},
        subject::Columns,
    },
};

/// A part of a query, ready to be asked of a tile.
pub(in crate::engine) enum Finder {
    /// Said by the tile itself.
    Column(Term),
    /// Said by the catalog.
    Listed(PhotoBits),
    /// The opposite.
    Not(Box<Finder>),
    /// All of them.
    All(Vec<Finder>),
    /// Any of them.
    Any(Vec<Finder>),
}

impl Finder {
    /// Asks the catalog for what the tiles do not say.
    ///
    /// # Errors
    /// SQLite's.
    pub(in crate::engine) fn new(catalog: &Catalog, expr: &Expr) -> Result<Self> {
        Ok(match expr {
            Expr::Term(term) if term.holds_for(&Columns::default()).is_some() => Self::Column(term.clone()),
            Expr::Term(_) => Self::listed(catalog, expr)?,
            Expr::Not(part) => Self::Not(Box::new(Self::new(catalog, part)?)),
            Expr::And(parts) => Self::All(Self::parts(catalog, parts, Expr::And)?),
            Expr::Or(parts) => Self::Any(Self::parts(catalog, parts, Expr::Or)?),
        })
    }

    fn listed(catalog: &Catalog, expr: &Expr) -> Result<Self> {
        Ok(Self::Listed(PhotoBits::of(&catalog.meant(expr)?)))
    }

    /// Paths come by the hundred from a shell's `*.jpg`, and the catalog looks them up together.
    fn parts(catalog: &Catalog, parts: &[Expr], join: fn(Vec<Expr>) -> Expr) -> Result<Vec<Self>> {
        let (paths, others): (Vec<&Expr>, Vec<&Expr>) =
            parts.iter().partition(|part| matches!(part, Expr::Term(Term::Path(_))));
        let mut finders: Vec<Self> = Vec::new();
        for part in others {
            finders.push(Self::new(catalog, part)?);
        }
        if !paths.is_empty() {
            finders.push(Self::listed(catalog, &join(paths.into_iter().cloned().collect()))?);
        }
        // What is at hand is asked first.
        finders.sort_by_key(|part| !matches!(part, Self::Column(_)));
        Ok(finders)
    }

    /// Whether this photo is meant; `columns` are the tile's.
    pub(in crate::engine) fn finds(&self, tile: &TileRow, columns: &Columns) -> bool {
        match self {
            Self::Column(term) => term.holds_for(columns).unwrap_or(false),
            Self::Listed(photos) => photos.has(tile.id),
            Self::Not(part) => !part.finds(tile, columns),
            Self::All(parts) => parts.iter().all(|part| part.finds(tile, columns)),
            Self::Any(parts) => parts.iter().any(|part| part.finds(tile, columns)),
        }
    }
}
