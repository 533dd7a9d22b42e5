"""What a reader's network is turned back for: the place, the reason and what is allowed, in both languages."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from core.refusal import Refusal
from core.stats.gillespie import AssignmentRule, Event, Network, NetworkError, Reaction, load_sbml, simulate
from core.stats.gillespie.errors import naming
from core.stats.gillespie.master_equation import example_distribution
from core.stats.gillespie.networks import from_rows
from core.stats.gillespie.paths import path

MASS = Reaction({}, {"X": 1}, 1.0)


def test_a_refusal_of_a_network_is_a_refusal_that_travels() -> None:
    error = NetworkError("太多", "too many").at("第 3 行", "row 3").of("reactions")
    assert isinstance(error, Refusal)
    assert (error.zh, error.en, error.input) == ("第 3 行：太多", "row 3: too many", "reactions")
    assert str(error) == "reactions: row 3: too many"
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is NetworkError and (again.zh, again.en, again.input) == (error.zh, error.en, error.input)
    assert error.of("sbml").input == "reactions"
    with pytest.raises(NetworkError, match="place: here"), naming("处", "place"):
        raise NetworkError("这里", "here")


@pytest.mark.parametrize(
    ("reactions", "initial", "name", "zh", "en"),
    [
        ([("A B", "C", "1")], [], "reactions", "第 1 行：'A B'", "row 1: 'A B' is not of the form"),
        ([("A", "B", "1"), ("B", "A", "1 +")], [], "reactions", "第 2 行：公式 '1 +' 的第 4 个字符处应为数", "row 2: formula '1 +', character 4"),
        ([("A", "B", "")], [], "reactions", "第 1 行：缺少速率", "row 1: the rate is missing"),
        ([("A", "B", "-2")], [], "reactions", "第 1 行：速率 -2 必须不小于 0", "row 1: the rate -2 must be a number of at least 0"),
        ([("A", "B", "nan")], [], "reactions", "第 1 行：速率 nan", "row 1: the rate nan"),
        ([("A", "B", "k * A")], [], "reactions", "第 1 行：速率里的 k 不是物种；现有的是 A, B", "row 1: k in the rate is no species; there are A, B"),
        ([("500 A", "B", "1")], [], "reactions", "系数必须是 1 到 100", "500 A must be from 1 to 100"),
        ([("t", "B", "1")], [], "reactions", "物种不能叫 t", "no species may be called t"),
        ([("", "", "1")], [], "reactions", "哪一行都没有物种", "no species in any row"),
        ([], [], "reactions", "至少要有一行", "at least one row"),
        ([(f"A{i}", "B", "1") for i in range(30)], [], "reactions", "31 个物种太多了", "31 species are too many"),
        ([("A", "B", "1")] * 41, [], "reactions", "41 行太多了", "41 rows are too many"),
        ([("A", "B", "1")], [("2A", 5)], "initial", "第 1 行：'2A' 不是物种名", "row 1: '2A' is not a species name"),
        ([("A", "B", "1")], [("A", 0.5)], "initial", "第 1 行：0.5 个分子", "row 1: 0.5 molecules"),
        ([("A", "B", "1")], [("A", float("nan"))], "initial", "nan 个分子", "nan molecules"),
    ],
)  # fmt: skip
def test_rows_are_refused_by_input_and_row(reactions: Any, initial: Any, name: str, zh: str, en: str) -> None:
    with pytest.raises(NetworkError) as caught:
        from_rows(reactions, initial)
    assert caught.value.input == name
    assert zh in caught.value.zh and en in caught.value.en


def test_rows_may_be_mappings() -> None:
    rows = [{"reactants": "A", "products": "2 B", "rate": "0.5 * A"}], [{"species": "A", "molecules": 7.0}]
    assert from_rows(*rows) == from_rows([("A", "2 B", "0.5 * A")], [("A", 7)])
    (reaction,) = from_rows(*rows).reactions
    assert (reaction.equation, reaction.law) == ("A → 2 B", "0.5 * A")


@pytest.mark.parametrize(
    ("network", "zh", "en"),
    [
        (Network((), (), ()), "至少要有一个物种", "at least one"),
        (Network(("X",), (-1,), ()), "X 的起始数量 -1", "initial amount of X = -1"),
        (Network(("X",), (0,), (Reaction({"Y": 1}, {}, 1.0),)), "第 1 个反应：没有物种 Y", "reaction 1: no species Y"),
        (Network(("X",), (0,), (Reaction({}, {"X": 1}, "k", "in"),)), "第 1 个反应 (in)：k：没有叫这个名字的物种或参数", "reaction 1 (in): k: no species or parameter"),
        (Network(("X",), (9,), (Reaction({"X": 5}, {}, 1.0),)), "第 1 个反应：质量作用律的一个反应中相遇的分子超过 4 个", "reaction 1: more than 4 molecules"),
        (Network(("X",), (0,), (Reaction({}, {"X": 1}, "2.5 - X"),)), "速率 2.5 - X 变成了负数", "the rate law 2.5 - X became negative"),
        (Network(("X",), (0,), (MASS,), rules=(AssignmentRule("y", "X"),), events=(Event("X > 1", (("y", "0"),)),)), "事件给 y 赋值：它必须是物种", "event assigns y"),
    ],
)  # fmt: skip
def test_networks_are_refused_in_both_languages(network: Network, zh: str, en: str) -> None:
    with pytest.raises(NetworkError) as caught:
        simulate(network, [5.0], 20, 1)
    assert en in caught.value.en
    assert zh in caught.value.zh


@pytest.mark.parametrize(
    ("document", "zh"),
    [
        ("a,b\n1,2\n", "第 1 行：不是合格的 XML（语法错误）"),
        ("<sbml>\n<model></sbml>", "第 2 行：不是合格的 XML（开始与结束标签不配对）"),
        ("<html><body/></html>", "第 1 行：不是 SBML：根元素是 <html>，应是 <sbml>"),
        ('<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "第 2 行：不是 SBML：根元素是 <svg>"),
    ],
)
def test_a_file_that_is_no_sbml_is_told_in_chinese(document: str, zh: str) -> None:
    with pytest.raises(NetworkError) as caught:
        load_sbml(document.encode())
    assert caught.value.zh.startswith(zh)


def test_a_fault_that_libsbml_finds_keeps_its_line_and_says_whose_words_these_are() -> None:
    with pytest.raises(NetworkError) as caught:
        load_sbml(b'<?xml version="1.0"?>\n<sbml level="3" version="1">\n</sbml>')
    assert caught.value.zh.startswith("第 2 行：不合 SBML 规范（libSBML 错误 ")
    assert caught.value.en.startswith("line 2: ")


def test_a_document_is_refused_by_the_name_of_its_input() -> None:
    with pytest.raises(NetworkError) as caught:
        load_sbml("<sbml>")
    assert caught.value.input == "sbml"
    assert caught.value.zh.startswith("第 1 行：不是合格的 XML")
    assert caught.value.en.startswith("line 1: not well-formed XML")


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda n: simulate(n, [1.0], 0, 1), "trajectories"),
        (lambda n: simulate(n, [2.0, 1.0], 5, 1), "times"),
        (lambda n: simulate(n, [1.0], 5, -1), "seed"),
        (lambda n: simulate(n, [1.0], 5, 1, method="magic"), "method"),
        (lambda n: simulate(n, range(1, 50_001), 10_000, 1, keep=True), "keep"),
        (lambda n: path(n, -1.0, 1), "horizon"),
        (lambda n: example_distribution("oregonator", 5), "network"),
    ],
)
def test_arguments_are_refused_by_name(call: Any, name: str) -> None:
    with pytest.raises(Refusal) as caught:
        call(Network(("X",), (0,), (MASS,)))
    assert caught.value.input == name
    assert caught.value.zh != caught.value.en
