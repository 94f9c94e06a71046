"""`KeyboardInterrupt` wherever the interpreter looks for signals during a call.

Run as `python -m tests.poll.interrupting KIND`; it prints what went wrong, and then how many places there
are. It is a process of its own because the exception may leave behind a lock of `Thread.start`, for which the
new thread then waits for ever.
"""

from __future__ import annotations

import contextlib
import gc
import inspect
import os
import socket
import ssl
import sys
import threading
import time
from types import FrameType
from typing import Any

import dialnet as net
from dialnet import tls
from dialnet.cli.output import Output
from dialnet.cli.peer import Idle
from dialnet.cli.relay import Relay
from dialnet.system import starting
from tests.certificates import NAME, client_context, server_context
from tests.hosts import PATIENCE
from tests.tls.support import LIMIT

STARTING = (starting.__file__, threading.__file__)
EVERYTHING = (os.path.dirname(net.__file__), threading.__file__, socket.__file__, ssl.__file__)
# Where giving up a turn begins nothing can be done: the next step would be the one that gives it up. It is
# gone all the same where the way there is in the same function, which is the way mostly taken.
GIVING_UP = ("leave", "let_go")


class Interrupt:
    """Raises in the nth of these places, from where `start` (if given) begins, in files that begin so."""

    def __init__(self, nth: int, start: Any, files: tuple[str, ...]) -> None:
        self.left = nth
        self.place = ""
        self._start = start
        self._files = files

    def __enter__(self) -> None:
        sys.setprofile(self._look)

    def __exit__(self, *exc_info: object) -> None:
        sys.setprofile(None)

    def _look(self, frame: FrameType, event: str, arg: object) -> None:
        code = frame.f_code
        if self._start is not None:
            if code is not self._start.__code__:
                return
            self._start = None
        # A function begins or ends, or a call of a built-in one is over.
        if event == "c_call" or not code.co_filename.startswith(self._files):
            return
        if event == "return" and code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ITERABLE_COROUTINE):
            return  # Or it is suspended, or who awaits it goes on, where no signal is looked for.
        if event == "call" and code.co_name in GIVING_UP:
            return
        if code.co_name == "__del__":
            return  # A thread's waiter may end here. What is raised in there goes nowhere, and is printed.
        self.left -= 1
        if self.left == 0:
            self.place = f"{event} {os.path.basename(code.co_filename)}:{frame.f_lineno} {code.co_name}"
            raise KeyboardInterrupt


class Started:
    """Either the thread runs, or what is to be done instead is done."""

    begins: Any = starting.start
    files = STARTING

    def __init__(self) -> None:
        self.made = threading.Event()
        self.instead: list[BaseException] = []

    def run(self) -> None:
        starting.start(self.made.set, "made", self.instead.append)

    def fault(self, err: KeyboardInterrupt) -> str | None:
        if self.instead:
            return "both" if self.made.is_set() else None if self.instead == [err] else repr(self.instead)
        return None if self.made.wait(PATIENCE) else "neither"

    def close(self) -> None:
        pass


class Served:
    """`serve` ends, and the connection is served or closed."""

    begins: Any = starting.start
    files = STARTING

    def __init__(self) -> None:
        self.listener = net.listen("tcp", "127.0.0.1:0")
        address = self.listener.addr
        assert isinstance(address, net.TCPAddr)
        self.client = socket.create_connection(("127.0.0.1", address.port), PATIENCE)

    def run(self) -> None:
        # To its end: a call that has not been interrupted is to end as well.
        net.serve(self.listener, self._handle)

    def _handle(self, conn: net.Conn) -> None:
        conn.write(b"hello")
        self.listener.close()

    def fault(self, err: KeyboardInterrupt) -> str | None:
        heard = self.client.recv(100)
        if heard:
            heard += self.client.recv(100)
        if not self.listener.closed:
            return "still listening"
        return None if heard in (b"", b"hello") else repr(heard)

    def close(self) -> None:
        self.client.close()


class Talk:
    """Two ends. Whatever was interrupted, nobody has a turn afterwards, and both can be closed."""

    begins: Any = None
    files = EVERYTHING
    secure = False
    piped = False

    def __init__(self) -> None:
        self.one: Any
        self.two: Any
        if self.piped:
            self.one, self.two = net.pipe()
        else:
            with net.listen("tcp", "127.0.0.1:0") as listener:
                self.one, self.two = net.dial("tcp", str(listener.addr)), listener.accept()
        self.below = self.one
        if self.secure:
            self.one = tls.client(self.one, client_context(), NAME)
            self.two = tls.server(self.two, server_context())
        for conn in (self.one, self.two):
            conn.set_deadline(LIMIT)
        self.prepare()

    def prepare(self) -> None:
        if self.secure:
            self.beside = Beside(self.two.handshake)
            self.one.handshake()
            self.beside.done()
            # The tickets are read, and no more comes by itself.
            self.two.write(b".")
            self.one.read(1)

    def run(self) -> None:
        raise NotImplementedError

    def fault(self, err: KeyboardInterrupt) -> str | None:
        until = time.monotonic() + PATIENCE
        while (holder := self._turn()) is not None:
            # Something may still be sent from the background.
            if time.monotonic() >= until:
                return f"{holder} has a turn for good"
            time.sleep(0.001)
        return self.sequel()

    def _turn(self) -> object:
        """Who has one of the turns."""
        for end in (self.one._fd, self.below._fd):
            for side in (end.reading, end.writing):
                if side.turn is not None and not end.closed:
                    return side.turn
        return None

    def sequel(self) -> str | None:
        return None

    def close(self) -> None:
        self.one.close()
        self.two.close()


class Beside:
    """A call in another thread."""

    def __init__(self, call: Any) -> None:
        self._call = call
        self.error: OSError | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._call()
        except OSError as err:
            self.error = err

    def done(self) -> None:
        self._thread.join()


class Read(Talk):
    """What has come may be lost with the call, but the next can be read."""

    def prepare(self) -> None:
        super().prepare()
        self.besides = [Beside(lambda: self.two.write(b"hello"))]
        if not self.piped:
            self.besides[0].done()

    def run(self) -> None:
        self.one.read(5)

    def sequel(self) -> str | None:
        self.besides.append(Beside(lambda: self.two.write(b"again")))
        try:
            heard = self.one.read(5)
        except ssl.SSLError:
            # Of what OpenSSL has to see nothing may be lost, which it notices.
            return None if self.secure else "no TLS"
        return None if heard in (b"hello", b"again") else repr(heard)

    def close(self) -> None:
        super().close()
        for beside in self.besides:
            beside.done()


class Write(Talk):
    """The peer never gets what makes no sense: all later writes fail, if it would."""

    size = 5

    def run(self) -> None:
        self.one.write(b"x" * self.size)

    def go_on(self) -> None:
        """Another write, and the end."""
        try:
            self.one.write(b"y" * 5)
        except tls.BrokenRecordError:
            pass
        self.one.close()

    def sequel(self) -> str | None:
        self.go_on()
        heard = bytearray()
        try:
            while data := self.two.read(65536):
                heard += data
        except tls.UnexpectedEOFError:
            pass
        return None if not heard.strip(b"x").strip(b"y") else repr(bytes(heard[-20:]))


class LongWrite(Write):
    """More than goes without waiting, and than is encrypted at a time."""

    size = 3 << 17

    def prepare(self) -> None:
        super().prepare()
        if not self.piped:
            self.below.set_write_buffer(1 << 16)
        self.heard = bytearray()
        self.beside = Beside(self._listen)

    def _listen(self) -> None:
        while data := self.two.read(65536):
            self.heard += data

    def sequel(self) -> str | None:
        self.go_on()
        self.beside.done()
        if self.beside.error is not None and not isinstance(self.beside.error, tls.UnexpectedEOFError):
            return repr(self.beside.error)
        return None if not self.heard.strip(b"x").strip(b"y") else repr(bytes(self.heard[-20:]))

    def close(self) -> None:
        super().close()
        self.beside.done()


class Close(Talk):
    """The next call completes it."""

    def run(self) -> None:
        self.one.close()

    def sequel(self) -> str | None:
        self.one.close()
        if not self.one.closed or (not self.piped and self.below.fileno() >= 0):
            return "not closed"
        try:
            return repr(self.two.read(5)) if self.two.read(5) else None
        except tls.UnexpectedEOFError:
            return None


class CloseWrite(Talk):
    """The peer sees the end, or that it was cut short."""

    def prepare(self) -> None:
        self.beside = Beside(self.two.handshake)
        self.one.handshake()
        self.heard = Beside(lambda: self.two.read(5))

    def run(self) -> None:
        self.one.close_write()

    def close(self) -> None:
        super().close()
        self.beside.done()
        self.heard.done()


class Handshake(Talk):
    """It can be gone on with, or fails, and closes."""

    secure = True

    def prepare(self) -> None:
        self.beside = Beside(self.two.handshake)

    def run(self) -> None:
        self.one.handshake()

    def close(self) -> None:
        super().close()
        self.beside.done()


class HalfSent(Handshake):
    """The system has room for a half of the first flight, and later for the rest."""

    def prepare(self) -> None:
        link = self.one._fd
        send = link.try_send

        def half(data: bytes) -> int:
            link.try_send = send
            return send(data[: len(data) // 2])  # type: ignore[no-any-return]

        link.try_send = half
        super().prepare()


class LastInput:
    """The command line waits for what is still to be sent, until nothing has gone either way for a while."""

    begins: Any = None
    files = EVERYTHING

    def __init__(self) -> None:
        self.one, self.two = net.pipe()
        sink = Output().sink()
        self.relay = Relay(self.one, sink, datagrams=False, idle=0.05, detail=lambda text: None)

    def run(self) -> None:
        with contextlib.suppress(Idle):
            self.relay._finish_sending()

    def fault(self, err: KeyboardInterrupt) -> str | None:
        return None

    def close(self) -> None:
        self.one.close()
        self.two.close()


class Second(Handshake):
    """The first handshake is another thread's, and this one waits for its turn."""

    def prepare(self) -> None:
        self.first = Beside(self.one.handshake)
        while self.one._fd.reading.turn is None:
            time.sleep(0)
        super().prepare()

    def close(self) -> None:
        super().close()
        self.first.done()


KINDS: dict[str, Any] = {
    "started": Started,
    "served": Served,
    "last-input": LastInput,
    "handshake": Handshake,
    "pipe-handshake": type("Handshake", (Handshake,), {"piped": True}),
    "half-handshake": HalfSent,
    "second-handshake": Second,
    "tls-close-write": type("CloseWrite", (CloseWrite,), {"secure": True}),
    "tls-pipe-close-write": type("CloseWrite", (CloseWrite,), {"secure": True, "piped": True}),
}
for _name, _kind in (("read", Read), ("write", Write), ("long-write", LongWrite), ("close", Close)):
    KINDS[_name] = _kind
    KINDS[f"tls-{_name}"] = type(_kind.__name__, (_kind,), {"secure": True})
    if _kind is not Write:  # which waits there as the long one does
        KINDS[f"pipe-{_name}"] = type(_kind.__name__, (_kind,), {"piped": True})


def attempt(kind: type[Any], nth: int) -> tuple[Interrupt, str | None]:
    interrupt = Interrupt(nth, kind.begins, kind.files)
    one = kind()
    try:
        try:
            with interrupt:
                one.run()
            return interrupt, "came to nothing" if interrupt.left <= 0 else None
        except KeyboardInterrupt as err:
            return interrupt, one.fault(err)
        except Exception as err:
            return interrupt, repr(err)
    finally:
        one.close()


def main(kind: str) -> None:
    # The first place is where the call itself begins, which has done nothing then. A thread that is quick is
    # not waited for, so one attempt with fewer places is not the end.
    nth = last = 1
    gc.disable()
    while nth < last + 10:
        nth += 1
        # What an attempt has left behind is not to be disposed of in the middle of the next.
        gc.collect()
        interrupt, fault = attempt(KINDS[kind], nth)
        if interrupt.left <= 0:
            last = nth
        if fault is not None:
            print("at", nth, interrupt.place, fault, flush=True)
    print(last)


if __name__ == "__main__":
    main(sys.argv[1])
