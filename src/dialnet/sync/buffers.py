"""Buffers that are written together, for threads."""

from __future__ import annotations

from ..connections.buffers import BufferList
from ..connections.gather import as_view
from ..connections.zerocopy import went
from .plainly import write_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Buffers"]


class Buffers(BufferList):
    __doc__ = BufferList.__doc__

    def write_to(self, conn: Any) -> int:
        """Write all of it to a connection in as few gathered calls as can be (writev(2)), one datagram where
        those are sent; how many bytes. What went out is dropped from here, also when it fails.

        `conn` is a `Conn`, or anything with a `write`. Raises what its `writelines` (`write`) raises.
        """
        if hasattr(conn, "_network") and hasattr(conn, "writelines"):
            try:
                sent: int = conn.writelines(self)
            except BaseException as err:
                self._consume(went(err))
                raise
            self._consume(sent)
            return sent
        sent = 0
        while self:
            data = as_view(self[0])
            try:
                write_all(conn, data)
            except BaseException as err:
                self._consume(went(err))
                raise
            sent += len(data)
            self._consume(len(data))
        return sent
