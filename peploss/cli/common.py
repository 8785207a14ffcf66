"""Parts that the commands share: settings as options, errors as exit codes, a progress bar on a terminal."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import signal
import sys
import threading
import typing
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import click

from peploss.errors import PeplossError, SettingsError
from peploss.settings import LossSettings

if TYPE_CHECKING:
    from peploss.dataset.progress import Progress

NOT_ALL: Final = 3
"""Exit code with ``--strict`` when some of the input could not be used."""

EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False)
EXISTING_PARTS = click.Path(path_type=Path, exists=True)


_interrupted = threading.Event()


@contextlib.contextmanager
def _interrupts_kept() -> Iterator[None]:
    """Keep Ctrl-C in mind: a callback that compiled code makes into Python swallows the exception, and ``progress_bar``
    raises it again at its next step."""
    _interrupted.clear()
    before = signal.getsignal(signal.SIGINT)
    if before is not signal.default_int_handler or threading.current_thread() is not threading.main_thread():
        yield
        return

    def keep(number: int, frame: FrameType | None) -> None:
        _interrupted.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, keep)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def told(command: Callable[..., None]) -> Callable[..., None]:
    """Turn errors that a user can act on into one message and exit code 1, without a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            with _interrupts_kept():
                command(*args, **kwargs)
        except PeplossError as error:
            raise click.ClickException(str(error)) from error
        except BrokenPipeError:  # `entry` handles it: the reader of the pipe has closed it
            raise
        except OSError as error:
            raise click.ClickException(f"{error.filename or 'A file'}: {error.strerror or error}.") from error
        except ModuleNotFoundError as error:
            raise click.ClickException(
                f'{error.name} is not installed. Install what data sets need: pip install "peploss[dataset]".'
            ) from error
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            sys.exit(130)

    return run


def settings_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add an option for each field of ``LossSettings``, and ``--settings FILE``; the command gets one ``settings``."""
    kinds = typing.get_type_hints(LossSettings)
    fields = dataclasses.fields(LossSettings)

    @functools.wraps(command)
    def run(*args: Any, settings: Path | None, **kwargs: Any) -> None:
        try:
            start = LossSettings.from_toml(settings.read_text(encoding="utf-8")) if settings else LossSettings()
            given = {f.name: _value(f.name, value) for f in fields if (value := kwargs.pop(f.name)) is not None}
            chosen = start.replace(**given)
        except SettingsError as error:
            raise click.UsageError(str(error)) from error
        except UnicodeDecodeError as error:
            raise click.UsageError(f"{settings}: The settings are not text in UTF-8.") from error
        command(*args, settings=chosen, **kwargs)

    for field in reversed(fields):
        run = click.option("--" + field.name.replace("_", "-"), field.name, **_option(field, kinds[field.name]))(run)
    return click.option(
        "--settings", type=EXISTING, help="Settings as TOML; an option on the command line wins over it."
    )(run)


def _option(field: dataclasses.Field[Any], kind: Any) -> dict[str, Any]:
    default = field.default
    if kind is bool:
        return {"is_flag": True, "flag_value": True, "default": None, "help": "Setting, off by default."}
    if field.name == "ion_weights":
        return {"help": "As ION=WEIGHT,ION=WEIGHT, for example y=1,b=0.6,y2=0.3."}
    if field.name == "intensities":
        return {"help": f'uniform, MS2PIP with a model ("MS2PIP HCD2019"), or file:PATH.  [default: {default}]'}
    if isinstance(default, tuple):
        return {"help": f"Names with commas between them.  [default: {','.join(default) or 'none'}]"}
    if typing.get_origin(kind) is typing.Literal:
        return {"type": click.Choice(typing.get_args(kind)), "help": f"[default: {default}]"}
    number = int if int in (kind, *typing.get_args(kind)) and float not in typing.get_args(kind) else float
    shown = "none" if default is None else f"{default:g}" if number is float else default
    return {"type": number, "help": f"[default: {shown}]"}


def _value(name: str, value: Any) -> Any:
    if name in ("ion_types", "neutral_losses"):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    if name != "ion_weights":
        return value
    weights = {}
    for part in value.split(","):
        ion, _, weight = part.partition("=")
        try:
            weights[ion.strip()] = float(weight)
        except ValueError:
            raise SettingsError(f"An ion weight is written as y=0.5, not {part!r}.") from None
    return weights


@contextlib.contextmanager
def progress_bar(label: str, unit: str) -> Iterator[Progress]:
    """Yield a bar on standard error if that is a terminal, else one that is not seen; either ends after Ctrl-C."""

    def check(done: int, total: int) -> None:
        if _interrupted.is_set():
            raise KeyboardInterrupt

    if not sys.stderr.isatty():
        yield check
        return
    from tqdm import tqdm

    with tqdm(desc=label, unit=f" {unit}", file=sys.stderr, dynamic_ncols=True) as bar:

        def step(done: int, total: int) -> None:
            check(done, total)
            bar.total = total
            bar.update(done - bar.n)

        yield step


def say(lines: list[str], values: dict[str, Any], as_json: bool) -> None:
    """Print the outcome: sentences for people on standard error, or JSON for programs on standard output."""
    if as_json:
        click.echo(json.dumps(values, indent=2, default=str))
    else:
        for line in lines:
            click.echo(line, err=True)
