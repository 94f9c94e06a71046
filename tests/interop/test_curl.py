"""curl as the client of a responder on our listener."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import hosts
from tests.interop import http, programs, traffic

LISTENERS = [("tcp4", "127.0.0.1:0"), ("tcp6", "[::1]:0"), ("unix", "{}/ours"), ("unix", "")]


@pytest.mark.parametrize(("network", "address"), LISTENERS, ids=["tcp4", "tcp6", "unix", "abstract"])
def test_curl(host_name: str, folder: Path, network: str, address: str) -> None:
    """It downloads a file, uploads another and gets its hash, and is told what is not there."""
    content = http.upload(6 * traffic.MIB)
    (folder / "upload").write_bytes(content)

    async def body(host: hosts.Host) -> None:
        async with http.responding(host, network, address.format(folder)) as ln:
            argv = ["curl", "--disable", "--silent", "--show-error", "--max-time", "30", "--noproxy", "*"]
            where = f"http://{ln.addr}"
            if network == "unix":
                where = "http://localhost"
                name = ln.addr.name
                argv += ["--abstract-unix-socket", name[1:]] if name[0] == "@" else ["--unix-socket", name]
            with programs.start(folder, *argv, f"{where}/file") as curl:
                assert await curl.end(host) == http.FILE
            with programs.start(folder, *argv, "--data-binary", "@upload", f"{where}/") as curl:
                assert (await curl.end(host)).decode() == http.digest(content)
            with programs.start(folder, *argv, "--write-out", " %{http_code}", f"{where}/missing") as curl:
                assert await curl.end(host) == b"nothing here 404"

    hosts.run(host_name, body)
