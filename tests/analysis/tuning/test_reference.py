from __future__ import annotations

import numpy as np
import pytest

from peploss.analysis.tuning.prepared_set import prepare
from peploss.analysis.tuning.psm_set import Psm, observed, predicted, sample_psms
from peploss.analysis.tuning.reference import TRAP_FILE, Reference, reference, similar_sample
from peploss.kernels import Peaks
from peploss.losses.spectrum import spectrum_loss_at
from peploss.settings import LossSettings
from peploss.spectra.samples import DEFAULT_FILE

REFERENCE = Reference("this file", np.linspace(0.0, 0.99, 100), np.linspace(0.5, 1.0, 11))


def test_the_losses_are_those_that_the_loss_itself_gives() -> None:
    psms, settings = sample_psms([DEFAULT_FILE])[:12], LossSettings(sigma=0.02)
    prepared = prepare(psms, settings)
    found = reference(prepared, settings, "this file")
    expected = [
        float(
            spectrum_loss_at(
                Peaks.from_list([predicted(p, settings)]), Peaks.from_list([observed(p, settings)]), settings
            )
        )
        for p in psms
    ]
    np.testing.assert_allclose(found.right, np.sort(expected), atol=1e-6)
    assert found.decoys.size == 2 * found.right.size
    assert np.median(found.decoys) > np.median(found.right)


def test_words_say_on_which_side_and_how_far() -> None:
    assert REFERENCE.words(0.955) == "worse than 96 % of this file’s right peptides, worse than 91 % of decoys"
    assert REFERENCE.words(0.205) == "better than 79 % of this file’s right peptides, better than every decoy"


def test_a_tie_counts_half() -> None:
    assert Reference("x", np.array([0.2, 0.5, 0.5, 0.9]), np.ones(1)).share_below(0.5) == pytest.approx(0.5)


def test_the_histogram_holds_every_peptide() -> None:
    right, decoys = REFERENCE.histogram(20)
    assert (right.sum(), decoys.sum()) == (pytest.approx(1), pytest.approx(1))
    assert decoys[:10].sum() == 0
    assert decoys[-1] > 0  # a loss of exactly 1 lies in the last bin


@pytest.mark.parametrize("name", [DEFAULT_FILE, TRAP_FILE])
def test_most_spectra_are_compared_with_a_file_of_their_own_kind(name: str) -> None:
    psms = sample_psms([name])
    same = [similar_sample(psm, LossSettings()).name == name for psm in psms]
    assert np.mean(same) > 0.9


def test_without_a_peptide_it_is_the_file_to_open_first() -> None:
    assert similar_sample(None, LossSettings()).name == DEFAULT_FILE
    assert isinstance(sample_psms([DEFAULT_FILE])[0], Psm)
