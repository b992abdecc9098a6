"""What each table of the customer record holds, for one who meets it for the first time."""

from dataclasses import dataclass, field
from typing import Final

from clv_lib.data.sniff.shapes import Shape
from clv_lib.names import (
    ACQUIRED_AT,
    ACQUISITION_CHANNEL,
    AMOUNT,
    AMOUNT_HIGH,
    AMOUNT_LOW,
    ARM,
    ASKED_AT,
    ASSIGNED_AT,
    BILLING_PERIOD,
    BIRTH_DATE,
    BRAND,
    BUDGET,
    CAMPAIGN_ID,
    CATEGORY,
    CHANNEL,
    COMMENT,
    COST_ID,
    COST_PER_CONTACT,
    CURRENCY,
    CUSTOMER_ID,
    DISCOUNT,
    EMAIL_CONSENT,
    ENDED_AT,
    ENDS_AT,
    FIXED_COST,
    GIVEN_AT,
    HANDLING_MINUTES,
    HAPPENED_AT,
    IMPORTANCE,
    INSTRUMENT,
    INTERACTION_ID,
    ITEM,
    KIND,
    MONTH,
    NAME,
    NEW_ID,
    OLD_ID,
    ORDER_ID,
    ORDERED_AT,
    PLAN,
    PLAY,
    POOL,
    PRICE,
    PRODUCT_ID,
    QUANTITY,
    RATE,
    REFERRED_AT,
    REFERRED_ID,
    REFERRER_ID,
    REFUND_OF,
    REGION,
    REPORTED_SPEND,
    RESOLVED_AT,
    SCORE,
    SEGMENT,
    SHARE,
    SIDE,
    STARTED_AT,
    STARTS_AT,
    TANGIBLE,
    TAX,
    THEME,
    TOUCHPOINT,
    UNIT_COST,
)


@dataclass(frozen=True)
class Words:
    """How one table is recognised.

    Attributes
    ----------
    called : tuple of str
        Words of its file or sheet.
    required, optional : dict
        Its columns and the shape that their values must have.
    constants : tuple of str
        Required columns that one word for every row can stand for.
    """

    called: tuple[str, ...]
    required: dict[str, Shape]
    optional: dict[str, Shape] = field(default_factory=dict)
    constants: tuple[str, ...] = ()


TABLES: Final[dict[str, Words]] = {
    "transactions": Words(
        ("transaction", "order", "sale", "purchase", "order line", "transaksi", "penjualan", "pesanan", "faktur"),
        {CUSTOMER_ID: "id", ORDERED_AT: "day", AMOUNT: "money"},
        {ORDER_ID: "serial", CURRENCY: "code", QUANTITY: "number", PRODUCT_ID: "id", CATEGORY: "word",
         CHANNEL: "word", UNIT_COST: "number", DISCOUNT: "number", REFUND_OF: "id"},
    ),
    "customers": Words(
        ("customer", "client", "member", "account", "demographic", "crm", "pelanggan", "anggota", "nasabah"),
        {CUSTOMER_ID: "key"},
        {ACQUIRED_AT: "day", ACQUISITION_CHANNEL: "word", BIRTH_DATE: "day", REGION: "word", EMAIL_CONSENT: "flag"},
    ),
    "products": Words(
        ("product", "catalog", "item", "sku", "produk", "barang", "katalog"),
        {PRODUCT_ID: "key"},
        {NAME: "text", CATEGORY: "word", BRAND: "word", UNIT_COST: "number", PRICE: "number"},
    ),
    "merges": Words(
        ("merge", "merge map", "merged account", "duplicate account", "penggabungan", "akun ganda"),
        {OLD_ID: "id", NEW_ID: "id"},
    ),
    "fx_rates": Words(
        ("fx", "fx rate", "exchange rate", "kurs", "nilai tukar"),
        {MONTH: "month", CURRENCY: "code", RATE: "number"},
    ),
    "costs": Words(
        ("cost", "cost ledger", "expense", "ledger", "biaya", "pengeluaran", "buku besar"),
        {MONTH: "month", KIND: "closed", AMOUNT: "money"},
        {COST_ID: "serial", CHANNEL: "word", CAMPAIGN_ID: "id", CUSTOMER_ID: "id", POOL: "word", TAX: "word",
         AMOUNT_LOW: "number", AMOUNT_HIGH: "number"},
        constants=(KIND,),
    ),
    "allocations": Words(
        ("allocation", "alokasi", "pembagian biaya"),
        {POOL: "word", SEGMENT: "word", SHARE: "share"},
    ),
    "interactions": Words(
        ("interaction", "ticket", "support ticket", "contact", "response", "campaign response", "redemption", "call",
         "interaksi", "tiket", "keluhan", "komplain", "pengaduan", "respon", "respons", "kontak"),
        {CUSTOMER_ID: "id", HAPPENED_AT: "day", CHANNEL: "word", KIND: "word"},
        {INTERACTION_ID: "serial", CAMPAIGN_ID: "id", HANDLING_MINUTES: "number", RESOLVED_AT: "day"},
        constants=(CHANNEL, KIND),
    ),
    "campaigns": Words(
        ("campaign", "campaign description", "kampanye", "promo"),
        {CAMPAIGN_ID: "key"},
        {NAME: "text", PLAY: "word", STARTS_AT: "day", ENDS_AT: "day", FIXED_COST: "number",
         COST_PER_CONTACT: "number", BUDGET: "number", REPORTED_SPEND: "number"},
    ),
    "campaign_members": Words(
        ("campaign member", "campaign exposure", "exposure", "target", "peserta kampanye", "anggota kampanye",
         "sasaran kampanye", "kelompok kampanye"),
        {CAMPAIGN_ID: "id", CUSTOMER_ID: "id", ARM: "closed"},
        {ASSIGNED_AT: "day"},
        constants=(ARM,),
    ),
    "feedback": Words(
        ("feedback", "nps", "csat", "ces", "satisfaction", "review", "rating", "umpan balik", "kepuasan", "ulasan",
         "survei kepuasan"),
        {CUSTOMER_ID: "id", GIVEN_AT: "day", INSTRUMENT: "closed", SCORE: "score"},
        {TOUCHPOINT: "word", THEME: "word", COMMENT: "text"},
        constants=(INSTRUMENT,),
    ),
    "value_survey": Words(
        ("value survey", "perceived value", "survei nilai", "nilai pelanggan"),
        {CUSTOMER_ID: "id", ASKED_AT: "day", SIDE: "closed", ITEM: "word", TANGIBLE: "flag", SCORE: "score",
         IMPORTANCE: "number"},
        constants=(TANGIBLE, IMPORTANCE),
    ),
    "referrals": Words(
        ("referral", "invite", "rujukan", "ajakan", "referensi"),
        {REFERRER_ID: "id", REFERRED_ID: "id", REFERRED_AT: "day"},
    ),
    "subscriptions": Words(
        ("subscription", "contract", "membership", "langganan", "berlangganan", "kontrak"),
        {CUSTOMER_ID: "id", STARTED_AT: "day"},
        {ENDED_AT: "day", PLAN: "word", PRICE: "number", BILLING_PERIOD: "closed"},
    ),
}  # fmt: skip
