"""Drives a Nacos-compatible server with nacos-sdk-python 2.0.x, its blocking client over HTTP v1."""

import os
import sys
import threading
import time

import nacos

import harness
import v2_cases
from harness import Failure


class Trial:
    """One run of a case: its clients, its waits, and what to tidy up."""

    def __init__(self, name):
        self.unique = harness.unique(name)
        self._cleanup = []

    def defers(self, step):
        self._cleanup.append(step)

    def tidy(self):
        for step in reversed(self._cleanup):
            try:
                step()
            except Exception as error:  # tidying must not hide the case's own outcome
                print("tidying after %s: %r" % (self.unique, error), file=sys.stderr)

    def client(self, auth=False, namespace="", username=None, password=None, snapshot=False):
        address = harness.AUTH_ADDRESS if auth else harness.ADDRESS
        client = nacos.NacosClient(
            address, namespace=namespace, username=username, password=password,
            logDir=os.path.join(harness.WORK, "log"),
        )
        client.set_options(
            snapshot_base=os.path.join(harness.WORK, self.unique, "snapshot"),
            failover_base=os.path.join(harness.WORK, self.unique, "failover"),
            no_snapshot=not snapshot,
        )
        self.defers(client.stop_subscribe)
        # The watcher's helper process would outlive us and hold our output open.
        self.defers(lambda: client.process_mgr and client.process_mgr.shutdown())
        self.defers(lambda: [task.stop() for task in client.heartbeats.values()])
        return client

    def eventually(self, within, check):
        """Polls until `check` returns nothing to complain about."""
        deadline = time.monotonic() + within
        while True:
            try:
                complaint = check()
            except (nacos.NacosException, OSError) as error:
                complaint = harness.describe(error)
            if complaint is None:
                return
            if time.monotonic() > deadline:
                raise Failure("not within %d s: %s" % (within, complaint))
            time.sleep(0.05)

    def ports(self, client, service, **where):
        return sorted(host["port"] for host in client.list_naming_instance(service, **where)["hosts"])

    def expect_ports(self, client, service, want, within=10, **where):
        def check():
            got = self.ports(client, service, **where)
            return None if got == want else "ports %s instead of %s" % (got, want)

        self.eventually(within, check)

    def register(self, client, port, **more):
        service = more.pop("service", self.unique)
        if not client.add_naming_instance(service, "127.0.0.1", port, **more):
            raise Failure("registering was answered false")

    def publish(self, client, content, group="DEFAULT_GROUP", **more):
        if not client.publish_config(more.pop("data_id", self.unique), group, content, **more):
            raise Failure("publishing was answered false")

    def expect_content(self, client, want, group="DEFAULT_GROUP", within=5):
        def check():
            got = client.get_config(self.unique, group)
            return None if got == want else "read %.60r instead of %.60r" % (got, want)

        self.eventually(within, check)

    def watch(self, client, data_id=None):
        """A list that grows by what the watcher is told."""
        told = []

        def heard(event):
            told.append(event["content"])

        client.add_config_watcher(data_id or self.unique, "DEFAULT_GROUP", heard)
        self.defers(lambda: client.remove_config_watcher(data_id or self.unique, "DEFAULT_GROUP", heard))
        return told

    def expect_told(self, told, want, within=15):
        self.eventually(within, lambda: None if want in told else "told only %.200r, not %.60r" % (told, want))


def run(name, limit, case):
    started = time.monotonic()
    trial = Trial(name)
    end = []

    def body():
        try:
            case(trial)
            end.append(("PASS", ""))
        except harness.Skipped as why:
            end.append(("SKIP", why))
        except Exception as error:  # a case may fail with whatever its client raises
            end.append(("FAIL", harness.describe(error)))

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    thread.join(limit)
    verdict, detail = end[0] if end else ("FAIL", "still running after %d s" % limit)
    outcome = harness.report(name, verdict, started, detail)
    trial.tidy()
    return outcome


def main():
    worst = 0
    for name, limit, case in v2_cases.CASES:
        if harness.chosen(name):
            worst = max(worst, run(name, limit, case))
    print("END", flush=True)
    # Some of the client's threads never end; the cases have.
    os._exit(worst)


if __name__ == "__main__":
    main()
