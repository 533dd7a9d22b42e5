"""Plain functions on a cluster: what they give and raise arrives as it is, and spread trajectories are the same bit for bit."""

from __future__ import annotations

import operator
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.cluster import HERE, Raised, RayExecutor, executor
from core.refusal import Refusal
from core.settings import BadSetting
from core.stats.gillespie import NetworkError, simulate
from core.stats.gillespie.__main__ import main
from core.stats.gillespie.networks import examples
from core.weights import NotStored, WeightsError
from tests.core.stats.test_gillespie_sbml import BIRTH_DEATH, RATES, model
from tests.gallery.engine.ray_cluster import needs_ray
from tests.gallery.engine.works import refuse

MODEL = model(parameters=RATES, reactions="".join(BIRTH_DEATH))


@pytest.fixture(scope="module")
def pool() -> Iterator[RayExecutor]:
    with executor("engine", HERE, 2) as made:
        yield made


@pytest.mark.parametrize(
    "error", [Refusal("大", "large", input="n", value=3), NetworkError("错", "wrong"), WeightsError("缺", "missing"), NotStored("满", "full")]
)  # fmt: skip
def test_an_exception_survives_the_way(error: Exception) -> None:
    again = Raised.of(error).again()
    assert type(again) is type(error) and str(again) == str(error)


def test_what_cannot_be_pickled_is_named() -> None:
    error = ValueError(lambda: 0)
    assert isinstance(Raised.of(error).error, RuntimeError) and "ValueError" in str(Raised.of(error).error)


def test_an_executor_cannot_keep_single_trajectories(fresh_caches: None) -> None:
    example = next(iter(examples().values()))
    with pytest.raises(ValueError, match="must be False with an executor"):
        simulate(example.network, [0.0, 1.0], 10, 1, keep=True, executor=object())  # type: ignore[arg-type]


def test_an_unknown_engine_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m.xml").write_bytes(MODEL)
    with pytest.raises(SystemExit) as ended:
        main([str(tmp_path / "m.xml"), "--csv", str(tmp_path / "a.csv"), "--engine", "spark"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "engine = spark: must be local, ray or ray://host:port" in said and said.count("\n") == 1
    assert not (tmp_path / "a.csv").exists()


@pytest.mark.usefixtures("pool")
class TestOnACluster:
    pytestmark = needs_ray

    def test_a_function_runs_and_refuses_there(self, pool: RayExecutor) -> None:
        assert pool.submit(operator.add, 2, 3).result() == 5
        with pytest.raises(Refusal, match="n = 30: too large"):
            pool.submit(refuse, 30).result()

    def test_the_table_is_the_same_byte_for_byte(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("core.cluster.leave", lambda: None)  # the cluster is the other tests' too
        (tmp_path / "m.xml").write_bytes(MODEL)
        for name in ("local", "ray"):
            given = [str(tmp_path / "m.xml"), "--trajectories", "3000", "--csv", str(tmp_path / f"{name}.csv")]
            assert main([*given, "--engine", name]) == 0
        assert (tmp_path / "local.csv").read_bytes() == (tmp_path / "ray.csv").read_bytes()


def test_an_address_that_nobody_listens_at_is_refused() -> None:
    with pytest.raises(BadSetting, match=r"engine = ray://127\.0\.0\.1:9"), executor("engine", "ray://127.0.0.1:9"):
        pass
