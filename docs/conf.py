"""Sphinx configuration; `./dev docs` builds the pages into docs/_build."""

from importlib.metadata import version as _version

project = "dialnet"
author = "The dialnet authors"
project_copyright = "The dialnet authors"
release = _version("dialnet")
version = ".".join(release.split(".")[:2])

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = f"dialnet {release}"

myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_use_unqualified_type_names = True

# Both faces have the same names, so a short name in a signature has two targets.
suppress_warnings = ["ref.python"]
