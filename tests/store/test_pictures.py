"""Pictures as cameras save them, and as somebody makes them who means ill."""

import io
from typing import Any

import pytest
from PIL import Image

from store.pictures import Asked, cleaned

WANTED = Asked("p", 1_000_000, 100, 82)


def saved(picture: Image.Image, form: str, **options: Any) -> bytes:
    """A picture as a file."""
    kept = io.BytesIO()
    picture.save(kept, form, **options)
    return kept.getvalue()


def corners(orientation: int | None, form: str = "JPEG", mode: str = "RGB") -> bytes:
    """A picture that is wider than high, with its upper left quarter red."""
    made = Image.new("RGB", (400, 200), "white")
    made.paste((255, 0, 0), (0, 0, 200, 100))
    made = made.convert(mode)
    exif = Image.Exif()
    if orientation:
        exif[0x112] = orientation
    return saved(made, form, exif=exif)


def kept(content: bytes) -> Image.Image:
    """The picture as it is kept."""
    found = cleaned(content, WANTED)
    assert found.fault == ""
    return Image.open(io.BytesIO(found.jpeg))


def red_corner(picture: Image.Image) -> str:
    """In which corner the red is."""
    width, height = picture.size
    places = {"upper left": (5, 5), "upper right": (width - 6, 5)}
    places |= {"lower left": (5, height - 6), "lower right": (width - 6, height - 6)}
    found = [name for name, at in places.items() if picture.convert("RGB").getpixel(at)[1] < 128]  # type: ignore[index]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("orientation", "corner", "size"),
    [
        (None, "upper left", (100, 50)),
        (1, "upper left", (100, 50)),
        (2, "upper right", (100, 50)),
        (3, "lower right", (100, 50)),
        (4, "lower left", (100, 50)),
        (5, "upper left", (50, 100)),
        (6, "upper right", (50, 100)),
        (7, "lower right", (50, 100)),
        (8, "lower left", (50, 100)),
        (99, "upper left", (100, 50)),
    ],
)
def test_a_photo_is_turned_upright(orientation: int | None, corner: str, size: tuple[int, int]) -> None:
    picture = kept(corners(orientation))
    assert (red_corner(picture), picture.size) == (corner, size)
    assert not picture.getexif()


@pytest.mark.parametrize(("form", "mode"), [("PNG", "RGBA"), ("PNG", "P"), ("WEBP", "RGB"), ("PNG", "RGB")])
def test_every_kind_that_a_browser_saves_is_kept(form: str, mode: str) -> None:
    assert red_corner(kept(corners(6, form, mode))) == "upper right"


def test_of_several_frames_the_first_is_kept() -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue", "green")]
    picture = kept(saved(frames[0], "GIF", save_all=True, append_images=frames[1:]))
    assert picture.convert("RGB").getpixel((20, 20))[0] > 200  # type: ignore[index]


def test_what_is_behind_a_picture_is_gone() -> None:
    found = cleaned(corners(None) + b"<script>PK\x03\x04", WANTED)
    assert b"script" not in found.jpeg


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (saved(Image.new("1", (1000, 1001)), "PNG"), "1000 x 1001 pixels are too many"),
        (saved(Image.new("1", (30_000, 30_000)), "PNG"), "30000 x 30000 pixels are too many"),
        (saved(Image.effect_noise((900, 900), 60), "JPEG")[:20_000], "cannot be read: image file is truncated"),
        (corners(None, "PNG")[:200], "cannot be read: "),
        (b"", "cannot be read: no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><image href='file:///etc/passwd'/></svg>", "no picture"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run\n", "no picture"),
        (b"P7 332\n30000 30000 255\n", "no picture"),
    ],
)
def test_what_is_no_good_picture_is_told_so(content: bytes, why: str) -> None:
    found = cleaned(content, WANTED)
    assert why in found.fault
    assert found.jpeg == b""


def test_as_many_pixels_as_there_may_be_are_taken() -> None:
    assert kept(saved(Image.new("1", (1000, 1000)), "PNG")).size == (100, 100)
