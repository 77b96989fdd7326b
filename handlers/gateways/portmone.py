"""Tops up phones over PortmoneDirect.

Documented: REST over TLS 1.2, every method a form POST to one address with login, password,
method and version, answers in XML (docs.portmone.com.ua, PortmoneDirect). Second-hand: the
fields of ``bills.create``. Public nowhere: the parameters of ``bills.pay``; ``_pay_parameters``
is our reading of them and Portmone must confirm it before ``pays`` is turned on. There is no
idempotency key: whatever may have left is never sent again from here.
"""

import ipaddress
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import structlog

from eventstore.catalogue import PayoutStep
from eventstore.identity import BillId, Kopecks, PayoutId, is_hryvnia
from handlers.gateways.answers import Declined, Done, parse_answer, to_hryvnias, to_kopecks
from handlers.paying.phones import PhoneRefused, normalise
from handlers.ports import Billed, OutcomeUnknown, Refused

log = structlog.get_logger()

API_BASE = "https://direct.portmone.com.ua/api/directcash/"
CURRENCY = "UAH"
#: Until here a try is surely without effect, so it may be short and be repeated.
CONNECT_SECONDS = 5.0
#: One request, connect to last byte. A process that is told to stop drains for 20 s: a request
#: that left just before must get its answer, and that must still reach the log.
REQUEST_SECONDS = 15.0
#: An answer is a few hundred bytes; more is not an answer.
ANSWER_BYTES_MAX = 64 * 1024

Outcome = Billed | Refused | OutcomeUnknown


@dataclass(frozen=True, kw_only=True)
class PortmoneSettings:
    """An account at Portmone. ValueError says which setting is wrong."""

    login: str = field(repr=False)
    password: str = field(repr=False)
    #: id of a mobile operator, given by Portmone's manager: for those without one in the policy
    payee_id: str
    api_base: str = API_BASE
    version: str = "2"
    lang: str = "uk"
    #: PEM with the client certificate and its key, None when Portmone asks for none
    cert_path: Path | None = None
    #: whether ``bills.pay`` follows ``bills.create``
    pays: bool = False

    def __post_init__(self) -> None:
        if not (self.login and self.password and self.payee_id):
            raise ValueError("PORTMONE_LOGIN, PORTMONE_PASSWORD and PORTMONE_PAYEE_ID: set all")
        address = urlsplit(self.api_base)
        if address.scheme != "https" and not _is_loopback(address.hostname):
            raise ValueError("PORTMONE_API_BASE must begin with https://: it carries a password")


def _is_loopback(host: str | None) -> bool:
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long a request may take, in seconds."""

    connect_seconds: float = CONNECT_SECONDS
    request_seconds: float = REQUEST_SECONDS


class _AnswerTooLarge(Exception):
    """More came than an answer can be."""


class PortmoneGateway:
    """``handlers.ports.PayoutGateway`` over HTTP."""

    def __init__(self, settings: PortmoneSettings, *, patience: Patience | None = None) -> None:
        """Use the account of ``settings``; OSError or SSLError tells of an unusable PEM."""
        self._settings = settings
        self._patience = patience or Patience()
        self._tls = _tls(settings.cert_path)
        #: False while Portmone has not confirmed the pay step
        self.pays = settings.pays

    async def create_bill(
        self, *, payout: PayoutId, phone: str, amount: Kopecks, payee_id: str | None
    ) -> Outcome:
        """Create a bill for ``phone`` (380XXXXXXXXX); ``payout`` travels in the comment."""
        parameters = {
            "method": "bills.create",
            "payeeId": payee_id or self._settings.payee_id,
            "contractNumber": phone,
            "amount": to_hryvnias(amount),
            "currency": CURRENCY,
            "comment": payout,
        }
        return await self._take("create", payout, parameters, _Echo(phone=phone, amount=amount))

    async def pay_bill(self, *, payout: PayoutId, bill: BillId) -> Outcome:
        """Pay a created bill."""
        if not self.pays:
            return Refused(kind="not_sent", code="pay_step_off")
        parameters = _pay_parameters(payout, bill)
        return await self._take("pay", payout, parameters, _Echo(bill=bill))

    async def _take(
        self, step: PayoutStep, payout: PayoutId, parameters: Mapping[str, str], echo: "_Echo"
    ) -> Outcome:
        began = time.monotonic()
        outcome = await self._ask(parameters, echo)
        log.info(
            "payout.sent",
            payout=payout,
            step=step,
            seconds=round(time.monotonic() - began, 3),
            **_told(outcome),
        )
        return outcome

    async def _ask(self, parameters: Mapping[str, str], echo: "_Echo") -> Outcome:
        wire = _Wire()
        try:
            status, body = await self._post(parameters, wire)
        except Exception as error:  # no error may hide whether money can have moved
            return _without_answer(error, connected=wire.connected)
        if status != 200:
            return OutcomeUnknown(cause=f"http_{status}")
        return _judged(body, echo, self._settings)

    async def _post(self, parameters: Mapping[str, str], wire: "_Wire") -> tuple[int, bytes]:
        """Send one POST on a connection of its own; return HTTP status and body.

        A reused connection may have died unnoticed, and a client may then quietly send again.
        """
        account = {
            "login": self._settings.login,
            "password": self._settings.password,
            "version": self._settings.version,
            "lang": self._settings.lang,
        }
        async with (
            self._session(wire) as session,
            session.post(
                self._settings.api_base, data={**account, **parameters}, allow_redirects=False
            ) as response,
        ):
            return response.status, await _read_limited(response.content)

    def _session(self, wire: "_Wire") -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=self._tls, force_close=True, limit=1),
            timeout=aiohttp.ClientTimeout(
                total=self._patience.request_seconds, connect=self._patience.connect_seconds
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": "identity"},
            auto_decompress=False,
            trust_env=False,
            trace_configs=[wire.trace()],
        )


def _pay_parameters(payout: PayoutId, bill: BillId) -> dict[str, str]:
    """Return what ``bills.pay`` is asked with. Not public: Portmone must confirm each name."""
    return {"method": "bills.pay", "billId": bill, "comment": payout}


class _Wire:
    """Knows whether anything can have left: bytes need a connection, TLS included."""

    def __init__(self) -> None:
        self.connected = False

    def trace(self) -> aiohttp.TraceConfig:
        """Return a listener that notices the connection before the first byte is written."""
        trace = aiohttp.TraceConfig()
        trace.on_connection_create_end.append(self._notice)
        trace.on_connection_reuseconn.append(self._notice)
        return trace

    async def _notice(self, *_: object) -> None:
        self.connected = True


@dataclass(frozen=True, kw_only=True)
class _Echo:
    """What an honest answer repeats, if it repeats it at all."""

    bill: BillId | None = None
    phone: str | None = None
    amount: Kopecks | None = None

    def fits(self, done: Done) -> bool:
        return (
            self.bill in (None, done.bill)
            and (done.currency is None or is_hryvnia(done.currency))
            and (self.phone is None or done.phone is None or _is(done.phone, self.phone))
            and (
                self.amount is None or done.amount is None or self.amount == to_kopecks(done.amount)
            )
        )


def _is(written: str, phone: str) -> bool:
    """Tell whether ``written``, however a bank writes numbers, is ``phone`` (380XXXXXXXXX)."""
    try:
        return normalise(written) == phone
    except PhoneRefused:
        return False


def _judged(body: bytes, echo: _Echo, settings: PortmoneSettings) -> Outcome:
    match parse_answer(body):
        case None:
            return OutcomeUnknown(cause="unreadable_answer")
        case Declined(code=code, described=described):
            if settings.version != "1" and not described:
                log.warning("portmone.speaks_version_1", code=code)
            return Refused(kind="final", code=code)
        case Done() as done if not echo.fits(done):
            return OutcomeUnknown(cause="mismatched_answer")
        case Done(bill=bill):
            return Billed(bill=bill)


def _without_answer(error: Exception, *, connected: bool) -> Outcome:
    """Tell a request that surely never left from one that may have arrived.

    The connection decides, not the class of the error: a time-out, a reset and a TLS error each
    happen on both sides of that line.
    """
    if not connected:
        return Refused(kind="not_sent", code=_trouble(error))
    if isinstance(error, _AnswerTooLarge | aiohttp.ClientResponseError):
        return OutcomeUnknown(cause="unreadable_answer")
    return OutcomeUnknown(cause="timeout" if isinstance(error, TimeoutError) else "connection_lost")


def _trouble(error: Exception) -> str:
    match error:
        case TimeoutError():
            return "connect_timeout"
        case aiohttp.ClientConnectorDNSError():
            return "unknown_host"
        case aiohttp.ClientSSLError():
            return "tls_refused"
        case aiohttp.ClientConnectorError():
            return "connection_refused"
    return type(error).__name__


def _told(outcome: Outcome) -> dict[str, str]:
    match outcome:
        case Billed(bill=bill):
            return {"outcome": "ok", "bill": bill}
        case Refused(kind=kind, code=code):
            return {"outcome": f"refused_{kind}", "code": code}
        case OutcomeUnknown(cause=cause):
            return {"outcome": "unknown", "code": cause}


async def _read_limited(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    async for chunk in content.iter_chunked(ANSWER_BYTES_MAX):
        body += chunk
        if len(body) > ANSWER_BYTES_MAX:
            raise _AnswerTooLarge
    return bytes(body)


def _tls(cert_path: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if cert_path is not None:
        context.load_cert_chain(cert_path)
    return context
