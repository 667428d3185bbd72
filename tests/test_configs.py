"""What settings may be: those of another kind are refused, and every one of them is read."""

import ast
import json
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Union, get_args, get_origin, get_type_hints

import numpy as np
import pytest

import ssgan
from ssgan.config import InputError
from ssgan.models.selfsupervision import Contrastive, Rotation
from ssgan.objectives import OBJECTIVES
from ssgan.prediction.search import WeighConfig
from ssgan.transforms.batch import Augmentation
from tests.test_architecture import SOURCES

CONFIGS = [
    *(ssgan.AdaptConfig, ssgan.GANConfig, ssgan.PredictorConfig),
    *(ssgan.StudentConfig, ssgan.UpscaleConfig),
]
PARTS = {
    "search": ssgan.SearchConfig,
    "auto": ssgan.AutoConfig,
    "class_shares": ssgan.SharesConfig,
    "student": ssgan.StudentConfig,
}
WEIGHING = [field.name for field in fields(WeighConfig)]
VALUES = (3, "x", [3], {}, True, None, float("nan"))
FIELDS = [(kind, field.name) for kind in CONFIGS for field in fields(kind)]
NESTED = [(part, field.name) for part, kind in PARTS.items() for field in fields(kind)]


def kinds_of(config, name):
    """The types that the annotation of a field allows."""
    hint = get_type_hints(type(config))[name]
    hints = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
    return {get_origin(one) or one for one in hints}


def fits(value, kinds, name):
    """Whether a value may be taken for a field of these kinds."""
    if value == {}:  # all of a nested config is as it was
        return name == "shares" or any(map(is_dataclass, kinds))
    return value == value and (type(value) in kinds or type(value) is int and float in kinds)


def taken(name, change):
    """Those of VALUES that `change` accepts; none may raise another error than an InputError."""
    for value in VALUES:
        try:
            change({name: value})
        except InputError:
            continue
        yield value


@pytest.mark.parametrize(("kind", "name"), FIELDS)
def test_a_setting_of_another_kind_is_refused(kind, name):
    kinds = kinds_of(kind(), name)
    wrong = [v for v in taken(name, kind().changed) if not fits(v, kinds, name)]
    assert not wrong


@pytest.mark.parametrize(("part", "name"), NESTED)
def test_a_setting_within_another_is_refused_too(part, name):
    def change(given):
        return ssgan.PredictorConfig().changed({part: given})

    config = PARTS[part]()
    wrong = [v for v in taken(name, change) if not fits(v, kinds_of(config, name), name)]
    assert not wrong


@pytest.mark.parametrize("name", WEIGHING)
def test_a_setting_two_levels_down_is_refused_too(name):
    def change(given):
        return ssgan.PredictorConfig().changed({"auto": {"weigh": given}})

    config = WeighConfig()
    wrong = [v for v in taken(name, change) if not fits(v, kinds_of(config, name), name)]
    assert not wrong


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        ("Predictor", {"student": "x"}, "student to be a StudentConfig or a table .* got 'x'"),
        ("Predictor", {"student": 3, "student_steps": 4}, "student to be a StudentConfig"),
        ("Predictor", {"auto": 3}, "auto to be an AutoConfig or a table of its settings, got 3"),
        ("Predictor", {"auto": {"weigh": 3}}, "weigh to be a WeighConfig"),
        ("Predictor", {"members": "x"}, "members to be a list of models, got 'x'"),
        ("Predictor", {"members": [{"weight": 1.0}]}, "a member to have a config and a weight"),
        ("Predictor", {"members": [{"config": 3, "weight": 1.0}]}, "a member to have a config"),
        ("Predictor", {"transforms": "turn"}, "transforms to be a list out of turn, .*'turn'"),
        ("Predictor", {"student": {"transforms": 3}}, "transforms to be a list out of turn"),
        ("Predictor", {"baseline": ["svm"]}, "baseline to be the name of a model"),
        ("GAN", {"objective": 3}, "objective to be a NonSaturating, .* got 3"),
        ("GAN", {"objective": OBJECTIVES["hinge"]}, "objective to be a NonSaturating"),
        ("GAN", {"objective": {"name": ["hinge"]}}, "no objective \\['hinge'\\]"),
        ("GAN", {"objective": {"name": "hinge", "updates": "x"}}, "1 or more critic up.* got 'x'"),
        ("GAN", {"objective": {"name": "wgan", "first": 0.5}}, "1 or more critic updates"),
        ("GAN", {"objective": {"name": "wgan", "clip": "x"}}, "clip to be a number"),
        ("GAN", {"selfsupervision": {"name": ["rotation"]}}, "no self-supervision"),
        ("GAN", {"selfsupervision": 3}, "selfsupervision to be a Rotation, a Contrastive"),
        ("GAN", {"augmentation": 3}, "augmentation to be an Augmentation or a table"),
        ("GAN", {"augmentation": {"kinds": 3}}, "kinds to be a list out of"),
        ("Adapt", {"candidates": "dann"}, "candidates to be a list out of"),
    ],
)
def test_a_refusal_says_what_was_expected(kind, given, words):
    with pytest.raises(InputError, match=words):
        getattr(ssgan, f"{kind}Config")().changed(given)


def test_a_name_or_a_table_is_made_into_what_it_means():
    config = ssgan.GANConfig(
        objective="hinge", augmentation={"share": 0.5}, selfsupervision="rotation"
    )
    assert type(config.objective) is OBJECTIVES["hinge"]
    assert config.augmentation == Augmentation(share=0.5)
    assert config.selfsupervision == Rotation()
    other = config.changed({"augmentation": "none", "selfsupervision": {"name": "contrastive"}})
    assert other.augmentation is None and other.selfsupervision == Contrastive()
    assert ssgan.GANConfig.from_json(config.to_json()) == config


def test_a_table_is_made_into_the_config_that_it_is_of():
    auto = {"folds": 3, "weigh": {"bags": 2}}
    given = {"student": {"steps": 5}, "search": {"folds": 3}, "class_shares": {"held": 1}}
    config = ssgan.PredictorConfig(auto=auto, **given)
    assert config == ssgan.PredictorConfig().changed({"auto": auto, **given})
    assert config.student == ssgan.StudentConfig(steps=5)
    assert config.auto.weigh == WeighConfig(bags=2)
    adapted = ssgan.AdaptConfig(teacher={"sure": 0.5})
    assert adapted == ssgan.AdaptConfig().changed({"teacher": {"sure": 0.5}})
    with pytest.raises(InputError, match="no setting step: did you mean steps"):
        ssgan.PredictorConfig(student={"step": 5})


def test_a_table_in_a_table_changes_only_what_it_names():
    config = ssgan.PredictorConfig(auto={"weigh": {"bags": 2}})
    changed = config.changed({"auto": {"weigh": {"first": 1}}})
    assert changed.auto.weigh == WeighConfig(bags=2, first=1)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("Predictor", {"batch": np.int64(100), "steps": np.int32(7), "rate": np.float32(0.5)}),
        ("Predictor", {"auto": {"budget": np.float64(2)}, "search": {"folds": np.uint8(3)}}),
        ("GAN", {"depth": np.int64(2), "critic_rate": np.float64(0.5), "ema_first": np.float64(0)}),
        ("GAN", {"objective": {"name": "wgan", "first": np.int64(3), "clip": np.float32(0.5)}}),
        ("GAN", {"rate": np.int64(1)}),
        ("Adapt", {"steps": np.int64(4), "rate": np.float16(0.5)}),
    ],
)
def test_numbers_of_numpy_are_kept_as_those_of_python(kind, given):
    def plain(value):
        if isinstance(value, dict):
            return {name: plain(inner) for name, inner in value.items()}
        return value.item() if isinstance(value, np.generic) else value

    make = getattr(ssgan, f"{kind}Config")
    config, same = make(**given), make(**plain(given))
    assert config == same
    assert json.dumps(config.to_json()) == json.dumps(same.to_json())


@pytest.mark.parametrize("name", ["batch", "rate", "steps", "seed"])
@pytest.mark.parametrize("kind", ["Predictor", "GAN", "Adapt"])
def test_a_number_beyond_all_floats_is_refused(kind, name):
    with pytest.raises(InputError, match=f"expected {name} to be a .*number"):
        getattr(ssgan, f"{kind}Config")(**{name: 10**400})


@pytest.mark.parametrize("value", [np.float64("nan"), np.float32("inf"), np.bool_(True)])
def test_numbers_of_numpy_are_refused_as_those_of_python(value):
    with pytest.raises(InputError, match="expected rate to be a number from 0 on"):
        ssgan.GANConfig(rate=value)
    with pytest.raises(InputError, match="expected batch to be a whole number"):
        ssgan.PredictorConfig(batch=value)


def test_old_names_of_a_student_change_a_given_one():
    given = {"student": ssgan.StudentConfig(rate=0.5), "student_steps": 7}
    assert ssgan.PredictorConfig().changed(given).student == ssgan.StudentConfig(rate=0.5, steps=7)


def reads(sources):
    """(of what, attribute) of every attribute that is read: ("config", "steps"). Of self it is the
    class. What `__post_init__` reads it only checks."""
    found = set()
    for source in sources:
        owner = {}  # the class or the check that a node lies in; the innermost comes last
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef) or getattr(node, "name", "") == "__post_init__":
                owner |= {id(inner): node.name for inner in ast.walk(node)}
            if isinstance(node, ast.Attribute) and owner.get(id(node)) != "__post_init__":
                of = getattr(node.value, "attr", getattr(node.value, "id", ""))
                found.add((owner.get(id(node), "") if of == "self" else of, node.attr))
    return found


def unread(kind, part, found):
    """Fields of a config, or of one that is a field `part` of another, that are not among what is
    read."""
    of = ("config", part, kind.__name__)
    return [f.name for f in fields(kind) if not any((one, f.name) in found for one in of)]


def test_every_setting_is_read():
    found = reads(SOURCES.values())
    assert unread(ssgan.PredictorConfig, "predictor", found) == []
    for part, kind in {**PARTS, "weigh": WeighConfig}.items():
        assert unread(kind, part, found) == [], part


def test_a_setting_that_is_only_checked_counts_as_unread():
    checked = "class SearchConfig:\n def __post_init__(self): self.folds; self.values"
    used = "class SearchConfig:\n def few(self): return self.values\nconfig.steps; x.search.trees"
    other = ["repeats", "repeat_rows", "calibration_rows", "tolerance"]
    found = unread(ssgan.SearchConfig, "search", reads([checked, used, "run.repeats"]))
    assert found == ["folds", *other]
