"""Numbers with a sign, as they are written on the page: a true minus, and no sign on what rounds to zero."""

from __future__ import annotations


def signed(value: float, form: str) -> str:
    """A number with its sign.

    Args:
        form: format without the sign, for example ``".4f"``.

    >>> signed(-0.25, ".1f"), signed(0.00001, ".3f"), signed(1234.5, ",.0f")
    ('−0.2', '0.000', '+1,234')
    """
    text = format(value, f"+{form}")
    return text.replace("-", "−") if float(text.replace(",", "")) else text[1:]
