//! What one directory holds.

use std::ffi::{CStr, CString};
use std::io;

use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, statat};

use crate::file::names::is_clutter;

/// The entries of a directory, by what they are.
#[derive(Default)]
pub(super) struct Contents {
    /// Files whose names are wanted.
    pub(super) files: Names,
    /// Other files.
    pub(super) others: Names,
    /// What has a name that is wanted and is no file.
    pub(super) special: Names,
    pub(super) folders: Vec<CString>,
    /// Links to folders.
    pub(super) links: Vec<CString>,
}

/// Names as they come, in one block.
#[derive(Default)]
pub(super) struct Names {
    bytes: Vec<u8>,
    starts: Vec<u32>,
}

impl Contents {
    /// Reads a directory. What is hidden or clutter is left out.
    pub(super) fn read(directory: &OwnedFd, wanted: &dyn Fn(&[u8]) -> bool) -> io::Result<Self> {
        let mut contents = Self::default();
        entries(directory, |name, kind| {
            if name.to_bytes().starts_with(b".") {
                return Ok(());
            }
            contents.add(directory, name, kind, wanted)
        })?;
        Ok(contents)
    }

    fn add(
        &mut self,
        directory: &OwnedFd,
        name: &CStr,
        kind: FileType,
        wanted: &dyn Fn(&[u8]) -> bool,
    ) -> io::Result<()> {
        let mut kind = kind;
        if kind == FileType::Unknown {
            kind = kind_of(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
        }
        let link = kind == FileType::Symlink;
        if link {
            // A link to nothing is listed: reading it names the file, leaving it out would lose it
            // silently.
            kind = kind_of(directory, name, AtFlags::empty()).unwrap_or(FileType::RegularFile);
        }
        match kind {
            FileType::Directory if is_clutter(name.to_bytes()) => {}
            FileType::Directory if link => self.links.push(name.to_owned()),
            FileType::Directory => self.folders.push(name.to_owned()),
            FileType::RegularFile if wanted(name.to_bytes()) => self.files.add(name)?,
            FileType::RegularFile => self.others.add(name)?,
            _ if wanted(name.to_bytes()) => self.special.add(name)?,
            _ => {}
        }
        Ok(())
    }
}

fn kind_of(directory: &OwnedFd, name: &CStr, flags: AtFlags) -> io::Result<FileType> {
    let status = statat(directory, name, flags)?;
    Ok(FileType::from_raw_mode(status.st_mode))
}

impl Names {
    fn add(&mut self, name: &CStr) -> io::Result<()> {
        let start = u32::try_from(self.bytes.len()).map_err(|_| io::ErrorKind::OutOfMemory)?;
        self.starts.push(start);
        self.bytes.extend_from_slice(name.to_bytes_with_nul());
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The name at `start`, with the NUL behind it.
    fn name(&self, start: u32) -> &[u8] {
        let rest = &self.bytes[start as usize..];
        &rest[..=rest.iter().position(|b| *b == 0).unwrap_or(rest.len() - 1)]
    }

    /// How many bytes all names begin with alike.
    fn common(&self) -> usize {
        let first = self
            .starts
            .first()
            .map_or(&[][..], |first| self.name(*first));
        self.starts.iter().fold(first.len(), |common, start| {
            let pairs = first[..common].iter().zip(self.name(*start));
            pairs.take_while(|(a, b)| a == b).count()
        })
    }

    /// The names in order. The first eight bytes that differ, big-endian, decide nearly every
    /// comparison without touching the names.
    pub(super) fn sorted(&self) -> Vec<u8> {
        let common = self.common();
        let key = |start: u32| {
            let mut head = [0; 8];
            let tail = &self.name(start)[common..];
            let len = tail.len().min(8);
            head[..len].copy_from_slice(&tail[..len]);
            (u64::from_be_bytes(head), start)
        };
        let mut order: Vec<(u64, u32)> = self.starts.iter().map(|start| key(*start)).collect();
        order.sort_unstable_by(|(a, first), (b, second)| {
            a.cmp(b)
                .then_with(|| self.name(*first).cmp(self.name(*second)))
        });
        let mut sorted = Vec::with_capacity(self.bytes.len());
        for (_, start) in order {
            sorted.extend_from_slice(self.name(start));
        }
        sorted
    }
}

/// Calls `each` with every entry of a directory, by large reads of the raw entries: nothing is
/// allocated per entry.
#[cfg(target_os = "linux")]
fn entries(
    directory: &OwnedFd,
    mut each: impl FnMut(&CStr, FileType) -> io::Result<()>,
) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(256 << 10);
    let mut raw = rustix::fs::RawDir::new(directory.as_fd(), buffer.spare_capacity_mut());
    while let Some(entry) = raw.next() {
        let entry = entry?;
        each(entry.file_name(), entry.file_type())?;
    }
    Ok(())
}

/// Calls `each` with every entry of a directory.
#[cfg(not(target_os = "linux"))]
fn entries(
    directory: &OwnedFd,
    mut each: impl FnMut(&CStr, FileType) -> io::Result<()>,
) -> io::Result<()> {
    for entry in rustix::fs::Dir::read_from(directory.as_fd())? {
        let entry = entry?;
        each(entry.file_name(), entry.file_type())?;
    }
    Ok(())
}
