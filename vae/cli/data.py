"""``python -m vae data``: list data sets, get them, add and remove those of one's own."""

from pathlib import Path
from typing import Annotated

import typer

from vae.cli.common import Json, emit
from vae.locale import _

data_app = typer.Typer(
    help=_("List and get data sets; add your own images."),
    no_args_is_help=True,
    rich_markup_mode=None,
)


@data_app.command(name="list")
def data_list(as_json: Json = False) -> None:
    """List the data sets, and which are on this machine."""
    from vae.data import all_datasets, data_dir, status

    rows = [
        {
            "name": spec.name,
            "title": _(spec.title),
            "shape": list(spec.shape),
            "classes": len(spec.class_names),
            "state": status(name).state,
            "note": status(name).message,
            "licence": spec.licence,
            "source": spec.source,
        }
        for name, spec in all_datasets().items()
    ]
    text = "\n".join(
        f"{row['name']:<16} {row['state']:<9} {row['title']} ({row['licence']})" for row in rows
    )
    emit(as_json, {"folder": str(data_dir()), "datasets": rows}, text)


@data_app.command(name="get")
def data_get(name: str, as_json: Json = False) -> None:
    """Download a data set, or say that it is here already."""
    from vae.cli.progress import download_bar
    from vae.data import data_dir, get, status

    with download_bar(name) as on_progress:
        get(name, progress=on_progress)
    found = status(name)
    emit(as_json, {"name": name, "state": found.state, "folder": str(data_dir())},
         found.message)  # fmt: skip


@data_app.command(name="add")
def data_add(
    path: Annotated[Path, typer.Argument(metavar="PATH", help=_("A folder or a zip of images."))],
    name: Annotated[str, typer.Option(help=_("What to call it: it becomes folder:NAME."))],
    size: Annotated[int, typer.Option(help=_("Side of an image in pixels: 28, 32 or 64."))] = 28,
    colour: Annotated[str, typer.Option(help=_("grey or rgb."))] = "grey",
    as_json: Json = False,
) -> None:
    """Make a data set of your own images; their sub-folders are the classes.

    Each image is cut to the square in its middle and resized; a tenth of them, chosen by a fixed
    seed, is the test split.
    """
    from vae.cli.progress import image_bar
    from vae.data import intake

    with image_bar(name) as on_progress:
        added = intake.add(path, name, size, colour, progress=on_progress)
    manifest = added.manifest
    found = {
        "name": manifest.registered,
        "shape": list(manifest.shape),
        "train": manifest.train_size,
        "test": manifest.test_size,
        "class_names": list(manifest.class_names),
        "skipped": list(added.skipped),
        "ignored": added.ignored,
    }
    emit(as_json, found, added.words())


@data_app.command(name="remove")
def data_remove(name: str, as_json: Json = False) -> None:
    """Remove a data set of your own for good; what was trained on it stays."""
    from vae.data import folder

    gone = folder.remove(name)
    emit(as_json, {"name": gone, "state": "removed"}, _("{gone} is removed.").format(gone=gone))
