"""peploss shows why a peptide's spectrum loss is what it is.

A small PyTorch library of the losses used to train peptide models on tandem mass spectra, fast because it never
builds the m/z grid they are defined on. The app beside it (``peploss serve``) shows what they see.

The names below are loaded when they are first used (PEP 562): opening a file and parsing a peptide load no torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:  # the same names for type checkers and editors; a test holds the two lists together
    from peploss.analysis.causes.diagnosis import Diagnosis as Diagnosis
    from peploss.analysis.causes.diagnosis import diagnose as diagnose
    from peploss.analysis.one_psm.explanation import Explanation as Explanation
    from peploss.analysis.one_psm.explanation import explain as explain
    from peploss.analysis.one_psm.loss_of import loss_of as loss_of
    from peploss.errors import ArgumentError as ArgumentError
    from peploss.errors import BackendError as BackendError
    from peploss.errors import NoSpectrumError as NoSpectrumError
    from peploss.errors import PeplossError as PeplossError
    from peploss.errors import PeptideError as PeptideError
    from peploss.errors import SettingsError as SettingsError
    from peploss.errors import SourceError as SourceError
    from peploss.errors import SpectrumError as SpectrumError
    from peploss.grid import MzGrid as MzGrid
    from peploss.kernels import Peaks as Peaks
    from peploss.kernels import loss_landscape as loss_landscape
    from peploss.kernels import spectrum_cosine as spectrum_cosine
    from peploss.kernels.prepared import prepare as prepare
    from peploss.losses.baselines import BASELINES as BASELINES
    from peploss.losses.baselines import binned_cross_entropy as binned_cross_entropy
    from peploss.losses.baselines import masked_spectral_distance as masked_spectral_distance
    from peploss.losses.baselines import min_distance_loss as min_distance_loss
    from peploss.losses.baselines import modified_cosine_distance as modified_cosine_distance
    from peploss.losses.baselines import multi_sigma_cosine_distance as multi_sigma_cosine_distance
    from peploss.losses.baselines import pearson_distance as pearson_distance
    from peploss.losses.baselines import soft_coverage as soft_coverage
    from peploss.losses.baselines import soft_f1 as soft_f1
    from peploss.losses.baselines import spectral_angle as spectral_angle
    from peploss.losses.baselines import spectral_entropy_distance as spectral_entropy_distance
    from peploss.losses.baselines import sqrt_cosine_distance as sqrt_cosine_distance
    from peploss.losses.baselines import wasserstein_distance as wasserstein_distance
    from peploss.losses.baselines import weighted_cosine_distance as weighted_cosine_distance
    from peploss.losses.baselines import weighted_entropy_distance as weighted_entropy_distance
    from peploss.losses.combined import CombinedLoss as CombinedLoss
    from peploss.losses.comparison_modules import BinnedCrossEntropyLoss as BinnedCrossEntropyLoss
    from peploss.losses.comparison_modules import ModifiedCosineLoss as ModifiedCosineLoss
    from peploss.losses.comparison_modules import MultiSigmaCosineLoss as MultiSigmaCosineLoss
    from peploss.losses.comparison_modules import PearsonLoss as PearsonLoss
    from peploss.losses.comparison_modules import SqrtCosineLoss as SqrtCosineLoss
    from peploss.losses.comparison_modules import WassersteinLoss as WassersteinLoss
    from peploss.losses.comparison_modules import WeightedCosineLoss as WeightedCosineLoss
    from peploss.losses.comparison_modules import WeightedEntropyLoss as WeightedEntropyLoss
    from peploss.losses.metrics import dict_of_floats as dict_of_floats
    from peploss.losses.modules import MaskedSpectralLoss as MaskedSpectralLoss
    from peploss.losses.modules import MinDistanceLoss as MinDistanceLoss
    from peploss.losses.modules import SoftCoverageLoss as SoftCoverageLoss
    from peploss.losses.modules import SoftF1Loss as SoftF1Loss
    from peploss.losses.modules import SpectralAngleLoss as SpectralAngleLoss
    from peploss.losses.modules import SpectralEntropyLoss as SpectralEntropyLoss
    from peploss.losses.modules import SpectrumLoss as SpectrumLoss
    from peploss.losses.precursor import PrecursorMassLoss as PrecursorMassLoss
    from peploss.losses.precursor import precursor_error as precursor_error
    from peploss.losses.precursor import precursor_loss as precursor_loss
    from peploss.losses.spectrum import spectrum_loss as spectrum_loss
    from peploss.losses.spectrum_matching import SpectrumMatchingLoss as SpectrumMatchingLoss
    from peploss.losses.supervision import DeepSupervisionLoss as DeepSupervisionLoss
    from peploss.peptides.fragments import Fragments as Fragments
    from peploss.peptides.fragments import fragments as fragments
    from peploss.peptides.peptide import Peptide as Peptide
    from peploss.peptides.vocabulary import Vocabulary as Vocabulary
    from peploss.settings import LossSettings as LossSettings
    from peploss.spectra.preprocessing import preprocess as preprocess
    from peploss.spectra.readers import SpectrumFile as SpectrumFile
    from peploss.spectra.readers import open_spectra as open_spectra
    from peploss.spectra.spectrum import Spectrum as Spectrum
    from peploss.training.curriculum import CURRICULUM_V2 as CURRICULUM_V2
    from peploss.training.curriculum import CurriculumV2 as CurriculumV2
    from peploss.training.schedule import SigmaSchedule as SigmaSchedule
    from peploss.training.synthetic import Difficulty as Difficulty
    from peploss.training.synthetic import synthetic_batch as synthetic_batch
    from peploss.version import __version__ as __version__

_NAMES: Final = {
    "peploss.analysis.causes.diagnosis": ("Diagnosis", "diagnose"),
    "peploss.analysis.one_psm.explanation": ("Explanation", "explain"),
    "peploss.analysis.one_psm.loss_of": ("loss_of",),
    "peploss.errors": (
        "ArgumentError", "BackendError", "NoSpectrumError", "PeplossError", "PeptideError", "SettingsError",
        "SourceError",
        "SpectrumError",
    ),
    "peploss.grid": ("MzGrid",),
    "peploss.kernels": ("Peaks", "loss_landscape", "spectrum_cosine"),
    "peploss.kernels.prepared": ("prepare",),
    "peploss.losses.baselines": (
        "BASELINES", "binned_cross_entropy", "masked_spectral_distance", "min_distance_loss",
        "modified_cosine_distance", "multi_sigma_cosine_distance", "pearson_distance", "soft_coverage", "soft_f1",
        "spectral_angle", "spectral_entropy_distance", "sqrt_cosine_distance", "wasserstein_distance",
        "weighted_cosine_distance", "weighted_entropy_distance",
    ),
    "peploss.losses.combined": ("CombinedLoss",),
    "peploss.losses.metrics": ("dict_of_floats",),
    "peploss.losses.comparison_modules": (
        "BinnedCrossEntropyLoss", "ModifiedCosineLoss", "MultiSigmaCosineLoss", "PearsonLoss", "SqrtCosineLoss",
        "WassersteinLoss", "WeightedCosineLoss", "WeightedEntropyLoss",
    ),
    "peploss.losses.modules": (
        "MaskedSpectralLoss", "MinDistanceLoss", "SoftCoverageLoss", "SoftF1Loss", "SpectralAngleLoss",
        "SpectralEntropyLoss", "SpectrumLoss",
    ),
    "peploss.losses.precursor": ("PrecursorMassLoss", "precursor_error", "precursor_loss"),
    "peploss.losses.spectrum": ("spectrum_loss",),
    "peploss.losses.spectrum_matching": ("SpectrumMatchingLoss",),
    "peploss.losses.supervision": ("DeepSupervisionLoss",),
    "peploss.peptides.fragments": ("Fragments", "fragments"),
    "peploss.peptides.peptide": ("Peptide",),
    "peploss.peptides.vocabulary": ("Vocabulary",),
    "peploss.settings": ("LossSettings",),
    "peploss.spectra.preprocessing": ("preprocess",),
    "peploss.spectra.readers": ("SpectrumFile", "open_spectra"),
    "peploss.spectra.spectrum": ("Spectrum",),
    "peploss.training.curriculum": ("CURRICULUM_V2", "CurriculumV2"),
    "peploss.training.schedule": ("SigmaSchedule",),
    "peploss.training.synthetic": ("Difficulty", "synthetic_batch"),
    "peploss.version": ("__version__",),
}  # fmt: skip
_MODULE_OF: Final = {name: module for module, names in _NAMES.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    """Load a public name from its module, once."""
    module = _MODULE_OF.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(module), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
