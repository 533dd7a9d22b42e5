"""Where the data sets come from and under what licence: what the cards of the weights repeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["SOURCES", "Source"]


@dataclass(frozen=True, slots=True)
class Source:
    """One data set in words: ``text`` says what it is and whose, ``licence`` under what it may be used."""

    text: str
    licence: str


SOURCES: Mapping[str, Source] = {
    "cats64": Source(
        "cats64: 12 000 frontal cat faces at 64x64, github.com/AnnikaV9/cat-dataset (the fferlito set); every 24th held out",
        "repository MIT; upstream mix of Oxford Pets (CC BY-SA), COCO and Flickr (CC), Pixabay, Kaggle cats",
    ),
    "toonfaces64": Source(
        "toonfaces64: 8 000 cartoon portraits at 64x64 drawn with DiceBear (Avataaars by Pablo Stanley); every 24th held out",
        "art free for personal and commercial use (Pablo Stanley); code MIT",
    ),
    "toonfaces64b": Source(
        "toonfaces64b: 2 000 portraits at 64x64 drawn with DiceBear (Adventurer by Lisa Wischofsky)", "CC BY 4.0"
    ),
    "emoji64": Source("emoji64: 1 688 Noto emoji at 64x64, github.com/googlefonts/noto-emoji", "Apache-2.0"),
    "flowers64": Source(
        "flowers64: 3 670 flower photographs of five kinds, TensorFlow flowers", "CC BY 2.0 for each photograph"
    ),
    "cifar32_10k": Source(
        "cifar32_10k: 10 000 pictures of ten kinds of objects at 32x32, a part of CIFAR-10; 1 500 held out",
        "no formal licence; cite Krizhevsky 2009",
    ),
    "fashion28": Source(
        "fashion28: 30 000 of Fashion-MNIST's training pictures, github.com/zalandoresearch/fashion-mnist", "MIT"
    ),
    "mnist28": Source(
        "MNIST: 60 000 training digits, in a black frame where a model has more than 28x28 pixels; the 10 000 test digits held out",
        "CC BY-SA 3.0",
    ),
    "couplets_tang5": Source(
        "132 996 couplets of five characters a line from 全唐诗, github.com/chinese-poetry/chinese-poetry; one in fifty held out",
        "MIT; texts in the public domain",
    ),
    "couplets_tang7": Source(
        "60 231 couplets of seven characters a line from 全唐诗, github.com/chinese-poetry/chinese-poetry; one in fifty held out",
        "MIT; texts in the public domain",
    ),
    "prose": Source(
        "24 classical novels (github.com/luoxuhai/chinese-novel) and 663 pieces by Lu Xun (github.com/KumaTea/LuXunRobot), 12.5 million "
        "characters; one text in fifty held out; counts ship, no text does",
        "MIT (novels); texts in the public domain",
    ),
    "verse and prose": Source(
        "325 000 poems of Tang and Song, ci and qu (github.com/chinese-poetry/chinese-poetry), 24 classical novels "
        "(github.com/luoxuhai/chinese-novel) and 663 pieces by Lu Xun (github.com/KumaTea/LuXunRobot): 32 million characters; one text in fifty held out",
        "MIT (poems, novels); texts in the public domain",
    ),
    "sentiment_bojone": Source(
        "the post's author's own shop reviews, good or bad, in his split: 16 883 for training, 2 111 for validation, 2 111 held out for the test "
        "(github.com/bojone/bert4keras, examples)",
        "repository Apache-2.0; the texts are customers' reviews",
    ),
    "fairy tales": Source(
        "fairy tales with their words set apart: CMRC2017 (github.com/ymcui/cmrc2017: cloze validation 2 000 questions, user questions 2 000) "
        "and CFT (github.com/ymcui/Chinese-Cloze-RC: 4 659 questions); the cloze validation set is for testing alone, of the rest a tenth of the documents held out",
        "CC BY-SA 4.0",
    ),
    "rc_extractive": Source(
        "11 238 questions on passages of Wikipedia: CMRC 2018 (development and trial sets, github.com/ymcui/cmrc2018) and DRCD (development and "
        "test sets, github.com/DRCKnowledgeTeam/DRCD), simplified; one article in ten for validation, one in ten held out. Characters' first vectors "
        "also from 663 pieces by Lu Xun (github.com/KumaTea/LuXunRobot)",
        "CC BY-SA 4.0 (CMRC 2018); CC BY-SA 3.0 (DRCD)",
    ),
}
