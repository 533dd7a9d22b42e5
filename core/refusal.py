"""What core says to a reader whose input it cannot take: in both languages, with the name of the input."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Refusal"]


class Refusal(ValueError):
    """A value that cannot be taken.

    Parameters
    ----------
    zh, en : what is wrong and what is allowed, without the input's name.
    input : the name of the parameter that is refused, as the function that raises calls it; "" where it is none alone.
    value : what was given, shortened for the message; None leaves it out.

    Every other exception is a fault of the program. ``str(refusal)`` is the English sentence with the parameter's name.
    """

    MOST_SHOWN = 60  # characters of a value that a message repeats

    def __init__(self, zh: str, en: str, *, input: str = "", value: object = None) -> None:
        self.zh, self.en, self.input, self.value = zh, en, input, value
        super().__init__(self.said({})[1])

    def said(self, labels: Mapping[str, tuple[str, str]]) -> tuple[str, str]:
        """The sentence in 中文 and English; ``labels`` gives what a reader calls an input, by its name."""
        if not self.input:
            return self.zh, self.en
        zh, en = labels.get(self.input, (self.input, self.input))
        given = "" if self.value is None else f" = {_shortened(self.value, self.MOST_SHOWN)}"
        return f"{zh}{given}：{self.zh}", f"{en}{given}: {self.en}"

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.zh, self.en, self.input, self.value)


def _again(zh: str, en: str, name: str, value: object) -> Refusal:
    return Refusal(zh, en, input=name, value=value)


def _shortened(value: object, most: int) -> str:
    line = " ".join(str(value).split())
    return line if len(line) <= most else line[: most - 1] + "…"
