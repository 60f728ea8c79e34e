"""What CCXT needs beyond OKX: Bybit and Binance, which the other client does not know and so has no twin files for."""
