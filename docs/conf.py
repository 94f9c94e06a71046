"""Sphinx configuration; `./dev docs` builds the pages into docs/_build."""

from importlib.metadata import version as _version

import dialnet as _threads

project = "dialnet"
author = "The dialnet authors"
project_copyright = "The dialnet authors"
release = _version("dialnet")
version = ".".join(release.split(".")[:2])

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
default_role = "code"  # docstrings write `name`, as Markdown does
html_theme = "furo"
html_title = f"dialnet {release}"

myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_use_unqualified_type_names = True

# Both faces have the same names, so a short name in a signature has two targets.
suppress_warnings = ["ref.python"]


def _skip(app, what, name, obj, skip, options):
    """Describe what both faces share once, under `dialnet`."""
    if app.env.current_document.autodoc_module == "dialnet.aio" and obj is getattr(_threads, name, None):
        return True
    return None


def setup(app):
    app.connect("autodoc-skip-member", _skip)
