"""Foreign files are opened by a process of their own, which can do nothing else.

What strangers send (surveys, pictures) is read by large libraries in C, with ways to name other files,
databases and hosts. So a child process reads it (`store.sandbox.ask`): started anew, not forked, with
nothing of this process's environment or open files, with limits of memory, time and size, and confined to
the one folder that holds the file (`store.sandbox.confine`). It answers with plain data, never with objects.
"""
