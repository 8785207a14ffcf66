"""Old names go on working, and say what they are now."""

from __future__ import annotations

import inspect
import warnings

import pytest

from peploss import BASELINES
from peploss.deprecation import warn_renamed


def test_warns_at_the_line_that_used_the_old_name() -> None:
    def old_function() -> None:
        warn_renamed("old_function", "new_function", ends_in="9.0")

    with pytest.warns(DeprecationWarning, match=r"^old_function is now new_function; .* ends in peploss 9\.0\.$"):
        old_function()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        line = inspect.stack()[0].lineno
        old_function()
    assert caught[0].filename == __file__
    assert caught[0].lineno == line + 1


@pytest.mark.parametrize(
    ("old", "new"), [("min_distance", "min_distance_loss"), ("spectral_entropy", "spectral_entropy_distance")]
)
def test_old_names_of_baselines(old: str, new: str) -> None:
    with pytest.warns(DeprecationWarning, match=rf"BASELINES\['{old}'\] is now BASELINES\['{new}'\]"):
        assert BASELINES[old] is BASELINES[new]
    assert old not in set(BASELINES)
    with pytest.raises(KeyError, match="no_such_loss"):
        BASELINES["no_such_loss"]
