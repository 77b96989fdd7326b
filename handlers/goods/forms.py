"""Words that say in what form a good is sold, and not which good it is."""

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
