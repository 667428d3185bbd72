"""Which samples a step sees."""

import numpy as np
import pytest
import torch

from ssgan.randomness import Rng
from ssgan.training.batches import Batches, Stream


def batches(n, size, seed=0, name="unlabeled"):
    rows = torch.arange(n)
    return Batches({name: Stream((rows, -rows), size)}, Rng(("rows", seed)))


def given(rows, steps):
    return torch.cat([rows("unlabeled", step, 0)[0] for step in steps]).tolist()


@pytest.mark.parametrize(("n", "size"), [(10, 4), (10, 10), (7, 3), (3, 8), (5, 1), (1, 4)])
def test_every_row_comes_exactly_once_an_epoch(n, size):
    order = given(batches(n, size), range(n))  # size epochs
    epochs = [order[start : start + n] for start in range(0, n * size, n)]
    assert len(epochs) == size
    assert all(sorted(epoch) == list(range(n)) for epoch in epochs)


def test_epochs_have_orders_of_their_own():
    order = given(batches(50, 50), range(3))
    assert len({tuple(order[start : start + 50]) for start in (0, 50, 100)}) == 3
    assert order[:50] != list(range(50))


def test_a_batch_larger_than_the_rows_spans_epochs():
    (batch, _) = batches(3, 8)("unlabeled", 0, 0)
    assert len(batch) == 8
    assert sorted(batch[:3].tolist()) == sorted(batch[3:6].tolist()) == [0, 1, 2]


def test_rows_are_a_pure_function_of_seed_and_step():
    rows, again = batches(10, 4), batches(10, 4)
    forward = [given(rows, [step]) for step in range(12)]
    backward = [given(again, [step]) for step in reversed(range(12))]
    assert forward == backward[::-1]
    assert given(batches(10, 4, seed=1), range(12)) != sum(forward, [])


def test_streams_and_batches_of_one_step_have_orders_of_their_own():
    rows = torch.arange(30)
    both = {"labeled": Stream((rows,), 30), "unlabeled": Stream((rows,), 30)}
    several = Batches(both, Rng(("training test",)))
    found = {tuple(several(*key)[0].tolist()) for key in (("labeled", 0, 0), ("unlabeled", 0, 0))}
    found |= {tuple(several("labeled", 0, 1)[0].tolist())}
    assert len(found) == 3


def test_a_restart_has_an_order_of_its_own_and_the_first_is_as_it_was():
    rows = batches(50, 50)
    assert rows.again(0) is rows
    orders = {tuple(given(rows.again(attempt), [0])) for attempt in range(4)}
    assert len(orders) == 4
    assert given(rows.again(2), [3]) == given(batches(50, 50).again(2), [3])


def test_tensors_of_a_stream_stay_aligned():
    rows, negated = batches(10, 4)("unlabeled", 3, 0)
    assert torch.equal(rows, -negated)


def test_what_does_not_lie_in_memory_gives_the_batches_that_a_tensor_gives(tmp_path):
    rows = np.arange(30, dtype=np.float32).reshape(10, 3)
    np.save(tmp_path / "rows.npy", rows)
    mapped = Mapped(np.load(tmp_path / "rows.npy", mmap_mode="r"))
    rng = Rng(("mapped",))
    one = Batches({"samples": Stream((torch.from_numpy(rows), torch.arange(10)), 4)}, rng)
    other = Batches({"samples": Stream((mapped, torch.arange(10)), 4)}, rng)
    for step in range(6):
        expected, found = one("samples", step), other("samples", step)
        assert all(map(torch.equal, expected, found))


class Mapped:
    """Rows on a disk."""

    def __init__(self, array):
        self.array = array

    def __len__(self):
        return len(self.array)

    def take(self, index):
        return torch.from_numpy(self.array[index.numpy()])
