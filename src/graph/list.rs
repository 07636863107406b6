//! Text, and lists of values: shared, never copied. A list of text, such as the paths of a data
//! set, is one piece of memory and the ends of its elements.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use super::value::Value;

/// Text, which may be a part of a larger one.
#[derive(Clone)]
pub struct Text {
    whole: Arc<str>,
    start: usize,
    end: usize,
}

/// Values of any types.
#[derive(Clone)]
pub struct List(Elements);

/// Lists within lists, at most.
pub(super) const DEEPEST: usize = 32;

/// Checks how many lists are within each other.
///
/// # Errors
/// That they are too many.
pub(super) fn check_nesting(depth: usize) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("more than {DEEPEST} lists within lists"));
    }
    Ok(())
}

#[derive(Clone)]
enum Elements {
    Values {
        all: Arc<[Value]>,
        /// How many lists are within each other, this one included.
        depth: usize,
    },
    Texts {
        all: Arc<Texts>,
        /// Which of them, in order; all if it is not said.
        places: Option<Arc<[u32]>>,
    },
}

/// Texts, one after the other.
#[derive(Debug)]
struct Texts {
    whole: Arc<str>,
    ends: Box<[usize]>,
}

/// Puts texts together to a list.
#[derive(Debug, Default)]
pub struct TextList {
    whole: String,
    ends: Vec<usize>,
}

impl TextList {
    /// Adds a text.
    pub fn push(&mut self, text: &str) {
        self.whole.push_str(text);
        self.ends.push(self.whole.len());
    }
}

impl<T: AsRef<str>> FromIterator<T> for TextList {
    fn from_iter<I: IntoIterator<Item = T>>(texts: I) -> Self {
        let mut list = Self::default();
        texts.into_iter().for_each(|text| list.push(text.as_ref()));
        list
    }
}

impl From<TextList> for List {
    fn from(TextList { whole, ends }: TextList) -> Self {
        let all = Texts {
            whole: whole.into(),
            ends: ends.into(),
        };
        Self(Elements::Texts {
            all: Arc::new(all),
            places: None,
        })
    }
}

impl Texts {
    fn get(&self, place: usize) -> Text {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        Text {
            whole: Arc::clone(&self.whole),
            start,
            end: self.ends[place],
        }
    }
}

impl List {
    fn of(all: Arc<[Value]>) -> Self {
        let depth = |value: &Value| match value {
            Value::List(list) => list.depth(),
            _ => 0,
        };
        let deepest = all.iter().map(depth).max().unwrap_or(0);
        Self(Elements::Values {
            all,
            depth: deepest + 1,
        })
    }

    /// How many elements it has.
    #[must_use]
    pub fn len(&self) -> usize {
        match &self.0 {
            Elements::Values { all, .. } => all.len(),
            Elements::Texts { all, places } => {
                places.as_ref().map_or(all.ends.len(), |some| some.len())
            }
        }
    }

    /// How many lists are within each other, this one included.
    #[must_use]
    pub fn depth(&self) -> usize {
        match &self.0 {
            Elements::Values { depth, .. } => *depth,
            Elements::Texts { .. } => 1,
        }
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether it is known without looking at its elements that all of them are text.
    #[must_use]
    pub fn is_text(&self) -> bool {
        matches!(self.0, Elements::Texts { .. })
    }

    /// Element `place`, which it shares.
    ///
    /// # Panics
    /// If there is none.
    #[must_use]
    pub fn get(&self, place: usize) -> Value {
        match &self.0 {
            Elements::Values { all, .. } => all[place].clone(),
            Elements::Texts { all, places: None } => Value::Text(all.get(place)),
            Elements::Texts {
                all,
                places: Some(places),
            } => Value::Text(all.get(places[place] as usize)),
        }
    }

    /// All elements, in order.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Value> {
        (0..self.len()).map(|place| self.get(place))
    }

    /// The elements at some places, in their order.
    ///
    /// # Panics
    /// If there are no such elements.
    #[must_use]
    pub fn at(&self, wanted: impl ExactSizeIterator<Item = usize>) -> Self {
        Self(match &self.0 {
            Elements::Values { all, .. } => {
                return wanted.map(|place| all[place].clone()).collect();
            }
            Elements::Texts { all, places } => {
                let of_all = |place: usize| match places {
                    Some(places) => places[place],
                    None => u32::try_from(place).expect("fewer texts than that"),
                };
                Elements::Texts {
                    all: Arc::clone(all),
                    places: Some(wanted.map(of_all).collect()),
                }
            }
        })
    }

    /// How many bytes its elements take, about.
    #[must_use]
    pub fn size(&self) -> usize {
        match &self.0 {
            Elements::Values { all, .. } => all.iter().map(Value::size).sum(),
            Elements::Texts { all, places } => {
                let places = places.as_ref().map_or(0, |places| size_of_val(&**places));
                all.whole.len() + size_of_val(&*all.ends) + places
            }
        }
    }
}

impl FromIterator<Value> for List {
    fn from_iter<T: IntoIterator<Item = Value>>(values: T) -> Self {
        Self::of(values.into_iter().collect())
    }
}

impl From<Vec<Value>> for List {
    fn from(values: Vec<Value>) -> Self {
        Self::of(values.into())
    }
}

/// The elements are equal.
impl PartialEq for List {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.whole[self.start..self.end]
    }
}

impl<T: Into<Arc<str>>> From<T> for Text {
    fn from(text: T) -> Self {
        let whole = text.into();
        Self {
            start: 0,
            end: whole.len(),
            whole,
        }
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl Eq for Text {}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (**self).hash(state);
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_a_list_lie_together_and_are_shared() {
        let words = ["a.jpg", "", "folder/ä.png", "c"];
        let list = List::from(words.into_iter().collect::<TextList>());
        assert_eq!(list.len(), 4);
        assert!(list.iter().eq(words.map(|word| Value::Text(word.into()))));
        let (Value::Text(first), Value::Text(third)) = (list.get(0), list.get(2)) else {
            panic!("texts");
        };
        assert_eq!(third.as_ptr(), first.as_ptr().wrapping_add(5));
        let some = list.at([3, 0, 0].into_iter()).at([2, 0].into_iter());
        let plain: List = [words[0], words[3]]
            .map(|word| Value::Text(word.into()))
            .into_iter()
            .collect();
        assert_eq!(some, plain);
        assert_ne!(some, list);
    }

    #[test]
    fn a_path_takes_its_letters_and_an_end() {
        let paths = (0..1000).map(|number| format!("folder/{number:05}.jpg"));
        let list = List::from(paths.collect::<TextList>());
        assert_eq!(list.size(), 1000 * (16 + size_of::<usize>()));
    }
}
