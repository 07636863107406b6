//! Errors of records that are sound, but not as they should be.

use crate::codec::Format;
use crate::file::quoted;
use crate::record::example::{self, Feature, Features, count, decode};

/// What to do if a feature is not a label.
pub(super) const OTHER_LABEL: &str = "name a feature of one integer with keys={\"label\": ...}, or \
    leave labels out with labels=None";

/// What to do if classes have only names.
pub(super) const TEXT_LABELS: &str = "labels must be numbers: if the records have only names, \
    write them again with an integer for each, with create_tfrecords or as tf.train.Example; a \
    labels.csv beside them names the classes";

/// The error of a record that is not an Example.
pub(super) fn no_example(payload: &[u8], reason: &example::Reason) -> String {
    image_itself(payload).unwrap_or_else(|| format!("not a tf.train.Example: {reason}"))
}

/// The error of a record that is an image itself, if it is one.
fn image_itself(payload: &[u8]) -> Option<String> {
    let name = Format::of(payload)?.name();
    Some(format!(
        "the record is a {name} file itself, not a tf.train.Example"
    ))
}

/// Refuses an image whose bytes are pixels, though `image/format` does not say so.
pub(super) fn refuse_pixels(payload: &[u8], key: &str, image: &[u8]) -> Result<(), String> {
    let features = decode(payload).map_err(|reason| reason.to_string())?;
    let is = if let [0x08, 1..=30, 0x12, ..] = image {
        "is a tensor, as tf.io.serialize_tensor writes it".to_owned()
    } else if let Some(shape) = shape_of(&features, image.len() as u64) {
        format!("is raw pixels, {shape}")
    } else {
        return Ok(());
    };
    Err(format!(
        "the feature {key:?} {is}, and not an image file: pixels are read if \"image/format\" is \
         \"tensor\" and they are uint8, of the size in \"image/height\", \"image/width\" and \
         \"image/channels\""
    ))
}

/// The shape that the features give, if it fits the number of bytes.
fn shape_of(features: &Features<'_>, bytes: u64) -> Option<String> {
    let side = |names: [&str; 2]| {
        features.iter().find_map(|(key, feature)| match feature {
            Feature::Ints(values)
                if names.contains(&key.rsplit('/').next().unwrap_or_default()) =>
            {
                u64::try_from(*values.first()?).ok()
            }
            _ => None,
        })
    };
    let (height, width) = (side(["height", "rows"])?, side(["width", "cols"])?);
    let pixels = height.checked_mul(width)?;
    let mut channels = [1, 3, 4].into_iter();
    let channels = channels.find(|channels| pixels.checked_mul(*channels) == Some(bytes))?;
    Some(format!("{height}x{width}x{channels}"))
}

/// The error of a feature that has several values instead of one.
pub(super) fn several_values(payload: &[u8], key: &str, what: &str) -> String {
    let values = match count(payload, key.as_bytes()) {
        Ok(values) => values,
        Err(reason) => return reason.to_string(),
    };
    let otherwise = if what == "label" {
        format!("; {OTHER_LABEL}")
    } else {
        String::new()
    };
    format!("the {what} {key:?} has {values} values: one is needed{otherwise}")
}

/// The error of a missing feature, with those that are there.
pub(super) fn missing(payload: &[u8], key: &str, what: &str) -> String {
    let features = match decode(payload) {
        Ok(features) => features,
        Err(reason) => return no_example(payload, &reason),
    };
    if features.is_empty() {
        let none = || format!("no feature {key:?}, nor any other");
        return image_itself(payload).unwrap_or_else(none);
    }
    match features.get(key) {
        Some(Feature::Empty) => {
            return format!("the feature {key:?} is empty: it has no list of values");
        }
        Some(_) => return format!("the feature {key:?} is empty: it has no values"),
        None => {}
    }
    let there = features.keys().take(20).map(|key| quoted(key.as_bytes()));
    let there = there.collect::<Vec<_>>().join(", ");
    let none = if what == "label" {
        ", None if there are no labels"
    } else {
        ""
    };
    format!("no feature {key:?}; there are {there}: say which with keys={{{what:?}: ...}}{none}")
}
