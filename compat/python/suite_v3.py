"""Drives a Nacos-compatible server with nacos-sdk-python 3.x, its asyncio client over gRPC."""

import asyncio
import sys
import time

import harness
import v3_config
import v3_naming
import v3_restart
from v3_trial import Trial, hold


async def run(name, limit, case):
    started = time.monotonic()
    trial = Trial(name)
    try:
        await asyncio.wait_for(case(trial), limit)
        outcome = harness.report(name, "PASS", started)
    except harness.Skipped as why:
        outcome = harness.report(name, "SKIP", started, why)
    except asyncio.TimeoutError:
        outcome = harness.report(name, "FAIL", started, "still running after %d s" % limit)
    except Exception as error:  # a case may fail with whatever its client raises
        outcome = harness.report(name, "FAIL", started, harness.describe(error))
    await trial.tidy()
    return outcome


async def main():
    if sys.argv[1:2] == ["hold"]:
        await hold(sys.argv[2], int(sys.argv[3]))
        return 0
    worst = 0
    for name, limit, case in v3_naming.CASES + v3_config.CASES + v3_restart.CASES:
        if harness.chosen(name):
            worst = max(worst, await run(name, limit, case))
    print("END", flush=True)
    return worst


if __name__ == "__main__":
    code = asyncio.run(main())
    sys.stdout.flush()
    sys.exit(code)
