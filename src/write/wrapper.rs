//! TFRecords of `tf.train.Example`s around content that is elsewhere until they are written.

use std::borrow::Cow;

use crate::error::Result;
use crate::record::example::{Feature, around};
use crate::record::tfrecord;

/// A record without its content: the feature `image/encoded`.
pub(super) struct Wrapper {
    before: Vec<u8>,
    after: Vec<u8>,
    /// Bytes of the content.
    content: u64,
}

impl Wrapper {
    /// Of a record with these features besides the content.
    pub(super) fn new<'a>(
        features: impl IntoIterator<Item = (&'a str, Feature<'a>)>,
        content: u64,
    ) -> Self {
        let features = features.into_iter();
        let features = features.map(|(key, feature)| (key.to_owned(), feature));
        let (before, after) = around(&features.collect(), "image/encoded", content);
        Self {
            before,
            after,
            content,
        }
    }

    fn data(&self) -> u64 {
        (self.before.len() + self.after.len()) as u64 + self.content
    }

    /// Bytes of the record.
    pub(super) fn len(&self) -> u64 {
        tfrecord::OVERHEAD + self.data()
    }

    /// Appends the record, whose content `append` appends.
    pub(super) fn append(
        &self,
        out: &mut Vec<u8>,
        append: impl FnOnce(&mut Vec<u8>) -> Result<()>,
    ) -> Result<()> {
        out.extend_from_slice(&tfrecord::header(self.data()));
        let start = out.len();
        out.extend_from_slice(&self.before);
        append(out)?;
        out.extend_from_slice(&self.after);
        let footer = tfrecord::footer(&out[start..]);
        out.extend_from_slice(&footer);
        Ok(())
    }

    /// Whether a framed record is this one, but for the content.
    pub(super) fn is_around(&self, framed: &[u8]) -> bool {
        let header = tfrecord::header(self.data());
        let rest = framed
            .strip_prefix(&header)
            .and_then(|data| data.strip_prefix(&*self.before)?.split_last_chunk::<4>());
        framed.len() as u64 == self.len()
            && rest.is_some_and(|(data, _)| data.ends_with(&self.after))
    }
}

/// The feature of a number.
pub(super) fn number(value: u64) -> Feature<'static> {
    Feature::Ints(vec![i64::try_from(value).unwrap_or(i64::MAX)])
}

/// The feature of a text.
pub(super) fn text(value: &[u8]) -> Feature<'_> {
    Feature::Bytes(vec![Cow::Borrowed(value)])
}
