//! The words that users have for the variants of an enum: said once, beside the enum.

/// An enum whose variants users name by a word.
pub trait Words: Copy + 'static {
    /// The words, in the order in which users are told of them.
    const WORDS: &'static [(&'static str, Self)];

    /// The first word of a variant; nothing of one that no user names.
    #[must_use]
    fn word(self) -> &'static str
    where
        Self: PartialEq,
    {
        let named = Self::WORDS.iter().find(|(_, variant)| *variant == self);
        named.map_or("", |(word, _)| word)
    }
}

/// Implements [`Words`] for an enum: `words!(Layout: "NHWC" Nhwc, "NCHW" Nchw);`.
macro_rules! words {
    ($type:ty: $($word:literal $variant:ident),+) => {
        impl $crate::pixel::Words for $type {
            const WORDS: &'static [(&'static str, Self)] = &[$(($word, Self::$variant)),+];
        }
    };
}

pub(crate) use words;
