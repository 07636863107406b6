"""Keras where it looks at a batch before it fits: under ``tf.distribute``, and on JAX."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from itertools import islice
from typing import TYPE_CHECKING

import pytest
from imagepipe_rs import Loader

if TYPE_CHECKING:
    from pathlib import Path

OPTIONS = {"batch_size": 10, "size": 8, "seed": 5, "fields": ("images", "indices")}

# Devices are split, and a back end is chosen, before TensorFlow and Keras are there.
FIT = """
import json, pathlib, sys
import keras, numpy, tensorflow as tf
from imagepipe_rs import Loader

folder, options, state, devices, out = sys.argv[1], *map(json.loads, sys.argv[2:5]), sys.argv[5]
cpu = tf.config.list_physical_devices("CPU")[0]
virtual = [tf.config.LogicalDeviceConfiguration()] * max(1, devices)
tf.config.set_logical_device_configuration(cpu, virtual)
seen = []

def see(indices):
    seen.extend(numpy.asarray(indices).ravel().tolist())

def loss(indices, outputs):
    if keras.backend.backend() == "jax":
        import jax
        jax.debug.callback(see, indices, ordered=True)
    else:
        tf.py_function(see, [indices], [])
    return keras.ops.mean(outputs)

def model():
    layers = [keras.Input((8, 8, 3)), keras.layers.Flatten(), keras.layers.Dense(1)]
    model = keras.Sequential(layers)
    model.compile(loss=loss, jit_compile=False)
    return model

def fitted():
    if not devices:
        return model()
    with tf.distribute.MirroredStrategy([f"CPU:{device}" for device in range(devices)]).scope():
        return model()

loader = Loader(folder, **options)
if state:
    loader.load_state_dict(state)
history = fitted().fit(loader.as_tf_dataset(), epochs=3, shuffle=False, verbose=0)
assert len(history.history["loss"]) == 3
if keras.backend.backend() == "jax":
    import jax
    jax.effects_barrier()
position = loader.state_dict(batches=1)["position"]
pathlib.Path(out).write_text(json.dumps([seen, loader.epoch, position]))
"""


@pytest.mark.parametrize("done", [0, 2], ids=["fresh", "resumed"])
@pytest.mark.parametrize(
    ("backend", "devices"),
    [("tensorflow", 1), ("tensorflow", 2), ("jax", 0)],
    ids=["one device", "two devices", "jax"],
)
def test_the_look_before_a_fit_takes_no_epoch(
    photos: Path, tmp_path: Path, backend: str, devices: int, done: int
) -> None:
    straight = [
        sorted(batch.indices.tolist())
        for batch in islice(Loader(photos, **OPTIONS, repeat=True), done + 18)
    ]
    first = Loader(photos, **OPTIONS)
    for _ in islice(iter(first), done):
        pass
    state = first.state_dict() if done else None
    arguments = [json.dumps(value) for value in (OPTIONS, state, devices)]
    run = subprocess.run(
        [sys.executable, "-c", FIT, photos, *arguments, tmp_path / "seen.json"],
        env={**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    seen, epoch, position = json.loads((tmp_path / "seen.json").read_text())
    # The devices have their shares of a batch in any order.
    assert [sorted(seen[at : at + 10]) for at in range(0, len(seen), 10)] == straight[done:]
    assert (epoch, position) == (3, 10 * done + 10)
