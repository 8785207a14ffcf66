"""Reads a model's output from ``.npz`` and ``.safetensors``: arrays by name, checked; never a pickle."""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from peploss import limits
from peploss.errors import LimitError, PeplossError, SettingsError, SourceError
from peploss.peptides.vocabulary import Vocabulary
from peploss.training.descent.objective import Objective
from peploss.training.sample_log import SampleLog

NEEDED: Final = "all_logits"
NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    NEEDED: ("all_logits", "logits"),
    "targets": ("targets", "target_ids"),
    "mask": ("mask", "target_mask"),
    "mz": ("observed_masses", "mz"),
    "intensity": ("observed_intensities", "intensity", "intensities"),
    "peak_mask": ("peak_mask",),
    "precursor_mass": ("precursor_mass",),
    "charge": ("charge", "precursor_charge"),
    "ids": ("ids",),
    "step": ("step",),
    "vocabulary": ("vocabulary",),
    "masses": ("vocabulary_masses",),
    "loss": ("loss",),
}
"""What a file may hold, each under one of these names."""
_STEP: Final = re.compile(r"(\d+)(?!.*\d)")


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Every array of a file by its name in ``NAMES``.

    Raises:
        SourceError: it is damaged, holds objects, or promises more than it holds.
    """
    found = _npz(path) if path.suffix.lower() == ".npz" else _safetensors(path)
    out = {}
    for name, others in NAMES.items():
        for other in others:
            if other in found:
                out[name] = found[other]
                break
    if NEEDED not in out:
        raise SourceError(
            f"The file holds no array all_logits (T, B, L, V); it holds {', '.join(sorted(found)) or 'nothing'}.",
            where=path.name,
        )
    return out


def write_run(path: Path, into: Path) -> None:
    """Write the arrays of a file as a run of one step.

    Raises:
        SourceError: the file cannot be read, or its arrays do not fit together; the sentence names the array.
    """
    arrays = read_arrays(path)
    try:
        _write(arrays, path, into)
    except SettingsError as error:
        raise SourceError(error.problem, where=path.name, remedy=error.remedy) from error


def _write(arrays: dict[str, np.ndarray], path: Path, into: Path) -> None:
    logits = _tensor(arrays, NEEDED, path)
    if logits.ndim == 3:
        logits = logits[None]
    if logits.ndim != 4 or not logits.is_floating_point():
        raise SettingsError(
            f"all_logits must be numbers of shape (T, B, L, V), not {tuple(logits.shape)} of {logits.dtype}."
        )
    vocabulary = _vocabulary(arrays, logits.shape[-1])
    batch, length = logits.shape[1:3]
    if not logits.numel():
        raise SettingsError(f"all_logits is empty: its shape is {tuple(logits.shape)}.")
    if "targets" not in arrays:
        raise SettingsError("The file holds no array targets (B, L).")
    targets = _tensor(arrays, "targets", path)
    if targets.is_floating_point() or targets.shape != (batch, length):
        raise SettingsError(
            f"targets must be whole numbers of shape (B, L) = ({batch}, {length}), not {tuple(targets.shape)} of "
            f"{targets.dtype}."
        )
    pad = -1 if vocabulary.pad is None else vocabulary.id(vocabulary.pad)
    mask = _tensor(arrays, "mask", path).to(torch.bool) if "mask" in arrays else (targets != pad) & (targets >= 0)
    if mask.shape != targets.shape:
        raise SettingsError(f"mask must be (B, L) = ({batch}, {length}), not {tuple(mask.shape)}.")
    if not bool(mask.any()):
        raise SettingsError("No position counts: mask is False, or targets are padding, everywhere.")
    outside = mask & ((targets < 0) | (targets >= len(vocabulary)))
    if bool(outside.any()):
        raise SettingsError(
            f"targets holds {int(targets[outside][0])}, and the vocabulary has {len(vocabulary)} tokens."
        )
    bad = ~torch.isfinite(logits).all(-1).all(0) & mask  # (B, L)
    if bool(bad.any()):
        row, column = (int(i) for i in bad.nonzero()[0])
        raise SettingsError(
            f"all_logits is not finite at sample {row}, position {column}"
            + (f", and at {int(bad.sum()) - 1:,} more places." if int(bad.sum()) > 1 else ".")
        )
    targets = torch.where(mask, targets, 0).long()
    peaks, mass, charges = _spectra(arrays, batch, path)
    objective = _objective(arrays)
    loss = objective.module(vocabulary)
    ids = _words(arrays["ids"], "ids") if "ids" in arrays else [f"sample {i}" for i in range(batch)]
    if len(ids) != batch:
        raise SettingsError(f"ids must be B = {batch} names, not {len(ids)}.")
    _once(ids, "ids")
    nothing = torch.zeros(batch, 0)
    with torch.no_grad():
        observed = peaks or (nothing, nothing, nothing.bool())
        if peaks is None:
            loss.spectrum_weight = 0.0
        _, metrics = loss(logits, targets, mask, *observed, mass)
    kept = {name: value for name, value in metrics.items() if not bool(value.isnan().all())}
    with SampleLog(into, vocabulary=vocabulary, full_logits=True, loss=loss) as log:
        log.add(
            _step(arrays, path), ids, logits, targets, mask, kept, peaks=peaks, precursor_mass=mass, charges=charges
        )


def _tensor(arrays: dict[str, np.ndarray], name: str, path: Path) -> Tensor:
    array = arrays[name]
    if array.dtype.kind not in "fiub":
        raise SourceError(f"{name} holds {array.dtype}, and numbers were expected.", where=path.name)
    return torch.from_numpy(np.ascontiguousarray(array.astype(array.dtype.newbyteorder("="))))


def _once(names: list[str], array: str) -> None:
    """Check that no name of an array is there twice.

    Raises:
        SettingsError: one is.
    """
    for name, times in Counter(names).most_common(1):
        if times > 1:
            raise SettingsError(f"Each name must be in {array} once; {name!r} is there {times} times.")


def _vocabulary(arrays: dict[str, np.ndarray], n: int) -> Vocabulary:
    if "vocabulary" not in arrays:
        if n != len(Vocabulary()):
            raise SettingsError(
                f"all_logits has {n} tokens, and the default vocabulary has {len(Vocabulary())}.",
                remedy="Add arrays vocabulary (V names) and vocabulary_masses (V, Da; 0 or NaN for special tokens).",
            )
        return Vocabulary()
    tokens = _words(arrays["vocabulary"], "vocabulary")
    if len(tokens) != n:
        raise SettingsError(f"vocabulary has {len(tokens)} tokens, and all_logits has {n}.")
    _once(tokens, "vocabulary")
    if "masses" not in arrays:
        return Vocabulary.from_tokens(tokens)
    masses = _numbers(arrays["masses"], "vocabulary_masses")
    if masses.shape != (n,):
        raise SettingsError(f"vocabulary_masses must be (V,) = ({n},), not {masses.shape}.")
    return Vocabulary.from_masses({t: float(m) if m > 0 else None for t, m in zip(tokens, masses, strict=True)})


def _spectra(
    arrays: dict[str, np.ndarray], batch: int, path: Path
) -> tuple[tuple[Tensor, Tensor, Tensor] | None, Tensor | None, list[int] | None]:
    peaks = None
    if "mz" in arrays or "intensity" in arrays:
        if not {"mz", "intensity"} <= set(arrays):
            raise SettingsError("observed_masses and observed_intensities belong together; the file holds one of them.")
        mz, intensity = (_tensor(arrays, name, path).double() for name in ("mz", "intensity"))
        mask = _tensor(arrays, "peak_mask", path).bool() if "peak_mask" in arrays else (mz > 0)
        if mz.ndim != 2 or mz.shape[0] != batch or mz.shape != intensity.shape or mz.shape != mask.shape:
            raise SettingsError(
                f"Peaks must be (B, P) with B = {batch}: observed_masses is {tuple(mz.shape)}, observed_intensities "
                f"{tuple(intensity.shape)}, peak_mask {tuple(mask.shape)}."
            )
        wrong = mask & ~(torch.isfinite(mz) & torch.isfinite(intensity) & (mz > 0) & (intensity >= 0))
        if bool(wrong.any()):
            row, column = (int(i) for i in wrong.nonzero()[0])
            raise SettingsError(f"The peak {column} of sample {row} has no finite m/z above 0 and intensity from 0 on.")
        peaks = mz, intensity, mask
    mass = charges = None
    if "precursor_mass" in arrays:
        mass = _tensor(arrays, "precursor_mass", path).double()
    if "charge" in arrays:
        charges = _whole(arrays["charge"], "charge")
    for name, n in (("precursor_mass", mass), ("charge", charges)):
        if n is not None and len(n) != batch:
            raise SettingsError(f"{name} must be (B,) = ({batch},), not {len(n)} numbers.")
    return peaks, mass, charges


def _objective(arrays: dict[str, np.ndarray]) -> Objective:
    """The settings of the loss, which a file may hold as JSON; else those of ``CombinedLoss``."""
    if "loss" not in arrays:
        return Objective()
    try:
        values = json.loads(str(arrays["loss"]))
    except ValueError as error:
        raise SettingsError(f"loss must be JSON: {error}.") from error
    return Objective.from_dict(values)


def _words(array: np.ndarray, name: str) -> list[str]:
    """A list of names."""
    if array.ndim != 1:
        raise SettingsError(f"{name} must be a list of names, not an array of shape {array.shape}.")
    return [str(word) for word in array.tolist()]


def _numbers(array: np.ndarray, name: str) -> np.ndarray:
    """As float64."""
    if array.dtype.kind not in "fiu":
        raise SettingsError(f"{name} holds {array.dtype}, and numbers were expected.")
    return array.astype(np.float64)


def _whole(array: np.ndarray, name: str) -> list[int]:
    """As whole numbers, whatever type they were written in."""
    values = np.atleast_1d(_numbers(array, name)).reshape(-1)
    if not (np.isfinite(values) & (values == np.rint(values)) & (np.abs(values) < 2**53)).all():
        raise SettingsError(f"{name} must be whole numbers; it holds {values[values != np.rint(values)][:1].tolist()}.")
    return [int(value) for value in values.tolist()]


def _step(arrays: dict[str, np.ndarray], path: Path) -> int:
    """As the file says; else the last number in its name; else 0."""
    if "step" in arrays:
        steps = _whole(arrays["step"], "step")
        if len(set(steps)) != 1 or steps[0] < 0:
            raise SettingsError(f"step must be one whole number from 0 on, not {steps[:3]}.")
        return steps[0]
    found = _STEP.search(path.stem)
    return int(found[1][:15]) if found else 0


def _npz(path: Path) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(path) as packed:
            promised = sum(entry.file_size for entry in packed.infolist())
        most, limit = limits.most_unpacked(path.stat().st_size, limits.UNPACKED.most)
        if promised > most:
            raise LimitError(limit.over(promised, most), where=path.name)
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except PeplossError:
        raise
    except (ValueError, OSError, EOFError, KeyError, zipfile.BadZipFile, MemoryError) as error:
        what = str(error) or type(error).__name__
        if "allow_pickle" in what or "pickle" in what.lower():
            raise SourceError(
                "The file holds Python objects (a pickle), which are never read: they could run any code.",
                where=path.name,
                remedy="Save plain arrays: np.savez(path, all_logits=..., targets=...).",
            ) from error
        raise SourceError(f"The file is damaged or cut off: {what}", where=path.name) from error


def _safetensors(path: Path) -> dict[str, np.ndarray]:
    try:
        from safetensors import SafetensorError, safe_open
    except ModuleNotFoundError as error:
        raise SourceError("safetensors is not installed.", where=path.name, remedy="pip install safetensors") from error
    try:
        with safe_open(str(path), framework="pt") as file:
            about = file.metadata() or {}
            found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no mapping
    except (SafetensorError, OSError, ValueError, MemoryError) as error:
        raise SourceError(f"The file is damaged or cut off: {error}", where=path.name) from error
    out = {name: (t.float() if t.dtype == torch.bfloat16 else t).numpy() for name, t in found.items()}
    # Text has no place in its tensors: names and tokens lie in the header, as JSON lists.
    for name in ("vocabulary", "ids"):
        if name in about:
            try:
                out[name] = np.array(json.loads(about[name]), dtype=str)
            except ValueError as error:
                raise SourceError(f"{name} in the header must be a JSON list: {error}.", where=path.name) from error
    if "loss" in about:
        out["loss"] = np.array(about["loss"])
    return out
