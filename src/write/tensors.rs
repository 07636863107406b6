//! Images as pixels, in `tf.train.Example`s with DLBS' features, which training reads without
//! decoding.
//!
//! An image is resized by its short side, and cropped to the square at its centre: what a Loader
//! gives with `fit="crop"`. Decoding looks at the bytes, not at names, so that the PNGs and CMYK
//! files that ImageNet has among its `.JPEG`s need no list of exceptions.

use std::collections::HashMap;
use std::sync::Arc;

use super::check::Checked;
use super::shards::Records;
use super::source::Source;
use super::wrapper::{Wrapper, number, text};
use crate::codec::{Content, Reason};
use crate::error::{Error, Result};
use crate::pixel::{Fit, Layout, Size, Words, words};
use crate::record::{Span, index};
use crate::transform::{self, Identity, Options, Recipe};

/// Order of the axes of an image.
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

/// Readable names of the classes of a source, by their place.
pub(super) struct Texts(Vec<String>);

impl Texts {
    /// Labels and texts from `labels`, which must have all classes, or else texts from `texts`.
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
        let texts = source.classes.iter_mut().map(text);
        texts.collect::<Result<_>>().map(Self)
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

/// What a worker keeps from image to image.
#[derive(Default)]
pub(super) struct Scratch {
    file: Vec<u8>,
    transform: transform::Scratch,
}

impl Tensors {
    /// Records of images of `side` by `side` pixels.
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
    fn wrapper(&self, record: usize) -> Wrapper {
        let class = self.source.class(record);
        let words = &self.texts.0[self.source.files.class(record)];
        let side = u64::from(self.side);
        let features = [
            ("image/height", number(side)),
            ("image/width", number(side)),
            ("image/channels", number(3)),
            ("image/class/label", number(class.label)),
            ("image/colorspace", text(b"RGB")),
            ("image/format", text(b"tensor")),
            ("image/order", text(self.order.word().as_bytes())),
            ("image/filename", text(self.source.base_name(record))),
            ("image/class/synset", text(class.name.as_bytes())),
            ("image/class/text", text(words.as_bytes())),
        ];
        Wrapper::new(features, self.bytes() as u64)
    }
}

impl Records for Tensors {
    type Scratch = Scratch;

    fn len(&self, record: usize) -> Option<u64> {
        Some(self.wrapper(record).len())
    }

    fn append(&self, record: usize, scratch: &mut Scratch, out: &mut Vec<u8>) -> Result<()> {
        let Scratch { file, transform } = scratch;
        file.clear();
        let stamp = self.checked[record].stamp;
        self.source.append(record, stamp, file)?;
        self.wrapper(record).append(out, |out| {
            let start = out.len();
            out.resize(start + self.bytes(), 0);
            let (content, slot) = (Content::Encoded(file), &mut out[start..]);
            let identity = Identity::default();
            let made = self.recipe.make(content, identity, transform, slot);
            made.map(drop)
                .map_err(|reason| unforeseen(reason).at(self.source.path(record)))
        })
    }

    fn resembles(&self, record: usize, framed: &[u8]) -> Option<bool> {
        Some(self.wrapper(record).is_around(framed))
    }

    fn index(&self, _: usize, spans: &[Span]) -> String {
        index::tfrecord_lines(spans)
    }

    fn source(&self) -> &Source {
        &self.source
    }
}

/// The error of an image that passed the check, with how to find it earlier.
fn unforeseen(reason: Reason) -> Reason {
    if reason.is_memory() {
        return reason;
    }
    let hint = "check=\"decode\" finds such files before anything is written";
    Reason::new(format!("{reason}; {hint}"))
}
