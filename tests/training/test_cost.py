"""What work costs, by exact counts."""

import torch

from ssgan.training.cost import count_flops, peak_resident_bytes


def test_operations_are_counted_through_penalties_on_gradients():
    weight = torch.ones(4, 5, requires_grad=True)
    x = torch.ones(3, 4, requires_grad=True)

    def penalised():
        (slope,) = torch.autograd.grad((x @ weight).sum(), x, create_graph=True)
        slope.square().sum().backward()

    assert count_flops(lambda: x @ weight) == 2 * 3 * 4 * 5
    with torch.inference_mode():
        assert count_flops(lambda: torch.nn.functional.linear(x, weight.mT)) == 2 * 3 * 4 * 5
    assert count_flops(penalised) == 3 * 2 * 3 * 4 * 5  # forward, to x, and that to the weight


def test_the_peak_holds_what_was_held_at_once():
    held = torch.ones(20_000_000)
    assert peak_resident_bytes() > held.numel() * held.element_size()
