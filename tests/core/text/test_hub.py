"""Larger checkpoints: read from files as the hub has them, by the restricted reader, with one clear message where they are not."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch

from core import weights
from core.progress import Progress
from core.text import hub
from core.text.sampling import Sampling
from core.text.writing import Sheet, proceed
from core.weights import WeightsError

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"今天气不错，。山水", "##a", "a"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small checkpoint in the files of a repository of the hub, in place of the network."""
    transformers = pytest.importorskip("transformers", reason="transformers is a development requirement")
    settings = transformers.GPT2Config(vocab_size=len(VOCABULARY), n_positions=32, n_embd=16, n_layer=2, n_head=2)
    torch.manual_seed(0)
    model = transformers.GPT2LMHeadModel(settings)
    torch.save(model.state_dict(), tmp_path / "pytorch_model.bin")
    (tmp_path / "config.json").write_text(json.dumps(settings.to_dict()))
    (tmp_path / "vocab.txt").write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")

    def local(repository: str, revision: str, name: str, cache_dir: Any = None) -> Path:
        assert len(revision) == 40
        return tmp_path / name

    monkeypatch.setattr(hub, "hub_file", local)
    monkeypatch.setattr(weights, "hub_file", local)
    weights._cache.cache_clear()
    return tmp_path


def test_a_checkpoint_is_read_and_writes(folder: Path) -> None:
    model, vocabulary = hub.load("poem")
    tokens, unknown = vocabulary.encode("今天天氣 不錯Ω")
    assert vocabulary.decode(tokens[1:]) == "今天天气不错[UNK]" and unknown == ("ω",)
    *_, sheet = proceed(
        model, tokens, vocabulary.writable(len(VOCABULARY)), vocabulary.end, vocabulary.decode, Sampling(), 3, 12, 1
    )
    assert sheet.done and not any("[" in text for text in sheet.texts)
    transformers = pytest.importorskip("transformers")
    theirs = transformers.GPT2LMHeadModel(transformers.GPT2Config(**json.loads((folder / "config.json").read_text())))
    theirs.load_state_dict(torch.load(folder / "pytorch_model.bin"))
    row = torch.tensor([tokens])
    with torch.no_grad():
        assert (model(row) - theirs.eval()(row).logits).abs().max() < 1e-4


def test_a_beginning_goes_on_with_what_was_left_out_named(folder: Path) -> None:
    first, *_, last = hub.continued("poem", "今天Ω", Sampling(top_k=5), 2, 8, 1, "float32")
    assert isinstance(first, Progress) and isinstance(last, Sheet)
    assert (
        last.unknown == (("beginning", ("ω",)),)
        and all(text.startswith("今天") for text in last.texts)
        and last.fraction == 1
    )


def test_the_bundled_model_goes_on_in_verse() -> None:
    *_, last = hub.continued("bundled", "春江", Sampling(top_k=5), 1, 40, 1, "float32")
    assert isinstance(last, Sheet) and last.form == "七律" and last.texts[0].startswith("春江")


def test_a_vocabulary_is_cut_at_line_feeds_alone(folder: Path) -> None:
    """bert-base-chinese has the token U+2028; every id after it would be off by one."""
    (folder / "vocab.txt").write_text("\n".join([*VOCABULARY[:-2], "\u2028", "我"]) + "\n", encoding="utf-8")
    _, vocabulary = hub.load("poem")
    assert len(vocabulary.tokens) == len(VOCABULARY) and vocabulary.ids["我"] == len(VOCABULARY) - 1


def test_a_file_that_runs_code_is_refused(folder: Path) -> None:
    class Evil:
        def __reduce__(self) -> Any:
            return (print, ("run",))

    with (folder / "pytorch_model.bin").open("wb") as file:
        pickle.dump({"transformer.wte.weight": Evil()}, file, 2)
    with pytest.raises(WeightsError, match="nothing in it was run"):
        hub.load("lyric")


def test_without_a_network_the_bundled_model_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import huggingface_hub.constants as constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(WeightsError, match="bundled model goes on working"):
        hub.load("ancient", tmp_path)


def test_every_checkpoint_is_pinned() -> None:
    assert all(
        len(point.revision) == 40 and set(point.revision) <= set("0123456789abcdef")
        for point in hub.CHECKPOINTS.values()
    )


def test_a_vocabulary_without_its_marks_is_refused() -> None:
    with pytest.raises(WeightsError, match=r"\[CLS\]"):
        hub.BertVocabulary(["[PAD]", "山"])
