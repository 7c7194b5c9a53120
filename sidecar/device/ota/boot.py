# Decides which version runs; the first lines of /boot.py import it:
#
#     try:
#         import ota.boot
#     except Exception:
#         pass
#
# Whatever fails in here leaves the board with the app at its root. Runs nothing of a release itself: firmware does
# not know USB yet while boot.py runs (stm32), so the release starts where main.py would, in ota/main.py.
import os
import sys

import ota
from ota import state


def choose():
    s = state.load()
    if s["try"]:
        try:
            if s["left"] > 0:
                # On flash before anything of the trial runs: a release may hang in its first line.
                s["left"] -= 1
                state.save(s)
                ota.trial = True
                return s, s["try"]
            s["bad"] = (s["bad"] + [s["tryver"]])[-8:]
            s["try"] = s["tryver"] = ""
            state.save(s)
        except OSError:
            pass  # a trial that cannot be counted might never end
    return s, s["slot"]


def watch(s):
    import machine

    if s["wdt_ms"]:
        ota.wdt = machine.WDT(timeout=s["wdt_ms"])
    if s["trial_s"]:
        # A release that neither confirms nor feeds a watchdog ends here, also when it has stopped at the prompt.
        ota.limit = machine.Timer(-1)
        ota.limit.init(
            mode=machine.Timer.ONE_SHOT, period=s["trial_s"] * 1000, callback=lambda _: machine.reset()
        )


s, slot = choose()
if slot:
    home = state.SLOTS + slot
    os.stat(home)
    # The firmware runs main.py of the current folder: the one beside this file, and that runs the release.
    os.chdir(ota.__path__)
    ota.slot = slot
    sys.path[:0] = [home, home + "/lib"]
    if ota.trial:
        try:
            watch(s)
        except Exception:
            pass  # no such timer or watchdog: resets still count
del s, slot
sys.modules.pop(__name__)
