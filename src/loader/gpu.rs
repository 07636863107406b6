//! Batches on a GPU: where workers write what is copied there, and what the consumer gets.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::fields::Fields;
use super::plan::Plan;
use crate::cuda::{self, Consumer, Context, Images, Loan, Pinned, Route, Uploader, Use, Wait};
use crate::dlpack::Array;
use crate::engine::Notifier;
use crate::error::Result;
use crate::pixel::Size;
use crate::tensor::{Buffer, Device, Field, Lease, Pool};
use crate::transform::Deferred;

/// The boundary that the arrays of a batch start on. It suits every access of a kernel.
const ALIGNMENT: usize = 256;

/// Copies that may be under way before no more are begun. They hold staging memory, and a consumer
/// may be far ahead of its device.
const FLIGHTS: usize = 4;

/// Batches on a device, as they were asked for.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) ordinal: u32,
    pub(super) deferred: Deferred,
    pub(super) route: Route,
    /// The images of a batch.
    pub(super) images: Field,
}

/// What it takes to bring the batches of a loader to a GPU.
#[derive(Debug)]
pub(super) struct Gpu {
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
pub(super) struct Room {
    pub(super) staging: Arc<Lease>,
    loan: Arc<Loan>,
}

/// The arrays of a batch that are on a device.
#[derive(Debug)]
pub(super) struct OnDevice {
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

/// Tells an engine that there may be room again, as long as it lives.
pub(super) struct Waker(Arc<cuda::Wake>);

/// How often a consumer is told that there is no batch yet before a device without room for one is
/// an error: other threads may let go of batches meanwhile.
const PATIENCE: u32 = 200;

/// The same where other iterators have batches, which their consumers may take: unless it is this
/// thread that should take them.
const LONG_PATIENCE: u32 = 6 * PATIENCE;

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waker").finish_non_exhaustive()
    }
}

impl Waker {
    /// Has the engine ask again.
    pub(super) fn wake(&self) {
        (self.0)();
    }
}

impl Gpu {
    /// For batches of at most `capacity` samples, `ahead` of them at a time.
    ///
    /// # Errors
    /// [`crate::error::Error::Device`] when the device cannot be used.
    pub(super) fn new(
        delivery: &Delivery,
        plan: &Plan,
        fields: &Fields,
        (capacity, ahead): (usize, usize),
    ) -> Result<Self> {
        let context = Context::on(delivery.ordinal)?;
        cuda::sweep();
        let size = plan.recipe.size().unwrap_or(Size::new(1, 1));
        let images = Images {
            conversion: &delivery.deferred.conversion,
            layout: delivery.deferred.layout,
            pixels: usize::try_from(size.pixels()).unwrap_or(usize::MAX),
            channels: plan.recipe.channels(),
            most: capacity,
        };
        let delivered = std::iter::once(&delivery.images).chain(&fields.staged[1..]);
        let (arrays, bytes) = placed(delivered, capacity);
        let pinned = Arc::new(Pinned::new(Arc::clone(&context)));
        let allocator = Arc::clone(&pinned) as _;
        let staging = Pool::new(
            capacity,
            Arc::clone(&fields.staged),
            ahead + FLIGHTS,
            allocator,
        );
        // Whether memory can be pinned is to be known before the first batch.
        drop(staging.lend(0)?);
        Ok(Self {
            uploader: Uploader::new(&context, &images, delivery.route)?,
            staging,
            pinned,
            buffers: cuda::Pool::new(context, bytes, ahead),
            is_behind: AtomicBool::new(false),
            arrays,
        })
    }

    /// Why memory could not be pinned, if it could not.
    pub(super) fn note(&self) -> Option<String> {
        self.pinned.note()
    }

    /// Has an engine asked for its next batch again when there may be room.
    pub(super) fn waker(&self, notifier: Notifier) -> Waker {
        let wake: Arc<cuda::Wake> = Arc::new(move || notifier.notify());
        self.buffers.wake_by(&wake);
        // Something may have come back before.
        wake();
        Waker(wake)
    }

    /// Room for a batch of `slots` samples; `None` if there will be some only once a batch has come
    /// back.
    ///
    /// # Errors
    /// [`crate::error::Error::Device`] when there is none, or the device fails.
    pub(super) fn room(&self, slots: usize) -> Result<Option<Room>> {
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
    pub(super) fn is_behind(&self) -> bool {
        self.is_behind.load(Ordering::Relaxed)
    }

    /// An error if no batch will come: a consumer that was told `times` times that there is none
    /// yet, and has `own` batches ahead, holds all there is room for, with other iterators.
    ///
    /// # Errors
    /// [`crate::error::Error::Device`].
    pub(super) fn check_room(&self, times: u32, own: usize) -> Result<()> {
        let patience = match self.buffers.is_exhausted(own) {
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
    pub(super) fn again(&self, room: &Room, slots: usize) -> Result<Room> {
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
    pub(super) fn upload(&self, number: u64, room: &Room, len: usize) -> Result<OnDevice> {
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
    pub(super) fn deliver(&self) {
        self.loan.deliver();
    }

    /// The array of this name, if it is on the device.
    pub(super) fn array(&self, name: &str) -> Option<DeviceArray> {
        let (field, offset) = self.arrays.iter().find(|(field, _)| field.name == name)?;
        let shape = [&[self.len], &*field.shape].concat();
        let address = self.loan.address() + *offset as u64;
        let (ordinal, owner) = (self.loan.context().ordinal(), Arc::clone(&self.loan));
        Some(DeviceArray {
            array: Array::on_device(address, shape, field.dtype, ordinal, owner),
            offset: *offset,
            loan: Arc::clone(&self.loan),
        })
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
