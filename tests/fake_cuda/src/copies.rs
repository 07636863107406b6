//! Copies, fills and kernel launches.

use crate::codes::{Code, Result};
use crate::graph::{Action, Source, Target, Touch};
use crate::kernels::Launch;
use crate::memory::Fault;
use crate::pinned::Place;
use crate::plant::Plant;
use crate::reserve;
use crate::schedule::read_host;
use crate::state::State;

impl State {
    /// The index of a copy's stream, and what the report calls the copy; `None` if it is of no
    /// bytes.
    fn copy_on(
        &mut self,
        stream: usize,
        target: u64,
        source: u64,
        bytes: usize,
    ) -> Result<Option<(usize, String)>> {
        let index = self.stream_in_context(stream)?;
        let what = format!("the copy of {bytes} bytes from {source:#x} to {target:#x}");
        Ok((bytes > 0).then_some((index, what)))
    }

    /// `cuMemcpyHtoDAsync`.
    pub(crate) fn copy_to_device(
        &mut self,
        target: u64,
        source: usize,
        bytes: usize,
        stream: usize,
    ) -> Result<()> {
        let Some((mut index, what)) = self.copy_on(stream, target, source as u64, bytes)? else {
            return Ok(());
        };
        self.check_device(target, bytes, &what)?;
        let place = self.place(source, bytes)?;
        if self.plants(Plant::CopyOnWrongStream) {
            index = self.other_lane(index).unwrap_or(index);
        }
        let mut touches = vec![Touch::new(target, bytes, true)];
        let from = match place {
            Place::Pinned => {
                touches.push(Touch::new(source as u64, bytes, false));
                Source::Host(source)
            }
            Place::Pageable => {
                self.count_pageable();
                Source::Bytes(read_host(source, bytes))
            }
        };
        let is_short = place == Place::Pinned && self.plants(Plant::ShortCopy);
        let action = Action::Copy {
            source: from,
            target: Target::Device(target),
            bytes: bytes - usize::from(is_short),
        };
        self.enqueue(index, &what, action, &touches, &[])?;
        self.report.bytes_to_device += bytes as u64;
        if place == Place::Pinned && self.plants_once(Plant::EarlyUnregister) {
            self.give_up_pinned(source)?;
        }
        Ok(())
    }

    /// Asynchronous copies should find pinned memory; others are slow anyway.
    fn count_pageable(&mut self) {
        if self.function.ends_with("Async_v2") {
            self.report.pageable_copies += 1;
        }
    }

    /// Unregisters the pinned memory that an address lies in, or gives it up as freed.
    fn give_up_pinned(&mut self, address: usize) -> Result<()> {
        match self
            .pinned
            .range(..=address)
            .next_back()
            .map(|(start, pinned)| (*start, *pinned))
        {
            Some((start, pinned)) if pinned.is_allocated => {
                // Its pages stay: the caller does not have the bug and goes on writing to them.
                self.check_unpinned(start, pinned.bytes, "free-pending");
                Ok(())
            }
            Some((start, _)) => self.unregister(start),
            None => Ok(()),
        }
    }

    /// `cuMemcpyDtoHAsync`; waits where the memory is pageable, as the real one does.
    pub(crate) fn copy_to_host(
        &mut self,
        target: usize,
        source: u64,
        bytes: usize,
        stream: usize,
    ) -> Result<()> {
        let Some((index, what)) = self.copy_on(stream, target as u64, source, bytes)? else {
            return Ok(());
        };
        self.check_device(source, bytes, &what)?;
        let place = self.place(target, bytes)?;
        let mut touches = vec![Touch::new(source, bytes, false)];
        if place == Place::Pinned {
            touches.push(Touch::new(target as u64, bytes, true));
        }
        let (source, target) = (Source::Device(source), Target::Host(target));
        let mark = self.enqueue(
            index,
            &what,
            Action::Copy {
                source,
                target,
                bytes,
            },
            &touches,
            &[],
        )?;
        if place == Place::Pageable
            && let Some(mark) = mark
        {
            self.count_pageable();
            self.observe(&[mark])?;
        }
        Ok(())
    }

    /// `cuMemcpyDtoDAsync`.
    pub(crate) fn copy_on_device(
        &mut self,
        target: u64,
        source: u64,
        bytes: usize,
        stream: usize,
    ) -> Result<()> {
        let Some((index, what)) = self.copy_on(stream, target, source, bytes)? else {
            return Ok(());
        };
        self.check_device(source, bytes, &what)?;
        self.check_device(target, bytes, &what)?;
        let touches = [
            Touch::new(source, bytes, false),
            Touch::new(target, bytes, true),
        ];
        let (source, target) = (Source::Device(source), Target::Device(target));
        self.enqueue(
            index,
            &what,
            Action::Copy {
                source,
                target,
                bytes,
            },
            &touches,
            &[],
        )?;
        Ok(())
    }

    /// `cuMemsetD8Async`.
    pub(crate) fn fill(
        &mut self,
        target: u64,
        value: u8,
        bytes: usize,
        stream: usize,
    ) -> Result<()> {
        let index = self.stream_in_context(stream)?;
        if bytes == 0 {
            return Ok(());
        }
        let what = format!("the fill of {bytes} bytes from {target:#x}");
        self.check_device(target, bytes, &what)?;
        let touches = [Touch::new(target, bytes, true)];
        self.enqueue(
            index,
            &what,
            Action::Fill {
                target,
                value,
                bytes,
            },
            &touches,
            &[],
        )?;
        Ok(())
    }

    /// Waits for the last operation of a stream, for a synchronous copy.
    pub(crate) fn observe_stream(&mut self, stream: usize) -> Result<()> {
        let index = self.stream(stream)?;
        let last = self.streams[index].last.clone();
        self.observe(last.as_slice())
    }

    /// `cuLaunchKernel` of one of the kernels that run here.
    pub(crate) fn launch(&mut self, launch: Launch, stream: usize) -> Result<()> {
        let mut index = self.stream_in_context(stream)?;
        let what = format!("the kernel {}", launch.kernel.name);
        let Some((read, written)) = launch.sizes() else {
            self.violate(
                "misuse",
                format!("{what} has parameters that cannot be right: {launch:?}"),
            );
            return Err(Code::INVALID_VALUE);
        };
        if self.plants(Plant::KernelOnWrongStream) {
            index = self.other_lane(index).unwrap_or(index);
        }
        if read > 0 {
            self.check_kernel_access(launch.source, read, &what);
            self.check_kernel_access(launch.target, written, &what);
        }
        if self.sticky.is_some() {
            return Ok(()); // the next call says so
        }
        let touches = [
            Touch::new(launch.source, read, false),
            Touch::new(launch.target, written, true),
        ];
        let (source, target) = (launch.source, launch.target);
        self.enqueue(index, &what, Action::Kernel(launch), &touches, &[])?;
        if self.plants_once(Plant::FreeInFlight) {
            return self.free_holding(target);
        }
        if reserve::contains(source) && self.plants_once(Plant::FreeStagingInFlight) {
            return self.free_holding(source);
        }
        Ok(())
    }

    /// A kernel may read device memory and pinned host memory; what else it touches is an
    /// illegal address.
    fn check_kernel_access(&mut self, start: u64, bytes: usize, what: &str) {
        if !reserve::contains(start) && self.is_pinned(start as usize, bytes) {
            return;
        }
        let Err(fault) = self.memory.check(start, bytes) else {
            return;
        };
        let place = self.memory.describe(start);
        let kind = if fault == Fault::Freed {
            "use-after-free"
        } else {
            "bounds"
        };
        self.violate(kind, format!("{what} accesses {bytes} bytes from {place}"));
        self.fail_asynchronously(Code::ILLEGAL_ADDRESS);
    }

    fn free_holding(&mut self, address: u64) -> Result<()> {
        let start = self
            .memory
            .live()
            .map(|(start, _)| *start)
            .take_while(|start| *start <= address);
        match start.last() {
            Some(start) => self.free(start),
            None => Ok(()),
        }
    }
}
