"""
OKX over its official library, python-okx.

The only package that imports ``okx`` (and ``httpx``, on which python-okx is built). Import `OkxSdkClient` from
``dualwitness.venues.okx_sdk.client``, or call ``open_venue("okx", library="okx_sdk")``.
"""

from __future__ import annotations

__all__: list[str] = []
