"""Every regular expression of the package, and strings that make bad ones slow."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import re
import re._constants as codes
import re._parser as parser
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
CALLS = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
CLASSES = {
    codes.CATEGORY_DIGIT: "1", codes.CATEGORY_SPACE: " ", codes.CATEGORY_WORD: "a",
    codes.CATEGORY_NOT_DIGIT: "a", codes.CATEGORY_NOT_SPACE: "a", codes.CATEGORY_NOT_WORD: " ",
}  # fmt: skip
ENDS = ("", "!", "\n", "<")
GENERIC = ("1", "a", "A", " ", "\t", "1.", "1,", "a ", "1 ", "(", "[", '"', "=", "a=", "<", "+1", "-", "_", "a:", "A1")


class Found(NamedTuple):
    """A pattern of the source, with where it stands and by which functions of ``re`` it is used."""

    where: str
    pattern: Any
    flags: int
    calls: frozenset[str]


def patterns() -> list[Found]:
    """Every pattern of the package: those in calls of ``re``, and those that its modules put together and keep."""
    found = []
    paths = sorted([*(ROOT / "peploss").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])
    called = defaultdict(set)  # by the name in front of it
    for path in paths:
        for name, method in re.findall(r"\b(\w+)\.(\w+)\(", path.read_text(encoding="utf-8")):
            called[name].add(method)
    for path in paths:
        source = path.read_text(encoding="utf-8")
        where = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(source)):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            name, call = node.func.value, node.func.attr
            if not (isinstance(name, ast.Name) and name.id == "re" and call in CALLS and call != "compile"):
                continue
            if isinstance(node.args[0], ast.Constant):
                flags = re.I if "re.I" in ast.unparse(node) else 0
                found.append(Found(f"{where}:{node.lineno}", node.args[0].value, int(flags), frozenset((call,))))
        if "re.compile(" not in source or "gpu" in where or not where.startswith("peploss"):
            continue
        module = importlib.import_module(where.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
        for name, value in vars(module).items():
            for pattern in _compiled(value):
                names = [name, *re.findall(rf"for (\w+) in {name}\b", source)]
                calls = frozenset().union(*(called[one] for one in names)) & CALLS or frozenset(("match", "search"))
                found.append(Found(f"{where}: {name}", pattern.pattern, pattern.flags & ~re.UNICODE, calls))
    return list(dict.fromkeys(found))


def _compiled(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list) and not hasattr(value, "_fields"):
        for each in value:
            yield from _compiled(each)
    elif isinstance(value, type) and dataclasses.is_dataclass(layout := getattr(value, "layout", None)):
        yield from (v for v in vars(layout).values() if isinstance(v, re.Pattern))


def attacks(pattern: Any, flags: int) -> Iterator[tuple[str, str, str]]:
    """(before, pumped, after): for every repetition in a pattern what leads to it, what it repeats, and a bad end."""
    text = pattern.decode("latin-1") if isinstance(pattern, bytes) else pattern
    seen = set()
    for before, body in _repeats(parser.parse(text, flags), ""):
        for end in ENDS:
            if body and (before, body, end) not in seen:
                seen.add((before, body, end))
                yield before, body, end
    for body in GENERIC:
        yield "", body, "!"
        yield "", body, ""


def _repeats(tree: Any, before: str) -> Iterator[tuple[str, str]]:
    for op, value in tree:
        if op in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            if value[1] > 20:
                for sample in _samples(value[2]):
                    yield before, sample
            yield from _repeats(value[2], before)
        elif op is codes.SUBPATTERN:
            yield from _repeats(value[3], before)
        elif op is codes.ATOMIC_GROUP:
            yield from _repeats(value, before)
        elif op is codes.BRANCH:
            for branch in value[1]:
                yield from _repeats(branch, before)
        elif op in (codes.ASSERT, codes.ASSERT_NOT):
            yield from _repeats(value[1], before)
        before += _sample([(op, value)])


def _samples(tree: Any) -> Iterator[str]:
    """Texts that a repeated part takes: the plainest, and each alternative of a class or branch."""
    yield _sample(tree)
    for op, value in tree:
        if op is codes.IN:
            for item in value:
                yield _of_class([item])
        elif op is codes.BRANCH:
            for branch in value[1]:
                yield _sample(branch)
        elif op is codes.SUBPATTERN:
            yield from _samples(value[3])


def _sample(tree: Any) -> str:
    """One text that a part of a pattern takes."""
    out = ""
    for op, value in tree:
        if op is codes.LITERAL:
            out += chr(value)
        elif op is codes.NOT_LITERAL or op is codes.ANY:
            out += "a" if op is codes.ANY or value != ord("a") else "b"
        elif op is codes.IN:
            out += _of_class(value)
        elif op in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            out += _sample(value[2]) * max(value[0], min(value[1], 1))
        elif op is codes.SUBPATTERN:
            out += _sample(value[3])
        elif op is codes.ATOMIC_GROUP:
            out += _sample(value)
        elif op is codes.BRANCH:
            out += _sample(value[1][0])
    return out


def _of_class(items: Any) -> str:
    negated = items and items[0][0] is codes.NEGATE
    if negated:
        pattern = [(codes.IN, items)]
        taken = {chr(v) for op, v in items if op is codes.LITERAL}
        spaces = any(op is codes.CATEGORY and v is codes.CATEGORY_SPACE for op, v in items)
        return next((c for c in "a1 (,;" if c not in taken and not (spaces and c == " ")), "a") if pattern else ""
    for op, value in items:
        if op is codes.LITERAL:
            return chr(value)
        if op is codes.RANGE:
            return chr(value[0])
        if op is codes.CATEGORY:
            return CLASSES[value]
    return ""
