"""Memory that goes back to the system."""

from __future__ import annotations

import os
import platform
import subprocess
import sys

import pytest

# Pictures that come and go while small things stay: how much the process holds at the end, in MB.
CHURN = """
import random, resource, sys
from pathlib import Path
from docmill.gpu_workers.memory import give_back_large_blocks
if sys.argv[1] == "set":
    assert give_back_large_blocks()
random.seed(1)
pictures, small = {}, []
for number in range(4000):
    pictures[number % 60] = bytes(random.randrange(300_000, 900_000))
    small.extend(bytes(random.randrange(1000, 4000)) for _ in range(3))
pictures.clear()
pages = int(Path("/proc/self/statm").read_text().split()[1])
print(pages * resource.getpagesize() // 10**6)
"""


def held_mb(how: str) -> int:
    command = [sys.executable, "-c", CHURN, how]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library")
def test_pictures_leave_no_holes() -> None:
    assert held_mb("set") < 0.7 * held_mb("as it is")
