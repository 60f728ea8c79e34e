"""What is known before anybody is asked: the venue's configuration and the keys in the environment. Pure."""

from __future__ import annotations

from dualwitness.models import RunMode, Venue
from dualwitness.venues.check_line import CheckLine, CheckName, CheckOutcome
from dualwitness.venues.check_settings import CheckSettings

__all__ = ["configuration_line", "credentials_line"]


def configuration_line(settings: CheckSettings) -> CheckLine:
    """What ``venues.<venue>.yaml`` allows; a venue that is switched off can be asked, and takes no orders."""
    config, check = settings.config, CheckName.CONFIGURATION
    side = "demo" if config.demo_mode else "LIVE"
    orders = "orders to a real account allowed" if config.allow_live_orders else "no orders to a real account"
    told = f"venues.{settings.venue}.yaml: {'enabled' if config.enabled else 'switched off'}, {side}, {orders}"
    if not config.enabled:
        advice = "set enabled to true before orders are sent there"
        return CheckLine(check, CheckOutcome.WARNING, told, advice)
    if not config.demo_mode and settings.mode is not RunMode.OKX_LIVE:
        advice = "this test looks at demo; to look where orders would go, name --mode okx_live"
        return CheckLine(check, CheckOutcome.WARNING, told, advice)
    return CheckLine(check, CheckOutcome.OK, told)


def credentials_line(settings: CheckSettings) -> CheckLine:
    """Which variables hold keys, by name; whether the keys are accepted is the venue's to say."""
    check, keys = CheckName.CREDENTIALS, settings.keys
    if settings.venue is Venue.PAPER:
        return CheckLine(check, CheckOutcome.OK, "paper needs none")
    if settings.mode is RunMode.OKX_DEMO_SIM:
        told = f"the embedded venue's own keys are used; not used here: {keys.told}"
        return CheckLine(check, CheckOutcome.OK, told)
    if settings.credentials is None:
        kind = "a real account's" if settings.mode is RunMode.OKX_LIVE else "demo"
        advice = f"make {kind} keys at the venue and set the variables; --mode okx_demo_sim needs none"
        if settings.venue in (Venue.BYBIT, Venue.BINANCE):
            advice = f"make {kind} keys at the venue and set the variables"
        if keys.damaged:
            advice = "copy the values again from the venue, without blanks and quotation marks"
        return CheckLine(check, CheckOutcome.FAILED, keys.told, advice)
    return CheckLine(check, CheckOutcome.OK, keys.told)
