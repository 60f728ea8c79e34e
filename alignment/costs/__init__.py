"""What trading costs beyond the price: latency, slippage, fees, and comparing them across runs."""
