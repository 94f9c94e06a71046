"""Numbers larger than the system's, and a hook that fails as a dial does."""

from __future__ import annotations

from typing import Any

import pytest

import dialnet as net
from tests.conformance.kinds import accepted
from tests.hosts import Host, run


def test_numbers_too_large_for_the_kernel(host_name: str) -> None:
    """They are cut down, or the kernel refuses them; no other kind of error comes of them."""

    async def body(host: Host) -> None:
        async with accepted(host, "tcp", "127.0.0.1:0") as (one, _):
            one.set_linger(2**40)
            one.set_read_buffer(2**40)
            for call in (
                lambda: one.set_keep_alive_period(1e300),
                lambda: one.set_keep_alive_config(net.KeepAliveConfig(count=2**40)),
            ):
                with pytest.raises(net.OpError) as caught:
                    call()
                assert caught.value.op == "set"
            for wrong in (1.5, True, "1"):
                with pytest.raises(TypeError):
                    one.set_linger(wrong)
        config = host.net.ListenConfig(backlog=2**40)
        async with config.listen("tcp", "127.0.0.1:0") as ln:
            # Keep-alive is best effort on a new connection.
            dialer = host.net.Dialer(keep_alive=net.KeepAliveConfig(idle=1e300))
            async with dialer.dial("tcp", str(ln.addr)):
                pass

    run(host_name, body)


def test_a_hook_that_dials(host_name: str) -> None:
    """Its OpError is the cause of ours, which names our addresses."""

    def hook(*_: Any) -> None:
        net.dial("tcp", "127.0.0.1:1")

    async def body(host: Host) -> None:
        with pytest.raises(ConnectionRefusedError) as caught:
            await host.net.Dialer(control=hook).dial("tcp", "127.0.0.2:2")
        assert str(caught.value) == f"dial tcp 127.0.0.2:2: {caught.value.err}"  # type: ignore[attr-defined]
        with pytest.raises(ConnectionRefusedError) as caught:
            await host.net.ListenConfig(control=hook).listen("tcp", "127.0.0.1:0")
        assert str(caught.value).startswith("listen tcp 127.0.0.1:0: dial tcp 127.0.0.1:1: connect:")

    run(host_name, body)


@pytest.mark.parametrize("network", [None, 0, b"tcp"])
def test_what_is_no_network(network: Any) -> None:
    with pytest.raises(TypeError):
        net.resolve_tcp_addr(network, "127.0.0.1:1")
