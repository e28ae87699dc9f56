from __future__ import annotations

from typing import Any

import pytest

from forebear.lineage.gate import SECONDS, FileCheck, Gate, HttpCheck, Requirements

from .texts import lineage, said_of

LIST = "and has to be a list; write a list, or remove the key"
MAPPING = "and has to be a mapping; write a mapping, or remove the key"
ONE = "and has to be text or a number; write one text"
LINE = "this is empty, or more than one line of plain text; write one line"
COMMAND = "write a text, or a list of arguments"
PATH = "is not a path in an image; write it from the root on, with / before it"
SIZE = "this is not a size; write a number and its unit, for example 300 MB or 1.5 GiB"
OF_RUN = "exit, output and text are of a command, and there is no run; write run: and the command"
SECONDS_MESSAGE = "this is not a number of seconds; write a whole number from 1 to 3600"
KEYS = "name, run, exit, output, text, files, user, users, env, ports, labels, entrypoint, http, max_size, timeout"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("run: 5", f"5:45: .run: this is a number, and has to be a command; {COMMAND}"),
        ("run: ''", f"5:45: .run: this command is empty; {COMMAND}"),
        ("run: [[]]", f"5:40: .run: this is a list, {ONE}"),
        ("run: ls, exit: -1", "5:55: .exit: this is not an exit code; write a whole number from 0 to 255"),
        ("run: ls, exit: ok", "5:55: .exit: this is not an exit code; write a whole number from 0 to 255"),
        ("run: ls, output: 5", '5:57: .output: this is a number, and has to be text; write "5"'),
        ("run: ls, output: '['", '5:57: .output: "[" is not a regular expression: unterminated character set at '
                                 "position 0; correct it"),
        ("run: ls, text: [a]", f"5:49: .text: this is a list, {ONE}"),
        ('run: ls, text: "a\\0b"', "5:55: .text: this holds a NUL character; remove it"),
        ("exit: 1", f"5:30: : {OF_RUN}"),
        ("user: a, output: x", f"5:30: : {OF_RUN}"),
        ("files: x", f"5:47: .files: this is text, {LIST}"),
        ("files: [x]", f"5:48: .files[0]: this is text, {MAPPING}"),
        ("files: [{mode: '0644'}]", "5:48: .files[0]: the key path is missing; write path: and a path in the image"),
        ("files: [{path: etc}]", f'5:55: .files[0].path: "etc" {PATH}'),
        ("files: [{path: /x, absent: 'yes'}]", "5:67: .files[0].absent: this is text, and has to be true or false; "
                                               "write true, or remove the key"),
        ("files: [{path: /x, mode: 644}]", '5:65: .files[0].mode: this is a number, and has to be text; write "644"'),
        ("files: [{path: /x, mode: rw}]", '5:65: .files[0].mode: "rw" is not a mode; write three or four octal '
                                          'digits, for example "0644"'),
        ("files: [{path: /x, owner: a b}]", '5:66: .files[0].owner: "a b" is not an owner; write user, or user:group, '
                                            "by name or number"),
        ("files: [{path: /x, content: '('}]", '5:68: .files[0].content: "(" is not a regular expression: missing ), '
                                              "unterminated subpattern at position 0; correct it"),
        ("files: [{path: /x, text: {}}]", f"5:59: .files[0].text: this is a mapping, {ONE}"),
        ("files: [{path: /x, moed: 1}]", "5:59: .files[0].moed: unknown key moed; did you mean mode?"),
        ("user: ''", '5:46: .user: "" is not a user; write a name or a number'),
        ("user: [a]", f"5:40: .user: this is a list, {ONE}"),
        ("users: app", f"5:47: .users: this is text, {LIST}"),
        ("users: ['']", f"5:48: .users[0]: {LINE}"),
        ("users: [5]", '5:48: .users[0]: this is a number, and has to be text; write "5"'),
        ("env: [A]", f"5:40: .env: this is a list, {MAPPING}"),
        ("env: {A: ~}", f"5:49: .env.A: this is nothing, {ONE}"),
        ("env: {A: true}", "5:49: .env.A: this is true or false, and has to be text or a number; write it in quotes"),
        ("env: {'': x}", f"5:46: .env.: {LINE}"),
        ("ports: 8080", f"5:47: .ports: this is a number, {LIST}"),
        ("ports: [0]", '5:48: .ports[0]: "0" is not a port; write 8080, or 53/udp'),
        ("ports: [70000]", '5:48: .ports[0]: "70000" is not a port; write 8080, or 53/udp'),
        ("ports: [53/icmp]", '5:48: .ports[0]: "53/icmp" is not a port; write 8080, or 53/udp'),
        ("labels: x", f"5:48: .labels: this is text, {MAPPING}"),
        ("labels: {a: [x]}", f"5:49: .labels.a: this is a list, {ONE}"),
        ("entrypoint: 5", f"5:52: .entrypoint: this is a number, and has to be a command; {COMMAND}"),
        ("entrypoint: []", f"5:40: .entrypoint: this command is empty; {COMMAND}"),
        ("http: x", f"5:46: .http: this is text, {MAPPING}"),
        ("http: {path: /}", "5:40: .http: the key port is missing; write port: and the port that it listens on"),
        ("http: {port: 0}", "5:53: .http.port: this is not a port; write a whole number from 1 to 65535"),
        ("http: {port: '80'}", "5:53: .http.port: this is not a port; write a whole number from 1 to 65535"),
        ("http: {port: 80, path: x}", '5:63: .http.path: "x" is not what can be asked for; write a path with / before '
                                      "it, as /health"),
        ('http: {port: 80, path: "/\\r\\nX: y"}', '5:63: .http.path: "/\\r\\nX: y" is not what can be asked for; write '
                                                  "a path with / before it, as /health"),
        ("http: {port: 80, status: 99}", "5:65: .http.status: this is not a status; write a whole number from 100 to "
                                         "599"),
        ("http: {port: 80, body: '('}", '5:63: .http.body: "(" is not a regular expression: missing ), unterminated '
                                        "subpattern at position 0; correct it"),
        ("http: {port: 80, text: []}", f"5:57: .http.text: this is a list, {ONE}"),
        ("http: {port: 80, paht: /}", "5:57: .http.paht: unknown key paht; did you mean path?"),
        ("max_size: 300", f"5:50: .max_size: {SIZE}"),
        ("max_size: 300 mb", f"5:50: .max_size: {SIZE}"),
        ("max_size: 0 MB", f"5:50: .max_size: {SIZE}"),
        ("run: ls, timeout: 0", f"5:58: .timeout: {SECONDS_MESSAGE}"),
        ("run: ls, timeout: 3601", f"5:58: .timeout: {SECONDS_MESSAGE}"),
        ("run: ls, timeout: 1.5", f"5:58: .timeout: {SECONDS_MESSAGE}"),
        ("timeout: 5", "5:30: : this gate checks nothing; write run: and a command, or another check"),
        ("user: a, mem: 1", f"5:49: .mem: unknown key mem; the keys here are {KEYS}"),
    ],
)  # fmt: skip
def test_what_is_wrong_about_a_gate(text: str, told: str) -> None:
    place, path, problem = told.split(": ", 2)
    message = f"lineage.yml:{place}: images.a.tests[0]{path.removesuffix(':')}: {problem}"
    assert said_of(f"  a: {{from: scratch, tests: [{{name: x, {text}}}]}}\n") == [message]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("x", f"5:32: : this is text, {MAPPING}"),
        ("{user: ''}", '5:39: .user: "" is not a user; write a name or a number'),
        ("{user: []}", f"5:33: .user: this is a list, {ONE}"),
        ("{env: x}", f"5:38: .env: this is text, {MAPPING}"),
        ("{env: {A: []}}", f"5:39: .env.A: this is a list, {ONE}"),
        ("{files: /x}", f"5:40: .files: this is text, {LIST}"),
        ("{files: [x]}", f'5:41: .files[0]: "x" {PATH}'),
        ("{packages: x}", f"5:43: .packages: this is text, {LIST}"),
        ("{packages: [a b]}", '5:44: .packages[0]: "a b" is not a package; write its name as its manager does'),
        ("{packages: [-x]}", '5:44: .packages[0]: "-x" is not a package; write its name as its manager does'),
        ("{os: Fedora}", '5:37: .os: "Fedora" is not an operating system; write its ID in os-release, perhaps with '
                         ":VERSION_ID"),
        ("{ox: a}", "5:33: .ox: unknown key ox; the keys here are user, env, files, packages, os"),
    ],
)  # fmt: skip
def test_what_is_wrong_about_what_is_required(text: str, told: str) -> None:
    place, path, problem = told.split(": ", 2)
    message = f"lineage.yml:{place}: images.a.requires{path.removesuffix(':')}: {problem}"
    assert said_of(f"  a: {{from: scratch, requires: {text}}}\n") == [message]


def gate(text: str) -> Any:
    (found,) = lineage(f"  a: {{from: scratch, tests: [{{name: x, {text}}}]}}\n").images["a"].tests
    return found


def test_a_gate_is_read_with_all_that_it_says() -> None:
    assert gate("run: ls") == Gate("x", ("/bin/sh", "-c", "ls"), seconds=SECONDS)
    assert gate(
        "run: [a, 1], exit: 3, output: b, text: 4, user: 5, users: [c], env: {B: 1, A: x}, ports: [80, 53/udp], "
        "labels: {l: m}, entrypoint: [e], max_size: 1.5 kB, timeout: 9, http: {port: 1, path: /p, status: 204, "
        "body: q, text: r}, "
        "files: [{path: /f, mode: '0755', owner: '0:0', content: s, text: t}, {path: /g, absent: true}]"
    ) == Gate(
        name="x",
        run=("a", "1"),
        exit=3,
        output="b",
        text="4",
        files=(FileCheck("/f", mode="0755", owner="0:0", content="s", text="t"), FileCheck("/g", absent=True)),
        user="5",
        users=("c",),
        env=(("A", "x"), ("B", "1")),
        ports=("80/tcp", "53/udp"),
        labels=(("l", "m"),),
        entrypoint=("e",),
        http=HttpCheck(1, "/p", 204, "q", "r"),
        max_size=1500,
        seconds=9,
    )


def test_what_is_required_is_read() -> None:
    text = "{user: 5, env: {B: 1, A: x}, files: [/f], packages: [p], os: fedora:25}"
    found = lineage(f"  a: {{from: scratch, requires: {text}}}\n").images["a"].requires
    assert found == Requirements("5", (("A", "x"), ("B", "1")), ("/f",), ("p",), "fedora:25")
