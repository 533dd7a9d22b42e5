"""ZeroGPU: the package's decorator gets the function and the seconds, results and refusals pass, and elsewhere nothing changes."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import gradio as gr
import pytest

from core import device
from core.refusal import Refusal
from gallery.doors.gradio import zero_gpu
from gallery.engine.catalog import catalog
from gallery.engine.runner import Computed, Event, Failed, Finished, Values, compute_tab
from gallery.inputs import parse
from gallery.page import Tab
from tests.conftest import KITCHEN


class StandIn(ModuleType):
    """What the package is to us: ``GPU`` wraps a generator function; what it is given and gives is pickled, as between processes."""

    def __init__(self) -> None:
        super().__init__("spaces")
        self.wrapped: list[str] = []
        self.asked: list[float] = []
        self.full = False

    def GPU(self, *, duration: Callable[..., float]) -> Callable[..., Any]:
        def wrap(function: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
            self.wrapped.append(function.__name__)

            def borrowed(*given: Any) -> Iterator[Any]:
                self.asked.append(duration(*given))
                if self.full:
                    raise gr.Error("You have exceeded your GPU quota")
                for item in function(*pickle.loads(pickle.dumps(given))):
                    yield pickle.loads(pickle.dumps(item))

            return borrowed

        return wrap


@pytest.fixture
def spaces(monkeypatch: pytest.MonkeyPatch, fresh_caches: None) -> StandIn:
    """A ZeroGPU Space whose GPUs are this machine's CPU."""
    package = StandIn()
    monkeypatch.setitem(sys.modules, "spaces", package)
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setenv(device.DEVICE_VARIABLE, "cpu")
    monkeypatch.setattr(device, "choose", lambda place: None)
    return package


def worth(tab: type[Tab], monkeypatch: pytest.MonkeyPatch, **values: Any) -> Tab:
    """Inputs of ``tab`` that are worth seven seconds of a GPU."""
    monkeypatch.setattr(tab, "gpu_seconds", lambda self: 7.0)
    return parse(tab, values)


def events(inputs: Tab) -> list[Event]:
    return list(zero_gpu.run_tab("every-kind", inputs, "en"))


def test_a_stream_passes_and_the_package_hears_the_seconds(spaces: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = worth(KITCHEN["every-kind"].page.tab("long"), monkeypatch, pause=0)
    zero_gpu.prepare()
    assert spaces.wrapped == ["_computed"], "the package wants to know it before the server starts"
    there = events(inputs)
    assert spaces.asked == [7.0] and len(spaces.wrapped) == 1
    assert isinstance(there[-1], Finished) and len([e for e in there if isinstance(e, Values)]) > 1
    here = [e for e in compute_tab("elsewhere", inputs) if isinstance(e, Computed)]
    assert len([e for e in there if isinstance(e, Values | Finished)]) == len(here)


def test_one_result_passes(spaces: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    last = events(worth(KITCHEN["every-kind"].page.tab("little"), monkeypatch, n=30))[-1]
    assert isinstance(last, Finished) and spaces.asked == [7.0]


def test_a_refusal_stays_one_and_a_fault_is_one(spaces: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    tab = KITCHEN["every-kind"].page.tab("little")
    inputs = worth(tab, monkeypatch, n=30)
    for error, expected in ((Refusal("太大", "too large", input="n", value=30), True), (KeyError("n"), False)):

        def broken(self: Tab, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(tab, "compute", broken)
        last = events(inputs)[-1]
        assert isinstance(last, Failed) and last.expected is expected
    assert spaces.asked == [7.0, 7.0]


def test_where_no_gpu_is_to_be_had_the_cpu_computes(spaces: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    spaces.full = True
    last = events(worth(KITCHEN["every-kind"].page.tab("little"), monkeypatch, n=30))[-1]
    assert isinstance(last, Finished) and spaces.asked == [7.0]


def test_a_tab_that_asks_for_none_gets_none(spaces: StandIn) -> None:
    assert isinstance(events(KITCHEN["every-kind"].page.tab("little")())[-1], Finished)
    assert spaces.asked == []


def test_elsewhere_the_package_is_not_even_asked(spaces: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SPACES_ZERO_GPU")
    zero_gpu.prepare()
    assert isinstance(events(worth(KITCHEN["every-kind"].page.tab("little"), monkeypatch))[-1], Finished)
    assert spaces.wrapped == spaces.asked == []


def test_without_the_package_everything_is_computed_here(spaces: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spaces", None)
    zero_gpu.prepare()
    assert isinstance(events(worth(KITCHEN["every-kind"].page.tab("little"), monkeypatch))[-1], Finished)
    assert spaces.wrapped == spaces.asked == []


def test_some_tab_asks_for_a_gpu_and_no_default_does() -> None:
    """A reader who only looks spends none of the minutes that a visitor has."""
    asking = [tab for entry in catalog() for tab in entry.page.tabs if "gpu_seconds" in vars(tab)]
    assert asking, "a Space of this kind is refused when nothing asks for a GPU"
    assert all(tab().gpu_seconds() == 0 for tab in asking)


def test_a_chosen_device_is_the_devices_of_what_is_loaded_next(
    monkeypatch: pytest.MonkeyPatch, fresh_caches: None
) -> None:
    monkeypatch.setenv(device.DEVICE_VARIABLE, "nowhere")
    device.choose("cpu")
    assert device.device().type == "cpu"
