"""The embedded broker: amqtt, held to the registry, with a PUBACK that means "stored"."""
