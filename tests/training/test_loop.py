"""The training loop: a run that was killed goes on as if it had not been; seeds arrive; what is averaged is an average."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning_fabric import Fabric

from gallery.engine.catalog import ROOT
from tests.training.tiny import SCHEDULE, TinyRecipe
from training import command
from training.command import CannotGoOn
from training.loop import CHECKPOINT, LOG, Log, Run, train


def run(folder: Path, seed: int = 0, stop_at: int | None = None) -> Run:
    return train(TinyRecipe(seed), SCHEDULE, seed, folder, device="cpu", stop_at=stop_at)


def weights(done: Run) -> torch.Tensor:
    return torch.cat([v.double().flatten() for v in done.model.state_dict().values()])


def without_times(rows: list[dict[str, float]]) -> list[dict[str, float]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in rows]


@pytest.mark.parametrize("stops", [(17,), (1, 10, 39)])
def test_a_run_stopped_and_resumed_is_bit_for_bit_the_run_that_was_not(tmp_path: Path, stops: tuple[int, ...]) -> None:
    whole = run(tmp_path / "whole")
    for stop in stops:
        run(tmp_path / "parts", stop_at=stop)
    parts = run(tmp_path / "parts")
    assert torch.equal(weights(parts), weights(whole))
    assert without_times(parts.rows) == without_times(whole.rows)
    assert without_times(Log(tmp_path / "parts" / LOG).rows()) == without_times(whole.rows)


def test_a_killed_process_leaves_a_run_that_goes_on(tmp_path: Path) -> None:
    """SIGKILL while it trains and saves at every step; what is there then is a whole checkpoint, and its log is no longer than it."""

    def command(folder: Path, steps: int) -> list[str]:
        return [sys.executable, "-m", "tests.training.tiny", str(folder), str(steps)]

    folder, whole = tmp_path / "killed", tmp_path / "whole"
    process = subprocess.Popen(command(folder, 10_000_000), cwd=ROOT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while not (folder / "sheets" / "0000010.png").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    reached = int(torch.load(folder / CHECKPOINT, weights_only=True)["step"])
    assert reached > 0
    for place in (folder, whole):  # in processes alike: another number of threads may round otherwise
        subprocess.run(command(place, reached + 7), cwd=ROOT, stderr=subprocess.DEVNULL, check=True)
    resumed, straight = (torch.load(place / CHECKPOINT, weights_only=True) for place in (folder, whole))
    assert resumed["step"] == straight["step"] == reached + 7
    for part in ("model", "average"):
        assert all(torch.equal(resumed[part][key], value) for key, value in straight[part].items())
    assert without_times(Log(folder / LOG).rows()) == without_times(Log(whole / LOG).rows())


def test_rows_after_the_checkpoint_are_measured_anew(tmp_path: Path) -> None:
    """A kill may come between the log and the checkpoint: rows that the resumed run has not reached must go."""
    whole, parts = run(tmp_path / "whole"), tmp_path / "parts"
    run(parts, stop_at=9)
    earlier = (parts / CHECKPOINT).read_bytes()
    run(parts, stop_at=25)
    (parts / CHECKPOINT).write_bytes(earlier)
    assert without_times(run(parts).rows) == without_times(whole.rows)


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_checkpoint_that_was_cut_off_is_said(tmp_path: Path, share: float) -> None:
    run(tmp_path, stop_at=9)
    whole = (tmp_path / CHECKPOINT).read_bytes()
    (tmp_path / CHECKPOINT).write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(CannotGoOn, match=r"checkpoint\.ckpt is damaged .* move it away to begin anew"):
        run(tmp_path)


def test_what_a_caller_can_mend_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def main() -> None:
        raise CannotGoOn("runs/x holds another run")

    monkeypatch.setattr(sys, "argv", ["recipe"])
    with pytest.raises(SystemExit) as ended:
        command.run(main)
    assert ended.value.code == 2
    assert capsys.readouterr().err == "runs/x holds another run\n"


def test_every_step_of_every_seed_draws_other_numbers(tmp_path: Path) -> None:
    drawn: list[float] = []

    class Watched(TinyRecipe):
        def step(self, fabric: Fabric, parts: Mapping[str, Any], batch: int, rng: torch.Generator) -> Any:
            drawn.append(float(torch.rand(1, generator=rng)))
            return super().step(fabric, parts, batch, rng)

    for seed in range(2):
        train(Watched(seed), SCHEDULE, seed, tmp_path / str(seed), device="cpu")
    assert len(drawn) == len(set(drawn)) == 2 * SCHEDULE.steps


def test_the_seed_arrives(tmp_path: Path) -> None:
    first, same, other = (weights(run(tmp_path / str(k), seed)) for k, seed in enumerate((0, 0, 1)))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)


def test_the_averaged_weights_are_the_warm_exponential_average(tmp_path: Path) -> None:
    """By hand: a decay of min(0.9, (1 + n) / (10 + n)) after n updates, begun with the first weights."""
    seen: list[torch.Tensor] = []

    class Watched(TinyRecipe):
        def step(self, *given: object) -> object:  # type: ignore[override]
            losses = super().step(*given)  # type: ignore[arg-type]
            seen.append(self.model[0].weight.detach().clone())
            return losses

    done = train(Watched(0), SCHEDULE, 0, tmp_path, device="cpu")  # type: ignore[arg-type]
    average = seen[0]
    for n, current in enumerate(seen[1:], 1):
        decay = min(0.9, (1 + n) / (10 + n))
        average = decay * average + (1 - decay) * current
    assert torch.allclose(done.model.state_dict()["0.weight"], average, atol=1e-6)


def test_a_folder_with_another_run_is_refused(tmp_path: Path) -> None:
    run(tmp_path, stop_at=3)
    with pytest.raises(ValueError, match="other settings"):
        run(tmp_path, seed=1)
    with pytest.raises(ValueError, match="other settings"):
        train(TinyRecipe(0), replace(SCHEDULE, batch=9), 0, tmp_path, device="cpu")
    with pytest.raises(ValueError, match="holds a run of 3 steps already: more than 2"):
        train(TinyRecipe(0), replace(SCHEDULE, steps=2), 0, tmp_path, device="cpu")


def test_a_longer_schedule_goes_on_with_the_run_there_is(tmp_path: Path) -> None:
    run(tmp_path)
    longer = train(TinyRecipe(0), replace(SCHEDULE, steps=60), 0, tmp_path, device="cpu")
    assert [row["step"] for row in longer.rows][-3:] == [40, 50, 60]


def test_a_loss_that_is_not_finite_ends_the_run(tmp_path: Path) -> None:
    with pytest.raises(FloatingPointError, match="step 10: the loss is not finite"):
        train(TinyRecipe(0, spoil_at=10), SCHEDULE, 0, tmp_path, device="cpu")


def test_weights_that_are_not_finite_are_not_kept(tmp_path: Path) -> None:
    """Spoilt between two looks, while every step is saved: the last good checkpoint stays and the run goes on from it."""

    class Spoilt(TinyRecipe):
        def step(self, *given: object) -> object:  # type: ignore[override]
            losses = super().step(*given)  # type: ignore[arg-type]
            if self.steps == 7:
                self.model[0].weight.data[0] = float("inf")
            return losses

    with pytest.raises(FloatingPointError, match="step 7: a weight is not finite"):
        train(Spoilt(0), SCHEDULE, 0, tmp_path / "spoilt", device="cpu")  # type: ignore[arg-type]
    assert int(torch.load(tmp_path / "spoilt" / CHECKPOINT, weights_only=True)["step"]) == 6
    assert torch.equal(weights(run(tmp_path / "spoilt")), weights(run(tmp_path / "whole")))


def test_the_library_s_own_launcher_runs_it_on_two_processes(tmp_path: Path) -> None:
    """Data-parallel, killed after five steps and resumed: both processes end with the same weights, those of a whole run.

    Their clocks disagree on when to save, as those of two machines do; the first one's counts.
    """
    script = tmp_path / "two.py"
    script.write_text(
        "import os, sys, time, torch\nfrom pathlib import Path\nfrom dataclasses import replace\n"
        "if os.environ['LOCAL_RANK'] == '1':\n    time.monotonic = lambda: 0.0\n"
        "from tests.training.tiny import SCHEDULE, TinyRecipe\nfrom training.loop import train\n"
        "folder, rank = Path(sys.argv[1]), os.environ['LOCAL_RANK']\n"
        "schedule = replace(SCHEDULE, steps=12)\n"
        "for name, stop in (('parts', 5), ('parts', None), ('whole', None)):\n"
        "    recipe = TinyRecipe(0)\n"
        "    train(recipe, schedule, 0, folder / name, device='cpu', stop_at=stop)\n"
        "    torch.save([p.detach() for p in recipe.model.parameters()], folder / f'{name}-{rank}.pt')\n"
    )
    launched = subprocess.run(
        [sys.executable, "-m", "lightning_fabric.cli", "--accelerator=cpu", "--devices=2", "--strategy=ddp", f"--main-port={_free_port()}", str(script), str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False, env=_environment(),
    )  # fmt: skip
    assert launched.returncode == 0, launched.stderr[-2000:]
    assert "distributed_backend=gloo" in launched.stderr + launched.stdout
    ends = [torch.load(tmp_path / f"{name}-{rank}.pt") for name in ("parts", "whole") for rank in (0, 1)]
    for other in ends[1:]:
        assert all(torch.equal(a, b) for a, b in zip(ends[0], other, strict=True))
    alone = train(TinyRecipe(0), replace(SCHEDULE, steps=12), 0, tmp_path / "alone", device="cpu").model
    assert not torch.equal(ends[0][0], alone.state_dict()["0.weight"])  # twice the pictures: another run
    averages = [torch.load(tmp_path / name / CHECKPOINT, weights_only=True)["average"] for name in ("parts", "whole")]
    assert all(torch.equal(averages[0][key], averages[1][key]) for key in averages[0])
    assert [row["step"] for row in Log(tmp_path / "parts" / LOG).rows()] == [1, 2, 5, 10, 12]


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "GLOO_SOCKET_IFNAME": "lo"}


def test_the_best_evaluation_is_kept_and_not_the_last(tmp_path: Path) -> None:
    """The measure is least at step 20 by its making; a run that was stopped and resumed gives the same as one that was not."""
    halfway = next(row["at one"] for row in run(tmp_path / "plain").rows if row["step"] == 20)

    class Passing(TinyRecipe):
        def evaluate(self, model: Any) -> Any:
            measures, sheet = super().evaluate(model)
            return {"error": abs(measures["at one"] - halfway)}, sheet

    schedule = replace(SCHEDULE, keep="error")
    done = train(Passing(0), schedule, 0, tmp_path / "whole", device="cpu")
    assert done.step == 20
    assert Passing(0).evaluate(done.model)[0]["error"] == 0
    assert done.rows[-1]["error"] > 0
    assert [path.name for path in (tmp_path / "whole").glob("best-*")] == ["best-0000020.ckpt"]
    for stop in (7, 23, 40):
        parts = train(Passing(0), schedule, 0, tmp_path / "parts", device="cpu", stop_at=stop)
        assert parts.step == min(stop, 20) if stop > 7 else parts.step <= 7
    assert parts.step == done.step
    assert torch.equal(weights(parts), weights(done))
    (tmp_path / "whole" / "best-0000020.ckpt").write_bytes(b"cut off")
    with pytest.raises(CannotGoOn, match=r"best-0000020\.ckpt is damaged"):
        train(Passing(0), schedule, 0, tmp_path / "whole", device="cpu")
