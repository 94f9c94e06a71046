"""`python -m fuzz [SECONDS]`: fuzz for so long; `python -m fuzz FILE...`: one time each of these inputs.

What is found is kept in `.fuzz`, which git ignores: the corpus for the next run to go on from, and an input
that fails as `crash-...` (or `timeout-...`, `oom-...`), with which the run ends.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(".fuzz")
SECONDS = 60

OPTIONS = [
    # UDP's messages have 1232 bytes. What a large one costs, tests count.
    "-max_len=1232",
    # Seconds and megabytes for one input, each many times what any may take.
    "-timeout=10",
    "-rss_limit_mb=1024",
    "-print_final_stats=1",
    f"-artifact_prefix={FOLDER}/",
]


def main(arguments: list[str]) -> int:
    """Hand over to libFuzzer, which ends the process when it is done: with 0 if nothing was found."""
    if len(arguments) == 1 and arguments[0].isdecimal():
        # To libFuzzer, 0 is for ever.
        how = [f"-max_total_time={max(1, int(arguments[0]))}"]
    elif not arguments:
        how = [f"-max_total_time={SECONDS}"]
    elif all(Path(each).is_file() for each in arguments):
        how = arguments
    else:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        import atheris
    except ImportError:
        print("atheris is not installed", file=sys.stderr)
        return 1
    with atheris.instrument_imports(include=["dialnet.resolve.dns"]):
        target = importlib.import_module("fuzz.dns_messages")
    if how is not arguments:
        how += folders(target.seeds())
    atheris.Setup([sys.argv[0], *OPTIONS, *how], target.test)
    atheris.Fuzz()
    return 0


def folders(seeds: Iterable[tuple[str, bytes]]) -> list[str]:
    """Make the folders of the corpus and of the messages to begin with."""
    corpus, beginnings = FOLDER / "corpus", FOLDER / "seeds"
    corpus.mkdir(parents=True, exist_ok=True)
    beginnings.mkdir(exist_ok=True)
    (FOLDER / ".gitignore").write_text("*\n")
    for name, data in seeds:
        (beginnings / name).write_bytes(data)
    return [str(corpus), str(beginnings)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
