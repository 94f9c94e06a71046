"""Fixes, in a wheel, which resolver answers by default: the counterpart of Go's `netgo` and `netcgo` tags.

    DIALNET_NETDNS=python python -m build        (or: pip install .)

or in pyproject.toml, `netdns = "python"` under `[tool.hatch.build.targets.wheel.hooks.custom]`. The values
are `python` and `system`; the environment comes first. `DIALNETDEBUG=netdns=…` at run time outdoes both.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_ALLOWED = ("", "python", "system")


class ResolverHook(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    _folder: tempfile.TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        netdns = os.environ.get("DIALNET_NETDNS") or self.config.get("netdns", "")
        if netdns not in _ALLOWED:
            raise ValueError(f"netdns is 'python' or 'system', not {netdns!r}")
        if netdns and version != "editable":
            self._folder = tempfile.TemporaryDirectory()
            file = Path(self._folder.name) / "_build.py"
            file.write_text(f'"""Written by the build."""\n\nNETDNS = {netdns!r}\n')
            build_data["force_include"][str(file)] = "dialnet/_build.py"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if self._folder is not None:
            self._folder.cleanup()
