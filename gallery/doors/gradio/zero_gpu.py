"""ZeroGPU: on a Space of that kind a tab may borrow a GPU for one run; anywhere else nothing here has an effect.

Such a Space has no GPU of its own. Its package ``spaces`` forks a process that is lent one, for a function that was decorated
before the server started, and hands back what the function yields. So the server computes on the CPU, and a tab that says
:meth:`gallery.page.Tab.gpu_seconds` is computed there. Where none is to be had (a visitor's minutes are spent, the run took
too long) the CPU computes the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import gradio as gr
from gradio.utils import is_zero_gpu_space

from core import device
from gallery.engine import runner
from gallery.engine.runner import Event, Unavailable
from gallery.page import Tab
from gallery.text import Lang

__all__ = ["prepare", "run_tab"]

log = logging.getLogger(__name__)
Compute = Callable[[Tab], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception as a result: the package would hand on no more than its name."""

    error: Exception


def prepare() -> None:
    """Before the server starts, on ZeroGPU: it computes on the CPU, and the package knows the function that borrows a GPU."""
    if is_zero_gpu_space():
        device.choose("cpu")  # the package makes torch say that a GPU is there, also where there is none
        _borrowed()


def run_tab(slug: str, inputs: Tab, lang: Lang) -> Iterator[Event]:
    """:func:`gallery.engine.runner.run_tab`, on a borrowed GPU where these inputs are worth one and there are any."""
    wanted = inputs.gpu_seconds() > 0 and is_zero_gpu_space() and _borrowed() is not None
    return runner.run_tab(slug, inputs, lang, _away if wanted else None)


@lru_cache(maxsize=1)
def _borrowed() -> Compute | None:
    """:func:`_computed` as the package runs it; None without the package."""
    try:
        import spaces  # type: ignore[import-not-found]  # a ZeroGPU Space brings it
    except ImportError:
        log.warning("this is a ZeroGPU Space without the package spaces: every tab is computed on the CPU")
        return None
    return spaces.GPU(duration=_seconds)(_computed)


def _seconds(inputs: Tab) -> float:
    return inputs.gpu_seconds()


def _computed(inputs: Tab) -> Iterator[Any]:
    """What ``inputs.compute()`` gives, one result or many; runs in the process that has the GPU."""
    device.choose("cuda")
    try:
        outcome = inputs.compute()
        if isinstance(outcome, Iterator):
            yield from outcome
        else:
            yield outcome
    except Exception as error:
        yield Raised(error)


def _away(inputs: Tab) -> Iterator[Any]:
    """The results of a borrowed GPU; Unavailable where none is to be had."""
    borrowed = _borrowed()
    assert borrowed is not None
    try:
        for item in borrowed(inputs):
            if isinstance(item, Raised):
                raise item.error
            yield item
    except gr.Error as error:  # the package's own: core raises none of the front end's
        raise Unavailable(str(error)) from error
