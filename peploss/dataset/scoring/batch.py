"""Scores a batch of PSMs: a pure function from Arrow to Arrow, which any engine can run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from numpy.typing import NDArray

from peploss.analysis.one_psm.explained import explained_by_row
from peploss.dataset.schema import ABOUT, CONFIDENCE
from peploss.dataset.scoring import columns as kernel
from peploss.dataset.scoring.causes import cause_columns
from peploss.dataset.scoring.gpu import OnDevice, Ragged
from peploss.dataset.scoring.plan import Plan
from peploss.intensities.heights import kind_heights, predictions
from peploss.intensities.prediction import Prediction
from peploss.kernels import Peaks
from peploss.kernels.cpu import pairs
from peploss.losses.baselines import BASELINES
from peploss.losses.precursor import ISOTOPE_OFFSETS
from peploss.peptides.decoys import decoy_orders_of
from peploss.peptides.ions import C_TERMINAL, N_TERMINAL, ion_kinds
from peploss.peptides.peptide import Peptide
from peploss.peptides.precursor_mass import neutral_mass, precursor_ppm, precursor_shifts
from peploss.settings import UNIFORM, LossSettings
from peploss.spectra.kept_peaks import kept_peaks

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
_SIDES: Final = {
    **dict.fromkeys(N_TERMINAL, kernel.N_TERMINAL),
    **dict.fromkeys(C_TERMINAL, kernel.C_TERMINAL),
    "immonium": kernel.IMMONIUM,
    "precursor": kernel.PRECURSOR,
}
NO_CHARGE: Final = "the precursor ion was asked for and no charge is known"
NO_PLACE: Final = "a predicted ion cannot exist: its neutral loss weighs more than its residues"


def score_batch(batch: pa.RecordBatch, plan: Plan, device: str = "cpu") -> pa.RecordBatch:
    """Score PSMs; the result of a row depends on that row alone.

    Args:
        batch: columns of ``schema.SET``.
        device: where the spectrum losses are computed, ``"cpu"`` or ``"cuda"``; to 1e-5 the same.
    Returns:
        The columns of ``schema.ABOUT`` and ``schema.CONFIDENCE`` as they came, and those of ``plan.scores``: ``loss``
        in [0, 1]; ``ppm`` signed and ``isotope_ppm`` against the 13C isotope that fits best, null where precursor m/z
        or charge is not known; ``explained`` the share of the intensity in matched peaks and ``explained_peaks`` how
        many those are. ``heights``, with predicted ones, is where they come from, or why a row has uniform ones; a
        decoy has those of its peptide. ``problem`` says why a row has no loss, and is null where it has.
    """
    settings = plan.settings
    charges, spectrum_charges = _int64(batch, "charge"), _int64(batch, "spectrum_charge")
    masses, offsets = _list(batch, "residue_masses")
    ends = _float64(batch, "n_term_mass"), _float64(batch, "c_term_mass")
    mass, precursor_mz = _float64(batch, "mass"), _float64(batch, "precursor_mz")
    observed = observed_peaks(batch, settings, precursor_mz, spectrum_charges)
    on_gpu = None if device == "cpu" else OnDevice(observed, settings, device)
    labels = _isotopes(batch)
    predicted = predicted_ions(masses, offsets, *ends, mass, charges, settings, labels)
    heights, sources = _predicted_heights(batch, charges, settings)
    predicted, misfit = _with_heights(predicted, heights)

    def losses(ions: Ragged) -> F64:
        return _loss(ions, observed, settings) if on_gpu is None else on_gpu.losses(ions)

    lost = (charges == 0) if settings.precursor else np.zeros(len(charges), dtype=bool)
    problem = np.where(lost, NO_CHARGE, np.where(misfit, NO_PLACE, ""))
    lost = lost | misfit
    explained, matched = explained_by_row(predicted, observed, settings)
    columns: dict[str, Any] = {
        "loss": _array(losses(predicted), lost),
        **_precursor(mass, precursor_mz, charges, settings),
        "explained": _array(explained, lost),
        "explained_peaks": pa.array(matched, pa.int32(), mask=lost),
        "heights": pa.array(sources, pa.string()),
        "problem": pa.array([text or None for text in problem.tolist()], pa.string()),
    }
    if plan.losses:
        sides = Peaks.from_ragged(*predicted), Peaks.from_ragged(*observed)
        shift = torch.from_numpy(precursor_shifts(mass, precursor_mz, charges))
        columns |= {name: _array(BASELINES[name](*sides, settings, shift=shift).numpy(), lost) for name in plan.losses}
    if plan.decoys:
        shuffled, different = _shuffled(masses, offsets, plan.seed)
        ions = predicted_ions(shuffled, offsets, *ends, mass, charges, settings, labels)
        decoys, unfit = _with_heights(ions, heights)
        columns["decoy_loss"] = _array(losses(decoys), lost | ~different | unfit)
    if plan.causes:
        columns |= cause_columns(batch, settings, plan.seed, plan.runs)
    about = [batch.column(field.name).cast(field.type) for field in (*ABOUT, *CONFIDENCE)]
    return pa.RecordBatch.from_arrays([*about, *(columns[name] for name in plan.scores.names)], schema=plan.schema)


def predicted_ions(
    masses: F64,
    offsets: I64,
    n_term: F64,
    c_term: F64,
    mass: F64,
    charges: I64,
    settings: LossSettings,
    isotopes: Mapping[int, tuple[str, ...]] | None = None,
) -> Ragged:
    """Fragments of every peptide, as ``fragments`` has them, with room left over at infinite m/z.

    Args:
        masses, offsets: residue masses in Da, one peptide after the other.
        n_term, c_term, mass: (B,) added at the ends, and of the intact peptide, in Da.
        charges: (B,) of the precursor, 0 where not known.
        isotopes: global ones of the peptides that have some, by row.
    """
    known, which = np.unique(charges, return_inverse=True)
    by_charge = [ion_kinds(settings, int(z) or None) for z in known]
    labelled: dict[tuple[int, tuple[str, ...]], int] = {}
    for row, labels in (isotopes or {}).items():
        own = (int(charges[row]), labels)
        if own not in labelled:
            labelled[own] = len(by_charge)
            by_charge.append(ion_kinds(settings, own[0] or None, labels))
        which[row] = labelled[own]
    kinds = [ion for own in by_charge for ion in own]
    sizes = np.array([len(own) for own in by_charge], dtype=np.int64)
    first = (np.cumsum(sizes) - sizes)[which]
    add, of_charge, after, weight = (
        np.array([getattr(ion, name) for ion in kinds], np.float64) for name in ("add", "charge", "after", "weight")
    )
    side = np.array([_SIDES[ion.kind] for ion in kinds], dtype=np.int64)
    ends = kernel.fragment_offsets(offsets, side, first, sizes[which])
    mz, intensity = np.full(ends[-1], np.inf), np.zeros(ends[-1])
    kernel.fill_fragments(
        masses, offsets, n_term, c_term, mass, side, add, of_charge, after, weight, first, sizes[which],
        ends, mz, intensity,
    )  # fmt: skip
    return mz, intensity, ends


def _isotopes(batch: pa.RecordBatch) -> dict[int, tuple[str, ...]]:
    """Global isotopes of the peptides that have some, by row."""
    texts = batch.column("peptide")
    rows = np.flatnonzero(pc.starts_with(texts, "<").to_numpy(zero_copy_only=False)).tolist()
    return {row: Peptide.parse(texts[row].as_py()).isotopes for row in rows}


def _predicted_heights(
    batch: pa.RecordBatch, charges: I64, settings: LossSettings
) -> tuple[list[F64 | None], list[str]]:
    """Heights of each row's backbone ions, in the order of ``predicted_ions``, and where they come from.

    None leaves a row's as they are.
    """
    if settings.intensities == UNIFORM:
        return [None] * batch.num_rows, [UNIFORM] * batch.num_rows
    peptides = [Peptide.parse(text) for text in batch.column("peptide").to_pylist()]
    answers = predictions(peptides, settings, charges.tolist())
    heights: list[F64 | None] = []
    sources = []
    for peptide, charge, answer in zip(peptides, charges.tolist(), answers, strict=True):
        found = answer if isinstance(answer, Prediction) else None
        heights.append(
            None
            if found is None
            else kind_heights(ion_kinds(settings, charge or None, peptide.isotopes), len(peptide), found)
        )
        sources.append(f"{UNIFORM}: {answer}" if found is None else found.source)
    return heights, sources


def _with_heights(ions: Ragged, heights: list[F64 | None]) -> tuple[Ragged, NDArray[np.bool_]]:
    """The same ions with the heights of those rows that have some; and (B,) rows whose ions they do not fit.

    They do not fit where an ion cannot be, as when a loss is larger than its fragment: the others have moved up then.
    """
    mz, intensity, offsets = ions
    intensity = intensity.copy()
    misfit = np.zeros(len(heights), dtype=bool)
    for row, (start, end, own) in enumerate(zip(offsets[:-1].tolist(), offsets[1:].tolist(), heights, strict=True)):
        if own is None:
            continue
        misfit[row] = end - start - int(np.isinf(mz[start:end]).sum()) < own.size
        if not misfit[row]:
            intensity[start : start + own.size] = own
    return (mz, intensity, offsets), misfit


def _shuffled(masses: F64, offsets: I64, seed: int) -> tuple[F64, NDArray[np.bool_]]:
    """Residue masses of each peptide's first decoy, and whether it has one."""
    out, there = masses.copy(), np.zeros(offsets.size - 1, dtype=bool)
    lengths = np.diff(offsets)
    for length in np.unique(lengths).tolist():
        rows = np.flatnonzero(lengths == length)
        place = offsets[rows][:, None] + np.arange(length)
        orders, found = decoy_orders_of(masses[place], 1, seed)
        out[place] = np.take_along_axis(masses[place], orders[:, 0], axis=1)
        there[rows] = found > 0
    return out, there


def observed_peaks(batch: pa.RecordBatch, settings: LossSettings, precursor_mz: F64, charges: I64) -> Ragged:
    """Peaks that the settings keep, as ``preprocess`` has them."""
    mz, offsets = _list(batch, "mz")
    intensity, _ = _list(batch, "intensity")
    return kept_peaks((mz, intensity, offsets), precursor_mz, charges, settings)


def _loss(predicted: Ragged, observed: Ragged, settings: LossSettings) -> F64:
    """(B,) spectrum loss by the same kernel as ``spectrum_loss``, in the thread that calls."""

    def side(peaks: Ragged) -> tuple[F64, F64, F64, I64]:
        mz, intensity, offsets = peaks
        if settings.sigma_unit == "Da":
            return mz, intensity, np.array([settings.sigma]), offsets
        return mz, intensity, settings.sigma * 1e-6 * np.where(np.isinf(mz), 1.0, mz), offsets

    n = len(predicted[2]) - 1
    cosine, none, unknown = np.empty(n), np.zeros((2, 0)), np.empty(0)
    grid = settings.grid
    pairs.cosine_range(
        0, n, *side(predicted), *side(observed), float(grid.bin_width), grid.n_bins, 0, 0, unknown, cosine, none, none
    )
    return np.asarray(1.0 - cosine)


def _precursor(mass: F64, precursor_mz: F64, charges: I64, settings: LossSettings) -> dict[str, pa.Array]:
    """Columns on the precursor, as ``precursor_error`` has them."""
    observed = neutral_mass(precursor_mz, charges)
    unknown = ~(observed > 0)
    safe = np.where(unknown, 1.0, observed)
    offsets = np.array(ISOTOPE_OFFSETS)
    ppm = precursor_ppm(mass[:, None], safe[:, None], offsets)
    best = np.abs(ppm).argmin(1)
    return {
        "ppm": _array(ppm[:, 0], unknown),
        "isotope": pa.array(offsets[best].astype(np.int8), mask=unknown),
        "isotope_ppm": _array(np.take_along_axis(ppm, best[:, None], 1)[:, 0], unknown),
        "precursor_loss": _array(np.log1p(np.abs(ppm[:, 0]) / settings.precursor_scale), unknown),
    }


def _list(batch: pa.RecordBatch, name: str) -> tuple[F64, I64]:
    column = batch.column(name)
    values = np.array(column.flatten(), dtype=np.float64)  # a copy: kernels are compiled for arrays that can be written
    offsets = np.array(column.offsets, dtype=np.int64)
    return values, offsets - offsets[0]


def _float64(batch: pa.RecordBatch, name: str) -> F64:
    """The column, NaN where null."""
    return np.array(batch.column(name).to_numpy(zero_copy_only=False), dtype=np.float64)


def _int64(batch: pa.RecordBatch, name: str) -> I64:
    """The column, 0 where null."""
    return np.array(batch.column(name).cast(pa.int64()).fill_null(0).to_numpy(zero_copy_only=False), dtype=np.int64)


def _array(values: F64, missing: NDArray[np.bool_]) -> pa.Array:
    return pa.array(values, pa.float64(), mask=missing)
