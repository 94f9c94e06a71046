"""The waterfall of a dial in a terminal: a row for each step, its bar on a time axis that all rows share.

Each manner to end has a sign and a colour of its own, so that colours may be missing. Where a row would
leave too little room for the bars (a narrow terminal, a long address) it becomes two, the words above the
bar.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len, chop_cells
from rich.text import Text

from .trace_model import AGREED, CONNECTED, FAILED, FOUND, GIVEN_UP, Step, Waterfall, milliseconds, ticks
from .visible import show

__all__ = ["draw", "wrapped"]

_LEAST_WIDTH = 32
_LEAST_BAR, _SHORTEST_BAR, _LONGEST_BAR = 16, 4, 120
_KIND = len("connect ")
_GAP = 2

_STYLES = {FOUND: "cyan", CONNECTED: "green", AGREED: "magenta", GIVEN_UP: "dim", FAILED: "red"}
_SIGNS = {FOUND: "▒", CONNECTED: "█", AGREED: "▄", GIVEN_UP: "░", FAILED: "▓", "tick": "┊", "mark": "◀"}
_ASCII = {FOUND: "=", CONNECTED: "#", AGREED: "+", GIVEN_UP: "-", FAILED: "x", "tick": ":", "mark": "<"}


def draw(waterfall: Waterfall, width: int, encoding: str = "utf-8") -> list[Text]:
    """The lines, none longer than `width` (32 at least), of characters that `encoding` has signs for."""
    return list(_Drawing(waterfall, max(width, _LEAST_WIDTH), _signs(encoding)).lines())


def _signs(encoding: str) -> dict[str, str]:
    try:
        "".join(_SIGNS.values()).encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return _ASCII
    return _SIGNS


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines, broken at spaces, and inside a word where that alone is too long."""
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(longer) <= width:
            lines[-1] = longer
        else:
            lines[len(lines) - (not lines[-1]) :] = chop_cells(word, width)
    return lines


class _Drawing:
    """Where everything is."""

    def __init__(self, waterfall: Waterfall, width: int, signs: dict[str, str]) -> None:
        self._fall = waterfall
        self._width = width
        self._signs = signs
        steps = waterfall.steps
        self._names = max((cell_len(show(step.what, keep="")) for step in steps), default=0)
        self._starts = max((len(_start(step)) for step in steps), default=0)
        self._lengths = max((len(_length(step)) for step in steps), default=0)
        numbers = _GAP + self._starts + _GAP + self._lengths
        endings = max((_GAP + cell_len(self._ending(step)) for step in steps), default=0)
        self._indent = _KIND + self._names + _GAP
        bar = width - self._indent - numbers - endings
        self._stacked = bar < _LEAST_BAR
        if self._stacked:
            self._indent = _GAP
            bar = width - self._indent - numbers - endings
        self._ends_the_bar = bar >= _LEAST_BAR
        if not self._ends_the_bar:
            bar = max(bar + endings, _SHORTEST_BAR)
        self._bar = min(bar, _LONGEST_BAR)
        self._ticks = self._spaced_ticks()

    def lines(self) -> Iterator[Text]:
        for piece in wrapped(show(self._fall.headline, keep=""), self._width):
            yield Text(piece, "bold")
        if not self._fall.steps:
            return
        yield Text()
        yield self._axis()
        for step in self._fall.steps:
            yield from self._stack(step) if self._stacked else [self._row(step)]
        for note in filter(None, (self._fall.agreement, self._fall.footnote)):
            yield Text()
            for piece in wrapped(show(note, keep=""), self._width):
                yield Text(piece, "dim")

    def _cell(self, instant: float) -> int:
        return round(instant / self._span() * self._bar)

    def _span(self) -> float:
        return max(self._fall.span, 1e-6)

    def _spaced_ticks(self) -> dict[int, str]:
        """The labels of the axis and the cells they are in, as many as do not run into each other."""
        found: list[tuple[float, str]] = []
        for most in range(self._bar // 5, 0, -1):
            found = ticks(self._fall.span, most)
            if len(found) < 2 or self._cell(found[1][0]) >= max(len(label) for _, label in found) + 2:
                break
        # One at the right end would have no cell to stand in.
        cells = {self._cell(at): label for at, label in found if self._cell(at) < self._bar}
        return {**cells, 0: "0 ms"}

    def _axis(self) -> Text:
        line = " " * self._indent
        for cell, label in sorted(self._ticks.items()):
            if len(line) <= self._indent + max(cell - 1, 0):
                line = line.ljust(self._indent + cell) + label
        return Text(line, "dim")

    def _row(self, step: Step) -> Text:
        line = self._words(step)
        line.append(" " * (self._indent - cell_len(line.plain)))
        self._measure(line, step)
        return line

    def _stack(self, step: Step) -> Iterator[Text]:
        words, ending = self._words(step), self._ending(step)
        room = self._width - cell_len(words.plain) - cell_len(ending)
        if not self._ends_the_bar and room >= _GAP:
            words.append(" " * room)
            words.append(ending, self._style(step))
            yield words
        else:
            for piece in wrapped(words.plain, self._width):
                yield Text(piece, words.style)
            for piece in () if self._ends_the_bar else wrapped(ending, self._width - _GAP):
                yield Text(" " * _GAP).append(piece, self._style(step))
        line = Text(" " * self._indent)
        self._measure(line, step)
        yield line

    def _words(self, step: Step) -> Text:
        return Text(f"{step.kind:<{_KIND}}{show(step.what, keep='')}", "bold" if step.won else "")

    def _measure(self, line: Text, step: Step) -> None:
        """Its bar, when it began, how long it took, and, where there is room, how it ended."""
        start = min(self._cell(step.start), self._bar - 1)
        end = max(self._cell(step.end), start + 1)
        empty = "".join(self._signs["tick"] if cell in self._ticks else " " for cell in range(self._bar))
        line.append(empty[:start], "dim")
        line.append(self._signs[step.manner] * (end - start), self._style(step))
        line.append(empty[end:], "dim")
        line.append(" " * _GAP + _start(step).rjust(self._starts))
        line.append(" " * _GAP + _length(step).rjust(self._lengths))
        if self._ends_the_bar:
            line.append(" " * _GAP)
            line.append(self._ending(step), self._style(step))

    def _ending(self, step: Step) -> str:
        return f"{self._signs['mark']} {step.ending}" if step.won else show(step.ending, keep="")

    @staticmethod
    def _style(step: Step) -> str:
        return f"bold {_STYLES[CONNECTED]}" if step.won else _STYLES[step.manner]


def _start(step: Step) -> str:
    return f"+{milliseconds(step.start)}"


def _length(step: Step) -> str:
    return f"{milliseconds(step.length)} ms"
