"""Readings of months that are past, kept in Parquet files at a tenth of the bytes, and asked as if in the database.

A file is never changed. What of it counts stands in the database (``archive_series``), and is written in the
transaction that takes the same readings out of ``reading``: at any moment each is in exactly one of both, and a
question sees the two as of one moment. Months are those of UTC, as PostgreSQL's partitions are: no answer depends on
it.
"""
