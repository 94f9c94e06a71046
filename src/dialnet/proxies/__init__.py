"""Dialing through proxies: everything but the waiting, which `dialnet.proxy` and `dialnet.aio.proxy` do.

Nothing here is loaded by `import dialnet`.
"""
