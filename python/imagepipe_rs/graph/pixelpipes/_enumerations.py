"""The enumerations of PixelPipes: words, and the numbers that stand for them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping


class Enumeration(Mapping[str, int]):
    """Words and their numbers; a number that stands for a word is accepted in its place."""

    def __init__(self, *words: str, first: int = 0, **numbers: int) -> None:
        """Number the words, or take their numbers."""
        self._numbers = {word: first + place for place, word in enumerate(words)} | numbers

    def __getitem__(self, key: str | int) -> int:
        """Return the number of a word.

        Raises:
            KeyError: there is no such word.
        """
        if isinstance(key, int) and key in self._numbers.values():
            return key
        if key not in self._numbers:
            raise KeyError(f"{key!r} is not one of {', '.join(self._numbers)}")
        return self._numbers[str(key)]

    def __len__(self) -> int:
        """Return the number of words."""
        return len(self._numbers)

    def __iter__(self) -> Iterator[str]:
        """Return an iterator over the words."""
        return iter(self._numbers)

    def word(self, number: int) -> str:
        """Return the word of a number.

        Raises:
            KeyError: there is none.
        """
        for word, one in self._numbers.items():
            if one == number:
                return word
        raise KeyError(f"{number} is not the number of one of {', '.join(self._numbers)}")


DataType = Enumeration("Boolean", "Char", "Short", "UnsignedShort", "Integer", "Float")
ImageChannels = Enumeration(GRAY=1, RGB=3, RGBA=4)
InterpolationMode = Enumeration("Nearest", "Linear", "Area", "Cubic", "Lanczos")
BorderStrategy = Enumeration("ConstantHigh", "ConstantLow", "Replicate", "Reflect", "Wrap")
ColorConvert = Enumeration("RGB_GRAY", "GRAY_RGB", "RGB_HSV", "HSV_RGB", "RGB_YCRCB", "YCRCB_RGB")
ContextFields = Enumeration("SampleIndex", "OperationIndex", "RandomSeed")

OF_PARAMETERS = {
    "dtype": DataType,
    "depth": DataType,
    "channels": ImageChannels,
    "interpolation": InterpolationMode,
    "border": BorderStrategy,
    "convert": ColorConvert,
}
"""Which parameters of nodes take a word."""
