"""What runs in the client's namespace of `network.py`: it makes its device, then calls what it is sent.

Started as `python -m tests.dialing.near FD SOCKET IP`: its end of the pipe, the socket over which the device
goes to the switch, and the program `ip`. It calls in its main thread, one after the other, and ends with the
pipe.
"""

from __future__ import annotations

import os
import pickle
import socket
import sys
import traceback
from multiprocessing.connection import Connection
from typing import Any

from tests.dialing.tun import NEAR_V4, NEAR_V6, before_others, configure, open_tun


def main() -> None:
    conn, sock, ip = Connection(int(sys.argv[1])), socket.socket(fileno=int(sys.argv[2])), sys.argv[3]
    before_others()
    tun = open_tun()
    configure(ip, [f"{NEAR_V4}/32", f"{NEAR_V6}/128"], ["198.18.0.0/16", "2001:db8::/32"])
    with sock:
        socket.send_fds(sock, [b"tun"], [tun])
    # From here on the switch alone has it.
    os.close(tun)
    conn.send("ready")
    while True:
        try:
            function, args = conn.recv()
        except EOFError:
            return
        conn.send_bytes(_called(function, args))


def _called(function: Any, args: Any) -> bytes:
    try:
        return _packed(None, function(*args))
    except Exception as err:
        err.add_note("In the namespace:\n" + traceback.format_exc())
        return _packed(err, None)


def _packed(error: Exception | None, value: Any) -> bytes:
    try:
        packed = pickle.dumps((error, value))
        pickle.loads(packed)
    except Exception as err:
        packed = pickle.dumps((AssertionError(f"{error!r} or {value!r} cannot be sent: {err!r}"), None))
    return packed


if __name__ == "__main__":
    main()
