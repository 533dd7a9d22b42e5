"""Device, threads and compute slots: who computes where, and how many at once.

On two cores fifty visitors must not thrash. Work is admitted a few at a time, in order of arrival; the rest waits and
sees its place. A ticket is given back whatever happens to its holder.
"""

from __future__ import annotations

import os
import threading
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from core.settings import BadSetting

if TYPE_CHECKING:
    import torch

__all__ = ["ComputeSlots", "Counters", "Ticket", "choose", "compute_slots", "cores", "device", "size_threads"]

DEVICE_VARIABLE = "GALLERY_DEVICE"


def cores() -> int:
    """CPU cores that this process may use (its affinity and its control group's quota, at least 1)."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _cgroup_quota()
    return max(1, min(allowed, quota) if quota else allowed)


def _cgroup_quota() -> int | None:
    """Whole cores of the control group (version 2), rounded up; None without a quota."""
    try:
        with open("/sys/fs/cgroup/cpu.max", encoding="ascii") as file:
            limit, period = file.read().split()[:2]
    except (OSError, ValueError):
        return None
    return None if limit == "max" else -(-int(limit) // int(period))


@lru_cache(maxsize=1)
def device() -> torch.device:
    """The device to compute on: cuda, else mps, else cpu; ``GALLERY_DEVICE`` overrides.

    Raises BadSetting when the variable names a device that is not there.
    """
    import torch

    wanted = os.environ.get(DEVICE_VARIABLE)
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if wanted:
        if not there.get(wanted.partition(":")[0], False):
            present = ", ".join(name for name, found in there.items() if found)
            raise BadSetting(DEVICE_VARIABLE, wanted, f"one of {present}")
        return torch.device(wanted)
    return torch.device(next(name for name, found in there.items() if found))


def choose(place: str) -> None:
    """Compute on ``place`` (as ``GALLERY_DEVICE`` says it) from now on, in this process and in those that it starts.

    What was loaded before stays where it is; weights are kept by device, so the next ``load`` gives them on ``place``.
    """
    os.environ[DEVICE_VARIABLE] = place
    device.cache_clear()


@lru_cache(maxsize=1)
def size_threads() -> int:
    """Give torch as many threads as there are cores, once a process; returns their number.

    Two pieces of work on two cores then share them; more are held back by the slots. ``OMP_NUM_THREADS`` says otherwise:
    the number of threads decides the order of sums, so it must not change while a process computes.
    """
    import torch

    wanted = os.environ.get("OMP_NUM_THREADS", "")
    threads = int(wanted) if wanted.isdigit() and int(wanted) > 0 else cores()
    torch.set_num_threads(threads)
    return threads


@dataclass(frozen=True, slots=True)
class Counters:
    """What the slots have seen: ``busy`` of ``capacity`` now, ``waiting`` now, ``served`` and ``abandoned`` so far."""

    capacity: int
    busy: int
    waiting: int
    served: int
    abandoned: int


class Ticket:
    """A place in the line. Wait until it is admitted; it is given back when the ``with`` block ends."""

    def __init__(self, slots: ComputeSlots, number: int) -> None:
        self._slots = slots
        self._number = number

    @property
    def place(self) -> int:
        """How many are before this one in the line; 0 also once it is admitted."""
        return self._slots._place(self._number)

    def wait(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds; True once admitted."""
        return self._slots._wait(self._number, timeout)


class ComputeSlots:
    """At most ``capacity`` pieces of work at once, first come first served."""

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"capacity = {capacity}: must be at least 1")
        self.capacity = capacity
        self._line: OrderedDict[int, bool] = OrderedDict()  # ticket number → admitted
        self._changed = threading.Condition()
        self._next = 0
        self._served = 0
        self._abandoned = 0

    @contextmanager
    def ticket(self) -> Iterator[Ticket]:
        """Stand in line; leaving the block, in whatever way, gives the place or the slot back."""
        with self._changed:
            number = self._next
            self._next += 1
            self._line[number] = False
            self._admit()
        ticket = Ticket(self, number)
        lost = weakref.finalize(ticket, self._leave, number)  # a generator that nobody closed
        try:
            yield ticket
        finally:
            lost.detach()
            self._leave(number)

    def counters(self) -> Counters:
        """The counters now."""
        with self._changed:
            busy = sum(self._line.values())
            return Counters(self.capacity, busy, len(self._line) - busy, self._served, self._abandoned)

    def resize(self, capacity: int) -> None:
        """From now on at most ``capacity`` at once (0: all wait); who is admitted stays so."""
        if capacity < 0:
            raise ValueError(f"capacity = {capacity}: must be at least 0")
        with self._changed:
            self.capacity = capacity
            self._admit()

    def _admit(self) -> None:
        free = self.capacity - sum(self._line.values())
        for number, admitted in self._line.items():
            if free <= 0:
                break
            if not admitted:
                self._line[number] = True
                free -= 1
        self._changed.notify_all()

    def _leave(self, number: int) -> None:
        with self._changed:
            admitted = self._line.pop(number, None)
            if admitted is None:
                return
            self._served += admitted
            self._abandoned += not admitted
            self._admit()

    def _place(self, number: int) -> int:
        with self._changed:
            if self._line.get(number, True):
                return 0
            return sum(1 for n, admitted in self._line.items() if n < number and not admitted)

    def _wait(self, number: int, timeout: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: self._line.get(number, True), timeout)


@lru_cache(maxsize=1)
def compute_slots() -> ComputeSlots:
    """The process-wide slots: one a core, so that a short piece of work is not held up by a long one."""
    return ComputeSlots(max(2, cores()))
