"""What the tests forget after a patch: all that the patched program put into a cache, and nothing else."""

from __future__ import annotations

from core import fetching, weights
from core.device import compute_slots
from core.weights import load
from gallery.engine import form, runner
from gallery.engine.catalog import catalog
from gallery.engine.engines import chosen
from tests import conftest
from tests.conftest import STORES, forgetting

SMALL = "i-resnet-eight"


def test_what_came_meanwhile_is_forgotten_and_what_was_there_stays(fresh_caches: None) -> None:
    before = catalog()
    with forgetting():
        assert catalog() is before
        form.module("sketch.js")
    assert catalog() is before
    assert not form.module.cache_info().currsize


def test_a_cache_that_was_fuller_before_is_forgotten_too(fresh_caches: None) -> None:
    """One entry of the patched program among good ones cannot be told from them."""
    form.module("sketch.js")
    with forgetting():
        form.module("point.js")
    assert not form.module.cache_info().currsize


def test_what_takes_things_in_itself_is_forgotten_although_it_was_there(fresh_caches: None) -> None:
    results, slots = runner._results(), compute_slots()
    with forgetting():
        results.put("of a patched program", 1)
    assert runner._results() is not results and compute_slots() is not slots


def test_weights_are_forgotten_when_some_were_loaded(fresh_caches: None) -> None:
    weights.counters()
    with forgetting():
        kept = load(SMALL)
    again = load(SMALL)
    assert again is not kept
    with forgetting():
        load(SMALL)
    assert load(SMALL) is again


def test_the_stores_are_there() -> None:
    """A cache that is renamed would no longer be forgotten."""
    assert fetching.fetches and chosen.engine  # imported: only those of loaded modules are looked at
    there = {f"{cache.__module__}.{cache.__name__}" for cache in conftest._caches()}
    assert {*STORES, conftest.WEIGHTS} <= there


def test_before_a_patch_all_is_forgotten_but_weights(fresh_caches: None) -> None:
    form.module("sketch.js")
    kept = load(SMALL)
    conftest.clear_caches(keep=conftest.WEIGHTS)
    assert not form.module.cache_info().currsize
    assert load(SMALL) is kept
