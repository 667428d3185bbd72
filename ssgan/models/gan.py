"""What pretraining gives: a generator and a discriminator.

gan.sample(16)            # new samples, in the form of those that it was trained on
gan.features(images)      # what the discriminator sees at all its depths
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from ssgan.codecs.codec import Codec
from ssgan.config import InputError
from ssgan.data.labels.values import Label
from ssgan.data.selection import read_again
from ssgan.models.condition import Condition
from ssgan.models.config import GANConfig
from ssgan.models.display import figure, html
from ssgan.models.inference import apply
from ssgan.models.players import PREVIEW, sampler_of
from ssgan.models.pooling import Readout
from ssgan.models.sampler import CHUNK, Conditions, Sampler, generate
from ssgan.models.transport import pack, unpack
from ssgan.models.where import sample_where
from ssgan.objectives import name_of
from ssgan.randomness import Rng
from ssgan.runtime import Runtime

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class GAN:
    """A trained generator and discriminator; both networks are averages of those in training.

    Attributes
    ----------
    config : GANConfig
        How it was trained.
    codec : Codec
        The way from raw samples to the tensors that networks see, (N, *codec.shape), and back.
    generator : torch.nn.Module
        Noise (N, config.latent), and conditions (N, C) if it was trained with labels, to raw
        outputs (N, *codec.shape); `codec.activate` makes samples of them.
    discriminator : torch.nn.Module or None
        Encoded samples (N, *codec.shape) to scores (N,), high for real ones; a VAE has none.
    readout : Readout
        Feature maps of all depths to one standardised row of features.
    runtime : Runtime
        Device and precision.
    data : mapping
        Source, options and fingerprint of the training samples.
    condition : Condition, optional
        How labels become conditions, where it was trained with labels.
    packed : torch.Tensor, optional
        The training samples in packed form, where they are at hand.
    encoder : torch.nn.Module, optional
        Of a VAE: its `trunk` is read from in place of the discriminator's.
    student : torch.nn.Module, optional
        A network that features are read from in place of the discriminator's trunk.
    own : Readout, optional
        The readout of its pretraining, where it reads another.

    Notes
    -----
    `trunk`, `discriminator` and `generator` are plain modules whose weights do not learn. A copy
    of them does, in a loop of one's own (see the example).

    Examples
    --------
    >>> import copy, numpy, torch, ssgan
    >>> x = numpy.random.default_rng(0).normal(size=(40, 3))
    >>> gan = ssgan.pretrain(x, steps=2, batch=8, width=2, latent=4, guard=False)
    >>> gan
    <GAN of vectors (3,): gan, relativistic, 2 steps, on cpu>
    >>> gan.sample(5).shape
    (5, 3)

    The trunk under a head of one's own:

    >>> network = torch.nn.ModuleDict(
    ...     {"trunk": copy.deepcopy(gan.trunk).requires_grad_(True), "head": torch.nn.LazyLinear(2)}
    ... )
    >>> last = network["trunk"](gan.codec.expand(gan.codec.pack(x)))[-1].flatten(1)
    >>> network["head"](last).square().mean().backward()
    >>> all(p.grad is not None for p in network["trunk"].parameters())
    True
    """

    config: GANConfig
    codec: Codec
    generator: nn.Module
    discriminator: nn.Module | None
    readout: Readout
    runtime: Runtime
    data: Mapping[str, Any]
    condition: Condition | None = None
    packed: Tensor | None = field(default=None, repr=False)
    encoder: nn.Module | None = None
    student: nn.Module | None = None
    own: Readout | None = None

    def __repr__(self) -> str:
        config, on = self.config, self.runtime.device
        kind, rule = self.codec.kind, name_of(config.objective)
        words = (
            f"{kind} {self.codec.raw_shape}: {config.model}, {rule}, {config.steps} steps, on {on}"
        )
        return f"<GAN of {words}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(repr(self))}</p>{html(self.sample(PREVIEW), self.codec)}"

    def plot(self, n: int = PREVIEW, seed: int = 0) -> "Figure":
        """New samples as a figure.

        Parameters
        ----------
        n : int, default=64
            How many samples.
        seed : int, default=0
            Which samples, as in `sample`.

        Returns
        -------
        matplotlib.figure.Figure
            A sheet of pictures, or the distribution of each of the first columns.
        """
        return figure(self.sample(n, seed), self.codec)

    def __deepcopy__(self, memo: object) -> "GAN":
        return self  # it never changes, so scikit-learn's `clone` may share it

    def __getstate__(self) -> dict[str, Any]:
        return pack(vars(self))

    def __setstate__(self, state: dict[str, Any]) -> None:
        unpack(self, state)

    @property
    def trunk(self) -> nn.Module:
        """What features are read from: the trunk of pretraining, or a student of both networks.

        A plain module from encoded samples (N, *codec.shape) to feature maps of all depths.
        """
        return self.student or self.pretrained_trunk

    @property
    def pretrained_trunk(self) -> nn.Module:
        """The trunk of the discriminator, of a VAE that of the encoder."""
        return (self.encoder or self.critic).get_submodule("trunk")

    @property
    def critic(self) -> nn.Module:
        """The discriminator, to score samples with; InputError for a VAE, which has none."""
        if self.discriminator is None:
            raise InputError(
                "a VAE has no critic that could score samples: pretrain with model 'gan' or "
                "'vae-gan'"
            )
        return self.discriminator

    @property
    def classes(self) -> tuple[Label, ...] | None:
        """The classes that it can be asked for; None where it was trained without."""
        return self.condition.classes if self.condition else None

    @property
    def sampler(self) -> Sampler:
        """What the generator makes samples of."""
        return sampler_of(self.config, self.condition)

    @torch.inference_mode()
    def generate(self, n: int, seed: int = 0, start: int = 0, labels: Any = None) -> Tensor:
        """Encoded samples from `start` on in the endless list that `seed` names.

        A sample depends on the seed, on its place in the list and on its own label alone.

        Parameters
        ----------
        n : int
            How many samples.
        seed : int, default=0
            Which list.
        start : int, default=0
            The place of the first in the list.
        labels : label, vector of numbers, or one for each sample, optional
            -1, NaN and None are "without". Without `labels` they are drawn as often as they came in
            training.

        Returns
        -------
        Tensor, (n, *codec.shape)

        Raises
        ------
        InputError
            For unknown classes, and for labels where there were none in training.
        """
        conditions = None if labels is None else self.encode_labels(labels, n)
        chunks, rng = [], Rng(("samples", seed), self.runtime.device)
        for chunk in range(start // CHUNK, -(-(start + n) // CHUNK)):
            part = self._conditions_of_chunk(conditions, chunk * CHUNK - start)
            inputs = self.sampler.chunk(chunk, rng, part)
            draws = rng("activation", chunk)
            chunks.append(generate(self.generator, inputs, self.codec, self.runtime, draws))
        first = start % CHUNK
        return torch.cat(chunks)[first : first + n] if chunks else torch.empty(0, *self.codec.shape)

    def encode_labels(self, labels: Any, n: int) -> Tensor:
        """Labels as the conditions that the generator sees.

        Parameters
        ----------
        labels : label, vector of numbers, or one for each sample
            As in `generate`.
        n : int
            How many samples they are for.

        Returns
        -------
        Tensor, (n, C)

        Raises
        ------
        InputError
            If the GAN was trained without labels.
        """
        if self.condition is None:
            raise InputError(
                "this GAN was trained without labels, so it cannot be asked for any: train it "
                "with labels, or sample without"
            )
        return self.condition.encode(labels, n)

    def prompted(self, prompt: Any, labels: Any = None) -> Any:
        """A prompt as labels.

        Parameters
        ----------
        prompt : str or list of str
            What samples are to show.
        labels : optional
            Refused, as both say what samples show.

        Returns
        -------
        the prompt

        Raises
        ------
        InputError
            If the GAN was trained without captions, or labels are given too.
        """
        if self.condition is None or self.condition.encoder is None:
            raise InputError(
                "this GAN was trained without captions, so it understands no prompt: train it with "
                "captions (captions, --captions), or ask for labels"
            )
        if labels is not None:
            raise InputError("prompt and labels both say what samples show: give one of them")
        return prompt

    def _conditions_of_chunk(self, conditions: Tensor | None, first: int) -> Conditions:
        """CHUNK of the conditions, from `first` on; () for none."""
        if conditions is None or self.condition is None:
            return ()
        chunk = torch.zeros(CHUNK, self.condition.width)  # those outside are thrown away
        skipped, part = max(0, -first), conditions[max(0, first) : first + CHUNK]
        chunk[skipped : skipped + len(part)] = part
        return (chunk.to(self.runtime.device),)

    def sample(
        self, n: int, seed: int = 0, labels: Any = None, prompt: Any = None, where: Any = None
    ) -> Any:
        """Exactly `n` new samples in the form of the training data; fewer are the first of more.

        Parameters
        ----------
        n : int
            How many.
        seed : int, default=0
            The same seed gives the same samples.
        labels : label, vector of numbers, or one for each sample, optional
            As in `generate`.
        prompt : str or list of str, optional
            What they are to show, of a GAN that was trained with captions.
        where : str or list of str, optional
            Conditions on columns of a table, as ``["sex=Female", "age>=65"]``: the first n rows in
            which all hold.

        Returns
        -------
        array or DataFrame, (n, ...)
            In the container and the dtypes of the training data.

        Raises
        ------
        InputError
            For labels, a prompt or conditions that this GAN cannot have.
        """
        if where is not None:
            if labels is not None or prompt is not None:
                raise InputError("where draws rows without labels or a prompt: give one of them")
            return sample_where(self, n, where, seed)
        if prompt is not None:
            labels = self.prompted(prompt, labels)
        if n < 0:
            raise InputError(f"expected a number of samples of 0 or more, got {n}")
        return self.codec.decode(self.generate(n, seed, labels=labels).cpu())

    def features(self, samples: Any) -> np.ndarray[Any, Any]:
        """What the discriminator sees in samples at all its depths, standardised.

        Another readout (see `readouts`) gives the last depth alone, or what a student sees.

        Parameters
        ----------
        samples : array or DataFrame, (N, ...)
            Raw samples.

        Returns
        -------
        array of float32, (N, F)

        Raises
        ------
        InputError
            For samples unlike those of the training.
        """
        return self.apply(self.encode, self.codec.pack(samples)).numpy()

    def scores(self, samples: Any, labels: Any = None) -> np.ndarray[Any, Any]:
        """How real the discriminator finds samples; only differences mean something.

        Parameters
        ----------
        samples : array or DataFrame, (N, ...)
            Raw samples.
        labels : label or one for each sample, optional
            Then it is how real they are as samples of those.

        Returns
        -------
        array of float, (N,)

        Raises
        ------
        InputError
            For a VAE, which has no critic, and for samples unlike those of the training.
        """
        packed = self.codec.pack(samples)
        conditions = None if labels is None else self.encode_labels(labels, len(packed))
        return apply(self.critic, packed, self.codec, self.runtime, conditions).numpy()

    def apply(self, network: Callable[[Tensor], Tensor], packed: Tensor) -> Tensor:
        """`network` over packed samples (N, ...); float32 (N, ...) on the CPU."""
        return apply(network, packed, self.codec, self.runtime)

    def training_samples(self) -> Tensor | None:
        """The packed samples that it was trained on, read again from their source if need be.

        Returns
        -------
        Tensor, (N, ...), or None
            None if they were in a memory that is gone.

        Raises
        ------
        InputError
            If the source has changed.
        """
        if self.packed is not None or self.data["source"] == "memory":
            return self.packed
        return self.codec.pack(read_again(self.data, self.data.get("run", "the GAN")).x)

    def encode(self, x: Tensor) -> Tensor:
        """Standardised features of encoded samples.

        Parameters
        ----------
        x : Tensor, (N, *codec.shape)
            As `codec.expand` gives them.

        Returns
        -------
        Tensor, (N, F)
        """
        features: Tensor = self.readout(self.trunk(x))
        return features
