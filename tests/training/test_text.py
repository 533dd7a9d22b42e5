"""The recipes of the text models: what is held out, how rows are packed, a loss without logits, and that a small run learns."""

from __future__ import annotations

import gzip
import json
import lzma
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from core import weights
from core.data.examples import verse
from core.text.gpt2 import Config
from core.text.prosody import lines_of
from core.text.tokenizer import BODY, END
from training.loop import Schedule, train
from training.losses import tied_cross_entropy
from training.text import corpus
from training.text.corpus import Document, Packed, couplets, documents, is_held_out, split, split_couplets, vocabulary
from training.text.gpt2 import GPT2Recipe, Preset, presets
from training.text.poem_vae import EPOCHS, Divergence, PoemVAERecipe, limits
from training.text.tunes import measured
from training.text.verse_measures import bigram_bits, bits_per_character, longest_overlaps

POEMS = [
    {
        "k": "tang",
        "f": "5x4",
        "a": "某",
        "t": "山中（一作山居）",
        "p": ["山中有流水，云外见孤峰。", "日暮人归去，风来竹影重。"],
    },
    {"k": "tang", "f": "5x4", "a": "某", "t": "夜思", "p": ["床前看月光，疑是地上霜。", "举头望山月，低头思故乡。"]},
    {"k": "ci", "f": "", "a": "某", "t": "浣溪沙·春", "p": ["细雨斜风作晓寒，淡烟疏柳媚晴滩。", "入淮清洛渐漫漫。"]},
]


@pytest.fixture
def packs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The packs in little, in the folder that GALLERY_DATA names."""
    lines = [json.dumps(poem, ensure_ascii=False) for poem in POEMS]
    (tmp_path / "poems_notsong.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    song = [
        {**POEMS[0], "p": [f"{a}山流水绕，{b}树夕阳迟。", "欲问归时路，寒鸦噪晚枝。"]}
        for a in "青碧远近高"
        for b in "古老红绿疏"
    ]
    (tmp_path / "poems_song.jsonl.xz").write_bytes(
        lzma.compress("\n".join(json.dumps(p, ensure_ascii=False) for p in song).encode())
    )
    novel = "《某传》\n\n第一回 缘起\n" + "\n".join(
        "话说那人走了一程，来到山前，" * 12 + f"第{k}日方歇。" for k in range(30)
    )
    for name in ("novels_classic", "luxun"):
        (tmp_path / f"{name}.txt.gz").write_bytes(gzip.compress(novel.encode()))
    pairs = [f"{a}山见明月，流水绕孤{b}。" for a in "青碧远近高" for b in "城村峰舟云"]
    (tmp_path / "couplets_tang5.txt.gz").write_bytes(
        gzip.compress("\n".join(["疑是地上霜，春风吹又生。", *pairs]).encode())
    )
    monkeypatch.setenv("GALLERY_DATA", str(tmp_path))
    return tmp_path


def test_documents_have_their_form_and_title(packs: Path) -> None:
    found = list(documents())
    first = found[0]
    assert (first.form, first.title) == ("五绝", "山中") and first.body.startswith("山中有流水")
    assert next(d for d in found if d.form == "词").title == "浣溪沙"
    prose = [d for d in found if d.form == "小说"]
    assert {d.title for d in prose} == {"某传"} and all(len(d.body) <= corpus.CHUNK + 1 for d in prose)
    assert sum(len(d.body.replace("\n", "")) for d in prose) == 30 * (14 * 12) + sum(
        len(f"第{k}日方歇。") for k in range(30)
    )
    assert len({d.body for d in found if d.form not in ("小说", "散文")}) == sum(
        d.form not in ("小说", "散文") for d in found
    )


def test_nothing_that_ships_or_is_held_out_is_trained_on(packs: Path) -> None:
    train_texts, held = split(documents())
    assert not {d.body for d in train_texts} & {d.body for d in held}
    assert all(is_held_out(d.body) for d in held) and not any(is_held_out(d.body) for d in train_texts)
    shipped = {line for poem in verse() for line in lines_of(poem.text)}
    assert not any(
        shipped & set(lines_of(d.body)) for d in (*train_texts, *held)
    )  # 夜思 in another version shares a line
    kept, out = split_couplets(couplets(5))
    assert len(kept) + len(out) == 25 and "疑是地上霜春风吹又生" not in (*kept, *out)


def test_a_fiftieth_is_held_out() -> None:
    share = sum(is_held_out(f"text {k}") for k in range(50_000)) / 50_000
    assert abs(share - 1 / 50) < 5 * (0.02 * 0.98 / 50_000) ** 0.5


@pytest.mark.parametrize("biased", [False, True])
def test_the_loss_without_logits_is_the_cross_entropy(biased: bool) -> None:
    torch.manual_seed(0)
    hidden, table = torch.randn(700, 24, requires_grad=True), torch.randn(90, 24, requires_grad=True)
    bias = torch.randn(90, requires_grad=True) if biased else None
    targets = torch.randint(-1, 90, (700,))
    wanted = F.cross_entropy(F.linear(hidden, table, bias), targets, ignore_index=-1, reduction="sum")
    leaves = [t for t in (hidden, table, bias) if t is not None]
    found = tied_cross_entropy(hidden, table, targets, bias)
    assert found.item() == pytest.approx(wanted.item(), rel=1e-5)
    for ours, theirs in zip(torch.autograd.grad(found, leaves), torch.autograd.grad(wanted, leaves), strict=True):
        assert (ours - theirs).abs().max() < 1e-4


def test_rows_are_packed_with_whole_texts(packs: Path) -> None:
    train_texts, _ = split(documents())
    tokenizer = vocabulary([d.title + d.body for d in train_texts], 400)
    data = Packed(train_texts, tokenizer, 256)
    x, y, texts = data.batch(2048, torch.Generator().manual_seed(1))
    assert x.shape == y.shape == texts.shape == (8, 256)
    again = data.batch(2048, torch.Generator().manual_seed(1))
    assert torch.equal(x, again[0])
    bodies = {d.body for d in train_texts}
    seen = 0
    for row in range(8):
        for number in texts[row].unique().tolist():
            here = (texts[row] == number) & (y[row] >= 0)
            if not number or not here.any():
                continue
            tokens = [*x[row][here].tolist(), int(y[row][here][-1])]
            assert tokens[1:] == y[row][here].tolist()  # each token's target is the next
            start = tokens.index(BODY)
            assert tokens[-1] == END and tokenizer.decode(tokens[start + 1 : -1]) in bodies
            seen += 1
    assert seen > 10 and (y >= 0).float().mean() > 0.8


def test_a_small_run_learns_and_its_rate_falls_to_zero(packs: Path, tmp_path: Path) -> None:
    train_texts, held = split(documents())
    tokenizer = vocabulary([d.title + d.body for d in train_texts], 400)
    some = {form: Document(form, "", "山中有流水。") for form in tokenizer.forms}
    schedule = Schedule(30, batch=512, ema=0.9, eval_every=15, warm_up=5, cosine=True, precision="32-true")
    preset = Preset(Config(0, 32, 2, 2, 256, block="gpt2_ml"), schedule, 1e-2)
    recipe = GPT2Recipe(preset, tokenizer, train_texts, [*held, *some.values()], 0)
    before = bits_per_character(recipe.model, tokenizer, train_texts[:5])
    done = train(recipe, schedule, 0, tmp_path / "run", "cpu")
    assert bits_per_character(done.model, tokenizer, train_texts[:5]) < before - 0.5  # type: ignore[arg-type]
    assert (tmp_path / "run" / "sheets" / "0000030.txt").read_text(encoding="utf-8").startswith("五绝: ")
    assert [round(schedule.lr_factor(k), 4) for k in (0, 4, 5, 30)] == [0.2, 1.0, 1.0, 0.0]
    stopped = GPT2Recipe(preset, tokenizer, train_texts, [*held, *some.values()], 0)
    train(stopped, schedule, 0, tmp_path / "parts", "cpu", stop_at=13)
    again = train(
        GPT2Recipe(preset, tokenizer, train_texts, [*held, *some.values()], 0), schedule, 0, tmp_path / "parts", "cpu"
    )
    for ours, theirs in zip(again.model.state_dict().values(), done.model.state_dict().values(), strict=True):
        assert torch.equal(ours, theirs)  # the rate goes on where it was
    with pytest.raises(ValueError, match="other settings"):
        train(
            recipe, replace(schedule, steps=40), 0, tmp_path / "run", "cpu"
        )  # a cosine of another length is another run


def test_the_couplet_machine_learns(packs: Path, tmp_path: Path) -> None:
    from core.text.poem_vae import Config as VAEConfig

    kept, _ = split_couplets(couplets(5))
    tokenizer = vocabulary(kept, 10**6, forms=())
    x = torch.tensor([tokenizer.encode_plain(c) for c in kept])
    recipe = PoemVAERecipe(VAEConfig(len(tokenizer), 10, 16, 4), x, x[:8], tokenizer, 0)
    done = train(
        recipe, Schedule(200, batch=32, ema=0.9, eval_every=100, precision="32-true"), 0, tmp_path / "run", "cpu"
    )
    bounds = [row["held-out bound"] for row in done.rows]
    assert bounds[-1] < bounds[0] - 5


def test_the_weight_of_the_divergence_rises_in_a_straight_line() -> None:
    """Weight 0.4 after ten updates: a quarter of the way it is 0.1, and it never goes beyond. A mean KL of 3 nats."""
    term, divergences = Divergence(weight=0.4, warm_up=10), torch.tensor([[1.0, 2.0], [1.0, 2.0]])
    for updates, expected in ((0, 0.0), (2.5, 0.3), (10, 1.2), (1000, 1.2)):
        assert float(term(divergences, torch.tensor(updates))) == pytest.approx(expected)
    assert float(Divergence()(divergences, torch.tensor(1))) == pytest.approx(3.0)  # no warm-up: the bound's own


def test_verbatim_overlaps_are_found() -> None:
    texts = ["春眠不觉晓，处处闻啼鸟。夜来风雨声", "白日依山尽，黄河入海流。"]
    samples = ["今日白日依山尽，黄河入来", "春眠不觉", "处处闻啼鸟。夜来风雨急"]
    assert longest_overlaps(samples, texts) == [9, 4, 10]


def test_a_bigram_model_of_a_certain_text_is_certain() -> None:
    """After 山 only 水 was ever seen: the more often, the fewer bits."""
    tokenizer = vocabulary(["山水"], 10)
    few, many = ([Document("五绝", "", "山水")] * n for n in (2, 200))
    held = [Document("五绝", "", "山水")]
    assert bigram_bits([*many, Document("五绝", "", "水山")], held, tokenizer) < bigram_bits(
        [*few, Document("五绝", "", "水山")], held, tokenizer
    )


def test_the_card_tells_the_recipe_that_made_it() -> None:
    card = weights.read_card("gpt2-verse")
    assert card.recipe == "python -m training.text.gpt2"
    assert card.config["block"] == "gpt2_ml" == presets(1)["cpu"].config.block


def test_a_tune_has_the_pattern_that_most_of_its_texts_have() -> None:
    three, two = "一二三，四五。", "一二！三四五。"
    texts = (
        [Document("词", "某令", three)] * 25 + [Document("词", "某令", two)] * 15 + [Document("词", "少令", three)] * 39
    )
    texts += [Document("词", "失调名", three)] * 90 + [Document("五绝", "某题", three)] * 90
    (found,) = measured(texts)
    assert (found.name, found.pattern, found.texts, found.share) == ("某令", "3，2。", 40, 25 / 40)


@pytest.mark.parametrize("line", EPOCHS)
def test_limits_say_how_long_a_machine_was_trained(line: int) -> None:
    told = limits(line, EPOCHS[line])
    assert str(EPOCHS[line]) in told["zh"] and str(EPOCHS[line]) in told["en"]
    assert ("seven" in told["en"]) == (line == 7)
