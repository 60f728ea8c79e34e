"""
The embedded venue: speaks OKX v5 on loopback, needs no key of yours and no network, and can lie on command.

It shares no parsing code and no instrument table with any client.
"""

from __future__ import annotations
