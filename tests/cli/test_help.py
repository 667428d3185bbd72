"""The command line without any work: its commands, its help, and words that it does not know."""

import importlib
import json
import re

import click
import pytest
from click.testing import CliRunner

from ssgan.cli import COMMANDS, generate, ssgan
from ssgan.cli.names import CHOICES
from ssgan.cli.options import READING, error_line

GRAPH = ("--method", "propagation")


def run(*words):
    return CliRunner().invoke(ssgan, list(words))


def leaves():
    """Every command with the words that call it."""
    for name in COMMANDS:
        command = getattr(importlib.import_module(f"ssgan.cli.{name}"), name)
        if isinstance(command, click.Group):
            yield from (((name, inner), leaf) for inner, leaf in command.commands.items())
        else:
            yield (name,), command


LEAVES = list(leaves())


@pytest.mark.parametrize(("words", "command"), LEAVES, ids=lambda value: str(value))
def test_every_command_has_help_with_an_example(words, command):
    result = run(*words, "--help")
    assert result.exit_code == 0
    assert f"Example:\n    ssgan {' '.join(words)}" in result.stdout
    assert "--quiet" in result.stdout
    assert "--debug" in result.stdout


@pytest.mark.parametrize(("words", "command"), LEAVES, ids=lambda value: str(value))
def test_every_option_says_what_it_is(words, command):
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, parameter.name


@pytest.mark.parametrize("words", [(), ("--help",)])
def test_help_lists_every_command(words):
    result = run(*words)
    assert result.exit_code == 0
    shown = " ".join(result.stdout.split())
    for name, help_text in COMMANDS.items():
        assert f" {name} {help_text}" in shown


def test_the_defaults_in_the_help_are_those_of_the_configs():
    from ssgan.models.config import GANConfig
    from ssgan.prediction.config import PredictorConfig

    for words, config in (("pretrain", GANConfig()), ("finetune", PredictorConfig())):
        fields = config.to_json()
        shown = 0
        for option in dict(LEAVES)[(words,)].params:
            if option.name in READING:
                continue
            value = fields.get(option.name)
            value = value["name"] if isinstance(value, dict) else value
            if value is not None and option.name in fields and not option.hidden:
                names = option.opts if value is True else option.secondary_opts
                named = names[0].removeprefix("--") if isinstance(value, bool) else value
                assert f"[default: {named}]" in option.help
                shown += 1
        assert shown >= 2


def test_the_generated_names_are_those_of_the_packages():
    assert generate.main(["--check"]) == 0, generate.STALE


@pytest.mark.parametrize(
    ("command", "kinds"),
    [
        (
            "pretrain",
            ("objectives", "recipes", "models", "architectures", "selfsupervisions")
            + ("augmentations",),
        ),
        ("finetune", ("methods", "readouts", "transforms")),
        ("augment", ("filters",)),
        ("features", ("readouts",)),
    ],
)
def test_the_help_names_all_there_is(command, kinds):
    shown = re.sub(r"-\n +", "-", run(command, "--help").stdout)  # a name may go over a line
    for kind in kinds:
        assert all(name in shown for name in CHOICES[kind]), kind


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["pretain"], "No such command 'pretain': did you mean 'pretrain'? (see ssgan --help)"),
        (["zzz"], "No such command 'zzz': there are demo, pretrain,"),
        (["pretrain"], "Missing argument 'DATA'. (see ssgan pretrain --help)"),
        (["pretrain", "digits"], "Missing option '--run': the directory to train in."),
        (["pretrain", "digits", "--run", "r", "--steps", "-1"], "Invalid value for '--steps'"),
        (["pretrain", "digits", "--run", "r", "--steps", "x"], "'x' is not a valid integer"),
        (["pretrain", "digits", "--run", "r", "--rate", "0"], "Invalid value for '--rate'"),
        (["pretrain", "digits", "--run", "r", "--size", "0"], "expected a side as 64"),
        (["pretrain", "digits", "--run", "r", "--size", "8x8x8"], "expected a side as 64"),
        (["pretrain", "digits", "--run", "r", "--config", "no.toml"], "does not exist"),
        (["pretrain", "digits", "--run", "r", "--epochs", "9"], "No such option"),
        (["finetune", "r", "--labels", "digits"], "Missing option '--out'"),
        (["finetune", "r", "--out", "m"], "Missing option '--labels'"),
        (
            ["finetune", "r", "--labels", "d", "--out", "m", "--label-seed", "1"],
            "--label-seed draws",
        ),
        (
            ["finetune", "r", "--labels", "d", "--per-class", "1", "--count", "1", "--out", "m"],
            "exclude",
        ),
        (["finetune", "r", "--labels", "d", "--out", "m", "--task", "x"], "'x' is not one of"),
        (
            ["finetune", "r", "--labels", "d", "--out", "m", "--mix", *GRAPH],
            "mix is for auto and consistency, method 'propagation'",
        ),
        (
            ["finetune", "r", "--labels", "d", "--out", "m", "--steps", "5", "--method", "probe"],
            "propagation and supervised, method 'probe' does not use it: leave it out",
        ),
        (
            ["finetune", "r", "--labels", "d", "--out", "m", "--mix", "--method", "probe"],
            "mix is for auto and consistency, method 'probe'",
        ),
        (
            ["finetune", "r", "--labels", "d", "--out", "m", "--transforms", "zoom,flip", *GRAPH],
            "zoom is for a student's views, readout 'all' has none",
        ),
        (["predict", "m", "d"], "Missing option '--out'"),
        (["predict", "m", "d", "--out", "p.txt"], "predictions can be written as .csv, .parquet"),
        (["features", "m", "d", "--out", "f"], "features can be written as .npy, .npz"),
        (["sample", "r", "--out", "s"], "Missing option '-n'"),
        (["data", "zzz"], "No such command 'zzz'"),
    ],
)
def test_a_wrong_use_is_one_line_on_stderr_with_exit_code_2(words, message):
    result = run(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.startswith("ssgan: ")
    assert result.stderr.count("\n") == 1
    assert message in result.stderr


def test_alignment_that_a_config_asks_for_is_refused_where_no_teacher_says_anything(tmp_path):
    (tmp_path / "f.toml").write_text('align = true\nmethod = "propagation"')
    result = run("finetune", "r", "--labels", "d", "--out", "m", "--config", tmp_path / "f.toml")
    assert result.exit_code == 2
    assert "align is for auto and consistency, method 'propagation'" in result.stderr


def test_an_error_is_said_on_one_line():
    assert error_line(ValueError("two\n  lines")) == "two lines"
    assert error_line(ValueError()) == "ValueError"
    denied = PermissionError(13, "Permission denied", "a.csv")
    assert error_line(denied) == "a.csv: Permission denied"


@pytest.mark.parametrize("flag", ["--architecture", "--body"])
def test_the_architecture_has_its_old_name_too(flag):
    result = run("pretrain", "digits", "--dry-run", flag, "dense", "--steps", "0")
    assert result.exit_code == 0, result.output
    config = json.loads(result.stdout)["config"]
    assert config["architecture"] == "dense"
    assert config["steps"] == 0
