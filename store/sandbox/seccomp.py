"""Seccomp: system calls that a process gives up: sockets of every kind, other programs, other processes, the kernel."""

import ctypes
import errno
import os
import platform
import struct

SET_SECCOMP, FILTER_MODE = 22, 2
LOAD, JUMP_EQUAL, JUMP_AT_LEAST, JUMP_SET, ANSWER = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
NUMBER_AT, ARCHITECTURE_AT, FIRST_ARGUMENT_AT = 0, 4, 16
CLONE_THREAD = 0x00010000
CLONE3 = 435
X32 = 0x40000000
"""From this number on stand the calls of the x32 way, which the table does not name."""
ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
CLONE = (56, 220)
REFUSED: dict[str, tuple[int | None, int | None]] = {
    # Sockets: TCP, UDP, unix.
    "socket": (41, 198),
    "socketpair": (53, 199),
    "connect": (42, 203),
    "bind": (49, 200),
    "listen": (50, 201),
    "accept": (43, 202),
    "accept4": (288, 242),
    "sendto": (44, 206),
    "sendmsg": (46, 211),
    "sendmmsg": (307, 269),
    # What does all of these by another way.
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    # Other programs and processes; threads are made by clone, which is looked at.
    "fork": (57, None),
    "vfork": (58, None),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kill": (62, 129),
    "tkill": (200, 130),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "pidfd_open": (434, 434),
    "pidfd_send_signal": (424, 424),
    "pidfd_getfd": (438, 438),
    # The kernel and what is mounted.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "kexec_load": (246, 104),
    "open_by_handle_at": (304, 265),
    "personality": (135, 92),
}

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def is_known() -> bool:
    """Whether the numbers of this machine's system calls are known here."""
    return platform.machine() in ARCHITECTURES


def restrict() -> None:
    """From here on the calls of `REFUSED` answer "not permitted", in this thread and those it starts.

    The process must have given up new privileges.

    Raises
    ------
    OSError
        If this machine's system calls are not known here, or the kernel refuses.
    """
    if not is_known():
        raise OSError(f"system calls of {platform.machine()} are not known")
    instructions = _filter(*ARCHITECTURES[platform.machine()])
    program = _Program(len(instructions) // 8, instructions)
    if _libc.prctl(SET_SECCOMP, FILTER_MODE, ctypes.byref(program)) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def _filter(architecture: int, column: int) -> bytes:
    """The program that the kernel runs at each call."""
    refuse = REFUSE | errno.EPERM
    steps = [
        (LOAD, 0, 0, ARCHITECTURE_AT),
        (JUMP_EQUAL, 1, 0, architecture),
        (ANSWER, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER_AT),
        (JUMP_AT_LEAST, 0, 1, X32),
        (ANSWER, 0, 0, refuse),
        # The C library goes back to clone, whose flags can be seen.
        (JUMP_EQUAL, 0, 1, CLONE3),
        (ANSWER, 0, 0, REFUSE | errno.ENOSYS),
    ]
    for numbers in REFUSED.values():
        if (number := numbers[column]) is not None:
            steps += [(JUMP_EQUAL, 0, 1, number), (ANSWER, 0, 0, refuse)]
    steps += [
        (JUMP_EQUAL, 0, 3, CLONE[column]),
        (LOAD, 0, 0, FIRST_ARGUMENT_AT),
        (JUMP_SET, 1, 0, CLONE_THREAD),
        (ANSWER, 0, 0, refuse),
        (ANSWER, 0, 0, ALLOW),
    ]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)
