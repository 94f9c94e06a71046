"""nginx as the server of our dials, and as the client of our listener."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import hosts
from tests.interop import http, programs, traffic

CONFIGURATION = """
daemon off;
worker_processes 1;
{user}
pid nginx.pid;
error_log stderr notice;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    client_max_body_size 64m;
    server {{
        listen 127.0.0.1:{port};
        listen unix:{socket};
        location / {{ root files; dav_methods PUT; }}
        location /ours/ {{ proxy_pass {upstream}/; }}
    }}
}}
"""

CONTENT = http.upload(6 * traffic.MIB)


@contextlib.contextmanager
def running(folder: Path, upstream: str = "http://127.0.0.1:1") -> Iterator[dict[str, str]]:
    """nginx with `/ours/` at `upstream`; its address on each network.

    It gets its listening sockets open, as an nginx that replaces another does: no port can be taken by
    somebody else meanwhile, and a dial is queued until nginx is up.
    """
    name = str(folder / "nginx")
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(name)
        unix.listen()
        # nginx takes inherited sockets as they are.
        tcp.setblocking(False)
        unix.setblocking(False)
        port = tcp.getsockname()[1]
        # Its worker would give up root's rights, and with them the test's folder.
        user = "user root;" if os.geteuid() == 0 else ""
        text = CONFIGURATION.format(user=user, port=port, socket=name, upstream=upstream)
        (folder / "nginx.conf").write_text(text)
        (folder / "files").mkdir()
        (folder / "files" / "file").write_bytes(http.FILE)
        fds = (tcp.fileno(), unix.fileno())
        argv = ("nginx", "-p", f"{folder}/", "-e", "stderr", "-c", f"{folder}/nginx.conf")
        with programs.start(folder, *argv, fds=fds, env={"NGINX": "".join(f"{fd};" for fd in fds)}):
            # From here on the sockets are nginx's alone: should it have failed, they refuse.
            tcp.close()
            unix.close()
            yield {"tcp": f"127.0.0.1:{port}", "unix": name}


@pytest.mark.parametrize("network", ["tcp", "unix"])
def test_nginx_serves(host_name: str, folder: Path, network: str) -> None:
    """Several requests over one connection: a file, what is not there, a file stored and read back."""

    async def body(host: hosts.Host) -> None:
        with running(folder) as addresses:
            async with traffic.dialed(host, network, addresses[network]) as conn:
                for _ in range(2):
                    assert await http.request(conn, "GET", "/file") == (200, http.digest(http.FILE))
                assert (await http.request(conn, "GET", "/missing"))[0] == 404
                assert (await http.request(conn, "PUT", "/stored", CONTENT))[0] == 201
                assert await http.request(conn, "GET", "/stored") == (200, http.digest(CONTENT))
            assert (folder / "files" / "stored").read_bytes() == CONTENT

    hosts.run(host_name, body)


@pytest.mark.parametrize(("network", "address"), [("tcp", "127.0.0.1:0"), ("unix", "{}/ours")])
def test_nginx_dials(host_name: str, folder: Path, network: str, address: str) -> None:
    """It passes requests on to our listener, and our answers back."""

    async def body(host: hosts.Host) -> None:
        async with http.responding(host, network, address.format(folder)) as ln:
            upstream = f"http://{ln.addr}" if network == "tcp" else f"http://unix:{ln.addr}:"
            with running(folder, upstream) as addresses:
                async with traffic.dialed(host, "tcp", addresses["tcp"]) as conn:
                    assert await http.request(conn, "GET", "/ours/file") == (200, http.digest(http.FILE))
                    answer = http.digest(http.digest(CONTENT).encode())
                    assert await http.request(conn, "POST", "/ours/", CONTENT) == (200, answer)
                    assert (await http.request(conn, "GET", "/ours/missing"))[0] == 404

    hosts.run(host_name, body)
