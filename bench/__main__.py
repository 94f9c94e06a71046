"""`python -m bench COMMAND`: a command is a module of this package with `add_arguments` and `run`."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys

import bench


def main(argv: list[str] | None = None) -> int:
    """Parse the command line, run the command, return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=bench.__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for found in pkgutil.iter_modules(bench.__path__):
        if found.ispkg or found.name.startswith("_"):
            continue
        module = importlib.import_module(f"bench.{found.name}")
        if not hasattr(module, "add_arguments"):
            continue
        text = (module.__doc__ or "").partition("\n")[0]
        command = commands.add_parser(found.name, help=text, description=text)
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    arguments = parser.parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except KeyboardInterrupt:
        print("interrupted; every child process was ended", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
