"""Headless Chromium for checks: one page at a time, spoken to over the pipe of its DevTools protocol."""
import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

WAIT = 60  # seconds for an answer


class Browser:
    """A browser with its own profile, ended and cleaned up at the end of `with`."""

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="browser")
        self.events, self.number, self.pending, self.session = [], 0, b"", None
        to_browser, self.write = os.pipe()
        self.read, from_browser = os.pipe()
        # The browser reads commands from 3 and answers on 4.
        command = (f"exec chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage "
                   f"--hide-scrollbars --no-first-run --user-data-dir='{self.profile}' "
                   f"--remote-debugging-pipe about:blank 3<&{to_browser} 4>&{from_browser}")
        self.process = subprocess.Popen(["bash", "-c", command], pass_fds=(to_browser, from_browser),
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env=dict(os.environ, HOME=self.profile, TMPDIR=self.profile), start_new_session=True)
        os.close(to_browser)
        os.close(from_browser)
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.ask(f"{domain}.enable")
        return self

    def __exit__(self, *error):
        os.close(self.write)
        os.close(self.read)
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        for _ in range(50):  # its helpers end a little later
            shutil.rmtree(self.profile, ignore_errors=True)
            if not os.path.exists(self.profile):
                break
            time.sleep(0.1)

    def message(self):
        """The next one from the browser."""
        while b"\0" not in self.pending:
            if not select.select([self.read], [], [], WAIT)[0]:
                raise TimeoutError("the browser does not answer")
            part = os.read(self.read, 1 << 20)
            if not part:
                raise ConnectionError("the browser has ended")
            self.pending += part
        first, _, self.pending = self.pending.partition(b"\0")
        return json.loads(first)

    def ask(self, method, **parameters):
        """The result of a command; events that come meanwhile are kept."""
        self.number += 1
        request = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.write, json.dumps(request).encode() + b"\0")
        while True:
            answer = self.message()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def evaluate(self, expression):
        """The value of an expression of the page, waited for where it is a promise."""
        answer = self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"]["text"])
        return answer["result"].get("value")

    def show(self, url, width, height=900, dark=False):
        """Load a page at a width, in one of the two colour schemes."""
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                 mobile=False)
        self.ask("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.events.clear()
        self.ask("Page.navigate", url=url)
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.message())

    def said(self):
        """Errors and warnings on the console, and uncaught exceptions, since the page was loaded."""
        found = []
        for event in self.events:
            method, about = event.get("method"), event.get("params", {})
            if method == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
                found.append(about["entry"]["text"])
            elif method == "Runtime.exceptionThrown":
                found.append(about["exceptionDetails"]["text"])
            elif method == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
                found.append(str(about["args"]))
        return found

    def loaded(self):
        """Addresses that were asked for, without what the page has in itself."""
        asked = [event["params"]["request"]["url"] for event in self.events
                 if event.get("method") == "Network.requestWillBeSent"]
        return [url for url in asked if not url.startswith("data:")]

    def screenshot(self, whole=False):
        """A PNG of what is seen, or of the whole page."""
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=whole)["data"])
