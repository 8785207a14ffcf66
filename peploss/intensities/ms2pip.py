"""Predicts fragment intensities with MS2PIP, on this machine and without a network."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final

from peploss.errors import BackendError, SettingsError
from peploss.installed import SAMPLES
from peploss.intensities.cache import PredictionCache
from peploss.intensities.prediction import Ion, Prediction, by_ion, ion_named, key_of, shifts_of
from peploss.lifeline import tied
from peploss.peptides.peptide import Peptide

COMPILED: Final = ("HCD2019", "HCDch2", "TMT")
"""Models that are compiled into the wheel of MS2PIP 4.1.2 and need no file."""

NEED_FILES: Final = {
    "CID": "model_20190107_CID_train_B.xgboost",
    "CID-TMT": "model_20220104_CID_TMT_B.xgboost",
    "CIDch2": "model_20190107_CID_train_B2.xgboost",
    "HCD2021": "model_20210416_HCD2021_B.xgboost",
    "Immuno-HCD": "model_20210316_Immuno_HCD_B.xgboost",
    "iTRAQ": "model_20190107_iTRAQ_train_B.xgboost",
    "iTRAQphospho": "model_20190107_iTRAQphospho_train_B.xgboost",
    "timsTOF2023": "model_20230912_timsTOF_B.xgboost",
    "timsTOF2024": "model_20240105_timsTOF_B.xgboost",
    "TTOF5600": "model_20190107_TTOF5600_train_B.xgboost",
}
"""Models that are read from a folder, and a file that lies in it."""

MODELS: Final = (*COMPILED, *NEED_FILES)
FOLDER: Final = "PEPLOSS_MS2PIP_MODELS"
"""Environment variable: a folder with the model files of MS2PIP. Nothing is ever downloaded."""

VERSION: Final = "4.1.2"
INSTALL: Final = "pip install --no-deps ms2pip==4.1.2 xgboost-cpu==2.1.4 ms2rescore-rs werkzeug"
"""MS2PIP beside the app's own pins. What it declares to need would bring 800 MB of CUDA and an older pandas."""

BATCH: Final = 5000
"""Peptides that one process predicts."""

LETTERS: Final = frozenset("ACDEFGHIKLMNPQRSTVWY")
MAX_LENGTH: Final = 100
_SERIES: Final = {"b": ("b", 1), "y": ("y", 1), "b2": ("b", 2), "y2": ("y", 2)}


SHIPPED: Final = SAMPLES / "predictions.parquet"
"""Predictions of the built-in spectra's peptides, made by ``python -m benchmarks.predictions``."""


@lru_cache(maxsize=1)
def shipped() -> dict[str, dict[str, dict[Ion, float]]]:
    """Model -> peptidoform and charge -> intensities, of the built-in spectra; empty where the file is not there."""
    if not SHIPPED.is_file():
        return {}
    import pyarrow.parquet as pq

    found: dict[str, dict[str, dict[Ion, float]]] = {}
    for row in pq.read_table(SHIPPED).to_pylist():
        pairs = zip(row["ions"], row["intensities"], strict=True)
        found.setdefault(row["model"], {})[row["key"]] = {ion_named(name): float(value) for name, value in pairs}
    return found


def version() -> str | None:
    """Version of MS2PIP that is installed; None if none is."""
    try:
        return importlib.metadata.version("ms2pip") if importlib.util.find_spec("ms2pip") else None
    except importlib.metadata.PackageNotFoundError:
        return None


def models_here() -> tuple[str, ...]:
    """Models that can be used now; where MS2PIP is not installed, those that the built-in predictions are of."""
    if version() is None:
        return tuple(model for model in COMPILED if model in shipped())
    folder = os.environ.get(FOLDER)
    return COMPILED + tuple(name for name, file in NEED_FILES.items() if folder and (Path(folder) / file).is_file())


class MS2PIP:
    """Predicts with one model of MS2PIP, and remembers on disk what it predicted.

    Args:
        model: one of ``MODELS``.
        cache: where predictions are kept; None: the user's own.
    Raises:
        SettingsError: there is no such model.
        BackendError: MS2PIP is not installed, or the model's files are not there.
    """

    def __init__(self, model: str, cache: PredictionCache | None = None) -> None:
        if model not in MODELS:
            raise SettingsError(f"MS2PIP has no model {model!r}.", remedy=f"Use one of {', '.join(MODELS)}.")
        installed = version()
        if installed is None and model not in models_here():
            raise BackendError("MS2PIP is not installed.", remedy=f"Install it: {INSTALL}")
        if model not in models_here():
            raise BackendError(
                f"The model {model} of MS2PIP needs its file {NEED_FILES[model]}, which is not there.",
                remedy=f"Name the folder that holds it with {FOLDER}, or use {', '.join(COMPILED)}.",
            )
        self.model = model
        self.name = f"MS2PIP {model}"
        self._installed = installed is not None
        self._source = f"{self.name} {installed or VERSION}"
        self._cache = cache or PredictionCache.of_user()

    def predict(self, peptides: Sequence[Peptide], charges: Sequence[int]) -> list[Prediction | str]:
        """Intensities of peptides at their charges, in order; where there are none, why.

        Raises:
            BackendError: MS2PIP's process failed.
        """
        keys = [key_of(peptide, charge) for peptide, charge in zip(peptides, charges, strict=True)]
        refused = {key: why for key, p, z in zip(keys, peptides, charges, strict=True) if (why := _refusal(p, z))}
        found = {key: ions for key in keys if (ions := shipped().get(self.model, {}).get(key)) is not None}
        found |= self._cache.get(self._source, [key for key in keys if key not in refused and key not in found])
        missing = {
            key: _text(p, z)
            for key, p, z in zip(keys, peptides, charges, strict=True)
            if key not in refused and key not in found
        }
        if not self._installed:
            refused |= dict.fromkeys(
                missing,
                "MS2PIP is not installed; without it there are predictions of the "
                "built-in spectra's own peptides only.",
            )
            missing = {}
        waiting = list(missing.items())
        for start in range(0, len(waiting), BATCH):
            part = waiting[start : start + BATCH]
            rows = _run([text for _, text in part], self.model)
            made = {key: _intensities(row) for (key, _), row in zip(part, rows, strict=True) if "error" not in row}
            refused |= {key: str(row["error"]) for (key, _), row in zip(part, rows, strict=True) if "error" in row}
            self._cache.put(self._source, made)
            found |= made
        return [refused[key] if key in refused else Prediction(found[key], self._source) for key in keys]


def _refusal(peptide: Peptide, charge: int) -> str | None:
    """Why MS2PIP cannot predict this peptide; None if it can."""
    strange = sorted(set(peptide.residues) - LETTERS)
    if strange:
        return f"MS2PIP knows no residue {', '.join(strange)}."
    if not 3 <= len(peptide) <= MAX_LENGTH:
        return f"MS2PIP predicts peptides of 3 to {MAX_LENGTH} residues, not {len(peptide)}."
    if charge < 1:
        return f"MS2PIP needs a charge of at least 1, not {charge}."
    return None


def _text(peptide: Peptide, charge: int) -> str:
    """ProForma with masses: MS2PIP would look up a name in the network."""
    residues, n_term, c_term = shifts_of(peptide)
    body = "".join(
        residue + (f"[{shift:+.6f}]" if abs(shift) > 1e-6 else "")
        for residue, shift in zip(peptide.residues, residues, strict=True)
    )
    start = f"[{n_term:+.6f}]-" if n_term else ""
    end = f"-[{c_term:+.6f}]" if c_term else ""
    return f"{start}{body}{end}/{charge}"


def _intensities(row: dict[str, list[float]]) -> dict[Ion, float]:
    """MS2PIP lists y ions from y1 and b ions from b1."""
    import numpy as np

    names = [name for name in row if name in _SERIES]
    kinds, charges = zip(*(_SERIES[name] for name in names), strict=True)
    return by_ion(kinds, [np.array(row[name]) for name in names], charges)


def _run(peptidoforms: list[str], model: str) -> list[dict[str, list[float]]]:
    asked = {"model": model, "model_dir": os.environ.get(FOLDER), "peptidoforms": peptidoforms}
    command = [sys.executable, "-m", "peploss.intensities.ms2pip_process"]
    root = Path(__file__).resolve().parents[2]
    path = os.pathsep.join(filter(None, [os.fspath(root), os.environ.get("PYTHONPATH")]))
    done = subprocess.run(  # noqa: S603  no shell, nothing typed
        command,
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        **tied({**os.environ, "PYTHONPATH": path}),
    )
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode or len(rows) != len(peptidoforms):
        last = (done.stderr.strip().splitlines() or ["It said nothing."])[-1]
        raise BackendError(f"MS2PIP failed: {last}", remedy=f"Check the installation: {INSTALL}")
    return rows
