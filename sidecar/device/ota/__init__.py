# Updates over the air that a bad release, a bad network or a lost power cannot turn into a dead board.
# This is what an app uses: confirm(), update(), feed(), status(). It costs little RAM; what an update needs is
# imported for it and forgotten again. Which version runs was decided before, by ota.boot.
import sys

slot = ""  # what runs: "a" or "b" below /slots (on damaged FAT "c" or "d"), "" the app at the root
trial = False  # it runs on trial: without confirm() the board goes back to the version before
booted = False  # ota.boot has chosen; a release's own boot.py may ask again
why = ""  # what the last update() came to, in words
wdt = None  # the watchdog of a trial
limit = None  # the timer that ends one

# Found by "" of sys.path (a package at the root), it would be looked for in the folder of the release from now on.
if __path__[0] not in "/.":
    import os

    __path__ = os.getcwd().rstrip("/") + "/" + __path__


# The app says that it works: it got its settings, reached its server, whatever counts. From now on it is the version
# to return to. True if it was on trial until now.
def confirm():
    global trial, limit
    if not trial:
        return False
    from ota import state

    s = state.load()
    if s["try"] != slot:
        return False
    s["slot"] = slot
    s["version"] = s["tryver"]
    s["try"] = s["tryver"] = ""
    state.save(s)
    trial = False
    if limit:
        limit.deinit()
        limit = None
    return True


# A watchdog cannot be stopped: where /ota.json asks for one (wdt_ms), the app calls this again and again, also after
# confirm(), until the next reset.
def feed():
    if wdt:
        wdt.feed()


# Looks for another version and puts it into the free slot. True: reset the board and it runs, on trial. False: `why`
# says what came in between; nothing has changed for the version that runs. Raises nothing but KeyboardInterrupt.
def update():
    global why
    import gc

    gc.collect()
    try:
        from ota import release

        why = release.update()
        return why[:6] == "staged"
    except Exception as e:
        why = str(e) if isinstance(e, ValueError) else "%s: %s" % (type(e).__name__, e)
        return False
    finally:
        release = None
        forget("release", "http", "manifest", "rsa", "tls", "tree")


def forget(*names):
    import gc

    for name in names:
        sys.modules.pop("ota." + name, None)
        globals().pop(name, None)
    gc.collect()


# For people and for reports: what runs, what waits for its trial, what was refused.
def status():
    from ota import state

    s = state.load()
    s["runs"] = slot
    s["trial"] = trial
    return s
