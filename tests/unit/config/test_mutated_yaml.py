"""Whatever is written, the answer is a strict model or one ConfigError: never a traceback, never a guess."""

from __future__ import annotations

import tempfile
from decimal import Decimal
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from dualwitness.config import ConfigError, RiskConfig, load_risk_config

SHIPPED = (Path(__file__).resolve().parents[3] / "config" / "risk.yaml").read_bytes()
FRAGMENTS = [
    b"&a ",
    b"*a",
    b"!!int ",
    b"<<: ",
    b"- ",
    b"[",
    b"]",
    b"{",
    b"}",
    b": ",
    b"\n",
    b"\t",
    b"'",
    b'"',
    b"#",
    b"|\n",
]
FRAGMENTS += [
    b"---\n",
    b"...\n",
    b"%YAML 1.1\n",
    b"? ",
    b"\x00",
    b"\xff",
    b"\xef\xbb\xbf",
    b"NO",
    b"010",
    b"1e400",
    b"-",
]

# How a person may write each value, and what it means; None: it must be refused.
AMOUNTS = {"1000.0": Decimal(1000), "0.5": Decimal("0.5"), '"7"': Decimal(7), "1e3": Decimal(1000)} | dict.fromkeys(
    ["0", "-1", "010", "1_000", "NaN", ".inf", "1e400", "", "~", "true", "[1]", "{a: 1}", "1,000", "1e10"]
)
LEVERAGES = {"3": Decimal(3), "2.5": Decimal("2.5"), "150": Decimal(150)} | dict.fromkeys(["0.9", "151", "3x", "0"])
RATES = {"10": 10, "1": 1} | dict.fromkeys(["0", "-3", "10.0", "6001", "1_0", "ten", "0o7"])
BOOLEANS = {"false": False, "'false'": False, "true": True} | dict.fromkeys(["NO", "off", "0", "False", "FALSE", ""])
ADDRESSES = {"[]": (), "[10.0.0.1]": ("10.0.0.1",), "\n  - '::1'": ("::1",)} | dict.fromkeys(
    ["[10.0.0.300]", "[a]", "x"]
)
KEYS: dict[str, dict[str, object]] = {
    "max_notional_per_trade_usd": AMOUNTS,
    "max_daily_loss_usd": AMOUNTS,
    "max_leverage": LEVERAGES,
    "rate_limit_per_symbol_per_minute": RATES,
    "rate_limit_per_venue_per_minute": RATES,
    "enable_ip_restrictions": BOOLEANS,
    "allowed_ips": ADDRESSES,
}


def outcome(content: bytes) -> RiskConfig | ConfigError:
    """What loading these bytes as risk.yaml gives."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "risk.yaml").write_bytes(content)
        try:
            return load_risk_config(folder)
        except ConfigError as error:
            return error


@st.composite
def spelled_documents(draw: st.DrawFn) -> tuple[str, dict[str, object] | None]:
    """A document made of good and bad spellings, with what it must mean; mostly good ones, or all would be refused."""
    lines: dict[str, str] = {}
    meaning: dict[str, object] = {}
    for key, spellings in KEYS.items():
        good = [text for text, value in spellings.items() if value is not None]
        text = draw(st.sampled_from([*good, *good, *good, *good, *spellings]))
        lines[key] = f"{key}: {text}"
        meaning[key] = spellings[text]
    order = draw(st.permutations(list(KEYS)))
    defect = draw(st.sampled_from(["none"] * 6 + ["drop", "repeat", "unknown"]))
    if defect == "drop":
        meaning[order[-1]] = () if order[-1] == "allowed_ips" else None  # the only key with a default
        order = order[:-1]
    written = [lines[key] for key in order]
    written += {"repeat": [written[0]], "unknown": ["max_leverge: 3"]}.get(defect, [])
    contradictory = meaning["enable_ip_restrictions"] is True and meaning["allowed_ips"] == ()
    sound = defect not in ("repeat", "unknown") and None not in meaning.values() and not contradictory
    return "\n".join(written) + "\n", meaning if sound else None


@settings(max_examples=300)
@given(spelled_documents())
def test_document_is_accepted_only_as_what_it_was_meant_to_say(case: tuple[str, dict[str, object] | None]) -> None:
    """Accepted exactly when every spelling is good, and then equal to the strict model of the values meant."""
    text, meaning = case
    result = outcome(text.encode())
    if meaning is None:
        assert isinstance(result, ConfigError)
    else:
        assert result == RiskConfig.model_validate(meaning)


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(
            st.integers(0, len(SHIPPED)),
            st.integers(0, 12),
            st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=4)),
        ),
        min_size=1,
        max_size=4,
    )
)
@example([(0, 0, b"\xef\xbb\xbf")])
def test_damaged_file_is_read_soundly_or_refused(damages: list[tuple[int, int, bytes]]) -> None:
    """Any damage to the shipped bytes ends in a ConfigError, or in a model that its own plain spelling gives again."""
    content = SHIPPED
    for position, removed, inserted in damages:
        content = content[:position] + inserted + content[position + removed :]
    result = outcome(content)
    if isinstance(result, ConfigError):
        assert result.diagnostics()
        return
    plain = {key: value for key, value in result.model_dump(mode="json").items() if key != "allowed_ips"}
    lines = [f"{key}: {str(value).lower() if isinstance(value, bool) else value}" for key, value in plain.items()]
    lines.append("allowed_ips: [" + ", ".join(f'"{address}"' for address in result.allowed_ips) + "]")
    assert outcome("\n".join(lines).encode()) == result
    assert all(type(getattr(result, name)) is Decimal for name in ("max_leverage", "max_daily_loss_usd"))
