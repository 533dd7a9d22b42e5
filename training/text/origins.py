"""Texts from their public origins, in the form of the packs, for training where no folder of packs is at hand.

Each repository is fetched as an archive of one commit from GitHub and read where it lies in the cache. GitHub's archives have no
published checksum; what is inside is counted instead. Not tried against the server when this was written; the reading is tested on
archives of the same build. The packs were made once from other commits: figures on a card are met closely, not to the last digit.
"""

from __future__ import annotations

import html
import io
import json
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from core.data.datasets import FOLDER_VARIABLE, DatasetError
from core.text.tokenizer import simplified
from training.text import question_origins as questions

__all__ = ["ORIGINS", "Origin", "lines", "read"]

ARCHIVE = "https://codeload.github.com/{}/tar.gz/{}"
NOVELS = (
    "红楼梦", "初刻拍案惊奇", "二刻拍案惊奇", "喻世明言", "警世通言", "醒世恒言", "十二楼", "三国演义", "东周列国志", "说唐", "隋唐演义", "水浒传",
    "三侠五义", "儿女英雄传", "说岳全传", "杨家将传", "儒林外史", "官场现形记", "孽海花", "二十年目睹之怪现状", "西游记", "封神演义", "镜花缘", "聊斋志异",
)  # fmt: skip
SONG = re.compile(r"/poet\.song\.\d+\.json$")
NOT_SONG: Mapping[str, re.Pattern[str]] = {
    "tang": re.compile(r"/poet\.tang\.\d+\.json$"),
    "ci": re.compile(r"/ci\.song\.\d+\.json$"),
    "qu": re.compile(r"/yuanqu\.json$"),
    "wudai": re.compile(r"/五代诗词/.+\.json$"),
    "nalan": re.compile(r"/纳兰性德/.+\.json$"),
    "shijing": re.compile(r"/shijing\.json$"),
    "chuci": re.compile(r"/chuci\.json$"),
    "caocao": re.compile(r"/caocao\.json$"),
}
CHAPTER = re.compile(r"/resources/[^/]+/([^/]+)/(\d+)\.html$")
CATALOGUE = re.compile(r"/resources/[^/]+/([^/]+)/info\.json$")
ESSAY = re.compile(r"/corpus/([^/]+)/(\d+_[^/]+)\.txt$")
TAG, MARK = re.compile(r"<[^>]+>"), re.compile(r"<script.*", re.DOTALL)
Lines = Iterator[str]


@dataclass(frozen=True, slots=True)
class Origin:
    """A repository, the commit that is fetched, how it is read, and the fewest lines that a whole archive gives."""

    repository: str
    commit: str
    read: Callable[[tarfile.TarFile], Lines]
    least: int


def lines(file: str, cache: Path | None = None) -> Lines:
    """The lines of the pack ``file`` from its origins. Raises DatasetError when one cannot be had or is not whole."""
    found = [_lines(file, origin, cache) for origin in ORIGINS[file]]  # all of them before the first line is given
    return chain.from_iterable(found)


def _lines(file: str, origin: Origin, cache: Path | None) -> list[str]:
    import pooch
    import requests

    place = cache or Path(pooch.os_cache("kexue-gallery"))
    name = f"{origin.repository.replace('/', '-')}-{origin.commit[:12]}.tar.gz"
    problem: Exception
    try:
        found = Path(pooch.retrieve(ARCHIVE.format(origin.repository, origin.commit), None, fname=name, path=place))
    except (requests.RequestException, OSError, ValueError) as error:
        problem = error
    else:
        try:
            return read(found, origin)
        except (OSError, EOFError, ValueError, KeyError, tarfile.TarError, zipfile.BadZipFile, zlib.error) as error:
            found.unlink()  # lest it be taken again
            problem = error
    raise DatasetError(
        f"取不到 {file}（{type(problem).__name__}）：没有网络，或文件不符；可把 {FOLDER_VARIABLE} 指向放有 {file} 的文件夹",
        f"cannot get {file} ({type(problem).__name__}): no network, or another file; {FOLDER_VARIABLE} may name a folder with {file}",
    ) from problem


def read(archive: Path, origin: Origin) -> list[str]:
    """All lines of ``origin`` in an archive. Raises ValueError when there are too few."""
    with tarfile.open(archive, "r:gz") as tar:
        found = list(origin.read(tar))
    if len(found) < origin.least:
        raise ValueError(f"{archive.name}: {len(found)} lines, not {origin.least} or more")
    return found


def _members(tar: tarfile.TarFile, pattern: re.Pattern[str]) -> Iterator[tuple[re.Match[str], str]]:
    for member in tar:
        match = pattern.search(member.name)
        stream = tar.extractfile(member) if match and member.isfile() else None
        if match and stream:
            yield match, io.TextIOWrapper(stream, "utf-8", errors="replace").read()


def _poems(tar: tarfile.TarFile, wanted: Mapping[str, re.Pattern[str]]) -> Lines:
    both = re.compile("|".join(f"(?P<{kind}>{pattern.pattern})" for kind, pattern in wanted.items()))
    for match, text in _members(tar, both):
        for poem in json.loads(text):
            yield json.dumps(_poem(poem, str(match.lastgroup)), ensure_ascii=False)


def _poem(poem: Mapping[str, Any], kind: str) -> dict[str, Any]:
    body = poem.get("paragraphs") or poem.get("para") or poem.get("content") or []
    title = poem.get("rhythmic") or poem.get("title") or ""
    told = {"k": kind, "f": "", "a": poem.get("author", ""), "t": simplified(title), "p": [simplified(x) for x in body]}
    parts = [part for part in re.split("[，。！？；：、]", "".join(told["p"])) if part]
    sizes = {len(part) for part in parts}
    if kind in ("tang", "song") and sizes in ({5}, {7}):
        told["f"] = f"{sizes.pop()}x{len(parts)}"
    return told


def _couplets(tar: tarfile.TarFile, length: int) -> Lines:
    pair = re.compile(rf"^[\u4e00-\u9fff]{{{length}}}，[\u4e00-\u9fff]{{{length}}}。$")
    seen: set[str] = set()
    for text in _poems(tar, {"tang": NOT_SONG["tang"]}):
        for line in json.loads(text)["p"]:
            if pair.match(line) and line not in seen:
                seen.add(line)
                yield line


def _novels(tar: tarfile.TarFile) -> Lines:
    titles: dict[str, list[str]] = {}
    chapters: dict[str, dict[int, str]] = {}
    for match, text in _members(tar, re.compile(f"{CATALOGUE.pattern}|{CHAPTER.pattern}")):
        book = match[1] or match[2]
        if book not in NOVELS:
            continue
        if match[1]:
            titles[book] = json.loads(text)["catalogues"]
        else:
            chapters.setdefault(book, {})[int(match[3])] = text
    for book in NOVELS:
        yield f"《{book}》"
        for number in sorted(chapters.get(book, {})):
            names = titles.get(book, [])
            yield names[number] if number < len(names) else ""
            body = MARK.sub("", chapters[book][number]).replace("<br>", "\n")
            for line in html.unescape(TAG.sub("", body)).split("\n"):
                if line := line.replace("\xa0", "").strip():
                    yield simplified(line)


def _essays(tar: tarfile.TarFile) -> Lines:
    for match, text in sorted(_members(tar, ESSAY), key=lambda found: (found[0][1], found[0][2])):
        yield f"《{match[2]}》（{match[1]}）"
        yield from (line.strip() for line in text.splitlines() if line.strip())


POETRY, POETRY_COMMIT = "chinese-poetry/chinese-poetry", "fa1814a8044db4fb0c7a9e0a0449974e8c3463b7"
ORIGINS: Mapping[str, tuple[Origin, ...]] = {
    "poems_notsong.jsonl.gz": (Origin(POETRY, POETRY_COMMIT, partial(_poems, wanted=NOT_SONG), 80_000),),
    "poems_song.jsonl.xz": (Origin(POETRY, POETRY_COMMIT, partial(_poems, wanted={"song": SONG}), 240_000),),
    "couplets_tang5.txt.gz": (Origin(POETRY, POETRY_COMMIT, partial(_couplets, length=5), 130_000),),
    "couplets_tang7.txt.gz": (Origin(POETRY, POETRY_COMMIT, partial(_couplets, length=7), 58_000),),
    "novels_classic.txt.gz": (Origin("luoxuhai/chinese-novel", "7e60f4b0678dbc4a7586560c395b82e060dec35d", _novels, 50_000),),
    "luxun.txt.gz": (Origin("KumaTea/LuXunRobot", "5692e18c16b5141ae1129ddb067911433c8a5d3c", _essays, 10_000),),
    "rc_extractive.jsonl.gz": (
        Origin("ymcui/cmrc2018", "c0eb1b6ba219847457e6af3180da722bbeb656af", questions.questions_of_cmrc, 4_000),
        Origin("DRCKnowledgeTeam/DRCD", "b944790de5af02c5fbb7cd9cb1473d27d169eebf", questions.questions_of_drcd, 7_000),
    ),
    "cloze_fairytale.jsonl.gz": (
        Origin("ymcui/cmrc2017", "ce611f621771b52af762f7a9bc4f0f87ce91f978", questions.clozes_of_cmrc, 4_000),
        Origin("ymcui/Chinese-Cloze-RC", "6528947e62d6dce6f36a0552235ed4f9ea7d04da", questions.clozes_of_cft, 4_600),
    ),
    "sentiment_bojone.tsv.gz": (Origin("bojone/bert4keras", "c1ae0dc5eff66d329ab3c5c7ee369124ddbb6f87", questions.reviews, 21_000),),
}  # fmt: skip
