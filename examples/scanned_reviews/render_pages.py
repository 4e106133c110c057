"""Render the review pages in pages/: text, then what a cheap scanner does to it (skew, shade, grain).

Run it with Pillow and NumPy installed: `python render_pages.py`. The same seed gives the same pages.
`pages/torn.png` is half a file, `pages/blank.png` an empty page.
`pages/manual.png` is a real scan: `skimage.data.page()` of scikit-image (from the Matlab documentation, free to use).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

PAGES = Path(__file__).parent / "pages"
REVIEWS = {
    "headphones": [
        "I love these headphones. The sound is",
        "warm and the battery lasts for days.",
        "",
        "The case feels cheap, but that is a",
        "small complaint. Highly recommended!",
    ],
    "kettle": [
        "The kettle broke after one week.",
        "Terrible quality, and it smells awful.",
        "",
        "Support was friendly and sent a new",
        "one, which also leaks. Do not buy it.",
    ],
    "lamp": [
        "The lamp arrived on Tuesday in a box.",
        "It is 40 cm tall and has one switch.",
    ],
}


def render(lines: list[str], rng: np.random.Generator) -> Image.Image:
    """A page with these lines as a scanner would see it, in 8-bit grey."""
    page = Image.new("L", (640, 120 + 34 * len(lines)), 244)
    font = ImageFont.load_default(size=24)
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        draw.text((60, 50 + 34 * number), line, font=font, fill=42)
    page = page.rotate(float(rng.uniform(-0.6, 0.6)), fillcolor=240, resample=Image.Resampling.BICUBIC)
    pixels = np.asarray(page, dtype=np.float64)
    shade = np.linspace(1.0, 0.94, pixels.shape[1])[None, :]
    grain = rng.normal(0, 3, pixels.shape)
    return Image.fromarray(np.clip(pixels * shade + grain, 0, 255).round().astype(np.uint8))


def main() -> None:
    """Write every page."""
    rng = np.random.default_rng(20260823)
    for name, lines in REVIEWS.items():
        page = render(lines, rng).quantize(16, dither=Image.Dither.NONE)
        page.save(PAGES / f"{name}.png", optimize=True)
    Image.new("L", (400, 240), 244).save(PAGES / "blank.png", optimize=True)
    (PAGES / "torn.png").write_bytes((PAGES / "lamp.png").read_bytes()[:3000])


if __name__ == "__main__":
    main()
