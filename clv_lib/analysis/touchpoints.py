"""Who passes a touchpoint: told by the settings, or by its name."""

import re
from collections.abc import Mapping
from typing import Final

from clv_lib.settings.voice import Passing

ORDERS: Final = "orders"
CONTACTS: Final = "contacts"
EVERYONE: Final = "everyone"
ANSWERED: Final = "answers"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORDS: Final[dict[Passing, frozenset[str]]] = {  # English and Indonesian, as survey tools call them
    CONTACTS: _words(
        "support service care help helpdesk desk contact call chat complaint ticket agent hotline layanan bantuan "
        "keluhan pengaduan telepon kontak tiket cs"
    ),
    ORDERS: _words(
        "order orders checkout cart payment delivery shipping courier shipment packaging package unboxing pickup "
        "purchase product store shop invoice billing return returns refund pesanan pemesanan keranjang pembayaran "
        "bayar pengiriman kirim kurir ekspedisi kemasan paket pembelian produk toko retur pengembalian tagihan"
    ),
    EVERYONE: _words(
        "relationship relation brand overall general company loyalty membership hubungan merek umum keseluruhan "
        "perusahaan keanggotaan"
    ),
}


def passing_of(touchpoint: str, stated: Mapping[str, Passing]) -> Passing:
    """Who passes a touchpoint; ``answers``, those who answered about it, where neither settings nor name tell."""
    if touchpoint in stated:
        return stated[touchpoint]
    named = set(re.findall(r"[^\W\d_]+", touchpoint.casefold()))
    for passing, vocabulary in _WORDS.items():
        if named & vocabulary:
            return passing
    return ANSWERED
