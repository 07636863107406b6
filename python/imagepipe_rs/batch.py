"""A batch: a named tuple of arrays that knows more about its samples."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar, cast

import numpy as np

from imagepipe_rs._adapters.numpy import on_host
from imagepipe_rs.augment import Mixed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import numpy.typing as npt

    from imagepipe_rs import _native
    from imagepipe_rs._adapters import Adapter

DEFAULT_FIELDS = ("images", "labels")

# What a batch may unpack to beside the images, and has as attributes in any case.
_ARRAYS = ("labels", "valid", "indices", "crops", "flips", "position")
_FACTS = (*_ARRAYS, "paths", "epoch", "ops", "mixed")


class _BatchType(type):
    """Makes every batch a ``Batch`` for ``isinstance``, whatever its fields.

    A common base class would do too, but older versions of ``torch.utils._pytree`` only look into
    named tuples whose one base is ``tuple``.
    """

    def __instancecheck__(cls, instance: object) -> bool:
        """Say whether it is a batch."""
        return type(type(instance)) is _BatchType


class Batch(tuple[Any, ...], metaclass=_BatchType):  # noqa: SLOT001  a tuple with attributes cannot have slots
    """A batch: a named tuple ``(images, labels)``, or of the Loader's ``fields``, that knows more.

    Its memory is not written again while anything made from it is alive, such as a NumPy view or
    another framework's tensor. Every array starts on a 64-byte boundary.

    Copies and pickled batches keep all attributes. Functions that take tuples apart and rebuild
    them (``jax.tree.map``, ``tf.nest``, PyTorch's ``default_collate`` and ``pin_memory``,
    Lightning, Accelerate) make a batch of the same fields without the other attributes: put what is
    needed afterwards into the Loader's ``fields``. ``torch.load`` reads ``tuple(batch)`` as it is,
    but a batch only with ``weights_only=False``.
    """

    _fields: ClassVar[tuple[str, ...]] = DEFAULT_FIELDS
    _batch: _native.Batch
    _facts: dict[str, Any]

    def __new__(cls, *values: Any, **named: Any) -> Batch:  # noqa: PYI034
        """Make a batch from the values of its fields, by position or name, or in one iterable."""
        if len(values) == 1 and len(cls._fields) > 1 and not named:
            values = tuple(values[0])
        rest = cls._fields[len(values) :]
        values += tuple(named.pop(name) for name in rest if name in named)
        if named or len(values) != len(cls._fields):
            message = f"a batch has a value for each of {cls._fields}"
            raise TypeError(message)
        return tuple.__new__(cls, values)

    @classmethod
    def _make(cls, values: Iterable[Any]) -> Batch:
        """Make a batch from an iterable, as for any named tuple."""
        return cls(*values)

    @classmethod
    def _of(cls, batch: _native.Batch, output: Adapter, dtype: str) -> Batch:
        """Wrap a native batch."""
        values = [_value(batch, name, output, dtype) for name in cls._fields]
        self = tuple.__new__(cls, values)
        self._batch = batch
        return self

    def _element(self) -> Any:
        """Return an element of a framework's dataset: a plain tuple, or images without labels."""
        if self._fields == DEFAULT_FIELDS and self[1] is None:
            return self[0]
        return tuple(self)

    def _asdict(self) -> dict[str, Any]:
        """Return the fields by name."""
        return dict(zip(self._fields, self, strict=True))

    def _replace(self, **named: Any) -> Batch:
        """Return a batch of the same samples with other values of some fields."""
        other = type(self)(**{**self._asdict(), **named})
        other.__dict__.update(self.__dict__)
        return other

    def __copy__(self) -> Batch:
        """Return itself, as tuples do."""
        return self

    def __reduce__(self) -> tuple[Callable[..., Batch], tuple[Any, ...]]:
        """Pickle the values, and what is known beside them."""
        known = "_batch" in self.__dict__ or "_facts" in self.__dict__
        facts = {name: self._fact(name) for name in _FACTS} if known else None
        return _restored, (self._fields, tuple(self), facts)

    def _fact(self, name: str) -> Any:
        """Return a field, or what is known beside the fields."""
        if name in self._fields:
            return self[self._fields.index(name)]
        if "_facts" in self.__dict__:
            return self._facts[name]
        if "_batch" in self.__dict__:
            return _known(self._batch, name)
        message = f"this batch was rebuilt from its fields {self._fields}, without its {name!r}: "
        raise AttributeError(message + self._remedy(name))

    def _remedy(self, name: str) -> str:
        kept = {"paths": "indices", "epoch": "position"}.get(name, name)
        keeps = f"Loader(fields=({', '.join(map(repr, self._fields))}, {kept!r})) keeps {kept!r}"
        if name in {"ops", "mixed"}:
            return "look at the Loader's own batch"
        if name != "paths":
            return keeps
        found = "loader.paths[index] is the file of the sample with this index"
        return found if kept in self._fields else f"{keeps}, and {found}"

    @property
    def images(self) -> Any:
        """The images: (N, H, W, C) or (N, C, H, W); a list of (H, W, C) or (C, H, W) if ragged."""
        return self._fact("images")

    @property
    def labels(self) -> Any:
        """The labels: (N,) int64, (N, num_classes) float32 if one-hot, or None."""
        return self._fact("labels")

    @property
    def indices(self) -> npt.NDArray[np.int64]:
        """The samples' places in the dataset: (N,) int64."""
        return cast("npt.NDArray[np.int64]", self._fact("indices"))

    @property
    def crops(self) -> npt.NDArray[np.float32]:
        """The part of each upright image that was used: (N, 4) float32.

        Left, top, width and height, in pixels of the image before resizing.
        """
        return cast("npt.NDArray[np.float32]", self._fact("crops"))

    @property
    def flips(self) -> npt.NDArray[np.bool_]:
        """Which samples were mirrored: (N,) bool."""
        return cast("npt.NDArray[np.bool_]", self._fact("flips"))

    @property
    def ops(self) -> tuple[tuple[tuple[str, float], ...], ...] | None:
        """What a policy did to each sample, in order: names and magnitudes; None without one.

        ``(("Rotate", -9.0), ("Posterize", 7.0))``: the tangent of the angle for shears, pixels for
        translations, degrees counter-clockwise for rotations, how many bits are kept for
        ``"Posterize"``, and from which value on for ``"Solarize"``. ``"Brightness"``, ``"Color"``,
        ``"Contrast"`` and ``"Sharpness"`` are by a factor of 1 plus the magnitude. Others have 0.
        Magnitudes are numbers of single precision: what is done again with them is the same.

        With :class:`AugMix`, each chain begins with ``("Chain", weight)``, and starts from the
        image as it was. Results are added up by these weights; the image as it was has the rest.
        """
        return cast("tuple[tuple[tuple[str, float], ...], ...] | None", self._fact("ops"))

    @property
    def mixed(self) -> Mixed | None:
        """How ``mix`` mixed the batch; None without it."""
        return cast("Mixed | None", self._fact("mixed"))

    @property
    def valid(self) -> npt.NDArray[np.bool_]:
        """Which samples are not padding; see ``last_batch`` and ``on_error``: (N,) bool."""
        return cast("npt.NDArray[np.bool_]", self._fact("valid"))

    @property
    def position(self) -> npt.NDArray[np.int64]:
        """Where all ranks are once the batch is consumed: (2,) int64.

        It is for ``Loader.state_dict(position=...)``.
        """
        return cast("npt.NDArray[np.int64]", self._fact("position"))

    @property
    def paths(self) -> list[str]:
        """The samples' files; for a record, its file, ``#`` and its number in it, from 0."""
        return cast("list[str]", self._fact("paths"))

    @property
    def epoch(self) -> int:
        """The epoch the batch belongs to."""
        return cast("int", self._fact("epoch"))


def _value(batch: _native.Batch, name: str, output: Adapter, dtype: str) -> Any:
    """Return a field as the framework's array."""
    found = batch.field(name)
    if isinstance(found, list):
        return [output.convert(tensor, dtype) for tensor in found]
    return None if found is None else output.convert(found, dtype if name == "images" else "")


def _known(batch: _native.Batch, name: str) -> Any:
    """Return what a native batch knows, arrays as NumPy's."""
    if name == "epoch":
        return batch.epoch
    if name == "paths":
        return batch.paths()
    if name == "ops":
        ops = batch.ops()
        return None if ops is None else tuple(map(tuple, ops))
    if name == "mixed":
        return _mixed(batch)
    found = batch.field(name)
    if isinstance(found, list):
        return [np.asarray(tensor) for tensor in found]
    return None if found is None else on_host(found)


def _mixed(batch: _native.Batch) -> Mixed | None:
    mixed = batch.mixed()
    return None if mixed is None else Mixed(*mixed)


def _restored(
    fields: tuple[str, ...], values: tuple[Any, ...], facts: dict[str, Any] | None
) -> Batch:
    batch = tuple.__new__(batch_type(fields), values)
    if facts is not None:
        batch._facts = facts  # noqa: SLF001
    return batch


@cache
def batch_type(fields: tuple[str, ...]) -> type[Batch]:
    """Return the type of batches that unpack to these fields: one for each tuple."""
    if fields == DEFAULT_FIELDS:
        return Batch
    other = {"__dict__", "__weakref__"}
    own = {name: value for name, value in vars(Batch).items() if name not in other}
    return cast("type[Batch]", _BatchType("Batch", (tuple,), {**own, "_fields": fields}))


def fields_of(fields: Sequence[str], labels: str | None) -> tuple[str, ...]:
    """Return what a Loader's batches unpack to.

    Raises:
        TypeError: not a sequence of names.
        ValueError: an unknown or repeated name; no images; labels that the Loader does not have.
    """
    others = ", ".join(map(repr, _ARRAYS))
    message = f"fields={fields!r} is not valid: 'images' and any of {others}, each once"
    if not isinstance(fields, Sequence) or isinstance(fields, str):
        raise TypeError(message)
    if not all(isinstance(name, str) for name in fields):
        raise TypeError(message)
    names = tuple(fields)
    if (
        len(set(names)) != len(names)
        or "images" not in names
        or not {*names} <= {"images", *_ARRAYS}
    ):
        raise ValueError(message)
    if labels is None and "labels" in names and names != DEFAULT_FIELDS:
        message = f"fields={fields!r} is not valid with labels=None: leave 'labels' out"
        raise ValueError(message)
    return names


__all__ = ["Batch"]
