"""Several threads on one file, as `io`'s buffered ones allow: nothing is lost, nothing comes twice."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.files.support import pair

THREADS, LINES = 4, 2000


@pytest.fixture(autouse=True)
def _often() -> Iterator[None]:
    """Threads change places as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def together(work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.parametrize("mode", ["wb", "rwb"])
def test_writers(mode: str) -> None:
    """Every line arrives whole, once, and each thread's in order."""
    with pair() as (conn, peer):
        file = conn.makefile(mode, 64)
        got: list[bytes] = []
        reader = threading.Thread(target=lambda: got.append(peer.read()))
        reader.start()

        def write(number: int) -> None:
            for i in range(LINES):
                file.write(b"%d %d\n" % (number, i))

        together(write)
        file.close()
        conn.close()
        reader.join()
        lines = [tuple(map(int, line.split())) for line in got[0].splitlines()]
        for number in range(THREADS):
            assert [i for n, i in lines if n == number] == list(range(LINES))
        assert len(lines) == THREADS * LINES


@pytest.mark.parametrize("mode", ["rb", "rwb"])
def test_readers(mode: str) -> None:
    """Every line is one thread's, whole."""
    with pair() as (conn, peer):
        file = conn.makefile(mode)
        everything = [b"%d\n" % i for i in range(THREADS * LINES)]

        def write() -> None:
            for start in range(0, len(everything), 50):
                peer.write(b"".join(everything[start : start + 50]))
            peer.close()

        writer = threading.Thread(target=write)
        writer.start()
        got: list[bytes] = []

        def read(_: int) -> None:
            while line := file.readline():
                got.append(line)

        together(read)
        writer.join()
        assert len(got) == len(everything)
        assert set(got) == set(everything)
