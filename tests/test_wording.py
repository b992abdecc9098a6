"""Numbers, money and dates as people write them; sentences that cannot drop or leak a value."""

from datetime import date

import pytest

from clv_lib.reporting.wording import count, day, legible, money, month, number, say, say_count, share, words


@pytest.mark.parametrize(
    ("quantity", "english", "indonesian"),
    [
        (count(23570), "23,570", "23.570"),
        (number(3.14159, 2), "3.14", "3,14"),
        (share(0.0834), "8\u00a0%", "8\u00a0%"),
        (share(0.9984, 1), "99.8\u00a0%", "99,8\u00a0%"),
        (money(47.3, "USD"), "$47.30", "US$47,30"),
        (money(4321.9, "USD"), "$4,322", "US$4.322"),
        (money(1_123_456, "USD"), "$1.12 million", "US$1,12 juta"),
        (money(-1_123_456, "USD"), "−$1.12 million", "−US$1,12 juta"),
        (money(4_100_000_000, "IDR"), "Rp4.10 billion", "Rp4,10 miliar"),
        (money(41_234_000_000, "IDR"), "Rp41.2 billion", "Rp41,2 miliar"),
        (money(412_340_000, "IDR"), "Rp412 million", "Rp412 juta"),
        (money(9_996_000, "IDR"), "Rp10.0 million", "Rp10,0 juta"),
        (money(1e6, "USD"), "$1.00 million", "US$1,00 juta"),
        (money(999_999, "IDR"), "Rp999,999", "Rp999.999"),
        (money(43.4, "IDR"), "Rp43", "Rp43"),
        (day(date(1998, 6, 30)), "30 June 1998", "30 Juni 1998"),
        (month(date(1998, 5, 1)), "May 1998", "Mei 1998"),
    ],
)
def test_a_quantity_is_written_as_people_of_that_language_write_it(quantity, english, indonesian):
    assert quantity.text("en") == english
    assert quantity.text("id") == indonesian


def test_milyar_is_never_abbreviated_to_the_m_that_others_read_as_million():
    assert money(4.1e9, "IDR").text("id").endswith("miliar")


def test_a_missing_number_is_a_dash_and_not_nan():
    assert money(float("nan"), "USD").text("en") == "–"
    assert str(money(float("nan"), "USD").html("en")) == "–"


def test_a_number_on_a_page_carries_its_value_in_every_language():
    html = {language: str(say("{x} weeks", x=number(12.5, 1)).html(language)) for language in ("en", "id")}
    assert '<data value="12.5">12.5</data>' in html["en"]
    assert '<data value="12.5">12,5</data>' in html["id"]


def test_text_from_data_is_inert_in_a_sentence():
    html = str(say("Customer {id}", id=words("<script>alert(1)</script>{x}")).html("en"))
    assert "<script>" not in html
    assert "{x}" in html, "braces in data are text, not places"


def test_one_customer_is_not_customers():
    sentence = [say_count("{n} customer left", "{n} customers left", n=n).text("en") for n in (0, 1, 2)]
    assert sentence == ["0 customers left", "1 customer left", "2 customers left"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("two\nlines\r\nor\tthree", "two lines or three"),
        ("\x1b[31mred\x07", "[31mred"),
        ("\u202egnirts\u202c", "gnirts"),
        ("W" * 10_000, "W" * 59 + "…"),
        ("e" + "\u0301" * 40, "e" + "\u0301" * 3),
        ("\U0001f468\u200d\U0001f469", "\U0001f468\u200d\U0001f469"),
        ("=1+1 {x} $y$ <b>", "=1+1 {x} $y$ <b>"),
    ],
)
def test_a_text_from_data_is_shown_on_one_line_and_not_without_end(text, shown):
    assert legible(text) == shown
    assert words(text).value == text, "the quantity itself keeps the text"


def test_a_text_from_right_to_left_does_not_turn_the_sentence_around_it():
    arabic = "\u0627\u0644\u0639\u0631\u0628\u064a\u0629"
    assert str(say("of {name} (3)", name=words(arabic)).html("en")) == f"of <bdi>{arabic}</bdi> (3)"
    assert "<bdi>" not in str(words("plain").html("en"))


def test_a_minus_is_one_sign_everywhere_and_never_stands_before_a_zero():
    assert [number(-0.28, 2).text("en"), share(-0.1).text("id"), money(-5, "IDR").text("en")] == [
        "−0.28",
        "−10\u00a0%",
        "−Rp5",
    ]
    assert [number(-0.001, 2).text("en"), share(-0.0001).text("en")] == ["0.00", "0\u00a0%"]
