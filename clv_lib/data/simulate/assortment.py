"""Products, and what they cost in each half-year."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from clv_lib.data.simulate.process import PROCESS
from clv_lib.data.simulate.window import Floats, Window

_PRICE_STEP, _COST_STEP = 1_000, 100
_MONTHS_PER_REVISION = 6
_SHOCK = 0.75  # share of the window after which green coffee is dearer


@dataclass(frozen=True)
class Product:
    """One article; price and cost of one unit at the start, in Rp, and how much it is wanted."""

    product_id: str
    name: str
    category: str
    price: int
    unit_cost: int
    weight: float
    several: bool = True  # bought in more than one unit


PRODUCTS: Final = (
    Product("P01", "Gayo Arabika 200 g", "beans", 72_000, 27_500, 10),
    Product("P02", "Toraja Sapan 200 g", "beans", 78_000, 30_500, 7),
    Product("P03", "Kintamani Natural 200 g", "beans", 74_000, 28_500, 7),
    Product("P04", "Flores Bajawa 200 g", "beans", 70_000, 27_000, 6),
    Product("P05", "Mandheling 200 g", "beans", 73_000, 28_000, 6),
    Product("P06", "Java Preanger Honey 200 g", "beans", 79_000, 31_500, 4),
    Product("P07", "Racikan Rumah 500 g", "beans", 128_000, 53_000, 8),
    Product("P08", "Robusta Lampung 500 g", "beans", 88_000, 38_000, 5),
    Product("P09", "Kopi Tetes, 10 pcs", "ready", 58_000, 22_000, 8),
    Product("P10", "Seduh Dingin 1 L", "ready", 65_000, 25_500, 5),
    Product("P11", "Kopi Susu Gula Aren, 8 sachet", "ready", 52_000, 20_000, 7),
    Product("P12", "Dekaf 200 g", "beans", 84_000, 34_000, 2),
    Product("P13", "V60 Dripper", "equipment", 98_000, 49_500, 1.6, several=False),
    Product("P14", "French Press 600 ml", "equipment", 189_000, 99_000, 1.0, several=False),
    Product("P15", "Hand Grinder", "equipment", 295_000, 162_000, 0.7, several=False),
    Product("P16", "Kertas Saring, 100 pcs", "equipment", 42_000, 17_000, 2.5),
    Product("P17", "Hampers Lebaran", "gifts", 225_000, 103_000, 0.5),
    Product("P18", "Tumbler", "gifts", 149_000, 74_000, 0.8, several=False),
    Product("P19", "Kotak Langganan", "subscription", 138_000, 53_000, 0),
    Product("P20", "Kotak Langganan Besar", "subscription", 259_000, 102_000, 0),
)
HAMPERS: Final = 16  # their place in PRODUCTS
PLAN_PRODUCT: Final = {"hemat": 18, "lengkap": 19, "kuartal": 19}
PLAN_UNITS: Final = {"hemat": 1, "lengkap": 1, "kuartal": 2}


def prices(window: Window) -> Floats:
    """List price of every product (row) in every month (column), in whole thousands of Rp."""
    base = np.array([product.price for product in PRODUCTS], dtype=float)[:, None]
    grown = base * (1 + PROCESS.inflation_per_half_year) ** _revision(window)
    return np.round(grown / _PRICE_STEP) * _PRICE_STEP


def unit_costs(window: Window) -> Floats:
    """Cost of one unit of every product (row) in every month (column), in whole hundreds of Rp."""
    base = np.array([product.unit_cost for product in PRODUCTS], dtype=float)[:, None]
    bean = np.array([product.category != "equipment" for product in PRODUCTS])[:, None]
    late = np.arange(len(window.months)) >= window.fraction(_SHOCK)
    grown = base * (1 + PROCESS.cost_inflation_per_half_year) ** _revision(window)
    return np.round(grown * np.where(bean & late, 1 + PROCESS.bean_shock, 1.0) / _COST_STEP) * _COST_STEP


def _revision(window: Window) -> Floats:
    return np.arange(len(window.months), dtype=float) // _MONTHS_PER_REVISION
