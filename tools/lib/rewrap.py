"""Rewraps comments wider than the page, which `swift format` leaves alone.

    rewrap.py [--check] FILE...

A run of `//` or `///` lines with one indentation is a paragraph up to an empty comment line, a
list item or a line indented further (a drawing, an example). A paragraph with a line wider than
100 columns is filled anew; every other line stays as it is. With --check nothing is written.
"""

import re
import sys

WIDTH = 100
COMMENT = re.compile(r"^(\s*)(///?|//)( ?)(.*)$")
ITEM = re.compile(r"^([-*] |\d+\. |\|)")


def fill(indent, marker, words, hanging):
    lines, line = [], ""
    for word in words:
        room = WIDTH - len(indent) - len(marker) - 1 - (len(hanging) if lines else 0)
        if line and len(line) + 1 + len(word) > room:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    lines.append(line)
    return [
        f"{indent}{marker} {hanging if number else ''}{text}" for number, text in enumerate(lines)
    ]


def rewrap(lines):
    result, at = [], 0
    while at < len(lines):
        head = COMMENT.match(lines[at])
        text = head.group(4) if head else ""
        if not text.strip() or text.startswith((" ", "\t", "|", "```")):
            result.append(lines[at])
            at += 1
            continue
        indent, marker = head.group(1), head.group(2)
        hanging = "  " if ITEM.match(head.group(4)) else ""
        end = at + 1
        while end < len(lines):
            next_line = COMMENT.match(lines[end])
            if not next_line or (next_line.group(1), next_line.group(2)) != (indent, marker):
                break
            text = next_line.group(4)
            if not text.strip() or ITEM.match(text) or text.startswith("```"):
                break
            if text.startswith(" ") != bool(hanging):
                break
            end += 1
        paragraph = lines[at:end]
        is_drawing = any("   " in COMMENT.match(line).group(4).strip() for line in paragraph)
        is_wide = any(len(line) > WIDTH and "https://" not in line for line in paragraph)
        if is_wide and not is_drawing:
            words = " ".join(COMMENT.match(line).group(4) for line in paragraph).split()
            result += fill(indent, marker, words, hanging)
        else:
            result += paragraph
        at = end
    return result


def main():
    check = sys.argv[1:2] == ["--check"]
    wide = 0
    for path in sys.argv[2 if check else 1 :]:
        with open(path) as file:
            text = file.read()
        new = "\n".join(rewrap(text.split("\n")))
        if new != text:
            wide += 1
            print(
                f"{path}: a comment is wider than {WIDTH} columns"
                if check
                else f"{path}: rewrapped"
            )
            if not check:
                with open(path, "w") as file:
                    file.write(new)
    sys.exit(1 if check and wide else 0)


if __name__ == "__main__":
    main()
