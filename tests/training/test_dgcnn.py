"""The recipe of the reader: what a batch holds, that no article is on two sides, that the loss falls and what ships."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from core import weights
from core.text.dgcnn.network import DGCNN, Config, focal
from training.loop import Schedule, train
from training.text import dgcnn, extractive
from training.text.dgcnn import DGCNNRecipe, Reader, collected, fit_global, nats, ship
from training.text.extractive import Crops, Question, character_vectors, rarity, split, vocabulary
from training.text.reading_measures import answered, neighbours, read

FILLER = "春夏秋冬风花雪月山川河海日星云雨草木石土"


def made(count: int) -> list[Question]:
    """Passages of filler, in each of which a town stands at another place, after 在."""
    rng = torch.Generator().manual_seed(0)
    found = []
    for number in range(count):
        drawn = torch.randint(len(FILLER), (90,), generator=rng).tolist()
        at = 10 + int(torch.randint(60, (), generator=rng))
        answer = "甲乙丙丁"[number % 4] + "城"
        text = "".join(FILLER[i] for i in drawn)
        passage = f"{number % 7}{text[:at]}他住在{answer}里{text[at:]}"
        found.append(Question("CMRC" if number % 2 else "DRCD", f"A{number}", passage, "他住在哪里", (answer,)))
    return found


QUESTIONS = made(40)
WORDS = vocabulary(QUESTIONS)


def recipe() -> DGCNNRecipe:
    torch.manual_seed(0)
    model = DGCNN(Config(len(WORDS), width=16))
    model.rarity.copy_(rarity(QUESTIONS, WORDS))
    return DGCNNRecipe(model, Crops(QUESTIONS, WORDS), QUESTIONS[:8], WORDS)


def test_no_article_is_on_two_sides() -> None:
    parts = split([*QUESTIONS, *QUESTIONS])
    articles = [{q.article for q in part} for part in parts]
    assert sum(map(len, articles)) == len(QUESTIONS) and all(articles)
    assert sum(map(len, parts)) == 2 * len(QUESTIONS)


def test_crops_around_an_answer_hold_it_and_those_of_others_nothing() -> None:
    crops = Crops(QUESTIONS, WORDS)
    rng = torch.Generator().manual_seed(0)
    passages, asked, starts, ends = crops.draw(64, 40, 1.0, 0.0, rng)
    assert passages.shape == starts.shape == (64, 40) and (asked[:, 0] > 0).all()
    town = WORDS.ids["城"]
    for row in range(64):
        (first,), (last,) = (places[row].nonzero().flatten().tolist() for places in (starts, ends))
        assert last == first + 1 and passages[row, last] == town
    *_, starts, ends = crops.draw(64, 40, 0.0, 1.0, rng)
    own = starts.any(-1)
    assert own.float().mean() < 0.2  # another question may have drawn itself
    assert torch.equal(own, ends.any(-1))


def test_a_passage_that_only_looks_alike_holds_no_answer() -> None:
    """Two passages of one length and one first character: a crop of the other has no start, though the question has one at that place."""
    texts = ("甲乙丙丁戊己庚辛", "甲壬癸子丑寅卯辰")
    found = [Question("CMRC", text, text, "乙壬", (text[1:3],)) for text in texts]
    words = vocabulary([*found, *found])
    passages, _, starts, _ = Crops(found, words).draw(200, 8, 0.0, 1.0, torch.Generator().manual_seed(0))
    first = passages[:, 1] == words.ids["乙"]
    assert 0.3 < float(first.float().mean()) < 0.7
    assert 0.3 < float(starts.any(1).float().mean()) < 0.7  # where the other passage drawn is the question's own


def test_every_occurrence_of_an_answer_is_marked() -> None:
    question = Question("CMRC", "A", "京城在京，城京", "哪里", ("京", "京城"))
    assert question.places == [(0, 0), (0, 1), (3, 3), (6, 6)]


def test_the_loss_is_focal_on_starts_and_ends() -> None:
    model = recipe().model.eval()
    batch = Crops(QUESTIONS, WORDS).draw(4, 32, 0.5, 0.25, torch.Generator().manual_seed(1))
    mask = batch[0] > 0
    with torch.no_grad():
        start, end = model(*batch[:2]).probabilities()
        loss = Reader(model)(*batch)
    assert float(loss) == pytest.approx(float(focal(start, batch[2], mask) + focal(end, batch[3], mask)))


def test_characters_in_like_company_have_like_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extractive, "SHIFT", 0.0)  # few characters share little information
    texts = ["猫吃鱼喝水", "狗吃鱼喝水", "山高路远长", "岭高路远长"] * 3
    words = vocabulary([Question("CMRC", "A", text, text, (text,)) for text in texts])
    found = torch.nn.functional.normalize(character_vectors(texts, words, 4), dim=-1)
    cat, dog, hill = (found[words.ids[c]] for c in "猫狗山")
    assert cat @ dog > 0.9 > cat @ hill


def test_a_run_goes_on_where_it_stopped_learns_and_ships(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dgcnn, "SHORTEST", 64)
    monkeypatch.setattr(dgcnn, "LONGEST", 96)
    monkeypatch.setattr(dgcnn, "FITTED", 10)
    monkeypatch.setattr(dgcnn, "CHECKED", 5)
    schedule = Schedule(80, batch=16, ema=0.9, eval_every=40, precision="32-true", keep=dgcnn.MISSED)
    whole = train(recipe(), schedule, 0, tmp_path / "whole", "cpu")
    train(recipe(), schedule, 0, tmp_path / "parts", "cpu", stop_at=50)
    parts = train(recipe(), schedule, 0, tmp_path / "parts", "cpu")
    for key, value in whole.model.state_dict().items():
        assert torch.equal(value, parts.model.state_dict()[key]), key
    assert whole.rows[-1]["loss x100"] < 0.8 * whole.rows[0]["loss x100"]
    made_by = recipe()
    ship(whole, made_by, QUESTIONS, QUESTIONS, 16, 0, tmp_path / "weights")
    card = weights.read_card("dgcnn-questions", tmp_path / "weights")
    assert card.metrics["p_global nats, fitted"] < card.metrics["p_global nats, trained along"]
    assert card.metrics["DRCD questions"] == card.metrics["CMRC questions"] == len(QUESTIONS) / 2
    assert "CC BY-SA" in card.licence
    shipped = weights.load("dgcnn-questions", torch.device("cpu"), tmp_path / "weights")
    assert answered(shipped, WORDS, QUESTIONS).exact() == pytest.approx(
        (card.metrics["DRCD EM"] + card.metrics["CMRC EM"]) / 2
    )


def test_fitting_p_global_changes_its_heads_alone() -> None:
    made_by = recipe()
    before = {key: value.clone() for key, value in made_by.model.state_dict().items()}
    found = collected(made_by.model, made_by.crops, 5, 16, 0)
    nats_before = nats(made_by.model, *found)
    fit_global(made_by.model, *found)
    assert nats(made_by.model, *found) < nats_before
    after = made_by.model.state_dict()
    assert {key for key in before if not torch.equal(before[key], after[key])} == {"any.weight", "any.bias"}


def test_the_order_of_batches_does_not_matter() -> None:
    made_by = recipe()
    passages = [q.passage[: 20 + 3 * k] for k, q in enumerate(QUESTIONS)]
    together = read(made_by.model.eval(), WORDS, [q.question for q in QUESTIONS], passages)
    (alone,) = read(made_by.model, WORDS, [QUESTIONS[5].question], [passages[5]])
    assert together[5].text == alone.text
    assert together[5].start == pytest.approx(alone.start, abs=1e-6)


def test_neighbours_are_passages_of_the_same_article_without_the_answer() -> None:
    def question(source: str, article: str, passage: str, answer: str) -> Question:
        return Question(source, article, passage, "谁？", (answer,))

    first = question("DRCD", "1", "甲在城里。", "甲")
    same = question("DRCD", "1", "乙见过甲。", "乙")  # holds the first one's answer
    free = question("DRCD", "1", "丙在山上。", "丙")
    alone = question("CMRC", "1", "丁在山上。", "丁")  # the same number in the other set is another article
    found = neighbours([first, same, free, alone])
    assert found == [(first, free.passage), (same, first.passage), (free, first.passage)]
