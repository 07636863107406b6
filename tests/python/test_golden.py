"""What users get, to the byte: batches, decoded images and written files.

``tests/golden/batches.json`` holds a digest for each case below, so a failing test names the
arguments whose result has changed. The images are made by this package, so the corpus has digests
too: where these differ, so does everything else.

A difference means that everybody's results change. If that is meant, say so in CHANGELOG.md and
write the file anew with ``python tests/python/test_golden.py``. The results depend neither on the
number of workers nor on the JPEG decoder nor on the processor.
"""

from __future__ import annotations

import gzip
import itertools
import logging
import shutil
import struct
import tempfile
import warnings
from contextlib import chdir
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import golden
import imagepipe_rs
import numpy as np
import pytest
from imagepipe_rs import (
    Image2TFRecords,
    Loader,
    create_images,
    create_index,
    create_recordio,
    create_tensor_records,
    create_tfrecords,
    decode,
    decode_many,
)
from imagepipe_rs.inspection import describe, verify
from imagepipe_rs.sheet import Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GOLDEN = "batches.json"
ROOT = Path(__file__).resolve().parents[2]

# JPEGs that our encoder does not write, as the fuzzer kept them: gray ones, CMYK, unusual sampling,
# and four that are damaged.
SEEDS = ("0006", "0018", "0049", "0058", "0079", "0117", "0152", "0174", "0008", "0062", "0064")
SEEDS_DAMAGED = 3

# ------------------------------------------------------------------------------------------ corpus


def images(folder: Path) -> None:
    """Make three classes of images of all sizes, qualities, orientations and formats."""
    ant, bee, cat = (folder / name for name in ("ant", "bee", "cat"))
    create_images(ant, "natural", 200, 150, 4, "jpg", seed=1, content="natural")
    create_images(ant, "fine", 64, 48, 2, "jpg", seed=2, content="natural", quality=95)
    create_images(bee, "noise", 97, 61, 3, "jpg", seed=3, quality=90)
    for width, height in [(1, 1), (3, 5), (17, 1), (1, 33), (8, 8), (250, 40)]:
        create_images(bee, f"{width}x{height}-", width, height, 1, "jpg", content="natural")
    create_images(bee, "coarse", 120, 90, 1, "jpg", seed=5, content="natural", quality=10)
    create_images(cat, "large", 1203, 901, 1, "jpg", seed=6, content="natural", quality=85)
    create_images(cat, "png", 31, 45, 2, "png", seed=7, content="natural")
    create_images(cat, "bmp", 45, 31, 1, "bmp", seed=8, content="natural")
    upright = (ant / "fine0.jpg").read_bytes()
    for orientation in range(1, 9):
        (cat / f"exif{orientation}.jpg").write_bytes(turned(upright, orientation))


def turned(jpeg: bytes, orientation: int) -> bytes:
    """Give a JPEG an EXIF orientation."""
    entry = struct.pack(">HHIHH", 0x0112, 3, 1, orientation, 0)
    exif = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 1) + entry + struct.pack(">I", 0)
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]


def damaged(root: Path) -> None:
    """Make a folder, and a file of records, with damage in them."""
    shutil.copytree(root / "images", root / "damaged")
    large = root / "damaged" / "cat" / "large0.jpg"
    large.write_bytes(large.read_bytes()[:20_000])
    (root / "damaged" / "ant" / "natural1.jpg").write_bytes(b"not an image")
    (root / "damaged" / "bee" / "noise2.jpg").write_bytes(b"")
    shutil.copytree(root / "tfrecords", root / "damaged-tfrecords")
    shard = root / "damaged-tfrecords" / "a1"
    data = bytearray(shard.read_bytes())
    data[len(data) // 2] ^= 1
    shard.write_bytes(data)


def tables(root: Path) -> None:
    """Make CSV files of classes by name and by number."""
    names = sorted(path.relative_to(root) for path in (root / "images").glob("*/*"))
    rows = [f"{name},{name.parent.name}" for name in names[::2]]
    (root / "names.csv").write_text("\n".join(["filename,class", *rows, ""]))
    rows = [f"{place * 7 % 5};{name}" for place, name in enumerate(names)]
    (root / "numbers.csv").write_text("\n".join(["class;filename", *rows, ""]))


def records(root: Path) -> None:
    """Make files of records from the images, with some of the writers' options."""
    create_tfrecords(root / "images", root / "tfrecords", "a", 10, metadata=True, index=True)
    (root / "gzip").mkdir()
    for shard in ("a0", "a1"):
        packed = gzip.compress((root / "tfrecords" / shard).read_bytes())
        (root / "gzip" / shard).write_bytes(packed)
    create_recordio(root / "images", root / "recordio", "a", 12)
    create_tensor_records(root / "images", root / "hwc", img_size=40, num_shards=2)
    create_tensor_records(root / "images", root / "chw", img_size=24, order="CHW", num_images=20)


def corpus(root: Path) -> Path:
    """Make everything that the cases read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        images(root / "images")
        create_images(root / "flat", "f", 64, 48, 9, "jpg", content="natural")
        (root / "seeds").mkdir()
        for name in SEEDS:
            shutil.copy(ROOT / "fuzz" / "seeds" / f"{name}.jpg", root / "seeds")
        tables(root)
        records(root)
        damaged(root)
    return root


def of_files(folder: Path) -> Iterator[bytes]:
    """Yield names and bytes of all files below a folder."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"{path.relative_to(folder)}\0".encode()
            yield path.read_bytes()


# ----------------------------------------------------------------------------------------- batches


def of_array(array: Any) -> Iterator[bytes]:
    """Yield type, shape and bytes of an array, of a list of them, or of None."""
    if array is None or isinstance(array, list):
        yield f"{array and len(array)}".encode()
        for one in array or ():
            yield from of_array(one)
    else:
        yield f"{array.dtype}{array.shape}".encode()
        yield np.ascontiguousarray(array).tobytes()


def of_batch(batch: Any, root: Path) -> Iterator[bytes]:
    yield f"{len(batch)} {batch.epoch}".encode()
    for name in ("images", "labels", "indices", "crops", "flips", "valid", "position"):
        yield from of_array(getattr(batch, name))
    for path in batch.paths:
        yield f"{Path(path).relative_to(root)}\0".encode()


def epochs(root: Path, source: str, workers: int, options: dict[str, Any]) -> str:
    """Return a digest of two epochs, and of what failed in them."""
    options = {"batch_size": 5, "size": (24, 32), "seed": 7, **options}
    path = [root / one for one in source.split()] if " " in source else str(root / source)
    loader = Loader(path, workers=workers, **options)

    def parts() -> Iterator[bytes]:
        yield f"{len(loader)} {loader.num_samples} {loader.num_classes}".encode()
        if options.get("labels", "int") is not None:
            yield f"{loader.classes} {loader.class_counts}".encode()
        for _ in range(2):
            for batch in itertools.islice(loader, len(loader)):
                yield from of_batch(batch, root)
        failed = [(Path(one.path).relative_to(root), one.offset) for one in loader.errors]
        yield f"{sorted(map(str, failed))}".encode()

    return golden.digest(parts())


def loaded(root: Path, source: str = "images", **options: Any) -> str:
    """Return a digest of two epochs, which must not depend on the number of workers."""
    one, three = (epochs(root, source, workers, options) for workers in (1, 3))
    assert one == three
    return one


IMAGENET = {"mean": "imagenet", "std": "imagenet"}
SKIP: dict[str, Any] = {"on_error": "skip"}

# What is delivered, beyond the product of `fit`, `interpolation` and `exact`: source, arguments.
LOADERS: tuple[tuple[str, dict[str, Any]], ...] = (
    # Where samples are.
    ("flat", {}),
    ("images/*/*.jpg", {}),
    ("images/ant images/cat", {}),
    ("names.csv", {}),
    ("numbers.csv", {"labels": "one_hot"}),
    ("tfrecords", {}),
    ("tfrecords/a0", {"keys": {"label": None}}),
    ("tfrecords", {"keys": {"label": "image/height"}, "shuffle": False}),
    ("gzip", {"labels": "one_hot"}),
    ("recordio", {}),
    ("hwc", {}),
    ("hwc", {"size": 40, "dtype": "float32", "layout": "NCHW", **IMAGENET}),
    ("hwc", {"fit": "random_crop", "flip": True, "channels": "BGR"}),
    ("chw", {"size": 24, "flip": True}),
    ("chw", {"size": 24, "layout": "NCHW"}),
    ("chw", {"size": 17, "channels": "GRAY", "exact": True}),
    ("seeds", {**SKIP}),
    ("seeds", {**SKIP, "exact": True, "channels": "GRAY", "size": 40}),
    ("seeds", {**SKIP, "size": None, "ragged": True}),
    # Sizes: none, one side, larger than the images, and where decoding may save most.
    ("images", {"size": None, "ragged": True}),
    ("images", {"size": None, "ragged": True, "dtype": "float32", "layout": "NCHW", **IMAGENET}),
    ("images", {"size": None, "batch_size": 1, "channels": "BGR"}),
    ("images", {"size": 20, "ragged": True, "fit": "crop"}),
    ("images", {"size": 300}),
    ("images", {"size": 300, "fit": "crop", "exact": True}),
    ("images", {"size": (150, 470), "interpolation": "bicubic"}),
    ("images", {"size": (600, 420), "fit": "random_crop"}),
    ("images", {"size": 1}),
    ("images", {"size": 60, "fit": "crop", "resize_short": 70}),
    ("images", {"size": 60, "fit": "crop", "resize_short": 61, "layout": "NCHW", "flip": True}),
    ("images", {"size": 64, "fit": "random_crop", "scale": (0.5, 1.0), "ratio": (0.2, 0.5)}),
    ("images", {"size": 64, "fit": "random_crop", "scale": (0.01, 0.02), "exact": True}),
    ("images", {"fit": "pad", "fill": 200}),
    ("images", {"fit": "pad", "fill": (1, 20, 255), "layout": "NCHW", "flip": True}),
    ("images", {"fit": "pad", "fill": (1, 20, 255), "dtype": "float32", **IMAGENET}),
    # Pixels: elements, channels, layouts.
    *(
        ("images", {"dtype": dtype, "channels": channels, "layout": layout, "flip": True})
        for dtype in ("uint8", "float32", "float16", "bfloat16")
        for channels in ("RGB", "BGR", "GRAY")
        for layout in ("NHWC", "NCHW")
    ),
    *(
        ("images", {"dtype": dtype, "exact": exact, **IMAGENET})
        for dtype in ("float32", "float16", "bfloat16")
        for exact in (False, True)
    ),
    ("images", {"dtype": "float32", "channels": "BGR", "layout": "NCHW", **IMAGENET}),
    ("images", {"dtype": "float16", "mean": (0.1, 0.2, 0.3), "std": (0.4, 0.5, 0.6)}),
    ("images", {"dtype": "float32", "channels": "GRAY", "mean": (0.5,), "std": (0.25,)}),
    ("images", {"exif": False}),
    ("images", {"exif": False, "fit": "random_crop", "flip": True}),
    # Labels and the order of samples.
    ("images", {"labels": "one_hot", "classes": ["cat", "ant"]}),
    ("images", {"labels": None}),
    ("images", {"sampling": "balanced", "fit": "random_crop", "flip": True}),
    ("images", {"weights": [1.0, 0.0, 3.0]}),
    ("flat", {"weights": [1, 2, 3, 4, 5, 6, 7, 8, 0.5]}),
    ("images", {"shuffle": False}),
    ("images", {"seed": 2**64 - 1}),
    ("images", {"limit": 11}),
    *(
        ("images", {"last_batch": last, "shard": (rank, 2), "batch_size": 4})
        for last in ("keep", "drop", "pad")
        for rank in (0, 1)
    ),
    ("images", {"repeat": True}),
    ("images", {"split": ("train", 0.3)}),
    ("images", {"split": ("validation", 0.3)}),
    ("images", {"split": ("validation", 0.3), "split_seed": 5, "limit": 6}),
    ("tfrecords", {"split": ("validation", 0.3)}),
    ("numbers.csv", {"split": ("train", 0.5), "sampling": "balanced"}),
    # Damage.
    *(
        (source, {"on_error": on_error, "last_batch": last})
        for source in ("damaged", "damaged-tfrecords")
        for on_error in ("skip", "replace")
        for last in ("keep", "pad")
    ),
    ("damaged", {"on_error": "replace", "shuffle": False, "batch_size": 1, "exact": True}),
)


def named(source: str, options: dict[str, Any]) -> str:
    return " ".join(
        [f"load {source}", *(f"{key}={value!r}".replace(" ", "") for key, value in options.items())]
    )


def loaders() -> dict[str, Callable[[Path], str]]:
    product = itertools.product(
        ("stretch", "crop", "pad", "random_crop"),
        ("bilinear", "nearest", "bicubic", "lanczos", "area"),
        (False, True),
    )
    keys = ("fit", "interpolation", "exact")
    every = [("images", dict(zip(keys, values, strict=True))) for values in product]
    every += LOADERS
    return {
        named(source, options): partial(loaded, source=source, **options)
        for source, options in every
    }


# ---------------------------------------------------------------------------------------- decoding


def decoded(root: Path, **options: Any) -> str:
    """Return a digest of every image, decoded by itself and together with the others."""
    paths = sorted((root / "images").glob("*/*")) + sorted((root / "seeds").glob("*"))
    files = [path.read_bytes() for path in paths if path.stem not in SEEDS[-SEEDS_DAMAGED:]]
    alone = [decode(data, **options) for data in files]
    for one, other in zip(alone, decode_many(files, **options), strict=True):
        np.testing.assert_array_equal(one, other)
    return golden.digest(part for one in alone for part in of_array(one))


def decoders() -> dict[str, Callable[[Path], str]]:
    every: list[dict[str, Any]] = [{}, {"channels": "BGR"}, {"channels": "GRAY"}]
    for size, fit in itertools.product((32, (24, 150)), ("stretch", "crop", "pad")):
        every.append({"size": size, "fit": fit})
    every += [{**options, "exact": True} for options in every]
    return {f"decode {options}": partial(decoded, **options) for options in every}


# ----------------------------------------------------------------------------------------- writing


def written(root: Path, write: Callable[..., Any]) -> str:
    """Return a digest of the files that a writer makes, which must not depend on its workers."""
    digests = set()
    for workers in (1, 3):
        with tempfile.TemporaryDirectory(dir=root.parent) as folder:
            write(root, Path(folder, "out"), workers=workers)
            digests.add(golden.digest(of_files(Path(folder, "out"))))
    (only,) = digests
    return only


ALL: dict[str, Any] = {"metadata": True, "index": True, "manifest": True}


def writes_images(_: Path, out: Path, **options: Any) -> None:
    create_images(out, "i", 37, 29, 5, seed=2**64 - 1, **options)


def writes_tfrecords(root: Path, out: Path, source: str = "images", **options: Any) -> None:
    create_tfrecords(root / source, out, "t", 7, **options)


def writes_again(root: Path, out: Path, **options: Any) -> None:
    writes_tfrecords(root, out, **ALL, **options)
    (out / "t1").unlink()
    (out / "t3.idx").unlink()
    writes_tfrecords(root, out, **ALL, resume=True, **options)


def writes_recordio(root: Path, out: Path, source: str = "images", **options: Any) -> None:
    create_recordio(root / source, out, "r", 7, **options)


def writes_tensors(root: Path, out: Path, workers: int, **options: Any) -> None:
    create_tensor_records(root / "images", out, num_shards=3, num_workers=workers, **options)


def writes_split(root: Path, out: Path, by: tuple[Path | None, ...], **options: Any) -> None:
    image_path = root if by[0] else root / "images"
    table = by[0] and root / by[0]
    made = Image2TFRecords(image_path, table, None, "ds", 0.3, 0.2, num_shards=2, seed=3)
    made.create_tfrecords(out, index=True, manifest=True, **options)


def writes_index(root: Path, out: Path, workers: int) -> None:
    out.mkdir()
    for shard in ("a0", "a1"):
        shutil.copy(root / "tfrecords" / shard, out)
    create_index([out / "a0", out / "a1"], workers=workers)


WRITERS: dict[str, Callable[..., Any]] = {
    **{
        f"create_images {image_format} {content}": partial(
            writes_images, image_format=image_format, content=content
        )
        for image_format in ("jpg", "png", "bmp")
        for content in ("noise", "natural")
    },
    "create_images quality=30": partial(writes_images, image_format="jpg", quality=30, classes=2),
    "create_tfrecords": writes_tfrecords,
    "create_tfrecords all": partial(writes_tfrecords, **ALL),
    "create_tfrecords labels=None": partial(writes_tfrecords, labels=None, check="headers"),
    "create_tfrecords CSV": partial(writes_tfrecords, source="numbers.csv", manifest=True),
    "create_tfrecords skip": partial(writes_tfrecords, source="damaged", **SKIP, metadata=True),
    "create_tfrecords resumed": writes_again,
    "create_recordio": partial(writes_recordio, manifest=True),
    "create_recordio flat": partial(writes_recordio, source="flat"),
    "create_recordio CSV": partial(writes_recordio, source="names.csv"),
    "create_tensor_records": partial(writes_tensors, img_size=33),
    "create_tensor_records all": partial(
        writes_tensors, img_size=20, seed=4, order="CHW", num_images=17, index=True, manifest=True
    ),
    "split folders": partial(writes_split, by=(None,)),
    "split CSV": partial(writes_split, by=("names.csv",)),
    "create_index": writes_index,
}


def writers() -> dict[str, Callable[[Path], str]]:
    return {f"write {name}": partial(written, write=write) for name, write in WRITERS.items()}


# ----------------------------------------------------------------------------------------- reading


def described(root: Path, source: str) -> str:
    """Return a digest of what ``inspect`` and ``verify`` count."""
    with chdir(root):
        found = describe(source), verify(source)
    facts = [{**one, "notes": None} for one in found]
    for one in facts:
        one["damaged"] = [{**entry, "reason": None} for entry in one.get("damaged", [])]
        one["unreadable"] = [{**entry, "reason": None} for entry in one.get("unreadable", [])]
    return golden.digest([repr([sorted(one.items()) for one in facts]).encode()])


def shown(root: Path) -> str:
    """Return a digest of a contact sheet, without the words above its images."""
    sheet = Sheet.of(root / "images", batch_size=9, size=48, workers=2)
    return golden.digest([replace(sheet, heading="heading", below="below").png()])


def fingerprints(root: Path) -> str:
    with chdir(root):
        sources = ("images", "flat", "names.csv", "tfrecords", "recordio", "hwc")
        return golden.digest(Loader(source).fingerprint.encode() for source in sources)


def corpus_of(root: Path, folder: str) -> str:
    return golden.digest(of_files(root / folder))


def cases() -> dict[str, Callable[[Path], str]]:
    made = ("images", "flat", "seeds", "tfrecords", "recordio", "hwc", "chw", "damaged")
    every: dict[str, Callable[[Path], str]] = {
        f"corpus {folder}": partial(corpus_of, folder=folder) for folder in made
    }
    every |= loaders() | decoders() | writers()
    for source in ("images", "numbers.csv", "tfrecords", "recordio", "hwc", "damaged"):
        every[f"describe and verify {source}"] = partial(described, source=source)
    every["contact sheet"] = shown
    every["fingerprints"] = fingerprints
    return every


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return corpus(tmp_path_factory.mktemp("golden") / "corpus")


@pytest.mark.filterwarnings("ignore::imagepipe_rs.DatasetWarning")
@pytest.mark.parametrize("case", cases())
def test_what_users_get_has_not_changed(root: Path, case: str) -> None:
    assert cases()[case](root) == golden.expected(GOLDEN)[case]


def test_every_golden_digest_is_looked_at() -> None:
    assert list(golden.expected(GOLDEN)) == list(cases())


if __name__ == "__main__":
    logging.disable()
    warnings.simplefilter("ignore", imagepipe_rs.DatasetWarning)
    with tempfile.TemporaryDirectory() as made:
        files = corpus(Path(made, "corpus"))
        golden.write(GOLDEN, {case: draw(files) for case, draw in cases().items()})
