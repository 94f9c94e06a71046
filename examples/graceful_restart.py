"""A server that is replaced by a new one without losing a connection.

    python examples/graceful_restart.py             # listens on 127.0.0.1:7070 and says its process id
    kill -HUP PID                                   # a new process takes over, the old one ends its work

The listening socket is what must not be closed: while it is open the kernel queues who comes. At SIGHUP the
server starts its successor, which inherits the socket as systemd would hand it over (`listen_fds`), waits
until that one says it is there, and then closes its own end: whom it has accepted is served to the end, and
everybody after that is the successor's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import dialnet as net

ADDRESS = "127.0.0.1:7070"

# Only the new process knows its id in time: it writes it down, and then becomes the program.
BECOME = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ["LISTEN_PID"] = str(os.getpid())
os.execv(sys.argv[2], sys.argv[2:])
"""


def handler(conn: net.Conn) -> None:
    """Echo, and say who did it."""
    while data := conn.read(4096):
        conn.write(b"%d: %b" % (os.getpid(), data))


def start_successor(ln: net.Listener) -> None:
    """Run this program again with the listener as its descriptor 3, and wait until it listens."""
    ready, says_ready = os.pipe()
    with ln.file() as inherited:
        environ = {**os.environ, "LISTEN_FDS": "1", "READY_FD": str(says_ready)}
        args = [sys.executable, "-c", BECOME, str(inherited.fileno()), sys.executable, *sys.argv]
        subprocess.Popen(args, env=environ, pass_fds=(inherited.fileno(), says_ready))
    os.close(says_ready)
    with os.fdopen(ready, "rb") as pipe:
        if not pipe.read(1):
            raise RuntimeError("the successor ended before it was ready")


def say(what: str) -> None:
    # In one piece, which `print` does not do where Python is told not to buffer: others write there too.
    sys.stdout.write(f"{os.getpid()} {what}\n")
    sys.stdout.flush()


def main() -> None:
    handed = net.listen_fds()
    ln = handed[0] if handed else net.listen("tcp", sys.argv[1] if len(sys.argv) > 1 else ADDRESS)
    assert isinstance(ln, net.Listener)

    def replace(*_: object) -> None:
        start_successor(ln)
        ln.close()  # ends `serve`'s accepting; it returns when the last connection is done

    signal.signal(signal.SIGHUP, replace)
    if "READY_FD" in os.environ:
        number = int(os.environ.pop("READY_FD"))
        os.write(number, b"!")
        os.close(number)
    say(f"serves {ln.addr}")
    net.serve(ln, handler)
    say("is done")


if __name__ == "__main__":
    main()
