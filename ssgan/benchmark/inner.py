"""What each candidate of `auto` gives, held out and for the test samples.

So a rule that weighs the candidates is judged in seconds (`ssgan.benchmark.judging`). The long
training is left out: it is a row of the board.
"""

import numpy as np
from scipy.special import log_softmax

from ssgan.benchmark.stored import Outputs
from ssgan.codecs.codec import Array
from ssgan.models.gan import GAN
from ssgan.models.inference import apply
from ssgan.prediction.auto.candidates import fitted_candidates
from ssgan.prediction.auto.weighing import final_config, subsample, why_not_held_out
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.fitting import fit_network, with_readout
from ssgan.prediction.heldout.crossvalidation import make_folds
from ssgan.prediction.heldout.fitted import held_out
from ssgan.prediction.labels import Labeled
from ssgan.prediction.resolve import resolve_config
from ssgan.training.runner import finish

PREFIX = "in auto: "  # of their names on the board


def candidate_outputs(
    gan: GAN, config: PredictorConfig, rows: Labeled, test: Array
) -> dict[str, Outputs]:
    """The outputs of every candidate that is fitted at once, by its name.

    Parameters
    ----------
    gan : GAN
        Which the candidates read.
    config : PredictorConfig
        Of method "auto".
    rows : Labeled
        The labelled samples and the others.
    test : array
        Raw samples.

    Returns
    -------
    dict of str to Outputs
        Held-out outputs are of R = 0 repeats where nothing can be held out. Those of many labels
        are of as many as `auto` looks at.
    """
    known = fitted_candidates(gan, config, rows)
    fewer = subsample(rows, config.auto.held_out)
    labels = fewer.values.numpy()
    fold_of = np.empty((0, len(labels)), np.int64)
    measured = {}
    if not why_not_held_out(rows):
        repeats = max(1, min(config.search.repeats, config.search.repeat_rows // len(labels)))
        folds = make_folds(fewer, config, repeats, config.auto.folds)
        measured, fold_of = finish(held_out(gan, known, fewer, folds)), folds.of
    outputs = {}
    for name, settings in ((each.name, each.config) for each in known):
        shape = (0, len(labels), rows.classes) if rows.classes else (0, len(labels))
        oof = measured[name].outputs if measured else np.empty(shape)
        answer = in_units(candidate_answer(gan, final_config(settings, rows), rows, test), rows)
        outputs[name] = Outputs(in_units(oof, rows), answer, fold_of)
    return outputs


def candidate_answer(gan: GAN, config: PredictorConfig, rows: Labeled, test: Array) -> Array:
    """What a candidate that has learnt from all labels gives: logits (m, K) or numbers (m,)."""
    reader = finish(with_readout(gan, config, rows))
    network, _ = finish(fit_network(reader, resolve_config(config, reader, rows), rows))
    outputs: Array = apply(network, gan.codec.pack(test), gan.codec, gan.runtime).double().numpy()
    return outputs if rows.classes else outputs[:, 0]


def in_units(outputs: Array, rows: Labeled) -> Array:
    """Log-probabilities of logits; numbers in the units of the labels."""
    if rows.classes:
        return np.asarray(log_softmax(outputs, axis=-1))
    center, scale = rows.scale
    return outputs * scale + center
