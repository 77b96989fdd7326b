"""The sandbox bank's XML, in the shapes Portmone is said to use."""

from typing import Literal
from xml.etree.ElementTree import Element, SubElement, tostring

from handlers.gateways.answers import to_hryvnias
from handlers.gateways.sandbox_book import Bill

#: Error codes of this bank; Portmone publishes none, so these say nothing about its own.
ERRORS = {
    "101": "Wrong login or password",
    "102": "Unknown method",
    "103": "Wrong parameter",
    "104": "Unknown bill",
}
PAYEE_ID = "1"
#: What a scripted refusal is called when nothing else is asked for.
SCRIPTED = "199"


def ok_answer(bill: Bill | None) -> bytes:
    """Return the answer to a step that was done; without a bill it is an empty promise."""
    root = Element("rsp", status="ok")
    if bill is not None:
        _add_bill(root, bill)
    return tostring(root, xml_declaration=True)


def fail_answer(code: str, *, version: str) -> bytes:
    """Return a refusal; only version 2 and later describe it."""
    root = Element("rsp", status="fail")
    _add_error(root, code, described=version != "1")
    return tostring(root, xml_declaration=True)


def callback_body(bill: Bill, *, status: Literal["ok", "fail"]) -> bytes:
    """Return what the shop is told about the end of a bill."""
    root = Element("rsp", status=status)
    _add_bill(root, bill)
    SubElement(root[0], "comment").text = bill.comment
    if status == "fail":
        _add_error(root, SCRIPTED, described=True)
    return tostring(root, xml_declaration=True)


def _add_bill(root: Element, bill: Bill) -> None:
    told = SubElement(root, "bill")
    SubElement(told, "billId").text = bill.bill
    SubElement(told, "payee", id=PAYEE_ID).text = "Sandbox"
    SubElement(told, "contractNumber").text = bill.phone
    SubElement(told, "amount").text = to_hryvnias(bill.amount_kopecks)
    SubElement(told, "currency").text = "UAH"


def _add_error(root: Element, code: str, *, described: bool) -> None:
    words = ERRORS.get(code, "Refused by script")
    SubElement(root, "error", code=code).text = words
    if described:
        SubElement(root, "error_description").text = f"{words} (sandbox)"
