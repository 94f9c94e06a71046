"""What one Python's run settles for all.

With `--again` these files are left out: on the further Pythons of one machine they would only say the same
again. They read files, run the command, follow scripts or race in namespaces of their own; what in them a
Python's version could change (sockets, threads, signals, `ssl`, asyncio) the rest checks on each of them.
Nor are raw IP sockets tested again, whose tests run alone (`./dev`), and each of the conformance checks is
made in one of its two roles.
"""

from pathlib import Path

_HERE = Path(__file__).parent

ONCE = {
    _HERE / name
    for name in (
        "cli/test_cli_cert.py",
        "cli/test_cli_cert_terminal.py",
        "cli/test_cli_cert_text.py",
        "cli/test_cli_datagrams.py",
        "cli/test_cli_interop.py",
        "cli/test_cli_keep_open.py",
        "cli/test_cli_lookup.py",
        "cli/test_cli_ping.py",
        "cli/test_cli_process.py",
        "cli/test_cli_streams.py",
        "cli/test_cli_terminal.py",
        "cli/test_cli_tls.py",
        "cli/test_cli_tls_interop.py",
        "cli/test_cli_trace.py",
        "cli/test_cli_trace_drawing.py",
        "cli/test_cli_trace_terminal.py",
        "cli/test_cli_trace_tls.py",
        "cli/test_cli_visible.py",
        "dialing/test_go_race.py",
        "dialing/test_many_dials.py",
        "dialing/test_network_race.py",
        "dns/test_dns_hostile.py",
        "dns/test_dns_oracle.py",
        "house/test_floors.py",
        "interfaces/test_cli_interfaces.py",
        "interop/test_bulk.py",
        "multicast/test_lab_multicast.py",
        "proxies/test_proxy_real.py",
        "proxies/test_proxy_scripted.py",
        "proxies/test_proxy_waiting.py",
        "resolve/test_hosts_file.py",
        "resolve/test_long_files.py",
        "resolve/test_namespace_command.py",
        "resolve/test_nsswitch.py",
        "resolve/test_real_files.py",
        "resolve/test_real_servers.py",
        "resolve/test_resolv_conf.py",
        "resolve/test_resolver_dial.py",
        "resolve/test_scripted.py",
        "resolve/test_scripted_failures.py",
        "resolve/test_scripted_queries.py",
        "resolve/test_services.py",
        "resolve/test_settings.py",
        "test_demo.py",
        "tls/test_programs.py",
    )
}
