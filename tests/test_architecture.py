"""The rules of the package, read off its source: who imports whom, sizes, what is never used."""

import ast
import collections
import configparser
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import ssgan
from ssgan.cli import COMMANDS

ROOT = Path(ssgan.__file__).parent
FILES = {str(path.relative_to(ROOT.parent)): path for path in sorted(ROOT.rglob("*.py"))}
SOURCES = {name: path.read_text(encoding="utf-8") for name, path in FILES.items()}
TREES = {name: ast.parse(source) for name, source in SOURCES.items()}

# Lowest first: a module imports only from the lines before its own, and from its own package.
LAYERS = (
    "config",
    "randomness",
    "runtime",
    "codecs",
    "runs",
    "data",
    "networks",
    "objectives",
    "training",
    "metrics",
    "transforms",
    "models",
    "prediction",
    "adaptation",
    "synthesis",
    "estimators",
    "report",
    "benchmark",
    "cli",
)
# Packages whose docstring is a map of their modules.
MAPPED = (
    *("adaptation", "benchmark", "cli", "codecs", "data", "data/encoders", "data/images"),
    *("data/labels", "data/signals", "data/tables", "estimators", "metrics"),
    *(
        "models",
        "models/student",
        "models/superresolution",
        "networks",
        "objectives",
        "prediction",
        "report",
        "runs",
        "synthesis",
    ),
    *("prediction/auto", "prediction/calibration", "prediction/heldout"),
    *("training", "transforms"),
)
# A module with such a name is an entry of its folder's table, which the name says all of.
ENTRIES = {"CODEC", "ARCHITECTURE", "OBJECTIVES"}
UNSAFE_MODULES = {"cloudpickle", "dill", "marshal", "pickle", "shelve"}
UNSAFE_CALLS = {
    *("__import__", "compile", "eval", "exec", "os.popen", "os.system", "yaml.load"),
    *("joblib.dump", "joblib.load", "pandas.read_pickle", "torch.load", "torch.save"),
}
OF_WEIGHTS = (
    "ssgan/data/encoders/programs.py",
    "torch.load",
    "weights_only",
)  # where, what, and how alone
LARGE = {"Adversarial", "ImageCodec", "TableCodec"}  # classes of more than 150 lines
SEEDERS = {"torch.manual_seed", "torch.random.manual_seed", "torch.seed"}
TORCH_DRAWS = {
    *("torch.bernoulli", "torch.multinomial", "torch.normal", "torch.poisson", "torch.rand"),
    *("torch.rand_like", "torch.randint", "torch.randint_like", "torch.randn", "torch.randn_like"),
    "torch.randperm",
}
TENSOR_DRAWS = {"bernoulli_", "exponential_", "normal_", "random_", "uniform_"}


def module_of(file):
    """ "ssgan.codecs.table" for "ssgan/codecs/table.py", "ssgan.codecs" for its __init__."""
    parts = Path(file).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def layer_of(module):
    """The layer to which "ssgan.codecs.table" belongs: "codecs"."""
    return module.split(".")[1] if "." in module else None


@cache
def nodes_of(tree):
    """All nodes of a file; every rule asks for them."""
    return list(ast.walk(tree))


def imports(tree, file):
    """(line, what, name here) of every import; `from a import b as c` is "a.b", "c"."""
    for node in nodes_of(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                here = alias.asname or alias.name.split(".")[0]
                yield node.lineno, alias.name, here
        elif isinstance(node, ast.ImportFrom):
            package = module_of(file).split(".")
            kept = len(package) - node.level + file.endswith("__init__.py")
            source = ".".join([*package[:kept]] * bool(node.level) + [node.module or ""])
            for alias in node.names:
                yield node.lineno, f"{source.strip('.')}.{alias.name}", alias.asname or alias.name


def dotted(node):
    """ "torch.cuda.seed" for the expression that says so; "?" stands for what is no name."""
    if isinstance(node, ast.Name):
        return node.id
    return f"{dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else "?"


def calls(tree, file):
    """(line, full name, keywords) of every call, whatever name the module was imported under."""
    homes = {here: what for _, what, here in imports(tree, file) if "." in what or here != what}
    for node in nodes_of(tree):
        if isinstance(node, ast.Call):
            first, dot, rest = dotted(node.func).partition(".")
            home = homes.get(first, first)
            home = home if not home.startswith(f"{first}.") else first  # import torch.nn: "torch"
            yield node.lineno, home + dot + rest, {keyword.arg for keyword in node.keywords}


def functions(tree):
    return [n for n in nodes_of(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def depth(node):
    """How many blocks of control flow lie in each other below `node`; an elif is beside its if."""
    blocks = ast.For | ast.AsyncFor | ast.While | ast.If | ast.With | ast.AsyncWith | ast.Try
    deepest = 0
    for field, value in ast.iter_fields(node):
        children = value if isinstance(value, list) else [value]
        beside = isinstance(node, ast.If) and field == "orelse" and len(children) == 1
        for child in children:
            if isinstance(child, ast.AST) and not isinstance(child, ast.FunctionDef | ast.ClassDef):
                inner = isinstance(child, blocks) and not (beside and isinstance(child, ast.If))
                deepest = max(deepest, inner + depth(child))
    return deepest


# The rules: each yields (line, what is wrong).


def imports_from_above(tree, file):
    layer = layer_of(module_of(file))
    if layer in (None, "__main__"):  # the names for users stand above all layers
        return
    if layer not in LAYERS:
        yield 1, f"{layer} has no place in LAYERS yet: give it one"
        return
    lower = {layer, *LAYERS[: LAYERS.index(layer)]}
    for line, what, _ in imports(tree, file):
        if what.split(".")[0] == "ssgan" and layer_of(what) not in lower:
            yield line, f"{what} is not below {layer}"


def torchvision_elsewhere(tree, file):
    inside = {n.lineno for f in functions(tree) for n in ast.walk(f) if hasattr(n, "lineno")}
    for line, what, _ in imports(tree, file):
        if what.split(".")[0] == "torchvision":
            if file != "ssgan/data/images/vision.py":
                yield line, "only ssgan/data/images/vision.py imports torchvision"
            elif line not in inside:
                yield line, "torchvision is imported inside functions only"


def unsafe(tree, file):
    for line, what, _ in imports(tree, file):
        if what.split(".")[0] in UNSAFE_MODULES:
            yield line, f"{what} makes or reads pickles"
    for line, name, keywords in calls(tree, file):
        if (file, name) == OF_WEIGHTS[:2] and OF_WEIGHTS[2] in keywords:
            continue
        if name in UNSAFE_CALLS or name.endswith(".to_pickle") or "allow_pickle" in keywords:
            yield line, f"{name} runs code, or makes or reads pickles"


def global_randomness(tree, file):
    for line, what, _ in imports(tree, file):
        if what.split(".")[0] == "random":
            yield line, "the module random has global state"
    for line, name, keywords in calls(tree, file):
        last = name.split(".")[-1]
        draws = name in TORCH_DRAWS or (last in TENSOR_DRAWS and "init." not in name)
        if draws and "generator" not in keywords:
            yield line, f"{name} without a generator draws from global state"
        if name in SEEDERS or name.startswith("torch.cuda.manual_seed"):
            yield line, f"{name} changes global state"
        if name.startswith("numpy.random.") and last != "default_rng":
            yield line, f"{name} uses global state"


def swallowed_errors(tree, file):
    for node in nodes_of(tree):
        if isinstance(node, ast.ExceptHandler) and node.type is None:
            yield node.lineno, "a bare except"
        if isinstance(node, ast.Assert):
            yield node.lineno, "an assert"


def documentation(function):
    """How many lines of a function are its docstring."""
    first = function.body[0]
    return first.end_lineno - first.lineno + 1 if ast.get_docstring(function) is not None else 0


def long_functions(tree, file):
    for function in functions(tree):
        length = function.end_lineno - function.lineno + 1 - documentation(function)
        if length > 40:
            yield function.lineno, f"{function.name} has {length} lines, not at most 40"


def long_classes(tree, file):
    """A class, without its docstrings; those in LARGE are what a protocol asks of one thing."""
    for node in nodes_of(tree):
        if isinstance(node, ast.ClassDef) and node.name not in LARGE:
            documented = sum(map(documentation, (node, *functions(node))))
            length = node.end_lineno - node.lineno + 1 - documented
            if length > 150:
                yield node.lineno, f"{node.name} has {length} lines, not at most 150"


def deep_nesting(tree, file):
    for function in functions(tree):
        if (level := depth(function)) > 3:
            yield function.lineno, f"{function.name} is nested {level} deep, not at most 3"


def many_arguments(tree, file):
    if layer_of(module_of(file)) == "cli":
        return  # click passes every option as an argument
    for function in functions(tree):
        of = function.args
        if function.name in ssgan.__all__:
            continue  # what users call has its options as keywords
        if function.name == "__init__" and layer_of(module_of(file)) == "estimators":
            continue  # scikit-learn has every setting of an estimator as an argument
        names = {one.arg for one in (*of.posonlyargs, *of.args, *of.kwonlyargs)} - {"self", "cls"}
        if len(names) > 6:
            yield function.lineno, f"{function.name} takes {len(names)} arguments, not at most 6"


RULES = (
    imports_from_above,
    torchvision_elsewhere,
    unsafe,
    global_randomness,
    swallowed_errors,
    long_functions,
    long_classes,
    deep_nesting,
    many_arguments,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_package_keeps_the_rule(rule):
    found = [f"{file}:{line}: {what}" for file in FILES for line, what in rule(TREES[file], file)]
    assert not found, "\n".join(found)


def test_files_are_small():
    lines = {file: source.count("\n") for file, source in SOURCES.items()}
    assert {file: many for file, many in lines.items() if many > 400} == {}


def test_few_modules_lie_beside_the_packages():
    assert len(list(ROOT.glob("*.py"))) <= 5


def arrows(sources):
    """Which package or single file imports from which: {(importer, imported)}."""
    found = set()
    for file, source in sources.items():
        here = layer_of(module_of(file))
        for _, what, _ in imports(ast.parse(source), file):
            if what.split(".")[0] == "ssgan" and layer_of(what) != here:
                found.add((here, layer_of(what)))
    return found


def shared_names(sources):
    """Functions and classes that more than one module defines at its top level."""
    homes = collections.defaultdict(set)
    for file, source in sources.items():
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                homes[node.name].add(file)
    return {name for name, files in homes.items() if len(files) > 1}


def test_packages_import_from_few_others():
    assert len(arrows(SOURCES)) <= 110, sorted(map(str, arrows(SOURCES)))


def test_few_names_are_defined_twice():
    assert len(shared_names(SOURCES)) <= 25, sorted(shared_names(SOURCES))


def is_entry(package, name):
    """Whether a module is a file of a table, or a command of its own name."""
    tree = TREES.get(f"ssgan/{package}/{name}.py", ast.Module([], []))
    targets = [t for n in tree.body if isinstance(n, ast.Assign) for t in n.targets]
    targets += [n.target for n in tree.body if isinstance(n, ast.AnnAssign)]
    named = {t.id for t in targets if isinstance(t, ast.Name)}
    return bool(ENTRIES & named) or (package == "cli" and name in COMMANDS)


@pytest.mark.parametrize("package", MAPPED)
def test_a_large_package_says_what_each_of_its_modules_is_for(package):
    text = ast.get_docstring(ast.parse(SOURCES[f"ssgan/{package}/__init__.py"]))
    said = set(re.findall(r"\w+", text))
    there = {path.stem for path in (ROOT / package).glob("[!_]*") if path.suffix != ".html"}
    there -= {name for name in there if is_entry(package, name)}
    assert there <= said, there - said


def test_arrows_and_shared_names_are_counted():
    sources = {
        "ssgan/runs/run.py": "from ssgan.config import check\nclass Run: ...\ndef load(): ...",
        "ssgan/runs/lock.py": "from ssgan.config import check\nfrom ssgan.runs.run import Run",
        "ssgan/data/files.py": "def f():\n    from ssgan import runs\ndef load(): ...\nRun = 1",
        "ssgan/__init__.py": "from ssgan.data.files import load",
    }
    assert arrows(sources) == {("runs", "config"), ("data", "runs"), (None, "data")}
    assert shared_names(sources) == {"load"}


BROKEN = [
    (imports_from_above, "runs", "import ssgan.models.gan"),
    (imports_from_above, "runs", "from ssgan import models"),
    (imports_from_above, "runs", "from ssgan.models.gan import load"),
    (imports_from_above, "runs", "from .models import load"),
    (imports_from_above, "codecs/table", "from ..models.gan import load"),
    (imports_from_above, "codecs/__init__", "from ..models.gan import load"),
    (imports_from_above, "data/tables", "def f():\n    from ssgan import networks"),
    (imports_from_above, "runs", "from ssgan import pretrain"),
    (imports_from_above, "novelty", "import os"),
    (torchvision_elsewhere, "models", "def f():\n    import torchvision.models"),
    (torchvision_elsewhere, "data/images/vision", "from torchvision import datasets"),
    (unsafe, "models", "import pickle"),
    (unsafe, "models", "from pickle import loads"),
    (unsafe, "models", "import torch\ntorch.load(path, weights_only=True)"),
    (unsafe, "models", "import torch as t\nt.load(path)"),
    (unsafe, "data/encoders/programs", "import torch\ntorch.load(path)"),
    (unsafe, "models", "import torch.nn\ntorch.load(path)"),
    (unsafe, "models", "from torch import load\nload(path)"),
    (unsafe, "models", "import joblib\njoblib.load(path)"),
    (unsafe, "models", "import yaml\nyaml.load(text)"),
    (unsafe, "models", "import pandas as pd\npd.read_pickle(path)"),
    (unsafe, "models", "import numpy as np\nnp.load(path, allow_pickle=True)"),
    (unsafe, "models", "frame.to_pickle(path)"),
    (unsafe, "models", "eval(text)"),
    (unsafe, "models", "exec(text)"),
    (global_randomness, "models", "import random"),
    (global_randomness, "models", "import numpy as np\nnp.random.seed(0)"),
    (global_randomness, "models", "import numpy\nnumpy.random.rand(3)"),
    (global_randomness, "models", "from numpy import random\nrandom.rand(3)"),
    (global_randomness, "models", "import torch\ntorch.manual_seed(0)"),
    (global_randomness, "models", "import torch\ntorch.cuda.manual_seed_all(0)"),
    (global_randomness, "models", "import torch\ntorch.randn(3)"),
    (global_randomness, "models", "x[0].normal_()"),
    (swallowed_errors, "models", "try:\n    f()\nexcept:\n    pass"),
    (swallowed_errors, "models", "assert x"),
    (long_functions, "models", "def f():\n" + "    x = 1\n" * 40),
    (long_functions, "models", 'def f():\n    """A."""\n' + "    x = 1\n" * 40),
    (long_classes, "models", "class A:\n" + "    x = 1\n" * 150),
    (deep_nesting, "models", "def f():\n for a in b:\n  if a:\n   with c:\n    while d:\n     e()"),
    (many_arguments, "models", "def f(a, b, /, c, d, *, e, g, h): ..."),
]
KEPT = [
    (imports_from_above, "runs", "import os\nfrom ssgan import codecs"),
    (imports_from_above, "data/tables", "from ssgan.data import files\nfrom . import images"),
    (imports_from_above, "data/__init__", "from .tables import Table"),
    (imports_from_above, "__init__", "from ssgan.models.gan import load"),
    (torchvision_elsewhere, "data/images/vision", "def f():\n    import torchvision"),
    (unsafe, "data/encoders/programs", "import torch\ntorch.load(path, weights_only=True)"),
    (unsafe, "models", "model.eval()\nmodels[0].eval()\nre.compile(pattern)"),
    (unsafe, "models", "import safetensors.torch as s\ns.load(data)\nimport json\njson.load(file)"),
    (unsafe, "cli/main", "from ssgan import load\nload(path)"),
    (global_randomness, "models", "import numpy as np\nnp.random.default_rng(0).random()"),
    (global_randomness, "models", "import torch\ntorch.randn(3, generator=g)\ng.manual_seed(0)"),
    (global_randomness, "models", "from torch import nn\nnn.init.normal_(w)"),
    (long_functions, "models", "def f():\n" + "    x = 1\n" * 39),
    (long_functions, "models", 'def f():\n    """A.\n\n    B.\n    """\n' + "    x = 1\n" * 39),
    (long_classes, "models", "class A:\n" + "    x = 1\n" * 149),
    (long_classes, "models", "class A:\n def f():\n  'A.'\n" + "  x = 1\n" * 148),
    (long_classes, "codecs/image", "class ImageCodec:\n" + "    x = 1\n" * 150),
    (deep_nesting, "models", "def f():\n if a: b\n elif c: d\n elif e: f\n elif g: h\n else: i"),
    (many_arguments, "models", "def f(self, a, b, c, d, e, g): ..."),
    (many_arguments, "cli/train", "def f(a, b, c, d, e, g, h): ..."),
]


@pytest.mark.parametrize(("rule", "file", "source"), BROKEN)
def test_a_rule_sees_what_breaks_it(rule, file, source):
    assert list(rule(ast.parse(source), f"ssgan/{file}.py"))


@pytest.mark.parametrize(("rule", "file", "source"), KEPT)
def test_a_rule_lets_pass_what_keeps_it(rule, file, source):
    assert not list(rule(ast.parse(source), f"ssgan/{file}.py"))


HEAVY = ("matplotlib", "numpy", "pandas", "pyarrow", "scipy", "sklearn", "torch", "torchvision")


def loaded_by(program):
    """Which of HEAVY are imported when a fresh Python has run `program`."""
    report = f"import sys; print('loaded', *(set({HEAVY}) & set(sys.modules)))"
    command = [sys.executable, "-c", f"{program}\n{report}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return done.stdout.splitlines()[-1].split()[1:]


def test_importing_ssgan_loads_nothing_heavy():
    assert loaded_by("import ssgan; dir(ssgan); ssgan.__version__") == []


@pytest.mark.parametrize(
    ("words", "code"),
    [("--help", 0), ("pretrain --help", 0), ("--version", 0), ("nonsense", 2)],
)
def test_the_help_of_the_command_line_loads_nothing_heavy(words, code):
    program = f"""
import sys
from ssgan.cli import main
sys.argv = ["ssgan", *{words.split()}]
try:
    main()
except SystemExit as end:
    if (end.code or 0) != {code}:
        raise RuntimeError(end.code)
"""
    assert loaded_by(program) == []


@pytest.mark.parametrize("name", ssgan.__all__)
def test_every_public_name_is_there(name):
    assert getattr(ssgan, name) is not None
    assert name in dir(ssgan)


def test_an_unknown_name_is_an_attribute_error():
    unknown = "train_gan"
    with pytest.raises(AttributeError, match="module 'ssgan' has no attribute 'train_gan'"):
        getattr(ssgan, unknown)


def test_no_dependency_has_an_upper_bound_and_the_version_has_one_home():
    settings = configparser.ConfigParser()
    settings.read(ROOT.parent / "setup.cfg", encoding="utf-8")
    assert settings["metadata"]["version"] == "attr: ssgan.config.__version__"
    extras = settings["options.extras_require"].values()
    for lines in (settings["options"]["install_requires"], *extras):
        for line in lines.split("\n"):
            assert not set("<=!~") & set(line.replace(">=", "")), f"{line} bounds a version"
