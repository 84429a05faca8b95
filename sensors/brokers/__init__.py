"""Brokers: the embedded one, and the files of a Mosquitto and of a NATS cluster."""
