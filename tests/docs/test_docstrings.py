"""Public names are documented in numpydoc's form, and what their examples show is so."""

import doctest
import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import ssgan
from ssgan.synthesis import Filter

ROOT = Path(ssgan.__file__).parent
MODULES = [path for path in sorted(ROOT.rglob("*.py")) if ">>> " in path.read_text("utf-8")]
SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)
API = (ROOT.parent / "docs" / "api" / "index.md").read_text("utf-8")
PUBLIC = re.findall(r"^generated/(ssgan[\w.]*)$", API, re.MULTILINE)  # packages of the API pages
WAITING: dict[str, int] = {}  # names whose docstring is not whole yet: a number may only fall


def public():
    """(package, name, thing) of every class and function in an `__all__`; each thing once."""
    seen = set()
    for package in PUBLIC:
        module = import_module(package)
        for name in getattr(module, "__all__", ()):
            thing = getattr(module, name)
            home = getattr(thing, "__module__", None) or ""
            documented = inspect.isclass(thing) or inspect.isfunction(thing)
            if documented and home.startswith("ssgan") and id(thing) not in seen:
                seen.add(id(thing))
                yield package, name, thing


def sections(text):
    """Sections of a docstring by heading, underlined with dashes."""
    pieces = SECTION.split(text)
    return dict(zip(pieces[1::2], pieces[2::2], strict=True))


def methods(thing):
    """(name, function) of the public methods and properties that a class itself defines."""
    for name, member in vars(thing).items():
        function = getattr(member, "__func__", getattr(member, "fget", member))
        if not name.startswith("_") and inspect.isfunction(function) and name not in fields(thing):
            yield name, function


def fields(thing):
    """Names of the fields of a dataclass; a default may be a function."""
    return getattr(thing, "__dataclass_fields__", {})


def documented_by(thing, protocols):
    """Methods that a protocol documents whose methods this class has, all of them."""
    for protocol in protocols:
        names = {name for name, _ in methods(protocol)}
        if thing is not protocol and all(hasattr(thing, name) for name in names):
            yield from names


def inputs(thing):
    """Names of what a function, or the making of a class, takes."""
    if (
        getattr(thing, "_is_protocol", False)
        or inspect.isclass(thing)
        and issubclass(thing, Exception | dict)
    ):
        return set()
    names = inspect.signature(thing).parameters
    return {name for name in names if not name.startswith("_")}


def wanting(thing, example=True):
    """What the docstring of a class, a function or a method lacks."""
    text = inspect.cleandoc(thing.__doc__ or "")
    found = sections(text)
    if not text.split("\n\n")[0].endswith((".", ":")):
        yield "a first paragraph that is a sentence"
    named = found.get("Parameters", "") + found.get("Attributes", "")
    for name in sorted(inputs(thing) - {"self", "cls"}):
        if not re.search(rf"^(?:\w+, )*\*{{0,2}}{name}\b[\w, *]*(?: :|$)", named, re.MULTILINE):
            yield f"parameter {name}"
    if inspect.isfunction(thing):
        given = inspect.signature(thing).return_annotation
        if given is not None and not {"Returns", "Yields"} & set(found):
            yield "what it returns"
    if example and ">>> " not in found.get("Examples", ""):
        yield "an example"


def test_the_packages_that_wait_are_public():
    assert len(PUBLIC) == len(set(PUBLIC)) >= 8
    assert set(WAITING) <= set(PUBLIC)


def test_every_public_name_has_parameters_returns_and_an_example():
    lacking = {}
    for package, name, thing in public():
        if lacks := list(wanting(thing)):
            lacking.setdefault(package, []).append(f"{name}: {', '.join(lacks)}")
    over = {p: names for p, names in lacking.items() if len(names) > WAITING.get(p, 0)}
    assert not over, "\n".join(f"{p} ({len(n)}): " + "; ".join(n) for p, n in over.items())


def test_every_method_of_a_public_class_says_what_it_takes_and_gives():
    classes = [thing for _, _, thing in public() if inspect.isclass(thing)]
    protocols = [thing for thing in classes if getattr(thing, "_is_protocol", False)]
    lacking = {}
    for thing in classes:
        documented = set(documented_by(thing, protocols))
        for name, function in methods(thing):
            is_property = isinstance(vars(thing)[name], property)
            lacks = [
                what
                for what in wanting(function, example=False)
                if not (is_property and what == "what it returns")
            ]
            if lacks and name not in documented:
                lacking[f"{thing.__name__}.{name}"] = lacks
    assert lacking == {}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_examples_show_what_happens(path):
    name = ".".join(("ssgan", *path.relative_to(ROOT).with_suffix("").parts))
    found = doctest.testmod(
        import_module(name.removesuffix(".__init__")),
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
    )
    assert found.attempted > 0
    assert found.failed == 0


def sample(samples, n=1):
    """Take the first samples.

    Parameters
    ----------
    samples : array, (N, ...)
        Samples.
    n : int
        How many.

    Returns
    -------
    array, (n, ...)
        The first of them.

    Examples
    --------
    >>> sample([1, 2])
    [1]
    """
    return samples[:n]


def test_a_whole_docstring_lacks_nothing():
    assert list(wanting(sample)) == []


def test_methods_are_seen_but_for_those_that_a_protocol_documents():
    class Sampled:
        """A class."""

        size = property(lambda self: 1)
        take = classmethod(sample)

        def _own(self):
            pass

        def apply(self, drawn, rng):
            pass

    assert [name for name, _ in methods(Sampled)] == ["size", "take", "apply"]
    assert list(documented_by(Sampled, [Filter])) == ["apply"]
    assert list(documented_by(Filter, [Filter])) == []
    lacks = ["a first paragraph that is a sentence", "parameter drawn", "parameter rng"]
    assert list(wanting(Sampled.apply, example=False)) == [*lacks, "what it returns"]


def test_each_part_that_is_missing_is_named():
    def bare(x):
        return x

    def partial(x, y):
        pass

    partial.__doc__ = sample.__doc__.replace("samples :", "x :")
    assert list(wanting(bare)) == [
        *("a first paragraph that is a sentence", "parameter x", "what it returns", "an example")
    ]
    assert list(wanting(partial)) == ["parameter y"]
