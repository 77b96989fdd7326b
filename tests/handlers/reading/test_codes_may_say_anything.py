"""A QR may say anything: what is taken from it is sound, whatever stands there."""

from datetime import datetime
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as some

from eventstore.identity import KYIV
from handlers.reading.meaning.payload import are_contradictory, parse_payload

LINK = "https://cabinet.tax.gov.ua/cashregs/check?"
NAMES = ["id", "fn", "date", "time", "sm", "sum", "fd"]

hostile = some.text(
    alphabet=some.characters(exclude_categories=["Cs"]), max_size=60
) | some.sampled_from(
    ["0", "9" * 400, "\x00", "٣٠٠٠", "..", "-1", "1e9", "&", "=", ";", "#", "%00", "NaN", "²"]
)


@given(payload=some.text(max_size=1200))
def test_any_text_is_read_without_a_fault(payload: str) -> None:
    """Whatever a QR says."""
    code = parse_payload(payload)
    assert code is None or code.text in payload


@given(
    names=some.lists(some.sampled_from(NAMES), max_size=9),
    values=some.lists(hostile, min_size=9, max_size=9),
    raw=some.booleans(),
)
def test_hostile_parameters_give_sound_fields_or_none(
    names: list[str], values: list[str], raw: bool
) -> None:
    """Encoded properly or pasted as they are."""
    pairs = list(zip(names, values, strict=False))
    query = "&".join(f"{name}={value}" for name, value in pairs) if raw else urlencode(pairs)
    code = parse_payload(LINK + query)
    if code is None:
        return
    assert code.total_kopecks is None or 0 <= code.total_kopecks <= 1_000_000_000
    assert code.purchased_at is None or code.purchased_at.tzinfo is KYIV
    number = code.fiscal_number
    assert number is None or (len(number) == 10 and number.isascii() and number.isdigit())
    assert code.receipt_number is None or code.receipt_number.isascii()


@given(
    kopecks=some.integers(0, 1_000_000_000),
    at=some.datetimes(datetime(2016, 1, 1), datetime(2099, 12, 31)),  # noqa: DTZ001 - Kyiv's clock
    number=some.integers(1, 10**10 - 1),
    register=some.integers(3_000_000_000, 4_999_999_999),
)
def test_each_form_says_what_was_printed(
    kopecks: int, at: datetime, number: int, register: int
) -> None:
    """Link, semicolons and plain text of one receipt are three prints of the same facts."""
    hryvnias = f"{kopecks // 100}.{kopecks % 100:02d}"
    link = f"{LINK}fn={register}&id={number}&sm={hryvnias}&date={at:%Y%m%d}&time={at:%H%M%S}"
    plain = f"FN{register} N{number} ={hryvnias} {at.day:2}.{at:%m.%Y %H:%M:%S} MAC=ABoAAANq+/AA="
    forms = [link, plain]
    if at.year < 2069:  # two digits of a year
        forms.append(f"ABoAAANq+/AA=;{kopecks:010d};{at:%d%m%y%H%M};{register};{number:010d}")
    minute = at.replace(second=0, microsecond=0, tzinfo=KYIV, fold=0)
    for form in forms:
        code = parse_payload(form)
        assert code is not None
        assert (code.total_kopecks, code.purchased_at) == (kopecks, minute)
        assert code.fiscal_number == str(register)
        assert code.receipt_number is not None
        assert int(code.receipt_number) == number
    assert not are_contradictory(forms)
