//! Image files as they are, each in a `tf.train.Example` in a TFRecord.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use super::check::Checked;
use super::plan::MakeRecords;
use super::shards::Records;
use super::source::Source;
use crate::codec::Format;
use crate::error::Result;
use crate::record::example::{self, Feature};
use crate::record::{Span, index, tfrecord};

/// Which features a record has, besides `image/encoded` and `image/class/label`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Schema {
    /// None (Imageinary's).
    Bare,
    /// Format, file name, height, width, and the name of the class.
    Metadata,
    /// Format by the file's ending, file name as it was listed, height, width (image2tfrecords').
    Split,
}

/// The records.
pub(super) struct Examples {
    source: Arc<Source>,
    checked: Vec<Checked>,
    schema: Schema,
}

const ENCODED: &str = "image/encoded";

impl Examples {
    /// Makes records with these features.
    pub(super) fn of(schema: Schema) -> MakeRecords<Self> {
        let records = move |source, checked| Self {
            source,
            checked,
            schema,
        };
        Box::new(move |source, checked| Ok((records(source, checked), Vec::new())))
    }

    /// Everything of a record but the picture.
    fn features(&self, record: usize) -> BTreeMap<String, Feature<'_>> {
        let number = |value: u64| Feature::Ints(vec![i64::try_from(value).unwrap_or(i64::MAX)]);
        let text = |value| Feature::Bytes(vec![Cow::Borrowed(value)]);
        let mut features = BTreeMap::new();
        let mut set = |key: &str, feature| features.insert(key.to_owned(), feature);
        let class = self.source.class(record);
        set("image/class/label", number(class.label));
        if self.schema == Schema::Bare {
            return features;
        }
        let Checked { size, format, .. } = self.checked[record];
        set("image/height", number(size.height.into()));
        set("image/width", number(size.width.into()));
        if self.schema == Schema::Split {
            let name = Path::new(OsStr::from_bytes(self.source.name(record)));
            set(
                "image/format",
                text(name.extension().unwrap_or_default().as_bytes()),
            );
            set("image/filename", text(self.source.name(record)));
        } else {
            set("image/format", text(name_of(format).as_bytes()));
            set("image/filename", text(self.source.base_name(record)));
            set("image/class/text", text(class.name.as_bytes()));
        }
        features
    }

    fn around(&self, record: usize) -> (Vec<u8>, Vec<u8>) {
        example::around(
            &self.features(record),
            ENCODED,
            self.checked[record].stamp.len,
        )
    }
}

/// Whether a framed record has `before` and `after` around a picture of `bytes` bytes.
pub(super) fn is_around(framed: &[u8], before: &[u8], after: &[u8], bytes: u64) -> bool {
    let len = (before.len() + after.len()) as u64 + bytes;
    framed.len() as u64 == len + tfrecord::OVERHEAD
        && framed
            .strip_prefix(&tfrecord::header(len))
            .and_then(|data| data.strip_prefix(before)?.split_last_chunk::<4>())
            .is_some_and(|(data, _)| data.ends_with(after))
}

/// What a format is called in records.
fn name_of(format: Format) -> &'static str {
    match format {
        Format::Jpeg => "jpeg",
        Format::Png => "png",
        Format::Bmp => "bmp",
        Format::Gif => "gif",
        Format::WebP => "webp",
        Format::Raw => "tensor",
    }
}

impl Records for Examples {
    type Scratch = ();

    fn len(&self, record: usize) -> Option<u64> {
        let (before, after) = self.around(record);
        Some(
            tfrecord::OVERHEAD
                + (before.len() + after.len()) as u64
                + self.checked[record].stamp.len,
        )
    }

    fn append(&self, record: usize, (): &mut (), out: &mut Vec<u8>) -> Result<()> {
        let (before, after) = self.around(record);
        let stamp = self.checked[record].stamp;
        out.extend_from_slice(&tfrecord::header(
            (before.len() + after.len()) as u64 + stamp.len,
        ));
        let start = out.len();
        out.extend_from_slice(&before);
        self.source.append(record, stamp, out)?;
        out.extend_from_slice(&after);
        let footer = tfrecord::footer(&out[start..]);
        out.extend_from_slice(&footer);
        Ok(())
    }

    fn resembles(&self, record: usize, framed: &[u8]) -> Option<bool> {
        let (before, after) = self.around(record);
        Some(is_around(
            framed,
            &before,
            &after,
            self.checked[record].stamp.len,
        ))
    }

    fn index(&self, _: usize, spans: &[Span]) -> String {
        index::tfrecord_lines(spans)
    }

    fn source(&self) -> &Source {
        &self.source
    }
}
