"""News about customers at Stripe: of those whom we forgot, Stripe's news are cleaned, too."""

from datetime import datetime
from typing import Any

from api.services.erasures import erasure_news_clean


def on_change(customer: dict[str, Any], at: datetime, event_id: str) -> bool:
    """Nothing of ours changes by it; the news of a forgotten donor lose what they say of the person."""
    return erasure_news_clean(str(customer.get("id", ""))) > 0
