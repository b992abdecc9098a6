"""Lifetime value of a contract in one line: a constant margin, a constant retention rate, no end.

Three cases that look alike and differ by when the first payment comes (Fader & Hardie, note 024 [1]_). They are here to
check against, and for a contract of which nothing but its retention rate is known; customers without a contract have
no retention rate.

References
----------
.. [1] Fader & Hardie (2012), "Reconciling and Clarifying CLV Formulas", brucehardie.com/notes/024.
.. [2] Gupta & Lehmann (2005), "Managing Customers as Investments".
"""


def value_paying_now(margin: float, retention_rate: float, discount_rate: float) -> float:
    """Case 1: the first margin is earned today, ``m (1 + d) / (1 + d - r)``; the most to spend on winning the customer.

    Parameters
    ----------
    margin : float
        Per period, in currency.
    retention_rate : float
        Share that renews, per period.
    discount_rate : float
        Per period.
    """
    return margin * (1 + discount_rate) / (1 + discount_rate - retention_rate)


def residual_value(margin: float, retention_rate: float, discount_rate: float) -> float:
    """Case 2: the renewal is still to come, ``m r / (1 + d - r)``; what an existing customer is still worth."""
    return margin * retention_rate / (1 + discount_rate - retention_rate)


def value_paying_at_the_end(margin: float, retention_rate: float, discount_rate: float) -> float:
    """Case 3: the first margin is certain and earned at the end of the period, ``m / (1 + d - r)``."""
    return margin / (1 + discount_rate - retention_rate)


def annuity(margin: float, periods: float, discount_rate: float) -> float:
    """Present value of a margin for a fixed number of periods; what taking ``1 / (1 - r)`` for a lifetime comes to.

    It is too much: of customers who stay five years on average many leave early, and what they would have paid late
    is discounted more (Gupta & Lehmann [2]_).
    """
    if discount_rate == 0:
        return margin * periods
    return margin * (1 - (1 + discount_rate) ** -periods) / discount_rate
