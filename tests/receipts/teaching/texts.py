"""What the lines say: rows of made-up receipts, words, names with a slip, figures, signs."""

import string
from collections.abc import Callable, Iterator
from random import Random

from msgspec import Struct

from handlers.reading.pixels.signs import SIGNS
from tests.receipts import making
from tests.receipts.goods import goods_of
from tests.receipts.names import printed
from tests.receipts.teaching.words import dictionary, stems

#: Longer texts are cut: a batch is as wide as its longest.
_LENGTH_MAX = 44
_MAKERS = ("Дарниця", "ДАРНИЦЯ", "дарниця", "Дарница", "ДАРН", "Дарни", "Дарниц", "Варниця",
           "ЧОРНИЦЯ", "ДАРНИЦЬКИЙ", "Здоров'я", "ФАРМАК", "Лубнифарм")  # fmt: skip
_LETTERS = "АБВГҐДЕЄЖЗИІЇЙКЛМНОПРСТУФХЦЧШЩЬЮЯ"
_DRAWN = string.ascii_letters + string.digits + "-_"
_UNITS = ("мг", "мл", "г", "шт", "табл.", "таб.", "амп.", "капс.", "уп", "№", "N", "№10", "№20",
          "р-н", "д/ін.", "в/о", "п/о", "крем", "мазь", "гель", "фл.", "%")  # fmt: skip


class Said(Struct, frozen=True, kw_only=True):
    """One row to print; runs of blanks part its columns."""

    text: str
    tall: float = 1.0


def texts(chance: Random) -> Iterator[Said]:
    """Yield rows for ever."""
    rows: list[Said] = []
    others = (_phrase, _slipped, _figures, _drawn, _name, _noise)
    weights = (22, 10, 14, 6, 12, 3)
    while True:
        if chance.random() < 0.5:
            rows = rows or _receipt(chance)
            said = rows.pop(chance.randrange(len(rows)))
        else:
            said = Said(text=chance.choices(others, weights)[0](chance))
        if part := _part(said.text.strip(), chance).strip():
            yield Said(text=part, tall=said.tall)


def _part(text: str, chance: Random) -> str:
    """Return the text, or a part of it that begins and ends with a word."""
    if len(text) <= _LENGTH_MAX and chance.random() < 0.6:
        return text
    begin = chance.randrange(max(1, len(text) - 8))
    begin = text.rfind(" ", 0, begin + 1) + 1
    cut = text[begin : begin + chance.randint(10, _LENGTH_MAX)]
    whole = cut.rsplit(" ", 1)[0] if begin + len(cut) < len(text) and " " in cut.strip() else cut
    return whole or text[:_LENGTH_MAX]


def _receipt(chance: Random) -> list[Said]:
    register = chance.choices(making.REGISTERS, [each.weight for each in making.REGISTERS])[0]
    sold, style = making.styled(register, "known", chance)
    lines = register.layout(sold, style, chance, [])
    if chance.random() < 0.12:
        lines = [making.mixed(line, chance) for line in lines]
    said = [Said(text=line.text.strip(), tall=line.tall / line.wide) for line in lines if line.text]
    return [one for one in said if any(map(str.isalnum, one.text)) or chance.random() < 0.1]


def _phrase(chance: Random) -> str:
    words = [_cased(chance.choice(dictionary()), chance) for _ in range(chance.randint(1, 4))]
    words = [word + (chance.choice(".,:;!-") if chance.random() < 0.12 else "") for word in words]
    if chance.random() < 0.3:
        words.insert(chance.randint(0, len(words)), chance.choice(_UNITS))
    if chance.random() < 0.25:
        words.insert(chance.randint(0, len(words)), _figures(chance))
    return " ".join(words)


def _cased(word: str, chance: Random) -> str:
    return chance.choice((word.upper(), word.upper(), word.lower(), word.capitalize()))


def _name(chance: Random) -> str:
    goods = goods_of("known")
    kind = chance.choice([kind for kind in goods if goods[kind]])
    upper = chance.random() < 0.5
    name = printed(chance.choice(goods[kind]), chance, upper=upper,
                   cut_at=chance.choice((None, 30, 40)))  # fmt: skip
    return name if chance.random() < 0.7 else f"{name} {_figures(chance)}"


def _slipped(chance: Random) -> str:
    """Return a name some of whose letters are others: the network must not say what it expects."""
    word = chance.choice(stems())
    maker = chance.choice(_MAKERS)
    text = f"{word}{chance.choice(('-', ' ', '-', ' - '))}{maker}"
    signs = list(text.upper() if chance.random() < 0.5 else text)
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(signs))
        letter = chance.choice(_LETTERS)
        change = chance.random()
        if change < 0.6:
            signs[place] = letter if signs[place].isupper() else letter.lower()
        elif change < 0.8:
            signs[place] = ""
        else:
            signs[place] += signs[place]
    return "".join(signs)


def _figures(chance: Random) -> str:
    made: tuple[Callable[[Random], str], ...] = (
        _money, _money, _product, _moment, _moment, _number, _number, _barcode, _quantity, _rate,
    )  # fmt: skip
    return chance.choice(made)(chance)


def _money(chance: Random) -> str:
    kopecks = chance.choice((chance.randint(1, 99_999), chance.randint(1000, 9_999_999),
                             chance.randint(1, 99) * 1000))  # fmt: skip
    point = chance.choice("..,")
    text = f"{kopecks // 100}{point}{kopecks % 100:02d}"
    tail = chance.choice(("", "", " А", " Б", " В", "В", "А", " грн", " ГРН", " UAH", " ₴"))
    return chance.choice(("", "", "", "=", "-", "= ")) + text + tail


def _product(chance: Random) -> str:
    times = chance.choice(("х", "Х", "x", "*", " х ", " X ", " x "))
    quantity = chance.choice((f"{chance.randint(1, 20)}", f"{chance.randint(1, 9)}.000",
                              f"0.{chance.randint(1, 999):03d}"))  # fmt: skip
    return f"{quantity}{times}{_money(chance)}"


def _moment(chance: Random) -> str:
    day, month, year = chance.randint(1, 31), chance.randint(1, 12), chance.randint(2016, 2029)
    mark = chance.choice("..-/")
    date = f"{day:02d}{mark}{month:02d}{mark}{year}"
    if chance.random() < 0.15:
        date = f"{year}-{month:02d}-{day:02d}"
    hour, minute, second = chance.randint(0, 23), chance.randint(0, 59), chance.randint(0, 59)
    mark = chance.choice("::-")
    time = f"{hour:02d}{mark}{minute:02d}" + (
        f"{mark}{second:02d}" if chance.random() < 0.7 else ""
    )
    return chance.choice((date, time, f"{date} {time}", f"{date} {time}"))


def _number(chance: Random) -> str:
    length = chance.choice((3, 4, 5, 6, 8, 10, 10, 12))
    digits = "".join(chance.choices("0123456789", (25, *[10] * 9), k=length))
    head = chance.choice(("", "", "ФН ", "ЗН ", "№ ", "№", "ЧЕК № ", "ІД ", "ПН ", "ЧЕК ФН ", "АТ"))
    return head + digits


def _barcode(chance: Random) -> str:
    digits = chance.choice(("482", "590", "400", "")) + "".join(chance.choices(string.digits, k=10))
    return chance.choice(("", "Штрих-код:", "ШК ", "Ш/К: ", "ш/к ")) + digits


def _quantity(chance: Random) -> str:
    return f"{chance.randint(1, 999)} {chance.choice(_UNITS)}"


def _rate(chance: Random) -> str:
    rate = chance.choice(("7%", "20%", "7.00%", "20.00%", "0,00%", "14 %"))
    return f"{chance.choice(('ПДВ', 'ПДВ А', 'ПДВ Б', 'В', 'А'))} {rate}"


def _drawn(chance: Random) -> str:
    if chance.random() < 0.3:
        word = "".join(chance.choices(string.ascii_lowercase, k=chance.randint(3, 9)))
        ending = chance.choice((".ua", ".com.ua", ".com", "/check", "@mail.ua"))
        return chance.choice(("www.", "https://", "")) + word + ending
    return "".join(chance.choices(_DRAWN, k=chance.randint(6, 14)))


def _noise(chance: Random) -> str:
    return "".join(chance.choices(SIGNS, k=chance.randint(3, 16))).strip()
