"""What a server does once before its first visitor."""

from __future__ import annotations

import gc
import threading
import time
from typing import Final

COLLECT_EVERY: Final = 60.0  # s
_landscapes: threading.Thread | None = None


def ready() -> bool:
    """Whether landscapes are compiled, or nobody has begun to: then the first one that is asked for does it."""
    return _landscapes is None or not _landscapes.is_alive()


def wait() -> None:
    """Until landscapes are compiled."""
    if _landscapes is not None:
        _landscapes.join()


def _compile_landscapes() -> None:
    """What Tune needs and Explore does not, behind the back of the first visitor."""
    import numpy as np

    from peploss.analysis.tuning.landscape import Axes, landscape
    from peploss.analysis.tuning.psm_set import Psm
    from peploss.peptides.peptide import Peptide
    from peploss.settings import LossSettings
    from peploss.spectra.spectrum import Spectrum

    spectrum = Spectrum(mz=np.array([147.11, 276.16]), intensity=np.ones(2))
    psm, few = Psm(spectrum, Peptide.parse("PEMK")), np.array([0.05, 0.2])
    landscape(psm, LossSettings(), Axes(few, "Da", few))


def _collect() -> None:
    """What sessions that ended left in cycles goes, even where nobody does anything that would have it collected."""
    while True:
        time.sleep(COLLECT_EVERY)
        gc.collect()


def up() -> None:
    """Load what the pages need and keep the collector off it.

    Streamlit would run a full garbage collection after every script run, while it holds the interpreter: with torch,
    numba and pandas loaded that takes 0.15 s, more than everything else a slider move costs together, and with 20
    users no run came to its end. ``.streamlit/config.toml`` turns it off; here it is done once a minute. What is
    loaded here stays for the life of the process, so the collector need not look at it again.
    """
    start = time.monotonic()
    print(
        "  Loading peploss: the page comes up when this is done. "
        "The first start on a machine compiles the kernels, up to a minute.",
        flush=True,
    )
    import numpy as np
    import pandas  # noqa: F401
    import pyarrow  # noqa: F401

    from peploss.analysis.one_psm.explanation import explain
    from peploss.dataset.query import results  # noqa: F401
    from peploss.explorer.explore import summary
    from peploss.explorer.figures import charts
    from peploss.explorer.figures.spectra import spectrum as figures
    from peploss.peptides.peptide import Peptide
    from peploss.settings import LossSettings
    from peploss.spectra.spectrum import Spectrum

    spectrum = Spectrum(mz=np.array([147.11, 276.16]), intensity=np.ones(2), precursor_mz=276.16, precursor_charge=1)
    # Compiles the kernels, or loads them from where they were compiled before.
    explained = explain(spectrum, Peptide.parse("EM[Oxidation]K"), LossSettings())
    figures.spectrum_figure(explained, figures.Shown())
    charts.waterfall_figure(explained)
    summary.numbers(explained)
    gc.collect()
    gc.freeze()
    global _landscapes
    _landscapes = threading.Thread(target=_compile_landscapes, name="compile-landscapes")
    _landscapes.start()
    threading.Thread(target=_collect, name="collect", daemon=True).start()
    print(f"  Ready after {time.monotonic() - start:.0f} s.", flush=True)
