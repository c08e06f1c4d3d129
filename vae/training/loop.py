"""The training loop: one plain loop over resident tensors that yields reports.

It prints nothing and writes nothing; :mod:`vae.training.recorder` puts its reports on disk.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from vae.config import RunConfig
from vae.data import ImageData, Split, load_for, pixels
from vae.errors import TrainingError
from vae.locale import _
from vae.locale.numbers import formatted
from vae.models import LatentModel
from vae.storage.pictures import to_uint8
from vae.training.metrics import Codes, Terms, check_images, split_terms, stack_terms, unstack_terms
from vae.training.state import TrainState as TrainState

NUM_PICTURES = 10
MAX_CODES = 2000
MAX_CODE_VALUES = 20_000
"""Codes kept an epoch: 2,000 images at most, fewer where many dimensions would make it bulky."""
WINDOWS_PER_EPOCH = 10
FIRST_WINDOWS = 60
"""So many reports in the first epoch, where most is learnt; half in the second, and so on."""
SAMPLE_SEED = 7
"""Seed of the ten samples from the prior that are shown as a run learns."""


@dataclass(frozen=True)
class StepReport:
    """A window of steps inside an epoch, counted from 1; ``train`` is the window's mean."""

    epoch: int
    step: int
    steps_per_epoch: int
    seconds: float
    train: Terms


class Pictures(NamedTuple):
    """uint8 pictures ``(10, C, H, W)``: reconstructions from mu, and decodes of fixed prior z."""

    train_recon: NDArray[np.uint8]
    test_recon: NDArray[np.uint8]
    samples: NDArray[np.uint8]


@dataclass(frozen=True)
class EpochReport:
    """The end of an epoch: mean terms, fixed pictures, and codes of the first test images."""

    epoch: int
    steps_per_epoch: int
    seconds: float
    train: Terms
    test: Terms
    pictures: Pictures
    codes: Codes
    hidden: tuple[int, ...] | None = None
    """Hidden sizes of an encoder that grows."""


Report = StepReport | EpochReport


def fixed_indices(labels: Tensor, count: int = NUM_PICTURES) -> Tensor:
    """Return ``count`` fixed image numbers: one of each class in turn, then the first ones left."""
    classes = labels.unique(sorted=True).tolist()[:count]
    chosen = [int((labels == label).nonzero()[0, 0]) for label in classes]
    rest = (i for i in range(len(labels)) if i not in set(chosen))
    while len(chosen) < min(count, len(labels)):
        chosen.append(next(rest))
    return torch.tensor(chosen)


def epoch_seed(seed: int, epoch: int) -> int:
    """Return the seed of an epoch's order and noise, in 32 bits.

    Torch's generator on the CPU reads no more than the low 32 bits of its seed, so what lies above
    them is folded in: else seeds 4,096 apart would share all their noise.
    """
    whole = (seed << 20) + epoch
    return (whole ^ ((whole >> 32) * 0x9E3779B1)) & 0xFFFFFFFF


def steps_per_epoch(config: RunConfig, data: ImageData) -> int:
    """Return how many batches the training images make."""
    return -(-len(data.train) // config.train.batch_size)


def num_codes(latent_dim: int) -> int:
    """Return of how many test images a run keeps the codes after each epoch."""
    return max(100, min(MAX_CODES, MAX_CODE_VALUES // latent_dim))


@torch.inference_mode()
def pictures_of(model: LatentModel, train: Split, test: Split) -> Pictures:
    """Return what a model makes of the fixed images of both splits, where it is, and of fixed z."""
    return Pictures(
        to_uint8(model.reconstruct(pixels(train.images), train.labels)),
        to_uint8(model.reconstruct(pixels(test.images), test.labels)),
        to_uint8(model.sample(NUM_PICTURES, Generator().manual_seed(SAMPLE_SEED))),
    )


def _sampled(x: Tensor, generator: Generator) -> Tensor:
    return torch.bernoulli(x, generator=generator)


BATCH_VIEWS: dict[str, Callable[[Tensor, Generator], Tensor]] = {
    # Static images are black and white since they were read.
    "none": lambda x, generator: x,
    "static": lambda x, generator: x,
    "dynamic": _sampled,
}
"""How the training images of a batch are seen, by ``DataConfig.binarise``."""


def warmup_share(epochs: int, epoch: int, step: int, steps: int) -> float:
    """Return the share of the KL's weight in a step: it rises evenly over the first ``epochs``."""
    return 1.0 if epochs == 0 else min(1.0, (epoch - 1 + step / steps) / epochs)


def _check_finite(loss: float, epoch: int, config: RunConfig) -> None:
    if not np.isfinite(loss):
        raise TrainingError(
            _(
                "the loss is no longer a finite number in epoch {epoch}: train again "
                "with a lower learning rate than {lr}"
            ).format(epoch=epoch, lr=formatted(config.train.lr, "g"))
            + (_(", or in float32.") if config.train.precision == "bf16" else ".")
        )


def fit(
    config: RunConfig,
    data: ImageData | None = None,
    state: TrainState | None = None,
    before_step: Callable[[], None] = lambda: None,
) -> Iterator[Report]:
    """Train, yielding a report a window of steps and one an epoch.

    Raises TrainingError if the loss is not finite, or the device is not there; DataError if the
    data set is not there, or its images have another shape than the model's.

    The same seed on the same device gives the same reports. ``data`` is loaded from the registry if
    not given; ``state``, which is changed in place, is where to go on from; ``before_step`` may
    wait, look at the model, or raise what ends the training: the state goes on from there.
    """
    data = data or load_for(config.data)
    check_images(config.model, data)
    state = state or TrainState(config)
    model, optimizer, device = state.model, state.optimizer, state.device
    settings = config.train
    train, test = data.train.to(device), data.test.to(device)
    fixed_train, fixed_test = (split[fixed_indices(split.labels)] for split in (train, test))
    view = BATCH_VIEWS[config.data.binarise]
    steps = state.steps_per_epoch = steps_per_epoch(config, data)
    test_samples = settings.samples if model.bound_needs_samples else 1
    bf16 = settings.precision == "bf16"
    while state.epoch < settings.epochs:
        began, before, epoch = time.perf_counter(), state.seconds, state.epoch + 1
        window = max(1, steps // max(WINDOWS_PER_EPOCH, FIRST_WINDOWS // epoch))
        generator = Generator(device).manual_seed(epoch_seed(settings.seed, epoch))
        order = torch.randperm(len(train), device=device, generator=generator)
        if state.step == 0:
            model.before_epoch(epoch, epoch_seed(settings.seed, epoch), optimizer)
        state.begin(generator)
        model.train()
        for batch in order.split(settings.batch_size)[state.step :]:
            before_step()
            step = state.step + 1
            x = view(pixels(train.images[batch]), generator)  # (B, C, H, W)
            model.kl_scale = warmup_share(settings.kl_warmup, epoch, step, steps)
            with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
                terms = model.loss(x, settings.samples, generator, train.labels[batch])
            optimizer.zero_grad(set_to_none=True)
            terms.loss.mean().backward()
            optimizer.step()
            with torch.no_grad():
                state.sums = stack_terms(terms) + state.sums
            state.count += len(x)
            state.step = step
            state.seconds = before + time.perf_counter() - began
            if step % window == 0 or step == steps:
                # The only place that waits for the device: a few times an epoch.
                host = torch.as_tensor(state.sums).cpu().double()
                _check_finite(float(host[0]), epoch, config)
                state.epoch_sums = host + state.epoch_sums
                mean = unstack_terms(host / state.count, terms)
                state.seconds = before + time.perf_counter() - began
                state.sums, state.count = 0.0, 0
                yield StepReport(epoch, step, steps, state.seconds, mean)
        model.eval()
        test_terms, _, codes = split_terms(
            model, test, num_codes(config.model.latent_dim), num_samples=test_samples
        )
        _check_finite(test_terms.loss, epoch, config)
        means = unstack_terms(torch.as_tensor(state.epoch_sums) / len(train), terms)
        state.end(epoch)
        pictures = pictures_of(model, fixed_train, fixed_test)
        state.seconds = before + time.perf_counter() - began
        yield EpochReport(
            epoch=epoch,
            steps_per_epoch=steps,
            seconds=state.seconds,
            train=means,
            test=test_terms,
            pictures=pictures,
            codes=codes,
            hidden=model.hidden_now(),
        )
