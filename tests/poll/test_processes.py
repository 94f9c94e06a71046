"""Forked children and signals: each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

PREAMBLE = """
import asyncio, faulthandler, os, signal, sys, threading, time
import dialnet as net
import dialnet.aio as aio

# A shell without job control has what it starts in the background ignore it.
signal.signal(signal.SIGINT, signal.default_int_handler)

def join(pid):
    _, status = os.waitpid(pid, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status

def child(work):
    pid = os.fork()
    if pid:
        return pid
    try:
        faulthandler.register(signal.SIGALRM, chain=True)
        signal.alarm(15)
        work()
        sys.stdout.flush()
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)

def blocked(side, n=1):
    while len(side.waiters()) < n:
        time.sleep(0.001)
    time.sleep(0.02)
"""


def python(code: str) -> str:
    """Run `code` in a new interpreter; it must end well and by itself."""
    text = PREAMBLE + textwrap.dedent(code)
    # Forking while other threads run is what is tested; newer Pythons warn of it.
    command = [sys.executable, "-W", "error", "-W", "ignore::DeprecationWarning", "-c", text]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=50)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_child_uses_what_it_inherited() -> None:
    """Connection and listener work in the child, while threads of the parent wait on the same ones."""
    python("""
    ln = net.listen("tcp", "127.0.0.1:0")
    one = net.dial("tcp", str(ln.addr))
    two = ln.accept()
    got = {}
    reader = threading.Thread(target=lambda: got.update(read=one.read(6)))
    reader.start()
    accepter = threading.Thread(target=lambda: got.update(conn=ln.accept()))
    accepter.start()
    blocked(one._fd.reading)
    blocked(ln._fd.reading)

    def work():
        # The parent's threads had the turn; they do not exist here.
        one.set_deadline(time.monotonic() + 0.05)
        try:
            one.read(1)
        except net.DeadlineExceededError:
            pass
        else:
            raise AssertionError
        two.write(b"parent")
        with net.dial("tcp", str(ln.addr)):
            pass
        closer = threading.Timer(0.05, ln.close)
        closer.start()
        try:
            ln.accept()
            ln.accept()
        except net.ClosedError:
            closer.join()
        one.close()

    pid = child(work)
    join(pid)
    reader.join(20)
    assert got["read"] == b"parent"
    # The child's deadline and closes were its own.
    net.dial("tcp", str(ln.addr)).close()
    accepter.join(20)
    got["conn"].close()
    two.write(b"on")
    assert one.read(2) == b"on"
    for end in (one, two, ln):
        end.close()
    """)


def test_wake_descriptors_are_not_shared() -> None:
    """A wake-up in the child is not taken by the parent, nor the other way round."""
    python("""
    ln = net.listen("tcp", "127.0.0.1:0")
    one = net.dial("tcp", str(ln.addr))
    two = ln.accept()
    one.set_deadline(time.monotonic() + 0.01)
    try:
        one.read(1)  # this thread has its wake descriptor now
    except net.DeadlineExceededError:
        one.set_deadline(None)

    def work():
        for _ in range(50):
            threading.Timer(0.001, lambda: one.set_deadline(time.monotonic())).start()
            try:
                one.read(1)
            except net.DeadlineExceededError:
                one.set_deadline(None)

    pid = child(work)
    for _ in range(50):
        threading.Timer(0.001, lambda: one.set_deadline(time.monotonic())).start()
        try:
            one.read(1)
        except net.DeadlineExceededError:
            one.set_deadline(None)
    join(pid)
    for end in (one, two, ln):
        end.close()
    """)


@pytest.mark.parametrize("runner", ["asyncio.run", "trio_run"])
def test_a_child_gets_a_poller_of_its_own(runner: str) -> None:
    """Connections opened in a loop before the fork serve the child's own loop; its doings do not reach
    the parent's poller."""
    python(f"""
    import trio
    trio_run = lambda main: trio.run(lambda: main)

    async def open_pair():
        ln = await aio.listen("tcp", "127.0.0.1:0")
        one = await aio.dial("tcp", str(ln.addr))
        two = await ln.accept()
        waiting = asyncio.create_task(one.read(1))
        await asyncio.sleep(0.01)
        await two.write(b"1")
        assert await waiting == b"1"
        return ln, one, two

    async def talk(one, two):
        async def late():
            await two.write(b"hello")
        one.set_deadline(time.monotonic() + 0.05)
        try:
            await one.read(10)
        except net.DeadlineExceededError:
            one.set_deadline(time.monotonic() + 20)
        await late()
        assert await one.read(10) == b"hello"

    loop = asyncio.new_event_loop()
    ln, one, two = loop.run_until_complete(open_pair())

    def work():
        {runner}(talk(one, two))
        one.close()
        two.close()
        ln.close()

    join(child(work))
    # The child has taken its copies out of its poller, not ours.
    loop.run_until_complete(talk(one, two))
    for end in (one, two, ln):
        end.close()
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    """)


CALLS = {
    "read": "one.read(1)",
    "read to the end": "one.read()",
    "readinto": "one.readinto(bytearray(1))",
    "write": "one.write(b'x' * (64 << 20))",
    "writelines": "one.writelines([b'x' * (64 << 20)])",
    "accept": "ln.accept()",
    "read_from": "udp.read_from()",
    "dial": "net.dial('tcp', str(full.addr))",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_keyboard_interrupt_returns_at_once(call: str) -> None:
    """Ctrl-C ends every call that waits, and the connection can be used again."""
    out = python(f"""
    ln = net.listen("tcp", "127.0.0.1:0")
    one = net.dial("tcp", str(ln.addr))
    two = ln.accept()
    udp = net.listen_packet("udp", "127.0.0.1:0")
    full = net.ListenConfig(backlog=0).listen("tcp", "127.0.0.1:0")
    queued = []
    while len(queued) < 5:  # until the queue is full and the kernel answers no more
        try:
            queued.append(net.dial("tcp", str(full.addr), timeout=0.3))
        except net.DeadlineExceededError:
            if queued:
                break
    main = threading.get_ident()

    def interrupt():
        time.sleep(0.1)  # inside the call, by all means; the test holds if it is not
        started.append(time.monotonic())
        signal.pthread_kill(main, signal.SIGINT)

    started = []
    try:
        threading.Thread(target=interrupt).start()
        {call}
    except KeyboardInterrupt:
        print(time.monotonic() - started[0])
    else:
        raise AssertionError("it was not interrupted")
    assert not one._fd.reading.waiters() and not one._fd.writing.waiters()
    one.set_deadline(None)
    two.write(b"again")
    assert one.read(5) == b"again"
    for end in (one, two, ln, udp, full, *queued):
        end.close()
    """)
    assert float(out) < 10


def test_keyboard_interrupt_under_asyncio_and_trio() -> None:
    """Ctrl-C ends a program whose tasks all wait on connections."""
    for run in ("asyncio.run(main())", "trio.run(main)"):
        python(f"""
        import trio

        async def main():
            async with aio.listen("tcp", "127.0.0.1:0") as ln:
                threading.Timer(0.1, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
                await ln.accept()

        try:
            {run}
        except KeyboardInterrupt:
            print("interrupted")
        else:
            raise AssertionError
        """)


def test_closed_by_a_signal_handler() -> None:
    """A handler may close what its own thread waits on, or is just calling, and may wait itself."""
    python("""
    ln = net.listen("tcp", "127.0.0.1:0")
    one = net.dial("tcp", str(ln.addr))
    two = ln.accept()

    def nested(*_):
        # A wait inside a wait: its wake-ups must not be the outer one's.
        with net.listen_packet("udp", "127.0.0.1:0") as other:
            other.set_deadline(time.monotonic() + 0.05)
            try:
                other.read_from()
            except net.DeadlineExceededError:
                one.close()

    signal.signal(signal.SIGALRM, nested)
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    try:
        one.read(1)
    except net.ClosedError:
        pass
    else:
        raise AssertionError

    # Again and again while calls are made that do not wait: the handler meets them holding the lock.
    for _ in range(20):
        conn = net.dial("tcp", str(ln.addr))
        peer = ln.accept()
        signal.signal(signal.SIGALRM, lambda *_: conn.close())
        signal.setitimer(signal.ITIMER_REAL, 0.002)
        try:
            while True:
                conn.write(b"x")
                peer.read(1)
        except net.ClosedError:
            pass
        peer.close()
    two.close()
    ln.close()
    """)


def test_exit_with_threads_that_wait() -> None:
    """A program ends though daemon threads wait in every kind of call."""
    python("""
    import warnings
    warnings.simplefilter("ignore")
    ln = net.listen("tcp", "127.0.0.1:0")
    one = net.dial("tcp", str(ln.addr))
    two = ln.accept()
    for call in (lambda: one.read(1), ln.accept):
        threading.Thread(target=call, daemon=True).start()
    blocked(one._fd.reading)
    blocked(ln._fd.reading)
    """)
