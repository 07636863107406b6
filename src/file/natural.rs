//! The order in which people list names: `2` before `10`.

use std::cmp::Ordering;

/// Compares two names as people count: runs of digits by their value, everything else by bytes.
/// Names that are alike in this (`1` and `01`) are ordered by bytes, so that no two different names
/// are equal.
#[must_use]
pub fn natural_order(a: &[u8], b: &[u8]) -> Ordering {
    let (mut left, mut right) = (a, b);
    while let (Some(x), Some(y)) = (left.first(), right.first()) {
        let order = if x.is_ascii_digit() && y.is_ascii_digit() {
            let (mine, others) = (number(&mut left), number(&mut right));
            mine.len().cmp(&others.len()).then_with(|| mine.cmp(others))
        } else {
            (left, right) = (&left[1..], &right[1..]);
            x.cmp(y)
        };
        if order.is_ne() {
            return order;
        }
    }
    left.len().cmp(&right.len()).then_with(|| a.cmp(b))
}

/// Takes the run of digits that `text` starts with, without the zeros before it.
fn number<'a>(text: &mut &'a [u8]) -> &'a [u8] {
    let end = text.iter().position(|c| !c.is_ascii_digit());
    let (digits, rest) = text.split_at(end.unwrap_or(text.len()));
    *text = rest;
    let zeros = digits.iter().position(|c| *c != b'0');
    &digits[zeros.unwrap_or(digits.len())..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_count_and_the_rest_is_bytes() {
        let mut names = [
            "b1",
            "a10",
            "a2",
            "a",
            "a02",
            "a2b",
            "a1.jpg",
            "a99999999999999999999999",
            "é",
            "a-1",
            "A3",
        ];
        names.sort_by(|a, b| natural_order(a.as_bytes(), b.as_bytes()));
        let sorted = [
            "A3",
            "a",
            "a-1",
            "a1.jpg",
            "a02",
            "a2",
            "a2b",
            "a10",
            "a99999999999999999999999",
            "b1",
            "é",
        ];
        assert_eq!(names, sorted);
    }

    proptest! {
        #[test]
        fn it_is_a_total_order(names in prop::array::uniform3("[a01-]{0,5}")) {
            let [a, b, c] = names.each_ref().map(String::as_bytes);
            prop_assert_eq!(natural_order(a, b), natural_order(b, a).reverse());
            prop_assert_eq!(natural_order(a, b).is_eq(), a == b);
            if natural_order(a, b).is_lt() && natural_order(b, c).is_lt() {
                prop_assert!(natural_order(a, c).is_lt());
            }
        }
    }
}
