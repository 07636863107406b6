"""Train on CIFAR-like pictures with RandAugment and MixUp, in Keras.

Usage: python cifar_keras.py [DIRECTORY]

The directory has a folder for each class, with pictures of about 32x32, as CIFAR-10 exported to
files has. Without one, pictures of shapes are made up.
"""

import sys
import tempfile
from functools import partial
from pathlib import Path

import keras
from cifar_like import make
from imagepipe_rs import Loader

EPOCHS = 6


def loaders(folder: str) -> tuple[Loader, Loader]:
    """Return what to train on, augmented and mixed, and a fifth of the pictures to evaluate on."""
    cifar = partial(
        Loader, folder, batch_size=32, size=32, dtype="float32", mean="imagenet", std="imagenet"
    )
    train = cifar(
        split=("train", 0.2),
        fit="random_crop",
        scale=(0.6, 1.0),
        flip=True,
        augment="randaugment",
        mix="mixup",
        seed=1,
    )
    # Of the other fifth, every picture as it is. Labels have a share for each class as well.
    validation = cifar(split=("validation", 0.2), shuffle=False, labels="one_hot")
    return train, validation


def network(classes: int) -> keras.Model:
    """Return a small network."""
    model = keras.Sequential([keras.Input((32, 32, 3))])
    for channels in (16, 32, 64):
        model.add(keras.layers.Conv2D(channels, 3, strides=2, padding="same", use_bias=False))
        model.add(keras.layers.BatchNormalization(momentum=0.9))
        model.add(keras.layers.ReLU())
    model.add(keras.layers.Flatten())
    model.add(keras.layers.Dense(classes))
    return model


def fit(train: Loader, validation: Loader) -> None:
    """Train, and print the accuracy on pictures that the model has not seen."""
    keras.utils.set_random_seed(1)
    model = network(train.num_classes)
    model.compile(
        optimizer=keras.optimizers.AdamW(0.002),
        # It takes labels that are shares: mixed ones in training, one-hot ones in validation.
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(
        train.as_tf_dataset(),
        validation_data=validation.as_tf_dataset(),
        epochs=EPOCHS,
        verbose=2,
    )
    _, accuracy = model.evaluate(validation.as_tf_dataset(), verbose=0)
    print(f"validation accuracy: {accuracy:.3f}")


def main() -> None:
    """Train on a directory, or on pictures that are made up."""
    if len(sys.argv) > 1:
        fit(*loaders(sys.argv[1]))
        return
    with tempfile.TemporaryDirectory() as folder:
        make(Path(folder))
        fit(*loaders(folder))


if __name__ == "__main__":
    main()
