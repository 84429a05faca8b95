"""Points (共富点): a double-entry ledger of what people earn and spend, and the stock of what they spend it on."""
