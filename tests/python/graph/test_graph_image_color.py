"""Types, colours and levels of images against OpenCV, Pillow and NumPy."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imagepipe_rs import GraphError
from imagepipe_rs.graph import (
    AdjustBrightness,
    AdjustColors,
    AdjustContrast,
    AdjustHue,
    AdjustSaturation,
    AutoContrast,
    ColorConvert,
    ConvertDepth,
    Equalize,
    Equals,
    Graph,
    Grayscale,
    ImageBlend,
    ImageBrightness,
    ImageNormalize,
    ImageSolarize,
    Invert,
    Normalize,
    Posterize,
    Solarize,
    Stream,
    Threshold,
    outputs,
)
from PIL import Image, ImageEnhance, ImageOps

TYPES = ["uint8", "int16", "uint16", "float32"]
CHANNELS = [None, 1, 3, 4]
SIZES = [(1, 1), (7, 9), (65, 3), (33, 64)]
SINGLE = np.float32


def picture(dtype: str, channels: int | None, height: int = 7, width: int = 9) -> Any:
    shape = (height, width) if channels is None else (height, width, channels)
    random = np.random.default_rng(height + width)
    if dtype == "float32":
        return random.uniform(-0.5, 1.5, shape).astype(dtype)
    limits = np.iinfo(dtype)
    return random.integers(limits.min, limits.max, shape, dtype, endpoint=True)


def photograph(height: int = 60, width: int = 80) -> Any:
    """Return an image with gray and coloured pixels, dark and bright ones."""
    down, across = np.mgrid[:height, :width]
    waves = [np.sin(across / 9 + phase) + np.cos(down / 7 - phase) for phase in (0, 1, 2)]
    smooth = (np.stack(waves, 2) * 70 + 127).clip(0, 255).astype(np.uint8)
    smooth[: height // 3, :, 1:] = smooth[: height // 3, :, :1]
    return smooth


def one(node: Any, *given: Any) -> Any:
    with Graph() as made:
        outputs(node(*given))
    return Stream(made).run(0)[0]


def white(dtype: Any) -> Any:
    return 1.0 if np.dtype(dtype).kind == "f" else np.iinfo(dtype).max


every_kind = pytest.mark.parametrize("dtype", TYPES)
every_channels = pytest.mark.parametrize("channels", CHANNELS)
every_size = pytest.mark.parametrize(("height", "width"), SIZES)


# ------------------------------------------------------------------------------- types and colours


@every_kind
@pytest.mark.parametrize("depth", TYPES)
@every_channels
def test_depths_are_scaled(dtype: str, depth: str, channels: int | None) -> None:
    image = picture(dtype, channels)
    found = one(ConvertDepth, image, depth)
    assert (found.dtype, found.shape) == (np.dtype(depth), image.shape)
    exact = image.astype(np.float64) * white(depth) / white(dtype)
    if depth == "float32":
        np.testing.assert_allclose(found, exact, rtol=1e-6)
    else:
        limits = np.iinfo(depth)
        rounded = np.clip(exact, limits.min, limits.max)
        # In single precision a level of 16 bits may be taken for the next one at a half.
        slack = 0.5001 if depth == "uint8" else 0.503
        assert np.abs(found - rounded).max() <= slack


@every_size
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("RGB_GRAY", cv2.COLOR_RGB2GRAY),
        ("RGB_HSV", cv2.COLOR_RGB2HSV),
        ("RGB_YCRCB", cv2.COLOR_RGB2YCrCb),
        ("YCRCB_RGB", cv2.COLOR_YCrCb2RGB),
    ],
)
def test_colours_of_bytes_are_opencvs(height: int, width: int, words: str, code: int) -> None:
    image = picture("uint8", 3, height, width)
    np.testing.assert_array_equal(one(ColorConvert, image, words), cv2.cvtColor(image, code))


def test_all_colours_of_bytes_are_opencvs() -> None:
    levels = np.arange(256, dtype=np.uint8)
    for blue in (0, 1, 77, 128, 254, 255):
        image = np.stack([*np.meshgrid(levels, levels), np.full((256, 256), blue, np.uint8)], 2)
        for number, code in (
            (0, cv2.COLOR_RGB2GRAY),
            (2, cv2.COLOR_RGB2HSV),
            (4, cv2.COLOR_RGB2YCrCb),
            (5, cv2.COLOR_YCrCb2RGB),
        ):
            expected = cv2.cvtColor(image, code)
            np.testing.assert_array_equal(one(ColorConvert, image, number), expected)
        hues = image % np.array([180, 256, 256])
        hues = hues.astype(np.uint8)
        found = one(ColorConvert, hues, "HSV_RGB").astype(int)
        assert np.abs(found - cv2.cvtColor(hues, cv2.COLOR_HSV2RGB)).max() <= 1


@every_size
def test_colours_of_floats_are_opencvs(height: int, width: int) -> None:
    image = np.abs(picture("float32", 3, height, width)) / 2
    for words, code in (
        ("RGB_GRAY", cv2.COLOR_RGB2GRAY),
        ("RGB_HSV", cv2.COLOR_RGB2HSV),
        ("RGB_YCRCB", cv2.COLOR_RGB2YCrCb),
        ("YCRCB_RGB", cv2.COLOR_YCrCb2RGB),
    ):
        found = one(ColorConvert, image, words)
        np.testing.assert_allclose(found, cv2.cvtColor(image, code), rtol=1e-5, atol=1e-5)
    hues = image * np.array([360, 1, 1], SINGLE)
    found = one(ColorConvert, hues, "HSV_RGB")
    np.testing.assert_allclose(found, cv2.cvtColor(hues, cv2.COLOR_HSV2RGB), atol=1e-5)


@every_size
def test_colours_of_16_bits_are_opencvs(height: int, width: int) -> None:
    image = picture("uint16", 3, height, width)
    for words, code in (
        ("RGB_GRAY", cv2.COLOR_RGB2GRAY),
        ("RGB_YCRCB", cv2.COLOR_RGB2YCrCb),
        ("YCRCB_RGB", cv2.COLOR_YCrCb2RGB),
    ):
        found = one(ColorConvert, image, words).astype(int)
        assert np.abs(found - cv2.cvtColor(image, code)).max() <= 1
    shares = one(ColorConvert, (image / SINGLE(65535)).astype(SINGLE), "RGB_HSV")
    found = one(ColorConvert, image, "RGB_HSV") / 65535 * [360, 1, 1]
    assert np.abs(found - shares).max() < 0.01
    half = (image >> 1).astype(np.int16)
    found = one(ColorConvert, half, "RGB_YCRCB") * 2.0
    assert np.abs(found - one(ColorConvert, image, "RGB_YCRCB")).max() <= 6


@every_kind
def test_gray_has_three_equal_channels(dtype: str) -> None:
    for image in (picture(dtype, None), picture(dtype, 1)):
        found = one(ColorConvert, image, "GRAY_RGB")
        np.testing.assert_array_equal(found, np.dstack([image] * 3))


# ----------------------------------------------------------------------------------------- levels


@every_kind
@every_channels
def test_levels_are_compared_and_inverted(dtype: str, channels: int | None) -> None:
    image = picture(dtype, channels, 33, 5)
    middle = white(dtype) * 0.4
    above = np.where(image > SINGLE(middle), white(dtype), 0).astype(dtype)
    np.testing.assert_array_equal(one(Threshold, image, middle), above)
    inverted = np.minimum(white(dtype) - image.astype(np.float64), white(dtype))
    if dtype == "float32":
        inverted = 1 - image
    np.testing.assert_array_equal(one(Invert, image), inverted.astype(dtype))
    solarized = np.where(image > SINGLE(middle), inverted, image).astype(dtype)
    np.testing.assert_array_equal(one(ImageSolarize, image, middle), solarized)
    value = image.ravel()[3]
    equal = np.where(image == value, 255, 0).astype(np.uint8)
    np.testing.assert_array_equal(one(Equals, image, np.asarray(value)), equal)


@every_kind
@every_channels
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0, 1.5])
def test_blends_are_opencvs(dtype: str, channels: int | None, alpha: float) -> None:
    a, b = picture(dtype, channels), picture(dtype, channels)[::-1].copy()
    found = one(ImageBlend, a, b, alpha)
    expected = cv2.addWeighted(a, alpha, b, 1 - alpha, 0).reshape(a.shape)
    assert found.dtype == a.dtype
    atol = 1e-6 if dtype == "float32" else 1
    np.testing.assert_allclose(found.astype(np.float64), expected, atol=atol)


@every_kind
@every_size
def test_a_normalized_image_is_opencvs(dtype: str, height: int, width: int) -> None:
    image = picture(dtype, None, height, width)
    found = one(ImageNormalize, image)
    expected = cv2.normalize(image, image.copy(), 0, white(dtype), cv2.NORM_MINMAX)
    atol = 1e-6 if dtype == "float32" else 1
    np.testing.assert_allclose(found.astype(np.float64), expected, atol=atol)
    assert found.dtype == image.dtype


@pytest.mark.parametrize("dtype", ["bool", *TYPES, "int32", "int64", "float64"])
@pytest.mark.parametrize("amount", [0, 17, -40.5, 1e6, -1e6])
def test_brightness_is_added(dtype: str, amount: float) -> None:
    image = (np.arange(24).reshape(4, 6) * 11 % 251).astype(dtype)
    found = one(ImageBrightness, image, amount)
    whole = np.trunc(SINGLE(amount) + np.copysign(SINGLE(0.5), SINGLE(amount)))
    expected: Any = image + np.float64(amount if image.dtype.kind == "f" else whole)
    if image.dtype.kind in "iu":
        limits = np.iinfo(dtype)
        expected = expected.clip(limits.min, limits.max)
    if dtype == "bool":
        expected = expected > 0
    np.testing.assert_allclose(found, expected.astype(dtype), rtol=1e-6)


# ------------------------------------------------------------- torchvision's, in single precision


def fused(a: Any, b: Any, sum_: Any) -> Any:
    """Return a sum of a product, rounded once: what PyTorch's vector code has."""
    return (np.float64(a) * np.float64(b) + np.float64(sum_)).astype(SINGLE)


def gray(image: Any) -> Any:
    red, green, blue = (image[..., number].astype(SINGLE) for number in range(3))
    found = fused(green, SINGLE(0.587), red * SINGLE(0.2989))
    found = fused(blue, SINGLE(0.114), found)
    return found if image.dtype.kind == "f" else np.floor(found)


def cut(values: Any, dtype: Any) -> Any:
    return values.clip(0, white(dtype)).astype(dtype)


def blend(image: Any, other: Any, factor: float) -> Any:
    own, share = SINGLE(factor), SINGLE(1 - np.float64(SINGLE(factor)))
    return cut(fused(np.asarray(other, SINGLE), share, image.astype(SINGLE) * own), image.dtype)


def hue(image: Any, factor: float) -> Any:
    pixels = image.astype(SINGLE)
    if image.dtype.kind != "f":
        pixels = pixels * SINGLE(1 / white(image.dtype))
    red, green, blue = np.moveaxis(pixels, -1, 0)
    most, least = pixels.max(-1), pixels.min(-1)
    spread = most - least
    flat = spread == 0
    saturation = spread / np.where(flat, SINGLE(1), most)
    divisor = np.where(flat, SINGLE(1), spread)
    parts = [(most - one) / divisor for one in (red, green, blue)]
    by_red = parts[2] - parts[1]
    by_green = parts[0] + SINGLE(2) - parts[2]
    by_blue = parts[1] + SINGLE(4) - parts[0]
    turned = np.where(most == red, by_red, np.where(most == green, by_green, by_blue))
    turned = np.fmod(turned * SINGLE(1 / 6) + SINGLE(1), SINGLE(1))
    turned = turned + SINGLE(factor)
    turned = np.where(turned < 0, turned + SINGLE(1), np.fmod(turned, SINGLE(1)))
    sixths = turned * SINGLE(6)
    sector = np.floor(sixths)
    part = sixths - sector
    falls = ((1 - saturation * part) * most).clip(0, 1)
    rises = ((saturation * part + (1 - saturation)) * most).clip(0, 1)
    low = ((1 - saturation) * most).clip(0, 1)
    orders = [
        (most, rises, low),
        (falls, most, low),
        (low, most, rises),
        (low, falls, most),
        (rises, low, most),
        (most, low, falls),
    ]
    number = sector.astype(int) % 6
    colours = [np.choose(number, [order[channel] for order in orders]) for channel in range(3)]
    found = np.stack(colours, -1).astype(SINGLE)
    if image.dtype == np.uint8:
        return (found * SINGLE(255.999)).astype(np.uint8)
    return found if image.dtype.kind == "f" else found * white(image.dtype)


factors = st.floats(0, 3, width=32)
images = st.builds(
    picture, st.just("uint8"), st.sampled_from([1, 3]), st.integers(1, 30), st.integers(1, 40)
)


@settings(max_examples=150, deadline=None)
@given(images, factors)
def test_brightness_contrast_and_saturation_are_torchvisions(image: Any, factor: float) -> None:
    brighter = cut(image.astype(SINGLE) * SINGLE(factor), np.uint8)
    np.testing.assert_array_equal(one(AdjustBrightness, image, factor), brighter)
    grays = gray(image) if image.shape[2] == 3 else image
    mean = SINGLE(grays.astype(np.float64).sum() / grays.size)
    np.testing.assert_array_equal(one(AdjustContrast, image, factor), blend(image, mean, factor))
    expected = blend(image, grays[..., None], factor) if image.shape[2] == 3 else image
    np.testing.assert_array_equal(one(AdjustSaturation, image, factor), expected)


@settings(max_examples=150, deadline=None)
@given(images, st.floats(-0.5, 0.5, width=32))
def test_hues_are_torchvisions(image: Any, factor: float) -> None:
    expected = hue(image, factor) if image.shape[2] == 3 else image
    np.testing.assert_array_equal(one(AdjustHue, image, factor), expected)


def test_all_hues_are_torchvisions() -> None:
    levels = np.arange(256, dtype=np.uint8)
    for blue in (0, 127, 255):
        image = np.stack([*np.meshgrid(levels, levels), np.full((256, 256), blue, np.uint8)], 2)
        for factor in (-0.5, -0.2, 0.0, 0.1, 0.5):
            np.testing.assert_array_equal(one(AdjustHue, image, factor), hue(image, factor))


@pytest.mark.parametrize("dtype", ["int16", "uint16", "float32"])
def test_other_types_are_adjusted_too(dtype: str) -> None:
    image = np.abs(picture(dtype, 3, 9, 70) // (1 if dtype != "float32" else 0.01))
    image = (image / 100).astype(dtype).clip(0, 1) if dtype == "float32" else image.clip(0)
    image = image.astype(dtype)
    brighter = cut(image.astype(SINGLE) * SINGLE(1.5), dtype)
    np.testing.assert_array_equal(one(AdjustBrightness, image, 1.5), brighter)
    expected = blend(image, gray(image)[..., None], 0.4)
    np.testing.assert_array_equal(one(AdjustSaturation, image, 0.4), expected)
    mean = SINGLE(gray(image).astype(np.float64).mean())
    expected = blend(image, mean, 0.4).astype(np.float64)
    atol = 1e-6 if dtype == "float32" else 1
    np.testing.assert_allclose(one(AdjustContrast, image, 0.4), expected, atol=atol)
    atol = 1e-6 if dtype == "float32" else 2
    np.testing.assert_allclose(
        one(AdjustHue, image, 0.3).astype(np.float64), hue(image, 0.3), atol=atol
    )
    grays = one(Grayscale, image, 1)
    np.testing.assert_array_equal(grays[..., 0], gray(image).astype(dtype))


@settings(max_examples=60, deadline=None)
@given(images, st.floats(0, 2, width=32))
def test_pillow_enhances_alike(image: Any, factor: float) -> None:
    """Pillow rounds the gray image, and its own way to a mean; it blends as torchvision does."""
    pillow = Image.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    expected = np.asarray(ImageEnhance.Brightness(pillow).enhance(factor))
    found = one(AdjustBrightness, image, factor).reshape(expected.shape)
    assert np.abs(found.astype(int) - expected).max() <= 1
    if image.shape[2] == 3:
        expected = np.asarray(ImageEnhance.Color(pillow).enhance(factor)).astype(int)
        found = one(AdjustSaturation, image, factor)
        assert np.abs(found - expected).max() <= 2


@pytest.mark.parametrize("channels", [None, 1, 3])
def test_grayscale_has_the_channels_it_is_told(channels: int | None) -> None:
    image = picture("uint8", channels, 9, 70)
    expected = gray(image).astype(np.uint8) if channels == 3 else image.reshape(9, 70)
    found = one(Grayscale, image)
    assert found.shape == ((9, 70) if channels is None else (9, 70, 1))
    np.testing.assert_array_equal(found.reshape(9, 70), expected)
    np.testing.assert_array_equal(one(Grayscale, image, 3), np.dstack([expected] * 3))


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(CHANNELS),
    st.integers(1, 60),
    st.integers(1, 60),
    st.integers(1, 255),
)
def test_equalized_images_are_pillows(
    channels: int | None, height: int, width: int, most: int
) -> None:
    image = picture("uint8", channels, height, width) % np.uint8(most)
    found = one(Equalize, image)
    assert found.shape == image.shape
    for plane, wanted in zip(
        np.atleast_3d(found).transpose(2, 0, 1),
        np.atleast_3d(image).transpose(2, 0, 1),
        strict=True,
    ):
        pillow = ImageOps.equalize(Image.fromarray(np.ascontiguousarray(wanted)))
        np.testing.assert_array_equal(plane, np.asarray(pillow))


@every_kind
@every_channels
def test_autocontrast_is_torchvisions(dtype: str, channels: int | None) -> None:
    for image in (picture(dtype, channels, 17, 9), np.full((2, 2), 3).astype(dtype)):
        levels = np.atleast_3d(image).astype(SINGLE)
        least, most = levels.min((0, 1)), levels.max((0, 1))
        flat = least == most
        scale = np.where(flat, SINGLE(1), (most - least) * SINGLE(1 / white(dtype)))
        stretched = (levels - np.where(flat, SINGLE(0), least)) / scale
        expected = cut(stretched, dtype).reshape(image.shape)
        np.testing.assert_array_equal(one(AutoContrast, image), expected)


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("bits", range(9))
def test_posterized_bytes_are_pillows(channels: int | None, bits: int) -> None:
    image = picture("uint8", channels)
    mask = np.uint8(256 - 2 ** (8 - bits) if bits else 0)
    np.testing.assert_array_equal(one(Posterize, image, bits), image & mask)
    if bits and channels in {None, 3}:
        pillow = np.asarray(ImageOps.posterize(Image.fromarray(image), bits))
        np.testing.assert_array_equal(one(Posterize, image, bits), pillow)


@every_channels
@pytest.mark.parametrize("threshold", [0, 1, 127.5, 128, 255, 256])
def test_solarized_bytes_are_inverted_from_a_threshold_on(
    channels: int | None, threshold: float
) -> None:
    image = picture("uint8", channels)
    expected = np.where(image >= threshold, 255 - image, image)
    np.testing.assert_array_equal(one(Solarize, image, threshold), expected)


@every_kind
@every_channels
def test_normalized_levels_are_torchvisions(dtype: str, channels: int | None) -> None:
    image = picture(dtype, channels, 33, 5)
    shares = image.astype(SINGLE)
    if dtype != "float32":
        shares = shares * SINGLE(1 / white(dtype))
    mean, std = np.array([0.485, 0.456, 0.406, 0.5], SINGLE), np.array([0.2, 0.3, 2, 7], SINGLE)
    mean, std = mean[: channels or 1], std[: channels or 1]
    found = one(Normalize, image, mean, std)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, (shares - mean) / std)
    np.testing.assert_array_equal(one(Normalize, image, 0.5, 0.25), (shares - SINGLE(0.5)) * 4)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)])
def test_colours_are_adjusted_in_order(order: tuple[int, ...]) -> None:
    nodes = (AdjustBrightness, AdjustContrast, AdjustSaturation, AdjustHue)
    given = (1.3, 0.7, 1.6, -0.1)
    expected = image = photograph()
    for number in order:
        expected = one(nodes[number], expected, given[number])
    np.testing.assert_array_equal(one(AdjustColors, image, *given, list(order)), expected)
    np.testing.assert_array_equal(one(AdjustColors, image, 1, 1, 1, 0, list(order)), image)


@pytest.mark.parametrize(
    ("node", "given", "reason"),
    [
        (AdjustContrast, (picture("uint8", 4), 1.0), "4 channels, not of 1 or 3"),
        (AdjustHue, (picture("uint8", 3), 0.6), "a hue of 0.6"),
        (AdjustBrightness, (picture("uint8", 3), -1), "a factor of -1, not a number from 0"),
        (Posterize, (picture("uint8", 3), 9), "9 bits, not from 0 to 8"),
        (Equalize, (picture("int16", 3),), "an image of int16, not of uint8"),
        (Invert, (np.zeros((2, 2), np.int64),), "an image of int64"),
        (ColorConvert, (picture("uint8", 4), "RGB_HSV"), "4 channels, not of 3"),
        (ColorConvert, (picture("uint8", 3), "BGR"), "is no conversion of colours"),
        (ConvertDepth, (picture("uint8", 3), "Integer"), "an image of int32"),
        (Normalize, (picture("uint8", 3), [1.0, 2.0], 1), "2 means for 3 channels"),
        (Normalize, (picture("uint8", 3), 0, 0), "a deviation of 0"),
        (ImageBlend, (picture("uint8", 3), picture("uint8", 1), 0.5), "one type and shape"),
    ],
)
def test_what_does_not_fit_is_known_when_a_graph_is_built(
    node: Any, given: tuple[Any, ...], reason: str
) -> None:
    with Graph() as made:
        outputs(node(*given))
    with pytest.raises(GraphError, match=reason):
        Stream(made)
