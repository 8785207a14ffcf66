"""Shows the doctests of a docstring as code: griffe takes them for quotations unless they stand under "Examples:"."""

from __future__ import annotations

import re
from typing import Any

from griffe import Extension, Object

DOCTEST = re.compile(r"(?:^>>> .*\n?(?:^(?!>>> )\S.*\n?|^\s+\S.*\n?|^>>> .*\n?)*)", re.MULTILINE)


def with_examples(docstring: str) -> str:
    """The docstring with an "Examples:" heading over each run of doctest lines.

    >>> with_examples("Adds.\\n\\n>>> 1 + 1\\n2\\n")
    'Adds.\\n\\nExamples:\\n    >>> 1 + 1\\n    2\\n'
    """
    return DOCTEST.sub(
        lambda run: "Examples:\n" + re.sub(r"^", "    ", run[0], flags=re.MULTILINE).rstrip(" "), docstring
    )


class Doctests(Extension):
    """Applies ``with_examples`` to all that griffe reads."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Called for each module, class, function and attribute."""
        if obj.docstring and ">>> " in obj.docstring.value:
            obj.docstring.value = with_examples(obj.docstring.value)
