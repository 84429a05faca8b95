"""Commands to devices: kept, sent, answered."""
