//! What a record holds: a picture, as a file or as pixels, its label, and what it is called.

use crate::codec::{Format, Raw};
use crate::dataset::{Content, Keys, LARGEST_LABEL, NO_LABEL, Options, Wanted};
use crate::file::quoted;
use crate::pixel::Size;
use crate::record::example::{self, Feature, Features, Values, View, count, decode};
use crate::record::{Framing, Reason, recordio};

/// What records hold under which names, and what of it is wanted.
#[derive(Debug)]
pub(super) struct Form {
    keys: Keys,
    /// Whether labels are wanted with the pictures.
    labels: Wanted,
}

/// What is known of a record without looking at its picture.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Facts<'a> {
    /// The number of its class.
    pub(super) label: usize,
    /// What the class is called.
    pub(super) text: &'a [u8],
    /// The class's other name.
    pub(super) synset: &'a [u8],
    /// The file that the picture was.
    pub(super) filename: &'a [u8],
}

/// Features whose names are the same wherever they occur.
const SYNSET: &[u8] = b"image/class/synset";
const FORMAT: &[u8] = b"image/format";
const HEIGHT: &[u8] = b"image/height";
const WIDTH: &[u8] = b"image/width";
const CHANNELS: &[u8] = b"image/channels";
const ORDER: &[u8] = b"image/order";

impl Form {
    /// Of the records that are asked for.
    pub(super) fn new(options: &Options) -> Self {
        let keys = options.keys.clone();
        Self {
            labels: if keys.label.is_some() {
                options.labels
            } else {
                Wanted::Never
            },
            keys,
        }
    }

    /// Whether a record has a label that can be told from others.
    pub(super) fn has_labels(&self) -> bool {
        self.keys.label.is_some()
    }

    /// Whether labels are wanted with the pictures.
    pub(super) fn labelled(&self) -> bool {
        self.labels != Wanted::Never
    }

    /// The picture in a record, and its label; 0 where that is not wanted.
    pub(super) fn sample<'a>(
        &self,
        framing: Framing,
        payload: &'a [u8],
    ) -> Result<(Content<'a>, usize), Reason> {
        if framing == Framing::RecordIo {
            let (header, image) = recordio::Header::decode(payload)?;
            let label = if self.labelled() {
                label_of(&header)?
            } else {
                0
            };
            return Ok((Content::Encoded(image), label));
        }
        let key = self.label_key();
        let wanted = [
            self.keys.image.as_bytes(),
            key,
            FORMAT,
            HEIGHT,
            WIDTH,
            CHANNELS,
            ORDER,
        ];
        let [image, label, format, sizes @ .., order] = find(payload, wanted)?;
        let image = match image {
            Some(Values {
                first: View::Bytes(_),
                several: true,
            }) => {
                return Err(several_values(payload, &self.keys.image, "feature"));
            }
            Some(Values {
                first: View::Bytes(image),
                ..
            }) => image,
            Some(_) => {
                return Err(Reason(format!(
                    "the feature {:?} is numbers, not an image",
                    self.keys.image
                )));
            }
            None => return Err(missing(payload, &self.keys.image, "image")),
        };
        let label = match label {
            _ if !self.labelled() => 0,
            None if self.labels == Wanted::IfThere => NO_LABEL,
            label => self.label(payload, label)?,
        };
        if first(format) == Some(View::Bytes(b"tensor")) {
            return Ok((
                Content::Raw(tensor(image, sizes.map(first), first(order))?),
                label,
            ));
        }
        if Format::of(image).is_none() {
            refuse_pixels(payload, &self.keys.image, image)?;
        }
        Ok((Content::Encoded(image), label))
    }

    /// What is known of a record without its picture.
    pub(super) fn facts<'a>(
        &self,
        framing: Framing,
        payload: &'a [u8],
    ) -> Result<Facts<'a>, Reason> {
        if framing == Framing::RecordIo {
            let (header, _) = recordio::Header::decode(payload)?;
            let label = if self.has_labels() {
                label_of(&header)?
            } else {
                0
            };
            return Ok(Facts {
                label,
                ..Facts::default()
            });
        }
        let Keys { text, filename, .. } = &self.keys;
        let [text, filename] =
            [text, filename].map(|key| key.as_deref().unwrap_or_default().as_bytes());
        let wanted = [self.label_key(), text, SYNSET, filename];
        let [label, text, synset, filename] = find(payload, wanted)?;
        let bytes = |values| {
            if let Some(View::Bytes(bytes)) = first(values) {
                bytes
            } else {
                b""
            }
        };
        let label = if self.has_labels() {
            self.label(payload, label)?
        } else {
            0
        };
        Ok(Facts {
            label,
            text: bytes(text),
            synset: bytes(synset),
            filename: bytes(filename),
        })
    }

    fn label_key(&self) -> &[u8] {
        self.keys.label.as_deref().unwrap_or_default().as_bytes()
    }

    fn label(&self, payload: &[u8], values: Option<Values<'_>>) -> Result<usize, Reason> {
        let key = self.keys.label.as_deref().unwrap_or_default();
        if let Some(Values {
            first: View::Int(_),
            several: true,
        }) = values
        {
            return Err(several_values(payload, key, "label"));
        }
        match first(values) {
            Some(View::Int(label)) => match u64::try_from(label) {
                Ok(..=LARGEST_LABEL) => Ok(usize::try_from(label).unwrap_or(usize::MAX)),
                Ok(_) => Err(Reason(format!(
                    "the label {key:?} is {label}, above {LARGEST_LABEL}"
                ))),
                Err(_) => Err(Reason(format!("the label {key:?} is {label}, below 0"))),
            },
            Some(View::Float(label)) => Err(Reason(format!(
                "the label {key:?} is the float {label}, not an integer: {OTHER_LABEL}"
            ))),
            Some(View::Bytes(_)) => Err(Reason(format!(
                "the label {key:?} is text, not an integer: {OTHER_LABEL}; {TEXT_LABELS}"
            ))),
            None => Err(missing(payload, key, "label")),
        }
    }
}

/// What to do where a feature is no label.
const OTHER_LABEL: &str = "name a feature of one integer with keys={\"label\": ...}, or leave labels out with labels=None";

/// What to do where classes are known by their names alone.
const TEXT_LABELS: &str = "classes are numbers here, so where there are only names write the records anew with an integer \
                           for each, by create_tfrecords or as tf.train.Example; a labels.csv beside them names the classes";

/// The values of features.
fn find<'a, const N: usize>(
    payload: &'a [u8],
    keys: [&[u8]; N],
) -> Result<[Option<Values<'a>>; N], Reason> {
    example::find(payload, keys).map_err(|reason| no_example(payload, &reason))
}

/// The error of a record that is something else.
fn no_example(payload: &[u8], reason: &Reason) -> Reason {
    picture(payload).unwrap_or_else(|| Reason(format!("not a tf.train.Example: {reason}")))
}

/// The error of a record that is a picture, if it is one.
fn picture(payload: &[u8]) -> Option<Reason> {
    let name = Format::of(payload)?.name();
    Some(Reason(format!(
        "the record is a {name} file itself, not a tf.train.Example"
    )))
}

/// An error where the bytes of an image are its pixels, of which nothing else says so.
fn refuse_pixels(payload: &[u8], key: &str, image: &[u8]) -> Result<(), Reason> {
    let is = if let [0x08, 1..=30, 0x12, ..] = image {
        "is a tensor, as tf.io.serialize_tensor writes it".to_owned()
    } else if let Some(shape) = shape_of(&decode(payload)?, image.len() as u64) {
        format!("is raw pixels, {shape}")
    } else {
        return Ok(());
    };
    Err(Reason(format!(
        "the feature {key:?} {is}, and not an image file: such are read where \"image/format\" is \"tensor\", and the bytes are \
         uint8 pixels of \"image/height\", \"image/width\" and \"image/channels\""
    )))
}

/// The shape that features give, if it is that of so many bytes.
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
    let channels = [1, 3, 4];
    let fits = |channels: &u64| {
        height
            .checked_mul(width)
            .and_then(|all| all.checked_mul(*channels))
            == Some(bytes)
    };
    channels
        .iter()
        .find(|channels| fits(channels))
        .map(|channels| format!("{height}x{width}x{channels}"))
}

fn first(values: Option<Values<'_>>) -> Option<View<'_>> {
    values.map(|values| values.first)
}

/// The error of a feature that has several values, of which nobody can say which is meant.
fn several_values(payload: &[u8], key: &str, what: &str) -> Reason {
    let values = match count(payload, key.as_bytes()) {
        Ok(values) => values,
        Err(reason) => return reason,
    };
    let otherwise = if what == "label" {
        format!("; {OTHER_LABEL}")
    } else {
        String::new()
    };
    Reason(format!(
        "the {what} {key:?} has {values} values: one is needed{otherwise}"
    ))
}

/// The first label of an image record, as `MXNet` and face data sets have it; [`many_labels`] tells
/// that there are more.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number below 2^24"
)]
fn label_of(header: &recordio::Header<'_>) -> Result<usize, Reason> {
    /// Above it floats are not all whole numbers.
    const MOST: f32 = 16_777_216.0;
    match header.labels.values().next() {
        Some(label) if (0.0..=MOST).contains(&label) && label.fract() == 0.0 => Ok(label as usize),
        Some(label) if label > MOST => Err(Reason(format!("the label {label:.0} is above {MOST}"))),
        Some(label) => Err(Reason(format!(
            "the label {label} is no whole number from 0 on"
        ))),
        None => Err(Reason("no label".to_owned())),
    }
}

/// How many labels an image record has, if it is more than one.
pub(super) fn many_labels(payload: &[u8]) -> Option<usize> {
    let (header, _) = recordio::Header::decode(payload).ok()?;
    Some(header.labels.values().count()).filter(|count| *count > 1)
}

/// The error of a feature that is not there, and which are.
fn missing(payload: &[u8], key: &str, what: &str) -> Reason {
    let features = match decode(payload) {
        Ok(features) if features.is_empty() => {
            return picture(payload)
                .unwrap_or_else(|| Reason(format!("no feature {key:?}, nor any other")));
        }
        Ok(features) => features,
        Err(reason) => return no_example(payload, &reason),
    };
    if let Some(feature) = features.get(key) {
        let wrong = if *feature == Feature::Empty {
            "no list of values"
        } else {
            "no values"
        };
        return Reason(format!("the feature {key:?} is empty: it has {wrong}"));
    }
    let there: Vec<_> = features
        .keys()
        .take(20)
        .map(|key| quoted(key.as_bytes()))
        .collect();
    let none = if what == "label" {
        ", None if there are no labels"
    } else {
        ""
    };
    let there = there.join(", ");
    Reason(format!(
        "no feature {key:?}; there are {there}: say which with keys={{{what:?}: ...}}{none}"
    ))
}

/// The pixels of a tensor record.
fn tensor<'a>(
    bytes: &'a [u8],
    sizes: [Option<View<'_>>; 3],
    order: Option<View<'_>>,
) -> Result<Raw<'a>, Reason> {
    let number = |view: Option<View<'_>>, key: &[u8], otherwise: Option<u32>| {
        let key = String::from_utf8_lossy(key);
        match view {
            Some(View::Int(value)) => u32::try_from(value).map_err(|_| {
                Reason(format!(
                    "the feature {key:?} is {value}, not within 0..={}",
                    u32::MAX
                ))
            }),
            Some(_) => Err(Reason(format!("the feature {key:?} is no integer"))),
            None => otherwise.ok_or_else(|| Reason(format!("a tensor needs the feature {key:?}"))),
        }
    };
    let (height, width) = (
        number(sizes[0], HEIGHT, None)?,
        number(sizes[1], WIDTH, None)?,
    );
    let channels = number(sizes[2], CHANNELS, Some(3))?;
    let planar = match order {
        None | Some(View::Bytes(b"HWC")) => false,
        Some(View::Bytes(b"CHW")) => true,
        Some(View::Bytes(other)) => {
            return Err(Reason(format!(
                "image/order is {}: HWC and CHW are known",
                quoted(other)
            )));
        }
        Some(_) => {
            return Err(Reason(
                "image/order is a number: HWC and CHW are known".to_owned(),
            ));
        }
    };
    let raw = Raw::new(bytes, Size::new(width, height), channels as usize, planar);
    raw.map_err(|reason| Reason(reason.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::example::{Feature, Features, encode};

    fn record(features: &[(&str, Feature<'static>)]) -> Vec<u8> {
        let features: Features<'_> = features
            .iter()
            .map(|(key, feature)| ((*key).to_owned(), feature.clone()))
            .collect();
        encode(&features)
    }

    fn bytes(bytes: &'static [u8]) -> Feature<'static> {
        Feature::Bytes(vec![bytes.into()])
    }

    fn ints(value: i64) -> Feature<'static> {
        Feature::Ints(vec![value])
    }

    fn form(labelled: bool) -> Form {
        let labels = if labelled {
            Wanted::Always
        } else {
            Wanted::Never
        };
        Form::new(&Options {
            labels,
            ..Options::default()
        })
    }

    #[test]
    fn a_tensor_is_pixels_and_anything_else_a_file() {
        let mut features = vec![
            ("image/encoded", bytes(b"rgbRGB")),
            ("image/class/label", ints(7)),
        ];
        let payload = record(&features);
        let (content, label) = form(true).sample(Framing::TfRecord, &payload).unwrap();
        assert!(matches!(content, Content::Encoded(b"rgbRGB")));
        assert_eq!(label, 7);
        features.extend([
            ("image/height", ints(1)),
            ("image/width", ints(2)),
            ("image/format", bytes(b"tensor")),
        ]);
        let payload = record(&features);
        let (content, label) = form(false).sample(Framing::TfRecord, &payload).unwrap();
        assert!(matches!(content, Content::Raw(raw) if raw.bytes() == b"rgbRGB"));
        assert_eq!(label, 0);
        let reason = |more: (&'static str, Feature<'static>)| {
            let payload = record(&[features.clone(), vec![more]].concat());
            form(true)
                .sample(Framing::TfRecord, &payload)
                .unwrap_err()
                .0
        };
        assert_eq!(
            reason(("image/channels", ints(1))),
            "6 bytes of pixels, where 2x1 of 1 channel take 2"
        );
        assert_eq!(
            reason(("image/width", ints(-1))),
            "the feature \"image/width\" is -1, not within 0..=4294967295"
        );
        assert!(reason(("image/order", bytes(b"WHC"))).contains("HWC and CHW are known"));
    }

    #[test]
    fn pixels_without_a_format_are_called_so() {
        let reason = |image: &'static [u8], more: &[(&str, Feature<'static>)]| {
            let payload = record(&[&[("image/encoded", bytes(image))], more].concat());
            form(false)
                .sample(Framing::TfRecord, &payload)
                .map_err(|reason| reason.0)
                .err()
        };
        let sides = [("height", ints(2)), ("image/width", ints(3))];
        for (image, shape) in [
            (&[7; 6][..], "2x3x1"),
            (&[7; 18], "2x3x3"),
            (&[7; 24], "2x3x4"),
        ] {
            let reason = reason(image, &sides).unwrap();
            assert!(
                reason.contains(&format!("raw pixels, {shape}, and not an image file")),
                "{reason}"
            );
            assert!(
                reason.contains("\"image/format\" is \"tensor\""),
                "{reason}"
            );
        }
        assert_eq!(
            reason(&[7; 12], &sides),
            None,
            "left for the decoder to say"
        );
        assert_eq!(reason(&[7; 18], &[]), None);
        let image = b"\x08\x04\x12\x0c\x12\x02\x08\x08\x12\x02\x08\x08\x12\x02\x08\x03";
        assert!(
            reason(image, &[])
                .unwrap()
                .contains("a tensor, as tf.io.serialize_tensor writes it")
        );
    }

    #[test]
    fn what_is_no_example_is_called_so() {
        let reason = |payload: &[u8]| form(true).sample(Framing::TfRecord, payload).unwrap_err().0;
        assert_eq!(
            reason(b"\x0c"),
            "not a tf.train.Example: a field is of wire type 4, where none can be"
        );
        assert_eq!(
            reason(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
            "the record is a PNG file itself, not a tf.train.Example"
        );
        assert_eq!(
            reason(b"BM\0B\0"),
            "the record is a BMP file itself, not a tf.train.Example"
        );
        assert!(
            form(true)
                .facts(Framing::TfRecord, b"\xff\xd8\xff\xe0")
                .unwrap_err()
                .0
                .contains("a JPEG file itself")
        );
    }

    #[test]
    fn what_is_missing_is_said_with_what_is_there() {
        let payload = record(&[("img", bytes(b"x")), ("class", ints(1))]);
        let reason = form(true)
            .sample(Framing::TfRecord, &payload)
            .unwrap_err()
            .0;
        assert_eq!(
            reason,
            "no feature \"image/encoded\"; there are \"class\", \"img\": say which with keys={\"image\": ...}"
        );
        let keys = Keys {
            image: "img".to_owned(),
            ..Keys::default()
        };
        let options = Options {
            keys,
            ..Options::default()
        };
        let reason = Form::new(&options)
            .sample(Framing::TfRecord, &payload)
            .unwrap_err()
            .0;
        assert!(
            reason.contains("\"image/class/label\"")
                && reason.contains("None if there are no labels"),
            "{reason}"
        );
        let label = |options| {
            Form::new(&options)
                .sample(Framing::TfRecord, &payload)
                .map(|(_, label)| label)
                .ok()
        };
        assert_eq!(
            label(Options {
                labels: Wanted::Never,
                ..options.clone()
            }),
            Some(0)
        );
        assert_eq!(
            label(Options {
                labels: Wanted::IfThere,
                ..options
            }),
            Some(NO_LABEL)
        );
    }

    #[test]
    fn labels_are_whole_numbers_from_zero_on() {
        let label = |label: Feature<'static>| {
            let payload = record(&[("image/class/label", label)]);
            form(true)
                .facts(Framing::TfRecord, &payload)
                .map(|facts| facts.label)
                .map_err(|reason| reason.0)
        };
        assert_eq!(label(ints(3)), Ok(3));
        assert_eq!(label(ints(i64::from(i32::MAX))), Ok(i32::MAX as usize));
        assert!(label(ints(-1)).unwrap_err().contains("below 0"));
        for large in [1 << 31, i64::MAX] {
            let reason = label(ints(large)).unwrap_err();
            assert_eq!(
                reason,
                format!("the label \"image/class/label\" is {large}, above 2147483647")
            );
        }
        let text = label(bytes(b"cat")).unwrap_err();
        assert!(
            text.contains("is text") && text.contains("a labels.csv beside them names the classes"),
            "{text}"
        );
        assert!(
            label(Feature::Floats(vec![1.0]))
                .unwrap_err()
                .contains("float")
        );
        let label = |label: f32| {
            let mut payload = Vec::new();
            recordio::Header {
                labels: recordio::Labels::One(label),
                id: 0,
                id2: 0,
            }
            .encode(&mut payload);
            form(true)
                .facts(Framing::RecordIo, &payload)
                .map(|facts| facts.label)
                .ok()
        };
        assert_eq!(
            [0.0, 5.0, 0.5, -1.0, f32::NAN, 1e9].map(label),
            [Some(0), Some(5), None, None, None, None]
        );
    }

    #[test]
    fn of_several_images_none_is_the_one() {
        let images = Feature::Bytes(vec![b"a"[..].into(), b"b"[..].into()]);
        let payload = record(&[("image/encoded", images)]);
        let reason = form(false)
            .sample(Framing::TfRecord, &payload)
            .unwrap_err()
            .0;
        assert_eq!(
            reason,
            "the feature \"image/encoded\" has 2 values: one is needed"
        );
    }
}
