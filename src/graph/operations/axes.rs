//! Axes as a node's input, and arrays whose axes are exchanged.

use super::super::array::{Array, MOST_AXES, Shape};
use super::super::value::Value;
use super::arguments::shape;
use crate::image::flip::{self, Pixels};

/// Whole numbers, one for each axis at most.
pub(super) struct Axes {
    numbers: [i64; MOST_AXES],
    rank: usize,
}

/// Places of axes, in order.
pub(super) struct Order {
    places: [usize; MOST_AXES],
    rank: usize,
}

impl Axes {
    /// The numbers of an array.
    ///
    /// # Errors
    /// That they are too many, or not whole.
    pub(super) fn of(value: &Value) -> Result<Self, String> {
        let array = value.array()?;
        let rank = array.shape().elements();
        if rank > MOST_AXES {
            return Err(format!("{rank} axes, more than {MOST_AXES}"));
        }
        let mut numbers = [0; MOST_AXES];
        for (place, number) in numbers[..rank].iter_mut().enumerate() {
            *number = array.integer_at(place)?;
        }
        Ok(Self { numbers, rank })
    }

    /// The numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = i64> {
        self.numbers[..self.rank].iter().copied()
    }
}

impl Order {
    /// The places.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = usize> {
        self.places[..self.rank].iter().copied()
    }
}

/// The number of elements of a shape that is known.
pub(super) fn elements(axes: &[Option<usize>]) -> Option<usize> {
    axes.iter().copied().product()
}

/// The shape that is asked for, of an array of this many elements.
///
/// # Errors
/// That there is none.
pub(super) fn reshaped(wanted: &Axes, elements: usize) -> Result<Shape, String> {
    let given = &wanted.numbers[..wanted.rank];
    let refuse = || format!("shape {given:?} for {elements} elements");
    let known = given.iter().filter(|axis| **axis != -1);
    let product = known.clone().try_fold(1usize, |product, axis| {
        usize::try_from(*axis)
            .ok()
            .and_then(|axis| product.checked_mul(axis))
    });
    let product = product.ok_or_else(refuse)?;
    if given.len() - known.count() > 1 {
        return Err(refuse());
    }
    let rest = elements.checked_div(product).unwrap_or(0);
    let mut axes = [rest; MOST_AXES];
    for (axis, number) in axes.iter_mut().zip(given) {
        *axis = usize::try_from(*number).unwrap_or(rest);
    }
    let shape = shape(&axes[..wanted.rank])?;
    if shape.elements() == elements {
        Ok(shape)
    } else {
        Err(refuse())
    }
}

/// The order that axes are put in.
///
/// # Errors
/// That it is none.
pub(super) fn order(wanted: &Axes, rank: usize) -> Result<Order, String> {
    let given = &wanted.numbers[..wanted.rank];
    let mut places = [0; MOST_AXES];
    for (place, number) in places.iter_mut().zip(given) {
        *place = usize::try_from(*number).unwrap_or(usize::MAX);
    }
    let found = &places[..wanted.rank];
    if found.len() == rank && (0..rank).all(|axis| found.contains(&axis)) {
        Ok(Order { places, rank })
    } else {
        Err(format!(
            "axes {given:?} of an array of {rank}: each once, from 0"
        ))
    }
}

/// The place of an axis that is added to some.
///
/// # Errors
/// That there is none.
pub(super) fn added(number: i64, rank: usize) -> Result<usize, String> {
    super::elements::place(number, rank + 1).map_err(|_| format!("axis {number} of {}", rank + 1))
}

/// Writes an array with its axes in another order.
pub(super) fn transpose(source: &Array, order: &Order, out: &mut Array) {
    let own = source.shape();
    let step = |axis: usize| own.axes()[axis + 1..].iter().product::<usize>();
    let (mut lens, mut steps) = ([1; MOST_AXES], [0; MOST_AXES]);
    for (place, axis) in order.iter().enumerate() {
        (lens[place], steps[place]) = (own.axes()[axis], step(axis));
    }
    let lens = &lens[..order.rank];
    out.reset(source.dtype(), Shape::new(lens).unwrap_or(Shape::SCALAR));
    let (source, target) = (source.bytes(), out.dtype().bytes());
    let out = out.bytes_mut();
    if let [height, width, pixel @ ..] = own.axes()
        && order
            .iter()
            .eq([1, 0, 2].into_iter().take(own.axes().len()))
    {
        let pixels = Pixels {
            bytes: source,
            width: *width,
            height: *height,
            size: pixel.iter().product::<usize>() * target,
        };
        return flip::transpose(&pixels, out);
    }
    match target {
        1 => exchange::<u8>(source, lens, &steps, out),
        2 => exchange::<u16>(source, lens, &steps, out),
        4 => exchange::<u32>(source, lens, &steps, out),
        _ => exchange::<u64>(source, lens, &steps, out),
    }
}

fn exchange<T: bytemuck::Pod>(source: &[u8], lens: &[usize], steps: &[usize], target: &mut [u8]) {
    let (source, target): (&[T], &mut [T]) = (
        bytemuck::cast_slice(source),
        bytemuck::cast_slice_mut(target),
    );
    let Some((len, outer)) = lens.split_last() else {
        return target.copy_from_slice(source);
    };
    let step = steps[outer.len()];
    let mut at = [0; MOST_AXES];
    for row in target.chunks_exact_mut((*len).max(1)) {
        let start: usize = at.iter().zip(steps).map(|(at, step)| at * step).sum();
        for (place, target) in row.iter_mut().enumerate() {
            *target = source[start + place * step];
        }
        for (at, len) in at[..outer.len()].iter_mut().zip(outer).rev() {
            *at += 1;
            if *at < *len {
                break;
            }
            *at = 0;
        }
    }
}
