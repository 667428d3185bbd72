"""What the documentation says of the source is so, its links lead somewhere, its examples run."""

import re
import runpy
import shutil
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pytest

import ssgan
from ssgan.adaptation.methods import METHODS as ADAPTATIONS
from ssgan.networks import ARCHITECTURES
from ssgan.prediction.methods import METHODS
from ssgan.synthesis import FILTERS
from tests.test_architecture import LAYERS

ROOT = Path(ssgan.__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *(p for p in DOCS.glob("**/*.md") if "_build" not in p.parts)])
EXAMPLES = sorted((DOCS / "examples").glob("*.py"))
STUDENT = '{"steps": 2, "batch": 6}'
SEARCH = '{"folds": 2, "repeats": 1, "values": 1, "trees": 2}'
LITTLE = f"steps=2, batch=4, student={STUDENT}, search={SEARCH}"
TINY = {"steps=400": "steps=2", "steps=300": "steps=2", '"auto"': f'"auto", {LITTLE}'}
TINY |= {"calibrate=False": f"{LITTLE}, calibrate=False", "1500": "200", "1400:": "1780:"}


def links(page):
    """Targets of the relative links of a page, without what stands in code."""
    text = re.sub(r"```.*?```|`[^`]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"\]\(([^)\s]+)\)", text)
    return [target for target in found if not re.match(r"[a-z]+:", target)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_to_files_and_headings(page):
    for target in links(page):
        name, _, heading = target.partition("#")
        path = (page.parent / name).resolve() if name else page
        assert path.is_file(), target
        if heading:
            lines = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = [re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines]
            assert heading in slugs, target


@pytest.mark.parametrize("name", ["encoders.md", "texts.md"])
def test_what_a_page_shows_in_python_runs(name, tmp_path, capsys, monkeypatch):
    text = (DOCS / "guide" / name).read_text(encoding="utf-8")
    encoders = Path(__file__).parents[1] / "fixtures" / "encoders"
    shutil.copytree(encoders / "sentences", tmp_path / "sentences")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SSGAN_DATA", str(tmp_path))
    (tmp_path / "shown.py").write_text("".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)))
    runpy.run_path(str(tmp_path / "shown.py"))
    assert float(capsys.readouterr().out.removeprefix("accuracy")) > 0.9


def test_every_page_stands_in_a_table_of_contents():
    listed = set()
    for page in DOCS.glob("**/*.md"):
        for block in re.findall(r"```{toctree}\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            names = [line for line in block.split() if not line.startswith(":")]
            listed |= {(page.parent / f"{name}.md").resolve() for name in names}
    pages = {p.resolve() for p in DOCS.glob("**/*.md") if "_build" not in p.parts}
    assert pages - listed == {DOCS / "index.md"}


def test_the_layers_of_the_design_are_those_of_the_source():
    text = (DOCS / "design.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    assert [line.split()[0] for line in block.splitlines()] == list(reversed(LAYERS))


def rows_of_a_page(name):
    """The names in code in the first column of the tables of a page of the guide."""
    text = (DOCS / "guide" / name).read_text(encoding="utf-8")
    return set(re.findall(r"`([^`]+)`", "".join(re.findall(r"^\|[^|]*\|", text, re.MULTILINE))))


@pytest.mark.parametrize(
    ("names", "rows"),
    [
        (ARCHITECTURES, rows_of_a_page("pretraining.md")),
        (METHODS, rows_of_a_page("few-labels.md")),
        (ADAPTATIONS, rows_of_a_page("adaptation.md")),
        (FILTERS, rows_of_a_page("augmentation.md")),
    ],
    ids=["pretraining", "few-labels", "adaptation", "augmentation"],
)
def test_a_table_names_all_that_there_is(names, rows):
    assert set(names) - rows == set()


def test_the_version_is_one():
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\nversion: {ssgan.__version__}\n" in citation
    assert f"\n## [{ssgan.__version__}]" in changelog


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_runs(path, tmp_path, capsys):
    text = path.read_text(encoding="utf-8")
    assert any(typed in text for typed in TINY)
    for typed, shorter in TINY.items():
        text = text.replace(typed, shorter)
    script = tmp_path / path.name
    script.write_text(text, encoding="utf-8")
    matplotlib.use("agg")
    main = runpy.run_path(str(script)).get("main")
    if main:
        main(1, 1)
    plt.close("all")
    assert re.search("accuracy|error|surprise", capsys.readouterr().out)
