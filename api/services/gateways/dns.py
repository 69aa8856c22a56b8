"""The only door to DNS: texts that a domain publishes."""

from dataclasses import dataclass

import dns.exception
import dns.resolver
from django.conf import settings

SECONDS = 2.0


class DnsSilent(Exception):
    """No name server answered."""


@dataclass(frozen=True)
class Texts:
    """The TXT records of a name. `is_there` is False when neither it nor anything below it exists."""

    values: tuple[str, ...]
    is_there: bool = True


def texts_of(name: str) -> Texts:
    """Ask for a name's TXT records. Raises DnsSilent."""
    try:
        resolver = _resolver()
        answer = resolver.resolve(name, "TXT", lifetime=SECONDS, search=False)
    except dns.resolver.NXDOMAIN:
        return Texts((), is_there=False)
    except dns.resolver.NoAnswer:
        return Texts(())
    except (dns.exception.DNSException, OSError) as error:
        raise DnsSilent(str(error)) from error
    return Texts(tuple(b"".join(row.strings).decode(errors="replace") for row in answer))


def _resolver() -> dns.resolver.Resolver:
    """The system's, unless the settings name another: `address` or `address:port`."""
    if not settings.DNS_SERVER:
        return dns.resolver.Resolver()
    address, _, port = settings.DNS_SERVER.partition(":")
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [address]
    resolver.port = int(port or 53)
    return resolver
