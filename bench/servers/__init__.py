"""Echo servers, one file a family, each run alone in a process: `python -m bench.servers KEY`.

Every module has `serve(variant, ready)`: it listens on a free port of 127.0.0.1, calls `ready(port)` and then
serves for ever. All of them read up to 64 KiB, write back what they got, and have Nagle's algorithm off.
"""

from __future__ import annotations

CHUNK = 65536
HOST = "127.0.0.1"
BACKLOG = 4096
