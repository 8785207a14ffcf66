"""Exports the fragments as a table, and a script that reproduces the loss on screen."""

from __future__ import annotations

import csv
import io
import textwrap
from collections.abc import Mapping
from typing import Any

import numpy as np

from peploss.analysis.one_psm.explanation import Explanation
from peploss.version import __version__

COLUMNS = (
    "ion",
    "type",
    "ordinal",
    "charge",
    "neutral_loss",
    "isotope",
    "mz_th",
    "weight",
    "seen_by_loss",
    "observed_mz_th",
    "observed_intensity",
    "error_da",
    "error_ppm",
    "share_of_cosine",
    "share_of_loss",
    "gradient_per_th",
    "gradient_without_grid_per_th",
    "out_of_reach",
)


def fragments_csv(explanation: Explanation) -> str:
    """One line for each fragment, in the order they were predicted, under a header that carries the units.

    Comma-separated, quoted where need be, lines end in CR LF (RFC 4180). Numbers are written to the last digit; what
    a fragment without a matched peak does not have is empty. Intensities are those after preprocessing.
    ``out_of_reach`` is of fragments the loss sees: no peak pulls them, and what ``gradient_per_th`` differs from
    ``gradient_without_grid_per_th`` is the grid's own. A text that a spreadsheet would run as a formula gets an
    apostrophe in front.
    """
    e, f = explanation, explanation.fragments
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    error_of = dict(
        zip(
            e.matches.fragment.tolist(),
            zip(e.matches.error_da.tolist(), e.matches.error_ppm.tolist(), strict=True),
            strict=True,
        )
    )
    for i in range(len(f)):
        peak = int(e.matches.peak_of_fragment[i])
        observed = (float(e.observed.mz[peak]), float(e.observed.intensity[peak])) if peak >= 0 else ("", "")
        writer.writerow(
            [
                _as_text(f.plain_label[i]),
                _as_text(str(f.ion_type[i])),
                int(f.ordinal[i]),
                int(f.charge[i]),
                _as_text(str(f.neutral_loss[i])),
                int(f.isotope[i]),
                float(f.mz[i]),
                float(f.intensity[i]),
                _yes(e.fragment_rendered[i]),
                *observed,
                *error_of.get(i, ("", "")),
                float(e.shares.fragment_cosine[i]),
                float(e.shares.fragment_loss[i]),
                float(e.gradient.by_mz[i]),
                float(e.gradient.continuum_by_mz[i]),
                _yes(e.gradient.out_of_reach[i]),
            ]
        )
    return out.getvalue()


def snippet(explanation: Explanation) -> str:
    """A Python script that needs nothing but this version of peploss and prints the loss to the last digit.

    It contains the peaks as they were read, so that it repeats preprocessing too.
    """
    e, s = explanation, explanation.spectrum
    return "\n".join(
        [
            f"# pip install peploss=={__version__}",
            "from peploss.kernels import Peaks",
            "from peploss.losses.spectrum import spectrum_loss_at",
            "from peploss.peptides.fragments import fragments",
            "from peploss.peptides.peptide import Peptide",
            "from peploss.settings import LossSettings",
            "from peploss.spectra.preprocessing import preprocess",
            "from peploss.spectra.spectrum import Spectrum",
            "",
            "spectrum = Spectrum(",
            f"    title={s.name!r},",
            f"    precursor_mz={_literal(s.precursor_mz)},",
            f"    precursor_charge={_literal(s.precursor_charge)},",
            f"    mz={_numbers(s.mz)},",
            f"    intensity={_numbers(s.intensity)},",
            ")",
            f"peptide = Peptide.parse({e.peptide.text!r})",
            "settings = LossSettings(",
            *(f"    {name}={_literal(getattr(e.settings, name))}," for name in e.settings.to_dict()),
            ")",
            "",
            f"predicted = fragments(peptide, settings, {_literal(e.charge)})",
            "observed = preprocess(spectrum, settings)",
            "loss = spectrum_loss_at(",
            "    Peaks.from_arrays(predicted.mz, predicted.intensity),",
            "    Peaks.from_arrays(observed.mz, observed.intensity),",
            "    settings,",
            ")",
            f"print(loss.item())  # {e.loss!r}",
            "",
        ]
    )


def _as_text(value: str) -> str:
    return f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else value


def _yes(value: np.bool_) -> str:
    return "yes" if value else "no"


def _literal(value: Any) -> str:
    """Python text of a setting; numpy's own numbers as plain ones, since their text is no Python by itself."""
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k!r}: {_literal(v)}" for k, v in value.items()) + "}"
    return repr(value)


def _numbers(values: np.ndarray[Any, Any]) -> str:
    """A list of all digits, wrapped."""
    body = textwrap.fill(
        ", ".join(map(repr, values.tolist())), width=112, break_long_words=False, break_on_hyphens=False
    )
    return "[\n" + textwrap.indent(body, " " * 8) + "\n    ]" if body else "[]"
