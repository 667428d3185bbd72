"""Classification accuracy scores: whether a classifier learns from generated samples.

cas      learnt on generated samples, tested on real ones (Ravuri & Vinyals 2019)
reverse  learnt on real samples, tested on generated ones: low where labels or samples are wrong
real     learnt on real samples, tested on real ones: what `cas` is to be compared with

logistic  logistic regression in the space of the samples: seconds
cnn       for images: two convolutions of 32 and 64, a linear head, 5 epochs of Adam
boosting  for numbers: gradient boosting over histograms, scikit-learn's own settings
"""

from collections.abc import Callable
from math import cos, pi

import torch
from torch import Tensor, nn

from ssgan.config import InputError
from ssgan.metrics.spaces import Space, space_of
from ssgan.metrics.two_sample import fit_logistic
from ssgan.randomness import Rng, seeded

EPOCHS = 5
BATCH = 128
RATE = 2e-3
DECAY = 1e-4  # of the weights

Labelled = tuple[Tensor, Tensor]  # encoded samples (N, *shape) and their classes (N,)
Guess = Callable[[Tensor], Tensor]  # encoded samples (N, *shape) to classes (N,)
Classifier = Callable[[Labelled], Guess]  # what was learnt from labelled samples


def accuracy_scores(
    train: Labelled,
    test: Labelled,
    fake: Labelled,
    classifier: str | Space = "logistic",
    *,
    seed: int = 0,
    reference: str = "test",
) -> dict[str, float]:
    """Classification accuracy scores: whether a classifier learns from generated samples.

    Parameters
    ----------
    train, test, fake : pair of Tensor, shapes (N, *shape) and (N,)
        Encoded samples and their classes: real ones to learn from and to test on, and generated
        ones.
    classifier : {"logistic", "cnn", "boosting"} or Space
        What learns: logistic regression in the space of the samples or in the one given, a small
        convolutional network for images, or gradient boosting for numbers.
    seed : int
        Draws as many of `train` and `fake` as the smaller has.
    reference : str
        What `test` is called in the names.

    Returns
    -------
    dict of str to float
        "cas_logistic_randconv_5000_test", learnt on generated samples, tested on real ones;
        "reverse_...", learnt on real, tested on generated ones; "real_...", learnt and tested on
        real ones, with which the first is to be compared. From 0 to 1, higher is better.

    Raises
    ------
    InputError
        For a classifier that does not go with the samples, and for fewer than two classes.

    References
    ----------
    Ravuri and Vinyals 2019, "Classification Accuracy Score for Conditional Generative Models".

    Examples
    --------
    >>> import torch
    >>> x, y = torch.tensor([[-1.0], [-0.9], [0.9], [1.0]]), torch.tensor([0, 0, 1, 1])
    >>> accuracy_scores((x, y), (x, y), (x, y))["cas_logistic_encoded_4_test"]
    1.0
    """
    check_labelled(train, test, fake)
    n = min(len(train[0]), len(fake[0]))
    rng = Rng(("accuracy scores", seed))
    train, fake = (
        drawn_labelled(side, n, rng(name)) for side, name in ((train, "train"), (fake, "fake"))
    )
    name, learn = classifier_of(classifier, train[0], rng)
    by_fake, by_real = learn(fake), learn(train)
    return {
        f"cas_{name}_{n}_{reference}": share_right(by_fake, test),
        f"reverse_{name}_{n}_{reference}": share_right(by_real, fake),
        f"real_{name}_{n}_{reference}": share_right(by_real, test),
    }


def share_right(guess: Guess, rows: Labelled) -> float:
    """How often a guess agrees with the labels."""
    return float((guess(rows[0].cpu().float()) == rows[1].cpu()).double().mean())


def drawn_labelled(rows: Labelled, n: int, rng: Rng) -> Labelled:
    """At most n labelled samples, drawn at random."""
    index = rng.permutation(len(rows[0]))[:n]
    return rows[0].cpu().float()[index], rows[1].cpu().long()[index]


def check_labelled(train: Labelled, test: Labelled, fake: Labelled) -> None:
    """InputError where samples and labels do not match, or one class alone is there."""
    for name, (x, y) in (("real", train), ("generated", fake), ("test", test)):
        if len(x) != len(y) or not len(x):
            raise InputError(f"expected labelled {name} samples, got {len(x)} with {len(y)} labels")
        if name != "test" and len(set(y.tolist())) < 2:
            raise InputError(f"the {name} samples are all of one class: nothing can be learnt")


def classifier_of(classifier: str | Space, x: Tensor, rng: Rng) -> tuple[str, Classifier]:
    """A classifier and its name in the measure's."""
    if isinstance(classifier, Space) or classifier == "logistic":
        within = classifier if isinstance(classifier, Space) else space_of(x)
        return f"logistic_{within.name}", lambda train: regressed(train, within)
    if classifier == "cnn" and x.ndim == 4 and min(x.shape[2:]) >= 4:
        return "cnn", lambda train: convolutional(train, rng("cnn"))
    if classifier == "boosting" and x.ndim == 2:
        return "boosting", lambda train: boosted(train, rng("boosting"))
    raise InputError(
        "expected the classifier logistic, cnn (images of 4 pixels a side or more) or boosting "
        f"(numbers), got {classifier!r} for samples of shape {tuple(x.shape[1:])}"
    )


def regressed(train: Labelled, space: Space) -> Guess:
    """Logistic regression in a space, as a guess."""
    model = fit_logistic(space(train[0]), train[1])
    return lambda x: model(space(x))


def boosted(train: Labelled, rng: Rng) -> Guess:
    """Boosted trees, as a guess."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    model = HistGradientBoostingClassifier(random_state=rng.entropy() % 2**32)
    model.fit(train[0].numpy(), train[1].numpy())
    return lambda x: torch.from_numpy(model.predict(x.numpy()))


def small_network(channels: int, classes: int) -> nn.Module:
    """Two convolutions and a linear layer, untrained."""
    return nn.Sequential(
        nn.Conv2d(channels, 32, 3, padding=1, bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.AdaptiveMaxPool2d(4),
        nn.Flatten(),
        nn.Linear(64 * 16, classes),
    )


def convolutional(train: Labelled, rng: Rng) -> Guess:
    """The small network after 5 epochs; the same whenever it is asked.

    In float32 on the processor, by a loop of its own: a score must stay what it is when the
    training of GANs changes.
    """
    x, y = train
    with seeded(rng("weights")):
        network = small_network(x.shape[1], int(y.max()) + 1)
    optimizer = torch.optim.AdamW(network.parameters(), RATE, weight_decay=DECAY, fused=True)
    batches = [
        index
        for epoch in range(EPOCHS)
        for index in torch.split(rng("rows", epoch).permutation(len(x)), BATCH)
        if len(index) > 1  # batch norm needs two
    ]

    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: (1 + cos(pi * step / len(batches))) / 2
    )
    for index in batches:
        optimizer.zero_grad()
        torch.autograd.backward(nn.functional.cross_entropy(network(x[index]), y[index]))
        optimizer.step()
        schedule.step()
    network.eval()

    @torch.inference_mode()
    def guess(x: Tensor) -> Tensor:
        return torch.cat([network(part).argmax(1) for part in torch.split(x, 1000)])

    return guess
