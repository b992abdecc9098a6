"""What the customer form asks: name, birth date, region, consent."""

import numpy as np
import pandas as pd

from clv_lib.data.simulate.process import PROCESS
from clv_lib.data.simulate.streams import stream
from clv_lib.data.simulate.window import Window
from clv_lib.periods import DAYS_PER_YEAR

REGIONS = {
    "Jabodetabek": 0.38, "Jawa Barat": 0.15, "Jawa Tengah & DIY": 0.13, "Jawa Timur": 0.14,
    "Bali & Nusa Tenggara": 0.07, "Sumatera": 0.08, "Kalimantan": 0.03, "Sulawesi, Maluku & Papua": 0.02,
}  # fmt: skip
GIVEN = (
    "Adi", "Agus", "Ahmad", "Aisyah", "Andi", "Anisa", "Arief", "Ayu", "Bagus", "Bambang", "Budi", "Cahya", "Citra",
    "Dewi", "Dian", "Dimas", "Eka", "Fajar", "Fitri", "Galih", "Gita", "Hana", "Hendra", "Indah", "Intan", "Irfan",
    "Joko", "Kartika", "Ketut", "Lestari", "Made", "Maya", "Mega", "Muhammad", "Nadia", "Novi", "Nur", "Nyoman",
    "Putri", "Putu", "Rahma", "Rangga", "Ratna", "Rina", "Rizky", "Sari", "Siti", "Sri", "Taufik", "Tri", "Vina",
    "Wahyu", "Wayan", "Wulan", "Yoga", "Yuni", "Zahra",
)  # fmt: skip
FAMILY = (
    "Anggraini", "Budiman", "Fauzi", "Gunawan", "Halim", "Handayani", "Harahap", "Hidayat", "Hutapea", "Kurniawan",
    "Kusuma", "Lubis", "Mahendra", "Manurung", "Nasution", "Nugroho", "Pangestu", "Permata", "Prasetyo", "Pratama",
    "Purnama", "Rahardjo", "Ramadhan", "Rumengan", "Santoso", "Saputra", "Sembiring", "Setiawan", "Siahaan",
    "Simanjuntak", "Siregar", "Sitompul", "Suharto", "Sulistyo", "Suryani", "Susanti", "Tanjung", "Tarigan", "Utami",
    "Wibowo", "Widodo", "Wijaya", "Wulandari", "Yudhistira",
)  # fmt: skip
UNUSUAL = (  # a customer file has them, and every page must show them
    "Zoë Rumengan", "Ma'ruf Nuraïni", "José Ximenes da Costa", "Anaïs Hutapea-Müller", "陈美玲 (Tan Mei Ling)",
    "Nguyễn Thị Hoa", "I Gusti Ngurah Alit", "R.M. Soerjo", "D’Arcy Siregar", "فاطمة البكري", "Renée O'Neil",
    "Łukasz Wijaya", "R. Aj. Sekar Kedaton, S.H., M.Kn.", "Null", "Nuraini \"Nunu\" Lubis",
)  # fmt: skip
_UNUSUAL_SHARE, _ONE_NAME, _THREE_NAMES = 0.012, 0.12, 0.18
_AGE_FROM, _AGE_SHAPE, _AGE_SCALE, _AGE_TO = 18, 2.6, 6.0, 74


def profiles(count: int, *, window: Window, seed: int) -> pd.DataFrame:
    """Draw ``name, birth_date, region, consent`` of so many people; consent is not always on file."""
    rng = stream(seed, "profiles")
    given = np.array(GIVEN, dtype=object)[rng.integers(0, len(GIVEN), count)]
    middle = np.array(GIVEN, dtype=object)[rng.integers(0, len(GIVEN), count)]
    family = np.array(FAMILY, dtype=object)[rng.integers(0, len(FAMILY), count)]
    form = rng.random(count)
    name = np.where(form < _ONE_NAME, given, given + " " + family)
    name = np.where(form > 1 - _THREE_NAMES, given + " " + middle + " " + family, name)
    odd = np.array(UNUSUAL, dtype=object)[rng.integers(0, len(UNUSUAL), count)]
    name = np.where(rng.random(count) < _UNUSUAL_SHARE, odd, name)
    age = np.minimum(_AGE_FROM + rng.gamma(_AGE_SHAPE, _AGE_SCALE, count), _AGE_TO)
    region = rng.choice(len(REGIONS), count, p=list(REGIONS.values()))
    return pd.DataFrame(
        {
            "name": pd.Series(name, dtype="str"),
            "birth_date": window.dates(-np.floor(age * DAYS_PER_YEAR)),
            "region": pd.Series(np.array(list(REGIONS), dtype=object)[region], dtype="str"),
            "consent": pd.Series(rng.random(count) < PROCESS.consent, dtype="boolean").mask(
                rng.random(count) < PROCESS.missing_consent
            ),
        }
    )
