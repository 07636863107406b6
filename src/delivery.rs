//! Batches on a GPU: where workers write what is copied there, and what the consumer gets.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::cuda::{self, Consumer, Context, Images, Loan, Pinned, Route, Uploader, Use, Wait};
use crate::dlpack::Array;
use crate::error::Result;
use crate::tensor::{Buffer, Device, Field, Lease, Pool};

/// The boundary that the arrays of a batch start on. It suits every access of a kernel.
const ALIGNMENT: usize = 256;

/// Copies that may be under way before no more are begun. They hold staging memory, and a consumer
/// may be far ahead of its device.
const FLIGHTS: usize = 4;

/// Batches that are to be delivered on a device.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    /// The device's number.
    pub(crate) ordinal: u32,
    /// How images reach it.
    pub(crate) route: Route,
    /// What becomes there of the first array: the images.
    pub(crate) images: Images<'a>,
    /// The arrays of a batch as workers write them.
    pub(crate) staged: Arc<[Field]>,
    /// The first of them as the consumer gets it; the others stay as they are.
    pub(crate) first: &'a Field,
    /// The most samples of a batch.
    pub(crate) capacity: usize,
    /// How many batches there may be at a time.
    pub(crate) ahead: usize,
}

/// What it takes to bring batches to a GPU.
#[derive(Debug)]
pub(crate) struct Gpu {
    staging: Arc<Pool>,
    pinned: Arc<Pinned>,
    buffers: Arc<cuda::Pool>,
    uploader: Uploader,
    is_behind: AtomicBool,
    /// The arrays of a batch, and where in its buffer each starts.
    arrays: Arc<[(Field, usize)]>,
}

/// A place for a batch: its buffer on the device, and the memory that workers write.
#[derive(Debug)]
pub(crate) struct Room {
    pub(crate) staging: Arc<Lease>,
    loan: Arc<Loan>,
}

/// The arrays of a batch that are on a device.
#[derive(Debug)]
pub(crate) struct OnDevice {
    loan: Arc<Loan>,
    arrays: Arc<[(Field, usize)]>,
    len: usize,
}

/// An array on a device. Its elements are there once the device has done what was asked of it
/// before; [`DeviceArray::hand_to`] brings a consumer in order with that.
#[derive(Clone, Debug)]
pub struct DeviceArray {
    array: Array,
    offset: usize,
    loan: Arc<Loan>,
}

/// How often a consumer is told that there is no batch yet before a device without room for one is
/// an error: other threads may let go of batches meanwhile.
const PATIENCE: u32 = 200;

/// The same where other iterators have batches, which their consumers may take: unless it is this
/// thread that should take them.
const LONG_PATIENCE: u32 = 6 * PATIENCE;

impl Gpu {
    /// For batches as they are requested.
    ///
    /// # Errors
    /// [`crate::error::Error::Device`] when the device cannot be used.
    pub(crate) fn new(request: Request<'_>) -> Result<Self> {
        let Request {
            ordinal,
            route,
            images,
            staged,
            first,
            capacity,
            ahead,
        } = request;
        let context = Context::on(ordinal)?;
        cuda::sweep();
        let delivered = std::iter::once(first).chain(&staged[1..]);
        let (arrays, bytes) = placed(delivered, capacity);
        let pinned = Arc::new(Pinned::new(Arc::clone(&context)));
        let allocator = Arc::clone(&pinned) as _;
        let staging = Pool::new(capacity, staged, ahead + FLIGHTS, allocator);
        // Whether memory can be pinned is to be known before the first batch.
        drop(staging.lend(0)?);
        Ok(Self {
            uploader: Uploader::new(&context, &images, route)?,
            staging,
            pinned,
            buffers: cuda::Pool::new(context, bytes, ahead),
            is_behind: AtomicBool::new(false),
            arrays,
        })
    }

    /// Why memory could not be pinned, if it could not.
    pub(crate) fn note(&self) -> Option<String> {
        self.pinned.note()
    }

    /// Room for a batch of `slots` samples; `None` if there will be some only once a batch has come
    /// back.
    ///
    /// # Errors
    /// [`crate::error::Error::Device`] when there is none, or the device fails.
    pub(crate) fn room(&self, slots: usize) -> Result<Option<Room>> {
        let is_behind = !self.uploader.settle(FLIGHTS)?;
        self.is_behind.store(is_behind, Ordering::Relaxed);
        if is_behind {
            return Ok(None);
        }
        let Some(loan) = self.buffers.take()? else {
            return Ok(None);
        };
        Ok(Some(Room {
            staging: Arc::new(self.staging.lend(slots)?),
            loan: Arc::new(loan),
        }))
    }

    /// Whether so many copies wait for the device that no more are begun. Nobody tells when one is
    /// done, so it must be asked for.
    fn is_behind(&self) -> bool {
        self.is_behind.load(Ordering::Relaxed)
    }

    /// An error if no batch will come: a consumer that was told `times` times that there is none
    /// yet, and has `own` batches ahead, holds all there is room for, with other iterators.
    ///
    /// # Errors
    /// [`crate::error::Error::Device`].
    fn check_room(&self, times: u32, own: usize) -> Result<()> {
        let patience = match self.buffers.ready_elsewhere_if_exhausted(own) {
            None => return Ok(()),
            Some(0) => PATIENCE,
            Some(_) => LONG_PATIENCE,
        };
        if times < patience {
            return Ok(());
        }
        Err(self.buffers.exhausted("the device is full"))
    }

    /// Room for another batch in place of the one that `room` was for.
    ///
    /// # Errors
    /// [`crate::error::Error::Memory`] when there is no staging memory.
    pub(crate) fn again(&self, room: &Room, slots: usize) -> Result<Room> {
        Ok(Room {
            staging: Arc::new(self.staging.lend(slots)?),
            loan: Arc::clone(&room.loan),
        })
    }

    /// Starts the copy of batch `number`, of which `len` samples were kept when the staging memory
    /// was sealed.
    ///
    /// # Errors
    /// [`crate::error::Error::Device`] when the device fails.
    pub(crate) fn upload(&self, number: u64, room: &Room, len: usize) -> Result<OnDevice> {
        if len > 0 {
            let offsets = self.arrays.iter().map(|(_, offset)| *offset);
            let rest: Vec<_> = offsets.enumerate().skip(1).collect();
            let batch = cuda::Batch {
                number,
                staging: &room.staging,
                rest: &rest,
            };
            self.uploader.upload(batch, &room.loan)?;
        }
        Ok(OnDevice {
            loan: Arc::clone(&room.loan),
            arrays: Arc::clone(&self.arrays),
            len,
        })
    }
}

/// What a consumer that waits for batches on a device sees to. It is to be dropped when nobody waits
/// any more.
pub(crate) struct Waiting {
    /// Has the engine ask for its next batch again.
    wake: Arc<cuda::Wake>,
    /// How often in a row there was no batch yet.
    times: u32,
}

/// How long to wait before a device is asked once more whether a copy is done.
const TICK: Duration = Duration::from_millis(1);

impl Waiting {
    /// For an engine that `notify` has ask for its next batch again, as long as somebody waits.
    pub(crate) fn new(gpu: &Gpu, notify: impl Fn() + Send + Sync + 'static) -> Self {
        let wake: Arc<cuda::Wake> = Arc::new(notify);
        gpu.buffers.wake_by(&wake);
        // Something may have come back before.
        wake();
        Self { wake, times: 0 }
    }

    /// How long to wait at most: no batch is begun while too many copies are under way.
    pub(crate) fn at_most(gpu: Option<&Gpu>, patience: Duration) -> Duration {
        if gpu.is_some_and(Gpu::is_behind) {
            patience.min(TICK)
        } else {
            patience
        }
    }

    /// Notes that there was a batch.
    pub(crate) fn note_batch(&mut self) {
        self.times = 0;
    }

    /// Sees to it that a batch can come, where there was none yet; `own` are ahead of the consumer.
    /// What keeps a buffer from being used again, such as the capture of a graph, may have ended
    /// without a word.
    ///
    /// # Errors
    /// [`crate::error::Error::Device`] if none will come.
    pub(crate) fn check(&mut self, gpu: &Gpu, own: usize) -> Result<()> {
        self.times += u32::from(!gpu.is_behind());
        let checked = gpu.check_room(self.times, own);
        // Afterwards, since workers that ask may have taken out what is free.
        (self.wake)();
        checked
    }
}

impl fmt::Debug for Waiting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiting")
            .field("times", &self.times)
            .finish_non_exhaustive()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        cuda::sweep();
    }
}

/// Where each of a batch's arrays starts, and the bytes of all.
fn placed<'a>(
    fields: impl Iterator<Item = &'a Field>,
    capacity: usize,
) -> (Arc<[(Field, usize)]>, usize) {
    let mut end = 0usize;
    let mut place = |field: &Field| {
        let start = end.next_multiple_of(ALIGNMENT);
        end = start.saturating_add(field.bytes().saturating_mul(capacity));
        (field.clone(), start)
    };
    let arrays = fields.map(&mut place).collect();
    (arrays, end)
}

impl OnDevice {
    /// Notes that the consumer has the batch.
    pub(crate) fn deliver(&self) {
        self.loan.deliver();
    }

    /// The array of this name, if it is on the device.
    pub(crate) fn array(&self, name: &str) -> Option<DeviceArray> {
        let place = self
            .arrays
            .iter()
            .position(|(field, _)| field.name == name)?;
        Some(self.nth(place))
    }

    /// The array of this number.
    ///
    /// # Panics
    /// If there is none.
    pub(crate) fn nth(&self, place: usize) -> DeviceArray {
        let (field, offset) = &self.arrays[place];
        let shape = [&[self.len], &*field.shape].concat();
        let address = self.loan.address() + *offset as u64;
        let (ordinal, owner) = (self.loan.context().ordinal(), Arc::clone(&self.loan));
        DeviceArray {
            array: Array::on_device(address, shape, field.dtype, ordinal, owner),
            offset: *offset,
            loan: Arc::clone(&self.loan),
        }
    }
}

impl DeviceArray {
    /// Address, shape and type.
    #[must_use]
    pub fn array(&self) -> &Array {
        &self.array
    }

    /// The array for a consumer, whose hold on the memory ends when the last copy of what is
    /// returned is dropped.
    ///
    /// # Errors
    /// [`crate::error::Error::Captured`] for a stream that is captured into a graph;
    /// [`crate::error::Error::Device`] when the device fails.
    pub fn hand_to(&self, consumer: Consumer) -> Result<Array> {
        let hold: Arc<Use> = Arc::new(self.loan.hand_to(consumer)?);
        Ok(self.array.kept_by(hold as Arc<dyn Any + Send + Sync>))
    }

    /// When it is written, and the stream of this number, if any, has done what it was asked to so
    /// far; see [`Loan::end_on`].
    ///
    /// # Errors
    /// As [`DeviceArray::hand_to`].
    pub fn end_on(&self, stream: Option<u64>) -> Result<Wait> {
        self.loan.end_on(stream)
    }

    /// A copy in the CPU's memory, after what the stream of this number, if any, does with it.
    ///
    /// # Errors
    /// As [`DeviceArray::hand_to`].
    pub fn to_host(&self, stream: Option<u64>) -> Result<Array> {
        let copy: Buffer = self.loan.to_host(self.offset, self.array.bytes(), stream)?;
        debug_assert_eq!(copy.device(), Device::Cpu, "a host buffer");
        Ok(self.array.in_buffer(copy))
    }
}
