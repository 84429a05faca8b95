"""Photos as they are kept: small, upright, and free of what the camera wrote in them (place, device, time)."""

from layers.problem import Problem
from store import budgets
from store.pictures import Asked, Picture
from store.sandbox import ask

MAX_SIDE = 1_600
QUALITY = 82
ANSWER_MIB = 8
FILE = "picture"


def cleaned(content: bytes) -> bytes:
    """A photo as it is kept: a JPEG of at most `MAX_SIDE` pixels a side, nothing but the picture.

    Another process reads it.

    Raises
    ------
    Problem
        400 if it is no photo that can be read.
    Busy
        If too many files are being read already.
    """
    numbers = budgets.current()
    limits = ask.Limits(
        megabytes=numbers.photo_megabytes,
        seconds=numbers.photo_seconds,
        file_megabytes=ANSWER_MIB,
        answer_megabytes=ANSWER_MIB,
    )
    wanted = Asked(FILE, numbers.photo_pixels, MAX_SIDE, QUALITY)
    try:
        picture = ask.run("photo", wanted, Picture, limits=limits, files={FILE: content})
    except ask.Failed as failed:
        raise Problem(400, "bad request", f"photo: {failed.told(limits)}") from None
    if picture.fault:
        raise Problem(400, "bad request", f"photo: {picture.fault}")
    return picture.jpeg
