"""Images as inputs: of the size that a network wants, and normalised as it was trained."""

from typing import Any, NamedTuple

import numpy as np

from cnncalc.errors import UsageError, brief, unknown_choice
from cnncalc.execute.files import open_image
from cnncalc.execute.values import Numbers

FITS = ("crop", "stretch")
WHITES = (1, 255)
CHANNELS = (1, 3, 4)
"""Of images in grey, in colours, and with transparency."""
WHITE = 255
"""The value of white in a file of 8 bits."""


class Pixels(NamedTuple):
    """How the pixels of an image become an input: x = (pixel - mean)/std, where white is 1, or 255.

    `fit` says how an image of another size fits: `crop` scales the shorter side to the size wanted and
    cuts the middle out, `stretch` scales both sides; without, another size is an error.
    """

    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    white: int = 1
    fit: str = ""

    @classmethod
    def read(cls, mean: str | None, std: str | None, white: int, fit: str | None) -> "Pixels":
        """From the options of the command line; raises UsageError."""
        if white not in WHITES:
            raise unknown_choice(white, "the value of white", map(str, WHITES))
        if fit is not None and fit not in FITS:
            raise unknown_choice(fit, "a way to fit an image", FITS)
        means, stds = _numbers("--mean", mean), _numbers("--std", std)
        if 0 in stds:
            raise UsageError("--std: pixels can't be divided by 0", "the deviation of each channel")
        return cls(means, stds, white, fit or "")

    def array(self, file: str, shape: tuple[int, ...]) -> Numbers:
        """An image as an input of this shape (H, W, C). Raises UsageError where the image doesn't fit."""
        height, width, channels = shape
        if channels not in CHANNELS:
            message = f"the input has {channels} channels, and an image has 1, 3 or 4"
            raise UsageError(message, "an .npy holds arrays of any shape", "misshapen_array")
        for option, given in (("--mean", self.mean), ("--std", self.std)):
            if len(given) not in (0, 1, channels):
                message = f"{option} has {len(given)} numbers, and the input has {channels} channels"
                raise UsageError(message, "one number for each channel")
        image = open_image(file, channels)
        if image.size != (width, height):
            if not self.fit:
                message = f"{file} is of {image.height}x{image.width} pixels, and {height}x{width} are wanted"
                raise UsageError(message, "--fit crop or --fit stretch scales it", "misshapen_array")
            image = _fitted(image, height, width, self.fit)
        array: Numbers = np.asarray(image, np.float32).reshape(height, width, channels)
        array = array * np.float32(self.white / WHITE)
        if self.mean:
            array = array - np.asarray(self.mean, np.float32)
        return array / np.asarray(self.std, np.float32) if self.std else array


AS_THEY_ARE = Pixels()
"""Pixels between 0 and 1, and an image of the size that the network wants."""


def _numbers(option: str, text: str | None) -> tuple[float, ...]:
    """Numbers parted by commas."""
    try:
        return tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError:
        help = "a number for each channel, such as 0.485,0.456,0.406"
        raise UsageError(f"{option}: {brief(text)} is not numbers", help) from None


def _fitted(image: Any, height: int, width: int, fit: str) -> Any:
    """An image of this size."""
    if fit == "crop":
        scale = max(height / image.height, width / image.width)
        scaled = (max(round(image.width * scale), width), max(round(image.height * scale), height))
        left, top = (scaled[0] - width) // 2, (scaled[1] - height) // 2
        whole = image.resize(scaled, _BILINEAR)
        return whole.crop((left, top, left + width, top + height))
    return image.resize((width, height), _BILINEAR)


_BILINEAR = 2
"""Pillow's number of the filter, which averages where it makes images smaller."""
