"""Questions written for this page, put to a table of vectors: which of two words is nearer, and analogies.

They were written before any vector was looked at for its answer, on people, places and things of the novels; how many are
answered stands on the cards. A question with a word that the vocabulary lacks is left out and counted.
"""

from __future__ import annotations

from core.text.vectors import WordVectors

__all__ = ["ANALOGIES", "BLANKS", "NEARER", "answered", "nearer"]

NEARER = (
    ("宝玉", "黛玉", "宋江"), ("宝玉", "宝钗", "曹操"), ("凤姐", "贾母", "武松"), ("袭人", "晴雯", "李逵"), ("贾政", "宝玉", "八戒"),
    ("宋江", "吴用", "贾母"), ("武松", "李逵", "唐僧"), ("林冲", "鲁智深", "宝钗"), ("吴用", "宋江", "袭人"),
    ("曹操", "刘备", "行者"), ("孔明", "玄德", "凤姐"), ("孙权", "周瑜", "沙僧"), ("吕布", "董卓", "黛玉"), ("张飞", "关公", "贾政"),
    ("行者", "八戒", "曹操"), ("唐僧", "沙僧", "宋江"), ("大圣", "妖怪", "丫鬟"), ("菩萨", "观音", "知县"),
    ("酒", "茶", "剑"), ("刀", "枪", "花"), ("马", "驴", "书"), ("船", "水", "轿子"), ("父亲", "母亲", "城池"), ("哥哥", "弟弟", "山寨"),
    ("丫鬟", "小姐", "将军"), ("和尚", "道士", "银子"), ("皇帝", "太子", "豆腐"), ("山东", "山西", "眼泪"), ("江南", "苏州", "强盗"),
    ("东", "西", "肉"), ("春", "秋", "刀"), ("红", "绿", "兵"), ("欢喜", "高兴", "烧饼"), ("大怒", "大喜", "桌子"), ("银子", "钱", "天"),
    ("知县", "知府", "月亮"), ("衣服", "鞋", "大王"), ("笑", "哭", "南"), ("打", "杀", "诗"), ("三", "四", "爱"),
)  # fmt: skip
"""(a, b, c): a is nearer to b than to c. A guess is right half of the time."""

ANALOGIES = (
    ("父亲", "母亲", "哥哥", "嫂嫂"), ("父亲", "母亲", "公公", "婆婆"), ("儿子", "女儿", "哥哥", "姐姐"), ("丈夫", "妻子", "父亲", "母亲"),
    ("东", "西", "南", "北"), ("上", "下", "前", "后"), ("春", "夏", "秋", "冬"), ("大", "小", "长", "短"), ("三", "四", "五", "六"),
    ("宝玉", "黛玉", "唐僧", "行者"), ("宋江", "吴用", "刘备", "孔明"), ("曹操", "许褚", "刘备", "张飞"), ("行者", "八戒", "宝玉", "袭人"),
    ("知县", "县", "知府", "府"), ("和尚", "寺", "道士", "观"), ("刀", "砍", "箭", "射"), ("酒", "饮", "饭", "吃"), ("马", "骑", "船", "坐"),
    ("老爷", "太太", "公子", "小姐"), ("皇帝", "皇后", "大王", "夫人"),
)  # fmt: skip
"""(a, b, c, x): a is to b as c is to x."""


BLANKS = (
    ("行者掣出金箍__，望妖精劈头就打", "棒"), ("取出五十两__，送与老爹", "银子"), ("且听下回__", "分解"), ("曹操引大军十万，来取__", "荆州"),
    ("知县升堂，叫左右打了四十__", "板"), ("宋江便叫小喽罗杀牛宰__，大吃筵席", "马"), ("那和尚双手合十，念了一声阿弥陀__", "佛"), ("二人大战三十余__，不分胜负", "合"),
    ("丫鬟捧上__来，老爷接过喝了一口", "茶"), ("店家筛了一碗__，武松一饮而尽", "酒"), ("贾母听了，心中十分__", "欢喜"), ("天色已晚，且在此歇宿一__，明日早行", "夜"),
    ("大圣拔下一根__，吹口仙气，叫变", "毫毛"), ("张飞大怒，挺枪出马，直取__", "吕布"), ("小姐含羞低__，不发一言", "头"), ("三藏合掌道，阿弥陀佛，徒弟，休要伤人__命", "性"),
    ("只见一个老者，手持拐杖，须发皆__", "白"), ("孔明摇着羽扇，笑道，吾自有妙__", "计"), ("宝玉和黛玉在园中看__", "花"), ("众将得令，各自领__去了", "兵"),
)  # fmt: skip
"""Sentences written for this page, and the word that was meant."""


def nearer(vectors: WordVectors) -> tuple[int, int]:
    """(right, asked) of NEARER."""
    ids = vectors.ids
    asked = [tuple(ids[word] for word in three) for three in NEARER if all(word in ids for word in three)]
    return sum(vectors.cosine(a, b) > vectors.cosine(a, c) for a, b, c in asked), len(asked)


def answered(vectors: WordVectors) -> dict[str, float]:
    """For the card: how many questions are answered."""
    right, asked = nearer(vectors)
    ids = vectors.ids
    known = [four for four in ANALOGIES if all(word in ids for word in four)]
    ranks = [vectors.analogy(ids[a], ids[b], ids[c], 10).rank(x) for a, b, c, x in known]
    return {
        "nearer of two: right": right,
        "nearer of two: asked": asked,
        "analogies: first": sum(rank == 1 for rank in ranks),
        "analogies: among ten": sum(rank is not None for rank in ranks),
        "analogies: asked": len(known),
        "questions left out (unknown word)": len(NEARER) + len(ANALOGIES) - asked - len(known),
    }
