"""Questions about a logged run, put to DuckDB: its curves, its samples, and who changed between two checkpoints."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple, get_args

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from peploss.dataset.query.database import quoted
from peploss.dataset.runs.among import WHO, Among, Who
from peploss.dataset.runs.mistakes import mistakes
from peploss.dataset.runs.sorted_metric import Curve, SortedMetric
from peploss.errors import SettingsError, SourceError
from peploss.training.log_rows import SPECTRA
from peploss.training.logged_run import QUANTILES, LoggedRun

MEMORY: Final = "2GB"
SORTED: Final = 8
"""Metrics that are kept sorted."""
ACCURACY: Final = "accuracy"
"""Share of the tokens that were right, which every run with right answers has."""
_PARTS: Final = {"cross-entropy": "ce", "spectrum": "spectrum", "precursor": "precursor"}
_LOSS_OF: Final = {"spectrum": "spectrum_loss", "precursor": "precursor_loss"}
COLUMNS: Final = (
    "id", "sequence", "length", "charge", "loss", "before", "change", "first", "best", "flips", "part", "cause",
    "right",
)  # fmt: skip
"""Of the table of samples: what it can be ordered by."""


class Change(NamedTuple):
    """Between two checkpoints, of the samples logged at both.

    Attributes:
        n: samples logged at both.
        counts: by the names of ``Who``.
        edges, bins: (K + 1,) and (K,) how the change of the loss is distributed.
        n_beyond: changes outside the edges, or not a number.
    """

    n: int
    counts: dict[str, int]
    edges: NDArray[np.float64]
    bins: NDArray[np.int64]
    n_beyond: int


class RunSamples:
    """The samples of a run, copied into memory without their tokens: some 150 MB a million rows, 12 MB more for each
    metric that is drawn.

    Args:
        folder: of a run, as ``LoggedRun`` reads it. What is logged later is not seen.
    Attributes:
        run: the run itself.
        loss: the metric that samples are ordered by: ``total_loss`` where there is one.
        steps: that were logged, ascending.
        metrics: that can be drawn, the parts of the loss first.
        n_samples: distinct ids.
        n_not_finite: of these, samples whose loss was NaN or infinite at any step.
    Raises:
        SourceError: it is no run, or cannot be read.
    """

    def __init__(self, folder: str | Path) -> None:
        self.run = LoggedRun(folder)
        own = [name for name in self.run.metrics if name not in ("right", "loss", ACCURACY)]
        first = [n for n in ("total_loss", "ce_final", "spectrum_loss", "precursor_loss") if n in own]
        self.metrics = [*first, ACCURACY, *(n for n in own if n not in first)]
        losses = [*first, *(n for n in own if "loss" in n), *own]
        self.loss = losses[0] if losses else ACCURACY
        self._connection = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": ""})
        self._lock = threading.Lock()
        self._made: set[str] = set()
        self._metrics: dict[str, SortedMetric] = {}
        self._chosen: tuple[tuple[Among, int, int], NDArray[np.bool_]] | None = None
        files = [str(path) for path in self.run.parts]
        loss = "1 - accuracy" if self.loss == ACCURACY else quoted(self.loss)
        numbers = "".join(f", {quoted(name)}::DOUBLE AS {quoted(name)}" for name in own)
        there = self._ask("SELECT name FROM parquet_schema($files)", {"files": files})
        weights = [f"weight_{n}" for n in _PARTS.values() if (f"weight_{n}",) in there]
        numbers += "".join(f", {quoted(name)}" for name in weights)
        try:
            # A sample that was logged twice at a step, as after a crash, counts as it was the last time.
            # Samples are joined by number: their names are texts, which takes several times as long.
            self._ask(
                "CREATE TABLE names AS SELECT id, (row_number() OVER ())::INTEGER AS _sample FROM "
                "(SELECT DISTINCT id FROM read_parquet($files, union_by_name = true))",
                {"files": files},
            )
            self._ask(
                f'CREATE TABLE log AS SELECT step, _sample, length, n_correct = length AS "right", '  # noqa: S608
                f"n_correct / length AS accuracy{numbers}, {loss} AS loss "
                "FROM read_parquet($files, union_by_name = true, filename = true, file_row_number = true) "
                "JOIN names USING (id) "
                "QUALIFY row_number() OVER "
                "(PARTITION BY step, _sample ORDER BY filename DESC, file_row_number DESC) = 1",
                {"files": files},
            )
            self._ask(f"CREATE TABLE samples AS {self._samples(own, weights)}", {"files": files} | self._tokens())
        except duckdb.Error as error:
            raise SourceError(f"The run cannot be read: {str(error).splitlines()[0]}", where=str(folder)) from error
        self.steps = [int(row[0]) for row in self._ask("SELECT DISTINCT step FROM log ORDER BY step")]
        self.n_samples = int(self._ask("SELECT count(*) FROM samples")[0][0])
        bad = "SELECT count(DISTINCT _sample) FROM log WHERE loss NOTNULL AND NOT isfinite(loss)"
        self.n_not_finite = int(self._ask(bad)[0][0])

    def _tokens(self) -> dict[str, list[str]]:
        """Tokens as they are written in a sequence: special ones leave nothing."""
        vocabulary = self.run.vocabulary
        pairs = zip(vocabulary.tokens, vocabulary.masses, strict=True)
        return {"tokens": ["" if mass is None else token for token, mass in pairs]}

    def _samples(self, own: Sequence[str], weights: Sequence[str]) -> str:
        spectra = sorted(str(path) for path in self.run.folder.glob(f"{SPECTRA}-*.parquet"))
        charge = "SELECT NULL::VARCHAR AS id, NULL::INTEGER AS charge LIMIT 0"
        if spectra:
            listed = ", ".join("'" + path.replace("'", "''") + "'" for path in spectra)
            names = {row[0] for row in self._ask(f"SELECT name FROM parquet_schema([{listed}])")}  # noqa: S608
            if "charge" in names:
                charge = (
                    f"SELECT id, any_value(charge) AS charge FROM read_parquet([{listed}], union_by_name = true) "  # noqa: S608
                    "GROUP BY id"
                )
        return (
            'WITH moved AS (SELECT *, lag("right") OVER (PARTITION BY _sample ORDER BY step) AS earlier FROM log), '  # noqa: S608
            "told AS (SELECT id, array_to_string(list_transform(any_value(target), lambda x: $tokens[x + 1]), '') AS "
            f"sequence FROM read_parquet($files, union_by_name = true) GROUP BY id), charges AS ({charge}) "
            "SELECT _sample, any_value(names.id) AS id, any_value(sequence) AS sequence, any_value(length) AS length, "
            "any_value(charge) AS charge, arg_min(loss, step) AS first, min(loss) AS best, "
            'count_if("right" <> earlier)::INTEGER AS flips, '
            f"{self._dominating(own, weights)} AS part "
            "FROM moved JOIN names USING (_sample) LEFT JOIN told ON told.id = names.id "
            "LEFT JOIN charges ON charges.id = names.id GROUP BY _sample"
        )

    @staticmethod
    def _dominating(own: Sequence[str], weights: Sequence[str]) -> str:
        """The part of the largest weighted value when the sample was logged last; null where weights are not known."""
        known = [p for p in ("spectrum", "precursor") if f"weight_{p}" in weights and _LOSS_OF[p] in own]
        if "total_loss" not in own or not known:
            return "NULL::VARCHAR"
        last = {p: f"coalesce(arg_max({quoted(_LOSS_OF[p])} * weight_{p}, step), 0)" for p in known}
        rest = " - ".join([f"arg_max({quoted('total_loss')}, step)", *last.values()])
        values = ", ".join([rest, *last.values()])
        names = ", ".join(f"'{name}'" for name in ("cross-entropy", *known))
        return f"[{names}][list_position([{values}], list_max([{values}]))]"

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def curve(
        self,
        metric: str,
        among: Among | None = None,
        a: int | None = None,
        b: int | None = None,
        quantiles: Sequence[float] = QUANTILES,
    ) -> Curve:
        """A metric over training.

        Args:
            a, b: the checkpoints that ``among.who`` compares; None for the first and the last.
        Raises:
            SettingsError: there is no such metric.
        """
        self._check(metric)
        inside = self._inside(among or Among(), self.steps[0] if a is None else a, self.steps[-1] if b is None else b)
        return self._sorted(metric).curve(inside, quantiles)

    def _inside(self, among: Among, a: int, b: int) -> NDArray[np.bool_] | None:
        """Whether each sample is among those, by its number; None for all. The last answer is kept: every curve of a
        page asks the same."""
        kept, values = among.where(a, b)
        if kept == "TRUE":
            return None
        chosen = self._chosen
        if chosen is None or chosen[0] != (among, a, b):
            sql = f"SELECT s._sample FROM {self._joined(b, bool(among.cause))} WHERE {kept}"  # noqa: S608
            with self._lock:
                found = self._connection.execute(sql, values).fetchnumpy()["_sample"]
            inside = np.zeros(self.n_samples + 1, dtype=np.bool_)
            inside[found] = True
            self._chosen = chosen = (among, a, b), inside
        return chosen[1]

    def _sorted(self, metric: str) -> SortedMetric:
        made = self._metrics.get(metric)
        if made is None:
            key = quoted(metric)
            sql = f"SELECT step, _sample, {key} AS v FROM log WHERE isfinite({key}) ORDER BY step, v"  # noqa: S608
            with self._lock:
                found = self._connection.execute(sql).fetchnumpy()
            made = SortedMetric.of(*(np.asarray(found[name]) for name in ("step", "_sample", "v")))
            self._metrics = dict([*self._metrics.items(), (metric, made)][-SORTED:])
        return made

    def count(self, among: Among, a: int, b: int) -> int:
        """How many samples there are of these."""
        kept, values = among.where(a, b)
        joined = self._joined(b, bool(among.cause))
        return int(self._ask(f"SELECT count(*) FROM {joined} WHERE {kept}", values)[0][0])  # noqa: S608

    def page(
        self, among: Among, a: int, b: int, *, order: str = "loss", descending: bool = True, limit: int = 100,
        offset: int = 0,
    ) -> pa.Table:  # fmt: skip
        """Rows of the table of samples, of ``COLUMNS``; those without a value come last.

        Args:
            a, b: the two checkpoints: ``loss`` is at b, ``before`` at a.
        """
        if order not in COLUMNS:
            raise SettingsError(f"There is no column {order!r}.", remedy=f"The columns are {', '.join(COLUMNS)}.")
        kept, values = among.where(a, b)
        way = "DESC" if descending else "ASC"
        sql = (
            "SELECT s.id, sequence, s.length, charge, b.loss AS loss, a.loss AS before, b.loss - a.loss AS change, "  # noqa: S608
            f'first, best, flips, part, cause, b."right" AS "right" FROM {self._joined(b, True)} WHERE {kept} '
            f"ORDER BY {quoted(order)} {way} NULLS LAST, s.id LIMIT $limit OFFSET $offset"
        )
        with self._lock:
            return self._connection.sql(sql, params=values | {"limit": limit, "offset": offset}).to_arrow_table()

    def change(self, among: Among, a: int, b: int, bins: int = 60) -> Change:
        """How the samples changed from checkpoint a to b; ``among.who`` does not count."""
        kept, values = replace(among, who="all").where(a, b)
        each = ", ".join(f"count_if({WHO[name]})" for name in get_args(Who)[1:])
        both = f"FROM {self._joined(b, bool(among.cause))} WHERE {kept} AND a.loss IS NOT NULL AND b.loss IS NOT NULL"
        n, low, high, *counts = self._ask(
            f"SELECT count(*), quantile_cont(b.loss - a.loss, 0.005), quantile_cont(b.loss - a.loss, 0.995), {each} {both}",  # noqa: E501
            values,
        )[0]
        reach = max(abs(low or 0.0), abs(high or 0.0)) or 1.0
        place = f"floor((b.loss - a.loss + {reach!r}) / {2 * reach!r} * {bins})::INTEGER"
        found = self._ask(f"SELECT {place} AS bin, count(*) {both} GROUP BY bin", values)
        inside = np.zeros(bins, dtype=np.int64)
        beyond = 0
        for k, m in found:
            if k is not None and 0 <= k < bins:
                inside[k] = m
            else:
                beyond += m
        told = {"all": n} | dict(zip(get_args(Who)[1:], map(int, counts), strict=True))
        return Change(int(n), told, np.linspace(-reach, reach, bins + 1), inside, beyond)

    def decoded(self, ids: Sequence[str], step: int) -> dict[str, str]:
        """What the model's last refinement step says of some samples, as text."""
        found = self._ask(
            "SELECT id, array_to_string(list_transform(decoded[-1], lambda x: $tokens[x + 1]), '') "
            "FROM read_parquet($files, union_by_name = true) WHERE step = $step AND list_contains($ids, id)",
            {"files": [str(p) for p in self.run.parts], "step": step, "ids": list(ids)} | self._tokens(),
        )
        return dict(found)

    def charges(self) -> list[int]:
        """Charges that there are."""
        return [int(r[0]) for r in self._ask("SELECT DISTINCT charge FROM samples WHERE charge NOTNULL ORDER BY 1")]

    def steps_of(self, sample: str) -> list[int]:
        """Steps at which a sample was logged."""
        return [
            int(r[0])
            for r in self._ask(
                "SELECT step FROM log JOIN names USING (_sample) WHERE id = $id ORDER BY step", {"id": sample}
            )
        ]

    def _joined(self, b: int, causes: bool) -> str:
        told = f" LEFT JOIN {self._causes(b)} c ON c.id = s.id" if causes else ""
        return (
            "samples s LEFT JOIN (SELECT * FROM log WHERE step = $a) a ON a._sample = s._sample "  # noqa: S608
            f"LEFT JOIN (SELECT * FROM log WHERE step = $b) b ON b._sample = s._sample{told}"
        )

    def _causes(self, step: int) -> str:
        """A table of what was wrong with each answer of a step, made when it is asked for first."""
        name = f"causes_{step}"
        with self._lock:
            if name not in self._made:
                table = self._connection.sql(
                    "SELECT id, target, decoded[-1] AS said FROM read_parquet($files, union_by_name = true, "
                    "filename = true, file_row_number = true) WHERE step = $step "
                    "QUALIFY row_number() OVER (PARTITION BY id ORDER BY filename DESC, file_row_number DESC) = 1",
                    params={"files": [str(path) for path in self.run.parts], "step": step},
                ).to_arrow_table()
                sides = [pa.concat_arrays(table.column(side).chunks) for side in ("target", "said")]
                found = mistakes(sides[0], sides[1], self.run.vocabulary).cast(pa.string())
                self._connection.register("_found", pa.table({"id": table.column("id"), "cause": found}))
                self._connection.execute(f"CREATE TABLE {name} AS SELECT * FROM _found")  # noqa: S608
                self._connection.unregister("_found")
                self._made.add(name)
        return name

    def _check(self, metric: str) -> None:
        if metric not in self.metrics:
            raise SettingsError(
                f"The run has no metric {metric!r}.", remedy=f"The metrics are {', '.join(self.metrics)}."
            )

    def _ask(self, sql: str, values: object = None) -> list[tuple]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()
