"""Checks of a printed page: nothing overlaps or leaves the page."""

import itertools

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.transforms import Bbox


def _boxes(figure):
    renderer = FigureCanvasAgg(figure).get_renderer()
    texts = [
        text
        for holder in (*figure.axes, *figure.legends)
        for text in (*holder.texts, getattr(holder, "title", None))
        if text is not None and text.get_text().strip()
    ]
    boxes = {f"{text.get_text()!r} {number}": text.get_window_extent(renderer) for number, text in enumerate(texts)}
    for axes in figure.axes:
        for number, image in enumerate(axes.images):
            boxes[f"picture {number}"] = image.get_window_extent(renderer)
        if not axes.images:
            boxes[f"panel {len(boxes)}"] = axes.get_window_extent(renderer)
    return boxes


def check_page(figure, slack: float = 0.5):
    """Fails if texts, pictures or panels overlap by more than ``slack`` pixels (1/100 inch), or leave the page."""
    boxes = _boxes(figure)
    page = figure.bbox
    for name, box in boxes.items():
        inside = page.x0 - slack <= box.x0 and box.x1 <= page.x1 + slack
        assert inside and page.y0 - slack <= box.y0 and box.y1 <= page.y1 + slack, f"{name} leaves the page"
    for (one, first), (other, second) in itertools.combinations(boxes.items(), 2):
        common = Bbox.intersection(first, second)
        assert common is None or min(common.width, common.height) <= slack, f"{one} and {other} overlap"
    return boxes
