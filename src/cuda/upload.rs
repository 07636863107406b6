//! Copies of batches to a device, and their conversion there, while others are made and used.
//!
//! There are two lanes, each a stream with memory of its own for bytes as they arrive, so that one
//! batch is copied while another is converted. What a lane does for a batch is enqueued under its
//! lock and takes no time on the host.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::api::Address;
use super::context::Context;
use super::driver::Failed;
use super::kernel::Kernel;
use super::loan::Loan;
use super::memory::Memory;
use super::remains::{self, OfStreams, Remains, leave, sweep};
use super::stream::{Event, Stream};
use crate::error::{Error, Result, counted};
use crate::pixel::{Conversion, Layout, words};
use crate::sync::lock;
use crate::tensor::Lease;

const LANES: usize = 2;

/// How images reach the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Route {
    /// The copy engine brings the bytes into memory of the device, and a kernel reads them there.
    #[default]
    Copied,
    /// The kernel reads host memory over the bus.
    Mapped,
}

words!(Route: "copied" Copied, "mapped" Mapped);

/// The images of a batch, as they are on the host and as they are wanted.
#[derive(Debug)]
pub struct Images<'a> {
    /// What becomes of a byte.
    pub conversion: &'a Conversion,
    /// The order of their axes on the device; on the host they are NHWC.
    pub layout: Layout,
    /// Pixels of one.
    pub pixels: usize,
    /// 1 or 3.
    pub channels: usize,
    /// How many there are at most.
    pub most: usize,
}

/// Copies batches to a device.
pub struct Uploader {
    context: Arc<Context>,
    kernel: Option<Kernel>,
    /// Bytes of a lane's images.
    staged: usize,
    /// Bytes of an image on the host.
    image: usize,
    lanes: [Mutex<Lane>; LANES],
    flights: Mutex<VecDeque<Flight>>,
}

struct Lane {
    stream: Stream,
    /// Where images arrive, if a kernel is to read them there.
    staging: Option<Memory>,
}

/// A copy that is under way, and the memory it reads.
struct Flight {
    done: Arc<Event>,
    _staging: Arc<Lease>,
}

/// A batch on the host.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// Its number, which chooses the lane.
    pub number: u64,
    /// Sealed memory, its first field the images, as uint8 NHWC.
    pub staging: &'a Arc<Lease>,
    /// The other fields, and where in the batch's buffer each goes as it is.
    pub rest: &'a [(usize, usize)],
}

impl Uploader {
    /// An uploader of images of one kind.
    ///
    /// # Errors
    /// [`Error::Device`] when the driver fails.
    pub fn new(context: &Arc<Context>, images: &Images<'_>, route: Route) -> Result<Self> {
        let Images {
            conversion,
            layout,
            pixels,
            channels,
            most,
        } = *images;
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let kernel = Kernel::new(context, conversion, layout, pixels as u64, number(channels))?;
        let image = pixels.saturating_mul(channels);
        let staged = image.saturating_mul(most);
        let is_staged = kernel.is_some() && route == Route::Copied;
        // Before there are batches, which could take all there is.
        let staging = || is_staged.then(|| reserved(context, staged)).transpose();
        let lane = || {
            let stream = Stream::new(context)?;
            let staging = staging()?;
            Ok::<_, Error>(Mutex::new(Lane { stream, staging }))
        };
        Ok(Self {
            context: Arc::clone(context),
            kernel,
            staged,
            image,
            lanes: [lane()?, lane()?],
            flights: Mutex::default(),
        })
    }

    /// Enqueues the copy of a batch into `loan`, after whatever still uses that memory. The batch's
    /// own memory is kept until the copy is done.
    ///
    /// # Panics
    /// If the staging memory is not sealed or holds other images, or the buffer is too small.
    ///
    /// # Errors
    /// [`Error::Device`] when the driver fails.
    pub fn upload(&self, batch: Batch<'_>, loan: &Loan) -> Result<()> {
        let image = batch.staging.fields()[0].bytes();
        assert_eq!(
            image, self.image,
            "the images that the uploader was made for"
        );
        assert!(
            batch.staging.len() * image <= self.staged,
            "more images than fit a lane"
        );
        let lane = usize::try_from(batch.number % LANES as u64).unwrap_or(0);
        let mut lane = lock(&self.lanes[lane]);
        let staging = Arc::clone(batch.staging);
        let enqueued = self.enqueue(&mut lane, batch, loan);
        // If that failed, some of it may be under way.
        let marked = self.end_of(&lane).map(|done| {
            loan.written_by(Arc::clone(&done));
            lock(&self.flights).push_back(Flight {
                done,
                _staging: Arc::clone(&staging),
            });
        });
        if marked.is_err() {
            loan.used_by_unknown();
            std::mem::forget(staging);
        }
        Ok(enqueued.and(marked)?)
    }

    /// An event after what a lane has been asked to do.
    fn end_of(&self, lane: &Lane) -> Result<Arc<Event>, Failed> {
        let end = Event::new(&self.context)?;
        end.record(lane.stream.handle())?;
        Ok(Arc::new(end))
    }

    /// Enqueues what `upload` says; what is enqueued when it fails is not waited for.
    fn enqueue(&self, lane: &mut Lane, batch: Batch<'_>, loan: &Loan) -> Result<(), Failed> {
        self.enqueue_images(lane, batch.staging, loan)?;
        for (field, offset) in batch.rest {
            let staging = batch.staging;
            let (source, len) = (staging.array(*field), staging.fields()[*field].bytes());
            let target = loan.memory();
            // SAFETY: the array has that many bytes for each sample; the caller keeps the memory,
            // which is sealed, until the copy is done.
            unsafe {
                lane.stream
                    .copy_to_device(target, *offset, source, len * staging.len())
            }?;
        }
        Ok(())
    }

    fn enqueue_images(&self, lane: &mut Lane, staging: &Lease, loan: &Loan) -> Result<(), Failed> {
        let (source, samples) = (staging.array(0), staging.len());
        let (len, target) = (samples * self.image, loan.memory());
        let Some(kernel) = &self.kernel else {
            loan.order_after_uses(lane.stream.handle())?;
            // SAFETY: as in `enqueue`.
            return unsafe { lane.stream.copy_to_device(target, 0, source, len) };
        };
        // SAFETY: as in `enqueue`.
        let source = unsafe { self.bring(lane, source, len) }?;
        let (context, stream) = (&self.context, lane.stream.handle());
        // The copy need not wait until the buffer may be written; the kernel must.
        loan.order_after_uses(stream)?;
        // SAFETY: the images are on the device when the kernel starts; the launch checks the
        // target.
        unsafe { kernel.launch(context, stream, source, target, samples as u64) }
    }

    /// Where a kernel of the lane reads `len` bytes of `source`.
    ///
    /// # Safety
    /// The source has that many bytes, which nobody writes until the kernel is done.
    unsafe fn bring(
        &self,
        lane: &mut Lane,
        source: *const u8,
        len: usize,
    ) -> Result<Address, Failed> {
        let staging = match lane.staging.take() {
            Some(staging) => staging,
            None => match super::pinned::address_on_device(&self.context, source) {
                // No kernel can read memory that could not be pinned.
                Err(Failed::Call { .. }) => Memory::new(&self.context, self.staged)?,
                mapped => return mapped,
            },
        };
        let staging = lane.staging.insert(staging);
        // SAFETY: by this function's contract. The kernel that read the memory before is ahead of
        // the copy on the same stream.
        unsafe { lane.stream.copy_to_device(staging, 0, source, len) }?;
        Ok(staging.address())
    }

    /// Lets go of what finished copies kept; whether at most `most` are still under way.
    ///
    /// # Errors
    /// [`Error::Device`] when the driver fails.
    pub fn settle(&self, most: usize) -> Result<bool> {
        let mut finished = Vec::new();
        let mut flights = lock(&self.flights);
        while let Some(flight) = flights.front()
            && flight.done.has_passed()?
        {
            finished.extend(flights.pop_front());
        }
        Ok(flights.len() <= most)
    }
}

/// How often memory is asked for while some is to be free soon, and how long to wait in between: ten
/// seconds in all.
const TRIES: u32 = 200;
const BREAK: Duration = Duration::from_millis(50);

/// Memory for the images of a lane.
fn reserved(context: &Arc<Context>, len: usize) -> Result<Memory> {
    let is_refused = |made: &Result<Memory, Failed>| {
        matches!(made, Err(failed) if failed.is_out_of_memory()) && remains::are_there()
    };
    let mut memory = Memory::new(context, len);
    for _ in 0..TRIES {
        if !is_refused(&memory) {
            break;
        }
        std::thread::sleep(BREAK);
        sweep();
        memory = Memory::new(context, len);
    }
    memory.map_err(|failed| {
        if !failed.is_out_of_memory() {
            return failed.into();
        }
        let wanted = format!("the bytes of a batch, {}", counted(len as u64, "byte"));
        context.full(&wanted, "", &Error::from(failed).to_string())
    })
}

impl Drop for Uploader {
    fn drop(&mut self) {
        if !self.context.driver.is_at_home() {
            // What it holds cannot be used there, nor freed.
            return;
        }
        let lanes = self.lanes.each_mut().map(|lane| {
            let lane = lane.get_mut().unwrap_or_else(PoisonError::into_inner);
            (lane.staging.take(), &lane.stream)
        });
        let flights = std::mem::take(&mut *lock(&self.flights));
        let [(first, a), (second, b)] = lanes;
        let memory = Box::new((flights, first, second));
        let remains = OfStreams::new(&self.context, [a, b].into_iter(), memory);
        leave(Remains::OfStreams(remains));
    }
}

impl fmt::Debug for Uploader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Uploader")
            .field("context", &self.context)
            .finish_non_exhaustive()
    }
}
