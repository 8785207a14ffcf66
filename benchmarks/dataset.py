"""A large set: indexing, scoring and questions, with time and memory.

The set is made by repeating the built-in annotated spectra with every peak moved by a little and every intensity
changed by a little, from a seed. ``python -m benchmarks.dataset`` makes one of a million PSMs (about 3 GB) in a
temporary folder, scores it, asks it what the page asks, and prints the figures; ``--psms`` makes it smaller. Indexing
is measured on files of the same spectra, MGF and mzML (written by psims, its arrays packed and not), against a bare
pyteomics read of each: processor time against processor time, which does not depend on what else the machine does, the
start of worker processes included. ``--only-index`` leaves the scoring out.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from psims.mzml import MzMLWriter

from benchmarks.common import arguments, show, write
from peploss.dataset.index.build import build_set
from peploss.dataset.query.results import Results
from peploss.dataset.schema import SET, with_about
from peploss.dataset.scoring.plan import Plan
from peploss.dataset.scoring.run import score_set
from peploss.dataset.store import ROWS, ParquetStore, written_whole
from peploss.dataset.tables import read_psms
from peploss.dataset.tables.psm import Psm, PsmTable
from peploss.spectra.readers import open_spectra
from peploss.spectra.samples import sample_files, samples_folder
from peploss.spectra.spectrum import Spectrum
from peploss.spectra.writers import to_mgf
from peploss.version import __version__

JITTER = 2e-6  # of m/z
PEAKS = 150


def small_set(folder: Path) -> Path:
    """The built-in spectra with their peptides."""
    out = folder / "samples.parquet"
    build_set([f.path for f in sample_files() if f.name.endswith(".mgf")],
              [read_psms(samples_folder() / "psms.tsv")], out, workers=1)  # fmt: skip
    return out


def large_set(small: Path, out: Path, psms: int, seed: int = 0, peaks: int = PEAKS) -> None:
    """The small set over and over with jittered peaks, each brought to so many; a row group in memory."""
    rng = np.random.default_rng(seed)
    with ParquetStore(small) as store:
        source = pa.Table.from_batches([store.group(g) for g in range(store.n_groups)]).combine_chunks()
    mz, intensity = _of_a_length(source, peaks, rng)
    with written_whole(out, SET) as writer:
        for first in range(0, psms, ROWS):
            n = min(ROWS, psms - first)
            rows = np.arange(first, first + n) % source.num_rows
            table = source.take(pa.array(rows))
            table = _set(table, "id", pa.array(np.arange(first, first + n)))
            table = _set(
                table, "title", pa.array([f"{t}.{first + i}" for i, t in enumerate(table["title"].to_pylist())])
            )
            moved = mz[rows] * (1 + JITTER * rng.standard_normal((n, peaks)))
            order = np.argsort(moved, axis=1)
            moved = np.take_along_axis(moved, order, 1)
            changed = np.take_along_axis(intensity[rows] * rng.uniform(0.9, 1.1, (n, peaks)), order, 1)
            ends = pa.array(np.arange(n + 1) * peaks, pa.int32())
            table = _set(table, "mz", pa.ListArray.from_arrays(ends, pa.array(moved.ravel())))
            table = _set(table, "intensity", pa.ListArray.from_arrays(ends, pa.array(changed.ravel(), pa.float32())))
            table = _set(table, "n_peaks", pa.array(np.full(n, peaks)))
            writer.write_table(table.cast(SET), row_group_size=ROWS)
        about = {
            "kind": "set", "uuid": f"benchmark-{psms}-{seed}-{peaks}", "version": __version__, "created": "",
            "spectra": [], "tables": [], "report": {},
        }  # fmt: skip
        metadata = with_about(SET, about).metadata
        writer.add_key_value_metadata({k.decode(): v for k, v in metadata.items()})


def _set(table: pa.Table, name: str, values: pa.Array) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, values)


def _of_a_length(table: pa.Table, peaks: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(R, peaks) m/z and intensity of every spectrum: its highest peaks, or with noise below its least one."""
    mzs, ys = [], []
    for mz, y in zip(table["mz"].combine_chunks(), table["intensity"].combine_chunks(), strict=True):
        m, a = np.asarray(mz.values), np.asarray(y.values)
        if m.size > peaks:
            keep = np.argsort(-a, kind="stable")[:peaks]
            m, a = m[keep], a[keep]
        elif m.size < peaks:
            more = peaks - m.size
            m = np.concatenate([m, rng.uniform(m[0], m[-1], more)])
            a = np.concatenate([a, rng.uniform(0.1, 1.0, more) * max(float(a.min()), 1e-3)])
        mzs.append(m)
        ys.append(a)
    return np.array(mzs, dtype=np.float64), np.array(ys, dtype=np.float64)


def mgf_of(source: Path, out: Path, spectra: int) -> None:
    """The first spectra of a set as an annotated MGF."""
    with ParquetStore(source) as store, out.open("w") as file:
        for row in store.rows(list(range(min(spectra, store.n_rows)))):
            s = Spectrum(
                mz=row["mz"].round(5), intensity=row["intensity"].astype(np.float64).round(4), title=row["title"],
                precursor_mz=row["precursor_mz"], precursor_charge=row["spectrum_charge"], peptide=row["peptide"],
            )  # fmt: skip
            file.write(to_mgf(s))


def mzml_of(source: Path, out: Path, spectra: int, kind: type[np.floating], compression: str) -> None:
    """The first spectra of a set as mzML, with what a converter writes around them."""
    with ParquetStore(source) as store, out.open("wb") as file, MzMLWriter(file) as writer:
        writer.controlled_vocabularies()
        writer.file_description(["MSn spectrum"])
        software = {"id": "peploss", "version": __version__, "params": ["custom unreleased software tool"]}
        writer.software_list([software])
        writer.instrument_configuration_list([writer.InstrumentConfiguration(id="IC1", component_list=[])])
        method = writer.ProcessingMethod(order=1, software_reference="peploss", params=["Conversion to mzML"])
        writer.data_processing_list([writer.DataProcessing([method], id="DP1")])
        n = min(spectra, store.n_rows)
        with writer.run(id="run"), writer.spectrum_list(count=n):
            for number, row in enumerate(store.rows(list(range(n))), 1):
                mz = row["precursor_mz"]
                writer.write_spectrum(
                    row["mz"], row["intensity"], id=f"scan={number}", scan_start_time=number / 60, polarity=1,
                    params=[{"ms level": 2}, {"spectrum title": row["title"]}], compression=compression,
                    encoding={"m/z array": kind, "intensity array": kind},
                    precursor_information={
                        "mz": mz, "charge": row["spectrum_charge"], "intensity": 1.0, "scan_id": None,
                        "activation": ["HCD", {"collision energy": 27.0}], "isolation_window": [1, mz, 1],
                    },
                )  # fmt: skip


class Watched:
    """Highest resident memory of this process and its children while the block runs, sampled every 20 ms, in MB."""

    def __enter__(self) -> Watched:
        self.peak, self._stop = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        self._start, self._cpu = time.perf_counter(), _cpu()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds, self.cpu = time.perf_counter() - self._start, _cpu() - self._cpu
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            self.peak = max(self.peak, sum(_resident(p) for p in _family(os.getpid())))


def _cpu() -> float:
    """Seconds of processor time of this process and its family, of those that ended too."""
    ticks = 0
    for pid in _family(os.getpid()):
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        ticks += sum(map(int, fields[11:15]))  # its own, and of children it has waited for
    return ticks / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(c) for t in tasks for c in (t / "children").read_text().split()]
    except OSError:
        return
    for child in children:
        yield from _family(child)


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 1e6
    except OSError:
        return 0.0


def _alone(code: str, *arguments: object) -> list[float]:
    """Figures that a process of its own prints: nothing of this one counts."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return [float(x) for x in subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()]


def pyteomics_seconds(path: Path) -> float:
    """A bare read of all spectra by pyteomics, opened as by default, without the start of Python."""
    kind = "mgf" if path.suffix == ".mgf" else "mzml"
    code = (
        f"import sys, time; from pyteomics import {kind} as kind; kind.read; t = time.process_time(); n = 0\n"
        "for s in kind.read(sys.argv[1]): n += len(s['m/z array']) > 0\n"
        "print(time.process_time() - t)"
    )
    return _alone(code, path)[0]


def index_file(path: Path, workers: int) -> None:
    """Index one file, by its own peptides or one made up for every scan; print seconds, processor time, peak in MB."""
    tables = []
    if path.suffix != ".mgf":
        with open_spectra(path) as file:
            psms = [Psm("PEPTIDEK", name, line) for line, name in enumerate(file.ids, 1)]
        tables = [PsmTable(str(path), "plain", psms)]
    with Watched() as watched:
        build_set([path], tables, path.with_suffix(".parquet"), workers=workers)
    print(watched.seconds, watched.cpu, watched.peak)


def index_rows(path: Path, what: str, n: int, add: Callable[..., None]) -> None:
    """Rows of one file: read by pyteomics, and indexed by one process and by two."""
    bare = min(pyteomics_seconds(path) for _ in range(2))
    add(f"bare pyteomics read of {what}, processor time", n, bare)
    code = "import sys, pathlib; from benchmarks.dataset import index_file; index_file(pathlib.Path(sys.argv[1]), {})"
    for workers in (1, 2):
        seconds, cpu, peak = _alone(code.format(workers), path)
        note = f"processor time {cpu:.1f} s, {cpu / bare:.2f} x pyteomics"
        add(f"index {what}, {workers} process{'es' * (workers > 1)}", n, seconds, peak, note)
        if workers == 1 and path.suffix == ".mzML":
            all_by_pyteomics = (
                f"from peploss.spectra.readers.xml import mzml; mzml.plain_values = lambda *_: None; {code}"
            )
            seconds, slower, peak = _alone(all_by_pyteomics.format(workers), path)
            note = f"processor time {slower:.1f} s, {slower / cpu:.2f} x that with it"
            add(f"index {what}, 1 process, without mzml_plain", n, seconds, peak, note)


def questions(path: Path) -> list[tuple[str, Callable[[], object]]]:
    """What the page asks, by name."""
    r = Results(path)
    return [
        ("open the results", lambda: Results(path).close()),
        ("count of a filter", lambda: r.count("loss > 0.9 AND charge = 2")),
        ("worst 100", lambda: r.page(["id", "title", "peptide", "loss"])),
        ("worst 100 of a filter", lambda: r.page(["id", "title", "loss"], where="charge = 3 AND explained < 0.3")),
        ("histogram", lambda: r.histogram("loss")),
        ("histogram by charge", lambda: r.histogram("loss", group="charge")),
        ("density of two", lambda: r.density("loss", "explained")),
        ("search of a peptide", lambda: r.count("contains(sequence, 'PEPT')")),
        ("groups by file", lambda: r.groups("file")),
    ]


def scoring_rows(folder: Path, small: Path, large: Path, psms: int, add: Callable[..., None]) -> None:
    """Rows of scoring, and of what the page asks of the results."""
    scored, tenth = folder / "results.parquet", folder / "tenth.parquet"
    score_set(small, scored, Plan())  # loads compiled code
    large_set(small, tenth, max(psms // 10, 1))
    for path, n in ((tenth, max(psms // 10, 1)), (large, psms)):
        with Watched() as watched:
            score_set(path, scored, Plan())
        add("score", n, watched.seconds, watched.peak, f"processor time {watched.cpu:.1f} s")
    for name, ask in questions(scored):
        times = []
        for _ in range(7):
            start = time.perf_counter()
            ask()
            times.append(time.perf_counter() - start)
        add(name, psms, float(np.median(times)))


def main() -> None:
    parser = arguments(__doc__, "dataset.csv")
    parser.add_argument("--psms", type=int, default=1_000_000, help="in the large set (default: %(default)s)")
    parser.add_argument("--mgf", type=int, default=100_000, help="spectra to index (default: %(default)s)")
    parser.add_argument("--mzml", type=int, default=20_000, help="the same, of mzML (default: %(default)s)")
    parser.add_argument("--only-index", action="store_true", help="leave the scoring out")
    parser.add_argument("--folder", type=Path, help="where to put the set, and leave it")
    chosen = parser.parse_args()
    rows: list[dict[str, object]] = []

    def add(what: str, psms: int, seconds: float, peak: float | None = None, note: str = "") -> None:
        rows.append({
            "what": what, "PSMs": psms, "seconds": seconds, "PSMs/s": psms / seconds, "peak MB": peak, "note": note,
        })  # fmt: skip
        print(f"{what}: {seconds:.3g} s", flush=True)

    with tempfile.TemporaryDirectory() as temporary:
        folder = chosen.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        small, large = small_set(folder), folder / f"set-{chosen.psms}.parquet"
        if not large.exists():
            large_set(small, large, chosen.psms)
        print(f"{large}: {large.stat().st_size / 1e9:.2f} GB", flush=True)
        if not chosen.only_index:
            scoring_rows(folder, small, large, chosen.psms, add)
        path = folder / "spectra.mgf"
        mgf_of(large, path, chosen.mgf)
        index_rows(path, "MGF", min(chosen.mgf, chosen.psms), add)
        for width, compression in ((np.float64, "zlib"), (np.float32, "none")):
            path = folder / f"spectra-{compression}.mzML"
            mzml_of(large, path, chosen.mzml, width, compression)
            what = f"mzML ({np.dtype(width).itemsize * 8}-bit, {compression})"
            index_rows(path, what, min(chosen.mzml, chosen.psms), add)
    show(rows)
    write(rows, chosen.csv)


if __name__ == "__main__":
    main()
