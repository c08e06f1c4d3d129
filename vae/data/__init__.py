"""Data sets: one registry, pictures as resident uint8 tensors, downloads that end whole or not."""

from vae.data.download import get as get
from vae.data.images import ImageData as ImageData
from vae.data.images import Split as Split
from vae.data.images import pixels as pixels
from vae.data.place import data_dir as data_dir
from vae.data.registry import DATASETS as DATASETS
from vae.data.registry import FILLING as FILLING
from vae.data.registry import DatasetSpec as DatasetSpec
from vae.data.registry import Placing as Placing
from vae.data.registry import all_datasets as all_datasets
from vae.data.registry import known_spec as known_spec
from vae.data.registry import spec_of as spec_of
from vae.data.registry import version_of as version_of
from vae.data.store import DataStatus as DataStatus
from vae.data.store import load as load
from vae.data.store import status as status
from vae.data.views import load_for as load_for
