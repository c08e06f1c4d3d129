"""THE registry of measures: what can be said of a trained model beyond the standard figures.

A new measure is one function from a :class:`Subject` to what it found, and one line in
:data:`MEASURES`. Command line and pages read the registry.
"""

from __future__ import annotations

from vae.measures import bounds, factors, labels, posterior, samples
from vae.measures.base import DEFAULT_SAMPLES, NUM_IMAGES, Measure, MeasureValue, Need, Subject

LIKELIHOOD, CODES, CLASSES, SAMPLES = (
    "How likely the images are",
    "Information in the codes",
    "Class and factor information in the codes",
    "How real the samples look",
)
GROUPS = (LIKELIHOOD, CODES, CLASSES, SAMPLES)

_GIVEN = "A conditional model's encoder is given the class, so its codes need not hold it."

MEASURES: dict[str, Measure] = {
    "log_likelihood": Measure(
        "Log-likelihood",
        bounds.log_likelihood,
        "nats per image",
        "A lower bound that rises with K: where q(z|x) misses a part of the true posterior it "
        "stays too low at any K. Compare only estimates with the same K, on the same images and "
        "kind of pixels, and differences larger than the standard errors. A conditional "
        "model estimates log p(x|y). Of Gaussian pixels it is a density.",
        ("posterior",),
        LIKELIHOOD,
        2,
    ),
    "bits_per_dim": Measure(
        "Bits per dimension",
        bounds.bits_per_dim,
        "bits per pixel and channel",
        "Of black-or-white pixels (threshold 0.5), so not to be compared with bits of grey levels; "
        "and no better than the log-likelihood that it is made of.",
        ("posterior", "probability"),
        LIKELIHOOD,
        4,
    ),
    "elbo_std_by_samples": Measure(
        "Standard deviation of the ELBO with L samples of z",
        bounds.elbo_std_by_samples,
        "nats per image",
        "It falls as 1/sqrt(L) by construction. Images often differ from one another far more than "
        "the draws for one image do, so it hardly measures the noise of a training step; and at "
        f"L = 100 it rests on {bounds.STD_DRAWS // 100} estimates per image.",
        ("posterior",),
        LIKELIHOOD,
        2,
    ),
    "kl_per_dim": Measure(
        "KL of each dimension",
        posterior.kl_by_dimension,
        "nats per image",
        "A mean over images: a dimension that matters for few of them looks idle. What it costs "
        "is not what the decoder uses: a code may be paid for and ignored.",
        ("posterior",),
        CODES,
    ),
    "active_units": Measure(
        "Active units",
        posterior.active_units,
        "dimensions",
        "Counts dimensions whose mean varies by more than 0.01, a threshold for codes near a "
        "standard normal: where there is no prior the scale of the codes is anybody's, and with it "
        "the count.",
        (),
        CODES,
        0,
    ),
    "mutual_information": Measure(
        "Mutual information of image and code",
        posterior.mutual_information,
        "nats per image",
        "It cannot exceed log N for N test images: near that it only shows that no two codes "
        "overlap, and the true value may be much larger.",
        ("posterior",),
        CODES,
    ),
    "marginal_kl": Measure(
        "KL of all codes together from the prior",
        posterior.marginal_kl,
        "nats per image",
        "The KL less the mutual information: too large wherever that has reached log N, and with "
        "noise it can fall below 0. Near 0 only shows that samples start where codes are, not that "
        "they look good.",
        ("posterior",),
        CODES,
    ),
    "knn_accuracy": Measure(
        "10-NN accuracy",
        labels.knn_accuracy,
        "share of the test images",
        "Distances count every dimension alike, so idle or large ones drown the others, and in "
        f"many dimensions neighbours mean less. {_GIVEN}",
        ("classes",),
        CLASSES,
    ),
    "linear_probe": Measure(
        "Linear probe, all labels",
        labels.linear_probe,
        "share of the test images",
        "Asks for flat borders between classes: two-dimensional maps look worse than they are, "
        f"and more dimensions help by their number alone. {_GIVEN}",
        ("classes",),
        CLASSES,
    ),
    "linear_probe_100": Measure(
        f"Linear probe, {labels.FEW_LABELS} labels",
        labels.linear_probe_100,
        "share of the test images",
        "It depends on which labels are drawn: differences within the standard deviation of the "
        "ten draws mean nothing, and with more dimensions than labels it rests on its penalty. "
        f"{_GIVEN}",
        ("classes",),
        CLASSES,
    ),
    "silhouette": Measure(
        "Silhouette of the classes",
        labels.silhouette,
        "from -1 to 1",
        "Rewards round, distant clusters: a class in two parts or in a long arc scores low though "
        f"nothing overlaps. {_GIVEN}",
        ("classes",),
        CLASSES,
    ),
    "mig": Measure(
        "Mutual information gap (MIG)",
        factors.mig,
        "from 0 to 1",
        "Asks for one dimension a factor: a factor that needs two, such as a hue or an angle on a "
        f"circle, scores low however well it is coded. Cut into {factors.BINS} bins, it changes "
        "with their number, and it varies much between seeds.",
        ("factors",),
        CLASSES,
    ),
    "frechet_distance": Measure(
        "Fréchet distance of samples, in the project's own features",
        samples.sample_quality,
        "squared units of a feature",
        "No FID: the features are those of this project's small classifier, which looks for what "
        "separates classes and overlooks the rest, blur above all. Compare only runs on one data "
        "set, and with the distance of real images. The codes of an autoencoder without a prior "
        "are drawn from a Gaussian fitted to its training codes.",
        ("classifier",),
        SAMPLES,
        2,
    ),
}
"""By the name of the figure; :func:`vae.training.metrics.evaluate` has the standard ones."""


__all__ = [
    "DEFAULT_SAMPLES",
    "GROUPS",
    "MEASURES",
    "NUM_IMAGES",
    "Measure",
    "MeasureValue",
    "Need",
    "Subject",
]
