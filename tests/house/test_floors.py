"""The house: imports go down, files are small, and importing is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import dialnet
import dialnet.aio

SOURCE = Path(dialnet.__file__).parent
FLOORS = {
    "errors": 1,
    "addresses": 1,
    "record": 1,
    "settings": 1,
    "_build": 1,  # written into some wheels
    "system": 2,
    "netif": 2,
    "poll": 2,
    "resolve": 3,
    "sockets": 4,
    "connections": 4,
    "inmemory": 4,
    "proxies": 4,
    "secure": 4,
    "proxy": 5,  # a part of the face for threads that loads by itself
    "memory": 5,  # the same
    "tls": 5,  # the same
    "sync": 5,
    "aio": 5,
    "cli": 5,
    "": 5,  # the package itself
    "__main__": 5,
}
# Within a floor: who stands below whom.
ORDER = [
    "settings",
    "record",
    "errors",
    "addresses",
    "system",
    "netif",
    "poll",
    "resolve",
    "sockets",
    "connections",
    "inmemory",
    "proxies",
    "secure",
]
FILES = sorted(SOURCE.rglob("*.py"))


def room(path: Path) -> str:
    parts = path.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 else ("" if parts[0] == "__init__.py" else parts[0].removesuffix(".py"))


def imported_rooms(path: Path) -> set[str]:
    """The rooms a file imports from, relatively or by name."""
    rooms = set()
    package = ("dialnet", *path.relative_to(SOURCE).parts[:-1])
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = (*base, *(node.module.split(".") if node.module else ()))
            names = [(*module, alias.name) for alias in node.names] if len(module) == 1 else [module]
        elif isinstance(node, ast.Import):
            names = [tuple(alias.name.split(".")) for alias in node.names]
        else:
            continue
        for name in names:
            if name[0] == "dialnet":
                rooms.add(name[1] if len(name) > 1 and name[1] in FLOORS else "")
    return rooms


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_imports_go_down(path: Path) -> None:
    here = room(path)
    for there in imported_rooms(path) - {here}:
        assert FLOORS[there] <= FLOORS[here], f"{here} imports {there}, a floor up"
        if here in ORDER and there in ORDER:
            assert ORDER.index(there) < ORDER.index(here), f"{here} imports {there}"
        if here in ("sync", "aio"):
            assert there not in ("sync", "aio"), "the faces know nothing of each other"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_rooms_are_small(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 500
    if path.name != "__main__.py" and text.strip():
        assert ast.get_docstring(ast.parse(text)), "a file says what it is for"


def test_only_system_asks_for_the_platform() -> None:
    asking = [
        str(path.relative_to(SOURCE))
        for path in FILES
        if room(path) != "system" and ("sys.platform" in path.read_text() or "os.name" in path.read_text())
    ]
    assert asking == []


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=50, check=True)
    return set(ran.stdout.split())


def test_importing_is_light() -> None:
    """Nothing but the standard library, and neither asyncio nor ssl nor what they bring."""
    # Importing the package is next to nothing; so it is its names that are looked at.
    assert len([name for name in modules_after("import dialnet") if name.startswith("dialnet")]) == 1
    names = set(dialnet.__all__) - {"Flags", "Interface", "pipe"}
    loaded = modules_after(f"import dialnet\nfor name in {sorted(names)}: getattr(dialnet, name)")
    assert not loaded & {
        "asyncio",
        "ssl",
        "trio",
        "uvloop",
        "idna",
        "concurrent.futures",
        "logging",
        "inspect",
    }
    outside = (
        {name.partition(".")[0] for name in loaded} - set(sys.stdlib_module_names) - {"dialnet", "__main__"}
    )
    # What the interpreter itself loads at its start (site's .pth files) is none of ours.
    assert outside <= {name.partition(".")[0] for name in modules_after("pass")} - {"dialnet"}
    # Nor what only those need who use it.
    assert not loaded & {
        "dialnet.inmemory",
        "dialnet.memory",
        "dialnet.secure",
        "dialnet.sync.lines",
        "dialnet.netif.interface",
    }
    assert not modules_after("import dialnet.aio") & {"trio", "uvloop", "ssl"} - modules_after(
        "import asyncio"
    )


def test_what_the_type_checker_sees_is_what_is_loaded() -> None:
    """The thread face's names are looked up when they are asked for; the two lists of where each is agree."""
    tree = ast.parse((SOURCE / "__init__.py").read_text())
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {
        node.module: {alias.name for alias in node.names}
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
    }
    assert seen == {module: set(names) for module, names in dialnet._WHERE.items()}
    assert set().union(*seen.values()) == set(dialnet.__all__)
    assert set(dialnet.__all__) <= set(dir(dialnet))
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        dialnet.nothing  # noqa: B018


def test_the_faces_have_the_same_names() -> None:
    assert set(dialnet.aio.__all__) - set(dialnet.__all__) == {"BufferedReader"}
    assert set(dialnet.__all__) <= set(dialnet.aio.__all__)
    for name in dialnet.__all__:
        assert getattr(dialnet, name).__doc__, f"{name} says nothing about itself"
