"""Runs a pipeline of commands as a shell would, and says on one line of JSON what it took.

It runs as a separate, small process: a child starts as a copy of its parent, and the parent's
memory counts in the child's peak. Standard library only, and little of it.
"""

import json
import os
import signal
import sys
import time


def run(commands, errors, seconds):
    """Start all, each reading the previous one's output; wait for all.

    The last one's output is discarded.
    """
    started = time.perf_counter()
    children, source = [], None
    for number, command in enumerate(commands):
        ends = os.pipe() if number + 1 < len(commands) else None
        actions = [(os.POSIX_SPAWN_OPEN, 2, errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)]
        if source is None:
            actions.append((os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0))
        else:
            actions.append((os.POSIX_SPAWN_DUP2, source, 0))
        if ends is None:
            actions.append(
                (
                    os.POSIX_SPAWN_OPEN,
                    1,
                    errors + ".out",
                    os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
                    0o644,
                )
            )
        else:
            actions.append((os.POSIX_SPAWN_DUP2, ends[1], 1))
        children.append(os.posix_spawn(command[0], command, os.environ, file_actions=actions))
        if source is not None:
            os.close(source)
        if ends is not None:
            os.close(ends[1])
            source = ends[0]
    signal.signal(signal.SIGALRM, lambda *_: [os.kill(child, signal.SIGKILL) for child in children])
    signal.alarm(seconds)
    user = system = memory = failed = 0
    for child in children:
        _, status, used = os.wait4(child, 0)
        user, system = user + used.ru_utime, system + used.ru_stime
        memory += used.ru_maxrss
        failed = failed or os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - started
    unit = 1 if sys.platform == "darwin" else 1024
    return {"wall": took, "user": user, "system": system, "memory": memory * unit, "failed": failed}


if __name__ == "__main__":
    asked = json.loads(sys.stdin.read())
    print(json.dumps(run(asked["commands"], asked["errors"], asked["seconds"])))
