//! Where the records of shards begin, kept from run to run, so that shards without index files are
//! scanned only once.
//!
//! Each set of shards has a file, named by a hash of their paths, with the places in each shard. A
//! shard whose length or modification time has changed is scanned again. These files are only a
//! cache: a damaged one is ignored, and so is an error when one is written.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::Shard;
use super::tfrecord::footer;
use crate::file::{Output, Stamp, make_directory};
use crate::random::{hash_bytes, mix};

/// Fewer records are found as fast as such a file is read.
const LEAST: u64 = 4096;

/// Bytes of all files together; the oldest are removed.
const MOST: u64 = 64 << 20;

const MAGIC: &[u8] = b"imagepipe places 1\n";

/// What is known of a set of shards.
#[derive(Debug)]
pub struct Places {
    file: PathBuf,
    shards: HashMap<PathBuf, (Stamp, Vec<u64>)>,
}

impl Places {
    /// What is kept in `folder` of the shards at `paths`.
    #[must_use]
    pub fn read(folder: &Path, paths: &[PathBuf]) -> Self {
        let name = paths.iter().fold(0, |hash, path| {
            mix(hash ^ hash_bytes(absolute(path).as_os_str().as_bytes()))
        });
        let file = folder.join(format!("{name:016x}"));
        let fits =
            std::fs::metadata(&file).is_ok_and(|found| found.is_file() && found.len() <= MOST);
        let bytes = if fits {
            std::fs::read(&file).unwrap_or_default()
        } else {
            Vec::new()
        };
        Self {
            shards: decoded(&bytes).unwrap_or_default(),
            file,
        }
    }

    /// Where the records of a shard begin, and where the last one ends, if that is known.
    #[must_use]
    pub fn of(&self, shard: &Path, stamp: Stamp) -> Option<Vec<u64>> {
        self.shards
            .get(&absolute(shard))
            .filter(|(kept, _)| *kept == stamp)
            .map(|(_, starts)| starts.clone())
    }

    /// Keeps the places in `shards`, if some of these were scanned and there are enough records.
    pub fn keep(&self, shards: &[Shard]) {
        if shards.iter().any(Shard::was_scanned)
            && shards.iter().map(Shard::len).sum::<u64>() >= LEAST
        {
            let bytes = encoded(shards);
            if bytes.len() as u64 <= MOST / 2 {
                // If it cannot be written, the next run scans the shards again.
                let _ = self.write(&bytes);
            }
        }
    }

    fn write(&self, bytes: &[u8]) -> crate::error::Result<()> {
        let folder = self.file.parent().unwrap_or(Path::new(""));
        make_directory(folder)?;
        make_room(folder, MOST - bytes.len() as u64);
        let output = Output::create(&self.file, Some(bytes.len() as u64))?;
        output.write_at(bytes, 0)?;
        output.commit(false, true)
    }
}

/// Removes the oldest files of a folder until the others have at most `most` bytes.
fn make_room(folder: &Path, most: u64) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    let file = |entry: std::fs::DirEntry| {
        let found = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
        Some((found.modified().ok()?, found.len(), entry.path()))
    };
    let mut files: Vec<_> = entries.flatten().filter_map(file).collect();
    files.sort_unstable();
    let mut bytes: u64 = files.iter().map(|(_, len, _)| len).sum();
    for (_, len, path) in files {
        if bytes <= most {
            return;
        }
        let _ = std::fs::remove_file(path);
        bytes -= len;
    }
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn encoded(shards: &[Shard]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    for shard in shards.iter().filter(|shard| shard.is_sound()) {
        let Some(Stamp { len, modified }) = shard.stamp() else {
            continue;
        };
        let path = absolute(shard.path());
        let path = path.as_os_str().as_bytes();
        put(&mut bytes, path.len() as u64);
        bytes.extend_from_slice(path);
        bytes.extend_from_slice(&len.to_le_bytes());
        bytes.extend_from_slice(&modified.to_le_bytes());
        put(&mut bytes, shard.len());
        (0..shard.len()).for_each(|record| put(&mut bytes, shard.span(record).len));
    }
    let checksum = footer(&bytes);
    bytes.extend_from_slice(&checksum);
    bytes
}

fn decoded(bytes: &[u8]) -> Option<HashMap<PathBuf, (Stamp, Vec<u64>)>> {
    let (bytes, checksum) = bytes.split_last_chunk()?;
    if *checksum != footer(bytes) {
        return None;
    }
    let mut rest = bytes.strip_prefix(MAGIC)?;
    let mut shards = HashMap::new();
    while !rest.is_empty() {
        let path_len = usize::try_from(take(&mut rest)?).ok()?;
        let path = rest.split_off(..path_len)?;
        let path = PathBuf::from(OsStr::from_bytes(path));
        let stamp = Stamp {
            len: u64::from_le_bytes(*take_chunk(&mut rest)?),
            modified: i64::from_le_bytes(*take_chunk(&mut rest)?),
        };
        shards.insert(path, (stamp, starts(&mut rest)?));
    }
    Some(shards)
}

/// Takes the beginnings of a shard's records off the front.
fn starts(rest: &mut &[u8]) -> Option<Vec<u64>> {
    let records = usize::try_from(take(rest)?).ok()?;
    // Each takes a byte or more.
    if records == 0 || records > rest.len() {
        return (records == 0).then(Vec::new);
    }
    let (mut starts, mut at) = (Vec::with_capacity(records + 1), 0u64);
    starts.push(at);
    for _ in 0..records {
        at = at.checked_add(take(rest)?)?;
        starts.push(at);
    }
    Some(starts)
}

fn take_chunk<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8; 8]> {
    rest.split_off(..8)?.first_chunk()
}

/// Appends a number, seven bits a byte, the lowest first.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    bytes.push(number.to_le_bytes()[0]);
}

/// Takes a number off the front.
fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let byte = rest.split_off_first()?;
        number |= u64::from(byte & 0x7f) << shift;
        if *byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::write_whole;
    use crate::record::{Framing, Options, Writer};
    use proptest::prelude::*;

    /// A folder with shards of so many records, the first of them longer than others.
    fn shards(folder: &Path, counts: &[usize]) -> Vec<PathBuf> {
        let path = |number: usize| folder.join(format!("x{number}"));
        for (number, count) in counts.iter().enumerate() {
            let mut writer = Writer::create(&path(number), Framing::TfRecord, false, true).unwrap();
            for record in 0..*count {
                writer
                    .append(&vec![1; 300 * usize::from(record == 0) + record % 7], None)
                    .unwrap();
            }
            writer.finish().unwrap();
        }
        (0..counts.len()).map(path).collect()
    }

    /// Opens shards with what is kept, keeps what was found, and tells which took a pass.
    fn open(folder: &Path, paths: &[PathBuf]) -> (Vec<Vec<u64>>, Vec<bool>) {
        let places = Places::read(folder, paths);
        let open = |path: &PathBuf| {
            Shard::open_known(path, Options::default(), &|stamp| places.of(path, stamp))
                .expect("a shard")
        };
        let opened: Vec<Shard> = paths.iter().map(open).collect();
        places.keep(&opened);
        let spans = |shard: &Shard| {
            (0..shard.len())
                .map(|record| shard.span(record).offset)
                .collect()
        };
        (
            opened.iter().map(spans).collect(),
            opened.iter().map(Shard::was_scanned).collect(),
        )
    }

    #[test]
    fn shards_are_passed_over_once() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, paths) = (
            folder.path().join("a/b"),
            shards(folder.path(), &[3000, 0, 2000]),
        );
        let (spans, scanned) = open(&kept, &paths);
        assert_eq!(scanned, [true; 3]);
        assert_eq!(open(&kept, &paths), (spans.clone(), vec![false; 3]));
        // A shard that is written anew, and it alone.
        shards(folder.path(), &[2999]);
        let (others, scanned) = open(&kept, &paths);
        assert_eq!((others[0].len(), scanned), (2999, vec![true, false, false]));
        assert_eq!(open(&kept, &paths).1, [false; 3]);
        assert_eq!(open(&kept, &paths[..1]).1, [true], "another set");
    }

    #[test]
    fn few_records_are_not_worth_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, paths) = (folder.path().join("kept"), shards(folder.path(), &[4095]));
        open(&kept, &paths);
        assert!(!kept.exists());
    }

    #[test]
    fn what_cannot_be_read_or_written_is_no_harm() {
        let folder = tempfile::tempdir().unwrap();
        let paths = shards(folder.path(), &[5000]);
        let (expected, _) = open(&folder.path().join("x0"), &paths);
        let kept = folder.path().join("kept");
        open(&kept, &paths);
        let file = std::fs::read_dir(&kept)
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        let bytes = std::fs::read(&file).unwrap();
        for damaged in [
            &b""[..],
            &bytes[..bytes.len() - 1],
            &[&bytes[..100], &bytes[101..]].concat(),
        ] {
            write_whole(&file, damaged, true).unwrap();
            assert_eq!(open(&kept, &paths), (expected.clone(), vec![true]));
            assert_eq!(open(&kept, &paths).1, [false], "it is written anew");
        }
    }

    #[test]
    fn places_of_another_file_are_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = &shards(folder.path(), &[10])[0];
        let expected = Shard::open(path, Options::default()).unwrap();
        let end = expected.span(9).offset + expected.span(9).len;
        for starts in [
            vec![],
            vec![0],
            vec![0, end],
            vec![0, 20, end],
            vec![1, end],
            vec![0, end + 1],
        ] {
            let shard =
                Shard::open_known(path, Options::default(), &|_| Some(starts.clone())).unwrap();
            assert!(shard.was_scanned() && shard.len() == 10, "{starts:?}");
        }
    }

    #[test]
    fn the_oldest_files_give_way() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a", "b", "c"] {
            write_whole(&folder.path().join(name), &[0; 100], false).unwrap();
        }
        make_room(folder.path(), 300);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3);
        make_room(folder.path(), 250);
        assert!(!folder.path().join("a").exists() && folder.path().join("c").exists());
        make_room(folder.path(), 0);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(mut bytes: Vec<u8>, sealed: bool) {
            bytes.splice(..0, MAGIC.iter().copied());
            if sealed {
                let checksum = footer(&bytes);
                bytes.extend_from_slice(&checksum);
            }
            decoded(&bytes);
        }

        #[test]
        fn numbers_are_read_as_they_are_written(number: u64) {
            let mut bytes = Vec::new();
            put(&mut bytes, number);
            let mut rest = &bytes[..];
            prop_assert_eq!((take(&mut rest), rest.len()), (Some(number), 0));
        }
    }
}
