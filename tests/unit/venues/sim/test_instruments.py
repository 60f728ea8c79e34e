"""The venue's own table of instruments."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from dualwitness.venues.sim.instruments import BASES, EXPIRIES, INSTRUMENTS, by_key, row
from tests.support.venue import recorded


@pytest.mark.parametrize(
    ("kind", "file"),
    [
        ("SPOT", "spot"),
        ("MARGIN", "margin"),
        ("SWAP", "swap"),
        ("FUTURES", "futures"),
        ("OPTION", "option-btc-usd"),
    ],
)
def test_row_has_exactly_the_keys_and_types_of_a_recorded_row(kind: str, file: str) -> None:
    """Same keys in the same order, and a string, boolean, number or list where OKX has one."""
    real = recorded(f"burakoner_live/public_instruments/production_get-instruments-{file}.json")["data"][0]
    for instrument in INSTRUMENTS:
        if instrument.inst_type == kind:
            ours = row(instrument)
            assert list(ours) == list(real)
            assert {key: type(value) for key, value in ours.items()} == {key: type(real[key]) for key in real}


@pytest.mark.parametrize("kind", ["SPOT", "MARGIN", "SWAP"])
def test_row_of_a_real_instrument_has_the_recorded_sizes(kind: str) -> None:
    """Tick, lot, contract value and settlement of the large instruments are those of OKX."""
    keys = ("tickSz", "lotSz", "ctVal", "ctMult", "ctType", "ctValCcy", "settleCcy", "baseCcy", "quoteCcy", "uly")
    file = f"burakoner_live/full/production_get-instruments-{kind.lower()}.json"
    real = {entry["instId"]: entry for entry in recorded(file)["data"]}
    ours = [row(instrument) for instrument in INSTRUMENTS if instrument.inst_type == kind]
    shared = [entry for entry in ours if entry["instId"] in real]
    assert len(shared) >= 7
    for entry in shared:
        assert {key: entry[key] for key in keys} == {key: real[str(entry["instId"])][key] for key in keys}


def test_table_has_unique_keys_and_every_base_as_spot_margin_and_linear_swap() -> None:
    """No instrument twice, and the promised pairs are there."""
    table = by_key()
    assert len(table) == len(INSTRUMENTS)
    for base in BASES:
        assert ("SPOT", f"{base}-USDT") in table
        assert ("MARGIN", f"{base}-USDT") in table
        assert table["SWAP", f"{base}-USDT-SWAP"].ct_type == "linear"


def test_inst_id_codes_are_unique_but_for_margin_which_shares_spots() -> None:
    """One numeric code an instId."""
    codes = {instrument.inst_id: instrument.inst_id_code for instrument in INSTRUMENTS}
    assert len(set(codes.values())) == len(codes)


def test_option_contract_is_a_hundredth_or_a_tenth_of_a_coin() -> None:
    """CtMult counts (difference option-contract-size-ignores-ctmult)."""
    sizes = {
        instrument.inst_family: instrument.contract_size
        for instrument in INSTRUMENTS
        if instrument.inst_type == "OPTION"
    }
    assert sizes == {"BTC-USD": Decimal("0.01"), "ETH-USD": Decimal("0.1")}


def test_table_is_as_large_as_a_client_expects_of_a_venue() -> None:
    """Several hundred instruments of all types; two contracts of each sort and four dates for the large coins."""
    assert 500 <= len(INSTRUMENTS) <= 700
    swaps = [one for one in INSTRUMENTS if one.inst_type == "SWAP"]
    assert sum(one.inverse for one in swaps) >= 12
    assert {one.quote_ccy for one in swaps} == {"USD", "USDC", "USDT"}
    for family in ("BTC-USD", "BTC-USDT", "ETH-USD", "ETH-USDT"):
        dates = {one.exp_time_ms for one in INSTRUMENTS if one.inst_type == "FUTURES" and one.inst_family == family}
        assert dates == {expiry_ms for _, expiry_ms, _ in EXPIRIES}
        assert len(dates) == 4
    assert sum(one.inst_type == "OPTION" for one in INSTRUMENTS) == 160


def test_expiry_of_every_dated_id_is_eight_oclock_utc_of_its_date() -> None:
    """The six digits of the id and the milliseconds name the same day, a Friday."""
    for date, expiry_ms, _ in EXPIRIES:
        moment = datetime.fromtimestamp(expiry_ms / 1000, UTC)
        assert (f"{moment:%y%m%d}", moment.hour, moment.minute, f"{moment:%a}") == (date, 8, 0, "Fri")


def test_first_rows_of_each_type_are_those_that_scenarios_rely_on() -> None:
    """Ids and codes of the oldest rows never change."""
    codes = {(one.inst_type, one.inst_id): one.inst_id_code for one in INSTRUMENTS}
    assert codes["SPOT", "BTC-USDT"] == codes["MARGIN", "BTC-USDT"] == 3
    assert codes["SWAP", "BTC-USDT-SWAP"] == 10459
    assert codes["FUTURES", "ETH-USD-270625"] == 271008
    assert codes["OPTION", "BTC-USD-270326-50000-C"] == 255_000
    assert codes["OPTION", "ETH-USD-270625-3200-P"] == 255_039
