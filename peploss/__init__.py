"""peploss: why a peptide's spectrum loss is what it is.

A small PyTorch library of the losses used to train peptide models on tandem mass spectra, fast because it never
builds the m/z grid they are defined on. The app beside it (``streamlit run app.py``) shows what they see.
"""

from peploss.errors import BackendError, PeplossError, PeptideError, SettingsError, SourceError, SpectrumError
from peploss.grid import MzGrid
from peploss.kernels import Peaks, spectrum_cosine
from peploss.kernels.landscape_batch import loss_landscape
from peploss.losses.baselines import (
    BASELINES,
    masked_spectral_distance,
    min_distance_loss,
    soft_coverage,
    soft_f1,
    spectral_angle,
    spectral_entropy_distance,
)
from peploss.losses.combined import CombinedLoss
from peploss.losses.precursor import PrecursorMassLoss, precursor_error, precursor_loss
from peploss.losses.spectrum import SpectrumMatchingLoss, spectrum_loss
from peploss.losses.supervision import DeepSupervisionLoss
from peploss.peptides.fragments import Fragments, fragments
from peploss.peptides.peptide import Peptide
from peploss.peptides.vocabulary import Vocabulary
from peploss.settings import LossSettings
from peploss.spectra.preprocessing import preprocess
from peploss.spectra.readers import open_spectra
from peploss.spectra.spectrum import Spectrum
from peploss.training.curriculum import CURRICULUM_V2, CurriculumV2
from peploss.training.synthetic import Difficulty, synthetic_batch
from peploss.version import __version__

__all__ = [
    "BASELINES",
    "CURRICULUM_V2",
    "BackendError",
    "CombinedLoss",
    "CurriculumV2",
    "DeepSupervisionLoss",
    "Difficulty",
    "Fragments",
    "LossSettings",
    "MzGrid",
    "Peaks",
    "PeplossError",
    "Peptide",
    "PeptideError",
    "PrecursorMassLoss",
    "SettingsError",
    "SourceError",
    "Spectrum",
    "SpectrumError",
    "SpectrumMatchingLoss",
    "Vocabulary",
    "__version__",
    "fragments",
    "loss_landscape",
    "masked_spectral_distance",
    "min_distance_loss",
    "open_spectra",
    "precursor_error",
    "precursor_loss",
    "preprocess",
    "soft_coverage",
    "soft_f1",
    "spectral_angle",
    "spectral_entropy_distance",
    "spectrum_cosine",
    "spectrum_loss",
    "synthetic_batch",
]
