"""Our scripts as one script, so that a first visit asks for one file instead of seventeen, one after the other.

The scripts stay what they are on disk: modules with ``import { … } from "./x.js"`` lines at the top and named exports.
Each becomes a function of its own that returns its exports; names inside of one are not seen by another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_IMPORT = re.compile(r'^import \{ ([\w, ]+) \} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (default )?((?:async )?function|class|const|let) (\w+)", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


def bundle(modules: Mapping[str, str], entry: str) -> str:
    """The module ``entry`` and all that it needs, as one module that exports what its default export is.

    Args:
        modules: source by name, without ``.js``.
        entry: the one with a default export.
    Raises:
        ValueError: an import or export is written in another way than said above, or two modules need each other.
    """
    done: list[str] = []
    parts: list[str] = []

    def add(name: str, needed_by: tuple[str, ...]) -> None:
        if name in needed_by:
            raise ValueError(f"Scripts need each other: {' -> '.join((*needed_by, name))}.")
        if name in done:
            return
        source = modules[name]
        for match in _IMPORT.finditer(source):
            add(match[2], (*needed_by, name))
        exports = [("default: " if match[1] else "") + match[3] for match in _EXPORT.finditer(source)]
        body = _IMPORT.sub(lambda match: f"const {{ {match[1]} }} = {_name(match[2])};\n", source)
        body = _EXPORT.sub(r"\2 \3", body)
        if left := _LEFT.search(body):
            raise ValueError(f"{name}.js: {left[0]!r} is written in a way that peploss/explorer/browser/bundle.py "
                             "does not read.")  # fmt: skip
        parts.append(f"const {_name(name)} = (() => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();\n")
        done.append(name)

    add(entry, ())
    return "".join(parts) + f"export default {_name(entry)}.default;\n"


def _name(module: str) -> str:
    return f"module_{module.replace('-', '_')}"
