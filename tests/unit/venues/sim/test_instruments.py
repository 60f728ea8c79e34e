"""The venue's own table of instruments."""

from __future__ import annotations

from decimal import Decimal

import pytest

from dualwitness.venues.sim.instruments import BASES, INSTRUMENTS, by_key, row
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
