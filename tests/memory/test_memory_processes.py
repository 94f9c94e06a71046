"""Pipes and memory in forked children, and under signals: each in a process of its own."""

from __future__ import annotations

from tests.poll.test_processes import python


def test_a_child_of_threads_that_wait_and_hold_locks() -> None:
    """Neither the turns of the parent's threads nor the locks they held are there in the child."""
    python("""
    from dialnet import memory
    from dialnet.inmemory.network import _network

    one, two = net.pipe()
    ln = memory.listen("server")
    threads = [
        threading.Thread(target=one.read, args=(1,), daemon=True),
        threading.Thread(target=one.write, args=(b"x",), daemon=True),
        threading.Thread(target=ln.accept, daemon=True),
    ]
    for thread in threads:
        thread.start()
    blocked(one._fd.reading)
    blocked(one._fd.writing)
    blocked(ln._fd.reading)
    holding, done = threading.Event(), threading.Event()

    def hold():
        with one._fd.reading.guard.lock, _network.guard.lock:
            holding.set()
            done.wait()

    holder = threading.Thread(target=hold)
    holder.start()
    holding.wait()

    def work():
        # What the parent's thread had offered may be read; nobody learns of it.
        assert two.read(10) == b"x"
        reading = threading.Thread(target=lambda: print(two.read(100)))
        reading.start()
        one.write(b"of the child")
        one.set_deadline(time.monotonic() + 10)
        two.close()
        assert one.read(1) == b""
        reading.join()
        client = memory.dial("server")
        server = ln.accept()
        client.write(b"new")
        assert server.read(10) == b"new"
        for each in (client, server, ln):
            each.close()

    pid = child(work)
    join(pid)
    done.set()
    holder.join()
    # Here all is as it was.
    assert two.read(10) == b"x"
    two.write(b"y")
    threads[0].join()
    memory.dial("server").close()
    threads[2].join()
    """)


def test_a_signal_handler_may_close_or_raise() -> None:
    python("""
    one, two = net.pipe()
    main = threading.main_thread().ident

    def after(side, number):
        def send():
            blocked(side)
            signal.pthread_kill(main, number)
        thread = threading.Thread(target=send)
        thread.start()
        return thread

    # A handler that raises: the wait is given up, and the next one works.
    thread = after(one._fd.writing, signal.SIGINT)
    try:
        one.write(b"never")
    except KeyboardInterrupt:
        thread.join()
    else:
        raise AssertionError
    assert not one._fd.writing.waiters()
    writer = threading.Thread(target=one.write, args=(b"data",))
    writer.start()
    assert two.read(10) == b"data"
    writer.join()

    # A handler that reads what the interrupted call is writing.
    got = []
    signal.signal(signal.SIGALRM, lambda *_: got.append(two.read(10)))
    thread = after(one._fd.writing, signal.SIGALRM)
    assert one.write(b"read in a handler"[:10]) == 10
    assert got == [b"read in a "]
    thread.join()

    # A handler that closes.
    signal.signal(signal.SIGALRM, lambda *_: one.close())
    thread = after(one._fd.reading, signal.SIGALRM)
    try:
        one.read(1)
    except net.ClosedPipeError:
        thread.join()
    else:
        raise AssertionError
    """)
