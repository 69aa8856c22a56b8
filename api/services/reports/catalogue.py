"""The whole list of reports, in the order in which they are shown."""

from api.services.reports.cohorts import COHORTS
from api.services.reports.donors import DONORS
from api.services.reports.fees import FEES
from api.services.reports.funds import FUNDS
from api.services.reports.giving import GIVING
from api.services.reports.lapsed import LAPSED
from api.services.reports.monthly import MONTHLY
from api.services.reports.payouts import PAYOUTS
from api.services.reports.receipts import RECEIPTS
from api.services.reports.recovery import RECOVERY
from api.services.reports.spec import Report
from api.services.reports.top_donors import TOP_DONORS

REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        GIVING,
        MONTHLY,
        RECOVERY,
        DONORS,
        LAPSED,
        COHORTS,
        TOP_DONORS,
        FUNDS,
        FEES,
        PAYOUTS,
        RECEIPTS,
    )
}
