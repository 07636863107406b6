//! A file's bytes, read into memory that is used again for the next one.
//!
//! Images are read, not mapped. A file that is cut short while it is mapped kills the process
//! (SIGBUS); a file that is cut short while it is read is just shorter. Nor would mapping be
//! faster: with the file in the page cache, mapping, touching and unmapping takes twice as long as
//! reading into a warm buffer for images of 86 kB (0.51 of its rate on one thread, 0.53 on two,
//! which have to wait for each other's page tables), 1.3 to 1.5 times as long for images of 930
//! kB, and populating the map at once changes nothing (`cargo bench --bench read`). Reading is 1 to
//! 2 % of decoding either way.

use std::ffi::CStr;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::fs::{FileType, fstat};
use rustix::io::retry_on_intr;

use super::Base;
use super::regular::{Stamp, not_regular, opened};

/// Size of the buffer at first: most images are read by a single call.
const FIRST: usize = 256 << 10;

/// No image that is meant takes more: the largest that `max_pixels` allows by default has 716 MB
/// as an uncompressed BMP.
const LARGEST: usize = 1 << 30;

/// Reads the file at `path`, as seen from `base`, to the front of `buffer`, which grows as needed;
/// returns its length.
///
/// No allocation when the buffer is large enough: four system calls, open, two of read, and close,
/// for a file that is smaller than the buffer. A larger one is asked for its length before the
/// buffer grows.
///
/// # Errors
/// What the operating system says, for a directory too; what is no file; a file of more than 1 GiB,
/// or no memory for one.
pub fn read_into(base: &Base, path: &CStr, buffer: &mut Vec<u8>) -> io::Result<usize> {
    read_all(&opened(base, path)?, buffer)
}

/// As [`read_into`]; returns what tells whether the file is written to later on, with the length
/// that was read.
///
/// # Errors
/// As [`read_into`].
pub fn read_stamped(path: &CStr, buffer: &mut Vec<u8>) -> io::Result<Stamp> {
    let file = opened(&Base::default(), path)?;
    // Before it is read: what is written meanwhile is later.
    let stamp = Stamp::of(&file)?;
    let len = read_all(&file, buffer)? as u64;
    Ok(Stamp { len, ..stamp })
}

fn read_all(file: &OwnedFd, buffer: &mut Vec<u8>) -> io::Result<usize> {
    grow(buffer, FIRST)?;
    let (mut len, mut promised) = (0, None);
    loop {
        let read = retry_on_intr(|| rustix::io::read(file, &mut buffer[len..]))?;
        len += read;
        if read == 0 {
            if len == 0 {
                check_regular(file)?;
            }
            return Ok(len);
        }
        if len < buffer.len() {
            continue;
        }
        // Only a file that does not fit is asked for its length, before there is memory for it; one
        // that has none, or is being written to, is read in steps.
        let size = match promised {
            Some(size) => size,
            None => *promised.insert(usize::try_from(fstat(file)?.st_size).unwrap_or(usize::MAX)),
        };
        check_length(size.max(len) as u64)?;
        // One byte more than it has, so that the end is seen without growing again.
        let in_steps = (len * 2).min(LARGEST);
        grow(buffer, if size >= len { size + 1 } else { in_steps })?;
    }
}

/// Checks that there is a file which [`peek`] would read, without opening it.
///
/// # Errors
/// What the operating system says; what is not a regular file, or is larger than 1 GiB.
pub fn check_readable(path: &Path) -> io::Result<()> {
    let about = std::fs::metadata(path)?;
    if !about.is_file() {
        return Err(not_regular());
    }
    check_length(about.len())
}

/// Replaces what is in `buffer` by the first `most` bytes of a regular file, or all if it has
/// fewer; returns the file's length, and what tells whether it is written to later on.
///
/// # Errors
/// What the operating system says; what is not a regular file; more than 1 GiB of it.
pub fn peek(path: &Path, most: usize, buffer: &mut Vec<u8>) -> io::Result<Stamp> {
    let (file, stamp) = regular(path)?;
    buffer.clear();
    let wanted = usize::try_from(stamp.len).unwrap_or(usize::MAX).min(most);
    check_length(wanted as u64)?;
    let reserved = buffer.try_reserve_exact(wanted);
    reserved.map_err(|_| io::ErrorKind::OutOfMemory)?;
    file.take(wanted as u64).read_to_end(buffer)?;
    Ok(stamp)
}

/// Appends a regular file to `buffer`, if it is as it was when it had `stamp`; returns the stamp
/// that it has now, which tells whether it did.
///
/// # Errors
/// What the operating system says; what is not a regular file, or is larger than 1 GiB.
pub fn append_file(path: &Path, stamp: Stamp, buffer: &mut Vec<u8>) -> io::Result<Stamp> {
    let (mut file, actual) = regular(path)?;
    if actual != stamp {
        return Ok(actual);
    }
    check_length(stamp.len)?;
    let wanted = usize::try_from(stamp.len).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let reserved = buffer.try_reserve(wanted);
    reserved.map_err(|_| io::ErrorKind::OutOfMemory)?;
    let len = file.by_ref().take(stamp.len).read_to_end(buffer)? as u64;
    // It may have been written to while it was read.
    Ok(Stamp {
        len,
        ..Stamp::of(&file)?
    })
}

/// Opens a regular file.
fn regular(path: &Path) -> io::Result<(File, Stamp)> {
    let file = File::from(opened(&Base::default(), path)?);
    if !file.metadata()?.is_file() {
        return Err(not_regular());
    }
    let stamp = Stamp::of(&file)?;
    Ok((file, stamp))
}

/// Refuses what has no bytes because it is no file: a pipe that nobody writes to.
fn check_regular(file: &OwnedFd) -> io::Result<()> {
    if FileType::from_raw_mode(fstat(file)?.st_mode).is_file() {
        Ok(())
    } else {
        Err(not_regular())
    }
}

/// Refuses what no image has, before memory is taken for it.
fn check_length(len: u64) -> io::Result<()> {
    if len < LARGEST as u64 {
        return Ok(());
    }
    let reason = format!("larger than 1 GiB: {len} bytes");
    Err(io::Error::new(io::ErrorKind::FileTooLarge, reason))
}

fn grow(buffer: &mut Vec<u8>, len: usize) -> io::Result<()> {
    if buffer.len() < len {
        buffer
            .try_reserve_exact(len - buffer.len())
            .map_err(|_| io::ErrorKind::OutOfMemory)?;
        buffer.resize(len, 0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;

    fn path(path: &std::path::Path) -> CString {
        CString::new(path.to_str().unwrap()).unwrap()
    }

    #[test]
    fn reads_files_of_every_size_around_the_buffers() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("file");
        let mut buffer = Vec::new();
        for len in [0, 1, FIRST - 1, FIRST, FIRST + 1, 3 * FIRST] {
            let bytes: Vec<u8> = (0..len).map(|i| u8::try_from(i % 251).unwrap()).collect();
            #[expect(clippy::disallowed_methods, reason = "a test's own file")]
            std::fs::write(&name, &bytes).unwrap();
            assert_eq!(
                read_into(&Base::default(), &path(&name), &mut buffer).unwrap(),
                len
            );
            assert_eq!(&buffer[..len], bytes);
        }
    }

    #[test]
    fn a_file_beyond_reason_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("file");
        #[expect(clippy::disallowed_methods, reason = "a test's own file")]
        std::fs::File::create(&name)
            .unwrap()
            .set_len(2 << 30)
            .unwrap();
        let mut buffer = Vec::new();
        let error = read_into(&Base::default(), &path(&name), &mut buffer).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(buffer.capacity(), FIRST, "no memory is taken for it");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_file_without_a_length_is_read_in_steps() {
        let mut buffer = vec![0; 16];
        let len = read_into(&Base::default(), c"/proc/self/maps", &mut buffer).unwrap();
        assert!(len > 0 && buffer.len() >= len);
    }

    #[test]
    fn a_pipe_does_not_block_and_is_not_called_empty() {
        let folder = tempfile::tempdir().unwrap();
        let name = folder.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &name,
            FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        let error = read_into(&Base::default(), &path(&name), &mut Vec::new()).unwrap_err();
        assert_eq!(error.to_string(), "not a regular file");
    }

    #[test]
    fn errors_are_the_systems() {
        let folder = tempfile::tempdir().unwrap();
        let error = |path: &CStr| {
            read_into(&Base::default(), path, &mut Vec::new())
                .unwrap_err()
                .kind()
        };
        assert_eq!(
            error(&path(&folder.path().join("none"))),
            io::ErrorKind::NotFound
        );
        assert_eq!(error(&path(folder.path())), io::ErrorKind::IsADirectory);
    }
}
