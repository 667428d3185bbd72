"""What several processes train in `test_ranks`: all objectives, models and terms that compare rows.

python -m tests.ranked OUT float64 3 float32 1      as one rank of those in the environment
"""

import json
import os
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

import ssgan
from ssgan.cli.sample import write_sampled
from ssgan.codecs.image import ImageCodec
from ssgan.codecs.vector import VectorCodec
from ssgan.config import InputError
from ssgan.data import fit_codec, read
from ssgan.models.condition import fit_condition
from ssgan.models.config import GANConfig
from ssgan.models.domain import Domain
from ssgan.models.pretraining import gan_of, pretrain
from ssgan.models.selfsupervision import SELFSUPERVISIONS
from ssgan.models.tasks import MODELS
from ssgan.models.tasks.gan import Adversarial
from ssgan.objectives import OBJECTIVES, NonSaturating, objective
from ssgan.prediction.config import PredictorConfig
from ssgan.prediction.fitting import make_streams, make_task
from ssgan.prediction.labels import labeled
from ssgan.prediction.methods import METHODS as PREDICTORS
from ssgan.prediction.resolve import resolve_config
from ssgan.randomness import Rng
from ssgan.runs.run import Run
from ssgan.runtime import Runtime
from ssgan.training.batches import Batches
from ssgan.training.ranks import checkpoint_of_first, joined, rank, refuse_differing, stopped
from ssgan.training.schedule import Step
from ssgan.training.state import pack_parts
from ssgan.transforms.batch import Augmentation

FEW = {"wgan": {"first": 2, "updates": 2}, "wgan-gp": {"updates": 2}}
PENALTIES = {"non-saturating": {"r1": 1.0, "r2": 1.0}}
BATCH = 7  # which two ranks cannot divide
ROWS = {
    **{n: {"objective": objective(n, **(FEW | PENALTIES).get(n, {}))} for n in OBJECTIVES},
    **{n: {"model": n} for n in MODELS if n not in ("gan", "stackgan")},
    "labels": {"labels": True},
    "rmsprop and a ceiling": {"optimizer": "rmsprop", "critic_ceiling": 0.6},
    "contrastive rows": {"selfsupervision": SELFSUPERVISIONS["contrastive"]()},
}
IMAGES = {
    **{n: {"selfsupervision": kind()} for n, kind in SELFSUPERVISIONS.items()},
    "augmentation": {"augmentation": Augmentation(schedule="adaptive", images=50)},
    "stackgan": {"model": "stackgan", "labels": True, "objective": NonSaturating(r1=1.0)},
}
LABELS = {"classes": np.arange(8) % 3, "numbers": np.arange(8) / 4}  # of the first rows
METHODS = {
    f"{name} of {task}": (name, labels)
    for name, method in [*PREDICTORS.items(), ("consistency+k-plus-one", PREDICTORS["consistency"])]
    for task, labels in LABELS.items()
    if method.loss and (task == "classes" or method.numbers)
}
CASES = [*ROWS, *IMAGES, *METHODS]
PICTURES = np.random.default_rng(0).integers(256, size=(20, 8, 8), dtype=np.uint8)
SETTINGS = GANConfig(batch=BATCH, width=2, latent=4, objective=NonSaturating())


class ExactRows(VectorCodec):
    """Rows that networks see, and give, in the default precision."""

    def expand(self, packed):
        return packed.to(torch.get_default_dtype())

    def activate(self, output, rng):
        return output


class ExactImages(ImageCodec):
    """The same of images."""

    def expand(self, packed):
        return super().expand(packed).to(torch.get_default_dtype())

    def activate(self, output, rng):
        return output.tanh()


def domain(name):
    """The samples of a case: 20 rows, or images of which a StackGAN makes such as it can."""
    side = 16 if name == "stackgan" else 8
    rng, shape = np.random.default_rng(0), (20, 5) if name in ROWS else (20, side, side)
    x = rng.normal(size=shape) if name in ROWS else rng.integers(256, size=shape, dtype=np.uint8)
    codec = fit_codec(read(x))
    exact = (ExactRows if name in ROWS else ExactImages)(**vars(codec))
    labels = (ROWS | IMAGES)[name].get("labels")
    condition, rows = fit_condition(np.arange(20) % 3, 20) if labels else (None, None)
    rows = rows if rows is None else rows.to(torch.get_default_dtype())
    return Domain(exact, exact.pack(x), rows, condition)


def train(name, steps):
    """All that a checkpoint would keep of a case after some steps.

    After one at rate 0 the first moments of Adam are gradients at the first weights.
    """
    if name in METHODS:
        return finetune(name, steps)
    fields = {k: v for k, v in (ROWS | IMAGES)[name].items() if k != "labels"}
    fields |= {"rate": 0.0} if steps == 1 else {}
    config = GANConfig(batch=BATCH, width=2, latent=4, steps=steps, **fields)
    samples, on = domain(name), Runtime("cpu", bfloat16=False)
    task = MODELS[config.model](config, {"unlabeled": samples.calibration(0)}, on)
    batches = Batches({"unlabeled": samples.stream(config.batch, on)}, Rng(("ranks",)))
    for number in range(steps):
        task.update(batches, Step(number))
    return pack_parts(task.parts)[0]


def finetune(name, steps):
    """The same of a finetuning."""
    method, labels = METHODS[name]
    rows, on = domain("hinge"), Runtime("cpu", bfloat16=False)
    config = GANConfig(width=2, latent=4, steps=0)
    parts = Adversarial.untrained(config, rows.codec, 0)
    gan = replace(gan_of(config, rows, parts, on), packed=rows.samples, data={"source": "memory"})
    found = labeled(gan, rows.codec.decode(rows.samples[:8]), labels, None, 0)
    if not found.classes:
        found = replace(found, values=found.values.to(torch.get_default_dtype()))
    settings = PredictorConfig(method=method, steps=steps, batch=BATCH, ratio=1)
    settings = resolve_config(settings, gan, found)
    task = make_task(gan, settings, found)
    batches = Batches(make_streams(gan, found, task), Rng(("ranks",)))
    for number in range(steps):
        task.update(batches, Step(number))
    return pack_parts(task.parts)[0]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(command, count=2, **environment):
    """The processes of a job, one a rank."""
    address = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    address |= {"WORLD_SIZE": str(count), "OMP_NUM_THREADS": "1"}
    return [
        subprocess.Popen(
            [sys.executable, *command],
            env={**os.environ, **address, **environment, "RANK": str(number)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in range(count)
    ]


def train_all(out, dtype, steps):
    """Write what this rank keeps of every case."""
    torch.set_default_dtype(getattr(torch, dtype))
    for name in CASES:
        tensors = {key: value.contiguous() for key, value in train(name, steps).items()}
        safetensors.torch.save_file(tensors, f"{out}/{dtype} {name} {rank()}")


def told(work):
    """What a refusal says."""
    try:
        return work()
    except InputError as error:
        return str(error)


def sample(path):
    """Rows of a GAN of vectors, as `ssgan sample` writes them."""
    rows = np.random.default_rng(0).normal(size=(20, 3))
    write_sampled(pretrain(rows, SETTINGS.changed({"steps": 0})), Path(path), 5)


def talk(out):
    """Write what this rank has of a run that the first keeps, and what it refuses."""
    run = f"{out}/run {rank()}"
    gan = pretrain(PICTURES, SETTINGS.changed({"steps": 2}), run=run)
    few = {"method": "consistency", "batch": BATCH, "ratio": 1, "steps": 2}
    models = [  # the second is taken up at its end
        ssgan.finetune(gan, PICTURES[:12], np.arange(12) % 2, run=f"{out}/model", **few)
        for _ in range(2)
    ]
    own = checkpoint_of_first(Run.open(run).load() if rank() == 0 else None)
    safetensors.torch.save_file(own.tensors, f"{out}/checkpoint {rank()}")
    sample(f"{out}/rows.parquet")
    answers = {
        "files": sorted(os.listdir(run)) if os.path.exists(run) else [],
        "state": [own.step, own.state, own.marks],
        "predictions": [model.predict_proba(PICTURES).tolist() for model in models],
        "none": checkpoint_of_first(None),
        "data": told(lambda: refuse_differing({"data": {"rows": 3, "sha256": "ab"[rank()]}})),
        "norms": told(lambda: pretrain(PICTURES, SETTINGS.changed({"architecture": "dcgan"}))),
        "stopped": repr(stopped(KeyboardInterrupt() if rank() else None)),
        "goes on": stopped(None) is None,
    }
    Path(f"{out}/answers {rank()}").write_text(json.dumps(answers))


if __name__ == "__main__":
    torch.set_num_threads(1)
    out, *asked = sys.argv[1:]
    with joined():
        talk(out)
        for dtype, steps in zip(asked[::2], asked[1::2], strict=True):
            train_all(out, dtype, int(steps))
