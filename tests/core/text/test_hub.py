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
from core.refusal import Refusal
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
    assert vocabulary.decode(tokens[1:]) == "今天天气不错[UNK]" and unknown == ("Ω",)
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
        last.unknown == (("beginning", ("Ω",)),)
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


PIECES = [
    *VOCABULARY[:4],
    *"春天的我在,.!年\uff13",
    "20",
    "##26",
    "py",
    "##thon",
    "no",
    "##el",
    "\uff47",
    "##\uff50",
    "\u2028",
    "hi",
]


def test_tokens_are_those_of_bert() -> None:
    """Word pieces of Latin text and digits, accents off, lower case, full-width forms as they are: as transformers cuts them."""
    transformers = pytest.importorskip("transformers", reason="transformers is a development requirement")
    ours = hub.BertVocabulary(PIECES)
    theirs = transformers.BertTokenizer(vocab=ours.ids)
    for text in (
        "春天的Python",
        "2026年,我在",
        "Noël!",
        "\uff27\uff30\uff13",
        "hi  hi.\thi",
        "xyz 春 Pythons",
        "𠮷",
        "",
        "的\n天",
    ):
        tokens, _ = ours.encode(text)
        assert [ours.tokens[i] for i in tokens] == ["[CLS]", *theirs.tokenize(text)]


def test_words_that_no_pieces_make_are_named_as_typed() -> None:
    vocabulary = hub.BertVocabulary(PIECES)
    assert vocabulary.encode("春Rust,Ω Rust")[1] == ("Rust", "Ω")
    assert vocabulary.encode("[SEP]")[0].count(vocabulary.end) == 0  # a mark that is typed is text


def test_words_stand_apart_when_tokens_are_text_again() -> None:
    vocabulary = hub.BertVocabulary(PIECES)
    assert vocabulary.decode(vocabulary.encode("Hi Python 2026年,我")[0][1:]) == "hi python 2026年,我"


def test_vocabularies_of_windows_and_with_a_blank_last_token() -> None:
    lines = [*VOCABULARY[:4], "山", ""]
    for end in ("\n", "\r\n"):
        assert hub.BertVocabulary.parse((end.join(lines) + end).encode()).tokens == tuple(lines)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("config.json", b"{", "not JSON"), ("config.json", b"[1]", "no settings"), ("vocab.txt", b"[PAD]\n\xff\n", "not UTF-8"),
        ("vocab.txt", "\n".join([*VOCABULARY, "河"]).encode(), f"{len(VOCABULARY) + 1} tokens, but the model {len(VOCABULARY)}"),
    ],
)  # fmt: skip
def test_damaged_files_are_told_in_one_sentence(folder: Path, name: str, data: bytes, words: str) -> None:
    (folder / name).write_bytes(data)
    with pytest.raises(WeightsError, match=words) as caught:
        hub.load("poem")
    assert any("\u4e00" <= c <= "\u9fff" for c in caught.value.text[0])


def test_a_checkpoint_that_is_no_gpt2_is_refused_in_both_languages(folder: Path) -> None:
    state = torch.load(folder / "pytorch_model.bin")
    state["transformer.h.0.attn.rotary.weight"] = torch.zeros(3)
    torch.save(state, folder / "pytorch_model.bin")
    with pytest.raises(Refusal, match=r"h\.0\.attn\.rotary\.weight is not a tensor of GPT-2") as caught:
        hub.load("poem")
    assert "不是 GPT-2 的张量" in caught.value.zh
