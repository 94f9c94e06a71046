"""The buffer under `makefile` and `aio.BufferedReader`: bytes that have come and were not asked for yet."""

from __future__ import annotations

__all__ = ["ReadBuffer"]


class ReadBuffer(bytearray):
    """Nothing leaves it but what is returned, so a read that fails halfway loses nothing."""

    __slots__ = ()

    def take(self, n: int) -> bytes:
        """The first `n` bytes, or what there is."""
        data = bytes(self[:n]) if n < len(self) else bytes(self)
        del self[:n]
        return data

    def end_of(self, separator: bytes, start: int) -> int:
        """Where the first `separator` ends, or -1. `start` is how much was searched in vain before."""
        at = self.find(separator, max(0, start - len(separator) + 1))
        return -1 if at < 0 else at + len(separator)
