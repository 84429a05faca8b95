"""Pictures made small, turned upright, and free of what the camera wrote in them; the task of a child.

Nothing but Pillow is loaded here, so that a child that reads a photo starts quickly.
"""

import io
from pathlib import Path

import msgspec
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)
from PIL.ExifTags import Base

from store.sandbox.child import Seal

FORMATS = tuple(
    reader.format
    for reader in (
        JpegImagePlugin.JpegImageFile,
        MpoImagePlugin.MpoImageFile,
        PngImagePlugin.PngImageFile,
        WebPImagePlugin.WebPImageFile,
        AvifImagePlugin.AvifImageFile,
        GifImagePlugin.GifImageFile,
        BmpImagePlugin.BmpImageFile,
        TiffImagePlugin.TiffImageFile,
    )
    if reader.format in Image.OPEN
)
"""What cameras and browsers save; the others of Pillow run programs, or name other files."""
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""Of each orientation that EXIF knows (CIPA DC-008, 4.6.5.1): what turns it upright."""


class Asked(msgspec.Struct):
    """The file's name in the folder, the most pixels it may have, and how it is kept."""

    file: str
    most_pixels: int
    side: int
    quality: int


class Picture(msgspec.Struct):
    """A JPEG, or why there is none."""

    jpeg: bytes = b""
    fault: str = ""


def task(folder: Path, asked: bytes, seal: Seal) -> bytes:
    """Do what is `Asked`; the answer is a `Picture`."""
    seal.close()
    wanted = msgspec.msgpack.decode(asked, type=Asked)
    return msgspec.msgpack.encode(cleaned((folder / wanted.file).read_bytes(), wanted))


def cleaned(content: bytes, wanted: Asked) -> Picture:
    """The picture as it is kept; of several frames the first."""
    # The bound is ours, and told in words.
    Image.MAX_IMAGE_PIXELS = None
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as photo:
            # The header says so; nothing is decoded yet.
            if photo.width * photo.height > wanted.most_pixels:
                return Picture(fault=f"{photo.width} x {photo.height} pixels are too many")
            orientation = _orientation(photo)
            small = _small(photo, wanted.side)
            # It may be the photo itself, whose file is closed with it.
            small.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, EOFError) as error:
        said = " ".join(str(error).split())[:120]
        return Picture(fault=f"cannot be read: {'no picture' if isinstance(error, UnidentifiedImageError) else said}")
    if orientation in UPRIGHT:
        small = small.transpose(UPRIGHT[orientation])
    kept = io.BytesIO()
    small.save(kept, "JPEG", quality=wanted.quality)
    return Picture(jpeg=kept.getvalue())


def _small(photo: Image.Image, side: int) -> Image.Image:
    """The picture in RGB with no side longer than so many pixels, without a second full copy where that can be."""
    # A JPEG is decoded at a fraction of its size.
    photo.draft("RGB", (2 * side, 2 * side))
    if photo.mode != "RGBA":
        small = photo if photo.mode == "RGB" else photo.convert("RGB")
        small.thumbnail((side, side))
        return small
    # Channel by channel: Pillow would copy the whole for the sake of the transparency, which a JPEG has not.
    channels = []
    for name in ("R", "G", "B"):
        channel = photo.getchannel(name)
        channel.thumbnail((side, side))
        channels.append(channel)
    return Image.merge("RGB", channels)


def _orientation(photo: Image.Image) -> int:
    try:
        return int(photo.getexif().get(Base.Orientation, 1))
    except Exception:  # noqa: BLE001 - a picture is a picture, whatever stands beside it
        return 1
