"""Generated images of before (Shrivastava et al. 2017, section 2.3): a critic that sees only the
newest forgets what it has refused."""

import torch
from torch import Tensor, nn

from ssgan.randomness import Rng

SIZE = 50  # images (Zhu et al. 2017, section 4)


class Pool(nn.Module):
    """Up to `size` images, which a checkpoint keeps."""

    images: Tensor
    count: Tensor

    def __init__(self, shape: tuple[int, ...], size: int = SIZE) -> None:
        super().__init__()
        self.register_buffer("images", torch.zeros(size, *shape))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def forward(self, x: Tensor, rng: Rng) -> Tensor:
        """Images (N, C, H, W) to show the critic in place of these, one for each.

        While the pool is not full each is kept and shown. Then half of them, by chance, stay in
        the place of a random one of the pool, which is shown; the others are shown and not kept.
        """
        images, places = x.clone(), rng("place").integers(len(self.images), len(x))
        exchanged, filled = rng("exchanged").uniform(len(x)) > 0.5, int(self.count)
        for number, image in enumerate(x):
            if filled < len(self.images):
                self.images[filled] = image
                filled += 1
            elif exchanged[number]:
                images[number] = self.images[places[number]]
                self.images[places[number]] = image
        self.count.fill_(filled)
        return images
