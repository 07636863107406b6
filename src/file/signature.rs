//! Formats that are not read here, known by their first bytes, so that an error can say what a file
//! is and what to do with it.

use std::fmt;

/// A format that is not read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// What a file of it is, with its article.
    pub name: &'static str,
    /// What to do with it.
    pub advice: &'static str,
}

/// How many of a file's first bytes are needed at most.
pub const SIGNATURE: usize = 512;

const CONVERT: &str = "convert it to PNG or JPEG";
const FRAMES: &str = "extract its frames as JPEG or PNG";
const UNPACK: &str = "unpack it, and give the directory";
const EXPORT: &str = "write its images as files, or as records with TFRecordWriter";
const FETCH: &str = "fetch the file itself (git lfs pull)";
const REPLACE: &str = "it was saved instead of the requested file: fetch that again";

/// Offset, bytes, and what a file is that has them there.
const SIGNATURES: &[(usize, &[u8], &str, &str)] = &[
    (0, b"II*\0", "a TIFF image", CONVERT),
    (0, b"MM\0*", "a TIFF image", CONVERT),
    (0, b"II+\0", "a BigTIFF image", CONVERT),
    (0, b"MM\0+", "a BigTIFF image", CONVERT),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 image", CONVERT),
    (0, b"\xff\x4f\xff\x51", "a JPEG 2000 image", CONVERT),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL image", CONVERT),
    (0, b"8BPS", "a Photoshop image", CONVERT),
    (0, b"\x76\x2f\x31\x01", "an OpenEXR image", CONVERT),
    (0, b"#?RADIANCE", "a Radiance image", CONVERT),
    (0, b"DDS ", "a DDS texture", CONVERT),
    (0, b"qoif", "a QOI image", CONVERT),
    (0, b"\0\0\x01\0\x01\0", "an icon", CONVERT),
    (
        0,
        b"%PDF-",
        "a PDF document",
        "extract its images as JPEG or PNG",
    ),
    (4, b"ftypheic", "a HEIC image", CONVERT),
    (4, b"ftypheix", "a HEIC image", CONVERT),
    (4, b"ftyphevc", "a HEIC image", CONVERT),
    (4, b"ftypheim", "a HEIC image", CONVERT),
    (4, b"ftypheis", "a HEIC image", CONVERT),
    (4, b"ftypmif1", "a HEIF image", CONVERT),
    (4, b"ftypmsf1", "a HEIF image", CONVERT),
    (4, b"ftypavif", "an AVIF image", CONVERT),
    (4, b"ftypavis", "an AVIF image", CONVERT),
    (4, b"ftyp", "an MP4 or QuickTime video", FRAMES),
    (0, b"\x1a\x45\xdf\xa3", "a Matroska or WebM video", FRAMES),
    (8, b"AVI LIST", "an AVI video", FRAMES),
    (
        0,
        b"PK\x03\x04",
        "a ZIP archive (.zip, .npz, .xlsx, .pt)",
        UNPACK,
    ),
    (0, b"PK\x05\x06", "an empty ZIP archive", UNPACK),
    (
        257,
        b"ustar",
        "a tar archive (such as a WebDataset shard)",
        UNPACK,
    ),
    (0, b"\xfd7zXZ\0", "an xz file", UNPACK),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard file", UNPACK),
    (0, b"BZh", "a bzip2 file", UNPACK),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", UNPACK),
    (0, b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    (0, b"\x93NUMPY", "a NumPy array (.npy)", EXPORT),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file", EXPORT),
    (0, b"PAR1", "a Parquet file", EXPORT),
    (0, b"ARROW1", "an Arrow file", EXPORT),
    (16, b"\xde\xc0\xef\xbe", "an LMDB database", EXPORT),
    (0, b"SQLite format 3\0", "an SQLite database", EXPORT),
    (0, b"\x80\x02}", "a Python pickle", EXPORT),
    (0, b"\x80\x03}", "a Python pickle", EXPORT),
    (0, b"\x80\x04\x95", "a Python pickle", EXPORT),
    (0, b"\x80\x05\x95", "a Python pickle", EXPORT),
    (
        0,
        b"\0\0\x08\x01\0",
        "an IDX file, as MNIST has them",
        EXPORT,
    ),
    (
        0,
        b"\0\0\x08\x03\0",
        "an IDX file, as MNIST has them",
        EXPORT,
    ),
    (
        0,
        b"version https://git-lfs.github.com/spec/",
        "a Git LFS pointer",
        FETCH,
    ),
];

/// The same of text: what it begins with, in any case, behind white space.
const MARKUP: &[(&[u8], &str, &str)] = &[
    (b"<!doctype html", "an HTML page", REPLACE),
    (b"<html", "an HTML page", REPLACE),
    (b"<svg", "an SVG drawing", CONVERT),
    (b"<?xml", "an XML document", REPLACE),
];

impl Foreign {
    /// What a file is that starts with `start`, of which [`SIGNATURE`] bytes are enough; `None` for
    /// what is not known.
    #[must_use]
    pub fn of(start: &[u8]) -> Option<Self> {
        let at = |offset: usize, bytes: &[u8]| {
            start
                .get(offset..)
                .is_some_and(|rest| rest.starts_with(bytes))
        };
        let found = SIGNATURES
            .iter()
            .find(|(offset, bytes, ..)| at(*offset, bytes));
        if let Some((.., name, advice)) = found {
            return Some(Self { name, advice });
        }
        // With zeros behind it, it could be the length of a TFRecord.
        if start.starts_with(b"\xff\x0a") && start.iter().take(8).skip(2).any(|byte| *byte != 0) {
            return Some(Self {
                name: "a JPEG XL image",
                advice: CONVERT,
            });
        }
        let text = start.trim_ascii_start();
        let begins = |tag: &[u8]| {
            text.get(..tag.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(tag))
        };
        let (_, name, advice) = MARKUP.iter().find(|(tag, ..)| begins(tag))?;
        Some(Self { name, advice })
    }
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}, which cannot be read here: {}",
            self.name, self.advice
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_signature_is_its_own() {
        for (place, (offset, bytes, name, advice)) in SIGNATURES.iter().enumerate() {
            let mut file = vec![b'-'; *offset];
            file.extend_from_slice(bytes);
            assert!(file.len() <= SIGNATURE);
            assert_eq!(
                Foreign::of(&file),
                Some(Foreign { name, advice }),
                "number {place}"
            );
            assert_eq!(
                Foreign::of(&file[..file.len() - 1]).filter(|found| found.name == *name),
                None,
                "{name}"
            );
        }
        assert_eq!(
            Foreign::of(b"\n <!DOCTYPE html><html>").map(|found| found.name),
            Some("an HTML page")
        );
    }

    #[test]
    fn images_tables_and_records_are_none() {
        let known: [&[u8]; 9] = [
            b"",
            b"\xff\xd8\xff\xe0",
            b"\x89PNG\r\n\x1a\n",
            b"GIF89a",
            b"RIFF\0\0\0\0WEBP",
            b"BM",
            b"filename,class\n",
            b"\x0a\x23\xd7\xce\0\0\0\0",
            b"\xff\x0a\0\0\0\0\0\0\x12\x34\x56\x78",
        ];
        for start in known {
            assert_eq!(Foreign::of(start), None, "{start:?}");
        }
    }
}
