"""Names that everyone knows, and that others may be slips of."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


REGISTRIES: Final = _words(
    """
    docker.io ghcr.io gcr.io us.gcr.io eu.gcr.io asia.gcr.io k8s.gcr.io registry.k8s.io quay.io mcr.microsoft.com
    public.ecr.aws registry.access.redhat.com registry.redhat.io registry.fedoraproject.org registry.suse.com
    registry.opensuse.org registry.gitlab.com registry.hub.docker.com docker.elastic.co nvcr.io lscr.io cgr.dev
    container-registry.oracle.com icr.io docker.pkg.github.com registry.ci.openshift.org mirror.gcr.io
    """
)
OFFICIAL: Final = _words(
    """
    adminer aerospike almalinux alpine alt amazoncorretto amazonlinux api-firewall arangodb archlinux backdrop bash
    bonita buildpack-deps busybox caddy cassandra centos chronograf cirros clearlinux clefos clickhouse clojure composer
    consul convertigo couchbase couchdb crate dart debian docker drupal eclipse-mosquitto eclipse-temurin eggdrop
    elasticsearch elixir emqx erlang express-gateway fedora flink fluentd friendica gazebo gcc geonetwork ghost golang
    gradle groovy haproxy haskell haxe hello-world hitch httpd hylang ibm-semeru-runtimes ibmjava influxdb irssi jetty
    jobber joomla jruby julia kapacitor kibana known kong lightstreamer liquibase logstash mageia mariadb
    matomo maven mediawiki memcached mongo mongo-express monica mono mysql nats nats-streaming neo4j neurodebian
    nextcloud nginx node notary nuxeo odoo open-liberty openjdk opensuse oraclelinux orientdb percona perl photon php
    php-zendserver phpmyadmin plone postfixadmin postgres pypy python r-base rabbitmq rakudo-star rapidoid redis
    redmine registry rethinkdb rocket.chat rockylinux ros ruby rust sapmachine satosa scratch silverpeas sl solr
    sonarqube sourcemage spark spiped storm swarm swift swipl teamspeak telegraf thrift tomcat tomee traefik ubuntu unit
    ubuntu-debootstrap ubuntu-upstart vault varnish websphere-liberty wordpress xwiki yourls znc zookeeper java
    iojs django rails celery owncloud piwik mongodb jenkins artifactory-oss fsharp crux euleros opensourceos
    """
)
FOLDERS: Final = _words(
    """
    library bitnami grafana hashicorp jenkins gitlab google google-containers googlecontainertools distroless
    google_containers microsoft dotnet kubernetes prometheus confluentinc nvidia redhat rancher circleci selenium
    elastic opensearchproject localstack jupyter tensorflow pytorch datadog newrelic sonatype cloudflare
    linuxserver portainer homeassistant dockerlibrary docker amazon atlassian apache cimg
    """
)
