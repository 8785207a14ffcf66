"""What is computed of each PSM of a set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from peploss.analysis.causes.run import Run
from peploss.dataset.schema import ABOUT, CONFIDENCE
from peploss.dataset.scoring.causes import CAUSES
from peploss.errors import SettingsError
from peploss.losses.baselines import BASELINES
from peploss.losses.names import current_name
from peploss.settings import UNIFORM, LossSettings


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to compute.

    Args:
        settings: what "the loss" means.
        losses: further losses, of ``BASELINES``; old names of them are taken, too.
        decoys: whether to score a decoy of each PSM as well, the first of ``peploss.peptides.decoys``.
        seed: of the decoys.
        causes: whether to name the cause of every PSM, which takes a thousand times as long as its score.
        runs: what is known of each file, for the causes; ``score_set`` finds it.
    Raises:
        SettingsError: there is no such loss.
    """

    settings: LossSettings = field(default_factory=LossSettings)
    losses: tuple[str, ...] = ()
    decoys: bool = False
    seed: int = 0
    causes: bool = False
    runs: Mapping[str, Run] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "losses", tuple(dict.fromkeys(map(current_name, self.losses))))
        for name in self.losses:
            if name not in BASELINES:
                raise SettingsError(f"There is no loss {name!r}.", remedy=f"The losses are {', '.join(BASELINES)}.")

    @property
    def scores(self) -> pa.Schema:
        """The columns it adds to those of ``schema.ABOUT``."""
        fields = [
            ("loss", pa.float64()),
            ("ppm", pa.float64()),
            ("isotope", pa.int8()),
            ("isotope_ppm", pa.float64()),
            ("precursor_loss", pa.float64()),
            ("explained", pa.float64()),
            ("explained_peaks", pa.int32()),
            *((name, pa.float64()) for name in self.losses),
            *([("decoy_loss", pa.float64())] if self.decoys else []),
            *([("heights", pa.string())] if self.settings.intensities != UNIFORM else []),
            ("problem", pa.string()),
            *(CAUSES if self.causes else []),
        ]
        return pa.schema([pa.field(name, kind) for name, kind in fields])

    @property
    def schema(self) -> pa.Schema:
        """All columns of the result."""
        return pa.schema([*ABOUT, *CONFIDENCE, *self.scores])
