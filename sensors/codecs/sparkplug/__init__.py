"""Sparkplug B (Sparkplug 3.0.0): edge nodes that tell their metrics' names once, and then only numbers.

An edge node is a registered gateway, a Sparkplug device is a device registered behind it, and the
group is the community. `payload` is the wire form, `session` what a host keeps of each edge node.
"""

from sensors.codecs.declare import ProtocolCodec
from sensors.codecs.sparkplug.names import ROOT, reads, writes
from sensors.codecs.sparkplug.session import HostSession

CODEC = ProtocolCodec(
    code="sparkplug-b",
    name="Sparkplug B",
    name_en="Sparkplug B",
    root=ROOT,
    open=HostSession,
    writes=writes,
    reads=reads,
)
