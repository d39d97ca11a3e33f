"""Names are found by their initials and by their sound, each character by all its readings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangdi.link.hanzi import load_hanzi
from wangdi.link.pinyin import is_lettered, part_syllables, spell_names

NAMES = (
    "王建国", "王健國", "王 建国", "汪建国", "国建王", "王建", "单雄信", "乐嘉", "张乐", "曾志伟", "吕布",
    "西安", "先知", "欧阳娜娜",
    "阿卜杜拉买买提", "John Smith", "王芳之女", "李?", "", "重阳", "解放", "覃茜",
)  # fmt: skip


def found(word: str) -> set[str]:
    spelt = spell_names(NAMES)
    return {spelt.texts[place] for place in spelt.find(word)}


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("wjg", {"王建国", "王健國", "王 建国", "汪建国"}),
        ("WJG", {"王建国", "王健國", "王 建国", "汪建国"}),
        ("wj", {"王建"}),
        ("wangjianguo", {"王建国", "王健國", "王 建国", "汪建国"}),
        ("jianguo", {"王建国", "王健國", "王 建国", "汪建国"}),
        ("guojian", {"国建王"}),
        ("sxx", {"单雄信"}),
        ("dxx", {"单雄信"}),
        ("cxx", {"单雄信"}),
        ("yj", {"乐嘉"}),
        ("lj", {"乐嘉"}),
        ("zhangle", {"张乐"}),
        ("zhangyue", {"张乐"}),
        ("zengzhiwei", {"曾志伟"}),
        ("cengzhiwei", {"曾志伟"}),
        ("lvbu", {"吕布"}),
        ("lubu", {"吕布"}),
        ("lübu", {"吕布"}),
        ("lyubu", {"吕布"}),
        ("xian", {"西安", "先知"}),
        ("xi'an", {"西安", "先知"}),
        ("oynn", {"欧阳娜娜"}),
        ("ouyangnana", {"欧阳娜娜"}),
        ("ouyangnuonuo", {"欧阳娜娜"}),
        ("abudulamaimaiti", {"阿卜杜拉买买提"}),
        ("qinxi", {"覃茜"}),
        ("tanqian", {"覃茜"}),
        ("xx", set()),
        ("xyz", set()),
        ("wangjiang", set()),
        ("q", set()),
        ("", set()),
    ],
)
def test_a_word_of_letters_finds_names(word: str, names: set[str]) -> None:
    assert found(word) == names


def test_what_may_be_pinyin() -> None:
    assert all(is_lettered(word) for word in ("wj", "WANG", "xi'an", "lü"))
    assert not any(is_lettered(word) for word in ("", "w", "王", "D-3", "9901", "wang1", "é"))


def test_a_word_is_parted_in_every_way() -> None:
    syllables = load_hanzi().syllables
    said = {tuple(syllables[number] for number in way) for way in part_syllables("xianan")}
    assert said >= {("xian", "an"), ("xi", "a", "nan"), ("xi", "an", "an"), ("xia", "nan")}
    assert part_syllables("bcd") == []
    assert len(part_syllables("ananananan")) <= 64
    assert part_syllables("a" * 1000) == []


def test_no_names_at_all() -> None:
    assert spell_names(()).find("wjg").tolist() == []


@given(st.text(st.sampled_from("王张单乐曾建国丽娜茜覃欧阳長國"), min_size=2, max_size=4))
def test_a_name_is_found_by_the_first_reading_of_its_characters(name: str) -> None:
    hanzi = load_hanzi()
    plain = [hanzi.syllables[hanzi.sound[hanzi.plain[ord(one)]]] for one in name]
    spelt = spell_names((name,))
    settled = name[:2] in hanzi.compounds  # a surname of two characters is read in one way
    if not settled:
        assert spelt.find("".join(plain)).tolist() == [0]
        assert spelt.find("".join(one[0] for one in plain)).tolist() == [0]
