"""What both Python suites share: running cases, reading the environment, the runner's control door."""

import os
import socket
import time
import urllib.request


class Failure(AssertionError):
    """A case saw something else than it expected."""


class Skipped(Exception):
    """A case cannot be tried here."""


ADDRESS = os.environ.get("SEAWALL_ADDR", "127.0.0.1:8848")
AUTH_ADDRESS = os.environ.get("SEAWALL_AUTH_ADDR", "")
AUTH_USER = os.environ.get("SEAWALL_AUTH_USER", "")
AUTH_PASSWORD = os.environ.get("SEAWALL_AUTH_PASSWORD", "")
WORK = os.environ.get("SEAWALL_WORK", "/tmp")

# How long a client may take to notice a restart and to repeat what it had
# registered, subscribed and listened to.
REDO = 40.0


def chosen(case_name):
    return os.environ.get("SEAWALL_ONLY", "") in case_name


def unique(case_name):
    return "%s-%d" % (case_name.replace("_", "-"), time.monotonic_ns() % 1_000_000_000)


def report(case_name, verdict, started, detail=""):
    """One machine-readable line, and the exit code the suite should have."""
    took = int((time.monotonic() - started) * 1000)
    print("CASE %s %s %d %s" % (case_name, verdict, took, " ".join(str(detail).split())), flush=True)
    return 1 if verdict == "FAIL" else 0


def describe(error):
    return str(error) if isinstance(error, Failure) else "%s: %s" % (type(error).__name__, error)


def control(action):
    """Asks the runner to restart, kill or start the server; returns when that is done."""
    base = os.environ.get("SEAWALL_CONTROL", "")
    if not base:
        raise Skipped("the server is not ours to " + action)
    request = urllib.request.Request(base + "/" + action, data=b"", method="POST")
    with urllib.request.urlopen(request, timeout=60) as answer:
        if answer.status != 200:
            raise Failure("the runner answered %d to %s" % (answer.status, action))


def need_auth():
    if not AUTH_ADDRESS:
        raise Skipped("no server with login")


def local_addresses():
    """Every address this machine may claim to have."""
    found = {"127.0.0.1"}
    for _, _, _, _, address in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET):
        found.add(address[0])
    probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        probe.connect(("10.255.255.254", 1))  # a datagram socket sends nothing by connecting
        found.add(probe.getsockname()[0])
    except OSError:
        pass
    finally:
        probe.close()
    return ",".join(sorted(found))
