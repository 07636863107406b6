//! Device memory: addresses that the host cannot touch, and the bytes behind them.

use std::collections::BTreeMap;

use crate::codes::{Code, Result};
use crate::reserve;
use crate::state::State;

/// What fresh memory holds.
pub(crate) const POISON: u8 = 0xcd;

#[derive(Debug)]
pub(crate) struct Allocation {
    pub(crate) bytes: usize,
    device: usize,
    /// `None` once it is freed.
    data: Option<Vec<u8>>,
}

/// The allocations of all devices by address, freed ones too: addresses are not used again.
#[derive(Debug, Default)]
pub(crate) struct Memory(BTreeMap<u64, Allocation>);

/// Why some bytes are no device memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// They lie in no allocation.
    Unknown,
    /// Their allocation was freed.
    Freed,
    /// They go beyond the end of their allocation.
    Beyond,
}

impl Memory {
    /// Bytes in use on a device.
    pub(crate) fn used(&self, device: usize) -> u64 {
        let live = self
            .live()
            .filter(|(_, allocation)| allocation.device == device);
        live.map(|(_, allocation)| allocation.bytes as u64).sum()
    }

    pub(crate) fn live(&self) -> impl Iterator<Item = (&u64, &Allocation)> {
        self.0
            .iter()
            .filter(|(_, allocation)| allocation.data.is_some())
    }

    fn add(&mut self, device: usize, bytes: usize) -> Option<u64> {
        let start = reserve::device_memory(bytes as u64)?;
        let data = Some(vec![POISON; bytes]);
        self.0.insert(
            start,
            Allocation {
                bytes,
                device,
                data,
            },
        );
        Some(start)
    }

    /// Checks that `bytes` bytes are in one live allocation.
    pub(crate) fn check(&self, start: u64, bytes: usize) -> std::result::Result<(), Fault> {
        let (first, allocation) = self.holder(start).ok_or(Fault::Unknown)?;
        if allocation.data.is_none() {
            Err(Fault::Freed)
        } else if start - first + bytes as u64 > allocation.bytes as u64 {
            Err(Fault::Beyond)
        } else {
            Ok(())
        }
    }

    /// The bytes at an address; `None` if they are no longer there.
    pub(crate) fn bytes(&mut self, start: u64, bytes: usize) -> Option<&mut [u8]> {
        let (first, allocation) = self.0.range_mut(..=start).next_back()?;
        let offset = (start - first) as usize;
        allocation.data.as_mut()?.get_mut(offset..offset + bytes)
    }

    fn holder(&self, address: u64) -> Option<(u64, &Allocation)> {
        let (first, allocation) = self.0.range(..=address).next_back()?;
        (address < first + allocation.bytes as u64).then_some((*first, allocation))
    }

    /// Says where an address is, for a report.
    pub(crate) fn describe(&self, address: u64) -> String {
        match self.holder(address) {
            Some((first, allocation)) => format!(
                "{address:#x}, byte {} of the {}allocation of {} bytes at {first:#x}",
                address - first,
                if allocation.data.is_none() {
                    "freed "
                } else {
                    ""
                },
                allocation.bytes
            ),
            None => format!("{address:#x}, in no allocation"),
        }
    }
}

impl State {
    /// `cuMemAlloc`.
    pub(crate) fn allocate(&mut self, bytes: usize) -> Result<u64> {
        let device = self.current_device()?;
        if bytes == 0 {
            return Err(Code::INVALID_VALUE);
        }
        let free = self.config.memory.saturating_sub(self.memory.used(device));
        if bytes as u64 > free {
            return Err(Code::OUT_OF_MEMORY);
        }
        self.memory.add(device, bytes).ok_or(Code::OUT_OF_MEMORY)
    }

    /// `cuMemFree`.
    pub(crate) fn free(&mut self, pointer: u64) -> Result<()> {
        let Some(allocation) = self.memory.0.get(&pointer) else {
            let place = self.memory.describe(pointer);
            self.violate(
                "bad-free",
                format!("not the start of an allocation: {place}"),
            );
            return Err(Code::INVALID_VALUE);
        };
        let bytes = allocation.bytes;
        if allocation.data.is_none() {
            let place = self.memory.describe(pointer);
            self.violate("double-free", place);
            return Err(Code::INVALID_VALUE);
        }
        self.check_host_access(pointer, bytes, true, "the host's free");
        self.check_hang_in(self.context()?)?;
        if let Some(allocation) = self.memory.0.get_mut(&pointer) {
            allocation.data = None;
        }
        Ok(())
    }

    /// Checks that an operation may access device memory.
    pub(crate) fn check_device(&mut self, start: u64, bytes: usize, what: &str) -> Result<()> {
        let Err(fault) = self.memory.check(start, bytes) else {
            return Ok(());
        };
        let place = self.memory.describe(start);
        let kind = match fault {
            Fault::Freed => "use-after-free",
            Fault::Unknown | Fault::Beyond => "bounds",
        };
        self.violate(kind, format!("{what} accesses {bytes} bytes from {place}"));
        Err(Code::INVALID_VALUE)
    }
}
