"""What an embedding is asked for: method and parameters, with their bounds and a cache key."""

import hashlib
import json
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from vae.errors import ConfigError, checked_settings
from vae.locale import N_, _

LEAST_POINTS = 10
MOST_POINTS = 10_000
USUAL_POINTS = 5_000
MOST_SEED = 2**31 - 1

_Points = Annotated[
    int,
    Field(
        ge=LEAST_POINTS,
        le=MOST_POINTS,
        description=N_("How many test codes, spread evenly over the test images."),
    ),
]
_Seed = Annotated[
    int,
    Field(ge=0, le=MOST_SEED, description=N_("The same seed gives the same picture.")),
]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tsne(_Settings):
    """t-SNE (van der Maaten and Hinton, JMLR 2008)."""

    method: Literal["tsne"] = "tsne"
    points: _Points = USUAL_POINTS
    perplexity: Annotated[
        float,
        Field(
            ge=2,
            le=200,
            description=N_(
                "About how many neighbours each code keeps close: less shows small "
                "groups, more the whole. It must be less than a third of the points."
            ),
        ),
    ] = 30.0
    seed: _Seed = 0


class Umap(_Settings):
    """UMAP (McInnes, Healy and Melville 2018, arXiv:1802.03426)."""

    method: Literal["umap"] = "umap"
    points: _Points = USUAL_POINTS
    n_neighbors: Annotated[
        int,
        Field(
            ge=2,
            le=200,
            description=N_(
                "How many neighbours make up a code's surroundings: less shows small "
                "groups, more the whole. It must be less than the points."
            ),
        ),
    ] = 15
    min_dist: Annotated[
        float,
        Field(
            ge=0,
            le=0.99,
            description=N_("How near points may come to one another: 0 packs groups tightly."),
        ),
    ] = 0.1
    seed: _Seed = 0


Settings = Tsne | Umap
S = TypeVar("S", bound=BaseModel)
_adapter: TypeAdapter[Settings] = TypeAdapter(Annotated[Settings, Field(discriminator="method")])

TITLES = {"mu": "mu", "pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
"""The methods, as a page names them."""

_PACKAGES = {"tsne": ("openTSNE",), "umap": ("umap-learn",)}


def make(**values: Any) -> Settings:
    """Return settings, checked.

    Raises ConfigError if one is out of its bounds or unknown.
    """
    with checked_settings():
        return _adapter.validate_python(values)


def usual(method: str, count: int) -> Settings:
    """Return the settings that a page begins with for a run of ``count`` codes."""
    points = max(LEAST_POINTS, min(USUAL_POINTS, count))
    if method == "tsne":
        perplexity = float(Tsne.model_fields["perplexity"].default)
        return Tsne(points=points, perplexity=min(perplexity, (points - 1) // 3))
    neighbours = int(Umap.model_fields["n_neighbors"].default)
    return Umap(points=points, n_neighbors=min(neighbours, points - 1))


def check(settings: Settings, count: int) -> None:
    """Refuse settings that do not fit ``count`` codes.

    Raises ConfigError if there are fewer codes than points asked for, or too few for the
    neighbourhoods.
    """
    if settings.points > count:
        raise ConfigError(
            _(
                "this run keeps {count} test codes: ask for {count} points at most, not {points}."
            ).format(count=count, points=settings.points)
        )
    if isinstance(settings, Tsne) and 3 * settings.perplexity >= settings.points:
        raise ConfigError(
            _(
                "a perplexity of {perplexity:g} needs more than {least:g} points, and "
                "there are {points}: lower the perplexity or take more points."
            ).format(
                perplexity=settings.perplexity,
                least=3 * settings.perplexity,
                points=settings.points,
            )
        )
    if isinstance(settings, Umap) and settings.n_neighbors >= settings.points:
        raise ConfigError(
            _(
                "{n_neighbors} neighbours need more than {n_neighbors} points, and there are "
                "{points}: lower the neighbours or take more points."
            ).format(n_neighbors=settings.n_neighbors, points=settings.points)
        )


def engine(method: str) -> str | None:
    """Return the package that computes a method here, None if there is none.

    t-SNE takes openTSNE where it is installed and scikit-learn elsewhere.
    """
    for package in _PACKAGES[method]:
        try:
            version(package)
        except PackageNotFoundError:
            continue
        return package
    return "scikit-learn" if method == "tsne" else None


def cache_key(run_version: str, settings: Settings, computed_by: str | None) -> str:
    """Return the name of an embedding: another one for other codes, settings or package."""
    whole = {"run": run_version, "engine": computed_by, **settings.model_dump()}
    text = json.dumps(whole, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
