//! `tf.train.Example`: features by name, each a list of byte strings, of floats or of integers.
//!
//! The message, in the wire format of protocol buffers
//! (tensorflow/core/example/{example,feature}.proto): an Example holds Features (1), which hold a
//! map (1) from a key (1) to a Feature (2), which holds one of a bytes list (1), a float list (2)
//! and an int64 list (3), each of values (1); floats and integers are packed when written, and read
//! packed or not.
//!
//! Reading follows the rules of the format: fields come in any order, unknown ones are skipped, the
//! last entry of a key wins, and within an entry messages that occur twice are merged. Writing puts
//! keys in order, so that the same features are the same bytes.

mod encode;
mod wire;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::file::quoted;
pub use encode::{around, encode};
pub use wire::Reason;
use wire::{Fields, Value, messages};

/// What an Example holds under a key.
#[derive(Clone, Debug, PartialEq)]
pub enum Feature<'a> {
    /// No list of any kind.
    Empty,
    /// Byte strings.
    Bytes(Vec<Cow<'a, [u8]>>),
    /// Floats.
    Floats(Vec<f32>),
    /// Integers.
    Ints(Vec<i64>),
}

/// The features of an Example, by name.
pub type Features<'a> = BTreeMap<String, Feature<'a>>;

/// The first value of a feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum View<'a> {
    /// A byte string.
    Bytes(&'a [u8]),
    /// A float.
    Float(f32),
    /// An integer.
    Int(i64),
}

/// The features in the bytes of an Example. Byte strings are not copied.
///
/// # Errors
/// Bytes that are no Example.
pub fn decode(bytes: &[u8]) -> Result<Features<'_>, Reason> {
    let mut features = BTreeMap::new();
    entries(bytes, |entry| {
        let key = key_of(entry)?;
        let key = str::from_utf8(key).map_err(|_| Reason::Key(quoted(key)))?;
        let mut feature = Feature::Empty;
        lists(entry, |kind, list| {
            feature.become_a(kind);
            feature.extend(kind, list)
        })?;
        features.insert(key.to_owned(), feature);
        Ok(())
    })?;
    Ok(features)
}

/// What a feature holds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Values<'a> {
    /// Its first value.
    pub first: View<'a>,
    /// There are more.
    pub several: bool,
}

/// The values of a few features of an Example, without allocating; `None` for a feature that is
/// missing or an empty list. Other features are not decoded.
///
/// # Errors
/// Bytes that are no Example.
pub fn find<'a, const N: usize>(
    bytes: &'a [u8],
    keys: [&[u8]; N],
) -> Result<[Option<Values<'a>>; N], Reason> {
    let mut found = [None; N];
    entries(bytes, |entry| {
        let key = key_of(entry)?;
        for (slot, _) in found
            .iter_mut()
            .zip(keys)
            .filter(|(_, wanted)| *wanted == key)
        {
            *slot = values(entry)?;
        }
        Ok(())
    })?;
    Ok(found)
}

/// How many values the feature `key` of an Example has, without allocating; 0 if it is missing.
///
/// # Errors
/// Bytes that are no Example.
pub fn count(bytes: &[u8], key: &[u8]) -> Result<usize, Reason> {
    let mut count = 0;
    entries(bytes, |entry| {
        if key_of(entry)? == key {
            // Of several entries with one key, the last counts.
            count = 0;
            let mut before = None;
            lists(entry, |kind, list| {
                if before.replace(kind) != Some(kind) {
                    count = 0;
                }
                each_value(kind, list, |_| {
                    count += 1;
                    true
                })
            })?;
        }
        Ok(())
    })?;
    Ok(count)
}

/// Numbers of fields, in the order of the messages they are in.
const FEATURES: u8 = 1;
const ENTRY: u8 = 1;
const ENTRY_KEY: u8 = 1;
const ENTRY_VALUE: u8 = 2;
const VALUE: u8 = 1;

/// The kinds of lists, by the number of the field that they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Bytes = 1,
    Floats = 2,
    Ints = 3,
}

/// Calls `each` with the entries of an Example's map.
fn entries<'a>(
    bytes: &'a [u8],
    mut each: impl FnMut(&'a [u8]) -> Result<(), Reason>,
) -> Result<(), Reason> {
    messages(bytes, FEATURES.into(), |features| {
        messages(features, ENTRY.into(), &mut each)
    })
}

fn key_of(entry: &[u8]) -> Result<&[u8], Reason> {
    let mut key = &[][..];
    messages(entry, ENTRY_KEY.into(), |found| {
        key = found;
        Ok(())
    })?;
    Ok(key)
}

/// Calls `each` with the lists of an entry's feature, of which there should be one.
fn lists<'a>(
    entry: &'a [u8],
    mut each: impl FnMut(Kind, &'a [u8]) -> Result<(), Reason>,
) -> Result<(), Reason> {
    messages(entry, ENTRY_VALUE.into(), |feature| {
        let mut fields = Fields::new(feature);
        while let Some((number, value)) = fields.next()? {
            let kinds = [Kind::Bytes, Kind::Floats, Kind::Ints];
            let kind = kinds.into_iter().find(|kind| *kind as u32 == number);
            if let (Some(kind), Value::Bytes(list)) = (kind, value) {
                each(kind, list)?;
            }
        }
        Ok(())
    })
}

fn values(entry: &[u8]) -> Result<Option<Values<'_>>, Reason> {
    let (mut before, mut found) = (None, None::<Values<'_>>);
    lists(entry, |kind, list| {
        // Lists of one kind are one; a list of another kind takes the place of what was there.
        if before.replace(kind) != Some(kind) {
            found = None;
        }
        each_value(kind, list, |value| {
            let first = found.map_or(value, |values| values.first);
            let values = found.insert(Values {
                first,
                several: found.is_some(),
            });
            !values.several
        })
    })?;
    Ok(found)
}

/// Calls `each` with the values of a list, as long as it asks for more.
fn each_value<'a>(
    kind: Kind,
    list: &'a [u8],
    mut each: impl FnMut(View<'a>) -> bool,
) -> Result<(), Reason> {
    let mut fields = Fields::new(list);
    let mut more = true;
    while more && let Some((number, value)) = fields.next()? {
        more = match (kind, value) {
            _ if number != u32::from(VALUE) => true,
            (Kind::Bytes, Value::Bytes(bytes)) => each(View::Bytes(bytes)),
            (Kind::Floats, Value::Fixed32(bytes)) => each(View::Float(f32::from_le_bytes(bytes))),
            (Kind::Floats, Value::Bytes(packed)) => {
                floats(packed)?.all(|float| each(View::Float(float)))
            }
            (Kind::Ints, Value::Varint(number)) => each(View::Int(number.cast_signed())),
            (Kind::Ints, Value::Bytes(packed)) => each_int(packed, &mut each)?,
            _ => true,
        };
    }
    Ok(())
}

fn each_int<'a>(packed: &[u8], each: &mut impl FnMut(View<'a>) -> bool) -> Result<bool, Reason> {
    let mut packed = Fields::new(packed);
    while let Some(number) = packed.next_varint()? {
        if !each(View::Int(number.cast_signed())) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn floats(packed: &[u8]) -> Result<impl Iterator<Item = f32>, Reason> {
    match packed.as_chunks() {
        (floats, []) => Ok(floats.iter().map(|bytes| f32::from_le_bytes(*bytes))),
        _ => Err(Reason::Floats(packed.len())),
    }
}

impl<'a> Feature<'a> {
    /// Keeps its values if it is of that kind, and is empty otherwise.
    fn become_a(&mut self, kind: Kind) {
        match (kind, &self) {
            (Kind::Bytes, Self::Bytes(_))
            | (Kind::Floats, Self::Floats(_))
            | (Kind::Ints, Self::Ints(_)) => {}
            (Kind::Bytes, _) => *self = Self::Bytes(Vec::new()),
            (Kind::Floats, _) => *self = Self::Floats(Vec::new()),
            (Kind::Ints, _) => *self = Self::Ints(Vec::new()),
        }
    }

    /// Appends the values of an encoded list of its kind.
    fn extend(&mut self, kind: Kind, list: &'a [u8]) -> Result<(), Reason> {
        each_value(kind, list, |value| {
            match (&mut *self, value) {
                (Self::Bytes(values), View::Bytes(bytes)) => values.push(Cow::Borrowed(bytes)),
                (Self::Floats(values), View::Float(float)) => values.push(float),
                (Self::Ints(values), View::Int(int)) => values.push(int),
                _ => {}
            }
            true
        })
    }
}

#[cfg(test)]
mod tests;
