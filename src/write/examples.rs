//! Image files as they are, each in a `tf.train.Example` in a TFRecord.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;

use super::check::Checked;
use super::plan::MakeRecords;
use super::shards::Records;
use super::source::Source;
use super::wrapper::{Wrapper, number, text};
use crate::codec::Format;
use crate::error::Result;
use crate::record::{Span, index};

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

    /// Everything of a record but the image.
    fn wrapper(&self, record: usize) -> Wrapper {
        let class = self.source.class(record);
        let checked = self.checked[record];
        let name = self.source.name(record);
        let (format, name) = if self.schema == Schema::Split {
            let ending = Path::new(OsStr::from_bytes(name)).extension();
            (ending.unwrap_or_default().as_bytes(), name)
        } else {
            let format = name_of(checked.format).as_bytes();
            (format, self.source.base_name(record))
        };
        let features = [
            ("image/class/label", number(class.label)),
            ("image/height", number(checked.size.height.into())),
            ("image/width", number(checked.size.width.into())),
            ("image/format", text(format)),
            ("image/filename", text(name)),
            ("image/class/text", text(class.name.as_bytes())),
        ];
        let count = match self.schema {
            Schema::Bare => 1,
            Schema::Split => 5,
            Schema::Metadata => 6,
        };
        Wrapper::new(features.into_iter().take(count), checked.stamp.len)
    }
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
        Some(self.wrapper(record).len())
    }

    fn append(&self, record: usize, (): &mut (), out: &mut Vec<u8>) -> Result<()> {
        let stamp = self.checked[record].stamp;
        let append = |out: &mut Vec<u8>| self.source.append(record, stamp, out);
        self.wrapper(record).append(out, append)
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
