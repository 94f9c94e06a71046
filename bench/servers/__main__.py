"""Run one contender's server on one core until standard input ends, as it does with the parent."""

from __future__ import annotations

import importlib
import sys
import threading

from bench.contenders import BY_KEY
from bench.processes import end_with_parent, pin


def main() -> None:
    """Arguments: the contender's key, the core (-1: any). The port goes to standard output."""
    contender = BY_KEY[sys.argv[1]]
    pin(int(sys.argv[2]))
    threading.Thread(target=end_with_parent, name="parent", daemon=True).start()
    module = importlib.import_module(f"bench.servers.{contender.module}")
    module.serve(contender.variant, lambda port: print(port, flush=True))


if __name__ == "__main__":
    main()
