"""Write `names.py`: all that the help of the command line names, so that it loads nothing heavy.

python -m ssgan.cli.generate            writes it
python -m ssgan.cli.generate --check    says whether it is out of date
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CODE = '''"""Names and defaults for the help, as the packages below have them.

Written by `python -m ssgan.cli.generate`: do not edit.
"""
'''
STALE = "ssgan/cli/names.py is out of date: run python -m ssgan.cli.generate"
NAMES_FILE = Path(__file__).with_name("names.py")
LINE = 100  # characters


def choices() -> dict[str, tuple[str, ...]]:
    """What there is of every kind, in the order of its own table."""
    from ssgan.adaptation.methods import METHODS as ADAPTATIONS
    from ssgan.adaptation.translation.methods import METHODS as TRANSLATIONS
    from ssgan.benchmark import SUITES
    from ssgan.codecs import CODECS
    from ssgan.data.named import DATA_SETS
    from ssgan.models.config import PRETRAIN_CHOICES as PRETRAIN
    from ssgan.models.recipes import RECIPES
    from ssgan.prediction.config import FINETUNE_CHOICES as FINETUNE
    from ssgan.synthesis import FILTERS, GATE_CLASSIFIERS

    options = {
        "adaptations": tuple(ADAPTATIONS),
        "classifiers": tuple(GATE_CLASSIFIERS),
        "data sets": DATA_SETS,
        "filters": tuple(FILTERS),
        "modalities": tuple(CODECS),
        "recipes": tuple(RECIPES),
        "suites": tuple(SUITES),
        "translations": tuple(TRANSLATIONS),
    }
    return dict(sorted({**PRETRAIN, **FINETUNE, **options}.items()))


def defaults() -> dict[str, dict[str, Any]]:
    """The settings of all configs where nothing is given."""
    from ssgan.adaptation.config import AdaptConfig
    from ssgan.adaptation.translation.config import TranslateConfig
    from ssgan.models.config import GANConfig
    from ssgan.prediction.config import PredictorConfig

    return {
        "pretrain": plain_fields(GANConfig().to_json()),
        "finetune": plain_fields(PredictorConfig().to_json()),
        "adapt": plain_fields(AdaptConfig().to_json()),
        "translate": plain_fields(TranslateConfig().to_json()),
    }


def plain_fields(fields: dict[str, Any]) -> dict[str, Any]:
    """Settings of a config, nested ones by their name."""
    return {
        name: value.get("name", value) if isinstance(value, dict) else value
        for name, value in fields.items()
    }


def literal(value: Any, indent: int = 0, used: int = 0) -> str:
    """A value as Python code, on one line where it fits beside `used` characters."""
    if not isinstance(value, dict | tuple):
        return json.dumps(value) if isinstance(value, str | list) else repr(value)
    if isinstance(value, dict):
        items = [(f"{json.dumps(name)}: ", inner) for name, inner in value.items()]
        opening, closing = "{", "}"
    else:
        items = [("", inner) for inner in value]
        opening, closing = "(", ")"
    line = opening + ", ".join(key + literal(inner) for key, inner in items) + closing
    if isinstance(value, tuple) and indent + used + len(line) < LINE:
        return line
    space = " " * (indent + 4)
    lines = [f"{space}{key}{literal(inner, indent + 4, len(key))},\n" for key, inner in items]
    return f"{opening}\n{''.join(lines)}{' ' * indent}{closing}"


def code() -> str:
    """The content of `names.py`."""
    return (
        f"{CODE}\nfrom typing import Any\n"
        f"\nCHOICES: dict[str, tuple[str, ...]] = {literal(choices())}\n"
        f"DEFAULTS: dict[str, dict[str, Any]] = {literal(defaults())}\n"
    )


def main(arguments: Sequence[str]) -> int:
    """Write the file; with --check only say whether it is out of date, as an exit code."""
    if "--check" not in arguments:
        NAMES_FILE.write_text(code(), encoding="utf-8")
        return 0
    if NAMES_FILE.read_text(encoding="utf-8") == code():
        return 0
    print(STALE, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
