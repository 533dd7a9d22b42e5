"""Cluster: joins or starts Ray, and hands it plain functions. Ray is imported when it is asked for, and never otherwise.

``ray`` starts a cluster of this machine's cores that ends with the process and listens on loopback alone;
``ray://host:port`` joins the cluster whose head listens there (this machine is then one of its nodes: ``ray start
--address=host:port``). Nothing is reported to anybody: Ray's usage statistics are off.
"""

from __future__ import annotations

import importlib.util
import os
import pickle
import re
import socket
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.device import cores
from core.settings import BadSetting

__all__ = ["HERE", "LOCAL", "NAMESPACE", "Address", "Raised", "RayExecutor", "executor", "join", "leave", "reached"]

LOCAL, HERE = "local", "ray"
NAMESPACE = "gallery"
ROOT = Path(__file__).resolve().parent.parent
ADDRESS = re.compile(r"ray://(?P<host>[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\]):(?P<port>\d{1,5})")
ANSWER_SECONDS = 1.0  # a head that does not accept a connection within it is told to be away
STORE_BYTES = 256 * 2**20  # of shared memory here: results go through it one at a time
WAIT_FOR_HEAD = 10**9  # seconds for which Ray itself waits: it would end this process, where a sentence is wanted
TRIES = {"RAY_NUM_REDIS_GET_RETRIES": "2"}  # seconds for which Ray tries to join, in place of twenty
LOCALHOST = ("127.0.0.1", "localhost", "::1")
LOOPBACK = {
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # Ray's switch for a cluster of one machine: it binds to 127.0.0.1
}
PROMPT = {"RAY_worker_niceness": "0"}  # 15 by default: a reader waits for these, ten times as long on a busy machine
MOST_SAID = 200  # characters of what Ray says, in a sentence of ours
NO_TOKEN = "InvalidAuthToken"
"""What Ray says to who has no token, or another."""
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_gcs_rpc_server_reconnect_timeout_s": str(WAIT_FOR_HEAD)}


@dataclass(frozen=True, slots=True)
class Address:
    """Where the cluster is: ``host`` and ``port`` of its head; none for one that is started here."""

    setting: str
    host: str = ""
    port: int = 0

    @classmethod
    def read(cls, name: str, given: str) -> Address:
        """``ray`` or ``ray://host:port`` as the setting ``name`` gives it; BadSetting for anything else."""
        if given == HERE:
            return cls(given)
        found = ADDRESS.fullmatch(given)
        if not found or not 0 < int(found["port"]) < 2**16:
            raise BadSetting(name, given, "local, ray or ray://host:port")
        return cls(given, found["host"].strip("[]"), int(found["port"]))


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception as a result, so that it arrives as what it is and not wrapped; ``said`` is its traceback as text."""

    error: Exception
    said: str

    @classmethod
    def of(cls, error: Exception) -> Raised:
        """``error`` where it survives being pickled, else a RuntimeError that names it."""
        said = "".join(traceback.format_exception(error))
        try:
            pickle.loads(pickle.dumps(error))
        except Exception as unable:
            error = RuntimeError(f"{type(error).__name__}: {error} (it cannot be pickled: {unable})")
        return cls(error, said)

    def again(self) -> Exception:
        """The exception to raise here; where it arose stands in a note of it."""
        self.error.add_note(f"It arose in another process:\n{self.said}")
        return self.error


def reached(address: Address) -> bool:
    """Whether something accepts connections where the head should be; always, for a cluster of this machine's own."""
    if not address.host:
        return True
    try:
        socket.create_connection((address.host, address.port), ANSWER_SECONDS).close()
    except OSError:
        return False
    return True


def join(name: str, address: Address, workers: int) -> Any:
    """The module ``ray``, connected; a cluster of this machine's own offers ``workers`` of Ray's CPUs.

    BadSetting, naming the setting ``name``, where the package is missing, the head does not answer within
    ``ANSWER_SECONDS``, or this machine is no node of its cluster.
    """
    if importlib.util.find_spec("ray") is None:
        raise BadSetting(
            name, address.setting, "local where ray is not installed (pip install -r requirements-cluster.txt)"
        )
    if not reached(address):
        raise BadSetting(name, address.setting, "the address of the head of a Ray cluster: nothing answers there")
    here = not address.host
    loopback = LOOPBACK if here or address.host in LOCALHOST else {}
    os.environ.update(QUIET | loopback | (PROMPT if here else TRIES))  # Ray reads them while it is imported
    import ray

    if ray.is_initialized():
        return ray
    options: dict[str, Any] = {"namespace": NAMESPACE, "log_to_driver": False, "configure_logging": False}
    if here:
        options |= {
            "address": "local", "num_cpus": workers, "include_dashboard": False, "object_store_memory": STORE_BYTES,
            "runtime_env": {"env_vars": {"PYTHONPATH": str(ROOT)}},
        }  # fmt: skip
    else:
        options["address"] = f"{address.host}:{address.port}"
    try:
        ray.init(**options)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        why = " ".join(str(error).split())[:MOST_SAID]
        if NO_TOKEN in str(error.__cause__):
            why = "its head asks for a token: RAY_AUTH_MODE=token, and the same token on every machine"
        raise BadSetting(name, address.setting, f"a Ray cluster that this machine is a node of ({why})") from error
    return ray


def leave() -> None:
    """Disconnect; a cluster of this machine's own ends. Nothing happens where there was none."""
    import ray

    ray.shutdown()


def _called(data: bytes) -> bytes:
    """What a worker does: the pickled call's result, or what it raised, pickled."""
    try:
        function, arguments, options = pickle.loads(data)
        return pickle.dumps(function(*arguments, **options), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        return pickle.dumps(Raised.of(error))


class RayExecutor(Executor):
    """``submit`` as every executor has it, run by the workers of a cluster, one CPU each.

    Functions and arguments are pickled, and nothing is shared: what a function writes into an argument stays there. A
    call whose worker dies is repeated elsewhere by Ray, so it must be pure, or do the same when it is done twice.
    ``workers`` is how many calls run at once.
    """

    def __init__(self, ray: Any) -> None:
        self.workers = max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._call = ray.remote(num_cpus=1)(_called)
        self._open: set[Future[Any]] = set()
        self._lock = threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """The future of ``fn(*args, **kwargs)``; it raises what the function raised, as what it is."""
        reference = self._call.remote(pickle.dumps((fn, args, kwargs), pickle.HIGHEST_PROTOCOL))
        made: Future[Any] = Future()
        made.set_running_or_notify_cancel()

        def arrived(done: Future[bytes]) -> None:
            with self._lock:
                self._open.discard(made)
            try:
                value = pickle.loads(done.result())
            except (
                BaseException
            ) as error:  # whatever Ray says of a call that it could not do: it is the caller's to hear
                made.set_exception(error)
                return
            if isinstance(value, Raised):
                made.set_exception(value.again())
            else:
                made.set_result(value)

        with self._lock:
            self._open.add(made)
        reference.future().add_done_callback(arrived)
        return made

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for what was submitted; the cluster itself stays."""
        with self._lock:
            still = list(self._open)
        for future in still if wait else ():
            future.exception()


@contextmanager
def executor(name: str, given: str, workers: int | None = None) -> Iterator[RayExecutor]:
    """An executor on the cluster that ``given`` (``ray`` | ``ray://host:port``) names; the cluster is left at the end.

    BadSetting, naming the setting ``name``, as :func:`join` has it.
    """
    ray = join(name, Address.read(name, given), workers or cores())
    try:
        with RayExecutor(ray) as pool:
            yield pool
    finally:
        leave()
