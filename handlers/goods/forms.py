"""Words that say in what form a good is sold, and not which good it is."""

from collections.abc import Sequence

from handlers.goods.letters import fold

#: As print shortens them, folded: of a line that has nothing else («табл. 100 мг») the name was
#: lost.
FORMS = frozenset(
    map(fold, (
        "ТАБ", "ТАБЛ", "ТАБЛЕТКИ", "КАПС", "КАПСУЛИ", "МАЗЬ", "КРЕМ", "ГЕЛЬ", "АМП", "КРАП",
        "КРАПЛІ", "СУП", "СУПП", "СПРЕЙ", "СИРОП", "РОЗЧИН", "ПАК", "ТУБА", "КОНТ", "ЧАР",
        "ПОР", "СУСП", "НАЗ",
    ))
)  # fmt: skip

#: Beside these, what many names begin with or are made out of.
FILLERS = FORMS | frozenset(
    map(fold, (
        "АЕРОЗОЛЬ", "АМПУЛИ", "БАЛЬЗАМ", "ВІД", "ГРАНУЛИ", "ДИТЯЧИЙ", "ДІТЕЙ", "ДЛЯ", "ДОРОСЛИХ",
        "ДРАЖЕ", "ЕКСТРАКТ", "ЕМУЛЬСІЯ", "З", "ІН'ЄКЦІЙ", "КАПЛИ", "КРАПЕЛЬ", "ЛІНІМЕНТ", "ЛОСЬЙОН",
        "МАСЛО", "НАБІР", "НАСТОЙКА", "НАСТОЯНКА", "ОЛІЯ", "ПАСТА", "ПЛАСТИР", "ПО", "ПОРОШОК",
        "ПРИ", "РАСТВОР", "СВІЧКИ", "СУПОЗИТОРІЇ", "СУСПЕНЗІЯ", "ТАБЛЕТОК", "ФЛ", "ШАМПУНЬ", "ШТ",
        "В", "ДО", "І", "НА", "Р", "Н", "УП",
    ))
)  # fmt: skip


def own_words(words: Sequence[str]) -> tuple[str, ...]:
    """Return those of folded ``words`` that no form, dose or count is told by."""
    return tuple(word for word in words if word not in FILLERS and not word[0].isdigit())
