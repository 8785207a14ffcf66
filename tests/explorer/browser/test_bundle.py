from __future__ import annotations

import pytest

from peploss.explorer.browser.bundle import bundle


def test_each_module_comes_once_before_those_that_need_it() -> None:
    out = bundle(
        {
            "main": 'import { Box } from "./box.js";\nimport { one } from "./base.js";\n'
            "export default function run() {}\n",
            "box": 'import { one } from "./base.js";\nexport class Box {}\n',
            "base": "export const one = 1;\nexport async function two() {}\n",
            "other": "export const unused = 0;\n",
        },
        "main",
    )
    assert out.count("const one = 1;") == 1
    assert out.index("const module_base") < out.index("const module_box") < out.index("const module_main")
    assert "return { one, two };" in out
    assert "const { Box } = module_box;" in out
    assert out.rstrip().endswith("export default module_main.default;")
    assert "unused" not in out


def test_scripts_that_need_each_other_are_refused() -> None:
    ring = {"a": 'import { b } from "./b.js";\nexport const a = 1;\n', "b": 'import { a } from "./a.js";\n'}
    with pytest.raises(ValueError, match="a -> b -> a"):
        bundle(ring, "a")


@pytest.mark.parametrize("line", ['import x from "./x.js";', "export { x };", 'import * as x from "./x.js";'])
def test_another_way_to_write_an_import_is_refused_and_not_passed_on(line: str) -> None:
    with pytest.raises(ValueError, match="does not read"):
        bundle({"a": f"{line}\n", "x": ""}, "a")
