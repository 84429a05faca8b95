"""Pictures that are drawn, since nothing of what they show ever was; each says so across its foot."""

import io
from collections.abc import Callable

from PIL import Image, ImageDraw

SIZE = (960, 640)
GROUND, SKY, INK, PALE, WARM, LEAF, WATER = (
    "#6b6f72", "#b9c4cb", "#2b3034", "#e7e9ea", "#c98f3c", "#6f8f6a", "#7d9fb3",
)  # fmt: skip
HORIZON = 400
FOOT = 84
STAMP = "DEMO"
QUALITY = 80

Pen = ImageDraw.ImageDraw


def drawn(motif: str, number: int) -> bytes:
    """A drawing as JPEG; the same motif looks a little different by ``number``."""
    picture = Image.new("RGB", SIZE, SKY)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, HORIZON, *SIZE), fill=GROUND)
    shift = (number * 37) % 200 - 100
    MOTIFS.get(motif, _street)(pen, shift)
    _stamp(pen)
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=QUALITY)
    return kept.getvalue()


def _stamp(pen: Pen) -> None:
    """演示 across the foot, drawn stroke by stroke: no machine need have a font for it."""
    top = SIZE[1] - FOOT
    pen.rectangle((0, top, *SIZE), fill=INK)
    for left, strokes in ((150, YAN), (222, SHI)):
        for line in strokes:
            pen.line([(left + x * 5.6, top + 14 + y * 5.6) for x, y in line], fill=PALE, width=4, joint="curve")
    pen.text((300, top + 18), f"{STAMP} · drawn, no photo", fill=PALE, font_size=34)
    for x in range(-40, SIZE[0], 80):
        pen.line([(x, top), (x + 40, top - 8)], fill=WARM, width=6)


YAN = (
    ((0, 1), (1, 2)), ((0, 4), (1, 5)), ((0, 9), (2, 6)),
    ((6, 0), (6, 1)), ((3, 3), (3, 1.5), (10, 1.5), (10, 3)), ((4, 3.5), (9, 3.5)),
    ((4, 5), (9, 5), (9, 8), (4, 8), (4, 5)), ((6.5, 3.5), (6.5, 8)), ((4, 6.5), (9, 6.5)),
    ((5, 8.5), (3.5, 10)), ((8, 8.5), (9.5, 10)),
)  # fmt: skip
"""The strokes of 演, each a line through points of a square of ten."""
SHI = (
    ((2, 1), (8, 1)), ((0, 4), (10, 4)), ((5, 4), (5, 9.5), (4, 9)), ((3, 6), (1, 8.5)), ((7, 6), (9, 8.5)),
)  # fmt: skip
"""The strokes of 示."""


def _street(pen: Pen, shift: int) -> None:
    for place in range(4):
        left = 60 + place * 230
        pen.rectangle((left, 170 + (place * 53 + shift) % 70, left + 170, HORIZON), fill=PALE, outline=INK, width=3)
        for window in range(6):
            x, y = left + 22 + window % 3 * 48, 260 + window // 3 * 60
            pen.rectangle((x, y, x + 26, y + 32), fill=WATER, outline=INK)


def _lamp(pen: Pen, shift: int) -> None:
    _street(pen, shift)
    x = 480 + shift
    pen.line([(x, 520), (x, 130), (x + 110, 110)], fill=INK, width=12)
    pen.rectangle((x + 86, 104, x + 150, 126), fill=INK)
    pen.line([(x + 96, 150), (x + 140, 190)], fill=WARM, width=8)
    pen.line([(x + 140, 150), (x + 96, 190)], fill=WARM, width=8)


def _road(pen: Pen, shift: int) -> None:
    _street(pen, shift)
    pen.polygon([(300, HORIZON), (660, HORIZON), (900, 560), (60, 560)], fill="#565a5d")
    x = 460 + shift
    pen.ellipse((x, 450, x + 150, 510), fill=INK)
    pen.ellipse((x + 16, 458, x + 120, 496), fill="#46494c")


def _waste(pen: Pen, shift: int) -> None:
    _street(pen, shift)
    for place in range(3):
        x = 270 + place * 150 + shift // 2
        pen.rectangle((x, 380, x + 100, 530), fill=LEAF, outline=INK, width=4)
        pen.polygon([(x - 6, 380), (x + 106, 360), (x + 106, 380)], fill=INK)
    for place in range(7):
        x = 250 + (place * 83 + shift) % 470
        pen.ellipse((x, 490, x + 56, 540), fill=PALE, outline=INK, width=3)


def _garden(pen: Pen, shift: int) -> None:
    for place in range(6):
        x = 90 + place * 150 + shift // 4
        pen.line([(x, 480), (x, 330)], fill=INK, width=10)
        if place != 3:
            pen.ellipse((x - 64, 200, x + 64, 350), fill=LEAF, outline=INK, width=3)
    pen.rectangle((0, 470, SIZE[0], 510), fill=LEAF)


def _water(pen: Pen, shift: int) -> None:
    _street(pen, shift)
    pen.polygon([(0, 470), (960, 440), (960, 560), (0, 560)], fill=WATER)
    for place in range(9):
        x = (place * 113 + shift) % 900
        pen.arc((x, 470 + place % 3 * 26, x + 80, 500 + place % 3 * 26), 180, 360, fill=PALE, width=4)


def _bench(pen: Pen, shift: int) -> None:
    _garden(pen, shift)
    x = 340 + shift // 2
    pen.rectangle((x, 430, x + 260, 450), fill=WARM, outline=INK, width=3)
    for leg in (x + 20, x + 230):
        pen.line([(leg, 450), (leg, 520)], fill=INK, width=10)


def _scooter(pen: Pen, shift: int) -> None:
    _street(pen, shift)
    for place in range(3):
        x = 220 + place * 190 + shift // 3
        for wheel in (x, x + 110):
            pen.ellipse((wheel, 470, wheel + 56, 526), outline=INK, width=8)
        pen.line([(x + 28, 498), (x + 70, 440), (x + 130, 498)], fill=WARM, width=14)
        pen.line([(x + 130, 498), (x + 112, 400), (x + 90, 396)], fill=INK, width=8)


def _people(pen: Pen, count: int, shift: int, *, raised: bool = False) -> None:
    for place in range(count):
        x, y = 150 + place * (700 // count) + shift // 5, 330 + place % 2 * 26
        pen.ellipse((x, y, x + 48, y + 48), fill=PALE, outline=INK, width=3)
        pen.polygon([(x + 24, y + 48), (x - 10, y + 170), (x + 58, y + 170)], fill=(WARM, LEAF, WATER)[place % 3])
        if raised:
            pen.line([(x + 24, y + 80), (x - 22, y + 20)], fill=INK, width=7)
            pen.line([(x + 24, y + 80), (x + 70, y + 20)], fill=INK, width=7)


def _tea(pen: Pen, shift: int) -> None:
    pen.rectangle((0, 0, SIZE[0], HORIZON), fill="#cfd4d2")
    _people(pen, 6, shift)
    pen.rectangle((110, 470, 850, 500), fill=WARM, outline=INK, width=3)
    for place in range(6):
        x = 170 + place * 115
        pen.rectangle((x, 446, x + 34, 470), fill=PALE, outline=INK, width=2)


def _dance(pen: Pen, shift: int) -> None:
    pen.ellipse((720, 60, 830, 170), fill=WARM)
    _people(pen, 7, shift, raised=True)


def _course(pen: Pen, shift: int) -> None:
    pen.rectangle((0, 0, SIZE[0], HORIZON), fill="#cfd4d2")
    pen.rectangle((260, 70, 700, 250), fill=PALE, outline=INK, width=5)
    x = 330 + shift // 10
    for strokes in (((0, 50), (80, 44)), ((120, 50), (200, 50)), ((160, 10), (160, 110)), ((280, 10), (240, 110))):
        pen.line([(x + east, 110 + south) for east, south in strokes], fill=INK, width=14)
    pen.line([(x + 270, 160), (x + 320, 220)], fill=INK, width=14)
    _people(pen, 5, shift)


def _dragon(pen: Pen, shift: int) -> None:
    for place in range(9):
        x, y = 70 + place * 90, 300 + (place * 61 + shift) % 70
        pen.rectangle((x, y, x + 78, y + 46), fill=WARM if place % 2 else PALE, outline=INK, width=4)
        pen.line([(x + 39, y + 46), (x + 39, 520)], fill=INK, width=7)


MOTIFS: dict[str, Callable[[Pen, int], None]] = {
    "lamp": _lamp,
    "road": _road,
    "waste": _waste,
    "garden": _garden,
    "water": _water,
    "bench": _bench,
    "scooter": _scooter,
    "tea": _tea,
    "dance": _dance,
    "course": _course,
    "dragon": _dragon,
}
"""What can be drawn."""
