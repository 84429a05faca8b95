"""复盘: a past day once more, at the pace that is asked for, by deltas in the form of the live channel."""
