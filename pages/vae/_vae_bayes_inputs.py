"""The models that the tabs on VAE-2 choose from."""

from __future__ import annotations

from gallery.page import t

__all__ = ["EVERY", "MODEL", "TWO"]

MODEL = t("模型", "Model")
TWO = {"learned": t("高斯，σ² 学出", "Gaussian, σ² learned"), "bernoulli": t("伯努利", "Bernoulli")}
EVERY = {
    **TWO,
    **{f"sigma-{v}": t(f"高斯，σ² = {v:g}", f"Gaussian, σ² = {v:g}") for v in (0.001, 0.005, 0.02, 0.08, 0.3, 1.0)},
}
