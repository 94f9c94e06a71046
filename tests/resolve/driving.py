"""Driving lookups of the ways in threads and in tasks, and what their errors say."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest

from dialnet import DNSError
from dialnet.poll import task_host, thread_host
from tests.hosts import Host


def drive(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return thread_host.drive(coroutine)


async def driven(host: Host, coroutine: Coroutine[Any, Any, Any]) -> Any:
    return thread_host.drive(coroutine) if host.is_threads else await task_host.drive(coroutine)


def failed(coroutine: Coroutine[Any, Any, Any]) -> DNSError:
    """The error of a lookup that must fail."""
    with pytest.raises(DNSError) as caught:
        drive(coroutine)
    return caught.value


def facts(err: DNSError) -> tuple[bool, bool, bool]:
    return err.is_not_found, err.is_temporary, err.is_timeout
