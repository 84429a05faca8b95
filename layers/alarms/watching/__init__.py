"""Rules over the stream: what each of them sees, how far it has come with it, and what occurs by it.

Begin with `watcher`. ``sight`` finds what of a batch has to be judged, ``machines`` keep how far rules have come,
``silence`` who says nothing, ``standing`` what a rule has to judge that was just put on.
"""
