"""What comments are about: the themes they were filed under, and the themes that their words make by themselves.

1. A comment is a bag of words that say something, brought together across languages, weighted by TF-IDF.
2. Where the company files comments, those without a theme get one from a logistic regression on the words of the filed
   ones, if it is sure enough; how often it would have been right is tested on comments it has not seen.
3. Without regard to that, non-negative matrix factorisation [1]_ divides the words into themes: as many as the company
   files under, so that both can be compared, or else as many as make the leading words of a theme stand together most
   often (mean NPMI [2]_, each different comment counted once).

References
----------
.. [1] Lee & Seung (1999), Nature 401, 788-791.
.. [2] Bouma (2009), Normalized (pointwise) mutual information in collocation extraction; Roeder, Both & Hinneburg
   (2015), Exploring the space of topic coherence measures.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final

import narwhals as nw
import numpy as np
import pandas as pd

from clv_lib.analysis.answers import GIVEN_DAY, HAPPY, MOOD, MOODS, NEUTRAL, UNHAPPY, UNNAMED, since
from clv_lib.analysis.comment_words import discreet, words_of, written_words
from clv_lib.analysis.shares import share_interval
from clv_lib.data.customers import Frame, collected
from clv_lib.errors import CannotEstimateError
from clv_lib.names import COMMENT, CUSTOMER_ID, INSTRUMENT, RESIDUAL_CLV, SCORE, THEME, TOUCHPOINT, N

FOUND: Final = "found"  # number of the theme that the words make; -1 without one
FILED: Final = "filed"  # theme that the company or the regression says; "" without one
MOST_COMMENTS: Final = 20_000
LEAST_COMMENTS: Final = 30
LEAST_FILED: Final = 20
SURE: Final = 0.6  # probability from which a comment is filed under a theme
FEWEST_THEMES: Final = 2
MOST_THEMES: Final = 8
LEADING: Final = 5  # words that stand for a theme
_RARE: Final = 2  # a word in fewer comments is no theme


@dataclass(frozen=True)
class Themes:
    """What comments are about.

    Attributes
    ----------
    comments : int
        With words, among the answers of these days.
    days : int
    filed : DataFrame
        theme, n, by_words (of them filed by the regression), happy, neutral, unhappy, share, low, high (of the
        unhappy), value (to come of the unhappy who wrote of it; NaN where not known), quote (of an unhappy customer).
        Empty where nothing was filed.
    unfiled : int
        Comments that neither the company nor the regression filed.
    accuracy : float
        How often the regression is right on filed comments it has not seen; NaN without one.
    found : DataFrame
        theme (number), words (tuple of leading words as they are mostly written), n, happy, neutral, unhappy, share,
        low, high, value, like (filed theme that most of them have; ""), part (how many of them), quote.
    of_comment : DataFrame
        customer_id, given_day, instrument, touchpoint, comment, filed: for the list of whom to call back.
    """

    comments: int
    days: int
    filed: pd.DataFrame
    unfiled: int
    accuracy: float
    found: pd.DataFrame
    of_comment: pd.DataFrame

    @property
    def shown(self) -> pd.DataFrame:
        """The themes to speak of: as filed where anything was, else as found."""
        return self.filed if len(self.filed) else self.found


def themes(given: Frame, people: Frame, *, last_day: int, days: int, seed: int) -> Themes:
    """Themes of the comments of these days.

    Parameters
    ----------
    given : narwhals.LazyFrame
        From :func:`~clv_lib.analysis.answers.answers`. The latest :data:`MOST_COMMENTS` comments are read.
    people : narwhals.LazyFrame
        customer_id, and residual_clv where a model knows it.

    Raises
    ------
    CannotEstimateError
        There are too few comments.
    """
    table = _comments(since(given, last_day - days + 1), people)
    table["bag"] = [words_of(text) for text in table[COMMENT]]
    table = table[[len(bag) > 0 for bag in table["bag"]]].reset_index(drop=True)
    if len(table) < LEAST_COMMENTS:
        raise CannotEstimateError(
            "Themes need at least {least} comments, but the last {days} days hold {n}. Ask for a sentence beside the "
            "score, and pass it on in the column comment.",
            least=LEAST_COMMENTS,
            days=days,
            n=len(table),
        )
    weights, vocabulary = _weighted(table["bag"])
    table[FILED], accuracy = _filed(table[THEME], weights, seed=seed)
    kinds = table.loc[table[FILED] != UNNAMED, FILED].nunique()
    table[FOUND], leading = _found(weights, vocabulary, table, kinds=kinds, seed=seed)
    named = table[table[FILED] != UNNAMED]
    filed = _described(named, FILED).rename(columns={FILED: THEME})
    by_words = named[named[THEME] == UNNAMED].groupby(FILED).size()
    if len(filed):
        filed["by_words"] = filed[THEME].map(by_words).fillna(0).astype(int)
    return Themes(
        comments=len(table),
        days=days,
        filed=filed,
        unfiled=int((table[FILED] == UNNAMED).sum()),
        accuracy=accuracy,
        found=_with_words(table[table[FOUND] >= 0], leading),
        of_comment=table[[CUSTOMER_ID, GIVEN_DAY, INSTRUMENT, TOUCHPOINT, COMMENT, FILED]],
    )


def _comments(given: Frame, people: Frame) -> pd.DataFrame:
    """The latest comments with mood, and the value of who wrote them."""
    order = [GIVEN_DAY, CUSTOMER_ID, INSTRUMENT, COMMENT]
    there = given.filter(nw.col(COMMENT) != UNNAMED)
    kept = there.sort(*order, descending=[True, False, False, False]).head(MOST_COMMENTS)
    if RESIDUAL_CLV in people.collect_schema().names():
        kept = kept.join(people.select(CUSTOMER_ID, RESIDUAL_CLV), on=CUSTOMER_ID, how="left")
    else:
        kept = kept.with_columns(nw.lit(None).cast(nw.Float64).alias(RESIDUAL_CLV))
    columns = [CUSTOMER_ID, GIVEN_DAY, INSTRUMENT, SCORE, TOUCHPOINT, THEME, COMMENT, MOOD, RESIDUAL_CLV]
    found = collected(kept.select(*columns))
    found[THEME] = found[THEME].astype(str).str.strip()
    return found.sort_values(order, ignore_index=True)


def _weighted(bags: pd.Series) -> tuple[Any, np.ndarray]:
    """TF-IDF of the bags and the words of its columns."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    counts: dict[str, int] = {}
    for bag in bags:
        for word in set(bag):
            counts[word] = counts.get(word, 0) + 1
    vocabulary = sorted(word for word, n in counts.items() if n >= _RARE)
    if not vocabulary:
        raise CannotEstimateError("No word stands in more than one comment, so comments make no theme.")
    reader = TfidfVectorizer(analyzer=_as_it_is, vocabulary=vocabulary, sublinear_tf=True)
    return reader.fit_transform(list(bags)), np.array(vocabulary, dtype=object)


def _as_it_is(bag: list[str]) -> list[str]:
    return bag


def _filed(given: pd.Series, weights: Any, *, seed: int) -> tuple[pd.Series, float]:
    """Theme of every comment, those without one by their words; and how often that is right."""
    known = (given != UNNAMED).to_numpy()
    sizes = given[known].value_counts()
    if known.sum() < LEAST_FILED or (sizes >= _RARE).sum() < 2:
        return given, float("nan")
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    usable = known & given.isin(sizes.index[sizes >= _RARE]).to_numpy()
    model = LogisticRegression(C=10.0, max_iter=1_000)
    folds = StratifiedKFold(min(5, int(sizes[sizes >= _RARE].min())), shuffle=True, random_state=seed)
    told = cross_val_predict(model, weights[usable], given[usable], cv=folds, method="predict")
    accuracy = float((told == given[usable].to_numpy()).mean())
    rest = ~known
    filed = given.copy()
    if rest.any():
        chances = model.fit(weights[usable], given[usable]).predict_proba(weights[rest])
        best = chances.argmax(axis=1)
        sure = chances.max(axis=1) >= SURE
        filed[rest] = np.where(sure, model.classes_[best], UNNAMED)
    return filed, accuracy


def _found(
    weights: Any, vocabulary: np.ndarray, table: pd.DataFrame, *, kinds: int, seed: int
) -> tuple[np.ndarray, list[list[str]]]:
    """Number of the theme of every comment (-1: none of its words leads anywhere), and the leading words of each."""
    most = min(MOST_THEMES, len(vocabulary) - 1, weights.shape[0] - 1)
    if most < FEWEST_THEMES:
        return np.zeros(len(table), dtype=int), [[str(word) for word in vocabulary[:LEADING]]]
    sizes = [min(max(kinds, FEWEST_THEMES), most)] if kinds > 1 else list(range(FEWEST_THEMES, most + 1))
    together = _standing_together(table.drop_duplicates(COMMENT)["bag"])
    best: tuple[float, np.ndarray, list[list[str]]] | None = None
    for k in sizes:
        loads, words = _factorised(weights, k, seed)
        leading = [_leading(row, vocabulary) for row in words]
        score = float(np.mean([_coherence(each, *together) for each in leading]))
        if best is None or score > best[0] + 1e-9:
            best = (score, np.where(loads.max(axis=1) > 0, loads.argmax(axis=1), -1), leading)
    assert best is not None  # noqa: S101 (there is at least one size)
    return best[1], best[2]


def _leading(row: np.ndarray, vocabulary: np.ndarray) -> list[str]:
    """The words that weigh most."""
    return [str(vocabulary[j]) for j in np.argsort(-row, kind="stable")[:LEADING] if row[j] > 0]


def _factorised(weights: Any, k: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    import warnings

    from sklearn.decomposition import NMF
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a theme does not hang on the tenth digit
        model = NMF(k, init="nndsvda", random_state=seed, max_iter=400)
        return model.fit_transform(weights), model.components_


def _standing_together(bags: pd.Series) -> tuple[dict[str, set[int]], int]:
    """In which comments each word stands, and how many comments there are."""
    where: dict[str, set[int]] = {}
    for number, bag in enumerate(bags):
        for word in bag:
            where.setdefault(word, set()).add(number)
    return where, len(bags)


def _coherence(words: list[str], where: dict[str, set[int]], n: int) -> float:
    """Mean normalised pointwise mutual information of the pairs: 1 always together, 0 by chance, -1 never."""
    pairs = list(combinations(words, 2))
    return float(np.mean([npmi(len(where[a]), len(where[b]), len(where[a] & where[b]), n) for a, b in pairs] or [0.0]))


def npmi(one: int, other: int, both: int, n: int) -> float:
    """Of two words that stand in ``one``, ``other`` and together in ``both`` of n comments."""
    if both == 0:
        return -1.0
    if both == n:
        return 1.0
    return float(np.log(both * n / (one * other)) / -np.log(both / n))


def _described(table: pd.DataFrame, by: str) -> pd.DataFrame:
    """Size, moods, value of the unhappy and a quote of every theme; the most unhappy comments first."""
    columns = [by, N, *MOODS, "share", "low", "high", "value", "quote"]
    if table.empty:
        return pd.DataFrame(columns=columns)
    rows = []
    for name, own in table.groupby(by, sort=True):
        moods = own[MOOD].value_counts()
        cross = own[own[MOOD] == UNHAPPY]
        worth = cross.drop_duplicates(CUSTOMER_ID)[RESIDUAL_CLV]
        rows.append((name, len(own), *(int(moods.get(each, 0)) for each in MOODS), worth.sum(min_count=1), _quote(own)))
    found = pd.DataFrame(rows, columns=[by, N, *MOODS, "value", "quote"])
    found["share"] = found[UNHAPPY] / found[N]
    found["low"], found["high"] = share_interval(found[UNHAPPY], found[N])
    found["value"] = found["value"].astype(float)
    return found.sort_values([UNHAPPY, N, by], ascending=[False, False, True], ignore_index=True)[columns]


def _quote(own: pd.DataFrame) -> str:
    """A comment of the saddest mood that stands for many: written most often, else the longest short one."""
    for mood in (UNHAPPY, NEUTRAL, HAPPY):
        texts = own.loc[own[MOOD] == mood, COMMENT].map(discreet)
        if len(texts):
            counts = texts.value_counts()
            most = counts[counts == counts.iloc[0]].index
            fitting = [text for text in most if len(text) <= 120] or list(most)
            return str(max(sorted(fitting), key=len))
    return ""


def _with_words(table: pd.DataFrame, leading: list[list[str]]) -> pd.DataFrame:
    """The found themes with their words as they are mostly written, and the filed theme that they are most like."""
    found = _described(table, FOUND).rename(columns={FOUND: THEME})
    if found.empty:
        return found.assign(words=[], like=[], part=[])
    written = _usual_spelling(table[COMMENT])
    found["words"] = [tuple(written.get(word, word) for word in leading[int(k)]) for k in found[THEME]]
    like, part = [], []
    for k in found[THEME]:
        filed = table.loc[(table[FOUND] == k) & (table[FILED] != UNNAMED), FILED].value_counts()
        like.append(str(filed.index[0]) if len(filed) else "")
        part.append(float(filed.iloc[0] / filed.sum()) if len(filed) else float("nan"))
    return found.assign(like=like, part=part)


def _usual_spelling(comments: pd.Series) -> dict[str, str]:
    """How customers write what a word stands for, most often."""
    counts: dict[str, dict[str, int]] = {}
    for text in comments:
        for meant, written in written_words(text):
            own = counts.setdefault(meant, {})
            own[written] = own.get(written, 0) + 1
    return {meant: max(sorted(own), key=lambda word: own[word]) for meant, own in counts.items()}
