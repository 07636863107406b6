//! Lists of numbers at equal distances, and lists in random order.

use super::super::operation::{Default, Inputs, Operation, Parameter, Run};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::arguments::{check_number, count, infer_count, shape};
use super::elements::{len, length_of, part_of, reset_like, row_bytes};
use super::random::{SEED, stream};
use crate::pixel::Dtype;
use crate::random::Stream;

const FAMILY: &str = "list";

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation {
        name: "Range",
        family: FAMILY,
        summary: "Numbers at equal distances, without the end.",
        parameters: &[
            Parameter::new("start", "the first one"),
            Parameter::new("end", "where they end, which they do not reach"),
            Parameter::new("length", "how many there are"),
            Parameter::new("round", "whether they are truncated to whole numbers")
                .or(Default::Boolean(false)),
        ],
        infer: |types| {
            types.iter().try_for_each(check_number)?;
            let rounds = types.constant(3).map(Value::is_true).transpose()?;
            Ok(Type::Array(ArrayType {
                dtype: rounds.map(range_type),
                shape: Some(vec![infer_count(types, 2, 0)?]),
            }))
        },
        run: Run::Pure(range),
    },
    Operation {
        name: "Permutation",
        family: FAMILY,
        summary: "The numbers below a length, in random order.",
        parameters: &[Parameter::new("length", "how many there are"), SEED],
        infer: |types| {
            check_number(&types[1])?;
            Ok(Type::array(Dtype::Int32, vec![infer_count(types, 0, 0)?]))
        },
        run: Run::Pure(permutation),
    },
    Operation {
        name: "Permute",
        family: FAMILY,
        summary: "The elements in random order.",
        parameters: &[
            Parameter::new("source", "a list, or an array along its first axis"),
            SEED,
        ],
        infer: |types| {
            check_number(&types[1])?;
            part_of(&types[0], length_of(&types[0])?)
        },
        run: Run::Pure(permute),
    },
];

fn range_type(rounds: bool) -> Dtype {
    if rounds { Dtype::Int32 } else { Dtype::Float32 }
}

fn range(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let [start, end] = [inputs.get(0).double()?, inputs.get(1).double()?];
    let (length, rounds) = (count(inputs.get(2), 0)?, inputs.get(3).is_true()?);
    #[expect(clippy::cast_precision_loss, reason = "lengths are small")]
    let numbers = (0..length).map(|i| start + (end - start) * i as f64 / length as f64);
    let out = out.array_mut();
    out.reset(range_type(rounds), shape(&[length])?);
    #[expect(clippy::cast_possible_truncation, reason = "truncated, or the nearest")]
    if rounds {
        let targets = out.slice_mut::<i32>().iter_mut();
        targets
            .zip(numbers)
            .for_each(|(target, number)| *target = number as i32);
    } else {
        let targets = out.slice_mut::<f32>().iter_mut();
        targets
            .zip(numbers)
            .for_each(|(target, number)| *target = number as f32);
    }
    Ok(())
}

/// Puts `length` things in random order, by the shuffle of Fisher and Yates.
fn shuffle(mut stream: Stream, length: usize, mut swap: impl FnMut(usize, usize)) {
    for last in (1..length).rev() {
        let chosen = stream.below(last as u64 + 1);
        swap(usize::try_from(chosen).unwrap_or(0), last);
    }
}

fn permutation(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let length = count(inputs.get(0), 0)?;
    let stream = stream(inputs.get(1))?;
    let out = out.array_mut();
    out.reset(Dtype::Int32, shape(&[length])?);
    let numbers = out.slice_mut::<i32>();
    numbers
        .iter_mut()
        .zip(0..)
        .for_each(|(target, number)| *target = number);
    shuffle(stream, length, |a, b| numbers.swap(a, b));
    Ok(())
}

fn permute(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let source = inputs.get(0);
    let (length, stream) = (len(source)?, stream(inputs.get(1))?);
    match source {
        Value::List(values) => {
            let mut places: Vec<_> = (0..length).collect();
            shuffle(stream, length, |a, b| places.swap(a, b));
            *out = Value::List(values.at(places.into_iter()));
        }
        Value::Array(array) => {
            let bytes = row_bytes(array);
            let out = reset_like(out, array, length)?.bytes_mut();
            out.copy_from_slice(array.bytes());
            shuffle(stream, length, |a, b| swap_rows(out, bytes, a, b));
        }
        other => return Err(format!("{}, not a list", other.kind())),
    }
    Ok(())
}

/// Exchanges two rows of some bytes, of which the first one may be the second one.
fn swap_rows(rows: &mut [u8], bytes: usize, first: usize, second: usize) {
    if first < second {
        let (before, after) = rows.split_at_mut(second * bytes);
        before[first * bytes..][..bytes].swap_with_slice(&mut after[..bytes]);
    }
}
