"""Pictures of figures by one browser that is kept open between them.

A browser takes seconds to start and a fraction of one for a picture. One is started for the first picture, takes the
following ones in turn, is replaced when it has ended, and is closed after some minutes without work and at the end of
the program. kaleido is asynchronous and not made for several threads: it lives in a loop and a thread of its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import threading
import weakref
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kaleido import Kaleido

__all__ = ["Pictures"]

log = logging.getLogger(__name__)
IDLE_SECONDS = 180.0  # a reader who saves several figures does so within minutes; the browser holds some 200 MiB
PATIENCE_SECONDS = 60.0  # to start a browser and take a picture: a hundred times what a busy machine of two cores needs
CLOSE_SECONDS = 5.0  # kaleido itself waits three for a browser that was told to close


class Pictures:
    """Takes pictures of figures with the browser at ``path``; from any thread, one after another.

    ``idle`` are the seconds without work after which the browser is closed; the next picture starts another.
    """

    def __init__(self, path: str, idle: float = IDLE_SECONDS) -> None:
        loop = asyncio.new_event_loop()
        self._loop, self._browser = loop, _Browser(path, idle)
        # A daemon, and so are the threads that kaleido starts in it: the interpreter would wait for others before it
        # lets anyone close the browser that they read from.
        thread = threading.Thread(target=loop.run_forever, name="pictures of figures", daemon=True)
        thread.start()
        self._end = weakref.finalize(self, _end, thread, loop, self._browser)

    def take(self, figure: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
        """The picture of ``figure`` (as JSON would have it); ``options`` are kaleido's format, width, height, scale.

        What goes wrong twice, with a new browser the second time, is raised as it is.
        """
        return asyncio.run_coroutine_threadsafe(self._browser.take(figure, options), self._loop).result()

    @property
    def process(self) -> int | None:
        """The process that leads the browser's group; None while there is none."""
        return self._browser.process

    def close(self) -> None:
        """Close the browser for good; also done when nobody holds this any more, and at the end of the program."""
        self._end()


class _Browser:
    """The browser as its own loop sees it: every method but ``kill`` runs there."""

    def __init__(self, path: str, idle: float) -> None:
        self._path, self._idle = path, idle
        self._kaleido: Kaleido | None = None
        self._turn = asyncio.Lock()
        self._rest: asyncio.Task[None] | None = None

    @property
    def process(self) -> int | None:
        led = getattr(self._kaleido, "subprocess", None)
        return led.pid if led is not None and led.poll() is None else None

    async def take(self, figure: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
        async with self._turn:
            if self._rest is not None:  # in our turn: a browser that is being closed is closed to the end
                self._rest.cancel()
            try:
                try:
                    return await self._tried(figure, options)
                except Exception as error:
                    log.warning("the browser for pictures is started anew: %r", error)
                    await self.leave()
                    return await self._tried(figure, options)
            finally:
                self._rest = asyncio.create_task(self._retire())

    async def _tried(self, figure: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
        work = asyncio.create_task(self._drawn(figure, options))
        done, _ = await asyncio.wait({work}, timeout=PATIENCE_SECONDS)
        if not done:
            work.cancel()
            raise TimeoutError(f"no picture within {PATIENCE_SECONDS:.0f} s")
        if work.cancelled():  # so kaleido tells that its browser has ended
            raise ConnectionError("the browser ended while it took a picture")
        return work.result()

    async def _drawn(self, figure: Mapping[str, Any], options: Mapping[str, Any]) -> bytes:
        import kaleido

        if self._kaleido is None:
            # Formulas in figures are ours, in plain signs: without MathJax nothing is fetched from elsewhere.
            self._kaleido = kaleido.Kaleido(path=self._path, mathjax=False)
            await self._kaleido.open()
        return await self._kaleido.calc_fig(dict(figure), opts=dict(options))  # type: ignore[arg-type]

    async def _retire(self) -> None:
        await asyncio.sleep(self._idle)
        async with self._turn:
            await self.leave()

    async def finish(self) -> None:
        """Leave for good: nothing waits any longer for the browser to have been idle."""
        if self._rest is not None:
            self._rest.cancel()
            await asyncio.wait({self._rest})
        await self.leave()

    async def leave(self) -> None:
        """Close the browser; one that does not close in time is killed."""
        if self._kaleido is None:
            return
        try:
            await asyncio.wait_for(self._kaleido.close(), CLOSE_SECONDS)
        except (
            Exception,
            asyncio.CancelledError,
        ) as error:  # kaleido cancels whoever waits for a browser that has ended
            log.info("the browser for pictures did not close: %r", error)
        self.kill()
        self._kaleido = None

    def kill(self) -> None:
        """End the browser's group of processes if any of it is left."""
        if (leader := self.process) is not None:
            with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                os.killpg(leader, signal.SIGKILL)


def _end(thread: threading.Thread, loop: asyncio.AbstractEventLoop, browser: _Browser) -> None:
    """Close the browser and end its thread, within a time that a reader who stops the program will wait."""
    closing = asyncio.run_coroutine_threadsafe(browser.finish(), loop)
    closing.add_done_callback(lambda _: loop.call_soon_threadsafe(loop.stop))
    if thread is not threading.current_thread():  # the garbage collector runs in any thread
        thread.join(2 * CLOSE_SECONDS)
        browser.kill()
