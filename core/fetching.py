"""Downloads: one at a time for each thing wanted, whoever asks; told within two seconds when nobody answers.

A reader's compute slot is never held while a file comes: a page fetches first (``Tab.fetch``) and computes then. The work
runs in a thread of its own, so that a reader who leaves stops nothing that others wait for. It has a total deadline, and
what failed is remembered for a while: the next reader hears it at once instead of waiting again, unless the cause lies here
(a full disk) and may be gone the next moment.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from functools import lru_cache

from core.progress import Progress

__all__ = ["Fetches", "Unreachable", "fetches"]

ANSWER_SECONDS = 1.5  # a host that is there answers a HEAD sooner, also across an ocean
DEADLINE_SECONDS = 900.0  # 400 MB at half a megabyte a second
REMEMBERED_SECONDS = 60.0  # a failure is told from memory for so long
POLL_SECONDS = 0.25


class Unreachable(OSError):
    """Nobody answers, or the download did not end in time; the cause is the error that was met, if any."""


@dataclass
class Fetches:
    """The downloads of this process by key."""

    answer: float = ANSWER_SECONDS
    deadline: float = DEADLINE_SECONDS
    remembered: float = REMEMBERED_SECONDS
    _coming: dict[str, tuple[Future[None], float]] = field(default_factory=dict)
    _failed: dict[str, tuple[Exception, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(
        self, key: str, addresses: Sequence[str], work: Callable[[], object],
        passing: tuple[type[Exception], ...] = (),
    ) -> Iterator[Progress]:  # fmt: skip
        """Wait until ``work`` has been done once for ``key``; nothing is yielded but that it still goes on.

        One of ``addresses`` must answer before it is begun. Raises Unreachable, or what ``work`` raised, which is not
        remembered when it is one of ``passing``; RuntimeError when ``work`` was broken off.
        """
        with self._lock:
            failed = self._failed.get(key)
            if failed and time.monotonic() - failed[1] < self.remembered:
                raise failed[0].with_traceback(None)
            coming = self._coming.get(key)
        if coming is None and not self._answers(addresses):
            raise self._remember(key, Unreachable("no address answers"))
        with self._lock:
            if key not in self._coming:
                self._coming[key] = (_started(work), time.monotonic())
            future, since = self._coming[key]
        while not future.done():
            if time.monotonic() - since > self.deadline:  # the thread ends when its own connection gives up
                self._drop(key, future)
                raise self._remember(key, Unreachable(f"not there after {self.deadline:g} s"))
            yield Progress(min(0.99, (time.monotonic() - since) / self.deadline))
            wait([future], POLL_SECONDS)
        self._drop(key, future)
        error = future.exception()
        if isinstance(error, passing):
            raise error.with_traceback(None)
        if isinstance(error, Exception):
            raise self._remember(key, error)
        if error is not None:  # such as SystemExit, which must not end the thread of a reader
            raise RuntimeError(f"{key}: the download was broken off") from error
        with self._lock:
            self._failed.pop(key, None)

    def _drop(self, key: str, future: Future[None]) -> None:
        with self._lock:
            if self._coming.get(key, (None,))[0] is future:
                del self._coming[key]

    def _remember(self, key: str, error: Exception) -> Exception:
        with self._lock:
            self._failed[key] = (error, time.monotonic())
        return error

    def _answers(self, addresses: Sequence[str]) -> bool:
        """Whether one of ``addresses`` answers in time, whatever it says; name servers that hang count as silence."""
        asked = {_started(lambda address=address: _head(address, self.answer)) for address in addresses}
        until = time.monotonic() + self.answer
        while asked:
            done, asked = wait(asked, max(0.0, until - time.monotonic()), FIRST_COMPLETED)
            if any(future.exception() is None for future in done):
                return True
            if not done:
                return False
        return False


def _head(address: str, seconds: float) -> None:
    import httpx

    httpx.head(address, timeout=seconds, follow_redirects=False)


def _started(work: Callable[[], object]) -> Future[None]:
    """``work`` in a thread that does not keep the process alive."""
    future: Future[None] = Future()

    def run() -> None:
        try:
            work()
        except BaseException as error:  # whoever waits must hear of every end
            future.set_exception(error)
        else:
            future.set_result(None)

    threading.Thread(target=run, daemon=True, name="fetch").start()
    return future


@lru_cache(maxsize=1)
def fetches() -> Fetches:
    """The downloads of this process."""
    return Fetches()
