"""Seeded, bit-reproducible image batches at the speed of the decoder."""

from imagepipe_rs._errors import (
    Damage,
    DatasetError,
    DatasetWarning,
    DecodeError,
    DeviceError,
    Failure,
    GraphError,
    ImagePipeError,
    RecordError,
)
from imagepipe_rs._native import __version__ as _version
from imagepipe_rs._writing import Written
from imagepipe_rs.augment import (
    AugMix,
    AutoAugment,
    CutMix,
    MixUp,
    RandAugment,
    TrivialAugmentWide,
)
from imagepipe_rs.decoding import decode, decode_many
from imagepipe_rs.encoding import encode
from imagepipe_rs.imagine import create_images, create_recordio, create_tfrecords
from imagepipe_rs.loader import Batch, Loader, LoaderIterator
from imagepipe_rs.records import (
    Example,
    ImageRecord,
    RecordIOReader,
    RecordIOWriter,
    TFRecordReader,
    TFRecordWriter,
    create_index,
    pack_image,
    unpack_image,
)
from imagepipe_rs.splits import Image2TFRecords, ImageDataSet
from imagepipe_rs.tensors import create_tensor_records

__version__: str = _version()

__all__ = [
    "AugMix",
    "AutoAugment",
    "Batch",
    "CutMix",
    "Damage",
    "DatasetError",
    "DatasetWarning",
    "DecodeError",
    "DeviceError",
    "Example",
    "Failure",
    "GraphError",
    "Image2TFRecords",
    "ImageDataSet",
    "ImagePipeError",
    "ImageRecord",
    "Loader",
    "LoaderIterator",
    "MixUp",
    "RandAugment",
    "RecordError",
    "RecordIOReader",
    "RecordIOWriter",
    "TFRecordReader",
    "TFRecordWriter",
    "TrivialAugmentWide",
    "Written",
    "__version__",
    "create_images",
    "create_index",
    "create_recordio",
    "create_tensor_records",
    "create_tfrecords",
    "decode",
    "decode_many",
    "encode",
    "pack_image",
    "unpack_image",
]
