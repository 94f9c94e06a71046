"""The demo, run as people run it: its report's facts, its exit status, and what it leaves behind."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
FACES = 2


def run(folder: Path, *arguments: str, before: str = "") -> subprocess.CompletedProcess[str]:
    """Run the demo with `folder` for its temporary files, after some lines that see it as `demo`."""
    lines = [
        "import sys, tempfile",
        f"tempfile.tempdir = {str(folder)!r}",
        f"sys.path.insert(0, {str(EXAMPLES)!r})",
        "import demo",
        before,
        "sys.exit(demo.main())",
    ]
    command = [sys.executable, "-W", "error", "-c", "\n".join(lines), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=50, check=False)


def row(report: str, title: str) -> str:
    """Return what stands beside a title."""
    found = [line for line in report.splitlines() if line.startswith(title)]
    assert len(found) == 1, report
    return found[0].removeprefix(title)


def test_every_step_succeeds_in_both_faces(tmp_path: Path) -> None:
    done = run(tmp_path, "--connections", "60")
    report = done.stdout
    assert (done.returncode, done.stderr) == (0, ""), report + done.stderr
    assert "FAILED" not in report
    assert "Every step did what it should" in report

    for title in ("echo, tcp, IPv4", "echo, udp", "echo, unix"):
        assert len(re.findall(r"[\d.]+ ms", row(report, title))) == FACES
    assert len(re.findall(r"[\d.]+ ms, TLSv1\.3", row(report, "echo, tls"))) == FACES
    waits = [float(took) for took in re.findall(r"took ([\d.]+) ms", row(report, "a deadline in 100 ms"))]
    assert len(waits) == FACES
    assert all(99 <= took < 1000 for took in waits)
    assert len(re.findall(r"after [\d.]+ ms", row(report, "close wakes"))) == FACES
    assert len(re.findall(r"60 in [\d.]+ s", row(report, "60 connections at once"))) == FACES
    assert row(report, "left behind").split() == ["no", "thread", "no", "task"]
    assert re.search(r"says: dial tcp 127\.0\.0\.1:\d+: connect: Connection refused", report)

    assert report.count("dialnet listen tcp :7000 --echo --keep-open") == 1
    assert report.count("dialnet dial tcp localhost:7000") == 1
    assert all(len(line) <= 80 for line in report.partition("Try it by hand")[0].splitlines())
    assert len(report.splitlines()) <= 24
    assert list(tmp_path.iterdir()) == []


def test_a_failing_step_is_shown_and_gives_status_1(tmp_path: Path) -> None:
    done = run(tmp_path, "--connections", "5", before="demo.AT_MOST = 0.0")
    assert done.returncode == 1, done.stdout
    assert "FAILED: a deadline in 100 ms ends a read, threads: FailedStep: took 1" in done.stdout
    assert "FAILED: a deadline in 100 ms ends a read, asyncio: FailedStep: took 1" in done.stdout
    assert "Every step" not in done.stdout
    # The others were taken all the same.
    assert len(re.findall(r"5 in [\d.]+ s", row(done.stdout, "5 connections at once"))) == FACES
    assert list(tmp_path.iterdir()) == []


def test_a_face_that_cannot_start_is_shown_and_gives_status_1(tmp_path: Path) -> None:
    done = run(tmp_path, "--connections", "5", before="demo.dialnet.listen = lambda *where: 1 / 0")
    assert done.returncode == 1, done.stdout
    assert "FAILED: threads: ZeroDivisionError" in done.stdout
    assert done.stdout.count("ms") >= 4, "asyncio's steps are there"


def test_few_descriptors_make_fewer_connections(tmp_path: Path) -> None:
    pytest.importorskip("resource")
    lower = "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (200, 200))"
    done = run(tmp_path, before=lower)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Only 50 connections: the limit of open files allows no more." in done.stdout
    assert len(re.findall(r"50 in [\d.]+ s", row(done.stdout, "50 connections at once"))) == FACES


@pytest.mark.parametrize("name", ["echo_threads.py", "echo_asyncio.py"])
def test_the_echo_examples_serve(name: str) -> None:
    import dialnet as net

    command = [sys.executable, str(EXAMPLES / name), "tcp", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        try:
            address = server.stdout.readline().split()[-1]
            with net.dial("tcp", address, timeout=10) as conn:
                conn.write(b"hello")
                assert conn.read(100) == b"hello"
        finally:
            server.kill()
