"""What was scored: counts and notes for people, and what results say about themselves."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from peploss.dataset.scoring.group import Scored
from peploss.dataset.scoring.plan import Plan
from peploss.errors import SourceError
from peploss.settings import UNIFORM
from peploss.version import __version__


@dataclass
class ScoreReport:
    """What was scored.

    Args:
        n_scored: PSMs with a row in the results; ``n_problems`` of them have no loss.
        damaged: row groups that could not be read, in words.
        notes: on the set.
        n_uniform: PSMs scored with uniform heights although others were asked for; ``why_uniform`` of the first.
        device: where the spectrum losses were computed, in words.
    """

    n_scored: int = 0
    n_problems: int = 0
    damaged: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    n_uniform: int = 0
    why_uniform: str = ""
    device: str = "CPU"

    def take(self, scored: Scored, writer: pq.ParquetWriter) -> None:
        """Write the scores of a row group as one and count them; or keep why it could not be read."""
        if isinstance(scored, str):
            self.damaged.append(scored)
        else:
            writer.write_table(pa.Table.from_batches([scored]), row_group_size=max(scored.num_rows, 1))
            self.count(scored)

    def count(self, scored: pa.RecordBatch) -> None:
        """Count the scores of a row group."""
        self.n_scored += scored.num_rows
        self.n_problems += scored.num_rows - scored.column("problem").null_count
        if "heights" not in scored.schema.names:
            return
        without = pc.starts_with(scored.column("heights"), f"{UNIFORM}: ")
        n = int(pc.sum(without).as_py() or 0)
        if n and not self.n_uniform:
            first = scored.column("heights").filter(without)[0].as_py()
            self.why_uniform = first.removeprefix(f"{UNIFORM}: ")
        self.n_uniform += n

    def finish(self, plan: Plan, source: str) -> None:
        """Add the notes that take all scores.

        Raises:
            SourceError: no row group could be read.
        """
        if self.damaged and not self.n_scored:
            raise SourceError(f"No row group can be read. {self.damaged[0]}", where=source)
        if self.n_uniform:
            every = self.n_uniform == self.n_scored
            which = "No PSM has heights" if every else f"{self.n_uniform:,} of {self.n_scored:,} PSMs have no heights"
            asked = plan.settings.intensities
            self.notes.append(f"{which} from {asked}: uniform ones were taken. The first: {self.why_uniform}")


def about_scores(of: dict[str, Any], plan: Plan, device: str) -> dict[str, Any]:
    """What results say about themselves.

    Args:
        of: the set: its ``path``, ``uuid`` and ``n_psms``.
        device: where the spectrum losses are computed, in words.
    """
    return {
        "kind": "results",
        "uuid": uuid.uuid4().hex,
        "version": __version__,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "set": of,
        "settings": plan.settings.to_dict(),
        "losses": list(plan.losses),
        "decoys": plan.decoys,
        "seed": plan.seed,
        "causes": plan.causes,
        "device": device,
    }
