# SPDX-License-Identifier: Apache-2.0
"""System calls that Python has no function for, by their numbers on this processor.

x86_64 was tested. The numbers of aarch64 are the kernel's generic ones and were not.

Source:
    Linux, arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
"""

import ctypes
import errno
import os
from functools import cache

_X86_64 = """
    socket 41 connect 42 accept 43 bind 49 listen 50 socketpair 53 accept4 288
    clone 56 ioctl 16 ptrace 101 process_vm_readv 310 process_vm_writev 311 kcmp 312
    shmget 29 shmat 30 semget 64 msgget 68 mq_open 240 mount 165 umount2 166
    pivot_root 155 chroot 161 setns 308 unshare 272 bpf 321 perf_event_open 298
    userfaultfd 323 keyctl 250 add_key 248 request_key 249 personality 135
    kexec_load 246 kexec_file_load 320 init_module 175 finit_module 313
    delete_module 176 open_by_handle_at 304 name_to_handle_at 303 reboot 169
    swapon 167 swapoff 168 quotactl 179 acct 163 settimeofday 164 clock_settime 227
    sethostname 170 setdomainname 171 vhangup 153 syslog 103 fanotify_init 300
    setuid 105 setgid 106 setreuid 113 setregid 114 setgroups 116 setresuid 117
    setresgid 119 setfsuid 122 setfsgid 123 iopl 172 ioperm 173 capget 125 capset 126
    seccomp 317
    chmod 90 chown 92 lchown 94 fchmodat 268 fchownat 260 utime 132 utimes 235
    futimesat 261 utimensat 280 setxattr 188 lsetxattr 189 removexattr 197
    lremovexattr 198 prlimit64 302
"""
_AARCH64 = """
    socket 198 connect 203 accept 202 bind 200 listen 201 socketpair 199 accept4 242
    clone 220 ioctl 29 ptrace 117 process_vm_readv 270 process_vm_writev 271 kcmp 272
    shmget 194 shmat 196 semget 190 msgget 186 mq_open 180 mount 40 umount2 39
    pivot_root 41 chroot 51 setns 268 unshare 97 bpf 280 perf_event_open 241
    userfaultfd 282 keyctl 219 add_key 217 request_key 218 personality 92
    kexec_load 104 kexec_file_load 294 init_module 105 finit_module 273
    delete_module 106 open_by_handle_at 265 name_to_handle_at 264 reboot 142
    swapon 224 swapoff 225 quotactl 60 acct 89 settimeofday 170 clock_settime 112
    sethostname 161 setdomainname 162 vhangup 58 syslog 116 fanotify_init 262
    setuid 146 setgid 144 setreuid 145 setregid 143 setgroups 159 setresuid 147
    setresgid 149 setfsuid 151 setfsgid 152 capget 90 capset 91 seccomp 277
    fchmodat 53 fchownat 54 utimensat 88 setxattr 5 lsetxattr 6 removexattr 14
    lremovexattr 15 prlimit64 261
"""
_EVERYWHERE = """
    io_uring_setup 425 io_uring_enter 426 io_uring_register 427 open_tree 428
    move_mount 429 fsopen 430 fsconfig 431 fsmount 432 fspick 433 clone3 435
    pidfd_getfd 438 process_madvise 440 mount_setattr 442 landlock_create_ruleset 444
    landlock_add_rule 445 landlock_restrict_self 446
    fchmodat2 452 setxattrat 463 removexattrat 466
"""  # calls since Linux 5.1 have one number on all processors
_PROCESSORS = {
    "x86_64": (0xC000003E, _X86_64),  # AUDIT_ARCH_X86_64
    "aarch64": (0xC00000B7, _AARCH64),  # AUDIT_ARCH_AARCH64
}

NO_NEW_PRIVILEGES, IS_NO_NEW_PRIVILEGES = 38, 39
SECCOMP_MODE = 21
DIE_WITH_PARENT = 1
DROP_FROM_BOUND = 24
SECURE_BITS, NO_ROOT_LOCKED = 28, 0b1111  # NOROOT, NO_SETUID_FIXUP, each locked

_libc = ctypes.CDLL(None, use_errno=True)


@cache
def processor() -> tuple[int, dict[str, int]]:
    """Give the kernel's name of this processor, and the numbers of its calls.

    Raises:
        OSError: The numbers of this processor are not known here.
    """
    machine = os.uname().machine
    if machine not in _PROCESSORS:
        raise OSError(errno.ENOSYS, f"no system calls are known for {machine}")
    name, own = _PROCESSORS[machine]
    words = f"{own} {_EVERYWHERE}".split()
    return name, dict(zip(words[::2], map(int, words[1::2]), strict=True))


def call(name: str, *arguments: int | bytes | None) -> int:
    """Make a system call by its name; bytes are passed by their address.

    Raises:
        OSError: The kernel refused it.
    """
    values = (_argument(one) for one in (processor()[1][name], *arguments))
    return _checked(_libc.syscall(*values))


def prctl(option: int, *arguments: int) -> int:
    """Set or ask for something of this process.

    Raises:
        OSError: The kernel refused it.
    """
    values = (*arguments, 0, 0, 0, 0)[:4]
    return _checked(_libc.prctl(option, *(ctypes.c_ulong(one) for one in values)))


def address(content: bytes) -> int:
    """Give where bytes lie, which must be kept for as long as the kernel reads them."""
    found = ctypes.cast(ctypes.c_char_p(content), ctypes.c_void_p).value
    return found or 0


def _argument(value: int | bytes | None) -> ctypes.c_long | ctypes.c_char_p:
    if value is None or isinstance(value, bytes):
        return ctypes.c_char_p(value)
    return ctypes.c_long(value)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(result)
