from __future__ import annotations

import pytest

from forebear.pins.audit.kubernetes import read

from .reading import told


def test_containers_wherever_a_pod_is_described() -> None:
    text = """# é
apiVersion: batch/v1
kind: CronJob
spec:
  jobTemplate:
    spec:
      template:
        spec:
          initContainers: [{name: a, image: a:1}]
          containers:
          - image: "b:2"
            name: b
          ephemeralContainers: [{image: 'c:3'}]
          volumes: [{name: v, image: {reference: d:4}}, {name: w, emptyDir: {}}]
---
apiVersion: v1
kind: List
items: [{apiVersion: v1, kind: Pod, spec: {containers: [{image: e:5}]}}]
---
apiVersion: argoproj.io/v1alpha1
kind: Workflow
spec: {templates: [{container: {image: f:6}}, {script: {image: "{{inputs.parameters.g}}"}, sidecars: [{image: h:8}]}]}
"""
    assert told(read, text) == [
        "image of a container: a:1 -> a:1 (a:1)",
        "image of a container: b:2 -> b:2 (b:2)",
        "image of a container: c:3 -> c:3 (c:3)",
        "image of a volume: d:4 -> d:4 (d:4)",
        "image of a container: e:5 -> e:5 (e:5)",
        "image of a container: f:6 -> f:6 (f:6)",
        "image of a container: {{inputs.parameters.g}} -> unknown inputs.parameters.g",
        "image of a container: h:8 -> h:8 (h:8)",
    ]


@pytest.mark.parametrize(
    ("version", "image", "found"),
    [
        ("monitoring.coreos.com/v1", "quay.io/prometheus/prometheus:v2", True),
        ("monitoring.coreos.com/v1", "projects/x/global/images/y", False),
        ("monitoring.coreos.com/v1", "ubuntu-22.04", False),
        ("v1", "quay.io/prometheus/prometheus:v2", False),
        ("networking.k8s.io/v1", "quay.io/prometheus/prometheus:v2", False),
    ],
)
def test_images_of_custom_resources(version: str, image: str, *, found: bool) -> None:
    expected = [f"image of a resource: {image} -> {image} ({image})"] if found else []
    assert told(read, f"apiVersion: {version}\nkind: X\nspec: {{image: '{image}'}}\n") == expected


@pytest.mark.parametrize(
    "text",
    [
        "kind: Pod\nspec: {containers: [{image: a:1}]}\n",
        "apiVersion: v1\nspec: {containers: [{image: a:1}]}\n",
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec: {containers: [{image: a:1}]}\n",
        "apiVersion: v1\nkind: ConfigMap\ndata: {image: a/b:1, containers: 'image: c:1'}\n",
        "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: ''}, {image: ~}, image, {name: x}]}\n",
    ],
)
def test_what_is_no_container(text: str) -> None:
    assert told(read, text) == []


def test_values_of_a_release_are_a_charts() -> None:
    text = (
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {values: {image: {repository: a, tag: '1'}}}\n"
    )
    assert told(read, text) == ["image of a chart: 1 -> a:1"]


def test_kustomizations() -> None:
    text = """images:
- {name: nginx, newTag: "1.25"}
- {name: nginx, newName: my/nginx}
- {name: nginx, digest: sha256:abc, newName: x}
- {name: nginx}
- nginx
"""
    assert told(read, text) == [
        "image of a kustomization: 1.25 -> nginx:1.25",
        "image of a kustomization: my/nginx -> my/nginx",
        "image of a kustomization: sha256:abc -> x@sha256:abc",
    ]


TEMPLATE = """apiVersion: v1
kind: Pod
spec:
  {{- with .Values.pod }}
  containers:
  - image: "{{ .Values.image.repository }}:{{ .Values.image.tag }}"
  - image: busybox:1.36 # as it is\r
  - name: x
    image: 'alpine:3'
    image: {{ .Values.x | default "y" }}
  {{- end }}
"""


def test_a_template_of_a_chart_is_read_line_by_line() -> None:
    assert told(read, TEMPLATE, "chart/templates/pod.yaml") == [
        "image of a container: busybox:1.36 -> busybox:1.36 (busybox:1.36)",
        "image of a container: alpine:3 -> alpine:3 (alpine:3)",
    ]


def test_a_template_that_happens_to_be_yaml() -> None:
    text = "apiVersion: v1\nkind: Pod\nspec: {containers: [{image: '{{ .Values.x }}'}, {image: a:1}]}\n"
    assert told(read, text, "chart/templates/pod.yaml") == ["image of a container: a:1 -> a:1 (a:1)"]


def test_only_a_template_may_be_no_yaml() -> None:
    text = "apiVersion: v1\nkind: Pod\nspec: [\nimage: x\n"
    assert told(read, text) == [
        "5:1: this is not YAML: while parsing a flow sequence, did not find expected ',' or ']'"
    ]


def test_json() -> None:
    text = '{"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a:1"}]}}'
    assert told(read, text, "pod.json") == ["image of a container: a:1 -> a:1 (a:1)"]
