# SPDX-License-Identifier: Apache-2.0
"""What a job tries from inside its seal: one line a way out, and one that must work.

It runs in the seal, without the product's own probes and without any package, and
leaves `results.json` in its folder. `BAIT` says where the baits of the test are.
"""

import ctypes
import errno
import json
import os
import resource
import socket
import struct
import subprocess
import tempfile

results = {}
libc = ctypes.CDLL(None, use_errno=True)
X86 = os.uname().machine == "x86_64"


class RefusedError(Exception):
    """A program said that it was refused."""


def attempt(level, name, deed):
    """Try a deed that every seal from this level on must refuse."""
    try:
        deed()
    except OSError as error:
        word = errno.errorcode.get(error.errno or 0, str(error))
    except (RefusedError, KeyError, subprocess.TimeoutExpired) as error:
        word = f"{type(error).__name__} {error}"[:80]
    else:
        word = None
    results[name] = {"level": level, "refused": word}


def program(*command):
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=10, check=False
    )
    if done.returncode:
        raise RefusedError((done.stdout + done.stderr).strip()[:70])


def there(command):
    return any(
        os.access(f"{folder}/{command}", os.X_OK) for folder in ("/usr/bin", "/bin")
    ) or os.access(command, os.X_OK)


def call(number, *arguments):
    found = libc.syscall(number, *arguments)
    if found < 0:
        raise OSError(ctypes.get_errno(), "")
    return found


def tcp(port, host="127.0.0.1"):
    socket.create_connection((host, port), 2).close()


def udp(port):
    """Send twice: where nobody listens, the second is told of the first."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.connect(("127.0.0.1", port))
        one.send(b"out")
        one.send(b"out")


def unix(where):
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(where)


def letter(path):
    here, there_ = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    here.sendto(b"out", path)
    del there_


def ctypes_tcp(port):
    number = libc.socket(2, 1, 0)
    where = struct.pack("HH4s8x", 2, socket.htons(port), socket.inet_aton("127.0.0.1"))
    if number < 0 or libc.connect(number, where, 16) < 0:
        raise OSError(ctypes.get_errno(), "")


def link(make, secret, name):
    make(secret, name)
    open(name).read()


def descriptors():
    """Succeed if there is a descriptor open beside the three of every program."""
    for number in range(3, 1024):
        try:
            os.fstat(number)
        except OSError:
            continue
        return
    raise RefusedError("none")


def in_child(deed):
    child = os.fork()
    if not child:
        try:
            deed()
        except OSError as error:
            os._exit(error.errno)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise OSError(abs(code), "")


def trace(process):
    """Seize a process; who may, and it is not there to be seized, is told ESRCH."""
    try:
        in_child(lambda: call(101 if X86 else 117, 0x4206, process, 0, 0))
    except OSError as error:
        if error.errno == errno.ESRCH and os.path.exists(f"/proc/{process}"):
            return
        raise


def main(bait):  # noqa: PLR0915  # a list, one way out a line
    port, process, folder = bait["port"], bait["process"], bait["folder"]
    secret = f"{folder}/secret"
    attempt(3, "descriptors", descriptors)
    attempt(2, "tcp", lambda: tcp(port))
    attempt(2, "udp", lambda: udp(port))
    attempt(2, "ctypes tcp", lambda: ctypes_tcp(port))
    if there("curl"):
        url = f"http://127.0.0.1:{port}/"
        attempt(2, "curl", lambda: program("curl", "-sS", "-m", "2", url))
    attempt(2, "abstract socket", lambda: unix(f"\0{bait['name']}"))
    attempt(2, "raw socket", lambda: socket.socket(2, socket.SOCK_RAW, 1))
    attempt(3, "path socket", lambda: unix(f"{folder}/stream"))
    attempt(3, "letter", lambda: letter(f"{folder}/letters"))
    attempt(3, "vsock", lambda: socket.socket(40, 1))
    attempt(3, "netlink", lambda: socket.socket(16, 3, 15))
    attempt(3, "packet", lambda: socket.socket(17, 3))
    if there("./phone"):
        attempt(2, "C tcp", lambda: program("./phone", "tcp", str(port)))
        attempt(2, "C udp", lambda: program("./phone", "udp", str(port)))
    if there("./ring"):
        attempt(3, "C io_uring", lambda: program("./ring", str(port)))
    attempt(3, "read secret", lambda: open(secret).read())
    attempt(3, "read /etc/passwd", lambda: open("/etc/passwd").read())
    attempt(3, "write outside", lambda: open(f"{folder}/new", "w").close())
    attempt(3, "rights outside", lambda: os.chmod(secret, 0o777))
    attempt(3, "owner outside", lambda: os.chown(secret, os.getuid(), os.getgid()))
    attempt(3, "times outside", lambda: os.utime(secret))
    attempt(3, "attribute outside", lambda: os.setxattr(secret, "user.seal", b"x"))
    attempt(3, "limits of the test", lambda: resource.prlimit(process, 4))
    attempt(3, "symlink", lambda: link(os.symlink, secret, "symlink"))
    attempt(3, "hard link", lambda: link(os.link, secret, "hard link"))
    attempt(
        3, "environment of the test", lambda: open(f"/proc/{process}/environ").read()
    )
    attempt(3, "environment of the first", lambda: open("/proc/1/environ").read())
    attempt(3, "root of the first", lambda: os.listdir("/proc/1/root"))
    attempt(3, "signal", lambda: os.kill(process, 0))
    attempt(3, "trace", lambda: trace(process))
    attempt(
        3, "host's network", lambda: program("nsenter", "--net=/proc/1/ns/net", "true")
    )
    attempt(3, "user namespace", lambda: program("unshare", "-r", "-n", "true"))
    attempt(3, "mount", lambda: program("mount", "-t", "tmpfs", "x", "/mnt"))
    attempt(3, "su", lambda: program("su", "-s", "/bin/true", "nobody"))
    attempt(3, "other user", lambda: in_child(lambda: os.setresuid(1, 1, 1)))
    attempt(3, "keys", lambda: call(250 if X86 else 219, 0, -3, 0))
    attempt(3, "bpf", lambda: call(321 if X86 else 280, 5, bytes(120), 120))
    attempt(3, "userfaultfd", lambda: call(323 if X86 else 282, 1))
    attempt(3, "perf", lambda: call(298 if X86 else 241, bytes(128), 0, -1, -1, 0))
    attempt(3, "file handle", lambda: call(304 if X86 else 265, -100, bytes(136), 0))
    attempt(3, "secret of the environment", lambda: os.environ["MAALEM_TEST_SECRET"])
    attempt(4, "name of the secret", lambda: os.stat(secret))
    attempt(4, "folder of the test", lambda: os.stat(folder))
    with tempfile.TemporaryFile(dir=".") as stream:
        results["own file"] = {"level": 0, "works": stream.write(b"x") == 1}
    with open("results.json", "w") as stream:
        json.dump(results, stream)


if __name__ == "sealed":
    main(json.loads(BAIT))  # noqa: F821  # given by who runs this text
