"""Where a request comes from, told by nobody but our own proxies."""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

Address = IPv4Address | IPv6Address
# What proxies add: any of them says that somebody else asks.
_PROXY_MARKS = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
    "HTTP_VIA",
)
# How much of an address is one household or office: what tries are counted by.
NETWORK_BITS = {4: 24, 6: 56}
_NEAR = ("localhost", "127.0.0.1", "::1")


def client_address(meta: Mapping[str, Any]) -> str | None:
    """The address of who asks; None when it came by no network at all.

    `X-Forwarded-For` is read from its end: each of our proxies added whom it heard from, and
    what stands before the first that is not ours, anybody may have written.
    """
    address = _address(meta.get("REMOTE_ADDR", ""))
    if not is_own(address):
        return str(address)
    for said in reversed(str(meta.get("HTTP_X_FORWARDED_FOR", "")).split(",")):
        told = _address(said)
        if told is None:
            break
        address = told
        if not is_own(told):
            break
    return str(address) if address else None


def client_host(meta: Mapping[str, Any], host: str) -> str:
    """The host that stands in the browser's address bar, without a port."""
    if is_own(_address(meta.get("REMOTE_ADDR", ""))):
        host = str(meta.get("HTTP_X_FORWARDED_HOST", "")).split(",")[0].strip() or host
    return host.rsplit(":", 1)[0] if not host.endswith("]") else host


def client_network(address: str | None) -> str:
    """The network of an address, so that a neighbour's many addresses count as one."""
    found = _address(address or "")
    if found is None:
        return "none"
    bits = found.max_prefixlen - NETWORK_BITS[found.version]
    return f"{found.version}:{int(found) >> bits:x}"


def is_own(address: Address | None) -> bool:
    """Whether this is one of our own proxies; a Unix socket has no address and is ours."""
    return address is None or any(address in network for network in settings.TRUSTED_PROXIES)


def is_own_machine(address: str | None) -> bool:
    """Whether a request comes from our own proxies themselves, for nobody that they name."""
    return is_own(_address(address or ""))


def is_this_machine(meta: Mapping[str, Any]) -> bool:
    """Whether a process of this machine asks for itself: from the loopback, through no proxy at all.

    A proxy that says nothing of whom it asks for would let anybody in: nginx in deploy/ does say it,
    and does not lead here either.
    """
    address = _address(meta.get("REMOTE_ADDR", ""))
    is_near = address is not None and address.is_loopback
    return is_near and not any(name in meta for name in _PROXY_MARKS)


def is_at_this_machine(meta: Mapping[str, Any], host: str) -> bool:
    """Whether a person at this machine asks, be it through our own site. `host`: what was asked for.

    Who comes through a tunnel has another address, or, where that says nothing, its public name.
    """
    address = _address(client_address(meta) or "")
    public = urlsplit(settings.SITE_URL).hostname or ""
    is_public = public not in _NEAR and client_host(meta, host).strip("[]").lower() == public
    return address is not None and address.is_loopback and not is_public


def _address(text: str) -> Address | None:
    try:
        found = ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
