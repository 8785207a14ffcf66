"""Settings one step away from given ones: more ions, other peaks, a wider sigma, another grid."""

from __future__ import annotations

import math
from functools import lru_cache

from peploss.settings import LossSettings

TOP_N = (20, 50, 100)
SIGMA_FACTORS = (2.0, 4.0)


@lru_cache(maxsize=1024)
def more_ions(settings: LossSettings, charge: int | None) -> tuple[tuple[str, LossSettings], ...]:
    """Each kind of ion that the settings leave out, with the settings that have it; the last has all of them.

    Args:
        charge: of the precursor. Fragments never carry more, and without one the precursor has no m/z.

    >>> [name for name, _ in more_ions(LossSettings(), 2)]
    ['a', '-H2O', '-NH3', '2+', 'immonium', 'precursor', 'all']
    """
    highest = settings.max_fragment_charge or (2 if charge is not None and charge >= 3 else 1)
    changes: dict[str, dict[str, object]] = {}
    if "a" not in settings.ion_types:
        changes["a"] = {"ion_types": (*settings.ion_types, "a")}
    for loss in ("H2O", "NH3"):
        if loss not in settings.neutral_losses and settings.ion_types:
            changes[f"-{loss}"] = {"neutral_losses": (*settings.neutral_losses, loss)}
    for z in (2, 3):
        if highest < z <= (charge or 3) and settings.ion_types:
            changes[f"{z}+"] = {"max_fragment_charge": z}
    if not settings.immonium:
        changes["immonium"] = {"immonium": True}
    if not settings.precursor and charge is not None:
        changes["precursor"] = {"precursor": True}
    out = [(name, settings.replace(**change)) for name, change in changes.items()]
    if len(out) > 1:
        union: dict[str, object] = {}
        losses = tuple(loss for loss in ("H2O", "NH3") if f"-{loss}" in changes or loss in settings.neutral_losses)
        for change in changes.values():
            union |= change
        out.append(("all", settings.replace(**(union | {"neutral_losses": losses}))))
    return tuple(out)


@lru_cache(maxsize=1024)
def other_peaks(settings: LossSettings, n_peaks: int, has_precursor: bool) -> tuple[tuple[str, LossSettings], ...]:
    """Other treatments of the observed peaks: square root, the most intense only, without the precursor's.

    Args:
        n_peaks: observed peaks under ``settings``; keeping as many or more changes nothing.
    """
    out = []
    if not settings.sqrt:
        out.append(("sqrt", settings.replace(sqrt=True)))
    if not settings.remove_precursor and has_precursor:
        out.append(("remove precursor", settings.replace(remove_precursor=True)))
    out.extend((f"top {n}", settings.replace(top_n=n)) for n in TOP_N if n < n_peaks)
    return tuple(out)


def wider(settings: LossSettings) -> tuple[tuple[float, LossSettings], ...]:
    """Sigma times 2 and 4."""
    return tuple((factor, _wider(settings, factor)) for factor in SIGMA_FACTORS)


@lru_cache(maxsize=256)
def _wider(settings: LossSettings, factor: float) -> LossSettings:
    return settings.replace(sigma=settings.sigma * factor)


@lru_cache(maxsize=1024)
def whole_grid(settings: LossSettings, highest_hundreds: int, low_peak: bool, high_peak: bool) -> LossSettings:
    """A grid on which every peak up to ``100 * highest_hundreds`` is seen: long enough, and no bin wider than sigma.

    Args:
        low_peak, high_peak: whether the window on m/z cuts peaks off at that side; then that side is opened.
    """
    top = max(settings.max_mz, 100.0 * highest_hundreds)
    # At the m/z where fragments begin: in ppm a width grows from there.
    width = min(settings.bin_width, settings.sigma_in_th(100.0))
    width = max(width, top / 10_000_000)
    changes: dict[str, object] = {"max_mz": top}
    if not math.isclose(width, settings.bin_width) and settings.bin_width > 4 * width:
        changes["bin_width"] = width
    if low_peak:
        changes["min_peak_mz"] = None
    if high_peak:
        changes["max_peak_mz"] = None
    return settings.replace(**changes)
