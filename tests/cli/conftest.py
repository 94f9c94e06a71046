from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.cli.support import DATAGRAMS, STREAMS, Programs, has_ipv6

if TYPE_CHECKING:
    from tests.cli.tls_support import Files

pytest.importorskip("click", reason="the command line needs the extra cli")


def _networks(names: tuple[str, ...]) -> list[object]:
    no_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
    return [pytest.param(name, marks=[no_ipv6] if name.endswith("6") else []) for name in names]


@pytest.fixture(params=_networks(STREAMS))
def stream_network(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=_networks(DATAGRAMS))
def datagram_network(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def directory() -> Iterator[str]:
    """A directory with a short name: a Unix socket's path has to fit into 108 bytes."""
    path = tempfile.mkdtemp(prefix="dn-")
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def dialnet() -> Iterator[Programs]:
    programs = Programs()
    yield programs
    programs.close()


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """Certificates of the tests' own authority."""
    from tests.cli.tls_support import Files

    return Files(tmp_path_factory.mktemp("certificates"))
