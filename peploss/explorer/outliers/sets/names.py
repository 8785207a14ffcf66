"""Names suggested for what is made: a set by all of its files, scores by all of their settings, never one in use."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from peploss.settings import LossSettings

_DEFAULT = LossSettings()
_PARTS = re.compile(r"([._\- ]+)")
LEAST_SHARED = 3
"""Letters that names of files must begin with in common to give the set its name."""


def of_set(files: Sequence[str], taken: Callable[[str], bool]) -> str:
    """A name for a set of these files; ``""`` for none.

    >>> of_set(["run_a_01.mzML.gz"], lambda name: False)
    'run_a_01'
    >>> of_set(["run_a_01.mgf", "run_a_02.mgf"], lambda name: name == "run_a_2_files")
    'run_a_2_files_2'
    >>> of_set(["liver.mgf", "yeast.mgf"], lambda name: False)
    'liver_and_1_more'
    """
    stems = [re.sub(r"\.(mgf|mzml|mzxml|msp|sptxt)(\.gz)?$", "", name, flags=re.IGNORECASE) for name in files]
    if not stems:
        return ""
    if len(stems) == 1:
        return _free(stems[0], taken)
    shared = []
    for parts in zip(*(_PARTS.split(stem) for stem in stems), strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    start = "".join(shared).rstrip("._- ")
    name = f"{start}_{len(stems)}_files" if len(start) >= LEAST_SHARED else f"{stems[0]}_and_{len(stems) - 1}_more"
    return _free(name, taken)


def of_scores(stem: str, settings: LossSettings, taken: Callable[[str], bool], *, decoys: bool = False) -> str:
    """A name for the scores of a set: sigma, and every other setting that is not at its default.

    >>> of_scores("qc", LossSettings(), lambda name: False)
    'qc.sigma0.05'
    >>> of_scores("qc", LossSettings(sigma=20, sigma_unit="ppm", neutral_losses=("H2O",), top_n=50), lambda name: False)
    'qc.sigma20ppm.H2O.top50'
    >>> of_scores("qc", LossSettings(), lambda name: name == "qc.sigma0.05")
    'qc.sigma0.05_2'
    """
    s, start = settings, _DEFAULT
    parts = [f"sigma{s.sigma:g}{'' if s.sigma_unit == 'Da' else s.sigma_unit}"]
    parts += [f"h{s.bin_width:g}"] if s.bin_width != start.bin_width else []
    parts += ["".join(s.ion_types)] if s.ion_types != start.ion_types else []
    parts += [*s.neutral_losses]
    parts += [f"z{s.max_fragment_charge}"] if s.max_fragment_charge != start.max_fragment_charge else []
    parts += ["sqrt"] if s.sqrt else []
    parts += [f"top{s.top_n}"] if s.top_n else []
    parts += ["decoys"] if decoys else []
    told = {"sigma", "sigma_unit", "bin_width", "ion_types", "neutral_losses", "max_fragment_charge", "sqrt", "top_n"}
    a, b = s.to_dict(defaults=True), start.to_dict(defaults=True)
    parts += ["more"] if any(a[name] != b[name] for name in a if name not in told) else []
    return _free(".".join([stem, *parts]), taken)


def _free(name: str, taken: Callable[[str], bool]) -> str:
    if not taken(name):
        return name
    n = 2
    while taken(f"{name}_{n}"):
        n += 1
    return f"{name}_{n}"
