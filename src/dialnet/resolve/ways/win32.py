"""What the calls into Windows' libraries share: where those are, and strings of 16-bit units.

`ctypes` has wide strings of its own, in the C compiler's `wchar_t`, which has 16 bits on Windows only.
"""

from __future__ import annotations

import ctypes
import errno

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["from_wide", "library", "to_wide"]

# No DNS message holds a longer text.
_MAX_LENGTH = 65535
_LOAD_LIBRARY_SEARCH_SYSTEM32 = 0x800


def library(name: str) -> Any:
    """One of the system's own libraries, never another of its name. Raises `OSError`."""
    load = getattr(ctypes, "WinDLL", None)
    if load is None:
        raise OSError(errno.ENOSYS, f"{name} is found on Windows only")
    return load(name, winmode=_LOAD_LIBRARY_SEARCH_SYSTEM32)


def to_wide(text: str) -> ctypes.Array[ctypes.c_uint16]:
    """The text and the zero at its end. Raises `ValueError` for half a surrogate pair."""
    data = text.encode("utf-16-le") + b"\0\0"
    return (ctypes.c_uint16 * (len(data) // 2)).from_buffer_copy(data)


def from_wide(address: int | None) -> str | None:
    """The text that is there; None for a null pointer, and for one that does not end."""
    if not address:
        return None
    units = ctypes.cast(address, ctypes.POINTER(ctypes.c_uint16))
    for length in range(_MAX_LENGTH + 1):
        if units[length] == 0:
            return ctypes.string_at(address, 2 * length).decode("utf-16-le", "surrogatepass")
    return None
