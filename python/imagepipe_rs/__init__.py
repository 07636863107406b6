"""Seeded, bit-reproducible image batches at the speed of the decoder."""

from imagepipe_rs._errors import DatasetError, DecodeError, ImagePipeError, RecordError
from imagepipe_rs._native import __version__ as _version
from imagepipe_rs.decoding import decode, decode_many
from imagepipe_rs.loader import Batch, Loader, LoaderIterator

__version__: str = _version()

__all__ = [
    "Batch",
    "DatasetError",
    "DecodeError",
    "ImagePipeError",
    "Loader",
    "LoaderIterator",
    "RecordError",
    "__version__",
    "decode",
    "decode_many",
]
