"""Small files that ask for a lot: what each costs to open and read, in seconds and memory, or how it is refused.

    python -m benchmarks.hostile

Each file is opened in a process of its own: every entry of it is read once. Counted is the peak of resident memory
over what was resident before. The default size is that of a file of some megabytes, or of some hundred kB gzipped;
``--scale 0.1`` makes them a tenth of it. Linux only.
"""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

from benchmarks.common import arguments, show, write
from benchmarks.memory import resident

LIMIT = 240  # s that a case may take


def gzipped(path: Path, *pieces: tuple[bytes, int]) -> Path:
    """A gzipped file of pieces, each repeated; written a megabyte at a time."""
    with gzip.open(path, "wb", compresslevel=6) as file:
        for piece, n in pieces:
            many = max(1, (1 << 20) // len(piece))
            block = piece * many
            for _ in range(n // many):
                file.write(block)
            file.write(piece * (n % many))
    return path


def repeated(path: Path, *pieces: tuple[bytes, int]) -> Path:
    path.write_bytes(b"".join(piece * n for piece, n in pieces))
    return path


def peak_bomb(folder: Path, n: int) -> Path:
    return gzipped(folder / "x.mgf.gz", (b"BEGIN IONS\nTITLE=x\n", 1), (b"100 1\n", n), (b"END IONS\n", 1))


def title_bomb(folder: Path, n: int) -> Path:
    return gzipped(folder / "x.mgf.gz", (b"BEGIN IONS\nTITLE=", 1), (b"x" * 64, n), (b"\n100 1\nEND IONS\n", 1))


def global_bomb(folder: Path, n: int) -> Path:
    return gzipped(folder / "x.mgf.gz", (b"A=1\n", n), (b"BEGIN IONS\nTITLE=x\n100 1\nEND IONS\n", 1))


def parameters(folder: Path, n: int) -> Path:
    keys = b"".join(b"K%d=1\n" % k for k in range(n))
    return repeated(folder / "x.mgf", (b"BEGIN IONS\nTITLE=x\n" + keys + b"100 1\nEND IONS\n", 1))


def empty_blocks(folder: Path, n: int) -> Path:
    return gzipped(folder / "x.mgf.gz", (b"BEGIN IONS\nEND IONS\n", n))


def empty_names(folder: Path, n: int) -> Path:
    return gzipped(folder / "x.msp.gz", (b"Name: A\nNum peaks: 1\n100 1\n", 1), (b"Name:\n", n))


def msp_peaks(folder: Path, n: int) -> Path:
    return gzipped(folder / "x.msp.gz", (b"Name: A/2\nNum peaks: 1\n", 1), (b"100 1;", n), (b"\n", 1))


def msp_comment(folder: Path, n: int) -> Path:
    return repeated(folder / "x.msp", (b"Name: A/2\nNum peaks: 1\nComment: ", 1), (b"a=b ", n), (b"\n100 1\n", 1))


def mzml_of(element: bytes, n: int = 1) -> bytes:
    head = b'<?xml version="1.0"?><mzML xmlns="http://psi.hupo.org/ms/mzml"><run><spectrumList count="%d">' % n
    return head + element * n + b"</spectrumList></run></mzML>\n"


def spectrum_of(arrays: bytes, inside: bytes = b"") -> bytes:
    level = b'<cvParam accession="MS:1000511" name="ms level" value="2"/>'
    return (
        b'<spectrum id="scan=1" index="0" defaultArrayLength="1">' + level + inside + b"<binaryDataArrayList>"
        + arrays + b"</binaryDataArrayList></spectrum>"
    )  # fmt: skip


def array_of(packed: bytes, name: bytes, packing: bytes) -> bytes:
    term = {b"zlib compression": b"MS:1000574", b"no compression": b"MS:1000576"}.get(packing, b"MS:1002312")
    kind = b"MS:1000514" if name == b"m/z array" else b"MS:1000515"
    return (
        b'<binaryDataArray><cvParam accession="MS:1000523" name="64-bit float"/><cvParam accession="%b" name="%b"/>'
        b'<cvParam accession="%b" name="%b"/><binary>%b</binary></binaryDataArray>'
    ) % (term, packing, kind, name, base64.b64encode(packed))  # fmt: skip


def zipped_zeros(n: int) -> bytes:
    stream = zlib.compressobj()
    block = bytes(1 << 20)
    return b"".join([*(stream.compress(block) for _ in range(n)), stream.flush()])


def array_bomb(folder: Path, n: int) -> Path:
    packed = zipped_zeros(n)
    arrays = [array_of(packed, name, b"zlib compression") for name in (b"m/z array", b"intensity array")]
    return repeated(folder / "x.mzML", (mzml_of(spectrum_of(b"".join(arrays))), 1))


def many_arrays(folder: Path, n: int) -> Path:
    one = array_of(zipped_zeros(7), b"time array", b"zlib compression")
    return repeated(folder / "x.mzML", (mzml_of(spectrum_of(one * n, b"<userParam name='a'/>")), 1))


def numpress(folder: Path, n: int) -> Path:
    packed = bytes.fromhex("40f86a0000000000") + bytes(8) + b"\x88" * n
    name = b"MS-Numpress linear prediction compression"
    arrays = [array_of(packed, kind, name) for kind in (b"m/z array", b"intensity array")]
    return repeated(folder / "x.mzML", (mzml_of(spectrum_of(b"".join(arrays))), 1))


def open_tags(folder: Path, n: int) -> Path:
    return repeated(folder / "x.mzML", (b"<mzML>", 1), (b"<spectrum\t", n), (b"</mzML>", 1))


def open_quotes(folder: Path, n: int) -> Path:
    return repeated(folder / "x.mzML", (b"<mzML>", 1), (b"<spectrum id='", n), (b"</mzML>", 1))


def many_params(folder: Path, n: int) -> Path:
    return repeated(folder / "x.mzML", (mzml_of(spectrum_of(b"", b"<userParam name='a'/>" * n)), 1))


def deep_tags(folder: Path, n: int) -> Path:
    return repeated(folder / "x.mzML", (mzml_of(spectrum_of(b"", b"<a>" * n)), 1))


def nested_scans(folder: Path, n: int) -> Path:
    return repeated(folder / "x.mzXML", (b'<mzXML><msRun scanCount="1">', 1), (b'<scan num="1" msLevel="2">', n))


def instructions(folder: Path, n: int) -> Path:
    return repeated(folder / "x.mzML", (b"<?", n), (b"<mzML>", 1))


def open_index(folder: Path, n: int) -> Path:
    spectra = mzml_of(spectrum_of(b""))
    index = b'<index name="spectrum">' + b'<offset idRef="a' * n + b"</index><indexListOffset>%d</indexListOffset>"
    return repeated(folder / "x.mzML", (spectra + index % len(spectra) + b"</indexedmzML>", 1))


def digits_peptide(folder: Path, n: int) -> Path:
    return repeated(folder / "x.tsv", (b"scan\tpeptide\tcharge\n1\t", 1), (b"1", n), (b"\t2\n", 1))


def brackets_peptide(folder: Path, n: int) -> Path:
    return repeated(folder / "x.tsv", (b"scan\tpeptide\tcharge\n1\t", 1), (b"A[(", n), (b"\t2\n", 1))


def modification_list(folder: Path, n: int) -> Path:
    return repeated(folder / "x.tsv", (b"scan\tpeptide\tmodifications\n1\tPEPTIDE\t", 1), (b"1 ", n), (b"(\n", 1))


def one_line(folder: Path, n: int) -> Path:
    return repeated(folder / "x.tsv", (b"scan\tpeptide\tcharge\n1\t", 1), (b"x" * 64, n), (b"\t2\n", 1))


def many_columns(folder: Path, n: int) -> Path:
    return repeated(folder / "x.tsv", (b"scan\tpeptide", 1), (b"\ta", n), (b"\n1\tAK\n", 1), (b"2\tAK\n", 20))


def open_quotes_table(folder: Path, n: int) -> Path:
    return repeated(folder / "x.csv", (b"scan,peptide\n", 1), (b'1,"AK\n', n))


def mztab_columns(folder: Path, n: int) -> Path:
    head = b"MTD\tmzTab-version\t1.0.0\nPSH\tsequence\tPSM_ID\tspectra_ref\n"
    return repeated(folder / "x.mztab", (head, 1), (b"PSM\tAK\t1\tms_run[1]:index=1\n", n))


def idxml_deep(folder: Path, n: int) -> Path:
    return repeated(folder / "x.idXML", (b"<IdXML>", 1), (b"<a>", n))


CASES: dict[str, tuple[Callable[[Path, int], Path], int]] = {
    "gzipped MGF, peak lines": (peak_bomb, 33_000_000),
    "gzipped MGF, one title": (title_bomb, 8_000_000),
    "gzipped MGF, parameters of the file": (global_bomb, 30_000_000),
    "gzipped MGF, empty blocks": (empty_blocks, 8_000_000),
    "MGF, parameters of a spectrum": (parameters, 2_000_000),
    "gzipped MSP, names": (empty_names, 8_500_000),
    "gzipped MSP, peaks in a line": (msp_peaks, 20_000_000),
    "MSP, comment": (msp_comment, 2_000_000),
    "mzML, two zlib arrays": (array_bomb, 500),
    "mzML, arrays that nobody reads": (many_arrays, 400),
    "mzML, numpress": (numpress, 16_000_000),
    "mzML, open tags": (open_tags, 300_000),
    "mzML, open quotes": (open_quotes, 300_000),
    "mzML, parameters": (many_params, 1_000_000),
    "mzML, nesting": (deep_tags, 1_000_000),
    "mzML, instructions": (instructions, 1_000_000),
    "mzML, open index": (open_index, 300_000),
    "mzXML, nested scans": (nested_scans, 300_000),
    "table, digits for a peptide": (digits_peptide, 100_000),
    "table, brackets for a peptide": (brackets_peptide, 6_000),
    "table, list of modifications": (modification_list, 50_000),
    "table, one line": (one_line, 1_000_000),
    "table, columns": (many_columns, 500_000),
    "table, open quotes": (open_quotes_table, 1_000_000),
    "mzTab, rows": (mztab_columns, 300_000),
    "idXML, nesting": (idxml_deep, 1_000_000),
}
"""Name -> what makes the file, and of how many parts."""

TABLES = (".tsv", ".csv", ".mztab", ".idXML")


def read(path: Path) -> str:
    """Read everything in a file; what came of it, in words."""
    from peploss.errors import PeplossError

    try:
        if path.suffix in TABLES:
            from peploss.dataset.tables import read_psms

            table = read_psms(path)
            return f"{len(table.psms):,} PSMs, {len(table.refused):,} refused"
        from peploss.spectra.readers import open_spectra

        with open_spectra(path) as file:
            headers = file.headers()
            bad = [h.problem for h in headers if h.problem]
            return f"{len(headers):,} entries, {len(bad):,} unusable" + (f": {bad[0]}" if bad else "")
    except PeplossError as error:
        return f"{type(error).__name__}: {error}"


def child(name: str, scale: float) -> None:
    make, n = CASES[name]
    import peploss.dataset.tables.columns.plain
    import peploss.spectra.readers.mgf_blocks
    import peploss.spectra.readers.xml.by_pyteomics  # noqa: F401

    with tempfile.TemporaryDirectory() as folder:
        path = make(Path(folder), max(int(n * scale), 1))
        size = path.stat().st_size
        before = resident("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")
        start = time.perf_counter()
        said = read(path)
        seconds = time.perf_counter() - start
        peak = (resident("VmHWM") - before) / 1e6
    print(json.dumps({"file_kB": size / 1e3, "seconds": seconds, "extra_MB": peak, "outcome": said[:200]}))


def measure(name: str, scale: float) -> dict[str, object]:
    """One case in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.hostile", "--child", name, "--scale", str(scale)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
    except subprocess.TimeoutExpired:
        return {"file": name, "file_kB": None, "seconds": float(LIMIT), "extra_MB": None, "outcome": "not finished"}
    if done.returncode:
        said = (done.stderr.strip().splitlines() or [f"killed ({done.returncode})"])[-1]
        return {"file": name, "file_kB": None, "seconds": None, "extra_MB": None, "outcome": said[:200]}
    return {"file": name, **json.loads(done.stdout.splitlines()[-1])}


def main() -> None:
    parser = arguments(__doc__, "hostile.csv")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the files")
    parser.add_argument("--child", choices=CASES, help="measure this one here")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    options = parser.parse_args()
    if options.child:
        child(options.child, options.scale)
        return
    rows = []
    for name in CASES:
        if options.only in name:
            rows.append(measure(name, options.scale))
            print(rows[-1], flush=True)
    show(rows)
    write(rows, options.csv)


if __name__ == "__main__":
    main()
