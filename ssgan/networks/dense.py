"""Dense bodies for vectors and tables (F,)."""

from torch import Tensor, nn


class DenseTrunk(nn.Module):
    """Samples (N, F) to the features (N, width) of every depth."""

    def __init__(self, inputs: int, width: int, depth: int) -> None:
        super().__init__()
        sizes = [inputs] + [width] * depth
        pairs = zip(sizes, sizes[1:], strict=False)
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in pairs])
        self.features = width

    def forward(self, x: Tensor) -> list[Tensor]:
        maps = []
        for layer in self.layers:
            x = nn.functional.leaky_relu(layer(x), 0.2)
            maps.append(x)
        return maps


class DenseGenerator(nn.Module):
    """Noise (N, latent) to raw samples (N, F), before the codec's activation."""

    def __init__(self, outputs: int, width: int, depth: int, latent: int) -> None:
        super().__init__()
        self.body = DenseTrunk(latent, width, depth)
        self.out = nn.Linear(width, outputs)

    def forward(self, z: Tensor) -> Tensor:
        out: Tensor = self.out(self.body(z)[-1])
        return out
