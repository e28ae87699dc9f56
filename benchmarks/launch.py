"""Runs a command and writes what it cost as JSON: launch.py RESULT COMMAND…

A process of its own, and a small one: a child's peak memory begins with that of the process that forked it.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run the command to its end."""
    result, *command = sys.argv[1:]
    started = time.perf_counter()
    process = os.posix_spawnp(command[0], command, os.environ)
    os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
    seconds = time.perf_counter() - started
    with open(f"/proc/{process}/io") as file:  # noqa: PTH123 - pathlib would take memory
        read = dict(line.split(": ") for line in file)["rchar"]
    _, status, usage = os.wait4(process, 0)
    with open(result, "w") as file:  # noqa: PTH123
        json.dump([seconds, usage.ru_maxrss * 1024, int(read), os.waitstatus_to_exitcode(status)], file)


if __name__ == "__main__":
    main()
