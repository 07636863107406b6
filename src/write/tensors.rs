//! Pictures as pixels, in `tf.train.Example`s with DLBS' features: what training reads at the speed
//! of memory.
//!
//! A picture is resized by its short side, and cropped to the square at its centre: what a Loader
//! gives with `fit="crop"`. Decoding looks at the bytes, not at names, so that the PNGs and CMYK
//! files that ImageNet has among its `.JPEG`s need no list of exceptions.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::check::Checked;
use super::examples::is_around;
use super::shards::Records;
use super::source::Source;
use crate::codec::{Content, Reason};
use crate::error::{Error, Result};
use crate::pixel::{Fit, Layout, Size, Words, words};
use crate::record::example::{self, Feature};
use crate::record::{Span, index, tfrecord};
use crate::transform::{self, Identity, Options, Recipe};

/// Order of the axes of a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// Rows of pixels, the three channels of a pixel together.
    #[default]
    Hwc,
    /// A plane for each channel.
    Chw,
}

// Also what records call it.
words!(Order: "HWC" Hwc, "CHW" Chw);

/// What people call the classes of a source, by their place.
pub(super) struct Texts(Vec<String>);

impl Texts {
    /// Labels and texts as `labels` has them, which must then have all classes; texts as `texts`
    /// has them otherwise.
    pub(super) fn new(
        source: &mut Source,
        labels: Option<&HashMap<String, (u64, String)>>,
        texts: &HashMap<String, String>,
    ) -> Result<Self> {
        let root = source.root.clone();
        let text = |class: &mut super::source::Class| match labels {
            None => Ok(texts.get(&class.name).cloned().unwrap_or_default()),
            Some(labels) => {
                let Some((label, text)) = labels.get(&class.name) else {
                    return Err(Error::dataset(
                        root.join(&class.name),
                        "the labels given do not list this class",
                    ));
                };
                class.label = *label;
                Ok(text.clone())
            }
        };
        source
            .classes
            .iter_mut()
            .map(text)
            .collect::<Result<_>>()
            .map(Self)
    }
}

/// The records.
pub(super) struct Tensors {
    source: Arc<Source>,
    checked: Vec<Checked>,
    texts: Texts,
    side: u32,
    order: Order,
    recipe: Recipe,
}

/// What a worker keeps from picture to picture.
#[derive(Default)]
pub(super) struct Scratch {
    file: Vec<u8>,
    transform: transform::Scratch,
}

const ENCODED: &str = "image/encoded";

impl Tensors {
    /// Records of pictures of `side` by `side` pixels.
    pub(super) fn new(
        source: Arc<Source>,
        checked: Vec<Checked>,
        texts: Texts,
        side: u32,
        order: Order,
    ) -> Result<Self> {
        let layout = match order {
            Order::Hwc => Layout::Nhwc,
            Order::Chw => Layout::Nchw,
        };
        let options = Options {
            size: Some(Size::new(side, side)),
            fit: Fit::Crop,
            layout,
            ..Options::default()
        };
        Ok(Self {
            recipe: Recipe::new(&options)?,
            source,
            checked,
            texts,
            side,
            order,
        })
    }

    /// Bytes of the pixels of an image.
    fn bytes(&self) -> usize {
        self.recipe.field(Size::new(self.side, self.side)).bytes()
    }

    /// Everything of a record but the pixels.
    fn features(&self, record: usize) -> BTreeMap<String, Feature<'_>> {
        let class = self.source.class(record);
        let text = &self.texts.0[self.source.files.class(record)];
        let side = u64::from(self.side);
        let numbers = [
            ("image/height", side),
            ("image/width", side),
            ("image/channels", 3),
            ("image/class/label", class.label),
        ];
        let words: [(&str, &[u8]); 6] = [
            ("image/colorspace", b"RGB"),
            ("image/format", b"tensor"),
            ("image/order", self.order.word().as_bytes()),
            ("image/filename", self.source.base_name(record)),
            ("image/class/synset", class.name.as_bytes()),
            ("image/class/text", text.as_bytes()),
        ];
        let number = |value| Feature::Ints(vec![i64::try_from(value).unwrap_or(i64::MAX)]);
        let numbers = numbers
            .into_iter()
            .map(|(key, value)| (key.to_owned(), number(value)));
        let words = words
            .into_iter()
            .map(|(key, word)| (key.to_owned(), Feature::Bytes(vec![Cow::Borrowed(word)])));
        numbers.chain(words).collect()
    }

    fn around(&self, record: usize) -> (Vec<u8>, Vec<u8>) {
        example::around(&self.features(record), ENCODED, self.bytes() as u64)
    }
}

impl Records for Tensors {
    type Scratch = Scratch;

    fn len(&self, record: usize) -> Option<u64> {
        let (before, after) = self.around(record);
        Some(tfrecord::OVERHEAD + (before.len() + self.bytes() + after.len()) as u64)
    }

    fn append(&self, record: usize, scratch: &mut Scratch, out: &mut Vec<u8>) -> Result<()> {
        let Scratch { file, transform } = scratch;
        file.clear();
        self.source
            .append(record, self.checked[record].stamp, file)?;
        let (before, after) = self.around(record);
        out.extend_from_slice(&tfrecord::header(
            (before.len() + self.bytes() + after.len()) as u64,
        ));
        let start = out.len();
        out.extend_from_slice(&before);
        let pixels = out.len();
        out.resize(pixels + self.bytes(), 0);
        let (content, slot) = (Content::Encoded(file), &mut out[pixels..]);
        let made = self
            .recipe
            .make(content, Identity::default(), transform, slot);
        made.map_err(|reason| unforeseen(reason).at(self.source.path(record)))?;
        out.extend_from_slice(&after);
        let footer = tfrecord::footer(&out[start..]);
        out.extend_from_slice(&footer);
        Ok(())
    }

    fn resembles(&self, record: usize, framed: &[u8]) -> Option<bool> {
        let (before, after) = self.around(record);
        Some(is_around(framed, &before, &after, self.bytes() as u64))
    }

    fn index(&self, _: usize, spans: &[Span]) -> String {
        index::tfrecord_lines(spans)
    }

    fn source(&self) -> &Source {
        &self.source
    }
}

/// Why a picture that passed the check is none after all, and how that is found earlier.
fn unforeseen(reason: Reason) -> Reason {
    if reason.is_memory() {
        return reason;
    }
    Reason::new(format!(
        "{reason}; check=\"decode\" finds such files before anything is written"
    ))
}
