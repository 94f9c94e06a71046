"""curl, nginx and socat at the other end, of TLS 1.2 and 1.3, with and without a client's certificate."""

from __future__ import annotations

import contextlib
import os
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import hosts
from tests.certificates import NAME, authority, client_context
from tests.interop import http, programs, traffic
from tests.tls import authorities
from tests.tls.openssl import VERSIONS, address_of, files
from tests.tls.test_openssl import known_client

BOTH = pytest.mark.parametrize("version", VERSIONS)
CERTIFIED = pytest.mark.parametrize("certified", [False, True], ids=["anybody", "certified"])
CONTENT = http.upload(3 * traffic.MIB)


def serving(version: str, certified: bool) -> ssl.SSLContext:
    context = authorities.with_leaf(authorities.leaf(authority(), NAME, "localhost"), VERSIONS[version])
    return authorities.asking(context) if certified else context


@contextlib.asynccontextmanager
async def responding(host: hosts.Host, context: ssl.SSLContext) -> AsyncIterator[Any]:
    async def serve(ln: Any) -> None:
        async for conn in ln:
            async with conn:
                conn.set_deadline(traffic.LIMIT)
                try:
                    await conn.handshake()
                except ssl.SSLError:
                    continue  # somebody without a certificate
                await http.respond(conn)

    async with host.tls.listen("tcp", "127.0.0.1:0", context) as ln:
        ln.set_deadline(traffic.LIMIT)
        job = host.start(serve, ln)
        try:
            yield ln
        finally:
            ln.close()
            await job


@BOTH
@CERTIFIED
def test_curl(host_name: str, folder: Path, version: str, certified: bool) -> None:
    (folder / "upload").write_bytes(CONTENT)
    made = files(folder)

    async def body(host: hosts.Host) -> None:
        async with responding(host, serving(version, certified)) as ln:
            argv = ["curl", "--disable", "--silent", "--show-error", "--max-time", "30", "--noproxy", "*"]
            argv += ["--cacert", made["ca"], "--connect-to", f"::{ln.addr}"]
            where = f"https://{NAME}"
            known = ["--cert", made["client"]] if certified else []
            with programs.start(folder, *argv, *known, f"{where}/file") as curl:
                assert await curl.end(host) == http.FILE
            with programs.start(folder, *argv, *known, "--data-binary", "@upload", f"{where}/") as curl:
                assert (await curl.end(host)).decode() == http.digest(CONTENT)
            if certified:
                with programs.start(folder, *argv, f"{where}/file") as curl:
                    await host.until(lambda: curl.ended)
                    assert "alert" in curl.said

    hosts.run(host_name, body)


NGINX = """
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
        listen 127.0.0.1:{port} ssl;
        ssl_protocols TLSv{version};
        ssl_certificate server.pem;
        ssl_certificate_key server.pem;
        {verify}
        location / {{ root files; dav_methods PUT; }}
        location /ours/ {{
            proxy_pass https://{upstream}/;
            proxy_ssl_protocols TLSv{version};
            proxy_ssl_verify on;
            proxy_ssl_trusted_certificate ca.pem;
            proxy_ssl_name {name};
            proxy_ssl_server_name on;
            proxy_ssl_certificate client.pem;
            proxy_ssl_certificate_key client.pem;
        }}
    }}
}}
"""


@contextlib.contextmanager
def nginx(folder: Path, version: str, certified: bool, upstream: str) -> Iterator[str]:
    """Its address. It gets its socket open, so that no port is taken by somebody else."""
    files(folder)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sock.setblocking(False)
        port = sock.getsockname()[1]
        user = "user root;" if os.geteuid() == 0 else ""
        verify = "ssl_verify_client on; ssl_client_certificate ca.pem;" if certified else ""
        text = NGINX.format(
            user=user, port=port, version=version, verify=verify, upstream=upstream, name=NAME
        )
        (folder / "nginx.conf").write_text(text)
        (folder / "files").mkdir()
        (folder / "files" / "file").write_bytes(http.FILE)
        argv = ("nginx", "-p", f"{folder}/", "-e", "stderr", "-c", f"{folder}/nginx.conf")
        with programs.start(folder, *argv, fds=(sock.fileno(),), env={"NGINX": f"{sock.fileno()};"}):
            sock.close()
            yield f"127.0.0.1:{port}"


@BOTH
@CERTIFIED
def test_nginx(host_name: str, folder: Path, version: str, certified: bool) -> None:
    """It serves files to our dial, and passes on to our listener what we ask it for there."""

    async def body(host: hosts.Host) -> None:
        async with responding(host, serving(version, certified)) as ln:
            with nginx(folder, version, certified, str(ln.addr)) as address:
                ours = known_client(version) if certified else client_context()
                async with host.tls.dial("tcp", address, ours, server_name=NAME) as conn:
                    conn.set_deadline(traffic.LIMIT)
                    for _ in range(2):
                        assert await http.request(conn, "GET", "/file") == (200, http.digest(http.FILE))
                    assert (await http.request(conn, "PUT", "/stored", CONTENT))[0] == 201
                    assert await http.request(conn, "GET", "/stored") == (200, http.digest(CONTENT))
                    assert await http.request(conn, "GET", "/ours/file") == (200, http.digest(http.FILE))
                    answer = http.digest(http.digest(CONTENT).encode())
                    assert await http.request(conn, "POST", "/ours/", CONTENT) == (200, answer)
                    assert conn.connection_state.version == f"TLSv{version}"

    hosts.run(host_name, body)


def socat_option(version: str) -> str:
    return f"openssl-min-proto-version=TLS{version},openssl-max-proto-version=TLS{version}"


@BOTH
@CERTIFIED
def test_socat_listens(host_name: str, folder: Path, version: str, certified: bool) -> None:
    """Everything is echoed while it is still being sent; then both ends close."""

    async def body(host: hosts.Host) -> None:
        made = files(folder)
        options = f"cert={made['server']},cafile={made['ca']},verify={int(certified)},{socat_option(version)}"
        with programs.start(
            folder, "socat", f"OPENSSL-LISTEN:0,bind=127.0.0.1,{options}", "EXEC:cat"
        ) as socat:
            ours = known_client(version) if certified else client_context()
            async with host.tls.dial("tcp", address_of(socat), ours) as conn:
                conn.set_deadline(traffic.LIMIT)
                writing = host.start(conn.write, traffic.PAYLOAD)
                got = b""
                while len(got) < len(traffic.PAYLOAD):
                    got += await conn.read(65536)
                await writing
                assert got == traffic.PAYLOAD
            await host.until(lambda: socat.ended)

    hosts.run(host_name, body)


@BOTH
@CERTIFIED
def test_socat_dials(host_name: str, folder: Path, version: str, certified: bool) -> None:
    async def body(host: hosts.Host) -> None:
        made = files(folder)
        async with host.tls.listen("tcp", "127.0.0.1:0", serving(version, certified)) as ln:
            ln.set_deadline(traffic.LIMIT)
            options = f"cafile={made['ca']},commonname={NAME},snihost={NAME}"
            if certified:
                options += f",cert={made['client']}"
            argv = ("socat", "-t30", "-", f"OPENSSL:{ln.addr},{options}")
            with programs.start(folder, *argv, stdin=traffic.PAYLOAD) as socat:
                async with traffic.accepted(ln) as conn:
                    # With socat's close_notify: what is unread at a close makes it a reset.
                    got = await conn.read(-1)
                    await conn.write(got)
                    assert bool(conn.connection_state.peer_certificates) is certified
                assert await socat.end(host) == traffic.PAYLOAD

    hosts.run(host_name, body)
