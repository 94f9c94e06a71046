"""Network interfaces: which there are, their addresses and multicast groups.

The functions are in `lookups`, the classes in `interface`. What knows the interfaces is a source: `linux`
asks the kernel through netlink, `portable` asks psutil. Only `lookups` loads with dialnet, the rest when it
is used.
"""
