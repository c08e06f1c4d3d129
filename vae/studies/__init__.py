"""THE registry of studies: questions that a set of runs answers.

A new study is one module and one line in :data:`STUDIES`. Command line and page read the registry.
"""

from vae.errors import ConfigError
from vae.locale import _
from vae.studies import autoencoders, beta, binarised, encoder_size, latent_size, losses, samples
from vae.studies.engine.base import Result, Study, StudySettings
from vae.studies.growth import study as growth

STUDIES: dict[str, Study] = {
    study.name: study
    for study in (
        latent_size.STUDY,
        beta.STUDY,
        samples.STUDY,
        binarised.STUDY,
        losses.STUDY,
        growth.STUDY,
        encoder_size.STUDY,
        autoencoders.STUDY,
    )
}


def check_study(name: str) -> Study:
    """Return the study of that name.

    Raises ConfigError if it is not in :data:`STUDIES`.
    """
    study = STUDIES.get(name)
    if study is None:
        raise ConfigError(
            _("there is no study {name!r}: choose one of {studies}.").format(
                name=name, studies=", ".join(STUDIES)
            )
        )
    return study


__all__ = ["STUDIES", "Result", "Study", "StudySettings", "check_study"]
