"""A real Kubernetes API server with its etcd, alone: it validates, admits and stores, and runs no pod."""

import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.downloads import cache_folder
from deploy.local.process import Process, free_ports, wait_until

#: One program that holds the parts of Kubernetes, built once from their Go modules; docs/operating.md says how.
KUBE = cache_folder() / "cluster" / "bin" / "kube"
KUBECTL = cache_folder() / "bin" / "kubectl"


@dataclass(frozen=True)
class ApiServer:
    """A running server, as an administrator sees it."""

    config: Path

    def kubectl(self, *arguments: str, text: str | None = None) -> "subprocess.CompletedProcess[str]":
        """One run of kubectl, with ``text`` to read."""
        return self.run(str(KUBECTL), *arguments, text=text)

    def run(self, *command: str, text: str | None = None) -> "subprocess.CompletedProcess[str]":
        """One run of a program that finds the server."""
        environment = os.environ | {"KUBECONFIG": str(self.config), "HOME": str(self.config.parent)}
        return subprocess.run(
            command, env=environment, input=text, capture_output=True, text=True, check=False, timeout=120
        )


@contextmanager
def api_server(folder: Path) -> Iterator[ApiServer]:
    """Start etcd and the API server below ``folder``; both end with the block."""
    clients, peers, port = free_ports(3)
    token = secrets.token_hex(16)
    (folder / "pki").mkdir(parents=True)
    key, public = folder / "pki" / "sa.key", folder / "pki" / "sa.pub"
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    subprocess.run(["openssl", "rsa", "-in", str(key), "-pubout", "-out", str(public)], check=True, capture_output=True)
    (folder / "tokens.csv").write_text(f"{token},admin,admin,system:masters\n", encoding="utf-8")
    etcd_url, peer_url = f"http://127.0.0.1:{clients}", f"http://127.0.0.1:{peers}"
    etcd = [str(KUBE), "etcd", "--data-dir", str(folder / "etcd"), "--unsafe-no-fsync", "--log-level", "error"]
    etcd += ["--listen-client-urls", etcd_url, "--advertise-client-urls", etcd_url]
    etcd += ["--listen-peer-urls", peer_url, "--initial-advertise-peer-urls", peer_url]
    etcd += ["--initial-cluster", f"default={peer_url}"]
    server = [str(KUBE), "apiserver", "--etcd-servers", etcd_url, "--cert-dir", str(folder / "pki")]
    server += ["--bind-address", "127.0.0.1", "--secure-port", str(port), "--advertise-address", "192.168.240.1"]
    server += ["--endpoint-reconciler-type", "none", "--service-cluster-ip-range", "10.96.0.0/16"]
    server += ["--service-account-issuer", "https://kubernetes.default.svc", "--service-account-key-file", str(public)]
    server += ["--service-account-signing-key-file", str(key), "--authorization-mode", "RBAC"]
    server += ["--token-auth-file", str(folder / "tokens.csv")]
    # What controllers would make is not made here.
    server += ["--disable-admission-plugins", "ServiceAccount"]
    processes = [Process(command[1], command, folder / f"{command[1]}.log") for command in (etcd, server)]
    config = folder / "admin.conf"
    config.write_text(
        "apiVersion: v1\nkind: Config\ncurrent-context: c\n"
        f'clusters: [{{name: c, cluster: {{server: "https://127.0.0.1:{port}", '
        f"certificate-authority: {folder}/pki/apiserver.crt}}}}]\n"
        f'users: [{{name: a, user: {{token: "{token}"}}}}]\n'
        "contexts: [{name: c, context: {cluster: c, user: a}}]\n",
        encoding="utf-8",
    )
    api = ApiServer(config)
    try:
        for process in processes:
            process.spawn()
        wait_until(lambda: api.kubectl("get", "--raw", "/readyz").returncode == 0, processes, "The API server", 120)
        # The namespace "default" comes last.
        deadline = time.monotonic() + 60
        while api.kubectl("get", "namespace", "default").returncode != 0 and time.monotonic() < deadline:
            continue
        yield api
    finally:
        for process in reversed(processes):
            process.stop()
