"""A peer that does what the standard library cannot ask of OpenSSL: key updates, renegotiation, a client's
certificate after the handshake.

It is OpenSSL itself, by ctypes, on a blocking socket. One thread at a time may use it, so it reads and writes
in turns; the socket's buffers let the other end do both at once.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.certificates import NAME, authority

_TLS1_2, _TLS1_3 = 0x0303, 0x0304
_SET_MIN_PROTO, _SET_MAX_PROTO, _MODE, _SET_HOST = 123, 124, 33, 55
_GET_TOTAL_RENEGOTIATIONS = 12
_ZERO_RETURN = 6
_STATE_OK = 1
_AUTO_RETRY = 4
_ALLOW_CLIENT_RENEGOTIATION = 1 << 8
_VERIFY_PEER = 1
# Verifying is none of its business.
_ANYBODY = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p)(lambda _good, _store: 1)


def _library() -> Any:
    name = ctypes.util.find_library("ssl")
    if name is None:
        pytest.skip("no libssl that ctypes finds")
    lib = ctypes.CDLL(name)
    for made in ("TLS_client_method", "TLS_server_method", "SSL_CTX_new", "SSL_new"):
        getattr(lib, made).restype = ctypes.c_void_p
    lib.SSL_CTX_set_options.restype = ctypes.c_uint64
    lib.SSL_CTX_set_options.argtypes = [ctypes.c_void_p, ctypes.c_uint64]
    lib.SSL_CTX_ctrl.restype = lib.SSL_ctrl.restype = ctypes.c_long
    return lib


class Peer:
    """`sock` is closed with it. Every call waits, the socket's time-out at most."""

    def __init__(self, sock: socket.socket, server_side: bool, version: ssl.TLSVersion) -> None:
        self._lib = lib = _library()
        self._sock = sock
        self._server_side = server_side
        # A blocking socket for OpenSSL; the kernel ends a wait that should not be.
        sock.setblocking(True)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            sock.setsockopt(socket.SOL_SOCKET, option, b"\x1e" + bytes(15))
        method = lib.TLS_server_method() if server_side else lib.TLS_client_method()
        self._context = lib.SSL_CTX_new(ctypes.c_void_p(method))
        self.context = ctypes.c_void_p(self._context)
        number = _TLS1_3 if version is ssl.TLSVersion.TLSv1_3 else _TLS1_2
        for command in (_SET_MIN_PROTO, _SET_MAX_PROTO):
            lib.SSL_CTX_ctrl(self.context, command, ctypes.c_long(number), None)
        lib.SSL_CTX_ctrl(self.context, _MODE, ctypes.c_long(_AUTO_RETRY), None)
        lib.SSL_CTX_set_options(self.context, _ALLOW_CLIENT_RENEGOTIATION)
        if server_side:
            self._load(authority().issue_cert(NAME))
        self.ssl = ctypes.c_void_p(lib.SSL_new(self.context))
        lib.SSL_set_fd(self.ssl, sock.fileno())
        if not server_side:
            lib.SSL_ctrl(self.ssl, _SET_HOST, 0, NAME.encode())
        self._begin = lib.SSL_accept if server_side else lib.SSL_connect

    def _load(self, cert: Any) -> None:
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:
            file.write(cert.private_key_and_cert_chain_pem.bytes())
            file.flush()
            name = file.name.encode()
            self._good(self._lib.SSL_CTX_use_certificate_chain_file(self.context, name))
            self._good(self._lib.SSL_CTX_use_PrivateKey_file(self.context, name, 1))

    def _good(self, result: int) -> int:
        if result <= 0:
            self._lib.ERR_get_error.restype = ctypes.c_ulong
            text = ctypes.create_string_buffer(256)
            self._lib.ERR_error_string_n(ctypes.c_ulong(self._lib.ERR_get_error()), text, 256)
            raise AssertionError(f"the peer: {result}, {text.value.decode()}")
        return result

    def handshake(self) -> None:
        self._good(self._begin(self.ssl))

    def read(self, n: int) -> bytes:
        """Exactly so many bytes."""
        data = bytearray()
        buffer = ctypes.create_string_buffer(65536)
        while len(data) < n:
            got = self._good(self._lib.SSL_read(self.ssl, buffer, min(n - len(data), 65536)))
            data += buffer.raw[:got]
        return bytes(data)

    def write(self, data: bytes) -> None:
        assert self._good(self._lib.SSL_write(self.ssl, data, len(data))) == len(data)

    def update_keys(self, requested: bool) -> None:
        """New keys for what it writes, at once; and for what it reads, if it asks for that."""
        self._good(self._lib.SSL_key_update(self.ssl, int(requested)))
        self._good(self._lib.SSL_do_handshake(self.ssl))

    def renegotiate(self) -> None:
        """TLS 1.2: a server asks for it at once; a client begins it when it next reads. The rest comes about
        while it reads."""
        self._good(self._lib.SSL_renegotiate(self.ssl))
        if self._server_side:
            self._good(self._lib.SSL_do_handshake(self.ssl))

    @property
    def renegotiations(self) -> int:
        """How many are over, or under way."""
        return int(self._lib.SSL_ctrl(self.ssl, _GET_TOTAL_RENEGOTIATIONS, ctypes.c_long(0), None))

    @property
    def settled(self) -> bool:
        """Whether no handshake is under way. Until then it must only read: OpenSSL takes data for an
        error when it goes on with the handshake in order to write."""
        return int(self._lib.SSL_get_state(self.ssl)) == _STATE_OK

    def go_on(self) -> None:
        """With the handshake under way, to its end."""
        self._good(self._lib.SSL_do_handshake(self.ssl))

    def ask_for_certificate(self) -> None:
        """TLS 1.3, a server's. The answer comes while it reads."""
        self._lib.SSL_set_verify(self.ssl, _VERIFY_PEER, _ANYBODY)
        self._good(self._lib.SSL_verify_client_post_handshake(self.ssl))
        self._good(self._lib.SSL_do_handshake(self.ssl))

    @property
    def has_certificate(self) -> bool:
        """Of the other end's."""
        get = self._lib.SSL_get1_peer_certificate
        get.restype = ctypes.c_void_p
        found = get(self.ssl)
        if found:
            self._lib.X509_free(ctypes.c_void_p(found))
        return bool(found)

    def end(self) -> None:
        """Say that it writes nothing more."""
        assert self._lib.SSL_shutdown(self.ssl) >= 0

    def read_end(self) -> None:
        """Until the other end says that it writes nothing more."""
        buffer = ctypes.create_string_buffer(1)
        got = self._lib.SSL_read(self.ssl, buffer, 1)
        assert self._lib.SSL_get_error(self.ssl, got) == _ZERO_RETURN, "no close_notify"

    def close(self) -> None:
        self._lib.SSL_free(self.ssl)
        self._lib.SSL_CTX_free(self.context)
        self._sock.close()


@contextmanager
def peer(sock: socket.socket, server_side: bool, version: ssl.TLSVersion) -> Iterator[Peer]:
    made = Peer(sock, server_side, version)
    try:
        yield made
    finally:
        made.close()
