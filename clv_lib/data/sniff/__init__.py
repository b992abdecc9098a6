"""A first ``dataset.toml`` from nothing but exports: every guess with its reason, every doubt as a question.

The files are opened (:mod:`samples`), files of one layout are put together (:mod:`layouts`), each export is read as
every table that it could be (:mod:`columns`), and the readings that fit best are taken (:mod:`recognition`). What is
left are the formats (:mod:`formats`), the words (:mod:`values`, :mod:`constants`), the company (:mod:`company`) and
the text (:mod:`writing`).
"""

from clv_lib.data.sniff.proposal import Finding, Proposal, propose_settings

__all__ = ["Finding", "Proposal", "propose_settings"]
