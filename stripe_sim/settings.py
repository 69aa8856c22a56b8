"""The account's settings that the Dashboard holds at Stripe; /_sim/settings changes them."""

from stripe_sim.state import State, Thing

DEFAULT: Thing = {
    # A renewal is a draft for about an hour before it is finalised and paid.
    "renewal_draft_seconds": 3600,
    "dunning_attempts": 4,
    "dunning_seconds": 3 * 86400,
    # What a plan becomes when the last attempt failed: canceled, unpaid or past_due.
    "dunning_end": "canceled",
}


def settings(state: State) -> Thing:
    """All settings as they are now."""
    return {**DEFAULT, **state.setting("account").get("values", {})}


def setting(state: State, name: str) -> int:
    """One setting that is a number."""
    return int(settings(state)[name])


def settings_set(state: State, changes: Thing) -> Thing:
    """Change some settings. Raises ValueError for one that is not there."""
    unknown = set(changes) - set(DEFAULT)
    if unknown:
        raise ValueError(f"No such setting: {', '.join(sorted(unknown))}.")
    values = {**state.setting("account").get("values", {}), **changes}
    state.save("_setting", {"id": "account", "values": values})
    return settings(state)
