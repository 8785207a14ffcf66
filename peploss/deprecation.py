"""Names that change, and how long the old ones last.

The policy, in short (``docs/pages/deprecation.md`` has it in full):

- A public name (what ``import peploss`` offers, its keywords, keys of ``BASELINES``, options of the command) that is
  renamed goes on working for at least two minor versions. Until then it gives a ``DeprecationWarning`` that names the
  new way and the version in which the old one ends.
- Keywords of the drop-in losses (``CombinedLoss``, ``SpectrumMatchingLoss``, ``PrecursorMassLoss``,
  ``DeepSupervisionLoss``) never end and never warn: they are the interface of code we do not see. ``bin_size`` and
  MS2PIP's ion names (``b++``) are such.
- Results, sets, links and commands written for an older version are read for good, without a warning.
"""

from __future__ import annotations

import warnings


def warn_renamed(old: str, new: str, *, ends_in: str, stacklevel: int = 2) -> None:
    """Say that ``old`` is now ``new``, at the line of whoever called the function that calls this.

    Args:
        old, new: as people write them, for example ``BASELINES["min_distance"]``.
        ends_in: the first version without the old name.
        stacklevel: 2 where the caller of ``warn_renamed`` was called by the user; one more for each call between.

    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warn_renamed("a", "b", ends_in="9.0")
    >>> print(caught[0].message)
    a is now b; the old name ends in peploss 9.0.
    """
    warnings.warn(
        f"{old} is now {new}; the old name ends in peploss {ends_in}.",
        DeprecationWarning,
        stacklevel=stacklevel + 1,
    )
