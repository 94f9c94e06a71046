"""One contender on one core: a `Task` as JSON on standard input, and its `Result` on standard output."""

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
    """Arguments: the contender's key, the core (-1: any)."""
    contender = BY_KEY[sys.argv[1]]
    pin(int(sys.argv[2]))
    module = importlib.import_module(f"bench.lookups.{contender.module}")
    task = Task(**json.loads(sys.stdin.readline()))
    threading.Thread(target=end_with_parent, name="parent", daemon=True).start()
    meter = Meter(task)
    module.run(contender.variant, task, meter)
    print(json.dumps(asdict(meter.result())), flush=True)


if __name__ == "__main__":
    main()
