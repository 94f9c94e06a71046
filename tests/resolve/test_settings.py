"""What the environment says (`DIALNETDEBUG`), and what a build has fixed before it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from dialnet import settings
from dialnet.settings import Settings
from tests.hosts import PATIENCE

ROOT = Path(__file__).parents[2]


# The text: what `netdns` is, its level, a mode that nobody knows; EDNS0; Multipath TCP.
TEXTS: dict[str, tuple[str, int, str, bool, str]] = {
    "": ("", 0, "", True, ""),
    "netdns=python": ("python", 0, "", True, ""),
    "netdns=go": ("python", 0, "", True, ""),
    "netdns=system": ("system", 0, "", True, ""),
    "netdns=cgo": ("system", 0, "", True, ""),
    "netdns=": ("", 0, "", True, ""),
    "netdns": ("", 0, "", True, ""),
    "netdns=2": ("", 2, "", True, ""),
    "netdns=python+1": ("python", 1, "", True, ""),
    "netdns=1+python": ("python", 1, "", True, ""),
    "netdns=cgo+9": ("system", 9, "", True, ""),
    "netdns=0+go": ("python", 0, "", True, ""),
    "netdns=+1": ("", 1, "", True, ""),
    "netdns=python+": ("python", 0, "", True, ""),
    # As Go: two of one kind, and the second counts.
    "netdns=python+system": ("system", 0, "", True, ""),
    "netdns=1+2": ("", 2, "", True, ""),
    "netdns=Python": ("", 0, "Python", True, ""),
    "netdns=perl+1": ("", 1, "perl", True, ""),
    "netdns=1+go+cgo": ("", 1, "go+cgo", True, ""),
    "netdns=-1": ("", 0, "-1", True, ""),
    "netdns=²": ("", 0, "²", True, ""),
    "netdns=" + "9" * 5000: ("", 999999999, "", True, ""),
    "netdns=a=b": ("", 0, "a=b", True, ""),
    # Several settings, and the last of a name.
    "netdns=go,netedns0=0": ("python", 0, "", False, ""),
    "netedns0=0,multipathtcp=2,netdns=cgo+1": ("system", 1, "", False, "2"),
    " netdns=go , multipathtcp=1 ": ("python", 0, "", True, "1"),
    "netdns=go,netdns=cgo": ("system", 0, "", True, ""),
    "netdns=go,netdns=": ("", 0, "", True, ""),
    "netedns0=0,netedns0=1": ("", 0, "", True, ""),
    "netedns0": ("", 0, "", True, ""),
    "netedns0=false": ("", 0, "", True, ""),
    ",,netdns=go,,": ("python", 0, "", True, ""),
    "xnetdns=go,netdns2=cgo,NETDNS=go": ("", 0, "", True, ""),
    "\0\udcff=\n,=,==": ("", 0, "", True, ""),
}


def all_of(made: Settings) -> tuple[str, int, str, bool, str]:
    return made.netdns, made.level, made.unknown, made.edns0, made.multipath_tcp


@pytest.mark.parametrize("text", TEXTS, ids=lambda text: ascii(text[:40]))
def test_text(text: str) -> None:
    assert all_of(Settings(text)) == TEXTS[text]


@pytest.mark.parametrize(
    ("text", "netdns"),
    [
        ("", "system"),
        ("netdns=1", "system"),
        ("netdns=perl", "system"),
        ("netdns=python", "python"),
        ("netdns=cgo", "system"),
        ("netdns=go+1", "python"),
    ],
)
def test_the_environment_outdoes_the_build(text: str, netdns: str) -> None:
    assert Settings(text, "system").netdns == netdns


def test_it_is_read_anew_when_it_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIALNETDEBUG", raising=False)
    assert settings.current().level == 0
    kept = settings.current()
    assert settings.current() is kept
    monkeypatch.setenv("DIALNETDEBUG", "netdns=go+3")
    assert (settings.current().netdns, settings.current().level) == ("python", 3)
    monkeypatch.setenv("DIALNETDEBUG", "")
    assert all_of(settings.current()) == all_of(kept)


def test_an_unknown_mode_is_told_where_something_is(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for text, said in (
        ("netdns=perl", ""),
        ("netdns=perl+1", "dialnet: DIALNETDEBUG: netdns='perl' is not known and left out\n"),
        ("netdns=go+1", ""),
    ):
        monkeypatch.setenv("DIALNETDEBUG", text)
        settings.current()
        settings.current()
        assert capsys.readouterr().err == said


# The build.


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a wheel is made of, without what else lies about."""
    folder = tmp_path_factory.mktemp("tree")
    for name in ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    leave = shutil.ignore_patterns("__pycache__", "_build.py")
    shutil.copytree(ROOT / "src", folder / "src", ignore=leave)
    return folder


def build(tree: Path, to: Path, netdns: str | None) -> subprocess.CompletedProcess[str]:
    """Have the backend make a wheel as pip does."""
    environ = {name: value for name, value in os.environ.items() if name != "DIALNET_NETDNS"}
    if netdns is not None:
        environ["DIALNET_NETDNS"] = netdns
    code = "import sys, hatchling.build as backend; print(backend.build_wheel(sys.argv[1]))"
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(to)],
        cwd=tree,
        env=environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


def unpacked(tree: Path, to: Path, netdns: str | None) -> Path:
    made = build(tree, to, netdns)
    assert made.returncode == 0, made.stderr
    assert made.stderr == ""
    with zipfile.ZipFile(to / made.stdout.splitlines()[-1]) as wheel:
        wheel.extractall(to / "unpacked")
    return to / "unpacked"


def default_in(folder: Path, debug: str = "") -> str:
    """What a program with this package and this DIALNETDEBUG takes for `netdns`."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "import dialnet; from dialnet import settings\n"
        "assert dialnet.__file__.startswith(sys.argv[1]), dialnet.__file__\n"
        "print(settings.current().netdns)\n"
    )
    # Not this process's package, which is found by a path of the environment's or the installation.
    ran = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env={**os.environ, "DIALNETDEBUG": debug},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


@pytest.mark.parametrize(("netdns", "other"), [("system", "python"), ("python", "system")])
def test_a_build_with_a_default(tree: Path, tmp_path: Path, netdns: str, other: str) -> None:
    folder = unpacked(tree, tmp_path, netdns)
    assert (folder / "dialnet" / "_build.py").is_file()
    assert default_in(folder) == netdns
    assert default_in(folder, "netdns=1,netedns0=0") == netdns
    assert default_in(folder, f"netdns={other}") == other


@pytest.mark.parametrize("netdns", [None, ""])
def test_a_build_without(tree: Path, tmp_path: Path, netdns: str | None) -> None:
    folder = unpacked(tree, tmp_path, netdns)
    assert (folder / "dialnet" / "settings.py").is_file()
    assert not (folder / "dialnet" / "_build.py").exists()
    assert default_in(folder) == ""
    assert default_in(folder, "netdns=system") == "system"


def test_the_setting_of_pyproject(tree: Path, tmp_path: Path) -> None:
    """It is the default; the environment of the build comes first."""
    own = tmp_path / "tree"
    shutil.copytree(tree, own)
    with open(own / "pyproject.toml", "r+") as file:
        text = file.read()
        table = "[tool.hatch.build.targets.wheel.hooks.custom]\n"
        assert table in text
        file.seek(0)
        file.write(text.replace(table, table + 'netdns = "system"\n'))
    assert default_in(unpacked(own, tmp_path / "a", None)) == "system"
    assert default_in(unpacked(own, tmp_path / "b", "python")) == "python"


@pytest.mark.parametrize("netdns", ["cgo", "Python", "python+1", " ", "x'; import os #"])
def test_a_build_with_a_wrong_setting(tree: Path, tmp_path: Path, netdns: str) -> None:
    made = build(tree, tmp_path, netdns)
    assert made.returncode != 0
    assert f"netdns is 'python' or 'system', not {netdns!r}" in made.stderr
    assert not list(tmp_path.glob("*.whl"))


def test_an_editable_installation_has_none(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its package is the tree itself, into which a build writes nothing. A wrong setting is one there too."""
    spec = importlib.util.spec_from_file_location("hatch_build", tree / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    hook = module.ResolverHook(str(tree), {}, None, None, str(tmp_path), "wheel")
    data: dict[str, dict[str, str]] = {"force_include": {}}
    monkeypatch.setenv("DIALNET_NETDNS", "system")
    hook.initialize("editable", data)
    hook.finalize("editable", data, "")
    assert data == {"force_include": {}}
    monkeypatch.setenv("DIALNET_NETDNS", "perl")
    with pytest.raises(ValueError, match="not 'perl'"):
        hook.initialize("editable", data)


@pytest.mark.parametrize("value", [None, "", "netdns=1", "\udcff"])
def test_a_variable_is_what_the_environment_has(value: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where somebody has put a plain dict in its place."""
    name = "DIALNET_TEST_VARIABLE"
    if value is None:
        monkeypatch.delenv(name, raising=False)
    else:
        monkeypatch.setenv(name, value)
    assert settings.variable(name) == value == os.environ.get(name)
    monkeypatch.setattr(os, "environ", {} if value is None else {name: value})
    assert settings.variable(name) == value
