"""The least versions that setup.cfg names are those that `make test-oldest` installs."""

import configparser
from pathlib import Path

ROOT = Path(__file__).parents[1]


def pins():
    """Versions by package of constraints-oldest.txt."""
    lines = (ROOT / "constraints-oldest.txt").read_text("utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def bounds():
    """Least versions by package of setup.cfg; "" where none is named."""
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = settings["options"]["install_requires"].split("\n")
    found = [line.split(">=") for line in lines if line and not line.startswith("#")]
    return {name: rest[0] if rest else "" for name, *rest in found}


def test_every_dependency_has_a_least_version():
    assert not [name for name, least in bounds().items() if not least]


def test_the_oldest_environment_has_exactly_the_least_versions():
    installed = pins()
    for name, least in bounds().items():
        numbers = installed.pop(name).split(".")
        named = least.split(".")
        assert numbers == named + ["0"] * (len(numbers) - len(named)), name
    assert [*installed] == ["pyparsing", "pytest"]
