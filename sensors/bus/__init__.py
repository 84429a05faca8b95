"""The client side of MQTT, the bus between processes, and how what it brings joins what is known."""
