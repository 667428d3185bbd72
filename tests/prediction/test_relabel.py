"""A column of generated rows filled by a model of the real ones."""

import numpy as np
import pandas as pd
import pytest

import ssgan
from ssgan.config import InputError
from ssgan.prediction.relabel import relabeler
from tests.examples import SMALL, images


def rows(n=400):
    age = np.arange(n) % 80
    kind = np.where(age < 40, "young", "old")
    return pd.DataFrame(
        {"age": age, "height": np.linspace(1, 2, n), "kind": kind, "half": age // 2}
    )


@pytest.fixture(scope="module")
def gan():
    return ssgan.pretrain(rows(), SMALL)


def test_rows_have_the_class_of_real_rows_like_them(gan):
    generated = gan.sample(200)
    relabelled = relabeler(gan, "kind")(generated)
    assert (relabelled["kind"] == np.where(generated["age"] < 40, "young", "old")).all()
    others = ["age", "height", "half"]
    pd.testing.assert_frame_equal(relabelled[others], generated[others])
    assert relabelled.dtypes.equals(generated.dtypes)


def test_numbers_keep_their_type(gan):
    generated = gan.sample(200)
    relabelled = relabeler(gan, "half")(generated)
    assert relabelled["half"].dtype == np.int64
    assert relabeler(gan, "half")(generated[:0]).equals(generated[:0])


def test_what_cannot_be_relabelled_is_refused(gan):
    with pytest.raises(InputError, match="no column 'job' to relabel; the GAN has columns 'age'"):
        relabeler(gan, "job")
    with pytest.raises(InputError, match="no column 'job' to relabel; the GAN has images"):
        relabeler(ssgan.pretrain(images(), SMALL), "job")


def test_a_gan_whose_rows_are_gone_says_so(tmp_path):
    ssgan.pretrain(rows(), SMALL, run=tmp_path / "run")
    with pytest.raises(InputError, match="training rows of this GAN are gone"):
        relabeler(ssgan.load(tmp_path / "run"), "kind")
