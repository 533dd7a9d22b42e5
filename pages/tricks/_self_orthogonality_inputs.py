"""What the tabs on self-orthogonality have in common: penalties, names of measures, and how many batches."""

from __future__ import annotations

from gallery.page import t

MODULE, GAN = t("自正交模块", "Self-orthogonality"), t("BigGAN 惩罚", "BigGAN's penalty")
PENALTIES = {"signs": MODULE, "biggan": GAN, "frobenius": t("‖WᵀW − I‖²", "‖WᵀW − I‖²")}
PACKINGS = {"signs": MODULE, "biggan": GAN, "largest": t("压最大的 |cos|", "The largest |cos|")}
MEAN_SQUARE, ACCURACY = t("输出的 ϑ² 均值", "Mean ϑ² of outputs"), t("测试准确率", "Test accuracy")
REPEATS = 1500  # batches of two vectors
