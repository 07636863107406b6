//! The one EXIF tag that changes pixels: orientation (tag 0x0112; CIPA DC-008, 4.6.5.1.5).

/// How a stored picture must be turned to be upright. An upright pixel (x, y) is found by mirroring x, then y, then
/// exchanging the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Orientation {
    /// Columns and rows are exchanged.
    pub transpose: bool,
    /// Upright columns count from the right.
    pub mirror_x: bool,
    /// Upright rows count from the bottom.
    pub mirror_y: bool,
}

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
        Self { transpose, mirror_x, mirror_y }
    }

    /// The orientation in an EXIF block (a TIFF file from its byte order on); upright if it has none or is damaged.
    #[must_use]
    pub fn from_exif(block: &[u8]) -> Self {
        tag(block).map_or_else(Self::default, Self::from_tag)
    }
}

const ORIENTATION: u16 = 0x0112;
const SHORT: u16 = 3;

fn tag(block: &[u8]) -> Option<u16> {
    let little = match block.get(..4)? {
        b"II*\0" => true,
        b"MM\0*" => false,
        _ => return None,
    };
    let u16_at = |at: usize| {
        let b: [u8; 2] = block.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if little { u16::from_le_bytes(b) } else { u16::from_be_bytes(b) })
    };
    let u32_at = |at: usize| {
        let b: [u8; 4] = block.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if little { u32::from_le_bytes(b) } else { u32::from_be_bytes(b) })
    };
    let directory = usize::try_from(u32_at(4)?).ok()?;
    let entries = usize::from(u16_at(directory)?);
    (0..entries)
        .map_while(|i| directory.checked_add(2 + 12 * i))
        .find(|&at| u16_at(at) == Some(ORIENTATION) && u16_at(at + 2) == Some(SHORT))
        .and_then(|at| u16_at(at + 8))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn block(little: bool, entries: &[(u16, u16)]) -> Vec<u8> {
        let two = |v: u16| {
            if little { v.to_le_bytes() } else { v.to_be_bytes() }
        };
        let four = |v: u32| {
            if little { v.to_le_bytes() } else { v.to_be_bytes() }
        };
        let mut out = if little { b"II*\0".to_vec() } else { b"MM\0*".to_vec() };
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
                assert_eq!(tag(&block), Some(value));
                let oracle = exif::Reader::new().read_raw(block).unwrap();
                let field = oracle.get_field(exif::Tag::Orientation, exif::In::PRIMARY).unwrap();
                assert_eq!(field.value.get_uint(0), Some(u32::from(value)));
            }
        }
    }

    #[test]
    fn no_tag_means_upright() {
        assert_eq!(Orientation::from_exif(&block(true, &[(0x0100, 6)])), Orientation::default());
        assert_eq!(Orientation::from_exif(b""), Orientation::default());
        assert_eq!(Orientation::from_exif(b"II*\0\xff\xff\xff\xff"), Orientation::default());
    }

    proptest! {
        #[test]
        fn any_bytes_are_safe(bytes: Vec<u8>) {
            let _ = Orientation::from_exif(&bytes);
        }

        #[test]
        fn damaged_blocks_are_safe(at in 0usize..40, value: u8) {
            let mut bytes = block(true, &[(0x0100, 1), (ORIENTATION, 6)]);
            if let Some(byte) = bytes.get_mut(at) {
                *byte = value;
            }
            let _ = Orientation::from_exif(&bytes);
        }
    }
}
