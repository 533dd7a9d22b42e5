"""Numbers of the page on the invertible ResNet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gallery.outputs import Metric
from gallery.page import Say
from pages.flow._i_resnet_inputs import TERMS

if TYPE_CHECKING:
    from core.flow.i_resnet.determinant import Series
    from core.flow.i_resnet.inversion import Inversion
    from core.flow.i_resnet.learning import Learnt
    from core.flow.i_resnet.views import Norms, TakenBack
    from core.flow.i_resnet.warp import Warped


def warp(y: Warped, say: Say) -> list[Metric]:
    """The likelihood beside its bound, and how exact the way back is."""
    return [
        Metric(
            say("负对数似然", "Negative log-likelihood"),
            y.nll,
            say("nat / 点，4096 个新点", "nats a point, 4096 fresh points"),
        ),
        Metric(
            say("目标的熵", "Entropy of the target"),
            y.entropy,
            say("期望意义下任何模型的下限", "no model's mean gets below"),
        ),
        Metric(
            say("x → z → x 的误差", "Error of x → z → x"),
            f"{y.back:.1e}",
            say("坐标的最大误差", "largest of a coordinate"),
        ),
        Metric(say("训练步数", "Steps of training"), y.steps, say("模型卡", "card")),
    ]


def fixed(y: Inversion, iterations: int, c: float, say: Say) -> list[Metric]:
    """The error and its bound, and whether the map folds."""
    error, bound = y.errors[iterations], y.bounds[iterations]
    facts = [
        Metric(say(f"{iterations} 次后的误差", f"Error after {iterations}"), _small(error)),
        Metric(say("界 cⁿ/(1−c)·‖x₁−x₀‖", "Bound cⁿ/(1−c)·‖x₁−x₀‖"), _small(bound) if c < 1 else say("没有", "none")),
        Metric(say("det(I+J) 的最小值", "Smallest det(I + J)"), y.least, say("≤ 0 即折叠（图中着色）", "0 or less: folded, shaded")),
    ]  # fmt: skip
    if y.product:
        facts.append(Metric(say("各层范数之积", "Product of the layers' norms"), y.product, say("Lip(g) 的上界，宽松", "an upper bound of Lip(g), a loose one")))  # fmt: skip
    return facts


def determinant(y: Series, terms: int, say: Say) -> list[Metric]:
    """Bias and its bound, and the deviation of the estimate."""
    k = terms - 1
    return [
        Metric(
            say("目标上的偏差", "Bias over the target"),
            f"{y.biases[k]:+.1e}",
            say("级数 − 精确值的平均", "mean of series minus exact"),
        ),
        Metric(
            say("余项界", "Bound of the remainder"),
            f"{y.bounds[k]:.1e}",
            say("用各层范数之积", "by the product of the layers' norms"),
        ),
        Metric(
            say("估计的标准差", "Sd of the estimate"),
            y.sds[k],
            say(
                "闭式：√(2‖S‖²/K)，S 为对称部分；±1 时去掉对角线",
                "closed form √(2‖S‖²/K), S the symmetric part, without its diagonal for ±1",
            ),
        ),
        Metric(say("400 次估计的标准差", "Sd of 400 estimates"), float(y.spread)),
    ]


def training(y: Learnt, terms: str, say: Say) -> list[Metric]:
    """The exact likelihood, what the objective says, and the entropy."""
    return [
        Metric(
            say("负对数似然（精确）", "Negative log-likelihood, exact"),
            y.last.nll,
            say("nat / 点，2048 个新点", "nats a point, 2048 fresh points"),
        ),
        Metric(
            say("目标函数所说", "What the objective says"),
            y.last.objective,
            say(f"ln det 用{TERMS[terms].zh}", f"ln det by {TERMS[terms].en}"),
        ),
        Metric(say("目标的熵", "Entropy of the target"), y.entropy, say("下限", "no model gets below")),
    ]


def digits(y: TakenBack, say: Say) -> list[Metric]:
    """Test errors and parameters of both networks."""
    ours, plain = y.models
    seeds = say("各种子：", "by seeds: ")
    return [
        Metric(
            say("i-ResNet 测试错误率", "i-ResNet, test error"),
            f"{ours.test_error:.2%}",
            seeds + _shares(ours.test_errors),
        ),
        Metric(
            say("ResNet 测试错误率", "ResNet, test error"),
            f"{plain.test_error:.2%}",
            seeds + _shares(plain.test_errors),
        ),
        Metric(say("参数", "Parameters"), ours.parameters, say("两者相同", "the same in both")),
    ]


def norms(y: Norms, side: int, say: Say) -> list[Metric]:
    """The operator norm, that of the reshaped kernel, and power iterations."""
    return [
        Metric(say("算子范数", "Operator norm"), y.exact, say(f"{side} 像素", f"at {side} pixels")),
        Metric(say("核铺平后的范数", "Norm of the reshaped kernel"), y.reshaped, say("不是上界", "no bound")),
        Metric(
            say("幂迭代 1 / 5 / 30 次", "Power iterations: 1 / 5 / 30"),
            " / ".join(f"{y.powers[k]:.3f}" for k in (0, 4, 29)),
            say("总是偏低", "always too low"),
        ),
    ]


def _small(value: float) -> str:
    return f"{value:.1e}" if value > 0 else "< 1e-13"


def _shares(values: tuple[float, ...]) -> str:
    return ", ".join(f"{value:.2%}" for value in values)
