//! Where the blocks of an MCU are in a chunk, and what each is decoded with.

use super::super::frame::{Cut, Sampling};
use super::blocks::Unit;
use super::huffman::{AcTable, DcTable};
use super::tables::Cache;
use super::{CHUNK_BLOCKS, GAP};

/// Blocks in an MCU (T.81, B.2.3).
const MOST_BLOCKS: usize = 10;

/// Where the tables of a component are in the caches.
#[derive(Clone, Copy, Default)]
pub(super) struct Component {
    pub(super) dc: usize,
    pub(super) ac: usize,
}

/// Where in a chunk the blocks of a component are: runs of a row of blocks each.
pub(super) struct Layout {
    /// MCUs in a chunk.
    pub(super) mcus: u32,
    /// First run of each component.
    starts: [usize; 3],
    /// Blocks from one run to the next.
    strides: [usize; 3],
}

impl Layout {
    pub(super) fn new(cut: &Cut) -> Self {
        let planes = &cut.planes[..cut.components];
        let blocks: u32 = planes
            .iter()
            .map(|plane| plane.blocks.across * plane.blocks.down)
            .sum();
        let mcus = (CHUNK_BLOCKS / blocks).max(1);
        let mut layout = Self {
            mcus,
            starts: [0; 3],
            strides: [0; 3],
        };
        let mut at = 0;
        for (i, plane) in planes.iter().enumerate() {
            let stride = (mcus * plane.blocks.across) as usize + GAP;
            layout.strides[i] = stride;
            layout.starts[i] = at;
            at += stride * plane.blocks.down as usize;
        }
        layout
    }

    /// The blocks of a chunk's first MCU: the component of each, and where it is.
    fn blocks(&self, cut: &Cut) -> impl Iterator<Item = (usize, usize)> {
        (0..cut.components).flat_map(move |i| {
            let Sampling { across, down } = cut.planes[i].blocks;
            let runs = (0..down as usize).map(move |row| (i, self.run(i, row)));
            runs.flat_map(move |(i, run)| (run..run + across as usize).map(move |at| (i, at)))
        })
    }

    /// The first block of a row of blocks of a component.
    pub(super) fn run(&self, component: usize, row: usize) -> usize {
        self.starts[component] + row * self.strides[component]
    }
}

/// The blocks of an MCU in their order.
pub(super) struct Units<'a> {
    list: [Unit<'a>; MOST_BLOCKS],
    count: usize,
}

impl<'a> Units<'a> {
    /// For MCUs inside the window or outside.
    pub(super) fn new(
        layout: &Layout,
        cut: &Cut,
        components: &[Component; 3],
        (dc, ac): (&'a Cache<DcTable>, &'a Cache<AcTable>),
        inside: bool,
    ) -> Self {
        let unit = |i: usize, at: usize| {
            let ac = ac.get(components[i].ac);
            let needed = inside && i < cut.wanted && cut.planes[i].block > 1;
            Unit {
                component: i,
                dc: dc.get(components[i].dc),
                ac,
                at,
                step: cut.planes[i].blocks.across as usize,
                skip: if needed { None } else { ac.skip.as_deref() },
            }
        };
        let mut list = [unit(0, 0); MOST_BLOCKS];
        let mut count = 0;
        for (i, at) in layout.blocks(cut) {
            list[count] = unit(i, at);
            count += 1;
        }
        Self { list, count }
    }

    pub(super) fn all(&self) -> &[Unit<'a>] {
        &self.list[..self.count]
    }
}
