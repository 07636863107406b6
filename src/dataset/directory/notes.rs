//! What a user should know of the classes that directories are.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use super::{Found, Images};
use crate::dataset::tree::each_name;
use crate::dataset::{Options, Wanted};
use crate::error::counted;
use crate::file::or_here;

impl Found {
    /// Leaves out classes without images, unless they are asked for by name; returns what a user
    /// should know.
    pub(super) fn settle(&mut self, options: &Options) -> Vec<String> {
        let mut notes = Vec::new();
        if options.classes.is_none() {
            let (filled, empty) = std::mem::take(&mut self.classes)
                .into_iter()
                .partition(|(_, all)| !all.is_empty());
            self.classes = filled;
            notes.extend(note_on_empty(&empty));
            notes.extend(self.note_on_names(options));
            notes.extend(self.note_on_roots(options));
        }
        notes.extend(note_on_bare(&self.bare));
        notes.extend(self.left_out.notes());
        notes
    }

    /// Tells a user who may have meant the folders given as classes that those in them are.
    fn note_on_roots(&self, options: &Options) -> Option<String> {
        let mut beside = self
            .beside
            .iter()
            .filter(|_| options.labels != Wanted::Never);
        let parent = or_here(beside.next()?.parent()?);
        let name = |root: &PathBuf| root.file_name().unwrap_or_default().display().to_string();
        let roots = self.beside.iter().map(name);
        let classes = self.classes.keys().map(|class| class.display().to_string());
        Some(format!(
            "the classes are the folders in the {} that were given ({}), not the given ones \
             themselves ({}): for the latter, give {}; to confirm the former, pass classes=[...]",
            self.beside.len(),
            first_few(classes),
            first_few(roots),
            parent.display()
        ))
    }

    /// Tells a user who may not have meant classes which there are.
    fn note_on_names(&self, options: &Options) -> Option<String> {
        if !self.named_by_folder || options.labels == Wanted::Never {
            return None;
        }
        let count = |images: &Images| each_name(&images.names).count();
        let counted = self.classes.iter().map(|(class, all)| {
            let count: usize = all.iter().map(count).sum();
            format!("{} ({count})", class.display())
        });
        let classes = first_few(counted);
        Some(format!(
            "the images come from {} folders, so the name of each folder is a class: {classes}; if \
             they are all one class, use labels=None; to confirm the classes, pass classes=[...]",
            self.classes.len()
        ))
    }
}

/// Says which of several directories hold nothing, as a glob may match one.
pub(in crate::dataset) fn note_on_bare(bare: &[PathBuf]) -> Option<String> {
    let folders = counted(bare.len() as u64, "folder");
    Some(format!(
        "{folders} without images or record files; the first is {}",
        bare.first()?.display()
    ))
}

/// Says which class directories hold no images.
fn note_on_empty(empty: &BTreeMap<OsString, Vec<Images>>) -> Option<String> {
    let names = first_few(empty.keys().map(|class| class.display().to_string()));
    match empty.len() {
        0 => None,
        1 => Some(format!(
            "1 folder has no images and is not a class: {names}"
        )),
        count => Some(format!(
            "{count} folders have no images and are not classes: {names}"
        )),
    }
}

/// The first of many, in a row.
fn first_few(all: impl ExactSizeIterator<Item = String>) -> String {
    const FEW: usize = 10;
    let more = if all.len() > FEW { ", ..." } else { "" };
    format!("{}{more}", all.take(FEW).collect::<Vec<_>>().join(", "))
}
