"""Questions, clozes and reviews as lines of the packs, read from archives of their public repositories.

Each reader takes the archive of one commit. Traditional characters of DRCD and of the clozes are simplified.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
import zipfile
from collections.abc import Iterator
from typing import Any

from core.text.tokenizer import simplified

__all__ = ["clozes_of_cft", "clozes_of_cmrc", "questions_of_cmrc", "questions_of_drcd", "reviews"]

Lines = Iterator[str]
CMRC = {"cmrc2018-dev": "data/cmrc2018_dev.json", "cmrc2018-trial": "data/cmrc2018_trial.json"}
DRCD = {"drcd-dev": "DRCD_dev.json", "drcd-test": "DRCD_test.json"}
CLOZES = {"cmrc2017-cloze-valid": "validation/cloze.valid", "cmrc2017-user-valid": "validation/user.valid"}
FAIRY_TALES = {"cft-auto": "cft/cft.test.auto", "cft-human": "cft/cft.test.human"}
SPLITS = {"train": "sentiment.train.data", "valid": "sentiment.valid.data", "test": "sentiment.test.data"}
BAR = " ||| "


def _member(tar: tarfile.TarFile, path: str) -> bytes:
    """The file at ``path`` below the archive's one folder. Raises KeyError where it is missing."""
    for member in tar.getmembers():
        stream = tar.extractfile(member) if member.isfile() and member.name.partition("/")[2] == path else None
        if stream:
            return stream.read()
    raise KeyError(path)


def _zipped(tar: tarfile.TarFile, path: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(_member(tar, path)))


def _json(**entries: Any) -> str:
    return json.dumps(entries, ensure_ascii=False)


def questions_of_cmrc(tar: tarfile.TarFile) -> Lines:
    """CMRC2018's development and trial sets: answers are pieces of the passage; a question without one is left out."""
    for source, path in CMRC.items():
        for passage in json.loads(_member(tar, path)):
            for asked in passage["qas"]:
                answers = [x for x in asked["answers"] if isinstance(x, str)]  # one is a bare number
                yield from _question(source, asked["query_id"], passage["context_text"], asked["query_text"], answers)


def questions_of_drcd(tar: tarfile.TarFile) -> Lines:
    """DRCD's development and test sets, simplified."""
    for source, path in DRCD.items():
        for title in json.loads(_member(tar, path).decode("utf-8-sig"))["data"]:
            for passage in title["paragraphs"]:
                for asked in passage["qas"]:
                    answers = [simplified(answer["text"]) for answer in asked["answers"]]
                    context, question = simplified(passage["context"]), simplified(asked["question"])
                    start = int(asked["answers"][0]["answer_start"])
                    yield from _question(source, asked["id"], context, question, answers, start)


def _question(
    source: str, name: str, context: str, question: str, answers: list[str], start: int | None = None
) -> Lines:
    """One question with those answers that are pieces of the passage, the first at ``start`` or where it first occurs; none without."""
    known = list(dict.fromkeys(answer for answer in answers if answer in context))
    if known:
        at = context.find(known[0]) if start is None else start
        yield _json(src=source, id=name, context=context, question=question.strip(), answers=known, start=at)


def clozes_of_cmrc(tar: tarfile.TarFile) -> Lines:
    """CMRC2017's two validation sets: a passage line by line, the query behind <qid_…>, the answers in a file of their own."""
    for source, path in CLOZES.items():
        answers = dict(line.split(BAR) for line in _member(tar, f"{path}.answer").decode().splitlines() if BAR in line)
        passage: list[str] = []
        for line in _member(tar, f"{path}.doc_query").decode().split("\n"):
            name, _, text = line.partition(BAR)
            if name.startswith("<qid_"):
                yield _cloze(source, passage, text, answers[name])
                passage = []
            elif name:
                passage.append(text)


def clozes_of_cft(tar: tarfile.TarFile) -> Lines:
    """The children's fairy tales (CFT): the last line of a passage is the query, with its answer behind it."""
    packed = _zipped(tar, "children_fairy_tale/cft.zip")
    for source, path in FAIRY_TALES.items():
        passage: list[str] = []
        for line in packed.read(path).decode().split("\n"):
            parts = line.split("|||")[1:]
            if len(parts) == 2:
                yield _cloze(source, passage, *parts)
                passage = []
            elif parts:
                passage.append(parts[0])


def _cloze(source: str, passage: list[str], query: str, answer: str) -> str:
    text = [simplified(line).strip() for line in passage]
    return _json(src=source, doc=text, query=simplified(query).strip(), answer=simplified(answer).strip())


def reviews(tar: tarfile.TarFile) -> Lines:
    """The author's set of reviews: split, label (0 or 1), text, between tabs, below a line of names."""
    packed = _zipped(tar, "examples/datasets/sentiment.zip")
    names = {name.rpartition("/")[2]: name for name in packed.namelist()}
    yield "split\tlabel\ttext"
    for split, file in SPLITS.items():
        for line in packed.read(names[file]).decode().splitlines():
            text, _, label = line.rpartition("\t")
            if text:
                yield "\t".join((split, label.strip(), re.sub(r"[\t\r]", " ", text).strip()))
