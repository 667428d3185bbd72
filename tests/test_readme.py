"""The README is short, and what it tells a stranger to type works."""

import re
import shlex
from contextlib import chdir
from pathlib import Path

import pytest
from click.testing import CliRunner

import ssgan
from ssgan.cli import ssgan as command

ROOT = Path(ssgan.__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TINY = {  # what the README types: the same with settings that take seconds
    "steps=800, progress=True": "steps=2, batch=8, width=2",
    'readout="all", steps=600, progress=True': 'method="probe", calibrate=False',
    "n=1000": "n=10",
    "ssgan pretrain digits": "ssgan pretrain digits --steps 2 --width 2",
    "--method auto": "--method probe --no-calibrate",
    "-n 1000 --balance": "-n 20",
}


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def tiny(text):
    for typed, shorter in TINY.items():
        text = text.replace(typed, shorter)
    return text


def test_it_is_short():
    assert README.count("\n") <= 150
    assert len(README.encode()) <= 9000


def test_the_python_block_runs_as_it_is_pasted(capsys):
    (block,) = blocks("python")
    names = {}
    exec(tiny(block), names)  # noqa: S102
    (shown,) = blocks("text")
    for printed in (shown, capsys.readouterr().out):
        assert re.fullmatch(r"accuracy: 0\.[0-9]+\n[a-z ]+: .+\n", printed)
    assert names["more"].shape[1:] == (8, 8)
    assert len(names["more"]) == len(names["labels"])
    assert names["verdict"].answer in ("helps", "no evidence", "hurts")
    assert len(names["digits"].x) == 1000  # as the comment says


def test_the_shell_lines_run(tmp_path):
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    lines = [line for line in lines if line.startswith("ssgan ")]
    assert len(lines) == 6
    with chdir(tmp_path):
        for line in lines:
            _, *words = shlex.split(tiny(line))
            found = CliRunner().invoke(command, [*words, "--quiet"], catch_exceptions=False)
            assert found.exit_code == 0, f"{line}: {found.output}"
    for name in ("predictions.csv", "augmented.npz", "model/report.html"):
        assert (tmp_path / name).is_file()


def test_every_make_target_that_it_names_is_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"make ([a-z-]+)", README)) - {"and"}
    assert named >= {"demo", "test", "docs"}
    assert all(f"\n{target}:" in makefile for target in named)


@pytest.mark.parametrize("typed", TINY)
def test_nothing_is_shortened_that_it_does_not_say(typed):
    assert typed in README
