"""What the registry says of a data set."""

import pytest

from vae.data import DATASETS


@pytest.mark.parametrize(
    ("name", "label", "called"),
    [
        ("fashion-mnist", 7, "Sneaker"),
        ("digits", 3, "3"),
        ("digits", -1, "-1"),
        ("kmnist", 10, "10"),
    ],
)
def test_a_class_has_a_name_or_its_number(name, label, called):
    assert DATASETS[name].class_name(label) == called
