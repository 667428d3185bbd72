"""Labels that spread over a graph of nearest neighbours, from few rows to many.

    numbers_over    numbers of all rows: the smoothest on the graph that keep near the labels
    shares_over     classes of all rows, as shares: as smooth, a number for each class; and an error
    Neighbours      a head: what the nearest rows of such a graph have
    Votes           a head: another one and these neighbours, half each

Labels (M,) of a graph are class indices, -1 where unknown, or numbers about 0, NaN where unknown.
"""

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np
import torch
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, cg
from scipy.special import softmax
from sklearn.decomposition import PCA
from sklearn.model_selection import StratifiedKFold
from sklearn.neighbors import NearestNeighbors
from torch import Tensor, nn

from ssgan.codecs.codec import Array
from ssgan.models.gan import GAN
from ssgan.prediction.baselines.folds import Folds
from ssgan.prediction.calibration.mathematics import fit_temperature
from ssgan.prediction.heads import MIN_SHARE, count_folds
from ssgan.prediction.search import DEFAULT_SEARCH, SearchConfig

NEIGHBOURS = 7  # of a row
AXES = 64  # principal axes along which neighbours are looked for
REACH = 0.999  # share of what a row's neighbours have that it takes over
WEIGHT = 0.1  # of known classes against smoothness, from one label of each to hundreds (see notes)
NUMBER_WEIGHT = 10.0  # the same of numbers, which folds of fifty labels tell too badly
HIDDEN = 3  # folds of labels that are hidden to tell how sure shares may be
ITERATIONS = 500  # of the solver, at most
EQUAL = 1e-9  # of the size of rows: distances that differ by less are the same
ROWS_AT_ONCE = 1000  # rows at once


@dataclass(frozen=True)
class Graph:
    """Packed samples (M, ...) and their labels (M,): class indices, -1 where unlabeled, or numbers,
    NaN where unlabeled."""

    packed: Tensor
    labels: Tensor
    classes: int  # 0 for numbers


def along_principal_axes(rows: Array) -> tuple[Array, Array]:
    """Rows (M, F) along their principal axes (R, F), R at most AXES, not centred: (M, R)."""
    count = min(AXES, *rows.shape)
    axes = PCA(count, svd_solver="randomized", random_state=0).fit(rows).components_
    return rows @ axes.T, axes


def neighbourhood(rows: Array) -> Any:
    """The sparse matrix (M, M) that links every row to itself and its nearest ones.

    Of rows that are equally far those that come first are taken, on every processor.
    """
    size, count = len(rows), min(NEIGHBOURS, len(rows) - 1)
    rows = np.asarray(rows, np.float64)
    search = NearestNeighbors(n_neighbors=min(2 * NEIGHBOURS, size)).fit(rows)
    near, itself = search.kneighbors(rows, return_distance=False), np.arange(size)[:, None]
    near[(near != itself).all(1), -1] = itself[
        (near != itself).all(1), 0
    ]  # many are the same as it
    near.sort(axis=1)
    unit = EQUAL * max(float(np.sqrt((rows**2).sum(1).mean())), np.finfo(np.float64).tiny)
    links = np.empty((size, count), np.int64)
    for start in range(0, size, ROWS_AT_ONCE):
        block = slice(start, start + ROWS_AT_ONCE)
        gaps = np.sqrt(((rows[block, None] - rows[near[block]]) ** 2).sum(2))
        gaps = np.rint(gaps / unit)
        gaps[near[block] == itself[block]] = -1  # itself before its duplicates
        order = gaps.argsort(1, kind="stable")[:, :count]
        links[block] = np.take_along_axis(near[block], order, 1)
    ends = np.arange(0, links.size + 1, count)
    return sparse.csr_matrix((np.ones(links.size), links.ravel(), ends), shape=(size, size))


def coordinates_of(features: Array) -> Array:
    """Features (M, F) along their principal axes, (M, R).

    They are float64, in which rows that are the same stay the same: a labelled sample is often
    among the unlabeled ones as well.
    """
    axes = along_principal_axes(features)[1].T.astype(np.float64)
    blocks = range(0, len(features), ROWS_AT_ONCE)
    parts = [features[start : start + ROWS_AT_ONCE].astype(np.float64) @ axes for start in blocks]
    return np.concatenate(parts)


def links_of(features: Array) -> Any:
    """The `neighbourhood` of features (M, F) along their principal axes."""
    return neighbourhood(coordinates_of(features))


def held_out_votes(
    features: Array, graph: Graph, folds: Folds, search: SearchConfig = DEFAULT_SEARCH
) -> Array:
    """What `Neighbours` over a graph says of its labelled rows, held out in folds: log shares
    (R, n, K), or numbers (R, n).

    They are the first n of M rows of `features` (M, F). A held-out row is in the graph, which new
    rows are not: neither its own node nor one of the same features votes for it. How sure shares
    are is fitted once, on all labels.
    """
    count, labels = len(folds.of[0]), graph.labels.numpy()
    rows, unknown = coordinates_of(features), -1 if graph.classes else np.nan
    rough, others = roughness(neighbourhood(rows)), near_others(rows, count)
    heat = heat_of(rough, labels, graph.classes, search)[0] if graph.classes else 1.0
    votes = np.empty((len(folds.of), count, max(graph.classes, 1)))
    for repeat, _, test in folds:
        hidden_labels = labels.copy()
        hidden_labels[test] = unknown
        if graph.classes:
            spread = shares_at(rough, hidden_labels, graph.classes, heat, search)
        else:
            spread = solve_smoothest(rough, hidden_labels, NUMBER_WEIGHT, search)[:, None]
        votes[repeat, test] = spread[others[test]].mean(1)
    return np.log(np.maximum(votes, MIN_SHARE)) if graph.classes else votes[..., 0]


def near_others(rows: Array, count: int) -> Array:
    """The NEIGHBOURS nearest of rows (M, R) to each of the first `count`, of those that differ from
    it; of itself and its duplicates where too few do."""
    most = min(4 * NEIGHBOURS, len(rows))
    gaps, near = NearestNeighbors(n_neighbors=most).fit(rows).kneighbors(rows[:count])
    same = gaps <= EQUAL * max(float(np.sqrt((rows**2).sum(1).mean())), np.finfo(np.float64).tiny)
    order = np.argsort(same, axis=1, kind="stable")[:, : min(NEIGHBOURS, most)]
    nearest: Array = np.take_along_axis(near, order, 1)
    return nearest


def spread_over(
    links: Any, labels: Array, classes: int, search: SearchConfig = DEFAULT_SEARCH
) -> Array:
    """What `shares_over` or, where there are no classes, `numbers_over` gives."""
    if not classes:
        return numbers_over(links, labels, search)
    return shares_over(links, labels, classes, search)[0]


def shares_over(
    links: Any, labels: Array, classes: int, search: SearchConfig = DEFAULT_SEARCH
) -> tuple[Array, float]:
    """Shares (M, K) float32 of the classes after `labels` (M,), spread over a graph; the share of
    hidden labels that these miss, infinite where none can be hidden.

    Soft maxima of `scores_over` at the temperature that hidden labels tell, about the shares of the
    labels. Known rows have their label, and rows that no label reaches the shares of the labels.
    """
    rough = roughness(links)
    heat, error = heat_of(rough, labels, classes, search)
    return shares_at(rough, labels, classes, heat, search), error


def heat_of(
    rough: Any, labels: Array, classes: int, search: SearchConfig = DEFAULT_SEARCH
) -> tuple[float, float]:
    """The temperature of `scores_over` that hidden labels tell, and the share of them missed; 1 and
    infinite where none can be hidden."""
    hidden = hidden_scores(rough, labels, classes, search)
    if hidden is None:
        return 1.0, np.inf
    labeled = labels >= 0
    present, named = np.unique(labels[labeled], return_inverse=True)
    prior = log_prior(labels, classes)
    heat = fit_temperature(hidden[:, present], named, prior[present])
    error = float(((hidden / heat + prior).argmax(1) != labels[labeled]).mean())
    return heat, error


def log_prior(labels: Array, classes: int) -> Array:
    """The log of the shares of the classes (K,) among known labels, -inf where there is none.

    The scores of `scores_over` are about 0 whatever the shares are.
    """
    counts = np.bincount(labels[labels >= 0], minlength=classes)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(counts / counts.sum()))


def shares_at(
    rough: Any, labels: Array, classes: int, heat: float, search: SearchConfig = DEFAULT_SEARCH
) -> Array:
    """Shares (M, K) float32 at a temperature; known rows have their label."""
    scores, labeled = scores_over(rough, labels, classes, search), labels >= 0
    logits = scores / heat + log_prior(labels, classes)
    shares: Array = softmax(logits, axis=1).astype(np.float32)
    shares[labeled] = np.eye(classes)[labels[labeled]]
    return shares


def scores_over(
    rough: Any, labels: Array, classes: int, search: SearchConfig = DEFAULT_SEARCH
) -> Array:
    """How much speaks for each class, (M, K): the smoothest numbers for how much more a label says
    for a class than the mean label does, to a root mean square of 1; -inf for classes without one.

    As Poisson learning (Calder et al. 2020, "Poisson Learning: Graph Based Semi-Supervised Learning
    At Very Low Label Rates") it tells classes apart by a label of each, where label spreading (Zhou
    et al. 2004) falls back to nothing a few rows away from one.
    """
    labeled, scores = labels >= 0, np.full((len(labels), classes), -np.inf)
    present = np.unique(labels[labeled])
    for name in present:
        more = np.where(labeled, (labels == name) - (labels[labeled] == name).mean(), np.nan)
        scores[:, name] = solve_smoothest(rough, more, WEIGHT, search)
    size = np.sqrt((scores[:, present] ** 2).mean())
    scaled: Array = scores / max(float(size), np.finfo(np.float64).tiny)
    return scaled


def hidden_scores(
    rough: Any, labels: Array, classes: int, search: SearchConfig = DEFAULT_SEARCH
) -> Array | None:
    """`scores_over` (m, K) for the m known rows, each with the labels of its fold hidden; None
    where a class has one label alone."""
    labeled = np.flatnonzero(labels >= 0)
    count = min(HIDDEN, count_folds(labels[labeled], search.folds))
    if count < 2:
        return None
    scores = np.empty((len(labeled), classes))
    cut = StratifiedKFold(count, shuffle=True, random_state=0)
    for _, hidden in cut.split(labeled, labels[labeled]):
        hidden_labels = labels.copy()
        hidden_labels[labeled[hidden]] = -1
        scores[hidden] = scores_over(rough, hidden_labels, classes, search)[labeled[hidden]]
    return scores


def numbers_over(links: Any, labels: Array, search: SearchConfig = DEFAULT_SEARCH) -> Array:
    """Numbers (M,) float32 after `labels` (M,)."""
    return solve_smoothest(roughness(links), labels, NUMBER_WEIGHT, search).astype(np.float32)


def roughness(links: Any) -> Any:
    """L = I - REACH D^(-1/2) W D^(-1/2) (M, M) of a graph, W its links made symmetric.

    What spreading inverts (Zhou et al. 2004, eq. 4).
    """
    mutual = links.maximum(links.T)
    scale = sparse.diags(np.asarray(mutual.sum(1)).ravel() ** -0.5)
    return (sparse.identity(links.shape[0]) - REACH * scale @ mutual @ scale).tocsr()


def solve_smoothest(
    rough: Any, labels: Array, weight: float, search: SearchConfig = DEFAULT_SEARCH
) -> Array:
    """The numbers f (M,) of the least weight * sum (f - label)^2 + |L f|^2.

    L twice, as regularised Laplacians of a higher power are (Smola and Kondor 2003, "Kernels and
    Regularization on Graphs"): once would fall back to 0 a step away from a label.
    """
    pull = np.where(np.isfinite(labels), weight, 0.0)
    matrix = LinearOperator(rough.shape, matvec=lambda f: pull * f + rough @ (rough @ f))
    pulled = pull * np.nan_to_num(labels)
    numbers: Array = cg(matrix, pulled, rtol=search.tolerance, maxiter=ITERATIONS)[0]
    return numbers


class Neighbours(nn.Module):
    """What the nearest of M rows have over which labels spread.

    Log shares (N, K) of the classes, or numbers (N, 1), for which `classes` is 0.
    """

    axes: Tensor
    rows: Tensor
    shares: Tensor

    def __init__(self, rows: int, features: int, classes: int) -> None:
        super().__init__()
        self.classes = classes if classes > 1 else 0  # of one class there is nothing to tell
        count = min(AXES, rows, features)
        self.register_buffer("axes", torch.zeros(features, count))
        self.register_buffer("rows", torch.zeros(rows, count))
        self.register_buffer("shares", torch.full((rows, max(classes, 1)), 1 / max(classes, 1)))

    def fit(self, features: Array, labels: Array, search: SearchConfig = DEFAULT_SEARCH) -> None:
        """Spread `labels` (M,) over the graph of `features` (M, F)."""
        rows, axes = along_principal_axes(features)
        spread = spread_over(links_of(features), labels, self.classes, search)
        shares = spread.reshape(len(rows), -1)
        for buffer, values in ((self.axes, axes.T), (self.rows, rows), (self.shares, shares)):
            buffer.copy_(torch.from_numpy(np.ascontiguousarray(values)))

    def forward(self, features: Tensor) -> Tensor:
        count = min(NEIGHBOURS, len(self.rows))
        distances = torch.cdist(features.float() @ self.axes, self.rows)
        mean = self.shares[distances.topk(count, largest=False).indices].mean(1)
        return mean.clamp_min(MIN_SHARE).log() if self.classes else mean


class Votes(nn.Module):
    """Log of the mean of what a head and the neighbours in feature space give, (N, K)."""

    def __init__(self, head: nn.Module, neighbours: Neighbours) -> None:
        super().__init__()
        self.head, self.neighbours = head, neighbours

    def forward(self, features: Tensor) -> Tensor:
        votes = torch.stack([self.head(features).log_softmax(1), self.neighbours(features)])
        mean: Tensor = votes.logsumexp(0) - log(len(votes))
        return mean


def first_shares(
    gan: GAN, rows: Graph, search: SearchConfig = DEFAULT_SEARCH
) -> tuple[str, Tensor]:
    """Where samples are near, "features" or "samples", and the shares (M, K) over them there.

    Nearness is that of the GAN's features or of the samples themselves, whichever
    finds hidden labels better in cross-validation on the labelled ones; features where none can
    be hidden.
    """
    encoders = {"features": gan.encode, "samples": lambda x: x.flatten(1)}
    spread = {}
    for name, encode in encoders.items():
        links = links_of(gan.apply(encode, rows.packed).numpy())
        spread[name] = shares_over(links, rows.labels.numpy(), rows.classes, search)
    best = min(spread, key=lambda name: spread[name][1])
    return best, torch.from_numpy(spread[best][0])
