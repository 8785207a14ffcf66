"""Makes ``sample_spectra/predictions.parquet``: intensities of the built-in spectra's peptides by MS2PIP.

pip install --no-deps ms2pip==4.1.2 xgboost-cpu==2.1.4 ms2rescore-rs werkzeug && python -m benchmarks.predictions
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from peploss import Peptide, open_spectra
from peploss.intensities import ms2pip
from peploss.intensities.cache import PredictionCache
from peploss.intensities.prediction import Prediction, key_of, name_of
from peploss.spectra.samples import sample_files

MODELS = ("HCD2019", "HCDch2")


def main() -> None:
    """Predict every peptide once a model, print how many could not be."""
    peptides: dict[str, tuple[Peptide, int]] = {}
    for sample in sample_files():
        spectra = open_spectra(sample.path)
        for index in range(len(spectra)):
            spectrum = spectra.read(index)
            if spectrum.peptide:
                peptide = Peptide.parse(spectrum.peptide)
                charge = peptide.charge or spectrum.precursor_charge
                if charge:
                    peptides[key_of(peptide, charge)] = (peptide, charge)
    ms2pip.shipped.cache_clear()
    ms2pip.SHIPPED.unlink(missing_ok=True)
    rows = []
    for model in MODELS:
        found = ms2pip.MS2PIP(model, PredictionCache(None)).predict(*map(list, zip(*peptides.values(), strict=True)))
        for key, answer in zip(peptides, found, strict=True):
            if isinstance(answer, Prediction):
                ions = list(answer.intensities)
                values = np.array([answer.intensities[ion] for ion in ions], dtype=np.float32)
                rows.append({"model": model, "key": key, "ions": [name_of(ion) for ion in ions], "intensities": values})
        print(model, sum(isinstance(x, Prediction) for x in found), "of", len(peptides))
    table = pa.table(
        {
            "model": [row["model"] for row in rows],
            "key": [row["key"] for row in rows],
            "ions": [row["ions"] for row in rows],
            "intensities": pa.array([row["intensities"] for row in rows], pa.list_(pa.float32())),
        }
    )
    pq.write_table(table, ms2pip.SHIPPED, compression="zstd", compression_level=19)
    print(f"{ms2pip.SHIPPED.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
