"""The lab, for all tests here."""

from __future__ import annotations

from tests.multicast.lab import lab

__all__ = ["lab"]
