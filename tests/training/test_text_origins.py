"""Texts from archives built as GitHub builds them, served on loopback; a broken one is refused and not kept."""

from __future__ import annotations

import functools
import http.server
import io
import json
import tarfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from core.data.datasets import DatasetError
from training.text import origins
from training.text.origins import ORIGINS, lines, read

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
    found = [json.loads(line) for line in read(archive(tmp_path / "a.tar.gz"), replace(ORIGINS[file], least=1))]
    first = found[0]
    assert (first["k"], first["f"], first["t"]) == wanted
    assert first["p"] == ["白日依山尽，黄河入海流。", "欲穷千里目，更上一层楼。"]
    assert [p["t"] for p in found[1:]] == (["浣溪沙"] if "notsong" in file else [])


def test_couplets_novels_and_essays(tmp_path: Path) -> None:
    place = archive(tmp_path / "a.tar.gz")

    def of(file: str) -> list[str]:
        return read(place, replace(ORIGINS[file], least=1))

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
        monkeypatch.setattr(origins, "ORIGINS", {file: replace(ORIGINS[file], least=1)})
        assert list(lines(file, cache)) == list(lines(file, cache)) == POEMS_SIMPLE
        assert len(asked) == 2
    finally:
        server.shutdown()
        server.server_close()
    with pytest.raises(DatasetError, match="no network"):
        lines(file, tmp_path / "empty")
