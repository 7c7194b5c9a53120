# Decides which version runs; the last lines of /boot.py import it:
#
#     try:
#         import ota.boot
#     except Exception:
#         pass
#
# Whatever fails in here leaves the board with the app at its root. Nothing of a release runs yet: some firmware has no
# USB before boot.py has ended (stm32), so a release starts where /main.py would, in ota/main.py.
import os
import sys

import ota
from ota import state


# The slot to run, and whether that is a trial.
def choose(s):
    if s["try"]:
        try:
            if s["left"] > 0:
                # On flash before anything of the trial runs: a release may hang in its first line.
                s["left"] -= 1
                state.save(s)
                return s["try"], True
            s["bad"] = (s["bad"] + [s["tryver"]])[-8:]
            s["try"] = s["tryver"] = ""
            state.save(s)
        except OSError:
            pass  # a trial that cannot be counted might never end
    return s["slot"], False


# A release that neither confirms nor feeds a watchdog ends here, also when it has stopped at the prompt.
def limit(s):
    import machine

    if s["trial_s"]:
        ota.limit = machine.Timer(-1)
        ms = s["trial_s"] * 1000
        ota.limit.init(mode=machine.Timer.ONE_SHOT, period=ms, callback=lambda _: machine.reset())


def watch(s):
    import machine

    if s["wdt_ms"]:
        ota.wdt = machine.WDT(timeout=s["wdt_ms"])


def prepare():
    s = state.load()
    slot, is_trial = choose(s)
    if not slot:
        return
    home = state.SLOTS + slot
    os.stat(home)
    # The firmware runs main.py of the current folder: the one beside this file, and that runs the release.
    os.chdir(ota.__path__)
    sys.path[:0] = [home, home + "/lib"]
    ota.slot = slot
    ota.trial = is_trial
    for arm in (limit, watch) if is_trial else ():
        try:
            arm(s)
        except Exception:
            pass  # this firmware has none, or not for so long: resets count all the same


# Once a boot: the boot.py of a project may have these lines, too, and be part of its release.
if not ota.booted:
    ota.booted = True
    prepare()
# The RAM is the app's.
del choose, limit, watch, prepare
sys.modules.pop(__name__)
