"""What differs between operating systems, one file each; the only place that asks which one this is.

Every file defines the same names:

`WakeDescriptor`   a descriptor a thread can wait on and anyone can make readable
`ThreadPoll`       waits for a few descriptors at once, as `select.poll`
`Readiness`        remembers many descriptors and tells which became ready (edge-triggered where it can)
`max_backlog`      the longest queue `listen` may ask for
`max_descriptors`  how many descriptors the process may have
`keep_alive_options`  the kernel's names for the TCP keep-alive times
`REUSE_ADDRESS`    the option a stream listener sets before it binds, or None
`ABSTRACT_UNIX`    whether Unix socket names may live outside the file system
`DIAL_WILDCARD_TO_LOOPBACK`  whether dialing the unspecified address must be spelt out
`MULTIPATH_TCP`    the protocol number of Multipath TCP, or None
`has_multipath_info`  whether a socket tells that it has fallen back to TCP
`sendfile`         os.sendfile, or None
`error_queue`      has a socket keep the ICMP errors for what it sent, where there is such a queue; else None
`make_pipe`        makes the pipe that splice(2) needs, where there is splice; else None
`batches`          what sends and receives many datagrams by one call (`mmsg`), or None
`SO_PROTOCOL`      the option that tells a socket's protocol, where there is Multipath TCP
`LINGER`           how SO_LINGER's `struct linger` is packed

What only some programs need has a file for each subject, which says for every system how it is there and
loads when it is used: `control`, `credentials`, `facts`, `multicast`, `signals`.

`NAME` is the system's own: linux, android, darwin, ios, windows, freebsd, openbsd, solaris, plan9, ...
"""

import sys

if sys.platform == "linux":
    from .linux import (
        ABSTRACT_UNIX,
        DIAL_WILDCARD_TO_LOOPBACK,
        LINGER,
        MULTIPATH_TCP,
        REUSE_ADDRESS,
        SO_PROTOCOL,
        Readiness,
        ThreadPoll,
        WakeDescriptor,
        batches,
        error_queue,
        has_multipath_info,
        keep_alive_options,
        make_pipe,
        max_backlog,
        max_descriptors,
        sendfile,
    )
elif sys.platform == "win32":
    from .windows import (
        ABSTRACT_UNIX,
        DIAL_WILDCARD_TO_LOOPBACK,
        LINGER,
        MULTIPATH_TCP,
        REUSE_ADDRESS,
        SO_PROTOCOL,
        Readiness,
        ThreadPoll,
        WakeDescriptor,
        batches,
        error_queue,
        has_multipath_info,
        keep_alive_options,
        make_pipe,
        max_backlog,
        max_descriptors,
        sendfile,
    )
else:
    from .bsd import (
        ABSTRACT_UNIX,
        DIAL_WILDCARD_TO_LOOPBACK,
        LINGER,
        MULTIPATH_TCP,
        REUSE_ADDRESS,
        SO_PROTOCOL,
        Readiness,
        ThreadPoll,
        WakeDescriptor,
        batches,
        error_queue,
        has_multipath_info,
        keep_alive_options,
        make_pipe,
        max_backlog,
        max_descriptors,
        sendfile,
    )

_NAMES = {"win32": "windows", "sunos": "solaris"}
NAME = "android" if hasattr(sys, "getandroidapilevel") else sys.platform.rstrip("0123456789")
NAME = _NAMES.get(sys.platform, _NAMES.get(NAME, NAME))

__all__ = [
    "NAME",
    "ABSTRACT_UNIX",
    "DIAL_WILDCARD_TO_LOOPBACK",
    "LINGER",
    "MULTIPATH_TCP",
    "REUSE_ADDRESS",
    "SO_PROTOCOL",
    "Readiness",
    "ThreadPoll",
    "WakeDescriptor",
    "batches",
    "error_queue",
    "has_multipath_info",
    "keep_alive_options",
    "max_backlog",
    "max_descriptors",
    "make_pipe",
    "sendfile",
]
