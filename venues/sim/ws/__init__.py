"""OKX's WebSocket API: channels, logins and order operations of the embedded venue (okx-v5-facts section 13)."""

from __future__ import annotations
