"""A model in training: weights, optimiser, and the very step where it is."""

import torch
from torch import Generator, Tensor

from vae.config import RunConfig
from vae.models import LatentModel, build
from vae.runs.devices import pick_device


class TrainState:
    """A model, its optimiser and how far they are: all that a resumed run needs.

    The random numbers of an epoch come from ``(seed, epoch)`` alone, so between two epochs the
    epoch is also the random state; within one, the generator's is kept.
    """

    epoch: int
    """How many epochs are done."""
    step: int
    """How many steps of the epoch under way are done; 0 between two epochs."""
    generator: Generator | None
    """That of the epoch under way."""
    sums: Tensor | float
    """Of the terms since the last report, over ``count`` images: ``(T,)``. Sums begin as numbers:
    how many terms there are is the family's affair."""
    count: int
    epoch_sums: Tensor | float
    """Of the terms in the reports of this epoch."""
    _noise: Tensor | None
    """The generator's state in the midst of an epoch, to go on from."""

    def __init__(self, config: RunConfig, device: torch.device | None = None) -> None:
        self.device = device or pick_device(config.train.device)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(config.train.seed)
            model = build(config.model)
        self.model: LatentModel = model.to(self.device)
        self.lr = config.train.lr
        self.optimizer = self._make_optimizer()
        self.seconds = 0.0
        self.steps_per_epoch = 1
        self.end(0)

    @property
    def epochs_done(self) -> float:
        return self.epoch + self.step / self.steps_per_epoch

    def begin(self, generator: Generator) -> None:
        """Begin an epoch with its generator, or go on within one."""
        if self._noise is not None:
            generator.set_state(self._noise)
        self.generator, self._noise = generator, None

    def end(self, epoch: int) -> None:
        """Note that an epoch is done."""
        self.epoch, self.step, self.count = epoch, 0, 0
        self.sums = self.epoch_sums = 0.0
        self.generator = self._noise = None

    def _make_optimizer(self) -> torch.optim.Adam:
        return torch.optim.Adam(self.model.parameters(), lr=self.lr, fused=True)

    def tensors(self) -> dict[str, Tensor]:
        """Return weights, Adam's moments and the position as named tensors on the CPU."""
        out = {f"model.{k}": v for k, v in self.model.state_dict().items()}
        names = [name for name, _ in self.model.named_parameters()]
        for index, entry in self.optimizer.state_dict()["state"].items():
            out |= {f"adam.{names[index]}.{k}": v for k, v in entry.items()}
        out["epoch"] = torch.tensor(self.epoch)
        out["seconds"] = torch.tensor(self.seconds, dtype=torch.float64)
        if self.step and self.generator is not None:
            out["step"], out["count"] = torch.tensor(self.step), torch.tensor(self.count)
            out["noise"] = self.generator.get_state()
            for name in ("sums", "epoch_sums"):
                if isinstance(value := getattr(self, name), Tensor):
                    out[name] = value
        return {k: v.detach().cpu().contiguous() for k, v in out.items()}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        weights = {
            k.removeprefix("model."): v for k, v in tensors.items() if k.startswith("model.")
        }
        self.model.prepare_load({name: tuple(v.shape) for name, v in weights.items()})
        self.model.load_state_dict(weights)
        self.optimizer = self._make_optimizer()
        moments: dict[int, dict[str, Tensor]] = {}
        for index, (name, _) in enumerate(self.model.named_parameters()):
            prefix = f"adam.{name}."
            entry = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
            if entry:
                moments[index] = entry
        saved = self.optimizer.state_dict()
        self.optimizer.load_state_dict({**saved, "state": moments})
        self.end(int(tensors["epoch"]))
        if "step" in tensors:
            self.step, self.count = int(tensors["step"]), int(tensors["count"])
            self._noise = tensors["noise"]
            self.sums = tensors["sums"].to(self.device) if "sums" in tensors else 0.0
            self.epoch_sums = tensors.get("epoch_sums", 0.0)
        self.seconds = float(tensors["seconds"])
