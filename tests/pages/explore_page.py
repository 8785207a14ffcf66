"""What the tests of Explore read off the page."""

from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

Open = Callable[..., AppTest]

MGF = """BEGIN IONS
TITLE=one <b>bold</b> [link](http://e.vil)
PEPMASS=400.6872
CHARGE=2+
SEQ=PEPTIDE
98.06 10
227.1026 50
324.1554 20
END IONS
BEGIN IONS
TITLE=nothing in it
PEPMASS=300
END IONS
"""


def said(app: AppTest) -> str:
    """Everything the page says in words."""
    blocks = [*app.markdown, *app.error, *app.info, *app.caption, *app.warning, *app.code]
    return "\n".join([*(block.value for block in blocks), name(app)])


def name(app: AppTest) -> str:
    """Name and facts of the spectrum that is shown, as HTML."""
    return "\n".join(block.proto.body for block in app.get("html") if 'class="pl-name"' in block.proto.body)


def fine(app: AppTest) -> None:
    assert not app.exception
