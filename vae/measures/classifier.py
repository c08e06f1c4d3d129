"""The project's own judge of pictures: a small classifier, trained on real images.

It gives class probabilities and features of a picture: for samples of a model there is no
likelihood.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from torch import Generator, Tensor, nn
from torch.nn import functional as F

from vae.data import ImageData, Split, pixels
from vae.errors import RunError
from vae.locale import _
from vae.models.nets import initialise
from vae.runs import CLASSIFIERS_FOLDER, DEFAULT_ROOT
from vae.runs.checkpoint import to_arrays
from vae.runs.devices import pick_device
from vae.storage.files import read_arrays, write_arrays

FOLDER = DEFAULT_ROOT / CLASSIFIERS_FOLDER
"""Where the classifiers are, next to the runs: one file for each data set."""
EPOCHS = 4
BATCH = 128
NUM_FEATURES = 128
_CHANNELS = (16, 32)
_LR = 3e-3
_EVAL_BATCH = 500


@dataclass(frozen=True)
class Facts:
    """Metadata of a trained classifier."""

    dataset: str
    accuracy: float
    """Share of the test images that it names rightly."""
    epochs: int
    seed: int


class Classifier(nn.Module):
    """Two convolutions, each with a maximum over 2 x 2, and a dense layer of features.

    ``images`` are ``(n, C, H, W)`` in [0, 1], of any shape that the data set has.
    """

    def __init__(self, shape: tuple[int, int, int], num_classes: int) -> None:
        super().__init__()
        channels, height, width = shape
        first, second = _CHANNELS
        self.shape = shape
        self.body = nn.Sequential(
            nn.Conv2d(channels, first, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(first, second, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(second * (height // 4) * (width // 4), NUM_FEATURES),
            nn.ReLU(),
        )
        self.head = nn.Linear(NUM_FEATURES, num_classes)
        initialise(self, "he")

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits of the classes: ``(n, K)``."""
        logits: Tensor = self.head(self.body(images))
        return logits

    def _in_batches(self, part: Callable[[Tensor], Tensor], images: Tensor) -> Tensor:
        device = self.head.weight.device
        with torch.inference_mode():
            found = [part(batch.to(device)).cpu() for batch in images.split(_EVAL_BATCH)]
        return torch.cat(found)

    def predict(self, images: Tensor) -> Tensor:
        """Return the probability of each class: ``(n, C, H, W)`` to ``(n, K)``, on the CPU."""
        return torch.softmax(self._in_batches(self, images), dim=-1)

    def features(self, images: Tensor) -> Tensor:
        """Return the last hidden layer: ``(n, C, H, W)`` to ``(n, 128)``, on the CPU."""
        return self._in_batches(self.body, images)


def accuracy(classifier: Classifier, split: Split) -> float:
    """Return the share of the images that are given their own label."""
    guesses = classifier.predict(pixels(split.images)).argmax(-1)
    return float((guesses == split.labels).double().mean())


def train_classifier(
    data: ImageData,
    epochs: int = EPOCHS,
    seed: int = 0,
    on_epoch: Callable[[int, float], None] | None = None,
) -> tuple[Classifier, Facts]:
    """Train on the training images of a data set and measure on its test images.

    Adam, its rate rising and falling once over the training (Smith and Topin, "Super-Convergence",
    2018, arXiv:1708.07120). The weights are rounded to float16, as they are stored, before they
    are measured. ``on_epoch`` is called with the number and the mean loss (nats) of each epoch.
    """
    device = pick_device()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        classifier = Classifier(data.shape, len(data.class_names)).to(device)
    generator = Generator().manual_seed(seed)
    train = data.train.to(device)
    optimizer = torch.optim.Adam(classifier.parameters(), lr=_LR)
    steps = -(-len(train) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, _LR, total_steps=max(2, epochs * steps)
    )
    for epoch in range(1, epochs + 1):
        total = torch.zeros((), device=device)
        for batch in torch.randperm(len(train), generator=generator).split(BATCH):
            batch = batch.to(device)
            logits = classifier(pixels(train.images[batch]))
            loss = F.cross_entropy(logits, train.labels[batch])
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.detach() * len(batch)
        if on_epoch:
            on_epoch(epoch, float(total) / len(train))
    with torch.no_grad():
        for weight in classifier.parameters():
            weight.copy_(weight.half())
    classifier.requires_grad_(False).eval()
    return classifier, Facts(data.name, accuracy(classifier, data.test), epochs, seed)


def path_of(dataset: str, folder: Path = FOLDER) -> Path:
    """Return where the classifier of a data set is, or would be."""
    return folder / f"{dataset}.safetensors"


def save_classifier(classifier: Classifier, facts: Facts, folder: Path = FOLDER) -> Path:
    """Write the weights, as float16, and the facts beside them; return the file.

    Raises RunError if the folder cannot be written.
    """
    arrays = to_arrays({name: w.half() for name, w in classifier.state_dict().items()})
    metadata = {name: str(value) for name, value in asdict(facts).items()}
    metadata["shape"] = ",".join(map(str, classifier.shape))
    metadata["classes"] = str(classifier.head.out_features)
    path = path_of(facts.dataset, folder)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_arrays(path, arrays, metadata)
    except OSError as error:
        raise RunError(
            _("cannot write {path}: {reason}.").format(path=path, reason=error.strerror or error)
        ) from None
    return path


def load_classifier(dataset: str, folder: Path = FOLDER) -> tuple[Classifier, Facts]:
    """Read the classifier of a data set, ready to use on the CPU.

    Raises RunError if there is none, or its file is damaged.
    """
    path = path_of(dataset, folder)
    again = _("`python -m vae classifier train --dataset {dataset}` makes it").format(
        dataset=dataset
    )
    if not path.exists():
        raise RunError(
            _("there is no classifier of {dataset} in {folder}: {again}.").format(
                dataset=dataset, folder=folder, again=again
            )
        )
    arrays, metadata = read_arrays(path)
    try:
        channels, height, width = map(int, metadata["shape"].split(","))
        classifier = Classifier((channels, height, width), int(metadata["classes"]))
        classifier.load_state_dict(
            {name: torch.from_numpy(array).float() for name, array in arrays.items()}
        )
        facts = Facts(
            metadata["dataset"],
            float(metadata["accuracy"]),
            int(metadata["epochs"]),
            int(metadata["seed"]),
        )
    except (KeyError, TypeError, ValueError, RuntimeError):
        raise RunError(
            _("{path} is no classifier: delete it, and {again} again.").format(
                path=path, again=again
            )
        ) from None
    return classifier.requires_grad_(False).eval(), facts
