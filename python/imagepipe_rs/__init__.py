"""Seeded, bit-reproducible image batches at the speed of the decoder."""

from imagepipe_rs._errors import DatasetError, DecodeError, ImagePipeError, RecordError
from imagepipe_rs._native import __version__ as _version
from imagepipe_rs._writing import Written
from imagepipe_rs.decoding import decode, decode_many
from imagepipe_rs.imagine import create_recordio, create_tfrecords
from imagepipe_rs.loader import Batch, Loader, LoaderIterator
from imagepipe_rs.splits import Image2TFRecords, ImageDataSet
from imagepipe_rs.tensors import create_tensor_records

__version__: str = _version()

__all__ = [
    "Batch",
    "DatasetError",
    "DecodeError",
    "Image2TFRecords",
    "ImageDataSet",
    "ImagePipeError",
    "Loader",
    "LoaderIterator",
    "RecordError",
    "Written",
    "__version__",
    "create_recordio",
    "create_tensor_records",
    "create_tfrecords",
    "decode",
    "decode_many",
]
