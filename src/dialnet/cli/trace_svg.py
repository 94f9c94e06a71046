"""The waterfall of a dial as an SVG picture: one file that needs no other, for light pages and dark ones."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rich.cells import cell_len

from .trace_model import Step, Waterfall, milliseconds, ticks
from .visible import show

__all__ = ["as_svg"]

# Pixels. A character of the font is given a little more than it takes, for every machine has another font.
_CHAR, _LINE, _MARGIN, _GAP = 8, 26, 20, 16
_CHART = 480
_BAR = 14
_THINNEST = 3  # a bar that can still be seen
_TICKS = 8

_STYLE = """
text { font: 13px ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #24292f; }
.paper { fill: #ffffff; } .tick { stroke: #d0d7de; } .faint { fill: #6e7781; }
.heading, .connected text { font-weight: bold; }
.found rect { fill: #54aeff; } .connected rect { fill: #2da44e; }
.agreed rect { fill: #a475f9; }
.given-up rect { fill: #afb8c1; } .failed rect { fill: #fa4549; } .error { fill: #cf222e; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; } .paper { fill: #0d1117; } .tick { stroke: #30363d; } .faint { fill: #8b949e; }
  .error { fill: #ff7b72; }
}
"""


def as_svg(waterfall: Waterfall) -> str:
    """The document, one `g` for each step with its bar as a `rect`."""
    headline = _clean(waterfall.headline)
    notes = [(_clean(text), "faint") for text in (waterfall.agreement, waterfall.footnote)]
    notes.append((_clean(waterfall.error or ""), "error"))
    notes = [(text, kind) for text, kind in notes if text]
    # The columns of text, between the first and the second of which there is the chart.
    rows = [
        (_clean(step.what), f"+{milliseconds(step.start)}", f"{milliseconds(step.length)} ms", _ending(step))
        for step in waterfall.steps
    ]
    widths = [max(map(cell_len, column)) * _CHAR for column in zip(*rows)] or [0] * 4
    name = _MARGIN + len("connect ") * _CHAR
    chart = name + widths[0] + _GAP
    start = chart + _CHART + _GAP + widths[1]
    length = start + _GAP + widths[2]
    ending = length + _GAP
    texts = max(cell_len(text) for text in (headline, *(text for text, _ in notes))) * _CHAR
    width = max(ending + widths[3] if rows else 0, _MARGIN + texts) + _MARGIN
    top = _MARGIN + 2 * _LINE
    bottom = top + len(rows) * _LINE
    below = bottom + _MARGIN // 4
    height = below + len(notes) * _LINE + _MARGIN

    svg = Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        width=str(width),
        height=str(height),
        viewBox=f"0 0 {width} {height}",
        role="img",
    )
    SubElement(svg, "title").text = headline
    SubElement(svg, "style").text = _STYLE
    SubElement(svg, "rect", {"class": "paper"}, width="100%", height="100%")
    _text(svg, _MARGIN, _MARGIN, headline, "heading")
    if rows:
        _axis(svg, waterfall, chart, top, bottom)
    for number, (step, (what, began, took, ended)) in enumerate(zip(waterfall.steps, rows)):
        y = top + number * _LINE
        group = SubElement(svg, "g", {"class": step.manner.replace(" ", "-")})
        SubElement(group, "title").text = _clean(step.error or f"{step.kind} {step.what}: {step.ending}")
        _text(group, _MARGIN, y, step.kind)
        _text(group, name, y, what)
        _bar(group, waterfall, step, chart, y)
        _text(group, start, y, began, anchor="end")
        _text(group, length, y, took, anchor="end")
        _text(group, ending, y, ended)
    for number, (text, kind) in enumerate(notes):
        _text(svg, _MARGIN, below + number * _LINE, text, kind)
    indent(svg)
    return tostring(svg, encoding="unicode") + "\n"


def _axis(svg: Element, waterfall: Waterfall, left: int, top: int, bottom: int) -> None:
    group = SubElement(svg, "g", {"class": "axis"})
    for instant, label in ticks(waterfall.span, _TICKS):
        x = _number(left + _across(waterfall, instant))
        SubElement(group, "line", {"class": "tick"}, x1=x, x2=x, y1=str(top), y2=str(bottom))
        _text(group, x, top - _LINE, label if instant else "0 ms", "faint")


def _bar(group: Element, waterfall: Waterfall, step: Step, left: int, y: int) -> None:
    x, width = _across(waterfall, step.start), max(_across(waterfall, step.length), _THINNEST)
    SubElement(
        group,
        "rect",
        x=_number(left + min(x, _CHART - _THINNEST)),
        y=str(y + (_LINE - _BAR) // 2),
        width=_number(width),
        height=str(_BAR),
    )


def _across(waterfall: Waterfall, seconds: float) -> float:
    return seconds / max(waterfall.span, 1e-6) * _CHART


def _text(
    parent: Element, x: int | str, y: int, text: str, kind: str | None = None, anchor: str | None = None
) -> None:
    """A line of text in the row whose upper edge is at `y`."""
    attributes = {"x": str(x), "y": str(y + _LINE - 9)}
    if kind is not None:
        attributes["class"] = kind
    if anchor is not None:
        attributes["text-anchor"] = anchor
    SubElement(parent, "text", attributes).text = text


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _ending(step: Step) -> str:
    return f"◀ {step.ending}" if step.won else _clean(step.ending)


def _clean(text: str) -> str:
    # What prints, XML can have: controls, surrogates and noncharacters are not among it.
    return show(text, keep="")
