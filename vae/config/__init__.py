"""The settings of a run."""

from vae.config.settings import CORRUPTIONS as CORRUPTIONS
from vae.config.settings import DEFAULT_HIDDEN as DEFAULT_HIDDEN
from vae.config.settings import OF_THE_DATA as OF_THE_DATA
from vae.config.settings import Arch as Arch
from vae.config.settings import Binarise as Binarise
from vae.config.settings import DataConfig as DataConfig
from vae.config.settings import ModelConfig as ModelConfig
from vae.config.settings import RunConfig as RunConfig
from vae.config.settings import TrainConfig as TrainConfig
from vae.config.settings import automatic_name as automatic_name
from vae.config.settings import bounds as bounds
from vae.config.settings import check_name as check_name
from vae.config.settings import help_text as help_text
from vae.config.settings import make as make
from vae.config.settings import parse_corruption as parse_corruption
from vae.config.settings import parse_hidden as parse_hidden
