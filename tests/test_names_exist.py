"""What a test takes from a module of this project is there, also where the test seldom runs."""

import ast
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest

TESTS = Path(__file__).parent
FILES = {str(path.relative_to(TESTS)): path for path in sorted(TESTS.rglob("*.py"))}
OURS = {"benchmarks", "ssgan", "tests"}


def imported(tree):
    """(line, module, its name, name here) of every import from this project."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] in OURS:
            for alias in node.names:
                yield node.lineno, node.module, alias.name, alias.asname or alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                first, _, rest = alias.name.partition(".")
                if first in OURS:
                    import_module(alias.name)
                    yield node.lineno, alias.name if alias.asname else first, None, alias.asname


def has(module, name):
    """Whether a module has an attribute, or a package a module, of this name."""
    try:
        return hasattr(import_module(module), name) or bool(import_module(f"{module}.{name}"))
    except ModuleNotFoundError:
        return False


def missing(source):
    """(line, name) of what a module is said to have, and has not."""
    tree, modules = ast.parse(source), {}
    for line, module, name, here in imported(tree):
        if name is None:
            modules[here or module] = import_module(module)
        elif not has(module, name):
            yield line, f"{module}.{name}"
        elif isinstance(value := getattr(import_module(module), name), ModuleType):
            modules[here] = value
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            module = modules.get(node.value.id)
            if module is not None and not hasattr(module, node.attr):
                yield node.lineno, f"{module.__name__}.{node.attr}"


@pytest.mark.parametrize("file", FILES)
def test_the_names_that_a_test_takes_from_a_module_exist(file):
    assert list(missing(FILES[file].read_text(encoding="utf-8"))) == []


def test_a_name_that_is_gone_is_found():
    source = "from ssgan.benchmark import methods, absent\nimport ssgan\n"
    source += "methods.absent\nmethods.OURS\nssgan.absent\nssgan.pretrain\n"
    found = ["ssgan.benchmark.absent", "ssgan.benchmark.methods.absent", "ssgan.absent"]
    assert [name for _, name in missing(source)] == found
