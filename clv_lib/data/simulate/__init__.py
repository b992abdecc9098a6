"""A simulated Indonesian coffee brand with a shop and subscriptions: a whole customer record, and the truth behind it.

The story, in the order in which it is drawn. Every number is in :mod:`~clv_lib.data.simulate.process` and in
``truth.json``; each part draws from a stream of its own, so that adding one leaves the others as they are.

1. **Money wins customers** (``arrivals``). Each channel spends month by month; in a month, the spend at work over the
   channel's CAC is the expected number of customers won. Advertisements online work at once, television evenly over
   four months and posters over three, and of these two 80 % wins customers and 20 % reminds those who are. The brand
   is new on the first day: nothing was spent and nobody had bought before.
2. **People differ** (``lives``). A purchase rate (Gamma), a dropout rate (Gamma), a basket size (Gamma), an
   inclination to trouble and a perceived value (normal), shifted by persona and channel. Perceived value lowers the
   dropout rate.
3. **They buy** as a Poisson process until they leave, on a clock that runs faster in the four weeks before Lebaran, at
   payday, at weekends and at the end of the year, and slower in the week after Lebaran (``season``): a Pareto/NBD in
   operational time. At most one order a day.
   Four in five of those who drift away **fade** before (``fading``): for some weeks they buy less often and less at a
   time, answer fewer campaigns, think less of the brand, complain more and remain unheard more often, and some cancel
   their subscription. The others stop overnight.
4. **Some subscribe** (``plans``): deliveries every month or quarter until they cancel; meanwhile half of their shop
   orders fall away.
5. **Orders lead to tickets, and some end unhappily** (``troubles``), the more so at low perceived value. An unhappy
   ticket can be the last straw. In one month, when the brand outgrew its warehouse, there are 2.5 times as many
   tickets and more of them end badly, and those who came in it think less of the brand for good.
6. **Customers bring customers** at a rate that grows with perceived value, as long as they are customers.
7. **Campaigns** (``campaigns``): a rule on past orders selects those who may be written to, a coin puts them into arms,
   and the treated buy more by the true uplift of the play while it runs. The first campaign had no control group; the
   loyalty play adds nothing and gives a discount.
8. **Baskets** (``baskets``): lines, products and units by persona and basket size; prices rise twice a year, costs a
   little faster, and coffee becomes dearer towards the end. Discounts of subscriptions, campaigns and the marketplace.
9. **Blemishes** (``sales``, ``accounts``, ``log``): guests at pop-up stalls, free samples of value zero, cancelled and
   partly refunded orders, second accounts, forms with gaps, and four days that the export job missed. The orders of
   those days did happen: the ledger holds their cost.
10. **Contacts, answers and the survey** (``contacts``, ``voices``, ``survey``) show perceived value and unhappy tickets
    through noise and the steps of a scale. Who answers does not depend on what they think.
11. **The ledger** (``ledger``) books what truly drives cost, month by month, with 2 % of noise: service per handling
    minute and per contact, parcels per order, fees as a share of revenue, retention per active month, welcome parcels
    a month after arrival. Goods are exact. What has no invoice is guessed, with a range that holds the truth nine
    times in ten.
"""

from clv_lib.data.simulate.crm import END, START, Crm, simulate_crm
from clv_lib.data.simulate.writing import check_folder, write_crm

__all__ = ["END", "START", "Crm", "check_folder", "simulate_crm", "write_crm"]
