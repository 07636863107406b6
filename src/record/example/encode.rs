//! Writes Examples, with sorted keys, so that the same features give the same bytes.

use super::wire::{field_len, put_head, put_varint, varint_len};
use super::{ENTRY, ENTRY_KEY, ENTRY_VALUE, FEATURES, Feature, Features, Kind, VALUE};

/// The bytes of an Example.
#[must_use]
pub fn encode(features: &Features<'_>) -> Vec<u8> {
    let len = entries_len(features.iter());
    let mut out = Vec::with_capacity(usize::try_from(field_len(len)).unwrap_or_default());
    put_head(FEATURES, len, &mut out);
    put_entries(features.iter(), &mut out);
    out
}

/// The bytes of an Example before and after the content of one more feature `key`, a list of one
/// byte string of `len` bytes, which the caller has elsewhere. It replaces a feature of that name
/// in `features`.
#[must_use]
pub fn around(features: &Features<'_>, key: &str, len: u64) -> (Vec<u8>, Vec<u8>) {
    let (before, after) = (
        features.iter().take_while(|(name, _)| name.as_str() < key),
        features.iter().skip_while(|(name, _)| name.as_str() <= key),
    );
    let value = field_len(field_len(len));
    let total =
        entries_len(before.clone()) + field_len(entry_len(key, value)) + entries_len(after.clone());
    let (mut head, mut tail) = (Vec::new(), Vec::new());
    put_head(FEATURES, total, &mut head);
    put_entries(before, &mut head);
    put_entry_head(key, value, &mut head);
    put_head(Kind::Bytes as u8, field_len(len), &mut head);
    put_head(VALUE, len, &mut head);
    put_entries(after, &mut tail);
    (head, tail)
}

impl Feature<'_> {
    /// Kind and length of its list; none for no list.
    fn measured(&self) -> Option<(Kind, u64)> {
        // A list without values has no field for them, other than a packed field of no bytes.
        let packed = |len| if len == 0 { 0 } else { field_len(len) };
        Some(match self {
            Self::Empty => return None,
            Self::Bytes(values) => (
                Kind::Bytes,
                values
                    .iter()
                    .map(|value| field_len(value.len() as u64))
                    .sum(),
            ),
            Self::Floats(values) => (Kind::Floats, packed(4 * values.len() as u64)),
            Self::Ints(values) => (Kind::Ints, packed(ints_len(values))),
        })
    }

    /// Bytes of the message.
    fn len(&self) -> u64 {
        self.measured().map_or(0, |(_, list)| field_len(list))
    }

    fn put(&self, out: &mut Vec<u8>) {
        if let Some((kind, list)) = self.measured() {
            put_head(kind as u8, list, out);
        }
        match self {
            Self::Bytes(values) => {
                for value in values {
                    put_head(VALUE, value.len() as u64, out);
                    out.extend_from_slice(value);
                }
            }
            Self::Floats(values) if !values.is_empty() => {
                put_head(VALUE, 4 * values.len() as u64, out);
                out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
            Self::Ints(values) if !values.is_empty() => {
                put_head(VALUE, ints_len(values), out);
                for value in values {
                    put_varint(value.cast_unsigned(), out);
                }
            }
            Self::Empty | Self::Floats(_) | Self::Ints(_) => {}
        }
    }
}

/// Bytes of integers as varints.
fn ints_len(values: &[i64]) -> u64 {
    values
        .iter()
        .map(|value| varint_len(value.cast_unsigned()))
        .sum()
}

/// Bytes of a map's entry.
fn entry_len(key: &str, value: u64) -> u64 {
    field_len(key.len() as u64) + field_len(value)
}

fn entries_len<'a>(features: impl Iterator<Item = (&'a String, &'a Feature<'a>)>) -> u64 {
    features
        .map(|(key, feature)| field_len(entry_len(key, feature.len())))
        .sum()
}

fn put_entry_head(key: &str, value: u64, out: &mut Vec<u8>) {
    put_head(ENTRY, entry_len(key, value), out);
    put_head(ENTRY_KEY, key.len() as u64, out);
    out.extend_from_slice(key.as_bytes());
    put_head(ENTRY_VALUE, value, out);
}

fn put_entries<'a>(
    features: impl Iterator<Item = (&'a String, &'a Feature<'a>)>,
    out: &mut Vec<u8>,
) {
    for (key, feature) in features {
        put_entry_head(key, feature.len(), out);
        feature.put(out);
    }
}
