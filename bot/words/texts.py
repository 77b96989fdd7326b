"""The sentences in three languages, and how each of them writes money, times and counts.

They stand in ``locales/<code>/LC_MESSAGES/bot.po`` and nowhere else. A msgid is the text's key
("receipt.paid"); places in braces are filled by name.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import get_args

from babel.dates import format_datetime
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_currency
from babel.support import Translations

from eventstore.catalogue import Locale
from eventstore.identity import KYIV

LOCALES = Path(__file__).parent.parent / "locales"
DOMAIN = "bot"
#: The first one is spoken to whoever's language we do not have.
CODES: tuple[Locale, ...] = get_args(Locale)

#: The sign behind, as Ukrainians write it; the space does not break.
_MONEY = "#,##0.00\u00a0₴"
_MOMENT = "d MMM, HH:mm"


class TextUnknown(LookupError):
    """There is no such text in a language."""

    def __init__(self, key: str, locale: Locale) -> None:
        self.key = key
        self.locale = locale
        super().__init__(f"no text {key!r} in {locale!r}: add it to locales/{locale}")


class PlacesUnfilled(LookupError):
    """A text has a place that nothing was given for."""

    def __init__(self, key: str, place: str) -> None:
        self.key = key
        self.place = place
        super().__init__(f"the text {key!r} wants a value for {{{place}}}")


class Texts:
    """One language: its sentences, and how it writes numbers."""

    def __init__(self, locale: Locale, catalog: Catalog) -> None:
        """Take what ``catalog`` holds; what is fuzzy or empty counts as missing."""
        self.locale = locale
        self._single, self._counted = _keys(catalog)
        compiled = BytesIO()
        write_mo(compiled, catalog)
        compiled.seek(0)
        self._translations = Translations(compiled, domain=DOMAIN)

    def __call__(self, key: str, **values: str) -> str:
        """Return the text at ``key`` with its places filled.

        Raises ``TextUnknown`` and ``PlacesUnfilled``.
        """
        return _filled(key, self._translations.gettext(self._one_of(self._single, key)), values)

    def plural(self, key: str, count: int, **values: str) -> str:
        """Return the form of the text at ``key`` that ``count`` asks for; it fills {count}.

        Raises as a call does.
        """
        told = self._translations.ngettext(self._one_of(self._counted, key), key, count)
        return _filled(key, told, {"count": str(count), **values})

    def knows(self, key: str) -> bool:
        """Tell whether there is a text at ``key``."""
        return key in self.keys

    @property
    def keys(self) -> frozenset[str]:
        """The keys of all texts."""
        return self._single | self._counted

    def money(self, kopecks: int) -> str:
        """Return an amount as ``1 234,50 ₴``; the spaces do not break."""
        hryvnias = Decimal(kopecks) / 100
        return format_currency(hryvnias, "UAH", format=_MONEY, locale=self.locale)

    def moment(self, moment: datetime) -> str:
        """Return day and time in Kyiv, as ``27 лист., 14:05``."""
        return format_datetime(moment.astimezone(KYIV), _MOMENT, locale=self.locale)

    def _one_of(self, keys: frozenset[str], key: str) -> str:
        if key not in keys:
            raise TextUnknown(key, self.locale)
        return key


def load_texts(folder: Path = LOCALES) -> dict[Locale, Texts]:
    """Read every language; raises ``OSError`` where one is missing."""
    return {locale: Texts(locale, _catalog(folder, locale)) for locale in CODES}


def locale_of(language_code: str | None) -> Locale:
    """Return which of our languages to speak by the language of a Telegram app.

    Ukrainian to whoever's we do not have, Belarusians and Kazakhs included: that they read
    Russian better is for them to say, by ``/language``.
    """
    code = (language_code or "").replace("_", "-").partition("-")[0].lower()
    return next((locale for locale in CODES if locale == code), CODES[0])


def _catalog(folder: Path, locale: Locale) -> Catalog:
    with (folder / locale / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=locale, domain=DOMAIN, abort_invalid=True)


def _keys(catalog: Catalog) -> tuple[frozenset[str], frozenset[str]]:
    """Return the keys of the texts that do not count, and of those that do."""
    told = [each for each in catalog if each.id and not each.fuzzy and _is_told(each.string)]
    return (
        frozenset(each.id for each in told if isinstance(each.id, str)),
        frozenset(each.id[0] for each in told if not isinstance(each.id, str)),
    )


def _is_told(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


def _filled(key: str, text: str, values: Mapping[str, str]) -> str:
    try:
        return text.format(**values)
    except KeyError as error:
        raise PlacesUnfilled(key, str(error.args[0])) from error
