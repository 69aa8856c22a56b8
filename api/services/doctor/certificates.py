"""The certificate of the site's address."""

from django.conf import settings

from api.clock import now
from api.services.doctor.findings import (
    Check,
    Seen,
    compose,
    fine,
    is_in_container,
    is_production,
    problem,
    skipped,
    warning,
)
from api.services.doctor.rounds import Round
from api.services.gateways.certificates import SiteUnreachable, certificate_look

# certbot renews 30 days before the end: fewer left means that it failed more than once.
WARNING_DAYS = 20
PROBLEM_DAYS = 5


def certificate(_: Round) -> Seen:
    """As browsers meet it."""
    if not settings.SITE_URL.startswith("https://"):
        return skipped(f"{settings.SITE_URL} has no TLS.")
    renew, look = _commands()
    try:
        facts = certificate_look(settings.SITE_URL)
    except SiteUnreachable as error:
        return problem(f"{settings.SITE_URL} does not answer from here ({error}).", look)
    left = (facts.ends_at - now()).days
    ends = f"{facts.ends_at.day} {facts.ends_at:%b %Y}"
    if facts.ends_at <= now():
        return problem(f"The certificate ended on {ends}: browsers refuse the site.", renew)
    if facts.refusal:
        return problem(f"Browsers refuse the certificate ({facts.refusal}).", renew)
    if left < WARNING_DAYS:
        tell = problem if left < PROBLEM_DAYS else warning
        return tell(f"The certificate ends in {left} days, on {ends}.", renew)
    return fine(f"The certificate holds until {ends}.")


def _commands() -> tuple[str, str]:
    """What brings another certificate, and what says why nginx does not answer."""
    if is_in_container():
        return compose("restart certbot"), compose("logs --tail 50 nginx")
    return (
        "sudo certbot renew --force-renewal" if is_production() else "make https",
        "sudo nginx -t",
    )


CHECKS = (
    Check(
        "certificate",
        "TLS certificate",
        "Browsers show a warning instead of the site when it has ended.",
        certificate,
    ),
)
