"""The recipe of the cloze reader: its faster gradient is the LSTM's own, its clozes are what they should be, and all of it ships."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from core import weights
from core.text.cloze.answers import LEXICON, RECORD
from core.text.cloze.model import Config, Question, Reader
from core.text.cloze.words import Lexicon, Passage
from training.loop import Schedule, train
from training.text import cloze as recipe
from training.text import cloze_questions
from training.text.bilstm import bilstm
from training.text.cloze import ClozeRecipe, Data, TrainedReader, ship, target
from training.text.cloze_questions import cloze, tales, vectors

NOUNS = ("猫", "狗", "鱼", "鸟")
KNOWN = Lexicon((*NOUNS, "吃", "看", "。"), (9, 8, 7, 6, 5, 4, 3), frozenset(NOUNS))


def story(seed: int) -> list[str]:
    """Two animals that take turns."""
    rng = np.random.default_rng(seed)
    a, b = rng.permutation(NOUNS)[:2].tolist()
    return [a, "吃", b, "。", b, "看", a, "。"] * 3


def data() -> Data:
    texts = [story(k) for k in range(20)]
    tests = {name: [Passage.of(text, 4) for text in texts[:6]] for name in ("cmrc", "cft", "user", "novels")}
    return Data(texts, texts, tests, KNOWN, torch.from_numpy(vectors(texts, texts, KNOWN, 6, 0)))


@pytest.mark.parametrize("layers", [1, 2])
def test_the_faster_lstm_is_torchs_own_in_values_and_gradients(layers: int) -> None:
    torch.manual_seed(0)
    lstm = torch.nn.LSTM(7, 5, layers, batch_first=True, bidirectional=True).double()
    x, counts = torch.randn(6, 9, 7).double(), torch.tensor([3, 9, 1, 4, 9, 2])

    def usual(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        out, (last, _) = lstm(pack_padded_sequence(x, counts, batch_first=True, enforce_sorted=False))
        return pad_packed_sequence(out, batch_first=True, total_length=9)[0], torch.cat([last[-2], last[-1]], 1)

    found = []
    for way in (usual, lambda x: bilstm(lstm, x, counts)):
        given = x.clone().requires_grad_()
        lstm.zero_grad()
        states, final = way(given)
        (states.sin().sum() + final.square().sum()).backward()
        assert given.grad is not None
        found.append(
            [
                states,
                final,
                given.grad,
                *(weight.grad.clone() for weight in lstm.parameters() if weight.grad is not None),
            ]
        )
    for a, b in zip(*found, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-12)


def test_the_trained_reader_is_the_shipped_one() -> None:
    torch.manual_seed(0)
    trained, shipped = TrainedReader(Config(4, 3)).eval(), Reader(Config(4, 3)).eval()
    shipped.load_state_dict(trained.state_dict())
    table, asked = torch.randn(9, 4), [Question([1, 2, 3], [4]), Question([], [5, 6])]
    a, b = trained(table, asked), shipped(table, asked)
    torch.testing.assert_close(a.values[a.mask], b.values[b.mask])


def test_a_cloze_hides_a_noun_that_stands_elsewhere_in_the_window() -> None:
    rng = np.random.default_rng(0)
    for _ in range(50):
        made = cloze(story(1), KNOWN, 10, rng)
        assert made is not None
        assert made.answer in NOUNS
        assert made.answer in made.words
        assert len(made.words) == 9
    assert cloze(["猫", "吃", "鱼"], KNOWN, 10, rng) is None


def test_the_target_is_every_position_of_the_answer() -> None:
    passages = [Passage(("猫", "吃", "猫"), ("猫",), "猫"), Passage((), ("狗", "猫"), "狗")]
    asked, _ = KNOWN.numbered(passages)
    scores = TrainedReader(Config(6, 3)).eval()(data().table, asked)
    assert target(passages, scores).tolist() == [
        [[True, False, True], [True, False, False]],
        [[False] * 3, [True, False, False]],
    ]


def test_tales_are_split_and_share_no_sentence_with_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    def row(src: str, doc: list[str], query: str, answer: str) -> str:
        return json.dumps({"src": src, "doc": doc, "query": query, "answer": answer})

    tested = "森林 里 住 着 一 只 非常 聪明 的 狐狸 。"
    rows = [row("cmrc2017-cloze-valid", [tested, "XXXXX 跑 了 。"], "XXXXX 跑 了 。", "狐狸")]
    rows += [row("cmrc2017-user-valid", [tested, f"第 {k} 天 。"], "谁 聪明 ？", "狐狸") for k in range(30)]
    rows += [
        row("cft-human", [f"小熊 第 {k} 次 看见 了 河 里 的 大 鱼 。", "XXXXX 跳 了 。"], "XXXXX", "小熊")
        for k in range(60)
    ]
    monkeypatch.setattr(cloze_questions, "lines", lambda file: iter(rows))
    found = tales()
    assert not any("聪明" in document for document in found.train)
    assert 40 <= len(found.train) < 60
    assert len(found.train) + len(found.tests["cft"]) == 60
    assert all("XXXXX" not in document and document[-4] == "小熊" for document in found.train)
    assert found.tests["cmrc"][0].answer == "狐狸"
    assert all(one.left[-2:] != ("谁",) and one.right == ("聪明", "？") for one in found.tests["user"])


def test_a_step_leaves_the_word_vectors_and_lowers_the_loss() -> None:
    made = ClozeRecipe(Config(6, 8, dropout=0.0), data(), 0.5, 0)
    before = made.table.clone()
    fabric = Fabric(accelerator="cpu", devices=1)
    parts = {name: fabric.setup(module, optimiser) for name, (module, optimiser) in made.networks().items()}
    rng = torch.Generator().manual_seed(1)
    found = [float(made.step(fabric, parts, 16, rng)["loss"]) for _ in range(200)]
    assert np.mean(found[-20:]) < np.mean(found[:20]) - 0.3
    assert torch.equal(made.table, before)


def test_the_vectors_of_words_of_like_use_are_alike() -> None:
    table = data().table
    assert not table[0].any()
    lengths = table[1:].norm(dim=1)
    torch.testing.assert_close(lengths, torch.full_like(lengths, 0.5 * 6**0.5))
    near = table @ table[1]
    assert near[2] > near[KNOWN.ids["。"]]


def test_all_readers_ship_with_their_figures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small = {name: Config(6, 4, config.layers, config.match) for name, config in recipe.READERS.items()}
    monkeypatch.setattr(recipe, "READERS", small)
    schedule = Schedule(2, 4, ema=0.0, eval_every=2, precision="32-true")
    made = data()
    runs = {
        name: train(ClozeRecipe(config, made, 0.5, 0), schedule, 0, tmp_path / name, device="cpu")
        for name, config in small.items()
    }
    ship(runs, made, 0, 2, "python -m …", tmp_path / "weights")
    card = weights.read_card("cloze", tmp_path / "weights")
    assert {f"{test}: {name}" for test in made.tests for name in (*small, "frequent", "nearest")} <= set(card.metrics)
    assert Lexicon.parse(weights.extra("cloze", LEXICON, tmp_path / "weights")) == KNOWN
    record = json.loads(weights.extra("cloze", RECORD, tmp_path / "weights"))
    for name in small:
        assert np.mean([merged for merged, _ in record["cft"][name]]) == pytest.approx(card.metrics[f"cft: {name}"])
    model = weights.load("cloze", folder=tmp_path / "weights")
    torch.testing.assert_close(model.table, made.table, atol=1e-3, rtol=1e-2)
