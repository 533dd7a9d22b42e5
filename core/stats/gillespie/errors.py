"""Refusals of reaction networks: what a reader's formula, table or SBML model is turned back for, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from core.refusal import Refusal

__all__ = ["NetworkError", "naming"]


class NetworkError(Refusal):
    """A network that cannot be simulated; both sentences name the part that is wrong and say what is allowed."""

    def at(self, zh: str, en: str) -> NetworkError:
        """The same refusal with its place («row 3») before it."""
        return NetworkError(f"{zh}：{self.zh}", f"{en}: {self.en}", input=self.input, value=self.value)

    def of(self, name: str) -> NetworkError:
        """The same refusal as one of the input called ``name``; an input that is named already stays."""
        return NetworkError(self.zh, self.en, input=self.input or name, value=self.value)

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.zh, self.en, self.input, self.value)


def _again(zh: str, en: str, name: str, value: object) -> NetworkError:
    return NetworkError(zh, en, input=name, value=value)


@contextmanager
def naming(zh: str, en: str) -> Iterator[None]:
    """Whatever is refused inside is refused with this place before it."""
    try:
        yield
    except NetworkError as error:
        raise error.at(zh, en) from None
