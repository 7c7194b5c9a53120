# Runs a program on a terminal of its own and draws what it showed, and when, as an animated SVG.
# Not a terminal for every program: it knows what boardside's own output uses. Run it by `cargo xtask picture`.
import fcntl
import html
import os
import pty
import re
import select
import struct
import sys
import termios
import time

COLUMNS, ROWS = 98, 36
WIDTH, HEIGHT = 8.4, 18  # of one character, in pixels
HOLD = 5.0  # seconds that the last picture stays before it begins again
COLOURS = {31: "#ff7b72", 32: "#7ee787", 33: "#e3b341", 34: "#79c0ff", 35: "#d2a8ff", 36: "#76e3ea"}
TEXT, FAINT, GROUND = "#e6edf3", "#8b949e", "#0d1117"
TOKEN = re.compile(r"\x1b\[([?0-9;]*)([A-Za-z])|\x1b[()][A-Z0-9]|[\x00-\x1f]|[^\x00-\x1f]")


class Screen:
    """Rows of (character, colour, bold), and a cursor."""

    def __init__(self):
        self.rows = [[] for _ in range(ROWS)]
        self.x = self.y = 0
        self.style = (TEXT, False)

    def feed(self, text):
        for token in TOKEN.finditer(text):
            arguments, command = token.group(1), token.group(2)
            if command:
                self.control([int(n) if n.isdigit() else 0 for n in arguments.split(";")], command)
            elif token.group() == "\n":
                self.down()
            elif token.group() == "\r":
                self.x = 0
            elif token.group() >= " " and token.group()[0] != "\x1b":
                self.put(token.group())

    def down(self):
        self.y += 1
        if self.y == ROWS:
            self.rows = self.rows[1:] + [[]]
            self.y -= 1

    def put(self, character):
        if self.x == COLUMNS:
            self.x = 0
            self.down()
        row = self.rows[self.y]
        row.extend([(" ", TEXT, False)] * (self.x + 1 - len(row)))
        row[self.x] = (character, *self.style)
        self.x += 1

    def control(self, numbers, command):
        n = max(numbers[0], 1)
        if command == "m":
            for number in numbers:
                colour, bold = self.style
                if number == 0:
                    self.style = (TEXT, False)
                elif number == 1:
                    self.style = (colour, True)
                elif number == 2:
                    self.style = (FAINT, bold)
                elif number in COLOURS:
                    self.style = (COLOURS[number], bold)
        elif command == "K":
            row = self.rows[self.y]
            self.rows[self.y] = [] if numbers[0] == 2 else row[: self.x]
        elif command == "J":
            self.rows[self.y] = self.rows[self.y][: self.x]
            for y in range(self.y + 1, ROWS):
                self.rows[y] = []
        elif command == "A":
            self.y = max(self.y - n, 0)
        elif command == "B":
            self.y = min(self.y + n, ROWS - 1)
        elif command == "C":
            self.x = min(self.x + n, COLUMNS)
        elif command == "D":
            self.x = max(self.x - n, 0)
        elif command == "G":
            self.x = n - 1

    def drawn(self):
        return [spans(row) for row in self.rows]


def spans(row):
    """One line as SVG: runs of one style."""
    out, i = "", 0
    while i < len(row):
        j = i
        while j < len(row) and row[j][1:] == row[i][1:]:
            j += 1
        text = html.escape("".join(c for c, _, _ in row[i:j]))
        _, colour, bold = row[i]
        if text.strip():
            weight = ' font-weight="bold"' if bold else ""
            out += f'<tspan x="{i * WIDTH:.1f}" fill="{colour}"{weight}>{text}</tspan>'
        i = j
    return out


def record(command, shown):
    """What the terminal looked like: [(seconds, rows)]."""
    screen = Screen()
    screen.feed(f"\x1b[32m$\x1b[0m \x1b[1m{shown}\x1b[0m\r\n")
    frames = [(0.0, screen.drawn())]
    child, terminal = pty.fork()
    if child == 0:
        os.environ.update(TERM="xterm-256color", COLUMNS=str(COLUMNS))
        os.environ.pop("NO_COLOR", None)
        os.execvp(command[0], command)
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    start, left = time.monotonic(), b""
    while True:
        ready, _, _ = select.select([terminal], [], [], 60)
        try:
            new = os.read(terminal, 65536) if ready else b""
        except OSError:  # Linux says so when the program has ended
            new = b""
        if not new:
            break
        left += new
        text = left.decode("utf-8", "ignore")
        left = left[len(text.encode()):] if len(left) - len(text.encode()) < 4 else b""
        screen.feed(text)
        frames.append((time.monotonic() - start, screen.drawn()))
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if status:
        sys.exit(f"{shown} ended with exit code {status}")
    return frames


def svg(frames, title):
    """Each line is drawn once for every time that it looked different."""
    end = frames[-1][0] + HOLD
    used = max(y for _, rows in frames for y, row in enumerate(rows) if row) + 1
    wide, high = COLUMNS * WIDTH + 32, used * HEIGHT + 32
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:.0f} {high}" role="img">',
        f"<title>{html.escape(title)}</title>",
        f'<rect width="100%" height="100%" rx="8" fill="{GROUND}"/>',
        '<g font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="14" '
        'transform="translate(16 28)" xml:space="preserve">',
    ]
    for y in range(used):
        shows = []  # [look, from, to]
        for at, rows in frames:
            if not shows or shows[-1][0] != rows[y]:
                if shows:
                    shows[-1][2] = at
                shows.append([rows[y], at, end])
        for look, begin, until in shows:
            # What nobody can see is left out, but for what stays.
            if not look or until - begin < 0.03:
                continue
            out.append(f'<text y="{y * HEIGHT}"{animation(begin, until, end)}{look}</text>')
    return "\n".join(out + ["</g>", "</svg>", ""])


def animation(begin, until, end):
    """The last look is what a viewer without animation shows."""
    if begin == 0 and until == end:
        return ">"
    times, values = [0.0], ["visible" if begin == 0 else "hidden"]
    if begin > 0:
        times.append(begin / end)
        values.append("visible")
    if until < end:
        times.append(until / end)
        values.append("hidden")
    hidden = ' visibility="hidden"' if until < end else ""
    key_times = ";".join(f"{t:.4f}" for t in times)
    return (
        f'{hidden}><animate attributeName="visibility" calcMode="discrete" dur="{end:.2f}s" '
        f'repeatCount="indefinite" keyTimes="{key_times}" values="{";".join(values)}"/>'
    )


if __name__ == "__main__":
    target, program, *arguments = sys.argv[1:]
    shown = " ".join([os.path.basename(program), *arguments])
    frames = record([program, *arguments], shown)
    with open(target, "w", encoding="utf-8", newline="\n") as f:
        f.write(svg(frames, f"A terminal that runs {shown}"))
