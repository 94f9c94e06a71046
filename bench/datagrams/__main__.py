"""One side of a contender on one core.

`receive KEY CORE` prints its port and receives until standard input ends; `send KEY CORE` takes a `Task` as
JSON on standard input and prints its `Result`.
"""

from __future__ import annotations

import importlib
import json
import sys
import threading
from dataclasses import asdict

from ..processes import end_with_parent, pin
from .contenders import BY_KEY
from .meter import Meter, Task


def main() -> None:
    """Arguments: `send` or `receive`, the contender's key, the core (-1: any)."""
    side, key, core = sys.argv[1:]
    contender = BY_KEY[key]
    pin(int(core))
    module = importlib.import_module(f"bench.datagrams.{contender.module}")
    line = sys.stdin.readline() if side == "send" else ""
    threading.Thread(target=end_with_parent, name="parent", daemon=True).start()
    if side == "send":
        task = Task(**json.loads(line))
        meter = Meter(task)
        module.send(contender.variant, task, meter)
        print(json.dumps(asdict(meter.result())), flush=True)
    else:
        module.receive(contender.variant, lambda port: print(port, flush=True))


if __name__ == "__main__":
    main()
