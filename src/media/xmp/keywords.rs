//! Keywords in their many places: hierarchical lists of several programs, each with its separator, and the flat list that
//! everybody writes beside them.

use super::{
    names::{ACDSEE, DC, DIGIKAM, LIGHTROOM, MEDIAPRO, MICROSOFT},
    packet::Xmp,
    tree::{Element, Tree},
};
use crate::{
    media::limits::Limits,
    model::{change::normal_keyword, fold::fold},
};
use std::collections::{BTreeMap, BTreeSet};

/// The hierarchical lists in the order of digiKam, which reads the first that is there, with their separators.
pub(super) const LISTS: [(&str, &str, char); 4] = [
    (DIGIKAM, "TagsList", '/'),
    (MICROSOFT, "LastKeywordXMP", '/'),
    (LIGHTROOM, "hierarchicalSubject", '|'),
    (MEDIAPRO, "CatalogSets", '|'),
];

/// The keyword of a list's member; none where it is none of a person's: empty, too long, or a program's own mark.
pub(super) fn of_member(text: &str, separator: char) -> Option<String> {
    let first = text.split(separator).next().unwrap_or_default().trim();
    // digiKam's own, and what darktable notes of its exports.
    if first.starts_with("_Digikam_") || (separator == '|' && first == "darktable") {
        return None;
    }
    normal_keyword(&text.split(separator).collect::<Vec<_>>().join("/"))
}

/// Every level of a keyword, folded.
pub(super) fn levels(keyword: &str) -> impl Iterator<Item = String> + '_ {
    keyword.split('/').map(fold)
}

/// The keywords of a packet; `None` where it has no list of them, not even an empty one.
pub(super) fn read(xmp: &Xmp, limits: &Limits) -> Option<BTreeSet<String>> {
    let mut spoken = xmp.has(DC, "subject");
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for (space, local, separator) in LISTS {
        spoken |= xmp.has(space, local);
        if found.is_empty() {
            let members = xmp.list(space, local);
            let keywords = members.iter().filter_map(|text| of_member(text, separator));
            found.extend(keywords.map(|keyword| (fold(&keyword), keyword)));
        }
    }
    if let (true, Some(text)) = (found.is_empty(), xmp.one(ACDSEE, "categories")) {
        let keywords = categories(&text, limits);
        spoken |= !keywords.is_empty();
        found.extend(keywords.into_iter().map(|keyword| (fold(&keyword), keyword)));
    }
    // A flat word is often a level of a hierarchical one, written for programs that know no hierarchy.
    let known: BTreeSet<String> = found.values().flat_map(|keyword| levels(keyword)).collect();
    for word in xmp.list(DC, "subject") {
        let Some(keyword) = normal_keyword(&word) else { continue };
        if !known.contains(&fold(&word)) {
            found.entry(fold(&keyword)).or_insert(keyword);
        }
    }
    spoken.then(|| found.into_values().collect())
}

/// ACDSee's categories: XML in a text, the assigned ones with the names of what is around them.
fn categories(text: &str, limits: &Limits) -> Vec<String> {
    fn walk(element: &Element, path: &[String], found: &mut Vec<String>) {
        for child in element.children.iter().filter(|child| child.name.local == "Category") {
            let mut path = path.to_vec();
            path.push(child.text.trim().to_owned());
            let assigned = child.attributes.iter().find(|one| one.name.local == "Assigned");
            if assigned.is_some_and(|one| one.value == "1") {
                found.extend(normal_keyword(&path.join("/")));
            }
            walk(child, &path, found);
        }
    }
    let mut found = Vec::new();
    if let Ok(tree) = Tree::parse(text, limits) {
        for root in &tree.root.children {
            walk(root, &[], &mut found);
        }
    }
    found
}
