"""A headless Chromium, spoken to over its own pipe: no driver, no library."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str | None:
    """The browser, if there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Browser:
    """One page of a browser. Everything that it asks the network for is in `requests`."""

    def __enter__(self) -> Browser:
        program = chromium()
        assert program
        self._profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._read, write = os.pipe()
        read, self._write = os.pipe()

        self._process = subprocess.Popen(
            [
                # the browser reads commands from 3 and answers on 4
                "/bin/sh",
                "-c",
                f'exec "$@" 3</proc/self/fd/{read} 4>/proc/self/fd/{write}',
                "sh",
                program,
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--remote-debugging-pipe",
                f"--user-data-dir={self._profile.name}",
                "about:blank",
            ],
            pass_fds=(read, write),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(read)
        os.close(write)
        self._buffer, self._number, self._session = b"", 0, ""
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.loaded = 0
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.send(f"{domain}.enable")
        return self

    def __exit__(self, *_: object) -> None:
        self._session = ""
        self.send("Browser.close")
        self._process.wait(timeout=20)
        os.close(self._read)
        os.close(self._write)
        self._profile.cleanup()

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """A command and its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return dict(answer["result"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            self._buffer += os.read(self._read, 1 << 16)
        line, _, self._buffer = self._buffer.partition(b"\0")
        message = json.loads(line)
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        if message.get("method") in ("Log.entryAdded", "Runtime.exceptionThrown"):
            self.complaints.append(json.dumps(message["params"]))
        if message.get("method") == "Page.loadEventFired":
            self.loaded += 1
        return dict(message)

    def open(self, path: Path, *, width: int = 1000, height: int = 900) -> None:
        """Opens a file in a window of that size and waits until it is laid out."""
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        before = self.loaded
        self.send("Page.navigate", url=path.as_uri())
        while self.loaded == before:
            self._next()

    def value(self, script: str) -> Any:
        """What a script in the page evaluates to."""
        return self.send("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def click(self, selector: str) -> None:
        """A real click in the middle of the first element of that kind."""
        box = self.value(
            f"(() => {{const e = document.querySelector({json.dumps(selector)}); e.scrollIntoView({{block: 'center'}});"
            " const r = e.getBoundingClientRect(); return [r.x + Math.min(r.width / 2, 20), r.y + r.height / 2]})()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=box[0], y=box[1], button="left", clickCount=1)

    def picture(self, path: Path) -> bytes:
        """What is seen, as a PNG file."""
        content = base64.b64decode(self.send("Page.captureScreenshot", format="png")["data"])
        path.write_bytes(content)
        return content
