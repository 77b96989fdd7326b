"""Letters of one shape are one letter, and another maker is one, wherever they stand."""

from hypothesis import given, settings
from hypothesis import strategies as st

from handlers.goods.letters import fold
from handlers.goods.matching import Match, match
from handlers.goods.products import load_products
from tests.handlers.goods.lines import BRANDS, LISTED, NO_GOODS, OTHER_MAKERS, REGISTERED

PRODUCTS = load_products()
#: Letters of one shape, and those that differ by a dot or a language only.
SHAPES = (
    "АA", "ВB", "СCЅS", "ЕEЁЄЭ", "НHN", "ІIИЇЙЫ", "КK", "МM", "ОO", "РP", "ТT", "ХX", "УYЎ", "ГҐ",
    "ЦU", "ЗZ", "ьъ", "аa", "сc", "еeёєэ", "іiиїйы", "оo", "рp", "хx", "уy", "гґ",
)  # fmt: skip
SAME = {letter: shape for shape in SHAPES for letter in shape}

#: But for a «Київ» cut to «Киї», which counts letter by letter: folded it is «№10» misread.
CLEAR = [
    name
    for name in (*LISTED, *REGISTERED, *BRANDS, *OTHER_MAKERS, *NO_GOODS)
    if not name.endswith("Киї")
]
#: As they stand behind names of goods.
OTHER_MAKERS_WORDS = (
    " Здоров'я", "-ЗДОРОВ'Я", " Фармак", "-ТЕВА", " (Лубнифарм)", " Монфарм", "-БХФЗ", " Київ",
    " ФФ Віола", " Галичфарм", " Артеріум", " Стома", ", Київ", " Борщагівський ХФЗ", " КРКА",
    " Астрафарм", "-НОВОФАРМ", " Байєр", " Київ. вітамінний з-д",
)  # fmt: skip
#: Tied by a dash to three letters of a name: «р-н» is a solution.
CODES = ("КВ", "КР", "ЗН", "МБ", "СБ", "М", "Ф", "В", "У", "Н", "Л", "К")
OURS = LISTED + BRANDS


@st.composite
def mixed(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a name, and the same with some of its letters in another alphabet."""
    name = draw(st.sampled_from(CLEAR))
    letters = [draw(st.sampled_from(SAME[letter])) if letter in SAME else letter for letter in name]
    return name, "".join(letters)


@given(both=mixed())
@settings(max_examples=500, deadline=None)
def test_an_alphabet_changes_no_verdict(both: tuple[str, str]) -> None:
    """Neither for our goods nor for what only looks like them."""
    name, printed = both
    assert fold(printed) == fold(name)
    assert match(printed, PRODUCTS) is match(name, PRODUCTS)


@given(
    ours=st.sampled_from(OURS),
    maker=st.sampled_from(OTHER_MAKERS_WORDS),
    pack=st.sampled_from(["", " №10", " табл. 500 мг", " р-н д/ін. амп."]),
    last=st.booleans(),
)
@settings(max_examples=500, deadline=None)
def test_another_makers_word_is_never_outweighed(
    ours: str, maker: str, pack: str, last: bool
) -> None:
    """Not even by Darnitsa's own: two makers are for a person at most."""
    line = f"{ours}{pack}{maker}" if last else f"{ours}{maker}{pack}"
    assert match(line, PRODUCTS) is not Match.DARNITSA


@given(
    ours=st.sampled_from([name for name in OURS if name[-3:].isalpha()]),
    code=st.sampled_from(CODES),
    pack=st.sampled_from(["", " №10", " табл. 500 мг"]),
)
@settings(max_examples=300, deadline=None)
def test_another_makers_code_behind_a_name_is_never_outweighed(
    ours: str, code: str, pack: str
) -> None:
    """«ЦИТРАМОН ЕКСТРА-КВ» is nothing that Darnitsa makes."""
    assert match(f"{ours}-{code}{pack}", PRODUCTS) is not Match.DARNITSA
