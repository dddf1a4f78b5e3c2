"""What must hold after a kill: faults are found, named and counted, never raised."""
import re

from rows import FAILED, QUARANTINED, Rows, changed, wrong

FAULTS = ("unopenable", "lost", "changed", "torn", "quarantined", "stuck", "leftover",
          "unfinished", "different")


class Inspector:
    """Follows one result file through its kills. `truth`: rows of an undisturbed run that has
    all points the file ever gets."""

    def __init__(self, site, truth):
        self.site, self.truth = site, truth
        self.before = None  # rows after the kill before this one

    def after_kill(self, seen=None):
        """Faults [(name, what)] of the file as the kill left it; `seen`: {row: checksum} of
        the rows that were done the instant before."""
        if not self.site.path.exists():
            return [("lost", "the file is gone")] if self.before or seen else []
        verified = self.site.verify()
        try:
            now = Rows(self.site.path)
        except (OSError, KeyError, RuntimeError) as error:
            return [("unopenable", f"{error}; verify: {verified.stdout}{verified.stderr}")]
        faults = self._verified(verified) + self._kept(now, seen or {}) + _ends(now)
        faults += [("torn", f"row {row} is not that of an uninterrupted run")
                   for row in wrong(now, self.truth)]
        self.before = now
        return faults

    def after_end(self, code, points):
        """Faults of the file, of so many points, after a run that nobody disturbed."""
        if code != 0:
            return [("unfinished", f"exit {code}: {self.site.messages()}")]
        faults = self.after_kill()
        if not self.before or len(self.before.done) != points:
            faults.append(("unfinished", f"not all of {points} rows are done"))
        elif not self._same_hashes():
            faults.append(("different", "result_hash differs from an uninterrupted run's"))
        return faults + [("leftover", name) for name in self.site.leftovers()]

    def _same_hashes(self):
        def hashes(rows):
            return set(zip(rows.identity, map(bytes, rows.values["result_hash"])))
        return hashes(self.before) <= hashes(self.truth)

    @staticmethod
    def _verified(verified):
        if verified.returncode == 0:
            return []
        rows = re.findall(r"^row .*", verified.stdout, re.MULTILINE)
        if rows:
            return [("torn", row) for row in rows]
        return [("unopenable", verified.stdout + verified.stderr)]

    def _kept(self, now, seen):
        faults = [("lost" if row not in now.done else "changed", f"row {row}")
                  for row in seen
                  if row not in now.done or now.checksum[row] != seen[row]]
        if self.before:
            faults += [("lost" if row not in now.done else "changed", f"row {row}")
                       for row in changed(self.before, now)]
        return faults


def _ends(now):
    return [("quarantined", f"row {row} has status {status}")
            for row, status in enumerate(now.status) if status in (FAILED, QUARANTINED)]
