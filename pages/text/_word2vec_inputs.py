"""What the page on Word2Vec lets its reader choose, and what its texts begin with."""

from __future__ import annotations

from gallery.page import t

TABLES = {
    "cbow": t("CBOW，随机 softmax（输入 v）", "CBOW, random softmax (input v)"),
    "skip-gram": t("跳字模型，负采样（输入 v）", "Skip-gram, negative sampling (input v)"),
    "output": t("CBOW（输出 u）", "CBOW (output u)"),
}
WORDS = ("宝玉", "曹操", "行者", "武松", "和尚", "酒", "欢喜", "寶釵")
BLANKS = (
    "丫鬟捧上__来，老爷接过喝了一口",
    "取出五十两__，送与老爹",
    "行者掣出金箍__，望妖精劈头就打",
    "二人大战三十余__，不分胜负",
    "曹操引大军十万，来取__",
    "要知後事如何，且聽下回__",
)
OWN = (
    "春天来了，河边的柳树绿了，孩子们在河边放风筝。夏天来了，河边的柳树更绿了，孩子们在河里游泳。"
    "秋天来了，山上的枫树红了，孩子们在山上捡叶子。冬天来了，山上的松树白了，孩子们在山上堆雪人。"
    "春天的风吹绿了柳树，秋天的风吹红了枫树。夏天的雨落在河里，冬天的雪落在山上。"
    "孩子们喜欢春天的风筝，也喜欢冬天的雪人；喜欢夏天的河，也喜欢秋天的山。"
)
