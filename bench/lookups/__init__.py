"""Who looks names up, one file a family, each run alone in a process: `python -m bench.lookups KEY CORE`.

Every module has `run(variant, task, meter)`: it keeps `task.concurrent` lookups of A records under way at the
server on `HOST` and `task.port`, each of the name that `meter.name()` gives next, until that gives none.
"""

from __future__ import annotations

HOST = "127.0.0.1"
# What the server says of every name.
ADDRESS = "192.0.2.1"
# Rooted, so that no search list has a part in it, and all of one length: see `server`.
NAME = "n{:08}.lookups.bench.example."
# No lookup may take longer; none is ever lost on loopback but where somebody is overrun.
TIMEOUT = 5.0
