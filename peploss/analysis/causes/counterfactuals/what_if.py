"""Scores PSMs under every small change that often explains a bad loss, with the kernel of the loss itself."""

from __future__ import annotations

from collections.abc import Sequence

from peploss.analysis.causes.counterfactuals.counterfactual import PRECURSOR_PPM, Counterfactual, Counterfactuals, Kind
from peploss.analysis.causes.counterfactuals.plan import N_DECOYS, Plan
from peploss.analysis.causes.counterfactuals.row_batch import RowBatch
from peploss.analysis.causes.run import Run
from peploss.peptides.decoys import decoy_orders_of_each
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

__all__ = ["Counterfactual", "Counterfactuals", "Kind", "counterfactuals"]


def counterfactuals(
    psms: Sequence[tuple[Spectrum, Peptide]],
    settings: LossSettings,
    *,
    seed: int = 0,
    precursor_ppm: float = PRECURSOR_PPM,
    run: Run | None = None,
) -> list[Counterfactuals]:
    """Every counterfactual of every PSM, scored in one kernel call for each sigma and each grid.

    Args:
        psms: spectra and candidates; a candidate's own charge counts before the spectrum's.
        settings: what "the loss" means.
        precursor_ppm: how far the precursor may be off and still fit; an unnamed modification is tried beyond it.
        seed: of the decoys. With the masses it decides them, so a PSM has the same ones in any set.
        run: what is known of the run that all of them come from.
    Raises:
        Peploss errors of preprocessing and fragmentation, where the settings ask for what the input cannot give.
    """
    batch = RowBatch(settings)
    orders = decoy_orders_of_each([peptide.residue_masses for _, peptide in psms], N_DECOYS, seed)
    plans = [
        Plan(spectrum, peptide, settings, own, batch, precursor_ppm)
        for (spectrum, peptide), own in zip(psms, orders, strict=True)
    ]
    losses = batch.losses()
    other = {p.grid_settings: RowBatch(p.grid_settings) for p in plans if p.grid_settings is not None}
    rows = [p.add_grid(p.grid_settings, other[p.grid_settings]) if p.grid_settings is not None else None for p in plans]
    grid_losses = {s: b.losses() for s, b in other.items()}
    return [
        p.result(losses, float(grid_losses[p.grid_settings][row][0]) if row and p.grid_settings else None, run)
        for p, row in zip(plans, rows, strict=True)
    ]
