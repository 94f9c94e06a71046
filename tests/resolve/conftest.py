"""The machines that lookups take place on: with real servers, without files, with a clock that jumps."""

from __future__ import annotations

from tests.resolve.namespaces import namespace
from tests.resolve.support import machine
from tests.resolve.virtual_net import net

__all__ = ["machine", "namespace", "net"]
