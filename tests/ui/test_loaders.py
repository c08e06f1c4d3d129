"""What sessions share: pictures of a data set that was made anew under its name."""

import io
import zipfile

import pytest
from PIL import Image

from vae import runs
from vae.config import DataConfig
from vae.data import ImageData, folder, intake
from vae.errors import DataError
from vae.ui.shared import loaders

NAME = "folder:mine"


def add(level: int) -> None:
    """Make the data set of pictures of one grey level, in two classes."""
    packed, picture = io.BytesIO(), io.BytesIO()
    Image.new("L", (28, 28), level).save(picture, "PNG")
    with zipfile.ZipFile(packed, "w") as zipped:
        for number in range(40):
            zipped.writestr(f"{number % 2}/{number}.png", picture.getvalue())
    intake.add(packed, "mine")


@pytest.mark.parametrize("classes", [None, (1,)])
def test_pictures_of_a_set_made_anew_are_the_new_ones(classes, make_config, tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_DATA_DIR", str(tmp_path / "data"))
    config = make_config(image_shape=(1, 28, 28)).model_copy(
        update={"data": DataConfig(dataset=NAME, classes=classes)}
    )
    run = runs.create(config, tmp_path / "runs")

    def level(data: ImageData) -> int:
        (found,) = data.test.images.unique().tolist()
        return int(found)

    add(50)
    before = loaders.data_version(run)
    assert level(loaders.dataset(NAME)) == level(loaders.data_of(run)) == 50
    assert loaders.dataset(NAME) is loaders.dataset(NAME)
    folder.remove("mine")
    assert loaders.data_version(run) != before
    with pytest.raises(DataError, match="no data set folder:mine here"):
        loaders.data_of(run)
    add(200)
    assert loaders.data_version(run) != before
    assert level(loaders.dataset(NAME)) == level(loaders.data_of(run)) == 200
