"""Draw the icons of the steward's app (assets/phone): a pin on the ground, with a tick. `python deploy/icons.py`."""

from pathlib import Path

from PIL import Image, ImageDraw

from layers.look import TOKENS

FOLDER = Path(__file__).parent.parent / "assets" / "phone"
FINER = 4
"""Drawn so many times as large, then made small: its edges are smooth."""
SIZES = {"192": (192, 1.0), "512": (512, 1.0), "maskable": (512, 0.78)}
"""name -> its side in pixels, and how much of it the pin takes: a mask may cut a fifth off each edge."""
CORNER = 0.2


def icon(side: int, share: float) -> Image.Image:
    """The icon; what is maskable fills its square."""
    large = side * FINER
    made = Image.new("RGBA", (large, large))
    pen = ImageDraw.Draw(made)
    corner = large * CORNER if share == 1 else 0
    pen.rounded_rectangle((0, 0, large - 1, large - 1), corner, fill=TOKENS["panel"])

    def at(x: float, y: float) -> tuple[float, float]:
        """A point of a square from -1 to 1, scaled about the middle."""
        return large / 2 * (1 + x * share), large / 2 * (1 + y * share)

    for width in (0.62, 0.36):
        around = (*at(-width, 0.6 - width / 4), *at(width, 0.6 + width / 4))
        pen.ellipse(around, outline=TOKENS["normal"], width=large // 50)
    # Where the lines from the point touch the disc.
    pen.polygon((at(-0.3736, -0.108), at(0.3736, -0.108), at(0, 0.62)), fill=TOKENS["low"])
    pen.ellipse((*at(-0.42, -0.72), *at(0.42, 0.12)), fill=TOKENS["low"])
    tick = (at(-0.2, -0.3), at(-0.05, -0.14), at(0.22, -0.46))
    pen.line(tick, fill=TOKENS["ground"], width=round(large * 0.06 * share), joint="curve")
    return made.resize((side, side), Image.Resampling.LANCZOS).quantize(64, Image.Quantize.FASTOCTREE)


if __name__ == "__main__":
    for name, (side, share) in SIZES.items():
        icon(side, share).save(FOLDER / f"icon-{name}.png", optimize=True)
