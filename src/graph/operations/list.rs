//! Lists, and arrays taken as lists along their first axis.

use super::super::array::{Array, Shape};
use super::super::operation::{Default, Inputs, Operation, Parameter, Run};
use super::super::types::{ArrayType, Type};
use super::super::value::Value;
use super::random::{SEED, stream};
use crate::pixel::Dtype;

const FAMILY: &str = "list";

/// The operations of this family.
pub(super) const ALL: &[Operation] = &[
    Operation {
        name: "MakeList",
        family: FAMILY,
        summary: "A list of values, of any types.",
        parameters: &[Parameter::new("inputs", "the values").or(Default::Any)],
        infer: |types| {
            let element = types.iter().cloned().reduce(|a, b| a.common(&b));
            Ok(Type::list(element.unwrap_or_default(), Some(types.len())))
        },
        run: Run::Pure(|inputs, out| {
            *out = Value::List(inputs.iter().cloned().collect());
            Ok(())
        }),
    },
    Operation {
        name: "Length",
        family: FAMILY,
        summary: "How many elements a list has, or an array along its first axis.",
        parameters: &[PARENT],
        infer: |types| {
            length_of(&types[0])?;
            Ok(Type::scalar(Dtype::Int32))
        },
        run: Run::Pure(|inputs, out| {
            let length = len(inputs.get(0))?;
            let length = i32::try_from(length).map_err(|_| format!("{length} elements"))?;
            out.array_mut().put_scalar(length);
            Ok(())
        }),
    },
    Operation {
        name: "GetElement",
        family: FAMILY,
        summary: "An element of a list, or of an array along its first axis.",
        parameters: &[
            PARENT,
            Parameter::new("index", "its number, from 0; from the end if negative"),
        ],
        infer: |types| element_of(&types[0]),
        run: Run::Pure(|inputs, out| {
            let parent = inputs.get(0);
            let place = place(inputs.get(1).integer()?, len(parent)?)?;
            element(parent, place, out)
        }),
    },
    Operation {
        name: "Sublist",
        family: FAMILY,
        summary: "The elements from one to another, both included.",
        parameters: &[
            PARENT,
            Parameter::new("begin", "the number of the first one"),
            Parameter::new("end", "the number of the last one"),
        ],
        infer: |types| part_of(&types[0]),
        run: Run::Pure(sublist),
    },
    Operation {
        name: "Remap",
        family: FAMILY,
        summary: "The elements with these numbers, in their order.",
        parameters: &[
            Parameter::new("source", "a list, or an array along its first axis"),
            Parameter::new("indices", "numbers of elements, from 0"),
        ],
        infer: |types| part_of(&types[0]),
        run: Run::Pure(|inputs, out| {
            let source = inputs.get(0);
            let (wanted, length) = (numbers(inputs.get(1))?, len(source)?);
            let places = wanted.iter().map(|number| place(*number, length));
            gather(source, &places.collect::<Result<Vec<_>, _>>()?, out)
        }),
    },
    Operation {
        name: "Filter",
        family: FAMILY,
        summary: "The elements for which a truth value holds.",
        parameters: &[
            PARENT,
            Parameter::new("filter", "a truth value for each element"),
        ],
        infer: |types| part_of(&types[0]),
        run: Run::Pure(|inputs, out| {
            let (parent, kept) = (inputs.get(0), numbers(inputs.get(1))?);
            let length = len(parent)?;
            if kept.len() != length {
                return Err(format!("{} truth values for {length} elements", kept.len()));
            }
            let places: Vec<_> = (0..length).filter(|place| kept[*place] != 0).collect();
            gather(parent, &places, out)
        }),
    },
    Operation {
        name: "Repeat",
        family: FAMILY,
        summary: "An array or list of one value many times.",
        parameters: &[
            Parameter::new("source", "the value"),
            Parameter::new("length", "how many times, at least once"),
        ],
        infer: |types| match &types[0] {
            Type::Array(array) => Ok(Type::Array(with_axis(array, None))),
            other => Ok(Type::list(other.clone(), None)),
        },
        run: Run::Pure(|inputs, out| {
            let count = count(inputs.get(1), 1)?;
            let source = inputs.get(0);
            join(&vec![source; count], out)
        }),
    },
    Operation {
        name: "Concatenate",
        family: FAMILY,
        summary: "Lists, or arrays along their first axis, one after the other.",
        parameters: &[
            Parameter::new("first", "the first one"),
            Parameter::new("inputs", "those that follow, of the same type").or(Default::Any),
        ],
        infer: |types| {
            if types.len() < 2 {
                return Err("one list: at least two are needed".to_owned());
            }
            let parts = types.iter().map(part_of).collect::<Result<Vec<_>, _>>()?;
            let common = parts.into_iter().reduce(|a, b| a.common(&b));
            Ok(common.unwrap_or_default())
        },
        run: Run::Pure(concatenate),
    },
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
        infer: |_| {
            Ok(Type::Array(ArrayType {
                dtype: None,
                shape: Some(vec![None]),
            }))
        },
        run: Run::Pure(range),
    },
    Operation {
        name: "Permutation",
        family: FAMILY,
        summary: "The numbers below a length, in random order.",
        parameters: &[Parameter::new("length", "how many there are"), SEED],
        infer: |_| Ok(Type::array(Dtype::Int32, vec![None])),
        run: Run::Pure(|inputs, out| {
            let places = shuffled(count(inputs.get(0), 0)?, inputs.get(1))?;
            let numbers: Vec<i32> = places.into_iter().map(small).collect::<Result<_, _>>()?;
            *out = Array::vector(&numbers).into();
            Ok(())
        }),
    },
    Operation {
        name: "Permute",
        family: FAMILY,
        summary: "The elements in random order.",
        parameters: &[
            Parameter::new("source", "a list, or an array along its first axis"),
            SEED,
        ],
        infer: |types| part_of(&types[0]),
        run: Run::Pure(|inputs, out| {
            let source = inputs.get(0);
            let places = shuffled(len(source)?, inputs.get(1))?;
            gather(source, &places, out)
        }),
    },
];

const PARENT: Parameter = Parameter::new("parent", "a list, or an array along its first axis");

/// The most elements that a node makes of a number.
const MOST: i64 = 1 << 28;

/// How many elements a value has.
fn len(value: &Value) -> Result<usize, String> {
    match value {
        Value::List(values) => Ok(values.len()),
        Value::Array(array) => match array.shape().axes().first() {
            Some(length) => Ok(*length),
            None => Err("one number, not a list".to_owned()),
        },
        other => Err(format!("{}, not a list", other.kind())),
    }
}

/// How many elements values of a type have, if that is known.
fn length_of(of: &Type) -> Result<Option<usize>, String> {
    match of {
        Type::Anything => Ok(None),
        Type::List { length, .. } => Ok(*length),
        Type::Array(array) => match &array.shape {
            Some(axes) if axes.is_empty() => Err(format!("{of}, not a list")),
            Some(axes) => Ok(axes[0]),
            None => Ok(None),
        },
        other => Err(format!("{other}, not a list")),
    }
}

/// The type of the elements of a list.
fn element_of(of: &Type) -> Result<Type, String> {
    length_of(of)?;
    Ok(match of {
        Type::List { element, .. } => (**element).clone(),
        Type::Array(array) => Type::Array(ArrayType {
            dtype: array.dtype,
            shape: array.shape.as_ref().map(|axes| axes[1..].to_vec()),
        }),
        _ => Type::Anything,
    })
}

/// The type of some elements of a list.
fn part_of(of: &Type) -> Result<Type, String> {
    length_of(of)?;
    Ok(match of {
        Type::List { element, .. } => Type::list((**element).clone(), None),
        Type::Array(array) => {
            let mut array = array.clone();
            if let Some(axes) = &mut array.shape {
                axes[0] = None;
            }
            Type::Array(array)
        }
        other => other.clone(),
    })
}

/// The type of an array with an axis of this length in front.
fn with_axis(array: &ArrayType, length: Option<usize>) -> ArrayType {
    let shape = array.shape.as_ref();
    ArrayType {
        dtype: array.dtype,
        shape: shape.map(|axes| [&[length], axes.as_slice()].concat()),
    }
}

/// The place of the element of this number.
fn place(number: i64, length: usize) -> Result<usize, String> {
    let from_start = if number < 0 {
        number.saturating_add(i64::try_from(length).unwrap_or(i64::MAX))
    } else {
        number
    };
    usize::try_from(from_start)
        .ok()
        .filter(|place| *place < length)
        .ok_or_else(|| format!("element {number} of {length}"))
}

/// A number of elements, not below `least`.
fn count(value: &Value, least: i64) -> Result<usize, String> {
    let number = value.integer()?;
    usize::try_from(number)
        .ok()
        .filter(|_| (least..=MOST).contains(&number))
        .ok_or_else(|| format!("a length of {number}, not from {least} to {MOST}"))
}

fn small(place: usize) -> Result<i32, String> {
    i32::try_from(place).map_err(|_| format!("{place} is more than 32 bits"))
}

/// The whole numbers of an array.
fn numbers(value: &Value) -> Result<Vec<i64>, String> {
    Ok(value.array()?.converted(Dtype::Int64).as_slice().to_vec())
}

fn element(parent: &Value, place: usize, out: &mut Value) -> Result<(), String> {
    match parent {
        Value::List(values) => *out = values.get(place),
        Value::Array(array) => {
            let shape = Shape::new(&array.shape().axes()[1..]).unwrap_or(Shape::SCALAR);
            let out = out.array_mut();
            out.reset(array.dtype(), shape);
            let bytes = shape.elements() * array.dtype().bytes();
            out.bytes_mut()
                .copy_from_slice(&array.bytes()[place * bytes..][..bytes]);
        }
        other => return Err(format!("{}, not a list", other.kind())),
    }
    Ok(())
}

/// The elements at some places.
fn gather(parent: &Value, places: &[usize], out: &mut Value) -> Result<(), String> {
    match parent {
        Value::List(values) => {
            *out = Value::List(values.at(places.iter().copied()));
        }
        Value::Array(array) => {
            let own = array.shape();
            let rest = &own.axes()[1..];
            let shape = Shape::new(&[&[places.len()], rest].concat())
                .ok_or("an array that is too large")?;
            let out = out.array_mut();
            out.reset(array.dtype(), shape);
            let bytes = rest.iter().product::<usize>() * array.dtype().bytes();
            if bytes > 0 {
                for (target, place) in out.bytes_mut().chunks_exact_mut(bytes).zip(places) {
                    target.copy_from_slice(&array.bytes()[place * bytes..][..bytes]);
                }
            }
        }
        other => return Err(format!("{}, not a list", other.kind())),
    }
    Ok(())
}

fn sublist(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let parent = inputs.get(0);
    let length = len(parent)?;
    let [begin, end] = [inputs.get(1).integer()?, inputs.get(2).integer()?];
    let (first, last) = (place(begin, length)?, place(end, length)?);
    if first > last {
        return Err(format!(
            "elements from {begin} to {end}, which comes before it"
        ));
    }
    gather(parent, &(first..=last).collect::<Vec<_>>(), out)
}

/// Values as one array along a new first axis, if they are arrays of one type and shape, else as a
/// list.
fn join(values: &[&Value], out: &mut Value) -> Result<(), String> {
    let arrays: Option<Vec<&Array>> = values.iter().map(|value| value.array().ok()).collect();
    let alike = arrays.filter(|arrays| {
        let kind = |array: &Array| (array.dtype(), array.shape());
        arrays.windows(2).all(|pair| kind(pair[0]) == kind(pair[1]))
    });
    let Some(arrays) = alike.filter(|arrays| !arrays.is_empty()) else {
        *out = Value::List(values.iter().map(|value| (*value).clone()).collect());
        return Ok(());
    };
    let shape = Shape::new(&[&[arrays.len()], arrays[0].shape().axes()].concat())
        .ok_or("an array that is too large, or of too many axes")?;
    let target = out.array_mut();
    target.reset(arrays[0].dtype(), shape);
    let bytes = arrays[0].bytes().len();
    if bytes > 0 {
        for (target, array) in target.bytes_mut().chunks_exact_mut(bytes).zip(&arrays) {
            target.copy_from_slice(array.bytes());
        }
    }
    Ok(())
}

fn concatenate(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let mut elements: Vec<Value> = Vec::new();
    for part in inputs.iter() {
        for place in 0..len(part)? {
            let mut value = Value::default();
            element(part, place, &mut value)?;
            elements.push(value);
        }
    }
    if inputs.iter().all(|part| matches!(part, Value::Array(_))) {
        let kind = |value: &Value| {
            value
                .array()
                .map(|array| (array.dtype(), array.shape()))
                .ok()
        };
        if elements
            .windows(2)
            .any(|pair| kind(&pair[0]) != kind(&pair[1]))
        {
            return Err("arrays of different types or shapes: convert them first".to_owned());
        }
        return join(&elements.iter().collect::<Vec<_>>(), out);
    }
    *out = Value::List(elements.into());
    Ok(())
}

fn range(inputs: Inputs<'_>, out: &mut Value) -> Result<(), String> {
    let [start, end] = [inputs.get(0).double()?, inputs.get(1).double()?];
    let (length, rounds) = (count(inputs.get(2), 0)?, inputs.get(3).is_true()?);
    #[expect(clippy::cast_precision_loss, reason = "lengths are small")]
    let numbers = (0..length).map(|i| start + (end - start) * i as f64 / length as f64);
    #[expect(clippy::cast_possible_truncation, reason = "the nearest")]
    let numbers: Vec<f32> = numbers.map(|number| number as f32).collect();
    let array = Array::vector(&numbers);
    *out = if rounds {
        array.converted(Dtype::Int32).into()
    } else {
        array.into()
    };
    Ok(())
}

/// The numbers below `length` in random order, by the shuffle of Fisher and Yates.
fn shuffled(length: usize, seed: &Value) -> Result<Vec<usize>, String> {
    let mut stream = stream(seed)?;
    let mut places: Vec<_> = (0..length).collect();
    for last in (1..length).rev() {
        let chosen = stream.below(last as u64 + 1);
        places.swap(last, usize::try_from(chosen).unwrap_or(0));
    }
    Ok(places)
}
