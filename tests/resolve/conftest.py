"""The machines that lookups take place on: one with real servers, one without files."""

from __future__ import annotations

from tests.resolve.namespaces import namespace
from tests.resolve.support import machine

__all__ = ["machine", "namespace"]
