"""`Engine`: one end of a TLS conversation, in memory: bytes of the peer's in, bytes for it out.

It is the standard library's `ssl.SSLObject` between two `MemoryBIO`s. OpenSSL's object must not be used by
two threads at once, and `ssl.SSLSocket` waits inside it: that is why two threads on one of those crash or
lock each other out. Here nothing waits, and whoever calls holds the connection's lock for the call alone.

- OpenSSL is given whole records once the handshake is over, and asked to read only when there is one: to say
  that there is none takes it and Python as long as to decrypt some 10 KiB.
- The end of the stream below is never told to OpenSSL: Python sets OP_IGNORE_UNEXPECTED_EOF, with which a
  stream that was cut off would end as if it had been closed (`cut` says it instead).
- SSL_shutdown(3) is called with nothing to read: it takes data that has come for an error. During a
  renegotiation it refuses, and is called again when that is over.
- So is SSL_write(3) up to TLS 1.2: in a renegotiation it goes on with the handshake, in which it takes data
  for an unexpected record. The peer may well have sent some, before it saw that the renegotiation began.
- Of what is written at once OpenSSL makes one record after the other and returns after the last, where Python
  has not asked it to return after each (SSL_MODE_ENABLE_PARTIAL_WRITE).
"""

from __future__ import annotations

import copy
import ssl

from ..connections.lines import ReadBuffer
from .below import as_read
from .errors import RecordHeaderError, UnexpectedEOFError, bare, plain
from .hello import (
    HEADS,
    Records,
    has_client_hello,
    header_of,
    is_record,
    looks_like_tls,
    server_name,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["RECORD", "Engine"]

# The most plaintext there is in a record (RFC 8446, section 5.1).
RECORD = 16_384
# How much is read from the stream below at once: some records, and more while there is more. Not as much from
# the beginning: glibc maps blocks of 128 KiB anew each time, until one of that size has been freed.
SOME, MUCH = 65_536 + 1024, 262_144
# The most that is put together for one read, since that takes one more copy.
_GATHERED = 4 * RECORD


def _plainest(made: ssl.SSLObject, name: str) -> Any:
    """What is underneath, without a call of Python's on top of each record's; but not where the context's own
    `sslobject_class` has a say in it: a check of the certificate may be there, as truststore's is."""
    inner = getattr(made, "_sslobj", None)
    own = getattr(type(made), name) is not getattr(ssl.SSLObject, name)
    return getattr(made if own or inner is None else inner, name)


class Engine:
    """`ready` is set once the handshake is over. What was encrypted waits in here to be taken."""

    __slots__ = (
        "_first",
        "_incoming",
        "_left",
        "_more",
        "_name",
        "_part",
        "_read",
        "_records",
        "_shake",
        "_version",
        "_write",
        "abroad",
        "appetite",
        "context",
        "cut",
        "dry",
        "failed",
        "fed",
        "finished",
        "held",
        "hello",
        "object",
        "outgoing",
        "over",
        "owing",
        "ready",
        "renegotiable",
        "rest",
        "server_side",
        "session",
    )

    def __init__(self, context: ssl.SSLContext, server_side: bool, server_name: str | None) -> None:
        self._incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.context = context
        self.server_side = server_side
        self.object = context.wrap_bio(
            self._incoming, self.outgoing, server_side=server_side, server_hostname=server_name
        )
        # The one that is gone on with (`Resuming`).
        self.session: Any = None
        self._read = _plainest(self.object, "read")
        self._write = _plainest(self.object, "write")
        self._left = _plainest(self.object, "pending")
        self._shake = _plainest(self.object, "do_handshake")
        self._version = _plainest(self.object, "version")
        # Whether the last read may have left something of its record. To ask `_left` gives the interpreter's
        # lock away.
        self._more = False
        # Made when something else has come than one record.
        self._records: Records | None = None
        # The beginning of a record of which the rest has not come.
        self._part = b""
        # Ciphertext that was taken, did not go, and has to be the next to go.
        self.rest = b""
        # Ciphertext was taken, and nobody has said what became of it: without it what follows makes no sense.
        self.abroad = False
        # The server's name, or the message that it is in.
        self._name = "" if server_name is None else server_name
        self._first = b""
        self.ready = False
        # Whether there can be another handshake.
        self.renegotiable = False
        # A close_notify could not be made yet.
        self.owing = False
        # The stream below has ended; the peer has said that it sends no more; we have.
        self.cut = self.over = self.finished = False
        # What ended the handshake, or all reading, for good.
        self.failed: OSError | None = None
        # Plaintext that is to be read before any other.
        self.held = ReadBuffer()
        # How often something came to read: a write that was tried in vain need not be before it changes.
        self.fed = 0
        # How much to read next.
        self.appetite = SOME
        # Somebody tried to read in vain, and nothing has come since.
        self.dry = False
        # What came first, while it is of interest.
        self.hello: bytearray | None = bytearray()

    def feed(self, data: bytes) -> None:
        """What was read from the stream below; nothing is its end. Raises `TypeError` for no bytes."""
        if type(data) is not bytes:
            data = as_read(data)
        self.fed += 1
        self.dry = False
        if not data:
            self.cut = True
            return
        if not self.ready:
            # In a handshake it is asked to go on with whatever has come.
            if self.hello is not None:
                if not self.hello and (has_client_hello(data) if self.server_side else data[:2] in HEADS):
                    # What is in it is looked for when somebody asks; a client wants to know no more.
                    if self.server_side:
                        self._first = data[: 5 + (data[3] << 8 | data[4])]
                    self.hello = None
                else:
                    self._look_at(data)
            self._incoming.write(data)
            return
        self.appetite = MUCH if len(data) >= SOME else SOME
        if not self._part and is_record(data):
            # The answer to a question mostly is one, and nothing else has come yet.
            self._incoming.write(data)
            return
        records = self._records
        if records is None:
            records = self._records = Records()
        records.add(data)
        end = len(data) - records.part
        if end < 0:
            # None has ended in here.
            self._part += data
            return
        if self._part:
            self._incoming.write(self._part)
        self._part = data[end:]
        self._incoming.write(memoryview(data)[:end] if self._part else data)

    def _look_at(self, data: bytes) -> None:
        hello = self.hello
        assert hello is not None
        hello += data
        if not looks_like_tls(bytes(hello[:2])):
            self.failed = RecordHeaderError(header_of(bytes(hello)))
        if not self.server_side:
            if len(hello) > 1:
                self.hello = None
            return
        name = server_name(hello)
        if name is not None:
            self._name = name
            self.hello = None

    @property
    def server_name(self) -> str:
        """The name that the client asks for."""
        first = self._first
        if first:
            self._name = server_name(first) or ""
            self._first = b""
        return self._name

    # Each of these gives None if more has to be read first.

    def shake(self) -> bool | None:
        """Go on with the handshake; True once it is over. Raises `ssl.SSLError` and its kin."""
        if self.failed is not None:
            self._check()
        try:
            self._shake()
        except ssl.SSLWantReadError:
            self._starved()
            return None
        except OSError as err:
            raise self._fail(err) from err
        self.hello = None
        self.renegotiable = self._version() != "TLSv1.3"
        self.ready = True
        if self._incoming.pending:
            # What came behind it has not been looked at.
            self.feed(self._incoming.read())
        else:
            self.dry = True
        return True

    def decrypt(self, n: int) -> bytes | None:
        """Up to `n` bytes (at least 1) of what the peer wrote; `b""` at its end."""
        if self.held:
            return self.held.take(n)
        if self.over:
            return b""
        if self.failed is not None or not (self._incoming.pending or self._has_more()):
            self._starved()
            return None
        try:
            data: bytes = self._read(n if n < RECORD else RECORD)
            size = len(data)
            if size == RECORD and n > RECORD and self._incoming.pending:
                return self._gather(data, n)
            self._more = size == n
        except ssl.SSLWantReadError:
            self._starved()
            return None
        except ssl.SSLZeroReturnError:
            data = b""
        except OSError as err:
            raise self._fail(err) from err
        self.over = not data
        return data

    def _has_more(self) -> bool:
        """Whether a record was read from and has something left."""
        return self._more and bool(self._left())

    def _gather(self, first: bytes, n: int) -> bytes:
        """More whole records, while there are any. What comes after them is the next read's."""
        pieces, size = [first], RECORD
        try:
            while size + RECORD <= n and size < _GATHERED and self._incoming.pending:
                piece = self._read(RECORD)
                pieces.append(piece)
                size += len(piece)
                if len(piece) < RECORD:
                    self.over = not piece
                    break
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.over = True
        except OSError as err:
            self._fail(err)
        return b"".join(pieces)

    def decrypt_into(self, buffer: memoryview) -> int | None:
        """As `decrypt`, into a buffer; how many bytes."""
        incoming, size, done = self._incoming, len(buffer), 0
        if self.held or self.over or self.failed is not None or not incoming.pending:
            data = self.decrypt(size)
            if data is None:
                return None
            buffer[: len(data)] = data
            return len(data)
        try:
            while True:
                n: int = self._read(size - done, buffer[done:] if done else buffer)
                done += n
                self._more = done == size
                if n < RECORD or size - done < RECORD or not incoming.pending:
                    self.over = not n
                    return done
        except ssl.SSLWantReadError:
            if not done:
                self._starved()
            return done or None
        except ssl.SSLZeroReturnError:
            self.over = True
        except OSError as err:
            self._fail(err)
            if not done:
                raise copy.copy(self.failed) from err  # type: ignore[misc]
        return done

    def encrypt(self, data: bytes | memoryview) -> int:
        """Encrypt `data`; how much of it: less than all if the peer has to say something first."""
        taken, size = 0, len(data)
        if self.renegotiable and (self._incoming.pending or self._has_more()):
            self.read_ahead()
        try:
            while taken < size:
                taken += self._write(data[taken:] if taken else data)
        except ssl.SSLWantReadError:
            if self.cut and not taken:
                self._starved()
        except ssl.SSLError as err:
            raise plain(err) from err
        return taken

    def _starved(self) -> None:
        """There is nothing to read. Raises if there never will be."""
        if self.cut:
            self.failed = self.failed or UnexpectedEOFError()
        if self.failed is not None:
            self._check()
        self.dry = True
        if self.owing:
            self.finished = self.owing = False
            self.finish()

    def _check(self) -> None:
        if self.failed is not None:
            # A new one each time: a traceback grows with every raise.
            raise copy.copy(self.failed)

    def _fail(self, err: OSError) -> OSError:
        self.failed = plain(err) if isinstance(err, ssl.SSLError) else bare(err)
        return copy.copy(self.failed)

    def unread(self, data: bytes) -> None:
        """Have the next reads give `data` first."""
        self.fed += 1
        self.dry = False
        self.held[:0] = data

    def read_ahead(self) -> None:
        """Take what was decrypted already, and what the handshake under way may have to see, into `held`."""
        try:
            while not self.over and (self._incoming.pending or self._has_more()):
                data = self._read(RECORD)
                if not data:
                    self.over = True
                self.held += data
        except ssl.SSLZeroReturnError:
            self.over = True
        except ssl.SSLWantReadError:
            pass
        except OSError as err:
            self._fail(err)

    def finish(self) -> None:
        """Say that nothing more will be written (close_notify), once."""
        if self.finished:
            return
        self.finished = True
        while self._has_more():
            self.held += self._read(self._left())
        waiting = self._incoming.read() if self._incoming.pending else b""
        try:
            self.object.unwrap()
        except OSError as err:
            # It waits for the peer's, which reading will find. Or there can be none any more, and the peer
            # will see an end without a word.
            self.owing = getattr(err, "reason", None) == "SHUTDOWN_WHILE_IN_INIT"
        if waiting:
            self._incoming.write(waiting)

    def seal(self, data: bytes | memoryview) -> tuple[int, bytes, int]:
        """Encrypt `data` and take all that is to be sent: how much of `data`, the ciphertext, and how much of
        that had been waiting before."""
        before = self.outgoing.pending + len(self.rest)
        taken = self.encrypt(data)
        return taken, self.take(), before

    @property
    def pending(self) -> int:
        """How many bytes there are to be taken."""
        return self.outgoing.pending + len(self.rest)

    def take(self) -> bytes:
        """All that is to be sent. Who takes it says when it has gone: `abroad` is false then."""
        if not self.rest:
            self.abroad = True
            data = self.outgoing.read()
            if not data:
                self.abroad = False
            return data
        self.abroad = True
        data, self.rest = self.rest + self.outgoing.read(), b""
        return data

    def put_back(self, rest: bytes) -> None:
        """What was taken and has not gone."""
        self.rest = rest
        self.abroad = False

    def forget(self) -> None:
        """What is to be sent never will be."""
        self.rest = b""
        self.outgoing.read()
        self.abroad = False
