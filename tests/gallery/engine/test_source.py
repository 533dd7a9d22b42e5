"""The code shown: what is filled in, folded and left out, on a tab that uses every case."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from gallery import outputs
from gallery.engine.source import code_shown
from gallery.inputs import FileValue, ImageValue, PointValue, choice, file, image, parse, point, slider
from gallery.page import Say, Tab, t

FRAMES = 41
NAMES = MappingProxyType({"a": {"weights": "model-a"}, "b": {"weights": "model-b"}})
WORD = t("词", "word")


class Everything(Tab):
    label = WORD
    question = WORD
    outputs = (outputs.metrics("facts"),)

    model: str = choice("a", {"a": WORD, "b": WORD}, label=WORD)
    n: int = slider(3, 1, 9, label=WORD)
    place: PointValue = point((0.5, 0.25), (0, 1), (0, 1), label=WORD)
    picture: ImageValue = image("waves", {"waves": "examples/waves.png"}, label=WORD, crop=True)
    data: FileValue = file((".csv",), label=WORD, max_bytes=1000, examples={"signals": "examples/signalling.csv"})

    @property
    def half(self) -> float:
        return self.n / 2

    def compute(self) -> Any:
        """Not shown."""
        from core.a import first, never
        from core.b import second

        if self.model == "b" or self.data is not None:
            return second(NAMES[self.model]["weights"], None if self.data is None else self.data.data)
        if self.n > 8:
            return never()
        weights = NAMES[self.model]["weights"]
        return first(weights, self.place, self.half, FRAMES, "even" if self.n % 2 == 0 else "odd", picture=self.picture)

    def show(self, result: Any, say: Say) -> dict[str, Any]:
        return {"facts": []}


class Stream(Everything):
    def compute(self) -> Iterator[Any]:
        from core.a import first

        return first(self.n)


class Leaky(Everything):
    def helper(self) -> int:
        return 1

    def compute(self) -> Any:
        return self.helper()


def test_inputs_constants_and_properties_are_filled_in_and_the_other_branch_is_left_out() -> None:
    code = code_shown("page", Everything())
    assert "weights = 'model-a'" in code
    assert "(0.5, 0.25)" in code and "1.5" in code
    assert "FRAMES = 41\n" in code
    assert "from core.a import first\n" in code and "never" not in code and "second" not in code
    assert "self" not in code and "Not shown" not in code
    assert "np.asarray(Image.open('assets/examples/waves.png').convert('RGB'))" in code
    assert "import numpy as np\n" in code and "from PIL import Image\n" in code
    assert code.rstrip().endswith("print(result)")
    ast.parse(code)


def test_a_branch_is_followed_and_files_are_named() -> None:
    code = code_shown("page", parse(Everything, {"data": {"name": "mine.csv", "data": "YQ=="}}))
    assert "second('model-a', Path('mine.csv').read_bytes())" in code
    assert "# It needs mine.csv: your own file." in code
    example = code_shown("page", parse(Everything, {"data": "example:signals"}))
    assert "Path('assets/examples/signalling.csv').read_bytes()" in example and "It needs" not in example
    assert "second('model-b', None)" in code_shown("page", parse(Everything, {"model": "b"}))


def test_a_cut_picture_and_an_upload_are_read_from_files() -> None:
    cut = code_shown("page", parse(Everything, {"picture": "crop:1,2,9@example:waves"}))
    assert ".crop((1, 2, 10, 11))" in cut
    own = code_shown("page", parse(Everything, {"picture": np.zeros((5, 5, 3), np.uint8)}))
    assert "Image.open('picture.png')" in own and "# It needs picture.png: your own picture." in own


def test_a_stream_is_a_loop() -> None:
    assert code_shown("page", Stream()).rstrip().endswith("for result in first(3):\n    print(result)")


def test_a_tab_that_uses_more_of_itself_than_its_inputs_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="uses more of self than its inputs"):
        code_shown("page", Leaky())
