"""Every fact cashbot knows, in the order of a receipt's life. Start reading here.

A fact is a frozen struct in the past tense. A shipped fact is never edited: a new shape
gets a new class and an upcast in ``codec.py``. Money is integer kopecks, times are aware,
places on a photo are fractions of its upright width and height.
"""

from datetime import date, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from eventstore.identity import (
    BillId,
    EventId,
    Kopecks,
    PayoutId,
    ReceiptId,
    Sha256,
    ShopperId,
    Sku,
)
from eventstore.policy import Policy

Share = Annotated[float, Meta(ge=0.0, le=1.0)]
#: The languages we speak.
Locale = Literal["uk", "ru", "en"]


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of every fact."""


# --- What is granted, and for what -------------------------------------------------------


class PolicyAdopted(Event, frozen=True, kw_only=True):
    """From here on bonuses are granted and paid by these numbers."""

    policy: Policy
    #: in words of who adopted it
    reason: str


class Product(Struct, frozen=True, kw_only=True):
    """One of Darnitsa's goods, as marketing lists it."""

    sku: Sku
    #: as the drug register has it: «ЦИТРАМОН-ДАРНИЦЯ»
    name_uk: str
    name_en: str = ""
    #: other ways in which tills print the name
    aliases: list[str] = []
    #: EAN-13
    barcodes: list[str] = []
    #: whether the name proves the maker without the maker's word beside it
    brand: bool = False
    #: None: nobody has said
    prescription: bool | None = None
    #: first and last Kyiv day of purchase on which it earns, None: no such bound
    active_from: date | None = None
    active_until: date | None = None


class ProductsImported(Event, frozen=True, kw_only=True):
    """These goods are on the list from here on, each in place of what its SKU was before."""

    products: list[Product]
    #: how barcodes of Darnitsa's goods begin, None: as before
    maker_prefixes: list[str] | None = None
    #: of the file
    source_sha256: Sha256
    reason: str


class ProductRetired(Event, frozen=True, kw_only=True):
    """A product earns nothing when bought after its last day."""

    sku: Sku
    last_day: date
    reason: str


# --- A shopper arrives -------------------------------------------------------------------


class ShopperStarted(Event, frozen=True, kw_only=True):
    """Somebody wrote to the bot for the first time, or for the first time since forgotten."""

    #: Telegram's id and access hash, sealed by the vault for this shopper, field "chat"
    chat_sealed: str
    #: by the language of their app, until they choose one
    locale: Locale
    #: campaign of the link that led here: letters, digits, _ and -; "" for none
    source: str = ""
    #: Telegram's id of what they wrote: it asks for nothing else
    message: int | None = None


class LanguageChosen(Event, frozen=True, kw_only=True):
    """A shopper wants to be spoken to in this language."""

    locale: Locale


class ConsentGiven(Event, frozen=True, kw_only=True):
    """A shopper agreed to the processing of receipts and phone."""

    text_version: str
    #: of the very text that was shown
    text_sha256: Sha256
    locale: Locale


class PhoneShared(Event, frozen=True, kw_only=True):
    """A shopper named the phone to top up; the newest one counts."""

    #: 380XXXXXXXXX, sealed by the vault for this shopper, field "phone"
    phone_sealed: str
    #: keyed hash of the number: equal for equal phones, says nothing else
    phone_fingerprint: str


class ForgettingRequested(Event, frozen=True, kw_only=True):
    """A shopper wants to be forgotten: nothing new is taken, what is under way is finished."""

    #: who asked and how, in an operator's words; no personal data
    reason: str


class ShopperForgotten(Event, frozen=True, kw_only=True):
    """The shopper's key and attachments are destroyed: what was sealed opens no more."""

    #: of the destroyed key; a shopper who returns gets a new one
    key_id: str
    #: how many photos, previews and words were deleted
    attachments: int
    #: of the certificate, which lies among the attachments
    certificate_sha256: Sha256


# --- A receipt's life --------------------------------------------------------------------


class ReceiptUploaded(Event, frozen=True, kw_only=True):
    """A photo of a receipt came in and lies in the attachments."""

    receipt: ReceiptId
    shopper: ShopperId
    photo_sha256: Sha256
    photo_bytes: int
    source: Literal["web", "command", "telegram"]


class Box(Struct, frozen=True, kw_only=True):
    """A place on the upright photo, in fractions of its width and height."""

    left: Share
    top: Share
    width: Share
    height: Share


class Item(Struct, frozen=True, kw_only=True):
    """One sold line as printed."""

    name: str
    #: thousandths of a unit: 1000 is one pack, 500 half a pack
    quantity_milli: int | None
    unit_price_kopecks: Kopecks | None
    #: after the line's own discount
    line_total_kopecks: Kopecks | None
    confidence: Share
    place: Box | None
    #: a printed EAN-13 whose check digit is right
    barcode: str | None = None
    #: which readers of the print made it out: one may misread it and still get the check
    #: digit right
    barcode_sources: list[Literal["text", "digits"]] = []


DocumentKind = Literal["sale", "return", "not_fiscal", "order", "screenshot", "unknown"]
#: Who says so: the QR, the page's reader, the reader of digits, or the sums.
#: A person corrects what those misread.
Source = Literal["qr", "text", "digits", "arithmetic", "person"]
#: What a photo shows besides the paper: a program for pictures says that it changed it.
PhotoMark = Literal["edited_by_program"]


class ReceiptRead(Event, frozen=True, kw_only=True):
    """The photo was read; what could not be read is None."""

    document: DocumentKind
    merchant: str | None
    address: str | None
    items: list[Item]
    #: what the whole receipt takes off besides the lines' own discounts
    discount_kopecks: Kopecks
    total_kopecks: Kopecks | None
    #: as printed, in Europe/Kyiv
    purchased_at: datetime | None
    fiscal_number: str | None
    receipt_number: str | None
    qr_url: str | None
    #: per field ("total", "date", "fiscal_number", "receipt_number"): who said so
    sources: dict[str, list[Source]]
    #: per field: how surely its value is what is printed; empty before readers said so
    confidences: dict[str, Share] = {}
    #: fields on which two sources state different things; a person must look
    disagreements: list[str] = []
    #: mean of the words that were read
    confidence: Share
    #: words and boxes: an attachment sealed for the shopper, field "words"
    words_sha256: Sha256
    #: an upright JPEG of the photo, beside the photo
    preview_sha256: Sha256
    #: name and version of the reader, for comparing readings later
    reader: str
    seconds: float
    #: 256 bits in hex of how the page looks, alike for two photos of one paper; None: not taken
    look: str | None = None
    marks: list[PhotoMark] = []


UnreadableReason = Literal[
    "not_an_image",
    "unsupported_format",
    "truncated",
    "too_large",
    "too_many_pixels",
    "too_small",
    "too_dark",
    "no_text",
    "blurred",
    "cut_off",
    "not_a_receipt",
    "reading_took_too_long",
    "reading_failed",
]


class ReceiptUnreadable(Event, frozen=True, kw_only=True):
    """The photo cannot be read; the shopper is told why and what to do."""

    reason: UnreadableReason
    #: an upright JPEG of the photo, if it could be decoded
    preview_sha256: Sha256 | None = None
    seconds: float = 0.0
    #: as ``ReceiptRead.reader``; None: nobody looked at the pixels, or before readers said so
    reader: str | None = None


class PhotoExpired(Event, frozen=True, kw_only=True):
    """The 90 days of a receipt's photo are over: it, its preview and its words are deleted.

    Said before it is done, and done as work. A younger receipt with the very same bytes keeps
    them until its own 90 days are over.
    """


RejectionReason = Literal[
    "no_darnitsa_item",
    "not_a_sale",  # by rules up to 2026-11-23.3; since then one of the next three
    "refund",
    "not_fiscal",
    "order_slip",
    "already_used",
    "too_old",
    "daily_limit",
    "prescription_only",
    "by_reviewer",
    "withdrawn",
]

ReferralReason = Literal[
    "low_confidence",
    "totals_disagree",
    "sources_disagree",
    "maker_uncertain",
    "no_total",
    "no_date",
    "no_fiscal_number",
    "number_unconfirmed",
    "date_in_future",
    "same_paper_seen",
    "paid_before_restore",
    "screenshot",
    "same_photo_seen",
    "looks_like_another",
    "edited_photo",
    "repeated_total",
    "phone_of_many",
]


class Sold(Struct, frozen=True, kw_only=True):
    """How much of a product a receipt shows."""

    sku: Sku
    #: thousandths of a pack
    quantity_milli: int


class ReceiptReferred(Event, frozen=True, kw_only=True):
    """Only a person can judge this receipt; it waits in the review queue."""

    reasons: list[ReferralReason]
    rules: str
    #: the ``PolicyAdopted`` and the SHA-256 of the product list it was judged by
    policy: EventId | None = None
    products: Sha256 | None = None


class ReceiptRejected(Event, frozen=True, kw_only=True):
    """The rules refuse the receipt; the shopper is told why."""

    reason: RejectionReason
    #: the receipt that holds the claim, for "already_used"
    used_by: ReceiptId | None = None
    rules: str
    #: as in ``ReceiptReferred``
    policy: EventId | None = None
    products: Sha256 | None = None


class ReceiptAccepted(Event, frozen=True, kw_only=True):
    """The rules grant one bonus; the claims were taken in the same append."""

    #: names of the Darnitsa items that earned it, as printed
    darnitsa_items: list[str]
    amount_kopecks: Kopecks
    rules: str
    #: SHA-256 of the product list the rules used
    products: Sha256
    #: the ``PolicyAdopted`` it was judged by
    policy: EventId | None = None
    #: what of the list was bought
    sold: list[Sold] = []


class ReviewAssigned(Event, frozen=True, kw_only=True):
    """One reviewer has the receipt in hand; until then nobody else decides it."""

    #: a name among colleagues
    reviewer: str
    until: datetime


class ReceiptCorrected(Event, frozen=True, kw_only=True):
    """A reviewer says what is printed; the receipt is judged again by that, not read again.

    A field that is None is as it was read.
    """

    reviewer: str
    reason: str
    merchant: str | None = None
    #: all of them, in place of those that were read
    items: list[Item] | None = None
    total_kopecks: Kopecks | None = None
    purchased_at: datetime | None = None
    fiscal_number: str | None = None
    receipt_number: str | None = None
    document: DocumentKind | None = None


class ReceiptReviewed(Event, frozen=True, kw_only=True):
    """A reviewer settled every doubt about a referred receipt."""

    verdict: Literal["approve", "reject"]
    reviewer: str
    reason: str


class ReceiptOverridden(Event, frozen=True, kw_only=True):
    """An operator says that a decided receipt is to be decided otherwise, limits or not."""

    verdict: Literal["approve", "reject"]
    operator: str
    reason: str


class ClaimTaken(Event, frozen=True, kw_only=True):
    """A receipt holds what this stream stands for; nobody else can."""

    receipt: ReceiptId


class ClaimReleased(Event, frozen=True, kw_only=True):
    """A person took the claim from a receipt that got no money; another may hold it now."""

    receipt: ReceiptId
    reason: str


class AllowanceUsed(Event, frozen=True, kw_only=True):
    """One of the shopper's accepted receipts of a Kyiv day was used up."""

    receipt: ReceiptId
    #: of the receipt, None where it has none
    total_kopecks: Kopecks | None = None


class PhotoSeen(Event, frozen=True, kw_only=True):
    """The very bytes of this stream came in as a receipt's photo."""

    receipt: ReceiptId
    shopper: ShopperId


class LookTaken(Event, frozen=True, kw_only=True):
    """An accepted receipt of this register and day looks so; a like one is for a person."""

    receipt: ReceiptId
    #: as ``ReceiptRead.look``
    look: str


# --- What is said ------------------------------------------------------------------------

#: What a shopper may ask about; the last four only staff may.
Question = Literal[
    "start",
    "help",
    "history",
    "change_phone",
    "phone_kept",  # shared, and the one in force before
    "language",
    "language_kept",  # chosen, and in force before
    "privacy",
    "delete_me",
    "delete_me_not",  # asked, and thought better of it
    "support",
    "why",  # of one receipt
    "photo",  # how to take one
    "not_understood",
    "consent_needed",
    "phone_needed",
    "leaving",
    "status",
    "pause_payouts",
    "console",
    "acknowledged",  # an alert
]


class ShopperAsked(Event, frozen=True, kw_only=True):
    """A shopper wrote or pressed something that is answered and changes nothing else."""

    about: Question
    #: Telegram's id of what was written, or of what the pressed button stands under
    message: int
    #: for "why"
    receipt: ReceiptId | None = None


#: "unavailable": Telegram did not give it, or our store was away.
PhotoRefusal = Literal[
    "empty",
    "too_large",
    "not_an_image",
    "no_consent",
    "no_phone",
    "forgetting",
    "too_many",
    "upload_id_reused",
    "unavailable",
]


class PhotoDeclined(Event, frozen=True, kw_only=True):
    """What a shopper sent as a photo was not taken; of an album that is told once."""

    reason: PhotoRefusal
    #: Telegram's id of what was sent
    message: int


#: "not_own": somebody else's contact; "typed": written by hand; "too_soon": changed a moment ago;
#: the rest as ``PhoneRefused`` says.
ContactRefusal = Literal[
    "not_own",
    "typed",
    "too_soon",
    "not_a_number",
    "not_ukrainian",
    "not_mobile",
    "unsupported_operator",
]


class ContactDeclined(Event, frozen=True, kw_only=True):
    """A phone that a shopper shared was not taken."""

    reason: ContactRefusal
    message: int


class ReminderDue(Event, frozen=True, kw_only=True):
    """A shopper started a day ago and sent no receipt: they are reminded, once for ever."""


class ShopperNotified(Event, frozen=True, kw_only=True):
    """Something was said to a shopper, or could not be: a message was sent or edited."""

    shopper: ShopperId
    #: of the text in bot/locales
    key: str
    #: what the text was filled with, without what is personal
    parameters: dict[str, str]
    locale: Locale
    #: the very text and the labels of its buttons: JSON, sealed for the shopper, field "notice"
    text_sealed: str
    #: "edited": the message said something else before; "unchanged": it said so already;
    #: "blocked": the shopper blocked the bot, or their chat takes nothing from it;
    #: "gone": no such account, or they were forgotten; "refused": Telegram took the words from
    #: nobody, however often they were tried
    outcome: Literal["sent", "edited", "unchanged", "blocked", "gone", "refused"]
    #: Telegram's id of the message; None: not known, since it was sent just before a crash
    message: int | None
    receipt: ReceiptId | None = None


# --- Staff --------------------------------------------------------------------------------


class StaffInvited(Event, frozen=True, kw_only=True):
    """A member of staff asked the bot for a link that signs them in, once."""

    #: keyed id of the Telegram account, as shoppers have it
    staff: ShopperId
    #: the link's secret, sealed for the staff member, field "invitation"
    token_sealed: str
    until: datetime


class InvitationUsed(Event, frozen=True, kw_only=True):
    """The link was opened and the button on it pressed: it opens nothing more."""


class StaffSignedIn(Event, frozen=True, kw_only=True):
    """A browser may look at the console until then."""

    staff: ShopperId
    until: datetime


class StaffSignedOut(Event, frozen=True, kw_only=True):
    """That browser may not any more."""


# --- Money -------------------------------------------------------------------------------

PayoutStep = Literal["create", "pay"]


class PayoutRequested(Event, frozen=True, kw_only=True):
    """A bonus is owed; there is one payout per receipt."""

    payout: PayoutId
    receipt: ReceiptId
    shopper: ShopperId
    amount_kopecks: Kopecks
    #: copies of the newest PhoneShared at acceptance
    phone_sealed: str
    phone_fingerprint: str


class PayoutAttempted(Event, frozen=True, kw_only=True):
    """A request to Portmone is about to leave; written before the socket opens."""

    step: PayoutStep
    #: 1 for the first try of this step
    attempt: int
    #: Portmone's id of the operator who is asked, for the create step
    payee_id: str | None = None


class PayoutSubmitted(Event, frozen=True, kw_only=True):
    """Portmone answered a step with ok; money is final only by callback."""

    step: PayoutStep
    bill: BillId


class PayoutRefused(Event, frozen=True, kw_only=True):
    """A step surely did not happen: it never left, or Portmone said no."""

    step: PayoutStep
    #: "not_sent", "transient" (a listed answer: may be tried again) or "final"
    kind: Literal["not_sent", "transient", "final"]
    #: Portmone's error code, or the name of the network error
    code: str


class PayoutOutcomeUnknown(Event, frozen=True, kw_only=True):
    """A request left and no answer can be trusted; it is never retried by itself."""

    step: PayoutStep
    #: "timeout", "connection_lost", "unreadable_answer", "mismatched_answer",
    #: "bill_of_another_payout", "worker_lost" or "http_<status>"
    cause: str


class BillIssued(Event, frozen=True, kw_only=True):
    """A bill at Portmone belongs to a payout; written with PayoutSubmitted."""

    payout: PayoutId


class CallbackReceived(Event, frozen=True, kw_only=True):
    """An authentic callback arrived; recorded before anything is concluded from it."""

    bill: BillId
    status: Literal["ok", "fail"]
    #: as Portmone wrote them, None where it wrote nothing usable
    amount_kopecks: Kopecks | None
    #: fingerprint of the contract number
    phone_fingerprint: str | None
    #: our payout id, echoed by Portmone
    comment: str | None
    error_code: str | None
    #: keyed hash of the raw body, which is an attachment sealed for the system
    body_fingerprint: str
    #: what Portmone wrote but nobody can use: it may be about other money than ours
    unusable: list[Literal["amount", "phone"]] = []


class BodyExpired(Event, frozen=True, kw_only=True):
    """The 90 days of a callback's raw body are over: it is deleted, what it said stays."""


class PayoutConfirmed(Event, frozen=True, kw_only=True):
    """Portmone's callback says the phone was topped up: final."""

    bill: BillId


class PayoutFailed(Event, frozen=True, kw_only=True):
    """The payout ended without money moving: final."""

    #: "callback", "refused" (by Portmone), "not_sent" (three tries never left),
    #: "unsupported_operator" (nothing was asked), "withdrawn" (by a person, before that)
    cause: Literal["callback", "refused", "not_sent", "unsupported_operator", "withdrawn"]
    code: str


class PayoutReopened(Event, frozen=True, kw_only=True):
    """A person has a payout tried again that surely moved no money."""

    #: copies of the newest PhoneShared by then
    phone_sealed: str
    phone_fingerprint: str
    reason: str


class PayoutContradicted(Event, frozen=True, kw_only=True):
    """A callback or answer disagrees with the payout, or proves too little; a person must look."""

    bill: BillId
    #: "bill": another than ours, or one we never asked for; "status": the opposite of how it
    #: ended; "amount" and "phone": others than ours, unusable, or missing where they were needed
    about: Literal["bill", "status", "amount", "phone"]


class CallbackUnmatched(Event, frozen=True, kw_only=True):
    """No payout fits this callback though it waited; a person must look."""

    bill: BillId


class PayoutResolved(Event, frozen=True, kw_only=True):
    """A statement of Portmone, shown by a person, says how the payout ended: final."""

    outcome: Literal["paid", "failed"]
    #: as the statement names it
    bill: BillId | None
    #: of the statement
    evidence_sha256: Sha256
    #: in words of who resolved it by hand
    reason: str | None = None


class BudgetUsed(Event, frozen=True, kw_only=True):
    """So much of a Kyiv day's budget is spent; written with the day's first attempt at a payout."""

    payout: PayoutId
    amount_kopecks: Kopecks
    #: of the whole day so far, this one included
    used_kopecks: Kopecks


class BudgetExhausted(Event, frozen=True, kw_only=True):
    """The next payout would exceed the day's budget: it waits for a larger one, or a new day."""

    budget_kopecks: Kopecks
    used_kopecks: Kopecks


class BookingOrphaned(Event, frozen=True, kw_only=True):
    """Portmone booked a payout this log knows nothing of: a restored database lost it.

    It stands in a stream of the phone that got the money; a person looks before that phone
    gets money for an old receipt again.
    """

    bill: BillId | None
    #: the payout id that Portmone echoes
    comment: str | None
    amount_kopecks: Kopecks
    evidence_sha256: Sha256


# --- The database itself -----------------------------------------------------------------


class ClusterSeen(Event, frozen=True, kw_only=True):
    """From here on the log lives in this database; another one than before means a restore."""

    #: system identifier, timeline, oid of the database and of the table ``events``
    identity: str


class PayoutsHeld(Event, frozen=True, kw_only=True):
    """No money leaves and nobody is told anything until a person says so."""

    #: "restored": this is another database than before; "checkpoint_ahead": a signed checkpoint
    #: tells of facts that this one lacks; "paused": a person says so
    cause: Literal["restored", "checkpoint_ahead", "paused"]
    #: size of the newest checkpoint that was found, None when there is none
    checkpoint_size: int | None
    #: sizes of the checkpoints that were found and not told of before, in order; where they are
    #: very many the newest
    checkpoints_lost: list[int] = []
    #: of the person who paused
    reason: str | None = None


class PayoutsReleased(Event, frozen=True, kw_only=True):
    """A person let money go again."""

    reason: str
    #: of Portmone's statement that was compared with the log
    evidence_sha256: Sha256 | None


class VaultRotated(Event, frozen=True, kw_only=True):
    """Every key was wrapped anew by another ENCRYPTION_SECRET."""

    #: name of the secret that wraps them now: first bytes of a keyed hash
    wrapped_by: str
    keys: int


# --- Operators' acts on stuck work -------------------------------------------------------


class WorkRetried(Event, frozen=True, kw_only=True):
    """An operator let parked work run again."""

    handler: str
    seq: int
    reason: str


class WorkSkipped(Event, frozen=True, kw_only=True):
    """An operator gave up parked work; its stream goes on."""

    handler: str
    seq: int
    reason: str


#: Type name in the log -> class. The name is the class's own, and is never reused.
EVENTS: dict[str, type[Event]] = {
    event.__name__: event
    for event in (
        PolicyAdopted,
        ProductsImported,
        ProductRetired,
        ShopperStarted,
        LanguageChosen,
        ConsentGiven,
        PhoneShared,
        ForgettingRequested,
        ShopperForgotten,
        ReceiptUploaded,
        ReceiptRead,
        ReceiptUnreadable,
        PhotoExpired,
        ReceiptReferred,
        ReceiptRejected,
        ReceiptAccepted,
        ReviewAssigned,
        ReceiptCorrected,
        ReceiptReviewed,
        ReceiptOverridden,
        ClaimTaken,
        ClaimReleased,
        AllowanceUsed,
        PhotoSeen,
        LookTaken,
        ShopperAsked,
        PhotoDeclined,
        ContactDeclined,
        ReminderDue,
        ShopperNotified,
        StaffInvited,
        InvitationUsed,
        StaffSignedIn,
        StaffSignedOut,
        PayoutRequested,
        PayoutAttempted,
        PayoutSubmitted,
        PayoutRefused,
        PayoutOutcomeUnknown,
        BillIssued,
        CallbackReceived,
        BodyExpired,
        PayoutConfirmed,
        PayoutFailed,
        PayoutReopened,
        PayoutContradicted,
        CallbackUnmatched,
        PayoutResolved,
        BudgetUsed,
        BudgetExhausted,
        BookingOrphaned,
        ClusterSeen,
        PayoutsHeld,
        PayoutsReleased,
        VaultRotated,
        WorkRetried,
        WorkSkipped,
    )
}
