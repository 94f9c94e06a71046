"""A program that gives up root's rights and then tries what an ordinary user may not do."""

from __future__ import annotations

import errno
import os
import sys

import pytest

import dialnet as net
from tests import hosts


async def body(host: hosts.Host, folder: str) -> None:
    inside = os.path.join(folder, "s")
    async with host.net.listen("unix", inside) as ln:
        # Whatever is loaded at the first use is loaded while its files can be read.
        accepting = host.start(ln.accept)
        (await host.net.dial("unix", inside)).close()
        (await accepting).close()
        ln.set_unlink_on_close(False)
        os.chmod(folder, 0)
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        for call, what, path in (
            (host.net.dial, "dial unix {}: connect", inside),
            (host.net.listen, "listen unix {}: bind", os.path.join(folder, "t")),
        ):
            with pytest.raises(PermissionError) as caught:
                await call("unix", path)
            assert str(caught.value) == f"{what.format(path)}: {os.strerror(errno.EACCES)}"
            assert caught.value.errno == errno.EACCES
            assert isinstance(caught.value, net.OpError)


if __name__ == "__main__":
    hosts.run(sys.argv[1], body, sys.argv[2])
    print("refused")
