"""The usual PyTorch script for a VAE: what a training epoch is measured against.

It is what tutorials teach: a ``DataLoader`` that makes a PIL image and a tensor of every picture
in every epoch, one hidden layer, binary cross-entropy and KL summed over the batch, Adam as it
comes, ``loss.item()`` at every step, and a pass over the test images after each epoch. Nothing of
:mod:`vae.models` or :mod:`vae.training.loop` is in it. ``python -m vae.bench.reference`` prints its
figures as one JSON object.
"""

import argparse
import json
import time
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn, optim
from torch.nn import functional as F
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from vae.data import ImageData, Split, load
from vae.runs.devices import pick_device


class PictureSet(Dataset[tuple[Tensor, int]]):
    """One picture at a time as ``torchvision.datasets.MNIST`` gives it: PIL, then ``transform``."""

    def __init__(self, split: Split, transform: Any) -> None:
        self.data, self.targets, self.transform = split.images[:, 0], split.labels, transform

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        picture = Image.fromarray(self.data[index].numpy())
        return self.transform(picture), int(self.targets[index])

    def __len__(self) -> int:
        return len(self.data)


class UsualVAE(nn.Module):
    """``pixels - hidden - latent - hidden - pixels``, with sigmoid means."""

    def __init__(self, pixels: int, hidden: int, latent_dim: int) -> None:
        super().__init__()
        self.pixels = pixels
        self.into = nn.Linear(pixels, hidden)
        self.mean = nn.Linear(hidden, latent_dim)
        self.log_variance = nn.Linear(hidden, latent_dim)
        self.back = nn.Linear(latent_dim, hidden)
        self.out = nn.Linear(hidden, pixels)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the means of the pixels, and mean and log-variance of q(z|x)."""
        hidden = F.relu(self.into(x.view(-1, self.pixels)))
        mu, logvar = self.mean(hidden), self.log_variance(hidden)
        std = torch.exp(0.5 * logvar)
        z = mu + torch.randn_like(std) * std
        return torch.sigmoid(self.out(F.relu(self.back(z)))), mu, logvar


def summed_loss(recon: Tensor, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Return binary cross-entropy plus KL, summed over pixels and images."""
    bce = F.binary_cross_entropy(recon, x.view_as(recon), reduction="sum")
    kl = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
    return bce + kl


Loader = DataLoader[tuple[Tensor, int]]


def run_epoch(
    model: UsualVAE,
    loader: Loader,
    device: torch.device,
    optimizer: optim.Optimizer | None = None,
) -> float:
    """Go over every picture once, training with an optimizer; return the mean loss."""
    model.train(optimizer is not None)
    total, count = 0.0, 0
    with torch.set_grad_enabled(optimizer is not None):
        for x, _ in loader:
            x = x.to(device)
            recon, mu, logvar = model(x)
            loss = summed_loss(recon, x, mu, logvar)
            if optimizer is not None:
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            total += loss.item()
            count += len(x)
    return total / count


def measure(
    data: ImageData,
    *,
    epochs: int,
    hidden: int = 400,
    latent_dim: int = 20,
    batch_size: int = 128,
    device: str = "auto",
) -> dict[str, Any]:
    """Run the script; return seconds of each epoch's two halves and the last test loss."""
    torch.manual_seed(0)
    chosen = pick_device(device)
    to_tensor = transforms.ToTensor()
    train = DataLoader(PictureSet(data.train, to_tensor), batch_size=batch_size, shuffle=True)
    test = DataLoader(PictureSet(data.test, to_tensor), batch_size=batch_size)
    pixels = data.train.images[0, 0].numel()
    model = UsualVAE(pixels, hidden, latent_dim).to(chosen)
    optimizer = optim.Adam(model.parameters(), lr=1e-3)
    train_s, test_s, test_loss = [], [], 0.0
    for _ in range(epochs):
        began = time.perf_counter()
        run_epoch(model, train, chosen, optimizer)
        between = time.perf_counter()
        test_loss = run_epoch(model, test, chosen)
        train_s.append(between - began)
        test_s.append(time.perf_counter() - between)
    return {"train_s": train_s, "test_s": test_s, "test_loss": test_loss}


def main() -> None:
    """Run the script with the options of the command line."""
    parser = argparse.ArgumentParser(description="The usual PyTorch script for a VAE.")
    parser.add_argument("--dataset", default="mnist")
    parser.add_argument("--device", default="auto")
    for name, default in (("epochs", 3), ("hidden", 400), ("latent-dim", 20), ("batch-size", 128)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = vars(parser.parse_args())
    print(json.dumps(measure(load(given.pop("dataset")), **given)))


if __name__ == "__main__":
    main()
