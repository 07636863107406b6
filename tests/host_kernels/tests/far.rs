//! Batches of more elements, and more groups of elements, than 32 bits can count: the end of each is
//! where it belongs. They take address space; of the memory, only the ends are used.

use host_kernels::{Batch, Elements, Order, Table, convert_in};
use memmap2::{MmapMut, MmapOptions};

/// Threads of a block.
const BLOCK: u64 = 256;
/// Bytes of a store.
const STORE: usize = 16;
const SAMPLES: usize = 1 << 14;
/// A multiple of what a store holds, and none.
const PIXELS: [usize; 2] = [1 << 20, (1 << 20) + 1];
/// Bytes at the end of the source that are not zero.
const TAIL: usize = 1 << 16;

fn space(bytes: usize) -> MmapMut {
    let mut options = MmapOptions::new();
    let options = options.len(bytes).no_reserve_swap();
    options.map_anon().expect("address space")
}

/// How the elements of a batch are shared out among threads.
#[derive(Clone, Copy)]
struct Shape {
    pixels: usize,
    channels: usize,
    /// Elements that a thread writes in one go, in each plane.
    group: usize,
    is_planar: bool,
}

impl Shape {
    fn new(pixels: usize, channels: usize, size: usize, order: Order) -> Self {
        let is_planar = order == Order::Nchw && channels == 3;
        let length = STORE / size;
        let group = if is_planar && !pixels.is_multiple_of(length) {
            1
        } else {
            length
        };
        Self {
            pixels,
            channels,
            group,
            is_planar,
        }
    }

    fn elements(&self) -> usize {
        SAMPLES * self.pixels * self.channels
    }

    /// How many groups there are.
    fn groups(&self) -> usize {
        if self.is_planar {
            SAMPLES * (self.pixels / self.group)
        } else {
            self.elements() / self.group
        }
    }

    /// The elements of a group: where each is in the source and in the target, and its channel.
    fn places(self, group: usize) -> impl Iterator<Item = (usize, usize, usize)> {
        let in_sample = self.pixels / self.group;
        let (sample, at) = (group / in_sample, group % in_sample * self.group);
        let elements = if self.is_planar {
            self.group * self.channels
        } else {
            self.group
        };
        (0..elements).map(move |element| {
            if !self.is_planar {
                let place = group * self.group + element;
                return (place, place, place % self.channels);
            }
            let (pixel, channel) = (at + element / 3, element % 3);
            let source = (sample * self.pixels + pixel) * 3 + channel;
            let target = (sample * 3 + channel) * self.pixels + pixel;
            (source, target, channel)
        })
    }
}

/// Runs the last block of a grid that has a thread for each group, and looks at what it wrote.
fn assert_end(elements: Elements<'_>, order: Order, shape: Shape, source: &[u8]) {
    let bytes = &source[source.len() - shape.elements()..];
    let size = elements.size();
    let mut target = space(shape.elements() * size);
    let groups = shape.groups() as u64;
    let grid = u32::try_from(groups.div_ceil(BLOCK)).expect("a grid");
    let batch = Batch {
        bytes,
        samples: SAMPLES,
        pixels: shape.pixels,
        channels: u32::try_from(shape.channels).expect("few"),
    };
    convert_in(&batch, elements, order, &mut target, (grid, grid - 1..grid));
    let first = usize::try_from(u64::from(grid - 1) * BLOCK).expect("64 bits");
    for group in first..shape.groups() {
        for (from, to, channel) in shape.places(group) {
            let byte = usize::from(bytes[from]);
            let found = &target[to * size..][..size];
            let is_right = match elements {
                Elements::Bytes => found == [bytes[from]],
                Elements::Bits16(table) => found == table[channel][byte].to_le_bytes(),
                Elements::Bits32(table) => found == table[channel][byte].to_le_bytes(),
            };
            assert!(is_right, "element {to} is {found:?}, from byte {byte}");
        }
    }
}

#[test]
fn the_end_of_a_batch_of_more_than_32_bits_of_elements_is_right() {
    let wide: Table<u32> = std::array::from_fn(|channel| {
        let value = |byte| u32::try_from(channel * 256 + byte).expect("small") * 7 + 1;
        std::array::from_fn(value)
    });
    let narrow: Table<u16> = wide.map(|row| row.map(|value| u16::try_from(value).expect("small")));
    for pixels in PIXELS {
        for channels in [1, 3] {
            let len = (SAMPLES * pixels * channels).next_multiple_of(STORE);
            let mut source = space(len);
            for (at, byte) in source[len - TAIL..].iter_mut().enumerate() {
                *byte = u8::try_from(at * 31 % 251).expect("a byte") + 1;
            }
            for order in [Order::Nhwc, Order::Nchw] {
                for elements in [
                    Elements::Bytes,
                    Elements::Bits16(&narrow),
                    Elements::Bits32(&wide),
                ] {
                    if matches!((elements, order), (Elements::Bytes, Order::Nhwc)) {
                        continue; // it needs no kernel
                    }
                    let shape = Shape::new(pixels, channels, elements.size(), order);
                    assert!(shape.elements() > 1 << 32);
                    assert_end(elements, order, shape, &source);
                }
            }
        }
    }
}
