"""``python -m vae``: train, resume, evaluate, decode, list, get data, measure speed.

Every command takes ``--json`` for one JSON object as the last line of standard output. What a
user gets wrong ends with exit code 2 and one sentence on standard error.
"""

import inspect
import sys
from typing import NoReturn

import typer
from typer.exceptions import TyperException

from vae.cli.applications import uses_app
from vae.cli.bench import bench_app
from vae.cli.classifier import classifier_app
from vae.cli.data import data_app
from vae.cli.evaluate import evaluate_app
from vae.cli.runs import runs_app
from vae.cli.serve import serve_app
from vae.cli.study import study_app
from vae.cli.train import train_app
from vae.cli.transfer import transfer_app
from vae.errors import UserError
from vae.locale import _, retold

app = typer.Typer(
    help=_("Variational autoencoders to train, look at and drag through."),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.add_typer(train_app)
app.add_typer(runs_app)
app.add_typer(bench_app)
app.add_typer(data_app, name="data")
app.add_typer(classifier_app, name="classifier")
app.add_typer(evaluate_app)
app.add_typer(uses_app)
app.add_typer(study_app)
app.add_typer(transfer_app)
app.add_typer(serve_app)


def _put_in_words(group: typer.Typer) -> None:
    """Let the commands' docstrings be shown as help in the language to speak."""
    for command in group.registered_commands:
        text = inspect.getdoc(command.callback) or ""
        parts = [" ".join(part.split()) for part in text.split("\n\n")]
        command.help = "\n\n".join(_(part) for part in parts)
    for part in group.registered_groups:
        if part.typer_instance is not None:
            _put_in_words(part.typer_instance)


_put_in_words(app)


def _refuse(text: str) -> NoReturn:
    typer.echo(text, err=True)
    sys.exit(2)


def main() -> None:
    """Run the command line; what a user got wrong becomes one sentence and exit code 2."""
    try:
        # Without typer's own handling an error is one sentence, not a page of usage.
        result = app(standalone_mode=False)
    except TyperException as error:
        message = error.format_message()
        # A command alone asks for its help, which is many lines.
        _refuse(
            message
            if "\n" in message
            else _("Error: {message} (--help shows how)").format(message=message)
        )
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(130)
    except UserError as error:
        text = " ".join(retold(str(error)).split())
        _refuse(_("Error: {message}").format(message=text))
    except BrokenPipeError:
        sys.exit(0)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _refuse(_("Error: {where}{reason}.").format(where=where, reason=error.strerror or error))
    sys.exit(result if isinstance(result, int) else 0)
