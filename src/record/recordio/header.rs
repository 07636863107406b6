//! The header of an image record.

use super::Reason;

/// What stands before the image in an image record: 24 bytes, and the labels if there are several.
///
/// `u32` number of labels, or 0, `f32` label, `u64` id, `u64` second id, all little-endian; then
/// the labels, if their number is not 0, as `f32` (`IRHeader` in mxnet/recordio.py).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Header<'a> {
    /// The label or labels.
    pub labels: Labels<'a>,
    /// The record's number.
    pub id: u64,
    /// A second number; 0 where it is not used.
    pub id2: u64,
}

/// The labels of an image record.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Labels<'a> {
    /// One.
    One(f32),
    /// As many as there are, at least one, each the little-endian bytes of an `f32`.
    Many(&'a [[u8; 4]]),
}

impl Labels<'_> {
    /// The labels, one after the other.
    pub fn values(&self) -> impl Iterator<Item = f32> {
        let (one, many) = match *self {
            Self::One(label) => (Some(label), &[][..]),
            Self::Many(labels) => (None, labels),
        };
        one.into_iter()
            .chain(many.iter().map(|bytes| f32::from_le_bytes(*bytes)))
    }
}

/// Bytes of a header without a list of labels.
const IMAGE_HEADER: usize = 24;

impl<'a> Header<'a> {
    /// Appends the header to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let (label, many) = match self.labels {
            Labels::One(label) => (label, &[][..]),
            Labels::Many(labels) => (0.0, labels),
        };
        let count = u32::try_from(many.len()).unwrap_or(u32::MAX);
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(&label.to_le_bytes());
        out.extend_from_slice(&self.id.to_le_bytes());
        out.extend_from_slice(&self.id2.to_le_bytes());
        out.extend_from_slice(many.as_flattened());
    }

    /// The header of an image record, and the image.
    ///
    /// # Errors
    /// A payload that is too short for it.
    pub fn decode(payload: &'a [u8]) -> Result<(Self, &'a [u8]), Reason> {
        let short = |needed| Reason::Header {
            len: payload.len(),
            needed,
        };
        let (header, rest) = payload
            .split_first_chunk::<IMAGE_HEADER>()
            .ok_or_else(|| short(IMAGE_HEADER as u64))?;
        let (words, _) = header.as_chunks::<4>();
        let (pairs, _) = header.as_chunks::<8>();
        let count = u32::from_le_bytes(words[0]);
        let bytes = u64::from(count) * 4;
        let split = usize::try_from(bytes)
            .ok()
            .and_then(|bytes| rest.split_at_checked(bytes));
        let (labels, image) = split.ok_or_else(|| short(IMAGE_HEADER as u64 + bytes))?;
        let labels = match labels.as_chunks().0 {
            [] => Labels::One(f32::from_le_bytes(words[1])),
            many => Labels::Many(many),
        };
        let (id, id2) = (u64::from_le_bytes(pairs[1]), u64::from_le_bytes(pairs[2]));
        Ok((Self { labels, id, id2 }, image))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_come_back() {
        let labels = [1.5f32, -2.0, 3.25].map(f32::to_le_bytes);
        for labels in [
            Labels::One(7.0),
            Labels::Many(&labels),
            Labels::Many(&labels[..1]),
        ] {
            let header = Header {
                labels,
                id: u64::MAX,
                id2: 3,
            };
            let mut payload = Vec::new();
            header.encode(&mut payload);
            payload.extend_from_slice(b"image");
            assert_eq!(Header::decode(&payload).unwrap(), (header, &b"image"[..]));
        }
        assert_eq!(
            Labels::Many(&labels).values().collect::<Vec<_>>(),
            [1.5, -2.0, 3.25]
        );
        let mut payload = Vec::new();
        Header {
            labels: Labels::One(2.0),
            id: 5,
            id2: 6,
        }
        .encode(&mut payload);
        assert_eq!(
            payload,
            b"\0\0\0\0\0\0\0\x40\x05\0\0\0\0\0\0\0\x06\0\0\0\0\0\0\0"
        );
        payload[..4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(
            Header::decode(&payload).unwrap_err().to_string(),
            "24 bytes are too few for an image record: its header has 17179869204"
        );
        assert!(Header::decode(&payload[..23]).is_err());
    }
}
