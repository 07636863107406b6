"""ImagePipe's call, with its batches as TensorFlow tensors."""

from __future__ import annotations

import itertools
import logging as _logging
import operator
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import unquote, urlsplit

import numpy as np
import tensorflow as tf

from imagepipe_rs._foreign import tells_keras_apart
from imagepipe_rs.loader import Loader

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from imagepipe_rs.loader import Batch

_log = _logging.getLogger("imagepipe_rs")

# More batches than this ahead of the consumer are of no use, however small they are.
_MOST_AHEAD = 16


class _Balanced(Loader):
    """A loader that resizes and scales as ImagePipe does."""

    def __init__(self, path: Any, rescale: float, **options: Any) -> None:
        self._more = {"floor": True, "rescale": rescale}
        super().__init__(path, dtype="float32", sampling="balanced", shard=(0, 1), **options)


class Flow(Iterator[tuple[Any, Any]]):
    """An endless iterator over (images, labels), float32 and int32 tensors.

    Dropping or closing it stops its threads.
    """

    def __init__(self, loader: Loader, *, warmup: bool) -> None:
        """Start it; for :func:`flow_from_directory`."""
        self._running = iter(loader)
        self._batches: Iterator[Batch] = self._running
        if warmup:
            self._batches = itertools.chain([next(self._running)], self._running)

    def __iter__(self) -> Flow:
        """Return itself."""
        return self

    def __next__(self) -> tuple[Any, Any]:
        """Return the next batch.

        Raises:
            DecodeError: an image cannot be decoded.
            DatasetError: a file cannot be read.
        """
        images, labels = next(self._batches)
        return images, tf.cast(labels, tf.int32)

    def arrays(self) -> tuple[Any, Any]:
        """Return the next batch as NumPy arrays."""
        images, labels = next(self._batches)
        return images, labels.astype(np.int32)

    def close(self) -> None:
        """Stop the threads."""
        self._running.close()


@tells_keras_apart(Loader.__init__)
def flow_from_directory(  # noqa: PLR0917  the order of arguments is ImagePipe's
    directory_url: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    batch_size: int,
    target_size: int | tuple[int, int],
    image_format: Literal["NCHW", "NHWC"] = "NCHW",
    parallel: int = 8,
    rescale: float = 1.0,
    seed: int = 0,
    synchronize: bool = True,  # noqa: FBT001, FBT002  as above
    logging: bool = True,  # noqa: FBT001, FBT002  as above
    cache_mbytes: int = 256,
    warmup: bool = True,  # noqa: FBT001, FBT002  as above
) -> Any:
    """Draw endless batches: each class equally likely, then each of its images.

    For row ``i`` of ``height``, resizing to ``target_size`` takes the source's row ``floor(i *
    source / height)``, and columns likewise; a pixel becomes ``float32(value) * float32(rescale)``.
    The draws depend on ``seed`` alone, whatever ``parallel`` is.

    Args:
        directory_url: ``root/class-name/**/x.jpg``, as a path or a ``file://`` URL; or whatever a
            ``Loader`` takes, such as a list of paths, a glob, files of records or a CSV.
        batch_size: images per batch.
        target_size: ``(height, width)`` in pixels, or one number for both.
        image_format: ``"NCHW"`` or ``"NHWC"``.
        parallel: decoding threads.
        rescale: what values in 0..255 are multiplied with.
        seed: for the draws.
        synchronize: ignored: batches always come in the same order.
        logging: log how many images and classes there are.
        cache_mbytes: memory for batches that are made ahead, in MiB; at least one batch.
        warmup: return when the first batch is ready; its errors are raised here.

    Returns:
        With eager execution, which is TensorFlow's default: an endless iterator over (images,
        labels), float32 tensors of (batch_size, 3, height, width) or (batch_size, height, width, 3)
        and int32 tensors of (batch_size,). In graph mode
        (``tf.compat.v1.disable_eager_execution()``): a pair of such tensors, a new batch at every
        ``session.run``.

    Raises:
        TypeError: an argument of the wrong type.
        ValueError: an argument of the wrong value.
        DatasetError: nothing at ``directory_url``, or no images there.
    """
    del synchronize
    eager = tf.executing_eagerly()
    height, width = size = _size(target_size)
    batch_size = _at_least(1, "batch_size", batch_size)
    parallel = _at_least(1, "parallel", parallel)
    cache_mbytes = _at_least(0, "cache_mbytes", cache_mbytes)
    if image_format not in {"NCHW", "NHWC"}:
        message = f"image_format={image_format!r} is not valid: 'NCHW' or 'NHWC'"
        raise ValueError(message)
    loader = _Balanced(
        _path(directory_url),
        rescale,
        batch_size=batch_size,
        size=size,
        layout=image_format,
        seed=seed,
        workers=parallel,
        prefetch=_ahead(cache_mbytes, batch_size * height * width * 3 * 4),
        output="tensorflow" if eager else "numpy",
    )
    if logging:
        _log.info(
            "%s: %d images in %d classes", directory_url, loader.num_samples, loader.num_classes
        )
    flow = Flow(loader, warmup=warmup)
    shape = (3, height, width) if image_format == "NCHW" else (height, width, 3)
    return flow if eager else _in_graph(flow, (batch_size, *shape))


def _in_graph(flow: Flow, shape: tuple[int, ...]) -> tuple[Any, Any]:
    images, labels = tf.numpy_function(flow.arrays, [], [tf.float32, tf.int32])
    images.set_shape(shape)
    labels.set_shape(shape[:1])
    return images, labels


def _size(target_size: Any) -> tuple[int, int]:
    try:
        height, width = map(operator.index, np.broadcast_to(target_size, 2).tolist())
    except (TypeError, ValueError):
        message = f"target_size={target_size!r} is not valid: (height, width) in pixels"
        raise TypeError(message) from None
    return height, width


def _at_least(least: int, name: str, value: Any) -> int:
    """Check a whole number here, since the Loader's arguments have other names."""
    message = f"{name}={value!r} is not valid: at least {least}"
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(message) from None
    if number < least:
        raise ValueError(message)
    return number


def _path(directory_url: Any) -> Any:
    """Return the path in a URL; anything else as it is."""
    if isinstance(directory_url, str) and "://" in directory_url:
        url = urlsplit(directory_url)
        if url.scheme != "file" or url.netloc not in {"", "localhost"}:
            message = f"directory_url={directory_url!r} is not valid: a path, or a file:// URL"
            raise ValueError(message)
        return Path(unquote(url.path))
    return directory_url


def _ahead(mbytes: int, batch: int) -> int:
    """Return how many batches fit into some memory."""
    return max(1, min(_MOST_AHEAD, (mbytes << 20) // max(batch, 1)))


__all__ = ["Flow", "flow_from_directory"]
