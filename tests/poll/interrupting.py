"""`KeyboardInterrupt` wherever the interpreter looks for signals while a thread is started.

Run as `python -m tests.poll.interrupting started` (or `served`); it prints what went wrong, and then how many
places there were. It is a process of its own because the exception may leave behind a lock of `Thread.start`,
for which the new thread then waits for ever.
"""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import closing
from types import FrameType

import dialnet as net
from dialnet.system import starting
from tests.hosts import PATIENCE

FILES = (threading.__file__, starting.__file__)


class Interrupt:
    """Raises in the nth of these places, from where `start` begins."""

    def __init__(self, nth: int) -> None:
        self.left = nth
        self._begun = False

    def __enter__(self) -> None:
        sys.setprofile(self._look)

    def __exit__(self, *exc_info: object) -> None:
        sys.setprofile(None)

    def _look(self, frame: FrameType, event: str, arg: object) -> None:
        self._begun = self._begun or frame.f_code is starting.start.__code__
        # A function begins or ends, or a call of a built-in one is over.
        if self._begun and event != "c_call" and frame.f_code.co_filename in FILES:
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt


class Started:
    """Either the thread runs, or what is to be done instead is done."""

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


KINDS: dict[str, type[Started] | type[Served]] = {"started": Started, "served": Served}


def main(kind: str) -> None:
    # The first place is where `start` begins, which has done nothing then. A thread that is quick is not
    # waited for, so one attempt with fewer places is not the end.
    nth = last = 1
    while nth < last + 10:
        nth += 1
        interrupt = Interrupt(nth)
        with closing(KINDS[kind]()) as attempt:
            fault = None
            try:
                with interrupt:
                    attempt.run()
                if interrupt.left <= 0:
                    fault = "came to nothing"
            except KeyboardInterrupt as err:
                fault = attempt.fault(err)
            except BaseException as err:
                fault = repr(err)
        if interrupt.left <= 0:
            last = nth
        if fault is not None:
            print("at", nth, fault, flush=True)
    print(last)


if __name__ == "__main__":
    main(sys.argv[1])
