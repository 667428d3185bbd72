"""Generators, and discriminators that are a trunk under a head.

The trunk is what the project is for: it gives its feature maps at every depth, and fine-tuning
puts the same trunk under another head. An architecture is a trunk and the generator that goes with
it, in a file of this folder that names it `ARCHITECTURE`. "auto" is "dense" for (F,), "residual"
where the shortest side has 32 cells or more, else "conv". Beside them:

    architecture, initial, size   what an architecture is, first weights, whether it fits
    conditional                   rows that say what a sample is to be
    stacked                       the networks of StackGAN, in two stages
    subpixel, translator          networks that make pictures larger, and images of images

Imports only `ssgan.runtime` and the single files of the package.
"""

from functools import partial
from typing import Any, Required, TypedDict, Unpack

from torch import Tensor, nn

from ssgan.config import InputError, constants_in
from ssgan.networks import conditional
from ssgan.networks.architecture import Architecture
from ssgan.networks.size import check_depth, check_size

LARGE = 32  # cells of the shortest side, from which samples need a deeper network
FORMS = {1: "signals (C, L)", 2: "images (C, H, W)", 3: "volumes (C, D, H, W)"}
NORMS = (nn.modules.batchnorm._NormBase, nn.GroupNorm, nn.LayerNorm, nn.RMSNorm)


ARCHITECTURES: dict[str, Architecture] = constants_in(
    __name__, __path__, "ARCHITECTURE", every=False
)


class Design(TypedDict, total=False):
    """What `build` asks of networks."""

    architecture: str  # of ARCHITECTURES, or "auto"
    width: Required[int]  # channels after the first convolution
    depth: int | None  # layers, or those a resolution; None is the architecture's own
    latent: Required[int]  # dimension of the noise
    condition: int  # columns of a condition; the last says whether there is one; 0 is none


def flatten_maps(maps: Tensor) -> Tensor:
    """Feature maps (N, C, ...) as rows (N, F), channels varying fastest.

    Channels last is how convolutions lay them out in memory, so this copies nothing and the
    gradient comes back in the layout that is fastest for the layer below.
    """
    return maps.movedim(1, -1).flatten(1)


class Discriminator(nn.Module):
    """A trunk under a linear head: samples (N, ...) to `outputs` scores, (N,) if that is one.

    A condition (N, condition), whose last column says whether there is one, adds <V y, f> for
    features f and its other columns y: a projection (Miyato and Koyama 2018, eq. 3).
    """

    def __init__(
        self, trunk: nn.Module, features: int, outputs: int = 1, condition: int = 0
    ) -> None:
        super().__init__()
        self.trunk, self.features, self.condition = trunk, features, condition
        self.head = nn.Linear(features, outputs)
        if condition:
            self.embed = nn.Linear(condition - 1, features, bias=False)

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        features = flatten_maps(self.trunk(x)[-1])
        scores: Tensor = self.head(features)
        if condition is not None:
            checked = conditional.check_condition(condition, self.condition).to(x)
            match = (self.embed(checked[:, :-1]) * features).sum(1, keepdim=True)
            scores = scores + checked[:, -1:] * match
        return scores.squeeze(1) if self.head.out_features == 1 else scores


def architecture_for(shape: tuple[int, ...]) -> str:
    """The default architecture for samples of `shape`, where nothing is known but that."""
    if len(shape) == 1:
        return "dense"
    return "residual" if min(shape[1:], default=0) >= LARGE else "conv"


def architecture_of(shape: tuple[int, ...], name: str = "auto") -> Architecture:
    """The architecture of that name; InputError if there is none, or it cannot take such samples.

    "auto" goes by the shape alone.
    """
    name = architecture_for(shape) if name == "auto" else name
    if name not in ARCHITECTURES:
        raise InputError(f"no architecture {name!r}; there are auto, {', '.join(ARCHITECTURES)}")
    if len(shape) - 1 not in ARCHITECTURES[name].axes:
        forms = " or ".join(FORMS[axes] for axes in ARCHITECTURES[name].axes if axes)
        raise InputError(
            f"the architecture {name!r} takes {forms}, got samples of shape {shape}: take 'dense' "
            "or 'auto'"
        )
    return ARCHITECTURES[name]


def trunk(
    shape: tuple[int, ...], width: int, architecture: str = "auto", depth: int | None = None
) -> Any:
    """An untrained trunk for samples of `shape`; draws from torch's current random state.

    Its `features` is the number of values of its last map.
    """
    networks = architecture_of(shape, architecture)
    make = partial(networks.trunk, shape, width, depth)
    check_depth(depth)
    check_size(f"a trunk of width {width:,}", shape, (width, depth or 1), make)
    return make()


def build(shape: tuple[int, ...], **design: Unpack[Design]) -> tuple[nn.Module, Discriminator]:
    """An untrained generator (N, latent) -> (N, *shape) and discriminator (N, *shape) -> (N,).

    Both take a condition (N, condition) as their second argument where `condition` is not 0. Draws
    from torch's current random state. Raises InputError for an architecture that does not fit
    `shape`.
    """
    if unknown := sorted(design.keys() - Design.__annotations__.keys()):
        raise TypeError(
            f"no part {unknown[0]!r} of a design; there are {list(Design.__annotations__)}"
        )
    architecture = architecture_of(shape, design.get("architecture", "auto"))
    condition = design.get("condition", 0)
    width, depth = design["width"], design.get("depth")
    check_depth(depth)
    sizes = (width, depth or 1, design["latent"], condition + 1)
    name = f"a generator of width {width:,} and latent {design['latent']:,}"
    make = partial(architecture.generator, shape, width, depth, design["latent"], condition)
    check_size(name, shape, sizes, make)
    below = architecture.trunk(shape, width, depth)
    critic = Discriminator(below, below.features, condition=condition)
    generator = make()
    architecture.initialise(critic)
    architecture.initialise(generator)
    if condition:  # of the scale of the head's weights, so that neither drowns the other
        nn.init.normal_(critic.embed.weight, 0.0, below.features**-0.5)
    return generator, critic


def constrainable(network: nn.Module) -> list[nn.Parameter]:
    """The weights that WGAN may clip: all but those of normalisation layers.

    Clipped gains would be all but 0, and nothing would pass through them.
    """
    norms = [layer for layer in network.modules() if isinstance(layer, NORMS)]
    unclipped = {id(p) for layer in norms for p in layer.parameters(recurse=False)}
    return [p for p in network.parameters() if id(p) not in unclipped]
