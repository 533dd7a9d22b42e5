"""``python -m core.stats.gillespie MODEL.xml --times 0:50:51 --trajectories 10000 --seed 1 --csv OUT.csv``.

Simulates an SBML model and writes columns time, <species>-mean, <species>-sd. Bad input: one line on stderr, exit 2,
nothing written. What a reader of the table must know (a reaction that can never happen, a constraint that was broken):
one line each on stderr, and the table all the same. ``--engine ray`` or ``ray://host:port`` spreads the trajectories over the
workers of a Ray cluster: the same numbers, bit for bit.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import NoReturn

import numpy as np

from core.cluster import LOCAL, executor
from core.refusal import Refusal
from core.settings import BadSetting
from core.stats.gillespie import NetworkError, load_sbml, simulate
from core.stats.gillespie.network import Network
from core.stats.gillespie.result import Result


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {' '.join(message.split())}", file=sys.stderr)
        raise SystemExit(2)


def main(arguments: list[str] | None = None) -> int:
    """Run the command; returns the exit status."""
    parser = _Parser(prog="python -m core.stats.gillespie", description="Exact stochastic simulation of an SBML model.")
    parser.add_argument("model", type=Path, help="SBML Level 1, 2 or 3")
    parser.add_argument("--times", default="0:50:51", help="start:stop:points, both ends included")
    parser.add_argument("--trajectories", type=_whole, default=10_000)
    parser.add_argument("--seed", type=_whole, default=1)
    parser.add_argument("--csv", type=Path, required=True, help="where the table goes")
    parser.add_argument("--report", choices=("amount", "concentration"), default="amount")
    parser.add_argument("--engine", default=LOCAL, help="local | ray | ray://host:port")
    given = parser.parse_args(arguments)
    try:
        times = _times(given.times)
        if given.csv.is_dir() or not given.csv.parent.is_dir():
            raise Refusal(
                "必须是已有文件夹里的一个文件", "must be a file in a folder that exists", input="csv", value=given.csv
            )
        network = load_sbml(given.model, report=given.report)
        result = _simulated(network, times, given)
    except OSError as error:
        parser.error(f"model = {given.model}: {error.strerror}")
    except BadSetting as error:
        parser.error(str(error))
    except NetworkError as error:
        parser.error(f"model = {given.model}: {error.en}")
    except Refusal as error:
        parser.error(str(error))
    try:
        _write(given.csv, result)
    except OSError as error:
        parser.error(f"csv = {given.csv}: {error.strerror}")
    for _, notice in result.notices:
        print(f"{parser.prog}: notice: {notice}", file=sys.stderr)
    return 0


def _simulated(network: Network, times: np.ndarray, given: argparse.Namespace) -> Result:
    if given.engine == LOCAL:
        return simulate(network, times, given.trajectories, given.seed)
    with executor("engine", given.engine) as pool:
        return simulate(network, times, given.trajectories, given.seed, threads=pool.workers, executor=pool)


def _write(path: Path, result: Result) -> None:
    """Write the table beside its place and then move it there: a failure leaves nothing, or what was there."""
    header = ["time", *(f"{name}-{what}" for name in result.species for what in ("mean", "sd"))]
    values = np.stack([result.mean, result.sd], 2).reshape(len(result.times), -1)
    beside = path.with_name(f".{path.name}.part")
    try:
        with beside.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(header)
            for t, row in zip(result.times, values, strict=True):
                writer.writerow([repr(float(t)), *(repr(float(v)) for v in row)])
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text}: must be a whole number") from None


def _times(text: str) -> np.ndarray:
    parts = text.split(":")
    try:
        start, stop, points = float(parts[0]), float(parts[1]), int(parts[2])
        if len(parts) != 3 or not (0 <= start < stop < np.inf and 2 <= points <= 100_000):
            raise ValueError
    except (ValueError, IndexError):
        raise Refusal(
            "必须是 起:止:点数，如 0:50:51，0 <= 起 < 止，点数 2 到 100000",
            "must be start:stop:points, as 0:50:51, with 0 <= start < stop and 2 to 100000 points",
            input="times", value=text,
        ) from None  # fmt: skip
    return np.linspace(start, stop, points)


if __name__ == "__main__":
    sys.exit(main())
