"""Finds a browser, or installs Debian's: ``python -m tests.browser.install``. Says what it did."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from gallery.engine.export import browser_path


def main() -> int:
    if browser_path():
        print(f"browser: {browser_path()}")
        return 0
    if shutil.which("apt-get") and os.geteuid() == 0:
        for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-y", "-q", "chromium", "fonts-noto-cjk"]):
            subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
        browser_path.cache_clear()
    if browser_path():
        print(f"browser: installed {browser_path()}")
        return 0
    print(
        "no browser: the browser tests will be skipped; apt-get install chromium fonts-noto-cjk, or set BROWSER_PATH",
        file=sys.stderr,
    )
    return 1 if os.environ.get("CI") else 0


if __name__ == "__main__":
    sys.exit(main())
