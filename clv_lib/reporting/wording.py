"""Language: how numbers, money and dates are written, and how a sentence is said in English and Indonesian.

A sentence is computed once and said in any language later: :func:`say` keeps the English message and the
quantities apart, :func:`as_html` and :func:`as_text` bring them together. The English message is the key of the
gettext catalogue in ``locale/``. In a page each number also stands as ``<data value="…">``, so that the pages of all
languages can be compared number by number.
"""

import functools
import gettext
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from math import floor, isfinite, log10
from pathlib import Path
from typing import ClassVar, Final, Literal, get_args
from unicodedata import bidirectional

from babel import Locale
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import (
    format_compact_decimal,
    format_decimal,
    get_currency_precision,
    get_currency_symbol,
    get_decimal_symbol,
)
from markupsafe import Markup, escape

Language = Literal["en", "id"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
LANGUAGE_NAMES: Final[dict[Language, str]] = {"en": "English", "id": "Bahasa Indonesia"}
LOCALE_FOLDER: Final = Path(__file__).parent / "locale"
COMPACT_FROM: Final = 1_000_000  # below it money is written out
UNKNOWN: Final = "–"
LONGEST_WORDS: Final = 60  # characters of a text from data that a page shows; the data hold it whole
_SILENT: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2060-\u2069\u200e\u200f\ufeff]+")
_STACKED: Final = re.compile("([\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]{3})[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]+")
_SYMBOL_WHERE_CLDR_HAS_NONE: Final = {("en", "IDR"): "Rp"}  # people write Rp in English too


@dataclass(frozen=True)
class Quantity:
    """A value and how it is written; ``write`` takes the value and a language."""

    value: float | int | date | str
    write: Callable[[Language], str] = field(compare=False)

    def html(self, language: Language) -> Markup:
        """The written value inside the element that carries the raw one."""
        written = escape(self.write(language))
        if isinstance(self.value, date):
            return Markup('<time datetime="{}">{}</time>').format(self.value.isoformat(), written)
        if isinstance(self.value, str):
            # what is written from right to left must not turn the sentence around it
            return Markup("<bdi>{}</bdi>").format(written) if _turns(written) else written
        if not isfinite(self.value):
            return Markup("{}").format(UNKNOWN)
        return Markup('<data value="{}">{}</data>').format(f"{self.value:.12g}", written)

    def text(self, language: Language) -> str:
        """The written value alone."""
        return self.write(language)

    @property
    def is_text(self) -> bool:
        """Whether it is read like a word, and so begins at the left of its column."""
        return isinstance(self.value, str)

    @property
    def is_dash(self) -> bool:
        """Whether it only says that there is nothing, and so stands where the column's other cells do."""
        return self.value == UNKNOWN


def _finite(value: float, write: Callable[[Language], str]) -> Quantity:
    return Quantity(value, write if isfinite(value) else lambda language: UNKNOWN)


def number(value: float, digits: int = 0) -> Quantity:
    """A plain number with a fixed count of decimals."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return _finite(float(value), lambda language: _decimal(float(value), pattern, language))


def _decimal(value: float, pattern: str, language: Language) -> str:
    """With a true minus sign, as money has, and without one before a zero."""
    written = format_decimal(value + 0.0, pattern, locale=language)
    return written.replace("-", "−") if re.search("[1-9]", written) else written.replace("-", "")


def count(value: float) -> Quantity:
    """How many: a whole number."""
    rounded = round(value) if isfinite(value) else value
    return Quantity(rounded, number(rounded).write)


def share(value: float, digits: int = 0) -> Quantity:
    """A share between 0 and 1, written in percent."""
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return _finite(float(value), lambda language: _decimal(100 * float(value), pattern, language) + "\u00a0%")


def money(value: float, currency: str) -> Quantity:
    """An amount in ``currency``; from a million on in words, as in $1.12 million or Rp4,1 miliar."""

    def write(language: Language) -> str:
        symbol = currency_symbol(currency, language)
        sign = "−" if value < 0 else ""
        size = abs(value)
        if size >= COMPACT_FROM:
            return f"{sign}{symbol}{_three_digits(size, language)}"
        digits = get_currency_precision(currency) if size < 100 and not _small_unit(currency) else 0
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return f"{sign}{symbol}{format_decimal(size, pattern, locale=language)}"

    return _finite(float(value), write)


def round_money(value: float, currency: str) -> Quantity:
    """An amount on a scale, where all marks have the same form: no decimals unless the scale is finer than that."""
    if float(value).is_integer() and abs(value) < COMPACT_FROM:

        def write(language: Language) -> str:
            written = format_decimal(abs(value), "#,##0", locale=language)
            return f"{'−' if value < 0 else ''}{currency_symbol(currency, language)}{written}"

        return Quantity(value, write)
    return money(value, currency)


def _three_digits(size: float, language: Language) -> str:
    """Three significant digits and the word for the power of ten, as in 2.50 million."""
    power = 3 * (floor(log10(size)) // 3)
    digits = 2 - (floor(log10(size)) - power)
    if round(size / 10**power, digits) >= 10 ** (3 - digits):  # 9.996 million is 10.0 million
        digits = (digits - 1) % 3
    written = format_compact_decimal(size, format_type="long", locale=language, fraction_digits=digits)
    number, _, word = written.partition(" ")
    mark = get_decimal_symbol(language)
    whole, _, decimals = number.partition(mark)
    return f"{whole}{mark}{decimals.ljust(digits, '0')} {word}" if digits else written


def _small_unit(currency: str) -> bool:
    """Currencies whose hundredth nobody pays, although the standard still lists it."""
    return currency in {"IDR", "VND", "LAK", "IRR"}


def currency_symbol(currency: str, language: Language) -> str:
    """Sign of the currency as people write it in that language."""
    symbol = _SYMBOL_WHERE_CLDR_HAS_NONE.get((language, currency)) or get_currency_symbol(currency, language)
    return f"{symbol} " if len(symbol) > 2 and symbol == currency else symbol


def day(value: date) -> Quantity:
    """A calendar day, written out."""
    return Quantity(value, lambda language: format_date(value, "d MMMM y", locale=language))


def month(value: date) -> Quantity:
    """A month and its year."""
    return Quantity(value, lambda language: format_date(value, "MMM y", locale=language))


def words(value: object, longest: int = LONGEST_WORDS) -> Quantity:
    """Text that came from data or settings: on one line, cut where it has no end, escaped on a page."""
    shown = legible(str(value), longest)
    return Quantity(str(value), lambda language: shown)


def legible(text: str, longest: int = LONGEST_WORDS) -> str:
    """A text as it can be shown: on one line, without marks that steer a terminal or the direction of writing.

    Parameters
    ----------
    text : str
    longest : int
        Characters; a longer text ends in an ellipsis.
    """
    line = " ".join(_SILENT.sub(" ", text[: 4 * longest + 100]).split())
    line = _STACKED.sub(r"\1", line)  # marks heaped on one letter run over the lines above it
    cut = len(line) > longest or len(text) > 4 * longest + 100
    return line[: longest - 1].rstrip() + "…" if cut else line


def _turns(text: str) -> bool:
    return any(bidirectional(letter) in ("R", "AL", "AN") for letter in text)


@dataclass(frozen=True)
class Sentence:
    """A message in English with named places, and what stands in them."""

    message: str
    values: Mapping[str, "Quantity | Sentence"] = field(default_factory=dict)
    plural: str | None = None
    n: float = 1
    is_text: ClassVar[bool] = True
    is_dash: ClassVar[bool] = False

    def _template(self, language: Language) -> str:
        catalogue = translations(language)
        if self.plural is None:
            said = catalogue.gettext(self.message)
        else:
            said = catalogue.ngettext(self.message, self.plural, 1 if self.n == 1 else 2)
        return said.replace(" %", "\u00a0%")  # a line must not end between a number and its sign

    def html(self, language: Language) -> Markup:
        """The sentence as HTML, everything from data escaped."""
        return Markup(escape(self._template(language))).format(
            **{name: value.html(language) for name, value in self.values.items()}
        )

    def text(self, language: Language) -> str:
        """The sentence as plain text."""
        return self._template(language).format(**{name: value.text(language) for name, value in self.values.items()})


def say(message: str, /, **values: Quantity | Sentence) -> Sentence:
    """A sentence with quantities in its ``{places}``; the message is looked up in the catalogue when it is said."""
    return Sentence(message, values)


def say_count(singular: str, plural: str, /, *, n: float, **values: Quantity | Sentence) -> Sentence:
    """A sentence that differs for one and for many; ``{n}`` is the count."""
    return Sentence(singular, {"n": count(n), **values}, plural=plural, n=n)


def refusal_sentence(message: str, values: Mapping[str, float | str]) -> Sentence:
    """Why data cannot answer a question, from what a :class:`~clv_lib.errors.CannotEstimateError` carries."""

    def quantity(value: float | str) -> Quantity:
        if isinstance(value, str):
            return words(value)
        return count(value) if float(value).is_integer() else number(value, 1)

    return Sentence(message, {name: quantity(value) for name, value in values.items()})


@functools.cache
def translations(language: Language) -> gettext.NullTranslations:
    """Catalogue of a language; English is the language of the messages themselves."""
    path = LOCALE_FOLDER / language / "LC_MESSAGES" / "clv_lib.po"
    if not path.is_file():
        return gettext.NullTranslations()
    with path.open("rb") as file:
        catalogue = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)  # compiled in memory: no binary file that could be out of date
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def translate(message: str, language: Language) -> str:
    """A fixed text, such as a prose cell or a label, in that language."""
    return translations(language).gettext(message) if message else ""


def plain(html: str) -> str:
    """Text of an HTML fragment, for the console."""
    return re.sub(r"\s+", " ", Markup(html).striptags())


def language_tag(language: Language) -> str:
    """The ``lang`` attribute of a page."""
    return Locale.parse(language).language
