"""TensorFlow takes batches as they lie in memory, and does not abort on any of them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pytest
import tensorflow as tf
from imagepipe_rs import Loader

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import EncodeJpeg, MakeTree

DTYPES = ["uint8", "float32", "float16", "bfloat16"]


def address(tensor: Any) -> int:
    return np.from_dlpack(tensor).__array_interface__["data"][0]


def used(tensor: Any) -> float:
    """Run the operations that abort on memory that is not aligned."""
    floats = tf.cast(tensor, tf.float32)
    total = tf.reduce_sum(floats) + tf.reduce_sum(tf.cast(tensor + tensor, tf.float32))
    if floats.shape.rank == 4:
        resized = tf.image.resize(floats, (8, 8))
        kernel = tf.ones((3, 3, floats.shape[-1], 2))
        total += tf.reduce_sum(tf.nn.conv2d(floats, kernel, 1, "SAME")) + tf.reduce_sum(resized)
    return float(total)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [(7, 5), (33, 31), (224, 224)], ids=str)
def test_tensors_can_be_used_the_last_short_batch_too(
    photos: Path, dtype: str, size: tuple[int, int]
) -> None:
    loader = Loader(photos, batch_size=13, size=size, dtype=dtype, output="tensorflow")
    lengths = []
    for images, labels in loader:
        lengths.append(len(images))
        assert images.dtype == tf.as_dtype(dtype)
        assert images.shape == (len(images), *size, 3)
        assert labels.dtype == tf.int64
        assert np.isfinite(used(images))
        assert used(labels) >= 0
    assert lengths == [13, 13, 13, 13, 8]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_tensors_hold_what_numpy_would(photos: Path, dtype: str, layout: str) -> None:
    options = {"batch_size": 25, "size": 16, "dtype": dtype, "layout": layout, "labels": "one_hot"}
    for ours, theirs in zip(
        Loader(photos, **options), Loader(photos, output="tensorflow", **options), strict=True
    ):
        assert np.array_equal(theirs.images.numpy(), ours.images)
        assert np.array_equal(theirs.labels.numpy(), ours.labels)
        assert isinstance(theirs.indices, np.ndarray)


def test_tensors_share_the_memory(photos: Path) -> None:
    for batch in Loader(photos, batch_size=25, size=16, output="tensorflow"):
        native = batch._batch  # noqa: SLF001
        assert (
            address(batch.images)
            == np.asarray(native.field("images")).__array_interface__["data"][0]
        )
        assert (
            address(batch.labels)
            == np.asarray(native.field("labels")).__array_interface__["data"][0]
        )


def test_numpy_batches_can_be_handed_over_without_a_copy(photos: Path) -> None:
    for batch in Loader(photos, batch_size=25, size=16):
        images = tf.experimental.dlpack.from_dlpack(batch.images.__dlpack__())
        assert address(images) == batch.images.__array_interface__["data"][0]
        assert float(tf.reduce_sum(tf.cast(images, tf.float64))) == batch.images.sum()


def test_every_array_can_be_handed_over(photos: Path) -> None:
    for batch in Loader(photos, batch_size=13, size=(7, 5), last_batch="keep", flip=True):
        for name in ("labels", "indices", "crops", "flips", "valid"):
            array = getattr(batch, name)
            tensor = tf.experimental.dlpack.from_dlpack(array.__dlpack__())
            total = tf.reduce_sum(tf.cast(tensor, tf.float64))
            assert float(total) == pytest.approx(array.sum(dtype=np.float64))


def test_ragged_batches_are_lists_of_tensors(photos: Path) -> None:
    for batch in Loader(photos, batch_size=7, size=None, ragged=True, output="tensorflow"):
        for image in batch.images:
            assert used(image[None]) > 0


def test_memory_is_kept_while_a_tensor_lives(photos: Path) -> None:
    loader = Loader(photos, batch_size=10, size=16, fit="random_crop", output="tensorflow")
    held = [tf.identity(batch.images) for batch in loader]
    before = [tensor.numpy().copy() for tensor in held]
    for _ in range(4):
        for _ in loader:
            pass
    for tensor, expected in zip(held, before, strict=True):
        assert np.array_equal(tensor.numpy(), expected)


def test_memory_comes_back_when_tensors_are_let_go(photos: Path) -> None:
    loader = Loader(photos, batch_size=10, size=16, output="tensorflow", workers=2)
    addresses = {address(batch.images) for _ in range(5) for batch in loader}
    assert len(addresses) <= 8  # of 30 batches; TensorFlow may keep one a little longer


def test_inside_a_function(photos: Path) -> None:
    @tf.function
    def total(images: Any) -> Any:
        return tf.reduce_sum(tf.nn.relu(tf.cast(images, tf.float32)))

    for batch in Loader(photos, batch_size=25, size=(15, 17), output="tensorflow"):
        assert float(total(batch.images)) == pytest.approx(
            batch.images.numpy().sum(dtype=np.float64)
        )


# ----------------------------------------------------------------------------------- as_tf_dataset


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize("labels", ["int", "one_hot"])
def test_a_dataset_gives_the_same_batches(
    photos: Path, dtype: str, layout: str, labels: str
) -> None:
    options = {
        "batch_size": 25,
        "size": 16,
        "dtype": dtype,
        "layout": layout,
        "labels": labels,
        "seed": 3,
    }
    dataset = Loader(photos, **options).as_tf_dataset()
    assert isinstance(dataset, tf.data.Dataset)
    for (images, marks), batch in zip(dataset, Loader(photos, **options), strict=True):
        assert np.array_equal(images.numpy(), batch.images)
        assert np.array_equal(marks.numpy(), batch.labels)
        assert np.isfinite(used(images))


def test_each_pass_over_a_dataset_is_an_epoch(photos: Path) -> None:
    loader = Loader(photos, batch_size=60, size=8)
    dataset = loader.as_tf_dataset()
    passes = [labels.numpy().tolist() for _ in range(3) for _, labels in dataset]
    expected = Loader(photos, batch_size=60, size=8)
    assert passes == [batch.labels.tolist() for _ in range(3) for batch in expected]
    assert loader.epoch == 3


def test_a_dataset_without_labels_is_of_images(photos: Path) -> None:
    dataset = Loader(photos, batch_size=25, size=8, labels=None).as_tf_dataset()
    assert [images.shape[0] for images in dataset] == [25, 25, 10]


def test_a_dataset_says_its_shapes(photos: Path) -> None:
    dataset = Loader(photos, size=(8, 9), channels="GRAY", layout="NCHW").as_tf_dataset()
    assert dataset.element_spec == (
        tf.TensorSpec((None, 1, 8, 9), tf.uint8),
        tf.TensorSpec((None,), tf.int64),
    )


@pytest.mark.parametrize("last_batch", ["drop", "pad"])
@pytest.mark.parametrize("shard", [None, (1, 4)], ids=str)
def test_a_dataset_of_full_batches_says_how_long_they_are(
    photos: Path, last_batch: str, shard: Any
) -> None:
    """XLA and TPUs take no other shapes; TensorFlow checks every batch against them."""
    fields = ("images", "labels", "valid", "crops", "position")
    options = {"size": 8, "labels": "one_hot", "fields": fields, "last_batch": last_batch}
    loader = Loader(photos, batch_size=7, limit=30, shard=shard, **options)
    dataset = loader.as_tf_dataset()
    shapes = [spec.shape.as_list() for spec in dataset.element_spec]
    assert shapes == [[7, 8, 8, 3], [7, 10], [7], [7, 4], [2]]
    assert len(list(dataset)) == len(loader)


def test_a_dataset_of_batches_that_may_be_shorter_does_not_say_how_long_they_are(
    photos: Path,
) -> None:
    for options in ({"last_batch": "keep"}, {"last_batch": "pad", "on_error": "skip"}):
        images, labels = Loader(photos, size=8, **options).as_tf_dataset().element_spec
        assert (images.shape[0], labels.shape[0]) == (None, None)


def test_a_dataset_of_a_rank_is_not_dealt_out_again(photos: Path) -> None:
    """TensorFlow shards what it distributes: of a shard, half of the samples were never seen."""
    policies = [
        Loader(photos, shard=shard).as_tf_dataset().options().experimental_distribute
        for shard in (None, (0, 1), (0, 2))
    ]
    names = [policy.auto_shard_policy.name for policy in policies]
    assert names == ["AUTO", "AUTO", "OFF"]


WORKER = """
import json, os, sys
import tensorflow as tf
from imagepipe_rs import Loader

strategy = tf.distribute.MultiWorkerMirroredStrategy()
loader = Loader(sys.argv[1], batch_size=8, size=8, shard="auto", fields=("images", "indices"))
seen = []
for _, indices in strategy.experimental_distribute_dataset(loader.as_tf_dataset()):
    for local in strategy.experimental_local_results(indices):
        seen += local.numpy().tolist()
print(json.dumps(seen))
"""


def test_two_workers_see_every_sample(photos: Path) -> None:
    with (
        socket.create_server(("localhost", 0)) as first,
        socket.create_server(("localhost", 0)) as second,
    ):
        hosts = [f"localhost:{server.getsockname()[1]}" for server in (first, second)]
    workers = []
    for rank in range(2):
        config = {"cluster": {"worker": hosts}, "task": {"type": "worker", "index": rank}}
        workers.append(
            subprocess.Popen(
                [sys.executable, "-c", WORKER, photos],
                env={**os.environ, "TF_CONFIG": json.dumps(config), "TF_CPP_MIN_LOG_LEVEL": "3"},
                stdout=subprocess.PIPE,
                text=True,
            )
        )
    seen = [
        sample for worker in workers for sample in json.loads(worker.communicate(timeout=110)[0])
    ]
    assert sorted(set(seen)) == list(range(60))


def test_a_dataset_knows_its_length(photos: Path) -> None:
    options = {"batch_size": 25, "size": 8}
    assert int(Loader(photos, **options).as_tf_dataset().cardinality()) == 3
    assert int(Loader(photos, last_batch="drop", **options).as_tf_dataset().cardinality()) == 2
    for endless in ({"repeat": True}, {"sampling": "balanced"}):
        dataset = Loader(photos, **options, **endless).as_tf_dataset()
        assert int(dataset.cardinality()) == tf.data.INFINITE_CARDINALITY


def test_a_dataset_knows_its_length_whatever_is_damaged(tree: MakeTree, jpeg: EncodeJpeg) -> None:
    """A batch that lost every sample was left out."""
    folder = tree({f"{number}.jpg": jpeg() if number > 3 else b"damaged" for number in range(8)})
    loader = Loader(folder, batch_size=2, size=8, on_error="skip", shuffle=False)
    dataset = loader.as_tf_dataset()
    assert int(dataset.cardinality()) == 4
    assert [len(labels) for _, labels in dataset] == [2, 2, 2, 2]


def test_a_dataset_can_be_worked_on(photos: Path) -> None:
    dataset = Loader(photos, batch_size=25, size=8, dtype="float32").as_tf_dataset()
    batches = list(dataset.map(lambda images, labels: (images * 2, labels)).prefetch(2))
    assert sum(len(labels) for _, labels in batches) == 60
    assert max(float(tf.reduce_max(images)) for images, _ in batches) <= 2


def test_a_dataset_that_is_left_early_can_be_started_again(photos: Path) -> None:
    dataset = Loader(photos, batch_size=5, size=8, repeat=True).as_tf_dataset()
    for _ in range(3):
        assert len(list(islice(dataset, 2))) == 2


def test_a_program_that_held_an_iterator_of_a_dataset_never_ended(photos: Path) -> None:
    """A thread of TensorFlow waited for a batch in the making, and TensorFlow for the thread."""
    program = """
import sys
from imagepipe_rs import Loader
loader = Loader(sys.argv[1], size=1200, batch_size=40, workers=1, repeat=True, exact=True)
iterator = iter(loader.as_tf_dataset())
next(iterator)
print("the end")
"""
    command = [sys.executable, "-c", program, str(photos)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=100, check=True)
    assert ran.stdout == "the end\n"
    assert "ImagePipeError" not in ran.stderr


def test_ragged_batches_are_no_dataset(photos: Path) -> None:
    with pytest.raises(ValueError, match="ragged"):
        Loader(photos, ragged=True).as_tf_dataset()


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_a_dataset_of_images_of_their_own_sizes(photos: Path, layout: str) -> None:
    options = {"size": None, "batch_size": 1, "layout": layout, "limit": 9}
    dataset = Loader(photos, **options).as_tf_dataset()
    for (images, _), batch in zip(dataset, Loader(photos, **options), strict=True):
        assert np.array_equal(images.numpy(), batch.images)


def test_every_field_is_an_element_of_the_dataset(photos: Path) -> None:
    fields = ("labels", "images", "valid", "indices", "crops", "flips", "position")
    options = {"batch_size": 25, "size": 8, "last_batch": "pad", "flip": True, "fields": fields}
    dataset = Loader(photos, **options).as_tf_dataset()
    for element, batch in zip(dataset, Loader(photos, **options), strict=True):
        assert type(element) is tuple
        for tensor, array in zip(element, batch, strict=True):
            assert np.array_equal(tensor.numpy(), array)
    assert batch.position.tolist() == [1, 0]
    assert batch.valid.sum() == 10


def test_a_dataset_of_images_and_what_is_valid(photos: Path) -> None:
    options = {"batch_size": 25, "size": 8, "labels": None, "last_batch": "pad"}
    dataset = Loader(photos, fields=("images", "valid"), **options).as_tf_dataset()
    assert [int(tf.reduce_sum(tf.cast(valid, tf.int32))) for _, valid in dataset] == [25, 25, 10]


# ------------------------------------------------------------------------------------ walks over
# tuples


@pytest.mark.parametrize("fields", [("images", "labels"), ("images", "labels", "valid")], ids=str)
def test_tf_nest_rebuilds_a_batch(photos: Path, fields: tuple[str, ...]) -> None:
    batch = next(iter(Loader(photos, size=8, output="tensorflow", fields=fields)))
    same = tf.nest.map_structure(lambda tensor: tensor, batch)
    assert type(same) is type(batch)
    assert same._fields == fields
    assert all(left is right for left, right in zip(same, batch, strict=True))
    assert tf.nest.flatten(batch) == list(batch)


def test_a_batch_goes_into_a_function_and_comes_out_of_it(photos: Path) -> None:
    @tf.function
    def same(batch: Any) -> Any:
        return batch

    batch = next(iter(Loader(photos, size=8, output="tensorflow")))
    images, labels = same(batch)
    assert np.array_equal(images.numpy(), batch.images.numpy())
    assert np.array_equal(labels.numpy(), batch.labels.numpy())


# ------------------------------------------------------------------------------------------------
# Keras

TRAINED = {"batch_size": 7, "size": 8, "dtype": "float32", "seed": 1}


def classifier(size: int) -> Any:
    return tf.keras.Sequential(
        [
            tf.keras.layers.Input((size, size, 3)),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(10),
        ]
    )


def compiled(model: Any, **options: Any) -> Any:
    """Return it with an optimizer and a loss."""
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=tf.keras.optimizers.SGD(0.1), loss=loss, **options)
    return model


class Watched(tf.keras.Sequential):
    """A model that notes the samples of each step; batches are (images, labels, indices)."""

    seen: ClassVar[list[list[int]]] = []

    def train_step(self, data: Any) -> Any:
        """Train as usual."""
        images, labels, indices = data
        self.seen.append(indices.numpy().tolist())
        return super().train_step((images, labels))


@pytest.fixture
def watched() -> Watched:
    Watched.seen = []
    layers = [
        tf.keras.layers.Input((8, 8, 3)),
        tf.keras.layers.Flatten(),
        tf.keras.layers.Dense(10),
    ]
    return compiled(Watched(layers), run_eagerly=True)


class StopAfter(tf.keras.callbacks.Callback):
    """Take the loader's state after some batches of the second epoch, and stop there."""

    def __init__(self, loader: Loader, batches: int) -> None:
        super().__init__()
        self.loader, self.batches, self.epoch, self.state = loader, batches, 0, {}

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        del logs
        self.epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        del logs
        if (self.epoch, batch + 1) == (1, self.batches):
            self.state = self.loader.state_dict(batches=batch + 1)
            self.model.stop_training = True


@pytest.mark.parametrize("batches", [1, 4, 9])
def test_keras_goes_on_after_the_batch_it_stopped_at(
    photos: Path, watched: Watched, batches: int
) -> None:
    """tf.data reads ahead, Keras takes a dataset's length once: neither loses anything."""
    options = {**TRAINED, "fields": ("images", "labels", "indices")}
    loader = Loader(photos, **options)
    stop = StopAfter(loader, batches)
    watched.fit(loader.as_tf_dataset(), epochs=5, shuffle=False, verbose=0, callbacks=[stop])
    assert len(watched.seen) == 9 + batches

    resumed = Loader(photos, **options)
    resumed.load_state_dict(json.loads(json.dumps(stop.state)))
    dataset = resumed.as_tf_dataset()
    assert int(dataset.cardinality()) == 9
    watched.fit(dataset, epochs=3, shuffle=False, verbose=0)

    straight = Loader(photos, repeat=True, **options)
    steps = 9 + batches + 27
    assert watched.seen == [batch.indices.tolist() for batch in islice(straight, steps)]
    for epoch in range(4):
        samples = [sample for step in watched.seen[9 * epoch : 9 * epoch + 9] for sample in step]
        assert sorted(samples) == list(range(60))


def test_a_state_loaded_after_the_dataset_was_made_counts(photos: Path) -> None:
    options = {**TRAINED, "fields": ("images", "labels", "indices")}
    first = Loader(photos, **options)
    batches = iter(first)
    seen = [next(batches).indices.tolist() for _ in range(4)]
    loader = Loader(photos, **options)
    dataset = loader.as_tf_dataset()
    loader.load_state_dict(first.state_dict())
    passes = [indices.numpy().tolist() for _, _, indices in dataset]
    assert len(passes) == 9
    assert sorted(chain(*seen, *passes[:5])) == list(range(60))
    more = [indices.numpy().tolist() for _, _, indices in dataset]
    assert sorted(chain(*passes[5:], *more[:5])) == list(range(60))


def test_state_dict_is_refused_where_tf_data_reads_ahead(photos: Path) -> None:
    loader = Loader(photos, **TRAINED)
    fresh = loader.state_dict()
    dataset = loader.as_tf_dataset().prefetch(3)
    assert loader.state_dict() == fresh, "nothing was read yet"
    next(iter(dataset))
    with pytest.raises(RuntimeError, match=r"batches=n.*position=p"):
        loader.state_dict()
    assert loader.state_dict(batches=1)["position"] == 7
    with pytest.raises(ValueError, match=r"batches=9 .* handed over \d"):
        loader.state_dict(batches=9)
    loader.set_epoch(3)
    assert (loader.state_dict()["epoch"], loader.state_dict()["position"]) == (3, 0)


class Followed(tf.keras.callbacks.Callback):
    """Note the loader's state after each batch, as (epoch, batch); act after the first three."""

    def __init__(self, loader: Loader, then: Callable[[Any], object] = lambda _model: None) -> None:
        super().__init__()
        self.loader, self.then, self.states = loader, then, []

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        del logs
        if batch == 2:
            self.then(self.model)
        state = self.loader.state_dict(batches=min(batch + 1, len(self.loader)))
        self.states.append(divmod(state["epoch"] * 60 + state["position"], 60))


def straight(epoch: int, batches: int) -> list[tuple[int, int]]:
    """Return the places in an epoch, from its first batch on."""
    return [divmod(60 * epoch + min(7 * batch, 60), 60) for batch in range(1, batches + 1)]


def test_a_look_in_the_middle_of_a_pass_leaves_no_state_to_be_taken_for_that_of_the_pass(
    photos: Path,
) -> None:
    """The state was one of the next epoch."""
    loader = Loader(photos, **TRAINED)
    dataset = loader.as_tf_dataset()
    for look in (dataset, dataset.prefetch(2), loader):
        followed = Followed(loader, lambda _model, look=look: next(iter(look)))
        with pytest.raises(RuntimeError, match=r"which iteration.*Loader of its own.*position=p"):
            compiled(classifier(8)).fit(dataset, callbacks=[followed], shuffle=False, verbose=0)
        assert len(followed.states) == 2


def test_two_passes_at_once_have_no_state(photos: Path) -> None:
    loader = Loader(photos, **TRAINED)
    dataset = loader.as_tf_dataset()
    for _ in tf.data.Dataset.zip((dataset, dataset)).skip(4):
        with pytest.raises(RuntimeError, match="which iteration"):
            loader.state_dict(batches=1)


def test_passes_that_were_left_early_before_take_nothing_from_the_state(photos: Path) -> None:
    loader = Loader(photos, **TRAINED)
    dataset = loader.as_tf_dataset()
    model = compiled(classifier(8))

    def fit(then: Callable[[Any], object] = lambda _model: None) -> list[tuple[int, int]]:
        followed = Followed(loader, then)
        model.fit(dataset, epochs=2, callbacks=[followed], shuffle=False, verbose=0)
        return followed.states

    def stop(model: Any) -> None:
        model.stop_training = True

    def interrupt(_model: Any) -> None:
        raise KeyboardInterrupt

    for _ in dataset.take(1):
        pass
    assert fit() == straight(1, 9) + straight(2, 9)
    assert fit(stop) == straight(3, 3)
    assert fit() == straight(4, 9) + straight(5, 9)
    model.evaluate(dataset, verbose=0)
    with pytest.raises(KeyboardInterrupt) as held:  # as a notebook holds the last exception
        fit(interrupt)
    assert fit() == straight(8, 9) + straight(9, 9)
    assert held.type is KeyboardInterrupt
    iterator = iter(dataset)
    next(iterator)
    assert fit() == straight(11, 9) + straight(12, 9)


@pytest.mark.parametrize("steps", [2, 4])
def test_a_state_is_right_with_several_steps_in_an_execution(photos: Path, steps: int) -> None:
    """Keras counts the steps of an epoch up to a multiple of them."""
    loader = Loader(photos, **TRAINED)
    followed = Followed(loader)
    model = compiled(classifier(8), steps_per_execution=steps)
    model.fit(loader.as_tf_dataset(), epochs=2, callbacks=[followed], shuffle=False, verbose=0)
    ends = [*range(steps, 9, steps), 9]
    expected = [straight(epoch, 9)[end - 1] for epoch in range(2) for end in ends]
    assert followed.states == expected


def test_a_position_in_the_dataset_becomes_a_state(photos: Path) -> None:
    options = {**TRAINED, "fields": ("images", "labels", "indices", "position")}
    loader = Loader(photos, **options)
    taken = list(islice(loader.as_tf_dataset().prefetch(4), 5))
    seen = [sample for *_, indices, _ in taken for sample in indices.numpy().tolist()]
    state = loader.state_dict(position=taken[-1][-1])
    assert (state["epoch"], state["position"]) == (0, 35)
    resumed = Loader(photos, **options)
    resumed.load_state_dict(state)
    seen += [sample for batch in resumed for sample in batch.indices.tolist()]
    assert sorted(seen) == list(range(60))


def test_keras_fits_a_generator_of_batches(photos: Path) -> None:
    loader = Loader(photos, repeat=True, **TRAINED)
    history = compiled(classifier(8)).fit(
        (batch for batch in loader), steps_per_epoch=len(loader), epochs=2, shuffle=False, verbose=0
    )
    assert len(history.history["loss"]) == 2


def test_keras_fits_a_generator_of_batches_on_the_rest_of_an_epoch(photos: Path) -> None:
    first = iter(Loader(photos, **TRAINED))
    next(first)
    loader = Loader(photos, **TRAINED)
    loader.load_state_dict(first.state_dict())
    model = compiled(classifier(8))
    model.fit((batch for batch in loader), steps_per_epoch=8, shuffle=False, verbose=0)
    assert int(model.optimizer.iterations) == 8
    assert loader.state_dict()["epoch"] == 1


def test_keras_fits_a_model_that_is_not_built_yet(photos: Path) -> None:
    """Nothing looks into the dataset before the first epoch."""
    loader = Loader(photos, **TRAINED)
    model = compiled(tf.keras.Sequential([tf.keras.layers.Flatten(), tf.keras.layers.Dense(10)]))
    model.fit(loader.as_tf_dataset(), epochs=2, shuffle=False, verbose=0)
    assert loader.epoch == 2


@pytest.mark.parametrize("world", [1, 4])
def test_valid_makes_an_evaluation_exact(photos: Path, world: int) -> None:
    """As sample weights in Keras' weighted metrics; the last batches of four ranks are padded."""
    entropy = tf.keras.metrics.SparseCategoricalCrossentropy("entropy", from_logits=True)
    metrics = [tf.keras.metrics.SparseCategoricalAccuracy("accuracy"), entropy]
    model = compiled(classifier(8), weighted_metrics=metrics)
    options = {"size": 8, "dtype": "float32", "shuffle": False}
    (images, labels), *_ = Loader(photos, batch_size=60, **options)
    logits = tf.constant(model.predict(images, verbose=0))
    losses = tf.keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
    expected = [np.mean(np.argmax(logits, 1) == labels), np.mean(losses)]
    found = []
    for rank in range(world):
        loader = Loader(
            photos,
            batch_size=7,
            last_batch="pad",
            shard=(rank, world),
            fields=("images", "labels", "valid"),
            **options,
        )
        valid = sum(int(batch.valid.sum()) for batch in loader)
        results = model.evaluate(loader.as_tf_dataset(), verbose=0, return_dict=True)
        found.append((valid, results["accuracy"], results["entropy"]))
    weights = np.array(found)[:, 0]
    assert weights.sum() == 60
    assert np.average(np.array(found)[:, 1:], axis=0, weights=weights) == pytest.approx(
        expected, rel=1e-5
    )


def test_a_model_learns_from_it(photos: Path) -> None:
    """Keras takes the dataset as it is; a small model tells the ten subjects apart by colour."""
    loader = Loader(photos, batch_size=20, size=16, dtype="float32", seed=1)
    model = tf.keras.Sequential(
        [
            tf.keras.layers.Input((16, 16, 3)),
            tf.keras.layers.AveragePooling2D(4),
            tf.keras.layers.Flatten(),
            tf.keras.layers.Dense(10),
        ]
    )
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=tf.keras.optimizers.Adam(0.02), loss=loss, metrics=["accuracy"])
    history = model.fit(loader.as_tf_dataset(), epochs=30, shuffle=False, verbose=0).history
    assert history["loss"][-1] < history["loss"][0] / 2
    assert history["accuracy"][-1] > 0.6
