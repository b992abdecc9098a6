"""Themes of comments in two languages: words, coherence by hand, filing on unseen comments, and what may be quoted."""

import math
from datetime import date

import pytest

from clv_lib.analysis.answers import answers
from clv_lib.analysis.comment_words import discreet, words_of
from clv_lib.analysis.themes import npmi, themes
from clv_lib.errors import CannotEstimateError
from tests.voice_support import END, lazy, shop


def found(seed: int = 3, **more):
    tables = shop(seed=seed)
    feedback = tables["feedback"].assign(**more) if more else tables["feedback"]
    people = tables["customers"][["customer_id"]].assign(residual_clv=10.0)
    return themes(answers(lazy(feedback), end=END), lazy(people), last_day=END.toordinal(), days=365, seed=1), feedback


@pytest.mark.parametrize(
    ("comment", "words"),
    [
        ("Harganya mahal!", ["price", "price"]),
        ("The prices are too expensive", ["price", "price"]),
        ("Kopinya ☕ enak, kurirnya ramah", ["coffee", "taste", "delivery", "friendly"]),
        ("Pengirimannya telat 3 hari", ["delivery", "late"]),
        ("It was, and is, the", []),
        ("", []),
        ("12345 ???", []),
    ],
)
def test_words_of_both_languages_come_together(comment, words):
    assert words_of(comment) == words


def test_npmi_is_one_together_nought_by_chance_and_minus_one_apart():
    assert npmi(10, 10, 10, 100) == pytest.approx(1.0)
    assert npmi(20, 30, 6, 100) == pytest.approx(0.0)
    assert npmi(20, 30, 0, 100) == -1.0
    p, a, b = 12 / 100, 0.2, 0.3
    assert npmi(20, 30, 12, 100) == pytest.approx(math.log(p / (a * b)) / -math.log(p))


def test_what_was_filed_is_kept_and_the_rest_is_filed_by_its_words():
    said, feedback = found()
    first = END.toordinal() - 364
    recent = feedback[feedback["given_at"].map(date.toordinal).ge(first) & feedback["comment"].notna()]
    kept = recent[recent["theme"].notna()].groupby("theme").size()
    filed = said.filed.set_index("theme")
    assert said.comments == len(recent)
    assert ((filed["n"] - filed["by_words"]).to_dict()) == kept.to_dict()
    assert filed["n"].sum() + said.unfiled == len(recent)
    assert said.accuracy > 0.95, "the two themes share no word"
    assert said.of_comment["filed"].isin(["delivery", "price", ""]).all()


def test_the_words_alone_make_the_same_two_themes_across_languages():
    said, _ = found()
    assert len(said.found) == 2
    assert set(said.found["like"]) == {"delivery", "price"}
    assert (said.found["part"] > 0.9).all()
    assert said.found["n"].sum() <= said.comments


def test_moods_and_value_of_a_theme_are_those_of_its_comments():
    said, feedback = found()
    first = END.toordinal() - 364
    recent = feedback[feedback["given_at"].map(date.toordinal).ge(first) & feedback["comment"].notna()]
    about = recent["comment"].str.contains("rice|arga|ahal|romo")
    row = said.filed.set_index("theme").loc["price"]
    unhappy = recent[about & (recent["score"] <= 6)]
    if said.unfiled == 0:
        assert (row["n"], row["unhappy"]) == (about.sum(), len(unhappy))
    assert row["value"] == 10.0 * unhappy["customer_id"].nunique(), "each customer once"
    assert row["low"] <= row["share"] <= row["high"]
    assert row["quote"] in set(unhappy["comment"])


def test_without_filing_the_themes_are_found_all_the_same():
    said, _ = found(theme=None)
    assert said.filed.empty
    assert math.isnan(said.accuracy)
    assert len(said.shown) >= 2
    assert all(said.shown["words"].str.len() > 0)


def test_too_few_comments_are_said():
    with pytest.raises(CannotEstimateError, match="at least 30 comments"):
        found(comment="")


def test_the_same_comments_make_the_same_themes():
    one, other = found()[0], found()[0]
    assert one.found.equals(other.found)
    assert one.filed.equals(other.filed)


@pytest.mark.parametrize(
    ("written", "quoted"),
    [
        ("call me: +62 812-3456-789 please", "call me: … please"),
        ("mail ann.b@shop.co.id now", "mail … now"),
        ("see https://x.org/a?b=1 there", "see … there"),
        ("order 1234567 is late", "order … is late"),
        ("3 days, 12 hours", "3 days, 12 hours"),
    ],
)
def test_nothing_that_names_a_person_is_quoted(written, quoted):
    assert discreet(written) == quoted
