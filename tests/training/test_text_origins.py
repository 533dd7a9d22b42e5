"""Texts from archives built as GitHub builds them, served on loopback; a broken one is refused and not kept."""

from __future__ import annotations

import functools
import http.server
import io
import json
import tarfile
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.datasets import DatasetError
from training.text import origins
from training.text.origins import ORIGINS, lines, read
from training.text.question_origins import clozes_of_cft, clozes_of_cmrc, questions_of_cmrc, questions_of_drcd, reviews

POEMS = [{"author": "某", "title": "登鸛雀樓", "paragraphs": ["白日依山盡，黃河入海流。", "欲窮千里目，更上一層樓。"]}]
CI = [{"author": "某", "rhythmic": "浣溪沙", "paragraphs": ["一曲新词酒一杯。"]}]
PAGE = "\n&nbsp;&nbsp;話說天下大勢，<br><br>&nbsp;分久必合。<script></div>\n<button>下一章</button>"


def archive(path: Path) -> Path:
    files = {
        "r-1/全唐诗/poet.tang.0.json": json.dumps(POEMS), "r-1/全唐诗/poet.song.0.json": json.dumps(POEMS), "r-1/全唐诗/authors.tang.json": "[]",
        "r-1/宋词/ci.song.0.json": json.dumps(CI), "r-1/resources/讲史/三国演义/0.html": PAGE, "r-1/resources/讲史/三国演义/info.json": json.dumps({"catalogues": ["第一回 桃园"]}),
        "r-1/resources/讲史/别的书/0.html": PAGE, "r-1/corpus/呐喊/01_自序.txt": "我在年青时候\n\n也曾经做过许多梦",
    }  # fmt: skip
    with tarfile.open(path, "w:gz") as tar:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            tar.addfile(member, io.BytesIO(text.encode()))
    return path


@pytest.mark.parametrize(
    ("file", "wanted"),
    [
        ("poems_notsong.jsonl.gz", ("tang", "5x4", "登鹳雀楼")),
        ("poems_song.jsonl.xz", ("song", "5x4", "登鹳雀楼")),
    ],
)
def test_poems_are_simplified_and_have_their_form(tmp_path: Path, file: str, wanted: tuple[str, str, str]) -> None:
    found = [json.loads(line) for line in read(archive(tmp_path / "a.tar.gz"), replace(ORIGINS[file][0], least=1))]
    first = found[0]
    assert (first["k"], first["f"], first["t"]) == wanted
    assert first["p"] == ["白日依山尽，黄河入海流。", "欲穷千里目，更上一层楼。"]
    assert [p["t"] for p in found[1:]] == (["浣溪沙"] if "notsong" in file else [])


def test_couplets_novels_and_essays(tmp_path: Path) -> None:
    place = archive(tmp_path / "a.tar.gz")

    def of(file: str) -> list[str]:
        return read(place, replace(ORIGINS[file][0], least=1))

    assert of("couplets_tang5.txt.gz") == POEMS_SIMPLE
    novel = of("novels_classic.txt.gz")
    at = novel.index("《三国演义》")
    assert novel[at : at + 4] == [
        "《三国演义》",
        "第一回 桃园",
        "话说天下大势，",
        "分久必合。",
    ] and "别的书" not in "".join(novel)
    assert of("luxun.txt.gz") == ["《01_自序》（呐喊）", "我在年青时候", "也曾经做过许多梦"]


def packed(files: dict[str, bytes | dict[str, str]], path: Path) -> tarfile.TarFile:
    """An archive as GitHub builds it; a dictionary of texts becomes a ZIP file."""
    with tarfile.open(path, "w:gz") as tar:
        for name, content in files.items():
            if isinstance(content, dict):
                buffer = io.BytesIO()
                with zipfile.ZipFile(buffer, "w") as inner:
                    for inside, text in content.items():
                        inner.writestr(inside, text)
                content = buffer.getvalue()
            member = tarfile.TarInfo(f"r-1/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return tarfile.open(path)


def test_questions_keep_the_answers_that_stand_in_the_passage(tmp_path: Path) -> None:
    asked = {"query_id": "Q", "query_text": "何时？", "answers": ["三月。", "三月", 39764.0, "三月"]}
    cmrc = json.dumps([{"context_text": "事在三月，非四月。", "qas": [asked]}]).encode()
    files = {"data/cmrc2018_dev.json": cmrc, "data/cmrc2018_trial.json": cmrc}
    with packed(dict(files), tmp_path / "a.tgz") as tar:
        found = [json.loads(line) for line in questions_of_cmrc(tar)]
    assert [x["src"] for x in found] == ["cmrc2018-dev", "cmrc2018-trial"]
    assert (found[0]["answers"], found[0]["start"]) == (["三月"], 2)
    answer = {"text": "歐洲", "answer_start": 4}
    passage = {"context": "歐洲在歐洲", "qas": [{"id": "1", "question": "哪裡？", "answers": [answer]}]}
    drcd = b"\xef\xbb\xbf" + json.dumps({"data": [{"paragraphs": [passage]}]}).encode()
    with packed({"DRCD_dev.json": drcd, "DRCD_test.json": drcd}, tmp_path / "b.tgz") as tar:
        first = json.loads(next(questions_of_drcd(tar)))
    assert first == {
        "src": "drcd-dev",
        "id": "1",
        "context": "欧洲在欧洲",
        "question": "哪里？",
        "answers": ["欧洲"],
        "start": 4,
    }


def test_clozes_end_with_their_query(tmp_path: Path) -> None:
    text = "1 ||| 貓 来 了 。\n2 ||| 狗 走 了 。\n<qid_0> ||| XXXXX 来 了 。\n1 ||| 又 。\n<qid_1> ||| XXXXX ？\n"
    both = {"cloze.valid": text, "user.valid": text}
    files: dict[str, bytes | dict[str, str]] = {f"validation/{k}.doc_query": v.encode() for k, v in both.items()}
    files |= {f"validation/{k}.answer": "<qid_0> ||| 猫\n<qid_1> ||| 又\n".encode() for k in both}
    with packed(files, tmp_path / "a.tgz") as tar:
        found = [json.loads(line) for line in clozes_of_cmrc(tar)]
    assert len(found) == 4 and found[0]["doc"] == ["猫 来 了 。", "狗 走 了 。"] and found[1]["doc"] == ["又 。"]
    assert (found[0]["query"], found[0]["answer"]) == ("XXXXX 来 了 。", "猫")
    tale = "1 ||| 猫 来 了 。\n2 ||| XXXXX 走 了 。 ||| 猫\n1 ||| 又 。\n2 ||| XXXXX ||| 又\n"
    cft: dict[str, bytes | dict[str, str]] = {
        "children_fairy_tale/cft.zip": {"cft/cft.test.auto": tale, "cft/cft.test.human": tale}
    }
    with packed(cft, tmp_path / "b.tgz") as tar:
        tales = [json.loads(line) for line in clozes_of_cft(tar)]
    assert [x["src"] for x in tales] == ["cft-auto"] * 2 + ["cft-human"] * 2
    assert tales[0] == {"src": "cft-auto", "doc": ["猫 来 了 。"], "query": "XXXXX 走 了 。", "answer": "猫"}


def test_reviews_have_split_and_label_first(tmp_path: Path) -> None:
    inner = {f"sentiment/sentiment.{split}.data": "很好\t1\n 差 \t0\n" for split in ("train", "valid", "test")}
    with packed({"examples/datasets/sentiment.zip": inner}, tmp_path / "a.tgz") as tar:
        found = list(reviews(tar))
    assert found[:3] == ["split\tlabel\ttext", "train\t1\t很好", "train\t0\t差"] and len(found) == 7


POEMS_SIMPLE = ["白日依山尽，黄河入海流。", "欲穷千里目，更上一层楼。"]


def test_an_archive_is_fetched_once_and_a_short_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive(tmp_path / "a.tar.gz")
    asked: list[str] = []

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setattr(origins, "ARCHIVE", f"http://127.0.0.1:{server.server_port}/a.tar.gz?{{}}{{}}")
    file, cache = "couplets_tang5.txt.gz", tmp_path / "cache"
    try:
        with pytest.raises(DatasetError, match=r"couplets_tang5.*GALLERY_DATA"):
            lines(file, cache)  # two couplets are not 130 000
        assert not list(cache.iterdir())
        monkeypatch.setattr(origins, "ORIGINS", {file: (replace(ORIGINS[file][0], least=1),)})
        assert list(lines(file, cache)) == list(lines(file, cache)) == POEMS_SIMPLE
        assert len(asked) == 2
    finally:
        server.shutdown()
        server.server_close()
    with pytest.raises(DatasetError, match="no network"):
        lines(file, tmp_path / "empty")
