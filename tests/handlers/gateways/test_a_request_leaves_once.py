"""Money is asked for once: on a connection of its own, to one address, never again by itself."""

import asyncio
import gzip
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from eventstore.identity import BillId
from handlers.gateways.portmone import ANSWER_BYTES_MAX, PortmoneSettings
from handlers.ports import Billed, OutcomeUnknown, PayoutGateway, Refused
from tests.handlers.gateways.banks import (
    ONE_HRYVNIA,
    PAYOUT,
    PHONE,
    SHORT,
    Talk,
    a_gateway,
    a_raw_bank,
    hangs_up_rudely,
    never_answers,
    says,
    says_xml,
)

OK = (
    b'<rsp status="ok"><bill><billId>5</billId><contractNumber>380670000001</contractNumber>'
    b"<amount>1.00</amount><currency>UAH</currency></bill></rsp>"
)
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + OK
BILLED = Billed(bill=BillId("5"))


async def ask(gateway: PayoutGateway) -> Billed | Refused | OutcomeUnknown:
    """Ask for a bill of one hryvnia."""
    return await gateway.create_bill(payout=PAYOUT, phone=PHONE, amount=ONE_HRYVNIA, payee_id=None)


@pytest.mark.parametrize(
    ("talk", "cause"),
    [
        (hangs_up_rudely, "connection_lost"),
        (says(b""), "connection_lost"),
        (says(HALF), "connection_lost"),
        (never_answers, "timeout"),
        (says(b"SSH-2.0-bank\r\n"), "unreadable_answer"),
        (says(b"HTTP/1.1 204 No Content\r\n\r\n"), "http_204"),
        (says(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), "http_403"),
        (says(b"HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"), "http_503"),
        (says_xml(b" " * (ANSWER_BYTES_MAX + 1)), "unreadable_answer"),
        (says_xml(OK + b" " * 1_000_000), "unreadable_answer"),
        (says_xml(gzip.compress(OK), headers=b"Content-Encoding: gzip\r\n"), "unreadable_answer"),
        (says_xml(OK.replace(b"1.00", b"10.00")), "mismatched_answer"),
        (says_xml(OK.replace(b"1.00", b"one")), "mismatched_answer"),
        (says_xml(OK.replace(b"0001", b"0002")), "mismatched_answer"),
        (says_xml(OK.replace(PHONE.encode(), b"somebody")), "mismatched_answer"),
        (says_xml(OK.replace(b"UAH", b"USD")), "mismatched_answer"),
    ],
)
async def test_whatever_may_have_arrived_is_unknown_and_is_not_sent_again(
    talk: Talk, cause: str
) -> None:
    """The bank saw exactly one request, and we claim neither success nor failure."""
    async with a_raw_bank(talk) as bank:
        outcome = await ask(a_gateway(bank.url, patience=SHORT))

        assert outcome == OutcomeUnknown(cause=cause)
        assert (bank.connections, len(bank.requests)) == (1, 1)


@pytest.mark.parametrize("number", [b"0670000001", b"+38 (067) 000-00-01", b"80670000001"])
@pytest.mark.parametrize("currency", [b"UAH", b"uah", b"980"])
async def test_an_honest_echo_is_known_however_it_is_written(
    number: bytes, currency: bytes
) -> None:
    """Our phone in another spelling, our money by its number: taken literally nobody was paid."""
    echo = OK.replace(PHONE.encode(), number).replace(b"UAH", currency)
    async with a_raw_bank(says_xml(echo)) as bank:
        assert await ask(a_gateway(bank.url)) == BILLED


async def test_a_pay_answer_about_another_bill_is_unknown() -> None:
    """We asked to pay bill 6 and hear of bill 5: nobody can say what was paid."""
    async with a_raw_bank(says_xml(OK)) as bank:
        outcome = await a_gateway(bank.url).pay_bill(payout=PAYOUT, bill=BillId("6"))

        assert outcome == OutcomeUnknown(cause="mismatched_answer")
        assert len(bank.requests) == 1


async def test_each_request_has_a_connection_of_its_own() -> None:
    """Though the bank would keep it open: a reused connection may have died unnoticed."""

    async def keeps_open(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await says_xml(OK)(reader, writer)
        await reader.read()

    async with a_raw_bank(keeps_open) as bank:
        gateway = a_gateway(bank.url)
        assert [await ask(gateway) for _ in range(3)] == [BILLED] * 3
        assert (bank.connections, len(bank.requests)) == (3, 3)


async def test_a_request_is_a_form_with_what_portmone_asks_for() -> None:
    """All parameters travel in the body, none in the address."""
    async with a_raw_bank(says_xml(OK)) as bank:
        await ask(a_gateway(bank.url))

    head, _, body = bank.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/directcash/ HTTP/1.1")
    assert b"application/x-www-form-urlencoded" in head
    assert sorted(body.decode().split("&")) == [
        "amount=1.00",
        f"comment={PAYOUT}",
        f"contractNumber={PHONE}",
        "currency=UAH",
        "lang=uk",
        "login=sandbox",
        "method=bills.create",
        "password=sandbox",
        "payeeId=1",
        "version=2",
    ]


async def test_a_redirect_is_not_followed() -> None:
    """The password goes to the address that was configured and to no other."""
    async with a_raw_bank(says_xml(OK)) as elsewhere:
        away = f"HTTP/1.1 307 Moved\r\nLocation: {elsewhere.url}\r\nContent-Length: 0\r\n\r\n"
        async with a_raw_bank(says(away.encode())) as bank:
            assert await ask(a_gateway(bank.url)) == OutcomeUnknown(cause="http_307")
        assert elsewhere.connections == 0


async def test_a_proxy_of_the_environment_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable of somebody else's must not lead money requests elsewhere."""
    async with a_raw_bank(says_xml(OK)) as proxy, a_raw_bank(says_xml(OK)) as bank:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        assert await ask(a_gateway(bank.url)) == BILLED
        assert (proxy.connections, bank.connections) == (0, 1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_a_refused_connection_is_known_not_to_have_left() -> None:
    """Nobody listens: the step surely did not happen."""
    gateway = a_gateway(f"http://127.0.0.1:{_free_port()}/")
    assert await ask(gateway) == Refused(kind="not_sent", code="connection_refused")


async def test_an_unknown_host_is_known_not_to_have_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that resolves to nothing received nothing."""

    def knows_nobody(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", knows_nobody)
    gateway = a_gateway("https://portmone.invalid/")
    assert await ask(gateway) == Refused(kind="not_sent", code="unknown_host")


async def test_a_handshake_that_never_ends_is_known_not_to_have_left() -> None:
    """Without TLS there is no connection, and without it no request."""
    async with a_raw_bank(never_answers) as bank:
        gateway = a_gateway(bank.url.replace("http:", "https:"), patience=SHORT)
        assert await ask(gateway) == Refused(kind="not_sent", code="connect_timeout")
        assert bank.requests == []


@pytest.fixture
def stranger(tmp_path: Path) -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path / "stranger.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def test_a_stranger_with_a_bad_certificate_hears_nothing(stranger: ssl.SSLContext) -> None:
    """The password is not told to whoever answers at that address."""
    heard = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0, ssl=stranger)
    async with server:
        port = server.sockets[0].getsockname()[1]
        outcome = await ask(a_gateway(f"https://127.0.0.1:{port}/"))
    assert outcome == Refused(kind="not_sent", code="tls_refused")
    assert heard == []


@pytest.mark.parametrize(
    ("password", "api_base"),
    [
        ("", "https://direct.portmone.com.ua/api/directcash/"),
        ("a-password", "http://direct.portmone.com.ua/api/directcash/"),
        ("a-password", "direct.portmone.com.ua"),
    ],
)
def test_an_account_set_in_part_or_over_plain_http_is_refused(password: str, api_base: str) -> None:
    """The start stops and names the variable, before any password can leak."""
    with pytest.raises(ValueError, match="PORTMONE_"):
        PortmoneSettings(login="a", password=password, payee_id="1", api_base=api_base)
