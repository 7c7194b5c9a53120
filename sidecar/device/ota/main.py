# Runs the release in its slot, in the place of /main.py: ota.boot has made this folder the current one.
# The release's boot.py and main.py run as firmware would run them, with their folder as the current one.
def _start():
    import os
    import ota
    from ota import state

    home = state.SLOTS + ota.slot
    os.chdir(home)
    for name in "boot.py", "main.py":
        try:
            os.stat(name)
        except OSError:
            continue
        yield name


try:
    for __file__ in _start():
        try:
            _run = execfile
        except NameError:  # esp8266
            exec(open(__file__).read())
        else:
            _run(__file__)
except Exception as _error:
    import ota

    if not ota.trial:
        raise
    # At the prompt the board would wait for somebody to reset it; the next boot may be that of the old version.
    import sys

    sys.print_exception(_error)
    import machine

    machine.reset()
