//! `DLPack`, the tensor exchange format of `NumPy`, `PyTorch`, TensorFlow, JAX and `CuPy`, without
//! Python.
//!
//! Layouts follow `dlpack.h` of version 1.0 (dmlc/dlpack): the older unversioned tensor, which
//! TensorFlow and JAX ask for, and the versioned one. A tensor's context is one `Arc`; its deleter
//! drops that and nothing else, so it may run on any thread, without Python's lock.
#![expect(
    unsafe_code,
    reason = "C structs that foreign code frees through a function pointer"
)]

use std::any::Any;
use std::ffi::c_void;
use std::sync::Arc;

use crate::error::Result;
use crate::pixel::Dtype;
use crate::tensor::{Allocator, Buffer, Device, Host, Lease};

/// `DLDataTypeCode` of a type.
const fn code(dtype: Dtype) -> u8 {
    match dtype {
        Dtype::Int16 | Dtype::Int32 | Dtype::Int64 => 0,
        Dtype::Uint8 | Dtype::Uint16 => 1,
        Dtype::Float16 | Dtype::Float32 | Dtype::Float64 => 2,
        Dtype::Bfloat16 => 4,
        Dtype::Bool => 6,
    }
}

/// A dense array in memory that something else keeps alive.
#[derive(Clone)]
pub struct Array {
    start: *mut c_void,
    shape: Vec<usize>,
    dtype: Dtype,
    device: Device,
    owner: Arc<dyn Any + Send + Sync>,
}

// SAFETY: the pointer is into memory that `owner`, itself Send and Sync, keeps alive; this type
// never dereferences it.
unsafe impl Send for Array {}
// SAFETY: as above.
unsafe impl Sync for Array {}

impl std::fmt::Debug for Array {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Array")
            .field("start", &self.start)
            .field("shape", &self.shape)
            .field("dtype", &self.dtype)
            .finish_non_exhaustive()
    }
}

impl Array {
    /// All samples of field `field` of a sealed arena: their number, then the axes of a sample.
    ///
    /// # Panics
    /// If there is no such field, or the arena is not sealed.
    #[must_use]
    pub fn of_field(lease: &Arc<Lease>, field: usize) -> Self {
        let shape = [&[lease.len()], &*lease.fields()[field].shape].concat();
        Self::new(lease, field, shape)
    }

    /// The only sample of the only field of a sealed arena.
    ///
    /// # Panics
    /// If the arena is not sealed.
    #[must_use]
    pub fn of_single(lease: &Arc<Lease>) -> Self {
        Self::new(lease, 0, lease.fields()[0].shape.clone())
    }

    fn new(lease: &Arc<Lease>, field: usize, shape: Vec<usize>) -> Self {
        Self {
            start: lease.array(field).cast(),
            shape,
            dtype: lease.fields()[field].dtype,
            device: lease.device(),
            owner: Arc::clone(lease) as _,
        }
    }

    /// An array on the CUDA device of number `ordinal`, in memory that `owner` keeps.
    #[must_use]
    pub fn on_device(
        address: u64,
        shape: Vec<usize>,
        dtype: Dtype,
        ordinal: u32,
        owner: Arc<dyn Any + Send + Sync>,
    ) -> Self {
        let address = usize::try_from(address).unwrap_or(0);
        Self {
            start: std::ptr::without_provenance_mut(address),
            shape,
            dtype,
            device: Device::Cuda(ordinal),
            owner,
        }
    }

    /// An array of the elements in a buffer.
    ///
    /// # Panics
    /// If the bytes are not those of an array of this shape and type.
    #[must_use]
    pub fn of_buffer(buffer: Buffer, shape: Vec<usize>, dtype: Dtype) -> Self {
        let bytes = shape.iter().product::<usize>() * dtype.bytes();
        assert_eq!(buffer.len(), bytes, "the elements of the array");
        Self {
            start: buffer.as_ptr().cast(),
            shape,
            dtype,
            device: buffer.device(),
            owner: Arc::new(buffer),
        }
    }

    /// The same array, kept alive by `owner`.
    #[must_use]
    pub fn kept_by(&self, owner: Arc<dyn Any + Send + Sync>) -> Self {
        Self {
            owner,
            ..self.clone()
        }
    }

    /// The same elements as they are in `buffer`, in the CPU's memory.
    ///
    /// # Panics
    /// If the buffer has another length.
    #[must_use]
    pub fn in_buffer(&self, buffer: Buffer) -> Self {
        Self::of_buffer(buffer, self.shape.clone(), self.dtype)
    }

    /// Bytes of all elements.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.shape.iter().product::<usize>() * self.dtype.bytes()
    }

    /// The same elements in memory of their own.
    ///
    /// # Errors
    /// [`crate::error::Error::Memory`] when there is no room for them.
    ///
    /// # Panics
    /// If they are not in the CPU's memory.
    pub fn copied(&self) -> Result<Self> {
        assert_eq!(self.device, Device::Cpu, "the CPU copies its own memory");
        let len = self.bytes();
        let buffer = Host.allocate(len)?;
        // SAFETY: both are at least `len` bytes, by the array's shape and the buffer's length, and
        // new memory overlaps none.
        unsafe {
            self.start
                .cast::<u8>()
                .copy_to_nonoverlapping(buffer.as_ptr(), len);
        };
        Ok(self.in_buffer(buffer))
    }

    /// Address of the first element.
    #[must_use]
    pub fn address(&self) -> usize {
        self.start as usize
    }

    /// Elements along each axis.
    #[must_use]
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Type of the elements.
    #[must_use]
    pub fn dtype(&self) -> Dtype {
        self.dtype
    }

    /// Where the elements are.
    #[must_use]
    pub fn device(&self) -> Device {
        self.device
    }

    /// A `DLManagedTensor` of the array; whoever takes it calls its deleter.
    #[must_use]
    pub fn to_managed(&self) -> *mut ManagedTensor {
        let context = Box::new(Context::new(self));
        let tensor = context.tensor(self);
        let context = Box::into_raw(context).cast();
        Box::into_raw(Box::new(ManagedTensor {
            tensor,
            context,
            deleter: Some(delete),
        }))
    }

    /// A `DLManagedTensorVersioned` of the array; whoever takes it calls its deleter.
    #[must_use]
    pub fn to_versioned(&self) -> *mut VersionedTensor {
        let context = Box::new(Context::new(self));
        let tensor = context.tensor(self);
        let context = Box::into_raw(context).cast();
        let (version, deleter) = (Version { major: 1, minor: 0 }, Some(delete_versioned as _));
        Box::into_raw(Box::new(VersionedTensor {
            version,
            context,
            deleter,
            flags: 0,
            tensor,
        }))
    }
}

/// `DLDevice`: device type and number.
#[must_use]
pub fn dl_device(device: Device) -> (i32, i32) {
    match device {
        Device::Cpu => (1, 0),
        Device::Cuda(ordinal) => (2, i32::try_from(ordinal).unwrap_or(i32::MAX)),
    }
}

/// `DLTensor`.
#[repr(C)]
#[derive(Debug)]
pub struct Tensor {
    data: *mut c_void,
    device_type: i32,
    device_id: i32,
    ndim: i32,
    code: u8,
    bits: u8,
    lanes: u16,
    shape: *mut i64,
    strides: *mut i64,
    byte_offset: u64,
}

/// `DLManagedTensor`.
#[repr(C)]
#[derive(Debug)]
pub struct ManagedTensor {
    tensor: Tensor,
    context: *mut c_void,
    /// Frees the tensor and lets go of the memory.
    pub deleter: Option<unsafe extern "C" fn(*mut ManagedTensor)>,
}

#[repr(C)]
#[derive(Debug)]
struct Version {
    major: u32,
    minor: u32,
}

/// `DLManagedTensorVersioned`.
#[repr(C)]
#[derive(Debug)]
pub struct VersionedTensor {
    version: Version,
    context: *mut c_void,
    /// Frees the tensor and lets go of the memory.
    pub deleter: Option<unsafe extern "C" fn(*mut VersionedTensor)>,
    flags: u64,
    tensor: Tensor,
}

/// What a tensor keeps alive: the memory, and the shape and strides it points to.
struct Context {
    shape: Box<[i64]>,
    strides: Box<[i64]>,
    _owner: Arc<dyn Any + Send + Sync>,
}

impl Context {
    fn new(array: &Array) -> Self {
        let whole = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let shape: Box<[i64]> = array.shape.iter().map(|n| whole(*n)).collect();
        let mut strides = vec![1; shape.len()].into_boxed_slice();
        for axis in (1..shape.len()).rev() {
            strides[axis - 1] = strides[axis] * shape[axis];
        }
        Self {
            shape,
            strides,
            _owner: Arc::clone(&array.owner),
        }
    }

    /// The tensor, pointing into this context, which is boxed because it must not move.
    fn tensor(&self, array: &Array) -> Tensor {
        let (device_type, device_id) = dl_device(array.device);
        Tensor {
            data: array.start,
            device_type,
            device_id,
            ndim: i32::try_from(self.shape.len()).unwrap_or(i32::MAX),
            code: code(array.dtype),
            bits: u8::try_from(array.dtype.bytes() * 8).unwrap_or(u8::MAX),
            lanes: 1,
            shape: self.shape.as_ptr().cast_mut(),
            strides: self.strides.as_ptr().cast_mut(),
            byte_offset: 0,
        }
    }
}

unsafe extern "C" fn delete(tensor: *mut ManagedTensor) {
    if tensor.is_null() {
        return;
    }
    // SAFETY: made by `to_managed` with Box::into_raw; the consumer calls this once.
    let tensor = unsafe { Box::from_raw(tensor) };
    // SAFETY: likewise.
    drop(unsafe { Box::from_raw(tensor.context.cast::<Context>()) });
}

unsafe extern "C" fn delete_versioned(tensor: *mut VersionedTensor) {
    if tensor.is_null() {
        return;
    }
    // SAFETY: made by `to_versioned` with Box::into_raw; the consumer calls this once.
    let tensor = unsafe { Box::from_raw(tensor) };
    // SAFETY: likewise.
    drop(unsafe { Box::from_raw(tensor.context.cast::<Context>()) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor::Field;

    #[test]
    fn a_tensor_keeps_its_owner_until_it_is_deleted() {
        let field = Field::new("x", Dtype::Float32, &[2, 3]);
        let owner = Arc::new(Lease::single(field).unwrap());
        drop(owner.claim(0));
        owner.seal(|_| true);
        let array = Array::of_single(&owner);
        let (plain, versioned) = (array.to_managed(), array.to_versioned());
        drop(array);
        assert_eq!(Arc::strong_count(&owner), 3);
        // SAFETY: both were just made.
        let tensor = unsafe { &(*plain).tensor };
        assert_eq!(
            (tensor.ndim, tensor.code, tensor.bits, tensor.byte_offset),
            (2, 2, 32, 0)
        );
        // SAFETY: shape and strides have two elements.
        let [shape, strides] = [tensor.shape, tensor.strides]
            .map(|axis| unsafe { std::slice::from_raw_parts(axis, 2) });
        assert_eq!((shape, strides), (&[2, 3][..], &[3, 1][..]));
        // SAFETY: deleted once, through its own deleter.
        unsafe { delete(plain) };
        // SAFETY: likewise.
        unsafe { delete_versioned(versioned) };
        assert_eq!(Arc::strong_count(&owner), 1);
    }
}
