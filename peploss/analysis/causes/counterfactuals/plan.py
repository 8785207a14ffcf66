"""Plans the counterfactuals of one PSM as rows for the kernel, and reads the losses back."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peploss.analysis.causes.counterfactuals.counterfactual import (
    FLAT,
    ISOTOPES,
    PRECURSOR_PPM,
    Counterfactual,
    Counterfactuals,
    Kind,
    ppm_error,
    standing,
    support,
)
from peploss.analysis.causes.counterfactuals.edits import candidates, edits
from peploss.analysis.causes.counterfactuals.row_batch import RowBatch, Side
from peploss.analysis.causes.counterfactuals.setting_changes import more_ions, other_peaks, whole_grid, wider
from peploss.analysis.causes.facts import Facts, facts, sight
from peploss.analysis.causes.observed_facts import likeliest_shifts
from peploss.analysis.causes.run import Run
from peploss.analysis.one_psm.explained import on_grid
from peploss.analysis.one_psm.matching import match
from peploss.analysis.one_psm.waterfall import partial_sides, steps_to
from peploss.intensities.heights import predictions, table_with_heights
from peploss.intensities.prediction import Prediction
from peploss.peptides.ion_table import Candidates, IonTable
from peploss.peptides.peptide import Peptide, charge_in_force
from peploss.peptides.precursor_mass import neutral_mass
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess
from peploss.spectra.shift import Shift
from peploss.spectra.spectrum import Spectrum

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

N_DECOYS = 40
N_CHANCE = 5
"""Number of decoys that estimate what is explained by chance."""
OPEN_WITHIN = 500.0
"""Largest mass, in Da, of an unnamed modification; it is tried if the precursor does not fit."""
NO_SHIFT = 0.25
"""For a shift below this many sigma the decoys are not scored again."""
ENOUGH_SEEN = 0.99
FARTHEST_TOP = 20_000.0  # Th: no grid is made longer than that
CHARGES = 2  # charges up and down that are tried


class Plan:
    """Adds a PSM's rows to a batch; ``result`` reads them off again.

    Args:
        spectrum, peptide, settings, precursor_ppm: as for ``counterfactuals``.
        orders: (K, L) of the residues of its decoys, at most ``N_DECOYS``.
        batch: takes the rows.
    """

    def __init__(
        self,
        spectrum: Spectrum,
        peptide: Peptide,
        settings: LossSettings,
        orders: I64,
        batch: RowBatch,
        precursor_ppm: float = PRECURSOR_PPM,
    ) -> None:
        self.precursor_ppm = precursor_ppm
        self.spectrum, self.peptide, self.settings = spectrum, peptide, settings
        self.charge = charge_in_force(peptide.charge, spectrum.precursor_charge)
        observed = preprocess(spectrum, settings)
        self.obs: Side = (observed.mz, observed.intensity)
        self.flat_obs: Side = (observed.mz, observed.intensity**FLAT)
        (answer,) = predictions([peptide], settings, [self.charge])
        self.prediction = answer if isinstance(answer, Prediction) else None
        self.table = self._ions(settings, self.charge)
        self.own = Candidates.of(peptide)
        self.orders = orders
        some = peptide.residue_masses[self.orders[:N_CHANCE]]
        self.some = self.own.with_residues(np.concatenate([self.own.residues, some]))
        pred = self.table.ions(self.own)
        self.pred: Side = (pred[0][0], pred[1][0])
        self.rows: list[tuple[slice, Kind, str, dict[str, Any]]] = []
        self.base = batch.add(self.pred, self.obs)
        self._add_settings(batch)
        self._add_edits(batch)
        self._add_decoys(batch)
        self._add_shifts(batch)
        self._add_steps(batch)
        self.sight = sight(spectrum, self.pred, self.obs, settings)
        self.grid_settings = self._grid()

    def _ions(self, settings: LossSettings, charge: int | None) -> IonTable:
        """Ions of the peptide and its changed forms; all of them with the heights predicted for the peptide itself."""
        return table_with_heights(self.peptide, settings, charge, self.prediction)

    def _add_settings(self, batch: RowBatch) -> None:
        """Ion types, charges, treatments of peaks, sigma."""
        self.more: dict[str, Side] = {}
        for name, changed in more_ions(self.settings, self.charge):
            mz, weight = self._ions(changed, self.charge).ions(self.some)
            if name != "all":
                self.more[name] = (mz, weight)
            row = batch.add((mz[0], weight[0]), self.obs)
            what = "every kind of ion" if name == "all" else f"{name} ions"
            self.rows.append((row, "ions", f"add {what}", {"settings": changed, "ions": name}))
        known = self.charge or 2
        for z in range(max(1, known - CHARGES), known + CHARGES + 1):
            if z != self.charge:
                mz, weight = self._ions(self.settings, z).ions(self.own)
                row = batch.add((mz[0], weight[0]), self.obs)
                self.rows.append((row, "charge", f"precursor charge {z}+", {"charge": z, "of": self.peptide}))
        for name, changed in other_peaks(self.settings, self.obs[0].size, self.spectrum.precursor_mz is not None):
            peaks = preprocess(self.spectrum, changed)
            texts = {"sqrt": "square root of intensities", "remove precursor": "remove the precursor peak"}
            row = batch.add(self.pred, (peaks.mz, peaks.intensity))
            self.rows.append((row, "peaks", texts.get(name, f"{name} peaks"), {"settings": changed}))
        for factor, changed in wider(self.settings):
            row = batch.add(self.pred, self.obs, sigma=changed.sigma)
            self.rows.append((row, "sigma", f"sigma × {factor:g}", {"settings": changed}))

    def _add_edits(self, batch: RowBatch) -> None:
        error = ppm_error(self.peptide.neutral_mass, self.spectrum.precursor_mz, self.charge)
        mass = self.peptide.neutral_mass
        missing = 0.0
        if error is not None and self.spectrum.precursor_mz is not None and self.charge is not None:
            missing = neutral_mass(self.spectrum.precursor_mz, float(self.charge)) - mass
        unnamed = error is not None and abs(error) > self.precursor_ppm and abs(missing) <= OPEN_WITHIN
        self.edits = edits(self.peptide, round(missing, 4) if unnamed else None)
        self.edit_rows = self.flat_edit_rows = slice(0, 0)
        if self.edits:
            ions = self.table.ions(candidates(self.peptide, self.edits))
            self.edit_rows = batch.add(ions, self.obs)
            self.flat_edit_rows = batch.add(ions, self.flat_obs)

    def _add_decoys(self, batch: RowBatch) -> None:
        self.decoys = self.own.with_residues(self.peptide.residue_masses[self.orders])
        self.decoy_ions = self.table.ions(self.decoys)
        self.flat_row = batch.add(self.pred, self.flat_obs)
        self.decoy_rows = batch.add(self.decoy_ions, self.obs)
        self.flat_decoy_rows = batch.add(self.decoy_ions, self.flat_obs)

    def _add_shifts(self, batch: RowBatch) -> None:
        self.shifted: dict[str, tuple[slice, slice]] = {}
        typical = float(np.median(self.obs[0])) if self.obs[0].size else 500.0
        # Flattened, so that no one high peak decides for all.
        ions = np.vstack([self.pred[0], self.decoy_ions[0]]), np.vstack([self.pred[1], self.decoy_ions[1]])
        for unit, agreed in zip(("Da", "ppm"), likeliest_shifts(*ions, *self.flat_obs, self.settings), strict=True):
            shift = Shift(unit, float(agreed.shift[0]))
            row = batch.add(self.pred, (shift.undo(self.obs[0]), self.obs[1]))
            moved = (shift.undo(self.flat_obs[0]), self.flat_obs[1])
            far = abs(shift.at(typical)) > NO_SHIFT * self.settings.sigma_in_th(typical)
            rows = (batch.add(self.pred, moved), batch.add(self.decoy_ions, moved) if far else self.flat_decoy_rows)
            self.shifted[unit] = rows
            text = f"move the peaks by {0.0 - shift.value:+.4g} {unit}"  # 0.0 - 0.0 has no minus
            back = shift.undo(self.obs[0]), self.obs[1]
            pairs = match(*on_grid(self.pred, self.settings), *on_grid(back, self.settings), self.settings)
            more = {"shift": shift, "n_matched": len(pairs), "agreement": standing(agreed.votes)}
            self.rows.append((row, "shift", text, more))

    def _add_steps(self, batch: RowBatch) -> None:
        """The parts of the loss, as ``waterfall`` has them."""
        self.matches = match(*on_grid(self.pred, self.settings), *on_grid(self.obs, self.settings), self.settings)
        self.step_rows = slice(0, 0)
        if len(self.matches):
            partial, matched = partial_sides(self.pred, self.obs, self.matches)
            rows = [batch.add(side, matched) for side in partial]
            self.step_rows = slice(rows[0].start, rows[-1].stop)

    def _grid(self) -> LossSettings | None:
        """Settings under which the grid sees everything; None where it sees 99 % already."""
        sees = self.sight
        if min(sees.seen, sees.fragments_seen) > ENOUGH_SEEN:
            return None
        return whole_grid(self.settings, int(min(sees.top, FARTHEST_TOP) // 100) + 1, sees.low, sees.high)

    def add_grid(self, settings: LossSettings, batch: RowBatch) -> slice:
        """The row on that grid."""
        peaks = preprocess(self.spectrum, settings)
        return batch.add(self.pred, (peaks.mz, peaks.intensity))

    def result(self, losses: F64, on_grid: float | None, run: Run | None) -> Counterfactuals:
        """Everything, from the losses of the batch.

        Args:
            on_grid: loss on the grid that sees everything, None where there is no such row.
            run: what is known of the run.
        """
        loss, flat = float(losses[self.base][0]), float(losses[self.flat_row][0])
        flat_decoys = np.sort(losses[self.flat_decoy_rows])
        supports = support(losses[self.flat_edit_rows], flat_decoys)
        mz, mass = self.spectrum.precursor_mz, self.peptide.neutral_mass
        ppm = ppm_error(mass, mz, self.charge)
        cases: list[Counterfactual] = []

        def case(kind: Kind, text: str, value: float, error: float | None, **changes: Any) -> None:
            cases.append(Counterfactual(kind, text, value, loss - value, error, **changes))

        for row, kind, text, changes in self.rows:
            z = changes.get("charge", self.charge)
            if kind == "shift":
                own, others = (losses[r] for r in self.shifted[changes["shift"].unit])
                moved = float(own[0])
                changes = changes | {"flat_gain": flat - moved, "support": _number(support(own, others))}
            case(kind, text, float(losses[row][0]), ppm_error(mass, mz, z), **changes)
        if on_grid is not None:
            case("grid", "a grid that sees every peak", on_grid, ppm, settings=self.grid_settings)
        if ppm is not None:
            for k in ISOTOPES:
                error = ppm_error(mass, mz, self.charge, k)
                case("isotope", f"the precursor is isotope {k:+d}", loss, error, isotope=k)
        of_edits, of_flat = losses[self.edit_rows], losses[self.flat_edit_rows]
        best: dict[tuple[str, str], int] = {}
        for i, edit in enumerate(self.edits):
            key = (edit.kind, edit.name)
            if key not in best or of_edits[i] < of_edits[best[key]]:
                best[key] = i
        for i in best.values():
            edit = self.edits[i]
            error = ppm_error(mass + edit.mass, mz, self.charge)
            changes = {"edit": edit, "of": self.peptide, "flat_gain": flat - float(of_flat[i])}
            changes["support"] = None if supports is None else float(supports[i])
            case(edit.kind, edit.text(self.peptide), float(of_edits[i]), error, **changes)
        decoys = losses[self.decoy_rows]
        if decoys.size:
            i = int(decoys.argmin())
            order = tuple(self.orders[i].tolist())
            case("decoy", f"the best of {decoys.size} decoys", float(decoys[i]), ppm, order=order, of=self.peptide)
        return Counterfactuals(
            spectrum=self.spectrum,
            peptide=self.peptide,
            settings=self.settings,
            charge=self.charge,
            precursor_ppm=self.precursor_ppm,
            loss=loss,
            ppm=ppm,
            cases=tuple(cases),
            decoys=np.sort(decoys),
            flat_loss=flat,
            flat_decoys=flat_decoys,
            facts=self._facts(loss, losses),
            run=run,
        )

    def _facts(self, loss: float, losses: F64) -> Facts:
        levels = losses[self.step_rows].tolist() or [1.0] * 3
        steps = tuple(step.value for step in steps_to(loss, levels))
        return facts(
            self.sight, self.obs, self.table.ions(self.some), self.more, len(self.peptide), self.settings,
            self.matches, steps,
        )  # fmt: skip


def _number(values: F64 | None) -> float | None:
    return None if values is None else float(values[0])
