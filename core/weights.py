"""Weights: verified, cached models from assets/weights.

``load(name)`` checks size and SHA-256 against the card, reads safetensors (no pickle anywhere), builds the module that the
card names, moves it to the device and keeps it in one cache a process: bounded in bytes, least recently used out first,
thread-safe, and single-flight — fifty visitors who open a page at once load its weights once.
"""

from __future__ import annotations

import errno
import hashlib
import importlib
import json
import os
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from core.fetching import Unreachable, fetches
from core.progress import Progress
from core.settings import whole

if TYPE_CHECKING:
    import torch

__all__ = ["MAX_FILE_BYTES", "Card", "Counters", "NotStored", "WeightFile", "WeightsCache", "WeightsError", "bundled", "cards", "counters", "extra", "fetch_hub", "hub_file", "load", "load_hub", "read_card", "save", "verify"]  # fmt: skip

FOLDER = Path(__file__).resolve().parent.parent / "assets" / "weights"
CACHE_VARIABLE = "GALLERY_CACHE_BYTES"
CACHE_BYTES = 2**30
MAX_FILE_BYTES = 9_500_000  # a Space takes files below 10 MB without LFS
HEADER_BYTES = 250_000  # room for the names and shapes at the head of a file
REVISION_DIGITS = 40
BUILDERS = ("core.",)
UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM})
"""What the system says where a disk is full, a quota used up, or a folder closed to us."""


class WeightsError(RuntimeError):
    """Weights that cannot be had; ``text`` is (中文, English) and names the file and what is wrong."""

    def __init__(self, zh: str, en: str) -> None:
        self.text = (zh, en)
        super().__init__(en)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), self.text


class NotStored(WeightsError):
    """A file of the hub that cannot be written into its cache: what is wrong lies on this machine and may pass."""


class WeightFile(BaseModel):
    """One safetensors file of a model: its name beside the card, its size in bytes, its SHA-256."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    path: str
    size: int
    sha256: str


class Card(BaseModel):
    """What a model is, where it comes from and how good it is: the file ``card.json`` beside the weights."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str
    builder: str
    config: dict[str, Any] = {}
    files: tuple[WeightFile, ...]
    parameters: int
    data: str
    licence: str
    recipe: str
    seed: int
    steps: int
    date: str
    metrics: dict[str, float] = {}
    limits: dict[str, str] = {}
    extras: tuple[WeightFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Counters:
    """What the cache has seen: ``hits``, ``loads``, ``evictions`` so far; ``entries`` and ``bytes`` now, of ``limit``."""

    hits: int
    loads: int
    evictions: int
    entries: int
    bytes: int
    limit: int


@dataclass
class WeightsCache:
    """Loaded modules by key, bounded in bytes; one load at a time for each key, whoever asks."""

    limit: int
    _kept: OrderedDict[str, tuple[Any, int]] = field(default_factory=OrderedDict)
    _coming: dict[str, Future[Any]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _hits: int = 0
    _loads: int = 0
    _evictions: int = 0

    def get(self, key: str, make: Callable[[], tuple[Any, int]]) -> Any:
        """The value of ``key``; ``make`` gives (value, bytes) when nobody has it. Its error reaches all who wait."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                self._hits += 1
                return self._kept[key][0]
            coming = self._coming.get(key)
            if coming is None:
                mine: Future[Any] = Future()
                self._coming[key] = mine
            else:
                self._hits += 1
        if coming is not None:
            return coming.result()
        try:
            value, size = make()
        except BaseException as error:
            with self._lock:
                del self._coming[key]
            mine.set_exception(error)
            raise
        with self._lock:
            self._loads += 1
            self._kept[key] = (value, size)
            while self._total() > self.limit and len(self._kept) > 1:
                self._kept.popitem(last=False)
                self._evictions += 1
            del self._coming[key]
        mine.set_result(value)
        return value

    def counters(self) -> Counters:
        """The counters now."""
        with self._lock:
            return Counters(self._hits, self._loads, self._evictions, len(self._kept), self._total(), self.limit)

    def _total(self) -> int:
        return sum(size for _, size in self._kept.values())


@lru_cache(maxsize=1)
def _cache() -> WeightsCache:
    return WeightsCache(whole(CACHE_VARIABLE, CACHE_BYTES, "bytes"))


if hasattr(os, "register_at_fork"):
    # A forked process starts with a cache of its own: a thread that held the lock of this one does not exist there.
    os.register_at_fork(after_in_child=_cache.cache_clear)


def counters() -> Counters:
    """The counters of the process's cache."""
    return _cache().counters()


def bundled(folder: Path = FOLDER) -> list[str]:
    """The names of all bundled weights, also of those whose card is lost."""
    return sorted(place.name for place in folder.iterdir() if place.is_dir())


def cards(folder: Path = FOLDER) -> dict[str, Card]:
    """The cards of all bundled weights, by name; WeightsError when one is missing or damaged."""
    return {name: read_card(name, folder) for name in bundled(folder)}


def read_card(name: str, folder: Path = FOLDER) -> Card:
    """The card of the weights ``name``; WeightsError when it is missing or damaged."""
    place = _inside(folder, name)
    try:
        card = Card.model_validate_json((place / "card.json").read_bytes())
    except FileNotFoundError:
        raise WeightsError(f"权重 {name}：缺少 card.json", f"weights {name}: card.json is missing") from None
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = ".".join(map(str, problem["loc"]))
        raise WeightsError(
            f"权重 {name}：card.json 的 {where} 有误", f"weights {name}: card.json: {where}: {problem['msg']}"
        ) from None
    return card


def verify(name: str, folder: Path = FOLDER) -> None:
    """Check every file of the weights against its card; WeightsError names the first that differs."""
    card = read_card(name, folder)
    _read(name, (*card.files, *card.extras), folder)


def extra(name: str, path: str, folder: Path = FOLDER) -> bytes:
    """The file ``path`` that stands beside the weights ``name`` (a training film, a log), checked against the card.

    Raises WeightsError when it is missing or damaged, KeyError when the card names no such file.
    """
    for file in read_card(name, folder).extras:
        if file.path == path:
            return _read(name, (file,), folder)[path]
    raise KeyError(f"weights {name}: the card names no file {path}")


def load(
    name: str, device: torch.device | None = None, folder: Path = FOLDER, builders: tuple[str, ...] = BUILDERS
) -> Any:
    """The module ``name``, on ``device`` (default: :func:`core.device.device`), in eval mode, from the cache.

    ``builders`` are the packages whose functions a card may name. Raises WeightsError for missing or damaged files and
    for tensors that do not fit the module.
    """
    from core.device import device as default_device

    target = device or default_device()
    return _kept(f"{folder}/{name}@{target}", lambda: _load(name, target, folder, builders))


def load_hub(
    repository: str, revision: str, files: tuple[str, ...], build: Callable[[dict[str, torch.Tensor]], Any],
    device: torch.device | None = None, cache_dir: Path | None = None,
) -> Any:  # fmt: skip
    """A checkpoint of the Hugging Face hub at a pinned revision: its tensors handed to ``build``, then cached.

    Files are safetensors, or ``.bin`` of repositories that have nothing else: those are read by torch's restricted reader,
    which takes tensors alone and refuses whatever else a pickle may hold.

    ``revision`` must be a full commit (40 hexadecimal digits), so that what is loaded never changes. Raises
    WeightsError when the network or the files are not there; bundled models go on working.
    """
    from core.device import device as default_device

    if len(revision) != REVISION_DIGITS or set(revision) - set("0123456789abcdef"):
        raise ValueError(f"revision = {revision}: must be a full commit of {REVISION_DIGITS} hexadecimal digits")
    if not all(name.endswith((".safetensors", ".bin")) for name in files):
        raise ValueError(f"files = {files}: must be safetensors, or .bin with tensors alone")
    target = device or default_device()

    def make() -> tuple[Any, int]:
        import torch
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        tensors: dict[str, torch.Tensor] = {}
        for name in files:
            path = hub_file(repository, revision, name, cache_dir)
            try:
                tensors |= (
                    load_file(path) if name.endswith(".safetensors") else torch.load(path, "cpu", weights_only=True)
                )
            except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
                raise WeightsError(
                    f"{repository} 的 {name} 不是只含张量的文件，或已损坏；其中没有任何内容被执行",
                    f"{name} of {repository} is damaged or holds more than tensors; nothing in it was run",
                ) from error
        module = build(tensors).eval().to(target)
        return module, _module_bytes(module)

    return _kept(f"hub/{repository}@{revision}/{','.join(files)}@{target}", make)


def _kept(key: str, make: Callable[[], tuple[Any, int]]) -> Any:
    """The cache's module under ``key``, made if need be as one that anybody may differentiate.

    Whoever asks first may do so in inference mode, where tensors are made that autograd refuses for ever after.
    """
    import torch

    def ordinary() -> tuple[Any, int]:
        with torch.inference_mode(False):
            return make()

    return _cache().get(key, ordinary)


def fetch_hub(
    repository: str, revision: str, names: Sequence[str], cache_dir: Path | None = None
) -> Iterator[Progress]:
    """Bring files of the hub into its cache, before :func:`load_hub` reads them; yields while they come.

    Holds nobody up: see :mod:`core.fetching`. Raises WeightsError, within two seconds where the hub does not answer.
    """
    from huggingface_hub import constants, hf_hub_url, try_to_load_from_cache

    def here(name: str) -> bool:
        return isinstance(try_to_load_from_cache(repository, name, cache_dir, revision), str)

    missing = [name for name in names if not here(name)]
    if not missing:
        return
    if constants.HF_HUB_OFFLINE:
        raise _not_had(repository, revision)

    def work() -> None:
        for name in missing:
            hub_file(repository, revision, name, cache_dir)

    key = f"hub/{repository}@{revision}/{','.join(sorted(names))}/{cache_dir}"
    try:
        yield from fetches().get(key, [hf_hub_url(repository, missing[0], revision=revision)], work, (NotStored,))
    except Unreachable as error:
        raise _not_had(repository, revision) from error


def hub_file(repository: str, revision: str, name: str, cache_dir: Path | None = None) -> Path:
    """One file of a repository of the Hugging Face hub at ``revision``, from its cache or the network.

    Raises WeightsError; NotStored, one of them, where it cannot be written.
    """
    import httpx
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

    try:
        return Path(hf_hub_download(repository, name, revision=revision, cache_dir=cache_dir))
    except (LocalEntryNotFoundError, OfflineModeIsEnabled, HfHubHTTPError, httpx.HTTPError, OSError) as error:
        if isinstance(error, OSError) and error.errno in UNWRITABLE:
            said = error.strerror or os.strerror(error.errno)
            raise NotStored(
                f"{repository} 的 {name} 写不进缓存（{said}）；自带的模型照常可用",
                f"{name} of {repository} cannot be written into the cache ({said}); the bundled model goes on working",
            ) from error
        raise _not_had(repository, revision) from error


def _not_had(repository: str, revision: str) -> WeightsError:
    return WeightsError(
        f"取不到 {repository}（版本 {revision[:8]}）：没有网络或文件不存在；自带的模型照常可用",
        f"cannot get {repository} at {revision[:8]}: no network, or no such file; the bundled model goes on working",
    )


def save(
    module: torch.nn.Module, name: str, folder: Path = FOLDER, extras: Mapping[str, bytes] | None = None, **card: Any
) -> Card:
    """Write a module as fp16 safetensors in files below MAX_FILE_BYTES, with its card; the bytes depend on the tensors alone.

    ``extras`` are other files to stand beside it, by name: what the run left behind that a page shows.
    """
    from safetensors.torch import save as to_bytes

    place = _inside(folder, name)
    place.mkdir(parents=True, exist_ok=True)
    for old in place.glob("model*.safetensors"):
        old.unlink()
    shards: list[dict[str, torch.Tensor]] = [{}]
    filled = 0
    for key, tensor in sorted(module.state_dict().items()):
        stored = tensor.detach().cpu().contiguous()
        stored = stored.half() if stored.is_floating_point() else stored
        size = stored.numel() * stored.element_size()
        if size > MAX_FILE_BYTES:
            raise ValueError(f"{key}: one tensor of {size} bytes does not fit a file of {MAX_FILE_BYTES}")
        if filled + size > MAX_FILE_BYTES - HEADER_BYTES:
            shards.append({})
            filled = 0
        shards[-1][key] = stored
        filled += size
    files = []
    for i, shard in enumerate(shards):
        path = "model.safetensors" if len(shards) == 1 else f"model-{i + 1:05d}-of-{len(shards):05d}.safetensors"
        data = to_bytes(shard)
        files.append(_written(place, path, data))
    others = tuple(_written(place, path, data) for path, data in (extras or {}).items())
    parameters = sum(p.numel() for p in module.parameters())
    made = Card(name=name, files=tuple(files), parameters=parameters, extras=others, **card)
    (place / "card.json").write_text(
        json.dumps(made.model_dump(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
    return made


def _written(place: Path, path: str, data: bytes) -> WeightFile:
    if len(data) > MAX_FILE_BYTES:
        raise ValueError(f"{path}: {len(data)} bytes do not fit a file of {MAX_FILE_BYTES}")
    (place / path).write_bytes(data)
    return WeightFile(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def _load(name: str, device: torch.device, folder: Path, builders: tuple[str, ...]) -> tuple[Any, int]:
    from safetensors import SafetensorError
    from safetensors.torch import load as from_bytes

    card = read_card(name, folder)
    tensors: dict[str, torch.Tensor] = {}
    for file, data in _read(name, card.files, folder).items():
        try:
            tensors |= from_bytes(data)
        except SafetensorError as error:
            raise WeightsError(
                f"权重 {name}：{file} 不是有效的 safetensors", f"weights {name}: {file}: {error}"
            ) from error
    module = _builder(name, card, builders)(**card.config)
    wanted = module.state_dict()
    for key in sorted(wanted.keys() ^ tensors.keys()):
        zh, en = ("缺少", "missing") if key in wanted else ("多余", "unexpected")
        raise WeightsError(f"权重 {name}：{zh}张量 {key}", f"weights {name}: {en} tensor {key}")
    for key, tensor in tensors.items():
        if tensor.shape != wanted[key].shape:
            has, needs = tuple(tensor.shape), tuple(wanted[key].shape)
            raise WeightsError(
                f"权重 {name}：{key} 的形状是 {has}，应为 {needs}",
                f"weights {name}: {key} has shape {has}, not {needs}",
            )
    module.load_state_dict({key: tensor.to(wanted[key].dtype) for key, tensor in tensors.items()})
    return module.eval().to(device), _module_bytes(module)


def _read(name: str, files: tuple[WeightFile, ...], folder: Path) -> Mapping[str, bytes]:
    found = {}
    for file in files:
        path = _inside(folder / name, file.path)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise WeightsError(
                f"权重 {name}：缺少文件 {file.path}", f"weights {name}: the file {file.path} is missing"
            ) from None
        if len(data) != file.size:
            raise WeightsError(
                f"权重 {name}：{file.path} 有 {len(data)} 字节，应为 {file.size}", f"weights {name}: {file.path} has {len(data)} bytes, not {file.size}"
            )  # fmt: skip
        if hashlib.sha256(data).hexdigest() != file.sha256:
            raise WeightsError(
                f"权重 {name}：{file.path} 的 SHA-256 不符，文件已损坏",
                f"weights {name}: {file.path} is damaged: its SHA-256 differs",
            )
        found[file.path] = data
    return found


def _builder(name: str, card: Card, builders: tuple[str, ...]) -> Callable[..., torch.nn.Module]:
    module, _, attribute = card.builder.rpartition(".")
    if not card.builder.startswith(builders):
        raise WeightsError(
            f"权重 {name}：builder {card.builder} 不在 core 之内",
            f"weights {name}: builder {card.builder} is not inside core",
        )
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError):
        raise WeightsError(f"权重 {name}：没有 {card.builder}", f"weights {name}: there is no {card.builder}") from None


def _inside(folder: Path, name: str) -> Path:
    """``folder / name``, which must stay inside ``folder``."""
    place = (folder / name).resolve()
    if not name or place.parent != folder.resolve():
        raise WeightsError(f"权重名 {name!r} 无效", f"weights: {name!r} is not a plain name")
    return place


def _module_bytes(module: torch.nn.Module) -> int:
    return sum(t.numel() * t.element_size() for t in (*module.parameters(), *module.buffers()))
