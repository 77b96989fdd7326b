"""What a printed row is. Pure.

Layouts are free, words are not: order 13 of the Ministry of Finance fixes most of them.
Words are compared folded and with the slips that their length forgives.
"""

import re
from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from itertools import takewhile

from handlers.goods.letters import distance, fold, words_of
from handlers.reading.meaning.amounts import last_sum, multiplier_of, sums_of
from handlers.reading.meaning.moments import day_of
from handlers.reading.meaning.wording import Wording


class Kind(Enum):
    """The kinds of row a receipt is made of."""

    RULE = "a drawn line"
    HEADER = "seller, shop, address, tax numbers, register, cashier"
    ADVERT = "what the shop has to say: greetings, offers, loyalty programmes"
    MULTIPLIER = "quantity x price"
    PRICED = "text and a sum"
    TEXT = "anything else"
    META = "code or barcode of an item"
    DISCOUNT = "a reduction"
    VOID = "a cancelled line"
    SUBTOTAL = "a sum before discounts"
    TOTAL = "what the receipt comes to"
    TAX = "VAT"
    PAYMENT = "how it was paid"
    ROUNDING = "cash brought to ten kopecks"
    DATE = "a date"
    END = "the closing mark"


#: Fields and items ask of the same rows: both readings of a long receipt.
_REMEMBERED_MAX = 256
#: Any of these words in a row without a price makes it a header row.
_HEADER_WORDS = frozenset(
    map(fold, (
        "ТОВ", "ТЗОВ", "ФОП", "ПРАТ", "ПАТ", "ООО", "ДП", "КП", "АПТЕКА", "АПТЕЧНИЙ", "МАГАЗИН",
        "КАСИР", "КАССИР", "ОПЕРАТОР", "КАСА", "ПРРО", "РРО", "ЧЕК", "ЄДРПОУ", "ІПН",
        "ВУЛ", "ВУЛИЦЯ", "БУЛЬВАР", "БУЛ", "ПРОСП", "ПРОСПЕКТ", "ШОСЕ", "БУДИНОК", "БУД", "РАЙОН",
        "МІСТО", "ТРЦ", "РИНОК", "ПЛОЩА", "УКРАЇНА", "ОБЛ", "ОБЛАСТЬ", "ТЕЛ", "ТЕЛЕФОН",
        "ПЕЧАТАЛ", "ОФІЦІАНТ", "СТІЛ", "ЛНД", "ТІН", "МЕТРО", "ВОКЗАЛ", "ПРОВІЗОР", "ФАРМАЦЕВТ",
        "СУПЕРМАРКЕТ", "ШОССЕ", "УЛ", "УЛИЦА",
    ))
)  # fmt: skip
#: Longer ones are known with a slip too: a street must never become a name.
_HEADER_LONG = Wording(
    "МАГАЗИН", "ОПЕРАТОР", "АПТЕЧНИЙ", "ВУЛИЦЯ", "БУЛЬВАР", "ПРОСПЕКТ", "БУДИНОК",
    "УКРАЇНА", "ОБЛАСТЬ", "ПРОВІЗОР", "ФАРМАЦЕВТ", "ВОКЗАЛ",
)  # fmt: skip
_HEADER_LABEL = re.compile(
    r"^\W*(?:ПН|ИД|ФН|ЗН|ИПН|ТИН|Д/Ч)\W{0,3}\s*[А-Я]{0,2}[\dОЗ]{4,}"
    r"|\bПН\s*\d{9,12}|\bФН\W*\d{8,}|^\W*\w{0,2}\s?КАСИР\W"
)
#: «Дарницький р-н» is a district; «Кветіапін р-н» and «Кветіапін-Дарниця р-н» are solutions.
_CITY = re.compile(
    r"(?:^|\s)М\s?\.\s?[А-Я]{3,}|[СЦ]Ь?К[А-Я]{1,2}\s+Р\s?-\s?Н\b|,\s*Р-Н|\bПЛ\s?\.\s?[А-Я]{4,}"
    r"|\bСТ\s?\.\s?М\b"
)
#: Words of greetings and offers. A medicine has a pack or a dose beside its name.
_ADVERT_WORDS = Wording(
    "КУПУЙ", "КУПУЙТЕ", "КУПУЮЧИ", "АКЦІЯ", "АКЦИЯ", "ДЯКУЄМО", "СПАСИБО", "БОНУС", "БОНУСИ",
    "БОНУСІВ", "ЗАПРОШУЄМО", "ВІТАЄМО", "ЗАВІТАЙТЕ", "ЗУСТРІЧІ", "ПРИХОДЬТЕ", "ГАРЯЧА",
    "ПРОМОКОД", "НАРАХОВАНО", "БАЛАНС", "ПРОГРАМА", "ЛОЯЛЬНОСТІ", "ПОВЕРНЕННЯ", "ДОСТУПНО",
    "ПОПЕРЕДНЬО", "РАХУНКАХ", "ДОБРОГО", "ОНЛАЙН", "ГАМАНЦІ", "РЕКЛАМА", "ЗАМОВЛЯЙТЕ",
    "ЗНИЖКА", "ЗНИЖКИ", "ЗНИЖКУ", "СКИДКА",
    "ДІЗНАЙТЕСЬ", "ДІЗНАЙТЕСЯ", "НАЙКРАЩОГО", "ШАНОВНИЙ", "ШАНОВНІ", "ПОКУПКУ", "ВИГРАЙ",
)  # fmt: skip
_SITE = re.compile(r"WWW|НТТР|\w\s?\.\s?(?:[UУЦ]А|СОМ|НЕТ)\b")
_PACK = re.compile(r"№\s?\d|\bN\s?\d|\d\s?(?:МГ|МЛ|ШТ|МКГ|ТАБ|КГ|ГР?|Л)\b|ТАБЛ|КАПС|\bАМП\b")
_DOSE = re.compile(r"\d\s?(?:МГ|МЛ|МКГ|ТАБ)\b|\bТАБЛ|\bКАПС|\bАМП\b")
#: Marks before a total: the edge of the paper is read as a letter or two.
_STRAYS_MAX, _STRAY_SIGNS_MAX = 2, 2
_TOTAL_WORDS = Wording("ВСЬОГО", "УСЬОГО", "РАЗОМ", "ИТОГО", "ВСЕГО")
_TO_PAY = Wording("СПЛАТИ", "ОПЛАТЕ", "ОПЛАТИ")
_BEFORE_TO_PAY = Wording("СУМА", "ДО", "СУММА", "К")
_SUM_WORD = fold("СУМА")
_SUM = Wording("СУМА", "СУММА")
_NOT_TOTAL = Wording("ЗНИЖКИ", "ЕКОНОМІЯ", "ЗАОЩАДЖЕНО", "НАЙКРАЩОГО", "ДОБРОГО")
#: «Акція» is one letter from «акциз».
_OFFER = fold("АКЦІЯ")
#: «Сумка» is sold; it is one slip away from «сумма».
_BAG = fold("СУМКА")
_TAX_WORDS = Wording("ПДВ", "НДС", "ПОДАТОК", "ПОДАТКУ", "ПОДАТКИ", "АКЦИЗ", "ОБІГ", "ОБОРОТ")
_PAYMENT_WORDS = Wording(
    "ГОТІВКА", "ГОТІВКОЮ", "БЕЗГОТІВКОВА", "БЕЗГОТІВКОВИЙ", "КАРТКА", "КАРТКОЮ", "РЕШТА",
    "ЕКВАЙР", "ТЕРМІНАЛ", "АВТОРИЗАЦІЇ", "ТРАНЗАКЦІЯ", "ПЛАТІЖНА", "НАЛИЧНЫЕ", "СДАЧА",
    "ОПЛАТА", "СПЛАЧЕНО", "ЕПЗ", "ОДЕРЖАНО", "КАРТА", "ЗДАЧА", "ВНЕСЕНО", "ОТРИМАНО", "ОПЛАЧЕНО",
)  # fmt: skip
_BANK_WORDS = Wording(
    "ТРАНЗ", "ТЕРМІНАЛ", "ЕКВАЙРА", "ПЛАТІЖНА", "КОМІСІЯ", "БЕЗГОТІВКОВА", "MASTERCARD", "VISA",
    "ПРИВАТБАНК", "ТОРГОВЕЦЬ", "ЕКВАЙР", "БАНК",
)  # fmt: skip
_DISCOUNT_WORDS = Wording("ЗНИЖКА", "ДИСКОНТ", "СКИДКА", "ЗНИЖКИ", "КУПОН", "ЗНИЖКОЮ", "ЗНИЖОК")
_COUPON = fold("КУПОН")
_SUBTOTAL_WORDS = Wording("ПІДСУМОК", "ПРОМІЖНА", "ПРОМІЖНИЙ", "ПОДЫТОГ", "ПІДІТОГ")
_VOID_WORDS = Wording("СТОРНО", "АНУЛЬОВАНО", "АНУЛЮВАННЯ", "СКАСОВАНО", "ВІДМІНЕНО")
_ROUNDING_WORDS = Wording("ЗАОКРУГЛЕННЯ", "ОКРУГЛЕННЯ", "ОКРУГЛЕНИЯ", "ЗАОКРУГЛЕНО")
_META = re.compile(
    r"^\W*(?:КОД\s+)?УКТ\s?ЗЕД|^\W*Ш\s?[/.]?\s?К\b"
    r"|^\W*Ш?ТРИХ|^\W*АРТИКУЛ|^\W*[ЧО]?УКТЗЕД|^\W*КОД\s+[УЧЦ]\s?К"
)
#: Fonts of registers make these letters of those.
_MISREAD = str.maketrans("ЧЯ", "УА")
#: «АРТ.№ 2009» begins a name; these labels stand alone.
_ARTICLE, _CUSTOMS = Wording("АРТИКУЛ", "ШТРИХКОД"), Wording("УКТЗЕД")
#: Thirteen signs, nearly all of them digits, behind a label of a few.
_WORN_CODE = re.compile(r"\W*[^\W\d]{0,2}\W?[^\W\d]{1,2}\W*(?=(?:\D?\d){9})[4-6З]\w{12,13}\W*")
_CURRENCY = re.compile(r"ГРН|ТРН|РРН|UАН|УАН|₴")
_AFTER_PRICE_LETTERS_MAX = 3
_RULE = re.compile(r"[\W_]*")
_LETTER_RATE = re.compile(r"\W*[А-Я]\s?\d{1,2}(?:[.,]\d+)?\s?%")
_CASHIER = Wording("КАСИР", "КАССИР", "КАСА", "ОПЕРАТОР", "ПРОВІЗОР")
_END_MARK = Wording("ФІСКАЛЬНИЙ", "НЕФІСКАЛЬНИЙ", "ВИДАТКОВИЙ")
_CHECK = Wording("ЧЕК")


@lru_cache(maxsize=_REMEMBERED_MAX)
def kind_of(text: str) -> Kind:
    """Return the kind of one row."""
    if _is_rule(text):
        return Kind.RULE
    folded, words = fold(text), words_of(text)
    named = _named_kind(folded, words, text)
    if named is not None:
        return named
    return _kind_by_figures(text, folded, words)


def _is_rule(text: str) -> bool:
    """Tell a drawn line, also one that was read as letters («--—-ее--»)."""
    drawn = sum(not sign.isalnum() and not sign.isspace() for sign in text)
    if bool(_RULE.fullmatch(text)) or (len(text) >= 8 and drawn > 0.6 * len(text)):
        return True
    signs = text.replace(" ", "")
    return len(signs) >= 10 and len(set(signs)) <= 5 and drawn > 0.25 * len(signs)


def _named_kind(folded: str, words: list[str], text: str) -> Kind | None:
    """Return the kind that words alone tell; the first that holds."""
    labelled = _HEADER_LABEL.search(folded)
    if _META.search(folded) or (not labelled and _is_code(words, text)):
        return Kind.META
    if _is_tax(folded, words):
        return Kind.TAX
    if _SUBTOTAL_WORDS.among(words[:2]) or "БЕЗ ЗНИЖ" in folded:
        return Kind.SUBTOTAL
    if _is_discount(words, text):
        return Kind.DISCOUNT
    if _is_total(words):
        return Kind.TOTAL
    return next((kind for kind, tells in _BY_WORDS if tells(words)), None)


def _is_code(words: list[str], text: str) -> bool:
    """Tell the row of a code with a slip in its label: «Ш/Кк: 4823…», «ЯРТИКУА: 11172»."""
    if _ARTICLE.among([word.translate(_MISREAD) for word in words[:1]]) or _CUSTOMS.among(
        words[:2]
    ):
        return any(map(str.isdigit, text))
    return _WORN_CODE.fullmatch(text) is not None


def _is_payment(words: list[str]) -> bool:
    return _PAYMENT_WORDS.among(words[:2]) or _BANK_WORDS.among(words[:4])


def _is_rounding(words: list[str]) -> bool:
    return _ROUNDING_WORDS.among([*words[:2], "".join(words[:2])])


def _is_end(words: list[str]) -> bool:
    return _END_MARK.among(words) and _CHECK.among(words)


def _kind_by_figures(text: str, folded: str, words: list[str]) -> Kind:
    multiplier = multiplier_of(text)
    if multiplier is not None and _letters_outside(text, multiplier.start, multiplier.end) < 3:
        return Kind.MULTIPLIER
    if _HEADER_LABEL.search(folded) or _CASHIER.among(words[:2]):
        return Kind.HEADER
    if day_of(text) is not None:
        return Kind.DATE
    price = last_sum(text)
    if price is not None and _ends_there(folded[price.end :]):
        return Kind.PRICED
    return _kind_by_words(folded, words)


def _ends_there(rest: str) -> bool:
    """Tell whether a price is followed by its currency and VAT letter at most."""
    rest = _CURRENCY.sub("", rest)
    if sum(map(str.isdigit, rest)) > 1:  # one may be a VAT letter
        return False
    return sum(map(str.isalpha, rest)) <= _AFTER_PRICE_LETTERS_MAX


def is_packed(text: str) -> bool:
    """Tell a name with a pack or a dose, as goods have it and greetings do not."""
    return _PACK.search(fold(text)) is not None


def _kind_by_words(folded: str, words: list[str]) -> Kind:
    packed = _PACK.search(folded) is not None
    if not packed and (_ADVERT_WORDS.among(words) or _SITE.search(folded)):
        return Kind.ADVERT
    #: worn figures beside a dose look like short words: «табл. п/о тов т.їв»
    head = words[:1] if _DOSE.search(folded) else words
    header = any(word in _HEADER_WORDS for word in head) or _CITY.search(folded)
    streets = not packed and _HEADER_LONG.among(words)
    return Kind.HEADER if header or streets else Kind.TEXT


def _letters_outside(text: str, start: int, end: int) -> int:
    rest = text[:start] + text[end:]
    return sum(sign.isalpha() for sign in rest)


def _is_tax(folded: str, words: list[str]) -> bool:
    head = [word for word in words[:3] if word != _OFFER]
    return bool(_LETTER_RATE.match(folded)) or _TAX_WORDS.among(head)


def _is_discount(words: list[str], text: str) -> bool:
    """Tell a reduction; a coupon is one only when it takes off, else it is sold for a kopeck."""
    if not _DISCOUNT_WORDS.among(words[:3]):
        return False
    found = sums_of(text)
    if words[0] == _COUPON:
        return bool(found) and found[-1].kopecks < 0
    return bool(found) or len(words) <= 3


def _is_total(words: list[str]) -> bool:
    """Tell the total, also behind stray marks («4 ВСЬОГО», «М. СУМА ДО СПЛАТИ»)."""
    return any(_begins_total(words[strays:]) for strays in range(_strays_before(words) + 1))


def _strays_before(words: list[str]) -> int:
    """Return how many leading words may be specks or an edge read as letters."""
    lengths = (len(word) for word in words[:_STRAYS_MAX])
    return sum(1 for _ in takewhile(lambda length: length <= _STRAY_SIGNS_MAX, lengths))


def _begins_total(words: list[str]) -> bool:
    """Tell the words of a total; one in words of another row («сума податку») is none."""
    head = words[:3]
    if _BAG in head or _NOT_TOTAL.among(words):
        return False
    if _TOTAL_WORDS.among(head[:1]):
        return True
    if _TO_PAY.among(head) and _BEFORE_TO_PAY.among(head):
        return True
    return (_SUM.among(head[:2]) and len(words) <= 5) or _is_worn_sum(words)


def _is_worn_sum(words: list[str]) -> bool:
    """Tell «СУМА» with one slip, alone beside figures: «УМА 332.65», «СЧМЯ 124.10»."""
    named = [word for word in words if any(map(str.isalpha, word))]
    if len(named) != 1 or words[0] != named[0] or not 3 <= len(named[0]) <= 5:
        return False
    return len(words) > 1 and distance(named[0].translate(_MISREAD), _SUM_WORD, at_most=1) <= 1


#: Kinds told by a word wherever it stands, the commonest last.
_BY_WORDS: tuple[tuple[Kind, Callable[[list[str]], bool]], ...] = (
    (Kind.VOID, _VOID_WORDS.among),
    (Kind.ROUNDING, _is_rounding),
    (Kind.PAYMENT, _is_payment),
    (Kind.END, _is_end),
)
