"""Words inside of columns: which of ours each of theirs means."""

from dataclasses import dataclass
from typing import Final

import pandas as pd

from clv_lib.data.sniff.likeness import closest, plain
from clv_lib.names import (
    ARM,
    BILLING_PERIOD,
    INSTRUMENT,
    KIND,
    SIDE,
)

# (table, column): ours = theirs
VALUES: Final[dict[tuple[str, str], dict[str, tuple[str, ...]]]] = {
    ("costs", KIND): {
        "acquisition": ("akuisisi", "acquiring", "perolehan pelanggan", "new customer"),
        "marketing": ("pemasaran", "iklan", "promosi", "advertising", "ads", "promotion"),
        "retention": ("retensi", "loyalty", "loyalitas", "program loyalitas"),
        "service": ("layanan", "pelayanan", "layanan pelanggan", "customer service", "support", "cs"),
        "goods": ("barang", "cogs", "hpp", "harga pokok", "bahan baku", "cost of goods"),
        "fulfilment": ("fulfillment", "pengiriman", "ongkir", "shipping", "delivery", "logistics", "logistik"),
        "payment": ("pembayaran", "payment fee", "biaya pembayaran", "gateway"),
        "overhead": ("umum", "administrasi", "general", "sewa", "rent", "gaji", "salary", "operasional"),
        "intangible": ("tak berwujud", "tidak berwujud", "nirwujud"),
    },
    ("campaign_members", ARM): {
        "treated": ("treatment", "test", "exposed", "target", "perlakuan", "uji", "dikirimi", "kampanye"),
        "control": ("holdout", "hold out", "kontrol", "pembanding"),
    },
    ("value_survey", SIDE): {
        "benefit": ("benefits", "gain", "manfaat", "keuntungan"),
        "cost": ("costs", "sacrifice", "biaya", "pengorbanan"),
    },
    ("feedback", INSTRUMENT): {
        "nps": ("net promoter score", "net promoter", "rekomendasi"),
        "csat": ("satisfaction", "kepuasan"),
        "ces": ("effort", "customer effort", "kemudahan", "upaya"),
    },
    ("subscriptions", BILLING_PERIOD): {
        "week": ("weekly", "mingguan", "minggu", "per minggu"),
        "month": ("monthly", "bulanan", "bulan", "per bulan"),
        "quarter": ("quarterly", "triwulan", "triwulanan", "kuartal", "3 bulan"),
        "year": ("yearly", "annual", "annually", "tahunan", "tahun", "per tahun"),
    },
    ("interactions", KIND): {  # open: other words stay as they are
        "ticket": ("support ticket", "tiket", "keluhan", "komplain", "complaint", "pengaduan"),
        "response": ("responded", "respon", "respons", "tanggapan", "redemption", "penukaran"),
    },
}  # fmt: skip
OPEN_VALUES: Final = (("interactions", KIND),)
LONGEST: Final = 40  # different words; a column with more of them is not a vocabulary


@dataclass(frozen=True)
class Translation:
    """Words of a column in ours.

    Attributes
    ----------
    known : dict
        Their word = ours, where the two differ.
    unknown : tuple of str
        Words that nothing of ours was found for.
    share : float
        Of the values that are understood.
    """

    known: dict[str, str]
    unknown: tuple[str, ...]
    share: float


def translated(table: str, column: str, values: pd.Series) -> Translation | None:
    """Translate the words of a column, or None where its words are free or too many."""
    words = VALUES.get((table, column))
    counts = values.value_counts() if words else None
    if words is None or counts is None or not 0 < len(counts) <= LONGEST:
        return None
    found = {str(theirs): _ours(str(theirs), words) for theirs in counts.index}
    understood = sum(int(counts[theirs]) for theirs, ours in found.items() if ours)
    return Translation(
        {theirs: ours for theirs, ours in found.items() if ours and ours != theirs},
        tuple(theirs for theirs, ours in found.items() if not ours),
        understood / int(counts.sum()),
    )


def _ours(theirs: str, words: dict[str, tuple[str, ...]]) -> str:
    """The word of ours that covers most of theirs; '' when none covers half of it."""
    ranked = [(closest(theirs, (ours, *synonyms))[0], ours) for ours, synonyms in words.items()]
    best, ours = max(ranked, key=lambda pair: pair[0])
    return ours if best >= 0.5 and plain(theirs) else ""
