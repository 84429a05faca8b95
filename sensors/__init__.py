"""The device side: topics, payloads, registry, broker, subscriber, ingest and replay."""
