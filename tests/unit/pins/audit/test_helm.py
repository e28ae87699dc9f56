from __future__ import annotations

import pytest

from forebear.pins.audit.helm import read
from forebear.pins.audit.judge import Judge
from forebear.pins.audit.settings import Settings
from forebear.pins.audit.settle import settle

from .reading import told

DIGEST = "0" * 64


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("image: nginx:1.25", "nginx:1.25 -> nginx:1.25 (nginx:1.25)"),
        ("image: nginx", "nginx -> nginx (nginx)"),
        ("initImage: busybox:1", "busybox:1 -> busybox:1 (busybox:1)"),
        ("a: {b: {image: x/y}}", "x/y -> x/y (x/y)"),
        ("{image: nginx, imageTag: '1.25'}", "1.25 -> nginx:1.25"),
        ("{registry: r.io, image: nginx, tag: '1.25'}", "1.25 -> r.io/nginx:1.25"),
        ("image: {repository: a/b, tag: v1}", "v1 -> a/b:v1"),
        ("image: {registry: r.io, repository: a/b, tag: v1}", "v1 -> r.io/a/b:v1"),
        ("image: {registry: r.io/, repository: a/b, tag: v1}", "v1 -> r.io/a/b:v1"),
        ("image: {registry: r.io, name: a/b, tag: v1}", "v1 -> r.io/a/b:v1"),
        ("image: {registry: '', repository: a, tag: 1.10}", "1.10 -> a:1.10"),
        (f"image: {{repository: a, tag: v1, digest: sha256:{DIGEST}}}", f"sha256:{DIGEST} -> a:v1@sha256:{DIGEST}"),
        (f"image: {{repository: a, tag: v1, sha: {DIGEST}}}", f"{DIGEST} -> a:v1@sha256:{DIGEST}"),
        ("image: {repository: a, tag: v1, digest: ''}", "v1 -> a:v1"),
        ("images: {controller: {repository: a, tag: v1}}", "v1 -> a:v1"),
        ("image: {repository: a, tag: ''}", "a -> a"),
        ("image: {repository: a}", "a -> a"),
        ("image: {repository: a, tag: ~}", "a -> a"),
        ("image: {repository: '{{ .Values.r }}', tag: v1}", "v1 -> unknown .Values.r"),
        ("image: '{{ .Values.r }}'", "{{ .Values.r }} -> unknown .Values.r"),
    ],
)
def test_values(text: str, line: str) -> None:
    assert told(read, text, "values.yaml") == [f"image of a chart: {line}"]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("image: {repository: nginx}", ["chart-tag"]),
        ("image: {repository: nginx, tag: ''}", ["chart-tag"]),
        ("image: {repository: libary/nginx}", ["look-alike", "chart-tag"]),
        ("image: {repository: nginx, tag: 1.27.4}", ["no-digest"]),
        (f"image: {{repository: nginx, digest: 'sha256:{DIGEST}'}}", ["digest-without-tag"]),
        ("image: {repository: '{{ .Values.r }}'}", ["unresolvable-arg"]),
        ("image: nginx", ["no-tag"]),
    ],
)
def test_a_tag_that_is_left_to_the_chart(text: str, rules: list[str]) -> None:
    judge = Judge(Settings())
    found = settle([judge.judge("values.yaml", text.encode(), read(text.encode(), ""))], judge).findings
    assert sorted(each.rule.name for each in found) == sorted(rules)


@pytest.mark.parametrize(
    "text",
    [
        "image: ''",
        "image: true",
        "image: {pullPolicy: Always}",
        "image: {repository: ''}",
        "image: [a]",
        "backgroundImage: none",
        "logoImage: https://x/y.png",
        "repository: https://charts.example.org",
        "source: {repository: a/b}",
        "source: {repository: 'https://x/y', tag: v1}",
        "imagePullPolicy: x:1",
    ],
)
def test_what_is_no_image(text: str) -> None:
    assert told(read, text, "values.yaml") == []
