"""Sending a message to an address. The one module that knows Apprise.

What Apprise logs is not kept: its messages may quote an address, and an address may be a secret. What failed is told in words of
ours.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote

import apprise
from apprise import AppriseAsset, AppriseResult, AppriseResultStatus, NotifyBase, NotifyType

from wangdi.notices.notice import Text

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_ANSWERED = re.compile(r"error=(\d{3})\b")
TIMED_OUT, UNKNOWN_ADDRESS, FAILED, ANSWERED = "timeout", "address", "failed", "http"


@dataclass(frozen=True, slots=True)
class Address:
    """An address with its variables filled. ``missing``: variables the environment does not have. Never shown."""

    url: str = field(repr=False)
    missing: tuple[str, ...]


def fill_address(written: str, environment: Mapping[str, str]) -> Address:
    """Fill ``${NAME}`` from the environment: as it is where it is the whole address, else as one part of it, so that a password
    may have any sign in it.
    """
    missing = tuple(name for name in _VARIABLE.findall(written) if not environment.get(name))
    if _VARIABLE.fullmatch(written):
        return Address(environment.get(written[2:-1], "").strip(), missing)
    return Address(_VARIABLE.sub(lambda found: quote(environment.get(found[1], ""), safe=""), written), missing)


def name_way(address: Address) -> str:
    """What kind of address it is, as Apprise calls it (``WeCom Bot``); empty where it is none Apprise knows."""
    found = _instantiate(address, 0)
    return "" if found is None else str(found.service_name)


def shows_secret(written: str, address: Address) -> bool:
    """Whether a password or key stands in the file itself, where a backup takes it along."""
    found = _instantiate(address, 0)
    if found is None or _VARIABLE.search(written):
        return False
    hidden, open_one = (found.url(privacy=private) for private in (True, False))  # type: ignore[no-untyped-call]
    return bool(hidden != open_one)


def send_text(address: Address, text: Text, urgent: bool, timeout: float) -> str:
    """Send; answers empty where it was taken, else what failed: ``timeout``, ``address``, ``http NNN``, ``failed``.

    Rule: it ends after ``timeout`` seconds, whatever the other side does.
    """
    service = _instantiate(address, timeout)
    if service is None:
        return UNKNOWN_ADDRESS
    sender = apprise.Apprise(services=[service], asset=service.asset)
    sort = NotifyType.WARNING if urgent else NotifyType.INFO
    return _tell_failure(sender.notify(text.body, title=text.title, notify_type=sort, timeout=timeout))


def _instantiate(address: Address, timeout: float) -> NotifyBase | None:
    _silence()
    if not address.url or address.missing:
        return None
    asset = AppriseAsset(app_id="Wangdi", app_desc="Wangdi 网底", app_url="", service_timeout=timeout)
    return apprise.Apprise.instantiate(address.url, asset=asset)


@cache
def _silence() -> None:
    """Nothing of what Apprise logs goes anywhere, for whoever set logging up."""
    logger = logging.getLogger("apprise")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False


def _tell_failure(result: AppriseResult) -> str:
    if result:
        return ""
    if result.status == AppriseResultStatus.TIMEOUT:
        return TIMED_OUT
    said = " ".join(entry.message for entry in result.logs())
    answered = _ANSWERED.search(said)
    return f"{ANSWERED} {answered[1]}" if answered else FAILED
