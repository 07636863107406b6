//! The one tag that changes pixels: orientation (0x0112 in EXIF: CIPA DC-008, 4.6.5.1.5;
//! `tiff:Orientation` in XMP).

use crate::pixel::Orientation;

impl Orientation {
    /// The orientation of a tag's value; anything but 2 to 8 is upright, as other readers have it.
    #[must_use]
    pub fn from_tag(value: u16) -> Self {
        let (transpose, mirror_x, mirror_y) = match value {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => (false, false, false),
        };
        Self {
            transpose,
            mirror_x,
            mirror_y,
        }
    }

    /// The orientation in an EXIF block (a TIFF file, after any `Exif\0\0`), or if that has none,
    /// in an XMP packet, as in Pillow's `exif_transpose`; upright without either, and where they
    /// are damaged.
    #[must_use]
    pub fn from_metadata(exif: Option<&[u8]>, xmp: Option<&[u8]>) -> Self {
        let tag = exif.and_then(exif_tag).or_else(|| xmp.and_then(xmp_tag));
        tag.map_or_else(Self::default, Self::from_tag)
    }
}

const ORIENTATION: u16 = 0x0112;

/// Bytes of a value of each type, from 0 on; 0 where there is no such type.
const UNITS: [u64; 17] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8];

/// The types that are whole numbers.
const INTEGERS: [u16; 7] = [3, 4, 6, 8, 9, 13, 16];

struct Tiff<'a> {
    block: &'a [u8],
    is_little: bool,
}

/// The value of a directory's entry.
struct Value {
    tag: u16,
    kind: u16,
    offset: usize,
    /// Bytes of one number, and of all.
    unit: u64,
    size: u64,
}

impl<'a> Tiff<'a> {
    fn new(block: &'a [u8]) -> Option<Self> {
        let is_little = match block.first_chunk()? {
            b"II*\0" | b"II\0*" => true,
            b"MM\0*" | b"MM*\0" | b"MM\0+" => false,
            _ => return None,
        };
        Some(Self { block, is_little })
    }

    fn number(&self, at: usize, len: usize) -> Option<u64> {
        let bytes = self.block.get(at..at.checked_add(len)?)?.iter();
        let join = |sum, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.is_little {
            bytes.rev().fold(0, join)
        } else {
            bytes.fold(0, join)
        })
    }

    fn u16(&self, at: usize) -> Option<u16> {
        self.number(at, 2)?.try_into().ok()
    }

    fn offset(&self, at: usize) -> Option<usize> {
        self.number(at, 4)?.try_into().ok()
    }

    /// The entry at `at`, whose value is in it or, if it is longer, where its last four bytes say.
    fn entry(&self, at: usize) -> Option<Value> {
        let [tag, kind] = [self.u16(at)?, self.u16(at + 2)?];
        let (count, offset) = (self.number(at + 4, 4)?, at + 8);
        self.number(offset, 4)?;
        let unit = UNITS.get(usize::from(kind)).copied().unwrap_or(0);
        Some(Value {
            tag,
            kind,
            offset,
            unit,
            size: count * unit,
        })
    }

    /// Where a value is that does not fit its entry, if all of it is there.
    fn outside(&self, value: &Value) -> Option<usize> {
        let offset = self.offset(value.offset)?;
        let rest = self.block.get(offset..)?;
        rest.get(..usize::try_from(value.size).ok()?)?;
        Some(offset)
    }
}

/// The value of the tag, 0 for one that is no number. What is damaged is passed over where Pillow
/// does, and ends the directory where Pillow stops reading.
fn exif_tag(mut block: &[u8]) -> Option<u16> {
    while let Some(rest) = block.strip_prefix(b"Exif\0\0") {
        block = rest;
    }
    let tiff = Tiff::new(block)?;
    let directory = tiff.offset(4)?;
    let mut total = 0;
    for entry in 0..usize::from(tiff.u16(directory)?) {
        let at = directory.checked_add(2 + 12 * entry)?;
        let mut value = tiff.entry(at)?;
        if value.size > 4 {
            total += value.size;
            if total > block.len() as u64 {
                continue;
            }
            value.offset = tiff.outside(&value)?;
        }
        if value.tag == ORIENTATION && value.size > 0 {
            let number = tiff.number(value.offset, usize::try_from(value.unit).ok()?);
            let number = number.filter(|_| INTEGERS.contains(&value.kind));
            return Some(number.map_or(0, |number| number.try_into().unwrap_or(0)));
        }
    }
    None
}

/// The first `tiff:Orientation` with a digit, an attribute or an element.
fn xmp_tag(packet: &[u8]) -> Option<u16> {
    const NAME: &[u8] = b"tiff:Orientation";
    packet
        .windows(NAME.len() + 3)
        .filter_map(|window| window.strip_prefix(NAME))
        .find_map(|value| match value {
            [b'=', b'"', digit @ b'0'..=b'9'] | [b'>', digit @ b'0'..=b'9', _] => {
                Some(u16::from(digit - b'0'))
            }
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SHORT: u16 = 3;

    fn block(little: bool, entries: &[(u16, u16)]) -> Vec<u8> {
        let two = |v: u16| {
            if little {
                v.to_le_bytes()
            } else {
                v.to_be_bytes()
            }
        };
        let four = |v: u32| {
            if little {
                v.to_le_bytes()
            } else {
                v.to_be_bytes()
            }
        };
        let mut out = if little {
            b"II*\0".to_vec()
        } else {
            b"MM\0*".to_vec()
        };
        out.extend(four(8));
        out.extend(two(u16::try_from(entries.len()).unwrap()));
        for &(tag, value) in entries {
            out.extend(two(tag));
            out.extend(two(SHORT));
            out.extend(four(1));
            out.extend(two(value));
            out.extend([0; 2]);
        }
        out.extend([0; 4]);
        out
    }

    #[test]
    fn finds_the_tag_in_both_byte_orders() {
        for little in [true, false] {
            for value in 1..=8 {
                let block = block(little, &[(0x0100, 77), (ORIENTATION, value)]);
                assert_eq!(exif_tag(&block), Some(value));
                let oracle = exif::Reader::new().read_raw(block).unwrap();
                let field = oracle
                    .get_field(exif::Tag::Orientation, exif::In::PRIMARY)
                    .unwrap();
                assert_eq!(field.value.get_uint(0), Some(u32::from(value)));
            }
        }
    }

    #[test]
    fn no_tag_means_upright() {
        assert_eq!(
            Orientation::from_metadata(Some(&block(true, &[(0x0100, 6)])), None),
            Orientation::default()
        );
        assert_eq!(
            Orientation::from_metadata(Some(b""), None),
            Orientation::default()
        );
        assert_eq!(
            Orientation::from_metadata(Some(b"II*\0\xff\xff\xff\xff"), None),
            Orientation::default()
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_safe(bytes: Vec<u8>) {
            let _ = Orientation::from_metadata(Some(&bytes), Some(&bytes));
        }

        #[test]
        fn damaged_blocks_are_safe(at in 0usize..40, value: u8) {
            let mut bytes = block(true, &[(0x0100, 1), (ORIENTATION, 6)]);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
            let _ = Orientation::from_metadata(Some(&bytes), Some(&bytes));
        }
    }
}
