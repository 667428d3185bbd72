"""How Sphinx builds the documentation: `make docs`."""

import inspect
import os
import re
import sys
from importlib import import_module
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE)]

import ssgan  # noqa: E402

project = "ssgan"
author = "the ssgan authors"
copyright = "the ssgan authors"  # noqa: A001
version = release = ssgan.__version__

extensions = [
    "matplotlib.sphinxext.plot_directive",
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_click",
    "sphinx_design",
    "sphinx_gallery.gen_gallery",
]
exclude_patterns = ["_build", "examples", "**/sg_execution_times.rst", "sg_execution_times.rst"]
default_role = "code"
smartquotes = False  # "--run" is no dash
templates_path = ["_templates"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# API: a page for every package that api/index.md lists.
INDEX = (HERE / "api" / "index.md").read_text(encoding="utf-8")
PUBLIC = re.findall(r"^generated/(ssgan[\w.]*)$", INDEX, re.MULTILINE)
autosummary_generate = True
autodoc_typehints = "none"
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

plot_include_source = False
plot_html_show_source_link = False
plot_html_show_formats = False
plot_formats = [("svg", 100)]

sphinx_gallery_conf = {
    "examples_dirs": ["examples"],
    "gallery_dirs": ["start"],
    "filename_pattern": r"plot_",
    "ignore_pattern": r"own_|implicit_|tokens",
    "within_subsection_order": "FileNameSortKey",
    "download_all_examples": False,
    "remove_config_comments": True,
    "show_memory": False,
    "plot_gallery": True,
    "abort_on_example_error": True,
}

html_theme = "pydata_sphinx_theme"
html_title = f"ssgan {release}"
html_theme_options = {"show_toc_level": 2, "navigation_with_keys": False}
html_static_path: list[str] = []
html_show_sourcelink = False


PLAIN = re.compile(r"`[^`]*`|(?<!\*)\*(?!\*)|\||(?<=\w)_(?!\w)")


def plain(app, what, name, thing, options, lines) -> None:  # type: ignore[no-untyped-def]
    """Formulas in docstrings are plain text: |dD/dx|^2, (N, *shape), GAN_."""
    for k, line in enumerate(lines):
        if not line.lstrip().startswith((">>>", "...", "..", ":")):
            lines[k] = PLAIN.sub(lambda m: m[0] if m[0][0] == "`" else f"\\{m[0]}", line)


def generated(app, what, name, thing, skip, options) -> bool | None:  # type: ignore[no-untyped-def]
    """Leave out what scikit-learn writes into every estimator: `set_fit_request` and the like."""
    return True if re.fullmatch(r"set_\w+_request", name) else None


def page(package: str, seen: set[int]) -> str:
    """A summary of the public names of a package; what another page has is named, no more."""
    module = import_module(package)
    names = [n for n in getattr(module, "__all__", ()) if not n.startswith("__")]
    things = {n: getattr(module, n) for n in sorted(names, key=str.lower)}
    known = {n: t for n, t in things.items() if inspect.isclass(t) or inspect.isfunction(t)}
    own = [n for n, t in known.items() if id(t) not in seen]
    beside = [n for n, t in things.items() if n not in own and not inspect.ismodule(t)]
    seen.update(map(id, known.values()))
    lead = (module.__doc__ or package).strip().splitlines()[0]
    text = f"{package}\n{'=' * len(package)}\n\n{lead}\n\n.. currentmodule:: {package}\n\n"
    text += ".. autosummary::\n   :toctree: names\n\n" + "".join(f"   {n}\n" for n in own)
    if beside:
        text += f"\nAlso here: {', '.join(f'``{n}``' for n in beside)}.\n"
    return text


def write_api() -> None:
    """Write `api/generated/PACKAGE.rst` from the `__all__` of every public package."""
    folder, seen = HERE / "api" / "generated", set[int]()
    folder.mkdir(parents=True, exist_ok=True)
    for package in PUBLIC:
        path, text = folder / f"{package}.rst", page(package, seen)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app) -> None:  # type: ignore[no-untyped-def]
    app.connect("autodoc-process-docstring", plain, priority=100)  # before numpydoc
    app.connect("autodoc-skip-member", generated)


write_api()  # before Sphinx looks for pages
