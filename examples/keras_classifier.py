"""Train a small Keras classifier on a directory of images.

Usage: python keras_classifier.py DIRECTORY
"""

import sys

import keras
from imagepipe_rs import Loader

EPOCHS = 2


def main() -> None:
    """Train on one side of a split and evaluate on the other."""
    folder = sys.argv[1]
    train = Loader(
        folder,
        split=("train", 0.2),
        batch_size=16,
        size=64,
        fit="random_crop",
        scale=(0.5, 1),
        flip=True,
        seed=1,
    )
    validation = Loader(folder, split=("validation", 0.2), batch_size=16, size=64, shuffle=False)

    model = keras.Sequential(
        [
            keras.Input((64, 64, 3)),
            keras.layers.Rescaling(1 / 255),
            keras.layers.Conv2D(16, 3, strides=2, activation="relu"),
            keras.layers.Conv2D(32, 3, strides=2, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(train.num_classes),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss=loss, metrics=["accuracy"])
    model.fit(train.as_tf_dataset(), epochs=EPOCHS, verbose=2)
    _, accuracy = model.evaluate(validation.as_tf_dataset(), verbose=0)
    print(f"validation accuracy: {accuracy:.2f}")


if __name__ == "__main__":
    main()
