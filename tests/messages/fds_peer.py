"""A plain Python process that hands descriptors over and takes them, by `socket.send_fds` and `recv_fds`.

`python fds_peer.py PATH`: it connects there, writes a pipe's reading end with "here is a pipe", and then for
every message with descriptors writes into each what it is told, and answers how many there were.
"""

from __future__ import annotations

import os
import socket
import sys


def main(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
        reading, writing = os.pipe()
        socket.send_fds(sock, [b"here is ", b"a pipe"], [reading])
        os.close(reading)
        os.write(writing, b"through the pipe")
        os.close(writing)
        while True:
            data, fds, flags, _ = socket.recv_fds(sock, 1000, 300)
            if not data:
                return
            for fd in fds:
                os.write(fd, data)
                os.close(fd)
            sock.sendall(b"%d %d" % (len(fds), flags & socket.MSG_CTRUNC))


if __name__ == "__main__":
    main(sys.argv[1])
