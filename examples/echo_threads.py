"""An echo server, a thread a connection: `python examples/echo_threads.py tcp localhost:7000`."""

import sys
from contextlib import suppress
from threading import Thread

import dialnet as net


def echo(conn: net.Conn) -> None:
    """Send back what comes until the peer has ended its stream."""
    with conn, suppress(net.Error):
        while data := conn.read(65536):
            conn.write(data)


def serve(listener: net.Listener) -> None:
    """Serve every connection; the loop ends when the listener is closed."""
    for conn in listener:
        Thread(target=echo, args=(conn,), daemon=True).start()


if __name__ == "__main__":
    with net.listen(*sys.argv[1:3]) as listener, suppress(KeyboardInterrupt):
        print("listening on", listener.addr, flush=True)
        serve(listener)
