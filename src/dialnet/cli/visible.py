"""Control characters made visible, for terminals.

What a peer sends may move the cursor, retitle the window, answer as if typed, or turn text around. Shown as
`cat -v` does: `^[` for ESC, `^?` for DEL; a byte that is no UTF-8 as `\\x9b`; a character that is no
control byte but does not print (C1 controls, bidi overrides, invisible format characters, line separators)
as `\\u202e`. Newline, tab and every printable character stay, and so do the two joiners without which
Persian and emoji fall apart. Nothing is done about a literal backslash or caret: this is for reading, not
for getting bytes back.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

__all__ = ["Visible", "show"]

_KEEP = "\n\t"
_JOINERS = "\u200c\u200d"  # ZERO WIDTH NON-JOINER, ZERO WIDTH JOINER
_NOT_ASCII_TEXT = re.compile(r"[^\x20-\x7e]")


def show(text: str, keep: str = _KEEP) -> str:
    """Return `text` with everything escaped that does not print, except what is in `keep`.

    A surrogate as `errors="surrogateescape"` makes it is shown as the byte it stands for.
    """
    return _NOT_ASCII_TEXT.sub(lambda found: found[0] if found[0] in keep else _shown(found[0]), text)


def _shown(char: str) -> str:
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return f"^{chr(code ^ 0x40)}"
    if char.isprintable() or char in _JOINERS or unicodedata.category(char) == "Zs":
        return char
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


class Visible:
    """A stream of bytes turned into text a terminal can be trusted with; one for each peer.

    A character whose bytes come in two pieces is kept back until it is whole.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")

    def feed(self, data: bytes) -> str:
        """Return what `data` completes."""
        return show(self._decoder.decode(data))

    def end(self) -> str:
        """Return what is left of a character that never became whole; after a datagram, or at the end."""
        return show(self._decoder.decode(b"", final=True))
