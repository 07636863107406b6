//! What a record holds: an image, as a file or as pixels, its label and its names.

use super::faults::{self, OTHER_LABEL, TEXT_LABELS};
use crate::codec::{Content, Format, Raw};
use crate::dataset::{Keys, LARGEST_LABEL, NO_LABEL, Options, Wanted};
use crate::file::quoted;
use crate::pixel::Size;
use crate::record::example::{self, Values, View};
use crate::record::{Framing, recordio};

/// The names of records' features, and which of them are wanted.
#[derive(Debug)]
pub(super) struct Schema {
    keys: Keys,
    /// Whether labels are wanted with the images.
    labels: Wanted,
}

/// What is known of a record without looking at its image.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Facts<'a> {
    /// The number of its class.
    pub(super) label: usize,
    /// What the class is called.
    pub(super) text: &'a [u8],
    /// The class's other name.
    pub(super) synset: &'a [u8],
    /// The file that the image was.
    pub(super) filename: &'a [u8],
}

/// Features whose names are the same wherever they occur.
const SYNSET: &[u8] = b"image/class/synset";
const FORMAT: &[u8] = b"image/format";
const HEIGHT: &[u8] = b"image/height";
const WIDTH: &[u8] = b"image/width";
const CHANNELS: &[u8] = b"image/channels";
const ORDER: &[u8] = b"image/order";

impl Schema {
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

    /// Whether records have labels.
    pub(super) fn has_labels(&self) -> bool {
        self.keys.label.is_some()
    }

    /// Whether labels are wanted with the images.
    pub(super) fn labelled(&self) -> bool {
        self.labels != Wanted::Never
    }

    /// The image in a record, and its label; 0 where that is not wanted.
    pub(super) fn sample<'a>(
        &self,
        framing: Framing,
        payload: &'a [u8],
    ) -> Result<(Content<'a>, usize), String> {
        match framing {
            Framing::TfRecord => self.sample_of_example(payload),
            Framing::RecordIo => {
                let (label, image) = labelled(payload, self.labelled())?;
                Ok((Content::Encoded(image), label))
            }
        }
    }

    fn sample_of_example<'a>(&self, payload: &'a [u8]) -> Result<(Content<'a>, usize), String> {
        let wanted = [
            self.keys.image.as_bytes(),
            self.label_key(),
            FORMAT,
            HEIGHT,
            WIDTH,
            CHANNELS,
            ORDER,
        ];
        let [image, label, format, sizes @ .., order] = find(payload, wanted)?;
        let image = self.image(payload, image)?;
        let label = match label {
            _ if !self.labelled() => 0,
            None if self.labels == Wanted::IfThere => NO_LABEL,
            label => self.label(payload, label)?,
        };
        if first(format) == Some(View::Bytes(b"tensor")) {
            let raw = tensor(image, sizes.map(first), first(order))?;
            return Ok((Content::Raw(raw), label));
        }
        if Format::of(image).is_none() {
            faults::refuse_pixels(payload, &self.keys.image, image)?;
        }
        Ok((Content::Encoded(image), label))
    }

    /// What is known of a record without its image.
    pub(super) fn facts<'a>(
        &self,
        framing: Framing,
        payload: &'a [u8],
    ) -> Result<Facts<'a>, String> {
        match framing {
            Framing::TfRecord => self.facts_of_example(payload),
            Framing::RecordIo => {
                let (label, _) = labelled(payload, self.has_labels())?;
                Ok(Facts {
                    label,
                    ..Facts::default()
                })
            }
        }
    }

    fn facts_of_example<'a>(&self, payload: &'a [u8]) -> Result<Facts<'a>, String> {
        let Keys { text, filename, .. } = &self.keys;
        let [text, filename] =
            [text, filename].map(|key| key.as_deref().unwrap_or_default().as_bytes());
        let wanted = [self.label_key(), text, SYNSET, filename];
        let [label, text, synset, filename] = find(payload, wanted)?;
        let bytes = |values| match first(values) {
            Some(View::Bytes(bytes)) => bytes,
            _ => b"",
        };
        let label = match label {
            label if self.has_labels() => self.label(payload, label)?,
            _ => 0,
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

    fn image<'a>(&self, payload: &'a [u8], values: Option<Values<'a>>) -> Result<&'a [u8], String> {
        let key = &self.keys.image;
        match values {
            Some(Values {
                first: View::Bytes(_),
                several: true,
            }) => Err(faults::several_values(payload, key, "feature")),
            Some(Values {
                first: View::Bytes(image),
                ..
            }) => Ok(image),
            Some(_) => Err(format!("the feature {key:?} is numbers, not an image")),
            None => Err(faults::missing(payload, key, "image")),
        }
    }

    fn label(&self, payload: &[u8], values: Option<Values<'_>>) -> Result<usize, String> {
        let key = self.keys.label.as_deref().unwrap_or_default();
        let Some(Values { first, several }) = values else {
            return Err(faults::missing(payload, key, "label"));
        };
        match first {
            View::Int(_) if several => Err(faults::several_values(payload, key, "label")),
            View::Int(label) => match u64::try_from(label) {
                Ok(..=LARGEST_LABEL) => Ok(usize::try_from(label).unwrap_or(usize::MAX)),
                Ok(_) => Err(format!(
                    "the label {key:?} is {label}, above {LARGEST_LABEL}"
                )),
                Err(_) => Err(format!("the label {key:?} is {label}, below 0")),
            },
            View::Float(label) => Err(format!(
                "the label {key:?} is the float {label}, not an integer: {OTHER_LABEL}"
            )),
            View::Bytes(_) => Err(format!(
                "the label {key:?} is text, not an integer: {OTHER_LABEL}; {TEXT_LABELS}"
            )),
        }
    }
}

/// The values of features.
fn find<'a, const N: usize>(
    payload: &'a [u8],
    keys: [&[u8]; N],
) -> Result<[Option<Values<'a>>; N], String> {
    example::find(payload, keys).map_err(|reason| faults::no_example(payload, &reason))
}

fn first(values: Option<Values<'_>>) -> Option<View<'_>> {
    values.map(|values| values.first)
}

/// The first label of an image record, and the image. The label is 0 if it is not wanted;
/// [`many_labels`] tells whether there are more.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a whole number below 2^24"
)]
fn labelled(payload: &[u8], wanted: bool) -> Result<(usize, &[u8]), String> {
    /// Not all whole numbers above it are floats.
    const MOST: f32 = 16_777_216.0;
    let decoded = recordio::Header::decode(payload);
    let (header, image) = decoded.map_err(|reason| reason.to_string())?;
    match header.labels.values().next() {
        _ if !wanted => Ok((0, image)),
        Some(label) if (0.0..=MOST).contains(&label) && label.fract() == 0.0 => {
            Ok((label as usize, image))
        }
        Some(label) if label > MOST => Err(format!("the label {label:.0} is above {MOST}")),
        Some(label) => Err(format!(
            "the label {label} is not a whole number, 0 or more"
        )),
        None => Err("no label".to_owned()),
    }
}

/// How many labels an image record has, if it is more than one.
pub(super) fn many_labels(payload: &[u8]) -> Option<usize> {
    let (header, _) = recordio::Header::decode(payload).ok()?;
    Some(header.labels.values().count()).filter(|count| *count > 1)
}

/// The pixels of a tensor record.
fn tensor<'a>(
    bytes: &'a [u8],
    sizes: [Option<View<'_>>; 3],
    order: Option<View<'_>>,
) -> Result<Raw<'a>, String> {
    let [height, width, channels] = sizes;
    let size = Size::new(number(width, WIDTH, None)?, number(height, HEIGHT, None)?);
    let channels = number(channels, CHANNELS, Some(3))?;
    let planar = match order {
        None | Some(View::Bytes(b"HWC")) => false,
        Some(View::Bytes(b"CHW")) => true,
        Some(View::Bytes(other)) => {
            let other = quoted(other);
            return Err(format!("image/order is {other}: HWC and CHW are known"));
        }
        Some(_) => return Err("image/order is a number: HWC and CHW are known".to_owned()),
    };
    Raw::new(bytes, size, channels as usize, planar).map_err(|reason| reason.to_string())
}

/// The number that a feature of a tensor is.
fn number(view: Option<View<'_>>, key: &[u8], otherwise: Option<u32>) -> Result<u32, String> {
    let wrong = |what: &str| format!("the feature {} is {what}", quoted(key));
    match view {
        Some(View::Int(value)) => u32::try_from(value)
            .map_err(|_| wrong(&format!("{value}, not within 0..={}", u32::MAX))),
        Some(_) => Err(wrong("no integer")),
        None => otherwise.ok_or_else(|| format!("a tensor needs the feature {}", quoted(key))),
    }
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

    fn schema(labelled: bool) -> Schema {
        let labels = if labelled {
            Wanted::Always
        } else {
            Wanted::Never
        };
        Schema::new(&Options {
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
        let (content, label) = schema(true).sample(Framing::TfRecord, &payload).unwrap();
        assert!(matches!(content, Content::Encoded(b"rgbRGB")));
        assert_eq!(label, 7);
        features.extend([
            ("image/height", ints(1)),
            ("image/width", ints(2)),
            ("image/format", bytes(b"tensor")),
        ]);
        let payload = record(&features);
        let (content, label) = schema(false).sample(Framing::TfRecord, &payload).unwrap();
        assert!(matches!(content, Content::Raw(raw) if raw.bytes() == b"rgbRGB"));
        assert_eq!(label, 0);
        let reason = |more: (&'static str, Feature<'static>)| {
            let payload = record(&[features.clone(), vec![more]].concat());
            schema(true)
                .sample(Framing::TfRecord, &payload)
                .unwrap_err()
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
            schema(false).sample(Framing::TfRecord, &payload).err()
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
        let reason = |payload: &[u8]| schema(true).sample(Framing::TfRecord, payload).unwrap_err();
        assert_eq!(
            reason(b"\x0c"),
            "not a tf.train.Example: a field has the invalid wire type 4"
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
            schema(true)
                .facts(Framing::TfRecord, b"\xff\xd8\xff\xe0")
                .unwrap_err()
                .contains("a JPEG file itself")
        );
    }

    #[test]
    fn what_is_missing_is_said_with_what_is_there() {
        let payload = record(&[("img", bytes(b"x")), ("class", ints(1))]);
        let reason = schema(true)
            .sample(Framing::TfRecord, &payload)
            .unwrap_err();
        assert_eq!(
            reason,
            "no feature \"image/encoded\"; there are \"class\", \"img\": say which with \
             keys={\"image\": ...}"
        );
        let keys = Keys {
            image: "img".to_owned(),
            ..Keys::default()
        };
        let options = Options {
            keys,
            ..Options::default()
        };
        let reason = Schema::new(&options)
            .sample(Framing::TfRecord, &payload)
            .unwrap_err();
        assert!(
            reason.contains("\"image/class/label\"")
                && reason.contains("None if there are no labels"),
            "{reason}"
        );
        let label = |options| {
            Schema::new(&options)
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
            schema(true)
                .facts(Framing::TfRecord, &payload)
                .map(|facts| facts.label)
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
            schema(true)
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
        let reason = schema(false)
            .sample(Framing::TfRecord, &payload)
            .unwrap_err();
        assert_eq!(
            reason,
            "the feature \"image/encoded\" has 2 values: one is needed"
        );
    }
}
