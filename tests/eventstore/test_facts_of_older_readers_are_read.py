"""What was recorded before there were two readers stays readable, and means what it meant."""

from eventstore.catalogue import EVENTS, ReceiptRead, ReceiptRejected
from eventstore.codec import Codec

READ = """
{"document":"sale","merchant":"АПТЕКА","address":null,"items":[{"name":"Цитрамон-Дарниця",
"quantity_milli":1000,"unit_price_kopecks":3650,"line_total_kopecks":3650,"confidence":0.9,
"place":null,"barcode":"4823006401024"}],"discount_kopecks":0,"total_kopecks":3650,
"purchased_at":"2026-11-20T12:30:00+02:00","fiscal_number":"4000000001","receipt_number":"1",
"qr_url":null,"sources":{"total":["qr","text","arithmetic"]},"confidence":0.9,
"words_sha256":"00","preview_sha256":"00","reader":"tesseract-page/1","seconds":1.0}
"""


def test_a_reading_without_confidences_claims_none() -> None:
    """Nobody said how sure a field is, nor who read the barcode."""
    read = Codec(EVENTS).decode("ReceiptRead", 1, READ)
    assert isinstance(read, ReceiptRead)
    assert read.confidences == {}
    assert read.sources == {"total": ["qr", "text", "arithmetic"]}
    assert read.items[0].barcode_sources == []


def test_a_refusal_by_older_rules_keeps_its_reason() -> None:
    """Rules tell refunds, bills and orders apart now; what was said before was said."""
    fact = '{"reason":"not_a_sale","rules":"2026-11-23.3"}'
    refused = Codec(EVENTS).decode("ReceiptRejected", 1, fact)
    assert isinstance(refused, ReceiptRejected)
    assert refused.reason == "not_a_sale"
