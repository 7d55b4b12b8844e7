"""Ends with 0 when the address in DOCMILL_HEALTH_URL answers 200: a container's health check."""

from __future__ import annotations

import os
import sys
from urllib.error import URLError
from urllib.request import urlopen

if __name__ == "__main__":
    try:
        with urlopen(os.environ["DOCMILL_HEALTH_URL"], timeout=5) as answer:
            sys.exit(answer.status != 200)
    except (URLError, OSError) as error:
        sys.exit(f"not healthy: {error}")
