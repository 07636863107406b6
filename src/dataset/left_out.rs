//! The files that a scan left out, summarized for one note: how many of each kind, with a few
//! examples.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// How many kinds a note names, and how many examples of each.
const KINDS: usize = 5;
const EXAMPLES: usize = 2;

/// Longer endings are taken for part of the name.
const ENDING: usize = 10;

/// Endings, in lower case, of files that belong beside images: labels, boxes, notes, programs.
const COMPANIONS: [&str; 31] = [
    "txt", "csv", "tsv", "json", "jsonl", "xml", "yaml", "yml", "toml", "md", "rst", "html", "htm",
    "log", "ini", "cfg", "names", "data", "pbtxt", "py", "ipynb", "sh", "db", "idx", "lst", "md5",
    "sha1", "sha256", "sum", "url", "license",
];

/// The same of files without an ending, in upper case.
const COMPANION_NAMES: [&str; 9] = [
    "README",
    "LICENSE",
    "LICENCE",
    "NOTICE",
    "COPYING",
    "MAKEFILE",
    "MANIFEST",
    "MD5SUMS",
    "SHA256SUMS",
];

/// Files that were left out: by their ending where that is not an image's, else by the reason.
#[derive(Clone, Debug, Default)]
pub(super) struct LeftOut {
    kinds: BTreeMap<String, Kind>,
    images: BTreeMap<Why, Kind>,
}

/// Why a file that is named as an image is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// It lies beside class folders.
    Loose,
    /// It is a FIFO, a socket or a device.
    Special,
}

#[derive(Clone, Debug, Default)]
struct Kind {
    count: u64,
    examples: Vec<PathBuf>,
}

impl LeftOut {
    /// Adds a file called `name`, unless it belongs beside images.
    pub(super) fn add(&mut self, name: &[u8], path: impl FnOnce() -> PathBuf) {
        let ending = ending(name);
        if is_companion(name, &ending) {
            return;
        }
        self.kinds.entry(ending).or_default().add(path);
    }

    /// A list of the kinds, the most numerous first; `None` if there are no such files.
    pub(super) fn list(&self) -> Option<String> {
        let mut kinds: Vec<(&String, &Kind)> = self.kinds.iter().collect();
        kinds.sort_by_key(|(_, kind)| std::cmp::Reverse(kind.count));
        let named: Vec<String> = kinds
            .iter()
            .take(KINDS)
            .map(|(ending, kind)| kind.in_words(ending))
            .collect();
        let rest: u64 = kinds.iter().skip(KINDS).map(|(_, kind)| kind.count).sum();
        let rest = if rest > 0 {
            format!(", {rest} others")
        } else {
            String::new()
        };
        (!named.is_empty()).then(|| format!("{}{rest}", named.join(", ")))
    }

    /// Adds a file that is named like an image and was left out for another reason.
    pub(super) fn add_image(&mut self, why: Why, path: impl FnOnce() -> PathBuf) {
        self.images.entry(why).or_default().add(path);
    }

    /// The notes for the user, one for each reason.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> {
        self.note()
            .into_iter()
            .chain(self.images.iter().map(|(why, kind)| why.note(kind)))
    }

    fn count(&self) -> u64 {
        self.kinds.values().map(|kind| kind.count).sum()
    }

    /// The note about files whose names do not end like an image's.
    pub(super) fn note(&self) -> Option<String> {
        let (files, names) = match self.count() {
            1 => ("1 file was".to_owned(), "its name does"),
            count => (format!("{count} files were"), "their names do"),
        };
        let note = format!(
            "{files} left out because {names} not end in .jpg, .png or another image ending: {}; \
             convert other formats to JPEG or PNG, and add the ending where it is missing",
            self.list()?
        );
        Some(note)
    }
}

impl Kind {
    fn add(&mut self, path: impl FnOnce() -> PathBuf) {
        self.count += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(path());
        }
    }

    fn in_words(&self, ending: &str) -> String {
        let what = match ending {
            "" => "without an ending".to_owned(),
            _ => format!("*.{ending}"),
        };
        format!("{} {what} ({})", self.count, self.examples())
    }

    fn examples(&self) -> String {
        let examples: Vec<String> = self
            .examples
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        let more = if self.count > examples.len() as u64 {
            ", ..."
        } else {
            ""
        };
        format!("{}{more}", examples.join(", "))
    }
}

impl Why {
    fn note(self, kind: &Kind) -> String {
        let (count, examples) = (kind.count, kind.examples());
        match (self, count) {
            (Self::Loose, 1) => format!(
                "1 image was left out because it lies beside the class folders: {examples}; move \
                 it into one to use it"
            ),
            (Self::Loose, _) => format!(
                "{count} images were left out because they lie beside the class folders: \
                 {examples}; move them into one to use them"
            ),
            (Self::Special, 1) => {
                format!(
                    "1 file named as an image was left out because it is a FIFO, a socket or a \
                     device: {examples}"
                )
            }
            (Self::Special, _) => format!(
                "{count} files named as images were left out because they are FIFOs, sockets or \
                 devices: {examples}"
            ),
        }
    }
}

/// The ending of a name in lower case, without the dot; empty if it has none.
fn ending(name: &[u8]) -> String {
    let parts = name
        .iter()
        .rposition(|byte| *byte == b'.')
        .map(|dot| (&name[..dot], &name[dot + 1..]));
    match parts {
        Some((stem, ending))
            if !stem.is_empty()
                && ending.len() <= ENDING
                && ending.iter().all(u8::is_ascii_alphanumeric) =>
        {
            String::from_utf8_lossy(ending).to_ascii_lowercase()
        }
        _ => String::new(),
    }
}

/// Whether this could be the name of a folder.
pub(super) fn may_be_folder(name: &[u8]) -> bool {
    let ending = ending(name);
    !ending.bytes().any(|byte| byte.is_ascii_alphabetic()) && !is_companion(name, &ending)
}

fn is_companion(name: &[u8], ending: &str) -> bool {
    COMPANIONS.contains(&ending)
        || COMPANION_NAMES
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left_out(names: &[&str]) -> LeftOut {
        let mut left_out = LeftOut::default();
        for name in names {
            left_out.add(name.as_bytes(), || format!("x/{name}").into());
        }
        left_out
    }

    #[test]
    fn files_are_counted_by_ending_with_examples() {
        let names = [
            "b",
            "1.tif",
            "2.TIF",
            "3.tif",
            "labels.txt",
            "README",
            "a.b c",
            "4.heic",
            "5.heic",
            "6.heic",
        ];
        let all = left_out(&names);
        let expected = "3 *.heic (x/4.heic, x/5.heic, ...), 3 *.tif (x/1.tif, x/2.TIF, ...), 2 \
                        without an ending (x/b, x/a.b c)";
        assert_eq!(all.list().unwrap(), expected);
        assert!(
            all.note().unwrap().starts_with(
                "8 files were left out because their names do not end in .jpg, .png or"
            )
        );
        assert_eq!(left_out(&["boxes.xml", "license"]).note(), None);
        assert!(
            left_out(&["x.jp2"])
                .note()
                .unwrap()
                .starts_with("1 file was left out because its name does not end in ")
        );
    }

    #[test]
    fn a_note_is_short_whatever_there_is() {
        let names: Vec<String> = (0..1000).map(|number| format!("x.e{number}")).collect();
        let note = left_out(&names.iter().map(String::as_str).collect::<Vec<_>>())
            .note()
            .unwrap();
        assert!(note.len() < 400 && note.contains("995 others"), "{note}");
    }
}
