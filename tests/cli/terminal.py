"""The command on a terminal of its own."""

from __future__ import annotations

import contextlib
import os

from tests.cli.support import Programs, limit

# What else says how wide a terminal is, and whether it has colours.
TELLS = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "DIALNETDEBUG")
PLAIN = {name: value for name, value in os.environ.items() if name not in TELLS} | {
    "PYTHONIOENCODING": "utf-8",
    "TERM": "xterm-256color",
}


def on_terminal(dialnet: Programs, columns: int, *args: str, **env: str) -> tuple[str, int]:
    """`dialnet ARGS` with stdout on a terminal of so many columns: what came there, and the exit status."""
    import termios
    import tty

    ours, theirs = os.openpty()
    data = b""
    try:
        tty.setraw(theirs)
        termios.tcsetwinsize(theirs, (24, columns))
        process = dialnet(*args, stdout=theirs, env=PLAIN | env)
        os.close(theirs)
        with limit(process), contextlib.suppress(OSError):  # EIO: the process has ended
            while chunk := os.read(ours, 65536):
                data += chunk
    finally:
        os.close(ours)
    return data.decode(env.get("PYTHONIOENCODING", "utf-8")), process.status()
